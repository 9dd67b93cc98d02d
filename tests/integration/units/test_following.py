"""Unit ids go where the goods go, on both engines: in by scan or file, out only when named, back, undone, and never twice."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, select

from tests import given
from wms.alerts.models import Alert, AlertKind
from wms.core.clock import now
from wms.core.errors import QuestionNeeded, UnitElsewhere, UnitNamedTwice, UnitOfOtherLot, UnitsNeeded, UnitUnknown
from wms.core.ids import SYSTEM_USER, BinId, LotId, LpnId, PostingSeq, new_id
from wms.core.quantity import Quantity
from wms.db import db as database
from wms.db import run_in_transaction
from wms.gs1.sscc import Sscc
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
        answers: Sequence[str] = (), lot: LotId | None = None, key: str = "", on: LpnId | None = None,
    ) -> PostingSeq:  # fmt: skip
        """Post one move with the ids that a person named; onto a plate."""
        start = StockKey(lot=lot or self.lot, place=Place(bin=self.bins[source]))
        end = StockKey(lot=lot or self.lot, place=Place(bin=self.bins[target], lpn=on or LpnId(0)))
        with followers.naming(codes, answers=answers):
            self.last = run_in_transaction(
                ledger.post, [Move(quantity=Quantity.of(count), source=start, target=end)],
                key=key or f"k{new_id()}", reason=reason, actor=self.actor, at=now(),
            ).seq  # fmt: skip
        return self.last

    def at(self, kind: BinKind) -> list[str]:
        """The codes that stand in a kind of bin."""
        found = [unit.code for unit in queries.pieces_at(self.lot, self.bins[kind], LpnId(0))]
        database.session.rollback()
        return found


@pytest.fixture
def statements(db: Any) -> Any:
    """Collect the statements of a block."""

    @contextmanager
    def collect() -> Iterator[list[str]]:
        said: list[str] = []

        def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
            said.append(statement)

        event.listen(database.engine, "before_cursor_execute", note)
        try:
            yield said
        finally:
            event.remove(database.engine, "before_cursor_execute", note)

    return collect


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


def test_two_hundred_pieces_in_packs_cost_a_few_statements(shelf: Shelf, statements: Any) -> None:
    file = [(f"p{n:03}", f"box{n // 10}") for n in range(200)] + [(f"box{n}", "case") for n in range(20)]
    cmd = Announce(item=shelf.item.id, lot_number="L7", codes=file)
    run_in_transaction(service.announce, cmd, actor=shelf.actor, at=now())
    boxes, pieces = [f"box{n}" for n in range(20)], [f"p{n:03}" for n in range(200)]
    plain = given.lot(given.item("TEA"), "T1").id
    with statements() as without:
        shelf.go(200, S, D, Reason.RECEIVE, lot=plain)
    with statements() as came:
        shelf.go(200, S, D, Reason.RECEIVE, boxes)
    with statements() as moved:
        shelf.go(150, D, B, Reason.PUTAWAY, boxes[:15])
    with statements() as picked:
        shelf.go(142, B, T, Reason.PICK, pieces[:142])
    with statements() as undone:
        run_in_transaction(ledger.reverse, PostingSeq(shelf.last), key="undo-pick", actor=shelf.actor, at=now())
    counts = [len(one) - len(without) for one in (came, moved, picked, undone)]
    assert max(counts) <= 16, counts
    units = queries.find_units(shelf.item.id, ["box14", "box0", "p000"])
    assert units["p000"].parent_id == units["box0"].id and units["box0"].bin_id == shelf.bins[B]


def test_labels_may_say_the_maker_s_lot_and_pieces_keep_their_label_in_another_lot(shelf: Shelf) -> None:
    gtin = shelf.item.pack_units[0].gtin
    lot = given.lot(shelf.item, "OURS-1", maker_lot="MK9").id
    shelf.go(2, S, D, Reason.RECEIVE, [f"(01){gtin}(10)MK9(21)1", f"(01){gtin}(10)OURS-1(21)2"], lot=lot)
    other, here, gone = given.lot(shelf.item, "NEW").id, Place(bin=shelf.bins[D]), Place(bin=shelf.bins[S])
    moves = [
        Move(quantity=Quantity.of(2), source=StockKey(lot=lot, place=here), target=StockKey(lot=lot, place=gone)),
        Move(quantity=Quantity.of(2), source=StockKey(lot=other, place=gone), target=StockKey(lot=other, place=here)),
    ]  # fmt: skip
    run_in_transaction(ledger.post, moves, key="relabel", reason=Reason.RELABEL, actor=shelf.actor, at=now())
    shelf.go(1, D, B, Reason.MOVE, [f"(01){gtin}(10)MK9(21)1"], lot=other)
    with pytest.raises(UnitOfOtherLot):
        shelf.go(1, D, B, Reason.MOVE, [f"(01){gtin}(10)XX(21)2"], lot=other)


def test_a_piece_announced_for_another_lot_and_one_too_many_are_refused(shelf: Shelf) -> None:
    cmd = Announce(item=shelf.item.id, lot_number="L8", codes=[("p1", "")])
    run_in_transaction(service.announce, cmd, actor=shelf.actor, at=now())
    with pytest.raises(UnitOfOtherLot):
        shelf.go(1, S, D, Reason.RECEIVE, ["p1"])
    with pytest.raises(UnitsNeeded) as many:
        shelf.go(1, S, D, Reason.RECEIVE, ["s1", "s2"])
    assert many.value.data["came"] == 2


def test_the_answer_about_one_code_is_no_answer_about_another(shelf: Shelf) -> None:
    shelf.go(2, S, D, Reason.RECEIVE, ["s1", "s2"])
    with pytest.raises(QuestionNeeded) as asked:
        shelf.go(2, S, D, Reason.RECEIVE, ["s1", "s2"], answers=["unit_seen_twice:s1"])
    assert asked.value.data["unit"] == "s2"


def test_what_was_received_and_taken_back_comes_again_without_a_question(shelf: Shelf) -> None:
    came = shelf.go(1, S, D, Reason.RECEIVE, ["s1"])
    run_in_transaction(ledger.reverse, came, key="undo", actor=shelf.actor, at=now())
    assert shelf.at(D) == [] and shelf.at(S) == ["s1"]
    shelf.go(1, S, D, Reason.RECEIVE, ["s1"])
    assert shelf.at(D) == ["s1"]


def test_the_twin_can_leave_by_its_code_while_the_true_one_stands_elsewhere(shelf: Shelf) -> None:
    shelf.go(2, S, D, Reason.RECEIVE, ["s1", "s2"])
    shelf.go(2, D, B, Reason.PUTAWAY)
    shelf.go(2, S, D, Reason.RECEIVE, ["s1", "s3"], answers=["unit_seen_twice"])
    shelf.go(1, D, S, Reason.SUPPLIER_RETURN, ["s1"])
    assert shelf.at(D) == ["s3"] and shelf.at(B) == ["s1", "s2"]


def test_opening_stock_moves_and_is_scrapped_without_ids_but_a_part_of_known_pieces_needs_words(shelf: Shelf) -> None:
    shelf.go(3, S, B, Reason.COUNT)
    shelf.go(1, B, D, Reason.MOVE)
    shelf.go(1, B, C, Reason.SCRAP)
    shelf.go(2, S, T, Reason.RECEIVE, ["a", "b"])
    with pytest.raises(UnitsNeeded):
        shelf.go(1, T, C, Reason.SCRAP)
    shelf.go(1, T, C, Reason.COUNT)  # a count cannot say which
    assert shelf.at(T) == ["a", "b"]


def test_pieces_announced_under_an_sscc_come_in_with_its_pallet(shelf: Shelf) -> None:
    code = str(Sscc.make("6901234", 0, 77))
    plate = given.lpn(shelf.site, code)
    cmd = Announce(item=shelf.item.id, lot_number="L7", codes=[("p1", f"(00){code}"), ("p2", code)])
    run_in_transaction(service.announce, cmd, actor=shelf.actor, at=now())
    with pytest.raises(UnitsNeeded):
        shelf.go(3, S, D, Reason.RECEIVE, on=plate.id)
    shelf.go(2, S, D, Reason.RECEIVE, on=plate.id)
    assert [unit.code for unit in queries.pieces_at(shelf.lot, shelf.bins[D], plate.id)] == ["p1", "p2"]


def _receive_one(lot: int, supplier: int, dock: int, key: str) -> int:
    start, end = (StockKey(lot=LotId(lot), place=Place(bin=BinId(bin_))) for bin_ in (supplier, dock))
    with followers.naming(["SN1"], answers=[]):
        return run_in_transaction(
            ledger.post, [Move(quantity=Quantity.of(1), source=start, target=end)], key=key, reason=Reason.RECEIVE,
            actor=SYSTEM_USER, at=now(),
        ).seq  # fmt: skip


def test_of_one_id_that_three_docks_take_in_at_once_two_are_asked_about(app: Flask, run_at_once: Any) -> None:
    with app.app_context():
        site, item = given.warehouse(), given.item("DEV-2", has_unit_ids=True)
        lots = [given.lot(item, f"L{n}").id for n in range(3)]
        work = [(lot, site["SUPPLIER"], site["DOCK"], f"once-{lot}") for lot in lots]
    found = run_at_once(_receive_one, work)
    assert sorted(str(one.error) for one in found) == ["None", "question_needed", "question_needed"], found
    with app.app_context():
        given.ledger_is_whole()
