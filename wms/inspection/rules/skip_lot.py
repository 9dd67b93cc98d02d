"""Skip-lot sampling, ISO 2859-3:2005: a product that qualified is looked at in one lot of 2, 3, 4 or 5, drawn at random.

Taken from the standard: ten lots or more in a row accepted, a qualification score of 50 within 20 lots, the first frequency
by how many lots that took (10-11: one in 4, 12-14: one in 3, 15-20: one in 2), one in 5 at the soonest after ten more;
back to lot-by-lot on a lot not accepted, on again after four accepted in a row at the next harder frequency, and a new
qualification when that fails within ten lots. The product must stand under normal or reduced inspection throughout.
The score of a lot: 5 when it would also pass two AQL steps tighter, 3 for one step, else 0 and the count begins anew; where
the plan accepts 0 or 1, 5 when nothing was found and 3 when one was.

Which lot of a group is looked at is drawn from a kept seed, so that anybody can draw it again and nobody can choose it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import Any, Final

QUALIFYING, SKIPPING, INTERRUPTED = "qualifying", "skipping", "interrupted"
_LOTS_MIN, _LOTS_MAX, _SCORE = 10, 20, 50
_REQUALIFY, _REQUALIFY_WITHIN = 4, 10
_RAREST: Final = 5


@dataclass(frozen=True, kw_only=True)
class Ladder:
    """Where a product stands. `lots` and `score` since the count began; `frequency` n: one lot in n; `number`: lots skipped or
    looked at since skipping began."""

    stage: str = QUALIFYING
    frequency: int = 1
    lots: int = 0
    score: int = 0
    number: int = 0
    seed: str = ""

    def as_data(self) -> dict[str, Any]:
        """Give it as plain data, to be kept."""
        return {name: getattr(self, name) for name in ("stage", "frequency", "lots", "score", "number", "seed")}

    @classmethod
    def of(cls, data: dict[str, Any]) -> Ladder:
        """Read it back."""
        return cls(**data)


def lot_score(*, accept: int, found: int, passes_one_step: bool, passes_two_steps: bool) -> int:
    """Give the qualification score of one lot."""
    if found > accept:
        return 0
    if accept <= 1:
        return 5 if found == 0 else 3
    return 5 if passes_two_steps else 3 if passes_one_step else 0


def is_drawn(ladder: Ladder) -> bool:
    """Say whether the next lot is looked at: always outside skipping, else the one of its group that the seed names.

    >>> drawn = [is_drawn(Ladder(stage="skipping", frequency=4, number=n, seed="x")) for n in range(8)]
    >>> sum(drawn[:4]), sum(drawn[4:])
    (1, 1)
    """
    if ladder.stage != SKIPPING:
        return True
    group, place = divmod(ladder.number, ladder.frequency)
    digest = hashlib.sha256(f"{ladder.seed}:{ladder.frequency}:{group}".encode()).digest()
    return int.from_bytes(digest[:8], "big") % ladder.frequency == place


def after_skip(ladder: Ladder) -> Ladder:
    """Give the ladder after a lot went through without a look."""
    return replace(ladder, number=ladder.number + 1)


def after_look(ladder: Ladder, *, is_accepted: bool, score: int, is_settled: bool) -> tuple[Ladder, str]:
    """Give the ladder after a lot was looked at, and the change: skip_qualified, skip_rarer, skip_interrupted, skip_resumed,
    skip_lost, or blank. `is_settled`: the product stands under normal or reduced inspection.
    """
    if ladder.stage == QUALIFYING:
        return _qualify(ladder, is_accepted=is_accepted and is_settled, score=score)
    if ladder.stage == SKIPPING:
        if not is_accepted or not is_settled:
            return replace(ladder, stage=INTERRUPTED, lots=0, score=0), "skip_interrupted"
        passed = replace(ladder, number=ladder.number + 1, lots=ladder.lots + 1, score=ladder.score + score)
        if score == 0:
            passed = replace(passed, lots=0, score=0)
        if ladder.frequency == 4 and passed.lots >= _LOTS_MIN and passed.score >= _SCORE:
            return replace(passed, frequency=_RAREST, number=0, lots=0, score=0), "skip_rarer"
        return passed, ""
    return _requalify(ladder, is_accepted=is_accepted and is_settled)


def _qualify(ladder: Ladder, *, is_accepted: bool, score: int) -> tuple[Ladder, str]:
    if not is_accepted or score == 0:
        return replace(ladder, lots=0, score=0), ""
    lots, total = ladder.lots + 1, ladder.score + score
    if lots >= _LOTS_MIN and total >= _SCORE:
        frequency = 4 if lots <= 11 else 3 if lots <= 14 else 2
        return replace(ladder, stage=SKIPPING, frequency=frequency, lots=0, score=0, number=0), "skip_qualified"
    if lots >= _LOTS_MAX:
        return replace(ladder, lots=0, score=0), ""
    return replace(ladder, lots=lots, score=total), ""


def _requalify(ladder: Ladder, *, is_accepted: bool) -> tuple[Ladder, str]:
    """`score` counts the lots accepted in a row here, `lots` those since the interruption."""
    lots, in_a_row = ladder.lots + 1, ladder.score + 1 if is_accepted else 0
    if not is_accepted:
        return replace(ladder, stage=QUALIFYING, frequency=1, lots=0, score=0, number=0), "skip_lost"
    if in_a_row >= _REQUALIFY:
        harder = max(2, ladder.frequency - 1)
        return replace(ladder, stage=SKIPPING, frequency=harder, lots=0, score=0, number=0), "skip_resumed"
    if lots >= _REQUALIFY_WITHIN:
        return replace(ladder, stage=QUALIFYING, frequency=1, lots=0, score=0, number=0), "skip_lost"
    return replace(ladder, lots=lots, score=in_a_row), ""
