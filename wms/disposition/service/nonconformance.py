"""Verbs of non-conformances: record (and hold), review, propose, approve or refuse, finish."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from wms.core.errors import FieldErrors, KeyReused, MissingField, NotAllGone, WrongState
from wms.core.ids import BinId, LotId, LpnId, NonconformanceId, SupplierReturnId, UserId, WarehouseId, new_id
from wms.core.quantity import Quantity
from wms.core.states import step
from wms.db import db
from wms.disposition import queries, records
from wms.disposition.models import Nonconformance
from wms.disposition.rules import states
from wms.disposition.rules.approvals import Involved, Need
from wms.disposition.rules.states import DefectClass, Disposition, NonconformanceState
from wms.disposition.service import destruction, papers
from wms.events.catalog import NonconformanceClosed, NonconformanceRecorded
from wms.events.outbox import emit
from wms.quality.laying import Carrier
from wms.quality.service import LiftHold, PlaceHold, lift_hold, place_hold
from wms.returns.models import ReturnReason
from wms.returns.service import GoingBack, OpenReturn, open_return
from wms.signing.rules import Meaning
from wms.signing.service import sign
from wms.sites.models import BinKind
from wms.stock import ledger, lots
from wms.stock import queries as stock
from wms.stock.ledger import Document, Move, Quality, Reason
from wms.stock.models import HoldReason, HoldScope, Lot
from wms.stock.queries import BalanceRow
from wms.stock.rules.scope import Entry
from wms.tasks.models import TaskKind


# -- record -----------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, kw_only=True)
class RecordNonconformance:
    """Goods that are not as they should be: the lot here, what is in a bin, on an LPN, or so much of it in a bin."""

    key: str
    warehouse: WarehouseId
    lot: LotId
    what: str
    defect_class: DefectClass
    scope: HoldScope = HoldScope.LOT
    bin: BinId | None = None
    lpn: LpnId | None = None
    quantity: Quantity | None = None
    origin_kind: str = ""
    origin_id: int | None = None


def record_nonconformance(cmd: RecordNonconformance, *, actor: UserId, at: datetime) -> NonconformanceId:
    """Write it down and hold the goods; once for each `key`. What placing a hold raises, KeyReused."""
    known = db.session.execute(select(Nonconformance).where(Nonconformance.key == cmd.key)).scalar_one_or_none()
    if known is not None:
        if (known.lot_id, known.warehouse_id, known.scope) != (cmd.lot, cmd.warehouse, cmd.scope):
            raise KeyReused(key=cmd.key)
        return known.id
    placed = place_hold(
        PlaceHold(
            key=f"nc:{cmd.key}", scope=cmd.scope, lot=cmd.lot, reason=HoldReason.NONCONFORMANCE, note=cmd.what[:500],
            warehouse=cmd.warehouse if cmd.scope is HoldScope.LOT else None, bin=cmd.bin, lpn=cmd.lpn,
            quantity=cmd.quantity,
        ),
        actor=actor, at=at,
    )  # fmt: skip
    lot = db.session.get_one(Lot, cmd.lot)
    paper = Nonconformance(
        id=NonconformanceId(new_id()), number=papers.next_number("NC", cmd.warehouse, at), key=cmd.key,
        warehouse_id=cmd.warehouse, lot_id=cmd.lot, supplier_id=lot.supplier_id, scope=cmd.scope, bin_id=cmd.bin,
        lpn_id=cmd.lpn, quantity=placed.quantity, origin_kind=cmd.origin_kind, origin_id=cmd.origin_id,
        defect_class=cmd.defect_class, what=cmd.what, hold_id=placed.hold, found_by=actor, found_at=at,
    )  # fmt: skip
    db.session.add(paper)
    db.session.flush()
    emit(
        NonconformanceRecorded(nonconformance=paper.id, lot=cmd.lot, warehouse=cmd.warehouse, quantity=placed.quantity),
        actor=actor,
        at=at,
    )
    return paper.id


# -- review and propose -----------------------------------------------------------------------------------------------
@dataclass(frozen=True, kw_only=True)
class Review:
    """What a look at it found, and how bad it is."""

    nonconformance: NonconformanceId
    warehouse: WarehouseId
    finding: str
    defect_class: DefectClass


def review(cmd: Review, *, actor: UserId, at: datetime) -> None:
    """Keep what was found, signed; may be done again until a disposition is proposed. Raises WrongState, NotFound."""
    paper = queries.find_nonconformance(cmd.nonconformance, warehouse=cmd.warehouse, is_locked=True)
    _step(paper, "review")
    paper.finding, paper.defect_class = cmd.finding, cmd.defect_class
    paper.reviewed_by, paper.reviewed_at = actor, at
    db.session.flush()
    _sign(paper, Meaning.REVIEWED, reason=cmd.finding[:500], actor=actor, at=at)


@dataclass(frozen=True, kw_only=True)
class Propose:
    """What is to become of the goods; `limits` are those of a concession."""

    nonconformance: NonconformanceId
    warehouse: WarehouseId
    disposition: Disposition
    reason: str
    limits: tuple[Entry, ...] = ()


def propose(cmd: Propose, *, actor: UserId, at: datetime) -> None:
    """Propose a disposition; from now on it waits for approvals, by as many people as the policy says.

    Raises FieldErrors (a concession without limits, limits without a concession), MissingField (a return of a lot without
    a supplier), WrongState, NotFound.
    """
    paper = queries.find_nonconformance(cmd.nonconformance, warehouse=cmd.warehouse, is_locked=True)
    if (cmd.disposition is Disposition.CONCESSION) != bool(cmd.limits):
        raise FieldErrors(errors={"markets": ["required" if not cmd.limits else "not_a_choice"]})
    if cmd.disposition is Disposition.SUPPLIER_RETURN and paper.supplier_id is None:
        raise MissingField(field="supplier")
    need = queries.need_of(cmd.disposition, {paper.lot.item_id: paper.lot.item.item_class})
    _step(paper, "propose")
    paper.round += 1
    paper.disposition, paper.disposition_reason = cmd.disposition, cmd.reason
    paper.limits = " ".join(entry.word for entry in cmd.limits)
    paper.people_needed, paper.roles_needed = need.people, list(need.roles)
    paper.proposed_by, paper.proposed_at, paper.refusal = actor, at, ""
    db.session.flush()


# -- approve ----------------------------------------------------------------------------------------------------------
def approve_disposition(
    paper_id: NonconformanceId, *, warehouse: WarehouseId, reason: str, actor: UserId, at: datetime
) -> bool:
    """Approve the proposal, signed; with the last approval it is carried out. Whether it was the last.

    Never who found, held, sampled, inspected or proposed, and each person once; one of them is of quality. Raises
    OtherPersonNeeded, RoleNeeded, WrongState, NotFound, and what carrying it out raises.
    """
    paper = queries.find_nonconformance(paper_id, warehouse=warehouse, is_locked=True)
    _step(paper, "approve")
    is_last = papers.add_approval(
        kind=records.NONCONFORMANCE, subject=paper.id, round=paper.round,
        need=Need(people=paper.people_needed, roles=tuple(paper.roles_needed)), involved=_involved(paper),
        record=records.of_nonconformance(paper, Meaning.APPROVED), reason=reason, warehouse=warehouse, actor=actor, at=at,
    )  # fmt: skip
    if is_last:
        _step(paper, "decide")
        paper.decided_at = at
        _carry_out(paper, actor=actor, at=at)
    db.session.flush()
    return is_last


def refuse_disposition(
    paper_id: NonconformanceId, *, warehouse: WarehouseId, reason: str, actor: UserId, at: datetime
) -> None:
    """Send the proposal back, signed: it is reviewed or proposed anew. Raises OtherPersonNeeded, WrongState, NotFound."""
    paper = queries.find_nonconformance(paper_id, warehouse=warehouse, is_locked=True)
    _step(paper, "refuse")
    paper.refusal = reason
    _sign(paper, Meaning.REJECTED, reason=reason, actor=actor, at=at)
    db.session.flush()


def _involved(paper: Nonconformance) -> list[Involved]:
    """Who may not approve, and why."""
    concerned = {row.lot for row in queries.goods_of(paper)} | {paper.lot_id}
    looked = queries.looked_at(concerned, paper.warehouse_id)
    return papers.involve(
        [
            (paper.found_by, "who_found"),
            (paper.hold.placed_by, "who_held"),
            (paper.proposed_by, "who_asked"),
            *looked.items(),
        ]
    )


# -- carry out --------------------------------------------------------------------------------------------------------
def _carry_out(paper: Nonconformance, *, actor: UserId, at: datetime) -> None:
    ledger.lock_lots({row.lot for row in queries.goods_of(paper)} | {paper.lot_id}, exclusive=True)
    rows = queries.goods_of(paper)
    match paper.disposition:
        case Disposition.RELEASE:
            _lift(paper, actor=actor, at=at)
            _requalify(paper, rows, Quality.PENDING, of=(Quality.REJECTED,), actor=actor, at=at)
            _close(paper, actor=actor, at=at)
        case Disposition.CONCESSION:
            _concede(paper, rows, actor=actor, at=at)
            _close(paper, actor=actor, at=at)
        case Disposition.REWORK:
            carrier = Carrier(actor=actor, at=at)
            for row in rows:
                if row.bin_kind is not BinKind.QUARANTINE:
                    carrier.carry(TaskKind.CAGE, row, row.on_hand, (BinKind.QUARANTINE,), why="rework")
        case Disposition.SUPPLIER_RETURN:
            paper.supplier_return_id = _send_back(paper, rows, actor=actor, at=at)
        case Disposition.DESTROY:
            destruction.order_for(paper, rows, at=at)


def _lift(paper: Nonconformance, *, actor: UserId, at: datetime) -> None:
    lift_hold(
        LiftHold(hold=paper.hold_id, reason=f"{paper.number}: {paper.disposition}", by_disposition=True),
        actor=actor, at=at,
    )  # fmt: skip


def _requalify(
    paper: Nonconformance, rows: Iterable[BalanceRow], to: Quality, *, of: tuple[Quality, ...], actor: UserId,
    at: datetime,
) -> None:  # fmt: skip
    """Give the goods that were under the hold, as far as they are of these qualities, another one."""
    places = {(row.lot, row.owner, row.bin, row.lpn, row.quality) for row in rows if row.quality in of}
    moves = [
        Move(
            quantity=row.on_hand, source=row.key,
            target=ledger.StockKey(
                lot=row.lot, owner=row.owner, place=row.key.place, quality=to, hold_set=row.hold_set
            ),
        )
        for row in stock.find_balances(lots={place[0] for place in places}, warehouse=paper.warehouse_id)
        if (row.lot, row.owner, row.bin, row.lpn, row.quality) in places
    ]  # fmt: skip
    if moves:
        ledger.post(
            moves, key=f"nc-quality:{paper.id}:{paper.round}", reason=Reason.DISPOSITION,
            document=Document(kind=records.NONCONFORMANCE, id=paper.id), actor=actor, at=at,
            note=paper.disposition_reason,
        )  # fmt: skip


def _concede(paper: Nonconformance, rows: list[BalanceRow], *, actor: UserId, at: datetime) -> None:
    """Release the goods within the limits and no others; where others of a lot stand beside, they become a lot of their own.

    The goods may be of several lots by now: the hold went along when they were split, merged or got another number.
    """
    if not rows:
        raise WrongState(subject=paper.number, state="empty", event="concession", needed=["in_stock"])
    entries = queries.entries_of(paper.limits)
    targets = [_alone(paper, lot, rows, actor=actor, at=at) for lot in sorted({row.lot for row in rows})]
    ledger.lock_lots(targets, exclusive=True)
    rows = queries.goods_of(paper)
    _lift(paper, actor=actor, at=at)
    _requalify(paper, rows, Quality.RELEASED, of=(Quality.PENDING, Quality.REJECTED), actor=actor, at=at)
    for target in targets:  # for whom it was released before counts no more
        papers.end_scopes(target, actor=actor, at=at)
        papers.add_scopes(target, entries, kind=records.NONCONFORMANCE, document=paper.id, actor=actor, at=at)


def _alone(paper: Nonconformance, lot: LotId, rows: Iterable[BalanceRow], *, actor: UserId, at: datetime) -> LotId:
    """Give the lot in which the goods stand by themselves: their own, or one split from it."""
    held = {row.id for row in rows if row.lot == lot}
    if all(row.id in held for row in stock.find_balances(lot=lot)):
        return lot
    key = f"nc:{paper.id}:{paper.round}" + ("" if lot == paper.lot_id else f":{lot}")
    parts = tuple(lots.Part(balance=balance) for balance in sorted(held))
    cmd = lots.SplitLot(key=key, lot=lot, warehouse=paper.warehouse_id, parts=parts, reason=paper.number)
    return lots.split(cmd, actor=actor, at=at).lot


def _send_back(paper: Nonconformance, rows: Iterable[BalanceRow], *, actor: UserId, at: datetime) -> SupplierReturnId:
    assert paper.supplier_id is not None  # asked when it was proposed
    return open_return(
        OpenReturn(
            key=f"nc:{paper.id}:{paper.round}", warehouse=paper.warehouse_id, supplier=paper.supplier_id,
            lines=tuple(GoingBack(balance=row.id, quantity=row.on_hand) for row in rows), reason=ReturnReason.REJECTED,
            note=f"{paper.number}: {paper.disposition_reason}"[:500], origin_kind=records.NONCONFORMANCE,
            origin_id=paper.id, may_take_held=True, answers=frozenset({"lot_of_other_supplier"}),
        ),
        actor=actor, at=at,
    )  # fmt: skip


# -- finish -----------------------------------------------------------------------------------------------------------
def finish(paper_id: NonconformanceId, *, warehouse: WarehouseId, outcome: str, actor: UserId, at: datetime) -> None:
    """Say what came of a rework, a return or a destruction, signed; the hold goes with it.

    Reworked goods wait for a release as fresh ones do. Raises NotAllGone (goods to return or destroy are still here),
    SecondPersonNeeded (who placed the hold), WrongState, NotFound.
    """
    paper = queries.find_nonconformance(paper_id, warehouse=warehouse, is_locked=True)
    step(states.NONCONFORMANCE, paper.state.value, "finish", subject=paper.number)
    ledger.lock_lots({row.lot for row in queries.goods_of(paper)} | {paper.lot_id}, exclusive=True)
    rows = queries.goods_of(paper)
    if paper.disposition is not Disposition.REWORK and rows:
        left = Quantity(sum(row.on_hand.millionths for row in rows))
        raise NotAllGone(number=paper.number, quantity=str(left))
    paper.outcome = outcome
    _lift(paper, actor=actor, at=at)
    if paper.disposition is Disposition.REWORK:
        _requalify(paper, rows, Quality.PENDING, of=(Quality.RELEASED, Quality.REJECTED), actor=actor, at=at)
    _close(paper, actor=actor, at=at)
    _sign(paper, Meaning.DISPOSED, reason=outcome[:500], actor=actor, at=at)


def _close(paper: Nonconformance, *, actor: UserId, at: datetime) -> None:
    _step(paper, "finish")
    paper.closed_by, paper.closed_at = actor, at
    db.session.flush()
    emit(
        NonconformanceClosed(
            nonconformance=paper.id, lot=paper.lot_id, disposition=paper.disposition.value if paper.disposition else ""
        ),
        actor=actor,
        at=at,
    )


def _step(paper: Nonconformance, event: str) -> None:
    paper.state = NonconformanceState(step(states.NONCONFORMANCE, paper.state.value, event, subject=paper.number))


def _sign(paper: Nonconformance, meaning: Meaning, *, reason: str, actor: UserId, at: datetime) -> None:
    sign(
        subject_kind=records.NONCONFORMANCE, subject_id=paper.id, meaning=meaning,
        record=records.of_nonconformance(paper, meaning), actor=actor, at=at, reason=reason,
        warehouse=paper.warehouse_id,
    )  # fmt: skip
