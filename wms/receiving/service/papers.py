"""Verbs on papers: purchase orders, ASNs, receipts. A paper's row is locked before it is judged or changed."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
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
    AsnLpnId,
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
    AsnLpn,
    AsnState,
    PurchaseOrder,
    PurchaseOrderLine,
    PurchaseOrderState,
    Receipt,
    ReceiptLine,
    ReceiptState,
)
from wms.receiving.queries import intake as intake_queries
from wms.receiving.queries import lines as line_queries
from wms.receiving.queries import papers as paper_queries
from wms.receiving.rules import states, tree
from wms.receiving.rules.commands import Arrival, CreateAsn, CreatePurchaseOrder, OpenReceipt
from wms.receiving.service.arrivals import write_arrival
from wms.receiving.service.locks import lock_asn, lock_order, lock_receipt
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
        number=cmd.number or make_number("PO", identity, at),
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
    """Write down what a supplier says is coming, with its plates as they stand on one another.

    Raises MissingField, NotFound (supplier, item, purchase order), WrongState (the order is not open), BadLpnTree,
    DuplicateValue (number; an SSCC that another open ASN announces).
    """
    _check_supplier(cmd.supplier)
    _check_items([line.item for line in cmd.lines])
    if cmd.purchase_order is not None:
        order = paper_queries.get_purchase_order(cmd.purchase_order, warehouse=cmd.warehouse)
        _demand_state("purchase_order", order.number, order.state, PurchaseOrderState.OPEN, event="announce")
    nodes = tree.grow(
        [tree.Plate(sscc=one.sscc.value, parent=one.parent.value if one.parent else "") for one in cmd.lpns],
        line_ssccs=[line.sscc.value for line in cmd.lines if line.sscc],
    )
    known = paper_queries.announced_among(node.sscc for node in nodes)
    if known is not None:
        raise DuplicateValue(field="sscc", value=known)
    identity = AsnId(new_id())
    asn = Asn(
        id=identity,
        number=cmd.number or make_number("ASN", identity, at),
        warehouse_id=cmd.warehouse,
        supplier_id=cmd.supplier,
        purchase_order_id=cmd.purchase_order,
        owner_id=OURSELVES,
        state=AsnState.EXPECTED,
        expected_at=cmd.expected_at,
        created_at=at,
    )
    _insert_numbered(asn)
    plates = _add_plates(identity, nodes)
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
            asn_lpn_id=plates[line.sscc.value] if line.sscc else None,
        )
        for n, line in enumerate(cmd.lines, start=1)
    )
    return identity


def _add_plates(asn: AsnId, nodes: Sequence[tree.Node]) -> dict[str, AsnLpnId]:
    """Insert the plates of a notice, each after the one it stands on; their ids by SSCC."""
    ids = {node.sscc: AsnLpnId(new_id()) for node in nodes}
    db.session.add_all(
        AsnLpn(
            id=ids[node.sscc],
            asn_id=asn,
            sscc=node.sscc,
            parent_id=ids.get(node.parent),
            position=place,
            depth=node.depth,
        )
        for place, node in enumerate(nodes)
    )
    db.session.flush()
    return ids


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
    asn = paper_queries.announcing_asn(code, warehouse=warehouse) if code else None
    if asn is None or code is None:
        return None
    found = paper_queries.arrival_lines(sscc=code, warehouse=warehouse)
    row = lock_asn(asn)
    row.state = AsnState(step(states.ASN, row.state.value, "arrive", subject=row.number))
    row.arrived_at = row.arrived_at or at
    db.session.execute(
        update(AsnLine)
        .where(AsnLine.id.in_([line for line, of in found if of == asn]), AsnLine.arrived_at.is_(None))
        .values(arrived_at=at, arrived_passage_id=passage)
        .execution_options(synchronize_session=False)
    )
    inside = {node.sscc for node in tree.below(intake_queries.nodes_of_asn(asn), code)}
    db.session.execute(
        update(AsnLpn)
        .where(AsnLpn.asn_id == asn, AsnLpn.sscc.in_(inside), AsnLpn.arrived_at.is_(None))
        .values(arrived_at=at, arrived_passage_id=passage)
        .execution_options(synchronize_session=False)
    )
    return asn


def open_receipt(cmd: OpenReceipt, *, actor: UserId, at: datetime) -> ReceiptId:
    """Start taking in against an ASN, a purchase order or neither; people on one paper share its open receipt.

    A blind receipt that its opener has put nothing into yet is given again. Raises NotFound (paper, supplier, dock),
    WrongState (the paper is finished or cancelled), and what record_arrival asks.
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
            write_arrival(found, cmd.arrival, answers=cmd.answers)
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
        number=make_number("R", identity, at),
        warehouse_id=cmd.warehouse,
        supplier_id=asn.supplier_id if asn else order.supplier_id if order else cmd.supplier,
        asn_id=cmd.asn,
        purchase_order_id=order_id,
        owner_id=asn.owner_id if asn else order.owner_id if order else OURSELVES,
        dock_bin_id=_dock_bin(cmd),
        state=ReceiptState.OPEN,
        opened_by=actor,
        opened_at=at,
        check_seed=secrets.randbits(62),
        is_provisional=cmd.is_provisional,
    )
    write_arrival(receipt, cmd.arrival or Arrival(), answers=cmd.answers)
    db.session.add(receipt)
    db.session.flush()
    return identity


def close_receipt(
    receipt: ReceiptId, *, warehouse: WarehouseId, actor: UserId, at: datetime, is_rest_expected: bool = False
) -> None:
    """End taking in: the ASN is received (or waits again, when nothing was taken in), a filled order closes.

    `is_rest_expected`: what did not come comes on another day, against the same ASN and with a receipt of its own. Where an
    item asks for a second acceptor, the goods wait for that person. Raises NotFound, WrongState (closed before, or
    provisional and not finished).
    """
    row = lock_receipt(receipt, warehouse=warehouse)
    if row.is_provisional and row.finished_at is None:
        raise WrongState(subject=row.number, state="provisional", event="close", needed=["finished"])
    row.state = ReceiptState(step(states.RECEIPT, row.state.value, "close", subject=row.number))
    row.closed_by, row.closed_at = actor, at
    if not row.needs_acceptance:
        row.accepted_by, row.accepted_at = actor, at
    if row.asn_id is not None:
        _end_asn(row.asn_id, is_rest_expected=is_rest_expected)
    if row.purchase_order_id is not None:
        order = lock_order(row.purchase_order_id)
        wanted = line_queries.expected_of_order(order.id)
        if order.state is PurchaseOrderState.OPEN and all(line.is_full for line in wanted):
            order.state = PurchaseOrderState(
                step(states.PURCHASE_ORDER, order.state.value, "close", subject=order.number)
            )


def _end_asn(asn_id: AsnId, *, is_rest_expected: bool) -> None:
    asn = lock_asn(asn_id)
    took = db.session.execute(
        select(
            exists().where(
                ReceiptLine.receipt_id == Receipt.id, Receipt.asn_id == asn_id, ReceiptLine.reversed_at.is_(None)
            )
        )
    ).scalar()
    event = "finish" if took else "abandon"
    if took and is_rest_expected and not all(line.is_full for line in line_queries.expected_of_asn(asn_id)):
        event = "pause"
    asn.state = AsnState(step(states.ASN, asn.state.value, event, subject=asn.number))


# -- inside -----------------------------------------------------------------------------------------------------------
def _open_receipt_of(cmd: OpenReceipt, order: PurchaseOrderId | None, *, actor: UserId) -> Receipt | None:
    if cmd.is_provisional:  # one delivery of nobody known is not another
        return None
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
            Receipt.is_provisional.is_(False),
            ~exists().where(ReceiptLine.receipt_id == Receipt.id),
        )
    return db.session.execute(statement.order_by(Receipt.id.desc()).limit(1)).scalar_one_or_none()


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


def make_number(prefix: str, identity: int, at: datetime) -> str:
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
        kind = "asn" if isinstance(row, Asn) else "purchase_order"
        raise DuplicateValue(field=kind, value=row.number) from clash
