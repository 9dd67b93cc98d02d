"""Inspection in words, in the reader's language: kinds and states, the steps to a sample, the reasons of a suggestion."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import SimpleNamespace
from typing import Any, Final

from flask_babel import gettext, lazy_gettext

from wms.inspection.models import (
    CharacteristicKind,
    DefectClass,
    InspectionState,
    Level,
    PlanState,
    SampleKind,
    SampleState,
    Sampling,
    Severity,
    Stage,
    Verdict,
)
from wms.inspection.rules.standing import Trust
from wms.inspection.snapshots import figure
from wms.web import i18n

_ = lazy_gettext

STAGES: Final[Mapping[Stage, Any]] = {
    Stage.RECEIPT: _("At receipt"),
    Stage.IN_PROCESS: _("In process"),
    Stage.FINAL: _("Final"),
    Stage.RETEST: _("Retest"),
    Stage.RETURN: _("Return"),
}
SAMPLINGS: Final[Mapping[Sampling, Any]] = {
    Sampling.ISO_2859_1: _("ISO 2859-1, by AQL"),
    Sampling.ISO_2859_2: _("ISO 2859-2, isolated lot"),
    Sampling.SKIP_LOT: _("ISO 2859-3, skip-lot"),
    Sampling.ZERO: _("c = 0"),
    Sampling.SQUARE_ROOT: _("√n + 1"),
    Sampling.ALL: _("100 %, every unit"),
    Sampling.FIXED: _("a fixed number"),
}
LEVELS: Final[Mapping[Level, str]] = {level: level.value for level in Level}
PLAN_STATES: Final[Mapping[PlanState, Any]] = {
    PlanState.DRAFT: _("Draft"),
    PlanState.ACTIVE: _("In use"),
    PlanState.RETIRED: _("Retired"),
}
KINDS: Final[Mapping[CharacteristicKind, Any]] = {
    CharacteristicKind.MEASURE: _("Measured"),
    CharacteristicKind.CHOICE: _("One of a list"),
    CharacteristicKind.VISUAL: _("By looking"),
    CharacteristicKind.CERTIFICATE: _("Certificate"),
}
CLASSES: Final[Mapping[DefectClass, Any]] = {
    DefectClass.CRITICAL: _("critical"),
    DefectClass.MAJOR: _("major"),
    DefectClass.MINOR: _("minor"),
}
STATES: Final[Mapping[InspectionState, Any]] = {
    InspectionState.OPEN: _("Waits"),
    InspectionState.IN_WORK: _("In work"),
    InspectionState.DONE: _("Done"),
    InspectionState.SKIPPED: _("Skipped"),
    InspectionState.CANCELLED: _("Cancelled"),
}
VERDICTS: Final[Mapping[Verdict, Any]] = {
    Verdict.ACCEPTED: _("Accepted"),
    Verdict.REJECTED: _("Rejected"),
    Verdict.SORTED: _("Sorted"),
}
SEVERITIES: Final[Mapping[Severity, Any]] = {
    Severity.NORMAL: _("normal"),
    Severity.TIGHTENED: _("tightened"),
    Severity.REDUCED: _("reduced"),
    Severity.STOPPED: _("stopped"),
}
SAMPLE_KINDS: Final[Mapping[SampleKind, Any]] = {
    SampleKind.TEST: _("For the test"),
    SampleKind.RETAINED: _("Retained"),
}
SAMPLE_STATES: Final[Mapping[SampleState, Any]] = {
    SampleState.KEPT: _("Kept"),
    SampleState.CONSUMED: _("Used up"),
    SampleState.DESTROYED: _("Destroyed"),
}
TRUSTS: Final[Mapping[Trust, Any]] = {
    Trust.NEW: _("not known yet"),
    Trust.HIGH: _("high"),
    Trust.NORMAL: _("normal"),
    Trust.LOW: _("low"),
    Trust.STOPPED: _("stopped"),
}
CHANGES: Final[Mapping[str, Any]] = {
    "to_tightened": _("Tightened: two of five lots in a row or fewer were not accepted."),
    "to_normal": _("Back to normal."),
    "to_reduced": _("Reduced: the switching score reached 30, production is steady."),
    "stopped": _("Stopped: five lots were not accepted under tightened inspection."),
    "lifted": _("The stop was lifted; inspection goes on tightened."),
    "reduced_allowed": _("Reduced inspection is allowed."),
    "reduced_taken_back": _("Reduced inspection is no longer allowed."),
    "skip_qualified": _("Qualified for skip-lot."),
    "skip_rarer": _("Skip-lot: one lot in five from now on."),
    "skip_interrupted": _("Skip-lot is interrupted: every lot is looked at."),
    "skip_resumed": _("Skip-lot goes on."),
    "skip_lost": _("Skip-lot is lost; it must be qualified for again."),
}
#: How a sample came about, step by step; the names in them are those of rules.plans.
REASONS: Final[Mapping[str, Any]] = {
    "letter": _("A lot of %(lot_size)s units at level %(level)s has code letter %(letter)s (ISO 2859-1, table 1)."),
    "arrow": _(
        "For %(class)s defects at AQL %(aql)s the arrow in table %(table)s leads from letter %(letter)s to %(to)s."
    ),
    "plan": _(
        "%(class)s: AQL %(aql)s, %(severity)s inspection, letter %(letter)s (table %(table)s): look at %(size)s, accept up to "
        "%(accept)s, reject from %(reject)s."
    ),
    "sample_is_lot": _("The sample of %(size)s is no smaller than the lot of %(lot_size)s: every unit is looked at."),
    "class_without_aql": _(
        "%(classes)s: without an AQL of its own; looked for in the same %(size)s units, none is accepted."
    ),
    "single_unit": _("The lot is a single unit: it is looked at."),
    "isolated": _(
        "An isolated lot of %(lot_size)s with limiting quality %(quality)s %% (ISO 2859-2, procedure A): with %(bad)s bad units "
        "it is accepted in %(risk)s %% of cases. Look at %(size)s, accept up to %(accept)s, reject from %(reject)s; no more "
        "than the %(most)s of letter %(letter)s."
    ),
    "zero_by_quality": _(
        "None is accepted. A lot of %(lot_size)s as bad as %(quality)s %% (%(bad)s units) is accepted in %(risk)s %% of cases: "
        "look at %(size)s."
    ),
    "zero_by_aql": _(
        "%(class)s: none is accepted. The plan for AQL %(aql)s would look at %(like_size)s and accept up to %(like_accept)s; it "
        "accepts %(quality)s %% bad in one case of ten. As safe with none accepted: look at %(size)s of %(lot_size)s."
    ),
    "square_root": _(
        "The root of %(lot_size)s, rounded up, is %(root)s; one more makes %(size)s units. None bad is accepted."
    ),
    "fixed": _("The plan says %(size)s units of every lot. None bad is accepted."),
    "all": _("Every one of the %(lot_size)s units is looked at; bad ones are put aside."),
}
#: Why a verdict is suggested; the names in them are those of rules.verdict.
WHY: Final[Mapping[str, Any]] = {
    "too_many": _("%(class)s: %(found)s bad, rejected from %(reject)s."),
    "within": _("%(class)s: %(found)s bad of %(size)s, accepted up to %(accept)s."),
    "missing": _("%(count)s results are missing."),
    "no_certificate": _("A certificate that is asked for is missing or wrong."),
    "sorted": _("Every unit was looked at: %(bad)s bad."),
    "stopped": _("The supplier is stopped for this item; nothing of it is accepted."),
}
SUGGESTIONS: Final[Mapping[str, Any]] = {
    "accepted": _("Accept"),
    "rejected": _("Reject"),
    "sorted": _("Sorted: release the good part"),
    "incomplete": _("Not yet"),
    "stopped": _("Not while the supplier is stopped"),
}


def explain(reasons: Iterable[Sequence[Any]]) -> list[str]:
    """Say how a sample came about, one sentence a step."""
    return [_said(REASONS, code, values) for code, values in reasons]


def why(reasons: Iterable[Sequence[Any]]) -> list[str]:
    """Say why a verdict is suggested."""
    return [_said(WHY, code, values) for code, values in reasons]


def _said(table: Mapping[str, Any], code: str, values: Mapping[str, Any]) -> str:
    words = {name: _word(name, value) for name, value in values.items()}
    text = str(table[code]) % words
    return text[:1].upper() + text[1:]


def _word(name: str, value: Any) -> str:
    if name == "class":
        return str(CLASSES[DefectClass(value)])
    if name == "classes":
        return ", ".join(str(CLASSES[DefectClass(one)]) for one in value)
    if name == "severity":
        return str(SEVERITIES[Severity(value)])
    return str(value)


def choices(words: Mapping[Any, Any]) -> list[tuple[str, Any]]:
    """Give a table of words as choices of a form."""
    return [(code.value, said) for code, said in words.items()]


def limits(characteristic: Mapping[str, Any]) -> str:
    """Say what a value must be: "9.8 to 10.2 mm, target 10", "at most 8 %", "good: clear, pale"."""
    low, high, unit = characteristic["minimum"], characteristic["maximum"], characteristic["unit"]
    if characteristic["kind"] == CharacteristicKind.CHOICE.value:
        return gettext("good: %(choices)s", choices=", ".join(characteristic["accepted_choices"]))
    if low and high:
        said = gettext("%(low)s to %(high)s %(unit)s", low=low, high=high, unit=unit)
    elif low:
        said = gettext("at least %(low)s %(unit)s", low=low, unit=unit)
    elif high:
        said = gettext("at most %(high)s %(unit)s", high=high, unit=unit)
    else:
        return ""
    if characteristic["target"]:
        return said.strip() + gettext(", target %(target)s", target=characteristic["target"])
    return said.strip()


def limits_of(characteristic: Any) -> str:
    """Say the same of a characteristic of a plan."""
    return limits(
        {
            "kind": characteristic.kind.value, "unit": characteristic.unit,
            "minimum": figure(characteristic.minimum), "maximum": figure(characteristic.maximum),
            "target": figure(characteristic.target), "accepted_choices": characteristic.accepted_choices,
        }
    )  # fmt: skip


def name_of(characteristic: Mapping[str, Any]) -> str:
    """Give the name of a characteristic as an inspection keeps it, in the reader's language."""
    return str(i18n.local_name(SimpleNamespace(**characteristic)))
