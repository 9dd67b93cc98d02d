"""Reads of lot-number rules and suppliers' patterns: lists, one of each, the rule for a case, a code read."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date

from sqlalchemy import column, or_, select, table
from sqlalchemy.orm import joinedload

from wms.catalog.models import Item, Partner
from wms.core.errors import NotFound
from wms.core.ids import ItemId, PartnerId, WarehouseId
from wms.db import db
from wms.numbering.models import LotNumberCounter, LotNumberRule, SupplierLotPattern
from wms.numbering.rules.choice import Scope, Trigger, all_closest, closest
from wms.numbering.rules.reading import CodeReading, Life, check_against, parse_template, read
from wms.sites.models import Warehouse

__all__ = [
    "check_against", "find_rule", "find_supplier", "find_warehouse", "get_pattern", "get_rule", "last_sequence", "life_of", "patterns", "read_lot_code", "rules",
    "taken_numbers",
]  # fmt: skip

#: Lots stand a floor above; here only whether a number is taken is asked.
_LOT = table("lot", column("item_id"), column("number"))


# -- rules ------------------------------------------------------------------------------------------------------------
def rules(*, trigger: Trigger | None = None, only_active: bool = False) -> list[LotNumberRule]:
    """List the rules by trigger and name, with what they are tied to."""
    statement = (
        select(LotNumberRule)
        .options(
            joinedload(LotNumberRule.item), joinedload(LotNumberRule.supplier), joinedload(LotNumberRule.warehouse)
        )
        .order_by(LotNumberRule.trigger, LotNumberRule.name)
    )
    if trigger is not None:
        statement = statement.where(LotNumberRule.trigger == trigger)
    if only_active:
        statement = statement.where(LotNumberRule.is_active)
    return list(db.session.execute(statement).scalars())


def get_rule(rule: int) -> LotNumberRule:
    """Give a rule; NotFound otherwise."""
    found = db.session.get(LotNumberRule, rule)
    if found is None:
        raise NotFound(kind="lot_number_rule", text=str(rule))
    return found


def find_rule(
    *, trigger: Trigger, item: Item, warehouse: WarehouseId, supplier: PartnerId | None
) -> LotNumberRule | None:
    """Choose the rule for a case: of those that hold, the one tied most closely (rules/choice.py)."""
    r = LotNumberRule
    held = select(r).where(
        r.trigger == trigger, r.is_active, or_(r.item_id.is_(None), r.item_id == item.id),
        or_(r.warehouse_id.is_(None), r.warehouse_id == warehouse),
    ).order_by(r.id)  # fmt: skip
    case = Scope(item=item.id, supplier=supplier, item_class=item.item_class.value, warehouse=warehouse)
    return closest(db.session.execute(held).scalars(), case)


def last_sequence(rule: int, scope: str) -> int:
    """Say which sequence a rule gave last in a scope; 0 for none."""
    statement = select(LotNumberCounter.last).where(LotNumberCounter.rule_id == rule, LotNumberCounter.scope == scope)
    return db.session.execute(statement).scalar() or 0


def taken_numbers(item: ItemId, numbers: Collection[str]) -> set[str]:
    """Say which of these numbers the item has lots of already."""
    statement = select(_LOT.c.number).where(_LOT.c.item_id == item, _LOT.c.number.in_(numbers))
    return set(db.session.execute(statement).scalars())


# -- suppliers' patterns ----------------------------------------------------------------------------------------------
def patterns(*, supplier: PartnerId | None = None) -> list[SupplierLotPattern]:
    """List the patterns by supplier, those of one item first; of one supplier or all."""
    p = SupplierLotPattern
    statement = select(p).options(joinedload(p.supplier), joinedload(p.item))
    if supplier is not None:
        statement = statement.where(p.supplier_id == supplier)
    found = db.session.execute(statement).scalars()
    return sorted(
        found, key=lambda one: (one.supplier.code, one.item is None, one.item.sku if one.item else "", one.id)
    )


def get_pattern(pattern: int) -> SupplierLotPattern:
    """Give a pattern; NotFound otherwise."""
    found = db.session.get(SupplierLotPattern, pattern)
    if found is None:
        raise NotFound(kind="lot_pattern", text=str(pattern))
    return found


def life_of(item: Item) -> Life | None:
    """Say how long an item keeps by its own record; months stand before days."""
    if item.shelf_life_months is not None:
        return Life(months=item.shelf_life_months)
    return Life(days=item.shelf_life_days) if item.shelf_life_days is not None else None


def read_lot_code(*, item: ItemId, supplier: PartnerId | None, text: str, on: date) -> list[CodeReading]:
    """Read a supplier's lot code by its patterns for this item, or for all its goods; one reading for each, those that
    fit first.

    Empty when the supplier has no pattern: then nothing is known, and nothing contradicts. `on` is the day from which a
    year of one digit is counted back.
    """
    if supplier is None:
        return []
    p = SupplierLotPattern
    statement = (
        select(p)
        .where(p.supplier_id == supplier, p.is_active, or_(p.item_id.is_(None), p.item_id == item))
        .order_by(p.id)
    )
    chosen: Sequence[SupplierLotPattern] = all_closest(
        db.session.execute(statement).scalars(), Scope(item=item, supplier=supplier)
    )
    if not chosen:
        return []
    own = db.session.get(Item, item)
    life = life_of(own) if own is not None else None
    readings = [
        read(parse_template(one.template), text, on=on, text=one.template, meaning=one.meaning, life=one.life or life)
        for one in chosen
    ]
    return sorted(readings, key=lambda reading: not reading.fits)


# -- who and where ----------------------------------------------------------------------------------------------------
def find_supplier(code: str) -> PartnerId | None:
    """Give the supplier of a code, or None."""
    return db.session.execute(
        select(Partner.id).where(Partner.code == code, Partner.is_supplier)
    ).scalar_one_or_none()  # fmt: skip


def find_warehouse(code: str) -> WarehouseId | None:
    """Give the warehouse of a code, or None."""
    return db.session.execute(select(Warehouse.id).where(Warehouse.code == code)).scalar_one_or_none()
