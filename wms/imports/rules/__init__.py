"""Pure rules of imports: which word names which field, where the heading stands, what a cell says."""
