"""Results of label checks in words, in the reader's language at the edge."""

from typing import Any, Final

from flask_babel import lazy_gettext

from wms.label_checks.models import LabelResult

_ = lazy_gettext

RESULTS: Final[dict[LabelResult, Any]] = {
    LabelResult.SAME: _("Right"),
    LabelResult.DIFFERS: _("Differs"),
    LabelResult.UNREADABLE: _("Unreadable"),
    LabelResult.GONE: _("Goods gone"),
    LabelResult.MISSED: _("Not done"),
}
