"""Desk pages of inspection: the queue, one inspection (fit for a tablet), plans, samples, suppliers."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from flask import Blueprint, Response, flash, redirect, render_template, url_for
from flask.blueprints import BlueprintSetupState
from flask_babel import gettext
from marshmallow.fields import Field

from wms.accounts.sessions import confirm_password
from wms.core.clock import now
from wms.core.ids import (
    BalanceId,
    InspectionId,
    InspectionPlanId,
    ItemId,
    LotId,
    PartnerId,
    SampleId,
)
from wms.core.quantity import Quantity
from wms.db import run_in_transaction
from wms.fields import forms as own_forms
from wms.files import panel, subjects
from wms.gs1.codes import LotNumber, Sku
from wms.inspection import looks, queries, schemas, service, signed, words
from wms.inspection.looks import READERS
from wms.inspection.models import (
    CharacteristicKind,
    DefectClass,
    Level,
    PlanState,
    SampleKind,
    SampleState,
    Sampling,
    Stage,
    Verdict,
)
from wms.inspection.queries import SampleFilter
from wms.inspection.rules import standing, tables
from wms.labels.content import LotLabel
from wms.sites.models import BinKind
from wms.stock import labels
from wms.stock import queries as stock
from wms.web import auth, i18n
from wms.web.auth import requires
from wms.web.forms import In, Line, parse_form, parse_query
from wms.web.views import quantity as written

bp = Blueprint("inspection", __name__, url_prefix="/inspections")


@bp.record_once
def _tell_of_attachments(_state: BlueprintSetupState) -> None:
    """Inspections may have files; they belong to the warehouse of the inspection."""
    subjects.tell_of("inspection", subjects.Subject(views=READERS, find=_find_inspection))


def _find_inspection(inspection_id: int) -> subjects.Whereabouts:
    warehouse = queries.warehouse_of(InspectionId(inspection_id))
    return subjects.Whereabouts(warehouse, url_for("inspection.inspection", inspection_id=inspection_id))


@bp.context_processor
def _words() -> dict[str, Any]:
    return {"words": words}


# -- the queue --------------------------------------------------------------------------------------------------------
@bp.get("")
@requires(*READERS)
def inspections() -> Any:
    """List what waits to be inspected, the first due first."""
    values = parse_query(schemas.QueueIn())
    warehouse = auth.current_warehouse()
    page = queries.page_of_inspections(
        warehouse, schemas.queue_filter(values, actor=auth.actor_id(), at=now()), cursor=values["cursor"] or None
    )
    counts = queries.counts_by_state(warehouse)
    shown = [("late", gettext("late")), ("mine", gettext("mine"))]
    shown += [
        (state.value, f"{said} {counts[state]}" if state in counts else str(said))
        for state, said in words.STATES.items()
    ]
    return render_template("inspection/inspections.html", page=page, states=shown, at=now())


# -- one inspection ---------------------------------------------------------------------------------------------------
@bp.get("/new")
@requires("inspect")
def new_inspection() -> Any:
    """Show the form of an inspection of stock."""
    values = parse_query(schemas.NewIn())
    lot = stock.get_lot(LotId(values["lot"])) if values["lot"] else None
    rows = stock.find_balances(lot=lot.id, warehouse=auth.current_warehouse()) if lot else []
    return render_template("inspection/new_inspection.html", lot=lot, rows=rows, stages=words.choices(words.STAGES))


@bp.post("")
@requires("inspect")
def open_inspection() -> Any:
    """Open an inspection of stock and show it."""
    values = parse_form(schemas.OpenInspectionIn())
    bin_, lpn = looks.place_of(values["bin_code"], values["lpn_code"])
    cmd = service.OpenInspection(
        warehouse=auth.current_warehouse(), stage=values["stage"], lot=LotId(values["lot_id"]), bin=bin_, lpn=lpn,
        quantity=values["quantity"], plan=values["plan_id"],
    )  # fmt: skip
    made = run_in_transaction(service.open_by_hand, cmd, actor=auth.actor_id(), at=now())
    return redirect(url_for("inspection.inspection", inspection_id=made))


@bp.get("/<int:inspection_id>")
@requires(*READERS)
def inspection(inspection_id: int) -> Any:
    """Show an inspection: what is looked at and why, what was found, what the numbers say."""
    seen = looks.view(InspectionId(inspection_id))
    one = seen.inspection
    return render_template(
        "inspection/inspection.html",
        view=seen,
        one=one,
        snapshot=one.plan,
        is_open=one.state in queries.UNDONE,
        samples=queries.samples_of(one.id),
        tranches=queries.tranches_of(one.id),
        entered=queries.names_of_users({r.entered_by for r in seen.results}),
        receivers=queries.receivers_of(one.parent_id or one.id),
        wanted_sample=Quantity(one.plan["test_quantity"] + one.plan["retained_quantity"]),
        at=now(),
        own=own_forms.sheet("inspection", one.id),
        attached=panel.panel("inspection", one.id),
        to_do=looks.next_step(one),
    )


@bp.post("/<int:inspection_id>/fields")
@requires("inspect")
def set_fields(inspection_id: int) -> Any:
    """Set the own fields of an inspection."""
    one = looks.get_row(InspectionId(inspection_id)).inspection
    given = own_forms.given_by_form(parse_form(schemas.InspectionFieldsForm())["f"])
    run_in_transaction(service.set_own_fields, one.id, given, actor=auth.actor_id(), at=now())
    return redirect(url_for("inspection.inspection", inspection_id=one.id))


@bp.post("/<int:inspection_id>/start")
@requires("inspect")
def start(inspection_id: int) -> Any:
    """Take an inspection in hand and begin with the first sample unit."""
    one = looks.get_row(InspectionId(inspection_id)).inspection
    run_in_transaction(service.start, one.id, actor=auth.actor_id(), at=now())
    return redirect(url_for("inspection.unit", inspection_id=one.id, number=1))


@bp.get("/<int:inspection_id>/units/<int:number>")
@requires("inspect")
def unit(inspection_id: int, number: int) -> Any:
    """Ask for what is found on one sample unit: one screen of a tablet, large enough for a glove."""
    seen = looks.view(InspectionId(inspection_id))
    one = seen.inspection
    if one.state not in queries.UNDONE or not 1 <= number <= one.sample_size:
        return redirect(url_for("inspection.inspection", inspection_id=inspection_id))
    found = {r.characteristic: r for r in seen.results if r.unit_first <= number <= r.unit_last}
    return render_template(
        "inspection/unit.html", view=seen, one=one, number=number, asked=_asked(one, number), found=found,
        next_number=_next_number(seen, number),
    )  # fmt: skip


def _asked(one: Any, number: int) -> list[dict[str, Any]]:
    """What is found out on this unit: classes may have samples of different sizes; certificates come with unit 1."""
    sizes = {c["class"]: c["size"] for c in one.sample["classes"]}
    return [
        c
        for c in one.plan["characteristics"]
        if number <= (1 if c["kind"] == CharacteristicKind.CERTIFICATE.value else sizes[c["defect_class"]])
    ]


def _next_number(seen: looks.InspectionView, number: int) -> int | None:
    """The next unit that lacks a result."""
    have: dict[int, list[tuple[int, int]]] = {}
    for r in seen.results:
        have.setdefault(r.characteristic, []).append((r.unit_first, r.unit_last))
    for n in range(number + 1, seen.inspection.sample_size + 1):
        for c in _asked(seen.inspection, n):
            if not any(first <= n <= last for first, last in have.get(c["sequence"], ())):
                return n
    return None


@bp.post("/<int:inspection_id>/units/<int:number>")
@requires("inspect")
def enter_unit(inspection_id: int, number: int) -> Any:
    """Keep what was found on one sample unit; blank fields change nothing. Then ask for the next."""
    one = looks.get_row(InspectionId(inspection_id)).inspection
    asked = _asked(one, number)
    names: dict[str, Field[Any]] = {}
    for c in asked:
        names[f"v{c['sequence']}"] = Line(load_default="", max_length=120)
        names[f"n{c['sequence']}"] = Line(load_default="", max_length=500)
    values = parse_form(In.from_dict(names)())
    entries = [
        service.Entry(
            characteristic=c["sequence"], first=number, value=values[f"v{c['sequence']}"],
            note=values[f"n{c['sequence']}"],
        )
        for c in asked
        if values[f"v{c['sequence']}"]
    ]  # fmt: skip
    if entries:
        run_in_transaction(service.enter_results, one.id, entries, actor=auth.actor_id(), at=now())
    after = _next_number(looks.view(one.id), number)
    if after is None:
        return redirect(url_for("inspection.inspection", inspection_id=inspection_id))
    return redirect(url_for("inspection.unit", inspection_id=inspection_id, number=after))


@bp.post("/<int:inspection_id>/conform-rest")
@requires("inspect")
def conform_rest(inspection_id: int) -> Any:
    """Say of all units without a result that they look as they should."""
    one = looks.get_row(InspectionId(inspection_id)).inspection
    count = run_in_transaction(service.conform_the_rest, one.id, actor=auth.actor_id(), at=now())
    flash(gettext("Entered as good: %(count)s results.", count=count), "success")
    return redirect(url_for("inspection.inspection", inspection_id=inspection_id))


@bp.post("/<int:inspection_id>/sort")
@requires("inspect")
def sort(inspection_id: int) -> Any:
    """Look at every unit of the lot from now on."""
    one = looks.get_row(InspectionId(inspection_id)).inspection
    run_in_transaction(service.sort_whole, one.id, actor=auth.actor_id(), at=now())
    return redirect(url_for("inspection.inspection", inspection_id=inspection_id))


@bp.post("/<int:inspection_id>/tranches")
@requires("inspect")
def split(inspection_id: int) -> Any:
    """Take a tranche out as an inspection lot of its own, and show it."""
    values = parse_form(schemas.InspectionTrancheIn())
    one = looks.get_row(InspectionId(inspection_id)).inspection
    bin_, lpn = looks.place_of(values["bin_code"], values["lpn_code"])
    made = run_in_transaction(
        service.split_tranche, one.id, quantity=values["quantity"], bin=bin_, lpn=lpn, note=values["note"],
        actor=auth.actor_id(), at=now(),
    )  # fmt: skip
    return redirect(url_for("inspection.inspection", inspection_id=made))


@bp.post("/<int:inspection_id>/close")
@requires("inspect")
def close(inspection_id: int) -> Any:
    """Close an inspection with a verdict."""
    values = parse_form(schemas.CloseInspectionIn())
    one = looks.get_row(InspectionId(inspection_id)).inspection
    run_in_transaction(
        service.close, one.id, to=values["verdict"], note=values["note"], rejected_quantity=values["rejected_quantity"],
        actor=auth.actor_id(), at=now(),
    )  # fmt: skip
    flash(_closed_words(values["verdict"]), "success")
    return redirect(url_for("inspection.inspection", inspection_id=inspection_id))


def _closed_words(to: Verdict) -> str:
    if to is Verdict.ACCEPTED:
        return gettext("Accepted. Quality may release the goods now.")
    if to is Verdict.REJECTED:
        return gettext("Not accepted. Quality decides what becomes of the goods.")
    return gettext("Sorted. Quality may release the good part and reject the bad one.")


@bp.post("/<int:inspection_id>/cancel")
@requires("inspect")
def cancel(inspection_id: int) -> Any:
    """Give an inspection up, with the reason."""
    values = parse_form(schemas.InspectionReasonIn())
    one = looks.get_row(InspectionId(inspection_id)).inspection
    run_in_transaction(service.cancel, one.id, note=values["note"], actor=auth.actor_id(), at=now())
    return redirect(url_for("inspection.inspection", inspection_id=inspection_id))


# -- plans ------------------------------------------------------------------------------------------------------------
@bp.get("/plans")
@requires(*READERS)
def plans() -> Any:
    """List the inspection plans."""
    values = parse_query(schemas.PlansIn())
    page = queries.page_of_plans(
        state=PlanState(values["state"]) if values["state"] else None,
        stage=Stage(values["stage"]) if values["stage"] else None, code=values["q"], cursor=values["cursor"] or None,
    )  # fmt: skip
    return render_template("inspection/plans.html", page=page)


@bp.get("/plans/new")
@requires("plan.edit")
def new_plan() -> Any:
    """Show the form of a new plan."""
    return render_template("inspection/edit_plan.html", plan=None, lines=[], **_choices())


@bp.post("/plans/new")
@requires("plan.edit")
def create_plan() -> Any:
    """Make a plan and show it."""
    values = parse_form(schemas.NewPlanForm())
    lines = schemas.lines_of_form(values)
    code = values.pop("code")
    made = run_in_transaction(
        service.create_plan, code=code, values=schemas.plan_values(values), characteristics=lines,
        actor=auth.actor_id(), at=now(),
    )  # fmt: skip
    return redirect(url_for("inspection.plan", plan_id=made.id))


@bp.get("/plans/<int:plan_id>")
@requires(*READERS)
def plan(plan_id: int) -> Any:
    """Show a version of a plan, the other versions, and what it would mean for lots of some sizes."""
    found = queries.get_plan(InspectionPlanId(plan_id))
    return render_template(
        "inspection/plan.html", plan=found, versions=queries.versions_of(found.code), examples=_examples(found)
    )


def _examples(found: Any) -> list[tuple[int, list[str]]]:
    from wms.inspection import snapshots
    from wms.inspection.rules import plans as sampling

    snapshot = snapshots.of_plan(found)
    told = []
    for size in (50, 500, 3200):
        wanted = snapshots.request(
            snapshot, quantity_millionths=size * snapshot["unit_quantity"], severity=words.Severity.NORMAL
        )
        decision = snapshots.of_decision(sampling.decide(wanted))
        told.append((size, words.explain(decision["reasons"])))
    return told


@bp.get("/plans/<int:plan_id>/edit")
@requires("plan.edit")
def edit_plan(plan_id: int) -> Any:
    """Show the form of a draft."""
    found = queries.get_plan(InspectionPlanId(plan_id))
    return render_template("inspection/edit_plan.html", plan=found, lines=found.characteristics, **_choices())


@bp.post("/plans/<int:plan_id>/edit")
@requires("plan.edit")
def change_plan(plan_id: int) -> Any:
    """Change a draft."""
    values = parse_form(schemas.PlanForm())
    lines = schemas.lines_of_form(values)
    run_in_transaction(
        service.change_draft, InspectionPlanId(plan_id), values=schemas.plan_values(values), characteristics=lines
    )
    return redirect(url_for("inspection.plan", plan_id=plan_id))


@bp.post("/plans/<int:plan_id>/versions")
@requires("plan.edit")
def new_version(plan_id: int) -> Any:
    """Make a draft of the next version and show its form."""
    made = run_in_transaction(service.new_version, InspectionPlanId(plan_id), actor=auth.actor_id(), at=now())
    return redirect(url_for("inspection.edit_plan", plan_id=made.id))


@bp.post("/plans/<int:plan_id>/activate")
@requires("plan.edit")
def activate(plan_id: int) -> Any:
    """Use this version from now on."""
    run_in_transaction(service.activate, InspectionPlanId(plan_id), actor=auth.actor_id(), at=now())
    return redirect(url_for("inspection.plan", plan_id=plan_id))


@bp.post("/plans/<int:plan_id>/retire")
@requires("plan.edit")
def retire(plan_id: int) -> Any:
    """Use this version no longer."""
    run_in_transaction(service.retire, InspectionPlanId(plan_id))
    return redirect(url_for("inspection.plan", plan_id=plan_id))


def _choices() -> dict[str, Any]:
    return {
        "stages": words.choices(words.STAGES),
        "samplings": words.choices(words.SAMPLINGS),
        "levels": [(level.value, level.value) for level in Level],
        "aqls": [(aql, f"{aql} %") for aql in tables.PERCENT_AQLS],
        "kinds": words.choices(words.KINDS),
        "classes": words.choices(words.CLASSES),
        "line_count": schemas.LINES,
        "default_sampling": Sampling.ISO_2859_1.value,
        "default_class": DefectClass.MAJOR.value,
    }


# -- samples ----------------------------------------------------------------------------------------------------------
@bp.get("/samples")
@requires(*READERS)
def samples() -> Any:
    """List samples and retained samples, those to be kept least long first."""
    values = parse_query(schemas.SamplesIn())
    is_due = values["state"] == "due"
    wanted = SampleFilter(
        kind=SampleKind(values["kind"]) if values["kind"] else (SampleKind.RETAINED if is_due else None),
        state=SampleState.KEPT if is_due else SampleState(values["state"]) if values["state"] else None,
        due_on=auth.today() if is_due else None,
    )
    page = queries.page_of_samples(auth.current_warehouse(), wanted, cursor=values["cursor"] or None)
    return render_template("inspection/samples.html", page=page, on=auth.today())


@bp.get("/samples/new")
@requires("inspect")
def new_sample() -> Any:
    """Show what a sample can be drawn from: of an inspection's lot, or of a lot."""
    values = parse_query(schemas.NewSampleIn())
    one = looks.get_row(InspectionId(values["inspection"])).inspection if values["inspection"] else None
    lot = stock.get_lot(one.lot_id if one else LotId(values["lot"] or 0))
    rows = [
        row
        for row in stock.find_balances(lot=lot.id, warehouse=auth.current_warehouse())
        if row.bin_kind is not BinKind.SAMPLE
    ]
    return render_template(
        "inspection/new_sample.html", lot=lot, rows=rows, one=one, kinds=words.choices(words.SAMPLE_KINDS),
        wanted=_still_wanted(one) if one else {}, key=str(uuid4()),
    )  # fmt: skip


def _still_wanted(one: Any) -> dict[str, Quantity]:
    """How much of each kind the plan still asks for."""
    drawn = queries.samples_of(one.id)
    wanted = {}
    for kind, name in ((SampleKind.TEST, "test_quantity"), (SampleKind.RETAINED, "retained_quantity")):
        had = sum(row.sample.quantity.millionths for row in drawn if row.sample.kind is kind)
        left = one.plan[name] - had
        if left > 0:
            wanted[kind.value] = Quantity(left)
    return wanted


@bp.post("/samples")
@requires("inspect")
def draw_sample() -> Any:
    """Draw a sample and show it."""
    values = parse_form(schemas.SampleForm())
    cmd = service.DrawSample(
        key=values["key"], warehouse=auth.current_warehouse(), kind=values["kind"],
        balance=BalanceId(values["balance"]), quantity=values["quantity"],
        inspection=InspectionId(values["inspection"]) if values["inspection"] else None,
        keep_until=values["keep_until"], note=values["note"],
    )  # fmt: skip
    made = run_in_transaction(service.draw_sample, cmd, actor=auth.actor_id(), at=now())
    return redirect(url_for("inspection.sample", sample_id=made.id))


@bp.get("/samples/<int:sample_id>")
@requires(*READERS)
def sample(sample_id: int) -> Any:
    """Show a sample: what it is of, how long it is kept, and what may be done with it."""
    row = queries.get_sample(SampleId(sample_id), warehouse=auth.current_warehouse())
    return render_template("inspection/sample.html", row=row, one=row.sample, key=str(uuid4()), on=auth.today())


@bp.get("/samples/<int:sample_id>/label.<any(png, svg, pdf, zpl):form>")
@requires(*READERS)
def sample_label(sample_id: int, form: str) -> Response:
    """Draw the label of a sample: its code lets the lot be scanned."""
    one = queries.get_sample(SampleId(sample_id), warehouse=auth.current_warehouse()).sample
    item = one.lot.item
    until = " · " + gettext("keep until") + f" {one.keep_until.isoformat()}" if one.keep_until else ""
    label = LotLabel(
        names=(f"{words.SAMPLE_KINDS[one.kind]} {one.code}", i18n.local_name(item)), sku=Sku.parse(item.sku),
        lot=LotNumber.parse(one.lot.number), expires_on=one.lot.expires_on,
        quantity=f"{written(one.left_quantity, item.base_unit)}{until}",
    )  # fmt: skip
    return labels.draw(label, form)


@bp.post("/samples/<int:sample_id>/use")
@requires("inspect")
def use_sample(sample_id: int) -> Any:
    """Use a sample up in the test."""
    values = parse_form(schemas.UseForm())
    run_in_transaction(
        service.use_up, SampleId(sample_id), warehouse=auth.current_warehouse(), key=values["key"],
        quantity=values["quantity"], note=values["note"], actor=auth.actor_id(), at=now(),
    )  # fmt: skip
    return redirect(url_for("inspection.sample", sample_id=sample_id))


@bp.post("/samples/<int:sample_id>/destroy")
@requires("inspect")
def destroy_sample(sample_id: int) -> Any:
    """Destroy what is left of a sample."""
    values = parse_form(schemas.DestroyForm())
    run_in_transaction(
        service.destroy, SampleId(sample_id), warehouse=auth.current_warehouse(), key=values["key"],
        note=values["note"], actor=auth.actor_id(), at=now(),
    )  # fmt: skip
    return redirect(url_for("inspection.sample", sample_id=sample_id))


# -- suppliers --------------------------------------------------------------------------------------------------------
@bp.get("/suppliers")
@requires(*READERS)
def suppliers() -> Any:
    """List the suppliers with their rating."""
    values = parse_query(schemas.SuppliersIn())
    page = queries.page_of_suppliers(search=values["q"], cursor=values["cursor"] or None, size=25)
    found = queries.standings([PartnerId(one.id) for one in page.rows])
    rows = [(one, found[PartnerId(one.id)]) for one in page.rows]
    loose = queries.states_of_supplier(None)
    people = queries.names_of_users({c.made_by for s in loose for c in s.changes})
    return render_template("inspection/suppliers.html", page=page, rows=rows, loose=loose, people=people)


@bp.get("/suppliers/<int:supplier_id>")
@requires(*READERS)
def supplier(supplier_id: int) -> Any:
    """Show how good a supplier is, with every number of the rating, and how each item is sampled."""
    found = looks.get_supplier(supplier_id)
    states = queries.states_of_supplier(PartnerId(found.id))
    by_item = queries.standings_by_item(PartnerId(found.id), [ItemId(s.item_id) for s in states])
    return render_template(
        "inspection/supplier.html",
        supplier=found,
        standing=queries.supplier_standing(PartnerId(found.id)),
        by_item=[(s, by_item[ItemId(s.item_id)]) for s in states],
        rows=queries.last_inspections_of_supplier(PartnerId(found.id)),
        people=queries.names_of_users({c.made_by for s in states for c in s.changes}),
        rule=standing,
    )


@bp.post("/sampling/<int:state_id>/lift")
@requires("plan.edit")
def lift_stop(state_id: int) -> Any:
    """Lift the stop of a supplier's item, signed."""
    values = parse_form(schemas.LiftForm())
    state = queries.get_state(state_id)
    confirm_password(values["password"])
    run_in_transaction(signed.lift_stop, state.id, reason=values["note"], actor=auth.actor_id(), at=now())
    flash(gettext("Lifted. Inspection goes on tightened."), "success")
    return redirect(_page_of(state.supplier_id))


@bp.post("/sampling/<int:state_id>/reduced")
@requires("plan.edit")
def allow_reduced(state_id: int) -> Any:
    """Allow reduced inspection of a supplier's item, or take it back."""
    values = parse_form(schemas.ReducedForm())
    state = queries.get_state(state_id)
    run_in_transaction(
        service.allow_reduced, state.id, is_allowed=values["allowed"] == "1", reason=values["note"],
        actor=auth.actor_id(), at=now(),
    )  # fmt: skip
    return redirect(_page_of(state.supplier_id))


def _page_of(supplier: PartnerId | None) -> str:
    """The page where a sampling state stands; goods without a supplier have theirs on the list."""
    if supplier is None:
        return url_for("inspection.suppliers")
    return url_for("inspection.supplier", supplier_id=supplier)
