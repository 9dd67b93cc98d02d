"""Verbs of items and partners. A field that stock already stands on (unit, date basis, SKU) is set once and kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from wms.catalog import queries
from wms.catalog.models import Item, ItemRule, PackUnit, Partner
from wms.core.errors import DuplicateValue, FieldErrors, NotFound
from wms.core.ids import ItemId, PartnerId, new_id
from wms.core.quantity import Quantity
from wms.db import db
from wms.gs1.gtin import Gtin

#: Set when the item is made and kept: lots and balances carry values that follow from them.
ITEM_FIXED = frozenset({"id", "sku", "base_unit", "date_basis", "is_lot_tracked"})
PARTNER_FIXED = frozenset({"id", "code"})


def create_item(values: Mapping[str, Any], *, gtin: Gtin | None = None) -> Item:
    """Make an item with its base unit; DuplicateValue when its SKU or GTIN is in use."""
    if queries.find_item(values["sku"]) is not None:
        raise DuplicateValue(field="sku", value=values["sku"])
    _check_maker(values.get("maker_id"))
    item = Item(id=ItemId(new_id()), **values)
    db.session.add(item)
    db.session.flush()
    add_unit(item.id, code=item.base_unit, factor=Quantity.of(1), gtin=gtin)
    return item


def change_item(item: ItemId, values: Mapping[str, Any]) -> None:
    """Change an item's fields; those of ITEM_FIXED are refused by FieldErrors."""
    row = queries.get_item(item)
    _check_maker(values.get("maker_id"))
    _set(row, values, fixed=ITEM_FIXED)
    db.session.flush()


def add_unit(item: ItemId, *, code: str, factor: Quantity, gtin: Gtin | None) -> None:
    """Add a unit an item comes in: `factor` base units each. DuplicateValue over its code or GTIN."""
    queries.get_item(item)
    if db.session.execute(select(PackUnit.id).where(PackUnit.item_id == item, PackUnit.code == code)).first():
        raise DuplicateValue(field="code", value=code)
    if gtin is not None and queries.find_unit(gtin.value) is not None:
        raise DuplicateValue(field="gtin", value=gtin.short)
    db.session.add(PackUnit(id=new_id(), item_id=item, code=code, factor=factor, gtin=gtin.value if gtin else None))
    db.session.flush()


def create_partner(values: Mapping[str, Any]) -> Partner:
    """Make a partner; DuplicateValue when its code is in use."""
    if db.session.execute(select(Partner.id).where(Partner.code == values["code"])).first():
        raise DuplicateValue(field="code", value=values["code"])
    partner = Partner(id=PartnerId(new_id()), **values)
    db.session.add(partner)
    db.session.flush()
    return partner


def change_partner(partner: PartnerId, values: Mapping[str, Any]) -> None:
    """Change a partner's fields; the code is kept."""
    _set(queries.get_partner(partner), values, fixed=PARTNER_FIXED)
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


def _check_maker(maker: PartnerId | None) -> None:
    if maker is not None and not queries.get_partner(maker).is_maker:
        raise FieldErrors(errors={"maker_id": ["not_a_choice"]})


def _set(row: Any, values: Mapping[str, Any], *, fixed: frozenset[str]) -> None:
    if refused := sorted(fixed & values.keys()):
        raise FieldErrors(errors={name: ["Unknown field."] for name in refused})
    for name, value in values.items():
        setattr(row, name, value)
