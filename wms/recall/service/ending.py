"""Effectiveness checks, reports, the end, and the classes of a site."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select

from wms.alerts.models import AlertKind, Severity
from wms.alerts.service import raise_alert, resolve_others, resolve_subject
from wms.core.errors import (
    FieldErrors,
    NotFound,
    OtherPersonNeeded,
    RecallChanged,
    RecallIsDrill,
    RecallOutstanding,
    RecallStepsOpen,
    WrongState,
)
from wms.core.ids import SYSTEM_USER, RecallId, UserId, new_id
from wms.core.states import step as next_state
from wms.db import db
from wms.recall.models import (
    CheckLevel,
    CheckResult,
    EffectivenessCheck,
    Recall,
    RecallClock,
    RecallLevelChange,
    RecallPolicy,
    RecallReport,
    ReportKind,
)
from wms.recall.queries import outside, recalls, whole
from wms.recall.rules import steps
from wms.recall.rules.classes import RecallClass
from wms.recall.rules.steps import RecallState, RecallStep
from wms.recall.service import opening
from wms.recall.service.stops import set_stops
from wms.signing.rules import Meaning
from wms.signing.service import sign


# -- effectiveness ----------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, kw_only=True)
class CheckParty:
    """A party was asked whether the recall reached it, and what was found."""

    recall: RecallId
    party: int
    result: CheckResult
    method: str = ""
    spoke_with: str = ""
    note: str = ""


def check_party(cmd: CheckParty, *, actor: UserId, at: datetime) -> int:
    """Write an effectiveness check down; its id. A drill asks nobody. Raises RecallIsDrill, NotFound, WrongState."""
    recall = opening.lock(cmd.recall)
    if recall.is_mock:
        raise RecallIsDrill(recall=recall.number)
    party = outside.find_party(recall.id, cmd.party)
    row = EffectivenessCheck(
        id=new_id(), recall_id=recall.id, party_id=party.id, result=cmd.result, method=cmd.method[:60],
        spoke_with=cmd.spoke_with[:120], note=cmd.note[:500], checked_by=actor, checked_at=at,
    )  # fmt: skip
    db.session.add(row)
    db.session.flush()
    return row.id


def set_check_level(
    recall: RecallId, level: CheckLevel, *, actor: UserId, at: datetime, reason: str = ""
) -> int | None:
    """Say how many of those told are asked. After the approval it is only asked for, with the reason: the id of the asking.

    Another person signs it then (`sign_check_level`); until that the depth stays. Raises FieldErrors (no reason, or the depth
    it has), WrongState.
    """
    found = opening.lock(recall)
    if found.approved_at is None:
        found.check_level = level
        db.session.flush()
        return None
    if level is found.check_level:
        raise FieldErrors(errors={"level": ["same_check_level"]})
    if not reason.strip():
        raise FieldErrors(errors={"reason": ["required_after_approval"]})
    row = RecallLevelChange(
        id=new_id(), recall_id=found.id, level_before=found.check_level, level=level, reason=reason[:500],
        asked_by=actor, asked_at=at,
    )  # fmt: skip
    db.session.add(row)
    db.session.flush()
    return row.id


def sign_check_level(recall: RecallId, change: int, *, actor: UserId, at: datetime) -> None:
    """Another person signs a change of the depth that was asked for after the approval; from here it is in force.

    Raises OtherPersonNeeded (the one who asked for it), NotFound, WrongState (signed before, or asked for anew since).
    """
    found = opening.lock(recall)
    row = recalls.level_change_of(found.id)
    if row is None or row.id != change:
        raise NotFound(kind="level_change", text=str(change))
    if row.signed_at is not None:
        raise WrongState(subject=found.number, state="signed", event="sign", needed=["open"])
    if row.asked_by == actor:
        raise OtherPersonNeeded(name=row.asker.full_name, part="who_asked", task="to_approve")
    row.signature_id = sign(
        subject_kind=opening.SUBJECT, subject_id=found.id, meaning=Meaning.APPROVED, actor=actor, at=at,
        reason=row.reason, warehouse=found.warehouse_id, record=opening.record_of(found) | level_record(row),
    )  # fmt: skip
    row.signed_by, row.signed_at = actor, at
    found.check_level = row.level
    db.session.flush()


def level_record(change: RecallLevelChange) -> dict[str, Any]:
    """What stands under the signature on a change of depth, beside the recall."""
    return {"check_level_before": change.level_before, "check_level": change.level}


# -- reports ----------------------------------------------------------------------------------------------------------------
def report(recall: RecallId, *, note: str, actor: UserId, at: datetime) -> int:
    """Sign a report of how the recall stands, with its figures frozen; its number. The next is due after the class's hours.

    The first one ends the step REPORT. Raises WrongState (the scope is not placed yet).
    """
    found = opening.lock(recall)
    steps.check_turn(RecallStep.REPORT, recalls.done_steps(found.id), number=found.number)
    row = _keep(found, ReportKind.PROGRESS, note=note, meaning=Meaning.APPROVED, actor=actor, at=at)
    opening.mark(found, RecallStep.REPORT, actor=actor, at=at, note=note)
    clock = {one.step: one for one in recalls.clocks_of(found.id)}[RecallStep.PROGRESS]
    chosen = recalls.classes().get(found.class_code)
    if clock.done_at is None and chosen is not None and chosen.progress_hours is not None:
        clock.due_at = at + timedelta(hours=chosen.progress_hours)
        resolve_subject(opening.due_key(found.id, RecallStep.PROGRESS), actor=actor, at=at)
    db.session.flush()
    return row.number


def _keep(
    recall: Recall, kind: ReportKind, *, note: str, meaning: Meaning, actor: UserId, at: datetime,
    more: dict[str, Any] | None = None,
) -> RecallReport:  # fmt: skip
    figures = whole.figures_of(recall, at=at)
    number = 1 + int(
        db.session.execute(
            select(func.coalesce(func.max(RecallReport.number), 0)).where(RecallReport.recall_id == recall.id)
        ).scalar_one()
    )
    signature = sign(
        subject_kind=opening.SUBJECT, subject_id=recall.id, meaning=meaning, actor=actor, at=at, reason=note,
        warehouse=recall.warehouse_id,
        record=opening.record_of(recall) | {"report": number, "kind": kind, "figures": figures} | (more or {}),
    )  # fmt: skip
    row = RecallReport(
        id=new_id(), recall_id=recall.id, number=number, kind=kind, note=note[:1000], figures=figures,
        signature_id=signature, made_by=actor, made_at=at,
    )  # fmt: skip
    db.session.add(row)
    db.session.flush()
    return row


# -- close ------------------------------------------------------------------------------------------------------------------
#: Of the figures of a report, those that must not have changed between its preparation and the close.
_FIXED = ("versions", "lots", "inside", "outside", "parties", "outcomes", "unexplained", "checks", "trucks")


def prepare_close(recall: RecallId, *, reason: str = "", actor: UserId, at: datetime) -> int:
    """Prepare the closing report and sign it, for another person to close by; the report's number. May be done again.

    Every step must be done, a second person must have approved the recall, and so many effectiveness checks stand as its
    level asks; goods outstanding want a reason. Raises RecallStepsOpen, RecallOutstanding, RecallIsDrill, WrongState.
    """
    found = opening.lock(recall, "close")
    if found.is_mock:
        raise RecallIsDrill(recall=found.number)
    if left := _left(found):
        raise RecallStepsOpen(recall=found.number, steps=left)
    _check_outstanding(found, reason)
    return _keep(found, ReportKind.PREPARED, note=reason, meaning=Meaning.REVIEWED, actor=actor, at=at).number


def close_recall(recall: RecallId, *, reason: str = "", actor: UserId, at: datetime) -> int:
    """Close it with the closing report, signed; the report's number.

    Another person has prepared the report and signed it (`prepare_close`), and nothing it says has changed since; his reason
    stands where none is given. A drill wants its scope alone and one person, and keeps how long it took and how much of
    the goods was accounted for. Raises RecallStepsOpen, RecallOutstanding, OtherPersonNeeded, RecallChanged, WrongState.
    """
    found = opening.lock(recall, "close")
    prepared = None if found.is_mock else recalls.prepared_report(found.id)
    left = _left(found)
    if not found.is_mock and prepared is None:
        left.append("preparation")
    if left:
        raise RecallStepsOpen(recall=found.number, steps=left)
    if prepared is not None:
        if prepared.made_by == actor:
            raise OtherPersonNeeded(name=prepared.maker.full_name, part="who_prepared", task="to_close")
        _check_unchanged(found, prepared, at=at)
        reason = reason.strip() or prepared.note
        _check_outstanding(found, reason)
    if found.is_mock:
        note_result(found, at=at)
    found.state = RecallState(next_state(steps.STATES, found.state.value, "close", subject=found.number))
    found.closed_by, found.closed_at, found.close_reason = actor, at, reason[:500]
    for clock in recalls.clocks_of(found.id):
        if clock.done_at is None and (clock.step is RecallStep.CLOSE or clock.step is RecallStep.PROGRESS):
            clock.done_at, clock.done_by = at, actor
    db.session.flush()
    row = _keep(found, ReportKind.CLOSING, note=reason, meaning=Meaning.CLOSED, actor=actor, at=at)
    for kind, prefix in ((AlertKind.RECALL_STOP, "stop"), (AlertKind.RECALL_DUE, "due")):
        resolve_others(kind, prefix=f"recall:{found.id}:{prefix}:", keep=set(), actor=actor, at=at)
    set_stops(found)
    return row.number


def _left(recall: Recall) -> list[str]:
    """What must still be done before the end."""
    missing = list(steps.missing_before(RecallStep.CLOSE, recalls.done_steps(recall.id)))
    if recall.is_mock:
        missing = [one for one in missing if one in (RecallStep.STOP, RecallStep.SCOPE, RecallStep.HOLD)]
    left = [f"recall_{one.value}" for one in missing]
    current = recalls.current_version(recall.id)
    if current is not None and current.placed_at is None and "recall_hold" not in left:
        left.append("recall_hold")  # a wider version that is not held yet
    if not recall.is_mock:
        if recall.approved_at is None:
            left.append("approval")
        if whole.checks_missing(recall) > 0:
            left.append("effectiveness_checks")
    return left


def _check_outstanding(recall: Recall, reason: str) -> None:
    outstanding = outside.outside_of(recall.id).outstanding
    if outstanding and not reason.strip():
        said = ", ".join(f"{one.outstanding} {one.unit}" for one in outstanding)
        raise RecallOutstanding(recall=recall.number, outstanding=said)


def _check_unchanged(recall: Recall, prepared: RecallReport, *, at: datetime) -> None:
    """What two sign is one: raise RecallChanged when the figures are others than those that were prepared."""
    figures = json.loads(json.dumps(whole.figures_of(recall, at=at)))
    changed = [f"figures_{name}" for name in _FIXED if figures[name] != prepared.figures.get(name)]
    if changed:
        raise RecallChanged(recall=recall.number, name=prepared.maker.full_name, what=changed)


def note_result(recall: Recall, *, at: datetime) -> None:
    """How a drill went: seconds to its scope and to every piece accounted for, and the accounted share. Kept once."""
    hold = {one.step: one for one in recalls.clocks_of(recall.id)}[RecallStep.HOLD]
    result = dict(recall.result)
    if hold.done_at is not None:
        result.setdefault("scope_seconds", int((hold.done_at - recall.opened_at).total_seconds()))
    balance = whole.balance_of(recall.id)
    result["balance_percent"] = balance.percent
    if balance.is_whole:
        result.setdefault("whole_seconds", int((at - recall.opened_at).total_seconds()))
    recall.result = result
    db.session.flush()


# -- clocks -----------------------------------------------------------------------------------------------------------------
_URGENT = frozenset({RecallStep.STOP, RecallStep.HOLD, RecallStep.NOTIFY})


def alert_overdue(*, at: datetime, actor: UserId = SYSTEM_USER) -> dict[str, int]:
    """Raise an alert for each step of an open recall that is overdue; how many are. Drills ring nobody. A job's verb."""
    rows = db.session.execute(
        select(RecallClock, Recall)
        .join(Recall, Recall.id == RecallClock.recall_id)
        .where(
            Recall.state == RecallState.OPEN, Recall.is_mock.is_(False), RecallClock.done_at.is_(None),
            RecallClock.due_at.is_not(None), RecallClock.due_at <= at,
        )
        .order_by(RecallClock.id)
    ).all()  # fmt: skip
    for clock, recall in rows:
        raise_alert(
            kind=AlertKind.RECALL_DUE,
            severity=Severity.CRITICAL if clock.step in _URGENT else Severity.WARNING,
            warehouse=recall.warehouse_id, subject_key=opening.due_key(recall.id, clock.step),
            subject_kind=opening.SUBJECT, subject_id=recall.id,
            data={
                "number": recall.number, "step": f"recall_{clock.step.value}",
                "due": f"{clock.due_at:%Y-%m-%d %H:%M} UTC",
            },
            at=at,
        )  # fmt: skip
    return {"overdue": len(rows)}


# -- classes ----------------------------------------------------------------------------------------------------------------
def set_class(chosen: RecallClass, *, actor: UserId, at: datetime) -> None:
    """Keep a class of recalls as this site has it; recalls that are open keep their clocks. Raises FieldErrors."""
    errors: dict[str, list[str]] = {}
    if not chosen.name_en.strip():
        errors["name_en"] = ["required"]
    if chosen.check_level not in set(CheckLevel):
        errors["check_level"] = ["not_a_choice"]
    if errors:
        raise FieldErrors(errors=errors)
    row = db.session.get(RecallPolicy, chosen.code)
    if row is None:
        row = RecallPolicy(code=chosen.code, name_en=chosen.name_en)
        db.session.add(row)
    row.name_en, row.name_zh = chosen.name_en, chosen.name_zh
    row.stop_hours, row.hold_hours, row.notify_hours = chosen.stop_hours, chosen.hold_hours, chosen.notify_hours
    row.report_hours, row.progress_hours, row.close_hours = (
        chosen.report_hours, chosen.progress_hours, chosen.close_hours,
    )  # fmt: skip
    row.check_level, row.is_active = CheckLevel(chosen.check_level), chosen.is_active
    db.session.flush()
