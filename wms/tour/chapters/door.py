"""The outbound door: a held plate raises an alarm everywhere at once; the right plate is loaded; the order ships."""

from __future__ import annotations

from wms.tour.chapters import posting
from wms.tour.chapters.arrive import after_close
from wms.tour.dock import tag_of
from wms.tour.page import choices
from wms.tour.report import Clock, ms, must, same, wait_for
from wms.tour.tale import Tale


def open_shipment(tale: Tale, name: str) -> int:
    """Open the shipment of an order at DOOR-2."""
    desk = tale.desk("shipping")
    order, _ = tale.orders[name]
    desk.open(f"/orders/{order}")
    desk.act(f"/orders/{order}/shipment")
    shipment = int(desk.at.url.rstrip("/").rsplit("/", 1)[1])
    door = str(tale.reads.value("SELECT id FROM portal WHERE warehouse_id = ? AND code = 'DOOR-2'", tale.site))
    must(door in choices(desk.at.page, "portal"), "the shipment's page must offer DOOR-2")
    desk.act(f"/shipments/{shipment}/door", portal=door)
    return shipment


def play_alarm(tale: Tale) -> None:
    """The held plate is driven out."""
    reads, report = tale.reads, tale.report
    shipment = tale.shipment
    epc = tag_of(tale.plates["A"])
    tale.dock.walk(epc, walk="out", door=2)
    passage = wait_for(lambda: reads.passages(epc), "the held plate's passage at DOOR-2")[0]
    clock = Clock()
    same((passage["door"], passage["direction"], passage["decision"]), ("DOOR-2", "out", "alarm"), "the passage")
    same(passage["why"], "held", "why the alarm")
    report.step(
        f"plate {tale.plates['A']} goes out through DOOR-2: alarm, held; told after its close in", after_close(passage)
    )
    wait_for(lambda: tale.dock.gpo("READER-2")["state"].get("1"), "the light at DOOR-2", seconds=20)
    report.step("the reader's own output (GPO 1) switches the light on, over LLRP", f"{ms(clock.seconds)} later")
    _live_screen(tale, passage["portal_id"])
    alert = reads.row("SELECT state, severity, blocks_shipment_id FROM alert WHERE id = ?", passage["alert_id"])
    same(tuple(alert or ()), ("open", "critical", shipment), "the alert")
    _no_shipping(tale, shipment)
    _settle(tale, passage["id"])


def _live_screen(tale: Tale, portal: int) -> None:
    """The wall screen of the door: red, and saying why."""
    wall = tale.desk("dock")
    wall.open(f"/doors/{portal}/wall")
    frame = wall.at.page.first("main", id="wall")
    must(frame and "is-alarm" in frame.get("class").split(), "the wall of DOOR-2 must be red")
    said = " · ".join(
        p.text for p in wall.at.page.all("p", class_="alarm-why") + wall.at.page.all("p", class_="alarm-what")
    )
    must(tale.goods.travels in said, f"the wall must name the lot: {said}")
    tale.report.step("the live screen of the door is red", ms(wall.at.seconds))
    tale.report.said(said.lstrip("✖ "))


def _no_shipping(tale: Tale, shipment: int) -> None:
    before = tale.reads.ledger()
    desk = tale.desk("shipping")
    desk.open(f"/shipments/{shipment}")
    sentence = desk.refused(f"/shipments/{shipment}/ship")
    tale.is_unchanged(before, "a ship confirm that an alert blocks")
    tale.report.step("refused: ship confirm while the alert is open", ms(desk.at.seconds))
    tale.report.said(sentence)


def _settle(tale: Tale, passage: int) -> None:
    """The dock's person says what was done: the alert is resolved, the light goes out."""
    reads, desk = tale.reads, tale.desk("dock")
    desk.open(f"/doors/passages/{passage}")
    desk.act(f"/doors/passages/{passage}/settle", note="Taken back inside")
    row = reads.row(
        "SELECT p.settlement, a.state FROM passage p JOIN alert a ON a.id = p.alert_id WHERE p.id = ?", passage
    )
    same(tuple(row or ()), ("Taken back inside", "resolved"), "the settled alarm")
    clock = Clock()
    wait_for(lambda: not tale.dock.gpo("READER-2")["state"].get("1"), "the light to go out", seconds=20)
    tale.report.step("settled with what was done: alert resolved, light out", f"{ms(clock.seconds)} later")


def ship(tale: Tale) -> None:
    """The right plate goes out and is loaded; ship confirm takes the goods off the books."""
    reads, report, goods = tale.reads, tale.report, tale.goods
    order, number = tale.orders["A"]
    shipment = int(reads.value("SELECT id FROM shipment WHERE order_id = ?", order))
    posting.play(tale)
    epc = tag_of(tale.plates["A"])
    seen = len(reads.passages(epc))
    tale.dock.walk(epc, walk="out", door=2)
    passage = wait_for(lambda: reads.passages(epc)[seen:], "the right plate's passage at DOOR-2")[0]
    same(
        (passage["direction"], passage["decision"], passage["shipment_id"]), ("out", "loaded", shipment), "the passage"
    )
    loaded = reads.value(
        "SELECT count(*) FROM load_line WHERE shipment_id = ? AND passage_id = ?", shipment, passage["id"]
    )
    same(loaded, 1, "the load lines by this passage")
    report.step(f"plate {tale.plates['A']} goes out through DOOR-2: expected, loaded; no light", after_close(passage))
    desk = tale.desk("shipping")
    desk.open(f"/shipments/{shipment}")
    before = reads.on_hand(goods.travels_id)
    desk.act(f"/shipments/{shipment}/ship", plate="DEMO 77", driver="Gao")
    same(reads.value("SELECT state FROM customer_order WHERE id = ?", order), "shipped", f"the state of {number}")
    gone = before - reads.on_hand(goods.travels_id)
    same(gone, 4.0 * goods.case_of, "what left of the lot")
    report.step(f"ship confirm: {gone:g} {goods.unit} of lot {goods.travels} left in one posting", ms(desk.at.seconds))
    report.said(desk.said)
    receipt = reads.value(
        "SELECT r.number FROM receipt r JOIN receipt_line l ON l.receipt_id = r.id WHERE l.lot_id = ?", goods.travels_id
    )
    desk.open(f"/lots/{goods.travels_id}")
    for named in (receipt, number):
        must(named in desk.at.page.text, f"the lot's page must name {named}")
    report.step(f"the lot's page tells its way: receipt {receipt} in, order {number} out", ms(desk.at.seconds))
