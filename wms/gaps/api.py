"""Gaps for machines: list them, look now, name an owner, accept one as it is."""

from typing import Any

from wms.core.clock import now
from wms.core.ids import LotId, UserId
from wms.db.paging import Page
from wms.gaps import schemas, service
from wms.gaps.models import Gap
from wms.gaps.queries import finding, lists
from wms.gaps.queries.lists import GapFilter
from wms.web import api
from wms.web.api import reads, writes
from wms.web.auth import actor_id, current_warehouse, requires, today

bp = api.blueprint("gaps_api", __name__)


@bp.get("/gaps")
@requires("production.view")
@reads(query=schemas.GapsQuery(), answer=schemas.GapOut(), paged=True)
def gaps(query: dict[str, Any]) -> Page[Gap]:
    """List the gaps in the chain of lots of a warehouse, the newest first.

    A gap stands until a look finds it no more: nobody says that it is mended. `subject_kind` and `subject_id` name the record
    on which it is: a lot, a receipt, a work order, a unit, an LPN or a posting.
    """
    wanted = GapFilter(
        state=query["state"], stage=query["stage"], kind=query["kind"],
        owner=UserId(query["owner_id"]) if query["owner_id"] is not None else None,
        lot=LotId(query["lot_id"]) if query["lot_id"] is not None else None,
    )  # fmt: skip
    return lists.page_of_gaps(current_warehouse(), wanted, cursor=query["cursor"], size=query["limit"])


@bp.get("/gaps/<int:gap_id>")
@requires("production.view")
@reads(answer=schemas.GapOut())
def gap(gap_id: int) -> Gap:
    """Give one gap."""
    return lists.get_gap(gap_id, warehouse=current_warehouse())


@bp.post("/gaps/look")
@requires("gap.settle")
@writes(answer=schemas.GapsLookedOut(), offers=("gaps.look",))
def look_for_gaps() -> dict[str, int]:
    """Look through the warehouse now, beside the daily look: new gaps are opened, gone ones are mended."""
    here = current_warehouse()
    found = {here: finding.find_gaps(here)}
    return service.settle(warehouse=here, on=today(), found=found, actor=actor_id(), at=now())


@bp.post("/gaps/<int:gap_id>/accept")
@requires("gap.settle")
@writes(body=schemas.AcceptGapIn(), answer=schemas.GapOut(), offers=("gaps.accept",))
def accept_gap(gap_id: int, values: dict[str, Any]) -> Gap:
    """Leave an open gap as it is, with the reason. Refused: `wrong_state`."""
    service.accept(gap_id, reason=values["reason"], warehouse=current_warehouse(), actor=actor_id(), at=now())
    return lists.get_gap(gap_id, warehouse=current_warehouse())


@bp.post("/gaps/<int:gap_id>/reopen")
@requires("gap.settle")
@writes(answer=schemas.GapOut(), offers=("gaps.reopen",))
def reopen_gap(gap_id: int) -> Gap:
    """Take an acceptance back: the gap is work again. Refused: `wrong_state`."""
    service.reopen(gap_id, warehouse=current_warehouse(), actor=actor_id(), at=now())
    return lists.get_gap(gap_id, warehouse=current_warehouse())


@bp.post("/gaps/<int:gap_id>/owner")
@requires("gap.settle")
@writes(body=schemas.GapOwnerIn(), answer=schemas.GapOut(), offers=("gaps.owner",))
def name_gap_owner(gap_id: int, values: dict[str, Any]) -> Gap:
    """Name the person who takes care of a gap; `null` gives it back to the role of its stage. Refused: `wrong_state`, `not_found`."""
    owner = UserId(values["owner_id"]) if values["owner_id"] is not None else None
    service.name_owner(gap_id, owner, warehouse=current_warehouse(), actor=actor_id(), at=now())
    return lists.get_gap(gap_id, warehouse=current_warehouse())
