"""The scope: frozen as a version with its reasons, placed as one posting, widened by a new version, narrowed with a signature."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from fractions import Fraction
from typing import Any

from sqlalchemy import func, select

from wms.accounts.models import User
from wms.alerts.models import AlertKind
from wms.alerts.service import resolve_others
from wms.catalog.models import Partner
from wms.core.errors import FieldErrors, NotFound, OtherPersonNeeded, QuestionNeeded, ScopeNotWider, WrongState
from wms.core.ids import HoldCaseId, LotId, PartnerId, PostingSeq, RecallId, RecallVersionId, UserId, new_id
from wms.core.quantity import ZERO, Quantity
from wms.db import db
from wms.quality.cases import LiftCase, PlaceCase, PlacedCase, lift_case, place_case
from wms.quality.laying import parts_of
from wms.quality.queries import StoppedOrder
from wms.recall.models import (
    DeliveryKind,
    LotRole,
    PartyRole,
    Recall,
    RecallDelivery,
    RecallLot,
    RecallParty,
    RecallShare,
    RecallVersion,
    ScopeChange,
)
from wms.recall.queries import outside, recalls, scope
from wms.recall.queries.scope import Asked
from wms.recall.queries.stopping import lock_doors
from wms.recall.rules.figures import share_text
from wms.recall.rules.steps import TRUCK_HOURS, RecallStep, check_turn
from wms.recall.service import opening, stopping
from wms.recall.service.stops import set_stops
from wms.signing.rules import Meaning
from wms.signing.service import sign
from wms.stock import ledger
from wms.stock.ledger import reads
from wms.stock.models import Hold, HoldReason
from wms.trace.rules.graph import Node, ShipmentFound


@dataclass(frozen=True, kw_only=True)
class FreezeScope:
    """Freeze the scope as a version: what the traces of `asked` find, of it the `chosen` lots (None: all), and `named` ones.

    The first version takes what the recall was opened with when nothing is asked. `after` is the version it was looked at
    beside (0: none); another one meanwhile is refused.
    """

    recall: RecallId
    reason: str
    after: int = 0
    asked: tuple[Asked, ...] = ()
    chosen: frozenset[LotId] | None = None
    named: tuple[LotId, ...] = ()
    truck_hours: int = TRUCK_HOURS


@dataclass(frozen=True, kw_only=True)
class Frozen:
    """A frozen version: its number, how many lots it has, and how many are new in it."""

    version: RecallVersionId
    number: int
    lots: int
    new: int


def freeze_scope(cmd: FreezeScope, *, actor: UserId, at: datetime) -> Frozen:
    """Freeze the scope as the next version. A later one always keeps the lots of the last: it only widens.

    What is new in it is stopped at the doors at once, as in the first step. Raises FieldErrors, WrongState (a step before is
    missing; another version came meanwhile), ScopeNotWider, NotFound, StartEmpty, StartAmbiguous.
    """
    recall = opening.lock(cmd.recall)
    check_turn(RecallStep.SCOPE, recalls.done_steps(recall.id), number=recall.number)
    if not cmd.reason.strip():
        raise FieldErrors(errors={"reason": ["required"]})
    last = recalls.current_version(recall.id)
    _check_after(recall, last, cmd.after)
    asked = cmd.asked or ((scope.asked_from(recall.asked),) if last is None and not cmd.named else ())
    kept = {one.lot_id: one for one in _lots_of(last)}
    fresh, left_out = _found(asked, cmd, kept)
    new = {lot: of for lot, of in fresh.items() if lot not in kept}
    if not new and last is not None:
        raise ScopeNotWider(recall=recall.number, version=last.number)
    if not new:
        raise FieldErrors(errors={"lots": ["required"]})
    lots = [*_copies(kept.values()), *new.values()]
    starts = [
        *(last.starts if last else []),
        *({**one.as_data(), "lots": [str(lot) for lot in scope.start_lots(one)]} for one in asked),
    ]
    if last is not None:
        _share_anew(lots, starts)
    version = _keep(
        recall, last, lots, change=ScopeChange.WIDENED if last else ScopeChange.FIRST, reason=cmd.reason,
        starts=starts, left_out=left_out, actor=actor, at=at,
    )  # fmt: skip
    if not recall.is_mock:
        lock_doors(set(new))
    opening.mark(recall, RecallStep.SCOPE, actor=actor, at=at)
    set_stops(recall)
    stopping.stop_for(recall, set(new), actor=actor, at=at, truck_hours=cmd.truck_hours)
    refresh_outside(recall, version)
    return Frozen(version=version.id, number=version.number, lots=len(lots), new=len(new))


def _check_after(recall: Recall, last: RecallVersion | None, after: int) -> None:
    number = last.number if last else 0
    if after != number:
        raise WrongState(subject=recall.number, state=f"version {number}", event="freeze", needed=[f"version {after}"])


def _lots_of(version: RecallVersion | None) -> list[RecallLot]:
    if version is None:
        return []
    return list(db.session.execute(select(RecallLot).where(RecallLot.version_id == version.id)).scalars())


def _copies(lots: Collection[RecallLot]) -> list[RecallLot]:
    return [RecallLot(lot_id=one.lot_id, role=one.role, level=one.level, why=one.why, share=one.share) for one in lots]


def _found(
    asked: Sequence[Asked], cmd: FreezeScope, kept: Collection[LotId]
) -> tuple[dict[LotId, RecallLot], list[LotId]]:
    """The lots that the traces find, with the reason of each; and those that a person left out."""
    found: dict[LotId, RecallLot] = {}
    left_out: list[LotId] = []
    for one in asked:
        result = scope.found_of(one, with_ends=False)
        for node in result.nodes:
            if cmd.chosen is not None and node.lot not in cmd.chosen and node.lot not in kept:
                left_out.append(node.lot)
                continue
            found.setdefault(node.lot, _row(node, one, cmd.reason))
    for lot in scope.facts_of(cmd.named):
        found.setdefault(lot.id, RecallLot(lot_id=lot.id, role=LotRole.NAMED, level=0, why=cmd.reason[:500]))
    if missing := set(cmd.named) - found.keys():
        raise NotFound(kind="lot", text=str(min(missing)))
    return found, sorted(set(left_out) - found.keys())


def _row(node: Node, asked: Asked, reason: str) -> RecallLot:
    backward = asked.direction == "backward"
    role = LotRole.START if node.is_start else LotRole.BACKWARD if backward else LotRole.FORWARD
    said = f"{asked.kind} {asked.text}".strip() if asked.text else ""
    return RecallLot(
        lot_id=node.lot, role=role, level=node.level, why=(reason if node.is_start else said or reason)[:500],
        share=share_text(Fraction(1) if node.is_start else None if backward else node.part),
    )  # fmt: skip


def _forward_starts(starts: Sequence[Any], lots: Collection[LotId]) -> list[LotId]:
    """The lots of a scope that its forward traces begin at."""
    inside = set(lots)
    return sorted({
        LotId(int(lot)) for one in starts if one.get("direction") != "backward" for lot in one.get("lots", ())
    } & inside)  # fmt: skip


def _share_anew(lots: Sequence[RecallLot], starts: Sequence[Any]) -> None:
    """The part of each lot that came from the starts of a version that widens: from the earlier ones and the new ones."""
    begins = _forward_starts(starts, [one.lot_id for one in lots])
    if not begins:
        return
    parts = scope.parts_from(begins)
    for one in lots:
        if one.role in (LotRole.START, LotRole.FORWARD) and one.lot_id in parts:
            one.share = share_text(parts[one.lot_id])


def digest_of(lots: Collection[LotId]) -> str:
    """The SHA-256 of the lots of a scope in their order."""
    return hashlib.sha256(",".join(str(lot) for lot in sorted(lots)).encode()).hexdigest()


def _keep(
    recall: Recall, last: RecallVersion | None, lots: Sequence[RecallLot], *, change: ScopeChange, reason: str,
    starts: list[Any], left_out: Sequence[LotId], actor: UserId, at: datetime, signature: Any = None,
) -> RecallVersion:  # fmt: skip
    ids = [one.lot_id for one in lots]
    version = RecallVersion(
        id=RecallVersionId(new_id()), recall_id=recall.id, number=(last.number if last else 0) + 1, change=change,
        reason=reason[:1000], starts=starts, as_of_seq=_newest(), lots_digest=digest_of(ids),
        figures=scope.frozen(scope.preview(ids, at=at)) | {"left_out": [str(lot) for lot in left_out]},
        made_by=actor, made_at=at, signature_id=signature,
    )  # fmt: skip
    db.session.add(version)
    db.session.flush()
    for one in lots:
        one.version_id = version.id
    db.session.add_all(lots)
    db.session.flush()
    return version


def _newest() -> PostingSeq:
    return PostingSeq(db.session.execute(select(func.coalesce(func.max(reads.posting.c.seq), 0))).scalar_one())


# -- place ------------------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, kw_only=True)
class PlaceScope:
    """Hold everything of a frozen version. `fingerprint` is the preview's; `answers`: "hold_changed", "scope_grew"."""

    recall: RecallId
    version: int
    fingerprint: str = ""
    answers: frozenset[str] = field(default_factory=frozenset)


@dataclass(frozen=True, kw_only=True)
class Placed:
    """What the placing did: the case, how many lots and places it holds, whose orders stopped. A drill has no case."""

    version: int
    case: HoldCaseId | None = None
    case_number: str = ""
    lots: int = 0
    places: int = 0
    orders: tuple[StoppedOrder, ...] = ()
    is_repeat: bool = False


def place_scope(cmd: PlaceScope, *, actor: UserId, at: datetime) -> Placed:
    """Hold all lots of the version in force that are not held by this recall yet: wherever they stand, in one posting.

    What comes later of them is held as it comes in. A drill posts nothing, and its time runs to here. Raises NotFound,
    WrongState (not the version in force), QuestionNeeded (hold_changed, scope_grew).
    """
    recall = opening.lock(cmd.recall)
    version = recalls.current_version(recall.id)
    if version is None or version.number != cmd.version:
        raise WrongState(
            subject=recall.number, state=f"version {version.number if version else 0}", event="place",
            needed=[f"version {cmd.version}"],
        )  # fmt: skip
    if version.placed_at is not None:
        return Placed(version=version.number, case=version.case_id, is_repeat=True)
    check_turn(RecallStep.HOLD, recalls.done_steps(recall.id), number=recall.number)
    done = Placed(version=version.number)
    if not recall.is_mock:
        done = _hold(recall, version, cmd, actor=actor, at=at)
    version.placed_by, version.placed_at = actor, at
    db.session.flush()
    refresh_outside(recall, version)
    if not recall.is_mock:
        resolve_others(AlertKind.RECALL_STOP, prefix=f"recall:{recall.id}:stop:", keep=set(), actor=actor, at=at)
    opening.mark(recall, RecallStep.HOLD, actor=actor, at=at)
    set_stops(
        recall
    )  # from here the hold itself stops them; what was made meanwhile and is in no version stays stopped
    return done


def _hold(recall: Recall, version: RecallVersion, cmd: PlaceScope, *, actor: UserId, at: datetime) -> Placed:
    lots = scope.lots_to_hold(recall.id, version.id)
    ledger.lock_lots(recalls.lots_of(version.id), exclusive=True)
    grown = scope.grown_since(version)  # looked at with the lots locked: nothing more is made of them from here on
    if grown and "scope_grew" not in cmd.answers:
        numbers = scope.numbers_of(grown)
        raise QuestionNeeded(
            question="scope_grew",
            count=len(grown),
            lots=", ".join(numbers[:5]) + (f" +{len(numbers) - 5}" if len(numbers) > 5 else ""),
        )
    if not lots:
        return Placed(version=version.number)
    placed: PlacedCase = place_case(
        PlaceCase(
            key=f"recall:{version.id}", selection=scope.selection_of(lots), reason=HoldReason.RECALL,
            note=f"{recall.number} v{version.number}: {version.reason}"[:500], fingerprint=cmd.fingerprint,
            is_agreed="hold_changed" in cmd.answers,
        ),
        actor=actor, at=at,
    )  # fmt: skip
    version.case_id = placed.case
    return Placed(
        version=version.number,
        case=placed.case,
        case_number=placed.number,
        lots=placed.lots,
        places=placed.places,
        orders=placed.stopped_orders,
    )


# -- narrow -----------------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, kw_only=True)
class NarrowScope:
    """Leave lots out of the scope, with the reason, signed: their holds of this recall are lifted with it."""

    recall: RecallId
    after: int
    leave_out: frozenset[LotId]
    reason: str


def narrow_scope(cmd: NarrowScope, *, actor: UserId, at: datetime) -> Frozen:
    """Make a narrower version, signed; another person than who froze the last one or placed the holds. Never all lots.

    Raises FieldErrors, NotFound (a lot that is not in the scope), OtherPersonNeeded, SecondPersonNeeded, WrongState.
    """
    recall = opening.lock(cmd.recall)
    last = recalls.current_version(recall.id)
    _check_after(recall, last, cmd.after)
    assert last is not None or cmd.after == 0
    kept = {one.lot_id: one for one in _lots_of(last)}
    if last is None or not cmd.leave_out:
        raise FieldErrors(errors={"lots": ["required"]})
    if missing := cmd.leave_out - kept.keys():
        raise NotFound(kind="lot", text=", ".join(scope.numbers_of(missing)) or str(min(missing)))
    if cmd.leave_out == kept.keys() or not cmd.reason.strip():
        raise FieldErrors(errors={"lots" if cmd.reason.strip() else "reason": ["required"]})
    _lift(recall, cmd, actor=actor, at=at)
    if actor in _put_in_by(recall, cmd.leave_out):  # also where nothing is held yet
        raise OtherPersonNeeded(
            name=db.session.get_one(User, actor).full_name, part="who_asked", task="to_approve"
        )  # fmt: skip
    lots = _copies([one for lot, one in kept.items() if lot not in cmd.leave_out])
    signature = sign(
        subject_kind=opening.SUBJECT, subject_id=recall.id, meaning=Meaning.APPROVED, actor=actor, at=at,
        reason=cmd.reason, warehouse=recall.warehouse_id,
        record=opening.record_of(recall) | {
            "version": last.number + 1, "left_out": scope.numbers_of(cmd.leave_out),
            "lots_sha256": digest_of([one.lot_id for one in lots]),
        },
    )  # fmt: skip
    out_before = [LotId(int(one)) for one in last.figures.get("left_out", ())]
    version = _keep(
        recall, last, lots, change=ScopeChange.NARROWED, reason=cmd.reason, starts=list(last.starts),
        left_out=sorted({*out_before, *cmd.leave_out}), actor=actor, at=at, signature=signature,
    )  # fmt: skip
    if last.placed_at is not None:
        version.placed_by, version.placed_at = actor, at
    refresh_outside(recall, version)
    db.session.flush()
    set_stops(recall)
    return Frozen(version=version.id, number=version.number, lots=len(lots), new=0)


def _put_in_by(recall: Recall, lots: Collection[LotId]) -> set[UserId]:
    """Who brought these lots into the scope: the makers of the first version of each."""
    rows = db.session.execute(
        select(RecallLot.lot_id, RecallVersion.made_by)
        .join(RecallVersion, RecallVersion.id == RecallLot.version_id)
        .where(RecallVersion.recall_id == recall.id, RecallLot.lot_id.in_(sorted(lots)))
        .order_by(RecallVersion.number.desc())
    )
    return set({row.lot_id: row.made_by for row in rows}.values())


def _lift(recall: Recall, cmd: NarrowScope, *, actor: UserId, at: datetime) -> None:
    for case in sorted(recalls.cases_of(recall.id)):
        holds = list(
            db.session.execute(
                select(Hold.id).where(
                    Hold.case_id == case, Hold.lot_id.in_(sorted(cmd.leave_out)), Hold.lifted_at.is_(None)
                )
            ).scalars()
        )
        if holds:
            lift_case(LiftCase(case=case, reason=cmd.reason, holds=tuple(holds), by_recall=True), actor=actor, at=at)


# -- outside ------------------------------------------------------------------------------------------------------------------
def refresh_outside(recall: Recall, version: RecallVersion) -> None:
    """Bring parties and deliveries up to what left of the lots in force, less what came back before, and not by this recall."""
    lots = recalls.lots_of(version.id)
    lines, customers = scope.shipments_of(lots, _forward_starts(version.starts, lots))
    earlier = outside.returned_before(recall.id, lots)
    known = {
        (one.party_id, one.lot_id, one.kind, one.document_id): one
        for one in db.session.execute(select(RecallDelivery).where(RecallDelivery.recall_id == recall.id)).scalars()
    }
    parties = {
        one.partner_id: one
        for one in db.session.execute(
            select(RecallParty).where(RecallParty.recall_id == recall.id, RecallParty.role == PartyRole.CUSTOMER)
        ).scalars()
    }
    left: list[tuple[ShipmentFound, Quantity]] = []
    for line in sorted(lines, key=_newest_first):
        came = (
            earlier.taken(line) if line.shipped > ZERO else ZERO
        )  # a return that no shipment of ours explains is none
        if line.shipped > came:
            left.append((line, line.shipped - came))
    _add_parties(recall, version, {line.customer for line, _ in left} - parties.keys(), customers, parties)
    sums: dict[Any, Quantity] = {}
    pieces: dict[Any, list[tuple[Fraction | None, Quantity]]] = {}
    for line, quantity in left:
        kind = DeliveryKind.IMPORTED if line.is_imported else DeliveryKind.SHIPMENT
        key = (parties[line.customer].id, line.lot, kind, _document(line))
        sums[key] = sums.get(key, ZERO) + quantity
        pieces.setdefault(key, []).append((line.part, quantity))
        row = known.get(key)
        if row is None:
            row = RecallDelivery(
                id=new_id(), recall_id=recall.id, party_id=key[0], lot_id=line.lot, kind=kind,
                document_id=_document(line), quantity=sums[key], document=line.number[:80],
                order_number=line.order_number[:60], shipped_at=line.at, shipped_on=line.on,
                share=share_text(line.part),
            )  # fmt: skip
            known[key] = row
            db.session.add(row)
        elif row.quantity != sums[key]:
            row.quantity = sums[key]
    db.session.flush()
    _keep_shares(version, {known[key].id: share_text(outside.part_of(of)) for key, of in pieces.items()})


def _keep_shares(version: RecallVersion, shares: Mapping[int, str]) -> None:
    """The parts of the deliveries as this version has them; those of earlier versions stay as they were."""
    rows = {
        one.delivery_id: one
        for one in db.session.execute(select(RecallShare).where(RecallShare.version_id == version.id)).scalars()
    }
    for delivery, share in shares.items():
        if delivery not in rows:
            db.session.add(RecallShare(version_id=version.id, delivery_id=delivery, share=share))
        elif rows[delivery].share != share:
            rows[delivery].share = share
    db.session.flush()


def _newest_first(line: ShipmentFound) -> tuple[float, int]:
    return (-line.at.timestamp() if line.at else 0.0, -line.on.toordinal() if line.on else 0)


def _document(line: ShipmentFound) -> int:
    """The shipment's id; of an imported paper, which has none here, a number made of its text and day."""
    if line.shipment is not None:
        return int(line.shipment)
    text = f"{line.number}|{line.on}|{line.customer}"
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") >> 1


def _add_parties(
    recall: Recall, version: RecallVersion, partners: Collection[PartnerId | None], customers: Any,
    parties: dict[PartnerId | None, RecallParty],
) -> None:  # fmt: skip
    """The customers that come into the scope with this version, as they stand now."""
    verified: dict[PartnerId, date | None] = {}
    for part in parts_of(sorted(one for one in partners if one is not None)):
        for row in db.session.execute(
            select(Partner.id, Partner.recall_contact_verified_on).where(Partner.id.in_(part))
        ):
            verified[row.id] = row.recall_contact_verified_on
    for partner in sorted(partners, key=lambda one: one or 0):
        known = customers.get(partner)
        parties[partner] = RecallParty(
            id=new_id(), recall_id=recall.id, partner_id=partner, role=PartyRole.CUSTOMER, first_version=version.number,
            name_en=known.name_en if known else "?", name_zh=known.name_zh if known else "",
            address=known.address if known else "", phone=known.phone if known else "",
            contact=known.recall_contact if known else "",
            contact_verified_on=verified.get(partner) if partner is not None else None,
            email=known.email if known else "", language=known.language if known else "",
        )  # fmt: skip
        db.session.add(parties[partner])
    db.session.flush()


__all__ = [
    "FreezeScope", "Frozen", "NarrowScope", "PlaceScope", "Placed", "freeze_scope", "narrow_scope", "place_scope",
    "refresh_outside",
]  # fmt: skip
