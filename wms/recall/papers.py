"""What a lot's history is told of recalls: taken into a scope or left out of it, held, told of, answered, brought back."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, and_, case, exists, literal, select
from sqlalchemy.orm import aliased

from wms.complaints.models import Capa
from wms.complaints.papers import capa_papers
from wms.core.ids import LotId
from wms.recall.models import (
    OutsideFate,
    Recall,
    RecallConfirmation,
    RecallDelivery,
    RecallLot,
    RecallOutcome,
    RecallReturn,
    RecallVersion,
    ScopeChange,
)
from wms.recall.notice_models import RecallNotice, RecallReply, RecallReplyLine
from wms.signing.models import Signature
from wms.trace.history import paper


def papers(lot: LotId) -> list[Select[Any]]:
    """Every step of a recall that concerns the lot, with who did it; a drill says that it is one."""
    inside = (
        select(RecallVersion.recall_id)
        .join(RecallLot, RecallLot.version_id == RecallVersion.id)
        .where(RecallLot.lot_id == lot)
    )
    of_recall: dict[str, Any] = {
        "warehouse": Recall.warehouse_id, "number": Recall.number, "document_kind": "recall", "document_id": Recall.id,
    }  # fmt: skip
    return [
        *_scope(lot, of_recall), *_customers(lot, of_recall), *_goods(lot, of_recall),
        paper("recall", at=Recall.closed_at, id=Recall.id, person=Recall.closed_by, code="closed", note=Recall.close_reason,
              **of_recall).where(Recall.id.in_(inside), Recall.closed_at.is_not(None)),
        paper("signature", at=Signature.signed_at, id=Signature.id, person=Signature.user_id, code=Signature.meaning,
              note=Signature.reason, **of_recall)
        .join_from(Signature, Recall, Recall.id == Signature.subject_id)
        .where(Signature.subject_kind == "recall", Recall.id.in_(inside)),
        *capa_papers(and_(Capa.origin_kind == "recall", Capa.origin_id.in_(inside))),
    ]  # fmt: skip


def _scope(lot: LotId, of_recall: dict[str, Any]) -> list[Select[Any]]:
    before, lot_before = aliased(RecallVersion), aliased(RecallLot)
    was_in = exists().where(
        before.recall_id == RecallVersion.recall_id, before.number == RecallVersion.number - 1,
        lot_before.version_id == before.id, lot_before.lot_id == lot,
    )  # fmt: skip
    is_in = exists().where(RecallLot.version_id == RecallVersion.id, RecallLot.lot_id == lot)
    return [
        paper("recall", at=RecallVersion.made_at, id=RecallVersion.id, person=RecallVersion.made_by,
              code=case((Recall.is_mock, "drill"), else_="frozen"), note=RecallLot.why, **of_recall)
        .join_from(RecallVersion, Recall, Recall.id == RecallVersion.recall_id)
        .join(RecallLot, RecallLot.version_id == RecallVersion.id)
        .where(RecallLot.lot_id == lot, ~was_in),
        # Frozen and held may be of one instant: the line keeps them apart.
        paper("recall", at=RecallVersion.placed_at, id=RecallVersion.id, line=literal(1), person=RecallVersion.placed_by,
              code="held", note=RecallVersion.reason, **of_recall)
        .join_from(RecallVersion, Recall, Recall.id == RecallVersion.recall_id)
        .join(RecallLot, RecallLot.version_id == RecallVersion.id)
        .where(RecallLot.lot_id == lot, RecallVersion.placed_at.is_not(None)),
        paper("recall", at=RecallVersion.made_at, id=RecallVersion.id, line=literal(2), person=RecallVersion.made_by,
              code="left_out", note=RecallVersion.reason, **of_recall)
        .join_from(RecallVersion, Recall, Recall.id == RecallVersion.recall_id)
        .where(RecallVersion.change == ScopeChange.NARROWED, was_in, ~is_in),
    ]  # fmt: skip


def _customers(lot: LotId, of_recall: dict[str, Any]) -> list[Select[Any]]:
    got = exists().where(RecallDelivery.party_id == RecallNotice.party_id, RecallDelivery.lot_id == lot)
    # A notice speaks of the lots of its version alone.
    told = exists().where(RecallLot.version_id == RecallNotice.version_id, RecallLot.lot_id == lot)
    confirmed = case((RecallConfirmation.fate == OutsideFate.USED, "used"), else_="destroyed")
    return [
        paper("recall", at=RecallNotice.drawn_at, id=RecallNotice.id, person=RecallNotice.made_by, code="told",
              note=RecallNotice.sent_to, occurred_at=RecallNotice.made_at, **of_recall)
        .join_from(RecallNotice, Recall, Recall.id == RecallNotice.recall_id)
        .where(RecallNotice.drawn_at.is_not(None), got, told),
        paper("recall", at=RecallReply.recorded_at, id=RecallReply.id, person=RecallReply.recorded_by, code="answered",
              quantity=RecallReplyLine.on_hand, note=RecallReply.contact, occurred_at=RecallReply.received_at, **of_recall)
        .join_from(RecallReplyLine, RecallReply, RecallReply.id == RecallReplyLine.reply_id)
        .join(Recall, Recall.id == RecallReply.recall_id)
        .where(RecallReplyLine.lot_id == lot),
        *(
            paper("recall", at=at, id=RecallConfirmation.id, line=literal(line), person=person, code=code,
                  quantity=RecallConfirmation.quantity, note=note, **of_recall)
            .join_from(RecallConfirmation, Recall, Recall.id == RecallConfirmation.recall_id)
            .where(RecallConfirmation.lot_id == lot, at.is_not(None))
            for line, at, person, code, note in (
                (0, RecallConfirmation.recorded_at, RecallConfirmation.recorded_by, confirmed, RecallConfirmation.said_by),
                (1, RecallConfirmation.voided_at, RecallConfirmation.voided_by, "confirmation_voided",
                 RecallConfirmation.void_reason),
            )
        ),
    ]  # fmt: skip


def _goods(lot: LotId, of_recall: dict[str, Any]) -> list[Select[Any]]:
    return [
        paper("recall", at=RecallReturn.received_at, id=RecallReturn.id, person=RecallReturn.received_by, code="returned",
              quantity=RecallReturn.quantity, note=RecallReturn.document, bin=RecallReturn.bin_id,
              **(of_recall | {"warehouse": RecallReturn.warehouse_id}))
        .join_from(RecallReturn, Recall, Recall.id == RecallReturn.recall_id)
        .where(RecallReturn.lot_id == lot),
        paper("recall", at=RecallOutcome.recorded_at, id=RecallOutcome.id, person=RecallOutcome.recorded_by,
              code=literal("inside_") + RecallOutcome.fate, quantity=RecallOutcome.quantity, note=RecallOutcome.note,
              **of_recall)
        .join_from(RecallOutcome, Recall, Recall.id == RecallOutcome.recall_id)
        .where(RecallOutcome.lot_id == lot),
    ]  # fmt: skip
