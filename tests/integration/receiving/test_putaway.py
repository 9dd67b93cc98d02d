"""From the dock to the bin on both engines."""

from typing import Any

import pytest

from tests import given
from wms.core.errors import AlreadyTaken, BinBlocked, BinUnsuitable, InsufficientStock, QuestionNeeded, WrongState
from wms.core.ids import LOOSE, SYSTEM_USER, new_id
from wms.db import run_in_transaction
from wms.receiving import service
from wms.receiving.rules.commands import ConfirmPutaway
from wms.sites.models import Bin, StorageClass, Zone
from wms.stock import queries as stock_queries
from wms.stock.ledger import Quality
from wms.tasks.models import Task, TaskKind
from wms.tasks.service import create_task

pytestmark = pytest.mark.usefixtures("db")


def do(verb: Any, *args: Any, actor: Any = SYSTEM_USER, **more: Any) -> Any:
    return run_in_transaction(verb, *args, actor=actor, at=given.NOW, **more)


class Floor:
    """Goods of one lot at the dock, with their putaway task."""

    def __init__(
        self, *, quantity: int = 10, on: Any = LOOSE, quality: Quality = Quality.RELEASED, site: Any = None, **item: Any
    ) -> None:
        self.site = site or given.warehouse()
        self.item = given.item(**item)
        self.lot = given.lot(self.item)
        given.stock(self.lot, self.site, "DOCK", quantity, on=on, quality=quality)
        self.task = do(
            create_task, kind=TaskKind.PUTAWAY, warehouse=self.site.id, document_kind="receipt", document_id=1,
            item_id=self.item.id, lot_id=self.lot.id, owner_id=1, source_bin_id=self.site["DOCK"], source_lpn_id=on,
            quantity=given.q(quantity),
        ).id  # fmt: skip

    def start(self, **more: Any) -> service.Started:
        return do(service.start_putaway, self.task, warehouse=self.site.id, **more)

    def suggested(self) -> tuple[str, str]:
        found = self.start().suggestion
        assert found is not None
        return found.code, found.reason

    def confirm(self, code: str, *, key: str = "key-1", actor: Any = SYSTEM_USER, **more: Any) -> service.PutAway:
        cmd = ConfirmPutaway(warehouse=self.site.id, task=self.task, bin=self.site[code], key=key, **more)
        return do(service.confirm_putaway, cmd, actor=actor)

    def where(self) -> dict[str, str]:
        return {b.bin_code: str(b.on_hand) for b in stock_queries.find_balances(lot=self.lot.id)}


def task_of(identity: int) -> Task:
    from wms.db import db

    return db.session.get(Task, identity, populate_existing=True)


def test_goods_go_where_their_lot_stands() -> None:
    floor = Floor()
    given.stock(floor.lot, floor.site, "A-03", 1)
    assert floor.suggested() == ("A-03", "same_lot")
    done = floor.confirm("A-03")
    assert (done.bin_code, done.quantity) == ("A-03", given.q(10))
    assert floor.where() == {"A-03": "11"}
    assert task_of(floor.task).state.value == "done"
    given.ledger_is_whole()


def test_then_where_the_item_stands_then_an_empty_bin() -> None:
    floor = Floor()
    given.stock(given.lot(floor.item), floor.site, "A-02", 1)
    assert floor.suggested() == ("A-02", "same_item")
    other = Floor(site=floor.site)
    code, reason = other.suggested()
    assert reason == "empty_bin" and code not in {"A-02"}


def test_a_bin_on_somebodys_way_counts_as_full() -> None:
    from wms.db import db

    site = given.warehouse(storage_bins=2)
    for code in ("A-01", "A-02", "FACE"):
        row = db.session.get(Bin, site[code])
        row.capacity_lpns = 1
    db.session.commit()
    plates = [given.lpn(site).id for _ in range(4)]
    codes = [Floor(site=site, on=plate).suggested()[0] for plate in plates[:3]]
    assert sorted(codes) == ["A-01", "A-02", "FACE"]
    assert Floor(site=site, on=plates[3]).start().suggestion is None


def test_asking_again_gives_the_same_bin() -> None:
    floor = Floor()
    assert floor.suggested() == floor.suggested()


def test_another_bin_is_asked_then_taken() -> None:
    floor = Floor()
    code, _ = floor.suggested()
    other = "A-04" if code != "A-04" else "A-03"
    with pytest.raises(QuestionNeeded):
        floor.confirm(other)
    assert floor.where() == {"DOCK": "10"}
    floor.confirm(other, answers=frozenset({"another_bin"}))
    assert floor.where() == {other: "10"}


def test_a_cold_item_does_not_stand_in_an_ambient_bin() -> None:
    floor = Floor(storage_class=StorageClass.COLD)
    assert floor.start().suggestion is None
    with pytest.raises(BinUnsuitable) as refused:
        floor.confirm("A-01", answers=frozenset({"another_bin"}))
    assert (refused.value.data["found"], refused.value.data["needed"]) == ("ambient", "cold")
    zone = Zone(
        id=new_id(), warehouse_id=floor.site.id, code="C", name_en="Cold", storage_class=StorageClass.COLD
    )  # fmt: skip
    given.keep(zone)
    given.keep(Bin(id=new_id(), warehouse_id=floor.site.id, zone_id=zone.id, code="C-01", kind="storage"))
    assert floor.suggested() == ("C-01", "empty_bin")


def test_rejected_goods_go_apart() -> None:
    floor = Floor(quality=Quality.REJECTED)
    code, _ = floor.suggested()
    assert code in {"QUAR", "CAGE"}
    with pytest.raises(BinUnsuitable):
        floor.confirm("A-01", answers=frozenset({"another_bin"}))


def test_a_blocked_bin_takes_nothing() -> None:
    from wms.db import db

    floor = Floor()
    db.session.get(Bin, floor.site["A-01"]).is_blocked = True
    db.session.commit()
    assert floor.suggested()[0] != "A-01"
    with pytest.raises(BinBlocked):
        floor.confirm("A-01", answers=frozenset({"another_bin"}))


def test_a_pallet_moves_whole_and_stays_on_its_plate() -> None:
    site = given.warehouse()
    plate = given.lpn(site).id
    floor = Floor(site=site, on=plate)
    second = given.lot(floor.item)
    given.stock(second, site, "DOCK", 3, on=plate)
    code, _ = floor.suggested()
    assert floor.confirm(code).quantity == given.q(13)
    assert {(b.bin_code, b.lpn) for b in stock_queries.find_balances(warehouse=site.id)} == {(code, plate)}


def test_a_part_leaves_a_task_for_the_rest() -> None:
    floor = Floor()
    code, _ = floor.suggested()
    floor.confirm(code, quantity=given.q(4))
    assert floor.where() == {"DOCK": "6", code: "4"}
    from wms.receiving.queries.putaway import open_putaways

    (rest,) = open_putaways(floor.site.id, actor=SYSTEM_USER)
    assert rest.quantity == given.q(6)


def test_a_repeat_does_nothing() -> None:
    floor = Floor()
    code, _ = floor.suggested()
    floor.confirm(code)
    again = floor.confirm(code)
    assert again.is_repeat and again.quantity == given.q(10)
    with pytest.raises(WrongState):
        floor.confirm(code, key="key-2")


def test_more_than_there_is_is_refused() -> None:
    floor = Floor()
    code, _ = floor.suggested()
    with pytest.raises(InsufficientStock):
        floor.confirm(code, quantity=given.q(11))
    assert task_of(floor.task).state.value == "taken"


def test_one_person_works_on_a_task() -> None:
    floor = Floor()
    floor.start()
    other = given.user(None, "receiver", site=floor.site)
    with pytest.raises(AlreadyTaken):
        floor.confirm("A-01", actor=other)


def test_a_task_whose_goods_went_elsewhere_goes_away() -> None:
    from wms.stock import ledger
    from wms.stock.ledger import Move, Place, Reason

    floor = Floor()
    source = given.key(floor.lot, floor.site, "DOCK")
    target = source.at(Place(bin=floor.site["A-02"]))
    moves = [Move(quantity=given.q(10), source=source, target=target)]
    do(ledger.post, moves, key="moved-away", reason=Reason.MOVE)
    assert floor.start().is_gone
    assert task_of(floor.task).state.value == "cancelled"
