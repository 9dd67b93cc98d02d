"""The one small state machine: a table of (state, event) -> state, and the only way to take a step."""

from collections.abc import Mapping
from typing import TypeVar

from wms.core.errors import WrongState

S = TypeVar("S", bound=str)
E = TypeVar("E", bound=str)


def step(table: Mapping[tuple[S, E], S], state: S, event: E, *, subject: str) -> S:
    """Say the state that `event` leads to; WrongState when the table has no such step."""
    try:
        return table[(state, event)]
    except KeyError:
        allowed = sorted({s for (s, e) in table if e == event})
        raise WrongState(subject=subject, state=state, event=event, needed=allowed) from None
