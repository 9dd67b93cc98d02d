"""Verbs of notices: set a contact right, tell the parties of a recall, draw their letters, write down what they answer.

Words are written whole before the transaction (notice_letters.py), the transaction of the request writes the rows. A job
draws letters outside every transaction (notice_drawing.py); the letter, the e-mail and the step of the clock are one
transaction then. Nothing is ever sent for a drill.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from sqlalchemy import and_, or_, select, update

from wms.core.errors import FieldErrors, KeyReused, MissingField, NotFound, NotShippedTo, RecallIsDrill, WrongState
from wms.core.fingerprints import fingerprint_of
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
from wms.recall.notice_models import NoticeWay, RecallNotice, RecallReply, RecallReplyLine, RecallSending
from wms.recall.queries import outside, recalls
from wms.recall.rules import steps
from wms.recall.rules.steps import RecallState, RecallStep
from wms.recall.service import goods, opening
from wms.recall.service.goods import ConfirmOutside

KIND: Final = "recall_notice"
NOTICE_FILE: Final = "recall-notice"
#: So long a process may draw what it took before another may take it for dead.
LEASE: Final = timedelta(minutes=5)
#: A letter that was taken so often and never came out stops the others no longer.
TRIES_MAX: Final = 3
#: The fault of a letter whose process ended while it drew it; a word of wms/web/sentences.py.
INTERRUPTED: Final = "drawing_interrupted"


class Whom(StrEnum):
    """Who is told: parties by name, all who were not told of the version in force, all who were and have not answered."""

    CHOSEN = "chosen"
    UNTOLD = "untold"
    UNANSWERED = "unanswered"


@dataclass(frozen=True, kw_only=True)
class SendNotices:
    """An order to tell customers. `parties` counts where they are chosen; `language` blank: each in its own."""

    key: str
    recall: RecallId
    who: Whom = Whom.CHOSEN
    parties: tuple[int, ...] = ()
    language: str = ""
    instructions: str = ""

    @property
    def fingerprint(self) -> str:
        """What makes another order under the same key known for one."""
        return fingerprint_of(
            recall=self.recall, who=self.who, parties=sorted(set(self.parties)), language=self.language,
            instructions=self.instructions,
        )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Draft:
    """A notice to one party as it was written: its words in its language, its letter to be drawn, how it goes."""

    party: int
    way: NoticeWay
    language: str
    subject: str
    body: str
    letter: str
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


def send_notices(cmd: SendNotices, drafts: Sequence[Draft], *, actor: UserId, at: datetime) -> list[NoticeId]:
    """Tell parties of the version in force: the rows alone, once for each `key`. A job draws the letters, and with each
    letter its e-mail leaves (notice_drawing.py).

    Raises RecallIsDrill, WrongState (closed, or goods are not stopped and held yet), MissingField (no address for an
    e-mail), FieldErrors (nobody to tell), NotFound, KeyReused.
    """
    found = opening.lock(cmd.recall)
    known = db.session.execute(select(RecallSending).where(RecallSending.key == cmd.key)).scalar_one_or_none()
    if known is not None:
        if known.fingerprint != cmd.fingerprint:
            raise KeyReused(key=cmd.key)
        return notice_queries.notices_of_sending(known.id)
    demand_ready(found)
    version = recalls.current_version(found.id)
    assert version is not None, "the scope is held, so there is a version"
    rounds = notice_queries.last_rounds(found.id, version.id)
    if cmd.who is Whom.UNTOLD:  # somebody else may have told them since they were read
        drafts = [one for one in drafts if one.party not in rounds]
    if not drafts:
        raise FieldErrors(errors={"parties": ["required"]})
    parties = notice_queries.rows_of_parties(found.id)
    sending = RecallSending(
        id=new_id(), key=cmd.key, fingerprint=cmd.fingerprint, recall_id=found.id, made_by=actor, made_at=at
    )
    db.session.add(sending)
    db.session.flush()
    made = []
    for draft in drafts:
        party = parties.get(draft.party)
        if party is None:
            raise NotFound(kind="recall_party", text=str(draft.party))
        if draft.way is NoticeWay.EMAIL and not party.email:
            raise MissingField(field="email")
        rounds[party.id] = rounds.get(party.id, 0) + 1
        made.append(
            RecallNotice(
                id=NoticeId(new_id()), recall_id=found.id, version_id=version.id, party_id=party.id,
                round=rounds[party.id], way=draft.way, language=draft.language, sent_to=_sent_to(party, draft.way),
                subject=draft.subject, body=draft.body, letter=draft.letter, letter_sha256="",
                reply_by_at=draft.reply_by_at, sending_id=sending.id, made_by=actor, made_at=at,
            )
        )  # fmt: skip
    db.session.add_all(made)
    db.session.flush()
    return [one.id for one in made]


# -- drawing ----------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, kw_only=True)
class Undrawn:
    """A notice that this process has until its lease ends, with its letter to be drawn."""

    notice: NoticeId
    letter: str


def take_undrawn(*, limit: int, at: datetime) -> list[Undrawn]:
    """Take the notices that wait longest for their letter; none when none waits. Who dies lets go of them by himself.

    A letter that several processes took and none finished is not tried for ever: it has failed, and a person says "again".
    """
    free = and_(
        RecallNotice.letter_sha256 == "", RecallNotice.fault == "",
        or_(RecallNotice.leased_until_at.is_(None), RecallNotice.leased_until_at <= at),
    )  # fmt: skip
    db.session.execute(
        update(RecallNotice).where(free, RecallNotice.tries >= TRIES_MAX).values(fault=INTERRUPTED, leased_until_at=None)
        .execution_options(synchronize_session=False)
    )  # fmt: skip
    rows = db.session.execute(
        select(RecallNotice.id, RecallNotice.letter).where(free).order_by(RecallNotice.id).limit(limit)
        .with_for_update(skip_locked=True)
    ).all()  # fmt: skip
    if rows:
        db.session.execute(
            update(RecallNotice)
            .where(RecallNotice.id.in_([row.id for row in rows]))
            .values(leased_until_at=at + LEASE, tries=RecallNotice.tries + 1)
            .execution_options(synchronize_session=False)
        )
    return [Undrawn(notice=row.id, letter=row.letter) for row in rows]


def note_drawn(notice: NoticeId, letter: KeptFile, *, at: datetime) -> bool:
    """Keep a letter with its notice and let its e-mail go; False when another process was first.

    When every customer who got goods of the version has his letter, the step "tell the customers" is done.
    """
    recall = recalls.find_recall(notice_queries.recall_of_notice(int(notice)), is_locked=True)
    row = _locked(notice)
    if row.letter_sha256:
        return False
    party, actor = row.party, row.made_by
    name = f"{NOTICE_FILE}-{recall.number}-{party.partner.code if party.partner else party.id}.pdf"[:160]
    row.letter_sha256, row.drawn_at, row.fault, row.leased_until_at = letter.sha256, at, "", None
    files.attach(letter, subject_kind=KIND, subject_id=int(row.id), actor=actor, at=at, name=name, kind=FileKind.OTHER)
    if row.way is NoticeWay.EMAIL:
        row.mail_id = queue_mail(
            Address(row.sent_to, party.contact[:160]), row.subject, row.body, subject_kind=KIND, subject_id=int(row.id),
            language=row.language, actor=actor, at=at, warehouse=recall.warehouse_id, key=f"{KIND}:{row.id}",
            attachments=[
                Attached(
                    sha256=letter.sha256, content_type=letter.content_type, size_bytes=letter.size_bytes, name=name
                )
            ],
        )  # fmt: skip
    db.session.flush()
    if not notice_queries.count_undrawn(recall.id):
        _settle_step(recall, actor=actor, at=at)
    return True


def _settle_step(recall: Recall, *, actor: UserId, at: datetime) -> None:
    if recall.state is RecallState.OPEN and all(one.is_told for one in notice_queries.parties_of(recall.id)):
        opening.mark(recall, RecallStep.NOTIFY, actor=actor, at=at)


def note_fault(notice: NoticeId, fault: str, *, at: datetime) -> None:
    """Keep why a letter could not be drawn; it is not tried again by itself."""
    row = _locked(notice)
    if not row.letter_sha256:
        row.fault, row.leased_until_at = fault[:300] or INTERRUPTED, None
        db.session.flush()


def draw_again(recall: RecallId, chosen: Collection[int] = (), *, actor: UserId, at: datetime) -> int:
    """Let letters that failed be drawn again, all of a recall or those chosen; how many.

    Raises NotFound, WrongState (closed, or none of them has failed).
    """
    found = opening.lock(recall)
    rows = notice_queries.failed_notices(found.id)
    if chosen:
        by_id = {int(one.id): one for one in rows}
        for one in chosen:
            notice_queries.find_notice(found.id, one)
        rows = [by_id[one] for one in dict.fromkeys(chosen) if one in by_id]
    if not rows:
        raise WrongState(subject=found.number, state="drawn_up", event="draw_again", needed=["failed"])
    for row in rows:
        row.fault, row.tries, row.leased_until_at = "", 0, None
    db.session.flush()
    return len(rows)


def _locked(notice: NoticeId) -> RecallNotice:
    return db.session.execute(
        select(RecallNotice)
        .where(RecallNotice.id == notice)
        .with_for_update(of=RecallNotice)
        .execution_options(populate_existing=True)
    ).scalar_one()


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
    """What a party answered, by whom there, how and when; without `received_at` it came now."""

    key: str
    recall: RecallId
    party: int
    way: NoticeWay
    contact: str
    received_at: datetime | None
    lines: tuple[ReplyLine, ...]
    note: str = ""

    @property
    def fingerprint(self) -> str:
        """What makes another answer under the same key known for one; lines in any order say the same."""
        return fingerprint_of(
            recall=self.recall, party=self.party, way=self.way, contact=self.contact, received_at=self.received_at,
            lines=sorted(self.lines, key=lambda one: one.lot), note=self.note,
        )  # fmt: skip


def record_reply(cmd: RecordReply, *, actor: UserId, at: datetime) -> int:
    """Write an answer down; what was used or destroyed counts as accounted for at once. Once for each `key`.

    Raises RecallIsDrill, NotFound, NotShippedTo, FieldErrors (more used or destroyed than is outstanding there, received in
    the future), WrongState, KeyReused (the key stands for another answer).
    """
    found = opening.lock(cmd.recall)
    known = db.session.execute(select(RecallReply).where(RecallReply.key == cmd.key)).scalar_one_or_none()
    if known is not None:
        if known.fingerprint != cmd.fingerprint:
            raise KeyReused(key=cmd.key)
        return known.id
    if found.is_mock:
        raise RecallIsDrill(recall=found.number)
    received_at = cmd.received_at or at
    if received_at > at:
        raise FieldErrors(errors={"received_at": ["in_future"]})
    party = outside.find_party(found.id, cmd.party)
    shipped = {row.lot: row.lot_number for row in outside.deliveries_of(found.id, party.id)}
    reply = RecallReply(
        id=new_id(), key=cmd.key, fingerprint=cmd.fingerprint, recall_id=found.id, party_id=party.id, way=cmd.way,
        contact=cmd.contact, note=cmd.note, received_at=received_at, recorded_by=actor, recorded_at=at,
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
