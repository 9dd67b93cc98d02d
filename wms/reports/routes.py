"""Pages of reports: the list of exports, and the exports themselves, streamed."""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, Final

from flask import Blueprint, Response, render_template, stream_with_context
from flask_babel import gettext
from werkzeug.wsgi import FileWrapper

from wms.catalog import queries as catalog
from wms.catalog import schemas as catalog_schemas
from wms.catalog import words as catalog_words
from wms.core.clock import now
from wms.disposition import queries as disposition
from wms.disposition import words as disposition_words
from wms.fields import forms as own_forms
from wms.fields.queries import conditions_of
from wms.inspection import queries as inspection
from wms.inspection import schemas as inspection_schemas
from wms.inspection import words as inspection_words
from wms.quality import queries as quality
from wms.receiving import schemas as receiving_schemas
from wms.receiving.queries import papers
from wms.stock import queries, schemas, words
from wms.stock.rules.availability import NEVER
from wms.web import auth, i18n
from wms.web.auth import requires
from wms.web.forms import parse_query
from wms.web.sentences import word
from wms.web.sheets import Cell, to_csv, to_xlsx

bp = Blueprint("reports", __name__, url_prefix="/reports")

#: So many rows are dressed by one statement.
_PART: Final = 500
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@bp.get("")
@requires("stock.export")
def reports() -> Any:
    """List what can be taken out."""
    return render_template("reports/reports.html")


@bp.get("/stock.<any(xlsx, csv):form>")
@requires("stock.export")
def stock(form: str) -> Response:
    """Export what the stock page shows under the same filters, all pages of it."""
    values = parse_query(schemas.StockFilterIn())
    wanted = schemas.stock_filter(values, warehouse=auth.current_warehouse())
    on = auth.today()
    heading = [
        gettext("Item"), gettext("Name"), gettext("Lot"), gettext("Last good day"), gettext("Received"), gettext("Bin"),
        gettext("LPN"), gettext("On hand"), gettext("Allocated"), gettext("Unit"), gettext("Quality"),
        gettext("State"), gettext("Hold reasons"),
    ]  # fmt: skip
    of_lot, of_item = own_forms.fields_of("lot"), own_forms.fields_of("item")
    heading += own_forms.headings(of_lot) + own_forms.headings(of_item)
    state_words = {state: str(word) for state, word in words.STATES.items()}
    quality_words = {state: str(word) for state, word in words.QUALITIES.items()}
    reasons = _hold_reasons()

    def rows() -> Iterator[Sequence[Cell]]:
        for row, lot_values, item_values in _with_own(queries.stream_stock(wanted, on=on), of_lot, of_item):
            yield (
                row.sku, i18n.local_name(row), row.lot_number, row.fefo_on if row.fefo_on != NEVER else None,
                row.received_on, row.bin_code, row.lpn_code if row.lpn else "", row.on_hand, row.allocated,
                row.base_unit, quality_words[row.quality], ", ".join(state_words[s] for s in row.states(on)),
                reasons.get(row.hold_set, ""), *own_forms.cells(of_lot, lot_values),
                *own_forms.cells(of_item, item_values),
            )  # fmt: skip

    return _answer("stock", gettext("Stock"), form, heading, rows())


def _with_own(
    rows: Iterator[queries.BalanceRow], of_lot: Sequence[Any], of_item: Sequence[Any]
) -> Iterator[tuple[queries.BalanceRow, dict[str, Any], dict[str, Any]]]:
    """Put the own fields of lot and item beside each row, some hundred rows by one statement each."""
    while part := list(islice(rows, _PART)):
        lots = own_forms.values_of("lot", (row.lot for row in part)) if of_lot else {}
        items = own_forms.values_of("item", (row.item for row in part)) if of_item else {}
        for row in part:
            yield row, lots.get(row.lot, {}), items.get(row.item, {})


@bp.get("/items.<any(xlsx, csv):form>")
@requires("stock.export")
def items(form: str) -> Response:
    """Export the items that the list of items shows under the same filters, with their own fields."""
    wanted = parse_query(catalog_schemas.ItemsForm())
    own = own_forms.fields_of("item")
    heading = [
        gettext("SKU"), gettext("English name"), gettext("Chinese name"), gettext("Specification"), gettext("Kind"),
        gettext("Storage class"), gettext("Base unit"), gettext("Shelf life"), gettext("In use"),
        *own_forms.headings(own),
    ]  # fmt: skip
    filters = catalog.ItemFilter(
        search=wanted["q"], item_class=wanted["kind"], is_active=not wanted["inactive"],
        own=conditions_of("item", wanted["f"]),
    )  # fmt: skip

    def rows() -> Iterator[Sequence[Cell]]:
        cursor = None
        while True:
            page = catalog.list_items(filters, cursor=cursor, size=_PART)
            values = own_forms.values_of("item", (item.id for item in page.rows)) if own else {}
            for item in page.rows:
                yield (
                    item.sku, item.name_en, item.name_zh, item.specification,
                    str(catalog_words.ITEM_CLASSES[item.item_class]),
                    str(catalog_words.STORAGE_CLASSES[item.storage_class]), item.base_unit, item.shelf_life_days,
                    gettext("yes") if item.is_active else gettext("no"),
                    *own_forms.cells(own, values.get(item.id, {})),
                )  # fmt: skip
            cursor = page.next_cursor
            if cursor is None:
                return

    return _answer("items", gettext("Items"), form, heading, rows())


@bp.get("/receipts.<any(xlsx, csv):form>")
@requires("stock.export")
def receipts(form: str) -> Response:
    """Export the receipts of this warehouse under the filters of their list, with their own fields."""
    wanted = parse_query(receiving_schemas.ListIn())
    own = own_forms.fields_of("receipt")
    asked = conditions_of("receipt", wanted["f"])
    warehouse = auth.current_warehouse()
    heading = [
        gettext("Receipt"), gettext("Supplier"), gettext("Name"), gettext("State"), gettext("Lines"), gettext("Opened"),
        *own_forms.headings(own),
    ]  # fmt: skip

    def rows() -> Iterator[Sequence[Cell]]:
        cursor = None
        while True:
            page = papers.list_receipts(
                warehouse, states=[wanted["state"]] if wanted["state"] else [], search=wanted["q"], cursor=cursor,
                size=_PART, own=asked,
            )  # fmt: skip
            values = own_forms.values_of("receipt", (row.id for row in page.rows)) if own else {}
            for row in page.rows:
                yield (
                    row.number, row.supplier_code, i18n.local_name(row), word(row.state), row.line_count, row.at,
                    *own_forms.cells(own, values.get(row.id, {})),
                )  # fmt: skip
            cursor = page.next_cursor
            if cursor is None:
                return

    return _answer("receipts", gettext("Receipts"), form, heading, rows())


def _hold_reasons() -> dict[int, str]:
    """The reasons of every hold set in use, as one text each."""
    found = queries.holds_in_sets(queries.hold_sets_in_use(auth.current_warehouse()))
    return {s: ", ".join(str(words.HOLD_REASONS[h.reason]) for h in holds) for s, holds in found.items()}


@bp.get("/holds.<any(xlsx, csv):form>")
@requires("stock.export")
def holds(form: str) -> Response:
    """Export every hold of this warehouse, open and lifted."""
    heading = [
        gettext("Lot"), gettext("Item"), gettext("Name"), gettext("What is held"), gettext("Bin"), gettext("Reason"),
        gettext("Note"), gettext("Lies on"), gettext("Unit"), gettext("Placed by"), gettext("Placed"),
        gettext("Lifted by"), gettext("Lifted"), gettext("Why it was lifted"),
    ]  # fmt: skip
    warehouse = auth.current_warehouse()

    def rows() -> Iterator[Sequence[Cell]]:
        cursor = None
        while True:
            page = quality.list_holds(warehouse=warehouse, is_open=None, cursor=cursor, size=500)
            for row in page.rows:
                yield (
                    row.lot_number, row.sku, i18n.local_name(row), str(words.HOLD_SCOPES[row.scope]),
                    row.bin_code or "", str(words.HOLD_REASONS[row.reason]), row.note, row.on_hand, row.base_unit,
                    row.placed_by_name, row.placed_at, row.lifted_by_name or "", row.lifted_at, row.lift_reason,
                )  # fmt: skip
            cursor = page.next_cursor
            if cursor is None:
                return

    return _answer("holds", gettext("Holds"), form, heading, rows())


@bp.get("/nonconformances.<any(xlsx, csv):form>")
@requires("stock.export")
def nonconformances(form: str) -> Response:
    """Export the ledger of goods that do not conform (不合格品台账), oldest first."""
    heading = [
        gettext("Number"), gettext("State"), gettext("Item"), gettext("Name"), gettext("Lot"), gettext("Supplier"),
        gettext("Quantity"), gettext("Unit"), gettext("Class"), gettext("What is wrong"), gettext("Found by"),
        gettext("Found"), gettext("Finding"), gettext("Disposition"), gettext("Reason"), gettext("Outcome"),
        gettext("Closed"),
    ]  # fmt: skip
    found = disposition.all_nonconformances(auth.current_warehouse())
    rows = (
        (
            row.number, word(row.state), row.lot.item.sku, i18n.local_name(row.lot.item), row.lot.number,
            row.supplier.code if row.supplier else "", row.quantity, row.lot.item.base_unit,
            str(disposition_words.DEFECT_CLASSES[row.defect_class]), row.what, row.finder.full_name, row.found_at,
            row.finding, str(disposition_words.DISPOSITIONS[row.disposition]) if row.disposition else "",
            row.disposition_reason, row.outcome, row.closed_at,
        )
        for row in found
    )  # fmt: skip
    return _answer("nonconformances", gettext("Non-conformances"), form, heading, rows)


@bp.get("/inspections.<any(xlsx, csv):form>")
@requires("stock.export")
def inspections(form: str) -> Response:
    """Export the queue of inspections under the same filters, all pages of it."""
    values = parse_query(inspection_schemas.QueueIn())
    wanted = inspection_schemas.queue_filter(values, actor=auth.actor_id(), at=now())
    warehouse = auth.current_warehouse()
    heading = [
        gettext("Number"), gettext("State"), gettext("Stage"), gettext("Item"), gettext("Name"), gettext("Lot"),
        gettext("Supplier"), gettext("Quantity"), gettext("Unit"), gettext("Sample"), gettext("Sampling"),
        gettext("Opened"), gettext("Due"), gettext("Inspector"), gettext("Verdict"),
    ]  # fmt: skip
    said = inspection_words

    def rows() -> Iterator[Sequence[Cell]]:
        cursor = None
        while True:
            page = inspection.page_of_inspections(warehouse, wanted, cursor=cursor, size=500)
            for row in page.rows:
                one = row.inspection
                yield (
                    one.number, str(said.STATES[one.state]), str(said.STAGES[one.stage]), one.item.sku,
                    i18n.local_name(one.item), one.lot.number, one.supplier.code if one.supplier else "", one.quantity,
                    one.item.base_unit, one.sample_size, str(said.SEVERITIES[one.severity]), one.opened_at, one.due_at,
                    row.inspector or "", str(said.VERDICTS[one.verdict]) if one.verdict else "",
                )  # fmt: skip
            cursor = page.next_cursor
            if cursor is None:
                return

    return _answer("inspections", gettext("Inspections"), form, heading, rows())


def _answer(name: str, title: str, form: str, heading: Sequence[str], rows: Iterator[Sequence[Cell]]) -> Response:
    """Stream the rows as a file whose name says what and of which day."""
    file_name = f"{name}-{auth.current_site().code}-{now():%Y%m%d}.{form}"
    headers = {"Content-Disposition": f'attachment; filename="{file_name}"', "X-Accel-Buffering": "no"}
    if form == "csv":
        body = stream_with_context(to_csv(heading, rows))
        return Response(body, mimetype="text/csv", headers=headers)
    file = to_xlsx(title, heading, rows)
    response = Response(FileWrapper(file), mimetype=_XLSX, headers=headers, direct_passthrough=True)
    response.call_on_close(file.close)
    return response
