"""Receive on the handheld: choose what came, scan label after label; what a label does not say is asked.

choose -> scan -> (lot -> lot_again | photo) -> (expiry) -> (quantity) -> posted, scan
choose -> unknown: the SSCC of nobody's notice opens a provisional receipt, whose goods come in on hold
scan   -> check (receive_check.py): part of a pallet is scanned before its SSCC takes it in
             \\-> posted at once when the label says all, or an announced SSCC was scanned
any refusal stays on the step; a question leads to `question` and from there, after a yes, to the posting.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from flask import Response, current_app, request

from wms.catalog.models import DateBasis, Item, TypedLotPolicy
from wms.core.clock import now
from wms.core.errors import (
    BadInput,
    BadQuantity,
    BadScan,
    CheckNeeded,
    MissingField,
    NotFound,
    QuestionNeeded,
    WrongItemScanned,
)
from wms.core.ids import ReceiptId
from wms.core.quantity import ZERO, Quantity
from wms.db import run_in_transaction
from wms.files import service as file_service
from wms.gs1 import scan as gs1
from wms.gs1.codes import LotNumber
from wms.gs1.sscc import Sscc
from wms.mobile import bp, messages, receive_check
from wms.mobile.flow import ITEM, LOT, LPN, NUMBER, TEXT, Flow, FlowStep, Operation, Turn, alarm, ask, yes
from wms.mobile.receive_draft import CARRIES, Draft, scan_question
from wms.mobile.resolve import FoundItem, FoundLot, FoundLpn
from wms.mobile.screen import is_unit_question, run
from wms.numbering.queries import life_of
from wms.receiving import service
from wms.receiving.queries import intake, lines, papers
from wms.receiving.rules import codes
from wms.receiving.rules.commands import OpenReceipt, ReceiveLpn
from wms.receiving.rules.dates import read_label_date
from wms.receiving.rules.intake import check_typed_lot
from wms.web import auth, sentences
from wms.web.auth import requires
from wms.web.views import quantity as written

_LEAST: Final = Quantity(1)
_LABELS: Final = (LPN, LOT, ITEM)
FLOW: Final = Flow(
    task="receive",
    title=messages.RECEIVE,
    carries=CARRIES,
    steps=(
        FlowStep("choose", accepts=(TEXT,), next="scan", prompt=messages.SCAN_PAPER, events={"blind": "scan"}),
        FlowStep(
            "scan", accepts=_LABELS, new_kinds=(LOT, LPN), next="scan", prompt=messages.SCAN_LABEL,
            events={"each": "scan", "finish": "finish", "more": "more", "leave": "choose"},
        ),
        FlowStep(
            "unknown", accepts=(TEXT,), next="scan", prompt=messages.YES_OR_SCAN_PAPER,
            events={"yes": "scan", "no": "choose"}, needs=("sscc",),
        ),
        FlowStep(
            "more", accepts=(TEXT,), next="scan", prompt=messages.CHOOSE,
            events={"supplier": "supplier", "leave": "choose", "back": "scan"},
        ),
        FlowStep("supplier", accepts=(TEXT,), next="scan", prompt=messages.SCAN_OR_TYPE_SUPPLIER, events={"back": "scan"}),
        *receive_check.STEPS,
        FlowStep(
            "lot", accepts=(TEXT,), next="expiry", prompt=messages.SCAN_OR_TYPE_LOT, events={"back": "scan"}, types_lot=True
        ),
        FlowStep("lot_again", accepts=(TEXT,), next="expiry", prompt=messages.TYPE_LOT_AGAIN, events={"back": "lot"}),
        FlowStep(
            "photo", accepts=(TEXT,), next="expiry", prompt=messages.PHOTO_OF_LOT, events={"photo": "expiry", "back": "lot"}
        ),
        FlowStep("expiry", accepts=(TEXT,), next="quantity", prompt=messages.SCAN_OR_TYPE_EXPIRY, events={"back": "scan"}),
        FlowStep("quantity", accepts=(NUMBER,), next="scan", prompt=messages.ENTER_QUANTITY, events={"back": "scan"}),
        FlowStep(
            "question", accepts=_LABELS, new_kinds=(LOT, LPN), next="scan", prompt=messages.YES_OR_SCAN_ON,
            events={"yes": "scan", "no": "scan"},
        ),
        FlowStep("finish", accepts=_LABELS, new_kinds=(LOT, LPN), next="scan", prompt=messages.CLOSE_OR_SCAN_ON,
                 events={"close": "choose", "later": "choose", "named": "finish", "back": "scan"}),
    ),
)  # fmt: skip


@bp.route("/receive", methods=["GET", "POST"])
@requires("receive")
def receive() -> Response:
    """Take goods in; ?receipt= goes on with a receipt that is open."""
    receipt = request.args.get("receipt", "")
    if request.method == "GET" and receipt.isascii() and receipt.isdigit() and len(receipt) < 20:
        found = papers.get_receipt(ReceiptId(int(receipt)), warehouse=auth.current_warehouse())
        return run(FLOW, show=show, take=take, start="scan", state=Draft(receipt=found.id).state)
    return run(FLOW, show=show, take=take)


# -- what a step shows ----------------------------------------------------------------------------------------------------
def show(step: str, state: Mapping[str, str]) -> Mapping[str, Any]:
    """Read what the page of this step shows."""
    warehouse = auth.current_warehouse()
    if step == "choose":
        return {"work": papers.work_to_receive(warehouse, limit=6)}
    if step == "unknown":
        return {"sscc": state["sscc"]}
    draft = Draft.read(state)
    receipt = papers.get_receipt(draft.receipt, warehouse=warehouse)
    paper = receipt.asn.number if receipt.asn else receipt.purchase_order.number if receipt.purchase_order else ""
    page: dict[str, Any] = {"receipt": receipt, "paper": paper, "draft": draft, "item": None}
    if step in receive_check.NAMES:
        return {**page, **receive_check.show(draft)}
    if step in {"scan", "finish"}:
        page["expected"] = _expected(receipt)
    if step == "supplier":
        page["suppliers"] = papers.suppliers()[:4]
    if step == "finish":
        page["differences"] = lines.differences_of_receipt(receipt)
    if draft.item is not None:
        item = intake.item_for_receipt(draft.item)
        page |= {"item": item, "units": intake.pack_units(item.id) if step == "quantity" else []}
        if step == "expiry":
            page["scan_value"] = _likely_expiry(draft, item, _expected(receipt))
        if step == "quantity":
            page["left"] = _left(item, _expected(receipt))
    return page


def _expected(receipt: Any) -> list[Any]:
    if receipt.asn_id is not None:
        return lines.expected_of_asn(receipt.asn_id)
    return lines.expected_of_order(receipt.purchase_order_id) if receipt.purchase_order_id is not None else []


def _likely_expiry(draft: Draft, item: Item, expected: list[Any]) -> str:
    """What to offer for the date, to be confirmed by eye: as announced for this lot, else counted from the day of making."""
    said = next((e.expires_on for e in expected if e.lot_number == str(draft.lot) and e.expires_on), None)
    life = life_of(item)
    if said is None and draft.made is not None and life is not None:
        said = life.ends(draft.made)
    return said.isoformat() if said else ""


def _left(item: Item, expected: list[Any]) -> Quantity | None:
    """How much of the item is still to come, None on a blind receipt."""
    mine = [e for e in expected if e.sku == item.sku]
    if not mine:
        return None
    return max(Quantity(sum(e.quantity.millionths - e.received.millionths for e in mine)), ZERO)


# -- what an operation does ---------------------------------------------------------------------------------------------
def take(op: Operation) -> Turn:
    """Decide one operation: at most one verb in one transaction, then the next step."""
    if op.step.name in {"choose", "unknown"}:
        return _choose(op)
    draft = Draft.read(op.state)
    if draft.check:
        return _look(op, draft)
    if not op.is_scan:
        return _press(op, draft)
    match op.step.name:
        case "supplier":
            return _name_supplier(draft, op.scan)
        case "more":
            raise BadInput()
        case "lot":
            return _advance(_with_lot(draft, op.scan, is_scanned=op.via == "scan"), op)
        case "lot_again":
            check_typed_lot("twice", first=str(draft.lot), again=op.scan, has_photo=False)
            return _advance(replace(draft, again=op.scan), op)
        case "photo":
            raise MissingField(field="photo")
        case "expiry":
            return _advance(_with_expiry(draft, op.scan), op)
        case "quantity":
            return _advance(_with_quantity(draft, op), op)
    return _scanned(draft.fresh if op.step.name != "scan" else draft, op)


def _choose(op: Operation) -> Turn:
    warehouse = auth.current_warehouse()
    if op.event == "blind":
        return _open(OpenReceipt(warehouse=warehouse))
    if op.event == "no":
        return Turn(step="choose")
    if op.event == "yes":
        return _open_provisional(Sscc.parse(op.state.get("sscc", "")))
    found = papers.work_to_receive(warehouse, search=op.scan)
    if not found:
        sscc = _sscc_in(op.scan)
        if sscc is None:
            raise NotFound(kind="asn", text=op.scan[:60])
        asn = papers.announcing_asn(str(sscc), warehouse=warehouse)
        if asn is None:
            return Turn(
                step="unknown", state={"sscc": str(sscc)}, message=ask(messages.SSCC_OF_NOBODY % {"lpn": str(sscc)})
            )
        return _open(OpenReceipt(warehouse=warehouse, asn=asn), ask(messages.SCAN_PALLET_AGAIN))
    match found[0].kind:
        case "receipt":
            return Turn(step="scan", state=Draft(receipt=ReceiptId(found[0].id)).state)
        case "asn":
            return _open(OpenReceipt(warehouse=warehouse, asn=found[0].id))  # type: ignore[arg-type]
        case _:
            return _open(OpenReceipt(warehouse=warehouse, purchase_order=found[0].id))  # type: ignore[arg-type]


def _sscc_in(text: str) -> Sscc | None:
    try:
        return gs1.read(text).sscc
    except BadScan:
        return None


def _open_provisional(sscc: Sscc) -> Turn:
    """A plate of nobody's notice: its receipt is open now, and its goods are scanned next."""
    receipt = run_in_transaction(
        service.open_provisional, sscc=str(sscc), warehouse=auth.current_warehouse(), actor=auth.actor_id(), at=now()
    )
    draft = Draft(receipt=receipt, sscc=sscc)
    return Turn(step="scan", state=draft.state, message=ask(messages.SCAN_GOODS_ON_LPN % {"lpn": str(sscc)}))


def _name_supplier(draft: Draft, text: str) -> Turn:
    supplier = papers.get_supplier(text.strip())
    run_in_transaction(
        service.name_supplier, draft.receipt, supplier.id, warehouse=auth.current_warehouse(), actor=auth.actor_id(),
        at=now(),
    )  # fmt: skip
    said = messages.SUPPLIER_NAMED % {"supplier": supplier.code}
    return Turn(step="scan", state=draft.fresh.state, message=yes(said))


def _look(op: Operation, draft: Draft) -> Turn:
    """A pallet is being looked at: scans are of its parts, a yes does again what was asked about."""
    if op.step.name == "question" and op.event == "no":
        return Turn(step="check", state=replace(draft.fresh, check=draft.check).state)
    try:
        if op.step.name == "question" and op.event == "yes":
            draft = replace(draft, answers=draft.answers | {draft.asks}, asks="", question="")
            came_to = receive_check.repeat(op, draft)
        else:
            came_to = receive_check.take(op, draft)
    except QuestionNeeded as question:
        if is_unit_question(question):
            raise
        return receive_check.asked(receive_check.draft_of(op, draft), question, sentences.sentence(question))
    return came_to if isinstance(came_to, Turn) else _done(draft, came_to)


def _open(cmd: OpenReceipt, message: Any = None) -> Turn:
    receipt = run_in_transaction(service.open_receipt, cmd, actor=auth.actor_id(), at=now())
    return Turn(step="scan", state=Draft(receipt=receipt).state, message=message)


def _press(op: Operation, draft: Draft) -> Turn:
    """Answer a button."""
    match op.event:
        case "yes":
            return _advance(replace(draft, answers=draft.answers | {draft.asks}, asks="", question=""), op)
        case "no" if draft.asks == codes.SAME_LOT:
            other = draft.answers | {codes.OTHER_LOT}
            return _advance(replace(draft, answers=other, asks="", question=""), op)
        case "no" if draft.asks == codes.FROM_CODE:
            return Turn(step="expiry", state=replace(draft, asks="", question="").state)
        case "photo":
            return _advance(replace(draft, photo=_keep_photo()), op)
        case "each":
            return Turn(step="scan", state=replace(draft.fresh, each=not draft.each).state)
        case "close":
            run_in_transaction(
                service.close_receipt,
                draft.receipt,
                warehouse=auth.current_warehouse(),
                actor=auth.actor_id(),
                at=now(),
            )
            return Turn(step="choose", message=yes(messages.RECEIPT_CLOSED))
        case "later":
            run_in_transaction(
                service.close_receipt, draft.receipt, warehouse=auth.current_warehouse(), actor=auth.actor_id(), at=now(),
                is_rest_expected=True,
            )  # fmt: skip
            return Turn(step="choose", message=yes(messages.RECEIPT_PAUSED))
        case "named":
            run_in_transaction(
                service.finish_provisional, draft.receipt, warehouse=auth.current_warehouse(), actor=auth.actor_id(),
                at=now(),
            )  # fmt: skip
            return Turn(step="finish", state=draft.fresh.state, message=yes(messages.ALL_NAMED))
    target = op.step.events[op.event]
    if target == "choose":
        return Turn(step="choose")
    kept = replace(draft, lot=None, again="", photo="") if target == "lot" else draft.fresh
    return Turn(step=target, state=kept.state)


def _scanned(draft: Draft, op: Operation) -> Turn:
    """A label was read: an announced pallet is taken in whole, else its facts are added to what is known."""
    found = op.found
    if isinstance(found, FoundLpn):
        return _pallet(draft, found, op)
    if not isinstance(found, FoundItem | FoundLot):
        raise BadInput()
    item = found if isinstance(found, FoundItem) else found.item
    if draft.item is not None and draft.item != item.id:
        draft = replace(draft.fresh, sscc=draft.sscc)
    return _ask_or_advance(draft.with_label(found), found.scan, op)


def _pallet(draft: Draft, found: FoundLpn, op: Operation) -> Turn:
    """An SSCC: taken in as announced; when the ASN does not say enough, its goods are scanned onto the plate."""
    if found.scan.sscc is None:
        raise NotFound(kind="sscc", text=found.code)
    warehouse = auth.current_warehouse()
    receipt = papers.get_receipt(draft.receipt, warehouse=warehouse)
    announced = intake.asn_lines_of_sscc(receipt.asn_id, found.code) if receipt.asn_id else []
    draft = replace(draft.fresh, sscc=found.scan.sscc, answers=draft.answers).with_facts(found.scan)
    if announced and all(_says_all(line, item) for line, item, _ in announced):
        return _post_pallet(draft, op)
    if not announced and receipt.asn is not None and intake.has_announced_ssccs(receipt.asn.id):
        return _question(
            draft, QuestionNeeded(question="sscc_not_announced", scanned=found.code, needed=receipt.asn.number)
        )
    if len(announced) == 1:
        line, item, _ = announced[0]
        known = replace(draft, item=item.id, unit=item.base_unit, quantity=line.quantity)
        return _advance(known, op)
    return Turn(step="scan", state=draft.state, message=ask(messages.SCAN_GOODS_ON_LPN % {"lpn": found.code}))


def _says_all(line: Any, item: Item) -> bool:
    has_lot = bool(line.lot_number) or not item.is_lot_tracked
    return has_lot and (line.expires_on is not None or not _needs_date(item))


def _post_pallet(draft: Draft, op: Operation) -> Turn:
    if draft.sscc is None:
        raise BadInput()
    cmd = ReceiveLpn(
        warehouse=auth.current_warehouse(), receipt=draft.receipt, sscc=draft.sscc, key=op.key, raw_scan=draft.scans,
        answers=draft.answers,
    )  # fmt: skip
    try:
        received = run_in_transaction(service.receive_lpn, cmd, actor=auth.actor_id(), at=now())
    except CheckNeeded:
        return receive_check.begin(draft)
    except QuestionNeeded as question:
        if is_unit_question(question):
            raise
        return _question(draft, question)
    return _done(draft, received)


def _with_lot(draft: Draft, text: str, *, is_scanned: bool) -> Draft:
    """A lot as a label of its own, or typed; a label that names another item is refused.

    A barcode that is a lot number and nothing else counts as scanned when it came as fast as a scanner sends.
    """
    scan = gs1.read(text)
    if isinstance(scan, gs1.LpnScan | gs1.BinScan | gs1.EpcScan) and scan.how not in {"plain", "check_digit", "hex"}:
        raise BadScan(text=text[:60], why="not_a_lot")
    if scan.lot is None and is_scanned:
        return replace(draft.with_facts(scan), lot=LotNumber.parse(text), again="", photo="")
    if scan.lot is None:
        auth.demand("lot.type")
        return replace(draft, lot=LotNumber.parse(text), again="", photo="")
    if scan.gtin is not None and draft.item is not None:
        units = intake.pack_units(draft.item)
        if str(scan.gtin) not in {unit.gtin for unit in units}:
            raise WrongItemScanned(needed=intake.item_for_receipt(draft.item).sku, scanned=scan.gtin.short)
    return replace(draft.with_facts(scan), again="", photo="")


def _with_expiry(draft: Draft, text: str) -> Draft:
    """A date as a label of its own, or typed."""
    if draft.item is None:
        raise BadInput()
    scan = None
    try:
        scan = gs1.read(text) if len(text) > 10 else None
    except BadScan:
        pass  # a date such as 2027年03月31日 need not be a code
    if scan is not None and (scan.expires_on or scan.best_before_on):
        return draft.with_facts(scan)
    said = read_label_date(text)
    basis = intake.item_for_receipt(draft.item).date_basis
    name = "best_before" if basis is DateBasis.BEST_BEFORE else "expires"
    return replace(draft, expiry_text=said.text, precision=said.precision, **{name: said.day})  # type: ignore[arg-type]


def _with_quantity(draft: Draft, op: Operation) -> Draft:
    """So many of the chosen unit, in base units."""
    if draft.item is None or not isinstance(op.found, Quantity):
        raise BadInput()
    if op.found <= ZERO:
        raise BadQuantity(text=op.scan[:40])
    factors = {unit.code: unit.factor for unit in intake.pack_units(draft.item)}
    unit = op.form.get("unit", "")
    factor = factors.get(unit)
    if factor is None:
        return replace(draft, quantity=op.found)
    return replace(draft, quantity=Quantity.of(op.found.decimal * factor.decimal), unit=unit)


def _ask_or_advance(draft: Draft, scan: gs1.Scan, op: Operation) -> Turn:
    code = scan_question(scan)
    if code is not None and code not in draft.answers:
        return _question(draft, QuestionNeeded(question=code, lot=str(scan.lot)))
    return _advance(draft, op)


def _advance(draft: Draft, op: Operation) -> Turn:
    """Ask for what is missing, or take the goods in."""
    if draft.item is None:  # an LPN that nobody announced, after the yes: now its goods
        if draft.sscc is None:
            return Turn(step="scan", state=draft.fresh.state)
        if draft.answers - {"sscc_not_announced"}:
            return _post_pallet(draft, op)
        words = messages.SCAN_GOODS_ON_LPN % {"lpn": str(draft.sscc)}
        return Turn(step="scan", state=draft.state, message=ask(words))
    item = intake.item_for_receipt(draft.item)
    if draft.quantity is None and draft.each:
        draft = replace(draft, quantity=draft.factor)
    missing = _missing(draft, item)
    if missing is None:
        return _post(draft, op)
    # Wrong, expired or contradicting goods are refused at the label, not after the counting.
    known = replace(draft, quantity=draft.quantity or _LEAST)
    try:
        cmd = known.command(key=op.key, warehouse=auth.current_warehouse(), on_new_lpn=False, has_photo=False)
        service.check_line(cmd, at=now())
    except MissingField:
        pass  # the next step asks for it
    except QuestionNeeded as question:
        return _question(draft, question)
    return Turn(step=missing, state=draft.state)


def _missing(draft: Draft, item: Item) -> str | None:
    """The step that asks for what is not known yet."""
    if item.is_lot_tracked:
        if draft.lot is None:
            return "lot"
        if draft.is_typed and item.typed_lot_policy is TypedLotPolicy.TWICE and not draft.again:
            return "lot_again"
        if draft.is_typed and item.typed_lot_policy is TypedLotPolicy.PHOTO and not draft.photo:
            return "photo"
        if _needs_date(item) and not (draft.expires or draft.best_before) and not _is_dated(item, draft):
            return "expiry"
    return "quantity" if draft.quantity is None else None


def _needs_date(item: Item) -> bool:
    return item.is_lot_tracked and item.date_basis is not DateBasis.NONE


def _is_dated(item: Item, draft: Draft) -> bool:
    if codes.FROM_CODE in draft.answers:
        return True
    receipt = papers.get_receipt(draft.receipt, warehouse=auth.current_warehouse())
    known, _ = service.find_known(item, str(draft.lot), receipt=receipt)
    if known is None or (codes.OTHER_LOT in draft.answers and known.number == str(draft.lot)):
        return False
    return (known.expires_on or known.best_before_on) is not None


def _post(draft: Draft, op: Operation) -> Turn:
    if draft.is_typed:
        auth.demand("lot.type")
    photo = file_service.find_kept(draft.photo, data_dir=_data_dir()) if draft.photo else None
    cmd = draft.command(
        key=op.key,
        warehouse=auth.current_warehouse(),
        on_new_lpn=op.form.get("on_new_lpn") == "1",
        has_photo=photo is not None,
    )
    try:
        received = run_in_transaction(service.receive_line, cmd, photo=photo, actor=auth.actor_id(), at=now())
    except QuestionNeeded as question:
        if is_unit_question(question):
            raise
        return _question(draft, question)
    return _done(draft, received)


def _question(draft: Draft, question: QuestionNeeded) -> Turn:
    words = sentences.sentence(question)
    asked = replace(draft, asks=str(question.data["question"]), question=words)
    return Turn(step="question", state=asked.state, message=ask(words))


def _done(draft: Draft, received: service.Received) -> Turn:
    values = {
        "quantity": written(received.quantity, received.base_unit), "sku": received.sku, "lot": received.lot_number,
        "lines": len(received.lines), "lots": received.lots,
    }  # fmt: skip
    if received.lots > 1:  # a whole pallet
        message = (
            alarm(messages.RECEIVED_LOTS_HELD % values) if received.is_held else yes(messages.RECEIVED_LOTS % values)
        )
    elif received.is_held:
        message = alarm(messages.RECEIVED_HELD % values)
    else:
        pending = received.quality == "pending"
        message = yes((messages.RECEIVED_PENDING if pending else messages.RECEIVED) % values)
    return Turn(step="scan", state=draft.fresh.state, message=message)


def _keep_photo() -> str:
    """Keep the photo on disk; its row comes with the goods."""
    sent = request.files.get("photo")
    if sent is None or not sent.filename:
        raise MissingField(field="photo")
    content = sent.stream.read(file_service.MAX_BYTES + 1)
    return file_service.keep_photo(content, data_dir=_data_dir()).sha256


def _data_dir() -> Path:
    return Path(current_app.config["WMS"].data_dir)
