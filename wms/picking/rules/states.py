"""The states of orders and pick lists: one table each, `step` is the only way through them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

#: (state, event) -> state. "reallocate" reopens what a hold or a short pick took away.
ORDER_STEPS: Final[Mapping[tuple[str, str], str]] = {
    ("new", "allocate"): "allocated",
    ("allocated", "allocate"): "allocated",
    ("picking", "allocate"): "picking",
    ("picked", "allocate"): "picked",
    ("allocated", "release"): "picking",
    ("picking", "release"): "picking",
    ("picked", "release"): "picking",
    ("picking", "pick_done"): "picked",
    ("picked", "pick_done"): "picked",
    ("picked", "ship"): "shipped",
    ("picking", "ship"): "shipped",
    ("new", "cancel"): "cancelled",
    ("allocated", "cancel"): "cancelled",
}

LIST_STEPS: Final[Mapping[tuple[str, str], str]] = {
    ("open", "take"): "taken",
    ("taken", "take"): "taken",
    ("taken", "leave"): "open",
    ("open", "finish"): "done",
    ("taken", "finish"): "done",
    ("open", "cancel"): "cancelled",
    ("taken", "cancel"): "cancelled",
}
