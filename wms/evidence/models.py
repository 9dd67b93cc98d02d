"""Tables of seals: blocks, what is in them, and what came of each verification. None of it is ever changed (triggers)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from wms.core.ids import SealId, UserId, new_id
from wms.db import Base


class SealBlock(Base):
    """One block of the chain: a hash over its members, the hash of the block before, and the signature of the site."""

    __tablename__ = "seal_block"
    __table_args__ = (CheckConstraint("seq > 0 AND records > 0", name="holds_records"),)

    seq: Mapped[SealId] = mapped_column(primary_key=True, autoincrement=False)
    previous: Mapped[str] = mapped_column(String(64))
    sealed_at: Mapped[datetime]
    form: Mapped[int]
    records: Mapped[int]
    total: Mapped[int]
    content: Mapped[str] = mapped_column(String(64))
    #: By stream, how far it has come, as JSON.
    heads: Mapped[str] = mapped_column(Text)
    key_id: Mapped[str] = mapped_column(ForeignKey("signing_key.id"))
    hash: Mapped[str] = mapped_column(String(64), unique=True)
    #: 64 bytes in hex, over the block's line (rules.Block.line).
    signature: Mapped[str] = mapped_column(String(128))

    def __repr__(self) -> str:
        return f"<SealBlock {self.seq}>"


class SealMember(Base):
    """A record is in a block: by its stream and id, with the hash of its line. Once, whenever its transaction was committed."""

    __tablename__ = "seal_member"
    __table_args__ = (
        Index("ix_seal_member_block", "block_seq", "stream", "record_id"),
        {"sqlite_with_rowid": False},
    )

    stream: Mapped[str] = mapped_column(String(12), primary_key=True)
    record_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    block_seq: Mapped[SealId] = mapped_column(ForeignKey("seal_block.seq"))
    sha256: Mapped[bytes] = mapped_column(LargeBinary(32))


class SealCheck(Base):
    """What came of one verification: how much was looked at, and the first fault. Blank: all of it is as it was sealed."""

    __tablename__ = "seal_check"
    __table_args__ = (Index("ix_seal_check_checked_at", "checked_at"),)

    id: Mapped[int] = mapped_column(primary_key=True, default=new_id, autoincrement=False)
    checked_at: Mapped[datetime]
    checked_by: Mapped[UserId] = mapped_column(ForeignKey("user_account.id"))
    is_full: Mapped[bool]
    head_seq: Mapped[int]
    blocks: Mapped[int]
    records: Mapped[int]
    waiting: Mapped[int]
    milliseconds: Mapped[int]
    faults: Mapped[int]
    first_fault: Mapped[str] = mapped_column(String(500), default="")

    def __repr__(self) -> str:
        return f"<SealCheck {self.checked_at} {self.faults}>"
