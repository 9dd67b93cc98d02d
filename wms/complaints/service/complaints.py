"""Verbs of complaints: take one down, say what the goods are and how bad it is, hold them, look into it, answer, close."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, fields
from datetime import datetime, timedelta

from sqlalchemy import select

from wms.alerts.service import resolve_subject
from wms.catalog.models import Partner
from wms.complaints import goods, queries
from wms.complaints.goods import Goods
from wms.complaints.models import Complaint, ComplaintLink
from wms.complaints.rules import clocks
from wms.complaints.rules.states import COMPLAINT, Channel, ComplaintState, LinkKind, Severity
from wms.complaints.service.clocks import alert_key
from wms.core.errors import FieldErrors, KeyReused, MissingField, NotFound, QuestionNeeded, WrongState
from wms.core.fingerprints import fingerprint_of
from wms.core.ids import ComplaintId, LotId, MailId, PartnerId, UserId, WarehouseId, new_id
from wms.core.quantity import Quantity
from wms.core.states import step
from wms.db import db
from wms.disposition.service.papers import next_number
from wms.files import service as files
from wms.files.models import FileKind
from wms.files.service import KeptFile
from wms.mail.rules import is_address
from wms.mail.service import Address, Attached, queue_mail
from wms.quality.service import Placed, PlaceHold, place_hold
from wms.stock.models import HoldReason, HoldScope, Lot

KIND = "complaint"
REPEATS = "complaint_repeats"


@dataclass(frozen=True, kw_only=True)
class RecordComplaint:
    """What a customer says. `told` is a scan or a number as told; `lot` says which where it may be several.

    `agreed` names the questions that were answered with yes.
    """

    key: str
    warehouse: WarehouseId
    customer: PartnerId | None
    customer_told: str = ""
    contact_name: str = ""
    contact_email: str = ""
    contact_phone: str = ""
    language: str
    channel: Channel
    #: None: it came now.
    received_at: datetime | None = None
    told: str = ""
    lot: LotId | None = None
    quantity: Quantity | None = None
    what: str
    severity: Severity
    owner: UserId
    agreed: Collection[str] = ()

    @property
    def fingerprint(self) -> str:
        """What makes another complaint under the same key known for one; what was agreed on the way is no part of it."""
        said = {one.name: getattr(self, one.name) for one in fields(self) if one.name not in ("key", "agreed")}
        return fingerprint_of(**said)


def record(cmd: RecordComplaint, *, actor: UserId, at: datetime) -> ComplaintId:
    """Take a complaint down and start its clock; once for each `key`.

    Raises FieldErrors (no customer, an address that is none, received in the future), NotFound (customer, lot),
    QuestionNeeded `complaint_repeats` (a minor one about a lot that others complained of), KeyReused (the key stands for
    another complaint).
    """
    known = db.session.execute(select(Complaint).where(Complaint.key == cmd.key)).scalar_one_or_none()
    if known is not None:
        if known.fingerprint != cmd.fingerprint:
            raise KeyReused(key=cmd.key)
        return known.id
    received_at = cmd.received_at or at
    _check(cmd, received_at=received_at, at=at)
    found = _goods(cmd.told, cmd.lot, cmd.warehouse)
    _ask_severity(found.lot, cmd.severity, agreed=cmd.agreed, at=at)
    clock = queries.clock_of(cmd.severity)
    paper = Complaint(
        id=ComplaintId(new_id()), number=next_number("CMP", cmd.warehouse, at), key=cmd.key,
        fingerprint=cmd.fingerprint, warehouse_id=cmd.warehouse,
        customer_id=cmd.customer, customer_told=cmd.customer_told, contact_name=cmd.contact_name,
        contact_email=cmd.contact_email, contact_phone=cmd.contact_phone, language=cmd.language, channel=cmd.channel,
        received_at=received_at, quantity=cmd.quantity, what=cmd.what, severity=cmd.severity,
        due_at=clock.due(received_at), warn_at=clock.warn(received_at), owner_id=cmd.owner, recorded_by=actor,
        recorded_at=at,
    )  # fmt: skip
    _put_goods(paper, found)
    db.session.add(paper)
    db.session.flush()
    return paper.id


def _check(cmd: RecordComplaint, *, received_at: datetime, at: datetime) -> None:
    faults: dict[str, list[str]] = {}
    if cmd.customer is None and not cmd.customer_told:
        faults["customer"] = ["required"]
    if cmd.contact_email and not is_address(cmd.contact_email):
        faults["contact_email"] = ["bad_address"]
    if received_at > at + timedelta(minutes=5):
        faults["received_at"] = ["in_future"]
    if faults:
        raise FieldErrors(errors=faults)
    if cmd.customer is not None:
        customer = db.session.get(Partner, cmd.customer)
        if customer is None or not customer.is_customer:
            raise NotFound(kind="customer", text=str(cmd.customer))


def _goods(told: str, lot: LotId | None, warehouse: WarehouseId) -> Goods:
    """What was told, read; a lot that a person chose stands before what follows from it."""
    found = goods.read(told, warehouse)
    if lot is None:
        return found
    if db.session.get(Lot, lot) is None:
        raise NotFound(kind="lot", text=str(lot))
    return Goods(told=found.told, lot=lot, unit=found.unit, lpn=found.lpn, order=found.order, shipment=found.shipment)


def _put_goods(paper: Complaint, found: Goods) -> None:
    paper.told, paper.lot_id, paper.unit_id = found.told, found.lot, found.unit
    paper.lpn_id, paper.order_id, paper.shipment_id = found.lpn, found.order, found.shipment


def _ask_severity(
    lot: LotId | None, severity: Severity, *, agreed: Collection[str], at: datetime, but: ComplaintId | None = None
) -> None:
    if lot is None or REPEATS in agreed:
        return
    earlier = queries.count_on_lot(lot, since=at - timedelta(days=clocks.REPEAT_DAYS), but=but)
    if clocks.asks_severity(severity, earlier):
        raise QuestionNeeded(question=REPEATS, lot=db.session.get_one(Lot, lot).number, count=earlier + 1)


def name_goods(
    complaint: ComplaintId, *, warehouse: WarehouseId, told: str, lot: LotId | None, quantity: Quantity | None,
    actor: UserId, at: datetime,
) -> None:  # fmt: skip
    """Say (again) what the goods are, and how many. Raises NotFound, WrongState (closed)."""
    paper = queries.lock_complaint(complaint, warehouse=warehouse)
    _demand_open(paper, "name_goods")
    _put_goods(paper, _goods(told, lot, warehouse))
    paper.quantity = quantity
    db.session.flush()


def assess(
    complaint: ComplaintId, *, warehouse: WarehouseId, severity: Severity, owner: UserId, agreed: Collection[str] = (),
    actor: UserId, at: datetime,
) -> None:  # fmt: skip
    """Say how bad it is and who sees to it; the clock is reckoned anew from the day it came.

    Raises NotFound, WrongState (closed), QuestionNeeded `complaint_repeats`.
    """
    paper = queries.lock_complaint(complaint, warehouse=warehouse)
    _demand_open(paper, "assess")
    if severity is not paper.severity:
        _ask_severity(paper.lot_id, severity, agreed=agreed, at=at, but=paper.id)
        clock = queries.clock_of(severity)
        paper.severity, paper.due_at, paper.warn_at = (
            severity,
            clock.due(paper.received_at),
            clock.warn(paper.received_at),
        )
    paper.owner_id = owner
    db.session.flush()


@dataclass(frozen=True, kw_only=True)
class Investigate:
    """What was found, and whether the customer is right (None: not known yet)."""

    complaint: ComplaintId
    warehouse: WarehouseId
    finding: str
    is_justified: bool | None = None


def investigate(cmd: Investigate, *, actor: UserId, at: datetime) -> None:
    """Keep what was found; may be done again until it is answered. Raises NotFound, WrongState."""
    paper = queries.lock_complaint(cmd.complaint, warehouse=cmd.warehouse)
    _step(paper, "investigate")
    paper.finding, paper.is_justified = cmd.finding, cmd.is_justified
    db.session.flush()


@dataclass(frozen=True, kw_only=True)
class HoldGoods:
    """Hold the lot of a complaint: here, or in every warehouse."""

    complaint: ComplaintId
    warehouse: WarehouseId
    is_everywhere: bool = False


def hold_goods(cmd: HoldGoods, *, actor: UserId, at: datetime) -> Placed:
    """Hold the lot for a complaint, in one step; a repeat gives the hold that stands.

    Raises NotFound, MissingField (no lot is known), and what placing a hold raises.
    """
    paper = queries.lock_complaint(cmd.complaint, warehouse=cmd.warehouse)
    if paper.lot_id is None:
        raise MissingField(field="lot")
    where = "all" if cmd.is_everywhere else str(cmd.warehouse)
    placed = place_hold(
        PlaceHold(
            key=f"complaint:{paper.id}:{paper.lot_id}:{where}", scope=HoldScope.LOT, lot=paper.lot_id,
            reason=HoldReason.COMPLAINT, note=f"{paper.number}: {paper.what}"[:500],
            warehouse=None if cmd.is_everywhere else cmd.warehouse,
        ),
        actor=actor, at=at,
    )  # fmt: skip
    lot = db.session.get_one(Lot, paper.lot_id)
    note_link(paper.id, LinkKind.HOLD, int(placed.hold), number=lot.number, actor=actor, at=at)
    return placed


def note_link(
    complaint: ComplaintId, kind: LinkKind, target: int, *, number: str = "", actor: UserId, at: datetime
) -> None:
    """Note what came of a complaint (a recall that was opened from it, say), once. Called by whoever made it."""
    there = db.session.execute(
        select(ComplaintLink.id).where(
            ComplaintLink.complaint_id == complaint, ComplaintLink.kind == kind, ComplaintLink.target_id == target
        )
    ).first()
    if there is None:
        db.session.add(
            ComplaintLink(
                id=new_id(),
                complaint_id=complaint,
                kind=kind,
                target_id=target,
                number=number,
                made_by=actor,
                made_at=at,
            )
        )
        db.session.flush()


@dataclass(frozen=True, kw_only=True)
class AnswerComplaint:
    """Our answer to the customer, with its letter as it was drawn; `is_mailed` sends it to the contact's address."""

    complaint: ComplaintId
    warehouse: WarehouseId
    text: str
    subject: str
    letter: KeptFile | None = None
    letter_name: str = "letter.pdf"
    is_mailed: bool = False


def answer(cmd: AnswerComplaint, *, actor: UserId, at: datetime) -> MailId | None:
    """Answer a complaint: the letter is kept with it and, where asked, leaves by e-mail. Its clock stops.

    Raises NotFound, WrongState, MissingField (no address to send it to).
    """
    paper = queries.lock_complaint(cmd.complaint, warehouse=cmd.warehouse)
    _step(paper, "answer")
    paper.answer, paper.answered_by, paper.answered_at = cmd.text, actor, at
    attached: list[Attached] = []
    if cmd.letter is not None:
        files.attach(
            cmd.letter,
            subject_kind=KIND,
            subject_id=paper.id,
            actor=actor,
            at=at,
            name=cmd.letter_name,
            kind=FileKind.OTHER,
        )
        attached = [
            Attached(
                sha256=cmd.letter.sha256, content_type=cmd.letter.content_type, size_bytes=cmd.letter.size_bytes,
                name=cmd.letter_name,
            )
        ]  # fmt: skip
    mail = None
    if cmd.is_mailed:
        if not paper.contact_email:
            raise MissingField(field="contact_email")
        mail = queue_mail(
            Address(paper.contact_email, paper.contact_name), cmd.subject, cmd.text, subject_kind=KIND,
            subject_id=paper.id, language=paper.language, actor=actor, at=at, warehouse=paper.warehouse_id,
            attachments=attached,
        )  # fmt: skip
    db.session.flush()
    resolve_subject(alert_key(paper), actor=actor, at=at)
    return mail


def close(complaint: ComplaintId, *, warehouse: WarehouseId, closing: str, actor: UserId, at: datetime) -> None:
    """Close an answered complaint, with what came of it. Raises NotFound, WrongState."""
    paper = queries.lock_complaint(complaint, warehouse=warehouse)
    _step(paper, "close")
    paper.closing, paper.closed_by, paper.closed_at = closing, actor, at
    db.session.flush()


def reopen(complaint: ComplaintId, *, warehouse: WarehouseId, reason: str, actor: UserId, at: datetime) -> None:
    """Take an answered or closed complaint up again: the customer is not content. Its clock starts anew.

    Raises NotFound, WrongState.
    """
    paper = queries.lock_complaint(complaint, warehouse=warehouse)
    _step(paper, "reopen")
    clock = queries.clock_of(paper.severity)
    paper.due_at, paper.warn_at = clock.due(at), clock.warn(at)
    paper.closed_by = paper.closed_at = None
    paper.closing = ""
    paper.finding = f"{paper.finding}\n{at.date().isoformat()}: {reason}".strip()[-2000:]
    db.session.flush()


def _demand_open(paper: Complaint, event: str) -> None:
    if paper.state is ComplaintState.CLOSED:
        raise WrongState(
            subject=KIND, state=paper.state.value, event=event, needed=["received", "investigating", "answered"]
        )


def _step(paper: Complaint, event: str) -> None:
    paper.state = ComplaintState(step(COMPLAINT, paper.state.value, event, subject=KIND))
