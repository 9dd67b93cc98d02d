"""Inspection for machines: plans, the queue, results from a measuring machine or LIMS, verdicts, samples, suppliers."""

from __future__ import annotations

from typing import Any

from wms.core.clock import now
from wms.core.ids import BalanceId, InspectionId, InspectionPlanId, ItemId, LotId, PartnerId, SampleId
from wms.core.quantity import Quantity
from wms.db.paging import Page
from wms.fields.forms import given_by_call
from wms.inspection import looks, queries, schemas, service, signed
from wms.inspection.looks import READERS
from wms.inspection.models import InspectionPlan, SampleKind, SamplingState
from wms.inspection.queries import InspectionFilter, SampleFilter
from wms.web import api, auth
from wms.web.api import reads, writes
from wms.web.auth import requires

bp = api.blueprint("inspection_api", __name__)


# -- plans ------------------------------------------------------------------------------------------------------------
@bp.get("/inspection-plans")
@requires(*READERS)
@reads(query=schemas.PlansQuery(), answer=schemas.InspectionPlanOut(), paged=True)
def plans(query: dict[str, Any]) -> Page[InspectionPlan]:
    """List the inspection plans by code, the newest version of each first."""
    return queries.page_of_plans(
        state=query["state"], stage=query["stage"], item=query["item_id"], supplier=query["supplier_id"],
        code=query["code"], cursor=query["cursor"], size=query["limit"],
    )  # fmt: skip


@bp.post("/inspection-plans")
@requires("plan.edit")
@writes(
    body=schemas.NewInspectionPlanIn(),
    answer=schemas.InspectionPlanOut(),
    status=201,
    offers=("inspection.create_plan",),
)
def create_plan(values: dict[str, Any]) -> InspectionPlan:
    """Make the first version of a plan, as a draft.

    It is used once it is activated. For goods the most specific active plan counts: item and supplier, item, supplier, all.
    Refused with `field_errors` where it does not say what its sampling needs (an AQL, a limiting quality, a number), with
    `duplicate_value` for its code, `not_found` for item or supplier.
    """
    lines, code = values.pop("characteristics"), values.pop("code")
    made = service.create_plan(
        code=code, values=schemas.plan_values(values), characteristics=lines, actor=auth.actor_id(), at=now()
    )
    return queries.get_plan(made.id)


@bp.get("/inspection-plans/<int:plan_id>")
@requires(*READERS)
@reads(answer=schemas.InspectionPlanOut(), etag=True)
def plan(plan_id: int) -> InspectionPlan:
    """Show one version of a plan with its characteristics."""
    return queries.get_plan(InspectionPlanId(plan_id))


@bp.put("/inspection-plans/<int:plan_id>")
@requires("plan.edit")
@writes(
    body=schemas.InspectionPlanIn(), answer=schemas.InspectionPlanOut(), offers=("inspection.change_plan",), edits=plan,
    locks=InspectionPlan,
)  # fmt: skip
def change_plan(plan_id: int, values: dict[str, Any]) -> InspectionPlan:
    """Change a draft with all its characteristics. What was in use stays as it was: `wrong_state`."""
    lines = values.pop("characteristics")
    found = InspectionPlanId(plan_id)
    service.change_draft(found, values=schemas.plan_values(values), characteristics=lines)
    return queries.get_plan(found)


@bp.post("/inspection-plans/<int:plan_id>/versions")
@requires("plan.edit")
@writes(answer=schemas.InspectionPlanOut(), status=201, offers=("inspection.new_version",))
def new_version(plan_id: int) -> InspectionPlan:
    """Make a draft of the next version of a plan; the draft that is there already is given again."""
    made = service.new_version(InspectionPlanId(plan_id), actor=auth.actor_id(), at=now())
    return queries.get_plan(made.id)


@bp.post("/inspection-plans/<int:plan_id>/activate")
@requires("plan.edit")
@writes(answer=schemas.InspectionPlanOut(), offers=("inspection.activate",))
def activate(plan_id: int) -> InspectionPlan:
    """Use this version from now on; the one in use retires, inspections that were opened by it keep it.

    Refused with `wrong_state` unless it is a draft, `duplicate_value` when another plan is in use for the same item,
    supplier and stage.
    """
    service.activate(InspectionPlanId(plan_id), actor=auth.actor_id(), at=now())
    return queries.get_plan(InspectionPlanId(plan_id))


@bp.post("/inspection-plans/<int:plan_id>/retire")
@requires("plan.edit")
@writes(answer=schemas.InspectionPlanOut(), offers=("inspection.retire",))
def retire(plan_id: int) -> InspectionPlan:
    """Use this version no longer, or throw a draft away."""
    service.retire(InspectionPlanId(plan_id))
    return queries.get_plan(InspectionPlanId(plan_id))


# -- inspections ------------------------------------------------------------------------------------------------------
@bp.get("/inspections")
@requires(*READERS)
@reads(query=schemas.InspectionsQuery(), answer=schemas.InspectionOut(), paged=True)
def inspections(query: dict[str, Any]) -> Page[queries.InspectionRow]:
    """List the inspections of a warehouse: by default those that wait, the first due first; in a finished state the newest first."""
    wanted = InspectionFilter(
        states=(query["state"],) if query["state"] else queries.UNDONE, stage=query["stage"], item=query["item_id"],
        lot=query["lot_id"], supplier=query["supplier_id"], late_at=now() if query["is_late"] else None,
    )  # fmt: skip
    return queries.page_of_inspections(auth.current_warehouse(), wanted, cursor=query["cursor"], size=query["limit"])


@bp.post("/inspections")
@requires("inspect")
@writes(
    body=schemas.OpenInspectionIn(),
    answer=schemas.InspectionViewOut(),
    status=201,
    offers=("inspection.open_inspection",),
)
def open_inspection(values: dict[str, Any]) -> looks.InspectionView:
    """Open an inspection of stock: a retest, a return, goods under suspicion.

    By the plan that is named, or the most specific one in use for the stage (`not_found` when there is none). Without a
    quantity it is of all that stands here, in the bin or on the LPN. Refused with `insufficient_stock` when less stands there.
    """
    bin_, lpn = looks.place_of(values["bin_code"], values["lpn_code"])
    cmd = service.OpenInspection(
        warehouse=auth.current_warehouse(), stage=values["stage"], lot=LotId(values["lot_id"]), bin=bin_, lpn=lpn,
        quantity=values["quantity"], plan=values["plan_id"],
    )  # fmt: skip
    return looks.view(service.open_by_hand(cmd, actor=auth.actor_id(), at=now()))


@bp.get("/inspections/<int:inspection_id>")
@requires(*READERS)
@reads(answer=schemas.InspectionViewOut())
def inspection(inspection_id: int) -> looks.InspectionView:
    """Show one inspection: how its sample came about, what was found, what the numbers say."""
    return looks.view(InspectionId(inspection_id))


@bp.post("/inspections/<int:inspection_id>/start")
@requires("inspect")
@writes(answer=schemas.InspectionViewOut(), offers=("inspection.start",))
def start(inspection_id: int) -> looks.InspectionView:
    """Take an inspection in hand. Refused with `inspector_received` for the one who took the goods in, where the plan says so."""
    one = looks.get_row(InspectionId(inspection_id)).inspection
    service.start(one.id, actor=auth.actor_id(), at=now())
    return looks.view(one.id)


@bp.post("/inspections/<int:inspection_id>/results")
@requires("inspect")
@writes(body=schemas.InspectionResultsIn(), answer=schemas.InspectionViewOut(), offers=("inspection.enter_unit",))
def enter_results(inspection_id: int, values: dict[str, Any]) -> looks.InspectionView:
    """Enter what was found, all or none; each result replaces what stood for its units.

    A figure is of one sample unit, looks and choices may be said of a run of units, a certificate is unit 1. Whether a
    value conforms follows from the plan's limits. Refused with `field_errors` for a unit outside the sample or a value
    that cannot be.
    """
    one = looks.get_row(InspectionId(inspection_id)).inspection
    entries = [
        service.Entry(
            characteristic=r["characteristic"], first=r["unit_first"], last=r["unit_last"], value=r["value"],
            note=r["note"],
        )
        for r in values["results"]
    ]  # fmt: skip
    service.enter_results(one.id, entries, actor=auth.actor_id(), at=now())
    return looks.view(one.id)


@bp.post("/inspections/<int:inspection_id>/conform-rest")
@requires("inspect")
@writes(answer=schemas.InspectionViewOut(), offers=("inspection.conform_rest",))
def conform_rest(inspection_id: int) -> looks.InspectionView:
    """Say of every unit without a result that it looks as it should; figures, choices and certificates are left to be entered."""
    one = looks.get_row(InspectionId(inspection_id)).inspection
    service.conform_the_rest(one.id, actor=auth.actor_id(), at=now())
    return looks.view(one.id)


@bp.post("/inspections/<int:inspection_id>/fields")
@requires("inspect")
@writes(body=schemas.InspectionFieldsIn(), answer=schemas.InspectionViewOut(), offers=("inspection.set_fields",))
def set_fields(inspection_id: int, values: dict[str, Any]) -> looks.InspectionView:
    """Set own fields of an inspection that is not closed, by code: those that are named; null takes a value away.

    What must be filled in is asked at the verdict.
    """
    one = looks.get_row(InspectionId(inspection_id)).inspection
    service.set_own_fields(one.id, given_by_call(values["own_fields"]), actor=auth.actor_id(), at=now())
    return looks.view(one.id)


@bp.post("/inspections/<int:inspection_id>/sort")
@requires("inspect")
@writes(answer=schemas.InspectionViewOut(), offers=("inspection.sort",))
def sort(inspection_id: int) -> looks.InspectionView:
    """Look at every unit of the lot from now on; results stay. What the sample said counts for the switching rules first."""
    one = looks.get_row(InspectionId(inspection_id)).inspection
    service.sort_whole(one.id, actor=auth.actor_id(), at=now())
    return looks.view(one.id)


@bp.post("/inspections/<int:inspection_id>/tranches")
@requires("inspect")
@writes(
    body=schemas.InspectionTrancheIn(), answer=schemas.InspectionViewOut(), status=201, offers=("inspection.split",)
)
def split(inspection_id: int, values: dict[str, Any]) -> looks.InspectionView:
    """Take part of an inspection lot out as a lot of its own, with its own sample and verdict; gives the tranche.

    Before any result only (`wrong_state`), and less than the lot (`insufficient_stock`).
    """
    one = looks.get_row(InspectionId(inspection_id)).inspection
    bin_, lpn = looks.place_of(values["bin_code"], values["lpn_code"])
    made = service.split_tranche(
        one.id, quantity=values["quantity"], bin=bin_, lpn=lpn, note=values["note"], actor=auth.actor_id(), at=now()
    )
    return looks.view(made)


@bp.post("/inspections/<int:inspection_id>/close")
@requires("inspect")
@writes(body=schemas.CloseInspectionIn(), answer=schemas.InspectionViewOut(), offers=("inspection.close",))
def close(inspection_id: int, values: dict[str, Any]) -> looks.InspectionView:
    """Close an inspection with a verdict; releasing or rejecting the goods is a decision of its own.

    Refused with `inspection_incomplete` when something was not looked at yet (a lot may be rejected at any time),
    `supplier_stopped` for a lot of a stopped supplier's item, `field_errors` for a verdict against the numbers without a note.
    """
    one = looks.get_row(InspectionId(inspection_id)).inspection
    service.close(
        one.id, to=values["verdict"], note=values["note"], rejected_quantity=values["rejected_quantity"],
        actor=auth.actor_id(), at=now(),
    )  # fmt: skip
    return looks.view(one.id)


@bp.post("/inspections/<int:inspection_id>/cancel")
@requires("inspect")
@writes(body=schemas.InspectionReasonIn(), answer=schemas.InspectionViewOut(), offers=("inspection.cancel",))
def cancel(inspection_id: int, values: dict[str, Any]) -> looks.InspectionView:
    """Give an inspection up, with the reason: it says nothing of the goods."""
    one = looks.get_row(InspectionId(inspection_id)).inspection
    service.cancel(one.id, note=values["note"], actor=auth.actor_id(), at=now())
    return looks.view(one.id)


# -- samples ----------------------------------------------------------------------------------------------------------
@bp.get("/samples")
@requires(*READERS)
@reads(query=schemas.SamplesQuery(), answer=schemas.SampleOut(), paged=True)
def samples(query: dict[str, Any]) -> Page[queries.SampleRow]:
    """List the samples of a warehouse, those to be kept least long first."""
    wanted = SampleFilter(
        kind=SampleKind.RETAINED if query["is_due"] else query["kind"], state=query["state"], lot=query["lot_id"],
        inspection=query["inspection_id"], due_on=auth.today() if query["is_due"] else None,
    )  # fmt: skip
    return queries.page_of_samples(auth.current_warehouse(), wanted, cursor=query["cursor"], size=query["limit"])


@bp.post("/samples")
@requires("inspect")
@writes(body=schemas.DrawSampleIn(), answer=schemas.SampleOut(), status=201, offers=("inspection.draw_sample",))
def draw_sample(values: dict[str, Any]) -> queries.SampleRow:
    """Draw part of a balance as a sample: it is moved into a bin for samples and never sold.

    Pending, held, rejected and expired goods may be sampled too. A retained sample is kept until a day. Refused with
    `insufficient_stock` when less is free, `bin_unsuitable` for a bin that is not for samples, `not_found`.
    """
    bin_, _lpn = looks.place_of(values["bin_code"], None)
    cmd = service.DrawSample(
        key=api.call_key(), warehouse=auth.current_warehouse(), kind=values["kind"],
        balance=BalanceId(values["balance_id"]), quantity=values["quantity"], bin=bin_,
        inspection=InspectionId(values["inspection_id"]) if values["inspection_id"] is not None else None,
        keep_until=values["keep_until"], note=values["note"],
    )  # fmt: skip
    made = service.draw_sample(cmd, actor=auth.actor_id(), at=now())
    return queries.get_sample(made.id, warehouse=auth.current_warehouse())


@bp.get("/samples/<int:sample_id>")
@requires(*READERS)
@reads(answer=schemas.SampleOut())
def sample(sample_id: int) -> queries.SampleRow:
    """Show one sample."""
    return queries.get_sample(SampleId(sample_id), warehouse=auth.current_warehouse())


@bp.post("/samples/<int:sample_id>/use")
@requires("inspect")
@writes(body=schemas.UseSampleIn(), answer=schemas.SampleOut(), offers=("inspection.use_sample",))
def use_sample(sample_id: int, values: dict[str, Any]) -> queries.SampleRow:
    """Use a sample up in the test, all or part of it: it leaves the stock.

    Refused with `insufficient_stock` for more than is left of it, `wrong_state` when it is gone.
    """
    quantity: Quantity = values["quantity"]
    service.use_up(
        SampleId(sample_id), warehouse=auth.current_warehouse(), key=api.call_key(), quantity=quantity,
        note=values["note"], actor=auth.actor_id(), at=now(),
    )  # fmt: skip
    return queries.get_sample(SampleId(sample_id), warehouse=auth.current_warehouse())


@bp.post("/samples/<int:sample_id>/destroy")
@requires("inspect")
@writes(body=schemas.InspectionReasonIn(), answer=schemas.SampleOut(), offers=("inspection.destroy_sample",))
def destroy_sample(sample_id: int, values: dict[str, Any]) -> queries.SampleRow:
    """Destroy what is left of a sample; a retained one only after the day until which it is kept (`sample_still_kept`)."""
    service.destroy(
        SampleId(sample_id), warehouse=auth.current_warehouse(), key=api.call_key(), note=values["note"],
        actor=auth.actor_id(), at=now(),
    )  # fmt: skip
    return queries.get_sample(SampleId(sample_id), warehouse=auth.current_warehouse())


# -- suppliers --------------------------------------------------------------------------------------------------------
@bp.get("/suppliers")
@requires(*READERS)
@reads(query=schemas.SuppliersQuery(), answer=schemas.RatedSupplierOut(), paged=True)
def suppliers(query: dict[str, Any]) -> Page[Any]:
    """List the suppliers by code."""
    return queries.page_of_suppliers(search=query["q"], cursor=query["cursor"], size=query["limit"])


@bp.get("/suppliers/<int:supplier_id>/standing")
@requires(*READERS)
@reads(query=schemas.StandingQuery(), answer=schemas.SupplierStandingOut())
def supplier_standing(supplier_id: int, query: dict[str, Any]) -> looks.SupplierStanding:
    """Show how good a supplier is, of one item or of all, over a year.

    rating = 70 x lots_accepted / lots_inspected + 30 x (1 - weighted_defects / units_inspected, not below 0) - 10 x stops;
    weighted_defects = 10 x critical + 3 x major + 1 x minor. Only first inspections count.
    """
    found = looks.get_supplier(supplier_id)
    item = ItemId(query["item_id"]) if query["item_id"] is not None else None
    return looks.SupplierStanding(found.id, item, queries.supplier_standing(PartnerId(found.id), item))


@bp.get("/suppliers/<int:supplier_id>/sampling")
@requires(*READERS)
@reads(answer=schemas.SamplingStatesOut())
def sampling_states(supplier_id: int) -> dict[str, Any]:
    """Show how each item of a supplier is sampled at present: normal, tightened, reduced, stopped, skip-lot, and what changed it."""
    found = looks.get_supplier(supplier_id)
    return {"states": queries.states_of_supplier(PartnerId(found.id))}


@bp.post("/sampling-states/<int:state_id>/lift")
@requires("plan.edit")
@writes(
    body=schemas.InspectionReasonIn(), answer=schemas.SamplingStateOut(), offers=("inspection.lift_stop",), signed=True
)
def lift_stop(state_id: int, values: dict[str, Any], signer: auth.Person) -> SamplingState:
    """Lift the stop of a supplier's item, signed; inspection goes on tightened. Refused with `wrong_state` when it is not stopped."""
    signed.lift_stop(state_id, reason=values["note"], actor=signer.id, at=now())
    return queries.get_state(state_id)


@bp.post("/sampling-states/<int:state_id>/reduced")
@requires("plan.edit")
@writes(body=schemas.ReducedIn(), answer=schemas.SamplingStateOut(), offers=("inspection.allow_reduced",))
def allow_reduced(state_id: int, values: dict[str, Any]) -> SamplingState:
    """Say that production is steady and reduced inspection is wanted, or take it back (ISO 2859-1, 9.3.3)."""
    service.allow_reduced(
        queries.get_state(state_id).id, is_allowed=values["is_allowed"], reason=values["note"], actor=auth.actor_id(),
        at=now(),
    )  # fmt: skip
    return queries.get_state(state_id)
