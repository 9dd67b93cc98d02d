"""Tables of messages, of those they go to, of what hangs on them, and of every try to deliver them."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from wms.core.ids import MailId, UserId, WarehouseId, new_id
from wms.db import Base
from wms.db.types import enum_column


class RecipientState(StrEnum):
    """Waits for its (next) try; the mail server took it; given up; called back before it went."""

    WAITING = "waiting"
    SENT = "sent"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Mail(Base):
    """One message. `message_id` is made with the row and never changes, so that a repeat can be known for one."""

    __tablename__ = "mail_message"
    __table_args__ = (
        Index("ix_mail_message_subject_kind", "subject_kind", "subject_id"),
        Index("ix_mail_message_warehouse_id", "warehouse_id", "id"),
    )

    id: Mapped[MailId] = mapped_column(primary_key=True, default=new_id, autoincrement=False)
    #: Of whoever writes it: a repeat gives the message that stands.
    key: Mapped[str] = mapped_column(String(100), unique=True)
    #: Of all that was written: another message under the same key is refused.
    fingerprint: Mapped[str] = mapped_column(String(64), default="", server_default="")
    message_id: Mapped[str] = mapped_column(String(120), unique=True)
    #: What it is about, as ("complaint", id); who may see it follows from it.
    subject_kind: Mapped[str] = mapped_column(String(24))
    subject_id: Mapped[int | None] = mapped_column(BigInteger)
    #: None for a matter of all warehouses.
    warehouse_id: Mapped[WarehouseId | None] = mapped_column(BigInteger)
    language: Mapped[str] = mapped_column(String(12))
    subject: Mapped[str] = mapped_column(String(200))
    body: Mapped[str] = mapped_column(Text)
    queued_by: Mapped[UserId | None] = mapped_column(BigInteger)
    queued_at: Mapped[datetime]
    #: One job process has it until then; a process that died lets go of it by itself.
    leased_until_at: Mapped[datetime | None]

    recipients: Mapped[list[MailRecipient]] = relationship(back_populates="mail", order_by="MailRecipient.id")
    attachments: Mapped[list[MailAttachment]] = relationship(back_populates="mail", order_by="MailAttachment.line")

    @property
    def state(self) -> str:
        """The message as a whole: what needs a person first."""
        states = {one.state for one in self.recipients}
        for state in (RecipientState.FAILED, RecipientState.WAITING, RecipientState.SENT):
            if state in states:
                return state.value
        return RecipientState.CANCELLED.value

    def __repr__(self) -> str:
        return f"<Mail {self.id} {self.message_id}>"


class MailRecipient(Base):
    """One address of a message, with how it stands there."""

    __tablename__ = "mail_recipient"
    __table_args__ = (
        UniqueConstraint("mail_id", "address"),
        CheckConstraint("(state = 'sent') = (sent_at IS NOT NULL)", name="sent_whole"),
        Index(
            "ix_mail_recipient_due", "next_at",
            sqlite_where=text("state = 'waiting'"), postgresql_where=text("state = 'waiting'"),
        ),
        Index(
            "ix_mail_recipient_failed", "id",
            sqlite_where=text("state = 'failed'"), postgresql_where=text("state = 'failed'"),
        ),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True, default=new_id, autoincrement=False)
    mail_id: Mapped[MailId] = mapped_column(ForeignKey("mail_message.id"))
    address: Mapped[str] = mapped_column(String(254))
    name: Mapped[str] = mapped_column(String(160), default="")
    state: Mapped[RecipientState] = mapped_column(
        enum_column(RecipientState, name="state"), default=RecipientState.WAITING
    )
    tries: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime]
    #: What the mail server said last, or why it could not be asked.
    last_error: Mapped[str] = mapped_column(String(500), default="")
    sent_at: Mapped[datetime | None]

    mail: Mapped[Mail] = relationship(back_populates="recipients")

    def __repr__(self) -> str:
        return f"<MailRecipient {self.address} {self.state}>"


class MailAttachment(Base):
    """A kept file that goes with a message: by the hash of its bytes, under the name it shows."""

    __tablename__ = "mail_attachment"
    __table_args__ = (UniqueConstraint("mail_id", "line"),)

    id: Mapped[int] = mapped_column(primary_key=True, default=new_id, autoincrement=False)
    mail_id: Mapped[MailId] = mapped_column(ForeignKey("mail_message.id"))
    line: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64))
    content_type: Mapped[str] = mapped_column(String(60))
    size_bytes: Mapped[int]
    name: Mapped[str] = mapped_column(String(160))

    mail: Mapped[Mail] = relationship(back_populates="attachments")

    def __repr__(self) -> str:
        return f"<MailAttachment {self.name}>"


class TryOutcome(StrEnum):
    """The server took it; it or the way to it failed for now; it refused for good; a person had a say."""

    ACCEPTED = "accepted"
    DEFERRED = "deferred"
    REFUSED = "refused"
    RENEWED = "renewed"
    CANCELLED = "cancelled"


class MailTry(Base):
    """What came of one try for one address, or what a person did about it. Never changed."""

    __tablename__ = "mail_try"
    __table_args__ = (Index("ix_mail_try_mail_id", "mail_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True, default=new_id, autoincrement=False)
    mail_id: Mapped[MailId] = mapped_column(ForeignKey("mail_message.id"))
    address: Mapped[str] = mapped_column(String(254))
    outcome: Mapped[TryOutcome] = mapped_column(enum_column(TryOutcome, name="outcome"))
    #: The answer of the server, or the fault.
    answer: Mapped[str] = mapped_column(String(500), default="")
    actor_id: Mapped[UserId | None] = mapped_column(BigInteger)
    tried_at: Mapped[datetime]

    def __repr__(self) -> str:
        return f"<MailTry {self.outcome} {self.address}>"
