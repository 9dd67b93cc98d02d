"""picking/rules."""
