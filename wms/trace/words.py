"""The words of traces and histories, in the reader's language."""

from typing import Any, Final

from flask_babel import lazy_gettext

from wms.trace.rules.graph import Direction, StartKind, Where

_ = lazy_gettext

DIRECTIONS: Final[dict[Direction, Any]] = {
    Direction.FORWARD: _("Forward: where used"),
    Direction.BACKWARD: _("Backward: where from"),
}
STARTS: Final[dict[StartKind, Any]] = {
    StartKind.LOT: _("Lot"),
    StartKind.MAKER_LOT: _("Maker's lot"),
    StartKind.SUPPLIER_LOT: _("Supplier's lot"),
    StartKind.WORK_ORDER: _("Work order"),
    StartKind.OPERATION: _("Operation"),
    StartKind.MACHINE: _("Machine"),
    StartKind.TEAM: _("Team"),
    StartKind.OPERATOR: _("Operator"),
    StartKind.HOUR: _("Hour"),
    StartKind.RECEIPT: _("Receipt"),
    StartKind.ORDER: _("Order"),
    StartKind.SHIPMENT: _("Shipment"),
    StartKind.CUSTOMER: _("Customer"),
    StartKind.LPN: _("LPN"),
    StartKind.TAG: _("RFID tag"),
    StartKind.UNIT: _("Unit id"),
    StartKind.DATES: _("Dates"),
}
WHERE: Final[dict[Where, Any]] = {
    Where.STORE: _("in store"),
    Where.IN_PROCESS: _("in process"),
    Where.STAGED: _("staged"),
    Where.IN_TRANSIT: _("in transit"),
    Where.SAMPLE: _("sample"),
}
#: A lot's state in a trace: (the word of a chip's look, the words).
STATES: Final[dict[str, Any]] = {
    "held": _("on hold"),
    "rejected": _("rejected"),
    "pending": _("pending"),
    "available": _("available"),
    "shipped": _("shipped"),
    "closed": _("nothing left here"),
}
NO_SHARES: Final[dict[str, Any]] = {
    "units": _("The lots of the start are counted in several units, so no shares of them all can be told."),
    "size": _("There are more lots here than shares are worked out for. Begin at fewer lots to see shares."),
    "depth": _("The shares of so deep a graph have too many digits to be worked out."),
}
EVENTS: Final[dict[str, Any]] = {
    "created": _("Lot made known"),
    "record": _("Record changed"),
    "own_field": _("Own field changed"),
    "hold_placed": _("Hold placed"),
    "hold_lifted": _("Hold lifted"),
    "came_from": _("Came from"),
    "became": _("Became"),
    "link_voided": _("Link taken back"),
    "scope_made": _("Released only for"),
    "scope_ended": _("Limit of release ended"),
    "pegged": _("Bound to a demand"),
    "unpegged": _("Freed from a demand"),
    "imported": _("Told by a file"),
    "file_attached": _("File attached"),
    "file_withdrawn": _("File withdrawn"),
    "label_printed": _("Label printed"),
    "units": _("Unit ids"),
    "inspection_opened": _("Inspection opened"),
    "inspection_closed": _("Inspection closed"),
    "sample_drawn": _("Sample drawn"),
    "sample_closed": _("Sample closed"),
    "nonconformance": _("Non-conformance recorded"),
    "reviewed": _("Non-conformance reviewed"),
    "nonconformance_closed": _("Non-conformance closed"),
    "release_decision": _("Decision of quality"),
    "waiver": _("Point of a release waived"),
    "destruction_ordered": _("Destruction ordered"),
    "destruction_witnessed": _("Destruction witnessed"),
    "override": _("Taken in place of another lot"),
    "problem": _("Problem reported"),
    "problem_settled": _("Problem settled"),
    "label_check": _("Label checked"),
    "issued": _("Issued for a work order"),
    "used_by_report": _("Used by a production report"),
    "made_by_report": _("Made by a production report"),
    "report_undone": _("Production report taken back"),
    "signature": _("Signed"),
    "passport_made": _("Passport made"),
    "passport_revoked": _("Passport revoked"),
    "passage": _("Passed a door"),
    "recall": _("Recall"),
    "complaint": _("Complaint"),
    "counted": _("Counted"),
    "opened_at_line": _("Opened at a line"),
    "closed_at_line": _("Closed at a line"),
    "return_ordered": _("Return to the supplier ordered"),
    "passed_over": _("Passed over for another lot"),
    "capa": _("Corrective action"),
    "gap": _("Gap in the chain"),
}
#: What of a recall, a complaint or a corrective action happened to the lot.
RECALLS: Final[dict[str, Any]] = {
    "frozen": _("taken into the scope"),
    "held": _("scope put on hold"),
    "left_out": _("left out of the scope"),
    "told": _("customer told"),
    "answered": _("customer answered"),
    "returned": _("came back"),
    "used": _("customer confirmed: used"),
    "destroyed": _("customer confirmed: destroyed"),
    "confirmation_voided": _("confirmation taken back"),
    "inside_destroyed": _("destroyed"),
    "inside_reworked": _("reworked"),
    "inside_returned_to_supplier": _("returned to the supplier"),
    "inside_replaced": _("replaced"),
    "inside_released": _("released again"),
    "closed": _("closed"),
    "drill": _("taken into the scope of a drill"),
}
COMPLAINTS: Final[dict[str, Any]] = {
    "recorded": _("taken down"),
    "answered": _("answered"),
    "closed": _("closed"),
}
CAPAS: Final[dict[str, Any]] = {
    "opened": _("opened"),
    "caused": _("cause found"),
    "held": _("checked: effective"),
    "did_not_hold": _("checked: not effective"),
    "closed": _("closed"),
}
GAPS: Final[dict[str, Any]] = {
    "found": _("found"),
    "accepted": _("accepted with a reason"),
    "mended": _("mended"),
}
#: What may be filtered in a table of a trace.
PARTS: Final[dict[str, Any]] = {
    "lots": _("Lots"),
    "receipts": _("Receipts"),
    "suppliers": _("Suppliers"),
    "work_orders": _("Work orders"),
    "stock": _("Stock"),
    "shipments": _("Shipments"),
    "customers": _("Customers"),
}
#: Which way a tag went through a door.
PASSAGES: Final[dict[str, Any]] = {
    "in": _("inwards"),
    "out": _("outwards"),
    "stray": _("stood near the door"),
    "review": _("not sure what it did"),
}
