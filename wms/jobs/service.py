"""Verbs of the scheduler: claim and finish a run, and the work that belongs to no one feature.

Each job's verb takes `actor` and `at`, finds facts, raises alerts for them and settles those whose fact has ended. It
can be run again at any time: what stands already is left as it is.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from wms.alerts import service as alerts
from wms.alerts.models import AlertKind, Severity
from wms.backup import service as backups
from wms.backup.making import Nightly, host_name
from wms.backup.queries import last_of
from wms.core.errors import WrongState
from wms.core.ids import UserId, WarehouseId, new_id
from wms.db import db
from wms.jobs import queries
from wms.jobs.models import JobRun
from wms.jobs.schedule import JOBS
from wms.printing.queries import stuck_printers

if TYPE_CHECKING:
    from config import Config

QUARANTINE_DAYS: Final = 7
SILENT_SECONDS: Final = 120
#: Labels that did not come out for so long are missed.
PRINTER_PATIENCE: Final = timedelta(minutes=2)
LOST_AFTER: Final = timedelta(minutes=30)
_CRITICAL_DAYS: Final = 7


# -- runs -------------------------------------------------------------------------------------------------------------
def claim_run(job: str, *, due_at: datetime, runner: str, at: datetime) -> int | None:
    """Take a tick for this runner; the id of the run, or None when another has it."""
    statement = (
        _insert(db.session())
        .values(id=new_id(), job=job, due_at=due_at, runner=runner, started_at=at, state="running", result={}, error="")
        .on_conflict_do_nothing(index_elements=["job", "due_at"])
        .returning(JobRun.id)
    )
    return db.session.execute(statement).scalar()


def ask_for_run(job: str, *, actor: UserId, at: datetime) -> int:
    """Ask the job processes to run a job soon, beside its schedule; the id of the run.

    Raises WrongState when it runs at this moment, or was asked for already and has not begun.
    """
    if _is_running(job, at):
        raise WrongState(subject=job, state="running", event="ask", needed=["done"])
    statement = (
        _insert(db.session())
        .values(
            id=new_id(), job=job, due_at=at, runner="", started_at=at, state="asked", result={}, error="", asked_by=actor
        )
        .on_conflict_do_nothing()
        .returning(JobRun.id)
    )  # fmt: skip
    made = db.session.execute(statement).scalar()
    if made is None:
        raise WrongState(subject=job, state="asked", event="ask", needed=["done"])
    return int(made)


def claim_asked(*, jobs: Collection[str], runner: str, at: datetime) -> tuple[int, str] | None:
    """Take the oldest run that a person asked for, of a job that is not running: its id and job; None for none."""
    wishes = db.session.execute(
        select(JobRun.id, JobRun.job).where(JobRun.state == "asked", JobRun.job.in_(jobs)).order_by(JobRun.started_at)
    ).all()
    for wish in wishes:
        if _is_running(wish.job, at):
            continue
        taken = db.session.execute(
            update(JobRun)
            .where(JobRun.id == wish.id, JobRun.state == "asked")
            .values(state="running", runner=runner, started_at=at)
            .returning(JobRun.id)
            .execution_options(synchronize_session=False)
        ).scalar()
        if taken is not None:
            return wish.id, wish.job
    return None


def _is_running(job: str, at: datetime) -> bool:
    found = select(JobRun.id).where(
        JobRun.job == job, JobRun.started_at > at - _patience(job), JobRun.state == "running"
    )
    return db.session.execute(found.limit(1)).scalar() is not None


def _patience(job: str) -> timedelta:
    return next((one.patience for one in JOBS if one.name == job), LOST_AFTER)


def finish_run(run: int, *, state: str, result: dict[str, Any], error: str, at: datetime) -> None:
    """Record what came of a run; a failure raises an alert, a good run settles it."""
    row = db.session.execute(
        update(JobRun)
        .where(JobRun.id == run)
        .values(state=state, finished_at=at, result=result, error=error[:1000])
        .returning(JobRun.job)
    ).scalar_one()
    if state == "failed":
        _tell_failure(row, error, at=at)
    else:
        alerts.resolve_subject(f"job:{row}", actor=None, at=at)


def settle_runs(*, actor: UserId, at: datetime) -> dict[str, int]:
    """Record runs whose process died as lost, with an alert."""
    open_runs = db.session.execute(
        select(JobRun.id, JobRun.job, JobRun.started_at).where(
            JobRun.state == "running", JobRun.started_at < at - LOST_AFTER
        )
    ).all()
    dead = [run for run in open_runs if run.started_at < at - _patience(run.job)]
    lost = db.session.execute(
        update(JobRun)
        .where(JobRun.id.in_([run.id for run in dead]), JobRun.state == "running")
        .values(state="lost", finished_at=at, error="the process ended before the run did")
        .returning(JobRun.job)
    ).scalars()
    names = sorted(set(lost))
    for name in names:
        _tell_failure(name, "the process ended before the run did", at=at)
    return {"lost": len(names)}


def _tell_failure(job: str, error: str, *, at: datetime) -> None:
    alerts.raise_alert(
        kind=AlertKind.JOB_FAILED, severity=Severity.CRITICAL, warehouse=None, subject_key=f"job:{job}",
        subject_kind="job", data={"job": job, "error": error[:300]}, at=at,
    )  # fmt: skip


def _insert(session: Session) -> Any:
    if session.get_bind().dialect.name == "sqlite":
        from sqlalchemy.dialects.sqlite import insert as upsert
    else:
        from sqlalchemy.dialects.postgresql import insert as upsert  # type: ignore[assignment]
    return upsert(JobRun)


# -- stock ------------------------------------------------------------------------------------------------------------
def warn_of_expiry(*, warehouse: WarehouseId, on: date, actor: UserId, at: datetime) -> dict[str, int]:
    """Alert for each lot that expires within its item's warning days, with what stands of it in the warehouse.

    Lots past their last good day are not warned of: they are held (hold_expired).
    """
    prefix = f"expiry:{warehouse}:"
    keep = set()
    for row in queries.lots_near_expiry(warehouse, on=on):
        left = (row.last_good_on - on).days
        key = f"{prefix}{row.lot_id}"
        keep.add(key)
        alerts.raise_alert(
            kind=AlertKind.EXPIRY_NEAR,
            severity=Severity.WARNING if left <= _CRITICAL_DAYS else Severity.INFO,
            warehouse=warehouse,
            subject_key=key,
            subject_kind="lot",
            subject_id=row.lot_id,
            data={
                "lot": row.lot_number, "sku": row.sku, "item_en": row.name_en, "item_zh": row.name_zh,
                "expires_on": row.last_good_on.isoformat(), "quantity": str(row.quantity), "unit": row.base_unit,
            },
            at=at,
        )  # fmt: skip
    settled = alerts.resolve_others(AlertKind.EXPIRY_NEAR, prefix=prefix, keep=keep, actor=actor, at=at)
    return {"lots": len(keep), "settled": settled}


def hold_expired(*, warehouse: WarehouseId, on: date, actor: UserId, at: datetime) -> dict[str, int]:
    """Lay a hold on what expired by the warehouse's own day, and say so in one alert for each lot."""
    from wms.quality import service as quality

    prefix = f"expired:{warehouse}:"
    held = queries.lots_of_holds(quality.hold_expired(warehouse, on=on, actor=actor, at=at))
    standing = queries.lots_expired(warehouse, on=on)
    for row in standing:
        if row.lot_id not in held:
            continue
        alerts.raise_alert(
            kind=AlertKind.EXPIRED_HELD,
            severity=Severity.WARNING,
            warehouse=warehouse,
            subject_key=f"{prefix}{row.lot_id}",
            subject_kind="lot",
            subject_id=row.lot_id,
            data={
                "lot": row.lot_number, "sku": row.sku, "item_en": row.name_en, "item_zh": row.name_zh,
                "expires_on": row.last_good_on.isoformat(), "quantity": str(row.quantity), "unit": row.base_unit,
            },
            at=at,
        )  # fmt: skip
    keep = {f"{prefix}{row.lot_id}" for row in standing}
    alerts.resolve_others(AlertKind.EXPIRED_HELD, prefix=prefix, keep=keep, actor=actor, at=at)
    return {"held": len(held)}


def warn_of_old_quarantine(*, warehouse: WarehouseId, on: date, actor: UserId, at: datetime) -> dict[str, int]:
    """Alert for each lot that stands held or pending longer than QUARANTINE_DAYS."""
    prefix = f"quarantine:{warehouse}:"
    keep = set()
    for row in queries.lots_in_quarantine(warehouse, since=at - timedelta(days=QUARANTINE_DAYS)):
        key = f"{prefix}{row.lot_id}"
        keep.add(key)
        alerts.raise_alert(
            kind=AlertKind.QUARANTINE_OLD,
            severity=Severity.WARNING,
            warehouse=warehouse,
            subject_key=key,
            subject_kind="lot",
            subject_id=row.lot_id,
            data={
                "lot": row.lot_number, "sku": row.sku, "item_en": row.name_en, "item_zh": row.name_zh,
                "days": (at - row.since_at).days, "quantity": str(row.quantity), "unit": row.base_unit,
            },
            at=at,
        )  # fmt: skip
    settled = alerts.resolve_others(AlertKind.QUARANTINE_OLD, prefix=prefix, keep=keep, actor=actor, at=at)
    return {"lots": len(keep), "settled": settled}


def warn_of_licences(*, warehouse: WarehouseId, on: date, actor: UserId, at: datetime) -> dict[str, int]:
    """Alert for each supplier whose licence ran out before this warehouse's day: its goods are refused at the dock."""
    prefix = f"licence:{warehouse}:"
    keep = set()
    for row in queries.suppliers_without_licence(on=on):
        key = f"{prefix}{row.id}"
        keep.add(key)
        alerts.raise_alert(
            kind=AlertKind.LICENCE_EXPIRED,
            severity=Severity.WARNING,
            warehouse=warehouse,
            subject_key=key,
            subject_kind="partner",
            subject_id=row.id,
            data={
                "licence": row.licence_number, "partner": f"{row.code} {row.name_en}",
                "expires_on": row.licence_expires_on.isoformat() if row.licence_expires_on else "",
            },
            at=at,
        )  # fmt: skip
    settled = alerts.resolve_others(AlertKind.LICENCE_EXPIRED, prefix=prefix, keep=keep, actor=actor, at=at)
    return {"suppliers": len(keep), "settled": settled}


# -- machines ---------------------------------------------------------------------------------------------------------
def warn_of_silent_readers(*, actor: UserId, at: datetime) -> dict[str, int]:
    """Alert for each gateway, and each reader of a gateway that speaks, which said nothing for SILENT_SECONDS.

    One that never spoke is not missed yet: it is being set up.
    """
    keep = set()
    for row in queries.silent_machines(since=at - timedelta(seconds=SILENT_SECONDS)):
        key = f"silent:{row.kind}:{row.id}"
        keep.add(key)
        alerts.raise_alert(
            kind=AlertKind.READER_SILENT,
            severity=Severity.CRITICAL,
            warehouse=row.warehouse,
            subject_key=key,
            subject_kind=row.kind,
            subject_id=row.id,
            data={"machine": row.kind, "code": row.code, "since": row.last_at.isoformat(timespec="seconds")},
            at=at,
        )
    settled = alerts.resolve_others(AlertKind.READER_SILENT, prefix="silent:", keep=keep, actor=actor, at=at)
    return {"silent": len(keep), "settled": settled}


def warn_of_printers(*, actor: UserId, at: datetime) -> dict[str, int]:
    """Alert for each printer whose labels did not come out within PRINTER_PATIENCE, and settle those whose did."""
    keep = set()
    for row in stuck_printers(before=at - PRINTER_PATIENCE):
        key = f"printer:{row.printer}"
        keep.add(key)
        alerts.raise_alert(
            kind=AlertKind.PRINTER_FAILED, severity=Severity.WARNING, warehouse=row.warehouse, subject_key=key,
            subject_kind="printer", subject_id=row.printer,
            data={"printer": row.code, "error": row.fault or "no_answer", "count": row.count}, at=at,
        )  # fmt: skip
    settled = alerts.resolve_others(AlertKind.PRINTER_FAILED, prefix="printer:", keep=keep, actor=actor, at=at)
    return {"printers": len(keep), "settled": settled}


def look_at_ledger() -> list[str]:
    """Run every check of the ledger, in a reading snapshot: the faults as text."""
    from wms.stock.ledger.audit import run_checks

    return [str(fault) for fault in run_checks(db.session())]


def audit_ledger(*, found: list[str], actor: UserId, at: datetime) -> dict[str, int]:
    """Raise an alert for what look_at_ledger found, or settle it when that is nothing."""
    if found:
        alerts.raise_alert(
            kind=AlertKind.LEDGER_BROKEN, severity=Severity.CRITICAL, warehouse=None, subject_key="ledger",
            subject_kind="ledger", data={"faults": len(found), "first": found[0][:200]}, at=at,
        )  # fmt: skip
    else:
        alerts.resolve_subject("ledger", actor=actor, at=at)
    return {"faults": len(found)}


# -- backups ----------------------------------------------------------------------------------------------------------
def note_backup(*, found: Nightly, config: Config, actor: UserId, at: datetime) -> dict[str, Any]:
    """Record the backup that wms.backup.making:make_nightly wrote."""
    made = found.made
    backups.note_backup(
        made.path, size_bytes=made.size_bytes, made_at=made.made_at, verified=found.verified, host=host_name(), at=at
    )
    told = {"megabytes": round(made.size_bytes / 1e6, 1), "verified": found.verified, "removed": found.removed}
    if found.why_not:
        told["not restored"] = found.why_not
    if made.manifest.missing:
        told["attachments missing"] = len(made.manifest.missing)
    return told


def warn_of_old_backup(*, config: Config, actor: UserId, at: datetime) -> dict[str, Any]:
    """Alert when the last backup is older than WMS_BACKUP_WARN_DAYS, though the nightly one is configured."""
    last = last_of("backup")
    is_old = last is None or last.made_at < at - timedelta(days=config.backup_warn_days)
    if is_old:
        alerts.raise_alert(
            kind=AlertKind.JOB_FAILED, severity=Severity.CRITICAL, warehouse=None, subject_key="backup",
            subject_kind="job", data={"job": "backup", "error": "backup_old"}, at=at,
        )  # fmt: skip
    else:
        alerts.resolve_subject("backup", actor=actor, at=at)
    return {"old": int(is_old)}
