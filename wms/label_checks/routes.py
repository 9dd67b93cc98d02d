"""The desk page of label checks: the share of right labels day by day, and each check."""

from typing import Any

from flask import Blueprint, render_template

from wms.label_checks import queries, schemas, words
from wms.web.auth import current_warehouse, requires
from wms.web.forms import parse_query

bp = Blueprint("label_checks", __name__)

DAYS = 30


@bp.get("/label-checks")
@requires("stock.view")
def label_checks() -> Any:
    """Show the share of right labels over the last draws, and the checks one by one."""
    wanted = parse_query(schemas.LabelChecksIn())
    warehouse = current_warehouse()
    days = list(queries.page_of_days(warehouse, cursor=None, size=DAYS).rows)
    return render_template(
        "label_checks/label_checks.html", days=days, total=queries.total_of(days), words=words.RESULTS,
        page=queries.page_of_checks(warehouse, result=wanted["result"], cursor=wanted["cursor"] or None),
        results=[(result.value, word) for result, word in words.RESULTS.items()],
    )  # fmt: skip
