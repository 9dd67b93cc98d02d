"""The alerts page: open, acknowledged, resolved, by kind; acknowledge and resolve in place; the badge in the header."""

from typing import Any

from flask import Blueprint, redirect, render_template, url_for
from flask.blueprints import BlueprintSetupState

from wms.alerts import queries, schemas, sentences, service
from wms.alerts.models import AlertState
from wms.core.clock import now
from wms.core.ids import AlertId
from wms.db import run_in_transaction
from wms.web import auth, navigation
from wms.web.auth import actor_id, current_warehouse, requires
from wms.web.forms import parse_form, parse_query

bp = Blueprint("alerts", __name__, url_prefix="/alerts")


@bp.record_once
def _hand_over_counter(_state: BlueprintSetupState) -> None:
    navigation.count_alerts_with(queries.count_open)


@bp.get("")
@requires("alert.view")
def alerts() -> Any:
    """List the alerts of this warehouse in one state."""
    wanted = parse_query(schemas.AlertsIn())
    warehouse = current_warehouse()
    state = wanted["state"]
    page = queries.list_alerts(warehouse, state=state, kind=wanted["kind"], cursor=wanted["cursor"] or None)
    by_kind = queries.count_by_kind(warehouse, state)
    by_state = queries.count_by_state(warehouse)
    return render_template(
        "alerts/alerts.html",
        page=page,
        state=state,
        states=[(s, sentences.STATE_WORDS[s], by_state.get(s, 0)) for s in AlertState],
        kinds=[(kind.value, f"{sentences.KIND_WORDS[kind]} {count}") for kind, count in sorted(by_kind.items())],
        say=sentences.sentence,
        link_of=sentences.link,
        kind_words=sentences.KIND_WORDS,
        severity_words=sentences.SEVERITY_WORDS,
    )


@bp.post("/<int:alert_id>/acknowledge")
@requires("alert.settle")
def acknowledge(alert_id: int) -> Any:
    """Say that one takes care of it."""
    alert = _of_this_place(alert_id)
    run_in_transaction(service.acknowledge, alert, actor=actor_id(), at=now())
    return redirect(url_for("alerts.alerts"))


@bp.post("/<int:alert_id>/resolve")
@requires("alert.settle")
def resolve(alert_id: int) -> Any:
    """Settle it with a note on what was done."""
    alert = _of_this_place(alert_id)
    form = parse_form(schemas.ResolveIn())
    run_in_transaction(service.resolve, alert, note=form["note"], actor=actor_id(), at=now())
    return redirect(url_for("alerts.alerts"))


def _of_this_place(alert_id: int) -> AlertId:
    alert = queries.get_alert(AlertId(alert_id))
    auth.demand_at("alert.settle", alert.warehouse_id)
    return alert.id
