"""From results to a suggested verdict: is a value good, how many units are nonconforming by class, accept or not, and why."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from wms.core.errors import FieldErrors

PASS, FAIL = "pass", "fail"
_DIGITS_MAX: Final = 30


@dataclass(frozen=True, kw_only=True)
class Characteristic:
    """What is to be found out, as the inspection's snapshot of the plan has it."""

    sequence: int
    kind: str
    defect_class: str
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    choices: tuple[str, ...] = ()
    accepted_choices: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Found:
    """A result: of one characteristic, on the units first to last."""

    characteristic: int
    first: int
    last: int
    is_conforming: bool


@dataclass(frozen=True, kw_only=True)
class ClassCount:
    """One class of defects: what was found, against what may be."""

    defect_class: str
    size: int
    accept: int
    found: int
    looked_at: int

    @property
    def reject(self) -> int:
        """From how many on the lot is not accepted."""
        return self.accept + 1

    @property
    def is_exceeded(self) -> bool:
        """Whether more was found than may be."""
        return self.found > self.accept


@dataclass(frozen=True, kw_only=True)
class Suggestion:
    """What the numbers say: accepted, rejected, sorted, incomplete or stopped, and by which reasons (codes of words.WHY)."""

    verdict: str
    classes: tuple[ClassCount, ...]
    reasons: tuple[tuple[str, dict[str, Any]], ...] = ()
    #: Of a lot that was sorted whole: how many of the units looked at are nonconforming.
    bad_units: int = 0
    missing: int = field(default=0)


def read_value(of: Characteristic, text: str) -> tuple[str, bool]:
    """Read what was entered for a characteristic: the value as it is kept, and whether it conforms. Raises FieldErrors."""
    text = text.strip()
    if of.kind == "measure":
        value = _decimal(text)
        too_low = of.minimum is not None and value < of.minimum
        too_high = of.maximum is not None and value > of.maximum
        return format(value, "f"), not (too_low or too_high)
    if of.kind == "choice":
        if text not in of.choices:
            raise FieldErrors(errors={"value": ["not_a_choice"]})
        return text, text in of.accepted_choices
    if text not in (PASS, FAIL):
        raise FieldErrors(errors={"value": ["not_a_choice"]})
    return text, text == PASS


def _decimal(text: str) -> Decimal:
    """Plain digits with an optional sign and point; a comma counts as a point. No exponent, no NaN."""
    plain = text.replace(",", ".").replace("−", "-")
    try:
        if len(plain) > _DIGITS_MAX or not set(plain) <= set("0123456789.-+"):
            raise InvalidOperation
        return Decimal(plain)
    except InvalidOperation:
        raise FieldErrors(errors={"value": ["bad_measure"]}) from None


def is_of_lot(of: Characteristic) -> bool:
    """Whether it is found out once for the whole lot: a certificate."""
    return of.kind == "certificate"


def bad_units_by_class(
    characteristics: Collection[Characteristic], results: Collection[Found], *, sizes: Mapping[str, int]
) -> dict[str, set[int]]:
    """Name the nonconforming units of each class: a unit counts once in a class, however much is wrong with it."""
    kinds = {c.sequence: c for c in characteristics if not is_of_lot(c)}
    bad: dict[str, set[int]] = {name: set() for name in sizes}
    for result in results:
        of = kinds.get(result.characteristic)
        if of is not None and not result.is_conforming:
            last = min(result.last, sizes[of.defect_class])
            bad[of.defect_class] |= set(range(result.first, last + 1))
    return bad


def suggest(
    characteristics: Sequence[Characteristic],
    results: Collection[Found],
    *,
    plans: Sequence[Mapping[str, Any]],
    is_sorted_whole: bool = False,
    is_stopped: bool = False,
) -> Suggestion:
    """Say what the numbers say. `plans`: for each class its size and acceptance number.

    A lot is not accepted as soon as more is found in a class than may be, however much is left to look at; it is accepted
    only when everything was looked at. A missing certificate is not accepted whatever the goods are like. A lot that was
    sorted whole is sorted: its nonconforming units are told.
    """
    sizes = {str(plan["class"]): int(plan["size"]) for plan in plans}
    bad = bad_units_by_class(characteristics, results, sizes=sizes)
    used = {c.defect_class for c in characteristics if not is_of_lot(c)}
    counts = tuple(
        ClassCount(
            defect_class=str(plan["class"]), size=int(plan["size"]), accept=int(plan["accept"]),
            found=len(bad[str(plan["class"])]),
            looked_at=_looked_at(characteristics, results, str(plan["class"]), int(plan["size"])),
        )
        for plan in plans
        if str(plan["class"]) in used
    )  # fmt: skip
    missing = missing_units(characteristics, results, sizes=sizes)
    papers = [c for c in characteristics if is_of_lot(c)]
    entered = {r.characteristic: r.is_conforming for r in results}
    reasons: list[tuple[str, dict[str, Any]]] = []
    no_paper = [c.sequence for c in papers if entered.get(c.sequence) is False]
    if no_paper:
        reasons.append(("no_certificate", {"characteristics": no_paper}))
    exceeded = [c for c in counts if c.is_exceeded]
    if is_sorted_whole:
        if missing and not no_paper:
            return Suggestion(
                verdict="incomplete", classes=counts, reasons=(("missing", {"count": missing}),), missing=missing
            )
        everything = set().union(*bad.values()) if bad else set()
        verdict = "rejected" if no_paper else "sorted" if everything else "accepted"
        said = [*reasons, ("sorted", {"bad": len(everything)})]
        return _stopped_or(is_stopped, verdict, counts, said, bad_units=len(everything), missing=missing)
    for count in exceeded:
        values = {"class": count.defect_class, "found": count.found, "accept": count.accept, "reject": count.reject}
        reasons.append(("too_many", values))
    if reasons:
        return Suggestion(verdict="rejected", classes=counts, reasons=tuple(reasons), missing=missing)
    if missing:
        return Suggestion(
            verdict="incomplete", classes=counts, reasons=(("missing", {"count": missing}),), missing=missing
        )
    for count in counts:
        values = {"class": count.defect_class, "found": count.found, "accept": count.accept, "size": count.size}
        reasons.append(("within", values))
    return _stopped_or(is_stopped, "accepted", counts, reasons)


def _stopped_or(is_stopped: bool, verdict: str, counts: tuple[ClassCount, ...],
                reasons: list[tuple[str, dict[str, Any]]], **more: int) -> Suggestion:  # fmt: skip
    """While the supplier's item is stopped no lot of it is accepted."""
    if is_stopped and verdict != "rejected":
        return Suggestion(verdict="stopped", classes=counts, reasons=(("stopped", {}), *reasons), **more)
    return Suggestion(verdict=verdict, classes=counts, reasons=tuple(reasons), **more)


def missing_units(
    characteristics: Collection[Characteristic], results: Collection[Found], *, sizes: Mapping[str, int]
) -> int:
    """Count the results that are still to be entered: units of each characteristic, one for each certificate."""
    done: dict[int, int] = {}
    for result in results:
        done[result.characteristic] = done.get(result.characteristic, 0) + result.last - result.first + 1
    missing = 0
    for c in characteristics:
        wanted = 1 if is_of_lot(c) else sizes[c.defect_class]
        missing += max(0, wanted - done.get(c.sequence, 0))
    return missing


def _looked_at(characteristics: Collection[Characteristic], results: Collection[Found], name: str, size: int) -> int:
    """How many units have a result for every characteristic of the class."""
    wanted = {c.sequence for c in characteristics if c.defect_class == name and not is_of_lot(c)}
    done: dict[int, int] = dict.fromkeys(wanted, 0)
    for result in results:
        if result.characteristic in done:
            done[result.characteristic] += result.last - result.first + 1
    return min(min(done.values(), default=size), size)
