"""What a person has in hand on the floors above: counted before an access is closed, given back when it is.

The factory names each kind of work here once; so a person can leave without this floor knowing what tasks are.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from wms.core.ids import UserId


@dataclass(frozen=True)
class WorkInHand:
    """One kind of work: its words for a page, how much of it a person has taken, and how it is given back."""

    words: Any
    count: Callable[[UserId], int]
    give_back: Callable[[UserId], int]


_kinds: dict[str, WorkInHand] = {}


def tell_of(name: str, work: WorkInHand) -> None:
    """Name a kind of work; naming it again replaces it."""
    _kinds[name] = work


def in_hand(user_id: UserId) -> list[tuple[Any, int]]:
    """List (words, how many) of what a person has taken and not finished; kinds with none are left out."""
    found = [(work.words, work.count(user_id)) for work in _kinds.values()]
    return [(words, count) for words, count in found if count]


def give_back(user_id: UserId) -> dict[str, int]:
    """Give back all a person has taken, so that others can go on with it; how many of each kind."""
    found = {name: work.give_back(user_id) for name, work in _kinds.items()}
    return {name: count for name, count in found.items() if count}
