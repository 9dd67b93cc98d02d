"""What a trace may begin at, and the lots it stands for. Each kind is one function; `find_start` is for a person's words.

Of a work order, a machine, an hour and the like the lots are what was made there, each with how much was; where nothing was
made yet, what was used.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, column, func, or_, select, table

from wms.accounts.models import User
from wms.catalog.models import Item, Partner
from wms.core.clock import day_begins
from wms.core.errors import BadCode, BadDate, BadScan, NotFound, StartAmbiguous, StartEmpty
from wms.core.ids import LotId, LpnId, ShipmentId, WarehouseId
from wms.core.quantity import SCALE, ZERO, Quantity
from wms.db import db
from wms.gs1 import scan as gs1
from wms.picking.models import Order, OrderLine
from wms.production.models import (
    InputSource,
    Machine,
    ProductionReport,
    ReportInput,
    ReportOutput,
    Team,
    WorkOrder,
    WorkOrderIssue,
)
from wms.receiving.models import Receipt, ReceiptLine
from wms.shipping.models import LoadLine, Shipment
from wms.sites.models import Bin, Warehouse
from wms.stock.ledger.reads import balance as balance_table
from wms.stock.ledger.reads import claim as claim_table
from wms.stock.ledger.reads import move as move_table
from wms.stock.ledger.reads import posting as posting_table
from wms.stock.models import ImportedEvent, Lot, Lpn, PastKind
from wms.trace import crossings
from wms.trace.rules.graph import Start, StartKind, StartLot
from wms.units.models import Unit
from wms.units.rules import read_unit

#: The demand of an order line, as claims name it.
_ORDER_LINE: Final = "order_line"
#: Tags live above; only their table is read here.
_TAG: Final = table("tag", column("epc"), column("lpn_id"), column("lot_id"))

_Amounts = Mapping[LotId, Quantity | None]


# -- of records that are known ------------------------------------------------------------------------------------------
def start_of(lots: Collection[LotId], *, kind: StartKind = StartKind.LOT, text: str = "") -> Start:
    """A start of lots that are known already; whole lots. Raises NotFound."""
    return _start(kind, text, dict.fromkeys(lots))


def start_of_amounts(amounts: _Amounts, *, kind: StartKind = StartKind.LOT, text: str = "") -> Start:
    """The same with how much of each lot is meant; None: all of it. Raises NotFound, StartEmpty."""
    return _start(kind, text, amounts)


def _start(kind: StartKind, text: str, amounts: _Amounts) -> Start:
    rows = db.session.execute(
        select(Lot.id, Lot.number, Item.sku, Item.base_unit)
        .join(Item, Item.id == Lot.item_id)
        .where(Lot.id.in_(crossings.these(amounts)))
        .order_by(Item.sku, Lot.number)
    ).all()
    missing = set(amounts) - {row.id for row in rows}
    if missing:
        raise NotFound(kind="lot", text=text or str(min(missing)))
    if not rows:
        raise StartEmpty(kind=kind.value, text=text)
    lots = tuple(
        StartLot(lot=row.id, number=row.number, sku=row.sku, unit=row.base_unit, quantity=amounts[row.id])
        for row in rows
    )
    return Start(kind=kind, text=text or ", ".join(one.number for one in lots[:3]), lots=lots)


# -- of a person's words ------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class _Asked:
    kind: StartKind
    text: str
    item: str
    warehouses: Collection[WarehouseId] | None

    def unknown(self) -> NotFound:
        return NotFound(kind=self.kind.value, text=self.text)

    def several(self, found: Iterable[str]) -> StartAmbiguous:
        return StartAmbiguous(kind=self.kind.value, text=self.text, found=sorted(found)[:12])


def find_start(
    kind: StartKind, text: str, *, item: str = "", warehouses: Collection[WarehouseId] | None = None
) -> Start:
    """The start that a person named. `item` is the SKU, where a lot's number needs it.

    lot, maker_lot, supplier_lot: a number, byte for byte; several items have it: StartAmbiguous, which names them.
    work_order, receipt, order, shipment: its number. operation: "WO-1/20" (work order and sequence). machine, team,
    operator: its code or log-in name, with "@2026-11-22" or "@2026-11-01..2026-11-22" behind it for some days.
    hour: "2026-11-22T14" or "2026-11-22T14..2026-11-22T16" in the warehouse's time, of all reports. customer: code,
    with days behind it too. lpn, tag, unit: as scanned. dates: "2026-11-01..2026-11-22": lots that came in or were made on
    these days.

    `warehouses` narrows machines, teams, hours and dates to those of them. Raises NotFound, StartEmpty (it is known, and no
    lot has to do with it), StartAmbiguous, BadDate, BadCode.
    """
    asked = _Asked(kind, text.strip(), item.strip(), warehouses)
    if not asked.text:
        raise asked.unknown()
    return _start(kind, asked.text, _FINDERS[kind](asked))


def _lot(asked: _Asked) -> _Amounts:
    return _lots_where(asked, Lot.number == asked.text, most=1)


def _maker_lot(asked: _Asked) -> _Amounts:
    return _lots_where(asked, Lot.maker_lot == asked.text)


def _supplier_lot(asked: _Asked) -> _Amounts:
    named = or_(
        Lot.maker_lot == asked.text, Lot.number == asked.text, Lot.traceability_lot_code == asked.text
    )  # fmt: skip
    return _lots_where(asked, and_(named, Lot.supplier_id.is_not(None)))


def _lots_where(asked: _Asked, condition: ColumnElement[bool], *, most: int | None = None) -> _Amounts:
    """The lots of one item. Several items: a question, since they have nothing but a number in common."""
    statement = select(Lot.id, Lot.number, Item.sku).join(Item, Item.id == Lot.item_id).where(condition)
    if asked.item:
        statement = statement.where(Item.sku == asked.item)
    rows = db.session.execute(statement.limit(500)).all()
    if not rows:
        raise asked.unknown()
    if len({row.sku for row in rows}) > 1 or (most is not None and len(rows) > most):
        raise asked.several(f"{row.sku} {row.number}" for row in rows)
    return dict.fromkeys(LotId(row.id) for row in rows)


# -- production
def _work_order(asked: _Asked) -> _Amounts:
    order = _work_order_named(asked, asked.text)
    found = _of_reports(ProductionReport.work_order_id == order)
    if found:
        return found
    return _sums(
        db.session.execute(
            select(WorkOrderIssue.lot_id, func.sum(WorkOrderIssue.quantity))
            .where(WorkOrderIssue.work_order_id == order, WorkOrderIssue.reversed_seq.is_(None))
            .group_by(WorkOrderIssue.lot_id)
        )
    )


def _work_order_named(asked: _Asked, number: str) -> int:
    found = db.session.execute(select(WorkOrder.id).where(WorkOrder.number == number)).scalar()
    if found is None:
        raise NotFound(kind="work_order", text=number)
    return int(found)


def _operation(asked: _Asked) -> _Amounts:
    number, slash, sequence = asked.text.rpartition("/")
    if not slash or not sequence.isdecimal():
        raise BadCode(kind=asked.kind.value, text=asked.text)
    order = _work_order_named(asked, number)
    return _of_reports(
        ProductionReport.work_order_id == order, ProductionReport.operation_sequence == int(sequence)
    )  # fmt: skip


def _machine(asked: _Asked) -> _Amounts:
    return _of_master(asked, Machine, ProductionReport.machine_id)


def _team(asked: _Asked) -> _Amounts:
    return _of_master(asked, Team, ProductionReport.team_id)


def _of_master(asked: _Asked, of: Any, of_report: Any) -> _Amounts:
    """Machines and teams: their code is unique in a warehouse alone."""
    code, days = _with_days(asked.text)
    statement = select(of.id, Warehouse.code, Warehouse.timezone).join(Warehouse, Warehouse.id == of.warehouse_id)
    rows = db.session.execute(_within(statement.where(of.code == code), of.warehouse_id, asked)).all()
    if not rows:
        raise NotFound(kind=asked.kind.value, text=code)
    if len(rows) > 1:
        raise asked.several(f"{row.code} {code}" for row in rows)
    return _of_reports(of_report == rows[0].id, *_ended(days, rows[0].timezone))


def _operator(asked: _Asked) -> _Amounts:
    login, days = _with_days(asked.text)
    user = db.session.execute(select(User.id).where(User.login == login.lower())).scalar()
    if user is None:
        raise NotFound(kind=asked.kind.value, text=login)
    return _of_reports(ProductionReport.operator_id == user, _in_sites(asked, lambda tz: _ended(days, tz)))


_HOUR: Final = re.compile(r"(\d{4}-\d\d-\d\d)[T ](\d\d)(?::00)?")


def _hour(asked: _Asked) -> _Amounts:
    """Reports that ran in these hours, be it in part: their goods cannot be told apart by the minute."""
    first, _, last = asked.text.partition("..")
    begins, ends = _hour_of(first, asked), _hour_of(last or first, asked)
    if ends < begins:
        raise BadDate(text=asked.text)

    def ran(timezone: str) -> list[ColumnElement[bool]]:
        zone = ZoneInfo(timezone)
        since = begins.replace(tzinfo=zone).astimezone(UTC)
        until = ends.replace(tzinfo=zone).astimezone(UTC) + timedelta(hours=1)
        ran_on = or_(ProductionReport.ended_at > since, ProductionReport.started_at >= since)
        return [ran_on, ProductionReport.started_at < until]

    return _of_reports(_in_sites(asked, ran))


def _hour_of(text: str, asked: _Asked) -> datetime:
    found = _HOUR.fullmatch(text.strip())
    try:
        if found is not None:
            return datetime.fromisoformat(f"{found[1]}T{found[2]}:00")
    except ValueError:
        pass
    raise BadDate(text=asked.text)


def _of_reports(*conditions: ColumnElement[bool]) -> _Amounts:
    """What these reports made; where they made nothing yet, what they used."""
    stands = (ProductionReport.reversed_at.is_(None), *conditions)
    made = _sums(
        db.session.execute(
            select(ReportOutput.lot_id, func.sum(ReportOutput.quantity))
            .join(ProductionReport, ProductionReport.id == ReportOutput.report_id)
            .where(*stands)
            .group_by(ReportOutput.lot_id)
        )
    )
    if made:
        return made
    return _sums(
        db.session.execute(
            select(ReportInput.lot_id, func.sum(ReportInput.quantity))
            .join(ProductionReport, ProductionReport.id == ReportInput.report_id)
            .where(*stands, ReportInput.source.not_in((InputSource.RESIDUE, InputSource.SCRAP)))
            .group_by(ReportInput.lot_id)
        )
    )


# -- papers
def _receipt(asked: _Asked) -> _Amounts:
    receipt = db.session.execute(select(Receipt.id).where(Receipt.number == asked.text)).scalar()
    if receipt is None:
        raise asked.unknown()
    return _sums(
        db.session.execute(
            select(ReceiptLine.lot_id, func.sum(ReceiptLine.quantity))
            .where(ReceiptLine.receipt_id == receipt, ReceiptLine.reversed_at.is_(None))
            .group_by(ReceiptLine.lot_id)
        )
    )


def _shipment(asked: _Asked) -> _Amounts:
    shipment = db.session.execute(select(Shipment.id).where(Shipment.number == asked.text)).scalar()
    if shipment is None:
        raise asked.unknown()
    return _shipped([ShipmentId(shipment)])


def _order(asked: _Asked) -> _Amounts:
    """What left for it; before that, what is promised to it."""
    order = db.session.execute(select(Order.id).where(Order.number == asked.text)).scalar()
    if order is None:
        raise asked.unknown()
    shipments = db.session.execute(select(Shipment.id).where(Shipment.order_id == order)).scalars().all()
    return _shipped([ShipmentId(i) for i in shipments]) or _sums(
        db.session.execute(
            select(balance_table.c.lot_id, func.sum(claim_table.c.quantity))
            .join(claim_table, claim_table.c.balance_id == balance_table.c.id)
            .where(
                claim_table.c.demand_kind == _ORDER_LINE,
                claim_table.c.demand_id.in_(select(OrderLine.id).where(OrderLine.order_id == order)),
            )
            .group_by(balance_table.c.lot_id)
        )
    )


def _customer(asked: _Asked) -> _Amounts:
    """What left for him, by our shipments and by the word of files."""
    code, days = _with_days(asked.text)
    partner = db.session.execute(select(Partner.id).where(Partner.code == code)).scalar()
    if partner is None:
        raise NotFound(kind=asked.kind.value, text=code)
    statement = (
        select(Shipment.id)
        .join(Order, Order.id == Shipment.order_id)
        .join(Warehouse, Warehouse.id == Shipment.warehouse_id)
        .where(Order.customer_id == partner, Shipment.posting_seq.is_not(None))
    )
    past = select(ImportedEvent.lot_id, func.sum(ImportedEvent.quantity)).where(
        ImportedEvent.partner_id == partner, ImportedEvent.kind == PastKind.SHIPMENT
    )
    if days is not None:
        statement = statement.where(
            _in_sites(asked, lambda tz: _between(Shipment.shipped_at, days, tz), of=Shipment.warehouse_id)
        )
        past = past.where(ImportedEvent.happened_on.between(*days))
    amounts: dict[LotId, Quantity] = defaultdict(lambda: ZERO)
    shipped = _shipped([ShipmentId(i) for i in db.session.execute(statement).scalars()])
    for found in (shipped, _sums(db.session.execute(past.group_by(ImportedEvent.lot_id)))):
        for lot, amount in found.items():
            amounts[lot] += amount or ZERO
    return amounts


def _shipped(shipments: Collection[ShipmentId], *, plates: Collection[LpnId] | None = None) -> _Amounts:
    """What these shipments took away, of these plates alone where named; taken-back postings do not count."""
    if not shipments:
        return {}
    m, p, reversal = move_table.c, posting_table.c, posting_table.alias()
    target = Bin.__table__.alias()
    statement = (
        select(m.lot_id, func.sum(m.quantity))
        .join(posting_table, p.seq == m.posting_seq)
        .join(target, target.c.id == m.target_bin_id)
        .where(
            p.document_kind == "shipment", p.document_id.in_(crossings.these(shipments)), target.c.is_outside,
            p.reverses_seq.is_(None), ~select(reversal.c.seq).where(reversal.c.reverses_seq == p.seq).exists(),
        )
        .group_by(m.lot_id)
    )  # fmt: skip
    if plates is not None:
        statement = statement.where(m.source_lpn_id.in_(crossings.these(plates)))
    return _sums(db.session.execute(statement))


# -- goods
def _lpn(asked: _Asked) -> _Amounts:
    try:
        read = gs1.read(asked.text)
        code = str(read.sscc) if read.sscc is not None else asked.text
    except BadScan:
        code = asked.text
    plates = [LpnId(i) for i in db.session.execute(select(Lpn.id).where(Lpn.code.in_({code, asked.text}))).scalars()]
    if not plates:
        raise asked.unknown()
    return _on_plates(plates)


def _on_plates(plates: Collection[LpnId]) -> _Amounts:
    """What stands on the plates and on those on them; of an empty one what left with it, else all that ever stood on it."""
    tree = select(Lpn.id).where(Lpn.id.in_(crossings.these(plates))).cte(recursive=True)
    tree = tree.union(select(Lpn.id).join(tree, Lpn.parent_id == tree.c.id))
    all_of = [LpnId(i) for i in db.session.execute(select(tree.c.id)).scalars()]
    b = balance_table.c
    standing = _sums(
        db.session.execute(
            select(b.lot_id, func.sum(b.on_hand))
            .where(b.lpn_id.in_(crossings.these(all_of)), b.on_hand > ZERO)
            .group_by(b.lot_id)
        )
    )
    if standing:
        return standing
    loaded = db.session.execute(
        select(LoadLine.shipment_id).where(LoadLine.lpn_id.in_(crossings.these(all_of)))
    ).scalars()
    left = _shipped([ShipmentId(i) for i in loaded], plates=all_of)
    if left:
        return left
    m = move_table.c
    ever = db.session.execute(select(m.lot_id).where(m.target_lpn_id.in_(crossings.these(all_of))).distinct()).scalars()
    return dict.fromkeys(LotId(i) for i in ever)


def _tag(asked: _Asked) -> _Amounts:
    row = db.session.execute(
        select(_TAG.c.lpn_id, _TAG.c.lot_id).where(_TAG.c.epc == asked.text.replace(" ", "").upper())
    ).first()
    if row is not None and row.lot_id is not None:
        return {LotId(row.lot_id): None}
    if row is not None and row.lpn_id is not None:
        return _on_plates([LpnId(row.lpn_id)])
    try:
        sscc = gs1.read(asked.text).sscc
    except BadScan:
        sscc = None
    plates = () if sscc is None else db.session.execute(select(Lpn.id).where(Lpn.code == str(sscc))).scalars().all()
    if plates:
        return _on_plates([LpnId(i) for i in plates])
    if row is not None:
        return {}
    raise asked.unknown()


def _unit(asked: _Asked) -> _Amounts:
    """One piece of its lot, or the pieces of a pack."""
    try:
        code = read_unit(gs1.read(asked.text)).code
    except (BadScan, BadCode):
        code = asked.text
    statement = (
        select(Unit.id, Unit.lot_id, Unit.level, Unit.code, Item.sku)
        .join(Item, Item.id == Unit.item_id)
        .where(Unit.code.in_({code, asked.text}), ~Unit.is_duplicate)
    )
    if asked.item:
        statement = statement.where(Item.sku == asked.item)
    rows = db.session.execute(statement).all()
    if not rows:
        raise asked.unknown()
    if len(rows) > 1:
        raise asked.several(f"{row.sku} {row.code}" for row in rows)
    (row,) = rows
    if row.level == 0:
        return {LotId(row.lot_id): Quantity(SCALE)}
    tree = select(Unit.id).where(Unit.id == row.id).cte(recursive=True)
    tree = tree.union(select(Unit.id).join(tree, Unit.parent_id == tree.c.id))
    inside = db.session.execute(
        select(Unit.lot_id, func.count()).where(Unit.id.in_(select(tree.c.id)), Unit.level == 0).group_by(Unit.lot_id)
    )
    return {LotId(lot): Quantity(pieces * SCALE) for lot, pieces in inside} or {LotId(row.lot_id): None}


def _dates(asked: _Asked) -> _Amounts:
    days = _days_of(asked.text)
    lots = select(Lot.id).where(Lot.received_on.between(*days))
    if asked.item:
        lots = lots.join(Item, Item.id == Lot.item_id).where(Item.sku == asked.item)
    amounts: dict[LotId, Quantity | None] = {}
    made = _of_outputs(asked, days)
    amounts.update(made)
    amounts.update(dict.fromkeys(LotId(i) for i in db.session.execute(lots).scalars()))
    return amounts


def _of_outputs(asked: _Asked, days: tuple[date, date]) -> _Amounts:
    statement = (
        select(ReportOutput.lot_id, func.sum(ReportOutput.quantity))
        .join(ProductionReport, ProductionReport.id == ReportOutput.report_id)
        .where(ProductionReport.reversed_at.is_(None), _in_sites(asked, lambda tz: _ended(days, tz)))
        .group_by(ReportOutput.lot_id)
    )
    if asked.item:
        statement = statement.join(Item, Item.id == ReportOutput.item_id).where(Item.sku == asked.item)
    return _sums(db.session.execute(statement))


# -- days and sites
def _with_days(text: str) -> tuple[str, tuple[date, date] | None]:
    code, at, days = text.rpartition("@")
    return (code.strip(), _days_of(days)) if at else (text, None)


def _days_of(text: str) -> tuple[date, date]:
    first, _, last = text.strip().partition("..")
    try:
        days = date.fromisoformat(first.strip()), date.fromisoformat((last or first).strip())
    except ValueError as broken:
        raise BadDate(text=text) from broken
    if days[1] < days[0]:
        raise BadDate(text=text)
    return days


def _ended(days: tuple[date, date] | None, timezone: str) -> list[ColumnElement[bool]]:
    return [] if days is None else _between(ProductionReport.ended_at, days, timezone)


def _between(instant: Any, days: tuple[date, date], timezone: str) -> list[ColumnElement[bool]]:
    since, until = day_begins(days[0], timezone), day_begins(days[1] + timedelta(days=1), timezone)
    return [instant >= since, instant < until]


def _in_sites(
    asked: _Asked, conditions: Callable[[str], list[ColumnElement[bool]]], *, of: Any = ProductionReport.warehouse_id
) -> ColumnElement[bool]:
    """The conditions in each warehouse's own time."""
    statement = _within(select(Warehouse.id, Warehouse.timezone), Warehouse.id, asked)
    sites = db.session.execute(statement).all()
    return or_(*(and_(of == site.id, *conditions(site.timezone)) for site in sites)) if sites else of.is_(None)


def _within(statement: Any, of: Any, asked: _Asked) -> Any:
    return statement if asked.warehouses is None else statement.where(of.in_(crossings.these(asked.warehouses)))


def _sums(rows: Iterable[Any]) -> _Amounts:
    found: dict[LotId, Quantity | None] = {}
    for lot, amount in rows:
        found[LotId(lot)] = amount if isinstance(amount, Quantity) else Quantity(int(amount))
    return found


_FINDERS: Final[dict[StartKind, Callable[[_Asked], _Amounts]]] = {
    StartKind.LOT: _lot, StartKind.MAKER_LOT: _maker_lot, StartKind.SUPPLIER_LOT: _supplier_lot,
    StartKind.WORK_ORDER: _work_order, StartKind.OPERATION: _operation, StartKind.MACHINE: _machine,
    StartKind.TEAM: _team, StartKind.OPERATOR: _operator, StartKind.HOUR: _hour, StartKind.RECEIPT: _receipt,
    StartKind.ORDER: _order, StartKind.SHIPMENT: _shipment, StartKind.CUSTOMER: _customer, StartKind.LPN: _lpn,
    StartKind.TAG: _tag, StartKind.UNIT: _unit, StartKind.DATES: _dates,
}  # fmt: skip
