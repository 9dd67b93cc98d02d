"""Meanings of signatures in words."""

from typing import Any, Final

from flask_babel import lazy_gettext

from wms.signing.rules import Meaning

_ = lazy_gettext

MEANINGS: Final[dict[Meaning, Any]] = {
    Meaning.RELEASED: _("Released"),
    Meaning.REJECTED: _("Rejected"),
    Meaning.APPROVED: _("Approved"),
    Meaning.DISPOSED: _("Carried out"),
    Meaning.WITNESSED: _("Witnessed"),
    Meaning.EXTENDED: _("Extended after a retest"),
    Meaning.LIFTED: _("Lifted"),
    Meaning.REVIEWED: _("Reviewed"),
    Meaning.ACCEPTED: _("Accepted"),
    Meaning.INITIATED: _("Initiated"),
    Meaning.CLOSED: _("Closed"),
}


def meaning(value: Meaning | str) -> str:
    """Give a meaning in the reader's words."""
    return str(MEANINGS[Meaning(value)])
