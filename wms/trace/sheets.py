"""Traces and histories as tables: headings and rows in the reader's language, for pages, sheets and paper alike."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from flask_babel import gettext

from wms.audit.models import AuditEntry
from wms.core.ids import LotId
from wms.core.quantity import Quantity
from wms.disposition import words as disposition_words
from wms.fields.models import OwnField
from wms.fields.rules.values import Choice, FieldType
from wms.files import words as file_words
from wms.inspection import words as inspection_words
from wms.label_checks import words as label_check_words
from wms.problems import words as problem_words
from wms.production import issue_words, report_words
from wms.production import words as production_words
from wms.signing import words as signing_words
from wms.stock import words as stock_words
from wms.stock.captures import TypedReason
from wms.stock.ledger import Quality, Reason
from wms.stock.models import Capture
from wms.trace import words
from wms.trace.history import Event
from wms.trace.rules.graph import Node, ShipmentFound, TraceResult
from wms.trace.rules.layout import percent, significant
from wms.units import words as unit_words
from wms.web import i18n, views
from wms.web.sentences import word
from wms.web.sheets import Cell

Rows = Iterator[Sequence[Cell]]
Changes = Sequence[tuple[str, str, str]]


# -- the state of a lot in a trace -------------------------------------------------------------------------------------
def states_of(result: TraceResult) -> dict[LotId, str]:
    """Of each lot the state that matters most, by what stands here and what left; codes of words.STATES."""
    order = ("held", "rejected", "pending", "available")
    found: dict[LotId, str] = {}
    for line in result.stock:
        state = (
            "held" if line.is_held else {"rejected": "rejected", "pending": "pending"}.get(line.quality, "available")
        )
        known = found.get(line.lot)
        if known is None or order.index(state) < order.index(known):
            found[line.lot] = state
    for gone in result.shipments:
        if gone.out and gone.lot not in found:
            found[gone.lot] = "shipped"
    return found


def here_of(result: TraceResult) -> dict[LotId, Quantity]:
    """How much of each lot stands in the house, where the reader may see it."""
    sums: dict[LotId, int] = {}
    for line in result.stock:
        sums[line.lot] = sums.get(line.lot, 0) + line.quantity.millionths
    return {lot: Quantity(millionths) for lot, millionths in sums.items()}


def out_of(result: TraceResult) -> dict[LotId, Quantity]:
    """How much of each lot is with customers."""
    sums: dict[LotId, int] = {}
    for line in result.shipments:
        sums[line.lot] = sums.get(line.lot, 0) + line.out.millionths
    return {lot: Quantity(millionths) for lot, millionths in sums.items()}


# -- the parts of a trace ---------------------------------------------------------------------------------------------
def heading(part: str) -> list[str]:
    """The heading of one part of a trace."""
    lot = [gettext("Item"), gettext("Name"), gettext("Lot")]
    measures = [gettext("Share of the start, percent"), gettext("Part from the start, percent")]
    return {
        "lots": [
            gettext("Level"), *lot, gettext("Maker's lot"), gettext("Last good day"), gettext("State"), *measures,
            gettext("Has to do with it"), gettext("All of the lot"), gettext("Here"), gettext("With customers"), gettext("Unit"),
        ],
        "receipts": [*lot, gettext("Receipt"), gettext("Supplier"), gettext("Delivery note"), gettext("Day"), gettext("Quantity"), gettext("Unit")],
        "suppliers": [gettext("Code"), gettext("Name"), gettext("Lots"), measures[0]],
        "work_orders": [gettext("Work order"), gettext("State"), gettext("Item"), gettext("Name")],
        "stock": [
            *lot, gettext("Where"), gettext("Bin"), gettext("LPN"), gettext("Quality"), gettext("Held"), gettext("Quantity"), gettext("Allocated"),
            gettext("Has to do with it"), gettext("Unit"),
        ],
        "shipments": [
            *lot, gettext("Shipment"), gettext("Order"), gettext("Customer"), gettext("Left at"), gettext("Waybill"), gettext("Plate"), gettext("Shipped"),
            gettext("Returned"), gettext("Has to do with it"), gettext("Unit"),
        ],
        "customers": [
            gettext("Code"), gettext("Name"), gettext("Contact"), gettext("Phone"), gettext("E-mail"), gettext("Address"), gettext("Lots"), measures[0],
        ],
    }[part]  # fmt: skip


def rows(result: TraceResult, part: str) -> Rows:
    """The rows of one part of a trace; figures rounded to three significant digits, which the JSON gives exactly."""
    return {
        "lots": _lots, "receipts": _receipts, "suppliers": _suppliers, "work_orders": _work_orders, "stock": _stock,
        "shipments": _shipments, "customers": _customers,
    }[part](result)  # fmt: skip


def _of(node: Node) -> tuple[str, str, str]:
    return node.sku, i18n.local_name(node), node.number


def _lots(result: TraceResult) -> Rows:
    states, here, out = states_of(result), here_of(result), out_of(result)
    for node in result.nodes:
        yield (
            node.level, *_of(node), node.maker_lot, node.expires_on, str(words.STATES[states.get(node.lot, "closed")]),
            percent(node.share), percent(node.part), significant(node.quantity), node.came,
            here.get(node.lot), out.get(node.lot), node.unit,
        )  # fmt: skip


def partner_names(result: TraceResult) -> Mapping[int, str]:
    """The names of the suppliers and customers found, by their ids."""
    suppliers: dict[int, str] = {one.partner: i18n.local_name(one) for one in result.suppliers}
    return suppliers | {one.partner: i18n.local_name(one) for one in result.customers}


def _receipts(result: TraceResult) -> Rows:
    names = partner_names(result)
    for line in result.receipts:
        node = result.node(line.lot)
        yield (
            *_of(node), line.number, names.get(line.supplier or 0, ""), line.delivery_note, line.on, line.quantity, node.unit,
        )  # fmt: skip


def _suppliers(result: TraceResult) -> Rows:
    for one in result.suppliers:
        yield one.code, i18n.local_name(one), len(one.lots), percent(one.share)


def _work_orders(result: TraceResult) -> Rows:
    for one in result.work_orders:
        yield one.number, str(production_words.STATES.get(one.state, one.state)), one.sku, i18n.local_name(one)


def _stock(result: TraceResult) -> Rows:
    for line in result.stock:
        node = result.node(line.lot)
        yield (
            *_of(node), str(words.WHERE[line.where]), line.bin_code, line.lpn_code if line.lpn else "", word(line.quality),
            gettext("yes") if line.is_held else gettext("no"), line.quantity, line.allocated, significant(line.goods),
            node.unit,
        )  # fmt: skip


def _shipments(result: TraceResult) -> Rows:
    names = partner_names(result)
    for line in result.shipments:
        node = result.node(line.lot)
        yield (
            *_of(node), line.number, line.order_number, names.get(line.customer or 0, ""), day_of(line), line.waybill,
            line.plate, line.shipped, line.returned, significant(line.goods), node.unit,
        )  # fmt: skip


def day_of(line: ShipmentFound) -> Any:
    """The day goods left, by the reader's warehouse."""
    return line.on or (views.local_date(line.at) if line.at else None)


def _customers(result: TraceResult) -> Rows:
    for one in result.customers:
        yield (
            one.code, i18n.local_name(one), one.recall_contact, one.phone, one.email, one.address, len(one.lots),
            percent(one.share),
        )  # fmt: skip


# -- a history ----------------------------------------------------------------------------------------------------------
def history_heading() -> list[str]:
    """The heading of a lot's history."""
    return [
        gettext("Recorded"), gettext("Happened"), gettext("Event"), gettext("What"), gettext("Quantity"), gettext("Unit"), gettext("Warehouse"),
        gettext("From"), gettext("To"), gettext("Document"), gettext("Other lot"), gettext("Who"), gettext("Device"), gettext("Captured"),
        gettext("As scanned"), gettext("Changes"), gettext("Note"),
    ]  # fmt: skip


#: The changes of each entry of the audit trail in words: (field, before, after).
Sayer = Callable[[Sequence[AuditEntry]], Sequence[Changes]]
_sayer: list[Sayer] = []


def say_changes_with(sayer: Sayer) -> None:
    """Let a floor above, where the words of all columns stand, say the changes of records."""
    _sayer[:] = [sayer]


def in_words(events: Sequence[Event]) -> list[Event]:
    """The same events with the changes of the record in the reader's words: all names are read at once."""
    of_records = [event.entry for event in events if event.entry is not None]
    said = iter(_sayer[0](of_records) if of_records and _sayer else [event.changes for event in events if event.entry])
    return [
        replace(event, changes=tuple(next(said))) if event.entry is not None
        else replace(event, changes=_own_changes(event, event.own_field)) if event.own_field is not None
        else event
        for event in events
    ]  # fmt: skip


def _own_changes(event: Event, field: OwnField) -> tuple[tuple[str, str, str], ...]:
    """The changes of an own field under its name; its choices, yes and no as words."""
    said: dict[str, str] = {}
    if field.type is FieldType.YES_NO:
        said = {"True": gettext("yes"), "False": gettext("no")}
    elif field.type is FieldType.CHOICE:
        said = {one["code"]: i18n.local_name(Choice(**one)) for one in field.choices}
    name = i18n.local_name(field)
    return tuple((name, said.get(before, before), said.get(after, after)) for _code, before, after in event.changes)


def changes_of(event: Event) -> str:
    """The changes of an event on one line."""
    return "; ".join(f"{name}: {before or '–'} → {after or '–'}" for name, before, after in event.changes)


def history_row(event: Event, *, unit: str) -> Sequence[Cell]:
    """One event as a row: instants in UTC, so that a file reads the same wherever it is opened."""
    return (
        event.at, event.occurred_at if event.occurred_at != event.at else None, title_of(event), what_of(event) if event.kind != "move" else "", event.quantity, unit if event.quantity is not None else "",
        event.warehouse, end_of(event.source), end_of(event.target), document_of(event), event.other_number,
        f"{event.person} ({event.login})" if event.login else event.person, event.device, capture_of(event), event.raw_scan,
        changes_of(event), event.note,
    )  # fmt: skip


#: What stands beside the place at an end of a move.
_MARKS: Final = frozenset({"held", *(one.value for one in Quality)})


def end_of(end: str) -> str:
    """One end of a move in words: the place and the plate as they are called, quality and hold in the reader's language."""
    return " · ".join(word(part) if part in _MARKS else part for part in end.split(" · "))


def title_of(event: Event) -> str:
    """What happened, in words."""
    if event.kind == "move":
        return str(stock_words.REASONS[Reason(event.code)])
    if event.kind == "record" and event.code == "created":
        return gettext("Record created")
    return str(words.EVENTS[event.kind])


#: Kinds of events whose code is a word of another feature.
_CODES: Final[Mapping[str, Mapping[Any, Any]]] = {
    "move": stock_words.REASONS,
    "hold_placed": stock_words.HOLD_REASONS,
    "hold_lifted": stock_words.HOLD_REASONS,
    "came_from": stock_words.LINKS,
    "became": stock_words.LINKS,
    "link_voided": stock_words.LINKS,
    "imported": stock_words.PAST_KINDS,
    "file_attached": file_words.KINDS,
    "file_withdrawn": file_words.KINDS,
    "units": unit_words.EVENTS,
    "inspection_opened": inspection_words.STAGES,
    "inspection_closed": inspection_words.VERDICTS,
    "sample_drawn": inspection_words.SAMPLE_KINDS,
    "sample_closed": inspection_words.SAMPLE_STATES,
    "nonconformance": disposition_words.DEFECT_CLASSES,
    "nonconformance_closed": disposition_words.DISPOSITIONS,
    "release_decision": disposition_words.VERDICTS,
    "waiver": disposition_words.POINTS,
    "problem": problem_words.KINDS,
    "problem_settled": problem_words.KINDS,
    "label_check": label_check_words.RESULTS,
    "issued": issue_words.KINDS,
    "used_by_report": report_words.SOURCES,
    "made_by_report": report_words.OUTPUT_KINDS,
    "signature": signing_words.MEANINGS,
    "passage": words.PASSAGES,
    "recall": words.RECALLS,
    "complaint": words.COMPLAINTS,
    "capa": words.CAPAS,
    "gap": words.GAPS,
}


def what_of(event: Event) -> str:
    """What of its kind it was: the reason of a move or hold, the kind of a link, a verdict."""
    code = event.code
    if not code:
        return ""
    if event.kind in ("record", "own_field"):
        return gettext("removed") if code == "deleted" else ""
    if event.kind == "label_printed":
        return gettext("%(count)s copies", count=code)
    # The codes are values of text enums, and a text is equal to the member of its value.
    said = _CODES.get(event.kind, {}).get(code)
    return str(said) if said is not None else word(code)


def document_of(event: Event) -> str:
    """The paper behind an event: its number, with its kind where that helps."""
    if event.kind == "units":
        return gettext("%(count)s ids", count=event.document)
    if event.document:
        return event.document
    return word(event.document_kind) if event.document_kind else ""


def capture_of(event: Event) -> str:
    """How it was captured, and why a lot was typed."""
    if not event.capture:
        return ""
    said = str(stock_words.CAPTURES[Capture(event.capture)])
    if event.typed_reason:
        said += f": {stock_words.TYPED_REASONS[TypedReason(event.typed_reason)]}"
    return f"{said}, {event.typed_note}" if event.typed_note else said
