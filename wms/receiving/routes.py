"""Desk pages of receiving: the list of papers, each paper, new ones, the receipt with its raw capture and photos."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from flask import Blueprint, Response, flash, redirect, render_template, url_for
from flask.blueprints import BlueprintSetupState
from flask_babel import gettext, ngettext

from wms.accounts.sessions import confirm_password
from wms.catalog import queries as catalog
from wms.core.clock import now
from wms.core.errors import NotFound
from wms.core.ids import AsnId, FileId, LpnId, PartnerId, PurchaseOrderId, ReceiptId, ReceiptLineId, RefusalId
from wms.db import run_in_transaction
from wms.fields import forms as own_forms
from wms.fields import queries as own_queries
from wms.files import panel, serving, subjects
from wms.files import queries as file_queries
from wms.receiving import schemas, service
from wms.receiving.models import RefusalReason, RefusalState
from wms.receiving.queries import intake, lines, papers, refusals, whole
from wms.receiving.rules.commands import OpenReceipt, Unreceive
from wms.signing import queries as signing
from wms.units.edge import tell_of_paper
from wms.web import auth
from wms.web.auth import requires
from wms.web.forms import parse_form, parse_query

bp = Blueprint("receiving", __name__)


@bp.record_once
def _tell_of_attachments(_state: BlueprintSetupState) -> None:
    """Receipts and their lines may have files; they belong to the warehouse of the receipt."""
    views = ("receive", "stock.view")
    subjects.tell_of("receipt", subjects.Subject(views=views, find=_find_receipt))
    subjects.tell_of("receipt_line", subjects.Subject(views=views, find=_find_line))
    tell_of_paper("asn", lambda paper, warehouse: papers.get_asn(AsnId(paper), warehouse=warehouse))
    subjects.tell_of("refusal", subjects.Subject(views=(*views, "receive.refuse"), find=_find_refusal))


def _find_receipt(receipt_id: int) -> subjects.Whereabouts:
    warehouse = papers.warehouse_of_receipt(ReceiptId(receipt_id))
    return subjects.Whereabouts(warehouse, url_for("receiving.receipt", receipt_id=receipt_id))


def _find_line(line_id: int) -> subjects.Whereabouts:
    return _find_receipt(lines.receipt_of_line(ReceiptLineId(line_id)))


def _find_refusal(refusal_id: int) -> subjects.Whereabouts:
    warehouse = refusals.warehouse_of_refusal(RefusalId(refusal_id))
    return subjects.Whereabouts(warehouse, url_for("receiving.refusal", refusal_id=refusal_id))


PAGE_SIZE = 50
_LISTS = {"asn": papers.list_asns, "order": papers.list_purchase_orders, "receipt": papers.list_receipts}


@bp.get("/receiving")
@requires("receive", "stock.view")
def receiving() -> Any:
    """List ASNs, purchase orders or receipts; the filters stand in the URL."""
    wanted = parse_query(schemas.ListIn())
    kind = wanted["kind"]
    # Receipts alone have own fields.
    asked = wanted["f"] if kind == "receipt" else {}
    own = {"own": own_queries.conditions_of("receipt", asked)} if asked else {}
    page = _LISTS[kind](
        auth.current_warehouse(),
        states=[wanted["state"]] if wanted["state"] else [],
        search=wanted["q"],
        cursor=wanted["cursor"] or None,
        size=PAGE_SIZE,
        **own,
    )
    return render_template(
        "receiving/list.html",
        page=page,
        kind=kind,
        states=schemas.STATES[kind],
        own_filters=own_forms.filters("receipt", asked) if kind == "receipt" else own_forms.Filters([]),
    )


# -- ASN --------------------------------------------------------------------------------------------------------------
@bp.get("/receiving/asns/<int:asn_id>")
@requires("receive", "stock.view")
def asn(asn_id: int) -> Any:
    """Show an ASN: what was announced, arrived and received, and where they differ."""
    found = papers.get_asn(AsnId(asn_id), warehouse=auth.current_warehouse())
    receipts = lines.receipts_of(asn=found.id)
    return render_template(
        "receiving/asn.html",
        asn=found,
        lines=lines.asn_lines(found.id),
        plates=intake.nodes_of_asn(found.id),
        receipts=receipts,
        differences=[d for d in lines.differences_of_asn(found.id) if d.kind != "same"] if receipts else [],
        may_receive=found.state.value in {"expected", "arrived", "receiving", "partly_received"},
        may_cancel=found.state.value in {"expected", "arrived"},
        units_item=papers.item_with_unit_ids(found.id),
    )


@bp.get("/receiving/asns/new")
@requires("receive")
def new_asn() -> Any:
    """Ask for a new ASN."""
    return render_template(
        "receiving/new_asn.html",
        suppliers=papers.suppliers(),
        orders=papers.open_purchase_orders(auth.current_warehouse()),
        line_count=schemas.LINES,
        plate_count=schemas.PLATES,
    )


@bp.get("/receiving/item-choices")
@requires("receive")
def item_choices() -> Any:
    """Give the items a person may mean who types in a line, as choices for its field."""
    typed = parse_query(schemas.SuggestIn())["sku"]
    return render_template("receiving/_item_choices.html", items=catalog.suggest_items(typed) if typed else [])


@bp.post("/receiving/asns")
@requires("receive")
def create_asn() -> Any:
    """Write down an ASN."""
    site = auth.current_site()
    cmd = schemas.asn(parse_form(schemas.AsnIn()), warehouse=site.id, timezone=site.timezone)
    made = run_in_transaction(service.create_asn, cmd, actor=auth.actor_id(), at=now())
    flash(gettext("The ASN is written down."))
    return redirect(url_for("receiving.asn", asn_id=made))


@bp.post("/receiving/asns/<int:asn_id>/cancel")
@requires("receive")
def cancel_asn(asn_id: int) -> Any:
    """Give an ASN up."""
    run_in_transaction(
        service.cancel_asn, AsnId(asn_id), warehouse=auth.current_warehouse(), actor=auth.actor_id(), at=now()
    )
    flash(gettext("The ASN is called off."))
    return redirect(url_for("receiving.asn", asn_id=asn_id))


@bp.post("/receiving/asns/<int:asn_id>/receive")
@requires("receive")
def receive_asn(asn_id: int) -> Any:
    """Open a receipt against the ASN, or join the open one."""
    return _opened(OpenReceipt(warehouse=auth.current_warehouse(), asn=AsnId(asn_id)))


# -- purchase order ----------------------------------------------------------------------------------------------------
@bp.get("/receiving/orders/<int:order_id>")
@requires("receive", "stock.view")
def purchase_order(order_id: int) -> Any:
    """Show a purchase order and what came of it."""
    found = papers.get_purchase_order(PurchaseOrderId(order_id), warehouse=auth.current_warehouse())
    return render_template(
        "receiving/purchase_order.html",
        order=found,
        lines=lines.order_lines(found.id),
        receipts=lines.receipts_of(purchase_order=found.id),
    )


@bp.get("/receiving/orders/new")
@requires("receive")
def new_purchase_order() -> Any:
    """Ask for a new purchase order."""
    return render_template("receiving/new_purchase_order.html", suppliers=papers.suppliers(), line_count=schemas.LINES)


@bp.post("/receiving/orders")
@requires("receive")
def create_purchase_order() -> Any:
    """Write down a purchase order."""
    cmd = schemas.purchase_order(parse_form(schemas.PurchaseOrderIn()), warehouse=auth.current_warehouse())
    made = run_in_transaction(service.create_purchase_order, cmd, actor=auth.actor_id(), at=now())
    flash(gettext("The purchase order is written down."))
    return redirect(url_for("receiving.purchase_order", order_id=made))


@bp.post("/receiving/orders/<int:order_id>/close")
@requires("receive")
def close_purchase_order(order_id: int) -> Any:
    """Close a purchase order, the rest given up."""
    run_in_transaction(
        service.close_purchase_order,
        PurchaseOrderId(order_id),
        warehouse=auth.current_warehouse(),
        actor=auth.actor_id(),
        at=now(),
    )
    flash(gettext("The purchase order is closed."))
    return redirect(url_for("receiving.purchase_order", order_id=order_id))


@bp.post("/receiving/orders/<int:order_id>/receive")
@requires("receive")
def receive_order(order_id: int) -> Any:
    """Open a receipt against the order, or join the open one."""
    return _opened(OpenReceipt(warehouse=auth.current_warehouse(), purchase_order=PurchaseOrderId(order_id)))


# -- receipt ------------------------------------------------------------------------------------------------------------
@bp.get("/receiving/receipts/<int:receipt_id>")
@requires("receive", "stock.view")
def receipt(receipt_id: int) -> Any:
    """Show a receipt: the truck, each line as it was captured, the differences."""
    found = papers.get_receipt(ReceiptId(receipt_id), warehouse=auth.current_warehouse())
    came = lines.receipt_lines(found.id)
    photos: dict[int, list[Any]] = {}
    for file in file_queries.files_of("receipt_line", [line.id for line in came]):
        photos.setdefault(file.subject_id, []).append(file)
    differences = lines.differences_of_asn(found.asn_id) if found.asn_id else []
    view = whole.whole_receipt(found.id, warehouse=auth.current_warehouse())
    return render_template(
        "receiving/receipt.html",
        receipt=found,
        lines=came,
        photos=photos,
        differences=[d for d in differences if d.kind != "same"],
        whole=view,
        is_open=found.state.value == "open",
        may_accept=_may_accept(found),
        suppliers=papers.suppliers() if found.is_provisional and found.supplier_id is None else [],
        signatures=signing.beside(whole.signed_record(found.id), signing.signatures_of("receipt", found.id)),
        key=str(uuid4()),
        own=own_forms.sheet("receipt", found.id),
        attached=panel.panel("receipt", found.id),
    )


@bp.post("/receiving/receipts/<int:receipt_id>/arrival")
@requires("receive")
def record_arrival(receipt_id: int) -> Any:
    """Write down the facts of the truck."""
    form = parse_form(schemas.ArrivalForm())
    own = own_forms.given_by_form(form.pop("f"))
    run_in_transaction(
        service.record_arrival,
        ReceiptId(receipt_id),
        schemas.arrival(form),
        own=own,
        answers=schemas.arrival_answers(form),
        warehouse=auth.current_warehouse(),
        actor=auth.actor_id(),
        at=now(),
    )
    flash(gettext("The arrival is written down."))
    return redirect(url_for("receiving.receipt", receipt_id=receipt_id))


@bp.post("/receiving/receipts/<int:receipt_id>/close")
@requires("receive")
def close_receipt(receipt_id: int) -> Any:
    """End taking in."""
    run_in_transaction(
        service.close_receipt,
        ReceiptId(receipt_id),
        warehouse=auth.current_warehouse(),
        actor=auth.actor_id(),
        at=now(),
    )
    flash(gettext("The receipt is closed."))
    return redirect(url_for("receiving.receipt", receipt_id=receipt_id))


@bp.post("/receiving/receipts/<int:receipt_id>/pause")
@requires("receive")
def pause_receipt(receipt_id: int) -> Any:
    """End taking in for now: the rest of the notice comes on another day."""
    _do(service.close_receipt, receipt_id, is_rest_expected=True)
    flash(gettext("The receipt is closed; the notice waits for the rest."))
    return redirect(url_for("receiving.receipt", receipt_id=receipt_id))


@bp.post("/receiving/receipts/<int:receipt_id>/lines/<int:line_id>/reverse")
@requires("receive.reverse")
def reverse_line(receipt_id: int, line_id: int) -> Any:
    """Take a line back, with all that came in by the same scan."""
    form = parse_form(schemas.ReverseIn())
    cmd = Unreceive(
        warehouse=auth.current_warehouse(),
        line=ReceiptLineId(line_id),
        reason=form["reason"],
        key=f"back:{form['key']}",
    )
    done = run_in_transaction(service.unreceive, cmd, actor=auth.actor_id(), at=now())
    flash(ngettext("Taken back: one line.", "Taken back: %(num)s lines.", len(done.lines)))
    return redirect(url_for("receiving.receipt", receipt_id=receipt_id))


@bp.post("/receiving/receipts/<int:receipt_id>/accept")
@requires("receive.accept")
def accept_receipt(receipt_id: int) -> Any:
    """Accept what another person took in, by one's password."""
    form = parse_form(schemas.AcceptIn())
    confirm_password(form["password"])
    _do(service.accept_receipt, receipt_id, reason=form["reason"])
    flash(gettext("The receipt is accepted."))
    return redirect(url_for("receiving.receipt", receipt_id=receipt_id))


@bp.post("/receiving/receipts/<int:receipt_id>/supplier")
@requires("receive")
def name_supplier(receipt_id: int) -> Any:
    """Say from whom a blind delivery came."""
    form = parse_form(schemas.SupplierIn())
    run_in_transaction(
        service.name_supplier, ReceiptId(receipt_id), PartnerId(form["supplier"]), warehouse=auth.current_warehouse(),
        actor=auth.actor_id(), at=now(),
    )  # fmt: skip
    flash(gettext("The supplier is named."))
    return redirect(url_for("receiving.receipt", receipt_id=receipt_id))


@bp.post("/receiving/receipts/<int:receipt_id>/plates/<int:lpn_id>/drop")
@requires("receive")
def drop_plate(receipt_id: int, lpn_id: int) -> Any:
    """Take a plate off a provisional receipt: nothing stands there."""
    run_in_transaction(
        service.drop_plate, ReceiptId(receipt_id), LpnId(lpn_id), warehouse=auth.current_warehouse(),
        actor=auth.actor_id(), at=now(),
    )  # fmt: skip
    flash(gettext("The LPN is taken off."))
    return redirect(url_for("receiving.receipt", receipt_id=receipt_id))


@bp.post("/receiving/receipts/<int:receipt_id>/finish")
@requires("receive")
def finish_provisional(receipt_id: int) -> Any:
    """All of a provisional receipt is named now."""
    _do(service.finish_provisional, receipt_id)
    flash(gettext("All of it is named now. The goods stay on hold until quality lifts it."))
    return redirect(url_for("receiving.receipt", receipt_id=receipt_id))


@bp.get("/receiving/receipts/<int:receipt_id>/photos/<int:file_id>")
@requires("receive", "stock.view")
def photo(receipt_id: int, file_id: int) -> Response:
    """Give a photo of one of the receipt's lines, as the type its content is."""
    found = papers.get_receipt(ReceiptId(receipt_id), warehouse=auth.current_warehouse())
    file = file_queries.get_file(FileId(file_id))
    mine = {line.id for line in lines.receipt_lines(found.id)}
    if file.subject_kind != "receipt_line" or file.subject_id not in mine or not serving.place_of(file).exists():
        raise NotFound(kind="file", text=str(file_id))
    return serving.give(file)


# -- refusals -----------------------------------------------------------------------------------------------------------
@bp.get("/receiving/refusals")
@requires("receive", "stock.view")
def refusal_list() -> Any:
    """List what was turned away; the filters stand in the URL."""
    wanted = parse_query(schemas.RefusalsIn())
    state = RefusalState(wanted["state"]) if wanted["state"] in set(RefusalState) else None
    page = refusals.list_refusals(
        auth.current_warehouse(), state=state, search=wanted["q"], cursor=wanted["cursor"] or None, size=PAGE_SIZE
    )
    return render_template("receiving/refusals.html", page=page, states=[one.value for one in RefusalState])


@bp.get("/receiving/refusals/new")
@requires("receive.refuse")
def new_refusal() -> Any:
    """Ask what is turned away; of a receipt, when the URL names one."""
    wanted = parse_query(schemas.OfReceiptIn())
    receipt = (
        papers.get_receipt(ReceiptId(wanted["receipt"]), warehouse=auth.current_warehouse())
        if wanted["receipt"] is not None
        else None
    )
    return render_template(
        "receiving/new_refusal.html", receipt=receipt, suppliers=papers.suppliers(),
        reasons=[one.value for one in RefusalReason], key=str(uuid4()),
    )  # fmt: skip


@bp.post("/receiving/refusals")
@requires("receive.refuse")
def create_refusal() -> Any:
    """Write down what is turned away."""
    form = parse_form(schemas.RefusalIn())
    cmd = schemas.refusal(form, warehouse=auth.current_warehouse(), key=f"refuse:{form['key']}")
    made = run_in_transaction(service.refuse, cmd, actor=auth.actor_id(), at=now())
    flash(gettext("The refusal is written down."))
    return redirect(url_for("receiving.refusal", refusal_id=made))


@bp.get("/receiving/refusals/<int:refusal_id>")
@requires("receive", "receive.refuse", "stock.view")
def refusal(refusal_id: int) -> Any:
    """Show a refusal: what, why, where it stands, its photos, who took it back."""
    found = refusals.get_refusal(RefusalId(refusal_id), warehouse=auth.current_warehouse())
    return render_template("receiving/refusal.html", view=found, attached=panel.panel("refusal", found.refusal.id))


@bp.post("/receiving/refusals/<int:refusal_id>/close")
@requires("receive.refuse")
def close_refusal(refusal_id: int) -> Any:
    """The carrier took refused goods back."""
    form = parse_form(schemas.CloseRefusalIn())
    run_in_transaction(
        service.close_refusal, RefusalId(refusal_id), warehouse=auth.current_warehouse(), carrier=form["carrier"],
        actor=auth.actor_id(), at=now(),
    )  # fmt: skip
    flash(gettext("The goods were taken back."))
    return redirect(url_for("receiving.refusal", refusal_id=refusal_id))


def _may_accept(receipt: Any) -> bool:
    waits = receipt.needs_acceptance and receipt.accepted_at is None and receipt.state.value == "closed"
    return waits and auth.permitted("receive.accept")


def _do(verb: Any, receipt_id: int, **more: Any) -> Any:
    return run_in_transaction(
        verb, ReceiptId(receipt_id), warehouse=auth.current_warehouse(), actor=auth.actor_id(), at=now(), **more
    )


def _opened(cmd: OpenReceipt) -> Any:
    made = run_in_transaction(service.open_receipt, cmd, actor=auth.actor_id(), at=now())
    flash(gettext("The receipt is open; scan on a handheld."))
    return redirect(url_for("receiving.receipt", receipt_id=made))
