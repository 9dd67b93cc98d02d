"""Verbs of gaps: settle what a look found, name an owner, accept one as it is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime

from sqlalchemy import insert, select, update

from wms.accounts.models import User, UserRole
from wms.alerts.models import AlertKind, Severity
from wms.alerts.service import raise_alert, resolve_others
from wms.core.errors import MissingField, NotFound, WrongState
from wms.core.ids import UserId, WarehouseId, new_id
from wms.db import db
from wms.gaps.models import Gap, GapState
from wms.gaps.rules.kinds import OWNER_OF, STAGE_OF, Found, Stage

#: So many ids are named in one statement.
_PART = 10_000


def settle(
    *, warehouse: WarehouseId, on: date, actor: UserId, at: datetime, found: Mapping[WarehouseId, list[Found]]
) -> dict[str, int]:
    """Keep what a look found at a site: new gaps are opened, known ones seen again, those that are gone are mended.

    One alarm for each stage and day that has new gaps; it falls when nothing of the stage is open any more.
    """
    seen = {one.key: one for one in found.get(warehouse, [])}
    known = {
        (gap.kind.value, gap.subject_kind, gap.subject_id): gap
        for gap in db.session.execute(
            select(Gap).where(Gap.warehouse_id == warehouse, Gap.state != GapState.MENDED)
        ).scalars()
    }
    gone = [gap.id for key, gap in known.items() if key not in seen]
    again = [gap.id for key, gap in known.items() if key in seen]
    new = [one for key, one in seen.items() if key not in known]
    _update(gone, state=GapState.MENDED, mended_at=at)
    _update(again, last_seen_at=at)
    if new:
        db.session.execute(insert(Gap), [_row(one, warehouse, at=at) for one in new])
    db.session.expire_all()
    _alarm(warehouse, new, on=on, actor=actor, at=at)
    return {"found": len(seen), "new": len(new), "mended": len(gone)}


def name_owner(gap: int, owner: UserId | None, *, warehouse: WarehouseId, actor: UserId, at: datetime) -> Gap:
    """Say who takes care of it; None gives it back to the role of its stage. Raises NotFound, WrongState (mended)."""
    row = _standing(gap, warehouse, event="assign")
    if owner is not None:
        person = db.session.get(User, owner)
        is_here = select(UserRole.user_id).where(
            UserRole.user_id == owner, (UserRole.warehouse_id == warehouse) | UserRole.warehouse_id.is_(None)
        )
        if person is None or not person.is_active or person.is_service or db.session.execute(is_here).first() is None:
            raise NotFound(kind="user", text=str(owner))
    row.owner_id = owner
    db.session.flush()
    return row


def accept(gap: int, *, reason: str, warehouse: WarehouseId, actor: UserId, at: datetime) -> Gap:
    """Leave a gap as it is, with the reason: it is no work any more. Raises NotFound, WrongState, MissingField."""
    row = _standing(gap, warehouse, event="accept", needed=GapState.OPEN)
    if not reason.strip():
        raise MissingField(field="reason")
    row.state, row.accepted_by, row.accepted_at, row.accept_reason = GapState.ACCEPTED, actor, at, reason.strip()[:500]
    db.session.flush()
    if not _has_open(warehouse, row.stage):
        prefix = _alarm_prefix(warehouse, row.stage)
        resolve_others(AlertKind.GAP_FOUND, prefix=prefix, keep=set(), actor=actor, at=at)
    return row


def reopen(gap: int, *, warehouse: WarehouseId, actor: UserId, at: datetime) -> Gap:
    """Take an acceptance back: it is work again. Raises NotFound, WrongState."""
    row = _standing(gap, warehouse, event="reopen", needed=GapState.ACCEPTED)
    row.state, row.accepted_by, row.accepted_at, row.accept_reason = GapState.OPEN, None, None, ""
    db.session.flush()
    return row


# -- inside -----------------------------------------------------------------------------------------------------------
def _standing(gap: int, warehouse: WarehouseId, *, event: str, needed: GapState | None = None) -> Gap:
    statement = select(Gap).where(Gap.id == gap, Gap.warehouse_id == warehouse).with_for_update(of=Gap)
    row = db.session.execute(statement.execution_options(populate_existing=True)).scalar_one_or_none()
    if row is None:
        raise NotFound(kind="gap", text=str(gap))
    if row.state is GapState.MENDED or (needed is not None and row.state is not needed):
        allowed = [needed.value] if needed is not None else ["open", "accepted"]
        raise WrongState(subject=row.name, state=row.state.value, event=event, needed=allowed)
    return row


def _row(one: Found, warehouse: WarehouseId, *, at: datetime) -> dict[str, object]:
    stage = STAGE_OF[one.kind]
    return {
        "id": new_id(), "warehouse_id": warehouse, "kind": one.kind, "stage": stage, "state": GapState.OPEN,
        "subject_kind": one.subject_kind, "subject_id": one.subject_id, "lot_id": one.lot_id, "name": one.name,
        "data": dict(one.data), "first_seen_at": at, "last_seen_at": at, "owner_role": OWNER_OF[stage],
        "accept_reason": "",
    }  # fmt: skip


def _update(ids: list[int], **values: object) -> None:
    for start in range(0, len(ids), _PART):
        db.session.execute(
            update(Gap)
            .where(Gap.id.in_(ids[start : start + _PART]))
            .values(**values)
            .execution_options(synchronize_session=False)
        )


def _alarm(warehouse: WarehouseId, new: Iterable[Found], *, on: date, actor: UserId, at: datetime) -> None:
    by_stage: dict[Stage, list[Found]] = {}
    for one in new:
        by_stage.setdefault(STAGE_OF[one.kind], []).append(one)
    for stage in Stage:
        prefix = _alarm_prefix(warehouse, stage)
        key = f"{prefix}{on.isoformat()}"
        if found := by_stage.get(stage):
            resolve_others(AlertKind.GAP_FOUND, prefix=prefix, keep={key}, actor=None, at=at)
            raise_alert(
                kind=AlertKind.GAP_FOUND, severity=Severity.WARNING, warehouse=warehouse, subject_key=key,
                subject_kind="gap", data={
                    "stage": stage.value, "count": len(found), "first": found[0].name, "kind": found[0].kind.value,
                }, at=at,
            )  # fmt: skip
        elif not _has_open(warehouse, stage):
            resolve_others(AlertKind.GAP_FOUND, prefix=prefix, keep=set(), actor=None, at=at)


def _alarm_prefix(warehouse: WarehouseId, stage: Stage) -> str:
    return f"gaps:{warehouse}:{stage.value}:"


def _has_open(warehouse: WarehouseId, stage: Stage) -> bool:
    statement = select(Gap.id).where(Gap.warehouse_id == warehouse, Gap.state == GapState.OPEN, Gap.stage == stage)
    return db.session.execute(statement.limit(1)).scalar() is not None
