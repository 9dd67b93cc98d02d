"""Reads of issues: what went to the line and came back, what was used of it, and what stands there still."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import case, func, select

from wms.catalog.models import Item
from wms.core.ids import ItemId, LotId, WorkOrderComponentId, WorkOrderId
from wms.core.quantity import ZERO, Quantity
from wms.db import db
from wms.production.models import (
    InputSource,
    IssueKind,
    ProductionReport,
    ReportInput,
    WorkOrder,
    WorkOrderComponent,
    WorkOrderIssue,
)


@dataclass(frozen=True, kw_only=True)
class ComponentBalance:
    """What happened to one component of a work order, in its base unit.

    `consumed` went into outputs, `scrapped` was lost at the line, `backflushed` is the part of `consumed` that the recipe
    took. `at_line` is what was issued and neither came back nor was used.
    """

    component: WorkOrderComponentId
    line: int
    item: ItemId
    sku: str
    name_en: str
    name_zh: str
    unit: str
    planned: Quantity
    issued: Quantity = ZERO
    returned: Quantity = ZERO
    consumed: Quantity = ZERO
    backflushed: Quantity = ZERO
    scrapped: Quantity = ZERO

    @property
    def at_line(self) -> Quantity:
        """What still stands at the line for the order, by its papers; back-flush may have taken more than was issued."""
        return max(self.issued - self.returned - self.consumed - self.scrapped, ZERO)

    @property
    def to_issue(self) -> Quantity:
        """What the plan still asks for."""
        return max(self.planned - (self.issued - self.returned), ZERO)


def balance_of_order(work_order: WorkOrderId) -> list[ComponentBalance]:
    """Per component what was issued, returned, consumed and scrapped, and what is at the line; reports taken back left out."""
    return balances_of_orders([work_order]).get(work_order, [])


def balances_of_orders(orders: Collection[WorkOrderId]) -> dict[WorkOrderId, list[ComponentBalance]]:
    """The same of many orders, in three statements."""
    raise NotImplementedError
