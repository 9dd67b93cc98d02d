"""Messages in words, in the reader's language at the edge."""

from typing import Any, Final

from flask_babel import lazy_gettext

from wms.mail.models import RecipientState, TryOutcome

_ = lazy_gettext

STATES: Final[dict[str, Any]] = {
    RecipientState.WAITING.value: _("Waits to be sent"),
    RecipientState.SENT.value: _("Sent"),
    RecipientState.FAILED.value: _("Not delivered"),
    RecipientState.CANCELLED.value: _("Called back"),
}
#: The looks of states (macros/marks.chip).
LOOKS: Final[dict[str, str]] = {"waiting": "waiting", "sent": "released", "failed": "failed", "cancelled": "closed"}
OUTCOMES: Final[dict[TryOutcome, Any]] = {
    TryOutcome.ACCEPTED: _("The mail server took it"),
    TryOutcome.DEFERRED: _("Put off"),
    TryOutcome.REFUSED: _("Refused"),
    TryOutcome.RENEWED: _("To be sent again"),
    TryOutcome.CANCELLED: _("Called back"),
}
SUBJECTS: Final[dict[str, Any]] = {
    "complaint": _("Complaint"),
    "recall_notice": _("Recall notice"),
    "test": _("Test message"),
}
