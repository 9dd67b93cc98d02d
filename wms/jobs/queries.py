"""Reads of the scheduled work: what is near its end, what waits too long, which machine is silent, how runs went."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import and_, func, literal_column, or_, select
from sqlalchemy.orm import Session

from wms.accounts.models import User
from wms.catalog.models import Item, Partner
from wms.core.errors import NotFound
from wms.core.ids import HoldId, UserId, WarehouseId
from wms.core.quantity import Quantity
from wms.db import db
from wms.db.paging import Page, SortKey, after, page_of
from wms.jobs.models import JobRun
from wms.rfid.models import Gateway, Reader
from wms.stock.ledger import Quality
from wms.stock.ledger.reads import balance
from wms.stock.models import Hold, HoldSetMember, Lot
from wms.stock.rules.availability import is_expired


@dataclass(frozen=True, kw_only=True)
class LotStanding:
    """A lot with how much of it stands in a warehouse, and (for quarantine) since when."""

    lot_id: int
    lot_number: str
    sku: str
    name_en: str
    name_zh: str
    base_unit: str
    last_good_on: date
    quantity: Quantity
    since_at: datetime


@dataclass(frozen=True, kw_only=True)
class SilentMachine:
    """A gateway or reader that was heard once and is not any more."""

    kind: str
    id: int
    code: str
    warehouse: WarehouseId
    last_at: datetime


# -- stock ------------------------------------------------------------------------------------------------------------
def lots_near_expiry(warehouse: WarehouseId, *, on: date) -> list[LotStanding]:
    """List the lots that are still good on `on` and end within their item's warning days, the nearest first."""
    longest = _session().execute(select(func.max(Item.expiry_warning_days))).scalar() or 0
    statement = _lot_sums(
        balance.c.warehouse_id == warehouse,
        balance.c.fefo_on >= on,
        balance.c.fefo_on <= on + timedelta(days=longest),
    )
    return [
        _standing(row)
        for row in _session().execute(statement)
        if row.fefo_on <= on + timedelta(days=row.expiry_warning_days)
        and not is_expired(row.fefo_on, on=on, usable_on_last_day=row.usable_on_expiry_day)
    ]


def lots_expired(warehouse: WarehouseId, *, on: date) -> list[LotStanding]:
    """List the lots in a warehouse that are past their last good day."""
    statement = _lot_sums(
        balance.c.warehouse_id == warehouse,
        balance.c.fefo_on <= on,
        or_(balance.c.fefo_on < on, Item.usable_on_expiry_day.is_(False)),
    )
    return [_standing(row) for row in _session().execute(statement)]


def lots_of_holds(holds: Collection[HoldId]) -> frozenset[int]:
    """Give the lots that these holds lie on."""
    return (
        frozenset(_session().execute(select(Hold.lot_id).where(Hold.id.in_(holds))).scalars()) if holds else frozenset()
    )


def lots_in_quarantine(warehouse: WarehouseId, *, since: datetime) -> list[LotStanding]:
    """List the lots of which something is pending, or under an open hold, since before `since`."""
    pending = _lot_sums(
        balance.c.warehouse_id == warehouse,
        literal_column("stock_balance.quality <> 'released'"),
        balance.c.quality == Quality.PENDING,
        balance.c.received_on <= since.date(),
    )
    held = (
        _lot_sums(
            balance.c.warehouse_id == warehouse,
            literal_column("stock_balance.hold_set_id <> 0"),
            Hold.lifted_at.is_(None),
            Hold.placed_at <= since,
        )
        .join(HoldSetMember, HoldSetMember.hold_set_id == balance.c.hold_set_id)
        .join(Hold, Hold.id == HoldSetMember.hold_id)
        .add_columns(func.min(Hold.placed_at).label("since_at"))
    )
    found: dict[int, LotStanding] = {}
    for row in _merge(_session().execute(pending), _session().execute(held)):
        known = found.get(row.lot_id)
        if known is None or row.since_at < known.since_at:
            found[row.lot_id] = row
    return sorted(found.values(), key=lambda row: row.since_at)


def _lot_sums(*conditions: Any) -> Any:
    """Lots with what stands of them under these conditions."""
    return (
        select(
            Lot.id, Lot.number, Item.sku, Item.name_en, Item.name_zh, Item.base_unit, Lot.fefo_on,
            Item.expiry_warning_days, Item.usable_on_expiry_day, func.sum(balance.c.on_hand).label("quantity"),
            func.min(balance.c.received_on).label("received_on"),
        )
        .select_from(balance)
        .join(Lot, Lot.id == balance.c.lot_id)
        .join(Item, Item.id == Lot.item_id)
        .where(literal_column("stock_balance.on_hand > 0"), *conditions)
        .group_by(Lot.id, Item.id)
        .order_by(Lot.fefo_on, Lot.id)
    )  # fmt: skip


def _merge(*results: Iterable[Any]) -> Iterable[LotStanding]:
    for result in results:
        for row in result:
            yield _standing(row)


def _standing(row: Any) -> LotStanding:
    since = getattr(row, "since_at", None) or datetime.combine(_day(row.received_on), time(), UTC)
    total = row.quantity if isinstance(row.quantity, Quantity) else Quantity(int(row.quantity))
    return LotStanding(
        lot_id=row.id, lot_number=row.number, sku=row.sku, name_en=row.name_en, name_zh=row.name_zh,
        base_unit=row.base_unit, last_good_on=row.fefo_on, quantity=total, since_at=since,
    )  # fmt: skip


def _day(value: date | str) -> date:
    return date.fromisoformat(value) if isinstance(value, str) else value


# -- machines ---------------------------------------------------------------------------------------------------------
def suppliers_without_licence(*, on: date) -> list[Partner]:
    """List the suppliers in use whose licence had its last day before `on`."""
    statement = (
        select(Partner)
        .where(Partner.is_supplier, Partner.is_active, Partner.licence_expires_on < on)
        .order_by(Partner.code)
    )
    return list(_session().execute(statement).scalars())


def silent_machines(*, since: datetime) -> list[SilentMachine]:
    """List the active gateways not heard since `since`, and the silent readers of the gateways that are heard."""
    gateways = _session().execute(
        select(Gateway.id, Gateway.code, Gateway.warehouse_id, Gateway.last_seen_at).where(
            Gateway.is_active, Gateway.last_seen_at < since
        )
    )
    readers = _session().execute(
        select(Reader.id, Reader.code, Gateway.warehouse_id, Reader.last_message_at)
        .join(Gateway, Gateway.id == Reader.gateway_id)
        .where(Reader.is_active, Gateway.is_active, Gateway.last_seen_at >= since, Reader.last_message_at < since)
    )
    return [
        SilentMachine(kind=kind, id=row[0], code=row[1], warehouse=row[2], last_at=row[3])
        for kind, rows in (("gateway", gateways), ("reader", readers))
        for row in rows
        if row[3] is not None
    ]


# -- runs -------------------------------------------------------------------------------------------------------------
def last_beat() -> datetime | None:
    """Say when a job process last took a tick: the heartbeat, at most a minute old while one lives."""
    return _session().execute(select(func.max(JobRun.started_at))).scalar()


def last_runs() -> Sequence[JobRun]:
    """List the latest run of each job, by name."""
    latest = select(JobRun.job, func.max(JobRun.started_at).label("at")).group_by(JobRun.job).subquery()
    statement = (
        select(JobRun)
        .join(latest, and_(latest.c.job == JobRun.job, latest.c.at == JobRun.started_at))
        .order_by(JobRun.job, JobRun.id)
    )
    return list({run.job: run for run in _session().execute(statement).scalars()}.values())


def get_run(run: int) -> JobRun:
    """Give one run; NotFound when there is none."""
    found = _session().get(JobRun, run)
    if found is None:
        raise NotFound(kind="job", text=str(run))
    return found


def list_runs(job: str, *, cursor: str | None = None, size: int = 50) -> Page[JobRun]:
    """List the runs of one job, the latest first."""
    keys = [SortKey(JobRun.started_at, descending=True), SortKey(JobRun.id, descending=True)]
    statement = after(select(JobRun).where(JobRun.job == job), keys, cursor, size=size)
    rows = _session().execute(statement).scalars().all()
    return page_of(rows, size=size, values=lambda run: (run.started_at.isoformat(), run.id))


def names_of(users: Iterable[UserId | None]) -> dict[UserId, str]:
    """Give the names of the people who asked for runs."""
    wanted = {user for user in users if user is not None}
    if not wanted:
        return {}
    rows = _session().execute(select(User.id, User.full_name).where(User.id.in_(wanted)))
    return {row.id: row.full_name for row in rows}


def is_any_asked() -> bool:
    """Say whether a person asked for a run; a look that takes no lock."""
    found = _session().execute(select(JobRun.id).where(JobRun.state == "asked").limit(1)).scalar() is not None
    _session().commit()
    return found


def _session() -> Session:
    return db.session()
