"""A plan as an inspection keeps it, and back into what the rules take: plain data, so that a later version changes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from wms.inspection.models import InspectionPlan, PlanCharacteristic, Sampling, Severity
from wms.inspection.rules import plans
from wms.inspection.rules.verdict import Characteristic

_AQLS = {"critical": "aql_critical", "major": "aql_major", "minor": "aql_minor"}


def of_plan(plan: InspectionPlan) -> dict[str, Any]:
    """Take down a plan with all that a verdict will rest on."""
    return {
        "code": plan.code,
        "version": plan.version,
        "name_en": plan.name_en,
        "name_zh": plan.name_zh,
        "sampling": plan.sampling.value,
        "level": plan.level.value,
        "aqls": {name: written for name, column in _AQLS.items() if (written := figure(getattr(plan, column)))},
        "limiting_quality": figure(plan.limiting_quality),
        "fixed_size": plan.fixed_size,
        "unit_quantity": plan.unit_quantity.millionths,
        "test_quantity": plan.test_quantity.millionths,
        "retained_quantity": plan.retained_quantity.millionths,
        "retained_months": plan.retained_months,
        "due_hours": plan.due_hours,
        "is_second_person": plan.is_second_person,
        "characteristics": [_of_characteristic(c) for c in plan.characteristics],
    }


def _of_characteristic(c: PlanCharacteristic) -> dict[str, Any]:
    return {
        "sequence": c.sequence, "name_en": c.name_en, "name_zh": c.name_zh, "kind": c.kind.value,
        "defect_class": c.defect_class.value, "unit": c.unit, "minimum": figure(c.minimum), "target": figure(c.target),
        "maximum": figure(c.maximum), "choices": list(c.choices), "accepted_choices": list(c.accepted_choices),
        "method": c.method,
    }  # fmt: skip


def figure(value: Decimal | None) -> str:
    """Write a figure as it was given; blank for none."""
    return "" if value is None else format(value, "f")


def characteristics(snapshot: Mapping[str, Any]) -> list[Characteristic]:
    """Read the characteristics for the rules."""
    return [
        Characteristic(
            sequence=c["sequence"], kind=c["kind"], defect_class=c["defect_class"], minimum=_decimal(c["minimum"]),
            maximum=_decimal(c["maximum"]), choices=tuple(c["choices"]), accepted_choices=tuple(c["accepted_choices"]),
        )
        for c in snapshot["characteristics"]
    ]  # fmt: skip


def request(snapshot: Mapping[str, Any], *, quantity_millionths: int, severity: Severity) -> plans.Request:
    """Ask for the sample of a lot of that quantity."""
    return plans.Request(
        lot_size=plans.lot_units(quantity_millionths, snapshot["unit_quantity"]),
        sampling=snapshot["sampling"],
        level=snapshot["level"],
        severity=severity.value,
        aqls=snapshot["aqls"],
        limiting_quality=snapshot["limiting_quality"],
        fixed_size=snapshot["fixed_size"],
    )


def of_decision(decision: plans.Decision) -> dict[str, Any]:
    """Take down a sample with its reasons."""
    return {
        "lot_size": decision.lot_size,
        "classes": [
            {
                "class": c.defect_class, "size": c.size, "accept": c.accept, "reject": c.reject, "aql": c.aql,
                "letter": c.letter,
            }
            for c in decision.classes
        ],
        "reasons": [[reason.code, reason.values] for reason in decision.reasons],
    }  # fmt: skip


def switches(snapshot: Mapping[str, Any]) -> bool:
    """Whether the switching rules go by lots of this plan."""
    return snapshot.get("sampling") in (Sampling.ISO_2859_1.value, Sampling.SKIP_LOT.value)


def _decimal(text: str) -> Decimal | None:
    return Decimal(text) if text else None
