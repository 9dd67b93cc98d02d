"""The page of the FSMA 204 sheet: what it would hold, and the sheet itself as XLSX or CSV."""

from collections.abc import Collection
from itertools import islice
from typing import Any, Final

from flask import Blueprint, Response, render_template, request

from wms.core.ids import WarehouseId
from wms.regulatory import download, queries, schemas
from wms.web import auth
from wms.web.auth import requires
from wms.web.forms import parse_query

bp = Blueprint("regulatory", __name__, url_prefix="/reports/fsma204")

#: So many events of a kind are shown before the sheet is taken.
SHOWN: Final = 100


@bp.get("")
@requires("stock.export")
def fsma204() -> Any:
    """Ask for a lot or for days, and show how the sheet begins."""
    values = parse_query(schemas.LookForm())
    first: list[queries.Event] = []
    is_asked = bool(values["code"] or (values["since"] and values["until"]))
    if is_asked:
        wanted = schemas.wanted_of(values, _warehouses(values))
        first = list(islice(queries.events(values["kind"], wanted), SHOWN + 1))
    return render_template(
        "regulatory/fsma204.html", values=values, is_asked=is_asked, rows=first[:SHOWN], has_more=len(first) > SHOWN,
        shown=SHOWN, said=queries.statements_of_food(), missing=queries.MISSING, asked={name: value for name, value in request.args.items() if name != "kind"},
    )  # fmt: skip


@bp.get("/sheet.<any(xlsx, csv):form>")
@requires("stock.export")
def fsma204_sheet(form: str) -> Response:
    """Give the sheet: a table for each kind of event, or all in one."""
    values = parse_query(schemas.SheetForm())
    return download.answer(schemas.wanted_of(values, _warehouses(values)), form)


def _warehouses(values: dict[str, Any]) -> Collection[WarehouseId]:
    """This one, or all in which the person may take data out."""
    if values["is_everywhere"]:
        return [site.id for site in auth.sites_with("stock.export")]
    return [auth.current_warehouse()]
