"""The rules of recalls: classes and their clocks, steps, scopes, sums. Pure."""
