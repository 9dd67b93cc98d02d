"""Printers and print jobs for machines. Labels are queued by POST /labels/print (wms/stock/api.py)."""

from __future__ import annotations

from typing import Any

from wms.core.clock import now
from wms.core.errors import NotFound
from wms.core.ids import PrinterId, PrintJobId
from wms.db.paging import Page
from wms.printing import queries, schemas, service, stations
from wms.printing.models import Printer
from wms.printing.service import PrinterPlan
from wms.web import api
from wms.web.api import reads, writes
from wms.web.auth import actor_id, current_warehouse, requires

bp = api.blueprint("printing_api", __name__)


@bp.get("/printers")
@requires("settings.edit", "label.print")
@reads(answer=schemas.PrintersOut())
def printers() -> dict[str, Any]:
    """List the label printers of a warehouse."""
    return {"items": [row.printer for row in queries.list_printers(current_warehouse())]}


@bp.get("/printers/<int:printer_id>")
@requires("settings.edit", "label.print")
@reads(answer=schemas.PrinterOut(), etag=True)
def printer(printer_id: int) -> Printer:
    """Give a printer, with what was wrong when a label was last sent to it."""
    return _of_this_place(printer_id)


@bp.post("/printers")
@requires("settings.edit")
@writes(body=schemas.PrinterIn(), answer=schemas.PrinterOut(), status=201, offers=("printing.make_printer",))
def make_printer(values: dict[str, Any]) -> Printer:
    """Make a printer known: its address, and whether it writes RFID tags and answers the host status (~HS).

    A printer that answers is asked for paper, ribbon and head before each label, and until it is done after it.
    """
    return service.make_printer(PrinterPlan(**values), warehouse=current_warehouse(), at=now())


@bp.put("/printers/<int:printer_id>")
@requires("settings.edit")
@writes(
    body=schemas.PrinterChangeIn(),
    answer=schemas.PrinterOut(),
    edits=printer,
    locks=Printer,
    offers=("printing.change_printer",),
)
def change_printer(printer_id: int, values: dict[str, Any]) -> Printer:
    """Change a printer; labels that wait go to its new address."""
    return service.change_printer(_of_this_place(printer_id).id, PrinterPlan(**values))


@bp.post("/printers/<int:printer_id>/test")
@requires("settings.edit", "label.print")
@writes(answer=schemas.PrintJobOut(), status=202, offers=("printing.test_printer",))
def test_printer(printer_id: int) -> queries.JobRow:
    """Print a label that says the printer's own code."""
    job = service.queue(stations.a_test(_of_this_place(printer_id)), actor=actor_id(), at=now())
    return queries.get_job_row(job.id)


@bp.get("/printer-stations")
@requires("settings.edit", "label.print")
@reads(answer=schemas.StationsOut())
def list_stations() -> dict[str, Any]:
    """List who prints where: handhelds, persons, and all others of the warehouse."""
    return {"items": queries.list_stations(current_warehouse())}


@bp.post("/printer-stations")
@requires("settings.edit", "label.print")
@writes(body=schemas.StationIn(), answer=schemas.StationsOut(), offers=("printing.set_default",))
def set_default(values: dict[str, Any]) -> dict[str, Any]:
    """Say where a handheld prints, the caller (`is_mine`), or, with neither, all others of the warehouse."""
    stations.demand(values)
    printer = _of_this_place(values["printer_id"])
    service.set_default(warehouse=current_warehouse(), printer=printer.id, **stations.named(values))
    return stations_now()


@bp.post("/printer-stations/<int:station_id>/drop")
@requires("settings.edit")
@writes(answer=schemas.StationsOut(), offers=("printing.drop_default",))
def drop_default(station_id: int) -> dict[str, Any]:
    """Forget where a station prints."""
    if queries.get_station(station_id).warehouse_id != current_warehouse():
        raise NotFound(kind="printer", text=str(station_id))
    service.drop_default(station_id)
    return stations_now()


def stations_now() -> dict[str, Any]:
    """Who prints where, after a change."""
    return {"items": queries.list_stations(current_warehouse())}


@bp.get("/print-jobs")
@requires("label.print")
@reads(query=schemas.PrintJobsQuery(), answer=schemas.PrintJobOut(), paged=True)
def jobs(query: dict[str, Any]) -> Page[queries.JobRow]:
    """List what was asked to be printed in a warehouse, the newest first."""
    return queries.list_jobs(
        current_warehouse(),
        state=query["state"],
        printer=query["printer_id"],
        cursor=query["cursor"],
        size=query["limit"],
    )


@bp.post("/print-jobs/<int:job_id>/cancel")
@requires("label.print")
@writes(answer=schemas.PrintJobOut(), offers=("printing.cancel",))
def cancel(job_id: int) -> queries.JobRow:
    """Take a label out of the queue; one that is with the printer stays."""
    job = _job_of_this_place(job_id)
    service.cancel(job, actor=actor_id(), at=now())
    return queries.get_job_row(job)


@bp.post("/print-jobs/<int:job_id>/again")
@requires("label.print")
@writes(answer=schemas.PrintJobOut(), offers=("printing.again",))
def again(job_id: int) -> queries.JobRow:
    """Send a label that failed, or of which nobody knows, once more."""
    job = _job_of_this_place(job_id)
    service.send_again(job, actor=actor_id(), at=now())
    return queries.get_job_row(job)


@bp.post("/print-jobs/<int:job_id>/printed")
@requires("label.print")
@writes(answer=schemas.PrintJobOut(), offers=("printing.printed",))
def printed(job_id: int) -> queries.JobRow:
    """Say that the label of an uncertain job lies there."""
    job = _job_of_this_place(job_id)
    service.say_printed(job, actor=actor_id(), at=now())
    return queries.get_job_row(job)


def _of_this_place(printer_id: int) -> Printer:
    return queries.get_printer(PrinterId(printer_id), warehouse=current_warehouse())


def _job_of_this_place(job_id: int) -> PrintJobId:
    found = queries.get_job(PrintJobId(job_id))
    if found.warehouse_id != current_warehouse():
        raise NotFound(kind="print_job", text=str(job_id))
    return found.id
