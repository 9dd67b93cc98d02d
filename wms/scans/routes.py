"""The desk page of what was typed in place of a scan, by whom and why."""

from typing import Any

from flask import Blueprint, render_template
from flask.blueprints import BlueprintSetupState

from wms.core.clock import now
from wms.scans.schemas import TypedIn
from wms.stock import capture_edge, captures, scan_queries, words
from wms.web.auth import current_warehouse, requires
from wms.web.forms import parse_query

bp = Blueprint("scans", __name__)


@bp.record_once
def _tell_of_captures(_state: BlueprintSetupState) -> None:
    """The ledger keeps how each posting was captured; here it is known where a request comes from."""
    captures.ask_with(capture_edge.of_request)


DAYS = 30
PAGE_SIZE = 50


@bp.get("/typed-lots")
@requires("stock.view")
def typed_lots() -> Any:
    """List the postings whose lot was typed, newest first, and count them by person and reason."""
    wanted = parse_query(TypedIn())
    warehouse = current_warehouse()
    return render_template(
        "scans/typed.html", page=scan_queries.page_of_typed(warehouse, cursor=wanted["cursor"] or None, size=PAGE_SIZE),
        counts=scan_queries.typed_counts(warehouse, at=now(), days=DAYS), days=DAYS, reason_words=words.TYPED_REASONS,
        capture_words=words.CAPTURES, posting_words=words.REASONS,
    )  # fmt: skip
