"""Verbs of items and partners. A field that stock already stands on (unit, date basis, SKU) is set once and kept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import InstrumentedAttribute

from wms.catalog import queries
from wms.catalog.models import Item, ItemRule, PackUnit, Partner, SupplierRule
from wms.core.errors import DuplicateValue, FieldErrors, NotFound
from wms.core.ids import ItemId, PartnerId, new_id
from wms.core.quantity import Quantity
from wms.db import db
from wms.fields import service as own_fields
from wms.fields.rules.values import Given
from wms.gs1.gtin import Gtin

#: Set when the item is made and kept: lots and balances carry values that follow from them.
ITEM_FIXED = frozenset({"id", "sku", "base_unit", "date_basis", "is_lot_tracked"})
PARTNER_FIXED = frozenset({"id", "code"})
#: So many values stand in one statement.
_AT_ONCE: Final = 500


@dataclass(frozen=True, kw_only=True)
class NewUnit:
    """A unit an item comes in: `factor` base units each."""

    code: str
    factor: Quantity
    gtin: Gtin | None = None


@dataclass(frozen=True, kw_only=True)
class NewItem:
    """An item to make, and its units; that of the base unit is made whether named or not."""

    values: Mapping[str, Any]
    units: tuple[NewUnit, ...] = ()


def create_item(values: Mapping[str, Any], *, gtin: Gtin | None = None, own: Given | None = None) -> Item:
    """Make an item with its base unit and own fields; DuplicateValue when its SKU or GTIN is in use."""
    base = NewUnit(code=values["base_unit"], factor=Quantity.of(1), gtin=gtin)
    item = create_items([NewItem(values=values, units=(base,))])[0]
    if own is not None:
        own_fields.set_values("item", item.id, own)
    return item


def create_items(wanted: Sequence[NewItem]) -> list[Item]:
    """Make items with their units, however many, by a few statements; all or none. DuplicateValue, FieldErrors, NotFound."""
    skus = [one.values["sku"] for one in wanted]
    _refuse_used("sku", skus, Item.sku)
    for maker in {one.values.get("maker_id") for one in wanted}:
        _check_maker(maker)
    items = [Item(id=ItemId(new_id()), **_with_life(one.values)) for one in wanted]
    db.session.add_all(items)
    db.session.flush()
    units = []
    for item, one in zip(items, wanted, strict=True):
        base = next((unit for unit in one.units if unit.code == item.base_unit), None)
        named = one.units if base else (NewUnit(code=item.base_unit, factor=Quantity.of(1)), *one.units)
        units += [(item.id, unit) for unit in named]
    _add_units(units)
    return items


def change_item(item: ItemId, values: Mapping[str, Any], *, own: Given | None = None) -> None:
    """Change an item's fields and own fields; those of ITEM_FIXED are refused by FieldErrors."""
    change_items({item: values})
    if own is not None:
        own_fields.set_values("item", item, own)


def change_items(changes: Mapping[ItemId, Mapping[str, Any]]) -> None:
    """Change the fields of items, all or none. Raises NotFound, FieldErrors."""
    rows = {row.id: row for row in _by_id(Item, changes)}
    for maker in {values.get("maker_id") for values in changes.values()}:
        _check_maker(maker)
    for item, values in changes.items():
        if item not in rows:
            raise NotFound(kind="item", text=str(item))
        _set(rows[item], _with_life(values), fixed=ITEM_FIXED)
    db.session.flush()


def _with_life(values: Mapping[str, Any]) -> Mapping[str, Any]:
    """Where the maker says the shelf life in months, so many days as they are on average: what a share of it is taken of."""
    months = values.get("shelf_life_months")
    return values if months is None else {**values, "shelf_life_days": months * 365 // 12}


def add_unit(item: ItemId, *, code: str, factor: Quantity, gtin: Gtin | None) -> None:
    """Add a unit an item comes in: `factor` base units each. DuplicateValue over its code or GTIN."""
    add_units([(item, NewUnit(code=code, factor=factor, gtin=gtin))])


def add_units(wanted: Sequence[tuple[ItemId, NewUnit]]) -> None:
    """Add units to items, all or none. Raises NotFound, DuplicateValue over a code or GTIN."""
    known = {row.id for row in _by_id(Item, {item for item, _ in wanted})}
    for item, _unit in wanted:
        if item not in known:
            raise NotFound(kind="item", text=str(item))
    _add_units(wanted)


def _add_units(wanted: Sequence[tuple[ItemId, NewUnit]]) -> None:
    there = {(row.item_id, row.code) for row in _by(PackUnit, PackUnit.item_id, {item for item, _ in wanted})}
    for item, unit in wanted:
        if (item, unit.code) in there:
            raise DuplicateValue(field="code", value=unit.code)
        there.add((item, unit.code))
    gtins = [unit.gtin.value for _, unit in wanted if unit.gtin is not None]
    _refuse_used(
        "gtin", gtins, PackUnit.gtin, shown={u.gtin.value: u.gtin.short for _, u in wanted if u.gtin is not None}
    )
    db.session.add_all(
        PackUnit(id=new_id(), item_id=item, code=u.code, factor=u.factor, gtin=u.gtin.value if u.gtin else None)
        for item, u in wanted
    )
    db.session.flush()


def create_partner(values: Mapping[str, Any]) -> Partner:
    """Make a partner; DuplicateValue when its code is in use."""
    return create_partners([values])[0]


def create_partners(wanted: Sequence[Mapping[str, Any]]) -> list[Partner]:
    """Make partners, all or none; DuplicateValue when a code is in use."""
    _refuse_used("code", [values["code"] for values in wanted], Partner.code)
    partners = [Partner(id=PartnerId(new_id()), **values) for values in wanted]
    db.session.add_all(partners)
    db.session.flush()
    return partners


def change_partner(partner: PartnerId, values: Mapping[str, Any]) -> None:
    """Change a partner's fields; the code is kept."""
    change_partners({partner: values})


def change_partners(changes: Mapping[PartnerId, Mapping[str, Any]]) -> None:
    """Change the fields of partners, all or none. Raises NotFound, FieldErrors."""
    rows = {row.id: row for row in _by_id(Partner, changes)}
    for partner, values in changes.items():
        if partner not in rows:
            raise NotFound(kind="partner", text=str(partner))
        _set(rows[partner], values, fixed=PARTNER_FIXED)
    db.session.flush()


def set_rule(customer: PartnerId, *, sku: str, values: Mapping[str, Any]) -> None:
    """Say what a customer asks of an item; with nothing asked the rule goes. NotFound, FieldErrors (no customer)."""
    if not queries.get_partner(customer).is_customer:
        raise FieldErrors(errors={"customer": ["not_a_choice"]})
    item = queries.find_item(sku)
    if item is None:
        raise NotFound(kind="item", text=sku)
    rule = queries.find_rule(customer, item.id)
    if all(value is None for value in values.values()):
        if rule is not None:
            db.session.delete(rule)
    elif rule is None:
        db.session.add(ItemRule(id=new_id(), customer_id=customer, item_id=item.id, **values))
    else:
        _set(rule, values, fixed=frozenset())
    db.session.flush()


def _refuse_used(
    field: str, values: Sequence[str], column: InstrumentedAttribute[Any], *, shown: Mapping[str, str] | None = None
) -> None:
    """Refuse a value that stands twice among these, or is in use. DuplicateValue."""
    used = {getattr(row, column.key) for row in _by(column.class_, column, values)}
    for value in values:
        if value in used:
            raise DuplicateValue(field=field, value=(shown or {}).get(value, value))
        used.add(value)


def _by_id(kind: Any, ids: Iterable[int]) -> list[Any]:
    return _by(kind, kind.id, ids)


def _by(kind: Any, column: Any, values: Iterable[Any]) -> list[Any]:
    """The rows with one of these values, by as few statements as both engines take."""
    wanted = list(dict.fromkeys(values))
    rows: list[Any] = []
    for start in range(0, len(wanted), _AT_ONCE):
        part = wanted[start : start + _AT_ONCE]
        rows += db.session.execute(select(kind).where(column.in_(part))).scalars().all()
    return rows


def set_supplier_rule(supplier: PartnerId, *, sku: str, values: Mapping[str, Any]) -> None:
    """Say by what an item is taken in from a supplier; with nothing said the rule goes. NotFound, FieldErrors (no supplier)."""
    if not queries.get_partner(supplier).is_supplier:
        raise FieldErrors(errors={"supplier": ["not_a_choice"]})
    item = queries.find_item(sku)
    if item is None:
        raise NotFound(kind="item", text=sku)
    rule = queries.find_supplier_rule(supplier, item.id)
    if all(value is None for value in values.values()):
        if rule is not None:
            db.session.delete(rule)
    elif rule is None:
        db.session.add(SupplierRule(id=new_id(), supplier_id=supplier, item_id=item.id, **values))
    else:
        _set(rule, values, fixed=frozenset())
    db.session.flush()


def _check_maker(maker: PartnerId | None) -> None:
    if maker is not None and not queries.get_partner(maker).is_maker:
        raise FieldErrors(errors={"maker_id": ["not_a_choice"]})


def _set(row: Any, values: Mapping[str, Any], *, fixed: frozenset[str]) -> None:
    if refused := sorted(fixed & values.keys()):
        raise FieldErrors(errors={name: ["Unknown field."] for name in refused})
    for name, value in values.items():
        setattr(row, name, value)
