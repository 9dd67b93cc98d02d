"""Reports in words, in the reader's language at the edge."""

from typing import Any, Final

from flask_babel import lazy_gettext

from wms.production.models import InputSource, OutputKind
from wms.production.queries.reports import PiecePart

_ = lazy_gettext

SOURCES: Final[dict[InputSource, Any]] = {
    InputSource.LINE: _("from the line"),
    InputSource.BACKFLUSH: _("by the recipe"),
    InputSource.VESSEL: _("from a vessel"),
    InputSource.RESIDUE: _("clung to the vessel"),
    InputSource.SCRAP: _("lost here"),
}
OUTPUT_KINDS: Final[dict[OutputKind, Any]] = {
    OutputKind.MAIN: _("product"),
    OutputKind.CO_PRODUCT: _("co-product"),
    OutputKind.BY_PRODUCT: _("by-product"),
    OutputKind.SEMI_FINISHED: _("semi-finished"),
}
PIECE_PARTS: Final[dict[PiecePart, Any]] = {
    PiecePart.USED: _("used"),
    PiecePart.LOST: _("lost here"),
    PiecePart.MADE: _("made"),
}
