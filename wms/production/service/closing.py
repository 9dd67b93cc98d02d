"""Closing a work order: what does not agree is refused, or signed for and kept on the order."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from wms.core.ids import UserId, WarehouseId, WorkOrderId


@dataclass(frozen=True, kw_only=True)
class CloseOrder:
    """Close a work order. `is_signed`: the person gave the password again and signs for what does not agree."""

    work_order: WorkOrderId
    warehouse: WarehouseId
    is_signed: bool = False
    reason: str = ""


def close(cmd: CloseOrder, *, actor: UserId, at: datetime) -> None:
    """Close a completed or started work order.

    Raises NotFound, WrongState, WorkOrderNotClear (goods, tasks or promises stand), WorkOrderDiffers (needs a signature).
    """
    raise NotImplementedError
