"""Pure rules of picking: states of orders and lists, whose policy and shelf life count, what a scan at a stop may be."""
