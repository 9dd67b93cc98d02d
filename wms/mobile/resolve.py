"""A scan and the kinds allowed here -> one record, by one query.

What the label says of itself is read by gs1.scan without a database. A wrong kind ("this is a bin, scan the lot") is then
answered at once where the label shows it; a plain code is looked up among the allowed kinds only, and, when nothing is
found, once more among all, to say what it was instead.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Boolean, Date, Select, String, and_, cast, false, literal, null, or_, select, union_all

from wms.catalog.models import Item, PackUnit
from wms.core.errors import BadScan, NotFound, WrongKindScanned
from wms.core.ids import BinId, ItemId, LotId, LpnId, OrderId, WarehouseId
from wms.core.quantity import SCALE, Quantity
from wms.db import db
from wms.db.types import QuantityType
from wms.gs1 import scan as gs1
from wms.mobile.flow import BIN, EPC, FOUND_KINDS, ITEM, LOT, LPN, ORDER
from wms.picking.models import Order
from wms.rfid.models import Tag
from wms.sites.models import Bin
from wms.stock.models import Lot, Lpn


@dataclass(frozen=True, kw_only=True)
class Found:
    """A record behind a scan. `scan` is what the label itself said: lot, expiry, quantity …"""

    kind: str
    code: str
    scan: gs1.Scan


@dataclass(frozen=True, kw_only=True)
class FoundBin(Found):
    """A bin of this warehouse."""

    id: BinId
    bin_kind: str
    is_blocked: bool


@dataclass(frozen=True, kw_only=True)
class FoundItem(Found):
    """An item; `factor` base units are in one `unit` of the GTIN that was scanned (1 for the base unit or an SKU)."""

    id: ItemId
    sku: str
    name_en: str
    name_zh: str
    base_unit: str
    unit: str
    factor: Quantity


@dataclass(frozen=True, kw_only=True)
class FoundLot(Found):
    """A lot; `id` is None where the step takes new lots and this one is not known yet. `expires_on` is what we know."""

    id: LotId | None
    number: str
    item: FoundItem
    expires_on: date | None


@dataclass(frozen=True, kw_only=True)
class FoundLpn(Found):
    """A plate; `id` is None where the step takes new plates and this one is not known yet."""

    id: LpnId | None
    is_open: bool


@dataclass(frozen=True, kw_only=True)
class FoundOrder(Found):
    """An order of this warehouse."""

    id: OrderId


def resolve(
    text: str,
    kinds: Sequence[str],
    warehouse_id: WarehouseId,
    *,
    new_kinds: Sequence[str] = (),
    item_id: ItemId | None = None,
) -> Any:
    """Find the one record that `text` names among `kinds`. Gives a FoundBin, FoundItem, FoundLot, FoundLpn or FoundOrder.

    `new_kinds` may be unknown to us yet (a lot or LPN at receipt). `item_id` narrows a bare lot number to one item.
    Raises BadScan, WrongKindScanned, NotFound; BadScan(why="several") when a bare lot number belongs to several items.
    """
    scan = gs1.read(text)
    rows = _look_up(scan, kinds, warehouse_id, item_id)
    if not rows:
        _refuse(scan, kinds, warehouse_id, new_kinds)
        if isinstance(scan, gs1.LpnScan):
            return FoundLpn(kind=LPN, code=scan.lpn, scan=scan, id=None, is_open=False)
        raise NotFound(kind=kinds[0], text=_shown(scan))
    best = min(kinds.index(row.kind) for row in rows)
    rows = [row for row in rows if kinds.index(row.kind) == best]
    if len(rows) > 1:
        raise BadScan(text=_shown(scan), why="several")
    found = _record(rows[0], scan)
    if isinstance(found, FoundLot) and found.id is None and LOT not in new_kinds:
        raise NotFound(kind=LOT, text=found.number)
    return found


def _look_up(scan: gs1.Scan, kinds: Sequence[str], warehouse_id: WarehouseId, item_id: ItemId | None) -> list[Any]:
    """Ask once for all allowed kinds that this scan can be."""
    parts: list[Select[Any]] = []
    is_bare = scan.how in {"plain", "check_digit", "hex"}
    if BIN in kinds and (isinstance(scan, gs1.BinScan) or is_bare):
        code = str(scan.code) if isinstance(scan, gs1.BinScan) else scan.text
        parts.append(_bins(code, warehouse_id))
    if LPN in kinds:
        parts += _plates(scan, warehouse_id, is_bare)
    if LOT in kinds:
        parts += _lots(scan, is_bare, item_id)
    if ITEM in kinds:
        parts += _items(scan, is_bare)
    if ORDER in kinds and is_bare:
        parts.append(
            _columns(ORDER, Order.id, Order.number).where(Order.number == scan.text, Order.warehouse_id == warehouse_id)
        )
    if not parts:
        return []
    return list(db.session.execute(union_all(*parts).limit(8) if len(parts) > 1 else parts[0].limit(8)))


def _columns(kind: str, record_id: Any, code: Any, **given: Any) -> Select[Any]:
    """Select the same columns for every kind, so that one statement can ask for several."""
    columns: dict[str, Any] = {
        "kind": literal(kind, String),
        "id": record_id,
        "code": code,
        "item_id": cast(null(), Item.id.type),
        "sku": cast(null(), String),
        "name_en": cast(null(), String),
        "name_zh": cast(null(), String),
        "base_unit": cast(null(), String),
        "unit": cast(null(), String),
        "factor": cast(null(), QuantityType),
        "expires_on": cast(null(), Date),
        "bin_kind": cast(null(), String),
        "flag": cast(null(), Boolean),
    }
    return select(*(column.label(name) for name, column in (columns | given).items()))


def _item_columns(factor: Any, unit: Any) -> dict[str, Any]:
    return {
        "item_id": Item.id, "sku": Item.sku, "name_en": Item.name_en, "name_zh": Item.name_zh,
        "base_unit": Item.base_unit, "unit": unit, "factor": factor,
    }  # fmt: skip


def _bins(code: str, warehouse_id: WarehouseId) -> Select[Any]:
    return _columns(BIN, Bin.id, Bin.code, bin_kind=cast(Bin.kind, String), flag=Bin.is_blocked).where(
        Bin.warehouse_id == warehouse_id, Bin.code.in_({code, code.upper()}), Bin.is_outside.is_(False)
    )


def _plates(scan: gs1.Scan, warehouse_id: WarehouseId, is_bare: bool) -> list[Select[Any]]:
    if isinstance(scan, gs1.LpnScan):
        test: Any = Lpn.code == scan.lpn
    elif isinstance(scan, gs1.EpcScan):
        tagged = select(Tag.lpn_id).where(Tag.epc == scan.epc.hex.upper(), Tag.lpn_id.is_not(None))
        own = Lpn.code == str(scan.epc.sscc) if scan.epc.sscc else false()
        test = or_(own, Lpn.id.in_(tagged))
    elif is_bare:
        test = Lpn.code == scan.text
    else:
        return []
    here = or_(Lpn.warehouse_id == warehouse_id, Lpn.warehouse_id.is_(None))
    return [_columns(LPN, Lpn.id, Lpn.code, flag=Lpn.is_open).where(test, Lpn.is_open, here, Lpn.id != 0)]


def _lots(scan: gs1.Scan, is_bare: bool, item_id: ItemId | None) -> list[Select[Any]]:
    one = literal(Quantity(SCALE), QuantityType)
    by_number = _columns(
        LOT, Lot.id, Lot.number, **_item_columns(one, Item.base_unit), expires_on=Lot.expires_on
    ).join_from(Lot, Item, Item.id == Lot.item_id)
    if item_id is not None:
        by_number = by_number.where(Lot.item_id == item_id)
    if isinstance(scan, gs1.LotScan):
        number = str(scan.lot)
        if scan.gtin is None and scan.sku is None:
            return [by_number.where(Lot.number == number)]
        named = _columns(
            LOT,
            Lot.id,
            literal(number, String),
            **_item_columns(PackUnit.factor, PackUnit.code),
            expires_on=Lot.expires_on,
        )
        same_lot = and_(Lot.item_id == Item.id, Lot.number == number)
        if scan.gtin is not None:
            by_gtin = named.join_from(PackUnit, Item, Item.id == PackUnit.item_id).outerjoin(Lot, same_lot)
            return [by_gtin.where(PackUnit.gtin == str(scan.gtin))]
        by_sku = _columns(
            LOT, Lot.id, literal(number, String), **_item_columns(one, Item.base_unit), expires_on=Lot.expires_on
        ).join_from(Item, Lot, same_lot, isouter=True)
        return [by_sku.where(Item.sku == str(scan.sku))]
    if isinstance(scan, gs1.EpcScan):
        tagged = select(Tag.lot_id).where(Tag.epc == scan.epc.hex.upper(), Tag.lot_id.is_not(None))
        return [by_number.where(Lot.id.in_(tagged))]
    return [by_number.where(Lot.number == scan.text)] if is_bare else []


def _items(scan: gs1.Scan, is_bare: bool) -> list[Select[Any]]:
    gtin = scan.epc.gtin if isinstance(scan, gs1.EpcScan) else None if isinstance(scan, gs1.LpnScan) else scan.gtin
    parts = []
    if gtin is not None:
        by_gtin = _columns(ITEM, Item.id, Item.sku, **_item_columns(PackUnit.factor, PackUnit.code))
        parts.append(by_gtin.join_from(PackUnit, Item, Item.id == PackUnit.item_id).where(PackUnit.gtin == str(gtin)))
    sku = str(scan.sku) if scan.sku is not None else scan.text if is_bare else None
    if sku is not None:
        by_sku = _columns(
            ITEM, Item.id, Item.sku, **_item_columns(literal(Quantity(SCALE), QuantityType), Item.base_unit)
        )
        parts.append(by_sku.where(Item.sku == sku))
    return parts


def _record(row: Any, scan: gs1.Scan) -> Any:
    common = {"kind": row.kind, "code": row.code, "scan": scan}
    if row.kind == BIN:
        return FoundBin(**common, id=row.id, bin_kind=row.bin_kind, is_blocked=bool(row.flag))
    if row.kind == LPN:
        return FoundLpn(**common, id=row.id, is_open=bool(row.flag))
    if row.kind == ORDER:
        return FoundOrder(**common, id=row.id)
    item = FoundItem(
        kind=ITEM, code=row.sku, scan=scan, id=row.item_id, sku=row.sku, name_en=row.name_en, name_zh=row.name_zh,
        base_unit=row.base_unit, unit=row.unit, factor=row.factor,
    )  # fmt: skip
    if row.kind == ITEM:
        return item
    return FoundLot(**common, id=row.id, number=row.code, item=item, expires_on=row.expires_on)


def _refuse(scan: gs1.Scan, kinds: Sequence[str], warehouse_id: WarehouseId, new_kinds: Sequence[str]) -> None:
    """Say why nothing was found: another kind of label, a code of another kind, or a code nobody knows."""
    shown = gs1.kind_of(scan)
    if shown == LPN and LPN in new_kinds:
        return
    if shown == LOT and (LOT in kinds or ITEM in kinds) and scan.gtin is not None:
        raise NotFound(kind="gtin", text=str(scan.gtin))
    if shown == ITEM and ITEM in kinds:
        raise NotFound(kind="gtin", text=str(scan.gtin))
    if shown in kinds:
        raise NotFound(kind=shown, text=_shown(scan))
    others = tuple(kind for kind in FOUND_KINDS if kind not in kinds and kind != EPC)
    rows = _look_up(scan, others, warehouse_id, None)
    if rows or shown != "unknown":
        scanned = rows[0].kind if rows else shown
        raise WrongKindScanned(needed=list(kinds), scanned=scanned, text=_shown(scan))
    raise NotFound(kind=kinds[0], text=_shown(scan))


def _shown(scan: gs1.Scan) -> str:
    """What a person calls the thing scanned: its lot, code or GTIN rather than the whole element string."""
    if isinstance(scan, gs1.BinScan):
        return str(scan.code)
    if isinstance(scan, gs1.LpnScan):
        return scan.lpn
    named = scan.lot or scan.gtin
    return "".join(sign if sign.isprintable() else "␝" for sign in str(named or scan.text)[:60])
