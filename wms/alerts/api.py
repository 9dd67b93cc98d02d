"""Alerts for machines: list them, take one over, settle it."""

from typing import Any

from wms.alerts import queries, schemas, service
from wms.core.clock import now
from wms.core.ids import AlertId
from wms.db.paging import Page
from wms.web import api, auth
from wms.web.api import reads, writes
from wms.web.auth import actor_id, current_warehouse, requires

bp = api.blueprint("alerts_api", __name__)


@bp.get("/alerts")
@requires("alert.view")
@reads(query=schemas.AlertsQuery(), answer=schemas.AlertOut(), paged=True)
def alerts(query: dict[str, Any]) -> Page[queries.AlertRow]:
    """List the alerts of a warehouse in one state, the newest first."""
    return queries.list_alerts(
        current_warehouse(), state=query["state"], kind=query["kind"], cursor=query["cursor"], size=query["limit"]
    )


@bp.post("/alerts/<int:alert_id>/acknowledge")
@requires("alert.settle")
@writes(answer=schemas.AlertOut(), offers=("alerts.acknowledge",))
def acknowledge(alert_id: int) -> queries.AlertRow:
    """Say that somebody takes care of it."""
    alert = _of_this_place(alert_id)
    service.acknowledge(alert, actor=actor_id(), at=now())
    return queries.get_row(alert)


@bp.post("/alerts/<int:alert_id>/resolve")
@requires("alert.settle")
@writes(body=schemas.ResolveIn(), answer=schemas.AlertOut(), offers=("alerts.resolve",))
def resolve(alert_id: int, values: dict[str, Any]) -> queries.AlertRow:
    """Settle it with a note on what was done."""
    alert = _of_this_place(alert_id)
    service.resolve(alert, note=values["note"], actor=actor_id(), at=now())
    return queries.get_row(alert)


def _of_this_place(alert_id: int) -> AlertId:
    alert = queries.get_alert(AlertId(alert_id))
    auth.demand_at("alert.settle", alert.warehouse_id)
    return alert.id
