"""Where a person may hold and lift, and what a hold from here reaches: the same for the page and for the API."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from wms.core.errors import NotFound
from wms.core.ids import BinId, HoldId, LotId, LpnId, WarehouseId
from wms.core.quantity import Quantity
from wms.db.paging import Page, page_of
from wms.quality import queries
from wms.quality.case_queries import CaseRow
from wms.quality.queries import HoldRow, HoldTarget
from wms.stock import queries as stock
from wms.stock.models import HoldReason, HoldScope
from wms.web import auth


def may_hold_everywhere(lot: LotId) -> bool:
    """Whether the person may hold in every warehouse where the lot stands."""
    return all(auth.permitted("hold.place", row.warehouse) for row in stock.find_balances(lot=lot))


def target_of(
    scope: HoldScope, lot: LotId, *, bin: BinId | None, lpn: LpnId | None, quantity: Quantity | None,
    is_everywhere: bool,
) -> HoldTarget:  # fmt: skip
    """Say what a hold is to reach: the lot here or everywhere, or the place that its scope needs."""
    if scope is HoldScope.LOT:
        return HoldTarget(scope=scope, lot=lot, warehouse=None if is_everywhere else auth.current_warehouse())
    return HoldTarget(
        scope=scope,
        lot=lot,
        bin=bin if scope in (HoldScope.BIN, HoldScope.QUANTITY) else None,
        lpn=lpn if scope in (HoldScope.LPN, HoldScope.QUANTITY) else None,
        quantity=quantity,
    )


def demand_reach(scope: HoldScope, lot: LotId, *, lpn: LpnId | None, is_everywhere: bool) -> None:
    """Raise NotAllowed unless the person may hold wherever the goods stand that the hold is to reach."""
    if scope is HoldScope.LPN and lpn is not None:
        _demand_at({row.warehouse for row in stock.find_balances(lpns=stock.lpn_with_children(lpn))})
    if scope is HoldScope.LOT and is_everywhere:
        _demand_at({row.warehouse for row in stock.find_balances(lot=lot)})


def _demand_at(warehouses: Collection[WarehouseId]) -> None:
    for warehouse in sorted(warehouses):
        auth.demand("hold.place", warehouse)


def get_hold(hold_id: int) -> HoldRow:
    """Give a hold that this person may see from here; NotFound otherwise."""
    found = queries.get_hold(HoldId(hold_id))
    if found.warehouse is not None and found.warehouse not in {site.id for site in auth.permitted_sites()}:
        raise NotFound(kind="hold", text=str(hold_id))
    return found


def sites_of(hold: HoldRow) -> set[WarehouseId]:
    """Where the one who lifts a hold needs the right: its own warehouse, and wherever goods lie under it."""
    return queries.sites_under(hold.id) | ({hold.warehouse} if hold.warehouse else set())


def filters_of(values: Mapping[str, Any], *, at: datetime) -> dict[str, Any]:
    """The filters of the list of holds as its query takes them: the list, its cases and the export ask alike."""
    return {
        "is_open": values["state"] != "lifted",
        "reason": HoldReason(values["reason"]) if values["reason"] else None,
        "placed_before": at - timedelta(days=int(values["older"])) if values["older"] else None,
        "words": values["q"],
    }


def merge(alone: Page[HoldRow], together: Page[CaseRow], *, size: int) -> Page[HoldRow | CaseRow]:
    """One page of holds and cases by the moment they were placed, the newest first: both lists share the cursor."""
    rows: list[HoldRow | CaseRow] = [*alone.rows, *together.rows]
    rows.sort(key=lambda row: (row.placed_at, row.id), reverse=True)
    if len(rows) <= size and alone.next_cursor is None and together.next_cursor is None:
        return Page(rows=rows, next_cursor=None)
    return page_of([*rows[: size + 1], *([rows[0]] if len(rows) <= size else [])], size=size, values=lambda row: (
        row.placed_at.isoformat(), row.id
    ))  # fmt: skip
