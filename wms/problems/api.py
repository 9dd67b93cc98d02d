"""Problems for machines: report one, list them, settle one."""

from pathlib import Path
from typing import Any

from flask import current_app

from wms.core.clock import now
from wms.core.errors import MissingField, NotFound
from wms.core.ids import LOOSE, BinId, LotId, LpnId, ProblemId
from wms.db.paging import Page
from wms.files import service as files
from wms.gs1 import scan as gs1
from wms.problems import queries, schemas, service
from wms.stock import queries as stock
from wms.stock import scan_queries
from wms.stock.models import Capture
from wms.web import api, auth
from wms.web.api import reads, writes
from wms.web.auth import actor_id, current_warehouse, requires

bp = api.blueprint("problems_api", __name__)


@bp.get("/problem-reports")
@requires("stock.view")
@reads(query=schemas.ProblemsQuery(), answer=schemas.ProblemOut(), paged=True)
def problems(query: dict[str, Any]) -> Page[queries.ProblemRow]:
    """List the problems that were reported in a warehouse, the newest first."""
    return queries.page_of_problems(
        current_warehouse(), state=query["state"], kind=query["kind"], lot=query["lot_id"], cursor=query["cursor"],
        size=query["limit"],
    )  # fmt: skip


@bp.get("/problem-reports/<int:problem_id>")
@requires("stock.view")
@reads(answer=schemas.ProblemOut())
def problem(problem_id: int) -> queries.ProblemRow:
    """Give one problem."""
    return queries.get_problem(ProblemId(problem_id), warehouse=current_warehouse())


def _find_photo(values: dict[str, Any]) -> dict[str, Any]:
    sha256, folder = values["photo"], Path(current_app.config["WMS"].data_dir)
    return values | {"photo": files.find_kept(sha256, data_dir=folder) if sha256 else None}


@bp.post("/problem-reports")
@requires("problem.report")
@writes(
    body=schemas.ReportIn(), answer=schemas.ProblemOut(), status=201, offers=("mobile.problem",), prepares=_find_photo
)
def report_problem(values: dict[str, Any]) -> queries.ProblemRow:
    """Report what is wrong with goods in a bin; the work that follows is made at once.

    `damage`, `wet`, `seal_open`: the quantity goes on hold with reason damage, its promises are freed, and a cage task is
    left. `label_unreadable`, `wrong_label`: a new label is wanted and the place is to be counted. `found`: goods in a bin
    that the book calls empty are taken in as a count's gain, held, and counted. Each raises an alert. Name the goods by
    `scan`, or by `sku` and `lot_number`: that counts as typed and needs the right `lot.type`, save where the label
    cannot be read. Refused: `not_found`, `insufficient_stock`, `bin_not_empty`.
    """
    warehouse, kind = current_warehouse(), values["kind"]
    lot, lpn, is_scanned = _goods(values)
    if not is_scanned and kind.value not in {"label_unreadable", "wrong_label"}:
        auth.demand("lot.type")
    cmd = service.ReportProblem(
        key=api.call_key(), warehouse=warehouse, kind=kind,
        bin=BinId(stock.find_bin(values["bin_code"], warehouse=warehouse).id), lot=lot, lpn=lpn,
        quantity=values["quantity"], note=values["note"], capture=Capture.SCAN if is_scanned else Capture.TYPED,
        raw_scan=values["scan"],
    )  # fmt: skip
    done = service.report(cmd, photo=values["photo"], actor=actor_id(), at=now())
    return queries.get_problem(done.problem, warehouse=warehouse)


def _goods(values: dict[str, Any]) -> tuple[LotId, LpnId, bool]:
    """Which lot, on which plate, and whether a scan says so."""
    scan = gs1.read(values["scan"]) if values["scan"] else None
    plate = values["lpn_code"] or (scan.lpn if isinstance(scan, gs1.LpnScan) else "")
    lpn = LpnId(scan_queries.find_open_lpn(plate, warehouse=current_warehouse()).id) if plate else LOOSE
    if isinstance(scan, gs1.LpnScan):
        lots = {row.lot for row in stock.find_balances(lpn=lpn, warehouse=current_warehouse())}
        if len(lots) == 1:
            return lots.pop(), lpn, True
        scan = None
    number = str(scan.lot) if scan and scan.lot else values["lot_number"] or (scan.text if scan else "")
    if not number:
        raise MissingField(field="lot_number")
    gtin = str(scan.gtin) if scan and scan.gtin else ""
    sku = str(scan.sku) if scan and scan.sku else values["sku"]
    found = scan_queries.lots_numbered(number, sku=sku, gtin=gtin)
    if len(found) != 1:
        raise NotFound(kind="lot", text=number) if not found else MissingField(field="sku")
    return found[0], lpn, scan is not None


@bp.post("/problem-reports/<int:problem_id>/settle")
@requires("alert.settle")
@writes(body=schemas.SettleProblemIn(), answer=schemas.ProblemOut(), offers=("problems.settle",))
def settle_problem(problem_id: int, values: dict[str, Any]) -> queries.ProblemRow:
    """Close a problem with what was done about it. Its alert falls; a hold that it laid stays until quality lifts it."""
    found = _of_this_place(problem_id)
    service.settle(found, note=values["note"], actor=actor_id(), at=now())
    return queries.get_problem(found, warehouse=current_warehouse())


@bp.post("/problem-reports/<int:problem_id>/label-printed")
@requires("label.print")
@writes(answer=schemas.ProblemOut(), offers=("problems.label_printed",))
def note_label_printed(problem_id: int) -> queries.ProblemRow:
    """Say that the new label of a problem was printed. Refused: a problem that wants none."""
    found = _of_this_place(problem_id)
    service.note_label_printed(found, at=now())
    return queries.get_problem(found, warehouse=current_warehouse())


def _of_this_place(problem_id: int) -> ProblemId:
    return queries.get_problem(ProblemId(problem_id), warehouse=current_warehouse()).problem.id
