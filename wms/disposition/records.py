"""What stands under a signature: the fields of a record that nobody may change unseen, in the words a person signed.

A field of the lot that is edited later (its last good day, say) shows as changed after signing on each signature that
names it.
"""

from __future__ import annotations

from typing import Any

from wms.disposition.models import Destruction, Nonconformance, Release, ReleaseWaiver
from wms.signing.queries import SeenSignature, SignatureRow, beside
from wms.signing.rules import Meaning
from wms.stock.models import Lot

RELEASE = "release"
WAIVER = "waiver"
NONCONFORMANCE = "nonconformance"
DESTRUCTION = "destruction"


def of_lot(lot: Lot) -> dict[str, Any]:
    """What a lot is, as far as a decision leans on it."""
    return {
        "lot_number": lot.number,
        "sku": lot.item.sku,
        "maker_lot": lot.maker_lot,
        "manufactured_on": lot.manufactured_on,
        "expires_on": lot.expires_on,
        "best_before_on": lot.best_before_on,
    }


def of_release(release: Release) -> dict[str, Any]:
    """A release or rejection: what, how much, for whom, on which checklist, why."""
    return of_lot(release.lot) | {
        "warehouse_id": release.warehouse_id,
        "verdict": release.verdict,
        "bin_id": release.bin_id,
        "lpn_id": release.lpn_id,
        "part_quantity": release.part_quantity,
        "quantity": release.quantity,
        "scope": release.scope,
        "checklist": release.checklist,
        "reason": release.reason,
    }


def of_waiver(waiver: ReleaseWaiver, lot: Lot) -> dict[str, Any]:
    """A point of the checklist that was let go, and why."""
    return of_lot(lot) | {"warehouse_id": waiver.warehouse_id, "point": waiver.point, "reason": waiver.reason}


def of_nonconformance(paper: Nonconformance, meaning: Meaning) -> dict[str, Any]:
    """A non-conformance as one signs it: a review says what it is, an approval what is decided, the end what came of it."""
    record = of_lot(paper.lot) | {
        "number": paper.number,
        "quantity": paper.quantity,
        "what": paper.what,
        "defect_class": paper.defect_class,
        "finding": paper.finding,
    }
    if meaning is not Meaning.REVIEWED:
        record |= {
            "round": paper.round,
            "disposition": paper.disposition,
            "disposition_reason": paper.disposition_reason,
            "limits": paper.limits,
        }
    if meaning is Meaning.DISPOSED:
        record |= {"outcome": paper.outcome}
    return record


def of_destruction(paper: Destruction, meaning: Meaning) -> dict[str, Any]:
    """A destruction as one signs it: an approval says what and why, executor and witness how, where and by whom."""
    record: dict[str, Any] = {
        "number": paper.number,
        "reason": paper.reason,
        "lines": [
            {
                "lot_number": line.lot.number, "sku": line.lot.item.sku, "bin": line.bin.code, "lpn": line.lpn.code,
                "quantity": line.quantity,
            }
            for line in paper.lines
        ],
    }  # fmt: skip
    if meaning in (Meaning.DISPOSED, Meaning.WITNESSED):
        record |= {"method": paper.method, "place": paper.place, "contractor": paper.contractor}
    if meaning is Meaning.WITNESSED:
        record |= {"executed_by": paper.executed_by}
    return record


def seen_of_release(release: Release, rows: list[SignatureRow]) -> list[SeenSignature]:
    """The signatures of a decision beside the record of today."""
    return beside(of_release(release), rows)


def seen_of_nonconformance(paper: Nonconformance, rows: list[SignatureRow]) -> list[SeenSignature]:
    """The signatures of a non-conformance, each beside what it was given for."""
    return [seen for row in rows for seen in beside(of_nonconformance(paper, row.meaning), [row])]


def seen_of_destruction(paper: Destruction, rows: list[SignatureRow]) -> list[SeenSignature]:
    """The signatures of a destruction, each beside what it was given for."""
    return [seen for row in rows for seen in beside(of_destruction(paper, row.meaning), [row])]
