"""Pieces with ids of their own go to the line, into reports, and out of them; which one went where is never lost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from tests import given
from tests.given import NOW, q
from wms.core.errors import UnitElsewhere, UnitsNeeded, UnitUnknown
from wms.core.ids import LOOSE, SYSTEM_USER, new_id
from wms.db import db as database
from wms.db import run_in_transaction
from wms.production.models import InputSource
from wms.production.queries import reports as queries
from wms.production.queries.orders import get_order
from wms.production.service import corrections, issuing
from wms.production.service.issuing import IssueGoods, ReturnGoods
from wms.production.service.orders import release_order
from wms.production.service.planning import Mended, PlanRework, plan_rework
from wms.production.service.reporting import InputLine, OutputLine, Reported, ReportProduction, report
from wms.stock import followers
from wms.stock.ledger import Quality
from wms.trace.queries import trace
from wms.trace.rules.graph import Direction, StartKind
from wms.trace.starts import find_start
from wms.units import queries as units

pytestmark = pytest.mark.usefixtures("db")
ON_SQLITE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@dataclass
class Assembly:
    """Two boards with a serial each go into one device with a serial; six boards stand in the store."""

    site: Any
    line: Any
    board: Any
    device: Any
    boards: Any
    order: Any

    @classmethod
    def built(cls) -> Assembly:
        site = given.warehouse()
        line = given.line(site)
        board, device = given.item("BOARD", has_unit_ids=True), given.item("DEVICE", has_unit_ids=True)
        given.production_rule(device, is_output_pending=False)
        given.bom(device, [(board, 2)])
        boards = given.lot(board, "B-1")
        with followers.naming([f"B{n}" for n in range(1, 7)]):
            given.stock(boards, site, "A-01", 6)
        return cls(site, line, board, device, boards, given.work_order(site, device, 3, line, released=True))

    def issue(self, quantity: int, codes: Sequence[str] = ()) -> Any:
        cmd = IssueGoods(
            key=f"issue-{new_id()}", warehouse=self.site.id, work_order=self.order.id,
            component=self.order.components[0].id, lot=self.boards.id, bin=self.site["A-01"], quantity=q(quantity),
        )  # fmt: skip
        with followers.naming(codes):
            return run_in_transaction(issuing.issue, cmd, actor=SYSTEM_USER, at=NOW)

    def bring_back(self, codes: Sequence[str]) -> Any:
        cmd = ReturnGoods(
            key=f"back-{new_id()}", warehouse=self.site.id, work_order=self.order.id,
            component=self.order.components[0].id, lot=self.boards.id, bin=self.site["A-02"], quantity=q(len(codes)),
        )  # fmt: skip
        with followers.naming(codes):
            return run_in_transaction(issuing.return_, cmd, actor=SYSTEM_USER, at=NOW)

    def report(self, used: int, made: int, codes: Sequence[str] = (), **more: Any) -> Reported:
        inputs = more.pop("inputs", None) or (InputLine(lot=self.boards.id, quantity=q(used)),)
        outputs = more.pop("outputs", None) or (OutputLine(quantity=q(made)),)
        cmd = ReportProduction(
            key=f"report-{new_id()}", warehouse=self.site.id, work_order=self.order.id, inputs=inputs, outputs=outputs
        )
        with followers.naming(codes):
            return run_in_transaction(report, cmd, actor=SYSTEM_USER, at=NOW)

    def at_line(self) -> list[str]:
        found = [unit.code for unit in units.pieces_at(self.boards.id, self.line.bin_id, LOOSE)]
        database.session.rollback()
        return found

    def pieces(self, done: Reported) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for one in queries.pieces_of(queries.get_report(done.report)):
            found.setdefault(one.part.value, []).append(one.code)
        database.session.rollback()
        return found


def test_each_piece_is_followed_from_the_store_into_the_device_and_traced() -> None:
    assembly = Assembly.built()
    with pytest.raises(UnitsNeeded) as needed:
        assembly.issue(4)
    assert needed.value.data == {"lot": "B-1", "needed": 4, "came": 0}
    with pytest.raises(UnitsNeeded) as few:
        assembly.issue(4, ["B1", "B2", "B3"])
    assert (few.value.data["needed"], few.value.data["came"]) == (4, 3)
    assembly.issue(4, ["B1", "B2", "B3", "B4"])
    assert assembly.at_line() == ["B1", "B2", "B3", "B4"]
    with pytest.raises(UnitElsewhere):
        assembly.report(2, 1, ["B1", "B6", "D1"])
    first = assembly.report(2, 1, ["B1", "B3", "D1"])
    second = assembly.report(2, 1, ["B2", "B4", "D2"])
    assert assembly.pieces(first) == {"used": ["B1", "B3"], "made": ["D1"]}
    assert assembly.pieces(second) == {"used": ["B2", "B4"], "made": ["D2"]}
    assert assembly.at_line() == []
    made = units.find_units(assembly.device.id, ["D1", "D2"])
    assert {(one.lot_id, one.bin_id) for one in made.values()} == {(first.lots[0][0], assembly.line.output_bin_id)}
    [event] = [one.event for one in units.events_of(made["D1"].id)]
    assert (event.document_kind, event.document_id) == (queries.REPORT, first.report)

    forward = trace(find_start(StartKind.UNIT, "B1"), Direction.FORWARD)
    assert {node.number for node in forward.nodes} == {"B-1", first.lots[0][1]}
    assert [one.number for one in forward.work_orders] == [assembly.order.number]
    backward = trace(find_start(StartKind.UNIT, "D2"), Direction.BACKWARD)
    assert {node.number for node in backward.nodes} == {"B-1", first.lots[0][1]}
    database.session.rollback()
    given.ledger_is_whole()


def test_the_ids_and_the_quantity_of_a_report_must_agree_and_nothing_is_guessed() -> None:
    assembly = Assembly.built()
    assembly.issue(4, ["B1", "B2", "B3", "B4"])
    for codes, needed, came in (
        (["D1"], 2, 0), (["B1", "D1"], 2, 1), (["B1", "B2", "B3", "D1"], 2, 3), (["B1", "B2"], 1, 0),
        (["B1", "B2", "D1", "D2"], 1, 2),
    ):  # fmt: skip
        with pytest.raises(UnitsNeeded) as refused:
            assembly.report(2, 1, codes)
        assert (refused.value.data["needed"], refused.value.data["came"]) == (needed, came), codes
    assert queries.reports_of(assembly.order.id) == []
    assert assembly.at_line() == ["B1", "B2", "B3", "B4"]
    given.ledger_is_whole()


def test_lost_pieces_are_named_apart_and_unused_ones_go_back() -> None:
    assembly = Assembly.built()
    assembly.issue(6)  # all that stands there: nobody needs to say which
    lost = InputLine(
        lot=assembly.boards.id, quantity=q(1), source=InputSource.SCRAP, reason="burnt", units=("B5",)
    )  # fmt: skip
    done = assembly.report(
        2, 1, ["B1", "B2", "B5", "D1"], inputs=(InputLine(lot=assembly.boards.id, quantity=q(2)), lost)
    )
    assert assembly.pieces(done) == {"used": ["B1", "B2"], "lost": ["B5"], "made": ["D1"]}
    assembly.bring_back(["B6"])
    assert assembly.at_line() == ["B3", "B4"]
    assert [unit.code for unit in units.pieces_at(assembly.boards.id, assembly.site["A-02"], LOOSE)] == ["B6"]
    database.session.rollback()
    given.ledger_is_whole()


def test_a_wrong_piece_is_corrected_and_a_report_taken_back_puts_the_pieces_back() -> None:
    assembly = Assembly.built()
    assembly.issue(4, ["B1", "B2", "B3", "B4"])
    done = assembly.report(2, 1, ["B1", "B2", "D1"])
    cmd = corrections.CorrectReport(
        key="fix", warehouse=assembly.site.id, report=done.report, reason="other boards",
        inputs=(InputLine(lot=assembly.boards.id, quantity=q(2)),),
    )  # fmt: skip
    with followers.naming(["B3", "B4"]):
        again = run_in_transaction(corrections.correct_inputs, cmd, actor=SYSTEM_USER, at=NOW)
    assert assembly.pieces(again) == {"used": ["B3", "B4"], "made": ["D1"]}
    assert assembly.at_line() == ["B1", "B2"]
    back = corrections.TakeBack(key="back", warehouse=assembly.site.id, report=again.report, reason="never was")
    run_in_transaction(corrections.take_back, back, actor=SYSTEM_USER, at=NOW + timedelta(minutes=1))
    assert assembly.at_line() == ["B1", "B2", "B3", "B4"]
    once_more = assembly.report(2, 1, ["B1", "B4", "D1"])
    assert assembly.pieces(once_more) == {"used": ["B1", "B4"], "made": ["D1"]}
    given.ledger_is_whole()


@ON_SQLITE
def test_a_code_that_nobody_knows_is_refused_where_nothing_made_has_ids() -> None:
    assembly = Assembly.built()
    plain = given.item("PLAIN")
    given.bom(plain, [(assembly.board, 1)])
    assembly.issue(4, ["B1", "B2", "B3", "B4"])
    order = given.work_order(assembly.site, plain, 2, assembly.line, released=True)
    free = given.lot(assembly.board, "B-2")
    with followers.naming(["C1", "C2"]):
        given.stock(free, assembly.site, assembly.line.code, 2)
    cmd = ReportProduction(
        key="plain", warehouse=assembly.site.id, work_order=order.id,
        inputs=(InputLine(lot=free.id, quantity=q(1)),), outputs=(OutputLine(quantity=q(1)),),
    )  # fmt: skip
    with pytest.raises(UnitUnknown), followers.naming(["C1", "C9"]):
        run_in_transaction(report, cmd, actor=SYSTEM_USER, at=NOW)
    with followers.naming(["C1"]):
        done = run_in_transaction(report, cmd, actor=SYSTEM_USER, at=NOW)
    assert assembly.pieces(done) == {"used": ["C1"]}


def test_a_mended_piece_keeps_its_id_in_the_lot_it_becomes() -> None:
    site = given.warehouse()
    line = given.line(site)
    device = given.item("DEV", has_unit_ids=True)
    given.production_rule(device, is_output_pending=False)
    bad = given.lot(device, "BAD")
    with followers.naming(["S1", "S2"]):
        given.stock(bad, site, line.code, 2, quality=Quality.REJECTED)
    plan = PlanRework(key="rw", warehouse=site.id, line=line.id, lots=(Mended(lot=bad.id, quantity=q(2)),))
    identity = run_in_transaction(plan_rework, plan, actor=SYSTEM_USER, at=NOW)
    run_in_transaction(release_order, identity, warehouse=site.id, actor=SYSTEM_USER, at=NOW)
    order = get_order(identity)
    database.session.rollback()
    cmd = ReportProduction(
        key="mend", warehouse=site.id, work_order=order.id, inputs=(InputLine(lot=bad.id, quantity=q(1)),),
        outputs=(OutputLine(quantity=q(1)),),
    )  # fmt: skip
    with followers.naming(["S2"]):
        done = run_in_transaction(report, cmd, actor=SYSTEM_USER, at=NOW)
    found = units.find_units(device.id, ["S1", "S2"])
    assert (found["S1"].lot_id, found["S2"].lot_id) == (bad.id, done.lots[0][0])
    assert found["S2"].bin_id == line.output_bin_id
    database.session.rollback()
    given.ledger_is_whole()
