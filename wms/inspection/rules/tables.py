"""ISO 2859-1:1999 (the same as GB/T 2828.1-2012), single sampling: code letters and the master tables 2-A, 2-B, 2-C.

The tables are regular and are made from their structure: along a diagonal (one letter down, one AQL to the left) all
plans are alike, since sample sizes and AQLs both grow by the fifth root of ten. With `k` = letter + AQL column - origin,
k = 0 is the plan that accepts 0, then come arrows, then the plans that accept 1, 2, 3, 5 ... Where the standard breaks
off the diagonals (few letters have the largest numbers) it is said in `_SERIES`.

>>> find_plan("J", "1.0", "normal")
Plan(letter='J', size=80, accept=2)
>>> find_plan("J", "0.25", "normal")
Plan(letter='H', size=50, accept=0)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from wms.core.errors import FieldErrors, ProgrammingError

#: The code letters with a row in every table; S stands in table 2-B alone.
LETTERS: Final = "ABCDEFGHJKLMNPQR"
#: AQL columns: percent nonconforming up to 10, beyond that nonconformities per 100 units (5.2).
AQLS: Final = (
    "0.010", "0.015", "0.025", "0.040", "0.065", "0.10", "0.15", "0.25", "0.40", "0.65", "1.0", "1.5", "2.5", "4.0",
    "6.5", "10", "15", "25", "40", "65", "100", "150", "250", "400", "650", "1000",
)  # fmt: skip
#: The AQLs that a plan in percent nonconforming may name.
PERCENT_AQLS: Final = AQLS[: AQLS.index("10") + 1]
LEVELS: Final = ("S-1", "S-2", "S-3", "S-4", "I", "II", "III")

#: Table 1: the last lot size of each range, and the letters by level in the order of LEVELS.
_TABLE_1: Final[tuple[tuple[int | None, str], ...]] = (
    (8, "AAAAAAB"),
    (15, "AAAAABC"),
    (25, "AABBBCD"),
    (50, "ABBCCDE"),
    (90, "BBCCCEF"),
    (150, "BBCDDFG"),
    (280, "BCDEEGH"),
    (500, "BCDEFHJ"),
    (1200, "CCEFGJK"),
    (3200, "CDEGHKL"),
    (10_000, "CDFGJLM"),
    (35_000, "CDFHKMN"),
    (150_000, "DEGJLNP"),
    (500_000, "DEGJMPQ"),
    (None, "DEHKNQR"),
)

_SIZES: Final = (2, 3, 5, 8, 13, 20, 32, 50, 80, 125, 200, 315, 500, 800, 1250, 2000)
_UP, _DOWN = "up", "down"


@dataclass(frozen=True)
class Plan:
    """A single sampling plan: look at `size` units, accept the lot up to `accept` nonconforming ones."""

    letter: str
    size: int
    accept: int

    @property
    def reject(self) -> int:
        """From how many on the lot is not accepted."""
        return self.accept + 1


@dataclass(frozen=True)
class _Table:
    """How one master table is made: where a column begins, its arrows, its acceptance numbers."""

    name: str
    sizes: tuple[int, ...]
    origin: int
    #: What stands between the plan that accepts 0 and the one that accepts 1.
    arrows: tuple[str, ...]
    accepts: tuple[int, ...]


_NORMAL: Final = _Table("2-A", _SIZES, 14, (_UP, _DOWN), (1, 2, 3, 5, 7, 10, 14, 21))
_TIGHTENED: Final = _Table("2-B", _SIZES, 15, (_DOWN, _DOWN), (1, 2, 3, 5, 8, 12, 18))
_REDUCED: Final = _Table("2-C", (2, 2, *_SIZES[:14]), 14, (_UP, _DOWN, _DOWN), (1, 2, 3, 5, 6, 8, 10))
_TABLES: Final[Mapping[str, _Table]] = {"normal": _NORMAL, "tightened": _TIGHTENED, "reduced": _REDUCED}
#: Letters whose diagonals go further than those of the rest (2-C: A and B have sample sizes of 2 and go by 2-A's numbers).
_SERIES: Final[Mapping[str, Mapping[str, tuple[tuple[str, ...], tuple[int, ...]]]]] = {
    "2-A": dict.fromkeys("ABCDE", ((_UP, _DOWN), (1, 2, 3, 5, 7, 10, 14, 21, 30, 44))),
    "2-B": dict.fromkeys("ABCDE", ((_DOWN, _DOWN), (1, 2, 3, 5, 8, 12, 18, 27, 41))),
    "2-C": {
        "A": ((_UP, _DOWN), (1, 2, 3, 5, 7, 10, 14, 21, 30)),
        "B": ((_UP, _DOWN, _DOWN), (1, 2, 3, 5, 7, 10, 14, 21, 30)),
        **dict.fromkeys("CDE", ((_UP, _DOWN, _DOWN), (1, 2, 3, 5, 6, 8, 10, 14, 21))),
    },
}
#: Table 2-B ends in one plan below letter R.
_LETTER_S: Final = Plan("S", 3150, 1)
_AQL_OF_S: Final = "0.025"


def code_letter(lot_size: int, level: str) -> str:
    """Give the sample size code letter of a lot at an inspection level (table 1, 10.1); a lot has two units or more.

    >>> code_letter(3200, "II"), code_letter(3201, "II"), code_letter(500, "S-3")
    ('K', 'L', 'D')
    """
    place = LEVELS.index(level)
    return next(letters[place] for last, letters in _TABLE_1 if last is None or lot_size <= last)


def size_of(letter: str) -> int:
    """Give the sample size of a letter in tables 2-A and 2-B."""
    return _SIZES[LETTERS.index(letter)]


def find_plan(letter: str, aql: str, severity: str) -> Plan:
    """Give the plan of a letter and an AQL, following the arrow to another letter and its sample size (10.3)."""
    table = _TABLES[severity]
    column = _column(aql)
    row = LETTERS.index(letter)
    found = _cell(table, row, column)
    if isinstance(found, Plan):
        return found
    ways = (1, -1) if found == _DOWN else (-1, 1)
    for step in ways:
        place = row + step
        while 0 <= place < len(LETTERS):
            there = _cell(table, place, column)
            if isinstance(there, Plan):
                return there
            place += step
        if step == 1 and table is _TIGHTENED and aql == _AQL_OF_S:
            return _LETTER_S
    raise ProgrammingError(what="a column of a master table without a plan", aql=aql)


def table_name(severity: str) -> str:
    """Say which master table serves a severity: 2-A, 2-B or 2-C."""
    return _TABLES[severity].name


def one_step_tighter(aql: str) -> str | None:
    """Give the next smaller AQL; None for the smallest.

    >>> one_step_tighter("1.0")
    '0.65'
    """
    place = _column(aql)
    return AQLS[place - 1] if place else None


def read_aql(text: str) -> str:
    """Read an AQL as it may be written ("1", "1.0", "0.1"); FieldErrors when it is no percent AQL of the standard."""
    from decimal import Decimal, InvalidOperation

    try:
        value = Decimal(text.strip())
    except InvalidOperation:
        value = Decimal(-1)
    for aql in PERCENT_AQLS:
        if Decimal(aql) == value:
            return aql
    raise FieldErrors(errors={"aql": ["not_an_aql"]})


def _column(aql: str) -> int:
    if aql not in AQLS:
        raise ProgrammingError(what="an AQL that the standard does not have", aql=aql)
    return AQLS.index(aql)


def _cell(table: _Table, row: int, column: int) -> Plan | str:
    """The plan in a cell, or the way its arrow points."""
    letter = LETTERS[row]
    arrows, accepts = _SERIES[table.name].get(letter, (table.arrows, table.accepts))
    k = row + column - table.origin
    if k < 0:
        return _DOWN
    if k == 0:
        return Plan(letter, table.sizes[row], 0)
    if k <= len(arrows):
        return arrows[k - 1]
    place = k - len(arrows) - 1
    return Plan(letter, table.sizes[row], accepts[place]) if place < len(accepts) else _UP
