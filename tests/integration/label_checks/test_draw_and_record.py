"""The daily draw, which anyone can make again, and what a scanned label proves."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import select

from tests import given
from tests.given import NOW, TODAY
from wms.alerts.models import Alert, AlertKind
from wms.core.errors import QuestionNeeded, WrongBinScanned, WrongState
from wms.core.ids import SYSTEM_USER
from wms.db import db as database
from wms.db import run_in_transaction
from wms.label_checks import queries, rules, service
from wms.label_checks.models import LabelCheck, LabelDraw, LabelResult
from wms.label_checks.service import RecordLabel
from wms.tasks.models import Task, TaskKind, TaskState


def _draw(site: given.Site, *, count: int = 2, days: int = 0, seed: str = "s") -> dict[str, int]:
    return run_in_transaction(
        service.draw_daily, warehouse=site.id, on=TODAY + timedelta(days=days), config=SimpleNamespace(label_checks=count),  # type: ignore[arg-type]
        actor=SYSTEM_USER, at=NOW, seed=seed,
    )  # fmt: skip


def _checks() -> list[LabelCheck]:
    return list(database.session.execute(select(LabelCheck).order_by(LabelCheck.rank)).scalars())


def _record(site: given.Site, check: LabelCheck, **more: Any) -> LabelResult:
    cmd = RecordLabel(
        check=check.id,
        warehouse=site.id,
        bin=more.pop("bin", check.bin_id),
        bin_code="A-01",
        raw=more.pop("raw", "x"),
        **more,
    )
    return run_in_transaction(service.record, cmd, actor=given.user(), at=NOW)


def _stocked() -> tuple[given.Site, Any]:
    site, lot = given.warehouse(), given.lot(given.item())
    for bin_code in ("A-01", "A-02", "A-03", "A-04", "DOCK"):
        given.stock(lot, site, bin_code, 5)
    return site, lot


def test_a_draw_is_made_once_a_day_and_can_be_made_again_from_its_seed(db: Any) -> None:
    site, _ = _stocked()
    assert (_draw(site)["drawn"], _draw(site, seed="other")["drawn"]) == (2, 0)
    made = database.session.execute(select(LabelDraw)).scalar_one()
    places = queries.places_of(site.id)
    assert (made.place_count, made.places_digest) == (4, rules.digest(places)), "the dock is not storage"
    drawn = [rules.PlaceOfLot(check.bin_id, check.lpn_id, check.lot_id) for check in _checks()]
    assert drawn == rules.draw(reversed(places), seed=made.seed, count=2)
    tasks = database.session.execute(select(Task).where(Task.kind == TaskKind.LABEL_CHECK)).scalars()
    assert {task.source_bin_id for task in tasks} == {place.bin for place in drawn}


def test_right_labels_pass_and_a_wrong_one_is_asked_then_told(db: Any) -> None:
    site, lot = _stocked()
    _draw(site, count=4)
    right, wrong, broken, gone = _checks()
    assert _record(site, right, lots=frozenset({lot.id})) is LabelResult.SAME
    with pytest.raises(QuestionNeeded):
        _record(site, wrong, said="TEA T-9")
    assert _record(site, wrong, said="TEA T-9", is_sure=True) is LabelResult.DIFFERS
    assert _record(site, broken, is_unreadable=True) is LabelResult.UNREADABLE
    assert _record(site, gone, is_gone=True) is LabelResult.GONE
    alerts = database.session.execute(select(Alert).where(Alert.kind == AlertKind.LABEL_DIFFERS)).scalars().all()
    assert sorted(alert.data["label"] for alert in alerts) == ["TEA T-9", "label_unreadable"]
    counts = database.session.execute(select(Task).where(Task.kind == TaskKind.COUNT)).scalars().all()
    assert [task.source_bin_id for task in counts] == [gone.bin_id]
    day = queries.page_of_days(site.id, cursor=None).rows[0]
    assert (day.same, day.differs, day.unreadable, day.gone, day.open, day.share) == (1, 1, 1, 1, 0, 33)
    with pytest.raises(WrongState):
        _record(site, right, is_gone=True)
    assert _record(site, right, lots=frozenset({lot.id})) is LabelResult.SAME, "the same again is nothing"


def test_a_plate_proves_its_goods_and_another_bin_is_refused(db: Any) -> None:
    site, lot = given.warehouse(), given.lot(given.item())
    plate = given.lpn(site)
    given.stock(lot, site, "A-01", 5, on=plate.id)
    _draw(site)
    (check,) = _checks()
    with pytest.raises(WrongBinScanned):
        _record(site, check, bin=site["A-02"], lots=frozenset({lot.id}))
    assert _record(site, check, lpns=frozenset({plate.id})) is LabelResult.SAME


def test_what_nobody_did_is_closed_as_missed_by_the_next_draw(db: Any) -> None:
    site, _ = _stocked()
    _draw(site)
    assert _draw(site, days=1)["missed"] == 2
    states = database.session.execute(select(Task.state).where(Task.kind == TaskKind.LABEL_CHECK)).scalars().all()
    assert sorted(states) == [TaskState.CANCELLED] * 2 + [TaskState.OPEN] * 2
    assert [day.missed for day in queries.page_of_days(site.id, cursor=None).rows] == [0, 2]
