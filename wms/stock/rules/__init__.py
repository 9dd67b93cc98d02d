"""stock/rules."""
