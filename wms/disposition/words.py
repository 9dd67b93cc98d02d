"""Releases, non-conformances and destructions in words, in the reader's language at the edge."""

from typing import Any, Final

from flask_babel import lazy_gettext

from wms.disposition.models import ReleaseVerdict
from wms.disposition.rules.checklist import Asked, CheckItem, Point
from wms.disposition.rules.states import DefectClass, Disposition
from wms.stock.models import HoldReason
from wms.stock.words import HOLD_REASONS

_ = lazy_gettext

POINTS: Final[dict[Point, Any]] = {
    Point.INSPECTION: _("Inspections done and passed"),
    Point.HOLDS: _("No open hold"),
    Point.NONCONFORMANCE: _("No open non-conformance"),
    Point.CERTIFICATE: _("Certificate"),
    Point.TEMPERATURE: _("Temperature on arrival"),
    Point.REGISTRATION: _("Registration"),
    Point.LICENCES: _("Licences of supplier and maker"),
    Point.LABEL_CHECK: _("Label compared with the goods"),
    Point.SCOPE: _("Market or customer named"),
}
ASKED: Final[dict[Asked, Any]] = {
    Asked.OFF: _("not asked"),
    Asked.WAIVABLE: _("asked, may be waived"),
    Asked.ASKED: _("asked"),
}
WHY: Final[dict[str, Any]] = {
    "inspection_failed": _("not passed: %(data)s"),
    "inspection_open": _("still open: %(data)s"),
    "on_hold": _("on hold: %(data)s"),
    "nonconformance_open": _("open: %(data)s"),
    "no_certificate": _("none is attached to the lot"),
    "temperature_outside": _("read at the door: %(data)s"),
    "temperature_not_read": _("nobody read one at the door"),
    "no_registration": _("the item has no registration number"),
    "registration_ended": _("ended: %(data)s"),
    "licence_ended": _("ended: %(data)s"),
    "label_not_checked": _("tick it below once you have compared them"),
    "no_scope": _("name for whom the goods are"),
}
DISPOSITIONS: Final[dict[Disposition, Any]] = {
    Disposition.RELEASE: _("Release"),
    Disposition.REWORK: _("Rework"),
    Disposition.SUPPLIER_RETURN: _("Return to supplier"),
    Disposition.DESTROY: _("Destroy"),
    Disposition.CONCESSION: _("Concession"),
}
DEFECT_CLASSES: Final[dict[DefectClass, Any]] = {
    DefectClass.CRITICAL: _("Critical"),
    DefectClass.MAJOR: _("Major"),
    DefectClass.MINOR: _("Minor"),
}
VERDICTS: Final[dict[ReleaseVerdict, Any]] = {
    ReleaseVerdict.RELEASED: _("Released"),
    ReleaseVerdict.REJECTED: _("Rejected"),
}


def why(item: CheckItem | list[Any]) -> str:
    """Say what is wrong with a point; blank when nothing is. Takes a stored one as well."""
    code, data = (item.why, item.data) if isinstance(item, CheckItem) else (item[2], item[3])
    if not code:
        return ""
    reasons = set(HoldReason)
    texts = [str(HOLD_REASONS[HoldReason(one)]) if one in reasons else one for one in data]
    return str(WHY[code]) % {"data": ", ".join(texts)}
