"""Opening a recall, its steps as they are done, the answer of nil stock, and giving one up."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from wms.alerts.models import AlertKind
from wms.alerts.service import resolve_others, resolve_subject
from wms.catalog.models import Partner
from wms.complaints.models import Complaint
from wms.complaints.rules.states import LinkKind
from wms.complaints.service.complaints import note_link
from wms.core.errors import (
    FieldErrors,
    KeyReused,
    NotFound,
    OtherPersonNeeded,
    RecallNotNil,
    StartAmbiguous,
    StartEmpty,
    WrongState,
)
from wms.core.ids import ComplaintId, LotId, PartnerId, RecallId, UserId, WarehouseId, new_id
from wms.core.quantity import ZERO, Quantity
from wms.core.states import step as next_state
from wms.db import db
from wms.disposition.service.papers import next_number
from wms.recall.models import (
    CheckLevel,
    PartyRole,
    Recall,
    RecallClock,
    RecallOrigin,
    RecallParty,
    RecallReport,
    ReportKind,
)
from wms.recall.queries import recalls, scope
from wms.recall.queries.scope import Asked
from wms.recall.queries.stopping import stopped_picks
from wms.recall.rules import steps
from wms.recall.rules.steps import RecallState, RecallStep
from wms.recall.service.stops import set_stops
from wms.signing.rules import Meaning
from wms.signing.service import sign
from wms.stock import queries as stock
from wms.tasks.service import reopen_tasks
from wms.trace.balance import mass_balances
from wms.trace.queries import closure
from wms.trace.rules.graph import Direction

SUBJECT = "recall"


@dataclass(frozen=True, kw_only=True)
class OpenRecall:
    """Open a recall or a drill. `lots` are those chosen of a trace's result; else the start is what find_start takes.

    `start_kind` and `start_text`: ("lot", its number), ("work_order", its number), ...; `direction` "forward" or "backward".
    `origin_kind` and `origin_id` name the record it comes from: ("complaint", id), ("alert", id).
    """

    key: str
    warehouse: WarehouseId
    class_code: str
    reason: str
    origin: RecallOrigin = RecallOrigin.HAND
    origin_kind: str = ""
    origin_id: int | None = None
    is_mock: bool = False
    start_kind: str = "lot"
    start_text: str = ""
    start_item: str = ""
    direction: str = "forward"
    lots: tuple[LotId, ...] = ()
    supplier: PartnerId | None = None
    supplier_reference: str = ""

    @property
    def asked(self) -> Asked:
        """What its scope begins at."""
        return Asked(
            kind=self.start_kind, text=self.start_text, item=self.start_item, direction=self.direction, lots=self.lots
        )


def open_recall(cmd: OpenRecall, *, actor: UserId, at: datetime) -> RecallId:
    """Open it, signed, set its clocks and keep what it starts from. Once for each `key`.

    A supplier's recall may name a lot we never heard of; every other must name lots that are known. Raises FieldErrors,
    NotFound, StartEmpty, StartAmbiguous, KeyReused.
    """
    known = db.session.execute(select(Recall).where(Recall.key == cmd.key)).scalar_one_or_none()
    if known is not None:
        now_asked = (cmd.warehouse, cmd.class_code, cmd.is_mock, actor, cmd.reason, cmd.start_kind, cmd.start_text)
        before = scope.asked_from(known.asked)
        done = (known.warehouse_id, known.class_code, known.is_mock, known.opened_by, known.reason)
        if now_asked != (*done, before.kind, before.text) or (cmd.lots and set(cmd.lots) != set(before.lots)):
            raise KeyReused(key=cmd.key)
        return known.id
    chosen = recalls.classes().get(cmd.class_code)
    if chosen is None or not chosen.is_active:
        raise FieldErrors(errors={"class_code": ["not_a_choice"]})
    _check(cmd)
    asked = _resolved(cmd)
    identity = RecallId(new_id())
    recall = Recall(
        id=identity, number=next_number("MR" if cmd.is_mock else "RC", cmd.warehouse, at), key=cmd.key,
        is_mock=cmd.is_mock, state=RecallState.OPEN, warehouse_id=cmd.warehouse, class_code=cmd.class_code,
        reason=cmd.reason, origin=cmd.origin, origin_kind=cmd.origin_kind, origin_id=cmd.origin_id,
        supplier_id=cmd.supplier, supplier_reference=cmd.supplier_reference, asked=asked.as_data(),
        check_level=CheckLevel(chosen.check_level), result={}, opened_by=actor, opened_at=at,
    )  # fmt: skip
    db.session.add(recall)
    db.session.flush()
    for position, (step, due) in enumerate(steps.due_times(chosen, at).items()):
        db.session.add(RecallClock(id=new_id(), recall_id=identity, step=step, position=position, due_at=due))
    if cmd.supplier is not None:
        add_supplier(recall, cmd.supplier)
    db.session.flush()
    sign(
        subject_kind=SUBJECT, subject_id=identity, meaning=Meaning.INITIATED, record=record_of(recall), actor=actor,
        at=at, reason=cmd.reason, warehouse=cmd.warehouse,
    )  # fmt: skip
    if cmd.origin is RecallOrigin.COMPLAINT and cmd.origin_id is not None:
        note_link(ComplaintId(cmd.origin_id), LinkKind.RECALL, identity, number=recall.number, actor=actor, at=at)
    return identity


def _check(cmd: OpenRecall) -> None:
    errors: dict[str, list[str]] = {}
    if not cmd.reason.strip():
        errors["reason"] = ["required"]
    if not cmd.lots and not cmd.start_text:
        errors["start_text"] = ["required"]
    if cmd.origin is RecallOrigin.SUPPLIER and cmd.supplier is None:
        errors["supplier_code"] = ["required"]
    if errors:
        raise FieldErrors(errors=errors)
    if cmd.origin is RecallOrigin.COMPLAINT and cmd.origin_id is not None:
        paper = db.session.get(Complaint, cmd.origin_id)
        if paper is None or paper.warehouse_id != cmd.warehouse:
            raise NotFound(kind="complaint", text=str(cmd.origin_id))


def _resolved(cmd: OpenRecall) -> Asked:
    """The start with its lots; none for a supplier's lot that we never had."""
    asked = cmd.asked
    if asked.lots:
        found = {lot.id for lot in scope.facts_of(asked.lots)}
        if missing := set(asked.lots) - found:
            raise NotFound(kind="lot", text=str(min(missing)))
        return asked
    try:
        lots = scope.start_lots(asked)
    except (NotFound, StartEmpty):
        if cmd.origin is not RecallOrigin.SUPPLIER:
            raise
        lots = ()
    return Asked(kind=asked.kind, text=asked.text, item=asked.item, direction=asked.direction, lots=tuple(lots))


def add_supplier(recall: Recall, supplier: PartnerId) -> RecallParty:
    """The supplier whose recall it is, as a party: our answer goes to him."""
    partner = db.session.execute(
        select(Partner).where(Partner.id == supplier, Partner.is_supplier)
    ).scalar_one_or_none()
    if partner is None:
        raise NotFound(kind="supplier", text=str(supplier))
    row = RecallParty(
        id=new_id(), recall_id=recall.id, partner_id=partner.id, role=PartyRole.SUPPLIER, first_version=0,
        name_en=partner.name_en, name_zh=partner.name_zh, address=partner.address, phone=partner.phone,
        contact=partner.recall_contact, contact_verified_on=partner.recall_contact_verified_on, email=partner.email,
        language=partner.language,
    )  # fmt: skip
    db.session.add(row)
    return row


def record_of(recall: Recall) -> dict[str, Any]:
    """What stands under a signature on a recall."""
    return {
        "number": recall.number, "is_mock": recall.is_mock, "class": recall.class_code, "reason": recall.reason,
        "origin": recall.origin, "asked": recall.asked, "supplier_id": recall.supplier_id,
        "supplier_reference": recall.supplier_reference, "opened_at": recall.opened_at,
    }  # fmt: skip


def lock(recall: RecallId, event: str = "work") -> Recall:
    """The recall, locked until the commit, and open. Raises NotFound, WrongState."""
    found = recalls.find_recall(recall, is_locked=True)
    next_state(steps.STATES, found.state.value, event, subject=found.number)
    return found


# -- steps ----------------------------------------------------------------------------------------------------------------
def note_step(recall: RecallId, step: RecallStep, *, actor: UserId, at: datetime, note: str = "") -> None:
    """Note that a step is done; noting it twice is nothing. Raises WrongState when an earlier one is missing, or it is closed."""
    mark(lock(recall), step, actor=actor, at=at, note=note)


def mark(recall: Recall, step: RecallStep, *, actor: UserId, at: datetime, note: str = "") -> None:
    """Note a step of a recall that is locked, and settle the alert of its clock."""
    clocks = {clock.step: clock for clock in recalls.clocks_of(recall.id)}
    clock = clocks[step]
    if clock.done_at is not None:
        return
    done = {one for one, of in clocks.items() if of.done_at is not None}
    steps.check_turn(step, done, number=recall.number)
    clock.done_at, clock.done_by, clock.note = at, actor, note[:500]
    resolve_subject(due_key(recall.id, step), actor=actor, at=at)
    db.session.flush()


def due_key(recall: RecallId, step: RecallStep) -> str:
    """The subject of the alert of a step that is overdue."""
    return f"recall:{recall}:due:{step.value}"


def approve_recall(recall: RecallId, *, reason: str, actor: UserId, at: datetime) -> None:
    """A second person approves the recall, signed. Raises OtherPersonNeeded, WrongState (approved before)."""
    found = lock(recall)
    if found.approved_at is not None:
        raise WrongState(subject=found.number, state="approved", event="approve", needed=["open"])
    if found.opened_by == actor:
        raise OtherPersonNeeded(name=found.opener.full_name, part="who_opened", task="to_approve")
    found.approved_by, found.approved_at = actor, at
    sign(
        subject_kind=SUBJECT, subject_id=found.id, meaning=Meaning.APPROVED, record=record_of(found), actor=actor,
        at=at, reason=reason, warehouse=found.warehouse_id,
    )  # fmt: skip
    db.session.flush()


# -- ends without a hold ----------------------------------------------------------------------------------------------------
def reply_nil(recall: RecallId, *, note: str, actor: UserId, at: datetime) -> None:
    """Answer a supplier's recall with nil stock, signed, and end it: nothing of it is here, left, or was used.

    Raises RecallNotNil, WrongState (no supplier's recall, or ended).
    """
    found = lock(recall, "reply_nil")
    if found.origin is not RecallOrigin.SUPPLIER:
        raise WrongState(subject=found.number, state=found.origin.value, event="reply_nil", needed=["supplier"])
    asked = scope.asked_from(found.asked)
    lots: tuple[LotId, ...] = asked.lots
    if not lots:
        try:  # it may have come in since
            lots = scope.start_lots(asked)
        except (NotFound, StartEmpty):
            lots = ()
        except StartAmbiguous:
            raise RecallNotNil(recall=found.number, on_hand="?", shipped="?", made="?") from None
    if lots:
        _check_nil(found, lots)
    found.state = RecallState(next_state(steps.STATES, found.state.value, "reply_nil", subject=found.number))
    found.closed_by, found.closed_at, found.close_reason = actor, at, note[:500]
    signature = sign(
        subject_kind=SUBJECT, subject_id=found.id, meaning=Meaning.CLOSED, record=record_of(found) | {"nil_stock": True},
        actor=actor, at=at, reason=note, warehouse=found.warehouse_id,
    )  # fmt: skip
    db.session.add(
        RecallReport(
            id=new_id(), recall_id=found.id, number=1, kind=ReportKind.CLOSING, note=note[:1000],
            figures={"nil_stock": True, "lots": [str(lot) for lot in lots]}, signature_id=signature, made_by=actor,
            made_at=at,
        )
    )  # fmt: skip
    _settle_alerts(found, actor=actor, at=at)
    db.session.flush()
    set_stops(found)


def _check_nil(recall: Recall, lots: tuple[LotId, ...]) -> None:
    """Nothing stands, nothing left, nothing was made of it: what all went back to the supplier is nil too."""
    balances = mass_balances(lots)
    here = sum(row.on_hand.millionths for row in stock.find_balances(lots=lots))
    left = sum(
        (one.shipped - one.returned).millionths + one.past_shipped.millionths + one.consumed.millionths
        for one in balances.values()
    )
    made = len(closure(lots, Direction.FORWARD)) - len(set(lots))
    if here > 0 or left > 0 or made > 0:
        raise RecallNotNil(
            recall=recall.number, on_hand=str(Quantity(here)), shipped=str(max(Quantity(left), ZERO)), made=made
        )


def cancel_recall(recall: RecallId, *, reason: str, actor: UserId, at: datetime) -> None:
    """Give a recall up before its hold is placed, signed: what the stop stopped goes on. Raises WrongState afterwards."""
    found = lock(recall, "cancel")
    if not found.is_mock and recalls.cases_of(found.id):
        raise WrongState(subject=found.number, state="placed", event="cancel", needed=["open"])
    found.state = RecallState(next_state(steps.STATES, found.state.value, "cancel", subject=found.number))
    found.closed_by, found.closed_at, found.close_reason = actor, at, reason[:500]
    sign(
        subject_kind=SUBJECT, subject_id=found.id, meaning=Meaning.CLOSED, record=record_of(found) | {"cancelled": True},
        actor=actor, at=at, reason=reason, warehouse=found.warehouse_id,
    )  # fmt: skip
    if not found.is_mock:
        reopen_tasks([task.id for task in stopped_picks(found.number)])
    _settle_alerts(found, actor=actor, at=at)
    db.session.flush()
    set_stops(found)


def _settle_alerts(recall: Recall, *, actor: UserId, at: datetime) -> None:
    for kind, prefix in (
        (AlertKind.RECALL_STOP, f"recall:{recall.id}:stop:"), (AlertKind.RECALL_DUE, f"recall:{recall.id}:due:"),
    ):  # fmt: skip
        resolve_others(kind, prefix=prefix, keep=set(), actor=actor, at=at)
