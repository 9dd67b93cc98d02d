"""Check labels on the handheld: go to a drawn bin, scan the label of the goods; what differs is asked, then told."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from flask import Response

from wms.core.clock import now
from wms.core.errors import BadInput, NotFound, QuestionNeeded
from wms.core.ids import BinId, LabelCheckId
from wms.db import run_in_transaction
from wms.label_checks import queries, service
from wms.label_checks.models import LabelResult
from wms.label_checks.queries import CheckRow
from wms.label_checks.service import RecordLabel
from wms.mobile import bp, messages
from wms.mobile.flow import BIN, ITEM, LOT, LPN, Flow, FlowStep, Message, Operation, Tone, Turn, ask, yes
from wms.mobile.screen import run
from wms.scans.queries import Answer, find_all, shown
from wms.web import auth, sentences
from wms.web.auth import requires

_LABEL: Final = (LPN, LOT, ITEM)
FLOW: Final = Flow(
    task="labels",
    title=messages.LABELS,
    carries=("check", "bin_id", "bin"),
    carries_long=("raw",),
    asks_typed=False,
    steps=(
        FlowStep("bin", accepts=(BIN,), next="label", prompt=messages.SCAN_BIN),
        FlowStep(
            "label", accepts=_LABEL, next="bin", prompt=messages.SCAN_LABEL_OF_GOODS, finds_all=True,
            events={"unreadable": "bin", "gone": "bin", "back": "bin"}, needs=("check", "bin_id"),
        ),
        FlowStep(
            "differs", accepts=_LABEL, next="bin", prompt=messages.SCAN_LABEL_AGAIN, finds_all=True,
            events={"yes": "bin", "back": "label"}, needs=("check", "bin_id", "raw"),
        ),
    ),
)  # fmt: skip


@bp.route("/labels", methods=["GET", "POST"])
@requires("stock.move", "count", "receive", "putaway", "pick")
def labels() -> Response:
    """Show the bins whose labels are to be checked, take one scan."""
    return run(FLOW, show=show, take=take)


def show(step: str, state: Mapping[str, str]) -> Mapping[str, Any]:
    """Read what the page of a step shows."""
    warehouse = auth.current_warehouse()
    if step == "bin":
        rows = queries.open_checks(warehouse, limit=60)
        return {"rows": rows[:5], "count": len(rows)}
    row = queries.get_check(_check(state), warehouse=warehouse)
    page: dict[str, Any] = {"check": row.check, "said": ""}
    if step == "differs":
        page["said"] = words_of(find_all(state["raw"], warehouse, kinds=_LABEL))
    return page


def take(op: Operation) -> Turn:
    """Decide one scan or button."""
    if op.step.name == "bin":
        rows = queries.open_checks(auth.current_warehouse(), bin=op.found.id, limit=1)
        if not rows:
            raise NotFound(kind="label_check", text=op.found.code)
        return _to(rows[0], op.found.id, op.found.code)
    if op.event == "back":
        return Turn(step=op.step.events["back"], state={} if op.step.name == "label" else _standing(op.state))
    cmd = RecordLabel(
        check=_check(op.state), warehouse=auth.current_warehouse(), bin=BinId(_id(op.state, "bin_id")),
        bin_code=op.state.get("bin", ""), is_unreadable=op.event == "unreadable", is_gone=op.event == "gone",
        is_sure=op.event == "yes",
    )  # fmt: skip
    text = op.state.get("raw", "") if op.event == "yes" else op.scan
    if op.is_scan or op.event == "yes":
        if op.via == "typed":
            return Turn(
                step="label", state=_standing(op.state), message=Message(Tone.NO, str(messages.LABEL_SCAN_ONLY))
            )
        answer: Answer = op.found if op.is_scan else find_all(text, cmd.warehouse, kinds=_LABEL)
        cmd = replace(
            cmd, raw=text, said=words_of(answer),
            lots=frozenset(one.id for one in answer.found if one.kind == LOT and one.id is not None),
            lpns=frozenset(one.id for one in answer.found if one.kind == LPN),
        )  # fmt: skip
    try:
        result = run_in_transaction(service.record, cmd, actor=auth.actor_id(), at=now())
    except QuestionNeeded as question:
        state = _standing(op.state) | {"raw": text}
        return Turn(step="differs", state=state, message=ask(sentences.sentence(question)))
    return _next(op.state, result)


def words_of(answer: Answer) -> str:
    """What a label says, in words: the item and lot, or the plate, that it names; else its text."""
    lots = [f"{one.item.sku} {one.number}" for one in answer.found if one.kind == LOT]
    others = [one.code for one in answer.found if one.kind != LOT]
    return (lots or others or [shown(answer.scan)])[0][:160]


def _next(state: Mapping[str, str], result: LabelResult) -> Turn:
    """To the next label in the same bin, or to the next bin."""
    said = messages.LABEL_RESULTS[result.value]
    message = yes(said) if result is LabelResult.SAME else Message(Tone.NOTED, str(said))
    rows = queries.open_checks(auth.current_warehouse(), bin=BinId(_id(state, "bin_id")), limit=1)
    if not rows:
        return Turn(step="bin", message=message)
    return replace(_to(rows[0], _id(state, "bin_id"), state.get("bin", "")), message=message)


def _to(row: CheckRow, bin_id: int, code: str) -> Turn:
    return Turn(step="label", state={"check": row.check.id, "bin_id": bin_id, "bin": code})


def _standing(state: Mapping[str, str]) -> dict[str, Any]:
    return {name: state[name] for name in ("check", "bin_id", "bin") if name in state}


def _check(state: Mapping[str, str]) -> LabelCheckId:
    return LabelCheckId(_id(state, "check"))


def _id(state: Mapping[str, str], name: str) -> int:
    text = state.get(name, "")
    if not text.isascii() or not text.isdigit() or len(text) > 19 or int(text) >= 2**63:
        raise BadInput()
    return int(text)
