"""How what is posted now was captured: told by the edge, read by the ledger. Nothing here asks the database.

A person stands at a handheld, a desk or nowhere (a job, a call of the API, a door). The edge says so for the verb it runs
(`captured`), or hands over how to tell (`ask_with`); a verb that knows better says it to `ledger.post` itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from wms.core.errors import FieldErrors
from wms.stock.models import Capture


class TypedReason(StrEnum):
    """Why a lot was typed and not scanned."""

    LABEL_DAMAGED = "label_damaged"
    NO_LABEL = "no_label"
    READER_BROKEN = "reader_broken"
    OTHER = "other"


RAW_LENGTH: Final = 512
NOTE_LENGTH: Final = 200


@dataclass(frozen=True, kw_only=True)
class Captured:
    """How it came, the raw scan or typed text, and, where a lot was typed, why."""

    capture: Capture | None = None
    raw_scan: str = ""
    typed_reason: TypedReason | None = None
    typed_note: str = ""


NOTHING: Final = Captured()
_current: ContextVar[Captured | None] = ContextVar("wms_captured", default=None)
_source: list[Callable[[], Captured]] = []


@contextmanager
def captured(how: Captured) -> Iterator[None]:
    """Say how what is posted in this block was captured."""
    token = _current.set(how)
    try:
        yield
    finally:
        _current.reset(token)


def ask_with(source: Callable[[], Captured]) -> None:
    """Hand over how to tell where no block says it: the web edge reads it from the request."""
    _source[:] = [source]


def how_now() -> Captured:
    """Say how what is posted now was captured."""
    said = _current.get()
    if said is not None:
        return said
    return _source[0]() if _source else NOTHING


def check_typed(reason: TypedReason | None, note: str) -> None:
    """Refuse a typed lot without its reason, and "other" without words: FieldErrors, by the name of the field."""
    if reason is None:
        raise FieldErrors(errors={"typed_reason": ["blank"]})
    if reason is TypedReason.OTHER and not note.strip():
        raise FieldErrors(errors={"typed_note": ["blank"]})
