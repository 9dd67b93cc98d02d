"""Verbs of printers and print jobs. What is sent is sent outside any transaction, by sender.py, between take and settle."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import or_, select, update

from wms.core.errors import DuplicateValue, FieldErrors, KeyReused, MissingField, NotFound, WrongState
from wms.core.ids import DeviceId, PrinterId, PrintJobId, UserId, WarehouseId, new_id
from wms.core.states import step
from wms.db import db
from wms.printing import queries, rules
from wms.printing.models import LabelKind, Printer, PrinterDefault, PrintJob, PrintJobState

#: Longer than any talk with a printer takes; a process that died leaves its printer after this.
LEASE = timedelta(seconds=90)


@dataclass(frozen=True, kw_only=True)
class PrinterPlan:
    """A printer to make, or how it shall be."""

    code: str
    host: str
    port: int = 9100
    place: str = ""
    writes_tags: bool = False
    answers_status: bool = False
    is_active: bool = True


@dataclass(frozen=True, kw_only=True)
class QueueLabel:
    """A label to print: `body` is ZPL with the copies in it. `reason` is needed where the same plate was printed before."""

    key: str
    warehouse: WarehouseId
    printer: PrinterId
    kind: LabelKind
    subject: int
    title: str
    body: str
    copies: int = 1
    reason: str = ""


# -- printers ---------------------------------------------------------------------------------------------------------
def make_printer(plan: PrinterPlan, *, warehouse: WarehouseId, at: datetime) -> Printer:
    """Make a printer known; FieldErrors for a host that is none, DuplicateValue for a code that is taken."""
    _check(plan, warehouse, known=None)
    printer = Printer(id=PrinterId(new_id()), warehouse_id=warehouse, created_at=at)
    _apply(printer, plan)
    db.session.add(printer)
    db.session.flush()
    return printer


def change_printer(printer: PrinterId, plan: PrinterPlan) -> Printer:
    """Change a printer; what waits goes to its new address."""
    found = queries.get_printer(printer)
    _check(plan, found.warehouse_id, known=printer)
    _apply(found, plan)
    return found


def _apply(printer: Printer, plan: PrinterPlan) -> None:
    for name in ("code", "host", "port", "place", "writes_tags", "answers_status", "is_active"):
        setattr(printer, name, getattr(plan, name))


def _check(plan: PrinterPlan, warehouse: WarehouseId, *, known: PrinterId | None) -> None:
    if not rules.is_host(plan.host):
        raise FieldErrors(errors={"host": ["bad_host"]})
    same = select(Printer.id).where(Printer.warehouse_id == warehouse, Printer.code == plan.code)
    other = db.session.execute(same).scalar_one_or_none()
    if other is not None and other != known:
        raise DuplicateValue(field="code", value=plan.code)


def set_default(
    *, warehouse: WarehouseId, printer: PrinterId, device: DeviceId | None = None, user: UserId | None = None
) -> None:
    """Say where a handheld, a person, or all others of the warehouse print; one that was named before is replaced."""
    queries.get_printer(printer, warehouse=warehouse)
    station = {"warehouse_id": warehouse, "device_id": device or 0, "user_id": user or 0}
    found = db.session.execute(select(PrinterDefault).filter_by(**station)).scalar_one_or_none()
    if found is None:
        db.session.add(PrinterDefault(**station, printer_id=printer))
    else:
        found.printer_id = printer
    db.session.flush()


def drop_default(station: int) -> None:
    """Forget where a station prints."""
    db.session.delete(queries.get_station(station))


# -- jobs -------------------------------------------------------------------------------------------------------------
def queue(cmd: QueueLabel, *, actor: UserId, device: DeviceId | None = None, at: datetime) -> PrintJob:
    """Put a label into the queue of its printer, once for each `key`.

    A plate is one thing with one label: printing it again asks for a reason. Raises MissingField (reprint_reason),
    WrongState (the printer is switched off), NotFound, KeyReused.
    """
    if (known := queries.find_job(cmd.key)) is not None:
        if (known.label_kind, known.subject_id, known.printer_id) != (cmd.kind, cmd.subject, cmd.printer):
            raise KeyReused(key=cmd.key)
        return known
    printer = queries.get_printer(cmd.printer, warehouse=cmd.warehouse)
    if not printer.is_active:
        raise WrongState(subject=printer.code, state="inactive", event="print", needed=["active"])
    is_reprint = cmd.kind is LabelKind.LPN and queries.was_printed_before(cmd.kind, cmd.subject)
    if is_reprint and not cmd.reason:
        raise MissingField(field="reprint_reason")
    job = PrintJob(
        id=PrintJobId(new_id()),
        key=cmd.key,
        warehouse_id=cmd.warehouse,
        printer_id=cmd.printer,
        label_kind=cmd.kind,
        subject_id=cmd.subject,
        title=cmd.title[:120],
        body=cmd.body,
        copies=cmd.copies,
        is_reprint=is_reprint,
        reason=cmd.reason[:200],
        asked_by=actor,
        device_id=device,
        asked_at=at,
        next_try_at=at,
    )
    db.session.add(job)
    db.session.flush()
    return job


def queue_all(
    cmds: Sequence[QueueLabel], *, actor: UserId, device: DeviceId | None = None, at: datetime
) -> list[PrintJob]:
    """Put several labels into the queue, all or none; raises as `queue` does."""
    return [queue(cmd, actor=actor, device=device, at=at) for cmd in cmds]


def cancel(job: PrintJobId, *, actor: UserId, at: datetime) -> None:
    """Take a job out of the queue, or say that it will not be printed any more."""
    _settle_by_hand(job, "cancel", actor=actor, at=at)


def send_again(job: PrintJobId, *, actor: UserId, at: datetime) -> None:
    """Send a job that failed, or of which nobody knows, once more."""
    _settle_by_hand(job, "again", actor=actor, at=at)


def say_printed(job: PrintJobId, *, actor: UserId, at: datetime) -> None:
    """Say that the label of an uncertain job lies there."""
    _settle_by_hand(job, "say_printed", actor=actor, at=at)


def _settle_by_hand(job: PrintJobId, event: str, *, actor: UserId, at: datetime) -> None:
    found = queries.get_job(job)
    to = PrintJobState(step(rules.JOB, found.state.value, event, subject=found.title))
    values = {"state": to, "settled_by": actor, "next_try_at": at, "ended_at": at, "fault": ""}
    if to is PrintJobState.QUEUED:
        values |= {"tries": 0, "ended_at": None}
    # Guarded: the sender may take it at this moment.
    taken = db.session.execute(
        update(PrintJob).where(PrintJob.id == job, PrintJob.state == found.state).values(**values)
    )
    if taken.rowcount != 1:  # type: ignore[attr-defined]
        raise WrongState(subject=found.title, state="sending", event=event, needed=[found.state.value])
    db.session.refresh(found)


# -- the sender's two ends --------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Taken:
    """A job in the sender's hands, with all it needs to know of the printer."""

    job: PrintJobId
    printer: PrinterId
    host: str
    port: int
    answers_status: bool
    body: str
    tries: int


def take_next(printer: PrinterId, *, at: datetime) -> Taken | None:
    """Lease the printer and take its oldest due job; None when another process has it or nothing is due.

    What a dead process had in hand when its lease ended is uncertain: bytes may have left.
    """
    leased = db.session.execute(
        update(Printer)
        .where(
            Printer.id == printer,
            Printer.is_active,
            or_(Printer.leased_until_at.is_(None), Printer.leased_until_at <= at),
        )
        .values(leased_until_at=at + LEASE)
    )
    if leased.rowcount != 1:  # type: ignore[attr-defined]
        return None
    db.session.execute(
        update(PrintJob)
        .where(PrintJob.printer_id == printer, PrintJob.state == PrintJobState.SENDING)
        .values(state=PrintJobState.UNCERTAIN, fault="broken_off", ended_at=at)
    )
    job = db.session.execute(
        select(PrintJob)
        .where(PrintJob.printer_id == printer, PrintJob.state == PrintJobState.QUEUED, PrintJob.next_try_at <= at)
        .order_by(PrintJob.id)
        .limit(1)
    ).scalar_one_or_none()
    if job is None:
        _let_go(printer)
        return None
    job.state = PrintJobState(step(rules.JOB, job.state.value, "take", subject=job.title))
    job.tries += 1
    db.session.flush()
    kept = queries.get_printer(printer)
    return Taken(job.id, printer, kept.host, kept.port, kept.answers_status, job.body, job.tries)


def settle(taken: Taken, event: str, *, fault: str = "", at: datetime) -> None:
    """Write down what came of it: taken, confirmed, refused (nothing left us), broken (bytes had left)."""
    job = db.session.get(PrintJob, taken.job)
    if job is None:
        raise NotFound(kind="print_job", text=str(taken.job))
    if event == "refused" and taken.tries >= rules.TRIES_MAX:
        event = "give_up"
    job.state = PrintJobState(step(rules.JOB, job.state.value, event, subject=job.title))
    job.fault = fault
    job.next_try_at = at + rules.rest_after(taken.tries)
    if job.state is not PrintJobState.QUEUED:
        job.ended_at = at
    printer = queries.get_printer(taken.printer)
    if fault:
        printer.fault_since_at = printer.fault_since_at if printer.fault else at
    else:
        printer.fault_since_at, printer.last_sent_at = None, at
    printer.fault = fault
    db.session.flush()
    _let_go(taken.printer)


def _let_go(printer: PrinterId) -> None:
    db.session.execute(update(Printer).where(Printer.id == printer).values(leased_until_at=None))
