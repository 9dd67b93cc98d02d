"""Tables of what is written to the parties of a recall, and of what they answer."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from wms.accounts.models import User
from wms.core.ids import LotId, MailId, NoticeId, RecallId, RecallVersionId, UserId, new_id
from wms.core.quantity import Quantity
from wms.db import Base
from wms.db.types import enum_column
from wms.recall.models import RecallParty
from wms.stock.models import Lot


class NoticeWay(StrEnum):
    """How a party is told, or answers."""

    EMAIL = "email"
    LETTER = "letter"
    PHONE = "phone"
    VISIT = "visit"


class NoticeState(StrEnum):
    """Its letter waits to be drawn; is drawn, and the notice on its way; could not be drawn."""

    WAITING = "waiting"
    DRAWN = "drawn"
    FAILED = "failed"


_UNDRAWN = text("letter_sha256 = '' AND fault = ''")


class RecallSending(Base):
    """One order of a person to tell customers: the same key with the same words is a repeat. Its notices name it."""

    __tablename__ = "recall_sending"

    id: Mapped[int] = mapped_column(primary_key=True, default=new_id, autoincrement=False)
    key: Mapped[str] = mapped_column(String(100), unique=True)
    fingerprint: Mapped[str] = mapped_column(String(64))
    recall_id: Mapped[RecallId] = mapped_column(ForeignKey("recall.id"))
    made_by: Mapped[UserId] = mapped_column(ForeignKey("user_account.id"))
    made_at: Mapped[datetime]

    def __repr__(self) -> str:
        return f"<RecallSending {self.key}>"


class RecallNotice(Base):
    """One notice to one party about one version of the scope; `round` counts those of that version. Its words never change.

    A job draws its letter after the commit (notice_drawing.py); with the letter the e-mail leaves, whose fate stands with
    the message. The letter is kept with the notice (wms.files, subject "recall_notice").
    """

    __tablename__ = "recall_notice"
    __table_args__ = (
        UniqueConstraint("party_id", "version_id", "round"),
        CheckConstraint("round > 0", name="round_positive"),
        Index("ix_recall_notice_recall_id", "recall_id", "id"),
        Index("ix_recall_notice_sending_id", "sending_id"),
        Index("ix_recall_notice_undrawn", "id", sqlite_where=_UNDRAWN, postgresql_where=_UNDRAWN),
    )

    id: Mapped[NoticeId] = mapped_column(primary_key=True, default=new_id, autoincrement=False)
    recall_id: Mapped[RecallId] = mapped_column(ForeignKey("recall.id"))
    version_id: Mapped[RecallVersionId] = mapped_column(ForeignKey("recall_version.id"))
    party_id: Mapped[int] = mapped_column(ForeignKey("recall_party.id"))
    round: Mapped[int]
    way: Mapped[NoticeWay] = mapped_column(enum_column(NoticeWay, name="way"))
    language: Mapped[str] = mapped_column(String(12))
    #: Where it went: the e-mail address, the postal address, or who was spoken to.
    sent_to: Mapped[str] = mapped_column(String(300), default="")
    subject: Mapped[str] = mapped_column(String(200))
    body: Mapped[str] = mapped_column(Text)
    #: All that stands in the letter, as it is to be drawn (wms.labels.letter.packed).
    letter: Mapped[str] = mapped_column(Text, default="", server_default="", deferred=True)
    #: Blank until it is drawn.
    letter_sha256: Mapped[str] = mapped_column(String(64), default="")
    drawn_at: Mapped[datetime | None]
    #: Why it could not be drawn; blank while it waits, and when it is drawn.
    fault: Mapped[str] = mapped_column(String(300), default="", server_default="")
    #: How often a process took it to draw it.
    tries: Mapped[int] = mapped_column(default=0, server_default="0")
    #: One process has it until then; a process that died lets go of it by itself.
    leased_until_at: Mapped[datetime | None]
    mail_id: Mapped[MailId | None] = mapped_column(ForeignKey("mail_message.id"))
    reply_by_at: Mapped[datetime]
    sending_id: Mapped[int | None] = mapped_column(ForeignKey("recall_sending.id"))
    made_by: Mapped[UserId] = mapped_column(ForeignKey("user_account.id"))
    made_at: Mapped[datetime]

    party: Mapped[RecallParty] = relationship()
    maker: Mapped[User] = relationship()

    @property
    def state(self) -> NoticeState:
        """How it stands with its letter."""
        if self.letter_sha256:
            return NoticeState.DRAWN
        return NoticeState.FAILED if self.fault else NoticeState.WAITING

    def __repr__(self) -> str:
        return f"<RecallNotice {self.party_id} {self.round}>"


class RecallReply(Base):
    """What a party answered, lot by lot. A later answer stands beside an earlier one, and counts."""

    __tablename__ = "recall_reply"
    __table_args__ = (Index("ix_recall_reply_recall_id", "recall_id", "party_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True, default=new_id, autoincrement=False)
    key: Mapped[str] = mapped_column(String(100), unique=True)
    #: Of all that was written down: another answer under the same key is refused.
    fingerprint: Mapped[str] = mapped_column(String(64), default="", server_default="")
    recall_id: Mapped[RecallId] = mapped_column(ForeignKey("recall.id"))
    party_id: Mapped[int] = mapped_column(ForeignKey("recall_party.id"))
    way: Mapped[NoticeWay] = mapped_column(enum_column(NoticeWay, name="way"))
    #: Who answered there.
    contact: Mapped[str] = mapped_column(String(120))
    note: Mapped[str] = mapped_column(String(500), default="")
    received_at: Mapped[datetime]
    recorded_by: Mapped[UserId] = mapped_column(ForeignKey("user_account.id"))
    recorded_at: Mapped[datetime]

    lines: Mapped[list[RecallReplyLine]] = relationship(back_populates="reply", order_by="RecallReplyLine.lot_id")
    recorder: Mapped[User] = relationship()

    def __repr__(self) -> str:
        return f"<RecallReply {self.party_id} {self.received_at}>"


class RecallReplyLine(Base):
    """Of one lot: what they still have, what they used, destroyed, and will send back."""

    __tablename__ = "recall_reply_line"
    __table_args__ = (
        UniqueConstraint("reply_id", "lot_id"),
        CheckConstraint("on_hand >= 0 AND used >= 0 AND destroyed >= 0 AND to_return >= 0", name="not_negative"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, default=new_id, autoincrement=False)
    reply_id: Mapped[int] = mapped_column(ForeignKey("recall_reply.id"))
    lot_id: Mapped[LotId] = mapped_column(ForeignKey("lot.id"))
    on_hand: Mapped[Quantity]
    used: Mapped[Quantity]
    destroyed: Mapped[Quantity]
    to_return: Mapped[Quantity]

    reply: Mapped[RecallReply] = relationship(back_populates="lines")
    lot: Mapped[Lot] = relationship()

    def __repr__(self) -> str:
        return f"<RecallReplyLine {self.lot_id}>"
