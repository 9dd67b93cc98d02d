"""Complaints and corrective actions in words, in the reader's language at the edge."""

from typing import Any, Final

from flask_babel import lazy_gettext

from wms.complaints.rules.states import (
    ActionKind,
    CapaState,
    CauseMethod,
    Channel,
    ComplaintState,
    LinkKind,
    Severity,
)

_ = lazy_gettext

CHANNELS: Final[dict[Channel, Any]] = {
    Channel.PHONE: _("Phone"),
    Channel.EMAIL: _("E-mail"),
    Channel.LETTER: _("Letter"),
    Channel.VISIT: _("Visit"),
    Channel.WEB: _("Web form"),
    Channel.OTHER: _("Other"),
}
SEVERITIES: Final[dict[Severity, Any]] = {
    Severity.CRITICAL: _("Critical: somebody may come to harm"),
    Severity.MAJOR: _("Major: cannot be used"),
    Severity.MINOR: _("Minor: a blemish"),
}
SHORT_SEVERITIES: Final[dict[Severity, Any]] = {
    Severity.CRITICAL: _("Critical"),
    Severity.MAJOR: _("Major"),
    Severity.MINOR: _("Minor"),
}
STATES: Final[dict[ComplaintState, Any]] = {
    ComplaintState.RECEIVED: _("Taken down"),
    ComplaintState.INVESTIGATING: _("Being looked into"),
    ComplaintState.ANSWERED: _("Answered"),
    ComplaintState.CLOSED: _("Is closed"),
}
CAPA_STATES: Final[dict[CapaState, Any]] = {
    CapaState.OPEN: _("Steps open"),
    CapaState.CHECKING: _("Waits for its check"),
    CapaState.EFFECTIVE: _("Effective, to be closed"),
    CapaState.CLOSED: _("Is closed"),
}
METHODS: Final[dict[CauseMethod, Any]] = {
    CauseMethod.FIVE_WHYS: _("Five whys"),
    CauseMethod.FISHBONE: _("Fishbone diagram"),
    CauseMethod.FMEA: _("FMEA"),
    CauseMethod.TEST: _("Test or trial"),
    CauseMethod.OTHER: _("Another way"),
}
ACTION_KINDS: Final[dict[ActionKind, Any]] = {
    ActionKind.CORRECTION: _("Mends what happened"),
    ActionKind.CORRECTIVE: _("Takes the cause away"),
    ActionKind.PREVENTIVE: _("Prevents it elsewhere"),
}
LINKS: Final[dict[LinkKind, Any]] = {
    LinkKind.HOLD: _("Hold on lot"),
    LinkKind.HOLD_CASE: _("Hold case"),
    LinkKind.NONCONFORMANCE: _("Non-conformance"),
    LinkKind.RECALL: _("Recall"),
    LinkKind.CAPA: _("Corrective action"),
}
ORIGINS: Final[dict[str, Any]] = {
    "": _("Own finding"),
    "complaint": _("Complaint"),
    "nonconformance": _("Non-conformance"),
    "recall": _("Recall"),
}
#: The looks of states in lists (macros/marks.chip).
LOOKS: Final[dict[str, str]] = {
    "received": "open", "investigating": "in_work", "answered": "released", "closed": "closed", "open": "open",
    "checking": "waiting", "effective": "released", "critical": "critical", "major": "held", "minor": "noted",
}  # fmt: skip
