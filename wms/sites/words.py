"""The words for kinds of bins and temperature classes, in the reader's language; pages only."""

from typing import Any, Final

from flask_babel import lazy_gettext

from wms.sites.models import BinKind, StorageClass

_ = lazy_gettext

KIND_WORDS: Final[dict[BinKind, Any]] = {
    BinKind.DOCK: _("Dock"),
    BinKind.STORAGE: _("Storage"),
    BinKind.PICK_FACE: _("Pick face"),
    BinKind.STAGING: _("Staging"),
    BinKind.QUARANTINE: _("Quarantine"),
    BinKind.REJECT_CAGE: _("Reject cage"),
    BinKind.SHIPPING: _("Shipping"),
    BinKind.PRODUCTION: _("Production"),
    BinKind.TRANSIT: _("In transit"),
    BinKind.SUPPLIER: _("Supplier"),
    BinKind.CUSTOMER: _("Customer"),
    BinKind.SCRAP: _("Scrap"),
    BinKind.ADJUSTMENT: _("Adjustment"),
    BinKind.CONSUMED: _("Consumed"),
    BinKind.SAMPLE: _("Samples"),
}
STORAGE_WORDS: Final[dict[StorageClass, Any]] = {
    StorageClass.AMBIENT: _("Ambient"),
    StorageClass.COOL: _("Cool"),
    StorageClass.COLD: _("Cold"),
    StorageClass.FROZEN: _("Frozen"),
}
