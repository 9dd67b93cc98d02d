"""Releases, non-conformances and destructions for machines: read all of it, and what a person signs in the call."""

from typing import Any

from wms.catalog.queries import find_item
from wms.core.clock import now
from wms.core.errors import NotFound
from wms.core.ids import BalanceId, DestructionId, ItemId, NonconformanceId
from wms.db.paging import Page
from wms.disposition import queries, schemas, service, where
from wms.disposition.models import Destruction, Nonconformance, Release, ReleaseVerdict
from wms.disposition.queries import Checked, DecisionView, PaperView, Tranche, Waiting
from wms.quality.queries import find_place
from wms.stock.models import HoldScope
from wms.web import api, auth
from wms.web.api import ListQuery, reads, writes
from wms.web.auth import requires

bp = api.blueprint("disposition_api", __name__)
_WITNESSES = ("disposition.approve", "quality.release", "stock.move", "count", "receive")


# -- release ----------------------------------------------------------------------------------------------------------
@bp.get("/releases/waiting")
@requires("stock.view")
@reads(query=ListQuery(), answer=schemas.WaitingOut(), paged=True)
def waiting(query: dict[str, Any]) -> Page[Waiting]:
    """List the lots that wait for their release in a warehouse, the longest waiting first, with what is missing.

    At most `limit`; there is no next page.
    """
    return Page(queries.queue(auth.current_warehouse(), on=auth.today(), limit=query["limit"])[: query["limit"]], None)


@bp.get("/lots/<int:lot_id>/checklist")
@requires("stock.view")
@reads(query=schemas.ChecklistQuery(), answer=schemas.ChecklistOut())
def checklist(lot_id: int, query: dict[str, Any]) -> Checked:
    """Show the pending goods of a lot in this warehouse with the checklist of their release; for markets, with theirs."""
    markets = [text.strip().upper() for text in query["markets"].split(",") if text.strip()]
    tranche = Tranche(lot=where.lot_of(lot_id), warehouse=auth.current_warehouse())
    return queries.check_tranche(tranche, on=auth.today(), markets=markets)


@bp.post("/lots/<int:lot_id>/verdict")
@requires("quality.release")
@writes(body=schemas.DecideLotIn(), answer=schemas.DecidedLotOut(), offers=("disposition.decide",), signed=True)
def decide(lot_id: int, values: dict[str, Any], signer: auth.Person) -> dict[str, Any]:
    """Release or reject the pending goods of a lot in this warehouse, signed by the person who decides.

    All of them, or a tranche: in a bin, on an LPN, a part of the goods in a bin. A release asks the checklist; rejected
    goods leave a task to carry them to the cage. The one who signs needs quality.release here. Refused with
    `release_incomplete` (the points that are missing), `other_person_needed`, `scope_unclear`, `password_wrong`,
    `wrong_state` when nothing of the lot is pending there.
    """
    lot = where.lot_of(lot_id)
    warehouse = auth.current_warehouse()
    bin_, lpn = find_place(warehouse, bin_code=values["bin_code"], lpn_code=values["lpn_code"])
    verdict = ReleaseVerdict(values["to"])
    cmd = service.DecideRelease(
        key=api.call_key(), lot=lot, warehouse=warehouse, verdict=verdict, reason=values["reason"], bin=bin_, lpn=lpn,
        quantity=values["quantity"], scope=schemas.scope_of(values) if verdict is ReleaseVerdict.RELEASED else (),
        for_all=values["for_all"], is_label_checked=values["is_label_checked"],
    )  # fmt: skip
    done = service.decide_release(cmd, actor=signer.id, at=now())
    return {
        "release_id": done.release, "lot_id": done.lot, "lot_number": done.lot_number, "to": values["to"],
        "quantity": done.quantity,
    }  # fmt: skip


@bp.post("/lots/<int:lot_id>/waive")
@requires("disposition.approve")
@writes(body=schemas.WaivePointIn(), answer=schemas.ChecklistOut(), offers=("disposition.waive",), signed=True)
def waive(lot_id: int, values: dict[str, Any], signer: auth.Person) -> Checked:
    """Let a missing point of a lot's checklist go, signed; good for the next decision here, by another person.

    Refused with `wrong_state` for a point that is not missing or may not be waived.
    """
    tranche = Tranche(lot=where.lot_of(lot_id), warehouse=auth.current_warehouse())
    cmd = service.WaivePoint(
        lot=tranche.lot, warehouse=tranche.warehouse, point=values["point"], reason=values["reason"]
    )
    service.waive_point(cmd, actor=signer.id, at=now())
    return queries.check_tranche(tranche, on=auth.today())


@bp.post("/lots/<int:lot_id>/widen-release")
@requires("quality.release")
@writes(body=schemas.WidenScopeIn(), answer=schemas.ReleaseViewOut(), offers=("disposition.widen",), signed=True)
def widen(lot_id: int, values: dict[str, Any], signer: auth.Person) -> DecisionView:
    """Release a lot that is released for some for more markets or customers, or for everybody, signed.

    Refused with `wrong_state` for a lot that is free for all, `release_incomplete` when the new markets ask more.
    """
    done = service.widen_scope(
        where.lot_of(lot_id), schemas.scope_of(values), warehouse=auth.current_warehouse(), reason=values["reason"],
        for_all=values["for_all"], actor=signer.id, at=now(),
    )  # fmt: skip
    return queries.get_decision(done.release)


@bp.get("/releases")
@requires("stock.view")
@reads(query=schemas.LotQuery(), answer=schemas.ReleaseOut(), paged=True)
def releases(query: dict[str, Any]) -> Page[Release]:
    """List the decisions on pending goods in a warehouse, the newest first."""
    return queries.page_of_decisions(
        auth.current_warehouse(), lot=query["lot_id"], cursor=query["cursor"], size=query["limit"]
    )


@bp.get("/releases/<int:release_id>")
@requires("stock.view")
@reads(answer=schemas.ReleaseViewOut())
def release(release_id: int) -> DecisionView:
    """Show one decision with its checklist as it stood, and its signatures beside the record of today."""
    found = queries.get_decision(release_id)
    if found.release.warehouse_id != auth.current_warehouse():
        raise NotFound(kind="release", text=str(release_id))
    return found


# -- non-conformances -------------------------------------------------------------------------------------------------
@bp.get("/nonconformances")
@requires("stock.view")
@reads(query=schemas.NonconformancesQuery(), answer=schemas.NonconformanceOut(), paged=True)
def nonconformances(query: dict[str, Any]) -> Page[Nonconformance]:
    """List the non-conformances of a warehouse, the newest first."""
    return queries.page_of_nonconformances(
        auth.current_warehouse(), states=[query["state"]] if query["state"] else None, lot=query["lot_id"],
        cursor=query["cursor"], size=query["limit"],
    )  # fmt: skip


@bp.get("/nonconformances/<int:nonconformance_id>")
@requires("stock.view")
@reads(answer=schemas.NonconformanceViewOut())
def nonconformance(nonconformance_id: int) -> PaperView:
    """Show one non-conformance with its approvals, and its signatures beside the record of today."""
    return queries.view_nonconformance(nonconformance_id, warehouse=auth.current_warehouse())


@bp.post("/nonconformances")
@requires("hold.place")
@writes(
    body=schemas.RecordNonconformanceIn(), answer=schemas.NonconformanceViewOut(), status=201,
    offers=("disposition.record_nonconformance",),
)  # fmt: skip
def record_nonconformance(values: dict[str, Any]) -> PaperView:
    """Write down goods that are not as they should be, and hold them.

    The hold goes with the disposition alone. Refused as placing a hold is.
    """
    warehouse = auth.current_warehouse()
    bin_, lpn = find_place(warehouse, bin_code=values["bin_code"], lpn_code=values["lpn_code"])
    scope = HoldScope(values["scope"])
    cmd = service.RecordNonconformance(
        key=api.call_key(), warehouse=warehouse, lot=where.lot_of(values["lot_id"]), what=values["what"],
        defect_class=values["defect_class"], scope=scope,
        bin=bin_ if scope in (HoldScope.BIN, HoldScope.QUANTITY) else None,
        lpn=lpn if scope in (HoldScope.LPN, HoldScope.QUANTITY) else None,
        quantity=values["quantity"] if scope is HoldScope.QUANTITY else None,
    )  # fmt: skip
    return queries.view_nonconformance(service.record_nonconformance(cmd, actor=auth.actor_id(), at=now()))


@bp.post("/nonconformances/<int:nonconformance_id>/review")
@requires("quality.release")
@writes(
    body=schemas.ReviewNonconformanceIn(), answer=schemas.NonconformanceViewOut(), offers=("disposition.review",),
    signed=True,
)  # fmt: skip
def review(nonconformance_id: int, values: dict[str, Any], signer: auth.Person) -> PaperView:
    """Keep what a look at it found, signed; until a disposition is proposed. Refused with `wrong_state` later."""
    found = where.nonconformance(nonconformance_id)
    cmd = service.Review(
        nonconformance=found.id, warehouse=found.warehouse_id, finding=values["finding"],
        defect_class=values["defect_class"],
    )  # fmt: skip
    service.review(cmd, actor=signer.id, at=now())
    return queries.view_nonconformance(found.id)


@bp.post("/nonconformances/<int:nonconformance_id>/propose")
@requires("quality.release")
@writes(
    body=schemas.ProposeDispositionIn(), answer=schemas.NonconformanceViewOut(), offers=("disposition.propose",),
)  # fmt: skip
def propose(nonconformance_id: int, values: dict[str, Any]) -> PaperView:
    """Propose what is to become of the goods; it then waits for as many approvals as the policy says."""
    found = where.nonconformance(nonconformance_id)
    cmd = service.Propose(
        nonconformance=found.id, warehouse=found.warehouse_id, disposition=values["disposition"],
        reason=values["reason"], limits=schemas.scope_of(values),
    )  # fmt: skip
    service.propose(cmd, actor=auth.actor_id(), at=now())
    return queries.view_nonconformance(found.id)


@bp.post("/nonconformances/<int:nonconformance_id>/approve")
@requires("disposition.approve")
@writes(
    body=schemas.ApproveDispositionIn(), answer=schemas.NonconformanceViewOut(), offers=("disposition.approve_disposition",),
    signed=True,
)  # fmt: skip
def approve_disposition(nonconformance_id: int, values: dict[str, Any], signer: auth.Person) -> PaperView:
    """Approve the proposal, signed; the last approval carries it out.

    Refused with `other_person_needed` for who found, held, sampled, inspected, proposed or approved before, and with
    `role_needed` when the approval must come from elsewhere: one of them is of quality.
    """
    found = where.nonconformance(nonconformance_id)
    service.approve_disposition(
        found.id, warehouse=found.warehouse_id, reason=values["reason"], actor=signer.id, at=now()
    )
    return queries.view_nonconformance(found.id)


@bp.post("/nonconformances/<int:nonconformance_id>/refuse")
@requires("disposition.approve")
@writes(
    body=schemas.RefuseDispositionIn(), answer=schemas.NonconformanceViewOut(), offers=("disposition.refuse_disposition",),
    signed=True,
)  # fmt: skip
def refuse_disposition(nonconformance_id: int, values: dict[str, Any], signer: auth.Person) -> PaperView:
    """Send the proposal back, signed: it is reviewed or proposed anew."""
    found = where.nonconformance(nonconformance_id)
    service.refuse_disposition(
        found.id, warehouse=found.warehouse_id, reason=values["reason"], actor=signer.id, at=now()
    )
    return queries.view_nonconformance(found.id)


@bp.post("/nonconformances/<int:nonconformance_id>/finish")
@requires("quality.release")
@writes(body=schemas.OutcomeIn(), answer=schemas.NonconformanceViewOut(), offers=("disposition.finish",), signed=True)
def finish(nonconformance_id: int, values: dict[str, Any], signer: auth.Person) -> PaperView:
    """Say what came of a rework, a return or a destruction, signed; the hold goes with it.

    Reworked goods become pending. Refused with `not_all_gone` while goods to return or destroy are here, and with
    `second_person_needed` for the one who placed the hold.
    """
    found = where.nonconformance(nonconformance_id)
    service.finish(
        NonconformanceId(found.id), warehouse=found.warehouse_id, outcome=values["outcome"], actor=signer.id, at=now()
    )
    return queries.view_nonconformance(found.id)


# -- destructions -----------------------------------------------------------------------------------------------------
@bp.get("/destructions")
@requires("stock.view")
@reads(query=schemas.DestructionsQuery(), answer=schemas.DestructionOut(), paged=True)
def destructions(query: dict[str, Any]) -> Page[Destruction]:
    """List the destructions of a warehouse, the newest first."""
    return queries.page_of_destructions(
        auth.current_warehouse(), states=[query["state"]] if query["state"] else None, cursor=query["cursor"],
        size=query["limit"],
    )  # fmt: skip


@bp.get("/destructions/<int:destruction_id>")
@requires("stock.view")
@reads(answer=schemas.DestructionViewOut())
def destruction(destruction_id: int) -> PaperView:
    """Show one destruction with its approvals, and its signatures beside the record of today."""
    return queries.view_destruction(destruction_id, warehouse=auth.current_warehouse())


@bp.post("/destructions")
@requires("hold.place")
@writes(
    body=schemas.OrderDestructionIn(), answer=schemas.DestructionViewOut(), status=201,
    offers=("disposition.order_destruction",),
)  # fmt: skip
def order_destruction(values: dict[str, Any]) -> PaperView:
    """Ask for a destruction of goods; it waits for its approvals. Refused with `insufficient_stock` for promised goods."""
    lines = tuple(
        service.DestroyLine(balance=BalanceId(line["balance_id"]), quantity=line["quantity"])
        for line in values["lines"]
    )
    cmd = service.OrderDestruction(
        key=api.call_key(), warehouse=auth.current_warehouse(), reason=values["reason"], lines=lines
    )
    return queries.view_destruction(service.order_destruction(cmd, actor=auth.actor_id(), at=now()))


@bp.post("/destructions/<int:destruction_id>/approve")
@requires("disposition.approve")
@writes(
    body=schemas.ApproveDestructionIn(), answer=schemas.DestructionViewOut(), offers=("disposition.approve_destruction",),
    signed=True,
)  # fmt: skip
def approve_destruction(destruction_id: int, values: dict[str, Any], signer: auth.Person) -> PaperView:
    """Approve an order of destruction, signed; never by who ordered it, each person once, one of them of quality."""
    found = where.destruction(destruction_id)
    service.approve_destruction(
        found.id, warehouse=found.warehouse_id, reason=values["reason"], actor=signer.id, at=now()
    )
    return queries.view_destruction(found.id)


@bp.post("/destructions/<int:destruction_id>/cancel")
@requires("disposition.approve", "hold.place")
@writes(
    body=schemas.CancelDestructionIn(), answer=schemas.DestructionViewOut(), offers=("disposition.cancel_destruction",)
)
def cancel_destruction(destruction_id: int, values: dict[str, Any]) -> PaperView:
    """Take an order of destruction back before it is carried out."""
    found = where.destruction(destruction_id)
    service.cancel_destruction(
        found.id, warehouse=found.warehouse_id, reason=values["reason"], actor=auth.actor_id(), at=now()
    )
    return queries.view_destruction(found.id)


@bp.post("/destructions/<int:destruction_id>/carry-out")
@requires(*_WITNESSES)
@writes(
    body=schemas.CarryOutDestructionIn(), answer=schemas.DestructionViewOut(), offers=("disposition.carry_out",),
    signed=True,
)  # fmt: skip
def carry_out(destruction_id: int, values: dict[str, Any], signer: auth.Person) -> PaperView:
    """The executor signs how and where the goods were destroyed; a witness signs next, then they leave the books."""
    found = where.destruction(destruction_id)
    cmd = service.CarryOut(
        destruction=DestructionId(found.id), warehouse=found.warehouse_id, method=values["method"],
        place=values["place"], contractor=values["contractor"],
    )  # fmt: skip
    service.carry_out(cmd, actor=signer.id, at=now())
    return queries.view_destruction(found.id)


@bp.post("/destructions/<int:destruction_id>/witness")
@requires(*_WITNESSES)
@writes(
    body=schemas.WitnessDestructionIn(),
    answer=schemas.DestructionViewOut(),
    offers=("disposition.witness",),
    signed=True,
)
def witness(destruction_id: int, values: dict[str, Any], signer: auth.Person) -> PaperView:
    """The witness signs, and the goods leave the books.

    Refused with `other_person_needed` for the executor, and when both had a part in the decision.
    """
    found = where.destruction(destruction_id)
    service.witness(found.id, warehouse=found.warehouse_id, reason=values["reason"], actor=signer.id, at=now())
    return queries.view_destruction(found.id)


@bp.post("/destructions/<int:destruction_id>/object")
@requires(*_WITNESSES)
@writes(
    body=schemas.ObjectToDestructionIn(),
    answer=schemas.DestructionViewOut(),
    offers=("disposition.object_to",),
    signed=True,
)
def object_to(destruction_id: int, values: dict[str, Any], signer: auth.Person) -> PaperView:
    """The witness did not see it so, signed: nothing leaves the books, and it is carried out anew."""
    found = where.destruction(destruction_id)
    service.object_to(found.id, warehouse=found.warehouse_id, reason=values["reason"], actor=signer.id, at=now())
    return queries.view_destruction(found.id)


# -- what is asked ----------------------------------------------------------------------------------------------------
@bp.get("/release-policies")
@requires("disposition.approve")
@reads(answer=schemas.PoliciesOut())
def policies() -> dict[str, Any]:
    """Show what was said of releases and approvals, by item and class; what nobody said counts as the product's own."""
    return {"releases": queries.list_policies(), "approvals": queries.list_approval_policies()}


@bp.post("/release-policies")
@requires("disposition.approve")
@writes(
    body=schemas.SetReleasePolicyIn(), answer=schemas.PoliciesOut(), offers=("disposition.set_release_policy",),
)  # fmt: skip
def set_release_policy(values: dict[str, Any]) -> dict[str, Any]:
    """Say what a release of an item or a class of items asks, for a market besides; null points take it away."""
    points = values["points"]
    service.set_release_policy(
        item_class=values["item_class"], item=_item(values["sku"]), market=values["market"].strip().upper(),
        points=None if points is None else {one["point"]: one["asked"] for one in points},
        needs_two=values["needs_two"],
    )  # fmt: skip
    return {"releases": queries.list_policies(), "approvals": queries.list_approval_policies()}


@bp.post("/approval-policies")
@requires("disposition.approve")
@writes(
    body=schemas.SetApprovalPolicyIn(), answer=schemas.PoliciesOut(), offers=("disposition.set_approval_policy",),
)  # fmt: skip
def set_approval_policy(values: dict[str, Any]) -> dict[str, Any]:
    """Say how many people approve a disposition of an item, a class or all, and from which roles; 0 takes it away."""
    service.set_approval_policy(
        item_class=values["item_class"], item=_item(values["sku"]), disposition=values["disposition"],
        people=values["people"], roles=tuple(values["roles"]),
    )  # fmt: skip
    return {"releases": queries.list_policies(), "approvals": queries.list_approval_policies()}


def _item(sku: str | None) -> ItemId | None:
    if sku is None:
        return None
    found = find_item(sku)
    if found is None:
        raise NotFound(kind="item", text=sku)
    return found.id
