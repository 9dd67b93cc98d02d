"""Recalls for machines: everything the pages do, and what stands under a report."""

from __future__ import annotations

from typing import Any

from flask import Response

from wms.core.clock import now
from wms.core.ids import BinId, LotId, RecallId
from wms.db.paging import Page
from wms.recall import edge, paper, schemas, service, sheet
from wms.recall.queries import outside, recalls, returning, scope, stopping, whole
from wms.recall.queries.recalls import RecallRow
from wms.recall.queries.scope import Asked
from wms.recall.rules.classes import RecallClass
from wms.recall.rules.figures import progress_of
from wms.recall.rules.steps import RecallState, next_step
from wms.stock import queries as stock
from wms.trace.rules.graph import percent
from wms.web import api, auth
from wms.web.api import ListQuery, reads, writes
from wms.web.auth import actor_id, requires
from wms.web.forms import yeses

bp = api.blueprint("recall_api", __name__)


def _view(recall: RecallId) -> dict[str, Any]:
    found = recalls.find_recall(recall)
    current = recalls.current_version(found.id)
    lots = scope.scope_of(current) if current else []
    view, balance, clocks = outside.outside_of(found.id), whole.balance_of(found.id), recalls.clocks_of(found.id)
    done = {clock.step for clock in clocks if clock.done_at is not None}
    return {
        "recall": found, "clocks": clocks, "versions": recalls.versions_of(found.id),
        "next_step": next_step(done, is_mock=found.is_mock) if found.state is RecallState.OPEN else None,
        "inside": whole.inside_sums(lots), "outside": view.totals,
        "progress_percent": percent(progress_of(view.totals)), "balance_percent": balance.percent,
        "unexplained_lots": [one.number for one in balance.unexplained], "checks_missing": whole.checks_missing(found),
        "trucks": stopping.trucks_of(found.id), "truck_hours": edge.truck_hours(),
        "level_change": recalls.level_change_of(found.id), "reports": recalls.reports_of(found.id),
    }  # fmt: skip


# -- read -----------------------------------------------------------------------------------------------------------------
@bp.get("/recalls")
@requires("recall.view")
@reads(query=schemas.RecallsQuery(), answer=schemas.RecallRowOut(), paged=True)
def recall_list(query: dict[str, Any]) -> Page[RecallRow]:
    """List recalls and drills of the company, the newest first."""
    return recalls.page_of_recalls(
        warehouses=edge.visible_sites(),
        state=query["state"],
        is_mock=query["is_mock"],
        words=query["q"],
        cursor=query["cursor"],
        size=query["limit"],
    )


@bp.get("/recalls/<int:recall_id>")
@requires("recall.view")
@reads(answer=schemas.RecallOut())
def recall(recall_id: int) -> dict[str, Any]:
    """Give a recall: clocks, versions, what stands inside and outside by base unit, trucks, reports.

    shipped + over = recovered + used + destroyed + outstanding, always; `over` is what came back beyond what was shipped.
    """
    return _view(edge.find(recall_id).id)


@bp.get("/recalls/<int:recall_id>/lots")
@requires("recall.view")
@reads(query=ListQuery(), answer=schemas.RecallLotOut(), paged=True)
def recall_lots(recall_id: int, query: dict[str, Any]) -> Page[scope.ScopeLot]:
    """List the lots of the scope in force with what stands of them inside. At most `limit`; there is no next page."""
    current = recalls.current_version(edge.find(recall_id).id)
    return Page((scope.scope_of(current) if current else [])[: query["limit"]], None)


@bp.get("/recalls/<int:recall_id>/parties")
@requires("recall.view")
@reads(query=ListQuery(), answer=schemas.RecallPartyOut(), paged=True)
def recall_parties(recall_id: int, query: dict[str, Any]) -> Page[Any]:
    """List the customers that had goods of the scope, each with its sums by base unit. At most `limit`; no next page."""
    return Page(list(outside.outside_of(edge.find(recall_id).id).parties)[: query["limit"]], None)


@bp.get("/recalls/<int:recall_id>/deliveries")
@requires("recall.view")
@reads(query=ListQuery(), answer=schemas.RecallDeliveryOut(), paged=True)
def recall_deliveries(recall_id: int, query: dict[str, Any]) -> Page[outside.DeliveryRow]:
    """List what left of the scope by customer, paper and lot, imported shipments too. At most `limit`; no next page."""
    return Page(outside.deliveries_of(edge.find(recall_id).id)[: query["limit"]], None)


@bp.get("/recalls/<int:recall_id>/scope-preview")
@requires("recall.edit")
@reads(query=schemas.ScopePreviewQuery(), answer=schemas.ScopePreviewOut())
def scope_preview(recall_id: int, query: dict[str, Any]) -> dict[str, Any]:
    """Look at what a trace finds and what a hold of it would stop, with orders and money; nothing is changed.

    Without `start_text` it begins at what the recall was opened with. Refused with `start_empty`, `start_ambiguous`.
    """
    found = edge.find(recall_id, "recall.edit")
    result = scope.found_of(_asked(query) or scope.asked_from(found.asked), with_ends=False)
    seen = scope.preview(set(result.lots) | recalls.scope_lots(found.id), at=now())
    return {
        "lots": result.nodes, "fingerprint": seen.fingerprint, "places": seen.places,
        "orders": [order.demand.number for order in seen.orders], "amount": str(seen.worth.amount),
        "items_without_cost": seen.worth.unknown_items,
    }  # fmt: skip


def _asked(values: dict[str, Any]) -> Asked | None:
    if not values["start_text"]:
        return None
    return Asked(
        kind=values["start_kind"], text=values["start_text"], item=values["start_item"], direction=values["direction"]
    )


@bp.get("/recalls/<int:recall_id>/reports/<int:number>")
@requires("recall.view")
@reads(answer=schemas.RecallReportOut())
def recall_report(recall_id: int, number: int) -> Any:
    """Give a report with the figures that stand under its signature."""
    return edge.report_of(edge.find(recall_id).id, number)


@bp.get("/recalls/<int:recall_id>/report.pdf")
@requires("recall.view")
@reads(query=schemas.RecallReportQuery(), answer=None, media="application/pdf")
def recall_report_pdf(recall_id: int, query: dict[str, Any]) -> Response:
    """Give a report as PDF: as it was signed, or (number 0) as the recall stands now."""
    return paper.answer(edge.find(recall_id), query["number"], at=now())


@bp.get("/recalls/<int:recall_id>/report.xlsx")
@requires("recall.view")
@reads(answer=None, media="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
def recall_report_xlsx(recall_id: int) -> Response:
    """Give a recall as a workbook: steps, lots, customers, shipments, balance."""
    return sheet.answer(edge.find(recall_id), at=now())


# -- open, stop -----------------------------------------------------------------------------------------------------------------
@bp.post("/recalls")
@requires("recall.edit")
@writes(
    body=schemas.OpenRecallIn(), answer=schemas.RecallOut(), status=201, offers=("recall.open_recall",), signed=True
)
def open_recall(values: dict[str, Any], signer: auth.Person) -> dict[str, Any]:
    """Open a recall or a drill, signed: its clocks run from here. Nothing is stopped yet; stop shipping next.

    A supplier's recall names the supplier, and may name a lot that was never here. Refused with `start_empty`,
    `start_ambiguous` (name the item too), `not_found`.
    """
    cmd = service.OpenRecall(
        key=api.call_key(), warehouse=auth.current_warehouse(), class_code=values["class_code"],
        reason=values["reason"], origin=values["origin"], origin_kind=values["origin_kind"],
        origin_id=values["origin_id"], is_mock=values["is_mock"], start_kind=values["start_kind"],
        start_text=values["start_text"], start_item=values["start_item"], direction=values["direction"],
        lots=tuple(LotId(one) for one in values["lots"]), supplier=edge.supplier_of(values["supplier_code"]),
        supplier_reference=values["supplier_reference"],
    )  # fmt: skip
    return _view(service.open_recall(cmd, actor=signer.id, at=now()))


@bp.post("/recalls/<int:recall_id>/stop")
@requires("recall.edit")
@writes(answer=schemas.RecallStoppedOut(), offers=("recall.stop",))
def stop(recall_id: int) -> service.Stopped:
    """Stop shipping and picking of everything that may be in the scope, and leave a task to call back each truck under way.

    Until the hold lies on them its lots are promised, picked, issued, used up, poured, split, merged, released or sampled by
    nobody: refused with `lot_stopped`. The first step; it may be repeated. A drill only lists them.
    """
    found = edge.find(recall_id, "recall.edit")
    return service.stop_shipping(found.id, actor=actor_id(), at=now(), truck_hours=edge.truck_hours())


@bp.post("/recalls/<int:recall_id>/trucks/<int:truck_id>/answer")
@requires("recall.edit", "ship")
@writes(body=schemas.AnswerTruckIn(), answer=schemas.RecallOut(), offers=("recall.answer_truck",))
def answer_truck(recall_id: int, truck_id: int, values: dict[str, Any]) -> dict[str, Any]:
    """Write down what came of calling a truck back; its task is done."""
    service.answer_truck(
        edge.find(recall_id, "recall.edit", "ship").id, truck_id, answer=values["answer"], actor=actor_id(), at=now()
    )
    return _view(RecallId(recall_id))


@bp.post("/recalls/<int:recall_id>/customers-told")
@requires("recall.edit")
@writes(body=schemas.CustomersToldIn(), answer=schemas.RecallOut(), offers=("recall.note_step",))
def customers_told(recall_id: int, values: dict[str, Any]) -> dict[str, Any]:
    """Note that all customers were told otherwise than by the notices of this system: how stands in the note."""
    service.note_step(
        edge.find(recall_id, "recall.edit").id,
        schemas.RecallStep.NOTIFY,
        note=values["note"],
        actor=actor_id(),
        at=now(),
    )
    return _view(RecallId(recall_id))


@bp.post("/recalls/<int:recall_id>/approve")
@requires("recall.edit")
@writes(body=schemas.ApproveRecallIn(), answer=schemas.RecallOut(), offers=("recall.approve",), signed=True)
def approve(recall_id: int, values: dict[str, Any], signer: auth.Person) -> dict[str, Any]:
    """A second person approves the recall, signed; refused with `other_person_needed` for the one who opened it."""
    service.approve_recall(edge.find(recall_id, "recall.edit").id, reason=values["reason"], actor=signer.id, at=now())
    return _view(RecallId(recall_id))


# -- scope --------------------------------------------------------------------------------------------------------------------
@bp.post("/recalls/<int:recall_id>/versions")
@requires("recall.edit")
@writes(body=schemas.FreezeScopeIn(), answer=schemas.FrozenScopeOut(), status=201, offers=("recall.freeze",))
def freeze(recall_id: int, values: dict[str, Any]) -> service.Frozen:
    """Freeze the scope as the next version, with its reasons. A later one keeps all lots of the last: it only widens.

    Refused with `wrong_state` (stop shipping first; another version came meanwhile), `scope_not_wider`.
    """
    found = edge.find(recall_id, "recall.edit")
    asked = _asked(values)
    named = tuple(LotId(one) for one in values["named_lots"])
    chosen = values["lots"]
    cmd = service.FreezeScope(
        recall=found.id,
        reason=values["reason"],
        after=values["after"],
        asked=(asked,) if asked else (),
        chosen=None if chosen is None else frozenset(LotId(one) for one in chosen),
        named=named,
        truck_hours=edge.truck_hours(),
    )
    return service.freeze_scope(cmd, actor=actor_id(), at=now())


@bp.post("/recalls/<int:recall_id>/place")
@requires("recall.edit")
@writes(body=schemas.PlaceScopeIn(), answer=schemas.PlacedScopeOut(), offers=("recall.place",))
def place(recall_id: int, values: dict[str, Any]) -> service.Placed:
    """Hold everything of the version in force in one posting, wherever it stands; what comes later is held as it comes in.

    Asked about first: `hold_changed` (other goods than in the preview), `scope_grew` (more lots were made meanwhile).
    Needs recall.edit in every warehouse where goods of it stand. A drill posts nothing.
    """
    found = edge.find(recall_id, "recall.edit")
    edge.demand_reach(recalls.scope_lots(found.id))
    cmd = service.PlaceScope(
        recall=found.id, version=values["version"], fingerprint=values["fingerprint"], answers=yeses(values["answers"])
    )
    return service.place_scope(cmd, actor=actor_id(), at=now())


@bp.post("/recalls/<int:recall_id>/narrow")
@requires("recall.edit")
@writes(body=schemas.NarrowScopeIn(), answer=schemas.FrozenScopeOut(), offers=("recall.narrow",), signed=True)
def narrow(recall_id: int, values: dict[str, Any], signer: auth.Person) -> service.Frozen:
    """Leave lots out of the scope, signed: a version with its reasons; their holds of this recall are lifted.

    Refused with `second_person_needed` for the one who placed the holds.
    """
    found = edge.find(recall_id, "recall.edit")
    leave_out = frozenset(LotId(one) for one in values["lots"])
    edge.demand_reach(leave_out)
    cmd = service.NarrowScope(recall=found.id, after=values["after"], leave_out=leave_out, reason=values["reason"])
    return service.narrow_scope(cmd, actor=signer.id, at=now())


# -- goods --------------------------------------------------------------------------------------------------------------------
@bp.post("/recalls/<int:recall_id>/returns")
@requires("recall.edit", "receive")
@writes(
    body=schemas.RecallReturnIn(), answer=schemas.RecallReturnedOut(), status=201,
    offers=("recall.receive_return", "mobile.recall_return"),
)  # fmt: skip
def receive_return(recall_id: int, values: dict[str, Any]) -> dict[str, Any]:
    """Take goods back from a customer into a quarantine bin or the cage of this warehouse; they come in held.

    Asked about first: `returned_more` (more than was shipped); the answer is the reason. Refused with `not_shipped_to`,
    `bin_unsuitable`, `recall_is_drill`, `units_needed`.
    """
    cmd = service.ReceiveReturn(
        key=api.call_key(), recall=edge.find(recall_id, "recall.edit", "receive").id, warehouse=auth.current_warehouse(), party=values["party_id"],
        lot=LotId(values["lot_id"]), quantity=values["quantity"],
        bin=BinId(stock.find_bin(values["bin_code"], warehouse=auth.current_warehouse()).id),
        document=values["document"], answers=values["answers"],
    )  # fmt: skip
    return {"quantity": service.receive_return(cmd, actor=actor_id(), at=now())}


@bp.get("/recalls-taking-back")
@requires("recall.edit", "receive")
@reads(query=schemas.TakingBackQuery(), answer=schemas.TakingBackOut())
def taking_back(query: dict[str, Any]) -> dict[str, Any]:
    """Give the recalls that take goods back now: all, or those that a shipment, an order, a lot or their number names.

    In earnest, open, and held. `party_id` is who had the goods of the paper, where that is one customer.
    """
    sites = edge.sites_with("recall.edit", "receive")
    if not query["text"] and query["lot_id"] is None:
        return {"recalls": returning.taking_back(sites)}
    return {"recalls": returning.find_taking(query["text"], sites, lot=query["lot_id"])}


@bp.get("/recalls/<int:recall_id>/senders")
@requires("recall.edit", "receive")
@reads(query=schemas.SendersQuery(), answer=schemas.SendersOut())
def senders(recall_id: int, query: dict[str, Any]) -> dict[str, Any]:
    """Give the customers that had goods of a lot of the scope, with what is outstanding at each of it.

    Refused with `lot_not_recalled` when the lot is not in the scope.
    """
    found = edge.find(recall_id, "recall.edit", "receive")
    return {"senders": returning.senders_of(found.id, LotId(query["lot_id"]))}


@bp.post("/recalls/<int:recall_id>/confirmations")
@requires("recall.edit")
@writes(body=schemas.ConfirmOutsideIn(), answer=schemas.RecallMadeOut(), status=201, offers=("recall.confirm",))
def confirm_outside(recall_id: int, values: dict[str, Any]) -> dict[str, Any]:
    """Write down what a customer confirms to have used or destroyed; never more than is outstanding at him."""
    cmd = service.ConfirmOutside(
        key=api.call_key(),
        recall=edge.find(recall_id, "recall.edit").id,
        party=values["party_id"],
        lot=LotId(values["lot_id"]),
        fate=values["fate"],
        quantity=values["quantity"],
        said_by=values["said_by"],
        document=values["document"],
    )
    return {"id": service.confirm_outside(cmd, actor=actor_id(), at=now())}


@bp.post("/recalls/<int:recall_id>/confirmations/<int:confirmation_id>/void")
@requires("recall.edit")
@writes(body=schemas.VoidConfirmationIn(), answer=schemas.RecallOut(), offers=("recall.void_confirmation",))
def void_confirmation(recall_id: int, confirmation_id: int, values: dict[str, Any]) -> dict[str, Any]:
    """Take a confirmation back that was wrong; it stays to be seen."""
    service.void_confirmation(
        edge.find(recall_id, "recall.edit").id, confirmation_id, reason=values["reason"], actor=actor_id(), at=now()
    )
    return _view(RecallId(recall_id))


@bp.post("/recalls/<int:recall_id>/checks")
@requires("recall.edit")
@writes(body=schemas.CheckPartyIn(), answer=schemas.RecallMadeOut(), status=201, offers=("recall.check",))
def check_party(recall_id: int, values: dict[str, Any]) -> dict[str, Any]:
    """Write an effectiveness check down: a party was asked whether the recall reached it."""
    cmd = service.CheckParty(
        recall=edge.find(recall_id, "recall.edit").id,
        party=values["party_id"],
        result=values["result"],
        method=values["method"],
        spoke_with=values["spoke_with"],
        note=values["note"],
    )
    return {"id": service.check_party(cmd, actor=actor_id(), at=now())}


@bp.post("/recalls/<int:recall_id>/check-level")
@requires("recall.edit")
@writes(body=schemas.CheckLevelIn(), answer=schemas.RecallOut(), offers=("recall.set_check_level",))
def set_check_level(recall_id: int, values: dict[str, Any]) -> dict[str, Any]:
    """Say how many of those told are asked: a all, b some, c one in ten, d one in fifty, e nobody.

    After the approval it wants a reason and is only asked for: `check_level_change` is the asking, which another person signs.
    """
    found = edge.find(recall_id, "recall.edit")
    service.set_check_level(found.id, values["level"], reason=values["reason"], actor=actor_id(), at=now())
    return _view(found.id)


@bp.post("/recalls/<int:recall_id>/check-level/<int:change_id>/sign")
@requires("recall.edit")
@writes(body=schemas.SignCheckLevelIn(), answer=schemas.RecallOut(), offers=("recall.sign_check_level",), signed=True)
def sign_check_level(recall_id: int, change_id: int, values: dict[str, Any], signer: auth.Person) -> dict[str, Any]:
    """Sign a change of the depth of the checks that another person asked for after the approval; from here it is in force.

    Refused with `other_person_needed` for the one who asked, `wrong_state` when it was signed.
    """
    service.sign_check_level(edge.find(recall_id, "recall.edit").id, change_id, actor=signer.id, at=now())
    return _view(RecallId(recall_id))


@bp.post("/recalls/<int:recall_id>/outcomes")
@requires("recall.edit")
@writes(body=schemas.RecallOutcomeIn(), answer=schemas.RecallMadeOut(), status=201, offers=("recall.note_outcome",))
def note_outcome(recall_id: int, values: dict[str, Any]) -> dict[str, Any]:
    """Write down what became of goods of a lot that were held."""
    cmd = service.NoteOutcome(
        recall=edge.find(recall_id, "recall.edit").id,
        lot=LotId(values["lot_id"]),
        fate=values["fate"],
        quantity=values["quantity"],
        note=values["note"],
    )
    return {"id": service.note_outcome(cmd, actor=actor_id(), at=now())}


@bp.post("/recalls/<int:recall_id>/destruction")
@requires("recall.edit")
@writes(body=schemas.DestroyHeldIn(), answer=schemas.RecallMadeOut(), status=201, offers=("recall.destroy",))
def destroy_held(recall_id: int, values: dict[str, Any]) -> dict[str, Any]:
    """Order the destruction of held goods that stand apart in this warehouse; approved and witnessed as any.

    Gives the id of the destruction.
    """
    cmd = service.DestroyHeld(
        key=api.call_key(),
        recall=edge.find(recall_id, "recall.edit").id,
        warehouse=auth.current_warehouse(),
        reason=values["reason"],
        lots=tuple(LotId(one) for one in values["lots"]),
    )
    return {"id": service.destroy_held(cmd, actor=actor_id(), at=now())}


# -- reports and the end --------------------------------------------------------------------------------------------------------
@bp.post("/recalls/<int:recall_id>/reports")
@requires("recall.edit")
@writes(
    body=schemas.RecallReportIn(),
    answer=schemas.RecallReportNumberOut(),
    status=201,
    offers=("recall.make_report",),
    signed=True,
)
def make_report(recall_id: int, values: dict[str, Any], signer: auth.Person) -> dict[str, Any]:
    """Sign a report of how the recall stands; its figures are frozen, and the next is due after the hours of the class."""
    return {
        "number": service.report(edge.find(recall_id, "recall.edit").id, note=values["note"], actor=signer.id, at=now())
    }


@bp.post("/recalls/<int:recall_id>/prepare")
@requires("recall.edit")
@writes(
    body=schemas.PrepareCloseIn(), answer=schemas.RecallReportNumberOut(), status=201,
    offers=("recall.prepare_close",), signed=True,
)  # fmt: skip
def prepare_close(recall_id: int, values: dict[str, Any], signer: auth.Person) -> dict[str, Any]:
    """Prepare the closing report, signed, for another person to close by; its figures are frozen.

    Refused with `recall_steps_open`, `recall_outstanding` (wants a reason), `recall_is_drill`.
    """
    found = edge.find(recall_id, "recall.edit")
    return {"number": service.prepare_close(found.id, reason=values["reason"], actor=signer.id, at=now())}


@bp.post("/recalls/<int:recall_id>/close")
@requires("recall.edit")
@writes(body=schemas.CloseRecallIn(), answer=schemas.RecallOut(), offers=("recall.close",), signed=True)
def close(recall_id: int, values: dict[str, Any], signer: auth.Person) -> dict[str, Any]:
    """Close it with the closing report, signed, by another person than the one who prepared it; a drill by one person.

    Refused with `recall_steps_open`, `other_person_needed`, `recall_changed` (have it prepared again), `recall_outstanding`.
    """
    service.close_recall(edge.find(recall_id, "recall.edit").id, reason=values["reason"], actor=signer.id, at=now())
    return _view(RecallId(recall_id))


@bp.post("/recalls/<int:recall_id>/cancel")
@requires("recall.edit")
@writes(body=schemas.CancelRecallIn(), answer=schemas.RecallOut(), offers=("recall.cancel",), signed=True)
def cancel(recall_id: int, values: dict[str, Any], signer: auth.Person) -> dict[str, Any]:
    """Give a recall up before its hold is placed, signed; what the stop stopped goes on."""
    service.cancel_recall(edge.find(recall_id, "recall.edit").id, reason=values["reason"], actor=signer.id, at=now())
    return _view(RecallId(recall_id))


@bp.post("/recalls/<int:recall_id>/reply-nil")
@requires("recall.edit")
@writes(body=schemas.ReplyNilIn(), answer=schemas.RecallOut(), offers=("recall.reply_nil",), signed=True)
def reply_nil(recall_id: int, values: dict[str, Any], signer: auth.Person) -> dict[str, Any]:
    """Answer a supplier's recall with nil stock, signed, and end it. Refused with `recall_not_nil`."""
    service.reply_nil(edge.find(recall_id, "recall.edit").id, note=values["reason"], actor=signer.id, at=now())
    return _view(RecallId(recall_id))


# -- classes ----------------------------------------------------------------------------------------------------------------------
@bp.get("/recall-classes")
@requires("recall.edit")
@reads(answer=schemas.RecallClassesOut())
def recall_classes() -> dict[str, Any]:
    """Give the classes of recalls with their clocks, in hours from the opening."""
    return {"classes": sorted(recalls.classes().values(), key=lambda one: one.code)}


@bp.post("/recall-classes")
@requires("recall.edit")
@writes(body=schemas.SetRecallClassIn(), answer=schemas.RecallClassesOut(), offers=("recall.set_class",))
def set_recall_class(values: dict[str, Any]) -> dict[str, Any]:
    """Keep a class of recalls as this site has it, or add one; recalls that are open keep their clocks."""
    chosen = RecallClass(**(values | {"check_level": values["check_level"].value}))
    service.set_class(chosen, actor=actor_id(), at=now())
    return {"classes": sorted(recalls.classes().values(), key=lambda one: one.code)}
