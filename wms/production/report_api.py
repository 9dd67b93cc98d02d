"""Reports and vessels for machines: report, correct, take back; fill, draw, clean; and all that the pages show."""

from __future__ import annotations

from typing import Any

from wms.core.clock import now
from wms.core.ids import LotId, ProductionReportId, VesselId, WarehouseId, WorkOrderId
from wms.db.paging import Page
from wms.production import report_schemas as schemas
from wms.production.models import ProductionReport, Vessel, WorkOrderCorrection
from wms.production.queries import corrections as asked
from wms.production.queries import reports as queries
from wms.production.queries.orders import get_order
from wms.production.queries.reports import AtLine, Impact, ReportFilter
from wms.production.service import corrections, reopening, reporting, vessels
from wms.stock import queries as stock
from wms.web import api, auth
from wms.web.api import reads, writes
from wms.web.auth import requires

bp = api.blueprint("production_reports_api", __name__)


# -- reports ----------------------------------------------------------------------------------------------------------
@bp.get("/work-orders/<int:work_order_id>/line-stock")
@requires("production.view")
@reads(query=schemas.LineStockQuery(), answer=schemas.LineStocksOut())
def line_stock(work_order_id: int, query: dict[str, Any]) -> dict[str, list[AtLine]]:
    """List what stands at the order's line of the items an operation uses, what is promised to the order first."""
    order = get_order(WorkOrderId(work_order_id), warehouse=auth.current_warehouse())
    operation = queries.operation_of(order, query["operation"] or order.operations[-1].sequence)
    return {"items": queries.at_line(order, operation, on=auth.today())}


@bp.post("/work-orders/<int:work_order_id>/reports")
@requires("production.report")
@writes(
    body=schemas.ReportProductionIn(), answer=schemas.ProductionReportOut(), status=201,
    offers=("production_reports.report",),
)  # fmt: skip
def report(work_order_id: int, values: dict[str, Any]) -> ProductionReport:
    """Report what an operation of a work order used and made; every output lot is tied to every lot used.

    Inputs name lots that stand in the line's bin, or a vessel, of which each lot gives its share; components that are
    back-flushed and not named are taken by the recipe from the lot declared open. An output goes into the order's lot, or a
    new one, by the item's rule. Refused with `wrong_state` (the order is not released), `clearance_needed`,
    `operation_too_early`, `missing_field` (a parameter), `insufficient_stock`, `lot_on_hold`, `lot_expired`, `not_released`,
    `vessel_short`, `vessel_full`, `vessel_holds_other`, `output_needed`, `output_not_made_here`, `yield_too_high`,
    `lot_makes_itself`, `no_open_lot`, `backflush_short`, `duplicate_value` (a lot number in use), `units_needed` (as many unit
    ids as pieces, of what was used and of what was made).
    """
    cmd = reporting.ReportProduction(
        key=api.call_key(), warehouse=auth.current_warehouse(), work_order=WorkOrderId(work_order_id),
        operation=values["operation"], inputs=schemas.inputs_of_call(values), outputs=schemas.outputs_of_call(values),
        parameters={one["name"]: one["value"] for one in values["parameters"]},
        defects=tuple(reporting.Defect(**one) for one in values["defects"]),
        stops=tuple(reporting.Stop(**one) for one in values["stops"]), operator=values["operator_id"],
        team=values["team_id"], machine=values["machine_id"], started_at=values["started_at"],
        ended_at=values["ended_at"], note=values["note"],
    )  # fmt: skip
    return queries.get_report(reporting.report(cmd, actor=auth.actor_id(), at=now()).report)


@bp.get("/production-reports")
@requires("production.view")
@reads(query=schemas.ReportsQuery(), answer=schemas.ProductionReportOut(), paged=True)
def reports(query: dict[str, Any]) -> Page[ProductionReport]:
    """List the production reports of a warehouse, the newest work first; those taken back are among them and say so."""
    wanted = ReportFilter(
        work_order=query["work_order_id"], machine=query["machine_id"], team=query["team_id"],
        operator=query["operator_id"], from_on=query["from_on"], until_on=query["until_on"],
        timezone=auth.current_site().timezone,
    )  # fmt: skip
    return queries.page_of_reports(auth.current_warehouse(), wanted, cursor=query["cursor"], size=query["limit"])


@bp.get("/production-reports/<int:report_id>")
@requires("production.view")
@reads(answer=schemas.ProductionReportOut())
def one_report(report_id: int) -> ProductionReport:
    """Give one production report with its inputs, outputs, parameters, defects and stops."""
    return queries.get_report(ProductionReportId(report_id), warehouse=auth.current_warehouse())


@bp.get("/production-reports/<int:report_id>/units")
@requires("production.view")
@reads(answer=schemas.ReportPiecesOut())
def report_units(report_id: int) -> dict[str, list[queries.Piece]]:
    """List the pieces with unit ids that a report used, lost and made: which piece went into what, as its postings said."""
    row = queries.get_report(ProductionReportId(report_id), warehouse=auth.current_warehouse())
    return {"items": queries.pieces_of(row)}


@bp.get("/production-reports/<int:report_id>/impact")
@requires("production.view")
@reads(answer=schemas.ReportImpactOut())
def impact(report_id: int) -> Impact:
    """Say what an error in a report touched, or would: which lots differ, every lot made from its outputs by now, recalls.

    Where they stand is told of the warehouses the key may see, and to whom they left where it has `order.view`.
    """
    row = queries.get_report(ProductionReportId(report_id), warehouse=auth.current_warehouse())
    sites = [WarehouseId(site.id) for site in auth.permitted_sites()]
    return queries.impact_of(row, warehouses=sites, sales=[one for one in sites if auth.permitted("order.view", one)])


# -- a closed order, opened again ---------------------------------------------------------------------------------------
@bp.get("/work-orders/<int:work_order_id>/corrections")
@requires("production.view")
@reads(answer=schemas.WorkOrderCorrectionsOut())
def order_corrections(work_order_id: int) -> dict[str, list[WorkOrderCorrection]]:
    """List how often a closed work order was asked to be opened again for a wrong report, the newest first."""
    order = get_order(WorkOrderId(work_order_id), warehouse=auth.current_warehouse())
    return {"items": asked.corrections_of(order.id)}


@bp.post("/production-reports/<int:report_id>/ask-correction")
@requires("production.correct")
@writes(
    body=schemas.AskCorrectionIn(), answer=schemas.WorkOrderCorrectionOut(), status=201,
    offers=("production_reports.ask_correction",),
)  # fmt: skip
def ask_correction(report_id: int, values: dict[str, Any]) -> WorkOrderCorrection:
    """Ask that the closed order of a wrong report is opened again; another person opens it, signed.

    Refused with `wrong_state` (the order is not closed, or it is asked for already), `report_corrected`.
    """
    cmd = reopening.AskCorrection(
        key=api.call_key(), warehouse=auth.current_warehouse(), report=ProductionReportId(report_id),
        reason=values["reason"],
    )  # fmt: skip
    return reopening.ask_correction(cmd, actor=auth.actor_id(), at=now())


@bp.post("/production-reports/<int:report_id>/open-correction")
@requires("production.correct")
@writes(
    body=schemas.OpenCorrectionIn(), answer=schemas.WorkOrderCorrectionOut(), signed=True,
    offers=("production_reports.open_correction",),
)  # fmt: skip
def open_correction(report_id: int, values: dict[str, Any], signer: auth.Person) -> WorkOrderCorrection:
    """Open a closed order again, signed by another person than the one who asked; it goes on until it is closed anew.

    Then issue what was really used, correct the report, bring back what was not, and close the order: the check is made anew
    and signed. Refused with `other_person_needed`, `wrong_state` (nobody asked, or it is open), `password_wrong`.
    """
    return reopening.open_for_correction(
        ProductionReportId(report_id), warehouse=auth.current_warehouse(), actor=signer.id, at=now()
    )


@bp.post("/production-reports/<int:report_id>/correct")
@requires("production.correct")
@writes(
    body=schemas.CorrectReportIn(), answer=schemas.ProductionReportOut(), offers=("production_reports.correct",)
)  # fmt: skip
def correct(report_id: int, values: dict[str, Any]) -> ProductionReport:
    """Correct what a report says was used, by counter-entry: give all of its inputs as they really were.

    The wrong goods stand at the line again and the right ones leave it; the outputs stay, wherever they are by now. Answers
    with the report that stands in its place. Refused with `report_corrected` when it was taken back already,
    `insufficient_stock` when the right goods do not stand at the line.
    """
    cmd = corrections.CorrectReport(
        key=api.call_key(), warehouse=auth.current_warehouse(), report=ProductionReportId(report_id),
        reason=values["reason"], inputs=schemas.inputs_of_call(values),
    )  # fmt: skip
    return queries.get_report(corrections.correct_inputs(cmd, actor=auth.actor_id(), at=now()).report)


@bp.post("/production-reports/<int:report_id>/take-back")
@requires("production.correct")
@writes(body=schemas.TakeBackReportIn(), answer=schemas.ProductionReportOut(), offers=("production_reports.take_back",))
def take_back(report_id: int, values: dict[str, Any]) -> ProductionReport:
    """Take a report back whole, by counter-entries: outputs leave the books, inputs stand at the line again.

    Refused with `goods_moved_on` when some of the output is elsewhere by now, `report_corrected` when it was taken back.
    """
    cmd = corrections.TakeBack(
        key=api.call_key(), warehouse=auth.current_warehouse(), report=ProductionReportId(report_id),
        reason=values["reason"],
    )  # fmt: skip
    corrections.take_back(cmd, actor=auth.actor_id(), at=now())
    return queries.get_report(cmd.report)


# -- vessels ----------------------------------------------------------------------------------------------------------
@bp.get("/vessels/<int:vessel_id>/contents")
@requires("production.view")
@reads(answer=schemas.VesselViewOut())
def contents(vessel_id: int) -> dict[str, Any]:
    """Give a vessel with what runs together in it now by share, the lots that cling to it, and its cleanings."""
    return _view(queries.get_vessel(VesselId(vessel_id), warehouse=auth.current_warehouse()))


@bp.post("/vessels/<int:vessel_id>/fill")
@requires("production.report")
@writes(body=schemas.FillVesselIn(), answer=schemas.VesselViewOut(), offers=("production_reports.fill",))
def fill(vessel_id: int, values: dict[str, Any]) -> dict[str, Any]:
    """Fill goods of a lot from a bin into a vessel; they run together with what is there.

    Refused with `insufficient_stock`, `vessel_full`, `vessel_holds_other` (another item is in it), `lot_on_hold`.
    """
    here = auth.current_warehouse()
    cmd = vessels.FillVessel(
        key=api.call_key(), warehouse=here, vessel=VesselId(vessel_id), lot=LotId(values["lot_id"]),
        bin=stock.find_bin(values["bin_code"], warehouse=here).id, quantity=values["quantity"],
    )  # fmt: skip
    vessels.fill(cmd, actor=auth.actor_id(), at=now())
    return _view(queries.get_vessel(cmd.vessel, warehouse=here))


@bp.post("/vessels/<int:vessel_id>/draw")
@requires("production.report")
@writes(body=schemas.DrawVesselIn(), answer=schemas.VesselViewOut(), offers=("production_reports.draw",))
def draw(vessel_id: int, values: dict[str, Any]) -> dict[str, Any]:
    """Draw part of what is in a vessel off, of each lot its share: into another vessel, or into a bin when it is of one lot.

    Refused with `vessel_short`, `vessel_mixed` (several lots, into a bin), `vessel_full`, `vessel_holds_other`.
    """
    here = auth.current_warehouse()
    code = values["to_bin_code"]
    cmd = vessels.DrawVessel(
        key=api.call_key(), warehouse=here, vessel=VesselId(vessel_id), quantity=values["quantity"],
        to_vessel=values["to_vessel_id"], to_bin=stock.find_bin(code, warehouse=here).id if code else None,
    )  # fmt: skip
    vessels.draw_off(cmd, actor=auth.actor_id(), at=now())
    return _view(queries.get_vessel(cmd.vessel, warehouse=here))


@bp.post("/vessels/<int:vessel_id>/clean")
@requires("production.report")
@writes(body=schemas.CleanVesselIn(), answer=schemas.VesselViewOut(), offers=("production_reports.clean",))
def clean(vessel_id: int, values: dict[str, Any]) -> dict[str, Any]:
    """Record a vessel as emptied and cleaned: what was in it is in nothing drawn later.

    Refused with `vessel_not_empty` while the books say that something is in it.
    """
    cmd = vessels.CleanVessel(
        key=api.call_key(), warehouse=auth.current_warehouse(), vessel=VesselId(vessel_id), method=values["method"],
        note=values["note"],
    )  # fmt: skip
    vessels.clean(cmd, actor=auth.actor_id(), at=now())
    return _view(queries.get_vessel(cmd.vessel, warehouse=cmd.warehouse))


@bp.get("/vessels/<int:vessel_id>/moves")
@requires("production.view")
@reads(answer=schemas.VesselMovesOut())
def moves(vessel_id: int) -> dict[str, list[Any]]:
    """List what went into a vessel and out of it, the newest first, 100 at most."""
    vessel = queries.get_vessel(VesselId(vessel_id), warehouse=auth.current_warehouse())
    return {"items": queries.history_of(vessel)}


def _view(vessel: Vessel) -> dict[str, Any]:
    inside = queries.contents_of(vessel)
    return {
        "id": vessel.id, "code": vessel.code, "bin_code": vessel.bin.code, "capacity": vessel.capacity,
        "contents": inside, "residue_lot_ids": sorted(queries.stood_in(vessel) - {one.lot for one in inside}),
        "cleanings": queries.cleanings_of(vessel.id),
    }  # fmt: skip
