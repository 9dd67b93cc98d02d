"""Lot numbers in words: triggers, elements, resets, meanings, how a code was read; in the reader's language, pages only."""

from typing import Any, Final

from flask_babel import gettext, lazy_gettext

from wms.catalog.words import ITEM_CLASSES, choices
from wms.numbering.rules.choice import Trigger
from wms.numbering.rules.elements import DateOf, ElementKind, Reset
from wms.numbering.rules.reading import CodeReading, Meaning

_ = lazy_gettext

__all__ = ["DATES_OF", "ELEMENTS", "ITEM_CLASSES", "MEANINGS", "PARTS", "RESETS", "TRIGGERS", "choices", "why_sentence"]

TRIGGERS: Final[dict[Trigger, Any]] = {
    Trigger.RECEIPT: _("On receipt"),
    Trigger.PRODUCTION: _("On completion of production"),
    Trigger.INSPECTION_PASS: _("When an inspection is passed"),
}
ELEMENTS: Final[dict[ElementKind, Any]] = {
    ElementKind.LITERAL: _("Text"),
    ElementKind.DATE: _("Date"),
    ElementKind.WAREHOUSE: _("Plant (code of the warehouse)"),
    ElementKind.LINE: _("Production line"),
    ElementKind.OPERATION: _("Operation"),
    ElementKind.VESSEL: _("Vessel"),
    ElementKind.TEAM: _("Team or shift"),
    ElementKind.SUPPLIER: _("Code of the supplier"),
    ElementKind.ITEM_FIELD: _("Field of the item"),
    ElementKind.ORDER: _("Order number"),
    ElementKind.MAKER_LOT: _("Maker's lot"),
    ElementKind.SEQUENCE: _("Sequence"),
    ElementKind.CHECK: _("Check character"),
}
RESETS: Final[dict[Reset, Any]] = {
    Reset.NEVER: _("never"),
    Reset.DAY: _("each day"),
    Reset.MONTH: _("each month"),
    Reset.YEAR: _("each year"),
    Reset.PREFIX: _("with what stands before it"),
}
DATES_OF: Final[dict[DateOf, Any]] = {
    DateOf.TODAY: _("today"),
    DateOf.MANUFACTURED: _("day of making"),
    DateOf.EXPIRY: _("last good day"),
}
MEANINGS: Final[dict[Meaning, Any]] = {
    Meaning.MANUFACTURED: _("Day of making"),
    Meaning.EXPIRY: _("Last good day"),
}
PARTS: Final[dict[str, Any]] = {
    "LINE": _("line"),
    "SHIFT": _("shift"),
    "PLANT": _("plant"),
    "TEAM": _("team"),
    "VESSEL": _("vessel"),
    "OPERATION": _("operation"),
    "ORDER": _("order"),
    "SEQ": _("sequence"),
    "CHECK": _("check"),
    "ANY": _("other"),
}


def why_sentence(reading: CodeReading) -> str:
    """Say why a code does not fit its pattern."""
    if reading.why == "check_wrong":
        return gettext(
            "The check character is wrong: %(came)s; it should be %(needed)s.", came=reading.came, needed=reading.needed
        )
    if reading.why == "no_such_day":
        return gettext("There is no such day: %(came)s.", came=reading.came)
    if reading.why == "in_future":
        return gettext("The day of making is still to come: %(came)s.", came=reading.came)
    if not reading.needed:
        return gettext("This is too much: %(came)s.", came=reading.came)
    if not reading.came:
        return gettext("It ends where %(needed)s should stand.", needed=reading.needed)
    return gettext("Needed: %(needed)s. There stands: %(came)s.", needed=reading.needed, came=reading.came)
