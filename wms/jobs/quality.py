"""Scheduled work of quality that crosses its floors: retests held and opened as inspections, goods that must stand apart."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy import select

from wms.alerts import service as alerts
from wms.alerts.models import AlertKind, Severity
from wms.core.ids import UserId, WarehouseId
from wms.db import db
from wms.inspection import queries as inspection_queries
from wms.inspection import service as inspection
from wms.inspection.models import Stage
from wms.quality import apart, retest
from wms.stock.models import Lot

#: So many days before a retest is due a person is told; and so many lots are told of in one run.
RETEST_WARNING_DAYS: Final = 30
_LATE_DAYS: Final = 7
_LOTS: Final = 1_000


def hold_retests(*, warehouse: WarehouseId, on: date, actor: UserId, at: datetime) -> dict[str, int]:
    """Hold what is due for its retest by the warehouse's own day, and open its inspection where the item has a plan."""
    held = retest.hold_due_retests(warehouse, on, at=at, actor=actor)
    opened = 0
    lots = {lot.id: lot for lot in db.session.execute(select(Lot).where(Lot.id.in_([h.lot for h in held]))).scalars()}
    for one in held:
        lot = lots[one.lot]
        plan = inspection_queries.find_plan(lot.item_id, lot.supplier_id, Stage.RETEST)
        if plan is None or any(
            i.stage is Stage.RETEST for i in inspection_queries.open_inspections_of(lot.id, warehouse)
        ):
            continue
        inspection.open_by_hand(
            inspection.OpenInspection(warehouse=warehouse, stage=Stage.RETEST, lot=lot.id, plan=plan.id),
            actor=actor, at=at,
        )  # fmt: skip
        opened += 1
    return {"held": len(held), "inspections": opened}


def warn_of_retests(*, warehouse: WarehouseId, on: date, actor: UserId, at: datetime) -> dict[str, int]:
    """Alert for each lot that stands here and is to be tested again within RETEST_WARNING_DAYS, or should have been."""
    prefix = f"retest:{warehouse}:"
    keep = set()
    until = on + timedelta(days=RETEST_WARNING_DAYS)
    for row in retest.page_of_retests(warehouse, until=until, size=_LOTS).rows:
        key = f"{prefix}{row.lot}"
        keep.add(key)
        alerts.raise_alert(
            kind=AlertKind.RETEST_DUE,
            severity=Severity.WARNING if (row.retest_on - on).days <= _LATE_DAYS else Severity.INFO,
            warehouse=warehouse,
            subject_key=key,
            subject_kind="lot",
            subject_id=row.lot,
            data={
                "lot": row.number, "sku": row.sku, "item_en": row.name_en, "item_zh": row.name_zh,
                "retest_on": row.retest_on.isoformat(), "quantity": str(row.on_hand), "unit": row.base_unit,
            },
            at=at,
        )  # fmt: skip
    settled = alerts.resolve_others(AlertKind.RETEST_DUE, prefix=prefix, keep=keep, actor=actor, at=at)
    return {"lots": len(keep), "settled": settled}


def leave_tasks_apart(*, warehouse: WarehouseId, on: date, actor: UserId, at: datetime) -> dict[str, int]:
    """Leave a task for each place where goods stand that must stand apart, once."""
    return {"tasks": apart.leave_tasks_apart(warehouse, on=on, actor=actor, at=at)}
