"""Verbs of inspection plans: drafts are changed, one version is active, what was active stays as it was."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from wms.core.errors import DuplicateValue, FieldErrors, NotFound
from wms.core.ids import CharacteristicId, InspectionPlanId, UserId, new_id
from wms.core.states import step
from wms.db import db
from wms.inspection import queries
from wms.inspection.models import CharacteristicKind, InspectionPlan, PlanCharacteristic, PlanState, Sampling
from wms.inspection.rules import states

_COPIED = (
    "name_en", "name_zh", "item_id", "supplier_id", "stage", "sampling", "level", "aql_critical", "aql_major",
    "aql_minor", "limiting_quality", "fixed_size", "unit_quantity", "test_quantity", "retained_quantity",
    "retained_months", "due_hours", "is_second_person", "note",
)  # fmt: skip
_COPIED_LINES = (
    "sequence", "name_en", "name_zh", "kind", "defect_class", "unit", "minimum", "target", "maximum", "choices",
    "accepted_choices", "method",
)  # fmt: skip


def create_plan(
    *, code: str, values: Mapping[str, Any], characteristics: Sequence[Mapping[str, Any]], actor: UserId, at: datetime
) -> InspectionPlan:
    """Make the first version of a plan, as a draft. Raises DuplicateValue for its code, FieldErrors."""
    if db.session.execute(select(InspectionPlan.id).where(InspectionPlan.code == code).limit(1)).first():
        raise DuplicateValue(field="code", value=code)
    return _make(code, 1, values, characteristics, actor=actor, at=at)


def new_version(plan: InspectionPlanId, *, actor: UserId, at: datetime) -> InspectionPlan:
    """Make a draft of the next version from this one; the draft that is there already is given again."""
    source = queries.get_plan(plan)
    known = db.session.execute(
        select(InspectionPlan).where(InspectionPlan.code == source.code, InspectionPlan.state == PlanState.DRAFT)
    ).scalar_one_or_none()
    if known is not None:
        return known
    last = db.session.execute(
        select(func.max(InspectionPlan.version)).where(InspectionPlan.code == source.code)
    ).scalar_one()
    values = {name: getattr(source, name) for name in _COPIED}
    lines = [{name: getattr(c, name) for name in _COPIED_LINES} for c in source.characteristics]
    return _make(source.code, last + 1, values, lines, actor=actor, at=at)


def change_draft(
    plan: InspectionPlanId, *, values: Mapping[str, Any], characteristics: Sequence[Mapping[str, Any]]
) -> None:
    """Change a draft with its characteristics. Raises WrongState for any other version, FieldErrors."""
    row = _lock(plan)
    step(states.PLAN, row.state.value, "change", subject=f"{row.code} v{row.version}")
    for name, value in values.items():
        setattr(row, name, value)
    _check(row, characteristics)
    row.characteristics.clear()
    db.session.flush()
    row.characteristics.extend(_lines(row.id, characteristics))
    db.session.flush()


def activate(plan: InspectionPlanId, *, actor: UserId, at: datetime) -> None:
    """Use this version from now on; the active one of its code retires. Raises WrongState, DuplicateValue.

    DuplicateValue: another plan is active for the same item, supplier and stage, so nobody could tell which one counts.
    """
    row = _lock(plan)
    state = step(states.PLAN, row.state.value, "activate", subject=f"{row.code} v{row.version}")
    other = db.session.execute(
        select(InspectionPlan.code).where(
            InspectionPlan.state == PlanState.ACTIVE, InspectionPlan.stage == row.stage, InspectionPlan.code != row.code,
            InspectionPlan.item_id.is_not_distinct_from(row.item_id),
            InspectionPlan.supplier_id.is_not_distinct_from(row.supplier_id),
        )
    ).scalar()  # fmt: skip
    if other is not None:
        raise DuplicateValue(field="stage", value=other)
    before = db.session.execute(
        select(InspectionPlan)
        .where(InspectionPlan.code == row.code, InspectionPlan.state == PlanState.ACTIVE)
        .with_for_update()
    ).scalar_one_or_none()
    if before is not None:
        before.state = PlanState(
            step(states.PLAN, before.state.value, "replace", subject=f"{before.code} v{before.version}")
        )
        db.session.flush()
    row.state, row.activated_by, row.activated_at = PlanState(state), actor, at
    db.session.flush()


def retire(plan: InspectionPlanId) -> None:
    """Use a version no longer, or throw a draft away. Raises WrongState when it is retired."""
    row = _lock(plan)
    row.state = PlanState(step(states.PLAN, row.state.value, "retire", subject=f"{row.code} v{row.version}"))
    db.session.flush()


def _make(
    code: str, version: int, values: Mapping[str, Any], characteristics: Sequence[Mapping[str, Any]], *, actor: UserId,
    at: datetime,
) -> InspectionPlan:  # fmt: skip
    row = InspectionPlan(
        id=InspectionPlanId(new_id()), code=code, version=version, state=PlanState.DRAFT, made_by=actor, made_at=at,
        **values,
    )  # fmt: skip
    _check(row, characteristics)
    row.characteristics.extend(_lines(row.id, characteristics))
    db.session.add(row)
    try:
        db.session.flush()
    except IntegrityError as clash:  # another person made this version at this moment
        raise DuplicateValue(field="code", value=code) from clash
    return row


def _lines(plan: InspectionPlanId, characteristics: Sequence[Mapping[str, Any]]) -> list[PlanCharacteristic]:
    return [
        PlanCharacteristic(
            id=CharacteristicId(new_id()), plan_id=plan, **{**{k: v for k, v in c.items() if k != "sequence"}, "sequence": n}
        )
        for n, c in enumerate(characteristics, start=1)
    ]  # fmt: skip


def _check(plan: InspectionPlan, characteristics: Sequence[Mapping[str, Any]]) -> None:
    """A plan must say what it needs to say. Raises FieldErrors."""
    errors: dict[str, list[str]] = {}
    has_aql = any(a is not None for a in (plan.aql_critical, plan.aql_major, plan.aql_minor))
    if plan.sampling in (Sampling.ISO_2859_1, Sampling.SKIP_LOT) and not has_aql:
        errors["aql_major"] = ["aql_needed"]
    if plan.sampling is Sampling.ISO_2859_2 and plan.limiting_quality is None:
        errors["limiting_quality"] = ["required"]
    if plan.sampling is Sampling.ZERO and plan.limiting_quality is None and not has_aql:
        errors["limiting_quality"] = ["aql_or_quality_needed"]
    if plan.sampling is Sampling.FIXED and not plan.fixed_size:
        errors["fixed_size"] = ["required"]
    if not characteristics:
        errors["characteristics"] = ["line_count"]
    for n, c in enumerate(characteristics, start=1):
        errors |= {f"{name} {n}": [fault] for name, fault in _line_faults(c).items()}
    if errors:
        raise FieldErrors(errors=errors)


def _line_faults(c: Mapping[str, Any]) -> dict[str, str]:
    if c["kind"] is CharacteristicKind.MEASURE:
        low, target, high = c["minimum"], c["target"], c["maximum"]
        if low is None and high is None:
            return {"minimum": "limit_needed"}
        figures = [f for f in (low, target, high) if f is not None]
        return {} if figures == sorted(figures) else {"minimum": "limits_in_order"}
    if c["kind"] is CharacteristicKind.CHOICE:
        if len(set(c["choices"])) < 2:
            return {"choices": "choices_needed"}
        if not c["accepted_choices"] or not set(c["accepted_choices"]) <= set(c["choices"]):
            return {"accepted_choices": "not_a_choice"}
    return {}


def _lock(plan: InspectionPlanId) -> InspectionPlan:
    found = db.session.get(InspectionPlan, plan, with_for_update=True, populate_existing=True)
    if found is None:
        raise NotFound(kind="inspection_plan", text=str(plan))
    return found
