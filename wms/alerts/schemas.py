"""What comes in from the alerts page and the API, and how an alert goes out."""

from marshmallow import fields

from wms.alerts.models import AlertKind, AlertState, Severity
from wms.web.api import ListQuery
from wms.web.forms import Id, In, Instant, Line, Note, Out


class AlertsIn(In):
    """Which alerts to list."""

    state = fields.Enum(AlertState, by_value=True, load_default=AlertState.OPEN)
    kind = fields.Enum(AlertKind, by_value=True, load_default=None)
    cursor = Line(max_length=200, load_default="")
    done = Line(max_length=20, load_default="")


class ResolveIn(In):
    """How an alert was settled."""

    note = Note(required=True, max_length=500)


class AlertsQuery(ListQuery):
    """Which alerts to list."""

    state = fields.Enum(AlertState, by_value=True, load_default=AlertState.OPEN)
    kind = fields.Enum(AlertKind, by_value=True, load_default=None, allow_none=False)


class AlertOut(Out):
    """An alert: what is wrong, with the values of its sentence, and how it stands."""

    id = Id(attribute="alert.id")
    kind = fields.Enum(AlertKind, by_value=True, attribute="alert.kind")
    severity = fields.Enum(Severity, by_value=True, attribute="alert.severity")
    state = fields.Enum(AlertState, by_value=True, attribute="alert.state")
    warehouse_id = Id(attribute="alert.warehouse_id", allow_none=True)
    subject_kind = fields.String(attribute="alert.subject_kind")
    subject_id = Id(attribute="alert.subject_id", allow_none=True)
    blocks_shipment_id = Id(attribute="alert.blocks_shipment_id", allow_none=True)
    data = fields.Dict(attribute="alert.data")
    raised_at = Instant(attribute="alert.raised_at")
    acknowledged_by = fields.String(allow_none=True)
    acknowledged_at = Instant(attribute="alert.acknowledged_at", allow_none=True)
    resolved_by = fields.String(allow_none=True)
    resolved_at = Instant(attribute="alert.resolved_at", allow_none=True)
    resolution = fields.String(attribute="alert.resolution")
