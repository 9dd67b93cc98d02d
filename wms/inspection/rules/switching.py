"""The switching rules of ISO 2859-1, 9.3 and 9.4, as steps from one memory to the next. Only first looks at a lot count.

normal -> tightened   2 of 5 or fewer consecutive lots not accepted (9.3.1)
tightened -> normal   5 consecutive lots accepted (9.3.2)
normal -> reduced     switching score 30 or more, production steady, and the responsible authority wants it (9.3.3)
reduced -> normal     one lot not accepted, production irregular, or the authority takes it back (9.3.4)
tightened -> stopped  5 lots not accepted in all while under tightened inspection (9.4)
stopped -> tightened  the authority agrees that the supplier has mended it (9.4)
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final

SCORE_FOR_REDUCED: Final = 30
_WINDOW: Final = 5
_STOP_AT: Final = 5


@dataclass(frozen=True, kw_only=True)
class Memory:
    """What the rules remember of the lots before. `recent`: the last lots under this severity, True for accepted."""

    severity: str = "normal"
    recent: tuple[bool, ...] = ()
    score: int = 0
    #: Lots not accepted in all since tightened inspection began.
    tightened_failures: int = 0

    def as_data(self) -> dict[str, Any]:
        """Give it as plain data, to be kept."""
        return {
            "recent": list(self.recent), "score": self.score, "tightened_failures": self.tightened_failures,
        }  # fmt: skip

    @classmethod
    def of(cls, severity: str, data: dict[str, Any]) -> Memory:
        """Read it back."""
        return cls(
            severity=severity, recent=tuple(data.get("recent", ())), score=data.get("score", 0),
            tightened_failures=data.get("tightened_failures", 0),
        )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Came:
    """How one lot came out. `gain` is what `score_gain` says of it."""

    is_accepted: bool
    gain: int = 0


def score_gain(*, accept: int, found: int, would_pass_tighter: bool) -> int:
    """Say by how much the switching score grows by one accepted lot under normal inspection; 0 sets it back (9.3.3.2).

    `accept` is the plan's acceptance number, `found` the nonconforming units, `would_pass_tighter` whether the lot would
    also have been accepted by the AQL one step tighter.
    """
    if found > accept:
        return 0
    if accept >= 2:
        return 3 if would_pass_tighter else 0
    return 2


def after_lot(memory: Memory, came: Came, *, is_reduced_allowed: bool) -> tuple[Memory, str]:
    """Give the memory after a lot, and the change it brought: to_tightened, to_normal, to_reduced, stopped, or blank."""
    recent = (*memory.recent, came.is_accepted)[-_WINDOW:]
    if memory.severity == "normal":
        if recent.count(False) >= 2:
            return Memory(severity="tightened"), "to_tightened"
        score = memory.score + came.gain if came.is_accepted and came.gain else 0
        if score >= SCORE_FOR_REDUCED and is_reduced_allowed:
            return Memory(severity="reduced"), "to_reduced"
        return replace(memory, recent=recent, score=score), ""
    if memory.severity == "tightened":
        failures = memory.tightened_failures + (not came.is_accepted)
        if failures >= _STOP_AT:
            return Memory(severity="stopped", recent=recent, tightened_failures=failures), "stopped"
        if len(recent) == _WINDOW and all(recent):
            return Memory(severity="normal"), "to_normal"
        return replace(memory, recent=recent, tightened_failures=failures), ""
    if memory.severity == "reduced":
        if not came.is_accepted:
            return Memory(severity="normal", recent=(False,)), "to_normal"
        return replace(memory, recent=recent), ""
    return memory, ""


def after_permission(memory: Memory, *, is_reduced_allowed: bool) -> tuple[Memory, str]:
    """Give the memory after the authority allows reduced inspection or takes it back (9.3.3.1, 9.3.4)."""
    if is_reduced_allowed and memory.severity == "normal" and memory.score >= SCORE_FOR_REDUCED:
        return Memory(severity="reduced"), "to_reduced"
    if not is_reduced_allowed and memory.severity == "reduced":
        return Memory(severity="normal"), "to_normal"
    return memory, ""


def after_lift(memory: Memory) -> Memory:
    """Give the memory after a stop was lifted: tightened inspection from the beginning (9.4)."""
    return Memory(severity="tightened")
