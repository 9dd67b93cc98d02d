"""Desk pages of hold cases, of goods that must stand apart, of what ends soon and of retests."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Any, Final
from uuid import uuid4

from flask import (
    Blueprint,
    Response,
    current_app,
    flash,
    redirect,
    render_template,
    request,
    stream_with_context,
    url_for,
)
from flask_babel import gettext

from wms.accounts.sessions import confirm_password
from wms.catalog import words as catalog_words
from wms.catalog.queries import partners_in_role
from wms.core.clock import now
from wms.core.errors import FieldErrors, NotFound, QuestionNeeded, WmsError
from wms.core.ids import HoldCaseId, HoldId, LotId, WarehouseId
from wms.db import run_in_transaction
from wms.fields import queries as own_fields
from wms.quality import apart as apart_service
from wms.quality import case_queries, case_schemas, cases, due_queries, queries, retest, schemas, where
from wms.quality.case_queries import Selection
from wms.quality.rules.criteria import check_criteria
from wms.quality.words import CASE_SCOPES, CRITERIA, WHERE
from wms.signing import queries as signatures
from wms.stock import queries as stock
from wms.stock.models import Capture, CaseScope, HoldReason
from wms.stock.rules.retest import retest_day
from wms.stock.words import HOLD_REASONS, HOLD_SCOPES
from wms.web import auth, i18n
from wms.web.auth import requires
from wms.web.forms import parse_form, parse_query
from wms.web.sentences import field_faults, sentence, word
from wms.web.sheets import Cell, to_csv
from wms.web.views import quantity as written

bp = Blueprint("holds", __name__, url_prefix="/quality")

#: So many rows are exported at most.
EXPORT_MAX: Final = 20_000
RETEST_DAYS: Final = 60


@bp.context_processor
def _words() -> dict[str, Any]:
    return {
        "reason_words": HOLD_REASONS, "scope_words": HOLD_SCOPES, "case_scope_words": CASE_SCOPES,
        "criteria_words": CRITERIA, "where_words": WHERE,
    }  # fmt: skip


# -- a case, before it is placed ----------------------------------------------------------------------------------------
@bp.get("/cases/new")
@requires("hold.place")
def new_case() -> Any:
    """Ask what to hold, show what that would take and stop, then hold it."""
    values = parse_query(case_schemas.NewCaseIn())
    preview, fault = None, ""
    if values["look"] == "1":
        try:
            selection = _selection(values)
            preview = case_queries.preview_case(selection, at=now())
        except WmsError as refused:
            fault = " ".join(field_faults(refused).values()) if isinstance(refused, FieldErrors) else sentence(refused)
    may_everywhere = _may_everywhere()
    if preview is not None and not all(auth.permitted("hold.place", site) for site in preview.warehouses):
        preview, fault = None, gettext("Some of it stands in a warehouse where you may not hold. Hold it here only.")
    return render_template(
        "quality/new_case.html",
        values=values,
        scopes=list(case_schemas.SCOPES),
        preview=preview,
        fault=fault,
        may_everywhere=may_everywhere,
        item_classes=[(c.value, said) for c, said in catalog_words.ITEM_CLASSES.items()],
        captures=[(c.value, word(f"by_{c.value}")) for c in Capture],
        suppliers=[(p.code, f"{p.code} · {i18n.local_name(p)}") for p in partners_in_role("supplier")],
        makers=[(p.code, f"{p.code} · {i18n.local_name(p)}") for p in partners_in_role("maker")],
        zones=[(z.code, f"{z.code} · {i18n.local_name(z)}") for z in stock.zones_of(auth.current_warehouse())],
        own=[(f"{f.record_kind}.{f.code}", f"{i18n.local_name(f)} ({word(f.record_kind)})") for f in _own_fields()],
        reasons=schemas.REASONS,
        asked={name: values[name] for name in case_schemas.CRITERIA if values[name]},
        key=values["key"] or str(uuid4()),
    )


def _own_fields() -> list[Any]:
    return [*own_fields.fields_of("lot"), *own_fields.fields_of("item")]


def _may_everywhere() -> bool:
    return all(auth.permitted("hold.place", site.id) for site in auth.permitted_sites())


def _selection(values: dict[str, Any]) -> Selection:
    """What the form names: everything in a bin, on an LPN, or what matches its criteria here or everywhere."""
    scope, here = CaseScope(values["scope"]), auth.current_warehouse()
    if scope is not CaseScope.QUERY:
        needed = "bin_code" if scope is CaseScope.BIN else "lpn_code"
        if not values[needed]:
            raise FieldErrors(errors={needed: ["required"]})
        bin_, lpn = queries.find_place(
            here, bin_code=values["bin_code"] if scope is CaseScope.BIN else None,
            lpn_code=values["lpn_code"] if scope is CaseScope.LPN else None,
        )  # fmt: skip
        return Selection(scope=scope, warehouse=here, bin=bin_, lpn=lpn)
    criteria = case_queries.read_criteria({name: values[name] for name in case_schemas.CRITERIA}, warehouse=here)
    check_criteria(criteria, is_standing=bool(values["is_standing"]))
    is_everywhere = values["everywhere"] == "1" and _may_everywhere()
    return Selection(scope=scope, warehouse=None if is_everywhere else here, criteria=criteria)


@bp.post("/cases")
@requires("hold.place")
def place_case() -> Any:
    """Hold it, as it was looked at; when the world has changed since, show again what there is now."""
    values = parse_form(case_schemas.CaseIn())
    selection = _selection(values)
    for site in case_queries.sites_reached(selection):
        auth.demand("hold.place", site)
    cmd = cases.PlaceCase(
        key=values["key"], selection=selection, reason=HoldReason(values["reason"]), note=values["note"],
        is_standing=values["is_standing"], fingerprint=values["fingerprint"],
    )  # fmt: skip
    try:
        placed = run_in_transaction(cases.place_case, cmd, actor=auth.actor_id(), at=now())
    except QuestionNeeded as changed:
        flash(sentence(changed), "error")
        again: dict[str, Any] = {
            name: value for name, value in request.form.items() if name not in ("csrf_token", "fingerprint") and value
        }
        return redirect(url_for("holds.new_case", **(again | {"look": "1"})))
    flash(
        gettext(
            "Case %(number)s holds %(lots)s lots in %(places)s places. Orders stopped: %(orders)s.",
            number=placed.number, lots=placed.lots, places=placed.places, orders=len(placed.stopped_orders),
        ),
        "success",
    )  # fmt: skip
    return redirect(url_for("holds.case", case_id=placed.case))


# -- one case -------------------------------------------------------------------------------------------------------------
def _visible() -> list[WarehouseId]:
    return [site.id for site in auth.permitted_sites()]


@bp.get("/cases/<int:case_id>")
@requires("stock.view")
def case(case_id: int) -> Any:
    """Show a case: what was asked, its holds with what each lies on, who lifted which, and the form to lift."""
    values = parse_query(case_schemas.CaseViewIn())
    found = case_queries.get_case(HoldCaseId(case_id), warehouses=_visible())
    page = queries.list_holds(case=found.id, is_open=None, cursor=values["cursor"] or None, size=100)
    return render_template(
        "quality/case.html",
        case=found,
        page=page,
        signed=signatures.signatures_of(cases.CASE, found.id),
        is_own=found.placed_by == auth.actor_id(),
        at=now(),
    )


@bp.post("/cases/<int:case_id>/lift")
@requires("hold.lift")
def lift_case(case_id: int) -> Any:
    """Lift all holds of a case or those ticked, by another person than the one who placed it, with reason and password."""
    values = parse_form(case_schemas.LiftCaseIn())
    found = case_queries.get_case(HoldCaseId(case_id), warehouses=_visible())
    for warehouse in case_queries.sites_under_case(found):
        auth.demand("hold.lift", warehouse)
    if values["which"] == "chosen" and not values["holds"]:
        raise FieldErrors(errors={"holds": ["required"]})
    confirm_password(values["password"])
    chosen = tuple(HoldId(i) for i in values["holds"]) if values["which"] == "chosen" else None
    cmd = cases.LiftCase(case=found.id, reason=values["reason"], holds=chosen)
    lifted = run_in_transaction(cases.lift_case, cmd, actor=auth.actor_id(), at=now())
    flash(gettext("Lifted: %(lifted)s holds. Still standing: %(left)s.", lifted=len(lifted.quantities), left=lifted.left), "success")  # fmt: skip
    return redirect(url_for("holds.case", case_id=case_id))


# -- the list as a file ---------------------------------------------------------------------------------------------------
@bp.get("/holds.csv")
@requires("stock.export")
def export() -> Response:
    """Export the holds that the list shows under the same filters, each with its case."""
    values = parse_query(schemas.HoldsIn())
    warehouse, at = auth.current_warehouse(), now()
    heading = [
        gettext("Lot"), gettext("Item"), gettext("Name"), gettext("What is held"), gettext("Warehouse"), gettext("Bin"),
        gettext("LPN"), gettext("Reason"), gettext("Note"), gettext("Lies on"), gettext("Unit"), gettext("Placed"),
        gettext("Placed by"), gettext("Days"), gettext("Lifted"), gettext("Lifted by"), gettext("Case"),
    ]  # fmt: skip

    def rows() -> Iterator[Sequence[Cell]]:
        cursor, count = None, 0
        while count < EXPORT_MAX:
            page = queries.list_holds(warehouse=warehouse, cursor=cursor, size=500, **where.filters_of(values, at=at))
            for row in page.rows:
                yield (
                    row.lot_number, row.sku, i18n.local_name(row), str(HOLD_SCOPES[row.scope]), row.warehouse_code or "",
                    row.bin_code or "", row.lpn_code or "", str(HOLD_REASONS[row.reason]), row.note, row.on_hand,
                    row.base_unit, row.placed_at, word(row.placed_by_name), ((row.lifted_at or at) - row.placed_at).days,
                    row.lifted_at, row.lifted_by_name or "", row.case_number or "",
                )  # fmt: skip
            count, cursor = count + len(page.rows), page.next_cursor
            if cursor is None:
                return

    return _csv("holds", heading, rows())


def _csv(name: str, heading: Sequence[str], rows: Iterator[Sequence[Cell]]) -> Response:
    file_name = f"{name}-{auth.current_site().code}-{now():%Y%m%d}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{file_name}"', "X-Accel-Buffering": "no"}
    return Response(stream_with_context(to_csv(heading, rows)), mimetype="text/csv", headers=headers)


# -- apart ----------------------------------------------------------------------------------------------------------------
@bp.get("/apart")
@requires("stock.view")
def apart() -> Any:
    """List what stands where it must not: expired, recalled, rejected goods outside cage and quarantine."""
    values = parse_query(case_schemas.CursorIn())
    page = apart_service.page_of_misplaced(
        auth.current_warehouse(), on=auth.today(), cursor=values["cursor"] or None
    )  # fmt: skip
    return render_template("quality/apart.html", page=page, on=auth.today())


@bp.post("/apart")
@requires("hold.place")
def send_apart() -> Any:
    """Leave a task for all of it that has none."""
    made = run_in_transaction(
        apart_service.leave_tasks_apart, auth.current_warehouse(), on=auth.today(), actor=auth.actor_id(), at=now()
    )
    flash(gettext("Tasks made: %(count)s.", count=made), "success")
    return redirect(url_for("holds.apart"))


# -- what ends soon -------------------------------------------------------------------------------------------------------
@bp.get("/near-expiry")
@requires("stock.view")
def near_expiry() -> Any:
    """List the lots that end soon, month by month, with what may be done about each."""
    values = parse_query(case_schemas.NearExpiryIn())
    warehouse, on = auth.current_warehouse(), auth.today()
    page = due_queries.page_of_near_expiry(
        warehouse, on=on, months=values["months"], only_warned=values["warned"], cursor=values["cursor"] or None
    )
    return render_template(
        "quality/near_expiry.html",
        page=page,
        months=due_queries.months_ahead(warehouse, on=on, months=values["months"]),
        values=values,
        on=on,
    )


@bp.get("/near-expiry.csv")
@requires("stock.export")
def near_expiry_csv() -> Response:
    """Export the lots that end soon, under the same filters."""
    values = parse_query(case_schemas.NearExpiryIn())
    warehouse, on = auth.current_warehouse(), auth.today()
    heading = [
        gettext("Month"), gettext("Last good day"), gettext("Days left"), gettext("Lot"), gettext("Item"), gettext("Name"),
        gettext("Supplier"), gettext("On hand"), gettext("On hold"), gettext("Unit"),
        gettext("Value in %(currency)s", currency=current_app.config["WMS"].currency),
    ]  # fmt: skip

    def rows() -> Iterator[Sequence[Cell]]:
        cursor, count = None, 0
        while count < EXPORT_MAX:
            page = due_queries.page_of_near_expiry(
                warehouse, on=on, months=values["months"], only_warned=values["warned"], cursor=cursor, size=500
            )
            for row in page.rows:
                yield (
                    f"{row.last_good_on:%Y-%m}", row.last_good_on, (row.last_good_on - on).days, row.number, row.sku,
                    i18n.local_name(row), row.supplier_code or "", row.on_hand, row.held, row.base_unit, row.worth,
                )  # fmt: skip
            count, cursor = count + len(page.rows), page.next_cursor
            if cursor is None:
                return

    return _csv("near-expiry", heading, rows())


# -- retests --------------------------------------------------------------------------------------------------------------
@bp.get("/retests")
@requires("stock.view")
def retests() -> Any:
    """List the lots that are to be tested again, the longest due first."""
    values = parse_query(case_schemas.CursorIn())
    on = auth.today()
    page = retest.page_of_retests(
        auth.current_warehouse(), until=on + timedelta(days=RETEST_DAYS), cursor=values["cursor"] or None
    )
    return render_template("quality/retests.html", page=page, on=on, days=RETEST_DAYS)


@bp.get("/retests/<int:lot_id>")
@requires("stock.view")
def retest_of(lot_id: int) -> Any:
    """Show the retest of a lot: its days, what retests found, who extended it before, and the form of an extension."""
    lot = stock.get_lot(LotId(lot_id))
    if lot.retest_on is None:
        raise NotFound(kind="retest", text=lot.number)
    return render_template(
        "quality/retest.html",
        lot=lot,
        findings=retest.get_retest(lot.id),
        rows=stock.find_balances(lot=lot.id, warehouse=auth.current_warehouse()),
        signed=signatures.signatures_of(retest.EXTENSION, lot.id),
        next_on=_next_retest(lot, auth.today()),
        on=auth.today(),
    )


def _next_retest(lot: Any, on: date) -> date | None:
    """The day that the item's period would give from today, no later than the last good day."""
    found = retest_day(on, days=lot.item.retest_days, months=lot.item.retest_months)
    if found is None or lot.expires_on is None or lot.item.retest_extends_expiry:
        return found
    return min(found, lot.expires_on)


@bp.post("/retests/<int:lot_id>")
@requires("quality.release")
def extend(lot_id: int) -> Any:
    """Carry the days of a lot on after a passed retest, with reason and password; its retest holds are lifted."""
    values = parse_form(case_schemas.ExtendIn())
    lot = stock.get_lot(LotId(lot_id))
    for site in {row.warehouse for row in stock.find_balances(lot=lot.id)}:
        auth.demand("quality.release", site)
    confirm_password(values["password"])
    cmd = retest.ExtendDates(
        lot=lot.id, warehouse=auth.current_warehouse(), retest_on=values["retest_on"], expires_on=values["expires_on"],
        reason=values["reason"],
    )  # fmt: skip
    done = run_in_transaction(retest.extend_dates, cmd, actor=auth.actor_id(), at=now())
    flash(gettext("Extended. Free again: %(quantity)s.", quantity=written(done.quantity)), "success")
    return redirect(url_for("holds.retest_of", lot_id=lot_id))
