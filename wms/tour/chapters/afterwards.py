"""To come."""

from wms.tour.tale import Tale


def labels_and_languages(tale: Tale) -> None:
    """Play."""


def audit(tale: Tale) -> None:
    """Play."""


def stop(tale: Tale) -> None:
    """Play."""
