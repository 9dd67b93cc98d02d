"""For whom lots are released, beside the statements that read goods: one column, one short statement."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import func, select

from wms.core.ids import LotId
from wms.db import db
from wms.stock.models import Lot, ReleaseScope


def scope_column(lot_id: Any = Lot.id) -> Any:
    """The open scopes of a lot as one text, for a statement that reads goods; blank where the lot is free for all."""
    return func.coalesce(
        select(func.aggregate_strings(ReleaseScope.entry, " "))
        .where(ReleaseScope.lot_id == lot_id, ReleaseScope.ended_at.is_(None))
        .scalar_subquery(),
        "",
    ).label("scope")


def open_scopes(lots: Collection[LotId]) -> list[ReleaseScope]:
    """List the open scopes of some lots, oldest first."""
    statement = (
        select(ReleaseScope)
        .where(ReleaseScope.lot_id.in_(lots), ReleaseScope.ended_at.is_(None))
        .order_by(ReleaseScope.id)
    )
    return list(db.session.execute(statement).scalars()) if lots else []
