"""Desk pages that cross features: today, one lot, search. They link to where a thing is settled."""

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.blueprints import BlueprintSetupState
from marshmallow import fields

from wms.accounts.rules import PERMISSIONS
from wms.alerts import sentences as alert_sentences
from wms.core.clock import now
from wms.core.ids import LotId
from wms.core.quantity import ZERO, Quantity
from wms.desk import handed_down, queries
from wms.desk.search import Hit, search
from wms.disposition import queries as disposition
from wms.fields import forms as own_forms
from wms.files import panel
from wms.files.subjects import Whereabouts
from wms.production.queries import reports as production
from wms.quality import case_queries as cases
from wms.quality import queries as quality
from wms.quality import retest
from wms.stock import queries as stock
from wms.stock import words
from wms.stock.ledger import Reason
from wms.stock.past import past_of
from wms.stock.pegs import pegs_of_lot
from wms.stock.rules.availability import NEVER, is_expired
from wms.stock.scopes import open_scopes
from wms.units import queries as units
from wms.web import auth
from wms.web.auth import requires, signed_in
from wms.web.forms import In, Line, parse_query

bp = Blueprint("desk", __name__)

EXPIRY_HORIZON_DAYS = 30
OLD_HOLD_DAYS = 7


class _SearchIn(In):
    q = Line(load_default="", max_length=500)
    kind = fields.String(load_default="")


@bp.record_once
def _hand_over_describer(_state: BlueprintSetupState) -> None:
    """Quality shows the orders behind a claim and asks for receipts; only up here is it known what they are."""
    quality.describe_demands_with(queries.describe_demands)
    cases.find_received_with(handed_down.lots_received)
    cases.describe_plates_with(handed_down.open_shipments_of)
    retest.read_findings_with(handed_down.retests_of)


@bp.get("/today")
@signed_in
def today() -> Any:
    """Show what needs a person now, in order of harm."""
    may = {permission for permission in PERMISSIONS if auth.permitted(permission)}
    found = queries.today(
        auth.current_warehouse(), on=auth.today(), at=now(), may=may, horizon_days=EXPIRY_HORIZON_DAYS
    )
    return render_template(
        "desk/today.html",
        today=found,
        on=auth.today(),
        at=now(),
        old_hold_days=OLD_HOLD_DAYS,
        reason_words=words.HOLD_REASONS,
        alert_sentence=alert_sentences.sentence,
        alert_link=alert_sentences.link,
        severity_words=alert_sentences.SEVERITY_WORDS,
    )


# -- one lot ------------------------------------------------------------------------------------------------------------
@bp.get("/lots/<int:lot_id>")
@requires("stock.view")
def lot(lot_id: int) -> Any:
    """Show one lot from top to bottom: what it is, its state, where it stands, its dates, from where, to where, events."""
    found = stock.get_lot(LotId(lot_id))
    sites = {site.id: site for site in auth.permitted_sites()}
    rows = [row for row in stock.find_balances(lot=found.id) if row.warehouse in sites]
    codes = {site.code for site in sites.values()}
    moves = [move for move in stock.moves_of_lot(found.id) if move.warehouse_code in codes]
    on = auth.today()
    came_from, became = stock.links_of(found.id)
    made_in = _made_in(came_from, moves)
    return render_template(
        "desk/lot.html",
        made_in=made_in,
        decisions=disposition.decisions_of(found.id, list(sites)),
        nonconformances=disposition.nonconformances_of(found.id, list(sites)),
        scopes=open_scopes([found.id]),
        pegs=pegs_of_lot(found.id),
        lot=found,
        rows=rows,
        sites=sites,
        total=Quantity(sum(r.on_hand.millionths for r in rows)),
        promised=Quantity(sum(r.allocated.millionths for r in rows)),
        largest=max((r.on_hand for r in rows), default=ZERO),
        shares={r.id: _share(r.on_hand, rows) for r in rows},
        states=[(state.value, amount) for state, amount in stock.sums_by_state(rows, on=on)],
        is_past=is_expired(found.fefo_on, on=on, usable_on_last_day=found.item.usable_on_expiry_day),
        holds=[
            hold
            for hold in quality.list_holds(lot=found.id, is_open=None, size=50).rows
            if hold.warehouse is None or hold.warehouse in sites
        ],
        verdicts=[m for m in moves if m.reason.value == "disposition"][:3],
        receipts=queries.receipts_of_lot(found.id, warehouses=sites),
        orders=queries.orders_of_lot(
            found.id, [row.id for row in rows], warehouses=[s for s in sites if auth.permitted("order.view", s)]
        ),
        events=queries.events_of_lot(found.id, moves=moves),
        past=[one for one in past_of([found.id]) if one.warehouse_id is None or one.warehouse_id in sites],
        past_words=words.PAST_KINDS,
        dates=_dates(found, on=on),
        own=own_forms.sheet("lot", found.id),
        attached=panel.panel("lot", found.id, known=Whereabouts(None, request.path)),
        unit_count=units.count_of_lot(found.id, list(sites)) if found.item.has_unit_ids else 0,
        came_from=came_from,
        became=became,
        link_reports=production.numbers_of(
            {
                one.document_id
                for one in [*came_from, *became]
                if one.document_kind == production.REPORT and one.document_id
            }
            | set(made_in)
        ),
        link_words=words.LINKS,
        event_words={reason.value: word for reason, word in words.REASONS.items()},
        hold_words=words.HOLD_REASONS,
        capture_words=words.CAPTURES,
        typed_words=words.TYPED_REASONS,
        scope_words=words.HOLD_SCOPES,
        qualities=words.QUALITIES,
        on=on,
        never=NEVER,
    )


def _made_in(came_from: list[stock.LinkRow], moves: list[stock.MoveRow]) -> list[int]:
    """The production reports that made the lot, the oldest first: by the links that stand, else by what brought it here."""
    links = [(one.document_kind, one.document_id) for one in came_from if not one.is_taken_back]
    outputs = [(one.document_kind, one.document_id) for one in moves if one.reason is Reason.OUTPUT]
    by_links = {report for kind, report in links if kind == production.REPORT and report is not None}
    return sorted(by_links or {report for kind, report in outputs if kind == production.REPORT and report is not None})


def _share(amount: Quantity, rows: list[stock.BalanceRow]) -> int:
    """The width of a bar in percent of the largest row."""
    largest = max(r.on_hand.millionths for r in rows)
    return max(1, round(100 * amount.millionths / largest)) if largest else 0


def _dates(found: Any, *, on: Any) -> list[tuple[str, Any, int]]:
    """The lot's days in order, with today among them; each with its place on the line in percent."""
    days = [
        ("manufactured", found.manufactured_on),
        ("received", found.received_on),
        ("today", on),
        ("best_before", found.best_before_on),
        ("retest", found.retest_on),
        ("expires", found.expires_on),
    ]
    known = sorted(((name, day) for name, day in days if day), key=lambda pair: pair[1])
    first, last = known[0][1], known[-1][1]
    span = max((last - first).days, 1)
    return [(name, day, round(100 * (day - first).days / span)) for name, day in known]


# -- search -------------------------------------------------------------------------------------------------------------
@bp.get("/search")
@requires("stock.view", "order.view", "door.view")
def find() -> Any:
    """Go to what a scan or text names; show a list when it names several things, or only begins like some."""
    text = parse_query(_SearchIn())["q"]
    if not text:
        return render_template("desk/search.html", search_text="", answer=None, link=_link)
    answer = search(text, auth.current_warehouse(), may=auth.permitted)
    if answer.is_exact and len(answer.hits) == 1:
        return redirect(_link(answer.hits[0]))
    return render_template("desk/search.html", search_text=text, answer=answer, link=_link)


def _link(hit: Hit) -> str:
    """The page of a record."""
    match hit.kind:
        case "lot":
            return url_for("desk.lot", lot_id=hit.id)
        case "item":
            return url_for("stock.stock", sku=hit.code)
        case "bin":
            return url_for("stock.stock", bin=hit.code)
        case "lpn":
            return url_for("stock.stock", lpn=hit.code)
        case "order":
            return f"/orders/{hit.id}"
        case "asn":
            return f"/receiving/asns/{hit.id}"
        case "receipt":
            return f"/receiving/receipts/{hit.id}"
        case "shipment":
            return f"/shipments/{hit.id}"
        case "unit":
            return url_for("units.unit", unit_id=hit.id)
        case "work_order":
            return url_for("production.order", order_id=hit.id)
        case "production_report":
            return url_for("production_reports.show", report_id=hit.id)
        case "vessel":
            return url_for("production_reports.vessel", vessel_id=hit.id)
        case "bom":
            return url_for("production.bom", bom_id=hit.id)
        case "recall":
            return url_for("recall.recall", recall_id=hit.id)
        case "complaint":
            return url_for("complaints.complaint", complaint_id=hit.id)
        case _:
            return f"/doors/tags/{hit.id}"
