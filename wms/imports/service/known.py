"""What the database knows of the codes that stand in a file, looked up for all rows at once."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import func, or_, select

from wms.catalog.models import DateBasis, Item, PackUnit, Partner
from wms.core.ids import BinId, ItemId, LotId, PartnerId, WarehouseId
from wms.core.quantity import Quantity
from wms.db import db
from wms.gs1.checksums import has_valid_check_digit, is_digits
from wms.imports.models import ImportMark
from wms.imports.service.drafts import Draft, Likeness, Refuse
from wms.sites.models import Bin, Zone
from wms.stock.models import Lot

#: So many values stand in one statement.
AT_ONCE: Final = 500


def fresh(statement: Any) -> Any:
    """The records of a statement as they stand now: what was read before may have changed meanwhile."""
    return db.session.execute(statement.execution_options(populate_existing=True)).scalars()


def parts(values: Iterable[Any]) -> Iterator[list[Any]]:
    """Cut values into parts that fit one statement."""
    wanted = list(dict.fromkeys(values))
    for start in range(0, len(wanted), AT_ONCE):
        yield wanted[start : start + AT_ONCE]


@dataclass
class KnownItem:
    """An item as rows need it; `units` is factor by code."""

    id: ItemId
    sku: str
    name: str
    base_unit: str
    date_basis: DateBasis
    shelf_life_days: int | None
    is_inspected: bool
    is_active: bool
    usable_on_expiry_day: bool
    units: dict[str, Quantity] = field(default_factory=dict)
    row: Any = None


class Items:
    """Items by SKU, by the GTIN of a unit, by name."""

    def __init__(self, drafts: Sequence[Draft], *fields: str, with_rows: bool = False) -> None:
        texts = {str(d.get(name)) for d in drafts for name in fields if d.get(name)}
        names = {str(d.get("item_name")) for d in drafts if d.get("item_name") and not d.get("sku")}
        gtins = {text.zfill(14) for text in texts if _is_gtin(text)}
        rows: dict[int, Item] = {}
        for part in parts(texts):
            rows |= {r.id: r for r in fresh(select(Item).where(Item.sku.in_(part)))}
        for part in parts(names):
            named = select(Item).where(or_(Item.name_zh.in_(part), Item.name_en.in_(part)))
            rows |= {r.id: r for r in fresh(named)}
        by_gtin: dict[str, ItemId] = {}
        for part in parts(gtins):
            found = db.session.execute(select(PackUnit.gtin, PackUnit.item_id).where(PackUnit.gtin.in_(part))).all()
            by_gtin |= {r.gtin: r.item_id for r in found if r.gtin}
        for part in parts(set(by_gtin.values()) - rows.keys()):
            rows |= {r.id: r for r in fresh(select(Item).where(Item.id.in_(part)))}
        known = {r.id: _known_item(r, with_row=with_rows) for r in rows.values()}
        for part in parts(known):
            units = select(PackUnit.item_id, PackUnit.code, PackUnit.factor).where(PackUnit.item_id.in_(part))
            for unit in db.session.execute(units):
                known[unit.item_id].units[unit.code] = unit.factor
        self.by_id = known
        self.by_sku = {one.sku: one for one in known.values()}
        self.by_gtin = {gtin: known[item] for gtin, item in by_gtin.items()}
        self.by_name: dict[str, list[KnownItem]] = {}
        for row in rows.values():
            for name in {row.name_en, row.name_zh} - {""}:
                self.by_name.setdefault(name, []).append(known[row.id])
        self._likeness: Likeness | None = None

    def of(self, draft: Draft, field_name: str = "sku") -> KnownItem:
        """The item of a row. Refuses an unknown one by name, and one that is not in use."""
        text = draft.get(field_name)
        if not text and field_name == "sku":
            return self._by_name(str(draft.get("item_name")))
        found = self.by_sku.get(text) or (self.by_gtin.get(text.zfill(14)) if _is_gtin(text) else None)
        if found is None:
            raise Refuse("item_unknown", text=text, like=self._like(text), name=draft.get("item_name") or "")
        return _in_use(found)

    def _by_name(self, name: str) -> KnownItem:
        found = self.by_name.get(name, [])
        if len(found) != 1:
            reason = "item_name_twice" if found else "item_unknown"
            raise Refuse(reason, text=name, like=[one.sku for one in found[:3]], name="")
        return _in_use(found[0])

    def _like(self, text: str) -> list[str]:
        if self._likeness is None:
            self._likeness = Likeness(fresh(select(Item.sku).where(Item.is_active)))
        return self._likeness.of(text)


def _is_gtin(text: str) -> bool:
    return is_digits(text) and len(text) in (8, 12, 13, 14) and has_valid_check_digit(text)


def _in_use(item: KnownItem) -> KnownItem:
    if not item.is_active:
        raise Refuse("item_not_in_use", text=item.sku)
    return item


def _known_item(row: Item, *, with_row: bool) -> KnownItem:
    return KnownItem(
        id=row.id, sku=row.sku, name=row.name_zh or row.name_en, base_unit=row.base_unit, date_basis=row.date_basis,
        shelf_life_days=row.shelf_life_days, is_inspected=row.is_inspected_at_receipt, is_active=row.is_active,
        usable_on_expiry_day=row.usable_on_expiry_day, row=row if with_row else None,
    )  # fmt: skip


class Partners:
    """Partners by code and by name."""

    def __init__(self, drafts: Sequence[Draft], *fields: str) -> None:
        texts = {str(d.get(name)) for d in drafts for name in fields if d.get(name)}
        rows: dict[int, Partner] = {}
        for part in parts(texts):
            named = select(Partner).where(
                or_(Partner.code.in_(part), Partner.name_zh.in_(part), Partner.name_en.in_(part))
            )
            rows |= {r.id: r for r in fresh(named)}
        self.by_code = {row.code: row for row in rows.values()}
        self.by_name: dict[str, list[Partner]] = {}
        for row in rows.values():
            for name in {row.name_en, row.name_zh} - {""}:
                self.by_name.setdefault(name, []).append(row)
        self._likeness: Likeness | None = None

    def of(self, draft: Draft, field_name: str, *, role: str = "") -> Partner | None:
        """The partner a field names, None where it names none. Refuses one that is unknown or lacks the role."""
        text = draft.get(field_name)
        if not text:
            return None
        named = self.by_name.get(text, [])
        found = self.by_code.get(text) or (named[0] if len(named) == 1 else None)
        if found is None:
            reason = "partner_name_twice" if named else "partner_unknown"
            raise Refuse(reason, text=text, like=[p.code for p in named[:3]] or self._like(text), field=field_name)
        if role and not getattr(found, f"is_{role}"):
            raise Refuse("partner_role", text=found.code, role=role)
        return found

    def _like(self, text: str) -> list[str]:
        if self._likeness is None:
            rows = db.session.execute(select(Partner.code, Partner.name_en, Partner.name_zh).where(Partner.is_active))
            self._names = {name: row.code for row in rows for name in row if name}
            self._likeness = Likeness(self._names)
        return list(dict.fromkeys(self._names[name] for name in self._likeness.of(text)))


@dataclass(frozen=True)
class KnownBin:
    """A bin as rows need it."""

    id: BinId
    code: str
    kind: str
    zone: int | None
    walk_sequence: int
    capacity_lpns: int | None
    is_outside: bool
    is_blocked: bool


class Bins:
    """The bins of the warehouse that a file names."""

    def __init__(self, warehouse: WarehouseId, drafts: Sequence[Draft], field_name: str) -> None:
        self.warehouse = warehouse
        self.by_code: dict[str, KnownBin] = {}
        for part in parts(str(d.get(field_name)) for d in drafts if d.get(field_name)):
            found = select(Bin).where(Bin.warehouse_id == warehouse, Bin.code.in_(part))
            for row in fresh(found):
                self.by_code[row.code] = KnownBin(
                    row.id, row.code, row.kind.value, row.zone_id, row.walk_sequence, row.capacity_lpns,
                    row.is_outside, row.is_blocked,
                )  # fmt: skip
        self._likeness: Likeness | None = None

    def like(self, text: str) -> list[str]:
        """Codes of this warehouse that look like `text`."""
        if self._likeness is None:
            codes = select(Bin.code).where(Bin.warehouse_id == self.warehouse, Bin.is_outside.is_(False))
            self._likeness = Likeness(fresh(codes))
        return self._likeness.of(text)


def zones_of(warehouse: WarehouseId) -> dict[str, Zone]:
    """The zones of a warehouse by code and by name."""
    rows = list(fresh(select(Zone).where(Zone.warehouse_id == warehouse)))
    named = {name: row for row in rows for name in (row.name_en, row.name_zh) if name}
    return named | {row.code: row for row in rows}


class Lots:
    """Lots of the items of a file: those with exactly its numbers, and those that look like them."""

    def __init__(self, wanted: Collection[tuple[ItemId, str]]) -> None:
        self.exact: dict[tuple[ItemId, str], Lot] = {}
        self.near: dict[tuple[ItemId, str], list[str]] = {}
        listed = list(dict.fromkeys(wanted))
        for start in range(0, len(listed), AT_ONCE):
            part = listed[start : start + AT_ONCE]
            items, numbers = {item for item, _ in part}, {number for _, number in part}
            found = select(Lot).where(Lot.item_id.in_(items), Lot.number.in_(numbers))
            for row in fresh(found):
                self.exact[row.item_id, row.number] = row
        bare = func.ltrim(func.lower(func.replace(Lot.number, " ", "")), "0")
        for start in range(0, len(listed), AT_ONCE):
            part = listed[start : start + AT_ONCE]
            looks = {squeeze_lot(number) for _, number in part}
            near = select(Lot.item_id, Lot.number).where(Lot.item_id.in_({item for item, _ in part}), bare.in_(looks))
            for item, number in db.session.execute(near):
                self.near.setdefault((item, squeeze_lot(number)), []).append(number)

    def looks_like(self, item: ItemId, number: str) -> str:
        """A known number of the item that differs only by case, blanks or leading zeros; "" for none."""
        others = [known for known in self.near.get((item, squeeze_lot(number)), []) if known != number]
        return others[0] if others else ""


def squeeze_lot(number: str) -> str:
    """A lot number without what tells near-duplicates apart (wms.stock.service.find_near_duplicates)."""
    return number.replace(" ", "").lower().lstrip("0")


def marks_of(kind: str, identities: Iterable[str]) -> dict[str, ImportMark]:
    """What came in before under these identities."""
    found: dict[str, ImportMark] = {}
    for part in parts(identities):
        rows = select(ImportMark).where(ImportMark.kind == kind, ImportMark.identity.in_(part))
        found |= {row.identity: row for row in fresh(rows)}
    return found


__all__ = [
    "AT_ONCE", "Bins", "Items", "KnownBin", "KnownItem", "LotId", "Lots", "PartnerId", "Partners", "marks_of", "parts",
    "squeeze_lot", "zones_of",
]  # fmt: skip
