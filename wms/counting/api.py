"""Counting for machines: which lots are to be counted where, and what was counted."""

from dataclasses import dataclass
from typing import Any

from wms.core.clock import now
from wms.core.errors import NotFound
from wms.core.ids import BinId, TaskId
from wms.counting import queries, schemas, service
from wms.counting.queries import CountRow
from wms.db.paging import Page
from wms.stock import capture_edge
from wms.stock import queries as stock
from wms.web import api
from wms.web.api import reads, writes
from wms.web.auth import actor_id, current_warehouse, requires

bp = api.blueprint("counting_api", __name__)


@dataclass(frozen=True)
class Recorded:
    """A count as it stands afterwards, and what it came to."""

    count: CountRow
    came_to: service.CountCameTo


@bp.get("/counts")
@requires("count")
@reads(query=schemas.CountsQuery(), answer=schemas.CountOut(), paged=True)
def counts(query: dict[str, Any]) -> Page[CountRow]:
    """List the counts to do, the oldest first, or those done, the newest first."""
    warehouse = current_warehouse()
    bin_ = BinId(stock.find_bin(query["bin"], warehouse=warehouse).id) if query["bin"] else None
    return queries.page_of_counts(
        warehouse, is_done=query["state"] == "done", bin=bin_, cursor=query["cursor"], size=query["limit"]
    )


@bp.get("/counts/<int:count_id>")
@requires("count")
@reads(answer=schemas.CountOut())
def count(count_id: int) -> CountRow:
    """Give one count, to do or done. What the book says is not told."""
    return _count(TaskId(count_id))


@bp.post("/counts/<int:count_id>/record")
@requires("count")
@writes(body=schemas.RecordCountIn(), answer=schemas.CountCameToOut(), offers=("mobile.count",))
def record_count(count_id: int, values: dict[str, Any]) -> Recorded:
    """Say what was counted, in the item's base unit.

    A count that agrees with the book closes. One that differs is asked about first, without saying what the book has:
    question `count_differs`, answered with the reason in words; then the difference is posted. Promises that no longer
    hold are given back and their picks stopped. Refused: another bin than the count's.
    """
    row = _count(TaskId(count_id))
    found = stock.find_bin(values["bin_code"], warehouse=current_warehouse())
    cmd = service.RecordCount(
        task=row.task, bin=BinId(found.id), bin_code=found.code, counted=values["counted_quantity"],
        key=api.call_key(), reason=values["answers"].get("count_differs", ""),
    )  # fmt: skip
    with capture_edge.told(values):
        came_to = service.record_count(cmd, actor=actor_id(), at=now())
    return Recorded(_count(row.task), came_to)


def _count(task: TaskId) -> CountRow:
    """Give a count of the current warehouse; NotFound otherwise."""
    found = queries.count_row(task)
    if found is None or queries.find_count(task).warehouse_id != current_warehouse():
        raise NotFound(kind="task", text=str(task))
    return found
