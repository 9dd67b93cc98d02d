"""The inspector's work: start, enter what was found, sort the lot whole, close with a verdict.

A result covers one sample unit or, where many are alike, a run of them; entering one again replaces what stood there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from wms.catalog.models import Item, Partner
from wms.core.errors import (
    FieldErrors,
    InspectionIncomplete,
    InspectorReceived,
    SupplierStopped,
    WrongState,
)
from wms.core.ids import InspectionId, UserId, new_id
from wms.core.quantity import ZERO, Quantity
from wms.core.states import step
from wms.db import db
from wms.fields import service as own_fields
from wms.fields.rules.values import Given
from wms.inspection import queries, snapshots
from wms.inspection.models import Inspection, InspectionResult, InspectionState, Severity, Verdict
from wms.inspection.rules import states, verdict
from wms.inspection.service.opening import lock, plan_sample, withdraw_tasks
from wms.inspection.service.switching import count_lot
from wms.stock.models import Lot


@dataclass(frozen=True, kw_only=True)
class Entry:
    """What was found of one characteristic on the sample units `first` to `last`; a certificate is unit 1."""

    characteristic: int
    value: str
    first: int = 1
    last: int | None = None
    note: str = ""


def start(inspection_id: InspectionId, *, actor: UserId, at: datetime) -> None:
    """Take an inspection in hand. Raises WrongState, InspectorReceived (who took the goods in does not inspect them)."""
    inspection = lock(inspection_id)
    _begin(inspection, "start", actor=actor, at=at)
    db.session.flush()


def _begin(inspection: Inspection, event: str, *, actor: UserId, at: datetime) -> None:
    state = step(states.INSPECTION, inspection.state.value, event, subject=inspection.number)
    _demand_second_person(inspection, actor)
    inspection.state = InspectionState(state)
    if inspection.inspector_id is None:
        inspection.inspector_id, inspection.started_at = actor, at


def _demand_second_person(inspection: Inspection, actor: UserId) -> None:
    """收货 and 验收 are two people, where the plan or the item says so."""
    of_item = select(Item.needs_second_acceptor).where(Item.id == inspection.item_id)
    if not inspection.plan["is_second_person"] and not db.session.execute(of_item).scalar_one():
        return
    root = inspection.parent_id or inspection.id
    receivers = queries.receivers_of(root)
    if actor in receivers:
        number = db.session.execute(select(Lot.number).where(Lot.id == inspection.lot_id)).scalar_one()
        raise InspectorReceived(lot=number, person=receivers[actor])


def set_own_fields(inspection_id: InspectionId, given: Given, *, actor: UserId, at: datetime) -> None:
    """Set own fields of an inspection that is not closed: it is in hand from then on.

    Raises WrongState, InspectorReceived, and the OwnField errors over a value.
    """
    inspection = lock(inspection_id)
    _begin(inspection, "enter", actor=actor, at=at)
    own_fields.set_values("inspection", inspection.id, given)


def enter_results(inspection_id: InspectionId, entries: Sequence[Entry], *, actor: UserId, at: datetime) -> None:
    """Keep what was found; each entry replaces what stood for its units. All or none.

    Raises FieldErrors (no such characteristic or unit, a value that cannot be), WrongState, InspectorReceived.
    """
    inspection = lock(inspection_id)
    _begin(inspection, "enter", actor=actor, at=at)
    by_sequence = {c.sequence: c for c in snapshots.characteristics(inspection.plan)}
    sizes = {c["class"]: c["size"] for c in inspection.sample["classes"]}
    known = list(queries.results_of(inspection.id))
    for place, entry in enumerate(entries):
        of = by_sequence.get(entry.characteristic)
        if of is None:
            raise FieldErrors(errors={f"characteristic {place + 1}": ["not_a_choice"]})
        last = entry.last or entry.first
        most = 1 if verdict.is_of_lot(of) else sizes[of.defect_class]
        if not 1 <= entry.first <= last <= most:
            raise FieldErrors(errors={f"unit {place + 1}": ["out_of_range"]})
        if of.kind == "measure" and last != entry.first:
            raise FieldErrors(errors={f"unit {place + 1}": ["one_figure_each"]})
        value, is_conforming = verdict.read_value(of, entry.value)
        known = _replace(known, inspection, entry, last, value, is_conforming, actor=actor, at=at)
    db.session.flush()


def _replace(
    known: list[InspectionResult], inspection: Inspection, entry: Entry, last: int, value: str, is_conforming: bool, *,
    actor: UserId, at: datetime,
) -> list[InspectionResult]:  # fmt: skip
    """Write one result; a run that lay over its units keeps what is outside them."""
    kept: list[InspectionResult] = []
    for row in known:
        is_apart = row.characteristic != entry.characteristic or row.unit_last < entry.first or row.unit_first > last
        if is_apart:
            kept.append(row)
            continue
        if (row.unit_first, row.unit_last) == (entry.first, last):
            row.value, row.is_conforming, row.note = value, is_conforming, entry.note
            row.entered_by, row.entered_at = actor, at
            return [*kept, row, *(r for r in known if r not in kept and r is not row)]
        if row.unit_last > last:
            kept.append(_copy(row, last + 1, row.unit_last))
        if row.unit_first < entry.first:
            row.unit_last = entry.first - 1
            kept.append(row)
        else:
            db.session.delete(row)
    fresh = InspectionResult(
        id=new_id(), inspection_id=inspection.id, characteristic=entry.characteristic, unit_first=entry.first,
        unit_last=last, value=value, is_conforming=is_conforming, note=entry.note, entered_by=actor, entered_at=at,
    )  # fmt: skip
    db.session.add(fresh)
    return [*kept, fresh]


def _copy(row: InspectionResult, first: int, last: int) -> InspectionResult:
    fresh = InspectionResult(
        id=new_id(), inspection_id=row.inspection_id, characteristic=row.characteristic, unit_first=first,
        unit_last=last, value=row.value, is_conforming=row.is_conforming, note=row.note, entered_by=row.entered_by,
        entered_at=row.entered_at,
    )  # fmt: skip
    db.session.add(fresh)
    return fresh


def conform_the_rest(inspection_id: InspectionId, *, actor: UserId, at: datetime) -> int:
    """Say of every unit without a result that it looks as it should; how many results that was. Figures must be measured.

    Raises WrongState, InspectorReceived.
    """
    inspection = lock(inspection_id)
    sizes = {c["class"]: c["size"] for c in inspection.sample["classes"]}
    known = queries.results_of(inspection.id)
    entries: list[Entry] = []
    for of in snapshots.characteristics(inspection.plan):
        if of.kind != "visual":
            continue
        done = sorted((r.unit_first, r.unit_last) for r in known if r.characteristic == of.sequence)
        entries += [
            Entry(characteristic=of.sequence, first=first, last=last, value=verdict.PASS)
            for first, last in _gaps(done, sizes[of.defect_class])
        ]
    enter_results(inspection_id, entries, actor=actor, at=at)
    return sum((e.last or e.first) - e.first + 1 for e in entries)


def _gaps(done: Sequence[tuple[int, int]], size: int) -> list[tuple[int, int]]:
    """The runs of units that have no result yet.

    >>> _gaps([(2, 3), (7, 7)], 10)
    [(1, 1), (4, 6), (8, 10)]
    """
    gaps, next_unit = [], 1
    for first, last in done:
        if first > next_unit:
            gaps.append((next_unit, first - 1))
        next_unit = max(next_unit, last + 1)
    if next_unit <= size:
        gaps.append((next_unit, size))
    return gaps


def sort_whole(inspection_id: InspectionId, *, actor: UserId, at: datetime) -> None:
    """Look at every unit from now on: the good part is to be released, the bad part rejected.

    What the sample said counts for the switching rules first, when it said that the lot is not accepted. Results stay.
    """
    inspection = lock(inspection_id)
    step(states.INSPECTION, inspection.state.value, "sort", subject=inspection.number)
    _demand_second_person(inspection, actor)
    if inspection.is_sorted_whole:
        return
    suggestion = queries.suggested_verdict(inspection)
    if suggestion.verdict == "rejected":
        count_lot(inspection, suggestion, actor=actor, at=at)
        inspection.suggested = "rejected"
    inspection.is_sorted_whole = True
    plan_sample(inspection)
    db.session.flush()


def close(
    inspection_id: InspectionId, *, to: Verdict, note: str = "", rejected_quantity: Quantity | None = None,
    actor: UserId, at: datetime,
) -> Inspection:  # fmt: skip
    """Close an inspection with what the person decides; releasing or rejecting the goods is the next verb, a floor above.

    To accept, everything must have been looked at and the supplier's item not be stopped; a verdict against the numbers
    needs a note. `sorted` is for a lot that was sorted whole, with the quantity found bad. Raises WrongState,
    InspectionIncomplete, SupplierStopped, InspectorReceived, FieldErrors, OwnFieldMissing.
    """
    inspection = lock(inspection_id)
    state = step(states.INSPECTION, inspection.state.value, "close", subject=inspection.number)
    _demand_second_person(inspection, actor)
    suggestion = queries.suggested_verdict(inspection)
    _check_verdict(inspection, suggestion, to=to, note=note, bad=rejected_quantity)
    own_fields.demand_filled("inspection", inspection.id)
    if inspection.is_original and not inspection.suggested and not inspection.is_sorted_whole:
        if suggestion.verdict == "incomplete":  # given up before all was looked at: it was not accepted
            suggestion = verdict.Suggestion(verdict="rejected", classes=suggestion.classes)
        count_lot(inspection, suggestion, actor=actor, at=at)
    inspection.suggested = inspection.suggested or suggestion.verdict
    inspection.state, inspection.verdict, inspection.closing_note = InspectionState(state), to, note
    inspection.defects = {c.defect_class: c.found for c in suggestion.classes if c.found}
    inspection.rejected_quantity = _rejected(inspection, to, rejected_quantity)
    inspection.closed_by, inspection.closed_at = actor, at
    if inspection.inspector_id is None:
        inspection.inspector_id, inspection.started_at = actor, at
    withdraw_tasks(inspection.id, actor=actor, at=at)
    db.session.flush()
    return inspection


def _check_verdict(inspection: Inspection, suggestion: verdict.Suggestion, *, to: Verdict, note: str,
                   bad: Quantity | None) -> None:  # fmt: skip
    if to is Verdict.SORTED and not inspection.is_sorted_whole:
        raise WrongState(subject=inspection.number, state="sampled", event="sorted", needed=["sorted_whole"])
    if to is not Verdict.REJECTED:
        if inspection.severity is Severity.STOPPED:
            raise SupplierStopped(supplier=_supplier_name(inspection), sku=_sku(inspection))
        # Who sorts a lot whole looks at every unit and counts the bad ones; nobody writes down 500 weights.
        if suggestion.missing and to is not Verdict.SORTED:
            raise InspectionIncomplete(inspection=inspection.number, count=suggestion.missing)
    if to is Verdict.SORTED and (bad is None or not ZERO <= bad <= inspection.quantity):
        raise FieldErrors(errors={"rejected_quantity": ["out_of_range" if bad is not None else "required"]})
    if to.value != suggestion.verdict and not note:
        raise FieldErrors(errors={"note": ["against_the_numbers"]})


def _rejected(inspection: Inspection, to: Verdict, bad: Quantity | None) -> Quantity:
    if to is Verdict.ACCEPTED:
        return ZERO
    return inspection.quantity if to is Verdict.REJECTED or bad is None else bad


def _supplier_name(inspection: Inspection) -> str:
    name = select(Partner.name_en).where(Partner.id == inspection.supplier_id)
    return db.session.execute(name).scalar() or "–"


def _sku(inspection: Inspection) -> str:
    return db.session.execute(select(Item.sku).where(Item.id == inspection.item_id)).scalar_one()
