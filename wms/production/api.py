"""Production for machines: lines, teams, machines, vessels, rules of items, bills of materials, work orders, pegs."""

from typing import Any

from wms.catalog.queries import get_item
from wms.core.clock import now
from wms.core.errors import NotFound
from wms.core.ids import (
    BomId,
    ItemId,
    LotId,
    MachineId,
    NonconformanceId,
    ProductionLineId,
    TeamId,
    VesselId,
    WorkOrderComponentId,
    WorkOrderId,
)
from wms.db import db
from wms.db.paging import Page
from wms.fields import queries as own_queries
from wms.fields.forms import given_by_call
from wms.production import schemas
from wms.production.models import Bom, Machine, ProductionLine, ProductionRule, Team, Vessel, WorkOrder, WorkOrderState
from wms.production.queries import master, order_pages
from wms.production.queries import orders as order_queries
from wms.production.queries.master import BomRow
from wms.production.queries.order_pages import OrderFilter, OrderView
from wms.production.service import boms as bom_verbs
from wms.production.service import clearance as clearance_verbs
from wms.production.service import master as master_verbs
from wms.production.service import orders as verbs
from wms.production.service import planning
from wms.production.service.planning import Pegged
from wms.stock import demands
from wms.stock import pegs as peg_verbs
from wms.stock import queries as stock
from wms.stock.models import LotPeg
from wms.web import api, auth
from wms.web.api import reads, writes
from wms.web.auth import requires
from wms.web.forms import yeses

bp = api.blueprint("production_api", __name__)
_LINE = "order_line"


# -- lines, teams, machines, vessels ----------------------------------------------------------------------------------
@bp.get("/production-lines")
@requires("production.view")
@reads(answer=schemas.ProductionLinesOut())
def lines() -> dict[str, Any]:
    """List the production lines of a warehouse by code, those out of use too."""
    return {"items": master.list_lines(auth.current_warehouse(), with_inactive=True)}


@bp.get("/production-lines/<int:line_id>")
@requires("production.view")
@reads(answer=schemas.ProductionLineOut(), etag=True)
def line(line_id: int) -> ProductionLine:
    """Give a production line."""
    return master.get_placed(ProductionLine, line_id, warehouse=auth.current_warehouse())


@bp.post("/production-lines")
@requires("production.plan")
@writes(
    body=schemas.ProductionLinePost(),
    answer=schemas.ProductionLineOut(),
    status=201,
    offers=("production.create_line",),
)
def create_line(values: dict[str, Any]) -> ProductionLine:
    """Make a production line.

    Without bins it gets two of the kind production: one with its code, where issued goods stand until a report uses them,
    and one with -OUT, where what it makes comes to stand. Refused with `duplicate_value`, `bin_unsuitable`.
    """
    return line_of(master_verbs.make_line(schemas.line_of(values), warehouse=auth.current_warehouse()))


@bp.put("/production-lines/<int:line_id>")
@requires("production.plan")
@writes(
    body=schemas.ProductionLinePut(), answer=schemas.ProductionLineOut(), edits=line, locks=ProductionLine,
    offers=("production.change_line",),
)  # fmt: skip
def change_line(line_id: int, values: dict[str, Any]) -> ProductionLine:
    """Change a production line: send the whole of what may be changed; a blank bin leaves it where it is."""
    plan = schemas.line_of(values)
    master_verbs.change_line(ProductionLineId(line_id), plan, warehouse=auth.current_warehouse())
    return line_of(ProductionLineId(line_id))


def line_of(line_id: ProductionLineId) -> ProductionLine:
    """Give a line as it is now, with its bins."""
    found = db.session.get_one(ProductionLine, line_id)
    db.session.expire(found, ["bin", "output_bin"])
    return found


@bp.get("/production-teams")
@requires("production.view")
@reads(answer=schemas.TeamsOut())
def teams() -> dict[str, Any]:
    """List the teams of a warehouse by code, those out of use too."""
    return {"items": master.list_teams(auth.current_warehouse(), with_inactive=True)}


@bp.get("/production-teams/<int:team_id>")
@requires("production.view")
@reads(answer=schemas.TeamOut(), etag=True)
def team(team_id: int) -> Team:
    """Give a team."""
    return master.get_placed(Team, team_id, warehouse=auth.current_warehouse())


@bp.post("/production-teams")
@requires("production.plan")
@writes(body=schemas.TeamPost(), answer=schemas.TeamOut(), status=201, offers=("production.create_team",))
def create_team(values: dict[str, Any]) -> Team:
    """Make a team or shift; its code is kept for good."""
    made = master_verbs.make_team(schemas.team_of(values), warehouse=auth.current_warehouse())
    return db.session.get_one(Team, made)


@bp.put("/production-teams/<int:team_id>")
@requires("production.plan")
@writes(
    body=schemas.TeamPut(), answer=schemas.TeamOut(), edits=team, locks=Team, offers=("production.change_team",)
)  # fmt: skip
def change_team(team_id: int, values: dict[str, Any]) -> Team:
    """Change a team: send the whole of what may be changed."""
    master_verbs.change_team(TeamId(team_id), schemas.team_of(values), warehouse=auth.current_warehouse())
    return db.session.get_one(Team, team_id)


@bp.get("/machines")
@requires("production.view")
@reads(answer=schemas.MachinesOut())
def machines() -> dict[str, Any]:
    """List the machines of a warehouse by code, those out of use too."""
    return {"items": master.list_machines(auth.current_warehouse(), with_inactive=True)}


@bp.get("/machines/<int:machine_id>")
@requires("production.view")
@reads(answer=schemas.MachineOut(), etag=True)
def machine(machine_id: int) -> Machine:
    """Give a machine."""
    return master.get_placed(Machine, machine_id, warehouse=auth.current_warehouse())


@bp.post("/machines")
@requires("production.plan")
@writes(body=schemas.MachinePost(), answer=schemas.MachineOut(), status=201, offers=("production.create_machine",))
def create_machine(values: dict[str, Any]) -> Machine:
    """Make a machine of a line, or of none in particular; its code is kept for good."""
    made = master_verbs.make_machine(schemas.machine_of(values), warehouse=auth.current_warehouse())
    return db.session.get_one(Machine, made)


@bp.put("/machines/<int:machine_id>")
@requires("production.plan")
@writes(
    body=schemas.MachinePut(), answer=schemas.MachineOut(), edits=machine, locks=Machine,
    offers=("production.change_machine",),
)  # fmt: skip
def change_machine(machine_id: int, values: dict[str, Any]) -> Machine:
    """Change a machine: send the whole of what may be changed."""
    master_verbs.change_machine(MachineId(machine_id), schemas.machine_of(values), warehouse=auth.current_warehouse())
    return db.session.get_one(Machine, machine_id)


@bp.get("/vessels")
@requires("production.view")
@reads(answer=schemas.VesselsOut())
def vessels() -> dict[str, Any]:
    """List the tanks and silos of a warehouse by code, those out of use too."""
    return {"items": master.list_vessels(auth.current_warehouse(), with_inactive=True)}


@bp.get("/vessels/<int:vessel_id>")
@requires("production.view")
@reads(answer=schemas.VesselOut(), etag=True)
def vessel(vessel_id: int) -> Vessel:
    """Give a tank or silo."""
    return master.get_placed(Vessel, vessel_id, warehouse=auth.current_warehouse())


@bp.post("/vessels")
@requires("production.plan")
@writes(body=schemas.VesselPost(), answer=schemas.VesselOut(), status=201, offers=("production.create_vessel",))
def create_vessel(values: dict[str, Any]) -> Vessel:
    """Make a tank or silo with a bin of its own; lots in it run together until it is recorded as emptied and cleaned."""
    made = master_verbs.make_vessel(schemas.vessel_of(values), warehouse=auth.current_warehouse())
    return db.session.get_one(Vessel, made)


@bp.put("/vessels/<int:vessel_id>")
@requires("production.plan")
@writes(
    body=schemas.VesselPut(), answer=schemas.VesselOut(), edits=vessel, locks=Vessel,
    offers=("production.change_vessel",),
)  # fmt: skip
def change_vessel(vessel_id: int, values: dict[str, Any]) -> Vessel:
    """Change a tank or silo: send the whole of what may be changed. Its bin is kept for good."""
    master_verbs.change_vessel(VesselId(vessel_id), schemas.vessel_of(values), warehouse=auth.current_warehouse())
    return db.session.get_one(Vessel, vessel_id)


# -- rules of items ---------------------------------------------------------------------------------------------------
@bp.get("/production-rules")
@requires("production.view", anywhere=True)
@reads(answer=schemas.ProductionRuleRowOut(), paged=True)
def rules(query: dict[str, Any]) -> Page[ProductionRule]:
    """List the items that behave in production otherwise than by the defaults, by SKU."""
    return master.page_of_rules(cursor=query["cursor"], size=query["limit"])


@bp.get("/items/<int:item_id>/production-rule")
@requires("production.view", anywhere=True)
@reads(answer=schemas.ProductionRuleOut(), etag=True)
def rule(item_id: int) -> ProductionRule:
    """Say how an item behaves in production, as component and as product; the defaults where nobody said it."""
    return order_queries.rule_of(get_item(ItemId(item_id)).id)


@bp.put("/items/<int:item_id>/production-rule")
@requires("production.plan", anywhere=True)
@writes(
    body=schemas.ProductionRulePut(), answer=schemas.ProductionRuleOut(), edits=rule, offers=("production.set_rule",)
)
def set_rule(item_id: int, values: dict[str, Any]) -> ProductionRule:
    """Say how an item behaves in production: the whole of it."""
    master_verbs.set_rule(ItemId(item_id), schemas.rule_of(values))
    return order_queries.rule_of(item_id)


# -- bills of materials -----------------------------------------------------------------------------------------------
@bp.get("/boms")
@requires("production.view", anywhere=True)
@reads(query=schemas.BomsQuery(), answer=schemas.BomRowOut(), paged=True)
def boms(query: dict[str, Any]) -> Page[BomRow]:
    """List bills of materials by SKU, the newest version of each item first; those out of use when asked for."""
    return master.page_of_boms(
        item=query["item_id"], search=query["q"], with_inactive=query["with_inactive"], cursor=query["cursor"],
        size=query["limit"],
    )  # fmt: skip


@bp.get("/boms/<int:bom_id>")
@requires("production.view", anywhere=True)
@reads(answer=schemas.BomOut(), etag=True)
def bom(bom_id: int) -> Bom:
    """Give a version of a bill of materials: components with alternates and scrap, operations, what comes beside."""
    return master.get_bom(BomId(bom_id))


@bp.post("/boms")
@requires("production.plan", anywhere=True)
@writes(body=schemas.BomIn(), answer=schemas.BomOut(), status=201, offers=("production.create_bom",))
def create_bom(values: dict[str, Any]) -> Bom:
    """Make the next version of an item's bill of materials; the versions before stay as they are, and in use.

    Quantities are in base units, for `output_quantity` of the item, before scrap: needed is quantity / (1 - scrap).
    Refused with `backflush_forbidden` for an item whose rule does not allow it.
    """
    made = bom_verbs.make_bom(schemas.bom_of_json(values), actor=auth.actor_id(), at=now())
    return _fresh_bom(made)


@bp.put("/boms/<int:bom_id>")
@requires("production.plan", anywhere=True)
@writes(body=schemas.BomIn(), answer=schemas.BomOut(), edits=bom, locks=Bom, offers=("production.change_bom",))
def change_bom(bom_id: int, values: dict[str, Any]) -> Bom:
    """Change a version that no work order was made by: send the whole of it.

    Refused with `bom_used` for any other: make a new version.
    """
    bom_verbs.change_bom(BomId(bom_id), schemas.bom_of_json(values))
    return _fresh_bom(BomId(bom_id))


@bp.post("/boms/<int:bom_id>/use")
@requires("production.plan", anywhere=True)
@writes(body=schemas.BomUseIn(), answer=schemas.BomOut(), offers=("production.use_bom",))
def use_bom(bom_id: int, values: dict[str, Any]) -> Bom:
    """Take a version out of use, or back into it; orders that were made by it go on."""
    bom_verbs.use_bom(BomId(bom_id), is_active=values["is_active"])
    return master.get_bom(BomId(bom_id))


def _fresh_bom(bom_id: BomId) -> Bom:
    db.session.expire_all()
    return master.get_bom(bom_id)


# -- work orders ------------------------------------------------------------------------------------------------------
class _Shown:
    """An order's view and the order itself as one record, for the schema."""

    def __init__(self, view: OrderView) -> None:
        self._view = view

    def __getattr__(self, name: str) -> Any:
        return getattr(self._view, name) if hasattr(self._view, name) else getattr(self._view.order, name)


def _show(work_order_id: int) -> _Shown:
    db.session.flush()
    db.session.expire_all()
    return _Shown(order_pages.view_order(WorkOrderId(work_order_id), warehouse=auth.current_warehouse()))


@bp.get("/work-orders")
@requires("production.view")
@reads(query=schemas.WorkOrdersQuery(), answer=schemas.WorkOrderOut(), paged=True)
def orders(query: dict[str, Any]) -> Page[WorkOrder]:
    """List the work orders of a warehouse, the newest first. ?f.code=value filters by an own field."""
    wanted = OrderFilter(
        warehouse=auth.current_warehouse(), state=query["state"].value if query["state"] else "",
        line=query["line_id"], due=query["due_on_max"], item=query["item_id"], text=query["q"],
        own=own_queries.conditions_of("work_order", query["f"]),
    )  # fmt: skip
    return order_pages.page_of_orders(wanted, cursor=query["cursor"], size=query["limit"], with_own=True)


@bp.get("/work-orders/<int:work_order_id>")
@requires("production.view")
@reads(answer=schemas.WorkOrderViewOut(), etag=True)
def order(work_order_id: int) -> Any:
    """Give a work order: its components with needed, bound, issued, used and short, its operations, its clearance."""
    return _show(work_order_id)


@bp.post("/work-orders")
@requires("production.plan")
@writes(
    body=schemas.WorkOrderPost(), answer=schemas.WorkOrderViewOut(), status=201, offers=("production.create_order",)
)
def create_order(values: dict[str, Any]) -> Any:
    """Plan a work order; components and operations are copied from the bill of materials.

    What is needed of a component is its quantity x planned / the BOM's output / (1 - scrap), rounded up to a millionth.
    With `order_line_id` its output is made for that line of an order and goes to no other until it is freed. Refused
    with `missing_field` (the item has no BOM), `wrong_item_scanned` (the line asks for another item), `duplicate_value`,
    `question_needed` (`due_past`: the due day is over).
    """
    cmd = planning.PlanOrder(
        key=api.call_key(), warehouse=auth.current_warehouse(), item=schemas.item_of(values["sku"]),
        quantity=values["quantity"], line=values["line_id"], bom=values["bom_id"], team=values["team_id"],
        due_on=values["due_on"], pegged=_pegged(values), number=values["number"], note=values["note"],
        answers=yeses(values["answers"]),
    )  # fmt: skip
    own = given_by_call(values["own_fields"], is_new=True)
    return _show(planning.plan_order(cmd, actor=auth.actor_id(), at=now(), own=own))


@bp.put("/work-orders/<int:work_order_id>")
@requires("production.plan")
@writes(
    body=schemas.WorkOrderPut(), answer=schemas.WorkOrderViewOut(), edits=order, locks=WorkOrder,
    offers=("production.change_order",),
)  # fmt: skip
def change_order(work_order_id: int, values: dict[str, Any]) -> Any:
    """Change a planned work order: the whole of what may be changed; its needs follow the quantity.

    Refused with `wrong_state` once it is released: take the release back first.
    """
    cmd = planning.ChangeOrder(
        order=WorkOrderId(work_order_id), warehouse=auth.current_warehouse(), quantity=values["quantity"],
        line=values["line_id"], team=values["team_id"], due_on=values["due_on"], pegged=_pegged(values),
        note=values["note"], answers=yeses(values["answers"]),
    )  # fmt: skip
    planning.change_order(cmd, actor=auth.actor_id(), at=now(), own=given_by_call(values["own_fields"]))
    return _show(work_order_id)


def _pegged(values: dict[str, Any]) -> Pegged | None:
    line = values["order_line_id"]
    return Pegged(kind=_LINE, id=line) if line is not None else None


@bp.post("/rework-orders")
@requires("production.plan")
@writes(body=schemas.ReworkPost(), answer=schemas.WorkOrderViewOut(), status=201, offers=("production.create_rework",))
def create_rework(values: dict[str, Any]) -> Any:
    """Plan a rework order: it takes the lots that it mends, and what is added to them.

    Pending and rejected goods may be taken; held ones only under the non-conformance that is named, whose disposition is
    decided as rework. A lot made for an order stays made for it. Refused with `wrong_state`, `not_found`.
    """
    paper = values["nonconformance_id"]
    cmd = planning.PlanRework(
        key=api.call_key(), warehouse=auth.current_warehouse(), line=values["line_id"], lots=schemas.mended_of(values),
        added=tuple(
            planning.Added(item=schemas.item_of(one["sku"]), quantity=one["quantity"]) for one in values["added"]
        ),
        nonconformance=NonconformanceId(paper) if paper is not None else None,
        item=schemas.item_of(values["sku"]) if values["sku"] else None, quantity=values["quantity"],
        team=values["team_id"], due_on=values["due_on"], number=values["number"], note=values["note"],
        answers=yeses(values["answers"]),
    )  # fmt: skip
    return _show(planning.plan_rework(cmd, actor=auth.actor_id(), at=now()))


@bp.post("/work-orders/<int:work_order_id>/release")
@requires("production.plan")
@writes(answer=schemas.WorkOrderViewOut(), offers=("production.release",))
def release(work_order_id: int) -> Any:
    """Bind lots to the components, by each item's policy, and leave the line feeders their work; may be asked again.

    What runs short stands at each component with its alternates; an order is released all the same. Refused with
    `wrong_state` for one that is completed, closed or cancelled.
    """
    verbs.release_order(
        WorkOrderId(work_order_id), warehouse=auth.current_warehouse(), actor=auth.actor_id(), at=now()
    )  # fmt: skip
    return _show(work_order_id)


@bp.post("/work-orders/<int:work_order_id>/withdraw")
@requires("production.plan")
@writes(answer=schemas.WorkOrderViewOut(), offers=("production.withdraw",))
def withdraw(work_order_id: int) -> Any:
    """Take a release back while nothing was issued: the lots are free again, and the order is planned."""
    verbs.withdraw_order(
        WorkOrderId(work_order_id), warehouse=auth.current_warehouse(), actor=auth.actor_id(), at=now()
    )
    return _show(work_order_id)


@bp.post("/work-orders/<int:work_order_id>/cancel")
@requires("production.plan")
@writes(answer=schemas.WorkOrderViewOut(), offers=("production.cancel",))
def cancel(work_order_id: int) -> Any:
    """Call a work order off before anything was issued; its lots are free again."""
    verbs.cancel_order(WorkOrderId(work_order_id), warehouse=auth.current_warehouse(), actor=auth.actor_id(), at=now())
    return _show(work_order_id)


@bp.post("/work-orders/<int:work_order_id>/complete")
@requires("production.plan", "production.report")
@writes(answer=schemas.WorkOrderViewOut(), offers=("production.complete",))
def complete(work_order_id: int) -> Any:
    """Say that nothing more is made: what is bound and was not issued is free again. Closing it is another step."""
    verbs.complete_order(
        WorkOrderId(work_order_id), warehouse=auth.current_warehouse(), actor=auth.actor_id(), at=now()
    )
    return _show(work_order_id)


@bp.post("/work-orders/<int:work_order_id>/reopen")
@requires("production.plan")
@writes(answer=schemas.WorkOrderViewOut(), offers=("production.reopen",))
def reopen(work_order_id: int) -> Any:
    """Say that something more is made after all, before the order is closed."""
    verbs.reopen_order(WorkOrderId(work_order_id), warehouse=auth.current_warehouse(), actor=auth.actor_id(), at=now())
    return _show(work_order_id)


@bp.post("/work-orders/<int:work_order_id>/components/<int:component_id>/alternate")
@requires("production.plan")
@writes(body=schemas.UseAlternateIn(), answer=schemas.WorkOrderViewOut(), offers=("production.use_alternate",))
def use_alternate(work_order_id: int, component_id: int, values: dict[str, Any]) -> Any:
    """Let an alternate stand in for what is short of a component; in a released order it is bound at once.

    `quantity` is of the component, in its base units, at most what is short. Refused with `not_found` for an item that
    the bill of materials does not allow, `bad_quantity`.
    """
    cmd = planning.UseAlternate(
        order=WorkOrderId(work_order_id), warehouse=auth.current_warehouse(), component=WorkOrderComponentId(component_id),
        item=schemas.item_of(values["sku"]), quantity=values["quantity"],
    )  # fmt: skip
    planning.use_alternate(cmd, actor=auth.actor_id(), at=now())
    found = order_queries.get_order(cmd.order, warehouse=cmd.warehouse)
    if found.state is not WorkOrderState.PLANNED:
        verbs.release_order(cmd.order, warehouse=cmd.warehouse, actor=auth.actor_id(), at=now())
    return _show(work_order_id)


@bp.post("/work-orders/<int:work_order_id>/components/<int:component_id>/bind")
@requires("production.plan")
@writes(body=schemas.BindIn(), answer=schemas.WorkOrderViewOut(), offers=("production.bind",))
def bind(work_order_id: int, component_id: int, values: dict[str, Any]) -> Any:
    """Bind one lot to a component that is short, in place of what the policy would take.

    Refused with why the lot may not be used: `lot_on_hold`, `lot_expired`, `not_released`, `lot_pegged`.
    """
    cmd = verbs.BindLot(
        order=WorkOrderId(work_order_id), warehouse=auth.current_warehouse(), component=WorkOrderComponentId(component_id),
        lot=LotId(values["lot_id"]), quantity=values["quantity"],
    )  # fmt: skip
    verbs.bind_lot(cmd, actor=auth.actor_id(), at=now())
    return _show(work_order_id)


@bp.post("/work-orders/<int:work_order_id>/unbind")
@requires("production.plan")
@writes(body=schemas.UnbindIn(), answer=schemas.WorkOrderViewOut(), offers=("production.unbind",))
def unbind(work_order_id: int, values: dict[str, Any]) -> Any:
    """Give bindings back: of a component, of a lot, or all; goods at the line stay."""
    verbs.unbind(
        WorkOrderId(work_order_id), values["component_id"], lot=values["lot_id"], warehouse=auth.current_warehouse(),
        actor=auth.actor_id(), at=now(),
    )  # fmt: skip
    return _show(work_order_id)


@bp.post("/work-orders/<int:work_order_id>/clear-line")
@requires("production.issue", "production.report")
@writes(body=schemas.ClearIn(), answer=schemas.WorkOrderViewOut(), offers=("production.clear_line",))
def clear_line(work_order_id: int, values: dict[str, Any]) -> Any:
    """Keep that the order's line was cleared of what was before; it counts once another person has checked it.

    All points must be done. Refused with `wrong_state` for an order that goes on already.
    """
    cmd = clearance_verbs.ClearLine(
        key=api.call_key(), order=WorkOrderId(work_order_id), warehouse=auth.current_warehouse(), points=values["points"],
        note=values["note"],
    )  # fmt: skip
    clearance_verbs.clear_line(cmd, actor=auth.actor_id(), at=now())
    return _show(work_order_id)


@bp.post("/work-orders/<int:work_order_id>/check-clearance")
@requires("production.issue", "production.report")
@writes(answer=schemas.WorkOrderViewOut(), offers=("production.check_clearance",))
def check_clearance(work_order_id: int) -> Any:
    """Say, as a second person, that the line is clear. Refused with `other_person_needed` for the one who cleared it."""
    clearance_verbs.check_clearance(
        WorkOrderId(work_order_id), warehouse=auth.current_warehouse(), actor=auth.actor_id(), at=now()
    )
    return _show(work_order_id)


# -- pegs -------------------------------------------------------------------------------------------------------------
@bp.get("/lots/<int:lot_id>/pegs")
@requires("stock.view", anywhere=True)
@reads(answer=schemas.PegsOut())
def pegs(lot_id: int) -> dict[str, list[LotPeg]]:
    """List for which order a lot is made, and for which it was, the newest first; at most one is not freed."""
    return {"items": peg_verbs.pegs_of_lot(stock.get_lot(LotId(lot_id)).id)}


@bp.post("/lots/<int:lot_id>/free-peg")
@requires("production.plan")
@writes(body=schemas.FreeForm(), answer=schemas.PegsOut(), offers=("production.free_peg",))
def free_peg(lot_id: int, values: dict[str, Any]) -> dict[str, list[LotPeg]]:
    """Free a lot that is made for one order: any other may have it.

    What the order was promised of it and has not picked is given back. Refused with `not_found` when it is for nobody.
    """
    lot = stock.get_lot(LotId(lot_id)).id
    peg = peg_verbs.open_pegs([lot]).get(lot)
    if peg is None:
        raise NotFound(kind="peg", text=str(lot_id))
    facts = demands.facts_of(peg.demand_kind, [peg.demand_id]).get(peg.demand_id)
    if facts is not None:
        auth.demand_at("production.plan", facts.warehouse)
    verbs.free_peg(lot, reason=values["reason"], actor=auth.actor_id(), at=now())
    return {"items": peg_verbs.pegs_of_lot(lot)}
