"""Reads: the facts of a release, its policies, decisions, non-conformances, destructions and their people."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import joinedload, selectinload

from wms.accounts.models import User, UserRole
from wms.catalog.models import Item, ItemClass, Partner
from wms.core.errors import FieldErrors, NotFound
from wms.core.ids import (
    BinId,
    HoldId,
    InspectionId,
    ItemId,
    LotId,
    LpnId,
    NonconformanceId,
    UserId,
    WarehouseId,
)
from wms.core.quantity import Quantity
from wms.db import db
from wms.db.paging import Page, SortKey, after, page_of
from wms.disposition import arrivals, records
from wms.disposition.models import (
    Approval,
    ApprovalPolicy,
    Destruction,
    DestructionLine,
    Nonconformance,
    Release,
    ReleasePolicy,
    ReleaseVerdict,
    ReleaseWaiver,
)
from wms.disposition.rules import approvals, checklist
from wms.disposition.rules.checklist import Asked, CheckItem, Facts, Licence, Point, Policy
from wms.disposition.rules.states import DestructionState, Disposition, NonconformanceState
from wms.files.models import FileKind, StoredFile
from wms.inspection.models import Inspection, InspectionState, Sample
from wms.inspection.models import Verdict as Found
from wms.signing import queries as signing
from wms.signing.queries import SeenSignature
from wms.stock import queries as stock
from wms.stock.ledger import Quality
from wms.stock.models import HoldReason, Lot
from wms.stock.queries import BalanceRow
from wms.stock.rules.scope import Entry, entries
from wms.stock.scopes import open_scopes

_UNDONE = (InspectionState.OPEN, InspectionState.IN_WORK)


# -- what a release asks ----------------------------------------------------------------------------------------------
def policies_for(items: Mapping[ItemId, ItemClass], markets: Collection[str] = ()) -> dict[ItemId, Policy]:
    """Say what a release of each item asks: the item's own policy, else its class's, else the product's; with the markets'."""
    rows = list(
        db.session.execute(
            select(ReleasePolicy)
            .where(
                or_(ReleasePolicy.item_id.in_(items), ReleasePolicy.item_class.in_(set(items.values()))),
                ReleasePolicy.market.in_({"", *markets}),
            )
            .order_by(ReleasePolicy.id)
        ).scalars()
    )
    return {item: _policy_for(item, of_class, markets, rows) for item, of_class in items.items()}


def _policy_for(item: ItemId, of_class: ItemClass, markets: Collection[str], rows: Sequence[ReleasePolicy]) -> Policy:
    def found(market: str) -> Policy | None:
        for row in (*(r for r in rows if r.item_id == item), *(r for r in rows if r.item_class is of_class)):
            if row.market == market:
                points = {Point(name): Asked(asked) for name, asked in row.points.items()}
                return Policy(points=points, needs_two=row.needs_two)
        return None

    base = found("") or checklist.DEFAULTS[of_class.value]
    more = [policy for market in markets if (policy := found(market)) is not None]
    return checklist.merge(base, more)


def list_policies() -> list[ReleasePolicy]:
    """List what is asked of items and classes, beside the product's own."""
    return list(
        db.session.execute(
            select(ReleasePolicy).options(joinedload(ReleasePolicy.item)).order_by(ReleasePolicy.id)
        ).scalars()
    )


def list_approval_policies() -> list[ApprovalPolicy]:
    """List how many approve what, beside the product's own."""
    return list(
        db.session.execute(
            select(ApprovalPolicy).options(joinedload(ApprovalPolicy.item)).order_by(ApprovalPolicy.id)
        ).scalars()
    )


def need_of(disposition: Disposition, items: Mapping[ItemId, ItemClass]) -> approvals.Need:
    """Say how many must approve, and from which roles; over several items the strictest counts."""
    rows = list_approval_policies()
    needs = [_need_for(disposition, item, of_class, rows) for item, of_class in items.items()]
    return max(needs, key=lambda need: need.people, default=approvals.DEFAULTS[disposition.value])


def _need_for(
    disposition: Disposition, item: ItemId, of_class: ItemClass, rows: Sequence[ApprovalPolicy]
) -> approvals.Need:
    """The most specific: the item before its class before all, one disposition before any."""

    def rank(row: ApprovalPolicy) -> tuple[bool, bool, bool]:
        return (row.item_id is not None, row.item_class is not None, row.disposition is not None)

    fit = [
        row
        for row in rows
        if row.item_id in (None, item) and row.item_class in (None, of_class) and row.disposition in (None, disposition)
    ]
    if not fit:
        return approvals.DEFAULTS[disposition.value]
    best = max(fit, key=rank)
    return approvals.Need(people=best.people, roles=tuple(best.roles))


# -- the facts of goods -----------------------------------------------------------------------------------------------
@dataclass(frozen=True, kw_only=True)
class Tranche:
    """What a decision is about: all of a lot in a warehouse, or what is in a bin, on an LPN, or so much of it."""

    lot: LotId
    warehouse: WarehouseId
    bin: BinId | None = None
    lpn: LpnId | None = None
    quantity: Quantity | None = None


@dataclass(frozen=True, kw_only=True)
class Checked:
    """A lot with pending goods and its checklist."""

    lot: Lot
    rows: Sequence[BalanceRow]
    facts: Facts
    policy: Policy
    items: Sequence[CheckItem]

    @property
    def missing(self) -> list[CheckItem]:
        """The points for which it cannot be released."""
        return checklist.missing(self.items)

    @property
    def is_ready(self) -> bool:
        """Whether nothing is missing."""
        return not self.missing

    @property
    def quantity(self) -> Quantity:
        """How much is pending."""
        return Quantity(sum(row.on_hand.millionths for row in self.rows))


def check_tranche(
    wanted: Tranche, *, on: date, markets: Collection[str] = (), has_scope: bool = False, is_label_checked: bool = False
) -> Checked:
    """Give the checklist of pending goods as it stands."""
    rows = stock.find_balances(
        lot=wanted.lot, warehouse=wanted.warehouse, bin=wanted.bin, lpn=wanted.lpn, quality=Quality.PENDING
    )
    found = check_lots({wanted.lot: rows}, wanted.warehouse, on=on, markets=markets, place=wanted)[wanted.lot]
    facts = _said(found.facts, has_scope=has_scope, is_label_checked=is_label_checked)
    return Checked(
        lot=found.lot, rows=rows, facts=facts, policy=found.policy, items=checklist.check(facts, found.policy)
    )


def _said(facts: Facts, *, has_scope: bool, is_label_checked: bool) -> Facts:
    """The facts with what the person says in the decision itself."""
    values = {name: getattr(facts, name) for name in facts.__dataclass_fields__}
    return Facts(**values | {"has_scope": has_scope or facts.has_scope, "is_label_checked": is_label_checked})


def check_lots(
    goods: Mapping[LotId, Sequence[BalanceRow]], warehouse: WarehouseId, *, on: date, markets: Collection[str] = (),
    place: Tranche | None = None,
) -> dict[LotId, Checked]:  # fmt: skip
    """Give the checklists of several lots' goods, with as many statements as for one."""
    lots = {lot.id: lot for lot in _lots(goods)}
    holds = stock.holds_in_sets({row.hold_set for rows in goods.values() for row in rows if row.is_held})
    papers = _open_papers({hold.id for group in holds.values() for hold in group})
    inspections = _inspections(goods, warehouse)
    released = _released_from_places(
        [lot for lot, found in inspections.items() if any(one.parent_id for one in found)], warehouse
    )
    sampled = _samplers(goods, warehouse)
    certificates = _certificates(goods, on)
    arrived = arrivals.temperatures(list(goods), warehouse)
    waivers = _waivers(goods, warehouse)
    scoped = {scope.lot_id for scope in open_scopes(list(goods))}
    policies = policies_for({lot.item_id: lot.item.item_class for lot in lots.values()}, markets)
    found = {}
    for lot_id, rows in goods.items():
        lot = lots[lot_id]
        lying = {hold.id: hold for row in rows for hold in holds.get(row.hold_set, [])}
        mine = _concerned(inspections.get(lot_id, []), rows, place, used=released.get(lot_id, {}))
        facts = Facts(
            on=on,
            storage_class=lot.item.storage_class.value,
            is_read_at_door=lot.item.item_class in (ItemClass.DRUG, ItemClass.DEVICE),
            inspections_open=tuple(one.number for one in mine if one.state in _UNDONE),
            inspections_failed=tuple(one.number for one in mine if one.verdict is Found.REJECTED),
            holds=tuple(sorted({h.reason.value for h in lying.values() if h.reason is not HoldReason.NONCONFORMANCE})),
            nonconformances=tuple(
                sorted(papers.get(h.id, "NC") for h in lying.values() if h.reason is HoldReason.NONCONFORMANCE)
            ),
            certificates=certificates.get(lot_id, 0),
            temperatures=tuple(arrived.get(lot_id, ())),
            registration=lot.item.approval_number,
            registration_until=lot.item.approval_valid_until,
            licences=_licences(lot),
            has_scope=lot_id in scoped,
            inspectors={int(one.inspector_id): "who_inspected" for one in mine if one.inspector_id is not None}
            | {int(user): "who_sampled" for user in sampled.get(lot_id, ())},
            waived={Point(waiver.point): waiver.waived_by for waiver in waivers.get(lot_id, [])},
        )
        policy = policies[lot.item_id]
        found[lot_id] = Checked(lot=lot, rows=rows, facts=facts, policy=policy, items=checklist.check(facts, policy))
    return found


def _lots(lots: Iterable[LotId]) -> list[Lot]:
    statement = (
        select(Lot)
        .options(joinedload(Lot.item).joinedload(Item.maker), joinedload(Lot.maker), joinedload(Lot.supplier))
        .where(Lot.id.in_(list(lots)))
    )
    return list(db.session.execute(statement).scalars())


def _concerned(
    found: Sequence[Inspection],
    goods: Sequence[BalanceRow],
    place: Tranche | None,
    *,
    used: Mapping[tuple[BinId | None, LpnId | None], int],
) -> list[Inspection]:
    """The inspections that speak for the goods: a tranche for what stands on its LPN or in its bin, the others for the rest.

    A tranche speaks for as much as was cut out of its lot, once: what was released of its place before (`used`, in
    millionths by bin and LPN) counts against it; for more of its place the rest must have passed as well.
    """
    rest = [one for one in found if one.bin_id is None and one.lpn_id is None] or list(found)
    amounts: dict[tuple[InspectionId, ...], int] = defaultdict(int)
    for row in goods:
        tied = (
            one.id for one in found if (one.lpn_id == row.lpn if one.lpn_id is not None else one.bin_id == row.bin)
        )  # fmt: skip
        amounts[tuple(tied)] += row.on_hand.millionths
    by_id = {one.id: one for one in found}
    spoken: dict[InspectionId, Inspection] = {}
    for tied_ids, here in amounts.items():
        spoken |= {i: by_id[i] for i in tied_ids}
        asked = min(here, place.quantity.millionths) if place is not None and place.quantity is not None else here
        tied_to = [(by_id[i].bin_id, by_id[i].lpn_id) for i in tied_ids]
        before = sum(
            amount
            for (bin_, lpn), amount in used.items()
            if any(on == lpn if on is not None else at == bin_ for at, on in tied_to)
        )
        if asked + before > sum(by_id[i].quantity.millionths for i in tied_ids):
            spoken |= {one.id: one for one in rest}
    return [one for one in found if one.id in spoken]


def _released_from_places(
    lots: Collection[LotId], warehouse: WarehouseId
) -> dict[LotId, dict[tuple[BinId | None, LpnId | None], int]]:
    """How much of each lot decisions on a bin or an LPN released here so far, in millionths; nothing asked of no lots."""
    found: dict[LotId, dict[tuple[BinId | None, LpnId | None], int]] = defaultdict(dict)
    if lots:
        statement = (
            select(Release.lot_id, Release.bin_id, Release.lpn_id, func.sum(Release.quantity))
            .where(
                Release.lot_id.in_(lots), Release.warehouse_id == warehouse, Release.verdict == ReleaseVerdict.RELEASED,
                or_(Release.bin_id.is_not(None), Release.lpn_id.is_not(None)),
            )
            .group_by(Release.lot_id, Release.bin_id, Release.lpn_id)
        )  # fmt: skip
        for lot, bin_, lpn, total in db.session.execute(statement):
            found[LotId(lot)][bin_, lpn] = total.millionths
    return found


def _inspections(lots: Collection[LotId], warehouse: WarehouseId) -> dict[LotId, list[Inspection]]:
    """The inspections of each lot here, and those that its goods underwent under another number."""
    origins = stock.origins_of(lots)
    statement = (
        select(Inspection)
        .where(
            Inspection.lot_id.in_({*lots, *(origin for of in origins.values() for origin in of)}),
            Inspection.warehouse_id == warehouse,
            Inspection.state != InspectionState.CANCELLED,
        )
        .order_by(Inspection.id)
    )
    found: dict[LotId, list[Inspection]] = defaultdict(list)
    for row in db.session.execute(statement).scalars():
        for lot in lots:
            until = origins.get(lot, {}).get(row.lot_id)
            if row.lot_id == lot or (until is not None and row.opened_at <= until):
                found[lot].append(row)
    return found


def _samplers(lots: Collection[LotId], warehouse: WarehouseId) -> dict[LotId, set[UserId]]:
    origins = stock.origins_of(lots)
    statement = select(Sample.lot_id, Sample.drawn_by).where(
        Sample.lot_id.in_({*lots, *(origin for of in origins.values() for origin in of)}),
        Sample.warehouse_id == warehouse,
    )
    drawn: dict[LotId, set[UserId]] = defaultdict(set)
    for row in db.session.execute(statement):
        drawn[row.lot_id].add(row.drawn_by)
    return {lot: set().union(*(drawn[one] for one in (lot, *origins.get(lot, ())))) for lot in lots}


def _certificates(lots: Iterable[LotId], on: date) -> dict[LotId, int]:
    """How many certificates of each lot count on a day; the same as wms.files.queries.certificates_of, for many."""
    statement = (
        select(StoredFile.subject_id, func.count())
        .where(
            StoredFile.subject_kind == "lot",
            StoredFile.subject_id.in_(list(lots)),
            StoredFile.kind == FileKind.CERTIFICATE,
            StoredFile.withdrawn_at.is_(None),
            or_(StoredFile.expires_on.is_(None), StoredFile.expires_on >= on),
        )
        .group_by(StoredFile.subject_id)
    )
    return {LotId(row[0]): int(row[1]) for row in db.session.execute(statement)}


def _open_papers(holds: Collection[HoldId]) -> dict[HoldId, str]:
    if not holds:
        return {}
    statement = select(Nonconformance.hold_id, Nonconformance.number).where(Nonconformance.hold_id.in_(holds))
    return {row.hold_id: row.number for row in db.session.execute(statement)}


def _waivers(lots: Iterable[LotId], warehouse: WarehouseId) -> dict[LotId, list[ReleaseWaiver]]:
    found: dict[LotId, list[ReleaseWaiver]] = defaultdict(list)
    for row in open_waivers(list(lots), warehouse):
        found[row.lot_id].append(row)
    return found


def open_waivers(lots: Collection[LotId], warehouse: WarehouseId) -> list[ReleaseWaiver]:
    """List the waivers of some lots here that no decision has used."""
    statement = (
        select(ReleaseWaiver)
        .options(joinedload(ReleaseWaiver.waiver))
        .where(
            ReleaseWaiver.lot_id.in_(lots), ReleaseWaiver.warehouse_id == warehouse, ReleaseWaiver.release_id.is_(None)
        )
        .order_by(ReleaseWaiver.id)
    )
    return list(db.session.execute(statement).scalars())


def _licences(lot: Lot) -> tuple[Licence, ...]:
    partners = {p.id: p for p in (lot.supplier, lot.maker, lot.item.maker) if p is not None}
    return tuple(Licence(name=p.code, until=p.licence_expires_on) for p in partners.values())


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """A lot in the release queue: since when, how much, and how its checklist stands."""

    sum: stock.LotSum
    checked: Checked

    @property
    def is_ready(self) -> bool:
        """Whether nothing is missing."""
        return self.checked.is_ready


def queue(warehouse: WarehouseId, *, on: date, limit: int = 200) -> list[Waiting]:
    """List what waits for its release with its checklist, the longest waiting first."""
    sums = stock.lots_pending(warehouse=warehouse, limit=limit)
    lots = [one.lot for one in sums]
    if not lots:
        return []
    rows: dict[LotId, list[BalanceRow]] = {lot: [] for lot in lots}
    for row in stock.find_balances(lots=lots, warehouse=warehouse, quality=Quality.PENDING):
        rows[row.lot].append(row)
    checked = check_lots(rows, warehouse, on=on)
    return [Waiting(sum=one, checked=checked[one.lot]) for one in sums]


# -- for whom ---------------------------------------------------------------------------------------------------------
def read_scope(markets: Iterable[str], customers: Iterable[str], until: date | None) -> list[Entry]:
    """Read markets and customers' codes as they were typed. Raises FieldErrors for what is none."""
    found = []
    for market in dict.fromkeys(text.strip().upper() for text in markets if text.strip()):
        if not (market.isascii() and market.isalnum() and len(market) <= 12):
            raise FieldErrors(errors={"markets": ["not_a_choice"]})
        found.append(Entry(market=market, until=until))
    codes = list(dict.fromkeys(text.strip() for text in customers if text.strip()))
    if codes:
        known = {
            row.code: row.id
            for row in db.session.execute(
                select(Partner.code, Partner.id).where(Partner.code.in_(codes), Partner.is_customer)
            )
        }
        if missing := [code for code in codes if code not in known]:
            raise NotFound(kind="customer", text=missing[0])
        found += [Entry(customer=known[code], code=code, until=until) for code in codes]
    return found


def markets_in_use() -> list[str]:
    """List the markets that customers stand for."""
    return list(
        db.session.execute(
            select(Partner.market).where(Partner.market != "", Partner.is_customer).distinct().order_by(Partner.market)
        ).scalars()
    )


def entries_of(scope: str) -> list[Entry]:
    """Read a stored scope."""
    return list(entries(scope)) if scope else []


# -- decisions --------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, kw_only=True)
class DecisionView:
    """A decision with its signatures beside what the record says today."""

    release: Release
    signatures: Sequence[SeenSignature]

    @property
    def checklist(self) -> list[dict[str, Any]]:
        """The checklist as it stood."""
        names = ("point", "state", "why", "details")
        return [dict(zip(names, item, strict=True)) for item in self.release.checklist]


def decisions_of(lot: LotId, warehouses: Collection[WarehouseId] | None = None) -> list[DecisionView]:
    """List the decisions on a lot with their signatures, the newest first."""
    statement = _releases().where(Release.lot_id == lot).order_by(Release.id.desc())
    if warehouses is not None:
        statement = statement.where(Release.warehouse_id.in_(warehouses))
    found = list(db.session.execute(statement).scalars())
    signatures = signing.signatures_of_many(records.RELEASE, [one.id for one in found])
    return [
        DecisionView(release=one, signatures=records.seen_of_release(one, signatures.get(one.id, []))) for one in found
    ]


def get_decision(release: int) -> DecisionView:
    """Give one decision; NotFound otherwise."""
    found = db.session.execute(_releases().where(Release.id == release)).scalar_one_or_none()
    if found is None:
        raise NotFound(kind="release", text=str(release))
    rows = signing.signatures_of(records.RELEASE, found.id)
    return DecisionView(release=found, signatures=records.seen_of_release(found, rows))


def page_of_decisions(
    warehouse: WarehouseId, *, lot: LotId | None = None, cursor: str | None = None, size: int = 50
) -> Page[Release]:
    """One page of the decisions in a warehouse, the newest first."""
    statement = _releases().where(Release.warehouse_id == warehouse)
    if lot is not None:
        statement = statement.where(Release.lot_id == lot)
    rows = list(
        db.session.execute(after(statement, [SortKey(Release.id, descending=True)], cursor, size=size)).scalars()
    )
    return page_of(rows, size=size, values=lambda row: (row.id,))


def _releases() -> Any:
    return select(Release).options(
        joinedload(Release.lot).joinedload(Lot.item), joinedload(Release.bin), joinedload(Release.lpn),
        joinedload(Release.decider),
    )  # fmt: skip


# -- non-conformances -------------------------------------------------------------------------------------------------
@dataclass(frozen=True, kw_only=True)
class PaperView:
    """A non-conformance or a destruction with its approvals and signatures."""

    paper: Any
    approvals: Sequence[Approval]
    signatures: Sequence[SeenSignature]


def page_of_nonconformances(
    warehouse: WarehouseId, *, states: Collection[NonconformanceState] | None = None, lot: LotId | None = None,
    cursor: str | None = None, size: int = 50,
) -> Page[Nonconformance]:  # fmt: skip
    """One page of the non-conformances of a warehouse, the newest first."""
    conditions: list[ColumnElement[bool]] = [Nonconformance.warehouse_id == warehouse]
    if states is not None:
        conditions.append(Nonconformance.state.in_(states))
    if lot is not None:
        conditions.append(Nonconformance.lot_id == lot)
    statement = _nonconformances().where(*conditions)
    rows = list(
        db.session.execute(after(statement, [SortKey(Nonconformance.id, descending=True)], cursor, size=size)).scalars()
    )
    return page_of(rows, size=size, values=lambda row: (row.id,))


def all_nonconformances(warehouse: WarehouseId) -> list[Nonconformance]:
    """Every non-conformance of a warehouse, oldest first, for the ledger of goods that do not conform (不合格品台账)."""
    statement = _nonconformances().where(Nonconformance.warehouse_id == warehouse).order_by(Nonconformance.id)
    return list(db.session.execute(statement).scalars())


def find_nonconformance(paper: int, *, warehouse: WarehouseId | None = None, is_locked: bool = False) -> Nonconformance:
    """Give one non-conformance; NotFound for one that is not in the warehouse."""
    if is_locked:
        db.session.execute(select(Nonconformance.id).where(Nonconformance.id == paper).with_for_update())
    statement = _nonconformances().where(Nonconformance.id == paper).execution_options(populate_existing=is_locked)
    found = db.session.execute(statement).scalar_one_or_none()
    if found is None or (warehouse is not None and found.warehouse_id != warehouse):
        raise NotFound(kind="nonconformance", text=str(paper))
    return found


def view_nonconformance(paper: int, *, warehouse: WarehouseId | None = None) -> PaperView:
    """Give one non-conformance with its approvals and signatures."""
    found = find_nonconformance(paper, warehouse=warehouse)
    rows = signing.signatures_of(records.NONCONFORMANCE, found.id)
    return PaperView(
        paper=found, approvals=approvals_of(records.NONCONFORMANCE, found.id, found.round),
        signatures=records.seen_of_nonconformance(found, rows),
    )  # fmt: skip


def _nonconformances() -> Any:
    return select(Nonconformance).options(
        joinedload(Nonconformance.lot).joinedload(Lot.item), joinedload(Nonconformance.supplier),
        joinedload(Nonconformance.bin), joinedload(Nonconformance.lpn), joinedload(Nonconformance.hold),
        joinedload(Nonconformance.finder), joinedload(Nonconformance.reviewer), joinedload(Nonconformance.proposer),
    )  # fmt: skip


def goods_of(paper: Nonconformance) -> list[BalanceRow]:
    """What the hold of a non-conformance lies on now."""
    return stock.find_balances(hold=paper.hold_id)


def nonconformances_of(lot: LotId, warehouses: Collection[WarehouseId]) -> list[Nonconformance]:
    """List the non-conformances of a lot, the newest first."""
    statement = (
        _nonconformances()
        .where(Nonconformance.lot_id == lot, Nonconformance.warehouse_id.in_(warehouses))
        .order_by(Nonconformance.id.desc())
    )
    return list(db.session.execute(statement).scalars())


def destructions_of_nonconformance(paper: NonconformanceId) -> list[Destruction]:
    """List the destructions a non-conformance led to, the newest first."""
    statement = _destructions().where(Destruction.nonconformance_id == paper).order_by(Destruction.id.desc())
    return list(db.session.execute(statement).scalars())


# -- destructions -----------------------------------------------------------------------------------------------------
def page_of_destructions(
    warehouse: WarehouseId, *, states: Collection[DestructionState] | None = None, cursor: str | None = None,
    size: int = 50,
) -> Page[Destruction]:  # fmt: skip
    """One page of the destructions of a warehouse, the newest first."""
    statement = _destructions().where(Destruction.warehouse_id == warehouse)
    if states is not None:
        statement = statement.where(Destruction.state.in_(states))
    rows = list(
        db.session.execute(after(statement, [SortKey(Destruction.id, descending=True)], cursor, size=size)).scalars()
    )
    return page_of(rows, size=size, values=lambda row: (row.id,))


def find_destruction(paper: int, *, warehouse: WarehouseId | None = None, is_locked: bool = False) -> Destruction:
    """Give one destruction; NotFound for one that is not in the warehouse."""
    if is_locked:
        db.session.execute(select(Destruction.id).where(Destruction.id == paper).with_for_update())
    statement = _destructions().where(Destruction.id == paper).execution_options(populate_existing=is_locked)
    found = db.session.execute(statement).scalar_one_or_none()
    if found is None or (warehouse is not None and found.warehouse_id != warehouse):
        raise NotFound(kind="destruction", text=str(paper))
    return found


def view_destruction(paper: int, *, warehouse: WarehouseId | None = None) -> PaperView:
    """Give one destruction with its approvals and signatures."""
    found = find_destruction(paper, warehouse=warehouse)
    rows = signing.signatures_of(records.DESTRUCTION, found.id)
    return PaperView(
        paper=found, approvals=approvals_of(records.DESTRUCTION, found.id, 1),
        signatures=records.seen_of_destruction(found, rows),
    )  # fmt: skip


def _destructions() -> Any:
    lines = selectinload(Destruction.lines)
    return select(Destruction).options(
        joinedload(Destruction.orderer), joinedload(Destruction.executor), joinedload(Destruction.witness),
        joinedload(Destruction.nonconformance),
        lines.joinedload(DestructionLine.lot).joinedload(Lot.item), lines.joinedload(DestructionLine.bin),
        lines.joinedload(DestructionLine.lpn),
    )  # fmt: skip


def destroyable(warehouse: WarehouseId, lot: LotId) -> list[BalanceRow]:
    """What stands of a lot in a warehouse and is promised to nobody: what an order of destruction may name."""
    return [row for row in stock.find_balances(lot=lot, warehouse=warehouse) if row.unpromised > Quantity(0)]


# -- people -----------------------------------------------------------------------------------------------------------
def approvals_of(subject_kind: str, subject_id: int, round: int) -> list[Approval]:
    """List the approvals of a paper's present round, oldest first."""
    statement = (
        select(Approval)
        .options(joinedload(Approval.user))
        .where(Approval.subject_kind == subject_kind, Approval.subject_id == subject_id, Approval.round == round)
        .order_by(Approval.id)
    )
    return list(db.session.execute(statement).scalars())


def names_of(users: Iterable[int]) -> dict[int, str]:
    """Give the full names of some people."""
    return {
        row.id: row.full_name or row.login
        for row in db.session.execute(select(User.id, User.full_name, User.login).where(User.id.in_(list(users))))
    }


def roles_of(user: UserId, warehouse: WarehouseId) -> set[str]:
    """Name the roles of a person in a warehouse."""
    return set(
        db.session.execute(
            select(UserRole.role).where(
                UserRole.user_id == user, or_(UserRole.warehouse_id == warehouse, UserRole.warehouse_id.is_(None))
            )
        ).scalars()
    )


def looked_at(lots: Collection[LotId], warehouse: WarehouseId) -> dict[int, str]:
    """Who drew samples of these lots or inspected them here, and which of the two."""
    inspected = {
        one.inspector_id: "who_inspected"
        for rows in _inspections(lots, warehouse).values()
        for one in rows
        if one.inspector_id is not None
    }
    sampled = {user: "who_sampled" for users in _samplers(lots, warehouse).values() for user in users}
    return {int(user): part for user, part in (inspected | sampled).items()}


def customer_codes(scope: str) -> list[str]:
    """The codes of the customers a stored scope names."""
    return [entry.code for entry in entries_of(scope) if entry.customer is not None]


def lot_of(lot: LotId) -> Lot:
    """Give a lot with its item."""
    return db.session.execute(select(Lot).options(joinedload(Lot.item)).where(Lot.id == lot)).scalar_one()
