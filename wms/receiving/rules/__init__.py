"""receiving/rules."""
