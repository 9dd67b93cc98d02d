"""Pages of reports: the list of exports, and the exports themselves, streamed."""

from collections.abc import Iterator, Sequence
from typing import Any

from flask import Blueprint, Response, render_template, stream_with_context
from flask_babel import gettext
from werkzeug.wsgi import FileWrapper

from wms.core.clock import now
from wms.quality import queries as quality
from wms.reports.sheets import Cell, to_csv, to_xlsx
from wms.stock import queries, schemas, words
from wms.stock.rules.availability import NEVER
from wms.web import auth, i18n
from wms.web.auth import requires
from wms.web.forms import parse_query

bp = Blueprint("reports", __name__, url_prefix="/reports")

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
    state_words = {state: str(word) for state, word in words.STATES.items()}
    quality_words = {state: str(word) for state, word in words.QUALITIES.items()}
    reasons = _hold_reasons()

    def rows() -> Iterator[Sequence[Cell]]:
        for row in queries.stream_stock(wanted, on=on):
            yield (
                row.sku, i18n.local_name(row), row.lot_number, row.fefo_on if row.fefo_on != NEVER else None,
                row.received_on, row.bin_code, row.lpn_code if row.lpn else "", row.on_hand, row.allocated,
                row.base_unit, quality_words[row.quality], ", ".join(state_words[s] for s in row.states(on)),
                reasons.get(row.hold_set, ""),
            )  # fmt: skip

    return _answer("stock", gettext("Stock"), form, heading, rows())


def _hold_reasons() -> dict[int, str]:
    """The reasons of every hold set in use, as one text each."""
    found = queries.holds_in_sets(queries.hold_sets_in_use(auth.current_warehouse()))
    return {s: ", ".join(str(words.HOLD_REASONS[h.reason]) for h in holds) for s, holds in found.items()}


@bp.get("/holds.<any(xlsx, csv):form>")
@requires("stock.export")
def holds(form: str) -> Response:
    """Export every hold of this warehouse, open and lifted."""
    heading = [
        gettext("Lot"), gettext("Item"), gettext("Name"), gettext("What"), gettext("Bin"), gettext("Reason"),
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
