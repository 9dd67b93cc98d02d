"""Gaps in words, in the reader's language at the edge: what is missing, and how it is mended."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any, Final

from flask import current_app, url_for
from flask_babel import lazy_gettext

from wms.gaps.models import Gap, GapState
from wms.gaps.rules.kinds import GapKind, Stage

_ = lazy_gettext

STAGES: Final[dict[Stage, Any]] = {
    Stage.RECEIVING: _("Receiving"),
    Stage.STOCK: _("Stock"),
    Stage.PRODUCTION: _("Production"),
    Stage.SHIPPING: _("Shipping"),
}
STATES: Final[dict[GapState, Any]] = {
    GapState.OPEN: _("Open"),
    GapState.ACCEPTED: _("Accepted as it is"),
    GapState.MENDED: _("Mended"),
}
KINDS: Final[dict[GapKind, Any]] = {
    GapKind.RECEIPT_WITHOUT_PAPER: _("Receipt without supplier or document"),
    GapKind.LOT_WITHOUT_MAKER_LOT: _("Received lot without a number of its maker"),
    GapKind.LOT_WITHOUT_DATE: _("Lot without the date that decides"),
    GapKind.LOT_TWICE: _("One maker lot under several numbers"),
    GapKind.LOT_NEARLY_TWICE: _("Lot numbers that look the same"),
    GapKind.STOCK_WITHOUT_SOURCE: _("Goods of unknown origin"),
    GapKind.PLATE_IN_TWO_BINS: _("One LPN in several bins"),
    GapKind.UNIT_WITHOUT_PLACE: _("Unit id where no goods stand"),
    GapKind.CONSUMPTION_DIFFERS: _("Used and issued do not agree"),
    GapKind.OUTPUT_WITHOUT_INPUT: _("Made lot without inputs"),
    GapKind.INPUT_WITHOUT_SOURCE: _("Used lot of unknown origin"),
    GapKind.SHIPPED_WITHOUT_DEMAND: _("Shipped without an order line"),
    GapKind.SHIPPED_WITHOUT_SOURCE: _("Shipped lot of unknown origin"),
}
_MISSING: Final[dict[GapKind, Any]] = {
    GapKind.RECEIPT_WITHOUT_PAPER: _("Goods were taken in without a %(missing)s."),
    GapKind.LOT_WITHOUT_MAKER_LOT: _("Taken in with receipt %(receipt)s; the maker's lot number is not known."),
    GapKind.LOT_WITHOUT_DATE: _("The item goes by its %(basis)s, and this lot has none."),
    GapKind.LOT_TWICE: _("Maker lot %(maker_lot)s stands under %(count)s numbers, such as %(other)s."),
    GapKind.LOT_NEARLY_TWICE: _("%(count)s numbers differ in capitals, zeros or blanks alone: %(other)s is another."),
    GapKind.STOCK_WITHOUT_SOURCE: _(
        "No receipt, production, opening stock, import or other lot says where it came from."
    ),
    GapKind.PLATE_IN_TWO_BINS: _("Its goods stand in bin %(bin)s and in bin %(other)s."),
    GapKind.UNIT_WITHOUT_PLACE: _("It should be in bin %(bin)s; no goods of its lot stand there."),
    GapKind.CONSUMPTION_DIFFERS: _("Components that are off: %(count)s; the first: %(item)s."),
    GapKind.OUTPUT_WITHOUT_INPUT: _("Report %(report)s made it, and nothing says of what."),
    GapKind.INPUT_WITHOUT_SOURCE: _("Report %(report)s used it, and nothing says where it came from."),
    GapKind.SHIPPED_WITHOUT_DEMAND: _("Moves to a customer for no order: %(count)s."),
    GapKind.SHIPPED_WITHOUT_SOURCE: _("It left to customers, and nothing says where it came from."),
}
MENDS: Final[dict[GapKind, Any]] = {
    GapKind.RECEIPT_WITHOUT_PAPER: _("Name supplier and delivery note on the receipt."),
    GapKind.LOT_WITHOUT_MAKER_LOT: _("Correct the lot: enter the maker's lot number from the label."),
    GapKind.LOT_WITHOUT_DATE: _("Correct the lot: enter the date from the label."),
    GapKind.LOT_TWICE: _("Merge the lots, or accept it with the reason."),
    GapKind.LOT_NEARLY_TWICE: _("Look at the labels: merge the lots, or accept that they are two."),
    GapKind.STOCK_WITHOUT_SOURCE: _("Import its receipt of before, or hold it and ask quality."),
    GapKind.PLATE_IN_TWO_BINS: _("Look where the LPN stands, and move the goods there."),
    GapKind.UNIT_WITHOUT_PLACE: _("Look for the piece, and count the bin."),
    GapKind.CONSUMPTION_DIFFERS: _("Return what is left, correct the report, or close the order with a signature."),
    GapKind.OUTPUT_WITHOUT_INPUT: _("Correct the report: name the lots that were used."),
    GapKind.INPUT_WITHOUT_SOURCE: _("Import its receipt of before, or correct the report."),
    GapKind.SHIPPED_WITHOUT_DEMAND: _("Look at the posting, and accept it with the order it was for."),
    GapKind.SHIPPED_WITHOUT_SOURCE: _("Import its receipt of before, so that a recall finds the supplier."),
}
#: The page on which a subject is mended: (endpoint, name of its id).
_PAGES: Final[Mapping[str, tuple[str, str]]] = {
    "lot": ("desk.lot", "lot_id"),
    "receipt": ("receiving.receipt", "receipt_id"),
    "work_order": ("production.order", "order_id"),
    "unit": ("units.unit", "unit_id"),
}


def missing(gap: Gap) -> str:
    """Say what is missing; what the look did not note shows as a dash."""
    from wms.web.sentences import word

    values: dict[str, str] = defaultdict(lambda: "–")
    values.update({name: word(value) for name, value in gap.data.items()})
    return str(_MISSING[gap.kind]) % values


def link(gap: Gap) -> str | None:
    """Give the address of the page where it is mended, None where there is none."""
    if gap.subject_kind == "lpn":
        return url_for("stock.stock", lpn=gap.name)
    if gap.subject_kind == "posting":
        return url_for("desk.lot", lot_id=gap.lot_id) if gap.lot_id else None
    endpoint, name = _PAGES.get(gap.subject_kind, ("", ""))
    values: dict[str, Any] = {name: gap.subject_id}
    return url_for(endpoint, **values) if endpoint in current_app.view_functions else None
