"""The words of passports, in the reader's language."""

from typing import Any, Final

from flask_babel import lazy_gettext

from wms.passport.rules import PublicState, Shown

_ = lazy_gettext

SHOWN: Final[dict[Shown, Any]] = {
    Shown.ITEM: _("Name of the item"),
    Shown.LOT: _("Lot number"),
    Shown.DATES: _("Dates"),
    Shown.STATE: _("State"),
    Shown.MAKER: _("Maker"),
    Shown.COUNTRY: _("Country of origin"),
    Shown.CERTIFICATE: _("Certificates"),
    Shown.ORIGIN: _("Suppliers of what it is made of"),
    Shown.RECALL: _("Recall notice"),
}
#: A lot's state in words for everybody.
STATES: Final[dict[PublicState, Any]] = {
    PublicState.RECALLED: _("Recalled"),
    PublicState.STOPPED: _("Stopped: do not use it before you have asked"),
    PublicState.REJECTED: _("Rejected: do not use it"),
    PublicState.EXPIRED: _("Its last good day has passed"),
    PublicState.BEING_CHECKED: _("Being checked, not released yet"),
    PublicState.RELEASED: _("Checked and released"),
}
LOOKS: Final[dict[PublicState, str]] = {
    PublicState.RECALLED: "recalled",
    PublicState.STOPPED: "held",
    PublicState.REJECTED: "rejected",
    PublicState.EXPIRED: "expired",
    PublicState.BEING_CHECKED: "pending",
    PublicState.RELEASED: "available",
}
