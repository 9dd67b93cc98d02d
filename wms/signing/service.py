"""The verbs of signing: sign a record, begin a new key."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select

from wms.accounts.models import User, UserRole
from wms.core.errors import SignerNotPerson
from wms.core.ids import SYSTEM_USER, SignatureId, UserId, WarehouseId, new_id
from wms.core.version import VERSION
from wms.db import db
from wms.signing import keys, rules
from wms.signing.models import Signature, SigningKey
from wms.signing.rules import Meaning
from wms.sites.models import Warehouse


def sign(
    *,
    subject_kind: str,
    subject_id: int,
    meaning: Meaning,
    record: Mapping[str, Any],
    actor: UserId,
    at: datetime,
    reason: str = "",
    warehouse: WarehouseId | None = None,
) -> SignatureId:
    """Sign a record for a person, in the caller's transaction; the edge has asked for the password again just before.

    `record` is what stands under the signature: whatever a later edit may change unseen belongs into it. `warehouse` gives
    the zone of the time and whose roles are kept; without one the time is UTC and all roles are. Raises SignerNotPerson
    for a machine's user, TypeError for a value that has no single spelling.
    """
    person = db.session.execute(
        select(User.login, User.full_name, User.is_service, User.is_active).where(User.id == actor)
    ).one()
    if person.is_service or actor == SYSTEM_USER or not person.is_active:
        raise SignerNotPerson(name=person.full_name or person.login)
    key = keys.private_key()
    key_id = _known_key(keys.public_bytes(key), at)
    content = rules.canonical(record)
    statement = rules.Statement(
        subject_kind=subject_kind,
        subject_id=subject_id,
        meaning=meaning.value,
        reason=reason[:500],
        full_name=(person.full_name or person.login)[:200],
        login=person.login,
        role=_roles_of(actor, warehouse),
        user_id=actor,
        signed_at=at,
        timezone=_zone_of(warehouse),
        record_sha256=rules.hash_of(content),
        key_id=key_id,
        app_version=VERSION,
    )
    row = Signature(
        id=SignatureId(new_id()),
        subject_kind=subject_kind,
        subject_id=subject_id,
        meaning=meaning,
        reason=statement.reason,
        full_name=statement.full_name,
        login=statement.login,
        role=statement.role,
        user_id=actor,
        signed_at=at,
        timezone=statement.timezone,
        content=content.decode(),
        sha256=statement.record_sha256,
        key_id=key_id,
        signature=key.sign(rules.statement_bytes(statement)).hex(),
        app_version=VERSION,
    )
    db.session.add(row)
    db.session.flush()
    return row.id


def note_key(at: datetime) -> str:
    """See that the public half of the site's key stands in the database, and give its id; the key is made when there is none."""
    return _known_key(keys.public_bytes(keys.private_key()), at)


def _known_key(public_key: bytes, at: datetime) -> str:
    key_id = rules.key_id_of(public_key)
    if db.session.get(SigningKey, key_id) is None:
        db.session.add(SigningKey(id=key_id, public_key=public_key.hex(), made_at=at))
        db.session.flush()
    return key_id


def _roles_of(actor: UserId, warehouse: WarehouseId | None) -> str:
    statement = select(UserRole.role).where(UserRole.user_id == actor).distinct().order_by(UserRole.role)
    if warehouse is not None:
        statement = statement.where((UserRole.warehouse_id == warehouse) | UserRole.warehouse_id.is_(None))
    return ", ".join(db.session.execute(statement).scalars())[:200]


def _zone_of(warehouse: WarehouseId | None) -> str:
    if warehouse is None:
        return "UTC"
    return db.session.execute(select(Warehouse.timezone).where(Warehouse.id == warehouse)).scalar_one()
