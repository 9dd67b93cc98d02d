"""Words of evidence: kinds of records in the audit trail, streams, and what is wrong with a sealed record."""

from collections.abc import Mapping
from typing import Any, Final

from flask_babel import lazy_gettext

_ = lazy_gettext

ENTITIES: Final[Mapping[str, Any]] = {
    "item": _("Item"), "partner": _("Partner"), "lot": _("Lot"), "bin": _("Bin"), "zone": _("Zone"),
    "warehouse": _("Warehouse"), "user_account": _("User"), "user_role": _("Role of a user"), "device": _("Device"),
    "api_token": _("API key"), "hold": _("Hold"), "hold_case": _("Hold case"), "sales_order": _("Order"),
    "order_line": _("Order line"), "inspection_plan": _("Inspection plan"), "inspection": _("Inspection"),
    "receipt": _("Receipt"), "asn": _("ASN"), "shipment": _("Shipment"), "work_order": _("Work order"),
    "bom": _("Bill of materials"), "own_field": _("Own field"), "own_field_value": _("Own field of a record"),
    "pack_unit": _("Unit"), "lpn": _("LPN"), "task": _("Task"), "portal": _("Portal"), "reader": _("Reader"),
    "gateway": _("Gateway"), "printer": _("Printer"), "alert": _("Alert"), "nonconformance": _("Non-conformance"),
    "complaint": _("Complaint"), "recall": _("Recall"), "lot_link": _("Genealogy link"), "seal_block": _("Sealed block"),
}  # fmt: skip
ACTIONS: Final[Mapping[str, Any]] = {"created": _("record made"), "changed": _("changed"), "deleted": _("deleted")}
STREAMS: Final[Mapping[str, Any]] = {
    "posting": _("Postings with their moves"), "audit": _("Audit trail"), "signature": _("Signatures"),
    "link": _("Genealogy links"), "link_voided": _("Links taken back"), "imported": _("Imported history"),
    "release": _("Release decisions"), "approval": _("Approvals"), "cleaning": _("Cleanings of vessels"),
    "issue": _("Issues to work orders"), "issue_undone": _("Issues taken back"), "sampling": _("Changes of sampling"),
    "unit": _("Journeys of units"), "snapshot": _("Stock at month's ends"),
}  # fmt: skip
