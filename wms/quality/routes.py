"""Desk pages of quality: place a hold after seeing what it stops, the list of holds, lifting, verdicts on pending goods."""

from typing import Any
from uuid import uuid4

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.blueprints import BlueprintSetupState
from flask_babel import gettext

from wms.accounts.sessions import confirm_password
from wms.core.clock import now
from wms.core.errors import BadQuantity, FieldErrors, NotFound
from wms.core.ids import BinId, HoldId, LotId, LpnId
from wms.core.quantity import Quantity
from wms.db import run_in_transaction
from wms.files import panel, subjects
from wms.quality import case_queries, queries, schemas, service, where
from wms.quality.words import CASE_SCOPES, CRITERIA
from wms.stock import queries as stock
from wms.stock.models import HoldReason, HoldScope
from wms.stock.words import HOLD_REASONS, HOLD_SCOPES
from wms.web import auth
from wms.web.auth import requires
from wms.web.forms import parse_form, parse_query
from wms.web.views import quantity as written

bp = Blueprint("quality", __name__, url_prefix="/quality")


@bp.record_once
def _tell_of_attachments(_state: BlueprintSetupState) -> None:
    """Holds may have files, such as photos of what was found; they belong to the hold's warehouse."""
    subjects.tell_of("hold", subjects.Subject(views=("stock.view",), find=_find_hold))


def _find_hold(hold_id: int) -> subjects.Whereabouts:
    found = queries.get_hold(HoldId(hold_id))
    return subjects.Whereabouts(found.warehouse, url_for("quality.hold", hold_id=found.id))


@bp.context_processor
def _words() -> dict[str, Any]:
    return {"reason_words": HOLD_REASONS, "scope_words": HOLD_SCOPES}


@bp.get("")
@requires("stock.view")
def quality() -> Any:
    """What waits for quality: holds by age, pending goods."""
    warehouse = auth.current_warehouse()
    return render_template(
        "quality/quality.html",
        holds=queries.list_holds(warehouse=warehouse, oldest_first=True, size=10).rows,
        pending=stock.lots_pending(warehouse=warehouse, limit=10),
        on=auth.today(),
        at=now(),
    )


# -- holds ------------------------------------------------------------------------------------------------------------
@bp.get("/holds")
@requires("stock.view")
def holds() -> Any:
    """List the holds of this warehouse and of lots everywhere, those of a case as one, the newest first."""
    values = parse_query(schemas.HoldsIn())
    warehouse, at, cursor = auth.current_warehouse(), now(), values["cursor"] or None
    asked = where.filters_of(values, at=at)
    alone = queries.list_holds(warehouse=warehouse, is_alone=True, cursor=cursor, **asked)
    together = case_queries.page_of_cases(warehouses=[warehouse], cursor=cursor, **asked)
    return render_template(
        "quality/holds.html",
        page=where.merge(alone, together, size=50),
        reasons=list(HoldReason),
        case_scope_words=CASE_SCOPES,
        criteria_words=CRITERIA,
        at=at,
    )


@bp.get("/holds/new")
@requires("hold.place")
def new_hold() -> Any:
    """Show what a hold would reach and stop, before it is placed; in the panel beside a list, or as a page."""
    values = parse_query(schemas.HoldTargetIn())
    lot = stock.get_lot(LotId(values["lot"]))
    place = _read_place(values)
    scope = HoldScope(values["scope"] or "lot")
    if scope not in _scopes(place):
        raise FieldErrors(errors={"scope": ["not_a_choice"]})
    quantity, fault = _read_quantity(values["quantity"]) if scope is HoldScope.QUANTITY else (None, "")
    may_everywhere = where.may_hold_everywhere(lot.id)
    is_everywhere = values["everywhere"] == "1" and may_everywhere
    preview = None
    if scope is not HoldScope.QUANTITY or quantity is not None:
        target = where.target_of(
            scope, lot.id, bin=place[0], lpn=place[1], quantity=quantity, is_everywhere=is_everywhere
        )
        preview = queries.preview_hold(target)
    return render_template(
        "quality/_hold.html" if request.headers.get("HX-Request") else "quality/new_hold.html",
        lot=lot,
        values=values,
        scope=scope,
        scopes=_scopes(place),
        bin=stock.get_bin(place[0]) if place[0] else None,
        lpn=stock.get_lpn(place[1]) if place[1] else None,
        preview=preview,
        fault=fault,
        is_everywhere=is_everywhere,
        may_everywhere=may_everywhere,
        reasons=schemas.REASONS,
        key=values["key"] or str(uuid4()),
    )


def _read_place(values: dict[str, Any]) -> tuple[BinId | None, LpnId | None]:
    """The bin and LPN of the row; a bin of another warehouse is not found here."""
    if values["bin"] is not None and stock.get_bin(BinId(values["bin"])).warehouse_id != auth.current_warehouse():
        raise NotFound(kind="bin", text=str(values["bin"]))
    if values["lpn"] and stock.get_lpn(LpnId(values["lpn"])).warehouse_id not in (None, auth.current_warehouse()):
        raise NotFound(kind="lpn", text=str(values["lpn"]))
    return (
        BinId(values["bin"]) if values["bin"] is not None else None,
        LpnId(values["lpn"]) if values["lpn"] else None,
    )


def _read_quantity(text: str) -> tuple[Quantity | None, str]:
    """The quantity typed so far, or why it is none yet: the panel asks, it does not refuse."""
    if not text:
        return None, ""
    try:
        quantity = Quantity.parse(text)
    except BadQuantity:
        return None, gettext("Type a quantity, such as 12 or 0.5.")
    return (quantity, "") if quantity else (None, gettext("Type a quantity above zero."))


def _scopes(place: tuple[BinId | None, LpnId | None]) -> list[HoldScope]:
    bin_, lpn = place
    return [
        HoldScope.LOT,
        *([HoldScope.BIN] if bin_ else []),
        *([HoldScope.LPN] if lpn else []),
        *([HoldScope.QUANTITY] if bin_ else []),
    ]


@bp.post("/holds")
@requires("hold.place")
def place_hold() -> Any:
    """Place the hold; then show what it stopped."""
    values = parse_form(schemas.HoldIn())
    place = _read_place(values)
    scope = HoldScope(values["scope"])
    is_everywhere = values["everywhere"] == "1"
    where.demand_reach(scope, LotId(values["lot"]), lpn=place[1], is_everywhere=is_everywhere)
    cmd = service.PlaceHold(
        key=values["key"],
        scope=scope,
        lot=LotId(values["lot"]),
        warehouse=auth.current_warehouse() if scope is HoldScope.LOT and not is_everywhere else None,
        bin=place[0],
        lpn=place[1],
        quantity=values["quantity"] if scope is HoldScope.QUANTITY else None,
        reason=HoldReason(values["reason"]),
        note=values["note"],
    )
    stock.get_lot(cmd.lot)
    placed = run_in_transaction(service.place_hold, cmd, actor=auth.actor_id(), at=now())
    flash(
        gettext(
            "Held: %(quantity)s. Orders stopped: %(orders)s.",
            quantity=written(placed.quantity),
            orders=len(placed.stopped_orders),
        ),
        "success",
    )
    return redirect(url_for("quality.hold", hold_id=placed.hold))


@bp.get("/holds/<int:hold_id>")
@requires("stock.view")
def hold(hold_id: int) -> Any:
    """Show a hold: what it lies on, who placed it, the work it left; with the form to lift it."""
    found = where.get_hold(hold_id)
    return render_template(
        "quality/hold.html",
        hold=found,
        rows=[
            row for row in stock.find_balances(hold=found.id) if row.warehouse in {s.id for s in auth.permitted_sites()}
        ],
        work=queries.work_of_hold(found.id),
        signed=queries.signed_lift(found.id),
        is_own=found.placed_by == auth.actor_id(),
        at=now(),
        on=auth.today(),
        attached=panel.panel("hold", found.id, known=subjects.Whereabouts(found.warehouse, request.path)),
    )


@bp.post("/holds/<int:hold_id>/lift")
@requires("hold.lift")
def lift_hold(hold_id: int) -> Any:
    """Lift the hold, by another person than the one who placed it, with reason and password."""
    values = parse_form(schemas.LiftIn())
    found = where.get_hold(hold_id)
    for warehouse in where.sites_of(found):
        auth.demand("hold.lift", warehouse)
    confirm_password(values["password"])
    cmd = service.LiftHold(hold=found.id, reason=values["reason"])
    total = run_in_transaction(service.lift_hold, cmd, actor=auth.actor_id(), at=now())
    flash(gettext("Lifted. It lay on %(quantity)s.", quantity=written(total)), "success")
    return redirect(url_for("quality.hold", hold_id=hold_id))
