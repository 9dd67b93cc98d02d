"""Evidence for machines: the seals, what became of verifying them, the audit trail, the stock as of any instant."""

from typing import Any

from wms.core.ids import PostingSeq
from wms.db.paging import Page
from wms.evidence import past, queries, schemas
from wms.evidence.models import SealBlock, SealCheck
from wms.stock import asof
from wms.web import api
from wms.web.api import reads
from wms.web.auth import current_person, current_warehouse, requires, sites_with

bp = api.blueprint("evidence_api", __name__)


@bp.get("/seals")
@requires("evidence.view", anywhere=True)
@reads(query=schemas.SealsQuery(), answer=schemas.SealOut(), paged=True)
def seals(query: dict[str, Any]) -> Page[SealBlock]:
    """List the blocks of the chain of seals, the newest first.

    Keep the hash of the newest one outside: whoever changes the past has to change it too.
    """
    return queries.list_blocks(cursor=query["cursor"], size=query["limit"])


@bp.get("/seal-checks")
@requires("evidence.view", anywhere=True)
@reads(query=schemas.SealsQuery(), answer=schemas.SealCheckOut(), paged=True)
def checks(query: dict[str, Any]) -> Page[SealCheck]:
    """List the verifications of the seals, the newest first."""
    return queries.list_checks(cursor=query["cursor"], size=query["limit"])


@bp.get("/audit-entries")
@requires("audit.view", anywhere=True)
@reads(query=schemas.TrailQuery(), answer=schemas.AuditEntryOut(), paged=True)
def audit_entries(query: dict[str, Any]) -> Page[past.Entry]:
    """List entries of the audit trail, the newest first: who changed what, from what to what, when, where and why.

    Those of the warehouses in which the key may see the trail, and of the company: its items, partners, lots, plans, people.
    """
    person = current_person()
    wanted = past.TrailFilter(
        where=schemas.whose(
            query["belongs_to"],
            sites_with("audit.view"),
            is_everywhere=person is not None and person.may("audit.view", None),
        ),
        entity=query["entity"], record=query["record_id"], login=query["login"], field=query["field"],
        since=query["since"], until=query["until"],
    )  # fmt: skip
    return past.list_trail(wanted, cursor=query["cursor"], size=query["limit"])


@bp.get("/stock-as-of")
@requires("stock.view")
@reads(query=schemas.AsOfQuery(), answer=schemas.AsOfOut(), paged=True)
def stock_as_of(query: dict[str, Any]) -> Page[asof.AsOfRow]:
    """List what stood in the warehouse at an instant, or after a posting, by item, lot and bin.

    At an instant: every posting recorded at it or before. After a sequence: every posting up to it. `seq` goes before `at`.
    """
    wanted = asof.AsOf(
        at=None if query["seq"] is not None else query["at"],
        seq=PostingSeq(query["seq"]) if query["seq"] is not None else None,
        warehouse=current_warehouse(), sku=query["sku"], lot=query["lot_number"], bin=query["bin_code"],
        state=query["state"],
    )  # fmt: skip
    return asof.stock_as_of(wanted, cursor=query["cursor"], size=query["limit"])
