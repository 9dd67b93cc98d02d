"""Count on the handheld: scan the bin of a count, say how many are there; a difference is asked again, with its reason."""

from collections.abc import Mapping
from typing import Any

from flask import Response

from wms.core.clock import now
from wms.core.errors import BadInput, NotFound, QuestionNeeded
from wms.core.ids import BinId, TaskId
from wms.core.quantity import ZERO, Quantity
from wms.counting import queries, service
from wms.counting.queries import CountRow
from wms.db import run_in_transaction
from wms.mobile import bp, messages
from wms.mobile.flow import BIN, NUMBER, TEXT, Flow, FlowStep, Operation, Turn, ask, yes
from wms.mobile.screen import refused, run
from wms.web import auth, views
from wms.web.auth import requires

FLOW = Flow(
    task="count",
    title=messages.COUNT,
    carries=("task", "bin_id", "bin", "counted"),
    steps=(
        FlowStep("bin", accepts=(BIN,), next="quantity", prompt=messages.SCAN_BIN),
        FlowStep(
            "quantity", accepts=(NUMBER,), next="bin", prompt=messages.COUNT_HOW_MANY, events={"back": "bin"}
        ),
        FlowStep("why", accepts=(TEXT,), next="bin", prompt=messages.COUNT_WHY, events={"again": "quantity"}, needs=("counted",)),
    ),
)  # fmt: skip


@bp.route("/count", methods=["GET", "POST"])
@requires("count")
def count() -> Response:
    """Show the bins to count, take one scan or number."""
    return run(FLOW, show=show, take=take)


def show(step: str, state: Mapping[str, str]) -> Mapping[str, Any]:
    """Read what the page of a step shows; never what the book says."""
    if step == "bin":
        return {"counts": queries.open_counts(auth.current_warehouse(), limit=6)}
    return {"count": _row(state)}


def take(op: Operation) -> Turn:
    """Decide one scan or button."""
    if not op.is_scan:
        step = op.step.events[op.event]
        return Turn(step=step, state={} if step == "bin" else _standing(op.state))
    if op.step.name == "bin":
        rows = queries.open_counts(auth.current_warehouse(), bin=op.found.id, limit=1)
        if not rows:
            raise NotFound(kind="count", text=op.found.code)
        return Turn(step="quantity", state={"task": rows[0].task, "bin_id": op.found.id, "bin": op.found.code})
    row = _row(op.state)
    if op.step.name == "quantity":
        counted, reason = op.found, ""
    else:
        counted, reason = Quantity.parse(op.state.get("counted", "")), op.found
    cmd = service.RecordCount(
        task=row.task, bin=BinId(_id(op.state, "bin_id")), bin_code=op.state.get("bin", ""), counted=counted, key=op.key,
        reason=reason,
    )  # fmt: skip
    try:
        came_to = run_in_transaction(service.record_count, cmd, actor=auth.actor_id(), at=now())
    except QuestionNeeded as question:
        state = _standing(op.state) | {"counted": counted}
        return Turn(step="why", state=state, message=ask(refused(question).text))
    words = {"bin": row.bin_code, "lot": row.lot_number}
    if came_to.gained == came_to.lost == ZERO:
        return Turn(step="bin", message=yes(str(messages.COUNTED) % words))
    sign = "+" if came_to.gained else "−"
    difference = sign + views.quantity(came_to.gained or came_to.lost, row.unit)
    return Turn(step="bin", message=yes(str(messages.COUNTED_SETTLED) % (words | {"difference": difference})))


def _row(state: Mapping[str, str]) -> CountRow:
    """Give the count of this request; only of the warehouse the person stands in."""
    task = TaskId(_id(state, "task"))
    found = queries.count_row(task)
    if found is None or queries.find_count(task).warehouse_id != auth.current_warehouse():
        raise NotFound(kind="task", text=str(task))
    return found


def _standing(state: Mapping[str, str]) -> dict[str, Any]:
    return {name: state[name] for name in ("task", "bin_id", "bin") if name in state}


def _id(state: Mapping[str, str], name: str) -> int:
    text = state.get(name, "")
    if not text.isascii() or not text.isdigit() or len(text) > 19 or int(text) >= 2**63:
        raise BadInput()
    return int(text)
