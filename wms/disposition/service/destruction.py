"""Verbs of destructions: order, approve, carry out, witness or object, cancel. The witness's signature takes the goods off."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from wms.core.errors import InsufficientStock, KeyReused, MissingField, NotFound
from wms.core.ids import BalanceId, BinId, DestructionId, LotId, LpnId, UserId, WarehouseId, new_id
from wms.core.quantity import ZERO, Quantity
from wms.core.states import step
from wms.db import db
from wms.disposition import queries, records
from wms.disposition.models import Destruction, DestructionLine, Nonconformance
from wms.disposition.rules import approvals, states
from wms.disposition.rules.approvals import Involved, Need
from wms.disposition.rules.states import DestructionState, Disposition
from wms.disposition.service import papers
from wms.events.catalog import GoodsDestroyed
from wms.events.outbox import emit
from wms.signing.rules import Meaning
from wms.signing.service import sign
from wms.sites.models import Bin, BinKind
from wms.stock import ledger
from wms.stock import queries as stock
from wms.stock import service as stock_service
from wms.stock.ledger import Document, Move, Place, Reason
from wms.stock.queries import BalanceRow
from wms.tasks.models import Task, TaskKind, TaskState
from wms.tasks.service import cancel_task, create_task, finish_task


# -- order ------------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, kw_only=True)
class DestroyLine:
    """So much of one stock row."""

    balance: BalanceId
    quantity: Quantity


@dataclass(frozen=True, kw_only=True)
class OrderDestruction:
    """Goods to be destroyed, and why; `key` makes a repeat harmless."""

    key: str
    warehouse: WarehouseId
    reason: str
    lines: tuple[DestroyLine, ...]


def order_destruction(cmd: OrderDestruction, *, actor: UserId, at: datetime) -> DestructionId:
    """Ask for a destruction; it waits for its approvals. Raises MissingField, NotFound, InsufficientStock, KeyReused."""
    known = db.session.execute(select(Destruction).where(Destruction.key == cmd.key)).scalar_one_or_none()
    if known is not None:
        if known.warehouse_id != cmd.warehouse or known.ordered_by != actor:
            raise KeyReused(key=cmd.key)
        return known.id
    if not cmd.lines:
        raise MissingField(field="lines")
    asked = {line.balance: line.quantity for line in cmd.lines}
    rows = stock.find_balances(ids=asked, warehouse=cmd.warehouse)
    if len(rows) < len(asked):
        raise NotFound(kind="stock", text="")
    for row in rows:
        if asked[row.id] <= ZERO or asked[row.id] > row.unpromised:
            raise InsufficientStock(
                lot=row.lot_number, bin=row.bin_code, needed=str(asked[row.id]), available=str(row.unpromised)
            )
    lots = {row.item: queries.lot_of(row.lot).item.item_class for row in rows}
    need = queries.need_of(Disposition.DESTROY, lots)
    paper = _new(cmd.warehouse, key=cmd.key, reason=cmd.reason, by=actor, at=at)
    paper.people_needed, paper.roles_needed = need.people, list(need.roles)
    _add_lines(paper, [(row, asked[row.id]) for row in rows])
    return paper.id


def order_for(nonconformance: Nonconformance, rows: Iterable[BalanceRow], *, at: datetime) -> DestructionId:
    """Order the destruction that a non-conformance decided: its approvals stand for this one too."""
    assert nonconformance.proposed_by is not None
    paper = _new(
        nonconformance.warehouse_id, key=f"nc:{nonconformance.id}:{nonconformance.round}",
        reason=f"{nonconformance.number}: {nonconformance.disposition_reason}"[:500], by=nonconformance.proposed_by, at=at,
    )  # fmt: skip
    paper.nonconformance_id, paper.people_needed = nonconformance.id, 0
    paper.state, paper.approved_at = DestructionState.APPROVED, at
    _add_lines(paper, [(row, row.on_hand) for row in rows])
    _leave_work(paper, by=nonconformance.proposed_by, at=at)
    return paper.id


def _new(warehouse: WarehouseId, *, key: str, reason: str, by: UserId, at: datetime) -> Destruction:
    paper = Destruction(
        id=DestructionId(new_id()), number=papers.next_number("DES", warehouse, at), key=key, warehouse_id=warehouse,
        state=DestructionState.ORDERED, reason=reason, ordered_by=by, ordered_at=at, people_needed=0, roles_needed=[],
    )  # fmt: skip
    db.session.add(paper)
    return paper


def _add_lines(paper: Destruction, goods: Sequence[tuple[BalanceRow, Quantity]]) -> None:
    """One line for each lot and place: qualities and holds of the same goods are told apart by the ledger alone."""
    db.session.flush()
    sums: dict[tuple[LotId, BinId, LpnId], int] = {}
    for row, quantity in goods:
        place = (row.lot, row.bin, row.lpn)
        sums[place] = sums.get(place, 0) + quantity.millionths
    for number, ((lot, bin_, lpn), amount) in enumerate(sums.items(), start=1):
        db.session.add(
            DestructionLine(
                id=new_id(), destruction_id=paper.id, line=number, lot_id=lot, bin_id=bin_, lpn_id=lpn,
                quantity=Quantity(amount),
            )
        )  # fmt: skip
    db.session.flush()


def _leave_work(paper: Destruction, *, by: UserId, at: datetime) -> None:
    for line in queries.find_destruction(paper.id).lines:
        create_task(
            kind=TaskKind.DESTROY, warehouse=paper.warehouse_id, actor=by, at=at, document_kind=records.DESTRUCTION,
            document_id=paper.id, sequence=line.line, item_id=line.lot.item_id, lot_id=line.lot_id,
            source_bin_id=line.bin_id, source_lpn_id=line.lpn_id, quantity=line.quantity, note=paper.reason,
        )  # fmt: skip
    db.session.flush()


# -- approve ----------------------------------------------------------------------------------------------------------
def approve_destruction(
    paper_id: DestructionId, *, warehouse: WarehouseId, reason: str, actor: UserId, at: datetime
) -> bool:
    """Approve an order, signed; whether it was the last approval needed. Never who ordered it, each person once.

    Raises OtherPersonNeeded, RoleNeeded, WrongState, NotFound.
    """
    paper = queries.find_destruction(paper_id, warehouse=warehouse, is_locked=True)
    _step(paper, "approve")
    is_last = papers.add_approval(
        kind=records.DESTRUCTION, subject=paper.id, round=1,
        need=Need(people=paper.people_needed, roles=tuple(paper.roles_needed)),
        involved=papers.involve([(paper.ordered_by, "who_ordered")]),
        record=records.of_destruction(paper, Meaning.APPROVED), reason=reason, warehouse=warehouse, actor=actor, at=at,
    )  # fmt: skip
    if is_last:
        _step(paper, "decide")
        paper.approved_at = at
        _leave_work(paper, by=actor, at=at)
    db.session.flush()
    return is_last


def cancel_destruction(
    paper_id: DestructionId, *, warehouse: WarehouseId, reason: str, actor: UserId, at: datetime
) -> None:
    """Take an order back before it is carried out. Raises WrongState, NotFound."""
    paper = queries.find_destruction(paper_id, warehouse=warehouse, is_locked=True)
    _step(paper, "cancel")
    paper.cancelled_by, paper.cancelled_at, paper.cancel_reason = actor, at, reason
    for task in _work_of(paper):
        cancel_task(task.id, actor=actor, at=at, why="cancelled")
    db.session.flush()


# -- carry out --------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, kw_only=True)
class CarryOut:
    """How, where, and by whom goods were destroyed."""

    destruction: DestructionId
    warehouse: WarehouseId
    method: str
    place: str
    contractor: str = ""


def carry_out(cmd: CarryOut, *, actor: UserId, at: datetime) -> None:
    """The executor signs that the goods were destroyed; a witness signs next, and then they are gone from the books.

    Raises InsufficientStock (less is there than the order says), WrongState, NotFound.
    """
    paper = queries.find_destruction(cmd.destruction, warehouse=cmd.warehouse, is_locked=True)
    _step(paper, "carry_out")
    _moves(paper)
    paper.method, paper.place, paper.contractor = cmd.method, cmd.place, cmd.contractor
    paper.executed_by, paper.executed_at, paper.objection = actor, at, ""
    db.session.flush()
    _sign(paper, Meaning.DISPOSED, reason=cmd.method[:500], actor=actor, at=at)


#: Called in the witness's transaction with the order and how much of each lot has left the books.
DestructionFollower = Callable[[Destruction, Mapping[LotId, Quantity], UserId, datetime], None]
_followers: list[DestructionFollower] = []


def follow_destructions_with(follower: DestructionFollower) -> None:
    """Let a floor above note what was destroyed: a recall, whose goods it was. Once for each follower."""
    if follower not in _followers:
        _followers.append(follower)


def witness(paper_id: DestructionId, *, warehouse: WarehouseId, reason: str, actor: UserId, at: datetime) -> Quantity:
    """The witness signs what the executor signed, and the goods leave the books; how much.

    Another person than the executor, and one of the two had no part in the decision. Raises OtherPersonNeeded,
    InsufficientStock, WrongState, NotFound.
    """
    paper = queries.find_destruction(paper_id, warehouse=warehouse, is_locked=True)
    _step(paper, "witness")
    names = queries.names_of([actor, paper.executed_by or actor])
    approvals.check_witness(
        executor=Involved(user=paper.executed_by or 0, name=names.get(paper.executed_by or 0, ""), part=""),
        witness=Involved(user=actor, name=names[actor], part=""), deciders=_deciders(paper),
    )  # fmt: skip
    moves = _moves(paper)
    posted = ledger.post(
        moves, key=f"destruction:{paper.id}", reason=Reason.SCRAP,
        document=Document(kind=records.DESTRUCTION, id=paper.id), actor=actor, at=at, note=paper.reason,
    )  # fmt: skip
    paper.witnessed_by, paper.witnessed_at, paper.posting_seq = actor, at, posted.seq
    db.session.flush()
    _sign(paper, Meaning.WITNESSED, reason=reason, actor=actor, at=at)
    for task in _work_of(paper):
        finish_task(task.id, done_quantity=task.quantity or ZERO, actor=actor, at=at)
    for lpn in {move.source.place.lpn for move in moves if move.source.place.lpn}:
        if not stock.find_balances(lpns=stock.lpn_with_children(lpn)):
            stock_service.close_lpn(lpn)
    sums: dict[LotId, int] = {}
    for move in moves:
        sums[move.source.lot] = sums.get(move.source.lot, 0) + move.quantity.millionths
    for follow in _followers:
        follow(paper, {lot: Quantity(amount) for lot, amount in sums.items()}, actor, at)
    total = Quantity(sum(sums.values()))
    emit(GoodsDestroyed(destruction=paper.id, quantity=total, posting=posted.seq), actor=actor, at=at)
    return total


def object_to(paper_id: DestructionId, *, warehouse: WarehouseId, reason: str, actor: UserId, at: datetime) -> None:
    """The witness did not see it so: nothing leaves the books, and it is carried out anew. Raises WrongState, NotFound."""
    paper = queries.find_destruction(paper_id, warehouse=warehouse, is_locked=True)
    _step(paper, "object")
    paper.objection = reason
    _sign(paper, Meaning.REJECTED, reason=reason, actor=actor, at=at)
    db.session.flush()


def _deciders(paper: Destruction) -> list[Involved]:
    """Who ordered and approved, here or on the non-conformance behind it."""
    people: list[tuple[int | None, str]] = [(paper.ordered_by, "who_ordered")]
    people += [(one.user_id, "who_approved") for one in queries.approvals_of(records.DESTRUCTION, paper.id, 1)]
    if paper.nonconformance is not None:
        behind = queries.approvals_of(records.NONCONFORMANCE, paper.nonconformance.id, paper.nonconformance.round)
        people += [(one.user_id, "who_approved") for one in behind]
    return papers.involve(people)


def _moves(paper: Destruction) -> list[Move]:
    """Take each line's goods where they stand, held ones first; InsufficientStock when they are not all there."""
    ledger.lock_lots({line.lot_id for line in paper.lines}, exclusive=True)
    target = Place(bin=_scrap_bin(paper.warehouse_id))
    moves = []
    for line in paper.lines:
        left = line.quantity
        rows = stock.find_balances(lot=line.lot_id, bin=line.bin_id, lpn=line.lpn_id, warehouse=paper.warehouse_id)
        for row in sorted(rows, key=lambda row: (not row.is_held, row.quality.value == "released", row.id)):
            share = min(left, row.unpromised)
            if share > ZERO:
                moves.append(Move(quantity=share, source=row.key, target=row.key.at(target)))
                left = left - share
        if left > ZERO:
            raise InsufficientStock(
                lot=line.lot.number, bin=line.bin.code, needed=str(line.quantity), available=str(line.quantity - left)
            )
    return moves


def _scrap_bin(warehouse: WarehouseId) -> BinId:
    found = db.session.execute(
        select(Bin.id).where(Bin.warehouse_id == warehouse, Bin.kind == BinKind.SCRAP).order_by(Bin.id).limit(1)
    ).scalar()
    if found is None:
        raise NotFound(kind="bin", text="scrap")
    return BinId(found)


def _work_of(paper: Destruction) -> list[Task]:
    statement = select(Task).where(
        Task.document_kind == records.DESTRUCTION, Task.document_id == paper.id, Task.kind == TaskKind.DESTROY,
        Task.state.in_((TaskState.OPEN, TaskState.TAKEN)),
    )  # fmt: skip
    return list(db.session.execute(statement).scalars())


def _step(paper: Destruction, event: str) -> None:
    paper.state = DestructionState(step(states.DESTRUCTION, paper.state.value, event, subject=paper.number))


def _sign(paper: Destruction, meaning: Meaning, *, reason: str, actor: UserId, at: datetime) -> None:
    sign(
        subject_kind=records.DESTRUCTION, subject_id=paper.id, meaning=meaning,
        record=records.of_destruction(paper, meaning), actor=actor, at=at, reason=reason, warehouse=paper.warehouse_id,
    )  # fmt: skip
