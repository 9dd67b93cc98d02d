"""Verbs on papers: purchase orders, ASNs, receipts. A paper's row is locked before it is judged or changed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import exists, select, update
from sqlalchemy.exc import IntegrityError

from wms.catalog.models import Item, Partner
from wms.core.errors import DuplicateValue, MissingField, NotFound, WrongState
from wms.core.ids import (
    OURSELVES,
    AsnId,
    AsnLineId,
    BinId,
    LpnId,
    PartnerId,
    PassageId,
    PortalId,
    PurchaseOrderId,
    PurchaseOrderLineId,
    ReceiptId,
    UserId,
    WarehouseId,
    new_id,
)
from wms.core.states import step
from wms.db import db
from wms.receiving.models import (
    Asn,
    AsnLine,
    AsnState,
    PurchaseOrder,
    PurchaseOrderLine,
    PurchaseOrderState,
    Receipt,
    ReceiptLine,
    ReceiptState,
)
from wms.receiving.queries import lines as line_queries
from wms.receiving.queries import papers as paper_queries
from wms.receiving.rules import states
from wms.receiving.rules.commands import Arrival, CreateAsn, CreatePurchaseOrder, OpenReceipt
from wms.sites.models import Bin, BinKind
from wms.stock.models import Lpn

_DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


# -- what is announced ------------------------------------------------------------------------------------------------
def create_purchase_order(cmd: CreatePurchaseOrder, *, actor: UserId, at: datetime) -> PurchaseOrderId:
    """Write down what we ordered. Raises MissingField, NotFound (supplier, item), DuplicateValue (number)."""
    _check_supplier(cmd.supplier)
    _check_items([line.item for line in cmd.lines])
    identity = PurchaseOrderId(new_id())
    order = PurchaseOrder(
        id=identity,
        number=cmd.number or _make_number("PO", identity, at),
        warehouse_id=cmd.warehouse,
        supplier_id=cmd.supplier,
        owner_id=OURSELVES,
        state=PurchaseOrderState.OPEN,
        expected_on=cmd.expected_on,
        created_at=at,
    )
    _insert_numbered(order)
    db.session.add_all(
        PurchaseOrderLine(
            id=PurchaseOrderLineId(new_id()), purchase_order_id=identity, line=n, item_id=line.item,
            quantity=line.quantity,
        )
        for n, line in enumerate(cmd.lines, start=1)
    )  # fmt: skip
    return identity


def create_asn(cmd: CreateAsn, *, actor: UserId, at: datetime) -> AsnId:
    """Write down what a supplier says is coming.

    Raises MissingField, NotFound (supplier, item, purchase order), WrongState (the order is not open),
    DuplicateValue (number; an SSCC that another open ASN announces).
    """
    _check_supplier(cmd.supplier)
    _check_items([line.item for line in cmd.lines])
    if cmd.purchase_order is not None:
        order = paper_queries.get_purchase_order(cmd.purchase_order, warehouse=cmd.warehouse)
        _demand_state("purchase_order", order.number, order.state, PurchaseOrderState.OPEN, event="announce")
    for sscc in {line.sscc.value for line in cmd.lines if line.sscc}:
        if paper_queries.arrival_lines(sscc=sscc, warehouse=None):
            raise DuplicateValue(field="sscc", value=sscc)
    identity = AsnId(new_id())
    asn = Asn(
        id=identity,
        number=cmd.number or _make_number("ASN", identity, at),
        warehouse_id=cmd.warehouse,
        supplier_id=cmd.supplier,
        purchase_order_id=cmd.purchase_order,
        owner_id=OURSELVES,
        state=AsnState.EXPECTED,
        expected_at=cmd.expected_at,
        created_at=at,
    )
    _insert_numbered(asn)
    db.session.add_all(
        AsnLine(
            id=AsnLineId(new_id()),
            asn_id=identity,
            line=n,
            item_id=line.item,
            quantity=line.quantity,
            lot_number=line.lot_number,
            expires_on=line.expires_on,
            manufactured_on=line.manufactured_on,
            sscc=line.sscc.value if line.sscc else None,
        )
        for n, line in enumerate(cmd.lines, start=1)
    )
    return identity


def cancel_asn(asn: AsnId, *, warehouse: WarehouseId, actor: UserId, at: datetime) -> None:
    """Give an ASN up that will not come. Raises NotFound, WrongState."""
    row = lock_asn(asn, warehouse=warehouse)
    row.state = AsnState(step(states.ASN, row.state.value, "cancel", subject=row.number))


def close_purchase_order(order: PurchaseOrderId, *, warehouse: WarehouseId, actor: UserId, at: datetime) -> None:
    """Close a purchase order, the rest given up. Raises NotFound, WrongState."""
    row = lock_order(order, warehouse=warehouse)
    row.state = PurchaseOrderState(step(states.PURCHASE_ORDER, row.state.value, "close", subject=row.number))


# -- the truck is here ------------------------------------------------------------------------------------------------
def confirm_arrival(
    *,
    passage: PassageId,
    at: datetime,
    sscc: str | None = None,
    lpn: LpnId | None = None,
    portal: PortalId | None = None,
    warehouse: WarehouseId | None = None,
    actor: UserId | None = None,
) -> AsnId | None:
    """Log an SSCC (or the code of an LPN) that came in through a door as arrived; the ASN it belongs to, or None.

    The first passage counts and stays; later ones change nothing and get the same answer. `portal` is kept by the
    passage itself.
    """
    code = sscc or (db.session.execute(select(Lpn.code).where(Lpn.id == lpn)).scalar() if lpn is not None else None)
    found = paper_queries.arrival_lines(sscc=code, warehouse=warehouse) if code else []
    if not found:
        return None
    asn = found[0][1]
    row = lock_asn(asn)
    row.state = AsnState(step(states.ASN, row.state.value, "arrive", subject=row.number))
    row.arrived_at = row.arrived_at or at
    db.session.execute(
        update(AsnLine)
        .where(AsnLine.id.in_([line for line, of in found if of == asn]), AsnLine.arrived_at.is_(None))
        .values(arrived_at=at, arrived_passage_id=passage)
        .execution_options(synchronize_session=False)
    )
    return asn


def open_receipt(cmd: OpenReceipt, *, actor: UserId, at: datetime) -> ReceiptId:
    """Start taking in against an ASN, a purchase order or neither; people on one paper share its open receipt.

    A blind receipt that its opener has put nothing into yet is given again. Raises NotFound (paper, supplier, dock),
    WrongState (the paper is finished or cancelled).
    """
    asn = lock_asn(cmd.asn, warehouse=cmd.warehouse) if cmd.asn is not None else None
    order_id = asn.purchase_order_id if asn else cmd.purchase_order
    order = (
        lock_order(order_id, warehouse=cmd.warehouse)
        if cmd.purchase_order is not None and order_id is not None
        else None
    )
    found = _open_receipt_of(cmd, order_id, actor=actor)
    if found is not None:
        if cmd.arrival is not None:
            _write_arrival(found, cmd.arrival)
        return found.id
    if asn is not None:
        asn.state = AsnState(step(states.ASN, asn.state.value, "start", subject=asn.number))
        asn.arrived_at = asn.arrived_at or at
    if order is not None:
        _demand_state("purchase_order", order.number, order.state, PurchaseOrderState.OPEN, event="receive")
    if cmd.supplier is not None:
        _check_supplier(cmd.supplier)
    identity = ReceiptId(new_id())
    receipt = Receipt(
        id=identity,
        number=_make_number("R", identity, at),
        warehouse_id=cmd.warehouse,
        supplier_id=asn.supplier_id if asn else order.supplier_id if order else cmd.supplier,
        asn_id=cmd.asn,
        purchase_order_id=order_id,
        owner_id=asn.owner_id if asn else order.owner_id if order else OURSELVES,
        dock_bin_id=_dock_bin(cmd),
        state=ReceiptState.OPEN,
        opened_by=actor,
        opened_at=at,
    )
    _write_arrival(receipt, cmd.arrival or Arrival())
    db.session.add(receipt)
    db.session.flush()
    return identity


def record_arrival(
    receipt: ReceiptId, arrival: Arrival, *, warehouse: WarehouseId, actor: UserId, at: datetime
) -> None:
    """Write down delivery note, plate, driver, seal, carrier and temperature. Raises NotFound, WrongState (closed)."""
    row = lock_receipt(receipt, warehouse=warehouse)
    step(states.RECEIPT, row.state.value, "receive", subject=row.number)
    _write_arrival(row, arrival)


def close_receipt(receipt: ReceiptId, *, warehouse: WarehouseId, actor: UserId, at: datetime) -> None:
    """End taking in: the ASN is received (or waits again, when nothing was taken in), a filled order closes.

    Raises NotFound, WrongState (closed before).
    """
    row = lock_receipt(receipt, warehouse=warehouse)
    row.state = ReceiptState(step(states.RECEIPT, row.state.value, "close", subject=row.number))
    row.accepted_by = actor
    row.closed_at = at
    if row.asn_id is not None:
        asn = lock_asn(row.asn_id)
        took = db.session.execute(
            select(exists().where(ReceiptLine.receipt_id == Receipt.id, Receipt.asn_id == row.asn_id))
        ).scalar()
        asn.state = AsnState(step(states.ASN, asn.state.value, "finish" if took else "abandon", subject=asn.number))
    if row.purchase_order_id is not None:
        order = lock_order(row.purchase_order_id)
        wanted = line_queries.expected_of_order(order.id)
        if order.state is PurchaseOrderState.OPEN and all(line.received >= line.quantity for line in wanted):
            order.state = PurchaseOrderState(
                step(states.PURCHASE_ORDER, order.state.value, "close", subject=order.number)
            )


# -- locks: receipt, then ASN, then purchase order ------------------------------------------------------------------------
def lock_receipt(receipt: ReceiptId, *, warehouse: WarehouseId | None = None) -> Receipt:
    """Give the receipt as it is now, locked for this transaction."""
    return _lock(Receipt, receipt, warehouse, kind="receipt")


def lock_asn(asn: AsnId, *, warehouse: WarehouseId | None = None) -> Asn:
    """Give the ASN as it is now, locked for this transaction."""
    return _lock(Asn, asn, warehouse, kind="asn")


def lock_order(order: PurchaseOrderId, *, warehouse: WarehouseId | None = None) -> PurchaseOrder:
    """Give the purchase order as it is now, locked for this transaction."""
    return _lock(PurchaseOrder, order, warehouse, kind="purchase_order")


def _lock(model: Any, identity: int, warehouse: WarehouseId | None, *, kind: str) -> Any:
    statement = select(model).where(model.id == identity).with_for_update(of=model)
    if warehouse is not None:
        statement = statement.where(model.warehouse_id == warehouse)
    found = db.session.execute(statement.execution_options(populate_existing=True)).scalar_one_or_none()
    if found is None:
        raise NotFound(kind=kind, text=str(identity))
    return found


# -- inside -----------------------------------------------------------------------------------------------------------
def _open_receipt_of(cmd: OpenReceipt, order: PurchaseOrderId | None, *, actor: UserId) -> Receipt | None:
    statement = select(Receipt).where(Receipt.warehouse_id == cmd.warehouse, Receipt.state == ReceiptState.OPEN)
    if cmd.asn is not None:
        statement = statement.where(Receipt.asn_id == cmd.asn)
    elif order is not None:
        statement = statement.where(Receipt.asn_id.is_(None), Receipt.purchase_order_id == order)
    else:
        statement = statement.where(
            Receipt.asn_id.is_(None),
            Receipt.purchase_order_id.is_(None),
            Receipt.opened_by == actor,
            ~exists().where(ReceiptLine.receipt_id == Receipt.id),
        )
    return db.session.execute(statement.order_by(Receipt.id.desc()).limit(1)).scalar_one_or_none()


def _write_arrival(receipt: Receipt, arrival: Arrival) -> None:
    receipt.delivery_note = arrival.delivery_note
    receipt.plate = arrival.plate
    receipt.driver = arrival.driver
    receipt.seal = arrival.seal
    receipt.carrier = arrival.carrier
    receipt.arrival_temperature_decidegrees = arrival.temperature_decidegrees


def _dock_bin(cmd: OpenReceipt) -> BinId:
    statement = select(Bin.id).where(
        Bin.warehouse_id == cmd.warehouse, Bin.kind == BinKind.DOCK, Bin.is_blocked.is_(False)
    )
    if cmd.dock_bin is not None:
        statement = statement.where(Bin.id == cmd.dock_bin)
    found = db.session.execute(statement.order_by(Bin.walk_sequence, Bin.code).limit(1)).scalar()
    if found is None:
        raise NotFound(kind="dock", text=str(cmd.dock_bin or ""))
    return BinId(found)


def _check_supplier(supplier: PartnerId) -> None:
    found = select(exists().where(Partner.id == supplier, Partner.is_supplier, Partner.is_active))
    if not db.session.execute(found).scalar():
        raise NotFound(kind="supplier", text=str(supplier))


def _check_items(items: list[Any]) -> None:
    if not items:
        raise MissingField(field="lines")
    known = set(db.session.execute(select(Item.id).where(Item.id.in_(set(items)), Item.is_active)).scalars())
    if missing := set(items) - known:
        raise NotFound(kind="item", text=str(min(missing)))


def _demand_state(kind: str, number: str, state: Any, needed: Any, *, event: str) -> None:
    if state is not needed:
        raise WrongState(subject=number, state=state.value, event=event, needed=[needed.value])


def _make_number(prefix: str, identity: int, at: datetime) -> str:
    """A number a person can read out: prefix, day (UTC), five signs of the id (no I, L, O, U)."""
    signs = "".join(_DIGITS[(identity >> shift) & 31] for shift in (20, 15, 10, 5, 0))
    return f"{prefix}{at:%y%m%d}-{signs}"


def _insert_numbered(row: PurchaseOrder | Asn) -> None:
    """Insert; a number that another paper has (also one made at this moment) is refused."""
    try:
        with db.session.begin_nested():
            db.session.add(row)
            db.session.flush()
    except IntegrityError as clash:
        if "number" not in str(clash.orig):
            raise
        raise DuplicateValue(field="number", value=row.number) from clash
