"""The FSMA 204 sheet for machines."""

from typing import Any

from flask import Response

from wms.regulatory import schemas
from wms.regulatory.download import answer
from wms.web import api
from wms.web.api import reads
from wms.web.auth import current_warehouse, requires

bp = api.blueprint("regulatory_api", __name__)


@bp.get("/fsma204.<any(xlsx, csv):form>")
@requires("stock.export")
@reads(
    query=schemas.SheetQuery(),
    answer=None,
    media="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet, text/csv",
)
def fsma204_events(form: str, query: dict[str, Any]) -> Response:
    """Give the FSMA 204 sortable spreadsheet of a lot or of a range of days in a warehouse.

    XLSX has a table for each critical tracking event (receiving 1.1345, transformation 1.1350, shipping 1.1340), CSV has
    all of them in one. Quantities are in base units, days warehouse-local. It holds what is marked as on the Food Traceability List; with
    `is_all_food` all food, with `is_all_classes` all goods. What is not known stands as MISSING and is named in the last
    column; the workbook's last table says how many food items carry no statement yet.
    """
    return answer(schemas.wanted_of(query, [current_warehouse()]), form)
