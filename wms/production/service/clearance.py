"""Verbs of line clearance (清场): one person clears the line of what was before, another checks it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select

from wms.core.errors import FieldErrors, KeyReused, NotFound, OtherPersonNeeded, WrongState
from wms.core.ids import UserId, WarehouseId, WorkOrderId, new_id
from wms.db import db
from wms.disposition.queries import names_of
from wms.production.models import LineClearance
from wms.production.queries.orders import ORDER, clearance_of, get_order

#: What must be gone or clean, in the order of a walk along the line.
POINTS: Final = ("goods_gone", "labels_gone", "papers_gone", "machine_clean")


@dataclass(frozen=True, kw_only=True)
class ClearLine:
    """The order's line was cleared for it: which points were done."""

    key: str
    order: WorkOrderId
    warehouse: WarehouseId
    points: Collection[str]
    note: str = ""


def clear_line(cmd: ClearLine, *, actor: UserId, at: datetime) -> int:
    """Keep that the line was cleared for an order; it counts once another person has checked it. May be done anew.

    Raises FieldErrors (a point is not done), WrongState (the order goes on already, or is over), NotFound, KeyReused.
    """
    known = db.session.execute(select(LineClearance).where(LineClearance.key == cmd.key)).scalar_one_or_none()
    if known is not None:
        if known.work_order_id != cmd.order:
            raise KeyReused(key=cmd.key)
        return known.id
    order = get_order(cmd.order, warehouse=cmd.warehouse, is_locked=True)
    if order.state.value not in {"planned", "released"}:
        raise WrongState(subject=ORDER, state=order.state.value, event="clear_line", needed=["planned", "released"])
    if set(cmd.points) != set(POINTS):
        raise FieldErrors(errors={"points": ["required"]})
    row = LineClearance(
        id=new_id(), key=cmd.key, line_id=order.line_id, work_order_id=order.id, note=cmd.note, cleared_by=actor,
        cleared_at=at, points=[{"point": point, "is_done": True} for point in POINTS],
    )  # fmt: skip
    db.session.add(row)
    db.session.flush()
    return row.id


def check_clearance(order_id: WorkOrderId, *, warehouse: WarehouseId, actor: UserId, at: datetime) -> None:
    """Say that the line is clear indeed, as a second person. Raises NotFound, OtherPersonNeeded, WrongState (checked)."""
    order = get_order(order_id, warehouse=warehouse, is_locked=True)
    found = clearance_of(order)
    if found is None:
        raise NotFound(kind="clearance", text=order.number)
    if found.checked_at is not None:
        raise WrongState(subject="clearance", state="checked", event="check", needed=["cleared"])
    if found.cleared_by == actor:
        raise OtherPersonNeeded(name=names_of([actor]).get(actor, ""), part="who_cleared", task="to_check")
    found.checked_by, found.checked_at = actor, at
    db.session.flush()
