"""Words of production: kinds, states, points of a clearance."""

from typing import Any, Final

from flask_babel import lazy_gettext

from wms.production.models import ExpiryBy, OutputKind, OutputLotAt, WorkOrderKind, WorkOrderState

_ = lazy_gettext

STATES: Final[dict[str, Any]] = {
    WorkOrderState.PLANNED: _("planned"),
    WorkOrderState.RELEASED: _("released to the line"),
    WorkOrderState.STARTED: _("started"),
    WorkOrderState.COMPLETED: _("completed"),
    WorkOrderState.CLOSED: _("closed"),
    WorkOrderState.CANCELLED: _("cancelled"),
}
#: The chip each state wears (its colour and shape), by a state the look knows.
LOOKS: Final[dict[str, str]] = {
    WorkOrderState.PLANNED: "new",
    WorkOrderState.RELEASED: "allocated",
    WorkOrderState.STARTED: "transit",
    WorkOrderState.COMPLETED: "available",
    WorkOrderState.CLOSED: "closed",
    WorkOrderState.CANCELLED: "closed",
}
KINDS: Final[dict[str, Any]] = {WorkOrderKind.MAKE: _("made"), WorkOrderKind.REWORK: _("rework")}
OUTPUT_KINDS: Final[dict[str, Any]] = {
    OutputKind.MAIN: _("product"),
    OutputKind.CO_PRODUCT: _("co-product"),
    OutputKind.BY_PRODUCT: _("by-product"),
    OutputKind.SEMI_FINISHED: _("semi-finished"),
}
EXPIRY_BY: Final[dict[str, Any]] = {
    ExpiryBy.OWN_LIFE: _("its own shelf life"),
    ExpiryBy.SHORTEST_COMPONENT: _("the component that expires first"),
    ExpiryBy.STRICTEST: _("the earlier of the two"),
}
OUTPUT_LOT_AT: Final[dict[str, Any]] = {
    OutputLotAt.RELEASE: _("at the release of the work order"),
    OutputLotAt.FIRST_REPORT: _("at the first report"),
    OutputLotAt.EACH_REPORT: _("at each report, a new one"),
}
POINTS: Final[dict[str, Any]] = {
    "goods_gone": _("Goods of the order before are gone"),
    "labels_gone": _("Labels of the order before are gone"),
    "papers_gone": _("Papers of the order before are gone"),
    "machine_clean": _("Machine and tools are clean"),
}


def choices(words: dict[str, Any]) -> list[tuple[str, Any]]:
    """A dict of words as the choices of a select."""
    return [(str(getattr(key, "value", key)), said) for key, said in words.items()]
