"""What a handheld does, for machines: read a scan, take goods in as their label says, carry goods.

The labels are read and the lot is judged as on the handheld: a lot that stands on no label counts as typed, with all that
the item's rules ask of a typed one. Counting, putting away and closing a receipt are with their features.
"""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any, Final

from flask import current_app

from wms.core.clock import now
from wms.core.errors import (
    ExpiryContradicts,
    MissingField,
    NotFound,
    QuestionNeeded,
    WrongItemScanned,
    WrongLotScanned,
    WrongLpnScanned,
)
from wms.core.ids import BalanceId, BinId, LpnId, ReceiptId
from wms.core.quantity import Quantity
from wms.files import service as file_service
from wms.gs1.codes import LotNumber
from wms.gs1.sscc import Sscc
from wms.mobile import inquiry, resolve, schemas
from wms.mobile.flow import BIN, ITEM, LOT, LPN, ORDER
from wms.mobile.receive_draft import Draft, scan_question
from wms.mobile.resolve import FoundBin, FoundItem, FoundLot, FoundLpn
from wms.quality import handling
from wms.quality.handling import MoveGoods, MoveLpn
from wms.receiving import service
from wms.receiving.models import Receipt
from wms.receiving.queries import intake, lines, papers
from wms.receiving.rules.commands import ReceiveLine, ReceiveLpn, TypedLot
from wms.scans.schemas import label_of
from wms.stock import capture_edge, captures
from wms.stock import queries as stock
from wms.stock.captures import Captured
from wms.stock.ledger import Quality
from wms.stock.models import Capture
from wms.stock.queries import StockRow
from wms.stock.schemas import PostingOut
from wms.web import api, auth
from wms.web.api import reads, writes
from wms.web.auth import actor_id, current_warehouse, requires
from wms.web.forms import yeses

bp = api.blueprint("handheld_api", __name__)

_STOCK_MAX: Final = 50


# -- scans ------------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, kw_only=True)
class Scanned:
    """What a scan names, what its label says, what stands there."""

    kind: str
    id: int
    code: str
    sku: str | None
    item_id: int | None
    unit: str | None
    unit_quantity: Quantity | None
    bin_kind: str | None
    is_blocked: bool | None
    label: dict[str, Any]
    stock: Sequence[StockRow]
    stock_count: int
    on_hand_quantity: Quantity | None
    base_unit: str | None


@bp.get("/scans")
@requires("stock.view")
@reads(query=schemas.ScanQuery(), answer=schemas.ScanOut())
def resolve_scan(query: dict[str, Any]) -> Scanned:
    """Say what a scan names, and what stands there.

    A GS1 label, a Digital Link, a label of our own, an EPC in hex, or a plain code. Found is one bin, LPN, lot, item or
    order of the warehouse. Refused: a text that cannot be read, a code that nobody knows, a bare lot number that several
    items have.
    """
    found = resolve.resolve(query["text"], (BIN, LPN, LOT, ITEM, ORDER), current_warehouse())
    rows = inquiry.rows_at(found.kind, found.id)
    item = found if isinstance(found, FoundItem) else found.item if isinstance(found, FoundLot) else None
    is_one_item = len({row.item for row in rows}) == 1
    return Scanned(
        kind=found.kind,
        id=found.id,
        code=found.code,
        sku=item.sku if item else None,
        item_id=item.id if item else None,
        unit=item.unit if item else None,
        unit_quantity=item.factor if item else None,
        bin_kind=found.bin_kind if isinstance(found, FoundBin) else None,
        is_blocked=found.is_blocked if isinstance(found, FoundBin) else None,
        label=label_of(found.scan),
        stock=stock.with_states(rows[:_STOCK_MAX], on=auth.today()),
        stock_count=len(rows),
        on_hand_quantity=Quantity(sum(row.on_hand.millionths for row in rows)) if is_one_item else None,
        base_unit=rows[0].base_unit if is_one_item else item.base_unit if item else None,
    )


# -- taking in --------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, kw_only=True)
class Taken:
    """The lines that were taken in, and how they came."""

    lines: Sequence[lines.CameLine]
    quality: Quality
    is_held: bool
    is_new_lot: bool


def _keep_photo(values: dict[str, Any]) -> Any:
    """Look at the picture and keep it: slow, so before the transaction."""
    return file_service.keep_photo(values["content"], data_dir=_data_dir())


def _find_photo(values: dict[str, Any]) -> dict[str, Any]:
    """Find the picture that was kept a moment ago."""
    sha256 = values["photo"]
    return values | {"photo": file_service.find_kept(sha256, data_dir=_data_dir()) if sha256 else None}


@bp.post("/photos")
@requires("receive", "problem.report")
@writes(
    body=schemas.PhotoIn(), answer=schemas.PhotoOut(), status=201, offers=("mobile.receive",), prepares=_keep_photo,
    body_bytes_max=schemas.PHOTO_BODY_BYTES,
)  # fmt: skip
def keep_photo(values: Any) -> file_service.KeptFile:
    """Keep a photo, as base64, for a line that is about to be received or a problem that is about to be reported.

    JPEG, PNG or WebP by its content, at most 8 MB. It belongs to nothing until a call names it.
    """
    kept: file_service.KeptFile = values
    return kept


@bp.post("/receipts/<int:receipt_id>/lines")
@requires("receive")
@writes(
    body=schemas.ReceiveLineIn(), answer=schemas.ReceivedOut(), status=201, offers=("mobile.receive",),
    prepares=_find_photo,
)  # fmt: skip
def receive_line(receipt_id: int, values: dict[str, Any]) -> Taken:
    """Take goods in: they stand at the dock from then on, and wait to be put away.

    Send the labels as they were read in `scans`, or say item, lot and days, or both; what contradicts a label is refused.
    The lot is made known when it is new. A lot that stands on no label counts as typed: the user needs the right
    `lot.type`, says why (`typed_reason`), and by the item's rule the number comes twice (`lot_again`) or with a photo.
    Refused: an item the paper does not name, expired goods, too little shelf life, an expiry that contradicts the known lot, more than the tolerance
    allows, an SSCC that is in stock. Asked about first, each answered with "yes": `lot_nearly_known`,
    `lot_not_announced`, `expiry_differs_from_asn`, `best_before_not_expiry`, `lot_may_hold_date`, `sscc_not_announced`,
    `lot_code_unread` and `lot_code_contradicts` (the supplier's pattern says otherwise), `date_from_code` (the day is read out
    of the code), `lot_of_another_supplier` (the same lot; answer `lot_is_another` instead, and it gets a number by rule).
    Where a rule numbers the item's lots, `lot_number` is the maker's and the answer has ours. `manufactured_on` alone is
    enough for an item with a shelf life.
    """
    receipt = papers.get_receipt(ReceiptId(receipt_id), warehouse=current_warehouse())
    cmd = _command(receipt, values)
    with _why_typed(cmd, values):
        received = service.receive_line(cmd, photo=values["photo"], actor=actor_id(), at=now())
    return _taken(received, cmd.key)


@bp.post("/receipts/<int:receipt_id>/lpns")
@requires("receive")
@writes(body=schemas.ReceiveLpnIn(), answer=schemas.ReceivedOut(), status=201, offers=("mobile.receive",))
def receive_lpn(receipt_id: int, values: dict[str, Any]) -> Taken:
    """Take a whole pallet in as its ASN announces it, by the SSCC.

    All that is announced on it and on the plates upon it comes in, each plate on the one it stands on. Refused: an SSCC that
    the ASN does not name, one received before, one announced without lot or day (then send its goods as lines with this
    `sscc`), and with `check_needed` a pallet of which part must be scanned first (POST /receipts/{id}/pallet-checks).
    Questions as for a line, and `children_received_before`.
    """
    cmd = ReceiveLpn(
        warehouse=current_warehouse(), receipt=ReceiptId(receipt_id), sscc=Sscc.parse(values["sscc"]),
        key=api.call_key(), raw_scan=values["sscc"], answers=yeses(values["answers"]),
    )  # fmt: skip
    return _taken(service.receive_lpn(cmd, actor=actor_id(), at=now()), cmd.key)


def _why_typed(cmd: ReceiveLine, values: dict[str, Any]) -> AbstractContextManager[None]:
    """A lot that stands on no label counts as typed, and says why."""
    if cmd.typed is None:
        return captures.captured(Captured(capture=Capture.SCAN, raw_scan=cmd.raw_scan))
    captures.check_typed(values["typed_reason"], values["typed_note"])
    return captures.captured(
        Captured(
            capture=Capture.TYPED, raw_scan=values["lot_number"], typed_reason=values["typed_reason"],
            typed_note=values["typed_note"],
        )
    )  # fmt: skip


def _command(receipt: Receipt, values: dict[str, Any]) -> ReceiveLine:
    """Put together what the labels say and what the body says; what contradicts is refused."""
    answers = yeses(values["answers"])
    draft, sku, scanned_lots = _read_labels(receipt, values["scans"], answers)
    if values["sku"]:
        item = papers.items_by_sku([values["sku"]]).get(values["sku"])
        if item is None:
            raise NotFound(kind="item", text=values["sku"])
        if draft.item not in (None, item.id):
            raise WrongItemScanned(needed=values["sku"], scanned=sku)
        draft = replace(draft, item=item.id)
    draft = _with_said(draft, values)
    if draft.item is None:
        raise MissingField(field="sku")
    if draft.quantity is None:
        raise MissingField(field="quantity")
    if draft.sscc is not None:
        _ask_about_plate(receipt, draft.sscc, answers)
    is_typed = draft.lot is not None and draft.lot not in scanned_lots
    if is_typed:
        auth.demand("lot.type")
    return replace(
        draft.command(
            key=api.call_key(), warehouse=receipt.warehouse_id, on_new_lpn=values["on_new_lpn"], has_photo=False
        ),
        typed=TypedLot(again=values["lot_again"] or None, has_photo=values["photo"] is not None) if is_typed else None,
        raw_scan="\n".join(values["scans"]),
        answers=answers,
    )


def _read_labels(
    receipt: Receipt, texts: Sequence[str], answers: frozenset[str]
) -> tuple[Draft, str, set[LotNumber | None]]:
    """Read each label and add its facts; the SKU they name, and the lots that stand on them."""
    draft, sku, lots = Draft(receipt=receipt.id), "", set[LotNumber | None]()
    for text in texts:
        found = resolve.resolve(text, (LPN, LOT, ITEM), receipt.warehouse_id, new_kinds=(LOT, LPN))
        if found.scan.lot is not None and draft.lot not in (None, found.scan.lot):
            raise WrongLotScanned(needed=str(draft.lot), scanned=str(found.scan.lot))
        if isinstance(found, FoundLpn):
            if found.scan.sscc is None:
                raise NotFound(kind="sscc", text=found.code)
            draft = draft.with_facts(found.scan)
        else:
            item = found if isinstance(found, FoundItem) else found.item
            if draft.item not in (None, item.id):
                raise WrongItemScanned(needed=sku, scanned=item.sku)
            sku = item.sku
            draft = draft.with_label(found)
            if isinstance(found, FoundLot):
                lots.add(LotNumber.parse(found.number))
        lots.add(found.scan.lot)
        question = scan_question(found.scan)
        if question is not None and question not in answers:
            raise QuestionNeeded(question=question, lot=str(found.scan.lot))
    return draft, sku, lots


def _with_said(draft: Draft, values: dict[str, Any]) -> Draft:
    """Add what the body says beside the labels."""
    lot = LotNumber.parse(values["lot_number"]) if values["lot_number"] else draft.lot
    if draft.lot not in (None, lot):
        raise WrongLotScanned(needed=str(draft.lot), scanned=str(lot))
    sscc = Sscc.parse(values["sscc"]) if values["sscc"] else draft.sscc
    if draft.sscc not in (None, sscc):
        raise WrongLpnScanned(needed=str(draft.sscc), scanned=str(sscc))
    is_dated = values["expires_on"] is not None or values["best_before_on"] is not None
    return replace(
        draft,
        lot=lot,
        sscc=sscc,
        expires=_agreed(lot, draft.expires, values["expires_on"]),
        best_before=_agreed(lot, draft.best_before, values["best_before_on"]),
        made=_agreed(lot, draft.made, values["manufactured_on"]),
        precision=values["expiry_precision"].value if is_dated else draft.precision,
        expiry_text=values["expiry_text"] or draft.expiry_text,
        quantity=values["quantity"] or draft.quantity,
    )


def _agreed(lot: LotNumber | None, on_label: date | None, said: date | None) -> date | None:
    if on_label is not None and said is not None and on_label != said:
        raise ExpiryContradicts(lot=str(lot or ""), known=on_label.isoformat(), came=said.isoformat())
    return said or on_label


def _ask_about_plate(receipt: Receipt, sscc: Sscc, answers: frozenset[str]) -> None:
    """A plate that an ASN with announced SSCCs does not name is taken in on a yes only, as on the handheld."""
    if receipt.asn is None or "sscc_not_announced" in answers:
        return
    is_named = bool(intake.asn_lines_of_sscc(receipt.asn.id, str(sscc)))
    if not is_named and intake.has_announced_ssccs(receipt.asn.id):
        raise QuestionNeeded(question="sscc_not_announced", scanned=str(sscc), needed=receipt.asn.number)


def _taken(received: service.Received, key: str) -> Taken:
    return Taken(
        lines=lines.lines_of_key(key),
        quality=Quality(received.quality),
        is_held=received.is_held,
        is_new_lot=received.is_new_lot,
    )


# -- carrying ---------------------------------------------------------------------------------------------------------
@bp.post("/stock/<int:balance_id>/move")
@requires("stock.move")
@writes(body=schemas.MoveGoodsIn(), answer=PostingOut(), offers=("mobile.move",))
def move_goods(balance_id: int, values: dict[str, Any]) -> stock.Posting:
    """Carry a quantity of one stock row into a bin of the same warehouse, loose; in the item's base unit.

    Refused: more than is there and not promised, a bin whose kind, temperature or single lot does not take the goods, a
    blocked bin. Held and rejected goods go to quarantine and cage only, and close the work that waited for it.
    """
    cmd = MoveGoods(
        key=api.call_key(), warehouse=current_warehouse(), balance=BalanceId(balance_id),
        quantity=values["quantity"], target=_target(values),
    )  # fmt: skip
    with capture_edge.told(values):
        seq = handling.move_goods(cmd, actor=actor_id(), at=now())
    return stock.get_posting(seq, warehouse=cmd.warehouse)


@bp.post("/lpns/<int:lpn_id>/move")
@requires("stock.move")
@writes(body=schemas.MoveLpnIn(), answer=PostingOut(), offers=("mobile.move",))
def move_lpn(lpn_id: int, values: dict[str, Any]) -> stock.Posting:
    """Carry an LPN with all that stands on it into a bin of the same warehouse.

    Between staging and shipping the promises go along; elsewhere none may lie on it. Refused also: a full bin.
    """
    cmd = MoveLpn(key=api.call_key(), warehouse=current_warehouse(), lpn=_plate(lpn_id), target=_target(values))
    with capture_edge.told(values):
        seq = handling.move_lpn(cmd, actor=actor_id(), at=now())
    return stock.get_posting(seq, warehouse=cmd.warehouse)


def _plate(lpn_id: int) -> LpnId:
    """A plate of ours; row 0 stands for loose goods, and nobody carries those as one."""
    return LpnId(stock.get_lpn(LpnId(lpn_id)).id)


def _target(values: dict[str, Any]) -> BinId:
    return BinId(stock.find_bin(values["target_bin_code"], warehouse=current_warehouse()).id)


def _data_dir() -> Path:
    return Path(current_app.config["WMS"].data_dir)
