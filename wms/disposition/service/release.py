"""Verbs of releases: decide on pending goods by the checklist, waive a point, release for more, say what is asked."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from wms.catalog.models import Item, ItemClass
from wms.core.errors import (
    ConcessionStands,
    FieldErrors,
    KeyReused,
    MissingField,
    NotFound,
    OtherPersonNeeded,
    ReleaseIncomplete,
    ScopeUnclear,
    WrongState,
)
from wms.core.ids import BinId, ItemId, LotId, LpnId, ReleaseId, UserId, WarehouseId, new_id
from wms.core.quantity import ZERO, Quantity
from wms.db import db
from wms.disposition import queries, records
from wms.disposition.models import ApprovalPolicy, Release, ReleasePolicy, ReleaseVerdict, ReleaseWaiver
from wms.disposition.queries import Checked, Tranche
from wms.disposition.rules import approvals
from wms.disposition.rules.checklist import Asked, ItemState, Point
from wms.disposition.rules.states import Disposition
from wms.disposition.service import papers
from wms.gs1.codes import LotNumber
from wms.numbering.rules.choice import Trigger
from wms.numbering.service import number_for
from wms.quality.service import DecideQuality, decide_quality
from wms.signing.rules import Meaning
from wms.signing.service import sign
from wms.stock import demands, ledger, lots
from wms.stock import queries as stock
from wms.stock.ledger import Quality
from wms.stock.models import Lot, ReleaseScope
from wms.stock.rules.scope import Entry, written


# -- decide -----------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, kw_only=True)
class DecideRelease:
    """Release or reject pending goods of a lot in a warehouse: all of them, or a tranche (bin, LPN, part of a bin).

    `scope` says for whom; empty: for everybody. On a lot that is released for some already, an empty scope needs
    `for_all`, and opens it for everybody.
    """

    key: str
    lot: LotId
    warehouse: WarehouseId
    verdict: ReleaseVerdict
    reason: str
    bin: BinId | None = None
    lpn: LpnId | None = None
    quantity: Quantity | None = None
    scope: tuple[Entry, ...] = ()
    for_all: bool = False
    is_label_checked: bool = False

    @property
    def tranche(self) -> Tranche:
        """What it is about."""
        return Tranche(lot=self.lot, warehouse=self.warehouse, bin=self.bin, lpn=self.lpn, quantity=self.quantity)


@dataclass(frozen=True, kw_only=True)
class Decided:
    """What a decision came to: how much, and the lot the goods are now (another, when a rule gave them a new number)."""

    release: ReleaseId
    quantity: Quantity
    lot: LotId
    lot_number: str
    is_repeat: bool = False


def decide_release(cmd: DecideRelease, *, actor: UserId, at: datetime) -> Decided:
    """Decide on pending goods, signed; once for each `key`. Rejecting asks no checklist.

    Raises ReleaseIncomplete (a point is missing), OtherPersonNeeded (who waived a point, or alone looked at the goods),
    ScopeUnclear, ConcessionStands, WrongState (nothing pending), InsufficientStock, MissingField (a quantity wants its bin), KeyReused.
    """
    if cmd.quantity is not None and cmd.bin is None:
        raise MissingField(field="bin")
    # The item first, as every verb that may make a number does (wms/stock/lots.py).
    of_lot = select(Lot.item_id).where(Lot.id == cmd.lot).scalar_subquery()
    db.session.execute(select(Item.id).where(Item.id == of_lot).with_for_update(key_share=True))
    ledger.lock_lots([cmd.lot], exclusive=True)
    known = db.session.execute(select(Release).where(Release.key == cmd.key)).scalar_one_or_none()
    if known is not None:
        return _repeated(known, cmd)
    markets = [entry.market for entry in cmd.scope if entry.market]
    checked = queries.check_tranche(
        cmd.tranche, on=papers.today(cmd.warehouse, at), markets=markets, has_scope=bool(cmd.scope),
        is_label_checked=cmd.is_label_checked,
    )  # fmt: skip
    if not checked.rows:
        raise WrongState(subject="lot", state="not_pending", event=cmd.verdict.value, needed=["pending"])
    is_release = cmd.verdict is ReleaseVerdict.RELEASED
    if is_release:
        _check_complete(checked, actor)
        _check_scope(cmd, checked)
    total = decide_quality(
        DecideQuality(
            key=cmd.key, lot=cmd.lot, warehouse=cmd.warehouse, to=Quality(cmd.verdict.value), reason=cmd.reason,
            bin=cmd.bin, lpn=cmd.lpn, quantity=cmd.quantity,
        ),
        actor=actor, at=at,
    )  # fmt: skip
    release = _keep(cmd, checked, total, actor=actor, at=at)
    lot = checked.lot
    if is_release:
        _use_waivers(checked, release)
        _lay_scope(cmd, release, actor=actor, at=at)
    sign(
        subject_kind=records.RELEASE, subject_id=release.id,
        meaning=Meaning.RELEASED if is_release else Meaning.REJECTED, record=records.of_release(release),
        actor=actor, at=at, reason=cmd.reason, warehouse=cmd.warehouse,
    )  # fmt: skip
    if is_release and cmd.bin is None and cmd.lpn is None:
        lot = _renumber(cmd, lot, actor=actor, at=at)
    if is_release:
        demands.promise_kept({cmd.lot, lot.id}, actor=actor, at=at)
    return Decided(release=release.id, quantity=total, lot=lot.id, lot_number=lot.number)


def _repeated(known: Release, cmd: DecideRelease) -> Decided:
    same = (known.lot_id, known.warehouse_id, known.verdict, known.bin_id, known.lpn_id, known.part_quantity)
    if same != (cmd.lot, cmd.warehouse, cmd.verdict, cmd.bin, cmd.lpn, cmd.quantity):
        raise KeyReused(key=cmd.key)
    return Decided(
        release=known.id, quantity=known.quantity, lot=known.lot_id, lot_number=known.lot.number, is_repeat=True
    )


def _check_complete(checked: Checked, actor: UserId) -> None:
    if missing := checked.missing:
        raise ReleaseIncomplete(
            lot=checked.lot.number, missing=[f"point_{item.point}" for item in missing],
            details=[text for item in missing for text in item.data] or ["–"],
        )  # fmt: skip
    waivers = {checked.facts.waived[item.point] for item in checked.items if item.state is ItemState.WAIVED}
    approvals.check_person(actor, papers.involve((user, "who_waived") for user in waivers), task="to_release")
    looked = checked.facts.inspectors
    if checked.policy.needs_two and set(looked) == {int(actor)}:
        name = queries.names_of([actor])[actor]
        raise OtherPersonNeeded(name=name, part=looked[actor], task="to_release")


def _check_scope(cmd: DecideRelease, checked: Checked) -> None:
    """A lot has one scope wherever it stands: a tranche may not narrow what others have, nor open what they do not."""
    scopes = queries.open_scopes([cmd.lot])
    words = " ".join(scope.entry for scope in scopes)
    if words and not cmd.scope and not cmd.for_all:
        raise ScopeUnclear(lot=checked.lot.number, released_for=written(words))
    wider = [entry for entry in cmd.scope if entry.word not in words.split(" ")]
    if scopes and (cmd.for_all or wider):
        _check_no_concession(checked.lot, scopes)
    if wider and any(row.on_hand > ZERO for row in stock.find_balances(lot=cmd.lot, quality=Quality.RELEASED)):
        # Their checklist never saw these markets: widen_scope asks it.
        raise ScopeUnclear(lot=checked.lot.number, released_for=written(words) if words else "everybody")


def _check_no_concession(lot: Lot, scopes: Iterable[ReleaseScope]) -> None:
    """What a concession allows was approved by several people: no single one allows more."""
    if any(scope.document_kind == records.NONCONFORMANCE for scope in scopes):
        raise ConcessionStands(lot=lot.number, released_for=written(" ".join(scope.entry for scope in scopes)))


def _keep(cmd: DecideRelease, checked: Checked, total: Quantity, *, actor: UserId, at: datetime) -> Release:
    release = Release(
        id=ReleaseId(new_id()), key=cmd.key, warehouse_id=cmd.warehouse, lot_id=cmd.lot, verdict=cmd.verdict,
        bin_id=cmd.bin, lpn_id=cmd.lpn, part_quantity=cmd.quantity, quantity=total,
        scope=" ".join(entry.word for entry in cmd.scope), reason=cmd.reason,
        checklist=[[i.point.value, i.state.value, i.why, list(i.data)] for i in checked.items],
        decided_by=actor, decided_at=at,
    )  # fmt: skip
    db.session.add(release)
    db.session.flush()
    return release


def _use_waivers(checked: Checked, release: Release) -> None:
    used = {item.point.value for item in checked.items if item.state is ItemState.WAIVED}
    for waiver in queries.open_waivers([release.lot_id], release.warehouse_id):
        if waiver.point in used:
            waiver.release_id = release.id
    db.session.flush()


def _lay_scope(cmd: DecideRelease, release: Release, *, actor: UserId, at: datetime) -> None:
    if cmd.scope:
        papers.add_scopes(cmd.lot, cmd.scope, kind=records.RELEASE, document=release.id, actor=actor, at=at)
    elif cmd.for_all:
        papers.end_scopes(cmd.lot, actor=actor, at=at)


def _renumber(cmd: DecideRelease, lot: Lot, *, actor: UserId, at: datetime) -> Lot:
    """Where a rule gives lots their number when they pass, let the goods go on under it."""
    told = {"maker_lot": lot.maker_lot} | {
        name: day.isoformat()
        for name, day in (("manufactured_on", lot.manufactured_on), ("expires_on", lot.expires_on))
        if day is not None
    }
    number = number_for(
        trigger=Trigger.INSPECTION_PASS, item=lot.item_id, warehouse=cmd.warehouse, supplier=lot.supplier_id, at=at,
        facts={name: text for name, text in told.items() if text},
    )  # fmt: skip
    if number is None:
        return lot
    rows = stock.find_balances(lot=lot.id, warehouse=cmd.warehouse, quality=Quality.RELEASED)
    parts = tuple(lots.Part(balance=row.id) for row in rows if not row.allocated)
    if not parts:
        return lot
    became = lots.relabel(
        lots.RelabelLot(
            key=cmd.key, lot=lot.id, warehouse=cmd.warehouse, number=LotNumber.parse(number), reason=cmd.reason,
            parts=parts, answers=frozenset({"lot_nearly_known"}),
        ),
        actor=actor, at=at,
    )  # fmt: skip
    return db.session.get_one(Lot, became.lot)


def widen_scope(
    lot: LotId, entries: tuple[Entry, ...], *, warehouse: WarehouseId, reason: str, for_all: bool, actor: UserId,
    at: datetime,
) -> Decided:  # fmt: skip
    """Release a lot that is released for some for more, or for everybody; the checklist of the new markets is asked.

    Raises WrongState (it is free for all), ConcessionStands, ReleaseIncomplete, OtherPersonNeeded, MissingField (neither
    is said).
    """
    ledger.lock_lots([lot], exclusive=True)
    scopes = queries.open_scopes([lot])
    if not scopes:
        raise WrongState(subject="lot", state="released", event="widen", needed=["released_for_some"])
    if not entries and not for_all:
        raise MissingField(field="markets")
    _check_no_concession(queries.lot_of(lot), scopes)
    rows = stock.find_balances(lot=lot, warehouse=warehouse, quality=Quality.RELEASED)
    markets = [entry.market for entry in entries if entry.market]
    checked = queries.check_lots(
        {lot: rows}, warehouse, on=papers.today(warehouse, at), markets=markets
    )[lot]  # fmt: skip
    _check_complete(checked, actor)
    release = Release(
        id=ReleaseId(new_id()), key=f"widen:{new_id()}", warehouse_id=warehouse, lot_id=lot,
        verdict=ReleaseVerdict.RELEASED, quantity=Quantity(sum(row.on_hand.millionths for row in rows)),
        scope=" ".join(entry.word for entry in entries), reason=reason,
        checklist=[[i.point.value, i.state.value, i.why, list(i.data)] for i in checked.items],
        decided_by=actor, decided_at=at,
    )  # fmt: skip
    db.session.add(release)
    db.session.flush()
    _use_waivers(checked, release)
    if for_all:
        papers.end_scopes(lot, actor=actor, at=at)
    else:
        papers.add_scopes(lot, entries, kind=records.RELEASE, document=release.id, actor=actor, at=at)
    sign(
        subject_kind=records.RELEASE, subject_id=release.id, meaning=Meaning.RELEASED,
        record=records.of_release(release), actor=actor, at=at, reason=reason, warehouse=warehouse,
    )  # fmt: skip
    return Decided(release=release.id, quantity=release.quantity, lot=lot, lot_number=checked.lot.number)


# -- waive ------------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, kw_only=True)
class WaivePoint:
    """Let one missing point of a lot's checklist go, for the next decision on it in a warehouse."""

    lot: LotId
    warehouse: WarehouseId
    point: Point
    reason: str


def waive_point(cmd: WaivePoint, *, actor: UserId, at: datetime) -> int:
    """Waive a point, signed; another person then releases. The waiver's id; waiving it twice is once.

    Raises WrongState (nothing pending, the point is not missing, or may not be waived).
    """
    ledger.lock_lots([cmd.lot], exclusive=True)
    tranche = Tranche(lot=cmd.lot, warehouse=cmd.warehouse)
    checked = queries.check_tranche(tranche, on=papers.today(cmd.warehouse, at))
    if not checked.rows:
        raise WrongState(subject="lot", state="not_pending", event="waive", needed=["pending"])
    item = next(item for item in checked.items if item.point is cmd.point)
    if item.state is ItemState.WAIVED:
        return next(
            waiver.id for waiver in queries.open_waivers([cmd.lot], cmd.warehouse) if waiver.point == cmd.point.value
        )
    if not item.stops or not item.may_be_waived:
        state = "must_be_mended" if item.stops else item.state.value
        raise WrongState(subject=f"point_{cmd.point}", state=state, event="waive", needed=["may_be_waived"])
    waiver = ReleaseWaiver(
        id=new_id(), warehouse_id=cmd.warehouse, lot_id=cmd.lot, point=cmd.point.value, reason=cmd.reason,
        waived_by=actor, waived_at=at,
    )  # fmt: skip
    db.session.add(waiver)
    db.session.flush()
    sign(
        subject_kind=records.WAIVER, subject_id=waiver.id, meaning=Meaning.APPROVED,
        record=records.of_waiver(waiver, checked.lot), actor=actor, at=at, reason=cmd.reason, warehouse=cmd.warehouse,
    )  # fmt: skip
    return waiver.id


# -- what is asked ----------------------------------------------------------------------------------------------------
def set_release_policy(
    *, item_class: ItemClass | None, item: ItemId | None, market: str, points: dict[Point, Asked] | None,
    needs_two: bool,
) -> None:  # fmt: skip
    """Say what a release of an item or a class asks; `points` None takes it back to what counts otherwise.

    Raises FieldErrors (neither or both of item and class), NotFound.
    """
    if (item_class is None) == (item is None):
        raise FieldErrors(errors={"item_class": ["required"]})
    if item is not None and db.session.get(Item, item) is None:
        raise NotFound(kind="item", text=str(item))
    row = db.session.execute(
        select(ReleasePolicy)
        .where(
            ReleasePolicy.item_id.is_(None) if item is None else ReleasePolicy.item_id == item,
            ReleasePolicy.item_class.is_(None) if item_class is None else ReleasePolicy.item_class == item_class,
            ReleasePolicy.market == market,
        )
        .with_for_update()
    ).scalar_one_or_none()
    if points is None:
        if row is not None:
            db.session.delete(row)
        return
    words = {point.value: asked.value for point, asked in points.items()}
    for point in (Point.INSPECTION, Point.HOLDS, Point.NONCONFORMANCE):  # these are what a release is
        if not market:
            words[point.value] = Asked.ASKED.value
    if row is None:
        row = ReleasePolicy(id=new_id(), item_class=item_class, item_id=item, market=market, points=words)
        db.session.add(row)
    row.points, row.needs_two = words, needs_two
    db.session.flush()


def set_approval_policy(
    *, item_class: ItemClass | None, item: ItemId | None, disposition: Disposition | None, people: int,
    roles: tuple[str, ...],
) -> None:  # fmt: skip
    """Say how many approve a disposition of an item, a class or all; 0 people takes it back to what counts otherwise."""
    if people > approvals.PEOPLE_MAX or people < 0:
        raise FieldErrors(errors={"people": ["not_a_choice"]})
    if item is not None and (item_class is not None or db.session.get(Item, item) is None):
        raise NotFound(kind="item", text=str(item))
    rows = db.session.execute(
        select(ApprovalPolicy)
        .where(
            ApprovalPolicy.item_id.is_(None) if item is None else ApprovalPolicy.item_id == item,
            ApprovalPolicy.item_class.is_(None) if item_class is None else ApprovalPolicy.item_class == item_class,
            ApprovalPolicy.disposition.is_(None) if disposition is None else ApprovalPolicy.disposition == disposition,
        )
        .with_for_update()
    ).scalars()
    for row in list(rows):
        db.session.delete(row)
    if people:
        db.session.add(
            ApprovalPolicy(
                id=new_id(), item_class=item_class, item_id=item, disposition=disposition, people=people,
                roles=list(roles),
            )
        )  # fmt: skip
        db.session.flush()
