"""Reads of what nears its end (近效期): the lots of a warehouse by last good day, with the months they fall into."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import false, func, literal_column, or_, select

from wms.catalog.models import Item, Partner
from wms.core.ids import ItemId, LotId, WarehouseId
from wms.core.quantity import Quantity
from wms.db import db
from wms.db.paging import Page, SortKey, after, page_of
from wms.stock.ledger import reads as ledger
from wms.stock.models import Lot
from wms.stock.rules.retest import add_months

#: How many months ahead may be looked at.
MONTHS_MAX = 24


@dataclass(frozen=True, kw_only=True)
class NearExpiry:
    """A lot that ends soon, with what stands of it here. `is_warned`: within the warning days of its item."""

    lot: LotId
    number: str
    item: ItemId
    sku: str
    name_en: str
    name_zh: str
    base_unit: str
    supplier_code: str | None
    last_good_on: date
    on_hand: Quantity
    held: Quantity
    is_warned: bool
    standard_cost: Decimal | None

    @property
    def free(self) -> Quantity:
        """What no hold stops."""
        return self.on_hand - self.held

    @property
    def worth(self) -> Decimal | None:
        """What stands here by standard cost, None where that is not known."""
        if self.standard_cost is None:
            return None
        return (self.standard_cost * self.on_hand.decimal).quantize(Decimal("0.01"))


def horizon(on: date, months: int) -> date:
    """The last day of the month so many months ahead; with 0 the end of this month."""
    return add_months(on.replace(day=1), months + 1) - timedelta(days=1)


def page_of_near_expiry(
    warehouse: WarehouseId, *, on: date, months: int, only_warned: bool = False, cursor: str | None = None,
    size: int = 50,
) -> Page[NearExpiry]:  # fmt: skip
    """One page of the lots that end from `on` to the end of a month, the nearest first: one statement."""
    balance = ledger.balance
    held: Any = func.sum(
        literal_column("CASE WHEN stock_balance.hold_set_id <> 0 THEN stock_balance.on_hand ELSE 0 END")
    )
    sums = (
        select(
            balance.c.lot_id, balance.c.item_id, balance.c.fefo_on, func.sum(balance.c.on_hand).label("on_hand"),
            held.label("held"),
        )
        .where(
            literal_column("stock_balance.on_hand > 0"), balance.c.warehouse_id == warehouse, balance.c.fefo_on >= on,
            balance.c.fefo_on <= horizon(on, months),
        )
        .group_by(balance.c.lot_id, balance.c.item_id, balance.c.fefo_on)
        .subquery()
    )  # fmt: skip
    statement: Any = (
        select(
            Lot.id.label("lot"), Lot.number, Item.id.label("item"), Item.sku, Item.name_en, Item.name_zh, Item.base_unit,
            Partner.code.label("supplier_code"), sums.c.fefo_on.label("last_good_on"), sums.c.on_hand, sums.c.held,
            Item.expiry_warning_days, Item.standard_cost,
        )
        .select_from(sums)
        .join(Lot, Lot.id == sums.c.lot_id)
        .join(Item, Item.id == sums.c.item_id)
        .outerjoin(Partner, Partner.id == Lot.supplier_id)
    )  # fmt: skip
    if only_warned:
        warnings = db.session.execute(select(Item.expiry_warning_days).distinct()).scalars().all()
        ways = [(Item.expiry_warning_days == days) & (sums.c.fefo_on <= on + timedelta(days=days)) for days in warnings]
        statement = statement.where(or_(false(), *ways))
    keys = [SortKey(sums.c.fefo_on), SortKey(sums.c.lot_id)]
    rows = [_near(row._mapping, on=on) for row in db.session.execute(after(statement, keys, cursor, size=size))]
    return page_of(rows, size=size, values=lambda row: (row.last_good_on, row.lot))


def _near(row: Mapping[Any, Any], *, on: date) -> NearExpiry:
    values = dict(row)
    warned = values["last_good_on"] <= on + timedelta(days=values.pop("expiry_warning_days"))
    for name in ("on_hand", "held"):
        values[name] = values[name] if isinstance(values[name], Quantity) else Quantity(int(values[name] or 0))
    return NearExpiry(**values, is_warned=warned)


def months_ahead(warehouse: WarehouseId, *, on: date, months: int) -> list[tuple[date, int]]:
    """How many lots end in each month, by the month's first day; months without any are left out."""
    balance = ledger.balance
    rows = db.session.execute(
        select(balance.c.fefo_on, func.count(balance.c.lot_id.distinct()))
        .where(
            literal_column("stock_balance.on_hand > 0"), balance.c.warehouse_id == warehouse, balance.c.fefo_on >= on,
            balance.c.fefo_on <= horizon(on, months),
        )
        .group_by(balance.c.fefo_on)
    )  # fmt: skip
    found: dict[date, int] = {}
    for day, lots in rows:
        first = (day if isinstance(day, date) else date.fromisoformat(day)).replace(day=1)
        found[first] = found.get(first, 0) + lots
    return sorted(found.items())
