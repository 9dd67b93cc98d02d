"""Answers kept under the key of a machine's call, so that a call made twice is done once.

The key is taken in a transaction of its own before the call, and the answer is written inside the call's transaction:
so a key without an answer means that nothing was done. A call that died is taken over after `TAKE_OVER`; should it
still be alive, it finds at its end that it lost the key, and undoes itself. A refusal of a rule is an answer like any
other and is kept too; a fault of ours is not. The header and its rules: draft-ietf-httpapi-idempotency-key-header-07.
"""

import hashlib
import json
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, cast

from sqlalchemy import CursorResult, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite

from wms.core.errors import KeyInFlight, KeyReused
from wms.core.ids import new_id
from wms.db import db
from wms.web.models import IdempotencyKey

#: After so long without an answer a call is taken to be dead. No call lasts as long.
TAKE_OVER: Final = timedelta(minutes=2)
KEPT: Final = timedelta(days=30)


@dataclass(frozen=True)
class Attempt:
    """A key that is ours until we answer under it."""

    id: int
    mark: str


@dataclass(frozen=True)
class Answer:
    """What was answered: status, the headers that belong to the answer, the body as sent."""

    status: int
    headers: dict[str, str]
    body: str


def fingerprint_of(*, method: str, path: str, query: str, body: Any) -> str:
    """Hash what a call asks for, and who signs. A signature's password stays out: its hash would be a way to guess it."""
    plain = body
    if isinstance(body, dict) and isinstance(signature := body.get("signature"), dict):
        plain = body | {"signature": signature.get("login")}
    text = json.dumps([method, path, query, plain], sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def take(key: str, *, token_id: int, fingerprint: str, at: datetime) -> Attempt | Answer:
    """Take the key, or give the answer that stands under it; run in a transaction of its own.

    Raises KeyReused (the key was used for another call), KeyInFlight (that call is still under way).
    """
    session = db.session()
    fresh = Attempt(id=new_id(), mark=secrets.token_hex(16))
    kind = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    taken = session.execute(
        kind(IdempotencyKey)
        .values(id=fresh.id, api_token_id=token_id, key=key, fingerprint=fingerprint, attempt=fresh.mark, started_at=at)
        .on_conflict_do_nothing(index_elements=["api_token_id", "key"])
        .returning(IdempotencyKey.id)
    )
    if taken.first() is not None:
        return fresh
    there = session.execute(
        select(IdempotencyKey)
        .where(IdempotencyKey.api_token_id == token_id, IdempotencyKey.key == key)
        .execution_options(populate_existing=True)
    ).scalar_one()
    if there.fingerprint != fingerprint:
        raise KeyReused(key=key)
    if there.status is not None:
        return Answer(status=there.status, headers=dict(there.headers or {}), body=there.body or "")
    if there.started_at > at - TAKE_OVER:
        raise KeyInFlight(key=key)
    over = session.execute(
        update(IdempotencyKey)
        .where(IdempotencyKey.id == there.id, IdempotencyKey.attempt == there.attempt, IdempotencyKey.status.is_(None))
        .values(attempt=fresh.mark, started_at=at)
        .execution_options(synchronize_session=False)
    )
    if not cast(CursorResult[Any], over).rowcount:
        raise KeyInFlight(key=key)
    return Attempt(id=there.id, mark=fresh.mark)


def keep(attempt: Attempt, answer: Answer) -> None:
    """Write the answer under the key, in the transaction of what it tells; KeyInFlight when the key was taken over."""
    kept = db.session().execute(
        update(IdempotencyKey)
        .where(
            IdempotencyKey.id == attempt.id,
            IdempotencyKey.attempt == attempt.mark,
            IdempotencyKey.status.is_(None),
        )
        .values(status=answer.status, headers=answer.headers, body=answer.body)
        .execution_options(synchronize_session=False)
    )
    if not cast(CursorResult[Any], kept).rowcount:
        raise KeyInFlight(key="")


def give_back(attempt: Attempt) -> None:
    """Let go of a key under which nothing was done, so that the call can be made again at once."""
    db.session().execute(
        delete(IdempotencyKey).where(
            IdempotencyKey.id == attempt.id,
            IdempotencyKey.attempt == attempt.mark,
            IdempotencyKey.status.is_(None),
        )
    )
