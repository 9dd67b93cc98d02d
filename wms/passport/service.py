"""Verbs of passports: make or renew one, revoke it, say what passports show."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from wms.core.errors import NotFound
from wms.core.ids import LotId, PassportId, UserId, new_id
from wms.db import db
from wms.passport import queries, rules, sealing
from wms.passport.models import LotPassport, PassportPolicy
from wms.passport.rules import Shown
from wms.stock.models import Lot


@dataclass(frozen=True, kw_only=True)
class Made:
    """A passport that was made just now, with its key."""

    passport: PassportId
    key: str


def make(lot: LotId, *, reason: str = "", secret: str, actor: UserId, at: datetime) -> Made:
    """Give a lot a passport with a new random key; the one it had opens nothing from now on. NotFound without the lot."""
    # The row of the lot is ours until the commit, so that two people do not make two.
    locked = db.session.execute(select(Lot.id).where(Lot.id == lot).with_for_update()).first()
    if locked is None:
        raise NotFound(kind="lot", text=str(lot))
    before = queries.open_passport(lot)
    if before is not None:
        _end(before, reason=reason or "renewed", actor=actor, at=at)
    key = rules.key_text(secrets.token_bytes(rules.KEY_BYTES))
    identity = PassportId(new_id())
    db.session.add(
        LotPassport(
            id=identity, lot_id=lot, key_hash=rules.hash_of(key),
            key_sealed=sealing.seal(key, secret=secret, about=identity), made_by=actor, made_at=at,
        )
    )  # fmt: skip
    db.session.flush()
    return Made(passport=identity, key=key)


def revoke(lot: LotId, *, reason: str, actor: UserId, at: datetime) -> None:
    """Take a lot's passport back: its page is gone for everybody at once. NotFound where none is open."""
    found = queries.open_passport(lot)
    if found is None:
        raise NotFound(kind="passport", text=str(lot))
    _end(found, reason=reason, actor=actor, at=at)


def _end(passport: LotPassport, *, reason: str, actor: UserId, at: datetime) -> None:
    passport.revoked_by, passport.revoked_at, passport.revoke_reason = actor, at, reason
    db.session.flush()


def set_policy(item_class: str, shown: Collection[Shown] | None, *, actor: UserId, at: datetime) -> None:
    """Say what passports of a class show (blank: of the company); None takes the row away, and the company's counts."""
    found = queries.find_policy(item_class)
    if shown is None:
        if found is not None:
            db.session.delete(found)
        db.session.flush()
        return
    if found is None:
        found = PassportPolicy(item_class=item_class, shown=[], changed_by=actor, changed_at=at)
        db.session.add(found)
    found.shown = sorted(one.value for one in shown)
    found.changed_by, found.changed_at = actor, at
    db.session.flush()
