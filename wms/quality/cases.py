"""Verbs of hold cases: hold everything in a bin, on an LPN, or that a query matches, as one; lift all of it or some.

A case is one posting in one transaction, with the lots locked in their order; below it lies one hold a lot. The person saw
a preview before, and sends its fingerprint: when the world has changed meanwhile, they are asked again.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import func, select, text

from wms.accounts.models import User
from wms.alerts.models import Alert, AlertKind, AlertState, Severity
from wms.alerts.service import raise_alert, resolve_subject
from wms.core.errors import FieldErrors, KeyReused, NotFound, QuestionNeeded, WrongState
from wms.core.ids import HoldCaseId, HoldId, LotId, TaskId, UserId, WarehouseId, new_id
from wms.core.quantity import Quantity
from wms.db import db
from wms.quality import case_queries as queries
from wms.quality import rules
from wms.quality.case_queries import LotFacts, Part, Selection
from wms.quality.laying import Laid, lay, lock_lots_of, parts_of, take_off
from wms.quality.queries import StoppedOrder, stopped_orders
from wms.quality.rules.criteria import Arrival, check_criteria, from_data, matches
from wms.signing.rules import Meaning
from wms.signing.service import sign
from wms.stock import ledger
from wms.stock.ledger import Document
from wms.stock.models import CaseScope, Hold, HoldCase, HoldReason, HoldScope
from wms.stock.queries import BalanceRow

CASE = "hold_case"
_SIGNS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_FINGERPRINT = re.compile(r"([0-9a-f]{24})\.([0-9]{1,6})\.([0-9]{1,6})\.([0-9]{1,15})")
_ROUNDS = 5


@dataclass(frozen=True, kw_only=True)
class PlaceCase:
    """Hold all that a selection finds. `fingerprint` is the preview's, blank where nobody looked; `key` makes a repeat harmless.

    `is_agreed`: the person was asked what differs, and holds what there is now.
    """

    key: str
    selection: Selection
    reason: HoldReason
    note: str = ""
    is_standing: bool = False
    fingerprint: str = ""
    is_agreed: bool = False


@dataclass(frozen=True, kw_only=True)
class PlacedCase:
    """What a case did: its number, how many lots and places it holds, whose orders and which tasks it stopped."""

    case: HoldCaseId
    number: str
    lots: int
    places: int
    holds: int
    stopped_orders: tuple[StoppedOrder, ...] = ()
    stopped_tasks: tuple[TaskId, ...] = ()
    is_repeat: bool = False


# -- place --------------------------------------------------------------------------------------------------------------
def place_case(cmd: PlaceCase, *, actor: UserId, at: datetime) -> PlacedCase:
    """Hold everything the selection finds, in one posting. The number of statements does not grow with the lots.

    Raises FieldErrors (nothing asked), NotFound (nothing matches, and the case does not stand on), TooManyLots,
    QuestionNeeded `hold_changed` (other lots, quantities or orders than in the preview), KeyReused.
    """
    identity = _id_of(cmd.key)
    known = db.session.get(HoldCase, identity, populate_existing=True)
    if known is not None:
        return _repeated(known, cmd)
    _check(cmd)
    if cmd.is_standing:
        _close_gate()
    lots, rows = _lock_and_find(cmd.selection)
    parts = queries.parts_reached(cmd.selection, lots, rows)
    if not parts and not cmd.is_standing:
        raise NotFound(kind="lot", text="")
    _check_unchanged(cmd, parts, at=at)
    case = HoldCase(
        id=identity, number=_number_of(identity, at), scope=cmd.selection.scope,
        warehouse_id=_site_of(cmd.selection, rows), bin_id=cmd.selection.bin, lpn_id=cmd.selection.lpn,
        criteria=cmd.selection.criteria.as_data(), is_standing=cmd.is_standing, reason=cmd.reason, note=cmd.note,
        placed_by=actor, placed_at=at,
    )  # fmt: skip
    db.session.add(case)
    db.session.flush()
    laid = _lay_parts(case, parts, key=f"case:{identity}", actor=actor, at=at)
    _tell(case, parts, laid, at=at)
    return PlacedCase(
        case=identity, number=case.number, lots=len({part.lot for part in parts}), holds=len(parts),
        places=sum(len(part.reaches) for part in parts), stopped_orders=laid.orders, stopped_tasks=laid.tasks,
    )  # fmt: skip


def _id_of(key: str) -> HoldCaseId:
    return HoldCaseId(int.from_bytes(hashlib.sha256(f"hold_case:{key}".encode()).digest()[:8], "big") >> 1)


def _number_of(identity: int, at: datetime) -> str:
    """A number a person can read out: H, the day (UTC), five signs of the id (no I, L, O, U)."""
    signs = "".join(_SIGNS[(identity >> shift) & 31] for shift in (20, 15, 10, 5, 0))
    return f"H{at.astimezone(UTC):%y%m%d}-{signs}"


def _repeated(known: HoldCase, cmd: PlaceCase) -> PlacedCase:
    is_same = (known.scope, known.bin_id, known.lpn_id, known.criteria, known.reason, known.is_standing) == (
        cmd.selection.scope, cmd.selection.bin, cmd.selection.lpn, cmd.selection.criteria.as_data(), cmd.reason,
        cmd.is_standing,
    )  # fmt: skip
    if not is_same:
        raise KeyReused(key=cmd.key)
    lots, holds = db.session.execute(
        select(func.count(Hold.lot_id.distinct()), func.count()).where(Hold.case_id == known.id)
    ).one()
    return PlacedCase(case=known.id, number=known.number, lots=lots, holds=holds, places=0, is_repeat=True)


def _check(cmd: PlaceCase) -> None:
    selection = cmd.selection
    if selection.scope is CaseScope.LOTS:
        if not selection.lots:
            raise FieldErrors(errors={"lots": ["required"]})
        if cmd.is_standing:  # each lot's hold takes what arrives later of it by itself
            raise FieldErrors(errors={"is_standing": ["place_does_not_stand"]})
        return
    if selection.scope is CaseScope.QUERY:
        check_criteria(selection.criteria, is_standing=cmd.is_standing)
        return
    if cmd.is_standing:
        raise FieldErrors(errors={"is_standing": ["place_does_not_stand"]})
    if selection.scope is CaseScope.BIN and selection.bin is None:
        raise FieldErrors(errors={"bin": ["required"]})
    if selection.scope is CaseScope.LPN and selection.lpn is None:
        raise FieldErrors(errors={"lpn": ["required"]})


def _lock_and_find(selection: Selection) -> tuple[list[LotId], list[BalanceRow]]:
    """Find the lots, lock them in their order, and read what stands of them once nothing of them moves."""
    facts: list[LotFacts] = queries.lots_matching(selection) if selection.names_lots else []
    wanted = {lot.id for lot in facts}
    rows: list[BalanceRow] = []
    if not selection.names_lots:
        wanted = {row.lot for row in queries.rows_of(selection, None)}
    locked: set[LotId] = set()
    for _round in range(_ROUNDS):  # by a place: another lot may have come in while we waited for those we saw
        if wanted - locked:
            ledger.lock_lots(wanted - locked, exclusive=True)
            locked |= wanted
        rows = queries.rows_of(selection, wanted)
        if {row.lot for row in rows} <= locked:
            break
        wanted |= {row.lot for row in rows}
    if selection.is_by_place:
        wanted = {row.lot for row in rows}
    return sorted(wanted), rows


def _check_unchanged(cmd: PlaceCase, parts: Sequence[Part], *, at: datetime) -> None:
    """Ask again when it is not what the person looked at, and say what differs."""
    if not cmd.fingerprint or cmd.is_agreed:
        return
    seen = _FINGERPRINT.fullmatch(cmd.fingerprint)
    if seen is None:
        raise FieldErrors(errors={"fingerprint": ["not_a_choice"]})
    orders = stopped_orders([reach for part in parts for reach in part.reaches])
    present = queries.fingerprint_of(parts, orders, at=at)
    if present.split(".")[0] == seen[1]:
        return
    looked_at = datetime.fromtimestamp(int(seen[4]) / 1000, UTC)
    moved = queries.lots_moved_since([part.lot for part in parts], looked_at)
    raise QuestionNeeded(
        question="hold_changed", lots_before=int(seen[2]), lots=len({part.lot for part in parts}),
        orders_before=int(seen[3]), orders=len(orders), moved=", ".join(moved), fingerprint=present,
    )  # fmt: skip


def _site_of(selection: Selection, rows: Sequence[BalanceRow]) -> WarehouseId | None:
    if selection.names_lots:
        return selection.warehouse
    return rows[0].warehouse if rows else selection.warehouse


def _lay_parts(case: HoldCase, parts: Sequence[Part], *, key: str, actor: UserId, at: datetime) -> Laid:
    holds = [(_hold_of(case, part, at=at), part.reaches) for part in parts]
    return lay(
        holds, key=key, document=Document(kind=CASE, id=case.id), reason=case.reason, note=case.note, actor=actor, at=at
    )


def _hold_of(case: HoldCase, part: Part, *, at: datetime) -> Hold:
    """One hold below the case. Its placer is the case's, also where it is laid on what came later."""
    scope = HoldScope.LPN if part.lpn is not None else HoldScope.BIN if part.bin is not None else HoldScope.LOT
    return Hold(
        id=HoldId(new_id()), scope=scope, lot_id=part.lot,
        warehouse_id=case.warehouse_id if scope is HoldScope.LOT else part.reaches[0].row.warehouse,
        bin_id=part.bin, lpn_id=part.lpn, quantity=None, reason=case.reason, note=case.note, placed_by=case.placed_by,
        placed_at=at, case_id=case.id,
    )  # fmt: skip


def _tell(case: HoldCase, parts: Sequence[Part], laid: Laid, *, at: datetime) -> None:
    """One alert a warehouse in which orders stopped, however many lots."""
    for warehouse in laid.broken_in:
        numbers = sorted({
            reach.row.lot_number for part in parts for reach in part.reaches
            if reach.broken and reach.row.warehouse == warehouse
        })  # fmt: skip
        raise_alert(
            kind=AlertKind.HOLD_STOPPED_ORDERS, severity=Severity.WARNING, warehouse=warehouse,
            subject_key=f"{CASE}:{case.id}:{warehouse}", subject_kind=CASE, subject_id=case.id,
            data={
                "lot": ", ".join(numbers[:5]) + (f" +{len(numbers) - 5}" if len(numbers) > 5 else ""),
                "reason": case.reason.value, "orders": ", ".join(o.demand.number for o in laid.orders[:10]),
                "count": len(laid.orders),
            },
            at=at,
        )  # fmt: skip


# -- what comes later -----------------------------------------------------------------------------------------------------
def catch_arrivals(
    arrivals: Callable[[], Sequence[Arrival]], *, warehouse: WarehouseId, at: datetime
) -> frozenset[LotId]:
    """Hold the lots that come in now and match a case that stands on: before their goods are posted, so they come in held.

    Called by what takes goods in, in its transaction; `arrivals` is asked only when a case stands. Two statements when
    none does, on SQLite one. Gives the lots that were caught now; those that a case holds already come in held by
    themselves.
    """
    _pass_gate()
    caught: set[LotId] = set()
    standing = queries.standing_cases(warehouse)
    came_now = arrivals() if standing else ()
    found = [(case, came) for case in standing for came in came_now if matches(from_data(case.criteria), came)]
    if not found:
        return frozenset()
    done = queries.held_in_cases({LotId(came.lot) for _c, came in found}, {case.id for case, _a in found})
    for case in standing:
        lots = {LotId(came.lot) for of, came in found if of is case and (LotId(came.lot), case.id) not in done}
        if not lots:
            continue
        ledger.lock_lots(lots, exclusive=True)
        selection = Selection(scope=CaseScope.QUERY, warehouse=case.warehouse_id, criteria=from_data(case.criteria))
        parts = queries.parts_reached(selection, lots, queries.rows_of(selection, lots))
        laid = _lay_parts(case, parts, key=f"case:{case.id}:{new_id()}", actor=case.placed_by, at=at)
        _tell(case, parts, laid, at=at)
        caught |= lots
    return frozenset(caught)


def _pass_gate() -> None:
    """Come in while no case is being placed that stands on: else an arrival would be seen neither by it nor see it.

    The standing row of the hold sets is the gate: shared here, exclusive there (wms/quality docs/decisions/0030). On
    SQLite one writer is in the file anyway.
    """
    if db.session().get_bind().dialect.name == "postgresql":
        db.session.execute(text("SELECT id FROM hold_set WHERE id = 0 FOR SHARE"))


def _close_gate() -> None:
    """Wait for the arrivals that are under way, and let none in before the case is placed."""
    if db.session().get_bind().dialect.name == "postgresql":
        db.session.execute(text("SELECT id FROM hold_set WHERE id = 0 FOR NO KEY UPDATE"))


# -- lift ---------------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, kw_only=True)
class LiftCase:
    """Lift all holds of a case, or those chosen, with the reason; the password was entered again at the edge.

    Lifting all also ends a case that stands on.
    """

    case: HoldCaseId
    reason: str
    holds: tuple[HoldId, ...] | None = None
    #: A recall leaves lots out of its scope; nobody else lifts its holds while it is open.
    by_recall: bool = False


@dataclass(frozen=True, kw_only=True)
class LiftedCase:
    """What a lift took off: how much each hold lay on, and how many stand still."""

    case: HoldCaseId
    quantities: Mapping[HoldId, Quantity]
    left: int


def lift_case(cmd: LiftCase, *, actor: UserId, at: datetime) -> LiftedCase:
    """Take holds of a case off, in one posting, signed. What other holds stop stays stopped.

    Raises SecondPersonNeeded (the one who placed it may not lift it), NotFound (the case, or a hold that is not of it),
    WrongState (lifted before).
    """
    case = db.session.get(HoldCase, cmd.case)
    if case is None:
        raise NotFound(kind=CASE, text=str(cmd.case))
    wanted = list(dict.fromkeys(cmd.holds)) if cmd.holds is not None else queries.open_holds_of(case.id)
    lock_lots_of(wanted)
    case = db.session.get_one(HoldCase, cmd.case, populate_existing=True, with_for_update=True)
    holds = _holds_to_lift(case, wanted, is_all=cmd.holds is None)
    placer = db.session.execute(select(User.full_name).where(User.id == case.placed_by)).scalar_one()
    rules.check_lifter(placed_by=case.placed_by, placed_by_name=placer, actor=actor)
    quantities = take_off(
        holds, key=_lift_key(case.id, holds), document=Document(kind=CASE, id=case.id), reason=cmd.reason, actor=actor,
        at=at, is_guarded=not cmd.by_recall,
    )  # fmt: skip
    left = len(queries.open_holds_of(case.id))
    sign(
        subject_kind=CASE, subject_id=case.id, meaning=Meaning.LIFTED, actor=actor, at=at, reason=cmd.reason,
        warehouse=case.warehouse_id, record=record_of(case, quantities),
    )  # fmt: skip
    if left == 0 and (cmd.holds is None or not case.is_standing):
        _end(case, actor=actor, at=at)
    return LiftedCase(case=case.id, quantities=quantities, left=left)


def record_of(case: HoldCase, quantities: Mapping[HoldId, Quantity]) -> dict[str, Any]:
    """What stands under the signature of one who lifts: the case as it was placed, and what was lifted of it."""
    return {
        "case": case.number, "scope": case.scope, "criteria": case.criteria, "reason": case.reason, "note": case.note,
        "placed_by": str(case.placed_by), "placed_at": case.placed_at,
        "lifted": {str(hold): amount for hold, amount in sorted(quantities.items())},
    }  # fmt: skip


def _holds_to_lift(case: HoldCase, wanted: Collection[HoldId], *, is_all: bool) -> list[Hold]:
    if case.ended_at is not None:
        raise WrongState(subject=CASE, state="lifted", event="lift", needed=["open"])
    found = [
        hold
        for part in parts_of(sorted(wanted))
        for hold in db.session.execute(
            select(Hold).where(Hold.id.in_(part), Hold.case_id == case.id).execution_options(populate_existing=True)
        ).scalars()
    ]
    if missing := set(wanted) - {hold.id for hold in found}:
        raise NotFound(kind="hold", text=str(min(missing)))
    standing = [hold for hold in found if hold.lifted_at is None]
    if not is_all and (len(standing) != len(found) or not found):
        raise WrongState(subject="hold", state="lifted", event="lift", needed=["open"])
    return standing


def _lift_key(case: HoldCaseId, holds: Sequence[Hold]) -> str:
    which = hashlib.sha256(",".join(str(hold.id) for hold in holds).encode()).hexdigest()[:24]
    return f"lift-case:{case}:{which}"


def end_case_without_holds(case_id: HoldCaseId, *, actor: UserId, at: datetime) -> None:
    """Close a case of which the last hold was lifted by itself; one that stands on stays open."""
    case = db.session.get_one(HoldCase, case_id)
    if case.ended_at is None and not case.is_standing and not queries.open_holds_of(case_id):
        _end(case, actor=actor, at=at)


def _end(case: HoldCase, *, actor: UserId, at: datetime) -> None:
    case.ended_at, case.ended_by = at, actor
    db.session.flush()
    keys = db.session.execute(
        select(Alert.subject_key).where(
            Alert.subject_kind == CASE, Alert.subject_id == case.id, Alert.state != AlertState.RESOLVED
        )
    ).scalars()
    for key in list(keys):
        resolve_subject(key, actor=actor, at=at)


__all__ = [
    "LiftCase", "LiftedCase", "PlaceCase", "PlacedCase", "catch_arrivals", "end_case_without_holds", "lift_case",
    "place_case", "record_of",
]  # fmt: skip
