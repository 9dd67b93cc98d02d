"""Reads of plans, inspections, samples, and of how good a supplier is."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import case, func, or_, select
from sqlalchemy.orm import aliased, joinedload, selectinload

from wms.accounts.models import User
from wms.catalog.models import Item, Partner
from wms.catalog.queries import partner_matches
from wms.core.clock import now
from wms.core.errors import NotFound
from wms.core.ids import (
    InspectionId,
    InspectionPlanId,
    ItemId,
    LotId,
    PartnerId,
    ReceiptId,
    SampleId,
    UserId,
    WarehouseId,
)
from wms.core.quantity import Quantity
from wms.db import db
from wms.db.paging import Page, SortKey, after, page_of
from wms.inspection import snapshots
from wms.inspection.models import (
    Inspection,
    InspectionPart,
    InspectionPlan,
    InspectionResult,
    InspectionState,
    PlanState,
    Sample,
    SampleKind,
    SampleState,
    SamplingChange,
    SamplingState,
    Severity,
    Stage,
    Verdict,
)
from wms.inspection.rules import standing, verdict
from wms.inspection.rules.standing import Counts, Trust
from wms.stock.models import Lot

UNDONE = (InspectionState.OPEN, InspectionState.IN_WORK)


# -- plans ------------------------------------------------------------------------------------------------------------
def find_plan(item: ItemId, supplier: PartnerId | None, stage: Stage) -> InspectionPlan | None:
    """The active plan for goods at a stage, the most specific first: item and supplier, item, supplier, all goods."""
    statement = (
        select(InspectionPlan)
        .where(
            InspectionPlan.state == PlanState.ACTIVE,
            InspectionPlan.stage == stage,
            or_(InspectionPlan.item_id == item, InspectionPlan.item_id.is_(None)),
            or_(InspectionPlan.supplier_id == supplier, InspectionPlan.supplier_id.is_(None)),
        )
        .options(selectinload(InspectionPlan.characteristics))
        .order_by(
            case((InspectionPlan.item_id.is_(None), 1), else_=0),
            case((InspectionPlan.supplier_id.is_(None), 1), else_=0),
            InspectionPlan.id.desc(),
        )
        .limit(1)
    )
    return db.session.execute(statement).scalar_one_or_none()


def plan_at_receipt(item: ItemId, supplier: PartnerId | None, *, is_inspected: bool) -> InspectionPlan | None:
    """The plan for goods that come in; a plan for all goods counts only for an item that waits for quality anyway."""
    plan = find_plan(item, supplier, Stage.RECEIPT)
    if plan is not None and not is_inspected and plan.item_id is None and plan.supplier_id is None:
        return None
    return plan


def waits_at_receipt(item: Item, supplier: PartnerId | None) -> bool:
    """Whether goods of this item from this supplier stand pending when they come in: the item says so, or a plan of theirs."""
    return item.is_inspected_at_receipt or plan_at_receipt(item.id, supplier, is_inspected=False) is not None


def get_plan(plan: InspectionPlanId) -> InspectionPlan:
    """Give a plan with its characteristics; NotFound."""
    found = db.session.execute(_plans().where(InspectionPlan.id == plan)).scalar_one_or_none()
    if found is None:
        raise NotFound(kind="inspection_plan", text=str(plan))
    return found


def page_of_plans(
    *, state: PlanState | None = None, stage: Stage | None = None, item: ItemId | None = None,
    supplier: PartnerId | None = None, code: str = "", cursor: str | None = None, size: int = 50,
) -> Page[InspectionPlan]:  # fmt: skip
    """One page of plans by code, the newest version of each first."""
    statement = _plans()
    for column, value in (
        (InspectionPlan.state, state), (InspectionPlan.stage, stage), (InspectionPlan.item_id, item),
        (InspectionPlan.supplier_id, supplier),
    ):  # fmt: skip
        if value is not None:
            statement = statement.where(column == value)
    if code:
        statement = statement.where(func.upper(InspectionPlan.code).startswith(code.upper(), autoescape=True))
    keys = [SortKey(InspectionPlan.code), SortKey(InspectionPlan.version, descending=True)]
    rows = db.session.execute(after(statement, keys, cursor, size=size)).scalars().all()
    return page_of(rows, size=size, values=lambda plan: (plan.code, plan.version))


def versions_of(code: str) -> Sequence[InspectionPlan]:
    """Every version of a plan, the newest first."""
    statement = _plans().where(InspectionPlan.code == code).order_by(InspectionPlan.version.desc())
    return db.session.execute(statement).scalars().all()


def _plans() -> Any:
    return select(InspectionPlan).options(
        joinedload(InspectionPlan.item), joinedload(InspectionPlan.supplier),
        selectinload(InspectionPlan.characteristics),
    )  # fmt: skip


# -- inspections ------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class InspectionRow:
    """An inspection with the names of its people."""

    inspection: Inspection
    inspector: str | None
    closer: str | None

    def is_late(self, at: datetime) -> bool:
        """Whether it should have been done by now."""
        return self.inspection.state in UNDONE and self.inspection.due_at < at


@dataclass(frozen=True, kw_only=True)
class OpenInspection:
    """An inspection that still waits: what a release asks for."""

    id: InspectionId
    number: str
    stage: Stage
    state: InspectionState
    quantity: Quantity
    due_at: datetime


def open_inspections_of(lot: LotId, warehouse: WarehouseId | None = None) -> list[OpenInspection]:
    """The inspections of a lot that are not done yet, in a warehouse or everywhere."""
    statement = select(Inspection).where(Inspection.lot_id == lot, Inspection.state.in_(UNDONE)).order_by(Inspection.id)
    if warehouse is not None:
        statement = statement.where(Inspection.warehouse_id == warehouse)
    return [
        OpenInspection(id=i.id, number=i.number, stage=i.stage, state=i.state, quantity=i.quantity, due_at=i.due_at)
        for i in db.session.execute(statement).scalars()
    ]


def inspections_of(lot: LotId, warehouse: WarehouseId | None = None) -> Sequence[Inspection]:
    """Every inspection of a lot that was not cancelled, the newest first: verdicts and what still waits."""
    statement = select(Inspection).where(Inspection.lot_id == lot, Inspection.state != InspectionState.CANCELLED)
    if warehouse is not None:
        statement = statement.where(Inspection.warehouse_id == warehouse)
    return db.session.execute(statement.order_by(Inspection.id.desc())).scalars().all()


@dataclass(frozen=True, kw_only=True)
class InspectionFilter:
    """What the queue is asked for; None means not asked."""

    states: Collection[InspectionState] = UNDONE
    stage: Stage | None = None
    item: ItemId | None = None
    lot: LotId | None = None
    supplier: PartnerId | None = None
    inspector: UserId | None = None
    late_at: datetime | None = None


def page_of_inspections(
    warehouse: WarehouseId, wanted: InspectionFilter, *, cursor: str | None = None, size: int = 50
) -> Page[InspectionRow]:
    """One page of the inspections of a warehouse, the first due first; of finished ones the newest first."""
    statement = _rows().where(Inspection.warehouse_id == warehouse, Inspection.state.in_(wanted.states))
    for column, value in (
        (Inspection.stage, wanted.stage), (Inspection.item_id, wanted.item), (Inspection.lot_id, wanted.lot),
        (Inspection.supplier_id, wanted.supplier), (Inspection.inspector_id, wanted.inspector),
    ):  # fmt: skip
        if value is not None:
            statement = statement.where(column == value)
    if wanted.late_at is not None:
        statement = statement.where(Inspection.due_at < wanted.late_at)
    is_past = not set(wanted.states) & set(UNDONE)
    keys = [SortKey(Inspection.due_at, descending=is_past), SortKey(Inspection.id.expression, descending=is_past)]
    found = db.session.execute(after(statement, keys, cursor, size=size)).unique()
    rows = [InspectionRow(*row) for row in found]
    return page_of(rows, size=size, values=lambda r: (r.inspection.due_at.isoformat(), r.inspection.id))


def counts_by_state(warehouse: WarehouseId) -> dict[InspectionState, int]:
    """Count the inspections that wait, by state."""
    statement = (
        select(Inspection.state, func.count())
        .where(Inspection.warehouse_id == warehouse, Inspection.state.in_(UNDONE))
        .group_by(Inspection.state)
    )
    return {row[0]: row[1] for row in db.session.execute(statement)}


def warehouse_of(inspection: InspectionId) -> WarehouseId:
    """Say in which warehouse an inspection is; NotFound otherwise."""
    found = db.session.execute(select(Inspection.warehouse_id).where(Inspection.id == inspection)).scalar_one_or_none()
    if found is None:
        raise NotFound(kind="inspection", text=str(inspection))
    return found


def get_inspection(inspection: InspectionId, *, warehouse: WarehouseId | None = None) -> InspectionRow:
    """Give an inspection (of this warehouse) with the names of its people; NotFound."""
    statement = _rows().where(Inspection.id == inspection)
    if warehouse is not None:
        statement = statement.where(Inspection.warehouse_id == warehouse)
    found = db.session.execute(statement.execution_options(populate_existing=True)).unique().one_or_none()
    if found is None:
        raise NotFound(kind="inspection", text=str(inspection))
    return InspectionRow(*found)


def _rows() -> Any:
    inspector, closer = aliased(User), aliased(User)
    return (
        select(Inspection, inspector.full_name, closer.full_name)
        .outerjoin(inspector, inspector.id == Inspection.inspector_id)
        .outerjoin(closer, closer.id == Inspection.closed_by)
        .options(
            joinedload(Inspection.item), joinedload(Inspection.lot), joinedload(Inspection.supplier),
            joinedload(Inspection.bin), joinedload(Inspection.lpn),
        )
    )  # fmt: skip


def tranches_of(inspection: InspectionId) -> Sequence[Inspection]:
    """The tranches that were taken out of an inspection."""
    statement = select(Inspection).where(Inspection.parent_id == inspection).order_by(Inspection.id)
    return db.session.execute(statement).scalars().all()


def results_of(inspection: InspectionId) -> Sequence[InspectionResult]:
    """The results of an inspection by characteristic and unit."""
    statement = (
        select(InspectionResult)
        .where(InspectionResult.inspection_id == inspection)
        .order_by(InspectionResult.characteristic, InspectionResult.unit_first)
    )
    return db.session.execute(statement).scalars().all()


def suggested_verdict(inspection: Inspection, results: Sequence[InspectionResult] | None = None) -> verdict.Suggestion:
    """Say what the results so far say of an inspection, class by class, with the reasons."""
    if results is None:
        results = results_of(inspection.id)
    return verdict.suggest(
        snapshots.characteristics(inspection.plan),
        [
            verdict.Found(
                characteristic=r.characteristic, first=r.unit_first, last=r.unit_last, is_conforming=r.is_conforming
            )
            for r in results
        ],
        plans=inspection.sample["classes"],
        is_sorted_whole=inspection.is_sorted_whole,
        is_stopped=inspection.severity is Severity.STOPPED,
    )


def receivers_of(inspection: InspectionId) -> dict[UserId, str]:
    """Who took in what an inspection looks at: names by id."""
    statement = (
        select(InspectionPart.received_by, User.full_name)
        .join(User, User.id == InspectionPart.received_by)
        .where(InspectionPart.inspection_id == inspection)
    )
    return {UserId(row[0]): row[1] for row in db.session.execute(statement)}


def inspection_of_receipt(receipt: ReceiptId, lot: LotId) -> Inspection | None:
    """The inspection lot that more goods of the same lot and receipt belong to, while nothing was entered."""
    statement = (
        select(Inspection)
        .where(
            Inspection.receipt_id == receipt,
            Inspection.lot_id == lot,
            Inspection.parent_id.is_(None),
            Inspection.state.in_((InspectionState.OPEN, InspectionState.SKIPPED)),
        )
        .order_by(Inspection.id.desc())
        .limit(1)
        .with_for_update()
    )
    return db.session.execute(statement).scalar_one_or_none()


# -- samples ----------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class SampleRow:
    """A sample with the name of who drew it."""

    sample: Sample
    drawn_by: str


@dataclass(frozen=True, kw_only=True)
class SampleFilter:
    """Which samples are asked for; None means not asked."""

    kind: SampleKind | None = None
    state: SampleState | None = SampleState.KEPT
    lot: LotId | None = None
    inspection: InspectionId | None = None
    due_on: date | None = None


def page_of_samples(
    warehouse: WarehouseId, wanted: SampleFilter, *, cursor: str | None = None, size: int = 50
) -> Page[SampleRow]:
    """One page of the samples of a warehouse, those to be kept least long first."""
    until = func.coalesce(Sample.keep_until, date(9999, 12, 31), type_=Sample.keep_until.type)
    statement = _samples().where(Sample.warehouse_id == warehouse)
    for column, value in (
        (Sample.kind, wanted.kind), (Sample.state, wanted.state), (Sample.lot_id, wanted.lot),
        (Sample.inspection_id, wanted.inspection),
    ):  # fmt: skip
        if value is not None:
            statement = statement.where(column == value)
    if wanted.due_on is not None:
        statement = statement.where(Sample.keep_until < wanted.due_on)
    keys = [SortKey(until), SortKey(Sample.id.expression)]
    found = db.session.execute(after(statement, keys, cursor, size=size)).unique()
    rows = [SampleRow(*row) for row in found]
    return page_of(
        rows, size=size, values=lambda r: ((r.sample.keep_until or date(9999, 12, 31)).isoformat(), r.sample.id)
    )


def get_sample(sample: SampleId, *, warehouse: WarehouseId) -> SampleRow:
    """Give a sample of this warehouse; NotFound."""
    statement = _samples().where(Sample.id == sample, Sample.warehouse_id == warehouse)
    found = db.session.execute(statement.execution_options(populate_existing=True)).unique().one_or_none()
    if found is None:
        raise NotFound(kind="sample", text=str(sample))
    return SampleRow(*found)


def samples_of(inspection: InspectionId) -> list[SampleRow]:
    """The samples that were drawn for an inspection."""
    statement = _samples().where(Sample.inspection_id == inspection).order_by(Sample.id)
    return [SampleRow(*row) for row in db.session.execute(statement).unique()]


def _samples() -> Any:
    return (
        select(Sample, User.full_name)
        .join(User, User.id == Sample.drawn_by)
        .options(joinedload(Sample.lot).joinedload(Lot.item), joinedload(Sample.bin), joinedload(Sample.source_bin))
    )


# -- suppliers --------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, kw_only=True)
class Standing:
    """How good a supplier (of an item) is: what was counted since a day, the rating and the trust class from it."""

    since: date
    counts: Counts = field(default_factory=Counts)

    @property
    def rating(self) -> Decimal | None:
        """From 0 to 100, None while nothing was inspected."""
        return standing.rating(self.counts)

    @property
    def trust(self) -> Trust:
        """How far the supplier's word goes."""
        return standing.trust(self.counts)


def supplier_standing(supplier: PartnerId, item: ItemId | None = None, *, at: datetime | None = None) -> Standing:
    """Say how good a supplier is, of one item or of all, by the first inspections of a year: three statements."""
    if item is None:
        key = (Inspection.supplier_id, Lot.supplier_id, SamplingState.supplier_id)
        return _standings(key, [supplier], at=at)[supplier]
    return standings_by_item(supplier, [item], at=at)[item]


def standings(suppliers: Sequence[PartnerId], *, at: datetime | None = None) -> dict[PartnerId, Standing]:
    """Say how good each of these suppliers is: two statements for all of them.

    The lots they sent are not counted (0): that reads a year of lots, and is done for one supplier at a time.
    """
    key = (Inspection.supplier_id, Lot.supplier_id, SamplingState.supplier_id)
    return _standings(key, suppliers, at=at, with_lots=False)


def standings_by_item(
    supplier: PartnerId, items: Sequence[ItemId], *, at: datetime | None = None
) -> dict[ItemId, Standing]:  # fmt: skip
    """Say how good a supplier is of each of these items: three statements for all of them."""
    key = (Inspection.item_id, Lot.item_id, SamplingState.item_id)
    return _standings(key, items, of=supplier, at=at)


def _standings(
    key: tuple[Any, Any, Any],
    wanted: Sequence[Any],
    *,
    at: datetime | None,
    of: PartnerId | None = None,
    with_lots: bool = True,
) -> dict[Any, Standing]:
    if not wanted:
        return {}
    since_at = (at or now()) - timedelta(days=standing.DAYS_BACK)
    inspected, received, sampled = key
    looks = select(
        inspected.label("key"), Inspection.verdict, Inspection.suggested, Inspection.sample_size, Inspection.defects,
        Inspection.state,
    ).where(
        inspected.in_(wanted), Inspection.is_original, Inspection.closed_at >= since_at,
        Inspection.state.in_((InspectionState.DONE, InspectionState.SKIPPED)),
    )  # fmt: skip
    lots = select(received, func.count()).where(received.in_(wanted), Lot.received_on >= since_at.date())
    stops = select(sampled, func.count()).where(sampled.in_(wanted), SamplingState.severity == Severity.STOPPED)
    if of is not None:
        looks, lots = looks.where(Inspection.supplier_id == of), lots.where(Lot.supplier_id == of)
        stops = stops.where(SamplingState.supplier_id == of)
    rows: dict[Any, list[Any]] = {one: [] for one in wanted}
    for row in db.session.execute(looks):
        rows[row.key].append(row)
    counted = {row[0]: int(row[1]) for row in (db.session.execute(lots.group_by(received)) if with_lots else ())}
    stopped = {row[0]: int(row[1]) for row in db.session.execute(stops.group_by(sampled))}
    return {
        one: _standing(rows[one], counted.get(one, 0), stopped.get(one, 0), since=since_at.date()) for one in wanted
    }


def _standing(rows: Sequence[Any], lots: int, stops: int, *, since: date) -> Standing:
    looked_at = [row for row in rows if row.state is InspectionState.DONE]
    return Standing(
        since=since,
        counts=Counts(
            lots_received=lots,
            lots_inspected=len(looked_at),
            lots_accepted=sum(r.verdict is Verdict.ACCEPTED and r.suggested == "accepted" for r in looked_at),
            lots_skipped=len(rows) - len(looked_at),
            units_inspected=sum(r.sample_size for r in looked_at),
            defects={name: sum(row.defects.get(name, 0) for row in looked_at) for name in standing.WEIGHTS},
            stops=stops,
        ),
    )


def page_of_suppliers(*, search: str = "", cursor: str | None = None, size: int = 50) -> Page[Partner]:
    """One page of the suppliers by code."""
    statement: Any = select(Partner).where(Partner.is_supplier, Partner.is_active)
    if search:
        statement = statement.where(partner_matches(search))
    rows = db.session.execute(after(statement, [SortKey(Partner.code)], cursor, size=size)).scalars().all()
    return page_of(rows, size=size, values=lambda partner: (partner.code,))


def get_supplier(supplier: PartnerId) -> Partner | None:
    """Give a supplier by its id, or None for any other partner."""
    statement = select(Partner).where(Partner.id == supplier, Partner.is_supplier)
    return db.session.execute(statement).scalar_one_or_none()


def find_supplier(code: str) -> Partner | None:
    """Give the supplier of a code, or None."""
    statement = select(Partner).where(Partner.code == code, Partner.is_supplier)
    return db.session.execute(statement).scalar_one_or_none()


def states_of_supplier(supplier: PartnerId | None) -> Sequence[SamplingState]:
    """How each item of a supplier is sampled at present, with what changed it; None: goods that came from nobody known."""
    statement = (
        select(SamplingState)
        .where(SamplingState.supplier_id.is_not_distinct_from(supplier))
        .options(joinedload(SamplingState.item), selectinload(SamplingState.changes))
        .order_by(SamplingState.id)
    )
    return db.session.execute(statement).unique().scalars().all()


def get_state(state: int) -> SamplingState:
    """Give a sampling state with what changed it; NotFound."""
    statement = (
        select(SamplingState)
        .where(SamplingState.id == state)
        .options(
            joinedload(SamplingState.item), joinedload(SamplingState.supplier), selectinload(SamplingState.changes)
        )
        .execution_options(populate_existing=True)
    )
    found = db.session.execute(statement).unique().scalar_one_or_none()
    if found is None:
        raise NotFound(kind="sampling_state", text=str(state))
    return found


def last_inspections_of_supplier(supplier: PartnerId, *, limit: int = 20) -> list[InspectionRow]:
    """The last inspections of what a supplier sent, finished ones first looked at."""
    statement = (
        _rows()
        .where(
            Inspection.supplier_id == supplier, Inspection.state.in_((InspectionState.DONE, InspectionState.SKIPPED))
        )
        .order_by(Inspection.closed_at.desc(), Inspection.id.desc())
        .limit(limit)
    )
    return [InspectionRow(*row) for row in db.session.execute(statement).unique()]


def names_of_users(users: Collection[UserId]) -> dict[int, str]:
    """The full names of people."""
    statement = select(User.id, User.full_name).where(User.id.in_(users))
    return {row[0]: row[1] for row in db.session.execute(statement)} if users else {}


def changes_of(state: int) -> Sequence[SamplingChange]:
    """What changed a sampling state, the newest first."""
    statement = select(SamplingChange).where(SamplingChange.state_id == state).order_by(SamplingChange.id.desc())
    return db.session.execute(statement).scalars().all()
