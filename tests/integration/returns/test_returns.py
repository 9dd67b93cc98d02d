"""Goods that go back to a supplier: what may, what stops it, what the ledger says afterwards."""

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select

from tests import given
from wms.core.errors import InsufficientStock, LotOnHold, NotAllowed, QuestionNeeded, WrongState
from wms.core.ids import SYSTEM_USER
from wms.db import db as database
from wms.db import run_in_transaction
from wms.quality.service import PlaceHold, place_hold
from wms.returns import queries, service
from wms.returns.models import ReturnReason, SupplierReturn
from wms.returns.service import CarryLine, GoingBack, OpenReturn
from wms.stock import queries as stock
from wms.stock.ledger import Quality
from wms.stock.ledger.tables import StockMove
from wms.stock.models import HoldReason, HoldScope, Lpn
from wms.tasks.models import Task

pytestmark = pytest.mark.usefixtures("db")


def do(verb: Any, *args: Any, **more: Any) -> Any:
    return run_in_transaction(verb, *args, actor=SYSTEM_USER, at=given.NOW, **more)


class Shelf:
    """Ten of a lot from ACME in A-01, four rejected ones on a plate in the cage."""

    def __init__(self) -> None:
        self.site, self.supplier = given.warehouse(), given.partner()
        self.lot = given.lot(given.item(), "L-1", supplier=self.supplier.id)
        self.plate = given.lpn(self.site)
        given.stock(self.lot, self.site, "A-01", 10)
        given.stock(self.lot, self.site, "CAGE", 4, on=self.plate.id, quality=Quality.REJECTED)

    def row(self, bin_code: str) -> Any:
        (found,) = stock.find_balances(lot=self.lot.id, bin=self.site[bin_code])
        database.session.rollback()
        return found

    def cmd(self, *lines: tuple[str, int], **more: Any) -> OpenReturn:
        going = tuple(GoingBack(balance=self.row(code).id, quantity=given.q(n)) for code, n in lines)
        base = OpenReturn(
            key="return-1", warehouse=self.site.id, supplier=self.supplier.id, lines=going, reason=ReturnReason.REJECTED
        )
        return replace(base, **more)

    def hold(self) -> None:
        cmd = PlaceHold(key="hold-1", scope=HoldScope.LOT, lot=self.lot.id, reason=HoldReason.SUSPECT)
        do(place_hold, cmd)

    def carry(self, paper: int, line: int, key: str, **more: Any) -> Any:
        (row,) = [one for one in queries.lines_of(paper) if one.line == line]  # type: ignore[arg-type]
        identity = row.id
        database.session.rollback()
        return do(service.carry_line, CarryLine(warehouse=self.site.id, line=identity, key=key, **more))


def test_goods_of_any_quality_go_back_line_by_line_and_the_last_one_ends_it() -> None:
    shelf = Shelf()
    paper = do(service.open_return, shelf.cmd(("A-01", 6), ("CAGE", 4)))
    assert do(service.open_return, shelf.cmd(("A-01", 6), ("CAGE", 4))) == paper
    kinds = database.session.execute(select(Task.kind, Task.quantity).order_by(Task.sequence)).all()
    assert [(kind.value, quantity) for kind, quantity in kinds] == [
        ("supplier_return", given.q(6)), ("supplier_return", given.q(4)),
    ]  # fmt: skip
    database.session.rollback()
    first = shelf.carry(paper, 1, "carry-1", quantity=given.q(5))
    assert (first.quantity, first.is_done) == (given.q(5), False)
    assert shelf.carry(paper, 1, "carry-1").is_repeat
    with pytest.raises(WrongState):
        shelf.carry(paper, 1, "carry-2")
    assert shelf.carry(paper, 2, "carry-3").is_done
    assert given.on_hand(shelf.lot) == given.q(5)
    assert not database.session.get_one(Lpn, shelf.plate.id, populate_existing=True).is_open, "its plate may come again"
    moves = database.session.execute(
        select(StockMove.quantity, StockMove.source_quality).where(StockMove.target_bin_id == shelf.site["SUPPLIER"])
    ).all()
    assert sorted((str(q), kind.value) for q, kind in moves) == [("4", "rejected"), ("5", "released")]
    database.session.rollback()
    given.ledger_is_whole()


def test_what_another_return_leaves_is_all_that_can_go() -> None:
    shelf = Shelf()
    do(service.open_return, shelf.cmd(("A-01", 6)))
    with pytest.raises(InsufficientStock) as refused:
        do(service.open_return, shelf.cmd(("A-01", 5), key="return-2"))
    assert refused.value.data["available"] == "4"
    with pytest.raises(QuestionNeeded):
        do(service.open_return, shelf.cmd(("A-01", 4), key="return-2", supplier=given.partner().id))


def test_held_goods_go_by_a_right_of_its_own_and_a_later_hold_stops_them() -> None:
    shelf = Shelf()
    paper = do(service.open_return, shelf.cmd(("A-01", 2)))
    shelf.hold()
    with pytest.raises(LotOnHold) as stopped:
        shelf.carry(paper, 1, "carry-1")
    assert stopped.value.data["reason"] == "suspect"
    with pytest.raises(NotAllowed):
        do(service.open_return, shelf.cmd(("CAGE", 4), key="return-2"))
    held = do(service.open_return, shelf.cmd(("CAGE", 4), key="return-2", may_take_held=True))
    assert shelf.carry(held, 1, "carry-2").is_done
    do(service.close_return, paper, warehouse=shelf.site.id, carrier="", plate="")
    states = database.session.execute(select(SupplierReturn.state).order_by(SupplierReturn.id)).scalars()
    assert [one.value for one in states] == ["cancelled", "done"]
    open_tasks = database.session.execute(select(Task.state).where(Task.kind == "supplier_return")).scalars()
    assert {one.value for one in open_tasks} == {"cancelled", "done"}
    database.session.rollback()
    given.ledger_is_whole()
