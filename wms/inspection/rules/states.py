"""The one state table of an inspection."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

#: (state, event) -> state.
INSPECTION: Final[Mapping[tuple[str, str], str]] = {
    ("open", "enlarge"): "open",
    ("skipped", "enlarge"): "skipped",
    ("open", "start"): "in_work",
    ("in_work", "start"): "in_work",
    ("open", "enter"): "in_work",
    ("in_work", "enter"): "in_work",
    ("open", "split"): "open",
    ("open", "sort"): "open",
    ("in_work", "sort"): "in_work",
    ("open", "replan"): "open",
    ("in_work", "replan"): "in_work",
    ("open", "close"): "done",
    ("in_work", "close"): "done",
    ("open", "skip"): "skipped",
    ("open", "cancel"): "cancelled",
    ("in_work", "cancel"): "cancelled",
}

#: What still waits for somebody.
UNDONE: Final = frozenset({"open", "in_work"})

PLAN: Final[Mapping[tuple[str, str], str]] = {
    ("draft", "change"): "draft",
    ("draft", "activate"): "active",
    ("active", "retire"): "retired",
    ("active", "replace"): "retired",
    ("draft", "retire"): "retired",
}
