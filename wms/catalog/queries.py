"""Reads of items and partners."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session, selectinload

from wms.catalog.models import Item, ItemClass, ItemRule, PackUnit, Partner, SupplierRule
from wms.catalog.rules import typed_sound
from wms.core.errors import NotFound
from wms.core.ids import ItemId, PartnerId
from wms.db import db
from wms.db.paging import Page, SortKey, after, page_of
from wms.fields.queries import matching
from wms.fields.rules.values import Condition

PAGE_SIZE = 50


@dataclass(frozen=True)
class ItemFilter:
    """What the list of items is asked for; blank means not asked."""

    search: str = ""
    item_class: ItemClass | None = None
    is_active: bool = True
    own: tuple[Condition, ...] = ()


@dataclass(frozen=True)
class SupplierRuleRow:
    """By what an item is taken in from a supplier, with the item."""

    rule: SupplierRule
    item: Item


@dataclass(frozen=True)
class RuleRow:
    """What a customer asks of an item, with both names."""

    rule: ItemRule
    item: Item
    customer: Partner


# -- items ------------------------------------------------------------------------------------------------------------
def list_items(
    wanted: ItemFilter, *, cursor: str | None = None, size: int = PAGE_SIZE, with_own: bool = False
) -> Page[Item]:
    """List items by SKU, with units and maker, and their own fields when asked for. The search finds a SKU from its beginning, a name anywhere (as written, by
    pinyin or by its initials), a GTIN of any unit."""
    statement: Any = (
        select(Item)
        .where(Item.is_active.is_(wanted.is_active))
        .options(selectinload(Item.pack_units), selectinload(Item.maker))
    )
    if wanted.item_class is not None:
        statement = statement.where(Item.item_class == wanted.item_class)
    if wanted.search:
        statement = statement.where(_matches(wanted.search))
    for asked in wanted.own:
        statement = statement.where(Item.id.in_(matching(asked)))
    if with_own:
        statement = statement.options(selectinload(Item.own_values))
    keys = [SortKey(Item.sku.expression)]
    rows = _session().execute(after(statement, keys, cursor, size=size)).scalars().all()
    return page_of(rows, size=size, values=lambda item: (item.sku,))


def count_items_by_class() -> Mapping[ItemClass, int]:
    """Count the active items by class, for the chips."""
    statement = select(Item.item_class, func.count()).where(Item.is_active).group_by(Item.item_class)
    return {row[0]: row[1] for row in _session().execute(statement)}


def get_item(item: ItemId) -> Item:
    """Give an item with its units and its maker; NotFound otherwise."""
    statement = select(Item).where(Item.id == item).options(selectinload(Item.pack_units), selectinload(Item.maker))
    found = _session().execute(statement).scalar_one_or_none()
    if found is None:
        raise NotFound(kind="item", text=str(item))
    return found


def find_item(sku: str) -> Item | None:
    """Give the item of a SKU, or None."""
    return _session().execute(select(Item).where(Item.sku == sku)).scalar_one_or_none()


def find_unit(gtin: str) -> PackUnit | None:
    """Give the unit of a GTIN-14, or None."""
    statement = select(PackUnit).where(PackUnit.gtin == gtin).options(selectinload(PackUnit.item))
    return _session().execute(statement).scalar_one_or_none()


def _matches(search: str) -> Any:
    text = search.strip()
    found = [
        func.upper(Item.sku).startswith(text.upper(), autoescape=True),
        func.lower(Item.name_en).contains(text.lower(), autoescape=True),
        Item.name_zh.contains(text, autoescape=True),
    ]
    if (sound := typed_sound(text)) is not None:
        found.append(Item.sound.contains(sound, autoescape=True))
    if text.isascii() and text.isdigit() and 8 <= len(text) <= 14:
        found.append(Item.id.in_(select(PackUnit.item_id).where(PackUnit.gtin == text.zfill(14))))
    return or_(*found)


# -- partners ---------------------------------------------------------------------------------------------------------
def list_partners(
    *, role: str = "", search: str = "", cursor: str | None = None, size: int = PAGE_SIZE
) -> Page[Partner]:
    """List partners by code; `role` is supplier, maker, customer or blank; the search finds code and names, by pinyin too."""
    statement: Any = select(Partner)
    if role:
        statement = statement.where(
            {"supplier": Partner.is_supplier, "maker": Partner.is_maker, "customer": Partner.is_customer}[role]
        )
    if search:
        statement = statement.where(partner_matches(search))
    keys = [SortKey(Partner.code.expression)]
    rows = _session().execute(after(statement, keys, cursor, size=size)).scalars().all()
    return page_of(rows, size=size, values=lambda partner: (partner.code,))


def partner_matches(search: str) -> ColumnElement[bool]:
    """The condition that a partner's code begins with a text, or a name of it holds it, as written or as it sounds."""
    ways = [
        func.upper(Partner.code).startswith(search.upper(), autoescape=True),
        func.lower(Partner.name_en).contains(search.lower(), autoescape=True),
        Partner.name_zh.contains(search, autoescape=True),
    ]
    if (sound := typed_sound(search)) is not None:
        ways.append(Partner.sound.contains(sound, autoescape=True))
    return or_(*ways)


def partners_in_role(role: str) -> Sequence[Partner]:
    """List the active partners of a role (supplier, maker, customer), by code: for a choice in a form."""
    column = {"supplier": Partner.is_supplier, "maker": Partner.is_maker, "customer": Partner.is_customer}[role]
    return _session().execute(select(Partner).where(column, Partner.is_active).order_by(Partner.code)).scalars().all()


def get_partner(partner: PartnerId) -> Partner:
    """Give a partner; NotFound otherwise."""
    found = _session().get(Partner, partner)
    if found is None:
        raise NotFound(kind="partner", text=str(partner))
    return found


def rules_of(*, customer: PartnerId | None = None, item: ItemId | None = None) -> Sequence[RuleRow]:
    """List what customers ask of items: all of a customer, or all of an item."""
    statement = (
        select(ItemRule, Item, Partner)
        .join(Item, Item.id == ItemRule.item_id)
        .join(Partner, Partner.id == ItemRule.customer_id)
        .order_by(Partner.code, Item.sku)
    )
    if customer is not None:
        statement = statement.where(ItemRule.customer_id == customer)
    if item is not None:
        statement = statement.where(ItemRule.item_id == item)
    return [RuleRow(row[0], row[1], row[2]) for row in _session().execute(statement)]


def find_rule(customer: PartnerId, item: ItemId) -> ItemRule | None:
    """Give the rule of a customer for an item, or None."""
    statement = select(ItemRule).where(ItemRule.customer_id == customer, ItemRule.item_id == item)
    return _session().execute(statement).scalar_one_or_none()


def supplier_rules_of(supplier: PartnerId) -> Sequence[SupplierRuleRow]:
    """List by what single items are taken in from a supplier."""
    statement = (
        select(SupplierRule, Item)
        .join(Item, Item.id == SupplierRule.item_id)
        .where(SupplierRule.supplier_id == supplier)
        .order_by(Item.sku)
    )
    return [SupplierRuleRow(row[0], row[1]) for row in _session().execute(statement)]


def find_supplier_rule(supplier: PartnerId, item: ItemId) -> SupplierRule | None:
    """Give the rule of a supplier for an item, or None."""
    statement = select(SupplierRule).where(SupplierRule.supplier_id == supplier, SupplierRule.item_id == item)
    return _session().execute(statement).scalar_one_or_none()


def suggest_items(begun: str, *, limit: int = 12) -> Sequence[Item]:
    """The active items that a person may mean who began to type: SKU from its beginning, a name anywhere; with their units."""
    statement = (
        select(Item).where(Item.is_active, _matches(begun)).options(selectinload(Item.pack_units)).order_by(Item.sku)
    )
    return _session().execute(statement.limit(limit)).scalars().all()


def _session() -> Session:
    return db.session()
