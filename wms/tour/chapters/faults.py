"""To come."""

from wms.tour.tale import Tale


def play(tale: Tale) -> None:
    """Play."""
