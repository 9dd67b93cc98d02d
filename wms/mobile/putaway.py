"""Put away on the handheld: choose or scan the goods, go to the bin it names with its reason, scan the bin."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from flask import Response

from wms.core.clock import now
from wms.core.errors import BadInput, BadQuantity, NotFound, QuestionNeeded
from wms.core.ids import BinId, TaskId
from wms.core.quantity import ZERO, Quantity
from wms.db import run_in_transaction
from wms.gs1.codes import LotNumber, Sku
from wms.gs1.scan import LPN_PREFIX, write_own_lot
from wms.mobile import bp, messages
from wms.mobile.flow import BIN, ITEM, LOT, LPN, NUMBER, Flow, FlowStep, Operation, Turn, ask, yes
from wms.mobile.resolve import FoundBin, FoundItem, FoundLot, FoundLpn
from wms.mobile.screen import run
from wms.receiving import service
from wms.receiving.queries import putaway as queries
from wms.receiving.rules.commands import ConfirmPutaway
from wms.tasks.models import Task
from wms.web import auth, sentences
from wms.web.auth import requires

FLOW: Final = Flow(
    task="putaway",
    title=messages.PUTAWAY,
    carries=("task", "bin", "quantity", "asks", "question"),
    steps=(
        FlowStep("choose", accepts=(LPN, LOT, ITEM), next="bin", prompt=messages.SCAN_GOODS_TO_PUT_AWAY),
        FlowStep(
            "bin",
            accepts=(BIN,),
            next="choose",
            prompt=messages.SCAN_TARGET_BIN,
            events={"part": "part", "other": "bin", "back": "choose"},
        ),
        FlowStep("part", accepts=(NUMBER,), next="bin", prompt=messages.ENTER_PART, events={"back": "bin"}),
        FlowStep(
            "question",
            accepts=(BIN,),
            next="choose",
            prompt=messages.YES_OR_SCAN_BIN,
            events={"yes": "choose", "no": "bin"},
        ),
    ),
)


@dataclass(frozen=True, kw_only=True)
class _Carried:
    """The values that travel, checked."""

    task: TaskId
    bin: BinId | None = None
    quantity: Quantity | None = None
    asks: str = ""
    question: str = ""

    @classmethod
    def read(cls, state: Mapping[str, str]) -> _Carried:
        return cls(
            task=TaskId(_number(state.get("task", ""))),
            bin=BinId(_number(state["bin"])) if state.get("bin") else None,
            quantity=Quantity.parse(state["quantity"]) if state.get("quantity") else None,
            asks=state.get("asks", ""),
            question=state.get("question", ""),
        )

    @property
    def state(self) -> dict[str, Any]:
        return {
            "task": self.task,
            "bin": self.bin,
            "quantity": self.quantity,
            "asks": self.asks or None,
            "question": self.question or None,
        }


@bp.route("/putaway", methods=["GET", "POST"])
@requires("putaway")
def putaway() -> Response:
    """Bring received goods to their bins."""
    return run(FLOW, show=show, take=take)


def show(step: str, state: Mapping[str, str]) -> Mapping[str, Any]:
    """Read what the page of this step shows."""
    warehouse = auth.current_warehouse()
    if step == "choose":
        tasks = queries.open_putaways(warehouse, actor=auth.actor_id(), limit=5)
        return {"tasks": [(task, _label_of(task)) for task in tasks], "all": queries.count_putaways(warehouse)}
    carried = _Carried.read(state)
    task = queries.get_putaway(carried.task, warehouse=warehouse)
    return {"putaway": task, "carried": carried, "why": messages.WHY_BIN.get(task.why, "")}


def _label_of(task: Task) -> str:
    """What a scan of these goods would say, so that choosing and scanning are one thing."""
    if task.source_lpn_id and task.source_lpn is not None:
        return task.source_lpn.code if task.source_lpn.is_sscc else LPN_PREFIX + task.source_lpn.code
    if task.item is None or task.lot is None:
        return ""
    return write_own_lot(Sku.parse(task.item.sku), LotNumber(task.lot.number), None)


def take(op: Operation) -> Turn:
    """Decide one operation: at most one verb in one transaction, then the next step."""
    if op.step.name == "choose":
        return _start(_task_of(op.found))
    carried = _Carried.read(op.state)
    if op.step.name == "part" and op.is_scan:
        if not isinstance(op.found, Quantity) or op.found <= ZERO:
            raise BadQuantity(text=op.scan[:40])
        return Turn(step="bin", state=replace(carried, quantity=op.found).state)
    if op.event == "other":
        return _start(carried.task, without_target=True)
    if op.event == "yes":
        if carried.bin is None:
            raise BadInput()
        return _confirm(replace(carried, asks=""), carried.bin, op, answers=frozenset({carried.asks}))
    if not op.is_scan:
        target = op.step.events[op.event]
        plain = replace(carried, bin=None, asks="", question="")
        return Turn(step=target, state={} if target == "choose" else plain.state)
    if not isinstance(op.found, FoundBin):
        raise BadInput()
    # Scanning the same bin again is a yes.
    repeated = op.step.name == "question" and op.found.id == carried.bin
    return _confirm(carried, op.found.id, op, answers=frozenset({carried.asks} if repeated else ()))


def _task_of(found: Any) -> TaskId:
    """The task of what was scanned; NotFound when nothing of it waits."""
    warehouse, actor = auth.current_warehouse(), auth.actor_id()
    task = None
    if isinstance(found, FoundLpn) and found.id is not None:
        task = queries.find_putaway(warehouse, actor=actor, lpn=found.id)
    elif isinstance(found, FoundLot) and found.id is not None:
        task = queries.find_putaway(warehouse, actor=actor, lot=found.id)
    elif isinstance(found, FoundItem):
        task = queries.find_putaway(warehouse, actor=actor, item=found.id)
    if task is None:
        raise NotFound(kind="putaway_task", text=found.code)
    return task


def _start(task: TaskId, *, without_target: bool = False) -> Turn:
    warehouse = auth.current_warehouse()
    excluded: frozenset[BinId] = frozenset()
    if without_target:
        target = queries.get_putaway(task, warehouse=warehouse).target_bin_id
        excluded = frozenset({target}) if target is not None else frozenset()
    started = run_in_transaction(
        service.start_putaway, task, warehouse=warehouse, excluded=excluded, actor=auth.actor_id(), at=now()
    )
    if started.is_gone:
        return Turn(step="choose", message=ask(messages.GOODS_GONE))
    message = None if started.suggestion else ask(messages.NO_BIN_FITS)
    return Turn(step="bin", state={"task": task}, message=message)


def _confirm(carried: _Carried, bin_: BinId, op: Operation, *, answers: frozenset[str]) -> Turn:
    cmd = ConfirmPutaway(
        warehouse=auth.current_warehouse(),
        task=carried.task,
        bin=bin_,
        key=op.key,
        quantity=carried.quantity,
        answers=answers,
    )
    try:
        done = run_in_transaction(service.confirm_putaway, cmd, actor=auth.actor_id(), at=now())
    except QuestionNeeded as question:
        words = sentences.sentence(question)
        asked = replace(carried, bin=bin_, asks=str(question.data["question"]), question=words[:300])
        return Turn(step="question", state=asked.state, message=ask(words))
    values = {"quantity": str(done.quantity), "lot": done.lot_number, "bin": done.bin_code}
    return Turn(step="choose", message=yes(messages.PUT_AWAY % values))


def _number(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 19 or int(text) > 2**63 - 1:
        raise BadInput()
    return int(text)
