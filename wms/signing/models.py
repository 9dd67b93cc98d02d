"""Tables of signatures and of the public keys they are checked with."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from wms.core.ids import SignatureId, UserId, new_id
from wms.db import Base
from wms.db.types import enum_column
from wms.signing.rules import Meaning


class SigningKey(Base):
    """The public half of a key of this site. Old ones stay, so that what they signed can be checked for ever."""

    __tablename__ = "signing_key"

    id: Mapped[str] = mapped_column(String(16), primary_key=True)
    #: 32 bytes in hex.
    public_key: Mapped[str] = mapped_column(String(64), unique=True)
    made_at: Mapped[datetime]

    def __repr__(self) -> str:
        return f"<SigningKey {self.id}>"


class Signature(Base):
    """One signature. Never updated, never deleted (triggers); name and role are as they were at signing."""

    __tablename__ = "signature"
    __table_args__ = (
        CheckConstraint("length(full_name) > 0", name="named"),
        CheckConstraint("length(sha256) = 64", name="hashed"),
        Index("ix_signature_subject", "subject_kind", "subject_id", "id"),
        Index("ix_signature_user_id", "user_id", "id"),
    )

    id: Mapped[SignatureId] = mapped_column(primary_key=True, default=new_id, autoincrement=False)
    subject_kind: Mapped[str] = mapped_column(String(24))
    subject_id: Mapped[int] = mapped_column(BigInteger)
    meaning: Mapped[Meaning] = mapped_column(enum_column(Meaning, name="meaning"))
    reason: Mapped[str] = mapped_column(String(500))
    full_name: Mapped[str] = mapped_column(String(200))
    login: Mapped[str] = mapped_column(String(80))
    role: Mapped[str] = mapped_column(String(200))
    user_id: Mapped[UserId] = mapped_column(ForeignKey("user_account.id"))
    signed_at: Mapped[datetime]
    #: The IANA name of the zone in which the person signed.
    timezone: Mapped[str] = mapped_column(String(60))
    #: The canonical bytes of the record (UTF-8), and their SHA-256.
    content: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str] = mapped_column(String(64))
    key_id: Mapped[str] = mapped_column(ForeignKey("signing_key.id"))
    #: 64 bytes in hex, over the statement (rules.statement_bytes).
    signature: Mapped[str] = mapped_column(String(128))
    app_version: Mapped[str] = mapped_column(String(40))

    def __repr__(self) -> str:
        return f"<Signature {self.id} {self.meaning}>"
