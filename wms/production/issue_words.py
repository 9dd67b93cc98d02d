"""Issues and the closing check in words, in the reader's language at the edge."""

from __future__ import annotations

from typing import Any, Final

from flask_babel import lazy_gettext

from wms.production.models import IssueKind
from wms.production.rules.closing import Why

_ = lazy_gettext

KINDS: Final[dict[IssueKind, Any]] = {
    IssueKind.ISSUE: _("Issue"),
    IssueKind.EXCHANGE: _("Exchange"),
    IssueKind.SUPPLEMENT: _("More than planned"),
    IssueKind.RETURN: _("Back to the store"),
}
WHYS: Final[dict[Why, Any]] = {
    Why.CONSUMED_DIFFERS: _("Used and issued do not agree"),
    Why.GOODS_AT_LINE: _("Goods still stand at the line"),
    Why.OUTPUT_WITHOUT_INPUT: _("Made of nothing that is known"),
    Why.INPUT_WITHOUT_SOURCE: _("Used, and nobody knows where it came from"),
}
MENDS: Final[dict[Why, Any]] = {
    Why.CONSUMED_DIFFERS: _("Report what was used or lost, or return what is left."),
    Why.GOODS_AT_LINE: _("Return the goods, or report them as used or lost."),
    Why.OUTPUT_WITHOUT_INPUT: _("Correct the report: name the lots that were used."),
    Why.INPUT_WITHOUT_SOURCE: _("Import the receipt of before, or correct the report."),
}
