"""Reads of signatures: those of a record, whether they are genuine, and whether the record is still what was signed."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from wms.core.ids import SignatureId, UserId
from wms.db import db
from wms.signing import keys, rules
from wms.signing.models import Signature, SigningKey
from wms.signing.rules import Meaning


@dataclass(frozen=True, kw_only=True)
class SignatureRow:
    """One signature as it is shown: full name, instant with its zone, meaning (21 CFR 11.50), and what it is bound to."""

    id: SignatureId
    subject_kind: str
    subject_id: int
    meaning: Meaning
    reason: str
    full_name: str
    login: str
    role: str
    user: UserId
    signed_at: datetime
    timezone: str
    content: str
    sha256: str
    key: str
    app_version: str
    #: The site's key signed exactly this statement about exactly this content.
    is_genuine: bool

    @property
    def signed_on(self) -> str:
        """The instant in the signer's zone, with the zone."""
        return rules.in_zone(self.signed_at, self.timezone)


@dataclass(frozen=True, kw_only=True)
class SeenSignature:
    """A signature beside the record of today. `changed` names the fields that were edited after signing."""

    row: SignatureRow
    changed: tuple[str, ...] = ()

    @property
    def is_unchanged(self) -> bool:
        """Whether the record is as it was signed."""
        return not self.changed


def signatures_of(subject_kind: str, subject_id: int) -> list[SignatureRow]:
    """List the signatures of a record, oldest first."""
    return signatures_of_many(subject_kind, [subject_id]).get(subject_id, [])


def signatures_of_many(subject_kind: str, subject_ids: Collection[int]) -> dict[int, list[SignatureRow]]:
    """List the signatures of several records of one kind, by record, oldest first: one statement."""
    if not subject_ids:
        return {}
    statement = (
        select(Signature, SigningKey.public_key)
        .join(SigningKey, SigningKey.id == Signature.key_id)
        .where(Signature.subject_kind == subject_kind, Signature.subject_id.in_(subject_ids))
        .order_by(Signature.id)
    )
    found: dict[int, list[SignatureRow]] = {}
    for row in db.session.execute(statement):
        found.setdefault(row[0].subject_id, []).append(_row(row[0], row[1]))
    return found


def signers_of(subject_kind: str, subject_id: int) -> dict[Meaning, set[UserId]]:
    """Say who signed a record in which sense."""
    found: dict[Meaning, set[UserId]] = {}
    for row in db.session.execute(
        select(Signature.meaning, Signature.user_id).where(
            Signature.subject_kind == subject_kind, Signature.subject_id == subject_id
        )
    ):
        found.setdefault(row.meaning, set()).add(row.user_id)
    return found


def verify(signature: SignatureRow) -> bool:
    """Say whether a signature is genuine: content, hash and statement belong together under a key of this site."""
    return signature.is_genuine


def is_unchanged(signature: SignatureRow, record: Mapping[str, Any]) -> bool:
    """Say whether the record is byte for byte what was signed (21 CFR 11.70)."""
    return rules.hash_of(rules.canonical(record)) == signature.sha256


def beside(record: Mapping[str, Any], signatures: Collection[SignatureRow]) -> list[SeenSignature]:
    """Lay signatures beside the record of today, for the macro `signatures`: what was edited since is named."""
    return [
        SeenSignature(
            row=row,
            changed=() if is_unchanged(row, record) else tuple(rules.changed_fields(row.content.encode(), record)),
        )
        for row in signatures
    ]


def list_keys() -> list[SigningKey]:
    """List the public keys of this site, oldest first."""
    return list(db.session.execute(select(SigningKey).order_by(SigningKey.made_at, SigningKey.id)).scalars())


def _row(signature: Signature, public_key: str) -> SignatureRow:
    return SignatureRow(
        id=signature.id,
        subject_kind=signature.subject_kind,
        subject_id=signature.subject_id,
        meaning=signature.meaning,
        reason=signature.reason,
        full_name=signature.full_name,
        login=signature.login,
        role=signature.role,
        user=signature.user_id,
        signed_at=signature.signed_at,
        timezone=signature.timezone,
        content=signature.content,
        sha256=signature.sha256,
        key=signature.key_id,
        app_version=signature.app_version,
        is_genuine=_is_genuine(signature, public_key),
    )


def _is_genuine(signature: Signature, public_key: str) -> bool:
    if rules.hash_of(signature.content.encode()) != signature.sha256:
        return False
    if rules.key_id_of(bytes.fromhex(public_key)) != signature.key_id:
        return False
    said = rules.statement_bytes(
        rules.Statement(
            subject_kind=signature.subject_kind, subject_id=signature.subject_id, meaning=signature.meaning.value,
            reason=signature.reason, full_name=signature.full_name, login=signature.login, role=signature.role,
            user_id=signature.user_id, signed_at=signature.signed_at, timezone=signature.timezone,
            record_sha256=signature.sha256, key_id=signature.key_id, app_version=signature.app_version,
        )
    )  # fmt: skip
    return keys.is_genuine(public_key=public_key, signature=signature.signature, statement=said)
