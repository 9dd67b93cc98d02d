"""What any text is, for machines."""

from typing import Any

from wms.db.paging import Page
from wms.scans import queries, schemas
from wms.scans.kinds import kinds_for
from wms.stock import scan_queries
from wms.web import api
from wms.web.api import reads
from wms.web.auth import current_warehouse, permitted, requires

bp = api.blueprint("scans_api", __name__)


@bp.get("/scan")
@requires("stock.view")
@reads(query=schemas.WhatQuery(), answer=schemas.WhatOut())
def what_is(query: dict[str, Any]) -> dict[str, Any]:
    """Say what any text is: how it is read, and every record of the warehouse that it may name.

    GS1 by evidence (symbology identifier, FNC1, brackets, Digital Link, exact structure), our own labels, EPC in hex or as
    URN, or a plain code, which is looked for among bins, LPNs, lots, items, orders, notices, receipts, shipments and tags; and
    among work orders, production reports, vessels, bills of materials (`SKU v2`), recalls and complaints, as far as you may see them.
    Where more than one record may be meant, `question` says so and nothing is guessed. Refused (`bad_scan`): a text that
    claims to be a code and is not, as one with a wrong check digit. To resolve a scan to one record or a refusal, as a
    handheld's step does, see `GET /scans`.
    """
    answer = queries.find_all(query["text"], current_warehouse(), kinds=kinds_for(permitted))
    return {
        "label": schemas.label_of(answer.scan),
        "found": [schemas.candidate_of(one) for one in answer.found],
        "question": answer.question,
        "question_about": answer.question_about,
    }


@bp.get("/typed-lots")
@requires("stock.view")
@reads(answer=schemas.TypedOut(), paged=True)
def typed_lots(query: dict[str, Any]) -> Page[scan_queries.TypedRow]:
    """List the postings whose lot was typed and not scanned, newest first, with who typed and why."""
    return scan_queries.page_of_typed(current_warehouse(), cursor=query["cursor"], size=query["limit"])
