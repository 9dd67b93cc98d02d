"""A count against the book: agreed, short with promises on it, more than the book, sent twice."""

from __future__ import annotations

from typing import Any

import pytest

from tests import given
from tests.given import NOW, q
from wms.core.errors import QuestionNeeded, WrongBinScanned, WrongState
from wms.core.ids import LOOSE, SYSTEM_USER, TaskId
from wms.counting import service
from wms.db import run_in_transaction
from wms.picking import queries as picking
from wms.picking import service as pick
from wms.tasks.models import Task, TaskKind, TaskState
from wms.tasks.service import create_task


def _count_of(site: given.Site, lot: Any, bin_code: str = "A-01") -> TaskId:
    return run_in_transaction(
        create_task, kind=TaskKind.COUNT, warehouse=site.id, actor=SYSTEM_USER, at=NOW, lot_id=lot.id,
        item_id=lot.item_id, source_bin_id=site[bin_code], source_lpn_id=LOOSE, why="short_pick",
    ).id  # fmt: skip


def _record(site: given.Site, task: TaskId, counted: int, *, reason: str = "", bin_code: str = "A-01") -> Any:
    cmd = service.RecordCount(
        task=task, bin=site[bin_code], bin_code=bin_code, counted=q(counted), key=f"count-{task}-{counted}",
        reason=reason,
    )  # fmt: skip
    return run_in_transaction(service.record_count, cmd, actor=given.user(), at=NOW)


def test_a_count_that_agrees_changes_no_stock(db: Any) -> None:
    site, lot = given.warehouse(), given.lot(given.item())
    given.stock(lot, site, "A-01", 6)
    task = _count_of(site, lot)
    with pytest.raises(WrongBinScanned):
        _record(site, task, 6, bin_code="A-02")
    came_to = _record(site, task, 6)
    assert (came_to.gained, came_to.lost) == (q(0), q(0)) and given.on_hand(lot) == q(6)
    assert _record(site, task, 6).is_repeat
    with pytest.raises(WrongState):
        _record(site, task, 7, reason="again")


def test_a_difference_is_asked_again_without_telling_the_book_and_then_posted(db: Any) -> None:
    site, lot = given.warehouse(), given.lot(given.item())
    given.stock(lot, site, "A-01", 6)
    task = _count_of(site, lot)
    with pytest.raises(QuestionNeeded) as asked:
        _record(site, task, 4)
    assert asked.value.data == {"question": "count_differs", "counted": "4"}
    assert _record(site, task, 4, reason="two were broken").lost == q(2)
    assert given.on_hand(lot) == q(4)
    given.ledger_is_whole()


def test_found_goods_join_the_bin_and_are_pending_where_the_book_knows_none(db: Any) -> None:
    site, lot = given.warehouse(), given.lot(given.item())
    given.stock(lot, site, "A-01", 6)
    _record(site, _count_of(site, lot), 9, reason="found behind")
    assert given.on_hand(lot, free_only=True) == q(9)
    _record(site, _count_of(site, lot, "A-02"), 3, reason="found", bin_code="A-02")
    assert (given.on_hand(lot), given.on_hand(lot, free_only=True)) == (q(12), q(9))
    given.ledger_is_whole()


def test_missing_goods_that_were_promised_stop_their_picks(db: Any) -> None:
    site, item = given.warehouse(), given.item()
    lot = given.lot(item)
    given.stock(lot, site, "A-01", 6)
    order = given.order(site, [(item, 5)])
    run_in_transaction(pick.allocate_order, order, actor=1, at=NOW)
    list_id = run_in_transaction(pick.release_order, order, actor=1, at=NOW)
    stop = picking.next_stop(list_id, at=NOW)
    assert stop is not None
    came_to = _record(site, _count_of(site, lot), 0, reason="bin is empty")
    assert (came_to.lost, came_to.stopped) == (q(6), 1)
    assert db.session.get(Task, stop.task, populate_existing=True).state == TaskState.STOPPED
    db.session.commit()
    given.ledger_is_whole()
