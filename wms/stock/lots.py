"""Verbs of lots that have goods: split, merge, relabel, correct. Goods become another lot by going out and coming in again.

Each verb is one posting through the warehouse's outside bin of consumed goods, in the places where the goods stand, and
leaves genealogy (LotLink) with quantities. Holds and quality go along; promised goods are refused. Locks: item (so that no
two make one number), lots exclusively, then what the ledger locks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import select

from wms.audit.context import acting, who
from wms.catalog.models import Item
from wms.core.errors import (
    DuplicateValue,
    FieldErrors,
    GoodsPromised,
    InsufficientStock,
    KeyReused,
    LotsDiffer,
    MissingField,
    NotFound,
    QuestionNeeded,
    WrongState,
)
from wms.core.ids import (
    BalanceId,
    BinId,
    HoldSetId,
    ItemId,
    LotId,
    LpnId,
    PartnerId,
    PostingSeq,
    UserId,
    WarehouseId,
    new_id,
)
from wms.core.quantity import ZERO, Quantity
from wms.db import db
from wms.events.catalog import LotCorrected, LotsLinked
from wms.events.outbox import emit
from wms.gs1.codes import LotNumber
from wms.sites.models import OUTSIDE_KINDS, Bin, BinKind
from wms.stock import ledger, queries
from wms.stock.ledger import Document, Move, Place, Quality, Reason, StockKey
from wms.stock.ledger.hold_sets import find_or_make, members_of, open_lot_holds
from wms.stock.models import Capture, DatePrecision, LinkKind, Lot, LotLink, ReleaseScope
from wms.stock.pegs import carry_pegs, open_pegs
from wms.stock.queries import BalanceRow
from wms.stock.rules.availability import NEVER
from wms.stock.rules.lots import LotFacts, strictest, worst
from wms.stock.service import create_lot, deciding_day, find_lot, find_near_duplicates

_REASONS: Final = {
    LinkKind.SPLIT: Reason.SPLIT,
    LinkKind.MERGE: Reason.MERGE,
    LinkKind.RELABEL: Reason.RELABEL,
}
#: The question before a number that looks like a known one, as at receiving.
_NEAR: Final = "lot_nearly_known"


@dataclass(frozen=True, kw_only=True)
class Part:
    """Some goods of a lot: a balance, and how much of it; None for all."""

    balance: BalanceId
    quantity: Quantity | None = None


@dataclass(frozen=True, kw_only=True)
class SplitLot:
    """A part of a lot becomes a lot of its own. `number` None: the lot's own with -1, -2 …; `parts` must be named."""

    key: str
    lot: LotId
    warehouse: WarehouseId
    parts: tuple[Part, ...]
    reason: str
    number: LotNumber | None = None
    answers: frozenset[str] = field(default_factory=frozenset)


@dataclass(frozen=True, kw_only=True)
class RelabelLot:
    """Goods of a lot go on under another number: all that stands in the warehouse, or the `parts` named."""

    key: str
    lot: LotId
    warehouse: WarehouseId
    number: LotNumber
    reason: str
    parts: tuple[Part, ...] = ()
    answers: frozenset[str] = field(default_factory=frozenset)


@dataclass(frozen=True, kw_only=True)
class MergeLots:
    """Lots become one: all of them that stands in the warehouse, or the `parts` named.

    Into a lot that is there (`into`, whose own goods in the warehouse all take part) or a new one of `number`.
    """

    key: str
    lots: tuple[LotId, ...]
    warehouse: WarehouseId
    reason: str
    into: LotId | None = None
    number: LotNumber | None = None
    parts: tuple[Part, ...] = ()
    answers: frozenset[str] = field(default_factory=frozenset)


@dataclass(frozen=True, kw_only=True)
class Became:
    """What a verb did: the lot the goods are now, how much, by which posting."""

    lot: LotId
    number: str
    quantity: Quantity
    posting: PostingSeq
    is_repeat: bool = False


@dataclass(frozen=True, kw_only=True)
class LotChange:
    """Goods in one place that are another lot now. `is_all`: nothing of the source is left in that place."""

    source: LotId
    target: LotId
    warehouse: WarehouseId
    bin: BinId
    lpn: LpnId
    quantity: Quantity
    is_all: bool


#: Called in the verb's transaction with what became what; may refuse by raising.
Follower = Callable[[Sequence[LotChange], UserId, datetime], None]
_followers: list[Follower] = []


def follow_with(follower: Follower) -> None:
    """Let a floor above keep its own records of goods with their lot: work to do, inspections. Once for each follower."""
    if follower not in _followers:
        _followers.append(follower)


@dataclass(frozen=True)
class _Portion:
    """So much of one balance."""

    row: BalanceRow
    quantity: Quantity


# -- split and relabel ------------------------------------------------------------------------------------------------
def split(cmd: SplitLot, *, actor: UserId, at: datetime) -> Became:
    """Make a lot of its own out of a part. Once for each `key`. Dates, maker, codes, quality and holds go along.

    Raises MissingField (no parts), InsufficientStock, GoodsPromised, DuplicateValue (the item has the number),
    QuestionNeeded (lot_nearly_known), KeyReused, NotFound.
    """
    if not cmd.parts:
        raise MissingField(field="quantity")
    return _become_another(cmd, LinkKind.SPLIT, cmd.number, actor=actor, at=at)


def relabel(cmd: RelabelLot, *, actor: UserId, at: datetime) -> Became:
    """Let goods go on under another number. Once for each `key`. Raises as `split`, and WrongState (nothing stands here)."""
    return _become_another(cmd, LinkKind.RELABEL, cmd.number, actor=actor, at=at)


def _become_another(
    cmd: SplitLot | RelabelLot, kind: LinkKind, number: LotNumber | None, *, actor: UserId, at: datetime
) -> Became:
    source = _lock([cmd.lot])[0]
    key = f"{kind.value}:{cmd.key}"[:100]
    if before := _done_before(key, kind, lots={source.id}, number=str(number) if number else None):
        return before
    portions = _portions([source], cmd.warehouse, cmd.parts)
    new = _new_number(source, number, answers=cmd.answers)
    target = _make(new, source.item_id, _facts(source), actor=actor, at=at)
    _copy_scopes(source.id, target.id, actor=actor, at=at)
    carry_pegs(source.id, target.id, actor=actor, at=at)
    pairs = [(p, replace(p.row.key, lot=target.id)) for p in portions]
    return _post(pairs, target, kind=kind, key=key, why=cmd.reason, warehouse=cmd.warehouse, actor=actor, at=at)


# -- merge ------------------------------------------------------------------------------------------------------------
def merge(cmd: MergeLots, *, actor: UserId, at: datetime) -> Became:
    """Make one lot of several. Once for each `key`. All of it takes the worst quality, every hold, the strictest days.

    What the lots do not agree in (maker, maker lot, supplier, country, traceability lot code) is left blank on a new lot.
    Raises LotsDiffer (item, release_scope, made_for), InsufficientStock, GoodsPromised, WrongState (nothing of a lot stands here),
    DuplicateValue, QuestionNeeded (lot_nearly_known), MissingField (neither `into` nor `number`), KeyReused, NotFound.
    """
    if (cmd.into is None) == (cmd.number is None):
        raise MissingField(field="number")
    lots = _lock([*cmd.lots, *([cmd.into] if cmd.into else [])])
    into = next((lot for lot in lots if lot.id == cmd.into), None)
    sources = [lot for lot in lots if lot.id != cmd.into]
    if not sources or (into is None and len(sources) < 2):
        raise MissingField(field="lots")
    _check_alike(lots)
    key = f"merge:{cmd.key}"[:100]
    number = into.number if into else str(cmd.number)
    if before := _done_before(key, LinkKind.MERGE, lots={lot.id for lot in sources}, number=number):
        return before
    portions = _portions(sources, cmd.warehouse, cmd.parts)
    bare = {lot.id for lot in sources} - {p.row.lot for p in portions}
    if bare:
        raise WrongState(subject="lot", state="empty", event="merge", needed=["in_stock"])
    whole = strictest([_facts(lot) for lot in lots])
    if into is None:
        target = _make(
            _new_number(lots[0], cmd.number, answers=cmd.answers), lots[0].item_id, whole, actor=actor, at=at
        )
        _copy_scopes(lots[0].id, target.id, actor=actor, at=at)
        carry_pegs(lots[0].id, target.id, actor=actor, at=at)
        own: list[_Portion] = []
    else:
        target = into
        own = _portions([into], cmd.warehouse, (), may_be_none=True)
        _take_over_days(into, whole, reason=cmd.reason, actor=actor)
    quality = Quality(worst([p.row.quality.value for p in [*portions, *own]]))
    hold_set = _union({p.row.hold_set for p in [*portions, *own]}, target.id, cmd.warehouse)
    pairs = [(p, replace(p.row.key, lot=target.id, quality=quality, hold_set=hold_set)) for p in [*portions, *own]]
    pairs = [(p, key_) for p, key_ in pairs if key_ != p.row.key]  # what is so already stays as it is
    return _post(
        pairs, target, kind=LinkKind.MERGE, key=key, why=cmd.reason, warehouse=cmd.warehouse, actor=actor, at=at
    )


def _check_alike(lots: Sequence[Lot]) -> None:
    first = lots[0]
    scopes = {lot.id: _scopes(lot.id) for lot in lots}
    pegs = {lot: (peg.demand_kind, peg.demand_id) for lot, peg in open_pegs([lot.id for lot in lots]).items()}
    for other in lots[1:]:
        if pegs.get(other.id) != pegs.get(first.id):
            raise LotsDiffer(lot=first.number, other=other.number, what="made_for")
        if other.item_id != first.item_id:
            raise LotsDiffer(lot=first.number, other=other.number, what="item")
        if {s.entry for s in scopes[other.id]} != {s.entry for s in scopes[first.id]}:
            raise LotsDiffer(lot=first.number, other=other.number, what="release_scope")


def _take_over_days(lot: Lot, whole: LotFacts, *, reason: str, actor: UserId) -> None:
    values = {
        "manufactured_on": whole.manufactured_on, "expires_on": whole.expires_on,
        "best_before_on": whole.best_before_on, "retest_on": whole.retest_on, "expiry_text": whole.expiry_text,
        "expiry_precision": DatePrecision(whole.expiry_precision),
    }  # fmt: skip
    _set(lot, values, reason=reason, actor=actor)


def _union(hold_sets: set[HoldSetId], target: LotId, warehouse: WarehouseId) -> HoldSetId:
    """Every hold on any of the goods, and those that lie on whatever comes to the target."""
    session = db.session()
    holds = frozenset(open_lot_holds(session, target, warehouse))
    return find_or_make(session, holds.union(*(members_of(session, hold_set) for hold_set in hold_sets)))


# -- correct ----------------------------------------------------------------------------------------------------------
#: What may be corrected on a lot. Its number is changed by `relabel` alone.
CORRECTABLE: Final = (
    "manufactured_on", "expires_on", "best_before_on", "retest_on", "expiry_text", "expiry_precision", "maker_lot",
    "country", "traceability_lot_code", "traceability_lot_source",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class CorrectLot:
    """Set days and codes of a lot right, with the reason; `values` by field, of CORRECTABLE."""

    lot: LotId
    values: Mapping[str, Any]
    reason: str


def correct(cmd: CorrectLot, *, actor: UserId, at: datetime) -> Lot:
    """Correct a lot. Every balance of it follows its deciding day at once, in all warehouses; the audit trail keeps the reason.

    Raises FieldErrors (a last good day before the making; no day though the item goes by one), NotFound.
    """
    if not cmd.reason.strip():
        raise MissingField(field="reason")
    lot = _lock([cmd.lot])[0]
    wanted = {name: cmd.values[name] for name in CORRECTABLE if name in cmd.values}
    changed = {name: value for name, value in wanted.items() if getattr(lot, name) != value}
    if not changed:
        return lot
    _check_days(lot, changed)
    _set(lot, changed, reason=cmd.reason, actor=actor)
    emit(LotCorrected(lot=lot.id, fields=tuple(sorted(changed)), reason=cmd.reason), actor=actor, at=at)
    return lot


def _check_days(lot: Lot, changed: Mapping[str, Any]) -> None:
    def told(name: str) -> date | None:
        day: date | None = changed[name] if name in changed else getattr(lot, name)
        return day

    made = told("manufactured_on")
    faults = {
        name: ["date_order"]
        for name in ("expires_on", "best_before_on", "retest_on")
        if name in changed or "manufactured_on" in changed
        if made and (day := told(name)) and day < made
    }
    decides = deciding_day(
        lot.item.date_basis, expires_on=told("expires_on"), best_before_on=told("best_before_on")
    )  # fmt: skip
    if decides == NEVER and lot.fefo_on != NEVER:
        faults["expires_on"] = ["required"]
    if faults:
        raise FieldErrors(errors=faults)


def _set(lot: Lot, values: Mapping[str, Any], *, reason: str, actor: UserId) -> None:
    """Write the fields with their reason in the audit trail, and let the balances follow the deciding day."""
    before = lot.fefo_on
    for name, value in values.items():
        if getattr(lot, name) != value:
            setattr(lot, name, value)
    lot.fefo_on = deciding_day(lot.item.date_basis, expires_on=lot.expires_on, best_before_on=lot.best_before_on)
    with acting(actor, device=who().device, reason=reason):
        db.session.flush()
    if lot.fefo_on != before:
        ledger.follow_deciding_day(lot.id, lot.fefo_on)


# -- inside -----------------------------------------------------------------------------------------------------------
def _lock(lots: Sequence[LotId]) -> list[Lot]:
    """Lock the items, so that no two make one number, then the lots exclusively; the lots as they are now, in the order asked."""
    wanted = list(dict.fromkeys(lots))
    items = {r.id: r.item_id for r in db.session.execute(select(Lot.id, Lot.item_id).where(Lot.id.in_(wanted)))}
    if missing := [lot for lot in wanted if lot not in items]:
        raise NotFound(kind="lot", text=str(missing[0]))
    for item in sorted(set(items.values())):
        db.session.execute(select(Item.id).where(Item.id == item).with_for_update(key_share=True))
    ledger.lock_lots(wanted, exclusive=True)
    return [db.session.get_one(Lot, lot, populate_existing=True) for lot in wanted]


def _portions(
    lots: Sequence[Lot], warehouse: WarehouseId, parts: Sequence[Part], *, may_be_none: bool = False
) -> list[_Portion]:
    """The goods meant, each with what is taken of it: all that stands in the warehouse, or the parts named."""
    rows = {row.id: row for row in queries.find_balances(lots=[lot.id for lot in lots], warehouse=warehouse)}
    if not rows and not may_be_none:
        raise WrongState(subject="lot", state="empty", event="relabel", needed=["in_stock"])
    if not parts:
        return [_portion(row, None) for row in rows.values()]
    found: list[_Portion] = []
    for part in {part.balance: part for part in parts}.values():
        row = rows.get(part.balance)
        if row is None:
            raise NotFound(kind="stock", text=str(part.balance))
        found.append(_portion(row, part.quantity))
    return found


def _portion(row: BalanceRow, quantity: Quantity | None) -> _Portion:
    amount = row.on_hand if quantity is None else quantity
    if amount > row.on_hand or amount <= ZERO:
        raise InsufficientStock(lot=row.lot_number, bin=row.bin_code, needed=str(amount), available=str(row.on_hand))
    if row.allocated > ZERO and amount > row.on_hand - row.allocated:
        raise GoodsPromised(lot=row.lot_number, bin=row.bin_code, quantity=str(row.allocated))
    return _Portion(row, amount)


def _new_number(source: Lot, number: LotNumber | None, *, answers: frozenset[str]) -> str:
    """The number as asked, or the source's own with the first -1, -2 … that is free."""
    if number is None:
        tries = (f"{source.number[: LotNumber.longest - 4]}-{n}" for n in range(1, 1000))
        return next(one for one in tries if find_lot(source.item_id, one) is None)
    if find_lot(source.item_id, number.value):
        raise DuplicateValue(field="lot", value=number.value)
    near = [lot.number for lot in find_near_duplicates(source.item_id, number.value)]
    if near and _NEAR not in answers:
        raise QuestionNeeded(question=_NEAR, known=", ".join(sorted(near)[:4]), came=number.value)
    return number.value


def _facts(lot: Lot) -> LotFacts:
    return LotFacts(
        manufactured_on=lot.manufactured_on, expires_on=lot.expires_on, best_before_on=lot.best_before_on,
        retest_on=lot.retest_on, received_on=lot.received_on, expiry_text=lot.expiry_text,
        expiry_precision=lot.expiry_precision.value, maker=lot.maker_id, maker_lot=lot.maker_lot,
        supplier=lot.supplier_id, country=lot.country, traceability_lot_code=lot.traceability_lot_code,
        traceability_lot_source=lot.traceability_lot_source,
    )  # fmt: skip


def _make(number: str, item: ItemId, facts: LotFacts, *, actor: UserId, at: datetime) -> Lot:
    return create_lot(
        item=item, number=number, at=at, actor=actor, expires_on=facts.expires_on, best_before_on=facts.best_before_on,
        manufactured_on=facts.manufactured_on, received_on=facts.received_on,
        supplier=PartnerId(facts.supplier) if facts.supplier else None,
        maker=PartnerId(facts.maker) if facts.maker else None, maker_lot=facts.maker_lot,
        expiry_text=facts.expiry_text, expiry_precision=DatePrecision(facts.expiry_precision),
        captured_by=Capture.SYSTEM, country=facts.country, retest_on=facts.retest_on,
        traceability_lot_code=facts.traceability_lot_code, traceability_lot_source=facts.traceability_lot_source,
    )  # fmt: skip


def _scopes(lot: LotId) -> list[ReleaseScope]:
    found = db.session.execute(
        select(ReleaseScope)
        .where(ReleaseScope.lot_id == lot, ReleaseScope.ended_at.is_(None))
        .order_by(ReleaseScope.id)
    )
    return list(found.scalars())


def _copy_scopes(source: LotId, target: LotId, *, actor: UserId, at: datetime) -> None:
    """For whom the goods are released goes along with them."""
    db.session.add_all(
        ReleaseScope(
            id=new_id(),
            lot_id=target,
            market=s.market,
            customer_id=s.customer_id,
            until_on=s.until_on,
            entry=s.entry,
            document_kind=s.document_kind,
            document_id=s.document_id,
            made_by=actor,
            made_at=at,
        )
        for s in _scopes(source)
    )
    db.session.flush()


def _post(
    pairs: Sequence[tuple[_Portion, StockKey]], target: Lot, *, kind: LinkKind, key: str, why: str, warehouse: WarehouseId,
    actor: UserId, at: datetime,
) -> Became:  # fmt: skip
    """Out and in again where the goods stand, as one posting; then the links, and what the balances carry along."""
    outside = Place(bin=_consumed_bin(warehouse))
    moves: list[Move] = []
    for portion, key_ in pairs:
        moves.append(Move(quantity=portion.quantity, source=portion.row.key, target=portion.row.key.at(outside)))
        moves.append(Move(quantity=portion.quantity, source=key_.at(outside), target=key_))
    posted = ledger.post(
        moves, key=key, reason=_REASONS[kind], document=Document(kind="lot", id=target.id), actor=actor, at=at, note=why
    )
    ledger.carry_received_on((portion.row.id, key_) for portion, key_ in pairs)
    sums: dict[LotId, int] = {}
    for portion, _ in pairs:
        if portion.row.lot != target.id:
            sums[portion.row.lot] = sums.get(portion.row.lot, 0) + portion.quantity.millionths
    db.session.add_all(
        LotLink(
            id=new_id(),
            kind=kind,
            source_lot_id=lot,
            target_lot_id=target.id,
            source_quantity=Quantity(amount),
            target_quantity=Quantity(amount),
            posting_seq=posted.seq,
            document_kind="lot",
            document_id=target.id,
            reason=why,
            made_by=actor,
            made_at=at,
        )
        for lot, amount in sorted(sums.items())
    )
    db.session.flush()
    changes = _changes(pairs, target.id, warehouse)
    for follow in _followers:
        follow(changes, actor, at)
    total = Quantity(sum(sums.values()))
    emit(
        LotsLinked(
            kind=kind.value, sources=tuple(sorted(sums)), target=target.id, quantity=total, warehouse=warehouse,
            posting=posted.seq,
        ),
        actor=actor,
        at=at,
    )  # fmt: skip
    return Became(lot=target.id, number=target.number, quantity=total, posting=posted.seq)


def _changes(pairs: Sequence[tuple[_Portion, StockKey]], target: LotId, warehouse: WarehouseId) -> list[LotChange]:
    """What became what, place by place, as it stands after the posting."""
    sums: dict[tuple[LotId, BinId, LpnId], int] = {}
    for portion, _ in pairs:
        if portion.row.lot != target:
            place = (portion.row.lot, portion.row.bin, portion.row.lpn)
            sums[place] = sums.get(place, 0) + portion.quantity.millionths
    left = {
        (row.lot, row.bin, row.lpn)
        for row in queries.find_balances(lots={lot for lot, _, _ in sums}, warehouse=warehouse)
    }
    return [
        LotChange(
            source=place[0],
            target=target,
            warehouse=warehouse,
            bin=place[1],
            lpn=place[2],
            quantity=Quantity(amount),
            is_all=place not in left,
        )
        for place, amount in sums.items()
    ]


def _done_before(key: str, kind: LinkKind, *, lots: set[LotId], number: str | None) -> Became | None:
    """What this key did before; KeyReused when it asked for something else then."""
    known = queries.find_posting(key)
    if known is None:
        return None
    links = list(db.session.execute(select(LotLink).where(LotLink.posting_seq == known.seq)).scalars())
    target = links[0].target if links else None
    same = {link.source_lot_id for link in links} == lots and all(link.kind is kind for link in links)
    if target is None or not same or (number is not None and target.number != number):
        raise KeyReused(key=key)
    total = Quantity(sum(link.target_quantity.millionths for link in links))
    return Became(lot=target.id, number=target.number, quantity=total, posting=known.seq, is_repeat=True)


def _consumed_bin(warehouse: WarehouseId) -> BinId:
    """The bin outside the walls into which used-up goods go; an older warehouse gets one now."""
    found = db.session.execute(
        select(Bin.id).where(Bin.warehouse_id == warehouse, Bin.kind == BinKind.CONSUMED).order_by(Bin.id).limit(1)
    ).scalar()
    if found is not None:
        return BinId(found)
    bin_ = Bin(
        id=BinId(new_id()), warehouse_id=warehouse, code="CONSUMED", kind=BinKind.CONSUMED,
        is_outside=BinKind.CONSUMED in OUTSIDE_KINDS,
    )  # fmt: skip
    db.session.add(bin_)
    db.session.flush()
    return bin_.id
