"""The layout of a warehouse: racks by aisle, bay, level and position, and the bins that every warehouse needs. Pure.

A bin code is aisle-bay-level-position (A-01-2-1). The walk goes up one aisle and down the next, so that nobody walks an aisle
back for nothing; numbers are left between two bins for one that comes later.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from wms.core.errors import FieldErrors

MOST_BINS: Final = 50_000
MOST_DOCKS: Final = 99
_MOST_AISLES: Final = 500
_LONGEST_CODE: Final = 32
#: Between two neighbours in the walk.
WALK_STEP: Final = 10
#: Racks are walked from here on: behind the docks, before what stands apart.
FIRST_RACK: Final = 10_000
_APART, _OUT = 80_000_000, 90_000_000

_AISLE: Final = re.compile(r"\w[\w.]{0,11}")
_NUMBERS: Final = re.compile(r"([A-Za-z]{0,6})([0-9]{1,3})-([A-Za-z]{0,6})([0-9]{1,3})")
_LETTERS: Final = re.compile(r"([A-Z])-([A-Z])|([a-z])-([a-z])")
_BAYS: Final = re.compile(r"([0-9]{1,3})(?:\s*-\s*([0-9]{1,3}))?")


@dataclass(frozen=True, kw_only=True)
class RackPlan:
    """Racks to make: each aisle has the same bays, each bay so many levels, each level so many positions.

    The lowest `face_levels` levels are pick faces, the others storage.
    """

    aisles: tuple[str, ...]
    first_bay: int = 1
    last_bay: int
    levels: int
    positions: int
    face_levels: int = 1
    is_serpentine: bool = True

    @property
    def count(self) -> int:
        """How many bins it makes."""
        return len(self.aisles) * (self.last_bay - self.first_bay + 1) * self.levels * self.positions


@dataclass(frozen=True, slots=True)
class BinPlan:
    """One bin before it has an id: its code, its kind by its name, its place in the walk."""

    code: str
    kind: str
    walk_sequence: int


def read_aisles(text: str) -> tuple[str, ...]:
    """Read aisles as people write them; FieldErrors otherwise.

    >>> read_aisles("A-C, K"), read_aisles("08-11"), read_aisles("R1-R3")
    (('A', 'B', 'C', 'K'), ('08', '09', '10', '11'), ('R1', 'R2', 'R3'))
    """
    found: list[str] = []
    for part in re.split(r"[,，、;\s]+", re.sub(r"\s*-\s*", "-", text.strip())):
        found += _aisles_of(part)
        if len(found) > _MOST_AISLES:
            break
    if not found or len(found) > _MOST_AISLES or len(set(found)) < len(found):
        raise FieldErrors(errors={"aisles": ["aisles_form"]})
    return tuple(found)


def _aisles_of(part: str) -> list[str]:
    if letters := _LETTERS.fullmatch(part):
        first, last = [letter for letter in letters.groups() if letter]
        names = [chr(n) for n in range(ord(first), ord(last) + 1)]
    elif (numbers := _NUMBERS.fullmatch(part)) and numbers[1] == numbers[3]:
        width = len(numbers[2])
        names = [f"{numbers[1]}{n:0{width}d}" for n in range(int(numbers[2]), int(numbers[4]) + 1)]
    else:
        names = [part] if _AISLE.fullmatch(part) else []
    if not names:
        raise FieldErrors(errors={"aisles": ["aisles_form"]})
    return names


def read_bays(text: str) -> tuple[int, int]:
    """Read the bays as "12" (1 to 12) or "13-20"; FieldErrors otherwise.

    >>> read_bays("12"), read_bays("13-20")
    ((1, 12), (13, 20))
    """
    found = _BAYS.fullmatch(text.strip())
    if found is None:
        raise FieldErrors(errors={"bays": ["bays_form"]})
    first, last = (int(found[1]), int(found[2])) if found[2] else (1, int(found[1]))
    if not 1 <= first <= last:
        raise FieldErrors(errors={"bays": ["bays_form"]})
    return first, last


def check_racks(plan: RackPlan) -> None:
    """Refuse racks that are too many, too high, or whose codes would be too long. Raises FieldErrors."""
    faults = {
        "levels": None if 1 <= plan.levels <= 99 else "out_of_range",
        "positions": None if 1 <= plan.positions <= 99 else "out_of_range",
        "face_levels": None if 0 <= plan.face_levels <= plan.levels else "out_of_range",
    }
    errors = {name: [fault] for name, fault in faults.items() if fault}
    if not errors and plan.count > MOST_BINS:
        errors = {"aisles": ["too_many_bins"]}
    if not errors and max(len(_code(plan, a, plan.last_bay, plan.levels, plan.positions)) for a in plan.aisles) > (
        _LONGEST_CODE
    ):
        errors = {"aisles": ["code_too_long"]}
    if errors:
        raise FieldErrors(errors=errors)


def lay_out(plan: RackPlan, *, first_walk: int) -> Iterator[BinPlan]:
    """Give the bins in the order of the walk, from the number `first_walk` on.

    >>> racks = RackPlan(aisles=("A", "B"), last_bay=2, levels=1, positions=1)
    >>> [(b.code, b.walk_sequence) for b in lay_out(racks, first_walk=10)]
    [('A-01-1-1', 10), ('A-02-1-1', 20), ('B-02-1-1', 30), ('B-01-1-1', 40)]
    """
    walk = first_walk
    for place, aisle in enumerate(plan.aisles):
        bays = range(plan.first_bay, plan.last_bay + 1)
        for bay in reversed(bays) if plan.is_serpentine and place % 2 else bays:
            for level in range(1, plan.levels + 1):
                kind = "pick_face" if level <= plan.face_levels else "storage"
                for position in range(1, plan.positions + 1):
                    yield BinPlan(_code(plan, aisle, bay, level, position), kind, walk)
                    walk += WALK_STEP


def _code(plan: RackPlan, aisle: str, bay: int, level: int, position: int) -> str:
    bays, levels, positions = max(2, len(str(plan.last_bay))), len(str(plan.levels)), len(str(plan.positions))
    return f"{aisle}-{bay:0{bays}d}-{level:0{levels}d}-{position:0{positions}d}"


def standing_bins(docks: int) -> list[BinPlan]:
    """Give what every warehouse needs beside racks: docks to receive at, staging, shipping, the cage, samples, transit, the outside.

    Quarantine bins belong to zones, by temperature (`quarantine_bin`).
    """
    return [
        *(BinPlan(f"DOCK-{n}", "dock", n) for n in range(1, docks + 1)),
        BinPlan("CAGE-1", "reject_cage", _APART + 900_000),
        BinPlan("SAMPLE-1", "sample", _APART + 950_000),
        *(BinPlan(f"STAGE-{n}", "staging", _OUT + n) for n in range(1, docks + 1)),
        BinPlan("SHIP-1", "shipping", _OUT + 100_000),
        BinPlan("TRANSIT", "transit", _OUT + 200_000),
        *(BinPlan(kind.upper(), kind, 0) for kind in ("supplier", "customer", "scrap", "adjustment", "consumed")),
    ]


def quarantine_bin(zone_code: str, number: int) -> BinPlan:
    """Give the bin where held goods of a zone stand apart; `number` is the zone's place among the zones."""
    return BinPlan(f"QUAR-{zone_code}", "quarantine", _APART + number)
