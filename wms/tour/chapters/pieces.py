"""Devices with a serial each: received, put away, picked and shipped piece by piece."""

from __future__ import annotations

import re

from wms.gs1.checksums import check_digit
from wms.tour.chapters.numbers import open_blind
from wms.tour.chapters.order import promise_and_release
from wms.tour.chapters.pick import begin_list, shown_bin
from wms.tour.report import ms, must, same
from wms.tour.tale import Tale

_SKU, _LOT = "TOUR-METER", "DM-2611"
_SERIALS = ("S-1001", "S-1002", "S-1003")
_TAKES = "ROBOTICS"


def play(tale: Tale) -> None:
    """Three come, two leave; every one of them by name."""
    item = _make_item(tale)
    _receive(tale, item)
    _ship(tale, item)


def _gtin(tale: Tale) -> str:
    body = f"{tale.goods.prefix}66001"
    return "0" + body + check_digit(body)


def _label(tale: Tale, serial: str, lot: str = _LOT) -> str:
    return f"]d201{_gtin(tale)}10{lot}\x1d21{serial}"


def _make_item(tale: Tale) -> int:
    desk = tale.desk("supervisor")
    desk.open("/items/new")
    desk.act(
        "/items/new", sku=_SKU, name_en="Power meter", name_zh="功率计", item_class="electronics", base_unit="pc",
        date_basis="none",
    )  # fmt: skip
    item = int(desk.at.url.rstrip("/").rsplit("/", 1)[1])
    desk.open(f"/items/{item}/edit")
    desk.act(f"/items/{item}/edit", has_unit_ids="on")
    desk.open(f"/items/{item}")
    if not tale.reads.value(
        "SELECT count(*) FROM pack_unit WHERE item_id = ? AND gtin IS NOT NULL AND gtin <> ''", item
    ):
        desk.act(f"/items/{item}/units", code="each", factor="1", gtin=_gtin(tale))
    return item


def _units(tale: Tale, item: int) -> dict[str, str]:
    """Where each piece stands, by its serial."""
    rows = tale.reads.rows(
        "SELECT u.code, bin.kind FROM unit u JOIN bin ON bin.id = u.bin_id WHERE u.item_id = ? ORDER BY u.code", item
    )
    return {serial: row["kind"] for row in rows for serial in _SERIALS if serial in row["code"]}


def _receive(tale: Tale, item: int) -> None:
    """The goods' label is the first id; the same id twice is refused in words."""
    hand, reads = tale.receiver, tale.reads
    open_blind(tale, "SUNTECH")
    hand.scan(_label(tale, _SERIALS[0]))
    hand.wants("quantity")
    before = reads.ledger()
    hand.scan(str(len(_SERIALS)))
    hand.scan(_label(tale, _SERIALS[0]))
    sentence = hand.refused(hand.at.step)
    tale.is_unchanged(before, "pieces of which not every id is known")
    for serial in _SERIALS[1:]:
        hand.scan(_label(tale, serial))
    hand.wants("scan", "yes")
    same(_units(tale, item), dict.fromkeys(_SERIALS, "dock"), "where each piece stands")
    tale.report.step(
        f"{len(_SERIALS)} devices received by serial: each is in one lot and one place", ms(hand.at.seconds)
    )
    tale.report.said(sentence)
    hand.press("finish")
    hand.press("close")
    hand.open("/m/putaway")
    hand.scan(_label(tale, _SERIALS[0]))
    hand.wants("bin")
    where = hand.at.page.first("div", class_="where")
    hand.scan(f"B:{where.text if where else ''}")
    hand.wants("choose", "yes")


def _ship(tale: Tale, item: int) -> None:
    """Two of three are picked by their ids, one that nobody knows is refused; the shipment tells which left."""
    reads, desk = tale.reads, tale.desk("supervisor")
    desk.open("/orders/new")
    customer = reads.value("SELECT id FROM partner WHERE code = ?", _TAKES)
    desk.act(
        "/orders/new", customer=str(customer), ship_on=tale.today.isoformat(), number="SO-TOUR-U", sku=[_SKU],
        quantity=["2"], lot=[""],
    )  # fmt: skip
    tale.orders["U"] = (int(desk.at.url.rstrip("/").rsplit("/", 1)[1]), "SO-TOUR-U")
    promise_and_release(tale, "U")
    hand = begin_list(tale, "U")
    hand.scan(f"B:{shown_bin(hand)}")
    hand.scan(_label(tale, _SERIALS[2]))
    before = reads.ledger()
    hand.scan(_label(tale, "S-9999"))
    sentence = hand.refused(hand.at.step)
    tale.is_unchanged(before, "a piece that nobody knows")
    hand.scan(_label(tale, _SERIALS[0]))
    must(hand.at.tone == "yes", f"the pick must be taken: {hand.at.sentence}")
    tale.report.step("two of them are picked by serial; one that never came in is refused", ms(hand.at.seconds))
    tale.report.said(sentence)
    _leave(tale, item)


def _leave(tale: Tale, item: int) -> None:
    desk = tale.desk("shipping")
    order, _ = tale.orders["U"]
    desk.open(f"/orders/{order}")
    desk.act(f"/orders/{order}/shipment")
    path = re.sub(r".*(/shipments/\d+).*", r"\1", desk.at.url)
    desk.act(f"{path}/ship", plate="DEMO 78", driver="Gao")
    gone = {serial for serial, kind in _units(tale, item).items() if kind == "customer"}
    same(gone, {_SERIALS[0], _SERIALS[2]}, "the pieces that left")
    tale.report.step(f"shipped: {', '.join(sorted(gone))} left to {_TAKES}, {_SERIALS[1]} stays", ms(desk.at.seconds))
