"""Desk pages of stock: the list with its filters, and labels for lots, bins and LPNs. Holds are in wms.quality."""

from typing import Any
from uuid import uuid4

from flask import Blueprint, redirect, render_template, url_for
from flask.blueprints import BlueprintSetupState

from wms.core.clock import now
from wms.core.ids import BinId, DeviceId, LotId, LpnId
from wms.core.quantity import ZERO
from wms.db import run_in_transaction
from wms.fields import forms as own_forms
from wms.files import subjects
from wms.printing import queries as printing
from wms.printing import service as printer_queue
from wms.printing.models import LabelKind
from wms.stock import labels, queries, schemas, service, words
from wms.web import auth, i18n
from wms.web.auth import requires
from wms.web.forms import parse_form, parse_query

bp = Blueprint("stock", __name__)


@bp.record_once
def _tell_of_attachments(_state: BlueprintSetupState) -> None:
    """Lots may have files; a lot stands in any warehouse."""
    subjects.tell_of("lot", subjects.Subject(views=("stock.view",), find=_find_lot))


def _find_lot(lot_id: int) -> subjects.Whereabouts:
    return subjects.Whereabouts(None, f"/lots/{queries.get_lot(LotId(lot_id)).id}")


PAGE_SIZE = 50


@bp.get("/stock")
@requires("stock.view")
def stock() -> Any:
    """List what stands in the current warehouse; the filters stand in the URL, so a view can be sent as a link."""
    values = parse_query(schemas.StockFilterIn())
    wanted = schemas.stock_filter(values, warehouse=auth.current_warehouse())
    on = auth.today()
    page = queries.page_of_stock(wanted, on=on, cursor=values["cursor"] or None, size=PAGE_SIZE)
    zones = queries.zones_of(wanted.warehouse)
    return render_template(
        "stock/stock.html",
        page=page,
        wanted=wanted,
        on=on,
        zero=ZERO,
        states_in_words=[(state.value, word) for state, word in words.STATES.items()],
        zones=zones,
        zones_in_words=[(zone.code, i18n.local_name(zone)) for zone in zones],
        reason_word=words.HOLD_REASONS.__getitem__,
        holds=queries.holds_in_sets(row.hold_set for row in page.rows),
        filters=schemas.filter_links(values),
        own_filters=own_forms.filters("lot", values["f"]),
    )


# -- own fields of a lot ----------------------------------------------------------------------------------------------
@bp.get("/lots/<int:lot_id>/fields")
@requires("lot.edit")
def edit_lot_fields(lot_id: int) -> Any:
    """Show the form of a lot's own fields."""
    return render_template(
        "stock/lot_fields.html", lot=queries.get_lot(LotId(lot_id)), own=own_forms.sheet("lot", lot_id)
    )


@bp.post("/lots/<int:lot_id>/fields")
@requires("lot.edit")
def set_lot_fields(lot_id: int) -> Any:
    """Set the own fields of a lot."""
    given = own_forms.given_by_form(parse_form(schemas.LotFieldsForm())["f"])
    run_in_transaction(service.set_own_fields, LotId(lot_id), given)
    return redirect(f"/lots/{lot_id}")


# -- labels -----------------------------------------------------------------------------------------------------------
@bp.get("/lots/<int:lot_id>/label.<any(png, svg):form>")
@requires("label.print")
def lot_label(lot_id: int, form: str) -> Any:
    """Draw the label of a lot."""
    return labels.draw(labels.lot_label(LotId(lot_id)), form)


@bp.get("/bins/<int:bin_id>/label.<any(png, svg):form>")
@requires("label.print")
def bin_label(bin_id: int, form: str) -> Any:
    """Draw the label of a bin of the current warehouse."""
    return labels.draw(labels.bin_label(BinId(bin_id)), form)


@bp.get("/lpns/<int:lpn_id>/label.<any(png, svg):form>")
@requires("label.print")
def lpn_label(lpn_id: int, form: str) -> Any:
    """Draw the label of an LPN with what stands on it."""
    return labels.draw(labels.lpn_label(LpnId(lpn_id)), form)


@bp.get("/labels.pdf")
@requires("label.print")
def sheet() -> Any:
    """Draw labels on A4 sheets to print: ?lot= ?lpn= ?bin= (many), or the bins of ?zone= or that begin with ?prefix=."""
    return labels.draw_sheet(labels.chosen(parse_query(schemas.LabelsIn())))


@bp.get("/setup/labels")
@requires("label.print")
def choose_labels() -> Any:
    """Choose which labels to print."""
    return render_template("stock/labels.html", zones=queries.zones_of(auth.current_warehouse()))


# -- printers ---------------------------------------------------------------------------------------------------------
@bp.get("/labels/print")
@requires("label.print")
def print_labels() -> Any:
    """Ask where labels shall be printed, and how many; the printer of this station is chosen already."""
    values = parse_query(schemas.PrintChoiceIn())
    here = auth.current_warehouse()
    chosen = printing.default_printer(here, device=_device(), user=auth.actor_id())
    return render_template(
        "stock/print_labels.html",
        wanted=labels.wanted(values),
        printers=[(row.id, row.code) for row in printing.choices(here)],
        chosen=chosen.id if chosen else "",
        needs_reason=any(printing.was_printed_before(LabelKind.LPN, plate) for plate in values["lpn"]),
        values=values,
        key=str(uuid4()),
    )


@bp.post("/labels/print")
@requires("label.print")
def queue_labels() -> Any:
    """Put labels into the queue of a printer."""
    values = parse_form(schemas.PrintLabelsIn())
    printer = printing.get_printer(values["printer_id"], warehouse=auth.current_warehouse())
    wanted = labels.wanted(values)
    jobs = [
        labels.to_queue(
            one, printer, copies=values["copies"], reason=values["reason"],
            key=f"page:{values['key']}:{one.kind.value}:{one.subject}",
        )
        for one in wanted
    ]  # fmt: skip
    run_in_transaction(printer_queue.queue_all, jobs, actor=auth.actor_id(), device=_device(), at=now())
    return redirect(url_for("printing.jobs"))


def _device() -> DeviceId | None:
    """The handheld this session stands on, None at a desk."""
    return auth.who_acts().device
