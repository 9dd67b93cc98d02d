"""Reads for FSMA 204: the critical tracking events of food, one statement a kind, streamed in the order of time.

Key data elements: 21 CFR 1.1345 (receiving), 1.1350 (transformation), 1.1340 (shipping); what a location description is:
1.1310. A lot of ours without a traceability lot code of its own goes by its number. Days are warehouse-local.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import islice
from typing import Any, Final

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import aliased

from wms.catalog.models import FoodTraceability, Item, ItemClass, Partner
from wms.core.clock import day_begins, local_day
from wms.core.ids import LotId, WarehouseId
from wms.core.quantity import Quantity
from wms.db import db
from wms.picking.models import Order
from wms.production.models import ProductionReport, ReportInput, ReportOutput, WorkOrder
from wms.receiving.models import Asn, PurchaseOrder, Receipt, ReceiptLine
from wms.shipping.models import Shipment
from wms.sites.models import Warehouse
from wms.stock.ledger import Reason
from wms.stock.ledger import reads as ledger
from wms.stock.models import ImportedEvent, Lot, PastKind

#: So many rows are fetched at once.
_PART: Final = 1000
#: So many lots are asked for at once: engines bound the values of a statement.
_LOTS: Final = 5000


class Goods(StrEnum):
    """Which goods a sheet holds: food that is marked as on the Food Traceability List, all food, all goods."""

    LISTED = "listed"
    FOOD = "food"
    ALL = "all"


#: What stands in place of a key data element that is not known.
MISSING: Final = "MISSING"


class EventKind(StrEnum):
    """The critical tracking events that a warehouse and a plant have."""

    RECEIVING = "receiving"
    TRANSFORMATION = "transformation"
    SHIPPING = "shipping"


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Which events: of these lots (None: of all), on these days, in these warehouses; what is listed unless said otherwise."""

    warehouses: Collection[WarehouseId]
    lots: Collection[LotId] | None = None
    since: date | None = None
    until: date | None = None
    goods: Goods = Goods.LISTED

    def has(self, day: date) -> bool:
        """Whether a warehouse-local day is asked for."""
        return (self.since is None or day >= self.since) and (self.until is None or day <= self.until)


@dataclass(frozen=True, kw_only=True)
class Event:
    """One critical tracking event, its key data elements under plain names; what does not apply is blank or None."""

    kind: EventKind
    on: date
    traceability_lot_code: str
    quantity: Quantity | None
    unit: str
    product: str
    #: Where it happened; from where it came or to whom it went.
    location: str
    other_location: str = ""
    lot_code_source: str = ""
    document_type: str = ""
    document_number: str = ""
    #: "input" or "output" of a transformation.
    role: str = ""
    lot_number: str = ""
    sku: str = ""
    #: The food on the Food Traceability List it is, in the list's words; blank for other goods.
    category: str = ""
    #: Key data elements that the rule asks for and that are not known, in the rule's words.
    gaps: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Statements:
    """How many food items are marked as listed, as not listed, and not at all yet."""

    listed: int
    not_listed: int
    unstated: int


def statements_of_food() -> Statements:
    """Count the food items in use by what is said of them."""
    counts: dict[FoodTraceability, int] = {
        row[0]: row[1]
        for row in db.session.execute(
            select(Item.food_traceability, func.count())
            .where(Item.item_class == ItemClass.FOOD, Item.is_active)
            .group_by(Item.food_traceability)
        )
    }
    return Statements(
        listed=counts.get(FoodTraceability.LISTED, 0), not_listed=counts.get(FoodTraceability.NOT_LISTED, 0),
        unstated=counts.get(FoodTraceability.UNSTATED, 0),
    )  # fmt: skip


def find_lots(code: str) -> list[LotId]:
    """The lots that go by a code: as traceability lot code, as our number, or as the maker's; byte for byte."""
    statement = select(Lot.id).where(or_(Lot.traceability_lot_code == code, Lot.number == code, Lot.maker_lot == code))
    return list(db.session.execute(statement.order_by(Lot.id)).scalars())


def events(kind: EventKind, wanted: Wanted) -> Iterator[Event]:
    """Stream the events of a kind in the order of time; what came before this system first.

    Of more lots than one statement takes, part by part; a report of two parts is given once.
    """
    said: dict[EventKind, tuple[Callable[[Wanted, set[int]], Iterator[Event]], PastKind]] = {
        EventKind.RECEIVING: (_receiving, PastKind.RECEIPT),
        EventKind.TRANSFORMATION: (_transformation, PastKind.CONSUMPTION),
        EventKind.SHIPPING: (_shipping, PastKind.SHIPMENT),
    }
    of_now, of_past = said[kind]
    seen: set[int] = set()
    parts = [wanted]
    if wanted.lots is not None:
        parts = [replace(wanted, lots=part) for part in _batched(sorted(wanted.lots))]
    for part in parts:
        yield from _past(of_past, part, seen)
    for part in parts:
        yield from of_now(part, seen)


def gaps_of(
    kind: EventKind, *, place: tuple[str, str, str], other: tuple[str, str, str], product: tuple[str, str],
    quantity: Quantity | None, document: str, code: str, source: str, role: str = "",
) -> tuple[str, ...]:  # fmt: skip
    """Name the key data elements that an event lacks (1.1340, 1.1345, 1.1350; location and product as 1.1310 says).

    `place` and `other` are name, address, telephone; `product` is name and packaging. An input of a transformation needs
    neither place nor paper of its own: those of the transformation stand on its output.
    """
    here, there = {
        EventKind.RECEIVING: ("Receiving location", "Immediate previous source"),
        EventKind.TRANSFORMATION: ("Transformation location", ""),
        EventKind.SHIPPING: ("Ship-from location", "Immediate subsequent recipient"),
    }[kind]
    found = [] if code else ["Traceability lot code"]
    found += [] if quantity is not None else ["Quantity"]
    found += [] if product[0] else ["Product name"]
    found += [] if product[1] else ["Packaging size and style"]
    for said, known in ((here if role != "input" else "", place), (there, other)):
        if said and not known[0]:
            found.append(said)
        elif said:
            found += [
                f"{said}: {part}" for part, value in zip(("address", "telephone"), known[1:], strict=True) if not value
            ]
    found += [] if source or role == "input" else ["Traceability lot code source"]
    found += [] if document or role == "input" else ["Reference document number"]
    return tuple(found)


def describe_location(name: str, address: str, phone: str, gln: str) -> str:
    """One location in one line: name, address, telephone, GLN (21 CFR 1.1310: location description)."""
    return " · ".join(part for part in (name, address, phone, f"GLN {gln}" if gln else "") if part)


def describe_product(name: str, specification: str, sku: str) -> str:
    """One product in one line: name, size and style of packing, our code (21 CFR 1.1310: product description)."""
    return " · ".join(part for part in (name, specification, sku) if part)


# -- receiving --------------------------------------------------------------------------------------------------------
def _receiving(wanted: Wanted, _seen: set[int]) -> Iterator[Event]:
    asn, order = aliased(Asn), aliased(PurchaseOrder)
    statement = (
        _lots_and_items(
            ReceiptLine.received_at.label("at"), ReceiptLine.quantity.label("quantity"), Receipt.delivery_note,
            asn.number.label("asn"), order.number.label("purchase_order"), Receipt.number.label("receipt"),
            *_partner(Partner), *_site(),
        )
        .select_from(ReceiptLine)
        .join(Receipt, Receipt.id == ReceiptLine.receipt_id)
        .join(Lot, Lot.id == ReceiptLine.lot_id)
        .join(Item, Item.id == Lot.item_id)
        .join(Warehouse, Warehouse.id == Receipt.warehouse_id)
        .outerjoin(Partner, Partner.id == Receipt.supplier_id)
        .outerjoin(asn, asn.id == Receipt.asn_id)
        .outerjoin(order, order.id == Receipt.purchase_order_id)
        .where(ReceiptLine.reversed_at.is_(None), Receipt.warehouse_id.in_(wanted.warehouses))
        .order_by(ReceiptLine.received_at, ReceiptLine.id)
    )  # fmt: skip
    for row in _stream(_narrowed(statement, wanted, ReceiptLine.received_at, ReceiptLine.lot_id)):
        on = local_day(row.at, row.timezone)
        if not wanted.has(on):
            continue
        document = next(
            (pair for pair in (("Delivery note", row.delivery_note), ("ASN", row.asn), ("Purchase order", row.purchase_order))
             if pair[1]),
            ("Receipt", row.receipt),
        )  # fmt: skip
        yield _event(
            EventKind.RECEIVING, row, on=on, quantity=row.quantity, location=_here(row), other_location=_there(row),
            document=document,
        )  # fmt: skip


# -- transformation ---------------------------------------------------------------------------------------------------
def _transformation(wanted: Wanted, seen: set[int]) -> Iterator[Event]:
    """A report whole, inputs before outputs, when one of its lots is asked for."""
    reports = (
        select(
            ProductionReport.id, ProductionReport.ended_at.label("at"), ProductionReport.number.label("report"),
            WorkOrder.number.label("order"), *_site(),
        )
        .join(WorkOrder, WorkOrder.id == ProductionReport.work_order_id)
        .join(Warehouse, Warehouse.id == ProductionReport.warehouse_id)
        .where(ProductionReport.reversed_at.is_(None), ProductionReport.warehouse_id.in_(wanted.warehouses))
        .order_by(ProductionReport.ended_at, ProductionReport.id)
    )  # fmt: skip
    if wanted.lots is not None:
        lots = list(wanted.lots)
        reports = reports.where(
            or_(
                ProductionReport.id.in_(select(ReportInput.report_id).where(ReportInput.lot_id.in_(lots))),
                ProductionReport.id.in_(select(ReportOutput.report_id).where(ReportOutput.lot_id.in_(lots))),
            )
        )
    reports = _between(reports, wanted, ProductionReport.ended_at)
    part: list[Any] = []
    for row in _stream(reports):
        on = local_day(row.at, row.timezone)
        if wanted.has(on) and row.id not in seen:
            seen.add(row.id)
            part.append(row)
        if len(part) == _PART:
            yield from _of_reports(part, wanted)
            part = []
    yield from _of_reports(part, wanted)


def _of_reports(reports: Sequence[Any], wanted: Wanted) -> Iterator[Event]:
    if not reports:
        return
    ids = [row.id for row in reports]
    lines: dict[int, list[tuple[str, Any]]] = {}
    for role, of in (("input", ReportInput), ("output", ReportOutput)):
        table: Any = of
        statement = (
            _lots_and_items(table.report_id, table.quantity.label("quantity"))
            .select_from(table)
            .join(Lot, Lot.id == table.lot_id)
            .join(Item, Item.id == Lot.item_id)
            .where(table.report_id.in_(ids))
            .order_by(table.report_id, table.line)
        )
        if role == "input":
            statement = statement.where(ReportInput.source.not_in(("scrap", "residue")), *_goods(wanted))
        elif wanted.goods is not Goods.LISTED:
            statement = statement.where(*_goods(wanted))
        for row in db.session.execute(statement):
            lines.setdefault(row.report_id, []).append((role, row))
    for report in reports:
        found = lines.get(report.id, [])
        if wanted.goods is Goods.LISTED and not any(_is_listed(row) for _role, row in found):
            continue
        for role, row in found:
            yield _event(
                EventKind.TRANSFORMATION, row, on=local_day(report.at, report.timezone), quantity=row.quantity,
                location=_here(report), role=role, document=("Work order", f"{report.order} / {report.report}"),
                source=_here(report) if role == "output" else "", place=_place(report),
            )  # fmt: skip


# -- shipping ---------------------------------------------------------------------------------------------------------
def _shipping(wanted: Wanted, _seen: set[int]) -> Iterator[Event]:
    move, posting = ledger.move, ledger.posting
    amounts = (
        select(
            posting.c.document_id.label("shipment"), move.c.lot_id.label("lot"), func.sum(move.c.quantity).label("quantity")
        )
        .join(posting, posting.c.seq == move.c.posting_seq)
        .where(posting.c.reason == Reason.SHIP, posting.c.document_kind == "shipment")
        .group_by(posting.c.document_id, move.c.lot_id)
    )  # fmt: skip
    if wanted.lots is not None:
        amounts = amounts.where(move.c.lot_id.in_(list(wanted.lots)))
    if wanted.since is not None:
        amounts = amounts.where(posting.c.recorded_at >= _first_instant(wanted.since))
    if wanted.until is not None:
        amounts = amounts.where(posting.c.recorded_at < _last_instant(wanted.until))
    shipped = amounts.subquery()
    # Who gave the lot its code, where the lot does not say it: the plant that made it, else who sent it to us.
    sender, plant = aliased(Partner), aliased(Warehouse)
    made_in = (
        select(func.min(ProductionReport.warehouse_id))
        .join(ReportOutput, ReportOutput.report_id == ProductionReport.id)
        .where(ReportOutput.lot_id == Lot.id, ProductionReport.reversed_at.is_(None))
        .correlate(Lot)
        .scalar_subquery()
    )
    statement = (
        _lots_and_items(
            Shipment.shipped_at.label("at"), shipped.c.quantity.label("quantity"), Shipment.number.label("shipment"),
            Shipment.waybill, Order.number.label("order"), *_partner(Partner), *_site(),
            sender.name_en.label("sender_name"), sender.address.label("sender_address"), sender.phone.label("sender_phone"),
            sender.gln.label("sender_gln"), plant.name_en.label("plant_name"), plant.address.label("plant_address"),
            plant.phone.label("plant_phone"), plant.gln.label("plant_gln"),
        )
        .select_from(shipped)
        .join(Shipment, Shipment.id == shipped.c.shipment)
        .join(Order, Order.id == Shipment.order_id)
        .join(Partner, Partner.id == Order.customer_id)
        .join(Warehouse, Warehouse.id == Shipment.warehouse_id)
        .join(Lot, Lot.id == shipped.c.lot)
        .join(Item, Item.id == Lot.item_id)
        .outerjoin(sender, sender.id == Lot.supplier_id)
        .outerjoin(plant, plant.id == made_in)
        .where(Shipment.shipped_at.is_not(None), Shipment.warehouse_id.in_(wanted.warehouses), *_goods(wanted))
        .order_by(Shipment.shipped_at, Shipment.id, Lot.id)
    )  # fmt: skip
    for row in _stream(statement):
        on = local_day(row.at, row.timezone)
        if wanted.has(on):
            document = ("Bill of lading", row.waybill) if row.waybill else ("Delivery note", row.shipment)
            yield _event(
                EventKind.SHIPPING, row, on=on, quantity=row.quantity, location=_here(row), other_location=_there(row),
                document=document, source=_giver(row),
            )  # fmt: skip


# -- before this system -----------------------------------------------------------------------------------------------
def _past(kind: PastKind, wanted: Wanted, seen: set[int]) -> Iterator[Event]:
    """What files tell; an event without a warehouse counts wherever one looks."""
    made, of_made = aliased(Lot), aliased(Item)
    statement = (
        _lots_and_items(
            ImportedEvent.id, ImportedEvent.happened_on, ImportedEvent.quantity.label("quantity"), ImportedEvent.document,
            ImportedEvent.output_quantity, made.number.label("made_number"),
            made.traceability_lot_code.label("made_code"), of_made.name_en.label("made_name"),
            of_made.specification.label("made_specification"), of_made.sku.label("made_sku"),
            of_made.base_unit.label("made_unit"), of_made.food_traceability.label("made_listed"),
            of_made.food_traceability_category.label("made_category"), *_partner(Partner), *_site(),
        )
        .select_from(ImportedEvent)
        .join(Lot, Lot.id == ImportedEvent.lot_id)
        .join(Item, Item.id == Lot.item_id)
        .outerjoin(made, made.id == ImportedEvent.output_lot_id)
        .outerjoin(of_made, of_made.id == made.item_id)
        .outerjoin(Partner, Partner.id == ImportedEvent.partner_id)
        .outerjoin(Warehouse, Warehouse.id == ImportedEvent.warehouse_id)
        .where(
            ImportedEvent.kind == kind,
            or_(ImportedEvent.warehouse_id.is_(None), ImportedEvent.warehouse_id.in_(wanted.warehouses)),
            ImportedEvent.happened_on >= (wanted.since or date.min), ImportedEvent.happened_on <= (wanted.until or date.max),
        )
        .order_by(ImportedEvent.happened_on, ImportedEvent.id)
    )  # fmt: skip
    if wanted.lots is not None:
        lots = list(wanted.lots)
        statement = statement.where(or_(ImportedEvent.lot_id.in_(lots), ImportedEvent.output_lot_id.in_(lots)))
    if wanted.goods is Goods.LISTED:
        statement = statement.where(
            or_(Item.food_traceability == FoodTraceability.LISTED, of_made.food_traceability == FoodTraceability.LISTED)
        )
    else:
        statement = statement.where(*_goods(wanted))
    said = {
        PastKind.RECEIPT: EventKind.RECEIVING, PastKind.CONSUMPTION: EventKind.TRANSFORMATION,
        PastKind.SHIPMENT: EventKind.SHIPPING,
    }[kind]  # fmt: skip
    for row in _stream(statement):
        if row.id in seen:
            continue
        seen.add(row.id)
        document = ("Imported record", row.document)
        if said is not EventKind.TRANSFORMATION or wanted.goods is not Goods.LISTED or _is_listed(row):
            yield _event(
                said, row, on=row.happened_on, quantity=row.quantity, location=_here(row), other_location=_there(row),
                document=document, role="input" if said is EventKind.TRANSFORMATION else "",
            )  # fmt: skip
        if said is EventKind.TRANSFORMATION:
            yield Event(
                kind=said, on=row.happened_on, traceability_lot_code=row.made_code or row.made_number or MISSING,
                quantity=row.output_quantity, unit=row.made_unit or "",
                product=describe_product(row.made_name or "", row.made_specification or "", row.made_sku or "") or MISSING,
                location=_here(row) or MISSING, lot_code_source=_here(row) or MISSING, document_type=document[0],
                document_number=document[1] or MISSING, role="output", lot_number=row.made_number or "",
                sku=row.made_sku or "",
                category=row.made_category if row.made_listed is FoodTraceability.LISTED else "",
                gaps=gaps_of(
                    said, place=_place(row), other=("", "", ""), role="output", quantity=row.output_quantity,
                    product=(row.made_name or "", row.made_specification or ""), document=document[1],
                    code=row.made_code or row.made_number or "", source=_here(row),
                ),
            )  # fmt: skip


# -- what they share --------------------------------------------------------------------------------------------------
def _lots_and_items(*more: Any) -> Any:
    return select(
        Lot.id.label("lot"), Lot.number.label("lot_number"), Lot.traceability_lot_code, Lot.traceability_lot_source,
        Lot.supplier_id, Item.sku, Item.name_en.label("item_name"), Item.specification, Item.base_unit,
        Item.food_traceability, Item.food_traceability_category, *more,
    )  # fmt: skip


def _goods(wanted: Wanted) -> list[Any]:
    """The condition on the item."""
    if wanted.goods is Goods.ALL:
        return []
    if wanted.goods is Goods.FOOD:
        return [Item.item_class == ItemClass.FOOD]
    return [Item.food_traceability == FoodTraceability.LISTED]


def _is_listed(row: Any) -> bool:
    return bool(row.food_traceability is FoodTraceability.LISTED)


def _partner(partner: Any) -> list[Any]:
    return [
        partner.name_en.label("partner_name"), partner.address.label("partner_address"),
        partner.phone.label("partner_phone"), partner.gln.label("partner_gln"),
    ]  # fmt: skip


def _site() -> list[Any]:
    return [
        Warehouse.name_en.label("site_name"), Warehouse.address.label("site_address"),
        Warehouse.phone.label("site_phone"), Warehouse.gln.label("site_gln"), Warehouse.timezone,
    ]  # fmt: skip


def _here(row: Any) -> str:
    return describe_location(row.site_name, row.site_address, row.site_phone, row.site_gln) if row.site_name else ""


def _giver(row: Any) -> str:
    """The location of who gave a shipped lot its code."""
    for who in ("plant", "sender"):
        if name := getattr(row, f"{who}_name"):
            address, phone, gln = (getattr(row, f"{who}_{part}") for part in ("address", "phone", "gln"))
            return describe_location(name, address, phone, gln)
    return ""


def _there(row: Any) -> str:
    if not row.partner_name:
        return ""
    return describe_location(row.partner_name, row.partner_address, row.partner_phone, row.partner_gln)


def _place(row: Any) -> tuple[str, str, str]:
    return (row.site_name or "", row.site_address or "", row.site_phone or "")


def _event(
    kind: EventKind, row: Any, *, on: date, quantity: Quantity | None, location: str, document: tuple[str, str],
    other_location: str = "", role: str = "", source: str = "", place: tuple[str, str, str] | None = None,
) -> Event:  # fmt: skip
    """One event; what is not known stands in it as MISSING, and among its gaps by name."""
    # Who receives goods keeps the code they came under; our number stands for it, and that it does is said.
    code = row.traceability_lot_code or ("" if kind is EventKind.RECEIVING else row.lot_number)
    whose = row.traceability_lot_source or source or (other_location if kind is EventKind.RECEIVING else "")
    has_other = kind is not EventKind.TRANSFORMATION
    return Event(
        kind=kind, on=on, traceability_lot_code=row.traceability_lot_code or row.lot_number, quantity=quantity,
        unit=row.base_unit, product=describe_product(row.item_name, row.specification, row.sku),
        location=location or MISSING, other_location=(other_location or MISSING) if has_other else "",
        lot_code_source=whose or ("" if role == "input" else MISSING), document_type=document[0],
        document_number=document[1] or MISSING, role=role, lot_number=row.lot_number, sku=row.sku,
        category=row.food_traceability_category if _is_listed(row) else "",
        gaps=gaps_of(
            kind, place=place or _place(row), other=_other(row) if has_other else ("", "", ""), quantity=quantity,
            product=(row.item_name, row.specification), document=document[1], code=code, source=whose, role=role,
        ),
    )  # fmt: skip


def _other(row: Any) -> tuple[str, str, str]:
    return (row.partner_name or "", row.partner_address or "", row.partner_phone or "")


def _narrowed(statement: Select[Any], wanted: Wanted, at: Any, lot: Any) -> Select[Any]:
    if wanted.lots is not None:
        statement = statement.where(lot.in_(list(wanted.lots)))
    return _between(statement.where(*_goods(wanted)), wanted, at)


def _between(statement: Select[Any], wanted: Wanted, at: Any) -> Select[Any]:
    """Bound the instant by the days, wide enough for every time zone; the day itself is looked at row by row."""
    if wanted.since is not None:
        statement = statement.where(at >= _first_instant(wanted.since))
    if wanted.until is not None:
        statement = statement.where(at < _last_instant(wanted.until))
    return statement


def _first_instant(day: date) -> datetime:
    return day_begins(day, "UTC") - timedelta(hours=15)


def _last_instant(day: date) -> datetime:
    return day_begins(day, "UTC") + timedelta(hours=24 + 15)


def _stream(statement: Select[Any]) -> Iterator[Any]:
    yield from db.session.execute(statement.execution_options(yield_per=_PART))


def _batched(lots: Sequence[LotId]) -> Iterator[list[LotId]]:
    rest = iter(lots)
    while part := list(islice(rest, _LOTS)):
        yield part
