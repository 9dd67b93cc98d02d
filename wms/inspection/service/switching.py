"""How a supplier's item is sampled: the memory of the switching rules and of the skip-lot ladder, one row for each."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from wms.alerts.models import AlertKind
from wms.alerts.models import Severity as AlertSeverity
from wms.alerts.service import raise_alert, resolve_subject
from wms.catalog.models import Item, Partner
from wms.core.errors import NotFound, WrongState
from wms.core.ids import InspectionId, ItemId, PartnerId, UserId, new_id
from wms.db import db
from wms.inspection import snapshots
from wms.inspection.models import (
    Inspection,
    InspectionState,
    Sampling,
    SamplingChange,
    SamplingState,
    Severity,
    Stage,
)
from wms.inspection.rules import plans, skip_lot, switching, tables
from wms.inspection.rules.verdict import Suggestion


def state_of(supplier: PartnerId | None, item: ItemId, stage: Stage, *, at: datetime) -> SamplingState:
    """Lock how a supplier's item is sampled at a stage; the first time it is normal."""
    key = f"{supplier or 0}:{item}:{stage.value}"
    found = _find(key)
    if found is not None:
        return found
    row = SamplingState(
        id=new_id(), subject_key=key, supplier_id=supplier, item_id=item, stage=stage, severity=Severity.NORMAL,
        memory=switching.Memory().as_data(), skip_memory=skip_lot.Ladder(seed=secrets.token_hex(8)).as_data(),
        changed_at=at,
    )  # fmt: skip
    try:
        with db.session.begin_nested():
            db.session.add(row)
    except IntegrityError:  # another dock took the first lot in at this moment
        found = _find(key)
        if found is None:
            raise
        return found
    return row


def _find(key: str) -> SamplingState | None:
    statement = select(SamplingState).where(SamplingState.subject_key == key).with_for_update()
    return db.session.execute(statement.execution_options(populate_existing=True)).scalar_one_or_none()


def count_lot(inspection: Inspection, suggestion: Suggestion, *, actor: UserId, at: datetime) -> None:
    """Let a first look at a lot count: what its own numbers say, whatever the person then decided.

    A stop rings (supplier_stopped); a lot inspected before a stop and closed after it changes nothing any more.
    """
    if not snapshots.switches(inspection.plan) or not inspection.is_original:
        return
    state = state_of(inspection.supplier_id, inspection.item_id, inspection.stage, at=at)
    is_accepted = suggestion.verdict in ("accepted", "stopped")
    found = {c.defect_class: c.found for c in suggestion.classes}
    gains = _gains(inspection, found)
    memory = switching.Memory.of(state.severity.value, state.memory)
    after, change = switching.after_lot(
        memory, switching.Came(is_accepted=is_accepted, gain=min(gains, default=0)),
        is_reduced_allowed=state.is_reduced_allowed,
    )  # fmt: skip
    _keep(state, after, change, inspection=inspection.id, actor=actor, at=at)
    if inspection.plan["sampling"] == Sampling.SKIP_LOT.value:
        scores = _scores(inspection, found)
        ladder, step = skip_lot.after_look(
            skip_lot.Ladder.of(state.skip_memory), is_accepted=is_accepted, score=min(scores, default=0),
            is_settled=state.severity in (Severity.NORMAL, Severity.REDUCED),
        )  # fmt: skip
        state.skip_memory = ladder.as_data()
        _note(state, step, inspection=inspection.id, actor=actor, at=at)


def _gains(inspection: Inspection, found: dict[str, int]) -> list[int]:
    """The switching score each class would earn; the least of them counts."""
    gains = []
    for plan, letter in _classes(inspection):
        bad = found.get(plan["class"], 0)
        tighter = tables.one_step_tighter(plan["aql"])
        passes = tighter is not None and bad <= tables.find_plan(letter, tighter, "normal").accept
        gains.append(switching.score_gain(accept=plan["accept"], found=bad, would_pass_tighter=passes))
    return gains


def _scores(inspection: Inspection, found: dict[str, int]) -> list[int]:
    scores = []
    for plan, letter in _classes(inspection):
        bad = found.get(plan["class"], 0)
        one = tables.one_step_tighter(plan["aql"])
        two = tables.one_step_tighter(one) if one else None
        passes = [a is not None and bad <= tables.find_plan(letter, a, "normal").accept for a in (one, two)]
        scores.append(
            skip_lot.lot_score(accept=plan["accept"], found=bad, passes_one_step=passes[0], passes_two_steps=passes[1])
        )
    return scores


def _classes(inspection: Inspection) -> list[tuple[dict[str, Any], str]]:
    """The classes with an AQL of their own, and the lot's code letter."""
    request = snapshots.request(
        inspection.plan, quantity_millionths=inspection.quantity.millionths, severity=inspection.severity
    )
    if request.lot_size < 2:
        return []
    letter = tables.code_letter(request.lot_size, request.level)
    return [(plan, letter) for plan in inspection.sample["classes"] if plan["aql"]]


def _keep(state: SamplingState, after: switching.Memory, change: str, *, inspection: InspectionId | None,
          actor: UserId, at: datetime, note: str = "") -> None:  # fmt: skip
    state.memory = after.as_data()
    if not change:
        return
    state.severity, state.changed_at = Severity(after.severity), at
    _note(state, change, inspection=inspection, actor=actor, at=at, note=note)
    if state.severity is Severity.STOPPED:
        _ring(state, at=at)


def _note(state: SamplingState, what: str, *, inspection: InspectionId | None, actor: UserId, at: datetime,
          note: str = "") -> None:  # fmt: skip
    if what:
        db.session.add(
            SamplingChange(
                id=new_id(), state_id=state.id, inspection_id=inspection, what=what, note=note[:500], made_by=actor,
                made_at=at,
            )
        )  # fmt: skip


def _ring(state: SamplingState, *, at: datetime) -> None:
    sku = db.session.execute(select(Item.sku).where(Item.id == state.item_id)).scalar_one()
    name = db.session.execute(select(Partner.name_en).where(Partner.id == state.supplier_id)).scalar()
    raise_alert(
        kind=AlertKind.SUPPLIER_STOPPED, severity=AlertSeverity.CRITICAL, warehouse=None, subject_key=_alert_key(state),
        subject_kind="supplier", subject_id=state.supplier_id, data={"supplier": name or "", "sku": sku}, at=at,
    )  # fmt: skip


def _alert_key(state: SamplingState) -> str:
    return f"sampling:{state.subject_key}"


# -- a person decides -------------------------------------------------------------------------------------------------
def lift_stop(state_id: int, *, reason: str, actor: UserId, at: datetime) -> None:
    """Take up inspection of a stopped supplier's item again, tightened (9.4); the edge keeps the signature.

    Inspections that wait are sampled as tightened from now on. Raises WrongState when it is not stopped.
    """
    state = _lock(state_id)
    if state.severity is not Severity.STOPPED:
        raise WrongState(subject="supplier", state=state.severity.value, event="lift", needed=["stopped"])
    after = switching.after_lift(switching.Memory.of(state.severity.value, state.memory))
    _keep(state, after, "lifted", inspection=None, actor=actor, at=at, note=reason)
    waiting = db.session.execute(
        select(Inspection).where(
            Inspection.supplier_id == state.supplier_id, Inspection.item_id == state.item_id,
            Inspection.stage == state.stage, Inspection.severity == Severity.STOPPED,
            Inspection.state.in_((InspectionState.OPEN, InspectionState.IN_WORK)),
        )
    ).scalars()  # fmt: skip
    for inspection in waiting:
        inspection.severity = Severity.TIGHTENED
        if inspection.state is InspectionState.OPEN and not inspection.is_sorted_whole:
            request = snapshots.request(
                inspection.plan, quantity_millionths=inspection.quantity.millionths, severity=Severity.TIGHTENED
            )
            decision = plans.decide(request)
            inspection.sample, inspection.sample_size = snapshots.of_decision(decision), decision.size
    resolve_subject(_alert_key(state), actor=actor, at=at, note=reason)
    db.session.flush()


def allow_reduced(state_id: int, *, is_allowed: bool, reason: str, actor: UserId, at: datetime) -> None:
    """Say that production is steady and reduced inspection is wanted, or take it back (9.3.3.1 b, c; 9.3.4)."""
    state = _lock(state_id)
    if state.is_reduced_allowed == is_allowed:
        return
    state.is_reduced_allowed = is_allowed
    _note(
        state, "reduced_allowed" if is_allowed else "reduced_taken_back", inspection=None, actor=actor, at=at,
        note=reason,
    )  # fmt: skip
    memory = switching.Memory.of(state.severity.value, state.memory)
    after, change = switching.after_permission(memory, is_reduced_allowed=is_allowed)
    _keep(state, after, change, inspection=None, actor=actor, at=at)
    db.session.flush()


def _lock(state_id: int) -> SamplingState:
    found = db.session.get(SamplingState, state_id, with_for_update=True, populate_existing=True)
    if found is None:
        raise NotFound(kind="sampling_state", text=str(state_id))
    return found
