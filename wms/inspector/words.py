"""The words of a mass balance's lines; pages only."""

from typing import Any, Final

from flask_babel import lazy_gettext

_ = lazy_gettext

#: One for each line of wms.trace.balance.
BALANCE_WORDS: Final[dict[str, Any]] = {
    "received": _("Received"),
    "produced": _("Produced"),
    "returned": _("Returned by customers"),
    "merged_in": _("Merged in"),
    "split_in": _("Split off from another lot"),
    "relabelled_in": _("Relabelled from another lot"),
    "count_gains": _("Found in counts"),
    "opening": _("Opening stock"),
    "on_hand": _("On hand, in every bin and state"),
    "in_transit": _("In transit"),
    "shipped": _("Shipped"),
    "consumed": _("Consumed"),
    "to_supplier": _("Back to the supplier"),
    "destroyed": _("Destroyed or scrapped"),
    "sampled": _("Taken as samples"),
    "merged_out": _("Merged into another lot"),
    "split_out": _("Split off"),
    "relabelled_out": _("Relabelled"),
    "count_losses": _("Missing in counts"),
}
