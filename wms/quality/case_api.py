"""Hold cases, goods that must stand apart, what ends soon and retests, for machines."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from wms.core.clock import now
from wms.core.errors import FieldErrors, NotAllowed
from wms.core.ids import HoldCaseId, HoldId, LotId
from wms.db.paging import Page
from wms.quality import apart, case_queries, case_schemas, cases, due_queries, queries, retest
from wms.quality.case_queries import CasePreview, CaseRow, Selection
from wms.quality.rules.criteria import check_criteria
from wms.stock import queries as stock
from wms.stock.models import CaseScope, HoldReason
from wms.web import api, auth
from wms.web.api import reads, writes
from wms.web.auth import requires

bp = api.blueprint("holds_api", __name__)

#: So many lots, orders and shipments of a preview are named.
_NAMED = 200


# -- cases ------------------------------------------------------------------------------------------------------------
@bp.get("/hold-cases")
@requires("stock.view")
@reads(query=case_schemas.CasesQuery(), answer=case_schemas.CaseOut(), paged=True)
def cases_list(query: dict[str, Any]) -> Page[CaseRow]:
    """List the hold cases of a warehouse and those everywhere, by default the open ones, the newest first."""
    return case_queries.page_of_cases(
        warehouses=[auth.current_warehouse()], reason=query["reason"],
        is_open=None if query["state"] == "all" else query["state"] == "open", cursor=query["cursor"],
        size=query["limit"],
    )  # fmt: skip


@bp.get("/hold-cases/<int:case_id>")
@requires("stock.view")
@reads(answer=case_schemas.CaseOut())
def case(case_id: int) -> CaseRow:
    """Show one case. Its holds are listed by `GET /holds?case_id=`."""
    return _case(case_id)


@bp.get("/hold-case-preview")
@requires("hold.place")
@reads(query=case_schemas.CasePreviewQuery(), answer=case_schemas.CasePreviewOut())
def case_preview(query: dict[str, Any]) -> "Named":
    """Show what a case would take and whose orders it would stop, before it is placed.

    Lots, where they stand (in bins, in staging, packed, in transit, at the line, samples, apart already), the orders that
    fail, what has left already and to whom, and what it is worth. Send the `fingerprint` with the placing: when lots,
    quantities or orders have changed since, you are asked again. Refused with `field_errors` when nothing is asked,
    `not_found` for a code that is not known, `too_many_lots` beyond 5,000, `not_allowed` where goods in reach stand in a
    warehouse in which the key may not hold.
    """
    preview = case_queries.preview_case(_selection(query, is_standing=False), at=now())
    for site in preview.warehouses:
        auth.demand("hold.place", site)
    return Named(preview)


@dataclass(frozen=True)
class Named:
    """A preview as it goes out: long lists are cut, and counted."""

    preview: CasePreview

    def __getattr__(self, name: str) -> Any:
        value = getattr(self.preview, name)
        return value[:_NAMED] if isinstance(value, tuple) else value

    @property
    def lot_count(self) -> int:
        """How many lots match."""
        return len(self.preview.lots)

    @property
    def order_count(self) -> int:
        """How many orders stop."""
        return len(self.preview.orders)


@bp.post("/hold-cases")
@requires("hold.place")
@writes(
    body=case_schemas.PlaceCaseIn(), answer=case_schemas.PlacedCaseOut(), status=201, offers=("holds.place_case",)
)  # fmt: skip
def place_case(values: dict[str, Any]) -> cases.PlacedCase:
    """Hold everything in a bin, on an LPN with its children, or that a query matches, as one posting.

    The promises on the goods are given back, picks that live on them stop, and work is left to carry picked and issued
    goods back. A query without bin and zone also takes what comes back later of its lots; with `is_standing` it takes new
    lots that match as they come in. Refused with `question_needed` (`hold_changed`) when the fingerprint is not of what is
    there now: its data name what differs and the new `fingerprint`, to be sent with the repeat under a new key.
    """
    selection = _selection(values, is_standing=values["is_standing"])
    for site in case_queries.sites_reached(selection):
        auth.demand("hold.place", site)
    cmd = cases.PlaceCase(
        key=api.call_key(), selection=selection, reason=HoldReason(values["reason"]), note=values["note"],
        is_standing=values["is_standing"], fingerprint=values["fingerprint"],
    )  # fmt: skip
    return cases.place_case(cmd, actor=auth.actor_id(), at=now())


@bp.post("/hold-cases/<int:case_id>/lift")
@requires("hold.lift")
@writes(
    body=case_schemas.LiftCaseByMachineIn(), answer=case_schemas.CaseOut(), offers=("holds.lift_case",), signed=True
)
def lift_case(case_id: int, values: dict[str, Any], signer: auth.Person) -> CaseRow:
    """Lift all holds of a case, or those named, signed by another person than the one who placed it.

    Lifting all also ends a case that stands on for what comes later. The one who signs and the key need hold.lift wherever
    goods lie under the case. Refused with `second_person_needed`, `password_wrong`, `wrong_state` when it was lifted,
    `not_found` for a hold that is not of this case.
    """
    found = _case(case_id)
    for warehouse in case_queries.sites_under_case(found):
        auth.demand("hold.lift", warehouse)
        if not signer.may("hold.lift", warehouse):
            raise NotAllowed(permission="hold.lift")
    chosen = None if values["hold_ids"] is None else tuple(HoldId(i) for i in values["hold_ids"])
    cases.lift_case(cases.LiftCase(case=found.id, reason=values["reason"], holds=chosen), actor=signer.id, at=now())
    return _case(case_id)


def _case(case_id: int) -> CaseRow:
    return case_queries.get_case(HoldCaseId(case_id), warehouses=[site.id for site in auth.permitted_sites()])


def _selection(values: dict[str, Any], *, is_standing: bool) -> Selection:
    scope, here = CaseScope(values["scope"]), auth.current_warehouse()
    if scope is not CaseScope.QUERY:
        needed = "bin_code" if scope is CaseScope.BIN else "lpn_code"
        if not values[needed]:
            raise FieldErrors(errors={needed: ["required"]})
        bin_, lpn = queries.find_place(
            here, bin_code=values["bin_code"] if scope is CaseScope.BIN else None,
            lpn_code=values["lpn_code"] if scope is CaseScope.LPN else None,
        )  # fmt: skip
        return Selection(scope=scope, warehouse=here, bin=bin_, lpn=lpn)
    criteria = case_queries.read_criteria({name: values[name] for name in case_schemas.CRITERIA}, warehouse=here)
    check_criteria(criteria, is_standing=is_standing)
    if values["everywhere"]:
        for site in auth.permitted_sites():
            auth.demand("hold.place", site.id)
    return Selection(scope=scope, warehouse=None if values["everywhere"] else here, criteria=criteria)


# -- apart ------------------------------------------------------------------------------------------------------------
@bp.get("/misplaced-goods")
@requires("stock.view")
@reads(answer=case_schemas.MisplacedOut(), paged=True)
def misplaced_goods(query: dict[str, Any]) -> Page[apart.Misplaced]:
    """List what stands where it must not: expired, recalled, rejected goods outside cage and quarantine."""
    return apart.page_of_misplaced(
        auth.current_warehouse(), on=auth.today(), cursor=query["cursor"], size=query["limit"]
    )  # fmt: skip


@bp.post("/misplaced-goods/tasks")
@requires("hold.place")
@writes(answer=case_schemas.TasksLeftOut(), offers=("holds.send_apart",))
def leave_tasks() -> dict[str, int]:
    """Leave a task to carry each of these goods to the cage, where none was left yet. The nightly job does the same."""
    made = apart.leave_tasks_apart(auth.current_warehouse(), on=auth.today(), actor=auth.actor_id(), at=now())
    return {"task_count": made}


# -- what ends soon ---------------------------------------------------------------------------------------------------
@bp.get("/near-expiry-lots")
@requires("stock.view")
@reads(query=case_schemas.NearExpiryQuery(), answer=case_schemas.NearExpiryOut(), paged=True)
def near_expiry(query: dict[str, Any]) -> Page[due_queries.NearExpiry]:
    """List the lots that end from today to the end of a month ahead, the nearest first, with what stands of them here."""
    return due_queries.page_of_near_expiry(
        auth.current_warehouse(), on=auth.today(), months=query["months"], only_warned=query["only_warned"],
        cursor=query["cursor"], size=query["limit"],
    )  # fmt: skip


# -- retests ----------------------------------------------------------------------------------------------------------
@bp.get("/retests")
@requires("stock.view")
@reads(query=case_schemas.RetestsQuery(), answer=case_schemas.RetestOut(), paged=True)
def retests(query: dict[str, Any]) -> Page[retest.RetestRow]:
    """List the lots that stand here and are to be tested again within so many days, the longest due first."""
    until = auth.today() + timedelta(days=query["days"])
    return retest.page_of_retests(auth.current_warehouse(), until=until, cursor=query["cursor"], size=query["limit"])


@bp.post("/lots/<int:lot_id>/extend-dates")
@requires("quality.release")
@writes(body=case_schemas.ExtendDatesIn(), answer=case_schemas.ExtendedOut(), offers=("holds.extend",), signed=True)
def extend_dates(lot_id: int, values: dict[str, Any], signer: auth.Person) -> dict[str, Any]:
    """Carry the days of a lot on after a passed retest, signed by the person who decides; its retest holds are lifted.

    The expiry moves only where the item lets a retest extend it, and only forward. The one who signs and the key need
    quality.release wherever the lot stands. Refused with `retest_not_passed` while a retest is open or when the last one
    failed, `field_errors` for a day that may not be given, `wrong_state` for a lot without a day of retest.
    """
    lot = stock.get_lot(LotId(lot_id))
    for site in {row.warehouse for row in stock.find_balances(lot=lot.id)}:
        auth.demand("quality.release", site)
        if not signer.may("quality.release", site):
            raise NotAllowed(permission="quality.release")
    cmd = retest.ExtendDates(
        lot=lot.id, warehouse=auth.current_warehouse(), retest_on=values["retest_on"], expires_on=values["expires_on"],
        reason=values["reason"],
    )  # fmt: skip
    done = retest.extend_dates(cmd, actor=signer.id, at=now())
    return {
        "lot_id": lot.id, "retest_on": lot.retest_on, "expires_on": lot.expires_on, "signature_id": done.signature,
        "hold_ids": done.lifted, "quantity": done.quantity,
    }  # fmt: skip
