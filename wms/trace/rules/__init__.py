"""Pure rules of trace: the graph's words, shares, the classes of a mass balance."""
