"""Pure rules of production: states, needs, shares of reports."""
