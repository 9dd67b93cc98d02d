"""Quality in words: what a case is placed on, where its goods stand, what a query asks; in the reader's language at the edge."""

from typing import Any, Final

from flask_babel import lazy_gettext

from wms.quality.case_queries import Where
from wms.stock.models import CaseScope

_ = lazy_gettext

CASE_SCOPES: Final[dict[CaseScope, Any]] = {
    CaseScope.QUERY: _("All that matches"),
    CaseScope.BIN: _("Everything in a bin"),
    CaseScope.LPN: _("An LPN with all on it"),
    CaseScope.LOTS: _("A list of lots"),
}
WHERE: Final[dict[Where, Any]] = {
    Where.BINS: _("in bins"),
    Where.STAGING: _("in staging"),
    Where.PACKED: _("packed"),
    Where.TRANSIT: _("in transit"),
    Where.LINE: _("at the line"),
    Where.SAMPLE: _("samples"),
    Where.APART: _("apart already"),
}
CRITERIA: Final[dict[str, Any]] = {
    "supplier_code": _("Supplier"),
    "maker_code": _("Maker"),
    "maker_lot": _("Maker's lot"),
    "sku": _("Item"),
    "item_class": _("Kind of item"),
    "received_from": _("Received from"),
    "received_until": _("Received until"),
    "expires_from": _("Good until, from"),
    "expires_until": _("Good until, to"),
    "receipt_number": _("Receipt"),
    "delivery_note": _("Delivery note"),
    "asn_number": _("ASN"),
    "country": _("Country"),
    "bin_code": _("Bin"),
    "zone_code": _("Zone"),
    "captured_by": _("Captured by"),
    "words": _("Words in number or name"),
    "own_field": _("Own field"),
    "own_value": _("Its value"),
}
