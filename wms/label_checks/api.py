"""Label checks for machines: what is to be checked, what came of it, and one answer."""

from dataclasses import replace
from typing import Any

from wms.core.clock import now
from wms.core.errors import MissingField
from wms.core.ids import BinId, LabelCheckId
from wms.db.paging import Page
from wms.gs1 import scan as gs1
from wms.label_checks import queries, schemas, service
from wms.label_checks.service import RecordLabel
from wms.stock import queries as stock
from wms.stock import scan_queries
from wms.web import api
from wms.web.api import reads, writes
from wms.web.auth import actor_id, current_warehouse, requires

bp = api.blueprint("label_checks_api", __name__)


@bp.get("/label-checks")
@requires("stock.view")
@reads(query=schemas.LabelChecksQuery(), answer=schemas.LabelCheckOut(), paged=True)
def label_checks(query: dict[str, Any]) -> Page[queries.CheckRow]:
    """List the label checks of a warehouse, the newest first: those to do (`state=open`), those done, or all."""
    is_open = None if query["state"] is None else query["state"] == "open"
    return queries.page_of_checks(
        current_warehouse(), result=query["result"], is_open=is_open, cursor=query["cursor"], size=query["limit"]
    )


@bp.get("/label-draws")
@requires("stock.view")
@reads(answer=schemas.LabelDayOut(), paged=True)
def label_draws(query: dict[str, Any]) -> Page[queries.DayRow]:
    """List the daily draws with what came of them, the newest first.

    The share of right labels is same / (same + differs + unreadable). A draw can be made again: order all places of the day
    by SHA-256 of "seed/bin/lpn/lot" and take the first `check_count`; `places_digest` is the SHA-256 of all places.
    """
    return queries.page_of_days(current_warehouse(), cursor=query["cursor"], size=query["limit"])


@bp.post("/label-checks/<int:check_id>/record")
@requires("stock.move", "count", "receive", "putaway", "pick")
@writes(body=schemas.RecordLabelIn(), answer=schemas.LabelCheckOut(), offers=("mobile.labels",))
def record_label(check_id: int, values: dict[str, Any]) -> queries.CheckRow:
    """Say what the label of a drawn place said.

    A label that names the record's lot, or the plate it stands on, is right. One that differs is asked about first (question
    `label_differs`, answered with "yes") and then raises an alert; so does one that cannot be read. Goods that are gone
    leave a count. Refused: another bin, a check that was done.
    """
    warehouse = current_warehouse()
    found = stock.find_bin(values["bin_code"], warehouse=warehouse)
    cmd = RecordLabel(
        check=LabelCheckId(check_id), warehouse=warehouse, bin=BinId(found.id), bin_code=found.code,
        is_unreadable=values["without_label"] == "unreadable", is_gone=values["without_label"] == "gone",
        is_sure=values["answers"].get("label_differs") == "yes",
    )  # fmt: skip
    if values["without_label"] is None:
        cmd = _with_scan(cmd, values["scan"])
    service.record(cmd, actor=actor_id(), at=now())
    return queries.get_check(cmd.check, warehouse=warehouse)


def _with_scan(cmd: RecordLabel, text: str) -> RecordLabel:
    if not text.strip():
        raise MissingField(field="scan")
    scan = gs1.read(text)
    gtin, sku = str(scan.gtin or ""), str(scan.sku or "")
    number = str(scan.lot) if scan.lot else scan.text
    is_plate = isinstance(scan, gs1.LpnScan) or scan.sscc is not None
    code = scan.lpn if isinstance(scan, gs1.LpnScan) else str(scan.sscc or scan.text)
    return replace(
        cmd, raw=text, said=f"{gtin or sku} {number}".strip()[:160],
        lots=frozenset() if isinstance(scan, gs1.LpnScan) else frozenset(scan_queries.lots_numbered(number, sku=sku, gtin=gtin)),
        lpns=frozenset(scan_queries.plates_coded(code, warehouse=cmd.warehouse) if is_plate or not scan.elements else ()),
    )  # fmt: skip
