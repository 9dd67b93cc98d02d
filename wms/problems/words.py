"""Problems in words, in the reader's language at the edge."""

from typing import Any, Final

from flask_babel import lazy_gettext

from wms.problems.models import ProblemKind, ProblemState

_ = lazy_gettext

KINDS: Final[dict[ProblemKind, Any]] = {
    ProblemKind.DAMAGE: _("Damaged"),
    ProblemKind.WET: _("Wet"),
    ProblemKind.SEAL_OPEN: _("Seal open"),
    ProblemKind.LABEL_UNREADABLE: _("Label unreadable"),
    ProblemKind.WRONG_LABEL: _("Wrong label"),
    ProblemKind.FOUND: _("Goods in an empty bin"),
    ProblemKind.OTHER: _("Something else"),
}
STATES: Final[dict[ProblemState, Any]] = {
    ProblemState.OPEN: _("Open"),
    ProblemState.SETTLED: _("Settled"),
}
