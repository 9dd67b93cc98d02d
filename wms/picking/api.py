"""Orders, pick lists and pick tasks for machines: what the order pages and the handheld's pick task do."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from wms.core.clock import now
from wms.core.errors import NotAllowed, NotFound
from wms.core.ids import LotId, OrderId, OrderLineId, PickListId, TaskId
from wms.core.quantity import Quantity
from wms.db.paging import Page
from wms.picking import page_queries, queries, schemas, service
from wms.picking.models import Order, PickListState
from wms.picking.page_queries import LineView, ListView, OrderFilter, OrderRow, OrderView, PickListRow, TaskView
from wms.picking.peg_queries import PegPreview, preview_peg
from wms.picking.queries import LotInBin, Stop
from wms.picking.rules.check_pick import Scanned
from wms.stock import capture_edge
from wms.stock import queries as stock
from wms.tasks.models import TaskState
from wms.web import api, auth
from wms.web.api import reads, writes
from wms.web.auth import requires

bp = api.blueprint("picking_api", __name__)

_TO_WALK = (PickListState.OPEN, PickListState.TAKEN)
_TO_DO = (TaskState.OPEN, TaskState.TAKEN)


# -- orders -----------------------------------------------------------------------------------------------------------
@bp.get("/orders")
@requires("order.view")
@reads(query=schemas.OrdersQuery(), answer=schemas.OrderRowOut(), paged=True)
def orders(query: dict[str, Any]) -> Page[OrderRow]:
    """List the orders of a warehouse, by default the open ones, those that leave first."""
    wanted = OrderFilter(
        warehouse=auth.current_warehouse(), text=query["q"], state="" if query["state"] == "all" else query["state"],
        sort=query["sort"], due=query["due"],
    )  # fmt: skip
    return page_queries.page_of_orders(wanted, cursor=query["cursor"], size=query["limit"])


@bp.post("/orders")
@requires("order.edit")
@writes(body=schemas.OrderIn(), answer=schemas.OrderBriefOut(), status=201, offers=("picking.create_order",))
def create_order(values: dict[str, Any]) -> OrderView:
    """Take in a new order.

    Quantities are in the items' base units. Nothing is promised yet: allocate it next. Refused with `field_errors` for
    an unknown customer, item or lot (named by the line, from 0) and `duplicate_value` for a number that is taken.
    """
    cmd = schemas.order_command(values, warehouse=auth.current_warehouse())
    order_id = service.create_order(cmd, actor=auth.actor_id(), at=now())
    return page_queries.order_view(queries.find_order(order_id))


@bp.get("/orders/<int:order_id>")
@requires("order.view")
@reads(answer=schemas.OrderOut())
def order(order_id: int) -> OrderView:
    """Show one order: lines with their promises and why each lot was or was not taken, pick lists, overrides."""
    return page_queries.order_view(_own(order_id))


@dataclass(frozen=True, kw_only=True)
class _Allocation:
    """What an allocation came to, with the order as it stands now."""

    order: Order
    lines: list[LineView]
    claimed: Quantity
    short: Quantity


@bp.post("/orders/<int:order_id>/allocate")
@requires("order.allocate")
@writes(answer=schemas.AllocatedOut(), offers=("picking.allocate",))
def allocate(order_id: int) -> _Allocation:
    """Promise stock to every line that wants some.

    By the line's policy (FEFO unless somebody said otherwise) and the customer's least remaining shelf life. What cannot
    be promised is told as `short`; the order's lines say why, lot by lot. May be asked again. Refused with `wrong_state`
    once the order is shipped or cancelled.
    """
    return _allocated(order_id, service.allocate_order)


@bp.post("/orders/<int:order_id>/reallocate")
@requires("order.allocate")
@writes(answer=schemas.AllocatedOut(), offers=("picking.reallocate",))
def reallocate(order_id: int) -> _Allocation:
    """Find other stock for what a hold or a short pick took away, and send it to picking at once.

    New stops join the list that is still walked; else a new pick list is made. Refused as allocate.
    """
    return _allocated(order_id, service.reallocate_order)


@bp.post("/orders/<int:order_id>/release")
@requires("order.allocate")
@writes(answer=schemas.PickListOut(), status=201, offers=("picking.release",))
def release(order_id: int) -> ListView:
    """Make the pick list of an allocated order: one walk onto one outbound LPN with an SSCC.

    Refused with `wrong_state` unless the order is allocated or in picking, and `insufficient_stock` when nothing is
    promised that has no pick task yet.
    """
    found = _own(order_id)
    return page_queries.list_view(service.release_order(found.id, actor=auth.actor_id(), at=now()))


@bp.get("/orders/<int:order_id>/lines/<int:line_id>/peg-preview")
@requires("production.plan")
@reads(query=schemas.PegQuery(), answer=schemas.PegPreviewOut())
def peg_preview(order_id: int, line_id: int, query: dict[str, Any]) -> PegPreview:
    """Look before a lot is kept for an order line: who holds promises on it, and what of them is in hand already."""
    seen = preview_peg(stock.get_lot(LotId(query["lot_id"])).id, _own_line(order_id, line_id))
    for loss in seen.losses:
        auth.demand_at("production.plan", loss.warehouse)
    return seen


@bp.post("/orders/<int:order_id>/lines/<int:line_id>/pegs")
@requires("production.plan")
@writes(body=schemas.KeepLotIn(), answer=schemas.LaidPegOut(), status=201, offers=("picking.lay_peg",))
def lay_peg(order_id: int, line_id: int, values: dict[str, Any]) -> service.Kept:
    """Keep a lot for an order line: it goes to no other until it is freed, and is promised to the line at once.

    Others lose what they were promised of it in the same transaction, and are allocated anew; who finds too little is told
    in `short` and by an alert. Asked about first: `peg_takes` (others lose promises: repeat with the `fingerprint` it names).
    Refused with `peg_too_late` where another has goods of it in hand, `lot_pegged` where it is kept for another,
    `wrong_item_scanned`, `wrong_state`.
    """
    line, lot = _own_line(order_id, line_id), stock.get_lot(LotId(values["lot_id"])).id
    for loss in preview_peg(lot, line).losses:
        auth.demand_at("production.plan", loss.warehouse)
    cmd = service.LayPeg(
        lot=lot, line=line, warehouse=auth.current_warehouse(), fingerprint=values["fingerprint"]
    )  # fmt: skip
    return service.lay_peg(cmd, actor=auth.actor_id(), at=now())


@bp.post("/orders/<int:order_id>/cancel")
@requires("order.edit")
@writes(answer=schemas.OrderBriefOut(), offers=("picking.cancel",))
def cancel(order_id: int) -> OrderView:
    """Call an order off before it is picked, and give its promises back.

    Refused with `wrong_state` once it was released to picking.
    """
    found = _own(order_id)
    service.cancel_order(found.id, actor=auth.actor_id(), at=now())
    return page_queries.order_view(found)


def _allocated(order_id: int, verb: Callable[..., service.Allocated]) -> _Allocation:
    found = _own(order_id)
    came_to = verb(found.id, actor=auth.actor_id(), at=now())
    lines = page_queries.lines_for_page(found.id)
    return _Allocation(order=found, lines=lines, claimed=came_to.claimed, short=came_to.short)


# -- pick lists -------------------------------------------------------------------------------------------------------
@bp.get("/pick-lists")
@requires("pick", "order.view")
@reads(query=schemas.PickListsQuery(), answer=schemas.PickListRowOut(), paged=True)
def pick_lists(query: dict[str, Any]) -> Page[PickListRow]:
    """List the pick lists of a warehouse, by priority and the day the order leaves."""
    states = (query["state"],) if query["state"] else _TO_WALK
    return page_queries.page_of_lists(
        auth.current_warehouse(), states=states, cursor=query["cursor"], size=query["limit"]
    )


@bp.get("/pick-lists/<int:list_id>")
@requires("pick", "order.view")
@reads(answer=schemas.PickListOut())
def pick_list(list_id: int) -> ListView:
    """Show one pick list with its tasks in walk order."""
    return page_queries.list_view(_own_list(list_id))


@bp.post("/pick-lists/<int:list_id>/take")
@requires("pick")
@writes(answer=schemas.PickListOut(), offers=("mobile.pick",))
def take(list_id: int) -> ListView:
    """Take a pick list: only who took it may pick it. Taking it twice is nothing.

    Refused with `already_taken` when another walks it, `wrong_state` when it is done.
    """
    own = _own_list(list_id)
    service.take_list(own, actor=auth.actor_id(), at=now())
    return page_queries.list_view(own)


@bp.post("/pick-lists/<int:list_id>/leave")
@requires("pick")
@writes(answer=schemas.PickListOut(), offers=("mobile.pick",))
def leave(list_id: int) -> ListView:
    """Give a pick list back, so that another may go on. Refused with `already_taken` or `wrong_state`."""
    own = _own_list(list_id)
    service.leave_list(own, actor=auth.actor_id(), at=now())
    return page_queries.list_view(own)


# -- pick tasks -------------------------------------------------------------------------------------------------------
@bp.get("/pick-tasks")
@requires("pick", "order.view")
@reads(query=schemas.PickTasksQuery(), answer=schemas.PickTaskOut(), paged=True)
def pick_tasks(query: dict[str, Any]) -> Page[TaskView]:
    """List the pick tasks of a warehouse, list by list in walk order."""
    states = (query["state"],) if query["state"] else _TO_DO
    return page_queries.page_of_tasks(
        auth.current_warehouse(), states=states, pick_list=query["pick_list_id"], cursor=query["cursor"],
        size=query["limit"],
    )  # fmt: skip


@bp.get("/pick-tasks/<int:task_id>")
@requires("pick", "order.view")
@reads(answer=schemas.PickStopOut())
def pick_task(task_id: int) -> Stop:
    """Show one stop: where, which lot, how much is left, for whom, and what another lot would take."""
    return _own_stop(task_id)


@bp.get("/pick-tasks/<int:task_id>/lots")
@requires("pick", "order.view")
@reads(answer=schemas.LotsInBinOut())
def lots_in_bin(task_id: int) -> dict[str, list[LotInBin]]:
    """List the lots of the item that lie in the stop's bin: what the question `which_lot` asks to choose from."""
    stop = _own_stop(task_id)
    return {"lots": queries.lots_in_bin(stop.item, stop.key.place.bin)}


@bp.post("/pick-tasks/<int:task_id>/confirm")
@requires("pick")
@writes(body=schemas.PickIn(), answer=schemas.PickedOut(), offers=("mobile.pick",))
def confirm(task_id: int, values: dict[str, Any]) -> service.Picked:
    """Pick at a stop: the goods move to staging onto the list's LPN, and stay promised to their line.

    Send what the labels say: the bin, and the lot, the item or the LPN. Less than is left leaves the stop open for the
    rest. Refused with `wrong_bin_scanned`, `wrong_item_scanned`, `wrong_lot_scanned`, `wrong_lpn_scanned`,
    `picked_too_much`, `pick_stopped`, `lot_on_hold`, `lot_expired`, `not_released`, `life_too_short`,
    `held_part_not_apart`, `already_taken` (take the list first). With `question_needed` (`which_lot`), repeat the call
    under a new key with `answers.which_lot`. With `fefo_broken` the data's `grade` says what another lot takes: `reason`,
    an `override_reason`; `supervisor`, one from a user who holds pick.override, or the signed call beside this one;
    `forbid`, nothing helps.
    """
    reason = values["override_reason"]
    override = None
    if reason.strip():
        override = service.Override(
            reason=reason, approved_by=auth.actor_id(), is_permitted=auth.permitted("pick.override")
        )
    return _pick(_own_stop(task_id), values, override)


@bp.post("/pick-tasks/<int:task_id>/override")
@requires("pick")
@writes(body=schemas.OverrideIn(), answer=schemas.PickedOut(), offers=("mobile.pick",), signed=True)
def override(task_id: int, values: dict[str, Any], signer: auth.Person) -> service.Picked:
    """Pick another lot than the policy's, which a permitted person signs.

    The one who signs needs pick and pick.override here and is kept as the approver; the picker is who took the list.
    Every better lot that was skipped is kept with the reason. Refused as a pick, and with `not_allowed`.
    """
    stop = _own_stop(task_id)
    if not signer.may("pick.override", stop.warehouse):
        raise NotAllowed(permission="pick.override")
    return _pick(stop, values, service.Override(reason=values["reason"], approved_by=signer.id, is_permitted=True))


@bp.post("/pick-tasks/<int:task_id>/short")
@requires("pick")
@writes(body=schemas.ShortIn(), answer=schemas.ShortPickedOut(), offers=("mobile.pick",))
def short(task_id: int, values: dict[str, Any]) -> service.Short:
    """Say that a stop holds less than it asks for.

    What was found is picked, the rest is sought elsewhere at once and joins the walk, the bin is to be counted, and an
    alert tells what is missing. Refused as a pick.
    """
    stop = _own_stop(task_id)
    scanned, _ = _scanned(stop, values)
    cmd = service.ReportShort(
        task=stop.task, scanned=scanned, found=values["found"], key=api.call_key(), warehouse=stop.warehouse
    )
    with capture_edge.told(values):
        return service.report_short(cmd, actor=auth.actor_id(), at=now())


def _pick(stop: Stop, values: dict[str, Any], override: service.Override | None) -> service.Picked:
    scanned, lot = _scanned(stop, values)
    quantity = stop.left if values["quantity"] is None else values["quantity"]
    cmd = service.ConfirmPick(
        task=stop.task, scanned=scanned, lot=lot, quantity=quantity, key=api.call_key(), override=override,
        warehouse=stop.warehouse,
    )  # fmt: skip
    with capture_edge.told(values):
        return service.confirm_pick(cmd, actor=auth.actor_id(), at=now())


def _scanned(stop: Stop, values: dict[str, Any]) -> tuple[Scanned, LotId | None]:
    """Say what was scanned, and the lot behind its number; another item's label is left to the rule to refuse."""
    number, sku, lot = values["lot_number"] or values["answers"].get("which_lot"), values["sku"], None
    if number is not None and sku in (None, stop.facts.sku):
        sku, lot = stop.facts.sku, page_queries.lot_by_number(stop.item, number)
        if lot is None:
            raise NotFound(kind="lot", text=number)
    return Scanned(bin_code=values["bin_code"], lot_number=number, sku=sku, lpn_code=values["lpn_code"]), lot


# -- of this place ------------------------------------------------------------------------------------------------------
def _own(order_id: int) -> Order:
    """Give an order of the warehouse the call is for; NotFound for one elsewhere."""
    found = queries.find_order(OrderId(order_id))
    if found.warehouse_id != auth.current_warehouse():
        raise NotFound(kind="order", text=str(order_id))
    return found


def _own_line(order_id: int, line_id: int) -> OrderLineId:
    """Give a line of an order of the current warehouse; NotFound for another."""
    if line_id not in {line.id for line in _own(order_id).lines}:
        raise NotFound(kind="order_line", text=str(line_id))
    return OrderLineId(line_id)


def _own_list(list_id: int) -> PickListId:
    found = queries.find_list(PickListId(list_id))
    if found.warehouse_id != auth.current_warehouse():
        raise NotFound(kind="pick_list", text=str(list_id))
    return found.id


def _own_stop(task_id: int) -> Stop:
    found = queries.find_stop(TaskId(task_id), at=now())
    if found.warehouse != auth.current_warehouse():
        raise NotFound(kind="pick_task", text=str(task_id))
    return found
