"""Reads of complaints and corrective actions: lists, one with all that came of it, repeats on a lot, what is due."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import and_, exists, func, or_, select
from sqlalchemy.orm import aliased, joinedload, selectinload

from wms.accounts.models import User, UserRole
from wms.catalog.models import Partner
from wms.complaints.models import (
    Capa,
    CapaAction,
    CapaCheck,
    Complaint,
    ComplaintLink,
    ComplaintPolicy,
)
from wms.complaints.rules import clocks
from wms.complaints.rules.clocks import Clock
from wms.complaints.rules.states import CapaState, ComplaintState, Severity
from wms.core.errors import NotFound
from wms.core.ids import (
    SYSTEM_USER,
    CapaId,
    ComplaintId,
    LotId,
    LpnId,
    OrderId,
    PartnerId,
    ShipmentId,
    UserId,
    WarehouseId,
)
from wms.db import db
from wms.db.paging import Page, SortKey, after, page_of
from wms.shipping import queries as shipping
from wms.shipping.models import LoadLine, Shipment
from wms.stock import queries as stock
from wms.stock.models import Lot

PAGE_SIZE = 50
UNANSWERED = (ComplaintState.RECEIVED, ComplaintState.INVESTIGATING)


# -- complaints -------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, kw_only=True)
class ComplaintFilter:
    """Which complaints; what is None does not bound."""

    states: Sequence[ComplaintState] | None = None
    severity: Severity | None = None
    lot: LotId | None = None
    customer: PartnerId | None = None
    owner: UserId | None = None
    is_late_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class ComplaintRow:
    """A complaint as a list shows it, with how many there are about its lot."""

    complaint: Complaint
    on_lot: int

    def is_late(self, at: datetime) -> bool:
        """Whether its answer is overdue."""
        return self.complaint.state in UNANSWERED and self.complaint.due_at < at


@dataclass(frozen=True, kw_only=True)
class ComplaintView:
    """A complaint with all that came of it."""

    complaint: Complaint
    answerer: str | None
    closer: str | None
    links: Sequence[ComplaintLink]
    #: Other complaints about the same lot, newest first.
    beside: Sequence[Complaint]

    @property
    def on_lot(self) -> int:
        """How many there are about its lot, with this one."""
        return len(self.beside) + 1


def page_of_complaints(
    warehouse: WarehouseId, wanted: ComplaintFilter, *, cursor: str | None = None, size: int = PAGE_SIZE
) -> Page[ComplaintRow]:
    """One page of the complaints of a warehouse, the newest first. Three statements."""
    statement = _complaints().where(Complaint.warehouse_id == warehouse)
    if wanted.states is not None:
        statement = statement.where(Complaint.state.in_(wanted.states))
    if wanted.severity is not None:
        statement = statement.where(Complaint.severity == wanted.severity)
    for column, value in (
        (Complaint.lot_id, wanted.lot), (Complaint.customer_id, wanted.customer), (Complaint.owner_id, wanted.owner),
    ):  # fmt: skip
        if value is not None:
            statement = statement.where(column == value)
    if wanted.is_late_at is not None:
        statement = statement.where(Complaint.state.in_(UNANSWERED), Complaint.due_at < wanted.is_late_at)
    keys = [SortKey(Complaint.id.expression, descending=True)]
    found = list(db.session.execute(after(statement, keys, cursor, size=size)).scalars())
    counts = counts_on_lots([one.lot_id for one in found if one.lot_id is not None])
    rows = [ComplaintRow(complaint=one, on_lot=counts.get(one.lot_id, 0) if one.lot_id else 0) for one in found]
    return page_of(rows, size=size, values=lambda row: (row.complaint.id,))


def all_complaints(warehouse: WarehouseId, wanted: ComplaintFilter) -> Iterator[ComplaintRow]:
    """Go through the complaints under a filter, page by page."""
    cursor = None
    while True:
        page = page_of_complaints(warehouse, wanted, cursor=cursor, size=500)
        yield from page.rows
        cursor = page.next_cursor
        if cursor is None:
            return


def counts_on_lots(lots: Sequence[LotId]) -> dict[LotId, int]:
    """Count the complaints about each of some lots, in every warehouse."""
    if not lots:
        return {}
    statement = select(Complaint.lot_id, func.count()).where(Complaint.lot_id.in_(set(lots))).group_by(Complaint.lot_id)
    return {row[0]: int(row[1]) for row in db.session.execute(statement) if row[0] is not None}


def count_on_lot(lot: LotId, *, since: datetime, but: ComplaintId | None = None) -> int:
    """Count the complaints about a lot that came since then, in every warehouse."""
    statement = (
        select(func.count()).select_from(Complaint).where(Complaint.lot_id == lot, Complaint.received_at >= since)
    )
    if but is not None:
        statement = statement.where(Complaint.id != but)
    return int(db.session.execute(statement).scalar_one())


def get_complaint(complaint: ComplaintId, *, warehouse: WarehouseId) -> Complaint:
    """Give a complaint of this warehouse; NotFound otherwise."""
    statement = _complaints().where(Complaint.id == complaint, Complaint.warehouse_id == warehouse)
    found = db.session.execute(statement.execution_options(populate_existing=True)).scalar_one_or_none()
    if found is None:
        raise NotFound(kind="complaint", text=str(complaint))
    return found


def find_complaint(complaint: int) -> Complaint:
    """Give a complaint, wherever it was taken down; NotFound when there is none."""
    found = db.session.execute(_complaints().where(Complaint.id == complaint)).scalar_one_or_none()
    if found is None:
        raise NotFound(kind="complaint", text=str(complaint))
    return found


def lock_complaint(complaint: ComplaintId, *, warehouse: WarehouseId) -> Complaint:
    """Give a complaint of this warehouse for a change; NotFound otherwise."""
    found = db.session.execute(
        select(Complaint)
        .where(Complaint.id == complaint, Complaint.warehouse_id == warehouse)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()
    if found is None:
        raise NotFound(kind="complaint", text=str(complaint))
    return found


def view_complaint(complaint: ComplaintId, *, warehouse: WarehouseId) -> ComplaintView:
    """Give a complaint with all that came of it."""
    found = get_complaint(complaint, warehouse=warehouse)
    beside: list[Complaint] = []
    if found.lot_id is not None:
        beside = list(
            db.session.execute(
                _complaints()
                .where(Complaint.lot_id == found.lot_id, Complaint.id != found.id)
                .order_by(Complaint.id.desc())
            ).scalars()
        )
    names = names_of({one for one in (found.answered_by, found.closed_by) if one is not None})
    return ComplaintView(
        complaint=found, answerer=names.get(found.answered_by), closer=names.get(found.closed_by),
        links=links_of(found.id), beside=beside,
    )  # fmt: skip


def links_of(complaint: ComplaintId) -> list[ComplaintLink]:
    """List what came of a complaint, oldest first."""
    statement = select(ComplaintLink).where(ComplaintLink.complaint_id == complaint).order_by(ComplaintLink.id)
    return list(db.session.execute(statement).scalars())


def due_complaints(warehouse: WarehouseId, *, at: datetime) -> list[Complaint]:
    """List the complaints without an answer whose owner is to be told by now."""
    statement = _complaints().where(
        Complaint.warehouse_id == warehouse, Complaint.state.in_(UNANSWERED), Complaint.warn_at <= at
    )
    return list(db.session.execute(statement.order_by(Complaint.due_at, Complaint.id)).scalars())


def clock_of(severity: Severity) -> Clock:
    """Give the clock of a severity: the site's own, or the one that is there from the start."""
    found = find_policy(severity)
    return Clock(found.answer_hours, found.warn_hours) if found is not None else clocks.CLOCKS[severity]


def find_policy(severity: Severity) -> ComplaintPolicy | None:
    """Give what this site says about a severity; None where it says nothing."""
    statement = select(ComplaintPolicy).where(ComplaintPolicy.severity == severity)
    return db.session.execute(statement).scalar_one_or_none()


def all_clocks() -> dict[Severity, Clock]:
    """Give every clock."""
    own = {
        row.severity: Clock(row.answer_hours, row.warn_hours)
        for row in db.session.execute(select(ComplaintPolicy)).scalars()
    }
    return {severity: own.get(severity, clocks.CLOCKS[severity]) for severity in Severity}


def _complaints() -> Any:
    return select(Complaint).options(
        joinedload(Complaint.customer), joinedload(Complaint.lot).joinedload(Lot.item), joinedload(Complaint.unit),
        joinedload(Complaint.lpn), joinedload(Complaint.order), joinedload(Complaint.shipment), joinedload(Complaint.owner),
        joinedload(Complaint.recorder),
    )  # fmt: skip


# -- what the goods are -------------------------------------------------------------------------------------------------
def lots_on_plate(lpn: LpnId) -> list[LotId]:
    """Name the lots on a plate; of one that left, those it left with."""
    here = list(dict.fromkeys(row.lot for row in stock.find_balances(lpn=lpn)))
    if here:
        return here
    shipment = db.session.execute(
        select(Shipment).join(LoadLine, LoadLine.shipment_id == Shipment.id).where(LoadLine.lpn_id == lpn)
        .order_by(LoadLine.id.desc()).limit(1)
    ).scalar_one_or_none()  # fmt: skip
    if shipment is None:
        return []
    code = stock.get_lpn(lpn).code
    return list(dict.fromkeys(one.lot for one in shipping.contents_of(shipment) if one.lpn_code == code))


def lots_of_order(order: OrderId | None) -> list[LotId]:
    """Name the lots that left, or stand staged, for an order."""
    shipment = shipping.shipment_of(order) if order is not None else None
    return list(dict.fromkeys(one.lot for one in shipping.contents_of(shipment))) if shipment is not None else []


def order_of_shipment(shipment: ShipmentId) -> OrderId | None:
    """Name the order that a shipment carries."""
    return db.session.execute(select(Shipment.order_id).where(Shipment.id == shipment)).scalar()


def lots_named(lots: Sequence[LotId]) -> list[Lot]:
    """Give some lots with their items."""
    if not lots:
        return []
    statement = select(Lot).where(Lot.id.in_(lots)).options(joinedload(Lot.item)).order_by(Lot.number, Lot.id)
    return list(db.session.execute(statement).scalars())


# -- corrective actions -----------------------------------------------------------------------------------------------
@dataclass(frozen=True, kw_only=True)
class CapaRow:
    """A corrective action as a list shows it: how much of it is done, and what is due next."""

    capa: Capa
    done: int
    actions: int
    next_due_on: date | None


def page_of_capas(
    warehouse: WarehouseId,
    *,
    state: CapaState | None = None,
    is_open: bool = False,
    owner: UserId | None = None,
    cursor: str | None = None,
    size: int = PAGE_SIZE,
) -> Page[CapaRow]:
    """One page of the corrective actions of a warehouse, the newest first."""
    statement = _capas().where(Capa.warehouse_id == warehouse)
    if state is not None:
        statement = statement.where(Capa.state == state)
    if is_open:
        statement = statement.where(Capa.state != CapaState.CLOSED)
    if owner is not None:
        theirs = exists().where(CapaAction.capa_id == Capa.id, CapaAction.owner_id == owner).correlate(Capa)
        statement = statement.where(or_(Capa.owner_id == owner, theirs))
    keys = [SortKey(Capa.id.expression, descending=True)]
    rows = [_capa_row(one) for one in db.session.execute(after(statement, keys, cursor, size=size)).scalars()]
    return page_of(rows, size=size, values=lambda row: (row.capa.id,))


def all_capas(warehouse: WarehouseId) -> Iterator[CapaRow]:
    """Go through the corrective actions of a warehouse, page by page."""
    cursor = None
    while True:
        page = page_of_capas(warehouse, cursor=cursor, size=500)
        yield from page.rows
        cursor = page.next_cursor
        if cursor is None:
            return


def get_capa(capa: CapaId, *, warehouse: WarehouseId, is_locked: bool = False) -> Capa:
    """Give a corrective action of this warehouse with its steps and checks; NotFound otherwise."""
    mine = and_(Capa.id == capa, Capa.warehouse_id == warehouse)
    if is_locked:
        db.session.execute(select(Capa.id).where(mine).with_for_update()).first()
    found = db.session.execute(
        _capas().where(mine).execution_options(populate_existing=True)
    ).scalar_one_or_none()  # fmt: skip
    if found is None:
        raise NotFound(kind="capa", text=str(capa))
    return found


def warehouse_of_capa(capa: int) -> WarehouseId:
    """Say where a corrective action belongs; NotFound when there is none."""
    found = db.session.execute(select(Capa.warehouse_id).where(Capa.id == capa)).scalar()
    if found is None:
        raise NotFound(kind="capa", text=str(capa))
    return WarehouseId(found)


def capas_from(kind: str, origin: int) -> list[Capa]:
    """List the corrective actions that came from a record, such as ("recall", id), oldest first."""
    statement = select(Capa).where(Capa.origin_kind == kind, Capa.origin_id == origin).order_by(Capa.id)
    return list(db.session.execute(statement).scalars())


@dataclass(frozen=True)
class DuePart:
    """What of a corrective action is due: its number, what, by whom, until when."""

    capa: CapaId
    number: str
    what: str
    due_on: date
    owner: UserId


def due_parts(warehouse: WarehouseId, *, on: date, within: timedelta) -> list[DuePart]:
    """List the steps, checks and ends of corrective actions that are due within so many days, or overdue."""
    until = on + within
    open_ones = (Capa.warehouse_id == warehouse, Capa.state != CapaState.CLOSED)
    steps = (
        select(Capa.id, Capa.number, CapaAction.what, CapaAction.due_on, CapaAction.owner_id)
        .join(CapaAction, CapaAction.capa_id == Capa.id)
        .where(*open_ones, CapaAction.done_at.is_(None), CapaAction.due_on <= until)
    )
    checks = (
        select(Capa.id, Capa.number, CapaCheck.criterion, CapaCheck.due_on, CapaCheck.checker_id)
        .join(CapaCheck, (CapaCheck.capa_id == Capa.id) & (CapaCheck.round == Capa.round))
        .where(*open_ones, CapaCheck.checked_at.is_(None), CapaCheck.due_on <= until)
    )
    whole = select(Capa.id, Capa.number, Capa.problem, Capa.due_on, Capa.owner_id).where(
        *open_ones, Capa.state == CapaState.OPEN, Capa.due_on <= until
    )
    found = [DuePart(*row) for statement in (steps, checks, whole) for row in db.session.execute(statement)]
    return sorted(found, key=lambda one: (one.due_on, one.number))


def _capas() -> Any:
    action, check = selectinload(Capa.actions), selectinload(Capa.checks)
    return select(Capa).options(
        joinedload(Capa.owner), joinedload(Capa.opener), action.joinedload(CapaAction.owner),
        check.joinedload(CapaCheck.checker),
    )  # fmt: skip


def _capa_row(capa: Capa) -> CapaRow:
    waiting = [one.due_on for one in capa.actions if one.done_at is None]
    waiting += [one.due_on for one in capa.checks if one.checked_at is None]
    return CapaRow(
        capa=capa, actions=len(capa.actions), done=sum(one.done_at is not None for one in capa.actions),
        next_due_on=min(waiting) if waiting else (capa.due_on if capa.state is CapaState.OPEN else None),
    )  # fmt: skip


# -- people -----------------------------------------------------------------------------------------------------------
def people_here(warehouse: WarehouseId) -> list[User]:
    """List the people who have a role in a warehouse, by name: who may own a complaint or a step."""
    role = aliased(UserRole)
    here = exists().where(
        role.user_id == User.id, or_(role.warehouse_id == warehouse, role.warehouse_id.is_(None))
    ).correlate(User)  # fmt: skip
    statement = select(User).where(User.is_active, ~User.is_service, User.id != SYSTEM_USER, here)
    return list(db.session.execute(statement.order_by(User.full_name, User.login)).scalars())


def find_person(login: str, warehouse: WarehouseId) -> User:
    """Give the person of this login who has a role in the warehouse; NotFound otherwise."""
    for person in people_here(warehouse):
        if person.login == login.lower():
            return person
    raise NotFound(kind="user", text=login)


def names_of(users: set[UserId]) -> dict[Any, str]:
    """Give the full names of some people."""
    if not users:
        return {}
    statement = select(User.id, User.full_name, User.login).where(User.id.in_(users))
    return {row.id: row.full_name or row.login for row in db.session.execute(statement)}


def customers() -> list[Partner]:
    """List the customers, by code."""
    statement = select(Partner).where(Partner.is_customer, Partner.is_active).order_by(Partner.code)
    return list(db.session.execute(statement).scalars())


def find_customer(code: str) -> Partner:
    """Give the customer of a code; NotFound otherwise."""
    found = db.session.execute(select(Partner).where(Partner.code == code, Partner.is_customer)).scalar_one_or_none()
    if found is None:
        raise NotFound(kind="customer", text=code)
    return found
