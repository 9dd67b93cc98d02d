"""Desk pages of reports and vessels: the form a line lead fills in by the line, one report, its correction, the tanks."""

from __future__ import annotations

from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext
from sqlalchemy import select

from wms.accounts.models import User, UserRole
from wms.accounts.sessions import confirm_password
from wms.catalog.queries import find_item
from wms.core.clock import now
from wms.core.errors import NotFound
from wms.core.ids import LotId, ProductionReportId, VesselId, WarehouseId, WorkOrderId
from wms.core.quantity import ZERO
from wms.db import db, run_in_transaction
from wms.production import report_schemas as schemas
from wms.production import report_words as words
from wms.production import words as order_words
from wms.production.models import InputSource, Machine, OutputKind, ProductionReport, Team, WorkOrderState
from wms.production.queries import corrections as asked
from wms.production.queries import reports as queries
from wms.production.queries.orders import get_order
from wms.production.queries.reports import ReportFilter
from wms.production.service import corrections, reopening, reporting, vessels
from wms.stock import queries as stock
from wms.stock.service import find_lot
from wms.stock.words import REASONS
from wms.web import auth
from wms.web.auth import requires
from wms.web.forms import parse_form, parse_query

bp = Blueprint("production_reports", __name__)
#: So many blank lines for defects and stops stand on the form.
_BLANK_LINES = 2


@bp.context_processor
def _words() -> dict[str, Any]:
    return {
        "source_words": words.SOURCES, "kind_words": words.OUTPUT_KINDS, "reason_words": REASONS,
        "production_words": order_words,
    }  # fmt: skip


# -- reports ----------------------------------------------------------------------------------------------------------
@bp.get("/work-orders/<int:order_id>/report")
@requires("production.report")
def new_report(order_id: int) -> Any:
    """Show the form of a report: what stands at the line is there already, and what may come of it."""
    values = parse_query(schemas.ChooseOperationIn())
    order = get_order(WorkOrderId(order_id), warehouse=auth.current_warehouse())
    done = queries.have_output(order.id)
    operation = _chosen(order, values["operation"], done)
    makes = queries.makes(order, operation)
    rows = queries.at_line(order, operation, on=auth.today())
    items = queries.items_of({one.item for one in rows} | ({makes[0]} if makes else set()))
    used = {c.item_id for c in queries.components_at(order, operation)}
    used |= {o.output_item_id for o in queries.semi_finished_before(order, operation) if o.output_item_id is not None}
    tanks = queries.vessels_with_contents(auth.current_warehouse())
    zone = ZoneInfo(auth.current_site().timezone)
    ended = now().astimezone(zone)
    started = queries.ended_last(order.id)
    return render_template(
        "production/report_form.html",
        order=order,
        operation=operation,
        makes=items[makes[0]] if makes else None,
        is_main=bool(makes and makes[1] is OutputKind.MAIN),
        left=max(order.quantity - queries.made_of(order.id, order.item_id), ZERO),
        rows=rows,
        has_ids=any(one.has_unit_ids for one in items.values()),
        backflushed=[c for c in queries.components_at(order, operation) if c.is_backflushed],
        beside=[(one, one.item) for one in (order.bom.outputs if order.bom else [])],
        drawn=[(vessel, inside) for vessel, inside in tanks if inside and inside[0].item in used],
        fillable=[vessel for vessel, inside in tanks if vessel.is_active and makes and not _other(inside, makes[0])],
        teams=_of(Team),
        machines=[one for one in _of(Machine) if one.line_id in (None, order.line_id)],
        people=_people(),
        who=auth.actor_id(),
        started=(started.astimezone(zone) if started else ended).strftime("%Y-%m-%dT%H:%M"),
        ended=ended.strftime("%Y-%m-%dT%H:%M"),
        blanks=range(_BLANK_LINES),
        key=str(uuid4()),
    )


def _chosen(order: Any, sequence: int | None, done: set[int]) -> Any:
    """The operation asked for, else the first that has made nothing yet, else the last."""
    if sequence is not None:
        return queries.operation_of(order, sequence)
    return next(
        (o for o in order.operations if queries.makes(order, o) and o.sequence not in done), order.operations[-1]
    )


def _other(inside: Any, item: int) -> bool:
    return bool(inside) and inside[0].item != item


def _of(model: Any) -> list[Any]:
    rows = select(model).where(model.warehouse_id == auth.current_warehouse(), model.is_active).order_by(model.code)
    return list(db.session.execute(rows).scalars())


def _people() -> list[tuple[int, str]]:
    """Who may have worked here: people with a role in this warehouse."""
    mine = select(UserRole.user_id).where(
        (UserRole.warehouse_id == auth.current_warehouse()) | UserRole.warehouse_id.is_(None)
    )
    rows = select(User.id, User.full_name).where(User.is_active, User.id.in_(mine)).order_by(User.full_name)
    return [(row.id, row.full_name) for row in db.session.execute(rows)]


@bp.post("/work-orders/<int:order_id>/reports")
@requires("production.report")
def report(order_id: int) -> Any:
    """Post a report."""
    values = parse_form(schemas.ReportFormIn())
    timezone = auth.current_site().timezone
    cmd = reporting.ReportProduction(
        key=values["key"],
        warehouse=auth.current_warehouse(),
        work_order=WorkOrderId(order_id),
        operation=values["operation"],
        inputs=schemas.inputs_of_form(values),
        outputs=schemas.outputs_of_form(values),
        parameters=values["parameter"],
        defects=schemas.defects_of_form(values),
        stops=schemas.stops_of_form(values),
        operator=values["operator"],
        team=values["team"],
        machine=values["machine"],
        started_at=schemas.instant_of(values["started_at"], timezone),
        ended_at=schemas.instant_of(values["ended_at"], timezone),
        note=values["note"],
    )
    done = run_in_transaction(reporting.report, cmd, actor=auth.actor_id(), at=now())
    lots = ", ".join(number for _, number in done.lots)
    flash(gettext("Reported. Made: lot %(lots)s.", lots=lots) if lots else gettext("Reported."), "success")
    return redirect(url_for("production_reports.show", report_id=done.report))


@bp.get("/production/reports")
@requires("production.view")
def reports() -> Any:
    """List the reports of this warehouse, by order, machine, team, operator, day."""
    values = parse_query(schemas.ReportsIn())
    wanted = ReportFilter(
        work_order=values["order"], machine=values["machine"], team=values["team"], operator=values["operator"],
        from_on=values["from_on"], until_on=values["until_on"], timezone=auth.current_site().timezone,
    )  # fmt: skip
    page = queries.page_of_reports(auth.current_warehouse(), wanted, cursor=values["cursor"] or None)
    return render_template(
        "production/reports.html",
        page=page,
        values=values,
        order=get_order(WorkOrderId(values["order"]), warehouse=auth.current_warehouse()) if values["order"] else None,
        teams=_of(Team),
        machines=_of(Machine),
        people=_people(),
        names=queries.names_of({row.operator_id for row in page.rows}),
    )


@bp.get("/production/reports/<int:report_id>")
@requires("production.view")
def show(report_id: int) -> Any:
    """Show one report: who, when, what was used, what came of it; and what an error in it touched."""
    row = _report(report_id)
    instead = queries.correction_of(row.id)
    return render_template(
        "production/report.html",
        row=row,
        operation=_operation(row),
        instead=instead,
        corrects=queries.get_report(row.corrects_id) if row.corrects_id else None,
        names=queries.names_of({row.operator_id, row.reported_by, row.reversed_by}),
        impact=_impact(row) if row.reversed_at is not None else None,
        vessels={one.id: one.code for one in queries.vessels(auth.current_warehouse())},
        pieces=queries.pieces_of(row),
        part_words=words.PIECE_PARTS,
    )


@bp.get("/production/reports/<int:report_id>/correct")
@requires("production.correct")
def correct_form(report_id: int) -> Any:
    """Show the form of a correction: what the report says was used, beside what stands at the line."""
    row = _report(report_id)
    order = get_order(row.work_order_id, warehouse=auth.current_warehouse())
    operation = queries.operation_of(order, row.operation_sequence)
    again = asked.asked_of(row.id)
    said: dict[LotId, Any] = {}
    lost: dict[LotId, Any] = {}
    drawn: dict[VesselId, Any] = {}
    for one in row.inputs:
        if one.source is InputSource.SCRAP:
            lost[one.lot_id] = lost.get(one.lot_id, ZERO) + one.quantity
        elif one.vessel_id is not None:
            drawn[one.vessel_id] = drawn.get(one.vessel_id, ZERO) + one.quantity
        elif one.source is not InputSource.RESIDUE:
            said[one.lot_id] = said.get(one.lot_id, ZERO) + one.quantity
    lots = {one.lot_id: one for one in row.inputs}
    here = queries.at_line(order, operation, on=auth.today())
    return render_template(
        "production/report_correct.html",
        row=row,
        order=order,
        is_closed=order.state is WorkOrderState.CLOSED,
        again=again,
        names=queries.names_of({again.asked_by, again.opened_by}) if again else {},
        who=auth.actor_id(),
        said=said,
        lost=lost,
        lots=lots,
        lost_reason=next((one.reason for one in row.inputs if one.source is InputSource.SCRAP), ""),
        others=[one for one in here if one.lot not in said],
        has_ids=any(one.item.has_unit_ids for one in row.inputs),
        vessels=[(one, drawn.get(one.id)) for one in queries.vessels(auth.current_warehouse()) if one.id in drawn],
        impact=_impact(row),
        key=str(uuid4()),
    )


@bp.post("/production/reports/<int:report_id>/ask-correction")
@requires("production.correct")
def ask_correction(report_id: int) -> Any:
    """Ask that the closed order of a wrong report is opened again; another person signs."""
    values = parse_form(schemas.TakeBackFormIn())
    cmd = reopening.AskCorrection(
        key=values["key"], warehouse=auth.current_warehouse(), report=ProductionReportId(report_id),
        reason=values["reason"],
    )  # fmt: skip
    run_in_transaction(reopening.ask_correction, cmd, actor=auth.actor_id(), at=now())
    flash(gettext("Asked for. Another person opens the order with a signature."), "success")
    return redirect(url_for("production_reports.correct_form", report_id=report_id))


@bp.post("/production/reports/<int:report_id>/open-correction")
@requires("production.correct")
def open_correction(report_id: int) -> Any:
    """Open the closed order of a wrong report again, as a second person, signed with the password."""
    values = parse_form(schemas.OpenCorrectionFormIn())
    row = _report(report_id)
    confirm_password(values["password"])
    run_in_transaction(
        reopening.open_for_correction, row.id, warehouse=auth.current_warehouse(), actor=auth.actor_id(), at=now()
    )
    flash(gettext("Open again. Correct the report, then close the order anew."), "success")
    return redirect(url_for("production_reports.correct_form", report_id=report_id))


@bp.post("/production/reports/<int:report_id>/correct")
@requires("production.correct")
def correct(report_id: int) -> Any:
    """Take back what a report says was used, and write what really was."""
    values = parse_form(schemas.CorrectFormIn())
    cmd = corrections.CorrectReport(
        key=values["key"], warehouse=auth.current_warehouse(), report=ProductionReportId(report_id),
        reason=values["reason"], inputs=schemas.inputs_of_form(values),
    )  # fmt: skip
    done = run_in_transaction(corrections.correct_inputs, cmd, actor=auth.actor_id(), at=now())
    flash(gettext("Corrected. Report %(number)s stands in its place.", number=done.number), "success")
    return redirect(url_for("production_reports.show", report_id=report_id))


@bp.post("/production/reports/<int:report_id>/take-back")
@requires("production.correct")
def take_back(report_id: int) -> Any:
    """Take a report back whole."""
    values = parse_form(schemas.TakeBackFormIn())
    cmd = corrections.TakeBack(
        key=values["key"], warehouse=auth.current_warehouse(), report=ProductionReportId(report_id),
        reason=values["reason"],
    )  # fmt: skip
    run_in_transaction(corrections.take_back, cmd, actor=auth.actor_id(), at=now())
    flash(gettext("Taken back. The goods used stand at the line again."), "success")
    return redirect(url_for("production_reports.show", report_id=report_id))


def _report(report_id: int) -> ProductionReport:
    return queries.get_report(ProductionReportId(report_id), warehouse=auth.current_warehouse())


def _impact(row: ProductionReport) -> queries.Impact:
    """What an error in a report touched, as far as this person may see."""
    sites = [WarehouseId(site.id) for site in auth.permitted_sites()]
    return queries.impact_of(row, warehouses=sites, sales=[one for one in sites if auth.permitted("order.view", one)])


def _operation(row: ProductionReport) -> Any:
    return queries.operation_of(get_order(row.work_order_id), row.operation_sequence)


# -- vessels ----------------------------------------------------------------------------------------------------------
@bp.get("/production/vessels")
@requires("production.view")
def vessel_list() -> Any:
    """List the vessels with what is in each."""
    found = queries.vessels_with_contents(auth.current_warehouse())
    rows = [(one, inside, sum((lot.quantity for lot in inside), ZERO)) for one, inside in found]
    return render_template("production/vessels.html", rows=rows)


@bp.get("/production/vessels/<int:vessel_id>")
@requires("production.view")
def vessel(vessel_id: int) -> Any:
    """Show one vessel: what runs together in it by share, what clings to it, what went in and out, its cleanings."""
    found = queries.get_vessel(VesselId(vessel_id), warehouse=auth.current_warehouse())
    contents = queries.contents_of(found)
    cleanings = queries.cleanings_of(found.id)
    return render_template(
        "production/vessel.html",
        vessel=found,
        contents=contents,
        total=sum((one.quantity for one in contents), ZERO),
        residue=queries.clinging_to(found, contents),
        moves=queries.history_of(found),
        cleanings=cleanings,
        names=queries.names_of({one.cleaned_by for one in cleanings}),
        key=str(uuid4()),
    )


@bp.post("/production/vessels/<int:vessel_id>/fill")
@requires("production.report")
def fill(vessel_id: int) -> Any:
    """Fill goods into a vessel."""
    values = parse_form(schemas.FillFormIn())
    item = find_item(values["sku"])
    lot = find_lot(item.id, values["lot"]) if item else None
    if item is None or lot is None:
        raise NotFound(kind="lot" if item else "item", text=values["lot"] if item else values["sku"])
    bin_ = stock.find_bin(values["bin"], warehouse=auth.current_warehouse())
    cmd = vessels.FillVessel(
        key=values["key"], warehouse=auth.current_warehouse(), vessel=VesselId(vessel_id), lot=lot.id, bin=bin_.id,
        quantity=values["quantity"],
    )  # fmt: skip
    run_in_transaction(vessels.fill, cmd, actor=auth.actor_id(), at=now())
    flash(gettext("Filled in."), "success")
    return redirect(url_for("production_reports.vessel", vessel_id=vessel_id))


@bp.post("/production/vessels/<int:vessel_id>/draw")
@requires("production.report")
def draw(vessel_id: int) -> Any:
    """Draw part of what is in a vessel off, into another vessel or a bin."""
    values = parse_form(schemas.DrawFormIn())
    here = auth.current_warehouse()
    target = next((one for one in queries.vessels(here) if one.code == values["to"]), None)
    cmd = vessels.DrawVessel(
        key=values["key"], warehouse=here, vessel=VesselId(vessel_id), quantity=values["quantity"],
        to_vessel=target.id if target else None,
        to_bin=None if target else stock.find_bin(values["to"], warehouse=here).id,
    )  # fmt: skip
    run_in_transaction(vessels.draw_off, cmd, actor=auth.actor_id(), at=now())
    flash(gettext("Drawn off."), "success")
    return redirect(url_for("production_reports.vessel", vessel_id=vessel_id))


@bp.post("/production/vessels/<int:vessel_id>/clean")
@requires("production.report")
def clean(vessel_id: int) -> Any:
    """Record a vessel as emptied and cleaned."""
    values = parse_form(schemas.CleanFormIn())
    cmd = vessels.CleanVessel(
        key=values["key"], warehouse=auth.current_warehouse(), vessel=VesselId(vessel_id), method=values["method"],
        note=values["note"],
    )  # fmt: skip
    run_in_transaction(vessels.clean, cmd, actor=auth.actor_id(), at=now())
    flash(gettext("Recorded as empty and clean."), "success")
    return redirect(url_for("production_reports.vessel", vessel_id=vessel_id))
