"""A report from the floor, and the work that follows from it in the same transaction."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from tests import given
from tests.given import NOW, q
from wms.alerts.models import Alert, AlertKind, AlertState
from wms.core.errors import BinNotEmpty, FieldErrors, InsufficientStock, KeyReused, NotFound, WrongState
from wms.core.ids import LOOSE
from wms.db import db as database
from wms.db import run_in_transaction
from wms.problems import queries, service
from wms.problems.models import ProblemKind
from wms.problems.service import ReportProblem
from wms.stock import queries as stock
from wms.stock.models import Hold, HoldReason
from wms.tasks.models import Task, TaskKind


def _report(
    site: given.Site, lot: Any, kind: ProblemKind, bin_code: str = "A-01", *, quantity: int | None = None, **more: Any
) -> Any:
    cmd = ReportProblem(
        key=more.pop("key", f"{kind}-{bin_code}-{quantity}"), warehouse=site.id, kind=kind, bin=site[bin_code], lot=lot.id,
        quantity=None if quantity is None else q(quantity), **more,
    )  # fmt: skip
    return run_in_transaction(service.report, cmd, actor=given.user(), at=NOW)


def _tasks(kind: TaskKind) -> list[Task]:
    return list(database.session.execute(select(Task).where(Task.kind == kind)).scalars())


def _alerts() -> list[Alert]:
    found = select(Alert).where(Alert.kind == AlertKind.PROBLEM_REPORTED, Alert.state == AlertState.OPEN)
    return list(database.session.execute(found).scalars())


def test_the_damaged_part_goes_on_hold_with_a_cage_task_and_the_rest_stays_free(db: Any) -> None:
    site, lot = given.warehouse(), given.lot(given.item())
    given.stock(lot, site, "A-01", 10)
    done = _report(site, lot, ProblemKind.DAMAGE, quantity=3)
    hold = database.session.get(Hold, done.hold)
    assert hold is not None and (hold.reason, hold.quantity) == (HoldReason.DAMAGE, q(3))
    assert given.on_hand(lot, free_only=True) == q(7)
    assert [(task.quantity, task.why) for task in _tasks(TaskKind.CAGE)] == [(q(3), "damage")]
    assert [alert.data["problem"] for alert in _alerts()] == ["problem_damage"]
    again = _report(site, lot, ProblemKind.DAMAGE, quantity=3)
    assert (again.is_repeat, again.problem, len(_tasks(TaskKind.CAGE))) == (True, done.problem, 1)
    with pytest.raises(KeyReused):
        _report(site, lot, ProblemKind.DAMAGE, quantity=2, key="damage-A-01-3")
    given.ledger_is_whole()


def test_the_damaged_part_of_a_plate_is_put_apart_too(db: Any) -> None:
    site, lot = given.warehouse(), given.lot(given.item())
    plate = given.lpn(site)
    given.stock(lot, site, "A-01", 10, on=plate.id)
    _report(site, lot, ProblemKind.WET, quantity=4, lpn=plate.id)
    assert [(task.source_lpn_id, task.quantity) for task in _tasks(TaskKind.CAGE)] == [(plate.id, q(4))]
    with pytest.raises(NotFound):
        _report(site, lot, ProblemKind.WET, quantity=1, lpn=LOOSE, key="loose")


def test_a_bad_label_is_printed_anew_and_its_place_counted_without_a_hold(db: Any) -> None:
    site, lot = given.warehouse(), given.lot(given.item())
    given.stock(lot, site, "A-01", 10)
    done = _report(site, lot, ProblemKind.LABEL_UNREADABLE)
    assert (done.hold, done.is_label_wanted, len(_tasks(TaskKind.COUNT))) == (None, True, 1)
    assert given.on_hand(lot, free_only=True) == q(10)
    _report(site, lot, ProblemKind.WRONG_LABEL, raw_scan="(10)OTHER")
    assert len(_tasks(TaskKind.COUNT)) == 1, "one count is enough"
    run_in_transaction(service.note_label_printed, done.problem, at=NOW)
    assert queries.get_problem(done.problem, warehouse=site.id).problem.label_printed_at == NOW


def test_goods_in_a_bin_that_the_book_calls_empty_are_taken_in_held_and_counted(db: Any) -> None:
    site, lot = given.warehouse(), given.lot(given.item())
    given.stock(lot, site, "A-01", 10)
    done = _report(site, lot, ProblemKind.FOUND, "A-02", quantity=5, raw_scan="LOT")
    assert (given.on_hand(lot), given.on_hand(lot, free_only=True)) == (q(15), q(10))
    hold = database.session.get(Hold, done.hold)
    assert hold is not None and hold.reason is HoldReason.FOUND
    gain = next(move for move in stock.moves_of_lot(lot.id) if move.reason.value == "count")
    assert (gain.quantity, gain.target_bin, gain.capture.value, gain.raw_scan) == (q(5), "A-02", "scan", "LOT")
    assert [task.source_bin_id for task in _tasks(TaskKind.COUNT)] == [site["A-02"]]
    with pytest.raises(BinNotEmpty):
        _report(site, lot, ProblemKind.FOUND, "A-01", quantity=5)
    given.ledger_is_whole()


@pytest.mark.parametrize(
    ("kind", "quantity", "error"),
    [
        (ProblemKind.DAMAGE, None, FieldErrors),
        (ProblemKind.FOUND, None, FieldErrors),
        (ProblemKind.OTHER, None, FieldErrors),
        (ProblemKind.DAMAGE, 11, InsufficientStock),
    ],
)
def test_what_cannot_be_reported_changes_nothing(
    db: Any, kind: ProblemKind, quantity: int | None, error: type[Exception]
) -> None:
    site, lot = given.warehouse(), given.lot(given.item())
    given.stock(lot, site, "A-01", 10)
    with pytest.raises(error):
        _report(site, lot, kind, "A-03" if kind is ProblemKind.FOUND else "A-01", quantity=quantity)
    assert (_alerts(), given.on_hand(lot, free_only=True)) == ([], q(10))


def test_a_problem_is_settled_with_words_once_and_its_alert_falls(db: Any) -> None:
    site, lot = given.warehouse(), given.lot(given.item())
    given.stock(lot, site, "A-01", 10)
    done = _report(site, lot, ProblemKind.OTHER, note="smells")
    run_in_transaction(service.settle, done.problem, note="aired", actor=given.user(), at=NOW)
    assert (_alerts(), queries.count_open(site.id)) == ([], 0)
    with pytest.raises(WrongState):
        run_in_transaction(service.settle, done.problem, note="again", actor=given.user(), at=NOW)
    with pytest.raises(NotFound):
        queries.get_problem(done.problem, warehouse=given.warehouse().id)
