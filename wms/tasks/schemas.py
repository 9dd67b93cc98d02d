"""Which tasks the API is asked for, and how a task goes out."""

from marshmallow import fields

from wms.stock.schemas import PlateCode, PlateId
from wms.tasks.models import TaskKind, TaskState
from wms.web.api import ListQuery
from wms.web.forms import Choice, Id, Instant, Out, QuantityField


class TasksQuery(ListQuery):
    """Which tasks to list: by default those that nobody has begun."""

    kind = Choice(TaskKind, load_default=None, allow_none=False)
    state = Choice(TaskState, load_default=TaskState.OPEN)
    lot_id = Id(load_default=None, allow_none=False)


class TaskOut(Out):
    """One piece of work, in the item's base unit. `document` and `demand` name what it belongs to and what it serves."""

    id = Id(attribute="task.id")
    kind = fields.Enum(TaskKind, by_value=True, attribute="task.kind")
    state = fields.Enum(TaskState, by_value=True, attribute="task.state")
    warehouse_id = Id(attribute="task.warehouse_id")
    sequence = fields.Integer(attribute="task.sequence")
    document_kind = fields.String(attribute="task.document_kind")
    document_id = Id(attribute="task.document_id", allow_none=True)
    demand_kind = fields.String(attribute="task.demand_kind")
    demand_id = Id(attribute="task.demand_id", allow_none=True)
    item_id = Id(attribute="task.item_id", allow_none=True)
    sku = fields.String(attribute="task.item.sku", allow_none=True, dump_default=None)
    lot_id = Id(attribute="task.lot_id", allow_none=True)
    lot_number = fields.String(attribute="task.lot.number", allow_none=True, dump_default=None)
    source_bin_id = Id(attribute="task.source_bin_id", allow_none=True)
    source_bin_code = fields.String(attribute="task.source_bin.code", allow_none=True, dump_default=None)
    source_lpn_id = PlateId(attribute="task.source_lpn_id", allow_none=True)
    source_lpn_code = PlateCode(attribute="task.source_lpn")
    target_bin_id = Id(attribute="task.target_bin_id", allow_none=True)
    target_bin_code = fields.String(attribute="task.target_bin.code", allow_none=True, dump_default=None)
    target_lpn_id = PlateId(attribute="task.target_lpn_id", allow_none=True)
    target_lpn_code = PlateCode(attribute="task.target_lpn")
    quantity = QuantityField(attribute="task.quantity", allow_none=True)
    done_quantity = QuantityField(attribute="task.done_quantity")
    why = fields.String(attribute="task.why", metadata={"description": "A code: why it was made, or stopped."})
    note = fields.String(attribute="task.note")
    created_at = Instant(attribute="task.created_at")
    taken_by = fields.String(allow_none=True)
    taken_at = Instant(attribute="task.taken_at", allow_none=True)
    closed_at = Instant(attribute="task.closed_at", allow_none=True)
