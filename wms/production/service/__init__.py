"""The verbs of production, one file a matter: planning, orders, issuing, closing, reporting, outputs, vessels, corrections."""
