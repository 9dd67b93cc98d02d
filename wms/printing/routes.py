"""Desk pages of printing: the printers and who uses which, and what waits to be printed.

Which printers there are is a setting; what became of a label is for everybody who prints.
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, render_template, url_for

from wms.core.clock import now
from wms.core.errors import NotFound
from wms.core.ids import PrinterId, PrintJobId
from wms.db import run_in_transaction
from wms.printing import queries, schemas, service, stations
from wms.printing.models import Printer, PrintJobState
from wms.printing.service import PrinterPlan
from wms.web.auth import actor_id, current_warehouse, requires
from wms.web.forms import parse_form, parse_query

bp = Blueprint("printing", __name__)


# -- printers ---------------------------------------------------------------------------------------------------------
@bp.get("/setup/printers")
@requires("settings.edit", "label.print")
def printers() -> Any:
    """List the printers of this warehouse, and who uses which."""
    warehouse = current_warehouse()
    return render_template(
        "printing/printers.html",
        rows=queries.list_printers(warehouse),
        stations=queries.list_stations(warehouse),
        devices=queries.list_devices(warehouse),
    )


@bp.get("/setup/printers/new")
@requires("settings.edit")
def new_printer() -> Any:
    """Ask for a printer."""
    return render_template("printing/printer.html", printer=None)


@bp.post("/setup/printers")
@requires("settings.edit")
def make_printer() -> Any:
    """Make a printer known."""
    plan = PrinterPlan(**parse_form(schemas.PrinterIn()))
    run_in_transaction(service.make_printer, plan, warehouse=current_warehouse(), at=now())
    return redirect(url_for("printing.printers"))


@bp.get("/setup/printers/<int:printer_id>")
@requires("settings.edit")
def printer(printer_id: int) -> Any:
    """Show a printer, to change it or to try it."""
    return render_template("printing/printer.html", printer=_of_this_place(printer_id))


@bp.post("/setup/printers/<int:printer_id>")
@requires("settings.edit")
def change_printer(printer_id: int) -> Any:
    """Change a printer."""
    found = _of_this_place(printer_id)
    plan = PrinterPlan(**parse_form(schemas.PrinterChangeIn()))
    run_in_transaction(service.change_printer, found.id, plan)
    return redirect(url_for("printing.printers"))


@bp.post("/setup/printers/<int:printer_id>/test")
@requires("settings.edit", "label.print")
def test_printer(printer_id: int) -> Any:
    """Print a label that says the printer's own code."""
    found = _of_this_place(printer_id)
    run_in_transaction(service.queue, stations.a_test(found), actor=actor_id(), at=now())
    return redirect(url_for("printing.jobs", printer=found.id))


@bp.post("/setup/printers/<int:printer_id>/default")
@requires("settings.edit", "label.print")
def set_default(printer_id: int) -> Any:
    """Say who prints here: a handheld, or all others (`settings.edit`), or the person who asks."""
    found = _of_this_place(printer_id)
    values = parse_form(schemas.StationIn(exclude=("printer_id",)))
    stations.demand(values)
    run_in_transaction(service.set_default, warehouse=current_warehouse(), printer=found.id, **stations.named(values))
    return redirect(url_for("printing.printers"))


@bp.post("/setup/printers/stations/<int:station_id>/drop")
@requires("settings.edit")
def drop_default(station_id: int) -> Any:
    """Forget where a station prints."""
    _station_of_this_place(station_id)
    run_in_transaction(service.drop_default, station_id)
    return redirect(url_for("printing.printers"))


def _of_this_place(printer_id: int) -> Printer:
    return queries.get_printer(PrinterId(printer_id), warehouse=current_warehouse())


def _station_of_this_place(station_id: int) -> None:
    if queries.get_station(station_id).warehouse_id != current_warehouse():
        raise NotFound(kind="printer", text=str(station_id))


# -- jobs -------------------------------------------------------------------------------------------------------------
@bp.get("/print-jobs")
@requires("label.print")
def jobs() -> Any:
    """List what was asked to be printed, the newest first."""
    wanted = parse_query(schemas.PrintJobsIn())
    warehouse = current_warehouse()
    return render_template(
        "printing/jobs.html",
        page=queries.list_jobs(
            warehouse, state=wanted["state"], printer=wanted["printer"], cursor=wanted["cursor"] or None
        ),
        printers=[(row.id, row.code) for row in queries.choices(warehouse)],
        states=[state.value for state in PrintJobState],
    )


@bp.post("/print-jobs/<int:job_id>/cancel")
@requires("label.print")
def cancel(job_id: int) -> Any:
    """Take a label out of the queue."""
    run_in_transaction(service.cancel, _job_of_this_place(job_id), actor=actor_id(), at=now())
    return redirect(url_for("printing.jobs"))


@bp.post("/print-jobs/<int:job_id>/again")
@requires("label.print")
def again(job_id: int) -> Any:
    """Send a label once more."""
    run_in_transaction(service.send_again, _job_of_this_place(job_id), actor=actor_id(), at=now())
    return redirect(url_for("printing.jobs"))


@bp.post("/print-jobs/<int:job_id>/printed")
@requires("label.print")
def printed(job_id: int) -> Any:
    """Say that an uncertain label lies there."""
    run_in_transaction(service.say_printed, _job_of_this_place(job_id), actor=actor_id(), at=now())
    return redirect(url_for("printing.jobs"))


def _job_of_this_place(job_id: int) -> PrintJobId:
    found = queries.get_job(PrintJobId(job_id))
    if found.warehouse_id != current_warehouse():
        raise NotFound(kind="print_job", text=str(job_id))
    return found.id
