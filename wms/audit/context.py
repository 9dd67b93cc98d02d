"""Who acts now: told by the edge, read at the flush. Nothing here asks the database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from wms.core.ids import DeviceId, UserId


@dataclass(frozen=True)
class Acting:
    """The person (or the system user), the device, and the reason given, where there are any."""

    actor: UserId | None = None
    device: DeviceId | None = None
    reason: str = ""


NOBODY = Acting()
_current: ContextVar[Acting | None] = ContextVar("wms_acting", default=None)
_source: list[Callable[[], Acting]] = []


@contextmanager
def acting(actor: UserId | None, device: DeviceId | None = None, reason: str = "") -> Iterator[None]:
    """Name who acts in this block: a scheduled run, a verb of the command line, a route that was given a reason."""
    token = _current.set(Acting(actor=actor, device=device, reason=reason))
    try:
        yield
    finally:
        _current.reset(token)


def ask_with(source: Callable[[], Acting]) -> None:
    """Hand over how to tell who acts where no block names them: the web edge reads it from the request."""
    _source[:] = [source]


def who() -> Acting:
    """Say who acts now."""
    named = _current.get()
    if named is not None:
        return named
    return _source[0]() if _source else NOBODY
