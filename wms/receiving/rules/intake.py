"""May these goods come in: the right item, a lot and date that hold together, life enough, not more than was ordered.

Refusals that no one on the dock may wave through are raised at once; what a person may confirm is a QuestionNeeded, and is
passed when its code stands in `answers`. The lot number is compared and kept byte for byte.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from wms.core.errors import (
    ExpiryContradicts,
    LifeTooShort,
    LotExpired,
    LotTypedTwiceDiffers,
    MissingField,
    OverReceipt,
    QuestionNeeded,
    WrongItemScanned,
)
from wms.core.quantity import ZERO, Quantity
from wms.numbering.rules.reading import Life
from wms.receiving.rules.codes import (
    OTHER_LOT,
    Code,
    Counted,
    Taken,
    ask_about_code,
    ask_about_origin,
    count_last_good_day,
)
from wms.receiving.rules.conditions import Licence, check_licence, degrees_text, is_outside, range_text
from wms.stock.rules.availability import is_expired, needed_until

#: The number of the one standing lot of an item that is not tracked by lot.
STANDING_LOT = "-"


@dataclass(frozen=True, kw_only=True)
class ItemFacts:
    """What the item's own rules say; `date_basis` is expiry, best_before or none."""

    sku: str
    is_lot_tracked: bool = True
    date_basis: str = "expiry"
    shelf_life_days: int | None = None
    #: How long it keeps from the day of making, in months or days.
    life: Life | None = None
    receipt_life_days_min: int | None = None
    receipt_life_percent_min: int | None = None
    usable_on_expiry_day: bool = True
    over_receipt_percent: int = 0
    typed_lot_policy: str = "twice"
    item_class: str = "food"
    storage_class: str = "ambient"


@dataclass(frozen=True, kw_only=True)
class ExpectedLine:
    """A line of the ASN or purchase order with what came of it so far."""

    line_id: int
    sku: str
    quantity: Quantity
    received: Quantity = ZERO
    lot_number: str = ""
    expires_on: date | None = None
    #: So much less still counts as all of it.
    under_percent: int = 0

    @property
    def is_full(self) -> bool:
        """Whether all of it came, or as much as the tolerance asks for."""
        return self.received >= with_shortfall(self.quantity, self.under_percent)

    @property
    def remaining(self) -> Quantity:
        """What is still to come: nothing once enough came."""
        return ZERO if self.is_full else self.quantity - self.received


@dataclass(frozen=True, kw_only=True)
class KnownLot:
    """A lot of the item that we have seen before."""

    number: str
    expires_on: date | None = None
    best_before_on: date | None = None


@dataclass(frozen=True, kw_only=True)
class Came:
    """What stands on the dock, as scanned or typed; `precision` is day or month."""

    quantity: Quantity
    lot_number: str | None = None
    expires_on: date | None = None
    best_before_on: date | None = None
    manufactured_on: date | None = None
    precision: str = "day"


@dataclass(frozen=True, kw_only=True)
class Situation:
    """All the decision rests on. `expected` is None for a blind receipt, else every line of the paper."""

    item: ItemFacts
    came: Came
    on: date
    expected: Sequence[ExpectedLine] | None = None
    known: KnownLot | None = None
    near: Sequence[str] = ()
    answers: frozenset[str] = field(default_factory=frozenset)
    #: How the supplier's patterns read the lot code.
    code: Code = field(default_factory=Code)
    #: None where the number is free, or the lot is plainly the same.
    taken: Taken | None = None
    #: None where the supplier is not known.
    licence: Licence | None = None
    #: As read at the door.
    arrival_decidegrees: int | None = None


@dataclass(frozen=True, kw_only=True)
class Accepted:
    """Let in: under which lot number and dates, and on which line of the paper it counts (None: blind).

    `is_out_of_range`: the truck was too warm or too cold for it, so it comes in on hold.
    """

    lot_number: str
    expires_on: date | None
    best_before_on: date | None
    line_id: int | None
    is_out_of_range: bool = False
    #: As the label says it, or as it was read out of the code.
    manufactured_on: date | None = None
    #: How the last good day was counted, where no label gave it.
    counted: str = ""
    #: A lot of this number is known, but these goods are another's.
    is_another: bool = False


def judge(s: Situation) -> Accepted:
    """Let the goods in or say why not; the order of the checks is the order in which a person can mend them.

    Raises WrongItemScanned, LicenceExpired, LicenceScope, MissingField (lot, expiry), LotExpired, LifeTooShort,
    ExpiryContradicts, OverReceipt, and QuestionNeeded: date_from_code, temperature_out_of_range, lot_of_another_supplier,
    lot_nearly_known, lot_not_announced, lot_code_unread, lot_code_contradicts, expiry_differs_from_asn,
    best_before_not_expiry.
    """
    is_another = s.taken is not None and OTHER_LOT in s.answers
    if is_another:
        s = replace(s, known=None)
    lines = _lines_of_item(s)
    if s.licence is not None:
        check_licence(s.licence, item=s.item.sku, item_class=s.item.item_class, on=s.on)
    number = _lot_number(s)
    counted = _counted(s, number)
    if counted is not None:
        s = replace(s, came=_with_counted(s, counted))
    expires_on, best_before_on = _dates(s)
    deciding = _deciding_day(s.item, expires_on, best_before_on)
    _check_life(s, number, deciding)
    _check_quantity(s, lines)
    is_out_of_range = _ask_about_temperature(s)
    is_another = ask_about_origin(s.taken, s.answers)
    _ask_about_lot(s, number, lines, expires_on)
    if s.known is None and s.item.is_lot_tracked:
        ask_about_code(
            s.code, lot=number, made_on=s.came.manufactured_on, last_good_on=deciding, precision=s.came.precision,
            answers=s.answers,
        )  # fmt: skip
    return Accepted(
        lot_number=number,
        expires_on=expires_on,
        best_before_on=best_before_on,
        line_id=_line_for(s, lines, number),
        is_out_of_range=is_out_of_range,
        manufactured_on=s.came.manufactured_on,
        counted=counted.text if counted else "",
        is_another=is_another,
    )


def check_typed_lot(policy: str, *, first: str, again: str | None, has_photo: bool) -> str:
    """Check a typed lot by the item's policy; how it was captured: typed_twice, photo or typed.

    Raises MissingField (lot_again, photo) and LotTypedTwiceDiffers; the two must be equal byte for byte.
    """
    if policy == "twice":
        if not again:
            raise MissingField(field="lot_again")
        if again != first:
            raise LotTypedTwiceDiffers(first=first, second=again)
        return "typed_twice"
    if policy == "photo":
        if not has_photo:
            raise MissingField(field="photo")
        return "photo"
    return "typed"


def is_near(one: str, other: str) -> bool:
    """Say whether two different lot numbers differ by letter case, leading zeros or blanks only."""
    return one != other and _squeeze(one) == _squeeze(other)


def with_tolerance(expected: Quantity, percent: int) -> Quantity:
    """The most that may be received of `expected` with `percent` over, exact, rounded down to a millionth."""
    return Quantity(expected.millionths * (100 + max(percent, 0)) // 100)


def with_shortfall(expected: Quantity, percent: int) -> Quantity:
    """The least of `expected` that counts as all of it with `percent` under, exact, rounded up to a millionth."""
    return Quantity(-(-expected.millionths * (100 - min(max(percent, 0), 100)) // 100))


def _squeeze(number: str) -> str:
    return number.replace(" ", "").lower().lstrip("0")


def _lines_of_item(s: Situation) -> list[ExpectedLine]:
    if s.expected is None:
        return []
    lines = [line for line in s.expected if line.sku == s.item.sku]
    if not lines:
        raise WrongItemScanned(needed=_first_few({line.sku for line in s.expected}), scanned=s.item.sku)
    return lines


def _lot_number(s: Situation) -> str:
    if not s.item.is_lot_tracked:
        return STANDING_LOT
    if not s.came.lot_number:
        raise MissingField(field="lot")
    return s.came.lot_number


def _counted(s: Situation, number: str) -> Counted | None:
    """The last good day counted from the making, where the item goes by one and no label gives it."""
    is_dated = s.item.date_basis != "none" and s.item.is_lot_tracked
    if not is_dated or s.came.expires_on or s.came.best_before_on or s.known is not None:
        return None
    return count_last_good_day(
        made_on=s.came.manufactured_on, life=s.item.life, code=s.code, lot=number, answers=s.answers
    )  # fmt: skip


def _with_counted(s: Situation, counted: Counted) -> Came:
    name = "best_before_on" if s.item.date_basis == "best_before" else "expires_on"
    days = {name: counted.last_good_on, "manufactured_on": counted.manufactured_on}
    return replace(s.came, precision="day", **days)  # type: ignore[arg-type]


def _dates(s: Situation) -> tuple[date | None, date | None]:
    """The dates of the lot: those of the label; for a known lot its own, which the label must not contradict."""
    came, known = s.came, s.known
    expires_on, best_before_on = came.expires_on, came.best_before_on
    if known is not None:
        expires_on = _agree(known.number, known.expires_on, expires_on, came.precision)
        best_before_on = _agree(known.number, known.best_before_on, best_before_on, came.precision)
    if s.item.date_basis == "none" or not s.item.is_lot_tracked:
        return expires_on, best_before_on
    if expires_on is None and best_before_on is None:
        raise MissingField(field="expiry")
    if s.item.date_basis == "expiry" and expires_on is None:
        _ask(s, "best_before_not_expiry", item=s.item.sku, came=_text(best_before_on))
    return expires_on, best_before_on


def _agree(number: str, known: date | None, came: date | None, precision: str) -> date | None:
    if came is None or known is None or known == came:
        return known or came
    same_month = (known.year, known.month) == (came.year, came.month)
    if precision == "month" and same_month:
        return known
    raise ExpiryContradicts(lot=number, known=known.isoformat(), came=came.isoformat())


def _deciding_day(item: ItemFacts, expires_on: date | None, best_before_on: date | None) -> date | None:
    if item.date_basis == "none":
        return None
    if item.date_basis == "best_before":
        return best_before_on or expires_on
    return expires_on or best_before_on


def _check_life(s: Situation, number: str, deciding: date | None) -> None:
    if deciding is None:
        return
    if is_expired(deciding, on=s.on, usable_on_last_day=s.item.usable_on_expiry_day):
        raise LotExpired(lot=number, expires_on=deciding.isoformat(), on=s.on.isoformat())
    needed = needed_until(
        ship_on=s.on,
        days_min=s.item.receipt_life_days_min,
        percent_min=s.item.receipt_life_percent_min,
        shelf_life_days=s.item.shelf_life_days,
    )
    if needed is not None and deciding < needed:
        raise LifeTooShort(lot=number, expires_on=deciding.isoformat(), needed_on=needed.isoformat())


def _ask_about_lot(s: Situation, number: str, lines: Sequence[ExpectedLine], expires_on: date | None) -> None:
    """Questions come after all refusals that need no answer, the over-receipt among them."""
    if not s.item.is_lot_tracked:
        return
    if s.known is None and s.near:
        _ask(s, "lot_nearly_known", known=_first_few(set(s.near)), came=number)
    announced = [line for line in lines if line.lot_number]
    same = [line for line in announced if line.lot_number == number]
    if announced and not same and len(announced) == len(lines):
        _ask(s, "lot_not_announced", needed=_first_few({line.lot_number for line in announced}), scanned=number)
    said = next((line.expires_on for line in same if line.expires_on), None)
    if (
        said
        and expires_on
        and said != expires_on
        and not (s.came.precision == "month" and _same_month(said, expires_on))
    ):
        _ask(s, "expiry_differs_from_asn", lot=number, announced=said.isoformat(), came=expires_on.isoformat())


def _ask_about_temperature(s: Situation) -> bool:
    """Goods that came too warm or too cold are taken in on hold or not at all: a person says which."""
    if s.arrival_decidegrees is None or not is_outside(s.item.storage_class, s.arrival_decidegrees):
        return False
    _ask(
        s, "temperature_out_of_range", item=s.item.sku, came=degrees_text(s.arrival_decidegrees),
        needed=range_text(s.item.storage_class),
    )  # fmt: skip
    return True


def _check_quantity(s: Situation, lines: Sequence[ExpectedLine]) -> None:
    if s.expected is None:
        return
    expected = Quantity(sum(line.quantity.millionths for line in lines))
    received = Quantity(sum(line.received.millionths for line in lines)) + s.came.quantity
    if received > with_tolerance(expected, s.item.over_receipt_percent):
        raise OverReceipt(expected=str(expected), received=str(received), tolerance=f"{s.item.over_receipt_percent}%")


def _line_for(s: Situation, lines: Sequence[ExpectedLine], number: str) -> int | None:
    """The line this counts on: of the same lot, else one without a lot; the first that still has room, else the last."""
    if not lines:
        return None
    same = [line for line in lines if line.lot_number == number]
    free = [line for line in lines if not line.lot_number]
    candidates = same or free or list(lines)
    with_room = [line for line in candidates if line.received < line.quantity]
    return (with_room[0] if with_room else candidates[-1]).line_id


def _same_month(one: date, other: date) -> bool:
    return (one.year, one.month) == (other.year, other.month)


def _ask(s: Situation, question: str, **more: str) -> None:
    if question not in s.answers:
        raise QuestionNeeded(question=question, **more)


def _first_few(codes: set[str]) -> str:
    ordered = sorted(codes)
    return ", ".join(ordered[:4]) + (" …" if len(ordered) > 4 else "")


def _text(day: date | None) -> str:
    return day.isoformat() if day else ""
