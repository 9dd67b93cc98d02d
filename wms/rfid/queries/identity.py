"""What a tag stands for: an LPN of ours, an SSCC a supplier announced, a lot, an item, or nothing we know."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import or_, select

from wms.catalog.models import Item, PackUnit
from wms.core.errors import BadCode
from wms.core.ids import AsnId, ItemId, LotId, LpnId, ShipmentId, WarehouseId
from wms.db import db
from wms.gs1 import epc as epcs
from wms.receiving.models import Asn, AsnLine, AsnLpn, AsnState
from wms.rfid.rules.decision import Kind
from wms.shipping.models import LoadLine, Shipment, ShipmentState
from wms.stock import queries as stock
from wms.stock.models import HoldReason, Lot, Lpn
from wms.stock.queries import BalanceRow
from wms.stock.rules.availability import is_expired

UNFINISHED = (AsnState.EXPECTED, AsnState.ARRIVED, AsnState.RECEIVING, AsnState.PARTLY_RECEIVED)


@dataclass(frozen=True, kw_only=True)
class Goods:
    """What lies on it, for a screen: the lot that matters first, and how many lots in all."""

    lot: str = ""
    sku: str = ""
    name_en: str = ""
    name_zh: str = ""
    expires_on: str = ""
    lots: int = 0

    @property
    def plain(self) -> dict[str, Any]:
        """As JSON."""
        return {name: value for name in self.__dataclass_fields__ if (value := getattr(self, name))}


@dataclass(frozen=True, kw_only=True)
class Identity:
    """What a tag stands for. `stop` is why the goods themselves may not go to a customer; "" when they may."""

    kind: Kind
    code: str = ""
    lpn: LpnId | None = None
    lot: LotId | None = None
    item: ItemId | None = None
    asn: AsnId | None = None
    goods: Goods = Goods()
    stop: str = ""
    is_empty: bool = False
    #: The lots that stand on a plate and on the plates upon it.
    lots: frozenset[LotId] = frozenset()


def decoded(epc: str) -> epcs.Epc | None:
    """The EPC's own words, None when it is of no scheme we know."""
    try:
        return epcs.decode(epc)
    except BadCode:
        return None


def identify(
    epc: str, *, lpn: LpnId | None, lot: LotId | None, warehouse: WarehouseId, company_prefix: str, on: date
) -> Identity:
    """Say what a tag stands for: by its association, else by the SSCC it carries, else by GTIN and lot."""
    said = decoded(epc)
    sscc = said.sscc.value if said and said.sscc else None
    plate = _plate(lpn, sscc)
    announced = _announced(sscc or (plate.code if plate else None), warehouse)
    if plate is not None:
        rows = stock.find_balances(lpns=stock.lpn_with_children(plate.id))
        asn = announced[0] if announced else None
        goods = _goods(rows, on) if rows or asn is None or announced is None else announced[1]
        return Identity(
            kind=Kind.LPN, code=plate.code, lpn=plate.id, asn=asn, goods=goods, stop=_stop(rows, on),
            is_empty=not rows, lots=frozenset(row.lot for row in rows),
        )  # fmt: skip
    if announced:
        return Identity(kind=Kind.ANNOUNCED, code=sscc or "", asn=announced[0], goods=announced[1])
    return _loose(said, lot, warehouse=warehouse, company_prefix=company_prefix, on=on)


def _plate(lpn: LpnId | None, sscc: str | None) -> Lpn | None:
    """The plate a tag was tied to while it is open, else the open one with this SSCC."""
    if lpn is not None:
        tied = db.session.execute(select(Lpn).where(Lpn.id == lpn)).scalar_one_or_none()
        if tied is not None and (tied.is_open or sscc is None):
            return tied
    if sscc is None:
        return None
    return db.session.execute(select(Lpn).where(Lpn.code == sscc, Lpn.is_open)).scalar_one_or_none()


def _announced(sscc: str | None, warehouse: WarehouseId) -> tuple[AsnId, Goods] | None:
    if sscc is None:
        return None
    # With what stands on the plates upon it: a pallet's own tag names the pallet.
    tree = select(AsnLpn.id).where(AsnLpn.sscc == sscc).cte(recursive=True)
    tree = tree.union(select(AsnLpn.id).join(tree, AsnLpn.parent_id == tree.c.id))
    statement = (
        select(AsnLine.asn_id, AsnLine.lot_number, AsnLine.expires_on, Item)
        .join(Asn, Asn.id == AsnLine.asn_id)
        .join(Item, Item.id == AsnLine.item_id)
        .where(
            or_(AsnLine.sscc == sscc, AsnLine.asn_lpn_id.in_(select(tree.c.id))), Asn.warehouse_id == warehouse,
            Asn.state.in_(UNFINISHED),
        )
        .order_by(AsnLine.asn_id, AsnLine.line)
    )  # fmt: skip
    rows = db.session.execute(statement).all()
    if not rows:
        return None
    first = rows[0]
    day = first.expires_on.isoformat() if first.expires_on else ""
    item = first.Item
    goods = Goods(
        lot=first.lot_number, sku=item.sku, name_en=item.name_en, name_zh=item.name_zh, expires_on=day, lots=len(rows)
    )
    return first.asn_id, goods


def _loose(
    said: epcs.Epc | None, lot: LotId | None, *, warehouse: WarehouseId, company_prefix: str, on: date
) -> Identity:
    """A tag without a plate: goods of a lot, an item of the catalogue, a code of ours, or foreign."""
    gtin = said.gtin.value if said and said.gtin else None
    item = None
    if lot is None and gtin is not None:
        owner = select(PackUnit.item_id).where(PackUnit.gtin == gtin)
        item = db.session.execute(select(Item).where(Item.id.in_(owner))).scalars().first()
        if item is not None and said is not None and said.lot is not None:
            lot = db.session.execute(
                select(Lot.id).where(Lot.item_id == item.id, Lot.number == str(said.lot))
            ).scalar_one_or_none()
    if lot is not None:
        rows = stock.find_balances(lot=lot, warehouse=warehouse)
        row = db.session.get(Lot, lot)
        goods = _goods(rows, on)
        name = row.number if row else ""
        return Identity(kind=Kind.LOT, code=name, lot=lot, item=row.item_id if row else None, goods=goods,
                        stop=_stop_of_lot(rows, on))  # fmt: skip
    if item is not None:
        goods = Goods(sku=item.sku, name_en=item.name_en, name_zh=item.name_zh)
        return Identity(kind=Kind.ITEM, code=item.sku, item=item.id, goods=goods)
    code = (said.sscc.value if said.sscc else said.digital_link or said.uri or "") if said else ""
    is_ours = bool(company_prefix and said and said.sscc and said.sscc.value[1:].startswith(company_prefix))
    return Identity(kind=Kind.OURS if is_ours else Kind.FOREIGN, code=code[:120])


# -- what lies on it --------------------------------------------------------------------------------------------------
def _reason(row: BalanceRow, on: date, recalled: set[int]) -> str:
    if row.is_held:
        return "recalled" if row.hold_set in recalled else "held"
    if is_expired(row.fefo_on, on=on, usable_on_last_day=row.usable_on_last_day):
        return "expired"
    return "" if row.quality.value == "released" else "not_released"


_WORST = ("recalled", "held", "expired", "not_released", "")


def _judged(rows: Sequence[BalanceRow], on: date) -> list[tuple[str, BalanceRow]]:
    """Each row with why it may not go to a customer, the worst first."""
    held = stock.holds_in_sets({row.hold_set for row in rows})
    recalled = {key for key, holds in held.items() if any(hold.reason is HoldReason.RECALL for hold in holds)}
    return sorted(
        ((_reason(row, on, recalled), row) for row in rows), key=lambda pair: (_WORST.index(pair[0]), pair[1].id)
    )


def _stop(rows: Sequence[BalanceRow], on: date) -> str:
    return _judged(rows, on)[0][0] if rows else ""


def _stop_of_lot(rows: Sequence[BalanceRow], on: date) -> str:
    """A tag of a lot does not say which part of the lot it is: only what holds for all of it stops it."""
    reasons = {reason for reason, _ in _judged(rows, on)}
    return "" if "" in reasons or not reasons else min(reasons, key=_WORST.index)


def _goods(rows: Sequence[BalanceRow], on: date) -> Goods:
    if not rows:
        return Goods()
    row = _judged(rows, on)[0][1]
    return Goods(
        lot=row.lot_number, sku=row.sku, name_en=row.name_en, name_zh=row.name_zh,
        expires_on=row.expires_on.isoformat() if row.expires_on else "", lots=len({r.lot for r in rows}),
    )  # fmt: skip


def loaded_on(lpn: LpnId) -> ShipmentId | None:
    """The shipment an LPN is loaded on and that has not left yet."""
    statement = (
        select(Shipment.id)
        .join(LoadLine, LoadLine.shipment_id == Shipment.id)
        .where(LoadLine.lpn_id == lpn, Shipment.state.in_([ShipmentState.OPEN, ShipmentState.LOADING]))
        .limit(1)
    )
    return db.session.execute(statement).scalar_one_or_none()
