"""What a question about a scan takes, and how its answer goes out as JSON."""

from typing import Any, Final

from marshmallow import fields, validate

from wms.gs1 import scan as gs1
from wms.scans.kinds import ALL_KINDS, BY_PERMISSION
from wms.stock.captures import TypedReason
from wms.stock.ledger import Reason
from wms.stock.models import Capture
from wms.web.api import Query
from wms.web.forms import Day, Exact, Id, In, Instant, Line, Out, QuantityField

SCAN_LENGTH: Final = 1024


class WhatQuery(Query):
    """What a scanner read, or a person typed."""

    text = Exact(
        required=True, max_length=SCAN_LENGTH,
        metadata={"description": "As the scanner sends it: group separators (%1D) and symbology identifier stay in."},
    )  # fmt: skip


class LabelOut(Out):
    """What a label says of itself, before any record is looked up."""

    kind = fields.String(validate=validate.OneOf(("item", "lot", "bin", "lpn", "epc", "unknown")))
    how = fields.String(metadata={"description": "The evidence it was read by, such as symbology, brackets or plain."})
    question = fields.String(allow_none=True, metadata={"description": "What is not certain about it; a code."})
    elements = fields.List(
        fields.List(fields.String()), metadata={"description": "Application identifiers, with data."}
    )
    gtin = fields.String(allow_none=True)
    sku = fields.String(allow_none=True)
    lot_number = fields.String(allow_none=True)
    serial = fields.String(allow_none=True)
    sscc = fields.String(allow_none=True)
    expires_on = Day(allow_none=True)
    best_before_on = Day(allow_none=True)
    manufactured_on = Day(allow_none=True)
    quantity = QuantityField(allow_none=True, metadata={"description": "Pieces of the unit whose GTIN the label has."})
    net_weight_kg = QuantityField(allow_none=True)


class CandidateOut(Out):
    """One record that the text may name."""

    kind = fields.String(validate=validate.OneOf((*ALL_KINDS, *BY_PERMISSION)))
    id = Id(allow_none=True, metadata={"description": "null for a lot that the label names and we do not know."})
    code = fields.String()
    is_as_written = fields.Boolean(metadata={"description": "false: our record is written in capitals."})
    sku = fields.String(allow_none=True)
    item_id = Id(allow_none=True)
    expires_on = Day(allow_none=True, metadata={"description": "Of a lot: the last good day that we know."})


class WhatOut(Out):
    """What a text is: how it was read, the records it may name, and what a person must still say."""

    label = fields.Nested(LabelOut())
    found = fields.List(fields.Nested(CandidateOut()), metadata={"description": "At most 12."})
    question = fields.String(
        allow_none=True,
        metadata={
            "description": "null when exactly one record is meant; else several_kinds, several_lots, several, "
            "other_capitals, lot_not_known, or what the label leaves open."
        },
    )
    question_about = fields.String()


class TypedIn(In):
    """Where to go on in the list of typed lots."""

    cursor = Line(max_length=1000, load_default="")
    done = Line(max_length=20, load_default="")


class TypedOut(Out):
    """One posting whose lot was typed and not scanned, with the reason."""

    posting_seq = Id(attribute="seq")
    reason = fields.Enum(Reason, by_value=True, metadata={"description": "Of the posting."})
    capture = fields.Enum(Capture, by_value=True)
    typed_reason = fields.Enum(TypedReason, by_value=True)
    typed_note = fields.String()
    raw_scan = fields.String(metadata={"description": "What was typed, byte for byte."})
    lot_id = Id(attribute="lot")
    lot_number = fields.String()
    sku = fields.String()
    by = fields.String()
    recorded_at = Instant()


def label_of(scan: gs1.Scan) -> dict[str, Any]:
    """What a label says of itself, by the names of LabelOut."""
    return {
        "kind": gs1.kind_of(scan),
        "how": scan.how,
        "question": scan.question,
        "elements": [list(element.pair) for element in scan.elements],
        "gtin": _text(scan.gtin),
        "sku": _text(scan.sku),
        "lot_number": _text(scan.lot),
        "serial": scan.serial,
        "sscc": _text(scan.sscc),
        "expires_on": scan.expires_on,
        "best_before_on": scan.best_before_on,
        "manufactured_on": scan.manufactured_on,
        "quantity": scan.quantity,
        "net_weight_kg": scan.net_weight_kg,
    }


def candidate_of(found: Any) -> dict[str, Any]:
    """One record, by the names of CandidateOut."""
    item = found if found.kind == "item" else getattr(found, "item", None)
    return {
        "kind": found.kind, "id": found.id, "code": found.code, "is_as_written": found.is_as_written,
        "sku": item.sku if item else None, "item_id": item.id if item else None,
        "expires_on": getattr(found, "expires_on", None),
    }  # fmt: skip


def _text(code: Any) -> str | None:
    return None if code is None else str(code)
