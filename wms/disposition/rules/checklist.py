"""The checklist of a release: facts in, one item for each point out. Pure.

A point is asked, asked but may be waived by a second person, or not asked; by item, else by its class, else as DEFAULTS say;
the markets it is released for may ask more.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from typing import Final


class Point(StrEnum):
    """One thing a release asks."""

    INSPECTION = "inspection"
    HOLDS = "holds"
    NONCONFORMANCE = "nonconformance"
    CERTIFICATE = "certificate"
    TEMPERATURE = "temperature"
    REGISTRATION = "registration"
    LICENCES = "licences"
    LABEL_CHECK = "label_check"
    SCOPE = "scope"


class Asked(StrEnum):
    """How a point is asked, from mild to strict."""

    OFF = "off"
    WAIVABLE = "waivable"
    ASKED = "asked"


class ItemState(StrEnum):
    """How a point stands."""

    OK = "ok"
    MISSING = "missing"
    WAIVED = "waived"
    NOT_ASKED = "not_asked"


_STRICT: Final = list(Asked)


@dataclass(frozen=True, kw_only=True)
class Policy:
    """What is asked of a release, and whether the one who releases must be another than who sampled or inspected."""

    points: Mapping[Point, Asked]
    needs_two: bool = False

    def asks(self, point: Point) -> Asked:
        """How a point is asked; one that nobody names is not."""
        return self.points.get(point, Asked.OFF)


def _policy(needs_two: bool, **points: str) -> Policy:
    always = {Point.INSPECTION: Asked.ASKED, Point.HOLDS: Asked.ASKED, Point.NONCONFORMANCE: Asked.ASKED}
    return Policy(points=always | {Point(name): Asked(how) for name, how in points.items()}, needs_two=needs_two)


#: By class of item, where nobody said otherwise.
DEFAULTS: Final[Mapping[str, Policy]] = {
    "food": _policy(False, temperature="waivable", licences="waivable"),
    "drug": _policy(
        True, certificate="waivable", temperature="waivable", registration="asked", licences="asked",
    ),
    "device": _policy(True, temperature="waivable", registration="asked", licences="asked"),
    "electronics": _policy(False),
}  # fmt: skip

#: Degrees Celsius times ten in which goods of a class may arrive (GSP: normal 10-30, cool <= 20, cold 2-8, frozen <= -18).
RANGES: Final[Mapping[str, tuple[int | None, int | None]]] = {
    "ambient": (None, 300),
    "cool": (None, 200),
    "cold": (20, 80),
    "frozen": (None, -180),
}
#: Drugs and devices of these classes are not released without a temperature on their arrival record.
_MUST_BE_READ: Final = frozenset({"cold", "frozen"})


@dataclass(frozen=True, kw_only=True)
class Licence:
    """The licence of a supplier or maker; `until` is its last good day, None where nobody noted one."""

    name: str
    until: date | None


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What is known of the goods of a release, from every floor below."""

    on: date
    storage_class: str = "ambient"
    #: Goods of a cold class must have had their temperature read at the door (drugs, devices).
    is_read_at_door: bool = False
    #: Numbers of inspections that are not closed, and of those that did not pass.
    inspections_open: tuple[str, ...] = ()
    inspections_failed: tuple[str, ...] = ()
    #: Reasons of the holds that lie on the goods, and numbers of non-conformances that are not closed.
    holds: tuple[str, ...] = ()
    nonconformances: tuple[str, ...] = ()
    certificates: int = 0
    #: Of each arrival of the lot, what was read at the door; None where nothing was.
    temperatures: tuple[int | None, ...] = ()
    registration: str = ""
    registration_until: date | None = None
    licences: tuple[Licence, ...] = ()
    is_label_checked: bool = False
    has_scope: bool = False
    #: Who drew samples and who inspected.
    inspectors: Mapping[int, str] = field(default_factory=dict)
    #: Points that a second person waived, and that person's id.
    waived: Mapping[Point, int] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class CheckItem:
    """One point of the checklist: how it stands, why (a code with its data), and whether it may be waived."""

    point: Point
    state: ItemState
    why: str = ""
    data: tuple[str, ...] = ()
    may_be_waived: bool = False

    @property
    def stops(self) -> bool:
        """Whether the goods cannot be released for it."""
        return self.state is ItemState.MISSING


def merge(base: Policy, more: Iterable[Policy]) -> Policy:
    """Join the policy of an item with those of the markets it is released for: the stricter counts, point by point."""
    points = dict(base.points)
    needs_two = base.needs_two
    for policy in more:
        for point, asked in policy.points.items():
            points[point] = max(points.get(point, Asked.OFF), asked, key=_STRICT.index)
        needs_two = needs_two or policy.needs_two
    return Policy(points=points, needs_two=needs_two)


def check(facts: Facts, policy: Policy) -> list[CheckItem]:
    """Judge every point, in the order of the list."""
    return [_judge(point, facts, policy) for point in Point]


def missing(items: Iterable[CheckItem]) -> list[CheckItem]:
    """The points for which the goods cannot be released."""
    return [item for item in items if item.stops]


def _judge(point: Point, facts: Facts, policy: Policy) -> CheckItem:
    asked = policy.asks(point)
    if asked is Asked.OFF:
        return CheckItem(point=point, state=ItemState.NOT_ASKED)
    why, data = _fault(point, facts)
    item = CheckItem(point=point, state=ItemState.OK, may_be_waived=asked is Asked.WAIVABLE)
    if not why:
        return item
    state = ItemState.WAIVED if item.may_be_waived and point in facts.waived else ItemState.MISSING
    return replace(item, state=state, why=why, data=tuple(data))


def _fault(point: Point, facts: Facts) -> tuple[str, Collection[str]]:
    """Say by a code what is wrong with a point, blank when nothing is; and what it is about."""
    match point:
        case Point.INSPECTION:
            if facts.inspections_failed:
                return "inspection_failed", facts.inspections_failed
            return ("inspection_open", facts.inspections_open) if facts.inspections_open else ("", ())
        case Point.HOLDS:
            return ("on_hold", facts.holds) if facts.holds else ("", ())
        case Point.NONCONFORMANCE:
            return ("nonconformance_open", facts.nonconformances) if facts.nonconformances else ("", ())
        case Point.CERTIFICATE:
            return ("", ()) if facts.certificates else ("no_certificate", ())
        case Point.TEMPERATURE:
            return _temperature(facts)
        case Point.REGISTRATION:
            return _registration(facts)
        case Point.LICENCES:
            ended = [one for one in facts.licences if one.until is not None and one.until < facts.on]
            return ("licence_ended", [f"{one.name} {one.until}" for one in ended]) if ended else ("", ())
        case Point.LABEL_CHECK:
            return ("", ()) if facts.is_label_checked else ("label_not_checked", ())
        case Point.SCOPE:
            return ("", ()) if facts.has_scope else ("no_scope", ())


def _temperature(facts: Facts) -> tuple[str, Collection[str]]:
    low, high = RANGES[facts.storage_class]
    wrong = [
        degrees(value)
        for value in facts.temperatures
        if value is not None and ((low is not None and value < low) or (high is not None and value > high))
    ]
    if wrong:
        return "temperature_outside", wrong
    if (
        facts.is_read_at_door
        and facts.storage_class in _MUST_BE_READ
        and any(value is None for value in facts.temperatures)
    ):
        return "temperature_not_read", ()
    return "", ()


def _registration(facts: Facts) -> tuple[str, Collection[str]]:
    if not facts.registration:
        return "no_registration", ()
    if facts.registration_until is not None and facts.registration_until < facts.on:
        return "registration_ended", (f"{facts.registration} {facts.registration_until}",)
    return "", ()


def degrees(tenths: int) -> str:
    """Write tenths of a degree: -185 is -18.5 °C."""
    sign = "-" if tenths < 0 else ""
    return f"{sign}{abs(tenths) // 10}.{abs(tenths) % 10} °C"
