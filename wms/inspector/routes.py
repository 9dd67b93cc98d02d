"""Pages of the inspector's mode: the menu, one lot, what is kept from use, people, backups, and what inspectors looked at."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, current_app, redirect, render_template, request, stream_with_context, url_for
from flask_babel import gettext
from werkzeug.exceptions import HTTPException
from werkzeug.routing import BuildError

from wms.accounts.routes import ROLE_WORDS
from wms.accounts.rules import Role
from wms.core.clock import now
from wms.core.errors import NotFound
from wms.core.ids import LotId, WarehouseId
from wms.db import run_in_transaction
from wms.desk.search import search
from wms.evidence import past
from wms.inspector import queries, service
from wms.inspector.words import BALANCE_WORDS, PAGES
from wms.stock import queries as stock
from wms.stock import words
from wms.trace import balance
from wms.web import auth, i18n, navigation
from wms.web.api import PREFIX
from wms.web.auth import requires
from wms.web.forms import In, Line, parse_query
from wms.web.sheets import Cell, to_csv

bp = Blueprint("inspector", __name__, url_prefix="/inspector")

#: The permission of those who have this menu alone.
ALONE = "inspector"
#: The list of looks is read without a look.
_LOOKS = ("/inspector/looks", f"{PREFIX}/inspector-looks")


@dataclass(frozen=True)
class Tile:
    """One thing an inspector asks for: its name, what it answers, and where it stands."""

    words: str
    answers: str
    href: str


class _LotIn(In):
    q = Line(required=True, max_length=500)


class _PageIn(In):
    cursor = Line(max_length=1000, load_default=None)


@bp.before_app_request
def _keep_look() -> None:
    """What an inspector asks for is written down first; a page that cannot be written down is not shown.

    What a key reads that acts for an inspector is a look like any other. Who is none is known without a statement.
    """
    if request.endpoint in (None, "static") or request.method != "GET" or not _is_inspector():
        return
    if request.path.startswith(_LOOKS):
        return
    mark = auth.current_mark()
    if mark is not None and mark.is_public:  # what anybody sees is no look, and a passport's address holds its key
        return
    run_in_transaction(
        service.keep_look, path=request.path, query=request.query_string.decode("utf-8", "replace"),
        actor=auth.actor_id(), at=now(),
    )  # fmt: skip


def _is_inspector() -> bool:
    """Whether an inspector asks: a person in this warehouse, a key for one in any (it may name none)."""
    person = auth.current_person()
    if person is not None and person.is_machine:
        return any(ALONE in rights for rights in person.rights.values())
    return auth.permitted(ALONE)


@bp.get("")
@requires("evidence.view")
def menu() -> Any:
    """Show the one menu."""
    tiles = [
        _tile(gettext("Stock as of"), gettext("What stood where at any past moment."), "evidence.stock_as_of"),
        _tile(gettext("Quarantine by age"), gettext("What may not be used, why, and since when."), "inspector.kept"),
        _tile(gettext("Trace"), gettext("Where a lot comes from and where it went."), "trace.trace"),
        _tile(gettext("Work orders"), gettext("What was made, of which lots, by whom, on which machine."), "production.orders"),
        _tile(gettext("Recalls and drills"), gettext("Each recall with its clocks, its figures and its report."), "recall.recall_list"),
        _tile(gettext("Complaints"), gettext("What customers told, and what was done."), "complaints.complaints"),
        _tile(gettext("Audit trail"), gettext("Who changed what, from what to what, when and why."), "evidence.audit"),
        _tile(gettext("Seals"), gettext("The proof that no record was changed, taken out or put in."), "evidence.seals"),
        _tile(gettext("People and roles"), gettext("Who may do what, where, and since when."), "inspector.people"),
        _tile(gettext("Role matrix"), gettext("Which role may do what."), "accounts.roles"),
        _tile(gettext("Backups"), gettext("When they were made, and how far they were tried."), "inspector.backups"),
        _tile(gettext("Gaps in the chain"), gettext("What the daily check of completeness found."), "gaps.gaps"),
        _tile(gettext("FSMA 204 sheet"), gettext("Receiving, transformation and shipping as a spreadsheet."), "regulatory.fsma204"),
        _tile(gettext("What inspectors looked at"), gettext("Every page that was opened in this mode."), "inspector.looks"),
    ]  # fmt: skip
    return render_template("inspector/menu.html", tiles=[tile for tile in tiles if tile is not None])


def _tile(name: str, answers: str, endpoint: str) -> Tile | None:
    """A tile whose page is there and may be opened."""
    try:
        href = url_for(endpoint)
    except BuildError:
        return None
    return Tile(name, answers, href) if navigation.may_open(href.split("?")[0]) else None


# -- one lot ----------------------------------------------------------------------------------------------------------
@bp.get("/lots")
@requires("evidence.view")
def find_lot() -> Any:
    """Go to the lot that was scanned or typed, or show which could be meant."""
    values = parse_query(_LotIn())
    hits = [hit for hit in search(values["q"], auth.current_warehouse(), may=auth.permitted).hits if hit.kind == "lot"]
    if not hits:
        raise NotFound(kind="lot", text=values["q"])
    if len(hits) == 1:
        return redirect(url_for("inspector.lot", lot_id=hits[0].id))
    return render_template("inspector/lots.html", hits=hits, asked=values["q"])


@bp.get("/lots/<int:lot_id>")
@requires("evidence.view")
def lot(lot_id: int) -> Any:
    """Show one lot on one page: what it is, its mass balance, to whom it went; and the way to its history and trace."""
    found = stock.get_whole_lot(LotId(lot_id))
    more = [
        tile
        for tile in (
            _of_lot(gettext("Lot page"), "desk.lot", lot_id), _of_lot(gettext("History"), "trace.lot_history", lot_id),
            _of_trace(gettext("Where it comes from"), found.id, "backward"),
            _of_trace(gettext("Where it went"), found.id, "forward"),
        )
        if tile
    ]  # fmt: skip
    return render_template(
        "inspector/lot.html", lot=found, balance=balance.mass_balance(found.id), lines_in=balance.LINES_IN,
        lines_out=balance.LINES_OUT, words=BALANCE_WORDS, more=more,
        deliveries=queries.deliveries_of(found.id, _warehouses()),
    )  # fmt: skip


def _of_lot(name: str, endpoint: str, lot_id: int) -> tuple[str, str] | None:
    try:
        return name, url_for(endpoint, lot_id=lot_id)
    except BuildError:
        return None


def _of_trace(name: str, lot_id: int, direction: str) -> tuple[str, str] | None:
    try:
        return name, url_for("trace.trace", lot=lot_id, direction=direction)
    except BuildError:
        return None


@bp.get("/lots/<int:lot_id>/deliveries.csv")
@requires("evidence.view")
def deliveries_csv(lot_id: int) -> Response:
    """Give to whom a lot went as CSV, with addresses and telephones."""
    found = stock.get_lot(LotId(lot_id))
    heading = [
        gettext("Lot"), gettext("When"), gettext("Shipment"), gettext("Order"), gettext("Warehouse"), gettext("Customer"),
        gettext("Name"), gettext("Address"), gettext("Phone"), gettext("Recall contact"), gettext("Waybill"),
        gettext("Plate"), gettext("Quantity"), gettext("Unit"),
    ]  # fmt: skip
    rows = (
        (
            found.number, row.on, row.number, row.order, row.warehouse_code, row.customer_code, i18n.local_name(row),
            row.address, row.phone, row.recall_contact, row.waybill, row.plate, row.quantity, found.item.base_unit,
        )
        for row in queries.deliveries_of(found.id, _warehouses())
    )  # fmt: skip
    return _csv(f"deliveries-{found.id}", heading, rows)


@bp.get("/lots/<int:lot_id>/balance.csv")
@requires("evidence.view")
def balance_csv(lot_id: int) -> Response:
    """Give a lot's mass balance as CSV, a line for each way in and out."""
    found = balance.mass_balance(LotId(lot_id))
    rows: list[Sequence[Cell]] = [
        (gettext("In"), str(BALANCE_WORDS[n]), getattr(found, n), found.unit) for n in balance.LINES_IN
    ]
    rows += [(gettext("Out"), str(BALANCE_WORDS[n]), getattr(found, n), found.unit) for n in balance.LINES_OUT]
    rows.append((gettext("Unexplained"), "", found.unexplained, found.unit))
    heading = [gettext("Lot") + f" {found.number}", gettext("Entry"), gettext("Quantity"), gettext("Unit")]
    return _csv(f"balance-{lot_id}", heading, iter(rows))


# -- the warehouse ----------------------------------------------------------------------------------------------------
@bp.get("/kept")
@requires("evidence.view")
def kept() -> Any:
    """Show what may not be used in this warehouse, the longest here first."""
    values = parse_query(_PageIn())
    return render_template(
        "inspector/kept.html", page=queries.page_of_kept(auth.current_warehouse(), cursor=values["cursor"]),
        on=auth.today(), qualities=words.QUALITIES, reasons=words.HOLD_REASONS,
    )  # fmt: skip


@bp.get("/kept.csv")
@requires("evidence.view")
def kept_csv() -> Response:
    """Give all of it as CSV."""
    on = auth.today()
    heading = [
        gettext("Lot"), gettext("Item"), gettext("Name"), gettext("Bin"), gettext("LPN"), gettext("Quantity"),
        gettext("Unit"), gettext("Quality"), gettext("Hold reasons"), gettext("Held since"), gettext("Held by"),
        gettext("Received"), gettext("Days here"),
    ]  # fmt: skip
    rows = (
        (
            row.lot_number, row.sku, i18n.local_name(row), row.bin_code, row.lpn_code, row.on_hand, row.base_unit,
            str(words.QUALITIES[row.quality]), ", ".join(str(words.HOLD_REASONS[one]) for one in row.reasons),
            row.held_since, row.holder, row.received_on, (on - row.received_on).days,
        )
        for row in queries.stream_kept(auth.current_warehouse())
    )  # fmt: skip
    return _csv("quarantine", heading, rows)


# -- people, backups, looks -------------------------------------------------------------------------------------------
@bp.get("/people")
@requires("evidence.view")
def people() -> Any:
    """Show who may do what, where, since when, and given by whom."""
    return render_template("inspector/people.html", rows=queries.grants(), role_word=_role_word)


@bp.get("/people.csv")
@requires("evidence.view")
def people_csv() -> Response:
    """Give the same as CSV."""
    heading = [
        gettext("Login"), gettext("Full name"), gettext("In use"), gettext("Role"), gettext("Warehouse"), gettext("Since"),
        gettext("Given by"),
    ]  # fmt: skip
    rows = (
        (
            row.login, row.full_name, gettext("yes") if row.is_active else gettext("no"), _role_word(row.role),
            row.warehouse_code or gettext("all"), row.granted_at, row.granted_by,
        )
        for row in queries.grants()
    )  # fmt: skip
    return _csv("people", heading, rows)


@bp.get("/backups")
@requires("evidence.view")
def backups() -> Any:
    """Show the last backups and restores, and how far each was tried."""
    return render_template("inspector/backups.html", rows=queries.backups())


@bp.get("/looks")
@requires("evidence.view")
def looks() -> Any:
    """Show which pages inspectors opened."""
    values = parse_query(_PageIn())
    page = queries.page_of_looks(cursor=values["cursor"])
    return render_template("inspector/looks.html", page=page, names=_names_of({row.path for row in page.rows}))


def _names_of(paths: Iterable[str]) -> dict[str, tuple[str, str]]:
    """What each page is called, and the record that it shows; the path of what is no page of an inspector."""
    adapter = current_app.url_map.bind("localhost")
    found: dict[str, tuple[str, str, int]] = {}
    wanted: dict[str, set[int]] = {}
    for path in paths:
        try:
            endpoint, values = adapter.match(path, method="GET")
        except HTTPException:
            endpoint, values = "", {}
        if endpoint not in PAGES:
            found[path] = ("API" if path.startswith(PREFIX) else path, "", 0)
            continue
        said, table = PAGES[endpoint]
        record = next((value for value in values.values() if isinstance(value, int)), 0)
        found[path] = (str(said), table, record)
        if table and record:
            wanted.setdefault(table, set()).add(record)
    known = past.names_of(wanted)
    return {path: (said, known.get((table, str(record)), "")) for path, (said, table, record) in found.items()}


def _role_word(role: str) -> str:
    return str(ROLE_WORDS[Role(role)]) if role in set(Role) else role


def _warehouses() -> list[WarehouseId]:
    return [site.id for site in auth.sites_with("evidence.view")]


def _csv(name: str, heading: Sequence[str], rows: Iterator[Sequence[Cell]]) -> Response:
    file_name = f"{name}-{auth.current_site().code}-{now():%Y%m%d}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{file_name}"'}
    return Response(stream_with_context(to_csv(heading, rows)), mimetype="text/csv", headers=headers)
