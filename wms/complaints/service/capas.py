"""Verbs of corrective actions: open, find the cause, plan and finish steps, plan the check, check, close.

A check that says "it did not hold" opens it again: a new round of steps, and a check of its own.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date, datetime

from sqlalchemy import select

from wms.alerts.service import resolve_subject
from wms.complaints import queries, records
from wms.complaints.models import Capa, CapaAction, CapaCheck
from wms.complaints.rules.states import CAPA, ActionKind, CapaState, CauseMethod, LinkKind
from wms.complaints.service.complaints import KIND as COMPLAINT_KIND
from wms.complaints.service.complaints import note_link
from wms.core.errors import FieldErrors, KeyReused, MissingField, NotFound, OtherPersonNeeded, WrongState
from wms.core.fingerprints import fingerprint_of
from wms.core.ids import CapaId, ComplaintId, UserId, WarehouseId, new_id
from wms.core.states import step
from wms.db import db
from wms.disposition.models import Nonconformance
from wms.disposition.service.papers import next_number, today
from wms.signing.rules import Meaning
from wms.signing.service import sign


@dataclass(frozen=True, kw_only=True)
class OpenCapa:
    """What went wrong, whose matter it is, and by when. `origin_kind`: complaint, nonconformance, recall, or blank."""

    key: str
    warehouse: WarehouseId
    problem: str
    owner: UserId
    due_on: date
    origin_kind: str = ""
    origin_id: int | None = None
    origin_number: str = ""

    @property
    def fingerprint(self) -> str:
        """What makes another one under the same key known for one."""
        return fingerprint_of(**{one.name: getattr(self, one.name) for one in fields(self) if one.name != "key"})


def open_capa(cmd: OpenCapa, *, actor: UserId, at: datetime) -> CapaId:
    """Open a corrective action; once for each `key`. Raises NotFound (where it comes from), FieldErrors, KeyReused.

    Of a complaint or a non-conformance the number is looked up here; a higher floor (a recall) gives its own.
    """
    known = db.session.execute(select(Capa).where(Capa.key == cmd.key)).scalar_one_or_none()
    if known is not None:
        if known.fingerprint != cmd.fingerprint:
            raise KeyReused(key=cmd.key)
        return known.id
    _check_day(cmd.due_on, "due_on", warehouse=cmd.warehouse, at=at)
    capa = Capa(
        id=CapaId(new_id()), number=next_number("CAPA", cmd.warehouse, at), key=cmd.key,
        fingerprint=cmd.fingerprint, warehouse_id=cmd.warehouse, origin_kind=cmd.origin_kind,
        origin_id=cmd.origin_id, origin_number=_origin_number(cmd), problem=cmd.problem, owner_id=cmd.owner,
        due_on=cmd.due_on, opened_by=actor, opened_at=at,
    )  # fmt: skip
    db.session.add(capa)
    db.session.flush()
    if cmd.origin_kind == COMPLAINT_KIND and cmd.origin_id is not None:
        note_link(
            ComplaintId(cmd.origin_id), LinkKind.CAPA, int(capa.id), number=capa.number, actor=actor, at=at
        )  # fmt: skip
    return capa.id


def _origin_number(cmd: OpenCapa) -> str:
    if cmd.origin_kind == COMPLAINT_KIND:
        return queries.get_complaint(ComplaintId(cmd.origin_id or 0), warehouse=cmd.warehouse).number
    if cmd.origin_kind == "nonconformance":
        paper = db.session.get(Nonconformance, cmd.origin_id) if cmd.origin_id else None
        if paper is None or paper.warehouse_id != cmd.warehouse:
            raise NotFound(kind="nonconformance", text=str(cmd.origin_id))
        return paper.number
    return cmd.origin_number


@dataclass(frozen=True, kw_only=True)
class FindCause:
    """Why it happened, and how that was found out."""

    capa: CapaId
    warehouse: WarehouseId
    cause: str
    method: CauseMethod


def find_cause(cmd: FindCause, *, actor: UserId, at: datetime) -> None:
    """Keep the root cause; may be done again while it is open. Raises NotFound, WrongState."""
    capa = _capa(cmd.capa, cmd.warehouse)
    _step(capa, "find_cause")
    capa.cause, capa.cause_method, capa.cause_by, capa.cause_at = cmd.cause, cmd.method, actor, at
    db.session.flush()


@dataclass(frozen=True, kw_only=True)
class PlanAction:
    """A step: what, of which kind, by whom, until when."""

    capa: CapaId
    warehouse: WarehouseId
    kind: ActionKind
    what: str
    owner: UserId
    due_on: date


def plan_action(cmd: PlanAction, *, actor: UserId, at: datetime) -> int:
    """Add a step; its line. Raises NotFound, WrongState (not open), FieldErrors (a day that has passed)."""
    capa = _capa(cmd.capa, cmd.warehouse)
    _step(capa, "plan_action")
    _check_day(cmd.due_on, "due_on", warehouse=cmd.warehouse, at=at)
    line = max((one.line for one in capa.actions), default=0) + 1
    capa.actions.append(
        CapaAction(
            id=new_id(),
            line=line,
            round=capa.round,
            kind=cmd.kind,
            what=cmd.what,
            owner_id=cmd.owner,
            due_on=cmd.due_on,
        )
    )
    db.session.flush()
    return line


def finish_action(
    capa_id: CapaId, line: int, *, warehouse: WarehouseId, evidence: str, actor: UserId, at: datetime
) -> None:
    """Say that a step is done, with its evidence. Raises NotFound, WrongState (not open, or done before)."""
    capa = _capa(capa_id, warehouse)
    found = next((one for one in capa.actions if one.line == line), None)
    if found is None:
        raise NotFound(kind="capa_action", text=str(line))
    _step(capa, "finish_action")
    if found.done_at is not None:
        raise WrongState(subject="capa_action", state="done", event="finish_action", needed=["open"])
    found.done_by, found.done_at, found.evidence = actor, at, evidence
    db.session.flush()


@dataclass(frozen=True, kw_only=True)
class PlanCheck:
    """By what one will see that it held, when, and who looks: never the owner."""

    capa: CapaId
    warehouse: WarehouseId
    criterion: str
    due_on: date
    checker: UserId


def plan_check(cmd: PlanCheck, *, actor: UserId, at: datetime) -> None:
    """Plan the effectiveness check; from now on it is waited for.

    Raises MissingField (no cause yet), WrongState (no step in this round, or one that is not done), OtherPersonNeeded
    (the checker is the owner), NotFound, FieldErrors (a day that has passed).
    """
    capa = _capa(cmd.capa, cmd.warehouse)
    state = step(CAPA, capa.state.value, "plan_check", subject="capa")
    if not capa.cause:
        raise MissingField(field="cause")
    mine = [one for one in capa.actions if one.round == capa.round]
    if not mine or any(one.done_at is None for one in capa.actions):
        raise WrongState(
            subject="capa",
            state="steps_missing" if not mine else "steps_open",
            event="plan_check",
            needed=["steps_done"],
        )
    _demand_other(capa, cmd.checker)
    _check_day(cmd.due_on, "due_on", warehouse=cmd.warehouse, at=at)
    capa.state = CapaState(state)
    capa.checks.append(
        CapaCheck(
            id=new_id(), round=capa.round, criterion=cmd.criterion, due_on=cmd.due_on, checker_id=cmd.checker
        )
    )  # fmt: skip
    db.session.flush()


@dataclass(frozen=True, kw_only=True)
class CheckCapa:
    """What was seen when it was looked at, and whether it held."""

    capa: CapaId
    warehouse: WarehouseId
    is_effective: bool
    result: str


def check_capa(cmd: CheckCapa, *, actor: UserId, at: datetime) -> None:
    """Keep the result of the check. "It did not hold" opens it again, in a new round.

    Raises NotFound, WrongState, OtherPersonNeeded (the owner does not check).
    """
    capa = _capa(cmd.capa, cmd.warehouse)
    state = step(CAPA, capa.state.value, "pass" if cmd.is_effective else "fail", subject="capa")
    _demand_other(capa, actor)
    check = next(one for one in capa.checks if one.round == capa.round)
    check.is_effective, check.result, check.checked_by, check.checked_at = cmd.is_effective, cmd.result, actor, at
    capa.state = CapaState(state)
    if not cmd.is_effective:
        capa.round += 1
    db.session.flush()


def close_capa(capa_id: CapaId, *, warehouse: WarehouseId, closing: str, actor: UserId, at: datetime) -> None:
    """Close an effective one, signed: the edge has asked for the password just before. Raises NotFound, WrongState."""
    capa = _capa(capa_id, warehouse)
    _step(capa, "close")
    capa.closing, capa.closed_by, capa.closed_at = closing, actor, at
    db.session.flush()
    sign(
        subject_kind=records.CAPA, subject_id=capa.id, meaning=Meaning.CLOSED, record=records.of_capa(capa), actor=actor,
        at=at, reason=closing[:500], warehouse=warehouse,
    )  # fmt: skip
    resolve_subject(f"capa:{warehouse}:{capa.id}", actor=actor, at=at)


def _capa(capa: CapaId, warehouse: WarehouseId) -> Capa:
    return queries.get_capa(capa, warehouse=warehouse, is_locked=True)


def _step(capa: Capa, event: str) -> None:
    capa.state = CapaState(step(CAPA, capa.state.value, event, subject="capa"))


def _demand_other(capa: Capa, person: UserId) -> None:
    if person == capa.owner_id:
        raise OtherPersonNeeded(name=capa.owner.full_name or capa.owner.login, part="who_owns_it", task="to_check")


def _check_day(day: date, field: str, *, warehouse: WarehouseId, at: datetime) -> None:
    if day < today(warehouse, at):
        raise FieldErrors(errors={field: ["in_past"]})
