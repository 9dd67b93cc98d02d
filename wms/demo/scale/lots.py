"""Which lots come, on which day, in how many units of goods, and what is to happen to each: decided before any row is made.

A unit is what stands in one place: a pallet on its plate, or loose goods. Numbers are kept in arrays: a large warehouse
has millions of them.
"""

from __future__ import annotations

import random
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta

from wms.core.quantity import SCALE
from wms.demo.scale.ground import Article, Ground
from wms.demo.scale.sizes import DAYS, FIRST_SITE_SHARE, Size
from wms.stock.rules.availability import NEVER

RELOCATE, PICK_PART, PICK_ALL = 0, 1, 2
_KINDS = 4
_NEVER = NEVER.isoformat()


@dataclass
class Plan:
    """Every lot and unit by its number, and for each day of the history what happens on it."""

    #: By lot.
    article: array[int] = field(default_factory=lambda: array("l"))
    house: array[int] = field(default_factory=lambda: array("b"))
    came: array[int] = field(default_factory=lambda: array("h"))
    made: array[int] = field(default_factory=lambda: array("h"))
    ends: list[str] = field(default_factory=list)
    first_unit: array[int] = field(default_factory=lambda: array("l"))
    #: The day of the verdict on it: DAYS when it still waits, -1 when it is not inspected.
    decided: array[int] = field(default_factory=lambda: array("h"))
    rejected: set[int] = field(default_factory=set)
    #: Held lots with the reason's place in papers.HOLDS; -1 for one that expired.
    held: dict[int, int] = field(default_factory=dict)
    #: By unit.
    lot: array[int] = field(default_factory=lambda: array("l"))
    pieces: array[int] = field(default_factory=lambda: array("l"))
    is_pallet: array[int] = field(default_factory=lambda: array("b"))
    #: By day: lots that come, lots that get their verdict, lots that are held; units with what happens to them.
    coming: list[list[int]] = field(default_factory=lambda: [[] for _ in range(DAYS)])
    deciding: list[list[int]] = field(default_factory=lambda: [[] for _ in range(DAYS)])
    holding: list[list[int]] = field(default_factory=lambda: [[] for _ in range(DAYS)])
    events: list[array[int]] = field(default_factory=lambda: [array("q") for _ in range(DAYS)])

    def units(self, lot: int) -> range:
        """The units of a lot."""
        return range(self.first_unit[lot], self.first_unit[lot + 1])

    def happenings(self, day: int, rng: random.Random) -> Iterator[tuple[int, int]]:
        """(unit, what) of a day, in no order, as people walk."""
        codes = self.events[day].tolist()
        rng.shuffle(codes)
        for code in codes:
            yield code // _KINDS, code % _KINDS


def think_up(size: Size, ground: Ground, rng: random.Random) -> Plan:
    """Think up lots until so many units will stand as asked; then let goods be moved about until the moves are spent."""
    plan = Plan()
    weights = [1 / (n + 12) ** 0.7 for n in range(len(ground.articles))]
    rng.shuffle(weights)
    choices: Iterator[int] = iter(())
    standing, moves = 0, 0
    movable: list[tuple[int, int, int]] = []
    while standing < size.rows:
        place = next(choices, None)
        if place is None:
            choices = iter(rng.choices(range(len(ground.articles)), weights, k=5_000))
            continue
        stand, spent = _plan_lot(plan, ground.articles[place], place, size, size.rows - standing, movable, rng)
        standing += stand
        moves += spent
    plan.first_unit.append(len(plan.lot))
    while moves < size.moves and movable:
        unit, first, end = movable[rng.randrange(len(movable))]
        plan.events[rng.randrange(first, end)].append(unit * _KINDS + RELOCATE)
        moves += 1
    return plan


def _plan_lot(plan: Plan, article: Article, place: int, size: Size, room: int, movable: list[tuple[int, int, int]],
              rng: random.Random) -> tuple[int, int]:  # fmt: skip
    """One lot: how many of its units will stand at the end, and how many moves it takes to bring all of it there."""
    family, lot = article.good.family, len(plan.ends)
    longest = min(DAYS - 2, int((family.life or 400) * 0.6))
    age = 1 + int(longest * rng.random() ** 1.2)
    came = DAYS - age
    made = came - rng.randrange(3, 6 if (family.life or 365) < 30 else 40)
    left = made + family.life - DAYS if family.life else None
    is_expired = False
    if left is not None:
        luck = rng.random()
        if luck < 0.004:
            left, is_expired = -rng.randrange(1, 20), True
        elif luck < 0.03:
            left = rng.randrange(0, max(2, article.warning_days))
        left = left if is_expired else max(left, 0)
    decided = -1
    if article.is_inspected:
        decided = min(came + rng.randrange(2, 9), DAYS)
    is_rejected = 0 <= decided < DAYS and rng.random() < 0.015
    first = max(came, decided) + 1
    end = first if is_rejected else DAYS
    held = -1
    if is_expired and rng.random() < 0.9:
        plan.held[lot] = -1
        held = DAYS - 1
    elif not is_expired and decided < DAYS and not is_rejected and rng.random() < 0.008:
        plan.held[lot] = rng.randrange(5)
        held = max(DAYS - 1 - rng.randrange(14), min(first, DAYS - 1))
    if held >= 0:
        end = held
        plan.holding[held].append(lot)
    plan.article.append(place)
    plan.house.append(0 if family.storage == "frozen" or rng.random() < FIRST_SITE_SHARE else 1)
    plan.came.append(came)
    plan.made.append(made)
    plan.ends.append(_NEVER if left is None else (size.on + timedelta(days=left)).isoformat())
    plan.first_unit.append(len(plan.lot))
    plan.decided.append(decided)
    plan.coming[came].append(lot)
    if is_rejected:
        plan.rejected.add(lot)
    if 0 <= decided < DAYS:
        plan.deciding[decided].append(lot)
    stand, moves = 0, 0
    gone_share = 0.46 * age / longest
    for _ in range(min(9, 1 + int(rng.expovariate(0.33)))):
        may_move = first < end
        leaves = may_move and (stand >= room or rng.random() < gone_share)
        if not may_move and stand >= room:
            break
        moves += 2 + _plan_unit(plan, article, lot, first, end, movable, leaves=leaves, rng=rng)
        stand += not leaves
        moves += (0 <= decided < DAYS) + (held >= 0 and not leaves)
    return stand, moves


def _plan_unit(plan: Plan, article: Article, lot: int, first: int, end: int, movable: list[tuple[int, int, int]], *,
               leaves: bool, rng: random.Random) -> int:  # fmt: skip
    """One unit: moves beyond receipt and putaway."""
    good, unit = article.good, len(plan.lot)
    is_pallet = rng.random() < 0.5
    case = good.family.case_of
    pieces = good.pallet_of if is_pallet else case * rng.randrange(1, max(2, good.family.cases_on_pallet // 2))
    plan.lot.append(lot)
    plan.pieces.append(pieces)
    plan.is_pallet.append(is_pallet)
    moves = 0
    if leaves:
        middle = first + (end - first) // 2
        end = rng.randrange(middle, end)
        plan.events[end].append(unit * _KINDS + PICK_ALL)
        moves += 2
    elif first < end:
        movable.append((unit, first, end))
    if first < end and pieces > 1 and rng.random() < 0.42:
        plan.events[rng.randrange(first, end)].append(unit * _KINDS + PICK_PART)
        moves += 2
    return moves


def day_of(size: Size, day: int) -> date:
    """The date of a day of the history; DAYS is today."""
    return size.on + timedelta(days=day - DAYS)


def pieces_to_quantity(pieces: int) -> int:
    """Whole base units as the ledger counts them."""
    return pieces * SCALE
