"""The work of a warehouse for machines: what waits, what somebody does, what is done. The features do it."""

from typing import Any

from wms.core.ids import LotId, TaskId
from wms.db.paging import Page
from wms.tasks import queries, schemas
from wms.web import api
from wms.web.api import reads
from wms.web.auth import current_warehouse, requires

bp = api.blueprint("tasks_api", __name__)


@bp.get("/tasks")
@requires("task.view")
@reads(query=schemas.TasksQuery(), answer=schemas.TaskOut(), paged=True)
def tasks(query: dict[str, Any]) -> Page[queries.TaskRow]:
    """List the tasks of a warehouse in one state, in the order they are to be done.

    Putaway, picks, counts, and the work that a hold left: recover what is on its way out, carry rejected goods to the cage.
    """
    lot = query["lot_id"]
    return queries.page_of_tasks(
        current_warehouse(), kind=query["kind"], states=[query["state"]], lot=LotId(lot) if lot is not None else None,
        cursor=query["cursor"], size=query["limit"],
    )  # fmt: skip


@bp.get("/tasks/<int:task_id>")
@requires("task.view")
@reads(answer=schemas.TaskOut())
def task(task_id: int) -> queries.TaskRow:
    """Give one task."""
    return queries.get_task(TaskId(task_id), warehouse=current_warehouse())
