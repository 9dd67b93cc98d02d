"""Reads of tasks."""

from __future__ import annotations

from sqlalchemy import func, select

from wms.core.ids import UserId
from wms.db import db
from wms.tasks.models import Task, TaskState


def count_taken(user: UserId) -> int:
    """Count what a person has taken and not finished."""
    statement = select(func.count()).where(Task.state == TaskState.TAKEN, Task.taken_by == user)
    return db.session.execute(statement).scalar_one()
