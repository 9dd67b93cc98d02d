"""Verbs of notices: set a contact right, tell the parties of a recall, write down what they answer.

A letter is drawn and kept before the transaction (notice_letters.py); the row, the e-mail and the step of the clock are one
transaction. Nothing is ever sent for a drill.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from wms.core.errors import FieldErrors, KeyReused, MissingField, NotShippedTo, RecallIsDrill
from wms.core.ids import LotId, NoticeId, RecallId, UserId, new_id
from wms.core.quantity import ZERO, Quantity
from wms.core.states import step
from wms.db import db
from wms.files import service as files
from wms.files.models import FileKind
from wms.files.service import KeptFile
from wms.mail.rules import is_address
from wms.mail.service import Address, Attached, queue_mail
from wms.recall import notice_queries
from wms.recall.models import OutsideFate, Recall, RecallParty
from wms.recall.notice_models import NoticeWay, RecallNotice, RecallReply, RecallReplyLine
from wms.recall.queries import outside, recalls
from wms.recall.rules import steps
from wms.recall.rules.steps import RecallStep
from wms.recall.service import goods, opening
from wms.recall.service.goods import ConfirmOutside

KIND = "recall_notice"
NOTICE_FILE = "recall-notice"


@dataclass(frozen=True, kw_only=True)
class Draft:
    """A notice to one party as it was drawn: its words in its language, its letter, how it goes."""

    party: int
    way: NoticeWay
    language: str
    subject: str
    body: str
    letter: KeptFile
    reply_by_at: datetime


def set_contact(
    recall: RecallId, party: int, *, email: str, phone: str, contact: str, language: str, actor: UserId, at: datetime
) -> None:
    """Set right where a party is reached in this recall; the partner's own record stays as it is.

    Raises NotFound, WrongState (closed), FieldErrors (an address that is none).
    """
    opening.lock(recall)
    found = outside.find_party(recall, party)
    if email and not is_address(email):
        raise FieldErrors(errors={"email": ["bad_address"]})
    found.email, found.phone, found.contact, found.language = email[:160], phone, contact, language
    db.session.flush()


def demand_ready(recall: Recall) -> None:
    """Refuse what would be drawn in vain: a drill, a closed recall, goods that are not stopped and held yet.

    Raises RecallIsDrill, WrongState.
    """
    if recall.is_mock:
        raise RecallIsDrill(recall=recall.number)
    step(steps.STATES, recall.state.value, "work", subject=recall.number)
    steps.check_turn(RecallStep.NOTIFY, recalls.done_steps(recall.id), number=recall.number)


def send_notices(recall: RecallId, drafts: Sequence[Draft], *, actor: UserId, at: datetime) -> list[NoticeId]:
    """Tell parties of the version in force: each notice is kept with its letter, an e-mail is queued, the clock noted.

    When every customer who got goods of the version was told, the step "tell the customers" is done. Raises RecallIsDrill,
    WrongState (closed, or goods are not stopped and held yet), MissingField (no address for an e-mail), NotFound.
    """
    found = opening.lock(recall)
    demand_ready(found)
    version = recalls.current_version(found.id)
    assert version is not None, "the scope is held, so there is a version"
    made = []
    for draft in drafts:
        party = outside.find_party(found.id, draft.party)
        notice = RecallNotice(
            id=NoticeId(new_id()), recall_id=found.id, version_id=version.id, party_id=party.id,
            round=notice_queries.last_round(party.id, version.id) + 1, way=draft.way, language=draft.language,
            sent_to=_sent_to(party, draft.way), subject=draft.subject, body=draft.body,
            letter_sha256=draft.letter.sha256, reply_by_at=draft.reply_by_at, made_by=actor, made_at=at,
        )  # fmt: skip
        name = f"{NOTICE_FILE}-{found.number}-{party.partner.code if party.partner else party.id}.pdf"[:160]
        if draft.way is NoticeWay.EMAIL:
            if not party.email:
                raise MissingField(field="email")
            notice.mail_id = queue_mail(
                Address(party.email, party.contact[:160]), draft.subject, draft.body, subject_kind=KIND,
                subject_id=int(notice.id), language=draft.language, actor=actor, at=at, warehouse=found.warehouse_id,
                attachments=[
                    Attached(
                        sha256=draft.letter.sha256, content_type=draft.letter.content_type,
                        size_bytes=draft.letter.size_bytes, name=name,
                    )
                ],
            )  # fmt: skip
        db.session.add(notice)
        files.attach(
            draft.letter,
            subject_kind=KIND,
            subject_id=int(notice.id),
            actor=actor,
            at=at,
            name=name,
            kind=FileKind.OTHER,
        )
        db.session.flush()
        made.append(notice.id)
    if all(one.is_told for one in notice_queries.parties_of(found.id)):
        opening.mark(found, RecallStep.NOTIFY, actor=actor, at=at)
    db.session.flush()
    return made


def _sent_to(party: RecallParty, way: NoticeWay) -> str:
    text = {NoticeWay.EMAIL: party.email, NoticeWay.LETTER: party.address, NoticeWay.PHONE: party.phone}
    return (text.get(way) or party.contact or party.name_en)[:300]


@dataclass(frozen=True, kw_only=True)
class ReplyLine:
    """Of one lot: what they still have, used, destroyed, and will send back."""

    lot: LotId
    on_hand: Quantity = ZERO
    used: Quantity = ZERO
    destroyed: Quantity = ZERO
    to_return: Quantity = ZERO


@dataclass(frozen=True, kw_only=True)
class RecordReply:
    """What a party answered, by whom there, how and when."""

    key: str
    recall: RecallId
    party: int
    way: NoticeWay
    contact: str
    received_at: datetime
    lines: tuple[ReplyLine, ...]
    note: str = ""


def record_reply(cmd: RecordReply, *, actor: UserId, at: datetime) -> int:
    """Write an answer down; what was used or destroyed counts as accounted for at once. Once for each `key`.

    Raises RecallIsDrill, NotFound, NotShippedTo, FieldErrors (more used or destroyed than is outstanding there, received in
    the future), WrongState, KeyReused.
    """
    found = opening.lock(cmd.recall)
    known = db.session.execute(select(RecallReply).where(RecallReply.key == cmd.key)).scalar_one_or_none()
    if known is not None:
        if (known.recall_id, known.party_id) != (cmd.recall, cmd.party):
            raise KeyReused(key=cmd.key)
        return known.id
    if found.is_mock:
        raise RecallIsDrill(recall=found.number)
    if cmd.received_at > at:
        raise FieldErrors(errors={"received_at": ["in_future"]})
    party = outside.find_party(found.id, cmd.party)
    shipped = {row.lot: row.lot_number for row in outside.deliveries_of(found.id, party.id)}
    reply = RecallReply(
        id=new_id(), key=cmd.key, recall_id=found.id, party_id=party.id, way=cmd.way, contact=cmd.contact,
        note=cmd.note, received_at=cmd.received_at, recorded_by=actor, recorded_at=at,
    )  # fmt: skip
    for line in cmd.lines:
        if line.lot not in shipped:
            raise NotShippedTo(lot=str(line.lot), customer=party.name_en, recall=found.number)
        reply.lines.append(
            RecallReplyLine(
                id=new_id(),
                lot_id=line.lot,
                on_hand=line.on_hand,
                used=line.used,
                destroyed=line.destroyed,
                to_return=line.to_return,
            )
        )
    db.session.add(reply)
    db.session.flush()
    for line in cmd.lines:
        for fate, amount in ((OutsideFate.USED, line.used), (OutsideFate.DESTROYED, line.destroyed)):
            if amount > ZERO:
                goods.confirm_outside(
                    ConfirmOutside(
                        key=f"reply:{reply.id}:{line.lot}:{fate.value}"[:100], recall=found.id, party=party.id,
                        lot=line.lot, fate=fate, quantity=amount, said_by=cmd.contact,
                    ),
                    actor=actor, at=at,
                )  # fmt: skip
    return reply.id
