"""Tables of people and machines: user, user_role, device, api_token, ended_session.

No secret is stored: passwords and PINs as argon2, random values (badge, device secret, token) as SHA-256, since a value
of at least 80 random bits cannot be guessed from its hash.
"""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from wms.core.ids import DeviceId, UserId, WarehouseId, new_id
from wms.db import Base


class User(Base):
    """A person who may log in. `session_token` stands in every session of theirs; a new one ends them all."""

    __tablename__ = "user_account"

    id: Mapped[UserId] = mapped_column(primary_key=True, default=new_id, autoincrement=False)
    login: Mapped[str] = mapped_column(unique=True)
    full_name: Mapped[str]
    password_hash: Mapped[str]
    badge_hash: Mapped[str | None] = mapped_column(unique=True)
    pin_hash: Mapped[str | None]
    language: Mapped[str | None]
    is_active: Mapped[bool] = mapped_column(default=True)
    #: A machine's user: it holds roles, API keys act for it, and nobody logs in as it.
    is_service: Mapped[bool] = mapped_column(default=False)
    session_token: Mapped[str]
    #: Set by another for once: good until then (None: with no end), and changed at the next login with it.
    must_change_password: Mapped[bool] = mapped_column(default=False)
    password_until_at: Mapped[datetime | None]
    must_change_pin: Mapped[bool] = mapped_column(default=False)
    pin_until_at: Mapped[datetime | None]
    failed_count: Mapped[int] = mapped_column(default=0)
    locked_until_at: Mapped[datetime | None]
    created_at: Mapped[datetime]

    roles: Mapped[list["UserRole"]] = relationship(back_populates="user", lazy="raise")

    __table_args__ = (CheckConstraint("login = lower(login)", name="login_is_lower"),)

    def __repr__(self) -> str:
        return f"<User {self.id} {self.login}>"


class UserRole(Base):
    """A role of a person, in one warehouse or, with `warehouse_id` NULL, in all."""

    __tablename__ = "user_role"

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, default=new_id, autoincrement=False)
    user_id: Mapped[UserId] = mapped_column(ForeignKey("user_account.id"))
    role: Mapped[str]
    warehouse_id: Mapped[WarehouseId | None] = mapped_column(ForeignKey("warehouse.id"))

    user: Mapped[User] = relationship(back_populates="roles", lazy="raise")

    __table_args__ = (
        UniqueConstraint("user_id", "role", "warehouse_id"),
        Index(
            "uq_user_role_everywhere",
            "user_id",
            "role",
            unique=True,
            sqlite_where=text("warehouse_id IS NULL"),
            postgresql_where=text("warehouse_id IS NULL"),
        ),
    )

    def __repr__(self) -> str:
        return f"<UserRole {self.user_id} {self.role} at {self.warehouse_id or 'all'}>"


class Device(Base):
    """A registered handheld: badge and PIN open a session only on one of these. The secret lies in its cookie.

    A set-up link gives it a new secret, once and within minutes; until then an old one goes on working.
    """

    __tablename__ = "device"

    id: Mapped[DeviceId] = mapped_column(primary_key=True, default=new_id, autoincrement=False)
    name: Mapped[str] = mapped_column(unique=True)
    warehouse_id: Mapped[WarehouseId] = mapped_column(ForeignKey("warehouse.id"))
    secret_hash: Mapped[str] = mapped_column(unique=True)
    is_active: Mapped[bool] = mapped_column(default=True)
    registered_by: Mapped[UserId] = mapped_column(ForeignKey("user_account.id"))
    registered_at: Mapped[datetime]
    last_seen_at: Mapped[datetime | None]
    #: Who logged in on it last and did not log out: whose work is given back when it is lost.
    holder_id: Mapped[UserId | None] = mapped_column(ForeignKey("user_account.id"))
    setup_hash: Mapped[str | None] = mapped_column(unique=True)
    setup_until_at: Mapped[datetime | None]
    revoked_reason: Mapped[str] = mapped_column(String(200), default="")
    failed_count: Mapped[int] = mapped_column(default=0)
    locked_until_at: Mapped[datetime | None]

    def __repr__(self) -> str:
        return f"<Device {self.id} {self.name}>"


class EndedSession(Base):
    """A session that was logged out: a copy of its cookie opens nothing. Kept as long as a session could have lasted."""

    __tablename__ = "ended_session"
    __table_args__ = (Index("ix_ended_session_ended_at", "ended_at"),)

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    ended_at: Mapped[datetime]

    def __repr__(self) -> str:
        return f"<EndedSession {self.id}>"


class ApiToken(Base):
    """A machine's key to /api/v1. `scopes` are permissions, blank-separated; `token_prefix` finds it in a list."""

    __tablename__ = "api_token"

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, default=new_id, autoincrement=False)
    name: Mapped[str]
    token_hash: Mapped[str] = mapped_column(unique=True)
    token_prefix: Mapped[str]
    scopes: Mapped[str]
    warehouse_id: Mapped[WarehouseId | None] = mapped_column(ForeignKey("warehouse.id"))
    expires_at: Mapped[datetime | None]
    is_active: Mapped[bool] = mapped_column(default=True)
    #: Whose rights bound the scopes, at every request: what this user may no longer do, the key may not either.
    acts_for: Mapped[UserId] = mapped_column(ForeignKey("user_account.id"))
    created_by: Mapped[UserId] = mapped_column(ForeignKey("user_account.id"))
    created_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]

    def __repr__(self) -> str:
        return f"<ApiToken {self.id} {self.token_prefix}…>"
