"""Why a lot was or was not taken, in words: one sentence for every code of rules.allocation and availability."""

from typing import Any, Final

from flask_babel import gettext, lazy_gettext

from wms.web.sentences import word

_ = lazy_gettext

WHY: Final[dict[str, Any]] = {
    "taken": _("Taken: %(taken)s of %(available)s."),
    "not_needed": _("Not needed: the lots before it were enough."),
    "other_lot": _("The order names another lot."),
    "no_stock": _("Nothing free: all of it is promised already."),
    "bin": _("It stands in bin %(bin)s, from which nothing is picked."),
    "excluded": _("A picker did not find it in bin %(bin)s; it waits for a count."),
    "lot_on_hold": _("On hold: %(reason)s."),
    "lot_stopped": _("Stopped by recall %(recall)s."),
    "not_released": _("Quality says %(quality)s, not released."),
    "lot_expired": _("Expired: its last good day was %(expires_on)s."),
    "lot_pegged": _("Made for order %(made_for)s, and for no other until it is freed."),
    "life_too_short": _("Good until %(expires_on)s; this customer needs it good until %(needed_on)s."),
}

POLICIES: Final[dict[str, Any]] = {
    "fefo": _("FEFO: first expired, first out"),
    "fifo": _("FIFO: first in, first out"),
    "lifo": _("LIFO: last in, first out"),
}


def why_sentence(candidate: dict[str, Any]) -> str:
    """Say what became of one candidate of a stored decision."""
    data = {name: word(value) for name, value in (candidate | dict(candidate.get("data", {}))).items()}
    template = WHY.get(str(candidate.get("why", "")))
    if template is None:
        return word(candidate.get("why", ""))
    try:
        return str(template) % data
    except KeyError:  # a decision stored before this word was needed
        return gettext("Not taken.")
