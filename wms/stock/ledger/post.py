"""post and reverse: a set of moves, written once, guarded, in one lock order."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import bindparam, insert, select, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from wms.core.clock import local_day
from wms.core.errors import (
    BinBlocked,
    InsufficientStock,
    KeyReused,
    LotOnHold,
    LotStopped,
    NotFound,
    PickStopped,
    ProgrammingError,
    WrongPurpose,
    WrongState,
)
from wms.core.ids import (
    NO_HOLDS,
    BalanceId,
    BinId,
    DeviceId,
    HoldId,
    HoldSetId,
    ItemId,
    LotId,
    PostingSeq,
    UserId,
    WarehouseId,
    new_id,
)
from wms.core.quantity import Quantity
from wms.db import count_when_done, db, in_write_transaction
from wms.stock import demands, followers
from wms.stock.captures import NOTE_LENGTH, RAW_LENGTH, Captured, how_now
from wms.stock.ledger.hold_sets import open_holds_of_lots, reason_of, union_with
from wms.stock.ledger.moves import ClaimUse, Delta, Move, Place, StockKey, fingerprint, net
from wms.stock.ledger.tables import Quality, Reason, StockMove, StockPosting
from wms.stock.models import Capture
from wms.stock.rules.availability import TABLE, Purpose, StockFacts, demand_word, why_not
from wms.stock.rules.scope import Buyer

#: Reasons that may change quality or hold set of goods that stay inside.
_CHANGES_STATE = frozenset({Reason.HOLD, Reason.LIFT, Reason.DISPOSITION, Reason.REVERSAL})
#: Reasons that may touch a blocked bin: what is stopped there must still be counted, held, cleared.
_MAY_TOUCH_BLOCKED = _CHANGES_STATE | {Reason.COUNT, Reason.SCRAP, Reason.QUARANTINE}
_TAKES_LOTS_EXCLUSIVELY = frozenset({Reason.HOLD, Reason.LIFT})
#: A sample is stock, and never goods: what stands in a bin for samples is tested, kept, destroyed.
_SAMPLES = "sample"
_NEVER_OF_SAMPLES = frozenset({Purpose.SALE, Purpose.TRANSFER, Purpose.ISSUE})
#: What a reason uses stock for, unless the caller's document says otherwise.
_PURPOSE = {
    Reason.PICK: Purpose.SALE,
    Reason.SHIP: Purpose.SALE,
    Reason.ISSUE: Purpose.ISSUE,
    Reason.CONSUME: Purpose.ISSUE,
    Reason.SAMPLE: Purpose.SAMPLE,
    Reason.SCRAP: Purpose.DESTRUCTION,
    Reason.SUPPLIER_RETURN: Purpose.SUPPLIER_RETURN,
}


#: What may bring goods that are kept for a demand to where they can be promised to it.
_BRINGS_IN = frozenset({Reason.PUTAWAY, Reason.MOVE})
#: Nobody carries more lots in one go.
_MANY_LOTS = 1000
#: What corrects the books or takes goods away for good: true of each lot by itself, also where lots run together.
_BOOKS_ONLY = frozenset({Reason.COUNT, Reason.SCRAP, Reason.SAMPLE})
#: What makes goods another lot, or mixes them with one: what a recall has stopped would slip out of its list.
_BECOMES_ANOTHER = frozenset({Reason.SPLIT, Reason.MERGE, Reason.RELABEL})
#: The kind of bins that lines and vessels stand in.
_OF_PRODUCTION = "production"


@dataclass(frozen=True, kw_only=True)
class Document:
    """The paper behind a posting: its kind ("receipt", "pick_list", "shipment", "hold" ...) and id."""

    kind: str
    id: int


@dataclass(frozen=True, kw_only=True)
class Posted:
    """What came of a post: its sequence, and whether the key had been posted before (nothing was done again)."""

    seq: PostingSeq
    is_repeat: bool = False


@dataclass(frozen=True)
class _LotFacts:
    number: str
    item: int
    fefo_on: date
    usable_on_last_day: bool
    scope: str = ""
    has_unit_ids: bool = False
    stopped_for: str = ""


@dataclass(frozen=True)
class _BinFacts:
    code: str
    warehouse: int
    is_outside: bool
    is_blocked: bool
    timezone: str
    kind: str


def post(
    moves: Sequence[Move],
    *,
    key: str,
    reason: Reason,
    actor: UserId,
    at: datetime,
    document: Document | None = None,
    device: DeviceId | None = None,
    purpose: Purpose | None = None,
    needed_until: date | None = None,
    buyer: Buyer | None = None,
    occurred_at: datetime | None = None,
    note: str = "",
    reverses: PostingSeq | None = None,
    capture: Capture | None = None,
    raw_scan: str = "",
) -> Posted:
    """Do the moves together, once for each `key`; raise and change nothing when any of them may not be.

    `at` is the server's time of recording; `occurred_at` a time that a person or device claims, kept beside it.
    `purpose` overrules what `reason` uses stock for (a shipment of an order for destruction, say); `needed_until` is
    the customer's least last good day, `buyer` to whom a sale goes. `capture` and `raw_scan` say how it was captured, where the verb knows better
    than the edge (wms/stock/captures.py). Goods that come in from outside take every open hold of their lot upon them.
    Raises InsufficientStock, LotOnHold, LotExpired, NotReleased, NotReleasedFor, LotPegged, LotStopped, LifeTooShort, BinBlocked, PickStopped
    (the claim is gone), KeyReused (same key, other moves).
    """
    session = _session()
    if not moves:
        raise ProgrammingError(what="a posting without moves")
    print_ = fingerprint(reason.value, moves)
    seq = _insert_posting(
        session, key=key, fingerprint=print_, reason=reason, document=document, actor=actor, device=device,
        note=note, at=at, occurred_at=occurred_at or at, reverses=reverses, captured=_captured(capture, raw_scan),
    )  # fmt: skip
    if seq is None:
        return _repeat(session, key=key, fingerprint=print_)
    lots = _lock_lots(session, {m.source.lot for m in moves}, exclusive=reason in _TAKES_LOTS_EXCLUSIVELY)
    use = purpose or _PURPOSE.get(reason, Purpose.HANDLING)
    brings = reason in _BRINGS_IN and len(lots) <= _MANY_LOTS
    asked = frozenset(lots) if brings or not TABLE[use].pegged else frozenset()
    bins, pegs = _bins(session, {p.bin for m in moves for p in (m.source.place, m.target.place)}, whose=asked)
    holds = _holds_on_arrivals(session, moves, bins)
    moves = [_settle_ends(session, m, bins, reason, holds) for m in moves]
    for move in moves:
        _check(
            session, move, lots=lots, pegs=pegs, bins=bins, reason=reason, use=use, at=at, needed_until=needed_until,
            buyer=buyer,
        )  # fmt: skip
    if reverses is None and reason not in _BOOKS_ONLY:
        _ask_guards(moves, lots=lots, bins=bins, document=document, reason=reason)
    outside = frozenset(BinId(i) for i, b in bins.items() if b.is_outside)
    balances = _write_balances(session, net(moves, outside=outside), reason=reason, lots=lots, bins=bins, at=at)
    for move in moves:
        if move.claim:
            _use_claim(session, move, balances, at=at)
    session.execute(_INSERT_MOVES, [_move_row(seq, n, m, bins) for n, m in enumerate(moves, start=1)])
    if any(lots[m.source.lot].has_unit_ids for m in moves):
        followers.follow(_journey(seq, moves, reason=reason, document=document, reverses=reverses, lots=lots, bins=bins,
                                  actor=actor, at=at))  # fmt: skip
    if brings and pegs:
        demands.promise_kept({LotId(lot) for lot in pegs}, actor=actor, at=at)
    count_when_done("posting", reason.value)
    return Posted(seq=seq)


def _ask_guards(
    moves: Sequence[Move], *, lots: dict[int, _LotFacts], bins: dict[int, _BinFacts], document: Document | None,
    reason: Reason,
) -> None:  # fmt: skip
    """Ask who knows the bins of production, where goods go into one or come out of one; no other posting pays for it."""
    passages = [
        followers.Passage(
            item=ItemId(lots[m.source.lot].item), lot=m.source.lot, lot_number=lots[m.source.lot].number,
            quantity=m.quantity, source_bin=m.source.place.bin, target_bin=m.target.place.bin,
            reason=reason.value, is_promised=m.claim is not None,
            is_usable=m.source.hold_set == NO_HOLDS and m.source.quality is Quality.RELEASED,
        )
        for m in moves
        if m.source.place.bin != m.target.place.bin
        and _OF_PRODUCTION in (bins[m.source.place.bin].kind, bins[m.target.place.bin].kind)
    ]  # fmt: skip
    if passages:
        followers.guard(document.kind if document else "", passages)


def _journey(seq: PostingSeq, moves: Sequence[Move], *, reason: Reason, document: Document | None,
             reverses: PostingSeq | None, lots: dict[int, _LotFacts], bins: dict[int, _BinFacts], actor: UserId,
             at: datetime) -> followers.Journey:  # fmt: skip
    """What goods with unit ids a posting carried, for those who follow them."""
    return followers.Journey(
        seq=seq,
        reason=reason.value,
        reverses=reverses,
        document_kind=document.kind if document else "",
        document_id=document.id if document else None,
        actor=actor,
        at=at,
        moves=tuple(
            followers.Carried(
                item=ItemId(lots[m.source.lot].item),
                lot=m.source.lot,
                lot_number=lots[m.source.lot].number,
                quantity=m.quantity,
                source_bin=m.source.place.bin,
                source_lpn=m.source.place.lpn,
                is_source_outside=bins[m.source.place.bin].is_outside,
                target_bin=m.target.place.bin,
                target_lpn=m.target.place.lpn,
                is_target_outside=bins[m.target.place.bin].is_outside,
                warehouse=WarehouseId(bins[m.target.place.bin].warehouse),
            )
            for m in moves
            if lots[m.source.lot].has_unit_ids
        ),
    )


def reverse(
    seq: PostingSeq, *, key: str, actor: UserId, at: datetime, note: str = "",
    promises: Sequence[tuple[Quantity, ClaimUse]] = (),
) -> Posted:  # fmt: skip
    """Undo a posting by its counter-moves: the only undo there is; a posting can be reversed once.

    `promises` lie on the goods where they are now, so much on each: they go back with the goods (carried) or fall with them.
    For a posting whose goods all came to one balance.

    Raises NotFound, WrongState (reversed before, or is a reversal itself), InsufficientStock (the goods moved on).
    """
    session = _session()
    posting = session.execute(
        select(StockPosting.reason, StockPosting.reverses_seq).where(StockPosting.seq == seq)
    ).first()
    if posting is None:
        raise NotFound(kind="posting", text=str(seq))
    done = session.execute(select(StockPosting.key).where(StockPosting.reverses_seq == seq)).scalar()
    if done != key and session.execute(select(StockPosting.seq).where(StockPosting.key == key)).first() is not None:
        raise KeyReused(key=key)  # it undid another posting: with the same moves it would look like a repeat
    if posting.reverses_seq is not None or (done is not None and done != key):
        raise WrongState(subject="posting", state="reversed", event="reverse", needed=["posted"])
    rows = session.execute(select(StockMove).where(StockMove.posting_seq == seq).order_by(StockMove.line)).scalars()
    moves = [
        Move(
            quantity=row.quantity,
            source=_key_of(row, "target"),
            target=_key_of(row, "source"),
        )
        for row in rows
    ]
    if promises:
        moves = _on_promises(moves, promises)
    return post(moves, key=key, reason=Reason.REVERSAL, actor=actor, at=at, note=note, reverses=seq)


def _on_promises(moves: Sequence[Move], promises: Sequence[tuple[Quantity, ClaimUse]]) -> list[Move]:
    """Cut the moves so that each part goes on one promise, as far as the promises reach."""
    waiting = list(promises)
    cut: list[Move] = []
    for move in moves:
        left = move.quantity
        while waiting and left > Quantity(0):
            amount, use = waiting.pop(0)
            part = min(amount, left)
            cut.append(replace(move, quantity=part, claim=use))
            left = left - part
            if amount > part:
                waiting.insert(0, (amount - part, use))
        if left > Quantity(0):
            cut.append(replace(move, quantity=left))
    return cut


def lock_lots(lots: Iterable[LotId], *, exclusive: bool) -> None:
    """Lock lot rows, by id, for a verb that must read before it posts: a hold exclusively, any other shared."""
    _lock_lots(_session(), set(lots), exclusive=exclusive)


def _session() -> Session:
    session = db.session()
    if not in_write_transaction(session):
        raise ProgrammingError(what="the ledger outside a transaction")
    session.flush()
    return session


def _captured(capture: Capture | None, raw_scan: str) -> Captured:
    """How it was captured: as the verb says, else as the edge does; why a lot was typed is always the edge's."""
    told = how_now()
    if capture is None:
        return told
    raw = told.raw_scan if told.typed_reason or not raw_scan else raw_scan
    return replace(told, capture=capture, raw_scan=raw)


def _insert_posting(session: Session, *, reverses: PostingSeq | None, document: Document | None, reason: Reason,
                    at: datetime, occurred_at: datetime, captured: Captured, **fields: Any) -> PostingSeq | None:  # fmt: skip
    values = {
        "key": fields["key"],
        "fingerprint": fields["fingerprint"],
        "reason": reason,
        "document_kind": document.kind if document else "",
        "document_id": document.id if document else None,
        "actor_id": fields["actor"],
        "device_id": fields["device"],
        "note": fields["note"],
        "occurred_at": occurred_at,
        "recorded_at": at,
        "reverses_seq": reverses,
        "capture": captured.capture,
        "raw_scan": captured.raw_scan[:RAW_LENGTH],
        "typed_reason": captured.typed_reason,
        "typed_note": captured.typed_note[:NOTE_LENGTH],
    }
    return session.execute(_INSERT_POSTING[session.get_bind().dialect.name], values).scalar()


# The statements of every posting are made once: to build one anew takes longer than to run it.
_POSTINGS: Any = StockPosting.__table__
_INSERT_POSTING = {
    engine: dialect.insert(_POSTINGS).on_conflict_do_nothing(index_elements=["key"]).returning(_POSTINGS.c.seq)
    for engine, dialect in (("sqlite", sqlite), ("postgresql", postgresql))
}
_INSERT_MOVES = insert(StockMove.__table__)  # type: ignore[arg-type]
_SCOPE = "(SELECT {join}(s.entry, ' ') FROM release_scope s WHERE s.lot_id = lot.id AND s.ended_at IS NULL)"
_LOTS = {
    lock: text(
        "SELECT lot.id, lot.number, lot.item_id, lot.fefo_on, item.usable_on_expiry_day, item.has_unit_ids, lot.stopped_for,"
        f" {_SCOPE.format(join='string_agg' if lock else 'group_concat')} AS scope FROM lot"
        f" JOIN item ON item.id = lot.item_id WHERE lot.id IN :ids ORDER BY lot.id{lock}"
    ).bindparams(bindparam("ids", expanding=True))
    for lock in ("", " FOR NO KEY UPDATE OF lot", " FOR SHARE OF lot")
}
_BIN_COLUMNS = "SELECT bin.id, bin.code, bin.warehouse_id, bin.is_outside, bin.is_blocked, warehouse.timezone, bin.kind"
_OF_BINS = " FROM bin JOIN warehouse ON warehouse.id = bin.warehouse_id WHERE bin.id IN :ids"
_BINS = text(_BIN_COLUMNS + _OF_BINS).bindparams(bindparam("ids", expanding=True))
#: The same, with the open pegs of the lots: lot|demand=number of its paper, one after another. They are read after the lots
#: were locked, in a statement of its own look at the books: a peg that was laid while this posting waited is seen.
_BETWEEN = chr(30)
_BINS_AND_PEGS = {
    join: text(
        f"{_BIN_COLUMNS}, (SELECT {join}(p.lot_id || '|' || p.demand_kind || ':' || p.demand_id || '=' || p.made_for,"
        f" '{_BETWEEN}') FROM lot_peg p WHERE p.lot_id IN :lots AND p.freed_at IS NULL) AS pegs{_OF_BINS}"
    ).bindparams(bindparam("ids", expanding=True), bindparam("lots", expanding=True))
    for join in ("string_agg", "group_concat")
}


def _repeat(session: Session, *, key: str, fingerprint: str) -> Posted:
    row = session.execute(select(StockPosting.seq, StockPosting.fingerprint).where(StockPosting.key == key)).one()
    if row.fingerprint != fingerprint:
        raise KeyReused(key=key)
    return Posted(seq=row.seq, is_repeat=True)


def _lock_lots(session: Session, lots: set[LotId], *, exclusive: bool) -> dict[int, _LotFacts]:
    """Read and lock the lots; on SQLite the whole file is ours already."""
    lock = ""
    if session.get_bind().dialect.name == "postgresql":
        lock = " FOR NO KEY UPDATE OF lot" if exclusive else " FOR SHARE OF lot"
    rows = session.execute(_LOTS[lock], {"ids": sorted(lots)}).all()
    found = {
        r.id: _LotFacts(
            r.number,
            r.item_id,
            _day(r.fefo_on),
            bool(r.usable_on_expiry_day),
            r.scope or "",
            bool(r.has_unit_ids),
            r.stopped_for,
        )
        for r in rows
    }
    if missing := lots - found.keys():
        raise NotFound(kind="lot", text=str(min(missing)))
    return found


def _bins(session: Session, bins: set[BinId], *, whose: Collection[int]) -> tuple[dict[int, _BinFacts], dict[int, str]]:
    """Read the bins, and what each of these lots is made for, as rules.availability reads it."""
    if whose:
        join = "group_concat" if session.get_bind().dialect.name == "sqlite" else "string_agg"
        rows = session.execute(_BINS_AND_PEGS[join], {"ids": sorted(bins), "lots": sorted(whose)}).all()
    else:
        rows = session.execute(_BINS, {"ids": sorted(bins)}).all()
    found = {
        r.id: _BinFacts(r.code, r.warehouse_id, bool(r.is_outside), bool(r.is_blocked), r.timezone, r.kind)
        for r in rows
    }
    if missing := bins - found.keys():
        raise NotFound(kind="bin", text=str(min(missing)))
    written = (rows[0].pegs or "") if whose else ""
    pegs = dict(one.split("|", 1) for one in written.split(_BETWEEN) if one)
    return found, {int(lot): peg for lot, peg in pegs.items()}


def _holds_on_arrivals(
    session: Session, moves: Sequence[Move], bins: dict[int, _BinFacts]
) -> dict[tuple[LotId, WarehouseId], list[HoldId]]:
    """The open holds on the lots that come in from outside, by lot and warehouse; one statement for each warehouse."""
    coming: dict[WarehouseId, set[LotId]] = {}
    for move in moves:
        if bins[move.source.place.bin].is_outside:
            coming.setdefault(WarehouseId(bins[move.target.place.bin].warehouse), set()).add(move.source.lot)
    return {
        (lot, warehouse): holds
        for warehouse, lots in coming.items()
        for lot, holds in open_holds_of_lots(session, lots, warehouse).items()
    }


def _settle_ends(
    session: Session,
    move: Move,
    bins: dict[int, _BinFacts],
    reason: Reason,
    arrivals: Mapping[tuple[LotId, WarehouseId], list[HoldId]],
) -> Move:
    """Give an outside end the state of the inside one, and lay the lot's open holds on goods that come in."""
    source_outside = bins[move.source.place.bin].is_outside
    target_outside = bins[move.target.place.bin].is_outside
    if source_outside and target_outside:
        raise ProgrammingError(what="a move between two outside bins")
    if source_outside:
        holds = arrivals.get((move.source.lot, WarehouseId(bins[move.target.place.bin].warehouse)))
        hold_set = union_with(session, move.target.hold_set, holds) if holds else move.target.hold_set
        target = replace(move.target, hold_set=hold_set)
        return replace(move, source=replace(target, place=move.source.place), target=target)
    if target_outside:
        return replace(move, target=replace(move.source, place=move.target.place))
    same_state = (move.source.quality, move.source.hold_set) == (move.target.quality, move.target.hold_set)
    if not same_state and reason not in _CHANGES_STATE:
        raise ProgrammingError(what="only a hold, a lift or a disposition changes the state of goods", reason=reason)
    return move


def _check(session: Session, move: Move, *, lots: dict[int, _LotFacts], pegs: dict[int, str], bins: dict[int, _BinFacts],
           reason: Reason, use: Purpose, at: datetime, needed_until: date | None, buyer: Buyer | None) -> None:  # fmt: skip
    for place in (move.source.place, move.target.place):
        if bins[place.bin].is_blocked and reason not in _MAY_TOUCH_BLOCKED:
            raise BinBlocked(bin=bins[place.bin].code, why="")
    lot = lots[move.source.lot]
    if lot.stopped_for:
        _check_stopped(move, lot, bins=bins, reason=reason)
    if bins[move.source.place.bin].is_outside or use is Purpose.HANDLING:
        return
    if use in _NEVER_OF_SAMPLES and bins[move.source.place.bin].kind == _SAMPLES:
        raise WrongPurpose(lot=lot.number, purpose=use.value, state=_SAMPLES)
    refusal = why_not(
        StockFacts(
            lot_number=lot.number,
            quality=move.source.quality.value,
            is_held=move.source.hold_set != NO_HOLDS,
            last_good_on=lot.fefo_on,
            usable_on_last_day=lot.usable_on_last_day,
            scope=lot.scope,
            peg=pegs.get(move.source.lot, ""),
            # What is in the laboratory already goes on being tested there.
            stopped_for="" if bins[move.source.place.bin].kind == _SAMPLES else lot.stopped_for,
        ),
        use,
        on=local_day(at, bins[move.source.place.bin].timezone),
        needed_until=needed_until,
        buyer=buyer,
        demand=demand_word(move.claim.demand_kind, move.claim.demand_id) if move.claim else "",
    )
    if isinstance(refusal, LotOnHold):  # a statement more for those who are refused, none for the rest
        raise LotOnHold(lot=lot.number, reason=reason_of(session, move.source.hold_set))
    if refusal:
        raise refusal


def _check_stopped(move: Move, lot: _LotFacts, *, bins: dict[int, _BinFacts], reason: Reason) -> None:
    """Refuse what gets goods further that a recall has stopped, whatever it is called: other purposes ask `why_not`.

    They go to no line and no vessel, become no other lot, and are not released. Setting apart, counting, taking in and
    bringing back from the line stay open.
    """
    source, target = move.source.place.bin, move.target.place.bin
    goes_in = source != target and bins[target].kind == _OF_PRODUCTION and not bins[source].is_outside
    is_freed = not bins[source].is_outside and move.source.quality is not move.target.quality is Quality.RELEASED
    if goes_in or is_freed or reason in _BECOMES_ANOTHER:
        raise LotStopped(lot=lot.number, recall=", ".join(lot.stopped_for.split()))


_KEY = (
    "lot_id = :lot AND owner_id = :owner AND bin_id = :bin AND lpn_id = :lpn AND quality = :quality"
    " AND hold_set_id = :hold_set"
)
#: No row is read to be written back: the guard stands in the statement, so no update is lost.
_DECREASE = text(
    "UPDATE stock_balance SET on_hand = on_hand + :on_hand, allocated = allocated + :allocated,"
    " is_open = (on_hand + :on_hand > allocated + :allocated)"
    f" WHERE {_KEY} AND on_hand + :on_hand >= allocated + :allocated AND allocated + :allocated >= 0 RETURNING id"
)
_INCREASE = text(
    "INSERT INTO stock_balance (id, warehouse_id, lot_id, item_id, owner_id, bin_id, lpn_id, quality, hold_set_id,"
    " on_hand, allocated, is_open, fefo_on, received_on)"
    " VALUES (:id, :warehouse, :lot, :item, :owner, :bin, :lpn, :quality, :hold_set, :on_hand, :allocated,"
    " :is_open, :fefo_on, coalesce((SELECT received_on FROM stock_balance WHERE lot_id = :lot AND owner_id = :owner"
    " AND bin_id = :from_bin AND lpn_id = :from_lpn AND quality = :from_quality AND hold_set_id = :from_hold_set),"
    " :today))"
    " ON CONFLICT (lot_id, owner_id, bin_id, lpn_id, quality, hold_set_id) DO UPDATE SET"
    " on_hand = stock_balance.on_hand + excluded.on_hand, allocated = stock_balance.allocated + excluded.allocated,"
    " is_open = (stock_balance.on_hand + excluded.on_hand > stock_balance.allocated + excluded.allocated),"
    " received_on = CASE WHEN stock_balance.on_hand = 0 OR excluded.received_on < stock_balance.received_on"
    " THEN excluded.received_on ELSE stock_balance.received_on END RETURNING id"
)

_DECREASE_MANY = text(_DECREASE.text.removesuffix(" RETURNING id"))
_INCREASE_MANY = text(_INCREASE.text.removesuffix(" RETURNING id"))
#: From so many keys on, what a hold moves is sent as a batch.
_MANY = 8


def _write_balances(session: Session, deltas: list[Delta], *, reason: Reason, lots: dict[int, _LotFacts],
                    bins: dict[int, _BinFacts], at: datetime) -> dict[StockKey, BalanceId]:  # fmt: skip
    """One guarded statement a key, in the lock order; the ids of the rows they met."""
    is_gain_alone = all(d.on_hand > 0 and not d.allocated for d in deltas)  # what comes in, in the lock order as ever
    may_batch = len(deltas) >= _MANY and (reason in _TAKES_LOTS_EXCLUSIVELY or is_gain_alone)
    if may_batch and _write_many(session, deltas, lots=lots, bins=bins, at=at):
        return {}
    ids: dict[StockKey, BalanceId] = {}
    for delta in deltas:
        values = _key_values(delta.key) | {"on_hand": delta.on_hand, "allocated": delta.allocated}
        if delta.on_hand < 0 or delta.allocated < 0 or delta.on_hand == 0:
            found = session.execute(_DECREASE, values).scalar()
            if found is None:
                raise _shortage(session, delta, lots=lots, bins=bins)
        else:
            found = session.execute(_INCREASE, values | _new_row(delta, lots=lots, bins=bins, at=at)).scalar_one()
        ids[delta.key] = BalanceId(found)
    return ids


def _write_many(session: Session, deltas: list[Delta], *, lots: dict[int, _LotFacts], bins: dict[int, _BinFacts],
                at: datetime) -> bool:  # fmt: skip
    """The same guarded statements, sent as two batches: first all that lose, then all that gain. False: some guard held.

    Only for what has its lots to itself (a hold, a lift) and carries no promise: nobody else waits for a row of theirs.
    """
    losing = [d for d in deltas if d.on_hand < 0 or d.allocated < 0]
    gaining = [d for d in deltas if d.on_hand > 0]
    values = [_key_values(d.key) | {"on_hand": d.on_hand, "allocated": d.allocated} for d in losing]
    nested = session.begin_nested()
    if losing and session.execute(_DECREASE_MANY, values).rowcount != len(losing):  # type: ignore[attr-defined]
        nested.rollback()
        return False
    nested.commit()
    new = [_new_row(d, lots=lots, bins=bins, at=at) for d in gaining]
    values = [_key_values(d.key) | {"on_hand": d.on_hand, "allocated": d.allocated} for d in gaining]
    if gaining:
        session.execute(_INCREASE_MANY, [value | row for value, row in zip(values, new, strict=True)])
    return True


def _new_row(delta: Delta, *, lots: dict[int, _LotFacts], bins: dict[int, _BinFacts], at: datetime) -> dict[str, Any]:
    key, origin = delta.key, delta.origin or delta.key
    place = bins[key.place.bin]
    return {
        "id": new_id(),
        "warehouse": place.warehouse,
        "item": lots[key.lot].item,
        "is_open": delta.on_hand > delta.allocated,
        "fefo_on": _sql_day(lots[key.lot].fefo_on),
        "today": _sql_day(delta.received_on or local_day(at, place.timezone)),
        "from_bin": origin.place.bin,
        "from_lpn": origin.place.lpn,
        "from_quality": origin.quality.value,
        "from_hold_set": origin.hold_set,
    }


def _shortage(session: Session, delta: Delta, *, lots: dict[int, _LotFacts], bins: dict[int, _BinFacts]) -> Exception:
    """Say what is there instead of what was asked."""
    row = session.execute(
        text(f"SELECT on_hand, allocated FROM stock_balance WHERE {_KEY}"), _key_values(delta.key)
    ).first()
    available = Quantity(row.on_hand - (0 if delta.allocated else row.allocated)) if row else Quantity(0)
    return InsufficientStock(
        lot=lots[delta.key.lot].number,
        bin=bins[delta.key.place.bin].code,
        needed=str(Quantity(-delta.on_hand)),
        available=str(available),
    )


def _use_claim(session: Session, move: Move, balances: dict[StockKey, BalanceId], *, at: datetime) -> None:
    """Let the claim fall with its goods: whole or in part, carried to the target or fulfilled."""
    assert move.claim
    use = move.claim
    values = {
        "claim": use.claim, "source": balances[move.source], "quantity": move.quantity.millionths,
        "target": balances.get(move.target),
    }  # fmt: skip
    whole = (
        "UPDATE stock_claim SET balance_id = :target WHERE id = :claim AND balance_id = :source AND quantity = :quantity"
        if use.carried
        else "DELETE FROM stock_claim WHERE id = :claim AND balance_id = :source AND quantity = :quantity"
    )
    if session.execute(text(whole), values).rowcount == 1:  # type: ignore[attr-defined]
        return
    part = text(
        "UPDATE stock_claim SET quantity = quantity - :quantity"
        " WHERE id = :claim AND balance_id = :source AND quantity > :quantity"
    )
    if session.execute(part, values).rowcount != 1:  # type: ignore[attr-defined]
        raise PickStopped(lot=str(move.source.lot), reason="")
    if use.carried:
        session.execute(
            text(
                "INSERT INTO stock_claim (id, balance_id, demand_kind, demand_id, quantity, created_at)"
                " VALUES (:id, :target, :kind, :demand, :quantity, :at)"
            ).bindparams(bindparam("at", type_=StockPosting.recorded_at.type)),
            values | {"id": new_id(), "kind": use.demand_kind, "demand": use.demand_id, "at": at},
        )


def _move_row(seq: PostingSeq, line: int, move: Move, bins: dict[int, _BinFacts]) -> dict[str, Any]:
    inside = move.target if bins[move.source.place.bin].is_outside else move.source
    row: dict[str, Any] = {
        "posting_seq": seq,
        "line": line,
        "warehouse_id": bins[inside.place.bin].warehouse,
        "lot_id": move.source.lot,
        "owner_id": move.source.owner,
        "quantity": move.quantity,
        "demand_kind": move.claim.demand_kind if move.claim else "",
        "demand_id": move.claim.demand_id if move.claim else None,
    }
    for end, key in (("source", move.source), ("target", move.target)):
        row |= {
            f"{end}_bin_id": key.place.bin,
            f"{end}_lpn_id": key.place.lpn,
            f"{end}_quality": key.quality,
            f"{end}_hold_set_id": key.hold_set,
        }
    return row


def _key_of(row: StockMove, end: str) -> StockKey:
    return StockKey(
        lot=row.lot_id,
        owner=row.owner_id,
        place=Place(bin=getattr(row, f"{end}_bin_id"), lpn=getattr(row, f"{end}_lpn_id")),
        quality=Quality(getattr(row, f"{end}_quality")),
        hold_set=HoldSetId(getattr(row, f"{end}_hold_set_id")),
    )


def _key_values(key: StockKey) -> dict[str, Any]:
    return {
        "lot": key.lot,
        "owner": key.owner,
        "bin": key.place.bin,
        "lpn": key.place.lpn,
        "quality": key.quality.value,
        "hold_set": key.hold_set,
    }


def _is_sqlite() -> bool:
    return db.session().get_bind().dialect.name == "sqlite"


def _sql_day(day: date) -> str | date:
    """A date as the driver of this engine takes it in a hand-written statement."""
    return day.isoformat() if _is_sqlite() else day


def _day(value: str | date) -> date:
    return date.fromisoformat(value) if isinstance(value, str) else value
