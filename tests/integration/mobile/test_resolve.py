"""A scan and the kinds allowed -> one record, by one statement, on both engines."""

from typing import Any

import pytest
from sqlalchemy import event

from tests import given
from wms.core.errors import BadScan, NotFound, WrongKindScanned
from wms.core.quantity import Quantity
from wms.gs1.checksums import check_digit
from wms.mobile.flow import BIN, EPC, ITEM, LOT, LPN, ORDER
from wms.mobile.resolve import FoundBin, FoundItem, FoundLot, FoundLpn, FoundOrder, resolve

GS = "\x1d"


class World:
    """One warehouse with an item, a lot, a plate; another warehouse with a bin of its own."""

    def __init__(self) -> None:
        self.site = given.warehouse()
        self.other = given.warehouse()
        self.item = given.item(case_of=12)
        self.lot = given.lot(self.item, "20251101A")
        body = "06901234" + "000000017"[:9]
        self.sscc = body + str(check_digit(body))
        self.plate = given.lpn(self.site, self.sscc)
        with given.db.session.no_autoflush:
            self.gtins = {unit.code: unit.gtin for unit in _units(self.item)}
        given.db.session.commit()

    def find(self, text: str, *kinds: str, **more: Any) -> Any:
        return resolve(text, kinds, self.site.id, **more)


def _units(item: Any) -> list[Any]:
    from wms.catalog.models import PackUnit

    return given.db.session.query(PackUnit).filter(PackUnit.item_id == item.id).order_by(PackUnit.factor).all()


@pytest.fixture
def world(db: Any) -> World:
    return World()


@pytest.fixture
def case_gtin(world: World) -> str:
    return next(unit.gtin for unit in _units(world.item) if unit.factor == Quantity.of(12))


def test_a_bin_by_its_label_and_by_its_bare_code(world: World) -> None:
    for text in ("B:A-01", "A-01", "a-01"):
        found = world.find(text, BIN)
        assert isinstance(found, FoundBin) and found.id == world.site["A-01"] and found.bin_kind == "storage"


def test_a_bin_of_another_warehouse_is_not_found(world: World) -> None:
    given.keep(given.Bin(warehouse_id=world.other.id, code="ELSEWHERE", kind="storage", is_outside=False))
    with pytest.raises(NotFound):
        world.find("B:ELSEWHERE", BIN)


def test_an_outside_bin_is_no_place_to_scan(world: World) -> None:
    outside = next(code for code, row in world.site.bins.items() if row.is_outside)
    with pytest.raises(NotFound):
        world.find(f"B:{outside}", BIN)


def test_a_lot_label_gives_lot_item_and_pack_at_once(world: World, case_gtin: str) -> None:
    found = world.find(f"]C101{case_gtin}1727013110{world.lot.number}", LOT, ITEM)
    assert isinstance(found, FoundLot) and found.id == world.lot.id
    assert found.item.id == world.item.id and found.item.factor == Quantity.of(12)
    assert found.expires_on == world.lot.expires_on and str(found.scan.expires_on) == "2027-01-31"


def test_a_lot_label_answers_a_step_that_asks_for_the_item(world: World, case_gtin: str) -> None:
    found = world.find(f"]d201{case_gtin}10NEVER-SEEN", ITEM)
    assert isinstance(found, FoundItem) and found.sku == world.item.sku and str(found.scan.lot) == "NEVER-SEEN"


def test_a_new_lot_is_found_only_where_the_step_takes_new_ones(world: World, case_gtin: str) -> None:
    label = f"]d201{case_gtin}10NEVER-SEEN"
    with pytest.raises(NotFound) as refused:
        world.find(label, LOT)
    assert refused.value.data == {"kind": "lot", "text": "NEVER-SEEN"}
    found = world.find(label, LOT, new_kinds=(LOT,))
    assert isinstance(found, FoundLot) and found.id is None and found.number == "NEVER-SEEN"


def test_our_own_lot_label_and_the_bare_number(world: World) -> None:
    for text in (f"LOT:{world.item.sku}/20251101A/", "20251101A"):
        assert world.find(text, LOT).id == world.lot.id


def test_a_bare_number_of_two_items_asks_for_the_full_label_unless_the_item_is_known(world: World) -> None:
    second = given.item()
    twin = given.lot(second, "20251101A")
    given.db.session.commit()
    with pytest.raises(BadScan) as refused:
        world.find("20251101A", LOT)
    assert refused.value.data["why"] == "several"
    assert world.find("20251101A", LOT, item_id=second.id).id == twin.id


def test_an_item_by_gtin_and_by_sku(world: World, case_gtin: str) -> None:
    assert world.find(case_gtin, ITEM).factor == Quantity.of(12)
    by_sku = world.find(world.item.sku, ITEM)
    assert by_sku.id == world.item.id and by_sku.factor == Quantity.of(1) and by_sku.unit == world.item.base_unit


def test_a_plate_by_sscc_in_every_form_and_a_new_one_only_where_taken(world: World) -> None:
    for text in (f"]C100{world.sscc}", f"(00){world.sscc}", f"00{world.sscc}", world.sscc):
        found = world.find(text, LPN)
        assert isinstance(found, FoundLpn) and found.id == world.plate.id
    with pytest.raises(NotFound):
        world.find("LPN:T-999", LPN)
    assert world.find("LPN:T-999", LPN, new_kinds=(LPN,)).id is None


def test_the_wrong_kind_is_named(world: World, case_gtin: str) -> None:
    cases = [
        ("B:A-01", (LOT,), "bin"),
        ("A-01", (LOT, LPN), "bin"),
        (f"]C101{case_gtin}10L1", (BIN,), "lot"),
        (case_gtin, (LOT,), "item"),
        ("20251101A", (BIN,), "lot"),
        (f"(00){world.sscc}", (BIN,), "lpn"),
    ]
    for text, kinds, scanned in cases:
        with pytest.raises(WrongKindScanned) as refused:
            world.find(text, *kinds)
        assert refused.value.data["scanned"] == scanned, text
        assert refused.value.data["needed"] == list(kinds)


def test_what_nobody_knows_is_not_found(world: World) -> None:
    for kinds in ((BIN,), (LOT, ITEM), (LPN,), (ORDER,), (BIN, ITEM, LOT, LPN, EPC, ORDER)):
        with pytest.raises(NotFound):
            world.find("no-such-thing", *kinds)
    with pytest.raises(NotFound) as refused:
        world.find("04006381333931", ITEM)
    assert refused.value.data["kind"] == "gtin"


@pytest.mark.parametrize(
    "text", ["", "\x00", "x" * 600, "%_'\"; DROP TABLE bin", "王" * 200, "()(", "]C1", "B:", "LOT:%ff/a/"]
)
def test_no_text_gives_anything_but_a_refusal(world: World, text: str) -> None:
    with pytest.raises((BadScan, NotFound, WrongKindScanned)):
        world.find(text, BIN, ITEM, LOT, LPN, EPC, ORDER)


def test_an_order_by_its_number(world: World) -> None:
    order_id = given.order(world.site, [(world.item, 5)])
    from wms.picking.models import Order

    number = given.db.session.get_one(Order, order_id).number
    found = world.find(number, ORDER)
    assert isinstance(found, FoundOrder) and found.id == order_id


def test_finding_is_one_statement(world: World, case_gtin: str) -> None:
    statements: list[str] = []
    engine = given.db.engine
    event.listen(engine, "before_cursor_execute", lambda _c, _cur, text, *_: statements.append(text))
    world.find(f"]C101{case_gtin}10{world.lot.number}", LOT, ITEM, LPN, BIN)
    assert len([text for text in statements if text.lstrip().upper().startswith("SELECT")]) == 1
