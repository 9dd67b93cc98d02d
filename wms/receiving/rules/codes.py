"""What the supplier's lot code and the day of making say of goods at the dock: a last good day counted, a contradiction asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from wms.core.errors import QuestionNeeded
from wms.numbering.rules.reading import CodeReading, Life, check_against

#: What is asked here, each answered with yes.
FROM_CODE = "date_from_code"
UNREAD = "lot_code_unread"
CONTRADICTS = "lot_code_contradicts"
#: A lot of this number came from somebody else: yes, it is the same; or, answered for itself, it is another.
SAME_LOT = "lot_of_another_supplier"
OTHER_LOT = "lot_is_another"


@dataclass(frozen=True, kw_only=True)
class Code:
    """How the supplier's patterns read the lot code; no readings where it has no pattern."""

    readings: Sequence[CodeReading] = ()

    @property
    def fitting(self) -> CodeReading | None:
        """The first pattern that reads it."""
        return next((reading for reading in self.readings if reading.fits), None)


@dataclass(frozen=True, kw_only=True)
class Taken:
    """The number is that of a lot from another supplier, and no maker is known to tell them by. `proposed`: ours, "" for none."""

    number: str
    supplier: str
    proposed: str = ""


@dataclass(frozen=True, kw_only=True)
class Counted:
    """A last good day that no label gave, the day of making it follows from, and how it was said."""

    last_good_on: date
    manufactured_on: date | None
    text: str


def count_last_good_day(
    *, made_on: date | None, life: Life | None, code: Code, lot: str, answers: frozenset[str]
) -> Counted | None:
    """Count the last good day of goods whose label gives none: from the day of making on the label, else out of the code.

    Raises QuestionNeeded (date_from_code): a day read out of a code alone is taken on a yes only. None: nothing says it.
    """
    reading = code.fitting
    if made_on is not None:
        ends = life.ends(made_on) if life else None
        if ends is not None and life is not None:
            return Counted(last_good_on=ends, manufactured_on=made_on, text=f"{life.text} from {made_on.isoformat()}")
        if reading is not None and reading.expires_on is not None and reading.manufactured_on == made_on:
            return Counted(last_good_on=reading.expires_on, manufactured_on=made_on, text=lot)
        return None
    if reading is None or reading.expires_on is None:
        return None
    if FROM_CODE not in answers:
        made = reading.manufactured_on
        raise QuestionNeeded(
            question=FROM_CODE, lot=lot, made=made.isoformat() if made else "", came=reading.expires_on.isoformat()
        )
    made = reading.manufactured_on if reading.precision == "day" else None
    return Counted(last_good_on=reading.expires_on, manufactured_on=made, text=lot)


def ask_about_code(
    code: Code, *, lot: str, made_on: date | None, last_good_on: date | None, precision: str, answers: frozenset[str]
) -> None:
    """Ask when no pattern of the supplier reads the code, or when its day is not the label's. Raises QuestionNeeded."""
    wrong = check_against(
        code.readings, code=lot, manufactured_on=made_on, expires_on=last_good_on, precision=precision
    )
    if wrong is None:
        return
    if wrong.what == "code":
        if UNREAD not in answers:
            raise QuestionNeeded(question=UNREAD, lot=lot, needed=wrong.says)
    elif CONTRADICTS not in answers:
        raise QuestionNeeded(question=CONTRADICTS, lot=lot, says=wrong.says, came=wrong.came)


def ask_about_origin(taken: Taken | None, answers: frozenset[str]) -> bool:
    """Ask whether a lot of a known number from another supplier is the same; whether it is another. Raises QuestionNeeded."""
    if taken is None or SAME_LOT in answers:
        return False
    if OTHER_LOT not in answers:
        raise QuestionNeeded(
            question=SAME_LOT, lot=taken.number, supplier=taken.supplier, proposed=taken.proposed
        )  # fmt: skip
    return True
