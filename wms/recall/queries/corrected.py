"""Which open recalls a corrected production report changes: the scope was frozen by links that were wrong."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import func, select

from wms.core.ids import LotId, RecallId
from wms.db import db
from wms.production.beyond import RecallTouched
from wms.quality.laying import parts_of
from wms.recall.models import Recall, RecallLot, RecallVersion
from wms.recall.rules.steps import RecallState
from wms.stock.models import Lot


def recalls_touched(used: Collection[LotId], made: Collection[LotId]) -> list[RecallTouched]:
    """The open recalls, drills left out, whose scope in force holds a lot that a report used or led to.

    What was made and is in the scope may fall out of it; where a used lot is in the scope, what was made and is not comes in.
    """
    newest = (
        select(func.max(RecallVersion.number))
        .where(RecallVersion.recall_id == Recall.id)
        .correlate(Recall)
        .scalar_subquery()
    )
    found: dict[tuple[RecallId, str], set[LotId]] = {}
    for part in parts_of(sorted({*used, *made})):
        rows = db.session.execute(
            select(Recall.id, Recall.number, RecallLot.lot_id)
            .join(RecallVersion, RecallVersion.recall_id == Recall.id)
            .join(RecallLot, RecallLot.version_id == RecallVersion.id)
            .where(
                Recall.state == RecallState.OPEN, Recall.is_mock.is_(False), RecallVersion.number == newest,
                RecallLot.lot_id.in_(part),
            )
        )  # fmt: skip
        for row in rows:
            found.setdefault((row.id, row.number), set()).add(row.lot_id)
    if not found:
        return []
    numbers = _numbers(made)
    return [
        RecallTouched(
            recall=recall, number=number, inside=_named(numbers, inside & set(made)),
            missing=_named(numbers, set(made) - inside) if inside & set(used) else (),
        )
        for (recall, number), inside in sorted(found.items())
    ]  # fmt: skip


def _numbers(lots: Collection[LotId]) -> dict[LotId, str]:
    numbers: dict[LotId, str] = {}
    for part in parts_of(sorted(lots)):
        rows = db.session.execute(select(Lot.id, Lot.number).where(Lot.id.in_(part)))
        numbers |= {row.id: row.number for row in rows}
    return numbers


def _named(numbers: dict[LotId, str], lots: Collection[LotId]) -> tuple[str, ...]:
    return tuple(sorted(numbers[lot] for lot in lots if lot in numbers))
