"""Reads that one scan of goods is judged by."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import and_, column, exists, or_, select, table
from sqlalchemy.orm import joinedload

from wms.catalog.models import Item, PackUnit, Partner, SupplierRule
from wms.core.errors import NotFound
from wms.core.ids import AsnId, BinId, ItemId, LpnId, PartnerId, ReceiptId, WarehouseId
from wms.core.quantity import ZERO
from wms.db import db
from wms.db.types import QuantityType
from wms.receiving.models import AsnLine, AsnLpn, ReceiptLine, ReceiptPlate
from wms.receiving.rules.conditions import Licence, Terms, first_said
from wms.receiving.rules.tree import Node, below
from wms.sites.models import Warehouse
from wms.stock.models import Hold, HoldScope, Lot

#: Read here, written by the ledger alone.
_POSTING = table("stock_posting", column("seq"), column("key"))
_BALANCE = table("stock_balance", column("lpn_id"), column("bin_id"), column("on_hand", QuantityType()))


def lines_by_key(key: str) -> list[ReceiptLine]:
    """The lines that a posting of this key made: not empty when the device sent the same thing before."""
    statement = (
        select(ReceiptLine)
        .join(_POSTING, _POSTING.c.seq == ReceiptLine.posting_seq)
        .where(_POSTING.c.key == key)
        .options(joinedload(ReceiptLine.lot), joinedload(ReceiptLine.item), joinedload(ReceiptLine.lpn))
        .order_by(ReceiptLine.id)
    )
    return list(db.session.execute(statement).scalars())


def find_lot_with_hold(item: ItemId, number: str) -> tuple[Lot | None, bool]:
    """The item's lot of exactly this number, and whether an open hold lies on all of it."""
    held = exists().where(Hold.lot_id == Lot.id, Hold.scope == HoldScope.LOT, Hold.lifted_at.is_(None))
    row = db.session.execute(
        select(Lot, held).where(Lot.item_id == item, Lot.number == number).execution_options(populate_existing=True)
    ).first()
    return (row[0], bool(row[1])) if row else (None, False)


@dataclass(frozen=True, kw_only=True)
class AnnouncedPallet:
    """A plate of a notice with all that stands on it: its plates in the order of the walk, and the lines on them."""

    sscc: str
    nodes: Sequence[Node]
    #: Each line with its item, and whether any of it was received already.
    lines: Sequence[tuple[AsnLine, Item, bool]]

    @property
    def units(self) -> list[tuple[str, list[AsnLine]]]:
        """The parts that can be looked at one by one: a plate with goods, or a line that shares its plate with other plates."""
        branches = {node.parent for node in self.nodes if node.sscc != self.sscc}
        found: dict[str, list[AsnLine]] = {}
        for line, _, _ in self.lines:
            plate = line.sscc or self.sscc
            is_whole = plate not in branches and (plate != self.sscc or len(self.lines) == 1)
            found.setdefault(plate if is_whole else f"line {line.line}", []).append(line)
        return list(found.items())


def nodes_of_asn(asn: AsnId) -> list[Node]:
    """The announced plates of an ASN, each before what stands on it."""
    rows = db.session.execute(
        select(AsnLpn.id, AsnLpn.sscc, AsnLpn.parent_id, AsnLpn.depth)
        .where(AsnLpn.asn_id == asn)
        .order_by(AsnLpn.position, AsnLpn.id)
    ).all()
    names = {row.id: row.sscc for row in rows}
    return [Node(sscc=row.sscc, parent=names.get(row.parent_id, ""), depth=row.depth) for row in rows]


def announced_pallet(asn: AsnId, sscc: str) -> AnnouncedPallet | None:
    """What the ASN announces on this SSCC and on the plates upon it; None when it names no such plate."""
    nodes = below(nodes_of_asn(asn), sscc)
    inside = {node.sscc for node in nodes} | {sscc}
    came = exists().where(ReceiptLine.asn_line_id == AsnLine.id, ReceiptLine.reversed_at.is_(None))
    statement = (
        select(AsnLine, Item, came)
        .join(Item, Item.id == AsnLine.item_id)
        .where(AsnLine.asn_id == asn, AsnLine.sscc.is_not(None))
        .order_by(AsnLine.item_id, AsnLine.line)
    )
    lines = [(line, item, bool(done)) for line, item, done in db.session.execute(statement) if line.sscc in inside]
    if not nodes and not lines:
        return None
    return AnnouncedPallet(sscc=sscc, nodes=nodes or [Node(sscc=sscc, parent="", depth=0)], lines=lines)


def asn_lines_of_sscc(asn: AsnId, sscc: str) -> list[tuple[AsnLine, Item, bool]]:
    """The ASN's lines on this SSCC and the plates upon it, with item, and whether any of the line was received already."""
    found = announced_pallet(asn, sscc)
    return list(found.lines) if found is not None else []


def has_announced_ssccs(asn: AsnId) -> bool:
    """Say whether the supplier named any SSCC at all."""
    named = or_(exists().where(AsnLine.asn_id == asn, AsnLine.sscc.is_not(None)), exists().where(AsnLpn.asn_id == asn))
    return bool(db.session.execute(select(named)).scalar())


# -- the supplier -----------------------------------------------------------------------------------------------------
@dataclass(frozen=True, kw_only=True)
class SupplierOf:
    """The supplier of a receipt, and by what each item is taken in from it."""

    partner: Partner | None
    terms: Mapping[ItemId, Terms]


def find_partner(partner: PartnerId | None) -> Partner | None:
    """The supplier of a receipt; None where none is named yet."""
    return db.session.get(Partner, partner) if partner is not None else None


def supplier_of(supplier: PartnerId | None, items: Collection[Item]) -> SupplierOf:
    """The supplier, and for each item: the rule of the two, the supplier's own terms, the item's. One statement."""
    partner, rules = None, dict[int, SupplierRule]()
    if supplier is not None:
        rows = db.session.execute(
            select(Partner, SupplierRule)
            .outerjoin(
                SupplierRule,
                and_(
                    SupplierRule.supplier_id == Partner.id, SupplierRule.item_id.in_([item.id for item in items])
                ),
            )
            .where(Partner.id == supplier)
        ).all()  # fmt: skip
        partner = rows[0][0] if rows else None
        rules = {rule.item_id: rule for _, rule in rows if rule is not None}
    terms = {
        item.id: first_said(*(_terms(one) for one in (rules.get(item.id), partner, item) if one is not None))
        for item in items
    }
    return SupplierOf(partner=partner, terms=terms)


def licence_of(supplier: Partner | None) -> Licence | None:
    """What the rules ask of a supplier's licence."""
    if supplier is None:
        return None
    return Licence(
        partner=supplier.code, number=supplier.licence_number, expires_on=supplier.licence_expires_on,
        classes=frozenset(filter(None, supplier.licensed_classes.split(","))),
    )  # fmt: skip


def _terms(said: Item | Partner | SupplierRule) -> Terms:
    return Terms(
        over_percent=said.over_receipt_percent, under_percent=said.under_receipt_percent,
        life_days_min=said.receipt_life_days_min, life_percent_min=said.receipt_life_percent_min,
    )  # fmt: skip


def item_for_receipt(item: ItemId) -> Item:
    """Give an item; NotFound when there is none or it is no longer used."""
    found = db.session.execute(select(Item).where(Item.id == item, Item.is_active)).scalar_one_or_none()
    if found is None:
        raise NotFound(kind="item", text=str(item))
    return found


def pack_units(item: ItemId) -> list[PackUnit]:
    """The units an item comes in, smallest first."""
    return list(
        db.session.execute(select(PackUnit).where(PackUnit.item_id == item).order_by(PackUnit.factor)).scalars()
    )


def lpn_stands_elsewhere(lpn: LpnId, bin_: BinId) -> bool:
    """Say whether something on this LPN stands in another bin than `bin_`."""
    b = _BALANCE.c
    found = select(exists().where(b.lpn_id == lpn, b.on_hand > ZERO, b.bin_id != bin_))
    return bool(db.session.execute(found).scalar())


def is_lpn_of_receipt(lpn: LpnId, receipt: ReceiptId) -> bool:
    """Say whether something stands on this LPN by this receipt, or the receipt noted it before anyone knew what does."""
    received = exists().where(
        ReceiptLine.lpn_id == lpn, ReceiptLine.receipt_id == receipt, ReceiptLine.reversed_at.is_(None)
    )
    noted = exists().where(ReceiptPlate.lpn_id == lpn, ReceiptPlate.receipt_id == receipt)
    return bool(db.session.execute(select(or_(received, noted))).scalar())


def has_goods(lpns: Collection[LpnId]) -> bool:
    """Say whether anything stands on these LPNs."""
    b = _BALANCE.c
    return bool(db.session.execute(select(exists().where(b.lpn_id.in_(lpns), b.on_hand > ZERO))).scalar())


def timezone_of(warehouse: WarehouseId) -> str:
    """The IANA name of a warehouse's time zone."""
    return str(db.session.execute(select(Warehouse.timezone).where(Warehouse.id == warehouse)).scalar_one())
