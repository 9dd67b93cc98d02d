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
from wms.gs1.codes import LotNumber
from wms.printing import queries as printing
from wms.printing import service as printer_queue
from wms.printing.models import LabelKind
from wms.stock import labels, lots, queries, schemas, service, words
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
    """The handheld that asks, None at a desk."""
    return auth.who_acts().device


# -- lots: split, merge, relabel, correct -----------------------------------------------------------------------------
@bp.get("/lots/<int:lot_id>/split")
@requires("lot.edit")
def split_form(lot_id: int) -> Any:
    """Show where a lot stands, to choose what becomes a lot of its own."""
    return _lot_form("stock/split_lot.html", lot_id)


@bp.post("/lots/<int:lot_id>/split")
@requires("lot.edit")
def split_lot(lot_id: int) -> Any:
    """Make a lot of its own out of a part, and show it."""
    values = parse_form(schemas.SplitForm())
    cmd = lots.SplitLot(
        key=values["key"] or str(uuid4()), lot=LotId(lot_id), warehouse=auth.current_warehouse(),
        parts=schemas.parts_of_form(values), reason=values["reason"], number=schemas.number_of(values),
        answers=_answers(values),
    )  # fmt: skip
    done = run_in_transaction(lots.split, cmd, actor=auth.actor_id(), at=now())
    return redirect(f"/lots/{done.lot}")


@bp.get("/lots/<int:lot_id>/relabel")
@requires("lot.edit")
def relabel_form(lot_id: int) -> Any:
    """Show where a lot stands, to choose what goes on under another number."""
    return _lot_form("stock/relabel_lot.html", lot_id)


@bp.post("/lots/<int:lot_id>/relabel")
@requires("lot.edit")
def relabel_lot(lot_id: int) -> Any:
    """Let goods of a lot go on under another number, and show that lot."""
    values = parse_form(schemas.RelabelForm())
    cmd = lots.RelabelLot(
        key=values["key"] or str(uuid4()), lot=LotId(lot_id), warehouse=auth.current_warehouse(),
        parts=schemas.parts_of_form(values), reason=values["reason"], number=LotNumber.parse(values["number"]),
        answers=_answers(values),
    )  # fmt: skip
    done = run_in_transaction(lots.relabel, cmd, actor=auth.actor_id(), at=now())
    return redirect(f"/lots/{done.lot}")


@bp.get("/lots/<int:lot_id>/merge")
@requires("lot.edit")
def merge_form(lot_id: int) -> Any:
    """Show the other lots of the item that stand here, to choose what becomes one with this."""
    others = queries.lots_beside(LotId(lot_id), warehouse=auth.current_warehouse())
    return _lot_form("stock/merge_lots.html", lot_id, others=others)


@bp.post("/lots/<int:lot_id>/merge")
@requires("lot.edit")
def merge_lots(lot_id: int) -> Any:
    """Make one lot of several, and show it."""
    values = parse_form(schemas.MergeForm())
    number = schemas.number_of(values)
    others = tuple(LotId(other) for other in values["other"])
    cmd = lots.MergeLots(
        key=values["key"] or str(uuid4()), lots=(LotId(lot_id), *others) if number else others,
        warehouse=auth.current_warehouse(), reason=values["reason"], into=None if number else LotId(lot_id),
        number=number, parts=schemas.parts_of_form(values), answers=_answers(values),
    )  # fmt: skip
    done = run_in_transaction(lots.merge, cmd, actor=auth.actor_id(), at=now())
    return redirect(f"/lots/{done.lot}")


@bp.get("/lots/<int:lot_id>/correct")
@requires("lot.edit")
def correct_form(lot_id: int) -> Any:
    """Show the days and codes of a lot, to set them right."""
    return _lot_form("stock/correct_lot.html", lot_id)


@bp.post("/lots/<int:lot_id>/correct")
@requires("lot.edit")
def correct_lot(lot_id: int) -> Any:
    """Set days and codes of a lot right, with the reason."""
    values = parse_form(schemas.CorrectForm())
    reason = values.pop("reason")
    cmd = lots.CorrectLot(lot=LotId(lot_id), values=values, reason=reason)
    run_in_transaction(lots.correct, cmd, actor=auth.actor_id(), at=now())
    return redirect(f"/lots/{lot_id}")


def _lot_form(template: str, lot_id: int, **more: Any) -> str:
    lot = queries.get_lot(LotId(lot_id))
    rows = queries.find_balances(lot=lot.id, warehouse=auth.current_warehouse())
    return render_template(
        template, lot=lot, rows=rows, on=auth.today(), key=str(uuid4()), precisions=words.PRECISIONS, **more
    )


def _answers(values: dict[str, Any]) -> frozenset[str]:
    return frozenset({"lot_nearly_known"} if values["lot_nearly_known"] else ())
