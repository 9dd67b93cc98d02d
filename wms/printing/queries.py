"""Reads of printers and print jobs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, or_, select

from wms.accounts.models import Device, User
from wms.core.errors import NotFound
from wms.core.ids import DeviceId, PrinterId, PrintJobId, UserId, WarehouseId
from wms.db import db
from wms.db.paging import Page, SortKey, after, page_of
from wms.printing.models import LabelKind, Printer, PrinterDefault, PrintJob, PrintJobState

PAGE_SIZE = 50
#: Jobs that no person needs to look at any more.
_OVER = (PrintJobState.CANCELLED, PrintJobState.FAILED)


@dataclass(frozen=True)
class PrinterRow:
    """A printer with how many jobs wait for it."""

    printer: Printer
    waiting: int


@dataclass(frozen=True)
class JobRow:
    """A print job with its printer's code and the name of who asked."""

    job: PrintJob
    printer_code: str
    asked_by: str


@dataclass(frozen=True)
class StationRow:
    """Whose printer is which: the name of a handheld or person, blank for all others of the warehouse."""

    id: int
    device: str
    person: str
    printer_code: str


def list_printers(warehouse: WarehouseId) -> list[PrinterRow]:
    """List the printers of a warehouse with what waits for each, by code."""
    waiting = (
        select(PrintJob.printer_id, func.count().label("count"))
        .where(PrintJob.state.in_((PrintJobState.QUEUED, PrintJobState.SENDING)))
        .group_by(PrintJob.printer_id)
        .subquery()
    )
    statement = (
        select(Printer, func.coalesce(waiting.c.count, 0))
        .outerjoin(waiting, waiting.c.printer_id == Printer.id)
        .where(Printer.warehouse_id == warehouse)
        .order_by(Printer.code)
    )
    return [PrinterRow(row[0], int(row[1])) for row in db.session.execute(statement)]


def choices(warehouse: WarehouseId) -> list[Printer]:
    """List the printers a person may send to, by code."""
    statement = select(Printer).where(Printer.warehouse_id == warehouse, Printer.is_active).order_by(Printer.code)
    return list(db.session.execute(statement).scalars())


def get_printer(printer: PrinterId, *, warehouse: WarehouseId | None = None) -> Printer:
    """Give a printer, of this warehouse if one is named; NotFound."""
    found = db.session.get(Printer, printer)
    if found is None or (warehouse is not None and found.warehouse_id != warehouse):
        raise NotFound(kind="printer", text=str(printer))
    return found


def default_printer(warehouse: WarehouseId, *, device: DeviceId | None, user: UserId) -> Printer | None:
    """The printer of this station: the handheld's, else the person's, else the warehouse's; None when none is named."""
    statement = (
        select(Printer)
        .join(PrinterDefault, PrinterDefault.printer_id == Printer.id)
        .where(
            PrinterDefault.warehouse_id == warehouse,
            Printer.is_active,
            or_(
                PrinterDefault.device_id == (device or -1),
                (PrinterDefault.device_id == 0) & PrinterDefault.user_id.in_((user, 0)),
            ),
        )
        .order_by(PrinterDefault.device_id.desc(), PrinterDefault.user_id.desc())
        .limit(1)
    )
    return db.session.execute(statement).scalar_one_or_none()


def list_stations(warehouse: WarehouseId) -> list[StationRow]:
    """List who prints where."""
    statement = (
        select(PrinterDefault.id, Device.name, User.full_name, Printer.code)
        .join(Printer, Printer.id == PrinterDefault.printer_id)
        .outerjoin(Device, Device.id == PrinterDefault.device_id)
        .outerjoin(User, User.id == PrinterDefault.user_id)
        .where(PrinterDefault.warehouse_id == warehouse)
        .order_by(Device.name, User.full_name)
    )
    return [StationRow(row[0], row[1] or "", row[2] or "", row[3]) for row in db.session.execute(statement)]


def list_devices(warehouse: WarehouseId) -> list[tuple[DeviceId, str]]:
    """List the handhelds of a warehouse, for the choice of a station."""
    statement = select(Device.id, Device.name).where(Device.warehouse_id == warehouse, Device.is_active)
    return [(row[0], row[1]) for row in db.session.execute(statement.order_by(Device.name))]


def get_station(station: int) -> PrinterDefault:
    """Give a default; NotFound."""
    found = db.session.get(PrinterDefault, station)
    if found is None:
        raise NotFound(kind="printer", text=str(station))
    return found


def list_jobs(
    warehouse: WarehouseId,
    *,
    state: PrintJobState | None = None,
    printer: PrinterId | None = None,
    cursor: str | None = None,
    size: int = PAGE_SIZE,
) -> Page[JobRow]:
    """List print jobs, the newest first."""
    statement = (
        select(PrintJob, Printer.code, User.full_name)
        .join(Printer, Printer.id == PrintJob.printer_id)
        .join(User, User.id == PrintJob.asked_by)
        .where(PrintJob.warehouse_id == warehouse)
    )
    if state is not None:
        statement = statement.where(PrintJob.state == state)
    if printer is not None:
        statement = statement.where(PrintJob.printer_id == printer)
    whole: Any = statement
    # An id grows with the time of its making.
    keys = [SortKey(PrintJob.id.expression, descending=True)]
    rows = [JobRow(row[0], row[1], row[2]) for row in db.session.execute(after(whole, keys, cursor, size=size))]
    return page_of(rows, size=size, values=lambda row: (row.job.id,))


def get_job(job: PrintJobId) -> PrintJob:
    """Give a print job; NotFound."""
    found = db.session.get(PrintJob, job)
    if found is None:
        raise NotFound(kind="print_job", text=str(job))
    return found


def get_job_row(job: PrintJobId) -> JobRow:
    """Give a print job with its printer's code and who asked; NotFound."""
    found = get_job(job)
    name = db.session.execute(select(User.full_name).where(User.id == found.asked_by)).scalar_one()
    return JobRow(found, found.printer.code, name)


def find_job(key: str) -> PrintJob | None:
    """The job asked for under a key, or None."""
    return db.session.execute(select(PrintJob).where(PrintJob.key == key)).scalar_one_or_none()


def was_printed_before(kind: LabelKind, subject: int) -> bool:
    """Whether a label of this very thing was asked for before and may exist."""
    statement = select(PrintJob.id).where(
        PrintJob.label_kind == kind, PrintJob.subject_id == subject, PrintJob.state.not_in(_OVER)
    )
    return db.session.execute(statement.limit(1)).first() is not None


def printers_with_work(at: datetime) -> list[PrinterId]:
    """List the printers for which a job is due and to which nobody is talking."""
    statement = (
        select(PrintJob.printer_id)
        .join(Printer, Printer.id == PrintJob.printer_id)
        .where(
            PrintJob.state.in_((PrintJobState.QUEUED, PrintJobState.SENDING)),
            PrintJob.next_try_at <= at,
            Printer.is_active,
            or_(Printer.leased_until_at.is_(None), Printer.leased_until_at <= at),
        )
        .distinct()
    )
    return [row[0] for row in db.session.execute(statement)]


@dataclass(frozen=True)
class Stuck:
    """A printer whose labels do not come: since when, why, how many wait."""

    printer: PrinterId
    warehouse: WarehouseId
    code: str
    fault: str
    count: int


def stuck_printers(*, before: datetime) -> Sequence[Stuck]:
    """List the printers with jobs that were asked for before an instant and did not come out."""
    statement = (
        select(Printer.id, Printer.warehouse_id, Printer.code, Printer.fault, func.count())
        .join(PrintJob, PrintJob.printer_id == Printer.id)
        .where(
            PrintJob.state.in_((PrintJobState.QUEUED, PrintJobState.FAILED, PrintJobState.UNCERTAIN)),
            PrintJob.asked_at < before,
        )
        .group_by(Printer.id, Printer.warehouse_id, Printer.code, Printer.fault)
        .order_by(Printer.code)
    )
    return [Stuck(row[0], row[1], row[2], row[3], int(row[4])) for row in db.session.execute(statement)]
