"""Unit ids go where the goods go, on both engines: in by scan or file, out only when named, back, undone, and never twice."""

from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy import select

from tests import given
from wms.alerts.models import Alert, AlertKind
from wms.core.clock import now
from wms.core.errors import QuestionNeeded, UnitElsewhere, UnitNamedTwice, UnitOfOtherLot, UnitsNeeded, UnitUnknown
from wms.core.ids import BinId, LotId, LpnId, PostingSeq
from wms.core.quantity import Quantity
from wms.db import db as database
from wms.db import run_in_transaction
from wms.sites.models import Bin, BinKind
from wms.stock import followers, ledger
from wms.stock.ledger import Move, Place, Reason, StockKey
from wms.units import queries, service
from wms.units.models import UnitEvent, UnitEventKind
from wms.units.service import Announce


class Shelf:
    """A lot of an item with unit ids, and the bins it goes through."""

    def __init__(self) -> None:
        self.site = given.warehouse()
        self.item = given.item("DEV-1", has_unit_ids=True)
        self.lot = given.lot(self.item, "L7").id
        self.actor = given.user("hand", "receiver")
        self.bins = {
            kind: BinId(database.session.execute(select(Bin.id).where(Bin.kind == kind).limit(1)).scalar_one())
            for kind in (BinKind.SUPPLIER, BinKind.DOCK, BinKind.STORAGE, BinKind.STAGING, BinKind.CUSTOMER)
        }
        database.session.commit()

    def go(
        self, count: int, source: BinKind, target: BinKind, reason: Reason, codes: Sequence[str] = (), *,
        answers: Sequence[str] = (), lot: LotId | None = None, key: str = "",
    ) -> PostingSeq:  # fmt: skip
        """Post one move with the ids that a person named."""
        start, end = (StockKey(lot=lot or self.lot, place=Place(bin=self.bins[kind])) for kind in (source, target))
        with followers.naming(codes, answers=answers):
            return run_in_transaction(
                ledger.post, [Move(quantity=Quantity.of(count), source=start, target=end)],
                key=key or f"k{now().timestamp()}", reason=reason, actor=self.actor, at=now(),
            ).seq  # fmt: skip

    def at(self, kind: BinKind) -> list[str]:
        """The codes that stand in a kind of bin."""
        found = [unit.code for unit in queries.pieces_at(self.lot, self.bins[kind], LpnId(0))]
        database.session.rollback()
        return found


@pytest.fixture
def shelf(db: Any) -> Shelf:
    return Shelf()


S, D, B, T, C = BinKind.SUPPLIER, BinKind.DOCK, BinKind.STORAGE, BinKind.STAGING, BinKind.CUSTOMER


def test_from_receipt_to_customer_and_back_each_piece_is_in_one_place(shelf: Shelf) -> None:
    with pytest.raises(UnitsNeeded) as few:
        shelf.go(3, S, D, Reason.RECEIVE, ["s1", "s2"])
    assert few.value.data == {"lot": "L7", "needed": 3, "came": 2}
    assert given.on_hand(shelf.lot).millionths == 0  # the posting went with it
    shelf.go(3, S, D, Reason.RECEIVE, ["s1", "s2", "s3"])
    shelf.go(3, D, B, Reason.PUTAWAY)  # all that stands there: nobody needs to say which
    assert shelf.at(B) == ["s1", "s2", "s3"] and shelf.at(D) == []
    for codes, error in (([], UnitsNeeded), (["s1", "x"], UnitUnknown), (["s1", "s1"], UnitNamedTwice)):
        with pytest.raises(error):
            shelf.go(2, B, T, Reason.PICK, codes)
    shelf.go(2, B, T, Reason.PICK, ["s1", "s3"])
    with pytest.raises(UnitElsewhere) as elsewhere:
        shelf.go(1, B, T, Reason.PICK, ["s3"])
    assert "STAG" in elsewhere.value.data["known"].upper()
    shelf.go(2, T, C, Reason.SHIP)
    assert shelf.at(C) == ["s1", "s3"] and shelf.at(B) == ["s2"]
    shelf.go(1, C, D, Reason.CUSTOMER_RETURN, ["s3"])
    assert shelf.at(D) == ["s3"] and shelf.at(C) == ["s1"]
    kinds = [row.event.kind for row in queries.events_of(queries.find_units(shelf.item.id, ["s3"])["s3"].id)]
    assert kinds == [UnitEventKind.CAME_BACK, UnitEventKind.LEFT, *[UnitEventKind.MOVED] * 2, UnitEventKind.ARRIVED]


def test_a_second_appearance_is_a_question_and_then_a_row_of_its_own_with_an_alarm(shelf: Shelf) -> None:
    shelf.go(1, S, D, Reason.RECEIVE, ["s1"])
    with pytest.raises(QuestionNeeded) as asked:
        shelf.go(1, S, D, Reason.RECEIVE, ["s1"])
    assert asked.value.data["question"] == "unit_seen_twice"
    shelf.go(1, S, D, Reason.RECEIVE, ["s1"], answers=["unit_seen_twice"])
    assert shelf.at(D) == ["s1", "s1"]
    alert = database.session.execute(select(Alert)).scalar_one()
    assert alert.kind is AlertKind.UNIT_SEEN_TWICE and alert.data["unit_id"] == "s1"
    database.session.rollback()
    shelf.go(2, D, C, Reason.SUPPLIER_RETURN)
    with pytest.raises(QuestionNeeded) as back:
        shelf.go(1, S, D, Reason.RECEIVE, ["s1"])
    assert back.value.data["question"] == "unit_came_back"


def test_a_reversal_puts_units_back_and_refuses_when_one_went_on(shelf: Shelf) -> None:
    shelf.go(2, S, D, Reason.RECEIVE, ["s1", "s2"])
    moved = shelf.go(1, D, B, Reason.MOVE, ["s2"])
    run_in_transaction(ledger.reverse, moved, key="undo", actor=shelf.actor, at=now())
    assert shelf.at(D) == ["s1", "s2"]
    again = shelf.go(1, D, B, Reason.MOVE, ["s1"])
    shelf.go(1, B, T, Reason.MOVE)
    with pytest.raises(Exception, match=r"(?i)unit_elsewhere|insufficient"):
        run_in_transaction(ledger.reverse, again, key="undo2", actor=shelf.actor, at=now())
    assert shelf.at(T) == ["s1"]


def test_a_file_names_packs_and_one_scan_of_a_pack_names_its_pieces(shelf: Shelf) -> None:
    file = [("p1", "box1"), ("p2", "box1"), ("p3", "box2"), ("box1", "case"), ("box2", "case")]
    cmd = Announce(item=shelf.item.id, lot_number="L7", codes=file)
    assert run_in_transaction(service.announce, cmd, actor=shelf.actor, at=now()) == 6
    assert run_in_transaction(service.announce, cmd, actor=shelf.actor, at=now()) == 0
    shelf.go(3, S, D, Reason.RECEIVE, ["case"])
    assert shelf.at(D) == ["p1", "p2", "p3"]
    shelf.go(2, D, B, Reason.PUTAWAY, ["box1"])
    units = queries.find_units(shelf.item.id, ["case", "box1", "box2", "p1", "p3"])
    assert units["box1"].bin_id == shelf.bins[B] and units["box1"].parent_id is None  # taken out of its case
    assert units["box2"].parent_id == units["case"].id and units["p1"].parent_id == units["box1"].id
    database.session.rollback()
    shelf.go(1, B, T, Reason.PICK, ["p2"])
    assert queries.find_units(shelf.item.id, ["p2"])["p2"].parent_id is None


def test_pieces_go_into_the_lot_that_theirs_became(shelf: Shelf) -> None:
    shelf.go(2, S, D, Reason.RECEIVE, ["s1", "s2"])
    other = given.lot(shelf.item, "L7-B").id
    here, gone = Place(bin=shelf.bins[D]), Place(bin=shelf.bins[S])
    moves = [
        Move(quantity=Quantity.of(2), source=StockKey(lot=shelf.lot, place=here), target=StockKey(lot=shelf.lot, place=gone)),
        Move(quantity=Quantity.of(2), source=StockKey(lot=other, place=gone), target=StockKey(lot=other, place=here)),
    ]  # fmt: skip
    run_in_transaction(ledger.post, moves, key="relabel", reason=Reason.RELABEL, actor=shelf.actor, at=now())
    assert [unit.code for unit in queries.pieces_at(other, shelf.bins[D], LpnId(0))] == ["s1", "s2"]
    assert queries.pieces_at(shelf.lot, shelf.bins[D], LpnId(0)) == []


def test_an_opening_stock_gets_ids_before_it_can_leave(shelf: Shelf) -> None:
    shelf.go(2, BinKind.SUPPLIER, B, Reason.COUNT)
    with pytest.raises(UnitsNeeded):
        shelf.go(2, B, T, Reason.PICK)
    place = {"lot": shelf.lot, "bin": shelf.bins[B], "lpn": LpnId(0)}
    for codes, error in ((["a", "b", "c"], UnitsNeeded), (["(01)09506000134352(10)X(21)1"], UnitOfOtherLot)):
        with pytest.raises((error, Exception)):
            run_in_transaction(service.assign, **place, codes=codes, actor=shelf.actor, at=now())
    assert run_in_transaction(service.assign, **place, codes=["a", "b"], actor=shelf.actor, at=now()) == 2
    with pytest.raises(UnitsNeeded):
        run_in_transaction(service.assign, **place, codes=["c"], actor=shelf.actor, at=now())
    shelf.go(2, B, T, Reason.PICK)
    assert shelf.at(T) == ["a", "b"]


def test_goods_without_unit_ids_ask_nothing_of_anybody(shelf: Shelf) -> None:
    plain = given.lot(given.item("TEA"), "T1").id
    shelf.go(5, S, D, Reason.RECEIVE, lot=plain)
    shelf.go(2, D, B, Reason.MOVE, lot=plain)
    assert database.session.execute(select(UnitEvent)).first() is None
