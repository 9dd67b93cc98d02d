"""The bytes that are signed: a record as JSON with one spelling only, and the statement around it. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum, StrEnum
from typing import Any, Final
from zoneinfo import ZoneInfo

from wms.core.quantity import Quantity

#: How records are spelled. A change of the spelling is a new tag; old signatures keep theirs.
VERSION: Final = "wms-record-1"
#: How the statement around the record is spelled.
STATEMENT_VERSION: Final = "wms-signature-1"


class Meaning(StrEnum):
    """In which sense a person signs (21 CFR 11.50(a)(3))."""

    RELEASED = "released"
    REJECTED = "rejected"
    APPROVED = "approved"
    DISPOSED = "disposed"
    WITNESSED = "witnessed"
    EXTENDED = "extended"
    LIFTED = "lifted"
    REVIEWED = "reviewed"
    ACCEPTED = "accepted"
    INITIATED = "initiated"
    CLOSED = "closed"


@dataclass(frozen=True, kw_only=True)
class Statement:
    """What a signature says: who, when, in which sense, of which record. All of it is under the signature."""

    subject_kind: str
    subject_id: int
    meaning: str
    reason: str
    full_name: str
    login: str
    role: str
    user_id: int
    signed_at: datetime
    timezone: str
    record_sha256: str
    key_id: str
    app_version: str


def canonical(record: Mapping[str, Any]) -> bytes:
    """Spell a record in the one way that is signed: sorted names, UTF-8, no blanks, quantities as text, days and instants ISO.

    Texts stay byte for byte as they are. Raises TypeError for what has no single spelling (a float, a naive time, a set).
    """
    return _spell({"v": VERSION, "record": {str(name): _plain(value, name) for name, value in record.items()}})


def hash_of(content: bytes) -> str:
    """Give the SHA-256 of canonical bytes in hex."""
    return hashlib.sha256(content).hexdigest()


def statement_bytes(statement: Statement) -> bytes:
    """Spell the statement: these bytes are what the site's key signs."""
    return _spell({"v": STATEMENT_VERSION} | {name: _plain(value, name) for name, value in asdict(statement).items()})


def key_id_of(public_key: bytes) -> str:
    """Name a public key by its own bytes: 16 hex digits of their SHA-256."""
    return hashlib.sha256(public_key).hexdigest()[:16]


def changed_fields(signed: bytes, record: Mapping[str, Any]) -> list[str]:
    """Name the fields of a record that are not as they were signed, sorted; none when it is unchanged."""
    before = json.loads(signed)["record"]
    now = json.loads(canonical(record))["record"]
    return sorted(name for name in before.keys() | now.keys() if before.get(name) != now.get(name))


def in_zone(at: datetime, timezone: str) -> str:
    """Write an instant for a person, with its zone: 2026-11-22 19:18:27 +08:00 Asia/Shanghai."""
    local = at.astimezone(ZoneInfo(timezone))
    offset = local.isoformat()[-6:]
    return f"{local:%Y-%m-%d %H:%M:%S} {offset} {timezone}"


def _spell(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False).encode("utf-8")


def _plain(value: Any, name: str) -> Any:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, str):
        return str(value)
    if isinstance(value, int):
        return int(value)
    if isinstance(value, Quantity):
        return str(value)
    if isinstance(value, Decimal) and value.is_finite():
        return format(value.normalize(), "f") if value else "0"
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise TypeError(f"{name}: a naive time cannot be signed")
        return value.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): _plain(one, f"{name}.{key}") for key, one in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, bytes | bytearray):
        return [_plain(one, name) for one in value]
    raise TypeError(f"{name}: a {type(value).__name__} has no single spelling and cannot be signed")
