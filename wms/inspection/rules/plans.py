"""How much to look at and how much may be wrong, for one inspection lot: one answer by class of defect, with its reasons.

    decide(Request(lot_size=3200, sampling="iso_2859_1", level="II", aqls={"major": "1.0"})) -> Decision

Each reason is a code with its figures; the words stand in wms.inspection.words, so that a person can follow every step:
"A lot of 3200 units at level II has code letter K", "letter K at AQL 1.0 ...: look at 125, accept up to 3".

What the standards tabulate is taken from their tables (tables.py). What ISO 2859-2 tabulates for isolated lots is computed
here by the hypergeometric law it rests on (procedure A, 4.2): the consumer's risk at the limiting quality is
10 % at most. So sample sizes are not rounded to the preferred ones of its tables and may be a few units smaller; the
protection is the same or better, and can be recomputed.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Final

from wms.inspection.rules import tables

#: What a lot as bad as the limiting quality may at most have of a chance to be accepted.
CONSUMERS_RISK: Final = 0.1
#: What a float may be off by.
_ROUNDING: Final = 1e-7
#: The acceptance numbers of ISO 2859-2, procedure A.
_ISOLATED_ACCEPTS: Final = (0, 1, 3, 5, 10, 18)
CLASSES: Final = ("critical", "major", "minor")


@dataclass(frozen=True, kw_only=True)
class Request:
    """A lot to be sampled: its size in units, and what the plan says. AQL and limiting quality are percent as text."""

    lot_size: int
    sampling: str
    level: str = "II"
    severity: str = "normal"
    aqls: Mapping[str, str] = field(default_factory=dict)
    limiting_quality: str = ""
    fixed_size: int | None = None


@dataclass(frozen=True, kw_only=True)
class Reason:
    """One step of the way to a sample: a code of words.REASONS with its figures."""

    code: str
    values: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class ClassPlan:
    """For one class of defects: look at so many units, accept up to so many nonconforming ones."""

    defect_class: str
    size: int
    accept: int
    aql: str = ""
    letter: str = ""

    @property
    def reject(self) -> int:
        """From how many on the lot is not accepted."""
        return self.accept + 1


@dataclass(frozen=True, kw_only=True)
class Decision:
    """The sample of a lot: a plan for each class, and how it came about."""

    lot_size: int
    classes: tuple[ClassPlan, ...]
    reasons: tuple[Reason, ...]

    @property
    def size(self) -> int:
        """How many units are looked at: the largest of the classes."""
        return max(plan.size for plan in self.classes)


def lot_units(quantity_millionths: int, unit_millionths: int) -> int:
    """Say how many units of what is looked at a quantity makes; a begun unit counts as one."""
    return max(1, -(-quantity_millionths // unit_millionths))


def decide(request: Request) -> Decision:
    """Say what to look at of a lot and why."""
    ways = {
        "iso_2859_1": _by_aql,
        "skip_lot": _by_aql,
        "iso_2859_2": _isolated,
        "zero": _zero,
        "square_root": _square_root,
        "fixed": _fixed,
        "all": _all,
    }
    if request.lot_size < 2:
        return _whole(request, [Reason(code="single_unit", values={})])
    return ways[request.sampling](request)


def every_unit(request: Request, *, code: str = "all") -> Decision:
    """Give the plan of a lot that is sorted whole: every unit is looked at, each nonconforming one is put aside."""
    return _whole(request, [Reason(code=code, values={"lot_size": request.lot_size})])


# -- ISO 2859-1 -------------------------------------------------------------------------------------------------------
def _by_aql(request: Request) -> Decision:
    """Single sampling by AQL; each class by its own (5.3), no smaller a sample than its arrow says (10.3)."""
    letter = tables.code_letter(request.lot_size, request.level)
    severity = "tightened" if request.severity == "stopped" else request.severity
    reasons = [Reason(code="letter", values=_lot(request) | {"level": request.level, "letter": letter})]
    found = []
    for name in CLASSES:
        aql = request.aqls.get(name)
        if aql is None:
            continue
        plan = tables.find_plan(letter, aql, severity)
        said = {"class": name, "aql": aql, "severity": severity, "table": tables.table_name(severity)}
        if plan.letter != letter:
            reasons.append(Reason(code="arrow", values=said | {"letter": letter, "to": plan.letter}))
        size = min(plan.size, request.lot_size)
        reasons.append(
            Reason(
                code="plan",
                values=said | {"letter": plan.letter, "size": plan.size, "accept": plan.accept, "reject": plan.reject},
            )
        )
        if plan.size >= request.lot_size:
            reasons.append(Reason(code="sample_is_lot", values=_lot(request) | {"size": plan.size}))
        found.append(ClassPlan(defect_class=name, size=size, accept=plan.accept, aql=aql, letter=plan.letter))
    return _with_the_rest(request, found, reasons)


# -- exact plans ------------------------------------------------------------------------------------------------------
def chance(lot_size: int, bad: int, size: int, accept: int) -> float:
    """Give the chance that a sample of `size` from a lot with `bad` nonconforming units has `accept` or fewer of them.

    The hypergeometric law, to the last digits of a float.

    >>> round(chance(100, 5, 20, 0), 4), round(chance(10, 1, 9, 0), 4)
    (0.3193, 0.1)
    """
    good = lot_size - bad
    least = max(0, size - good)  # so many bad ones are in any such sample
    if least > accept:
        return 0.0
    share = math.exp(_ways(bad, least) + _ways(good, size - least) - _ways(lot_size, size))
    whole = share
    for d in range(least, min(accept, bad, size)):
        share *= (bad - d) * (size - d) / ((d + 1) * (good - size + d + 1))
        whole += share
    return whole


def _ways(many: int, few: int) -> float:
    """The logarithm of the number of ways to choose."""
    return math.lgamma(many + 1) - math.lgamma(few + 1) - math.lgamma(many - few + 1)


def bad_units(lot_size: int, percent: str | Fraction) -> int:
    """Say how many nonconforming units make a lot as bad as `percent`: rounded up, and at least one."""
    share = percent if isinstance(percent, Fraction) else Fraction(percent)
    return min(lot_size, max(1, math.ceil(share * lot_size / 100)))


def least_size(lot_size: int, bad: int, accept: int) -> int:
    """Give the smallest sample by which a lot with `bad` nonconforming units is accepted in 10 % of cases at most.

    >>> least_size(1000, 50, 0)
    44
    """
    low, high = accept + 1, lot_size
    if bad <= accept:
        return lot_size
    while low < high:
        middle = (low + high) // 2
        if chance(lot_size, bad, middle, accept) <= CONSUMERS_RISK + _ROUNDING:
            high = middle
        else:
            low = middle + 1
    return low


def _isolated(request: Request) -> Decision:
    """ISO 2859-2, procedure A: a lot by itself, judged by the limiting quality.

    Taken from the standard: its acceptance numbers, and the consumer's risk of 10 %. Computed: the sample. Among the
    acceptance numbers the largest is taken whose sample is no larger than that of the lot's code letter at level II.
    """
    bad = bad_units(request.lot_size, request.limiting_quality)
    letter = tables.code_letter(request.lot_size, "II")
    most = tables.size_of(letter)
    chosen, size = 0, least_size(request.lot_size, bad, 0)
    for accept in _ISOLATED_ACCEPTS[1:]:
        wanted = least_size(request.lot_size, bad, accept)
        if bad <= accept or wanted > min(most, request.lot_size):
            break
        chosen, size = accept, wanted
    risk = chance(request.lot_size, bad, size, chosen)
    reasons = [
        Reason(
            code="isolated",
            values=_lot(request)
            | {
                "quality": request.limiting_quality, "bad": bad, "size": size, "accept": chosen,
                "reject": chosen + 1, "risk": _percent(risk), "letter": letter, "most": most,
            },
        )
    ]  # fmt: skip
    found = [ClassPlan(defect_class="major", size=size, accept=chosen)]
    return _with_the_rest(request, found, reasons)


def _zero(request: Request) -> Decision:
    """c = 0: nothing nonconforming is accepted; as large a sample as gives the consumer's risk of 10 %.

    With a limiting quality: at that quality. Without: at the quality at which the plan of ISO 2859-1 for the same lot,
    level and AQL has it (the binomial law, whole tenths of a per mille), so that going to c = 0 costs the consumer nothing.
    """
    reasons = []
    found = []
    if request.limiting_quality:
        bad = bad_units(request.lot_size, request.limiting_quality)
        size = least_size(request.lot_size, bad, 0)
        risk = _percent(chance(request.lot_size, bad, size, 0))
        values = _lot(request) | {"quality": request.limiting_quality, "bad": bad, "size": size, "risk": risk}
        reasons.append(Reason(code="zero_by_quality", values=values))
        found = [ClassPlan(defect_class=name, size=size, accept=0) for name in CLASSES]
        return _with_the_rest(request, found, reasons)
    letter = tables.code_letter(request.lot_size, request.level)
    for name in CLASSES:
        aql = request.aqls.get(name)
        if aql is None:
            continue
        like = tables.find_plan(letter, aql, "normal")
        quality = quality_at_risk(like.size, like.accept)
        bad = bad_units(request.lot_size, quality)
        size = least_size(request.lot_size, bad, 0)
        values = _lot(request) | {
            "class": name, "aql": aql, "like_size": like.size, "like_accept": like.accept,
            "quality": _figure(quality), "bad": bad, "size": size,
        }  # fmt: skip
        reasons.append(Reason(code="zero_by_aql", values=values))
        found.append(ClassPlan(defect_class=name, size=size, accept=0, aql=aql))
    return _with_the_rest(request, found, reasons)


def quality_at_risk(size: int, accept: int) -> Fraction:
    """Give the percent nonconforming at which a plan accepts in 10 % of cases, to the hundredth of a percent, rounded up.

    >>> float(quality_at_risk(80, 2))
    6.52
    """
    low, high = 1, 10_000
    while low < high:
        middle = (low + high) // 2
        if _binomial(size, accept, middle / 10_000) <= CONSUMERS_RISK:
            high = middle
        else:
            low = middle + 1
    return Fraction(low, 100)


def _binomial(size: int, accept: int, share: float) -> float:
    return sum(math.comb(size, d) * share**d * (1 - share) ** (size - d) for d in range(accept + 1))


# -- plain numbers ----------------------------------------------------------------------------------------------------
def _square_root(request: Request) -> Decision:
    """The root of the lot size, rounded up, and one; nothing nonconforming is accepted. A custom, not a standard."""
    root = math.isqrt(request.lot_size - 1) + 1
    size = min(root + 1, request.lot_size)
    reasons = [Reason(code="square_root", values=_lot(request) | {"root": root, "size": size})]
    return _with_the_rest(request, [ClassPlan(defect_class=c, size=size, accept=0) for c in CLASSES], reasons)


def _fixed(request: Request) -> Decision:
    """Always the same number, or the whole lot when that is smaller; nothing nonconforming is accepted."""
    size = min(request.fixed_size or 1, request.lot_size)
    reasons = [Reason(code="fixed", values=_lot(request) | {"size": size})]
    return _with_the_rest(request, [ClassPlan(defect_class=c, size=size, accept=0) for c in CLASSES], reasons)


def _all(request: Request) -> Decision:
    return every_unit(request)


def _whole(request: Request, reasons: list[Reason]) -> Decision:
    found = [ClassPlan(defect_class=c, size=request.lot_size, accept=0) for c in CLASSES]
    return Decision(lot_size=request.lot_size, classes=tuple(found), reasons=tuple(reasons))


def _with_the_rest(request: Request, found: list[ClassPlan], reasons: list[Reason]) -> Decision:
    """A class without an AQL of its own is looked for in the same sample, and accepts nothing."""
    size = max((plan.size for plan in found), default=request.lot_size)
    missing = [name for name in CLASSES if name not in {plan.defect_class for plan in found}]
    if missing and found:
        reasons = [*reasons, Reason(code="class_without_aql", values={"classes": missing, "size": size})]
    found = [*found, *(ClassPlan(defect_class=name, size=size, accept=0) for name in missing)]
    found.sort(key=lambda plan: CLASSES.index(plan.defect_class))
    return Decision(lot_size=request.lot_size, classes=tuple(found), reasons=tuple(reasons))


def _lot(request: Request) -> dict[str, Any]:
    return {"lot_size": request.lot_size}


def _percent(share: float) -> str:
    return _figure(share * 100)


def _figure(value: Fraction | float) -> str:
    """At most two decimals, without trailing zeros."""
    text = f"{float(value):.2f}".rstrip("0").rstrip(".")
    return text or "0"
