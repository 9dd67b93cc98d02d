"""Words of recalls: states, steps, roles, fates, levels, results."""

from typing import Any, Final

from flask_babel import lazy_gettext

from wms.recall.models import (
    CheckLevel,
    CheckResult,
    InsideFate,
    LotRole,
    OutsideFate,
    RecallOrigin,
    ReportKind,
    ScopeChange,
)
from wms.recall.rules.steps import RecallState, RecallStep
from wms.trace.rules.graph import Direction, StartKind

_ = lazy_gettext

STATES: Final[dict[RecallState, Any]] = {
    RecallState.OPEN: _("Under way"),
    RecallState.CLOSED: _("Is closed"),
    RecallState.NIL_STOCK: _("Nil stock"),
    RecallState.CANCELLED: _("Given up"),
}
STEPS: Final[dict[RecallStep, Any]] = {
    RecallStep.STOP: _("Stop shipping, call trucks back"),
    RecallStep.SCOPE: _("Freeze the scope"),
    RecallStep.HOLD: _("Hold everything inside"),
    RecallStep.NOTIFY: _("Tell the customers"),
    RecallStep.REPORT: _("First report"),
    RecallStep.PROGRESS: _("Next progress report"),
    RecallStep.CLOSE: _("Close the recall"),
}
ORIGINS: Final[dict[RecallOrigin, Any]] = {
    RecallOrigin.TRACE: _("Trace"),
    RecallOrigin.ALERT: _("Alert"),
    RecallOrigin.COMPLAINT: _("Complaint"),
    RecallOrigin.SUPPLIER: _("Supplier's recall"),
    RecallOrigin.HAND: _("By hand"),
}
ROLES: Final[dict[LotRole, Any]] = {
    LotRole.START: _("Suspect"),
    LotRole.FORWARD: _("Made from it"),
    LotRole.BACKWARD: _("Went into it"),
    LotRole.NAMED: _("Named by hand"),
}
CHANGES: Final[dict[ScopeChange, Any]] = {
    ScopeChange.FIRST: _("First scope"),
    ScopeChange.WIDENED: _("Widened"),
    ScopeChange.NARROWED: _("Narrowed"),
}
FATES: Final[dict[OutsideFate, Any]] = {OutsideFate.USED: _("Used"), OutsideFate.DESTROYED: _("Destroyed")}
INSIDE_FATES: Final[dict[InsideFate, Any]] = {
    InsideFate.DESTROYED: _("Destroyed"),
    InsideFate.REWORKED: _("Reworked"),
    InsideFate.RETURNED: _("Returned to supplier"),
    InsideFate.REPLACED: _("Replaced"),
    InsideFate.RELEASED: _("Released again"),
}
LEVELS: Final[dict[CheckLevel, Any]] = {
    CheckLevel.A: _("A: everybody told"),
    CheckLevel.B: _("B: some, as the site says"),
    CheckLevel.C: _("C: one in ten"),
    CheckLevel.D: _("D: one in fifty"),
    CheckLevel.E: _("E: nobody"),
}
RESULTS: Final[dict[CheckResult, Any]] = {
    CheckResult.EFFECTIVE: _("Told and acted"),
    CheckResult.NOT_TOLD: _("Was not told"),
    CheckResult.NOT_ACTED: _("Told, did not act"),
    CheckResult.NOT_REACHED: _("Could not be reached"),
}
REPORTS: Final[dict[ReportKind, Any]] = {
    ReportKind.PROGRESS: _("Progress report"),
    ReportKind.CLOSING: _("Closing report"),
    ReportKind.PREPARED: _("Closing report, prepared"),
}
STARTS: Final[dict[StartKind, Any]] = {
    StartKind.LOT: _("Lot"),
    StartKind.MAKER_LOT: _("Maker's lot"),
    StartKind.SUPPLIER_LOT: _("Supplier's lot"),
    StartKind.WORK_ORDER: _("Work order"),
    StartKind.OPERATION: _("Operation"),
    StartKind.MACHINE: _("Machine"),
    StartKind.TEAM: _("Team"),
    StartKind.OPERATOR: _("Operator"),
    StartKind.HOUR: _("Hour"),
    StartKind.RECEIPT: _("Receipt"),
    StartKind.ORDER: _("Order"),
    StartKind.SHIPMENT: _("Shipment"),
    StartKind.CUSTOMER: _("Customer"),
    StartKind.LPN: _("LPN"),
    StartKind.TAG: _("Tag"),
    StartKind.UNIT: _("Unit id"),
    StartKind.DATES: _("Days"),
}
DIRECTIONS: Final[dict[Direction, Any]] = {
    Direction.FORWARD: _("Forward: what became of it"),
    Direction.BACKWARD: _("Backward: what it came of"),
}
