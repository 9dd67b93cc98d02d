"""Where a person may hold and lift, and what a hold from here reaches: the same for the page and for the API."""

from collections.abc import Collection

from wms.core.errors import NotFound
from wms.core.ids import BinId, HoldId, LotId, LpnId, WarehouseId
from wms.core.quantity import Quantity
from wms.quality import queries
from wms.quality.queries import HoldRow, HoldTarget
from wms.stock import queries as stock
from wms.stock.models import HoldScope
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
