"""A pallet that is looked at before its one SSCC takes it in: steps of Receive (receive.py).

check -> each asked part is scanned; with the last one the pallet is taken in
      -> part -> how: a part is missing, another lot, or another quantity; then all of the pallet is asked
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from wms.core.clock import now
from wms.core.errors import BadInput, BadQuantity, BadScan, NotFound, QuestionNeeded
from wms.core.ids import PalletCheckId
from wms.core.quantity import ZERO, Quantity
from wms.db import run_in_transaction
from wms.gs1 import scan as gs1
from wms.gs1.codes import LotNumber
from wms.mobile import messages, resolve
from wms.mobile.flow import ITEM, LOT, LPN, NUMBER, TEXT, FlowStep, Operation, Turn, ask, yes
from wms.mobile.receive_draft import Draft, number
from wms.mobile.resolve import FoundItem, FoundLot, FoundLpn
from wms.receiving import service
from wms.receiving.queries import checks
from wms.receiving.rules.commands import NoteDifference, ScanUnit
from wms.web import auth

_LABELS: Final = (LPN, LOT, ITEM)
STEPS: Final = (
    FlowStep(
        "check", accepts=_LABELS, new_kinds=(LOT, LPN), next="scan", prompt=messages.SCAN_PART_OF_PALLET,
        events={"differs": "part", "leave": "scan"},
    ),
    FlowStep("part", accepts=(TEXT,), next="how", prompt=messages.WHICH_PART_DIFFERS, events={"back": "check"}),
    FlowStep(
        "how", accepts=(NUMBER,), next="check", prompt=messages.HOW_PART_DIFFERS,
        events={"missing": "check", "other_lot": "check", "back": "check"},
    ),
)  # fmt: skip
NAMES: Final = frozenset(step.name for step in STEPS)


def begin(draft: Draft) -> Turn:
    """Begin to look at the pallet of the draft, or go on with it."""
    if draft.sscc is None:
        raise BadInput()
    check = run_in_transaction(
        service.open_check, draft.receipt, str(draft.sscc), warehouse=auth.current_warehouse(), actor=auth.actor_id(),
        at=now(),
    )  # fmt: skip
    looking = replace(draft.fresh, check=str(check))
    return Turn(step="check", state=looking.state, message=ask(messages.LOOK_AT_PALLET % {"lpn": str(draft.sscc)}))


def show(draft: Draft) -> Mapping[str, Any]:
    """What the steps show: the pallet, what is left to scan, what was found."""
    return {"look": checks.view_of(_check(draft), warehouse=auth.current_warehouse())}


def take(op: Operation, draft: Draft) -> Turn | service.Received:
    """Decide one operation of a pallet that is looked at; Received when it was the last and the pallet is in."""
    if op.step.name == "part" and op.is_scan:
        return Turn(step="how", state=replace(draft, part=_code_of(op.scan), kind="").state)
    if op.step.name == "how":
        if op.event == "back":
            return Turn(step="check", state=replace(draft, part="", kind="").state)
        kind = "other_quantity" if op.is_scan else op.event
        amount = op.found if op.is_scan else None
        if op.is_scan and (not isinstance(amount, Quantity) or amount <= ZERO):
            raise BadQuantity(text=op.scan[:40])
        return _note(replace(draft, kind=kind, quantity=amount), op)
    if not op.is_scan:
        target = op.step.events[op.event]
        return Turn(step=target, state=draft.fresh.state if target == "scan" else draft.state)
    return _scan(replace(draft, scans=op.scan[:300], part="", kind="", answers=frozenset()), op.found, op)


def repeat(op: Operation, draft: Draft) -> Turn | service.Received:
    """Do again what was asked about, now that it was answered."""
    if draft.kind:
        return _note(draft, op)
    found = resolve.resolve(draft.scans, _LABELS, auth.current_warehouse(), new_kinds=(LOT, LPN))
    return _scan(draft, found, op)


def _scan(draft: Draft, found: Any, op: Operation) -> Turn | service.Received:
    item = found.item if isinstance(found, FoundLot) else found if isinstance(found, FoundItem) else None
    if isinstance(found, FoundLpn):
        if found.scan.sscc is None:
            raise NotFound(kind="sscc", text=found.code)
    elif item is None:
        raise BadInput()
    lot = LotNumber.parse(found.number) if isinstance(found, FoundLot) else found.scan.lot
    cmd = ScanUnit(
        warehouse=auth.current_warehouse(), check=_check(draft), key=op.key,
        sscc=found.scan.sscc if isinstance(found, FoundLpn) else None,
        item=item.id if item is not None else None, lot=lot if item is not None else None,
        raw_scan=draft.scans, answers=draft.answers,
    )  # fmt: skip
    return _looked(draft, run_in_transaction(service.scan_unit, cmd, actor=auth.actor_id(), at=now()))


def _note(draft: Draft, op: Operation) -> Turn | service.Received:
    cmd = NoteDifference(
        warehouse=auth.current_warehouse(), check=_check(draft), code=draft.part, kind=draft.kind, key=op.key,
        quantity=draft.quantity, answers=draft.answers,
    )  # fmt: skip
    return _looked(draft, run_in_transaction(service.note_difference, cmd, actor=auth.actor_id(), at=now()))


def _looked(draft: Draft, looked: service.Looked) -> Turn | service.Received:
    if looked.received is not None:
        return looked.received
    going_on = replace(draft.fresh, check=draft.check)
    return Turn(step="check", state=going_on.state, message=yes(messages.PART_NOTED % {"count": looked.left}))


def asked(draft: Draft, question: QuestionNeeded, words: str) -> Turn:
    """Put a question to the person; the scan that raised it travels along."""
    waiting = replace(draft, asks=str(question.data["question"]), question=words)
    return Turn(step="question", state=waiting.state, message=ask(words))


def draft_of(op: Operation, draft: Draft) -> Draft:
    """The draft as it is to be asked about: with the scan or the difference that this operation brought."""
    if op.step.name == "how":
        kind = "other_quantity" if op.is_scan else op.event
        return replace(draft, kind=kind, quantity=op.found if op.is_scan else None)
    if op.step.name == "question" and not op.is_scan:
        return draft
    return replace(draft, scans=op.scan[:300], part="", kind="", answers=frozenset())


def _code_of(text: str) -> str:
    """The part that was scanned or chosen: the SSCC inside a label, else the text itself ("line 3")."""
    try:
        scan = gs1.read(text)
    except BadScan:
        return text[:30]
    return str(scan.sscc) if scan.sscc is not None else text[:30]


def _check(draft: Draft) -> PalletCheckId:
    return PalletCheckId(number(draft.check))
