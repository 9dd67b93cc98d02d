"""The outbound door: a held plate raises an alarm everywhere at once; the right plate is loaded; the order ships."""

from __future__ import annotations

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
    door = next(value for value, words in choices(desk.at.page, "portal").items() if "DOOR-2" in words)
    desk.act(f"/shipments/{shipment}/door", portal=door)
    return shipment


def play_alarm(tale: Tale) -> None:
    """The held plate is driven out."""
    reads, report = tale.reads, tale.report
    shipment = open_shipment(tale, "A")
    epc = tag_of(tale.plates["A"])
    tale.dock.walk(epc, walk="out", door=2)
    passage = wait_for(lambda: reads.passages(epc), "the held plate's passage at DOOR-2")[0]
    clock = Clock()
    same((passage["door"], passage["direction"], passage["decision"]), ("DOOR-2", "out", "alarm"), "the passage")
    same(passage["why"], "held", "why the alarm")
    report.step(f"plate {tale.plates['A']} goes out through DOOR-2: alarm, held; told after its close in", after_close(passage))
    wait_for(lambda: tale.dock.gpo("READER-2")["state"].get("1"), "the light at DOOR-2", seconds=3)
    report.step("the reader's own output (GPO 1) switches the light on, over LLRP", f"{ms(clock.seconds)} later")
    _live_screen(tale, passage["portal_id"])
    alert = reads.row("SELECT state, severity, blocks_shipment_id FROM alert WHERE id = ?", passage["alert_id"])
    same(tuple(alert or ()), ("open", "critical", shipment), "the alert")
    _no_shipping(tale, shipment)
    _settle(tale, passage["id"])


def _live_screen(tale: Tale, portal: int) -> None:
    pass


def _no_shipping(tale: Tale, shipment: int) -> None:
    before = tale.reads.ledger()
    desk = tale.desk("shipping")
    desk.open(f"/shipments/{shipment}")
    sentence = desk.refused(f"/shipments/{shipment}/ship")
    tale.is_unchanged(before, "a ship confirm that an alert blocks")
    tale.report.step("refused: ship confirm while the alert is open", ms(desk.at.seconds))
    tale.report.said(sentence)


def _settle(tale: Tale, passage: int) -> None:
    pass


def ship(tale: Tale) -> None:
    """The right plate goes out and is loaded; ship confirm takes the goods off the books."""
    pass


__all__ = ["must", "open_shipment", "play_alarm", "ship"]
