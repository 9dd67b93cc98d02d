"""A page of production asks the database as often for a hundred rows of everything as for ten."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from tests import given
from tests.given import NOW, q
from tests.web.desk_client import Desk
from wms.core.ids import SYSTEM_USER, new_id
from wms.db import db, run_in_transaction
from wms.gaps.models import Gap, GapState
from wms.gaps.rules.kinds import GapKind, Stage
from wms.production.models import OutputKind
from wms.production.service import issuing, vessels
from wms.production.service.issuing import IssueGoods
from wms.production.service.orders import complete_order
from wms.production.service.reporting import InputLine, OutputLine, ReportProduction, report
from wms.production.service.vessels import FillVessel

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def _do(verb: Any, *args: Any, by: Any = SYSTEM_USER, **more: Any) -> Any:
    return run_in_transaction(verb, *args, actor=by, at=NOW, **more)


def plant(rows: int) -> tuple[str, list[str]]:
    """A site with so many rows of everything, who works there, and its pages."""
    site = given.warehouse()
    line, person = given.line(site), f"boss{rows}"
    boss = given.user(person, "supervisor", site=site)
    parts, beside = [given.item() for _ in range(rows)], [given.item() for _ in range(rows)]
    product = given.item()
    given.bom(
        product, [(part, 1) for part in parts],
        outputs=[{"item_id": one.id, "kind": OutputKind.BY_PRODUCT} for one in beside],
    )  # fmt: skip
    lots = [given.lot(part) for part in parts]
    for lot in lots:
        given.stock(lot, site, "A-01", 5)
    order = given.work_order(site, product, 2, line, released=True)
    for component, lot in zip(order.components, lots, strict=True):
        cmd = IssueGoods(
            key=f"i{new_id()}", warehouse=site.id, work_order=order.id, component=component.id, lot=lot.id,
            bin=site["A-01"], quantity=q(2),
        )  # fmt: skip
        _do(issuing.issue, cmd, by=boss)
    told = ReportProduction(
        key=f"r{new_id()}", warehouse=site.id, work_order=order.id,
        inputs=tuple(InputLine(lot=lot.id, quantity=q(1)) for lot in lots),
        outputs=(OutputLine(quantity=q(1)), *(OutputLine(item=one.id, quantity=q(1)) for one in beside)),
    )  # fmt: skip
    done = _do(report, told, by=boss)
    _do(complete_order, order.id, by=boss)

    other = given.item()
    milk = given.item(base_unit="L")
    given.bom(other, [(milk, 1)])
    many, *_ = [given.work_order(site, other, rows, line, released=True) for _ in range(rows)]
    tanks = [given.vessel(site) for _ in range(rows)]
    for n in range(rows):
        lot = given.lot(milk)
        given.stock(lot, site, "A-02", 4)
        for tank, amount in ((tanks[0], 2), (tanks[n], 1)):
            fill = FillVessel(
                key=f"f{new_id()}", warehouse=site.id, vessel=tank.id, lot=lot.id, bin=site["A-02"], quantity=q(amount)
            )  # fmt: skip
            _do(vessels.fill, fill)
        at_line = given.lot(milk)
        given.stock(at_line, site, line.code, 3)
        small = ReportProduction(
            key=f"s{new_id()}", warehouse=site.id, work_order=many.id,
            inputs=(InputLine(lot=at_line.id, quantity=q(1)),), outputs=(OutputLine(quantity=q(1)),),
        )  # fmt: skip
        _do(report, small, by=boss)
        given.keep(
            Gap(
                id=new_id(), warehouse_id=site.id, kind=GapKind.STOCK_WITHOUT_SOURCE, stage=Stage.STOCK,
                state=GapState.OPEN, subject_kind="lot", subject_id=at_line.id, lot_id=at_line.id, name=f"G{n}",
                data={}, first_seen_at=NOW, last_seen_at=NOW, owner_role="supervisor",
            )
        )  # fmt: skip
    db.session.rollback()
    pages = [
        "/work-orders", f"/work-orders/{order.id}", f"/work-orders/{order.id}/issues", f"/work-orders/{order.id}/close",
        f"/work-orders/{many.id}", f"/work-orders/{many.id}/report", f"/work-orders/{many.id}/issues",
        f"/production/reports?order={many.id}", f"/production/reports/{done.report}",
        f"/production/reports/{done.report}/correct", "/production/vessels", f"/production/vessels/{tanks[0].id}",
        "/reports/gaps",
    ]  # fmt: skip
    return person, pages


def counts_of(app: Flask, rows: int) -> list[tuple[str, int]]:
    with app.app_context():
        person, pages = plant(rows)
    desk = Desk.of(app, person)
    found = []
    for page in pages:
        desk.get(page)
        assert desk.status == 200, (page, desk.status, desk.words[:300])
        found.append((page, len(desk.statements)))
    return found


def test_a_page_asks_as_often_for_a_hundred_rows_as_for_ten(app: Flask) -> None:
    few, many = counts_of(app, 10), counts_of(app, 100)
    grown = [(page, less, more) for (page, less), (_, more) in zip(few, many, strict=True) if more > less]
    assert grown == [], grown
