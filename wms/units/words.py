"""What units are and what became of them, in the reader's language at the edge."""

from typing import Any, Final

from flask_babel import lazy_gettext

from wms.units.models import UnitEventKind, UnitScheme, UnitState

_ = lazy_gettext

SCHEMES: Final[dict[UnitScheme, Any]] = {
    UnitScheme.SERIAL: _("Serial number"),
    UnitScheme.GS1: _("GS1 label"),
    UnitScheme.DRUG_TRACE: _("Drug trace code"),
}

EVENTS: Final[dict[UnitEventKind, Any]] = {
    UnitEventKind.ARRIVED: _("Came in"),
    UnitEventKind.MOVED: _("Moved"),
    UnitEventKind.LEFT: _("Left us"),
    UnitEventKind.CAME_BACK: _("Came back"),
    UnitEventKind.UNDONE: _("Undone"),
    UnitEventKind.SEEN_TWICE: _("Seen a second time"),
    UnitEventKind.UNPACKED: _("Taken out of its pack"),
}

STATES: Final[dict[UnitState, Any]] = {
    UnitState.HERE: _("Here"),
    UnitState.SHIPPED: _("Shipped"),
    UnitState.SENT_BACK: _("At the supplier"),
    UnitState.GONE: _("Used up or destroyed"),
}
