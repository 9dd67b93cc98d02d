"""What comes in from the alerts page."""

from marshmallow import fields

from wms.alerts.models import AlertKind, AlertState
from wms.web.forms import In, Line, Note


class AlertsIn(In):
    """Which alerts to list."""

    state = fields.Enum(AlertState, by_value=True, load_default=AlertState.OPEN)
    kind = fields.Enum(AlertKind, by_value=True, load_default=None)
    cursor = Line(max_length=200, load_default="")
    done = Line(max_length=20, load_default="")


class ResolveIn(In):
    """How an alert was settled."""

    note = Note(required=True, max_length=500)
