"""Verbs of label checks: draw the day's places, say what a label was."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from sqlalchemy import update

from wms.alerts.models import AlertKind, Severity
from wms.alerts.service import raise_alert
from wms.core.errors import QuestionNeeded, WrongBinScanned, WrongState
from wms.core.ids import (
    LOOSE,
    BinId,
    LabelCheckId,
    LabelDrawId,
    LotId,
    LpnId,
    UserId,
    WarehouseId,
    new_id,
)
from wms.core.quantity import ZERO
from wms.db import db
from wms.label_checks import queries, rules
from wms.label_checks.models import LabelCheck, LabelDraw, LabelResult
from wms.tasks.models import TaskKind
from wms.tasks.service import cancel_task, create_task, finish_task

if TYPE_CHECKING:
    from config import Config

WHY = "label_check"


def draw_daily(
    *, warehouse: WarehouseId, on: date, config: Config, actor: UserId, at: datetime, seed: str = ""
) -> dict[str, int]:  # fmt: skip
    """Draw the day's places once, as tasks, and close what nobody did of the day before as missed.

    The seed is made anew each day, so that nobody knows the places before; it is kept, so that the draw can be made again.
    """
    if queries.has_draw(warehouse, on):
        return {"drawn": 0}
    missed = _close_missed(warehouse, actor=actor, at=at)
    places = queries.places_of(warehouse)
    chosen_seed = seed or secrets.token_hex(16)
    chosen = rules.draw(places, seed=chosen_seed, count=config.label_checks)
    made = LabelDraw(
        id=LabelDrawId(new_id()), warehouse_id=warehouse, drawn_on=on, seed=chosen_seed, place_count=len(places),
        check_count=len(chosen), places_digest=rules.digest(places), drawn_at=at,
    )  # fmt: skip
    db.session.add(made)
    db.session.flush()
    for rank, place in enumerate(chosen, start=1):
        _leave(made, rank, place, actor=actor, at=at)
    return {"drawn": len(chosen), "missed": missed}


def _leave(made: LabelDraw, rank: int, place: rules.PlaceOfLot, *, actor: UserId, at: datetime) -> None:
    task = create_task(
        kind=TaskKind.LABEL_CHECK, warehouse=made.warehouse_id, actor=actor, at=at, document_kind="label_draw",
        document_id=made.id, sequence=rank, lot_id=LotId(place.lot), source_bin_id=BinId(place.bin),
        source_lpn_id=LpnId(place.lpn), why=WHY,
    )  # fmt: skip
    db.session.flush()
    db.session.add(
        LabelCheck(
            id=LabelCheckId(new_id()), draw_id=made.id, rank=rank, warehouse_id=made.warehouse_id, task_id=task.id,
            bin_id=BinId(place.bin), lpn_id=LpnId(place.lpn), lot_id=LotId(place.lot),
        )
    )  # fmt: skip


def _close_missed(warehouse: WarehouseId, *, actor: UserId, at: datetime) -> int:
    missed = queries.tasks_not_done(warehouse)
    for check, task in missed:
        _settle(check, LabelResult.MISSED, raw="", said="", actor=actor, at=at)
        cancel_task(task, actor=actor, at=at, why="missed")
    return len(missed)


@dataclass(frozen=True, kw_only=True)
class RecordLabel:
    """What a label said in the scanned bin: the lots and plates its text names, or that it cannot be read, or no goods.

    `said` is the label in words, `raw` what was read. `is_sure`: the person saw both and says that they differ.
    """

    check: LabelCheckId
    warehouse: WarehouseId
    bin: BinId
    bin_code: str
    lots: frozenset[LotId] = frozenset()
    lpns: frozenset[LpnId] = frozenset()
    raw: str = ""
    said: str = ""
    is_unreadable: bool = False
    is_gone: bool = False
    is_sure: bool = False


def record(cmd: RecordLabel, *, actor: UserId, at: datetime) -> LabelResult:
    """Compare a label with the record and close the check; a label that differs is asked about first, then raises an alert.

    A label names the lot, or the plate it stands on: either proves it. Goods that are gone leave a count of the place.
    Raises WrongBinScanned, QuestionNeeded (label_differs), WrongState (checked already, with another result).
    """
    check = queries.get_check(cmd.check, warehouse=cmd.warehouse).check
    result = _judge(check, cmd)
    if check.result is not None:
        if check.result is result and check.raw_scan == cmd.raw[:512]:
            return result
        raise WrongState(subject="label_check", state="done", event="record", needed=["open"])
    if cmd.bin != check.bin_id:
        raise WrongBinScanned(needed=check.bin.code, scanned=cmd.bin_code)
    record_says = f"{check.lot.item.sku} {check.lot.number}"
    if result is LabelResult.DIFFERS and not cmd.is_sure:
        raise QuestionNeeded(question="label_differs", label=cmd.said or cmd.raw, record=record_says)
    _settle(check.id, result, raw=cmd.raw, said=cmd.said, actor=actor, at=at)
    finish_task(check.task_id, done_quantity=ZERO, actor=actor, at=at)
    if result in (LabelResult.DIFFERS, LabelResult.UNREADABLE):
        _tell(check, cmd, result, record_says, at=at)
    if result is LabelResult.GONE:
        create_task(
            kind=TaskKind.COUNT, warehouse=check.warehouse_id, actor=actor, at=at, document_kind="label_check",
            document_id=check.id, item_id=check.lot.item_id, lot_id=check.lot_id, source_bin_id=check.bin_id,
            source_lpn_id=check.lpn_id, why=WHY,
        )  # fmt: skip
    return result


def _judge(check: LabelCheck, cmd: RecordLabel) -> LabelResult:
    if cmd.is_gone:
        return LabelResult.GONE
    if cmd.is_unreadable:
        return LabelResult.UNREADABLE
    is_same = check.lot_id in cmd.lots or (check.lpn_id != LOOSE and check.lpn_id in cmd.lpns)
    return LabelResult.SAME if is_same else LabelResult.DIFFERS


def _settle(
    check: LabelCheckId, result: LabelResult, *, raw: str, said: str, actor: UserId, at: datetime
) -> None:  # fmt: skip
    done = db.session.execute(
        update(LabelCheck)
        .where(LabelCheck.id == check, LabelCheck.result.is_(None))
        .values(result=result, raw_scan=raw[:512], label_said=said[:160], checked_by=actor, checked_at=at)
        .execution_options(synchronize_session=False)
    )
    if done.rowcount != 1:  # type: ignore[attr-defined]
        raise WrongState(subject="label_check", state="done", event="record", needed=["open"])


def _tell(check: LabelCheck, cmd: RecordLabel, result: LabelResult, record_says: str, *, at: datetime) -> None:
    said = "label_unreadable" if result is LabelResult.UNREADABLE else cmd.said or cmd.raw[:60]
    raise_alert(
        kind=AlertKind.LABEL_DIFFERS, severity=Severity.WARNING, warehouse=check.warehouse_id,
        subject_key=f"label_check:{check.id}", subject_kind="label_check", subject_id=check.id,
        data={"bin": check.bin.code, "label": said, "record": record_says}, at=at,
    )  # fmt: skip
