"""Records behind a scan: each kind is one SELECT of the same columns, so that one statement asks for all of them.

`find_all` is for a text of which nobody says what it is: it gives every record the text may name, and the question when
that is more than one. `look_up` is for a step that takes certain kinds only (wms/mobile/resolve.py).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from sqlalchemy import Boolean, Date, Select, String, and_, cast, literal, null, or_, select, union_all

from wms.catalog.models import Item, PackUnit, Partner
from wms.complaints.models import Complaint
from wms.core.errors import BadCode
from wms.core.ids import BinId, ItemId, LotId, LpnId, OrderId, UnitId, WarehouseId
from wms.core.quantity import SCALE, Quantity
from wms.db import db
from wms.db.types import QuantityType
from wms.gs1 import scan as gs1
from wms.picking.models import Order
from wms.production.models import Bom, ProductionReport, Vessel, WorkOrder
from wms.recall.models import Recall
from wms.receiving.models import Asn, Receipt
from wms.rfid.models import Tag
from wms.scans.kinds import (
    ALL_KINDS,
    ASN,
    BIN,
    BOM,
    BY_PERMISSION,
    COMPLAINT,
    ITEM,
    LOT,
    LPN,
    ORDER,
    PRODUCTION_REPORT,
    RECALL,
    RECEIPT,
    SHIPMENT,
    TAG,
    UNIT,
    VESSEL,
    WORK_ORDER,
)
from wms.shipping.models import Shipment
from wms.sites.models import Bin
from wms.stock.models import Lot, Lpn
from wms.units.models import Unit
from wms.units.rules import read_unit

#: More records than this behind one text are no choice for a person; the page says that there are more.
LIMIT: Final = 12
_BARE: Final = frozenset({"plain", "check_digit", "hex"})
#: Numbered documents of a warehouse.
_PAPERS: Final[tuple[tuple[str, Any], ...]] = (
    (ASN, Asn), (RECEIPT, Receipt), (SHIPMENT, Shipment), (WORK_ORDER, WorkOrder), (PRODUCTION_REPORT, ProductionReport),
    (RECALL, Recall), (COMPLAINT, Complaint),
)  # fmt: skip
_BOM_NAME: Final = re.compile(r"(?P<sku>\S.{0,60}?)(?: v|/)(?P<version>[0-9]{1,6})")


# -- what is found ------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, kw_only=True)
class Found:
    """A record behind a scan. `scan` is what the label itself said: lot, expiry, quantity …

    `is_as_written` is False where our record is written in capitals and the text is not.
    """

    kind: str
    code: str
    scan: gs1.Scan
    is_as_written: bool = True


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
    """A lot; `id` is None where the label names an item of ours and a lot we do not know. `expires_on` is what we know."""

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
    """An order of this warehouse, with its customer's names."""

    id: OrderId
    name_en: str = ""
    name_zh: str = ""


@dataclass(frozen=True, kw_only=True)
class FoundUnit(Found):
    """A unit id: one piece or a pack, here or gone from this warehouse, in its lot."""

    id: UnitId
    item: FoundItem


@dataclass(frozen=True, kw_only=True)
class FoundPaper(Found):
    """Another numbered document, a vessel, a bill of materials, or a tag."""

    id: int
    name_en: str = ""
    name_zh: str = ""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a text is: how it was read (`scan`), the records it may name, and what a person must still say.

    `question`: several_kinds (it is a bin and a lot, say), several_lots (items share the lot number), several (more than
    one record of another kind), other_capitals (a lot is written so, but for its capitals), lot_not_known (the item is
    ours, the lot is not), or what the label itself leaves open (see gs1.scan). None when exactly one record is meant.
    """

    scan: gs1.Scan
    found: tuple[Any, ...]
    question: str | None = None
    question_about: str = ""

    @property
    def one(self) -> Any:
        """The one record that is meant, None while there is none or a choice."""
        return self.found[0] if len(self.found) == 1 else None


# -- the questions ------------------------------------------------------------------------------------------------------
def find_all(text: str, warehouse: WarehouseId, *, kinds: Sequence[str] = ALL_KINDS) -> Answer:
    """Find every record that `text` may name among `kinds`; BadScan when it claims to be a code and is not.

    What a label says of itself is not guessed at: a lot label names its lot, an LPN label its plate. Only a plain code is
    looked for everywhere, as written; in capitals where nothing is written so.
    """
    scan = gs1.read(text)
    rows = _ask(_parts(scan, kinds, warehouse, None, either_case=True), LIMIT)
    records: dict[tuple[str, Any], Any] = {}
    for row in rows:
        records.setdefault((row.kind, row.id or f"{row.item_id}/{row.code}"), _record(row, scan))
    found = [one for one in records.values() if one.is_as_written] or list(records.values())
    if not is_bare(scan):
        found = _as_labelled(found, scan)
    if isinstance(scan, gs1.EpcScan):  # a tag stands for what it is tied to
        found = [one for one in found if one.kind != TAG] or found
    question, about = _question(found, scan)
    return Answer(scan=scan, found=tuple(found), question=question, question_about=about)


def look_up(
    scan: gs1.Scan, kinds: Sequence[str], warehouse: WarehouseId, *, item: ItemId | None = None
) -> list[Any]:  # fmt: skip
    """Find the records of the allowed kinds that this scan names, byte for byte; `item` narrows a bare lot number."""
    return [_record(row, scan) for row in _ask(_parts(scan, kinds, warehouse, item, either_case=False), 8)]


def is_bare(scan: gs1.Scan) -> bool:
    """Say whether nothing in the text itself tells its kind for certain, so that only our records can."""
    return scan.how in _BARE


def shown(scan: gs1.Scan) -> str:
    """What a person calls the thing scanned: its lot, code or GTIN rather than the whole element string."""
    if isinstance(scan, gs1.BinScan):
        return str(scan.code)
    if isinstance(scan, gs1.LpnScan):
        return scan.lpn
    named = scan.lot or scan.gtin
    return "".join(sign if sign.isprintable() else "␝" for sign in str(named or scan.text)[:60])


def _as_labelled(found: list[Any], scan: gs1.Scan) -> list[Any]:
    """A label that names a lot means the lot and not its item besides; a pallet label may mean the plate, too.

    One whose serial is a unit of ours means the unit.
    """
    if units := [one for one in found if one.kind == UNIT]:
        return units
    lots = [one for one in found if one.kind == LOT and (one.id is not None or isinstance(scan, gs1.LotScan))]
    plates = [one for one in found if one.kind == LPN]
    return plates + lots if plates or lots else found


def _question(found: Sequence[Any], scan: gs1.Scan) -> tuple[str | None, str]:
    kinds = list(dict.fromkeys(one.kind for one in found))
    if len(kinds) > 1:
        return "several_kinds", " ".join(kinds)
    if len(found) > 1:
        return ("several_lots" if kinds == [LOT] else "several"), shown(scan)
    if not found or scan.question == "lot_may_hold_date":
        return scan.question, scan.question_about
    one = found[0]
    if isinstance(one, FoundLot) and one.id is None:
        return "lot_not_known", one.number
    if one.kind == LOT and not one.is_as_written:
        return "other_capitals", one.code
    return None, ""


# -- the statement ------------------------------------------------------------------------------------------------------
def _ask(parts: list[Select[Any]], limit: int) -> list[Any]:
    if not parts:
        return []
    return list(db.session.execute(union_all(*parts).limit(limit) if len(parts) > 1 else parts[0].limit(limit)))


def _parts(
    scan: gs1.Scan, kinds: Sequence[str], warehouse: WarehouseId, item: ItemId | None, *, either_case: bool
) -> list[Select[Any]]:  # fmt: skip
    """One SELECT for each allowed kind that this scan can be."""
    bare = is_bare(scan)
    ways = sorted({scan.text, scan.text.upper()}) if either_case else [scan.text]
    parts: list[Select[Any]] = []
    if BIN in kinds and (isinstance(scan, gs1.BinScan) or bare):
        parts.append(_bins(str(scan.code) if isinstance(scan, gs1.BinScan) else scan.text, warehouse))
    if LPN in kinds:
        parts += _plates(scan, warehouse, ways if bare else [], with_content=either_case)
    if LOT in kinds:
        parts += _lots(scan, ways if bare else [], item)
    if UNIT in kinds and (code := _unit_code(scan, bare=bare)):
        parts.append(_units(code, warehouse))
    if ITEM in kinds:
        parts += _items(scan, ways if bare else [])
    if ORDER in kinds and bare:
        parts.append(_orders(ways, warehouse))
    if bare:
        parts += [_papers(kind, table, ways, warehouse) for kind, table in _PAPERS if kind in kinds]
        if VESSEL in kinds:
            parts.append(_vessels(ways, warehouse))
        if BOM in kinds and (named := bom_named(scan.text)):
            parts.append(_boms(*named))
    if TAG in kinds and (bare or isinstance(scan, gs1.EpcScan)):
        codes = {*ways, scan.epc.hex.upper()} if isinstance(scan, gs1.EpcScan) else set(ways)
        parts.append(_columns(TAG, Tag.id, Tag.epc).where(Tag.epc.in_(sorted(codes))))
    return parts


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


def _bins(code: str, warehouse: WarehouseId) -> Select[Any]:
    return _columns(BIN, Bin.id, Bin.code, bin_kind=cast(Bin.kind, String), flag=Bin.is_blocked).where(
        Bin.warehouse_id == warehouse, Bin.code.in_(sorted({code, code.upper()})), Bin.is_outside.is_(False)
    )


def _plates(
    scan: gs1.Scan, warehouse: WarehouseId, ways: list[str], *, with_content: bool
) -> list[Select[Any]]:  # fmt: skip
    """Plates: by their own label, by a pallet label that also says its content, by tag, by a bare code."""
    tests: list[Any] = []
    if isinstance(scan, gs1.LpnScan):
        tests.append(Lpn.code == scan.lpn)
    elif isinstance(scan, gs1.EpcScan):
        # Two SELECTs, each on its index: one with OR reads every plate.
        tagged = select(Tag.lpn_id).where(Tag.epc == scan.epc.hex.upper(), Tag.lpn_id.is_not(None))
        own = str(scan.epc.sscc) if scan.epc.sscc else ""
        tests += [Lpn.code == own] if own else []
        tests.append(and_(Lpn.id.in_(tagged), Lpn.code != own))
    elif with_content and scan.sscc is not None:
        tests.append(Lpn.code == str(scan.sscc))
    elif ways:
        tests.append(Lpn.code.in_(ways))
    here = or_(Lpn.warehouse_id == warehouse, Lpn.warehouse_id.is_(None))
    plates = _columns(LPN, Lpn.id, Lpn.code, flag=Lpn.is_open).where(Lpn.is_open, here, Lpn.id != 0)
    return [plates.where(test) for test in tests]


def _lots(scan: gs1.Scan, ways: list[str], item: ItemId | None) -> list[Select[Any]]:
    one = literal(Quantity(SCALE), QuantityType)
    by_number = _columns(
        LOT, Lot.id, Lot.number, **_item_columns(one, Item.base_unit), expires_on=Lot.expires_on
    ).join_from(Lot, Item, Item.id == Lot.item_id)
    if item is not None:
        by_number = by_number.where(Lot.item_id == item)
    if isinstance(scan, gs1.LotScan):
        number = str(scan.lot)
        if scan.gtin is None and scan.sku is None:
            return [by_number.where(Lot.number == number)]
        same_lot = and_(Lot.item_id == Item.id, Lot.number == number)
        if scan.gtin is not None:
            named = _columns(
                LOT, Lot.id, literal(number, String), **_item_columns(PackUnit.factor, PackUnit.code),
                expires_on=Lot.expires_on,
            )  # fmt: skip
            by_gtin = named.join_from(PackUnit, Item, Item.id == PackUnit.item_id).outerjoin(Lot, same_lot)
            return [by_gtin.where(PackUnit.gtin == str(scan.gtin))]
        by_sku = _columns(
            LOT, Lot.id, literal(number, String), **_item_columns(one, Item.base_unit), expires_on=Lot.expires_on
        ).join_from(Item, Lot, same_lot, isouter=True)
        return [by_sku.where(Item.sku == str(scan.sku))]
    if isinstance(scan, gs1.EpcScan):
        tagged = select(Tag.lot_id).where(Tag.epc == scan.epc.hex.upper(), Tag.lot_id.is_not(None))
        # A number of hexadecimal digits may be a lot as well; two SELECTs, each on its index.
        by_tag = by_number.where(Lot.id.in_(tagged), Lot.number.not_in(ways))
        return [by_tag, by_number.where(Lot.number.in_(ways))] if ways else [by_tag]
    return [by_number.where(Lot.number.in_(ways))] if ways else []


def _items(scan: gs1.Scan, ways: list[str]) -> list[Select[Any]]:
    gtin = scan.epc.gtin if isinstance(scan, gs1.EpcScan) else None if isinstance(scan, gs1.LpnScan) else scan.gtin
    parts = []
    if gtin is not None:
        by_gtin = _columns(ITEM, Item.id, Item.sku, **_item_columns(PackUnit.factor, PackUnit.code))
        parts.append(by_gtin.join_from(PackUnit, Item, Item.id == PackUnit.item_id).where(PackUnit.gtin == str(gtin)))
    skus = [str(scan.sku)] if scan.sku is not None else ways
    if skus:
        by_sku = _columns(
            ITEM, Item.id, Item.sku, **_item_columns(literal(Quantity(SCALE), QuantityType), Item.base_unit)
        )
        parts.append(by_sku.where(Item.sku.in_(skus)))
    return parts


def _unit_code(scan: gs1.Scan, *, bare: bool) -> str:
    """What a scan is as a unit id: a label with a serial, or a bare code; blank for none."""
    if not bare and not scan.serial:
        return ""
    try:
        return read_unit(scan).code
    except BadCode:
        return ""


def _units(code: str, warehouse: WarehouseId) -> Select[Any]:
    one = literal(Quantity(SCALE), QuantityType)
    named = _columns(UNIT, Unit.id, Unit.code, **_item_columns(one, Item.base_unit))
    return named.join_from(Unit, Item, Item.id == Unit.item_id).where(
        Unit.code == code, Unit.warehouse_id == warehouse, ~Unit.is_duplicate
    )


def _orders(ways: list[str], warehouse: WarehouseId) -> Select[Any]:
    named = _columns(ORDER, Order.id, Order.number, name_en=Partner.name_en, name_zh=Partner.name_zh)
    return named.join_from(Order, Partner, Partner.id == Order.customer_id).where(
        Order.number.in_(ways), Order.warehouse_id == warehouse
    )


def bom_named(text: str) -> tuple[str, int] | None:
    """Read a text as the name of a bill of materials, the SKU it makes and its version: BREAD v2, BREAD/2."""
    found = _BOM_NAME.fullmatch(text)
    return (found["sku"], int(found["version"])) if found else None


def _boms(sku: str, version: int) -> Select[Any]:
    named = _columns(
        BOM, Bom.id, Item.sku + " v" + cast(Bom.version, String), name_en=Item.name_en, name_zh=Item.name_zh
    ).join_from(Bom, Item, Item.id == Bom.item_id)
    return named.where(Item.sku.in_(sorted({sku, sku.upper()})), Bom.version == version)


def _vessels(ways: list[str], warehouse: WarehouseId) -> Select[Any]:
    named = _columns(VESSEL, Vessel.id, Vessel.code, name_en=Vessel.name_en, name_zh=Vessel.name_zh)
    return named.where(Vessel.code.in_(ways), Vessel.warehouse_id == warehouse)


def _papers(kind: str, table: Any, ways: list[str], warehouse: WarehouseId) -> Select[Any]:
    return _columns(kind, table.id, table.number).where(table.number.in_(ways), table.warehouse_id == warehouse)


def _record(row: Any, scan: gs1.Scan) -> Any:
    common = {"kind": row.kind, "code": row.code, "scan": scan}
    if is_bare(scan) and row.kind not in (ITEM, TAG):
        common["is_as_written"] = row.code == scan.text
    match row.kind:
        case "bin":
            return FoundBin(
                **common | {"is_as_written": True}, id=row.id, bin_kind=row.bin_kind, is_blocked=bool(row.flag)
            )
        case "lpn":
            return FoundLpn(**common, id=row.id, is_open=bool(row.flag))
        case "order":
            return FoundOrder(**common, id=row.id, name_en=row.name_en or "", name_zh=row.name_zh or "")
        case "asn" | "receipt" | "shipment" | "tag":
            return FoundPaper(**common, id=row.id)
        case kind if kind in BY_PERMISSION:
            return FoundPaper(**common, id=row.id, name_en=row.name_en or "", name_zh=row.name_zh or "")
    is_named = row.kind == LOT or scan.gtin is not None or row.sku == scan.text or not is_bare(scan)
    item = FoundItem(
        kind=ITEM, code=row.sku, scan=scan, id=row.item_id, sku=row.sku, name_en=row.name_en, name_zh=row.name_zh,
        base_unit=row.base_unit, unit=row.unit, factor=row.factor, is_as_written=is_named,
    )  # fmt: skip
    if row.kind == ITEM:
        return item
    if row.kind == UNIT:
        return FoundUnit(**common, id=row.id, item=item)
    return FoundLot(**common, id=row.id, number=row.code, item=item, expires_on=row.expires_on)
