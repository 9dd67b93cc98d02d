"""Desk pages of production: work orders, bills of materials, lines, teams, machines, vessels, and how items behave there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext

from wms.audit import queries as audit
from wms.catalog.queries import find_item
from wms.core.clock import now
from wms.core.errors import FieldErrors, NotFound
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
from wms.db import run_in_transaction
from wms.disposition import queries as disposition
from wms.fields import forms as own_forms
from wms.fields import queries as own_queries
from wms.production import issue_words, schemas, words
from wms.production.models import Bom, Machine, ProductionLine, Team, Vessel, WorkOrderState
from wms.production.queries import master, order_pages
from wms.production.queries import orders as order_queries
from wms.production.queries.order_pages import OrderFilter
from wms.production.service import boms as bom_verbs
from wms.production.service import clearance as clearance_verbs
from wms.production.service import master as master_verbs
from wms.production.service import orders as verbs
from wms.production.service import planning
from wms.production.service.planning import Pegged
from wms.stock import demands
from wms.stock import pegs as peg_verbs
from wms.stock import queries as stock
from wms.stock.service import find_lot
from wms.web import auth, views
from wms.web.auth import requires
from wms.web.forms import parse_form, parse_query

bp = Blueprint("production", __name__)
_BLANK_LINES = 4
#: The demand that orders are made for.
_LINE = "order_line"


@bp.context_processor
def _words() -> dict[str, Any]:
    return {"production_words": words, "percent": schemas.percent, "parameters_as_text": schemas.write_parameters}


# -- work orders: list and plan ---------------------------------------------------------------------------------------
@bp.get("/work-orders")
@requires("production.view")
def orders() -> Any:
    """List the work orders of this warehouse; the filters stand in the URL."""
    values = parse_query(schemas.OrdersIn())
    wanted = OrderFilter(
        warehouse=auth.current_warehouse(), state="" if values["state"] == "all" else values["state"] or "open",
        line=values["line"], due=values["due"], text=values["q"], sort=values["sort"] or "new",
        own=own_queries.conditions_of("work_order", values["f"]),
    )  # fmt: skip
    page = order_pages.page_of_orders(wanted, cursor=values["cursor"] or None)
    return render_template(
        "production/orders.html",
        page=page,
        made=order_pages.lots_made_by(page.rows),
        lines=master.list_lines(auth.current_warehouse()),
        today=auth.today(),
        own_filters=own_forms.filters("work_order", values["f"]),
    )


@bp.get("/work-orders/new")
@requires("production.plan")
def new_order() -> Any:
    """Show the form of a new work order: first what is made, then how much, where and for whom."""
    values = parse_query(schemas.NewOrderQuery())
    facts = _demand(values["order_line"]) if values["order_line"] is not None else None
    sku = values["sku"] or (facts.sku if facts else "")
    item = find_item(sku) if sku else None
    if sku and item is None:
        raise FieldErrors(errors={"sku": ["not_found"]})
    offered = None if item else master.page_of_boms(size=100)
    return render_template(
        "production/plan.html",
        item=item,
        made=list({row.bom.item_id: row.bom.item for row in offered.rows}.values()) if offered else [],
        has_more=bool(offered and offered.next_cursor),
        boms=[bom for bom in master.versions_of(item.id) if bom.is_active] if item else [],
        demand=facts,
        quantity=values["quantity"] or (facts.quantity if facts else None),
        lines=master.list_lines(auth.current_warehouse()),
        teams=master.list_teams(auth.current_warehouse()),
        own=own_forms.sheet("work_order"),
        key=str(uuid4()),
    )


@bp.post("/work-orders/new")
@requires("production.plan")
def create_order() -> Any:
    """Plan a work order and show it."""
    form = parse_form(schemas.NewOrderForm())
    own = own_forms.given_by_form(form.pop("f"))
    cmd = planning.PlanOrder(
        key=form["key"], warehouse=auth.current_warehouse(), item=schemas.item_of(form["sku"]),
        quantity=form["quantity"], line=ProductionLineId(form["line"]),
        bom=BomId(form["bom"]) if form["bom"] is not None else None, team=schemas.team_id(form["team"]),
        due_on=form["due_on"], pegged=_pegged(form["order_line"]), number=form["number"], note=form["note"],
        answers=schemas.answers_of_form(form),
    )  # fmt: skip
    made = run_in_transaction(planning.plan_order, cmd, actor=auth.actor_id(), at=now(), own=own)
    return redirect(url_for("production.order", order_id=made))


@bp.get("/work-orders/rework")
@requires("production.plan")
def new_rework() -> Any:
    """Show the form of a rework order for a lot, or for the lot of a non-conformance that says rework."""
    values = parse_query(schemas.NewReworkQuery())
    paper = None
    if values["nonconformance"] is not None:
        paper = disposition.find_nonconformance(values["nonconformance"], warehouse=auth.current_warehouse())
    lot_id = values["lot"] if values["lot"] is not None else (paper.lot_id if paper else None)
    lot = stock.get_lot(LotId(lot_id)) if lot_id is not None else None
    rows = stock.find_balances(lot=lot.id, warehouse=auth.current_warehouse()) if lot else []
    return render_template(
        "production/rework.html",
        lot=lot,
        rows=rows,
        paper=paper,
        lines=master.list_lines(auth.current_warehouse()),
        teams=master.list_teams(auth.current_warehouse()),
        key=str(uuid4()),
    )


@bp.post("/work-orders/rework")
@requires("production.plan")
def create_rework() -> Any:
    """Plan a rework order and show it."""
    form = parse_form(schemas.ReworkForm())
    cmd = planning.PlanRework(
        key=form["key"], warehouse=auth.current_warehouse(), line=ProductionLineId(form["line"]),
        lots=(planning.Mended(lot=LotId(form["lot"]), quantity=form["quantity"]),), added=schemas.added_of_form(form),
        nonconformance=NonconformanceId(form["nonconformance"]) if form["nonconformance"] is not None else None,
        team=schemas.team_id(form["team"]), due_on=form["due_on"], note=form["note"],
        answers=schemas.answers_of_form(form),
    )  # fmt: skip
    made = run_in_transaction(planning.plan_rework, cmd, actor=auth.actor_id(), at=now())
    return redirect(url_for("production.order", order_id=made))


# -- one work order ---------------------------------------------------------------------------------------------------
@bp.get("/work-orders/<int:order_id>")
@requires("production.view")
def order(order_id: int) -> Any:
    """Show a work order: what it is, its components with lots, its operations, its reports, and what may be done now."""
    view = order_pages.view_order(WorkOrderId(order_id), warehouse=auth.current_warehouse())
    changes = audit.history("work_order", view.order.id, limit=100)
    return render_template(
        "production/order.html",
        view=view,
        order=view.order,
        states=WorkOrderState,
        own=own_forms.sheet("work_order", view.order.id),
        changes=own_queries.with_history("work_order", view.order.id, changes, limit=100),
        points=clearance_verbs.POINTS,
        why_words=issue_words.WHYS,
        key=str(uuid4()),
    )


@bp.get("/work-orders/<int:order_id>/edit")
@requires("production.plan")
def edit_order(order_id: int) -> Any:
    """Show the form of a planned work order."""
    found = _own(order_id)
    return render_template(
        "production/edit_order.html",
        order=found,
        seen=planning.seen_of(found),
        demand=order_pages.demand_of(found),
        lines=master.list_lines(found.warehouse_id),
        teams=master.list_teams(found.warehouse_id),
        own=own_forms.sheet("work_order", found.id),
    )


@bp.post("/work-orders/<int:order_id>/edit")
@requires("production.plan")
def change_order(order_id: int) -> Any:
    """Change a planned work order; its needs follow the quantity."""
    form = parse_form(schemas.OrderForm())
    own = own_forms.given_by_form(form.pop("f"))
    cmd = planning.ChangeOrder(
        order=_own(order_id).id, warehouse=auth.current_warehouse(), quantity=form["quantity"],
        line=ProductionLineId(form["line"]), team=schemas.team_id(form["team"]), due_on=form["due_on"],
        pegged=_pegged(form["order_line"]), note=form["note"], seen=form["seen"],
        answers=schemas.answers_of_form(form),
    )  # fmt: skip
    run_in_transaction(planning.change_order, cmd, actor=auth.actor_id(), at=now(), own=own)
    return _back(order_id)


@bp.post("/work-orders/<int:order_id>/release")
@requires("production.plan")
def release(order_id: int) -> Any:
    """Bind lots to the components and give the feeders their work."""
    done = run_in_transaction(
        verbs.release_order, _own(order_id).id, warehouse=auth.current_warehouse(), actor=auth.actor_id(), at=now()
    )
    if done.short:
        skus = ", ".join(want.component.item.sku for want in done.short)
        flash(gettext("Bound what is there. Short: %(skus)s.", skus=skus), "error")
    else:
        flash(gettext("Everything is bound; the line feeders have their work."), "success")
    return _back(order_id)


@bp.post("/work-orders/<int:order_id>/withdraw")
@requires("production.plan")
def withdraw(order_id: int) -> Any:
    """Take the release back."""
    return _step(order_id, verbs.withdraw_order, gettext("The release is taken back; all lots are free again."))


@bp.post("/work-orders/<int:order_id>/cancel")
@requires("production.plan")
def cancel(order_id: int) -> Any:
    """Call the order off."""
    return _step(order_id, verbs.cancel_order, gettext("The order is called off; all lots are free again."))


@bp.post("/work-orders/<int:order_id>/complete")
@requires("production.plan", "production.report")
def complete(order_id: int) -> Any:
    """Say that nothing more is made."""
    return _step(
        order_id, verbs.complete_order, gettext("Completed. Bring back what stands at the line, then close it.")
    )


@bp.post("/work-orders/<int:order_id>/reopen")
@requires("production.plan")
def reopen(order_id: int) -> Any:
    """Say that something more is made."""
    return _step(order_id, verbs.reopen_order, gettext("The order is open again."))


@bp.post("/work-orders/<int:order_id>/components/<int:component_id>/alternate")
@requires("production.plan")
def use_alternate(order_id: int, component_id: int) -> Any:
    """Let an alternate stand in for what is short of a component, and bind it when the order is released."""
    form = parse_form(schemas.AlternateForm())
    found = _own(order_id)
    cmd = planning.UseAlternate(
        order=found.id, warehouse=found.warehouse_id, component=WorkOrderComponentId(component_id),
        item=ItemId(form["item"]), quantity=form["quantity"],
    )  # fmt: skip

    def take() -> None:
        planning.use_alternate(cmd, actor=auth.actor_id(), at=now())
        if found.state is not WorkOrderState.PLANNED:
            verbs.release_order(found.id, warehouse=found.warehouse_id, actor=auth.actor_id(), at=now())

    run_in_transaction(take)
    return _back(order_id)


@bp.post("/work-orders/<int:order_id>/components/<int:component_id>/bind")
@requires("production.plan")
def bind(order_id: int, component_id: int) -> Any:
    """Bind a lot by hand."""
    form = parse_form(schemas.BindForm())
    found = _own(order_id)
    component = next((c for c in found.components if c.id == component_id), None)
    if component is None:
        raise NotFound(kind="component", text=str(component_id))
    lot = _lot_by_number(component.item_id, form["lot_number"])
    cmd = verbs.BindLot(
        order=found.id, warehouse=found.warehouse_id, component=component.id, lot=lot, quantity=form["quantity"]
    )
    run_in_transaction(verbs.bind_lot, cmd, actor=auth.actor_id(), at=now())
    return _back(order_id)


@bp.post("/work-orders/<int:order_id>/components/<int:component_id>/unbind")
@requires("production.plan")
def unbind(order_id: int, component_id: int) -> Any:
    """Give a component's lots back, or one of them."""
    form = parse_form(schemas.UnbindForm())
    run_in_transaction(
        verbs.unbind, _own(order_id).id, WorkOrderComponentId(component_id),
        lot=LotId(form["lot"]) if form["lot"] is not None else None, warehouse=auth.current_warehouse(),
        actor=auth.actor_id(), at=now(),
    )  # fmt: skip
    return _back(order_id)


@bp.post("/work-orders/<int:order_id>/clear-line")
@requires("production.issue", "production.report")
def clear_line(order_id: int) -> Any:
    """Keep that the line was cleared for the order."""
    form = parse_form(schemas.ClearForm())
    cmd = clearance_verbs.ClearLine(
        key=form["key"], order=_own(order_id).id, warehouse=auth.current_warehouse(), points=form["points"],
        note=form["note"],
    )  # fmt: skip
    run_in_transaction(clearance_verbs.clear_line, cmd, actor=auth.actor_id(), at=now())
    flash(gettext("Cleared. Another person must check it before the order starts."), "success")
    return _back(order_id)


@bp.post("/work-orders/<int:order_id>/check-clearance")
@requires("production.issue", "production.report")
def check_clearance(order_id: int) -> Any:
    """Say, as a second person, that the line is clear."""
    run_in_transaction(
        clearance_verbs.check_clearance, _own(order_id).id, warehouse=auth.current_warehouse(), actor=auth.actor_id(),
        at=now(),
    )  # fmt: skip
    flash(gettext("The line is clear for this order."), "success")
    return _back(order_id)


@bp.post("/lots/<int:lot_id>/free-peg")
@requires("production.plan")
def free_peg(lot_id: int) -> Any:
    """Free a lot that was made for one order, with the reason."""
    form = parse_form(schemas.FreeForm())
    _demand_peg_is_here(LotId(lot_id))
    given_back = run_in_transaction(
        verbs.free_peg, LotId(lot_id), reason=form["reason"], actor=auth.actor_id(), at=now()
    )  # fmt: skip
    flash(gettext("The lot is free for every order now."), "success")
    if given_back:
        flash(
            gettext("%(quantity)s that were promised to its order are given back.", quantity=views.quantity(given_back))
        )
    return redirect(url_for("desk.lot", lot_id=lot_id))


# -- bills of materials -----------------------------------------------------------------------------------------------
@bp.get("/production/boms")
@requires("production.view")
def boms() -> Any:
    """List the bills of materials."""
    values = parse_query(schemas.BomsIn())
    page = master.page_of_boms(search=values["q"], with_inactive=values["inactive"], cursor=values["cursor"] or None)
    return render_template("production/boms.html", page=page)


@bp.get("/production/boms/<int:bom_id>")
@requires("production.view")
def bom(bom_id: int) -> Any:
    """Show a version of a bill of materials."""
    found = master.get_bom(BomId(bom_id))
    return render_template(
        "production/bom.html", bom=found, versions=master.versions_of(found.item_id), is_used=master.is_used(found.id)
    )


@bp.get("/production/boms/new")
@requires("production.plan")
def new_bom() -> Any:
    """Show the form of a new version, empty or as another version is."""
    values = parse_query(schemas.NewBomIn())
    of = master.get_bom(BomId(values["of"])) if values["of"] is not None else None
    typed = _typed_of(of) if of else {"sku": values["sku"], "name": "", "output_quantity": "", "output_weight": ""}
    return _bom_form(None, typed)


@bp.post("/production/boms/new")
@requires("production.plan")
def create_bom() -> Any:
    """Make a new version of an item's bill of materials."""
    if request.form.get("do") == "more":
        return _bom_form(None, _typed_again())
    plan = schemas.bom_of_form(parse_form(schemas.BomForm()))
    made = run_in_transaction(bom_verbs.make_bom, plan, actor=auth.actor_id(), at=now())
    return redirect(url_for("production.bom", bom_id=made))


@bp.get("/production/boms/<int:bom_id>/edit")
@requires("production.plan")
def edit_bom(bom_id: int) -> Any:
    """Show the form of a version that no work order was made by."""
    found = master.get_bom(BomId(bom_id))
    return _bom_form(found, _typed_of(found))


@bp.post("/production/boms/<int:bom_id>/edit")
@requires("production.plan")
def change_bom(bom_id: int) -> Any:
    """Change a version that no work order was made by."""
    if request.form.get("do") == "more":
        return _bom_form(master.get_bom(BomId(bom_id)), _typed_again())
    plan = schemas.bom_of_form(parse_form(schemas.BomForm()))
    run_in_transaction(bom_verbs.change_bom, BomId(bom_id), plan)
    return redirect(url_for("production.bom", bom_id=bom_id))


@bp.post("/production/boms/<int:bom_id>/use")
@requires("production.plan")
def use_bom(bom_id: int) -> Any:
    """Take a version out of use, or back into it."""
    found = master.get_bom(BomId(bom_id))
    run_in_transaction(bom_verbs.use_bom, found.id, is_active=not found.is_active)
    return redirect(url_for("production.bom", bom_id=bom_id))


def _bom_form(found: Bom | None, typed: dict[str, Any]) -> str:
    def lines(name: str) -> list[dict[str, str]]:
        return (typed.get(name, []) + [{}] * _BLANK_LINES)[: schemas.PARTS_MAX]

    return render_template(
        "production/edit_bom.html", bom=found, typed=typed, parts=lines("parts"), steps=lines("steps"),
        besides=lines("besides"),
    )  # fmt: skip


def _typed_again() -> dict[str, Any]:
    """What the form holds, to be shown again as it is, with more lines."""
    names = {"part": "parts", "step": "steps", "beside": "besides"}
    columns = {name: request.form.getlist(name) for name in request.form if name.partition("_")[0] in names}
    whole = ("sku", "name", "output_quantity", "output_weight")
    return {name: request.form.get(name, "")[:200] for name in whole} | {
        plural: schemas.rows_of(columns, prefix) for prefix, plural in names.items()
    }


def _typed_of(of: Bom) -> dict[str, Any]:
    """A version as the form holds it."""
    return {
        "sku": of.item.sku, "name": of.name, "output_quantity": str(of.output_quantity),
        "output_weight": str(of.output_weight or ""),
        "parts": [
            {
                "sku": one.item.sku, "quantity": str(one.quantity), "scrap": schemas.percent(one.scrap_basis_points),
                "operation": str(one.operation_sequence or ""), "weight": str(one.weight or ""),
                "backflush": "yes" if one.is_backflushed else "no",
                "alternates": ", ".join(f"{a.item.sku}:{a.factor}" for a in one.alternates),
            }
            for one in of.lines
        ],
        "steps": [
            {
                "sequence": str(one.sequence), "code": one.code, "name_en": one.name_en, "name_zh": one.name_zh,
                "output": one.output_item.sku if one.output_item else "", "quantity": str(one.output_quantity or ""),
                "parameters": schemas.write_parameters(one.parameters),
            }
            for one in of.operations
        ],
        "besides": [
            {
                "sku": one.item.sku, "kind": one.kind.value, "quantity": str(one.quantity or ""),
                "weight": str(one.weight or ""),
            }
            for one in of.outputs
        ],
    }  # fmt: skip


# -- lines, teams, machines, vessels, rules ---------------------------------------------------------------------------
@bp.get("/setup/production")
@requires("production.plan")
def setup() -> Any:
    """List the lines, teams, machines and vessels of this warehouse, and how items behave in production."""
    here = auth.current_warehouse()
    return render_template(
        "production/setup.html",
        lines=master.list_lines(here, with_inactive=True),
        teams=master.list_teams(here, with_inactive=True),
        machines=master.list_machines(here, with_inactive=True),
        vessels=master.list_vessels(here, with_inactive=True),
        rules=master.page_of_rules(size=200).rows,
    )


@bp.get("/setup/production/lines/new")
@requires("production.plan")
def new_line() -> Any:
    """Show the form of a new line."""
    return _placed_form("line", None)


@bp.post("/setup/production/lines/new")
@requires("production.plan")
def create_line() -> Any:
    """Make a line."""
    plan = schemas.line_of(parse_form(schemas.NewLineForm()))
    return _made(master_verbs.make_line, plan)


@bp.get("/setup/production/lines/<int:line_id>")
@requires("production.plan")
def line(line_id: int) -> Any:
    """Show the form of a line."""
    return _placed_form("line", _placed(ProductionLine, line_id))


@bp.post("/setup/production/lines/<int:line_id>")
@requires("production.plan")
def change_line(line_id: int) -> Any:
    """Change a line."""
    plan = schemas.line_of(parse_form(schemas.LineForm()))
    return _made(master_verbs.change_line, ProductionLineId(line_id), plan)


@bp.get("/setup/production/teams/new")
@requires("production.plan")
def new_team() -> Any:
    """Show the form of a new team."""
    return _placed_form("team", None)


@bp.post("/setup/production/teams/new")
@requires("production.plan")
def create_team() -> Any:
    """Make a team."""
    return _made(master_verbs.make_team, schemas.team_of(parse_form(schemas.NewTeamForm())))


@bp.get("/setup/production/teams/<int:team_id>")
@requires("production.plan")
def team(team_id: int) -> Any:
    """Show the form of a team."""
    return _placed_form("team", _placed(Team, team_id))


@bp.post("/setup/production/teams/<int:team_id>")
@requires("production.plan")
def change_team(team_id: int) -> Any:
    """Change a team."""
    return _made(master_verbs.change_team, TeamId(team_id), schemas.team_of(parse_form(schemas.TeamForm())))


@bp.get("/setup/production/machines/new")
@requires("production.plan")
def new_machine() -> Any:
    """Show the form of a new machine."""
    return _placed_form("machine", None)


@bp.post("/setup/production/machines/new")
@requires("production.plan")
def create_machine() -> Any:
    """Make a machine."""
    return _made(master_verbs.make_machine, schemas.machine_of(parse_form(schemas.NewMachineForm())))


@bp.get("/setup/production/machines/<int:machine_id>")
@requires("production.plan")
def machine(machine_id: int) -> Any:
    """Show the form of a machine."""
    return _placed_form("machine", _placed(Machine, machine_id))


@bp.post("/setup/production/machines/<int:machine_id>")
@requires("production.plan")
def change_machine(machine_id: int) -> Any:
    """Change a machine."""
    plan = schemas.machine_of(parse_form(schemas.MachineForm()))
    return _made(master_verbs.change_machine, MachineId(machine_id), plan)


@bp.get("/setup/production/vessels/new")
@requires("production.plan")
def new_vessel() -> Any:
    """Show the form of a new vessel."""
    return _placed_form("vessel", None)


@bp.post("/setup/production/vessels/new")
@requires("production.plan")
def create_vessel() -> Any:
    """Make a vessel with a bin of its own."""
    return _made(master_verbs.make_vessel, schemas.vessel_of(parse_form(schemas.NewVesselForm())))


@bp.get("/setup/production/vessels/<int:vessel_id>")
@requires("production.plan")
def edit_vessel(vessel_id: int) -> Any:
    """Show the form of a vessel."""
    return _placed_form("vessel", _placed(Vessel, vessel_id))


@bp.post("/setup/production/vessels/<int:vessel_id>")
@requires("production.plan")
def change_vessel(vessel_id: int) -> Any:
    """Change a vessel."""
    plan = schemas.vessel_of(parse_form(schemas.VesselForm()))
    return _made(master_verbs.change_vessel, VesselId(vessel_id), plan)


@bp.get("/setup/production/item-rule")
@requires("production.plan")
def item_rule() -> Any:
    """Show the form of how an item behaves in production."""
    sku = parse_query(schemas.NewBomIn())["sku"]
    item = find_item(sku) if sku else None
    if sku and item is None:
        raise FieldErrors(errors={"sku": ["not_found"]})
    return render_template(
        "production/rule.html", item=item, rule=order_queries.rule_of(item.id if item else ItemId(0))
    )


@bp.post("/setup/production/item-rule")
@requires("production.plan")
def set_rule() -> Any:
    """Say how an item behaves in production."""
    form = parse_form(schemas.RuleForm())
    run_in_transaction(master_verbs.set_rule, schemas.item_of(form["sku"]), schemas.rule_of(form))
    return redirect(url_for("production.setup"))


def _placed(model: Any, identity: int) -> Any:
    return master.get_placed(model, identity, warehouse=auth.current_warehouse())


def _placed_form(kind: str, found: Any) -> str:
    return render_template(
        "production/placed.html", kind=kind, found=found, lines=master.list_lines(auth.current_warehouse()),
        bins=master.production_bins(auth.current_warehouse()),
    )  # fmt: skip


def _made(verb: Callable[..., Any], *args: Any) -> Any:
    run_in_transaction(verb, *args, warehouse=auth.current_warehouse())
    return redirect(url_for("production.setup"))


# -- inside -----------------------------------------------------------------------------------------------------------
def _own(order_id: int) -> Any:
    """Give a work order of the current warehouse; NotFound for one elsewhere."""
    return order_queries.get_order(WorkOrderId(order_id), warehouse=auth.current_warehouse())


def _back(order_id: int) -> Any:
    return redirect(url_for("production.order", order_id=order_id))


def _step(order_id: int, verb: Callable[..., None], said: str) -> Any:
    run_in_transaction(
        verb, _own(order_id).id, warehouse=auth.current_warehouse(), actor=auth.actor_id(), at=now()
    )  # fmt: skip
    flash(said, "success")
    return _back(order_id)


def _pegged(order_line: int | None) -> Pegged | None:
    return Pegged(kind=_LINE, id=order_line) if order_line is not None else None


def _demand(order_line: int) -> demands.DemandFacts:
    """What stands behind an order line of this warehouse."""
    found = demands.facts_of(_LINE, [order_line]).get(order_line)
    if found is None or found.warehouse != auth.current_warehouse():
        raise NotFound(kind=_LINE, text=str(order_line))
    return found


def _lot_by_number(item: ItemId, number: str) -> LotId:
    found = find_lot(item, number)
    if found is None:
        raise NotFound(kind="lot", text=number)
    return found.id


def _demand_peg_is_here(lot: LotId) -> None:
    """A peg is freed where its demand stands; one whose demand nobody knows any more, by whoever may plan anywhere."""
    peg = peg_verbs.open_pegs([lot]).get(lot)
    if peg is None:
        return
    facts = demands.facts_of(peg.demand_kind, [peg.demand_id]).get(peg.demand_id)
    if facts is not None:
        auth.demand_at("production.plan", facts.warehouse)
