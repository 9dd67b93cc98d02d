"""Tables of lot passports, and of what each class of items shows."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from wms.core.ids import LotId, PassportId, UserId, new_id
from wms.db import Base
from wms.stock.models import Lot


class LotPassport(Base):
    """One key to the public page of a lot; a lot has one open passport at most. Kept for ever, with who ended it and why."""

    __tablename__ = "lot_passport"
    __table_args__ = (
        CheckConstraint("(revoked_at IS NULL) = (revoked_by IS NULL)", name="revoked_whole"),
        Index(
            "uq_lot_passport_open", "lot_id", unique=True,
            sqlite_where=text("revoked_at IS NULL"), postgresql_where=text("revoked_at IS NULL"),
        ),
        Index("ix_lot_passport_lot", "lot_id", "id"),
    )  # fmt: skip

    id: Mapped[PassportId] = mapped_column(primary_key=True, default=new_id, autoincrement=False)
    lot_id: Mapped[LotId] = mapped_column(ForeignKey("lot.id"))
    #: SHA-256 of the key: a copy of the database opens no page.
    key_hash: Mapped[str] = mapped_column(String(64), unique=True)
    #: The key under the site's secret, so that a label can be printed again.
    key_sealed: Mapped[str] = mapped_column(String(200))
    made_by: Mapped[UserId] = mapped_column(ForeignKey("user_account.id"))
    made_at: Mapped[datetime]
    revoked_by: Mapped[UserId | None] = mapped_column(ForeignKey("user_account.id"))
    revoked_at: Mapped[datetime | None]
    revoke_reason: Mapped[str] = mapped_column(String(500), default="")

    lot: Mapped[Lot] = relationship()

    def __repr__(self) -> str:
        return f"<LotPassport {self.id}>"


class PassportPolicy(Base):
    """What passports show: of one class of items, or (blank) of all classes without a row of their own."""

    __tablename__ = "passport_policy"

    id: Mapped[int] = mapped_column(primary_key=True, default=new_id, autoincrement=False)
    item_class: Mapped[str] = mapped_column(String(24), unique=True)
    #: Values of rules.Shown, sorted.
    shown: Mapped[list[Any]] = mapped_column(JSON)
    changed_by: Mapped[UserId] = mapped_column(ForeignKey("user_account.id"))
    changed_at: Mapped[datetime]

    def __repr__(self) -> str:
        return f"<PassportPolicy {self.item_class or 'all'}>"
