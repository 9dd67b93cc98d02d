"""Holds and verdicts for machines: look, place, list; and what a person signs in the call, lifting and deciding."""

from typing import Any

from wms.core.clock import now
from wms.core.errors import FieldErrors, NotAllowed
from wms.core.ids import BinId, LotId, LpnId
from wms.db.paging import Page
from wms.quality import queries, rules, schemas, service, where
from wms.stock import queries as stock
from wms.stock.models import HoldReason, HoldScope
from wms.web import api, auth
from wms.web.api import reads, writes
from wms.web.auth import requires

bp = api.blueprint("quality_api", __name__)


# -- holds ------------------------------------------------------------------------------------------------------------
@bp.get("/holds")
@requires("stock.view")
@reads(query=schemas.HoldsQuery(), answer=schemas.HoldOut(), paged=True)
def holds(query: dict[str, Any]) -> Page[queries.HoldRow]:
    """List the holds of a warehouse and those on a lot everywhere, by default the open ones, the newest first."""
    return queries.list_holds(
        warehouse=auth.current_warehouse(), lot=query["lot_id"], case=query["case_id"], reason=query["reason"],
        is_open=None if query["state"] == "all" else query["state"] == "open", cursor=query["cursor"],
        size=query["limit"], oldest_first=query["sort"] == "placed",
    )  # fmt: skip


@bp.get("/holds/<int:hold_id>")
@requires("stock.view")
@reads(answer=schemas.HoldViewOut())
def hold(hold_id: int) -> queries.HoldView:
    """Show one hold: what it lies on in your warehouses, who placed it, the work it left."""
    return _view(where.get_hold(hold_id))


@bp.get("/lots/<int:lot_id>/hold-preview")
@requires("hold.place")
@reads(query=schemas.HoldPreviewQuery(), answer=schemas.HoldPreviewOut())
def hold_preview(lot_id: int, query: dict[str, Any]) -> queries.Preview:
    """Show what a hold would take and whose orders it would stop, before it is placed.

    Refused as placing it would be; where nothing of the lot stands, it shows nothing.
    """
    lot = stock.get_lot(LotId(lot_id)).id
    bin_, lpn = _demanded_place(lot, query)
    quantity = query["quantity"] if query["scope"] is HoldScope.QUANTITY else None
    _demand_scope(query["scope"], bin=bin_, lpn=lpn, quantity=quantity)
    return queries.preview_hold(
        where.target_of(query["scope"], lot, bin=bin_, lpn=lpn, quantity=quantity, is_everywhere=query["everywhere"])
    )


@bp.post("/lots/<int:lot_id>/hold")
@requires("hold.place")
@writes(
    body=schemas.PlaceHoldIn(), answer=schemas.PlacedHoldOut(), status=201,
    offers=("quality.place_hold", "mobile.inquiry"),
)  # fmt: skip
def place_hold(lot_id: int, values: dict[str, Any]) -> service.Placed:
    """Stop goods of a lot: all of it, what lies in a bin or on an LPN, or a quantity.

    The promises on the goods are given back, picks that live on them stop, and work is left to carry picked goods back
    and to put loose ones apart. A hold of scope `lot` also takes what arrives later. Anybody else who may lift it lifts
    it, not the one who placed it. Refused with `not_allowed` where goods in reach stand in a warehouse in which the key
    may not hold, `insufficient_stock` for a quantity that is not there, `not_found` when nothing of the lot is in that
    place.
    """
    lot = stock.get_lot(LotId(lot_id)).id
    bin_, lpn = _demanded_place(lot, values)
    scope = values["scope"]
    quantity = values["quantity"] if scope is HoldScope.QUANTITY else None
    _demand_scope(scope, bin=bin_, lpn=lpn, quantity=quantity)
    is_here = scope is HoldScope.LOT and not values["everywhere"]
    cmd = service.PlaceHold(
        key=api.call_key(), scope=scope, lot=lot, warehouse=auth.current_warehouse() if is_here else None, bin=bin_,
        lpn=lpn, quantity=quantity, reason=HoldReason(values["reason"]), note=values["note"],
    )  # fmt: skip
    return service.place_hold(cmd, actor=auth.actor_id(), at=now())


@bp.post("/holds/<int:hold_id>/lift")
@requires("hold.lift")
@writes(body=schemas.LiftHoldIn(), answer=schemas.HoldViewOut(), offers=("quality.lift_hold",), signed=True)
def lift_hold(hold_id: int, values: dict[str, Any], signer: auth.Person) -> queries.HoldView:
    """Lift a hold, signed by another person than the one who placed it.

    What other holds stop stays stopped. The one who signs and the key need hold.lift wherever goods lie under the hold.
    Refused with `second_person_needed` for the one who placed it, `password_wrong`, `wrong_state` when it was lifted.
    """
    found = where.get_hold(hold_id)
    for warehouse in where.sites_of(found):
        auth.demand("hold.lift", warehouse)
        if not signer.may("hold.lift", warehouse):
            raise NotAllowed(permission="hold.lift")
    service.lift_hold(service.LiftHold(hold=found.id, reason=values["reason"]), actor=signer.id, at=now())
    return _view(where.get_hold(hold_id))


def _demand_scope(scope: HoldScope, **given: object) -> None:
    """Raise FieldErrors, in the names of the call, when the scope's place is not named."""
    names = {"bin": "bin_code", "lpn": "lpn_code"}
    missing = [field for field in rules.NEEDED_BY_SCOPE[scope.value] if given[field] is None]
    if missing:
        raise FieldErrors(errors={names.get(field, field): ["required"] for field in missing})


def _demanded_place(lot: LotId, values: dict[str, Any]) -> tuple[BinId | None, LpnId | None]:
    """Find the place by its codes, and demand the right to hold wherever the hold is to reach."""
    bin_, lpn = queries.find_place(auth.current_warehouse(), bin_code=values["bin_code"], lpn_code=values["lpn_code"])
    where.demand_reach(values["scope"], lot, lpn=lpn, is_everywhere=values["everywhere"])
    return bin_, lpn


def _view(found: queries.HoldRow) -> queries.HoldView:
    return queries.view_of_hold(found, warehouses={site.id for site in auth.sites_with("stock.view")})


# -- verdicts -----------------------------------------------------------------------------------------------------------
@bp.get("/pending-lots")
@requires("stock.view")
@reads(answer=schemas.PendingLotOut(), paged=True)
def pending_lots(query: dict[str, Any]) -> Page[stock.LotSum]:
    """List the lots with goods that wait for a verdict, the longest waiting first."""
    return queries.page_of_pending(auth.current_warehouse(), cursor=query["cursor"], size=query["limit"])


@bp.get("/pending-lots/<int:lot_id>")
@requires("stock.view")
@reads(answer=schemas.PendingGoodsOut())
def pending_lot(lot_id: int) -> queries.PendingLot:
    """Show the goods of a lot that wait for a verdict here, and where they stand."""
    return queries.pending_of(LotId(lot_id), auth.current_warehouse())
