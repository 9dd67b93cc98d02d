"""Goods of a recall: what comes back into the cage, what customers confirm, what becomes of what we hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select

from wms.core.errors import (
    BadQuantity,
    BinUnsuitable,
    FieldErrors,
    KeyReused,
    NotFound,
    NotShippedTo,
    QuestionNeeded,
    RecallIsDrill,
    WrongState,
)
from wms.core.ids import BinId, DestructionId, LotId, RecallId, ShipmentId, UserId, WarehouseId, new_id
from wms.core.quantity import ZERO, Quantity
from wms.db import db
from wms.disposition.models import Destruction
from wms.disposition.service import DestroyLine, OrderDestruction, order_destruction
from wms.quality.laying import APART
from wms.recall.models import (
    InsideFate,
    OutsideFate,
    Recall,
    RecallConfirmation,
    RecallDelivery,
    RecallOutcome,
    RecallParty,
    RecallReturn,
)
from wms.recall.queries import outside, recalls, scope
from wms.recall.rules.steps import RecallStep, check_turn
from wms.recall.service import opening
from wms.shipping.queries import customer_bin
from wms.sites.models import Bin
from wms.stock import ledger
from wms.stock.ledger import Document, Move, Place, Quality, Reason, StockKey
from wms.stock.models import Lot


@dataclass(frozen=True, kw_only=True)
class ReceiveReturn:
    """So much of a lot came back from a party, into a quarantine bin or the cage.

    `answers`: {"returned_more": why} when more came than was shipped.
    """

    key: str
    recall: RecallId
    warehouse: WarehouseId
    party: int
    lot: LotId
    quantity: Quantity
    bin: BinId
    document: str = ""
    answers: Mapping[str, str] = field(default_factory=dict)


def receive_return(cmd: ReceiveReturn, *, actor: UserId, at: datetime) -> Quantity:
    """Take goods back from a customer: posted in as pending, under the recall's hold; how much. Once for each `key`.

    A posting for each shipment it may have left by, the newest first. Raises RecallIsDrill, BadQuantity, BinUnsuitable (not
    set apart), NotShippedTo, QuestionNeeded (returned_more), NotFound, WrongState (the scope is not placed), KeyReused.
    """
    recall = opening.lock(cmd.recall)
    known = db.session.execute(
        select(RecallReturn).where(
            (RecallReturn.key == cmd.key) | RecallReturn.key.startswith(f"{cmd.key}/", autoescape=True)
        )
    ).scalars().all()  # fmt: skip
    if known:
        asked = (recall.id, cmd.warehouse, cmd.party, cmd.lot, cmd.bin)
        done = Quantity(sum(one.quantity.millionths for one in known))
        if done != cmd.quantity or any(
            (one.recall_id, one.warehouse_id, one.party_id, one.lot_id, one.bin_id) != asked for one in known
        ):
            raise KeyReused(key=cmd.key)
        return done
    if recall.is_mock:
        raise RecallIsDrill(recall=recall.number)
    check_turn(RecallStep.NOTIFY, recalls.done_steps(recall.id), number=recall.number)
    if cmd.quantity <= ZERO:
        raise BadQuantity(text=str(cmd.quantity))
    party, lot = outside.find_party(recall.id, cmd.party), _lot(cmd.lot)
    target = _bin_apart(cmd.bin, cmd.warehouse)
    ledger.lock_lots([cmd.lot], exclusive=True)  # two hands with the same goods: the second sees what the first took in
    pieces = _pieces(recall, party, lot, cmd)
    source = customer_bin(cmd.warehouse)
    for n, (shipment, quantity, why) in enumerate(pieces):
        key = cmd.key if n == 0 else f"{cmd.key}/{n}"
        document = Document(kind="shipment", id=shipment) if shipment else Document(kind=opening.SUBJECT, id=recall.id)
        move = Move(
            quantity=quantity, source=StockKey(lot=cmd.lot, place=source, quality=Quality.PENDING),
            target=StockKey(lot=cmd.lot, place=Place(bin=target), quality=Quality.PENDING),
        )  # fmt: skip
        posted = ledger.post(
            [move], key=f"recall-return:{key}"[:100], reason=Reason.CUSTOMER_RETURN, document=document, actor=actor,
            at=at, note=f"{recall.number} {cmd.document}".strip(),
        )  # fmt: skip
        db.session.add(
            RecallReturn(
                id=new_id(), key=key, recall_id=recall.id, party_id=party.id, lot_id=cmd.lot,
                warehouse_id=cmd.warehouse, shipment_id=shipment, quantity=quantity, bin_id=target,
                document=cmd.document[:60], over_reason=why[:300], posting_seq=posted.seq, received_by=actor,
                received_at=at,
            )
        )  # fmt: skip
    db.session.flush()
    return cmd.quantity


def _lot(lot: LotId) -> Lot:
    found = db.session.get(Lot, lot)
    if found is None:
        raise NotFound(kind="lot", text=str(lot))
    return found


def _bin_apart(bin: BinId, warehouse: WarehouseId) -> BinId:
    row = db.session.execute(select(Bin).where(Bin.id == bin, Bin.warehouse_id == warehouse)).scalar_one_or_none()
    if row is None:
        raise NotFound(kind="bin", text=str(bin))
    if row.kind not in APART:
        raise BinUnsuitable(bin=row.code, why="not_apart", found=row.kind.value, needed="quarantine")
    return row.id


def _pieces(
    recall: Recall, party: RecallParty, lot: Lot, cmd: ReceiveReturn
) -> list[tuple[ShipmentId | None, Quantity, str]]:
    """By which shipments the goods left: the newest first; what is more than was shipped only with an answer."""
    rows = db.session.execute(
        select(RecallDelivery).where(RecallDelivery.party_id == party.id, RecallDelivery.lot_id == lot.id)
    ).scalars()
    deliveries = sorted(
        rows, key=lambda one: (one.shipped_at is not None, one.shipped_at or recall.opened_at, one.id), reverse=True
    )
    if not deliveries or lot.id not in recalls.scope_lots(recall.id):
        raise NotShippedTo(lot=lot.number, customer=party.name_en, recall=recall.number)
    shipped = Quantity(sum(one.quantity.millionths for one in deliveries))
    back = outside.returned_of(recall.id, party.id, lot.id)
    why = cmd.answers.get("returned_more", "")
    if back + cmd.quantity > shipped and not why:
        raise QuestionNeeded(
            question="returned_more", lot=lot.number, customer=party.name_en, shipped=str(shipped),
            returned=str(back + cmd.quantity),
        )  # fmt: skip
    if lot.item.has_unit_ids:  # the pieces are named once, for one posting
        whole = deliveries[0]
        more = back + cmd.quantity > shipped
        return [
            (ShipmentId(whole.document_id) if _is_ours(whole) and not more else None, cmd.quantity, why if more else "")
        ]
    taken: dict[int | None, Quantity] = {}
    for came in db.session.execute(
        select(RecallReturn).where(RecallReturn.party_id == party.id, RecallReturn.lot_id == lot.id)
    ).scalars():
        taken[came.shipment_id] = taken.get(came.shipment_id, ZERO) + came.quantity
    left, pieces = cmd.quantity, []
    unnamed = taken.get(None, ZERO)
    for one in deliveries:
        gone = taken.get(one.document_id, ZERO) if _is_ours(one) else min(unnamed, one.quantity)
        if not _is_ours(one):
            unnamed = unnamed - gone
        part = min(left, max(one.quantity - gone, ZERO))
        if part > ZERO:
            pieces.append((ShipmentId(one.document_id) if _is_ours(one) else None, part, ""))
            left = left - part
    if left > ZERO:
        pieces.append((None, left, why or "-"))
    return pieces


def _is_ours(one: RecallDelivery) -> bool:
    return one.kind.value == "shipment"


# -- what customers confirm -----------------------------------------------------------------------------------------------
@dataclass(frozen=True, kw_only=True)
class ConfirmOutside:
    """A customer confirms that so much of a lot was used or destroyed there; who said so, on which paper."""

    key: str
    recall: RecallId
    party: int
    lot: LotId
    fate: OutsideFate
    quantity: Quantity
    said_by: str = ""
    document: str = ""


def confirm_outside(cmd: ConfirmOutside, *, actor: UserId, at: datetime) -> int:
    """Write down what a customer confirms; its id. Never more than is outstanding at him. Once for each `key`.

    Raises RecallIsDrill, BadQuantity (more than is outstanding, or nothing), NotShippedTo, KeyReused, WrongState.
    """
    recall = opening.lock(cmd.recall)
    known = db.session.execute(select(RecallConfirmation).where(RecallConfirmation.key == cmd.key)).scalar_one_or_none()
    if known is not None:
        asked = (recall.id, cmd.party, cmd.lot, cmd.fate, cmd.quantity)
        if (known.recall_id, known.party_id, known.lot_id, known.fate, known.quantity) != asked:
            raise KeyReused(key=cmd.key)
        return known.id
    if recall.is_mock:
        raise RecallIsDrill(recall=recall.number)
    party, lot = outside.find_party(recall.id, cmd.party), _lot(cmd.lot)
    line = next((o for o in outside.outside_lines(recall.id) if o.party == party.id and o.lot == lot.id), None)
    if line is None:
        raise NotShippedTo(lot=lot.number, customer=party.name_en, recall=recall.number)
    if cmd.quantity <= ZERO or cmd.quantity > line.sums.outstanding:
        raise FieldErrors(errors={"quantity": ["more_than_outstanding" if cmd.quantity > ZERO else "not_positive"]})
    row = RecallConfirmation(
        id=new_id(), key=cmd.key, recall_id=recall.id, party_id=party.id, lot_id=lot.id, fate=cmd.fate,
        quantity=cmd.quantity, said_by=cmd.said_by[:120], document=cmd.document[:60], recorded_by=actor,
        recorded_at=at,
    )  # fmt: skip
    db.session.add(row)
    db.session.flush()
    return row.id


def void_confirmation(recall: RecallId, confirmation: int, *, reason: str, actor: UserId, at: datetime) -> None:
    """Take a confirmation back that was wrong; it stays to be seen. Raises NotFound, WrongState (taken back before)."""
    found = opening.lock(recall)
    row = db.session.get(RecallConfirmation, confirmation, with_for_update=True)
    if row is None or row.recall_id != found.id:
        raise NotFound(kind="confirmation", text=str(confirmation))
    if row.voided_at is not None:
        raise WrongState(subject="confirmation", state="voided", event="void", needed=["recorded"])
    row.voided_by, row.voided_at, row.void_reason = actor, at, reason[:300]
    db.session.flush()


# -- what becomes of what we hold ---------------------------------------------------------------------------------------------
@dataclass(frozen=True, kw_only=True)
class NoteOutcome:
    """So much of a lot was reworked, went back to the supplier, was replaced or freed: with the paper that says so."""

    recall: RecallId
    lot: LotId
    fate: InsideFate
    quantity: Quantity
    note: str = ""


def note_outcome(cmd: NoteOutcome, *, actor: UserId, at: datetime) -> int:
    """Write an outcome down; its id. Raises RecallIsDrill, BadQuantity, NotFound (a lot that is not in the scope)."""
    recall = opening.lock(cmd.recall)
    if recall.is_mock:
        raise RecallIsDrill(recall=recall.number)
    lot = _lot(cmd.lot)
    if lot.id not in recalls.scope_lots(recall.id):
        raise NotFound(kind="lot", text=lot.number)
    if cmd.quantity <= ZERO:
        raise BadQuantity(text=str(cmd.quantity))
    row = RecallOutcome(
        id=new_id(), recall_id=recall.id, lot_id=lot.id, fate=cmd.fate, quantity=cmd.quantity, note=cmd.note[:500],
        recorded_by=actor, recorded_at=at,
    )  # fmt: skip
    db.session.add(row)
    db.session.flush()
    return row.id


@dataclass(frozen=True, kw_only=True)
class DestroyHeld:
    """Destroy what stands of these lots of the scope in quarantine bins and cages of a warehouse, or all of the scope."""

    key: str
    recall: RecallId
    warehouse: WarehouseId
    reason: str
    lots: tuple[LotId, ...] = ()


def destroy_held(cmd: DestroyHeld, *, actor: UserId, at: datetime) -> DestructionId:
    """Order the destruction of held goods that stand apart: approved, carried out and witnessed as any (销毁).

    Nothing is destroyed by it yet, and nothing is noted: that comes with the witness's signature (`note_destroyed`).
    Raises RecallIsDrill, NotFound (nothing of it stands apart here, or a lot is not in the scope), InsufficientStock.
    """
    recall = opening.lock(cmd.recall)
    if recall.is_mock:
        raise RecallIsDrill(recall=recall.number)
    inside = recalls.scope_lots(recall.id)
    if missing := set(cmd.lots) - inside:
        raise NotFound(kind="lot", text=", ".join(scope.numbers_of(missing)) or str(min(missing)))
    rows = [
        row
        for row in scope.balances_of(set(cmd.lots) or inside)
        if row.warehouse == cmd.warehouse and row.bin_kind in APART and row.is_held
    ]
    if not rows:
        raise NotFound(kind="stock", text=recall.number)
    return order_destruction(
        OrderDestruction(
            key=cmd.key, warehouse=cmd.warehouse, reason=f"{recall.number}: {cmd.reason}"[:500],
            lines=tuple(DestroyLine(balance=row.id, quantity=row.on_hand) for row in rows),
        ),
        actor=actor, at=at,
    )  # fmt: skip


def note_destroyed(paper: Destruction, lots: Mapping[LotId, Quantity], actor: UserId, at: datetime) -> None:
    """Note goods that were destroyed before a witness, with each open recall whose scope they are of: whoever ordered it."""
    for recall in recalls.open_recalls_of(lots):
        inside = recalls.scope_lots(recall.id)
        known = outside.noted_of(recall.id, "destruction", paper.id)
        db.session.add_all(
            RecallOutcome(
                id=new_id(), recall_id=recall.id, lot_id=lot, fate=InsideFate.DESTROYED, quantity=quantity,
                document_kind="destruction", document_id=paper.id, note=paper.reason[:500], recorded_by=actor,
                recorded_at=at,
            )
            for lot, quantity in sorted(lots.items())
            if lot in inside and lot not in known
        )  # fmt: skip
    db.session.flush()
