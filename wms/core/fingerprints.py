"""The fingerprint of a command: what comes again under the same key is a repeat only when all of it is the same."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from enum import Enum
from fractions import Fraction
from typing import Any

from wms.core.quantity import Quantity


def fingerprint_of(**parts: Any) -> str:
    """Give the SHA-256 of what was asked, in hex; names in any order give the same.

    >>> fingerprint_of(lot=1, what="glass") == fingerprint_of(what="glass", lot=1)
    True
    >>> fingerprint_of(lot=1, what="glass") == fingerprint_of(lot=1, what="glass, two pieces")
    False

    Raises TypeError for what has no single spelling: a float, a set, a naive time.
    """
    spelled = json.dumps(_plain(parts), ensure_ascii=True, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(spelled.encode()).hexdigest()


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, Enum):
        return _plain(value.value)
    if isinstance(value, str):
        return value
    if isinstance(value, int):
        return str(value)
    if isinstance(value, Quantity | Fraction):
        return str(value)
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise TypeError("a time without a zone has no single spelling")
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    if isinstance(value, date):
        return value.isoformat()
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: _plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(name): _plain(one) for name, one in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, bytes | bytearray):
        return [_plain(one) for one in value]
    raise TypeError(f"{type(value).__name__} has no single spelling")
