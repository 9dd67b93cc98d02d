"""A work order: its lots are bound, brought to the line by scan, reported, traced both ways; a wrong lot is corrected by counter-entry."""

from __future__ import annotations

import json

from wms.gs1.codes import LotNumber, Sku
from wms.gs1.scan import write_own_lot
from wms.tour.chapters.pick import shown_bin
from wms.tour.report import fail, ms, must, same
from wms.tour.tale import Tale

_SKU, _CHIP, _BOARD, _NUMBER = "EA-CTRL", "EA-MCU", "EA-PCB", "WO-TOUR-1"
_PIECES = 20


def play(tale: Tale) -> None:
    """Plan, bind, issue, report; then the trace of a chip and of a board."""
    order = _plan(tale)
    _issue(tale, order)
    lot = _report(tale, order)
    _trace(tale, lot)


def _plan(tale: Tale) -> int:
    desk, reads = tale.desk("supervisor"), tale.reads
    desk.open(f"/work-orders/new?sku={_SKU}")
    line = reads.value("SELECT id FROM production_line WHERE warehouse_id = ? AND code = 'SMT'", tale.site)
    desk.act("/work-orders/new", quantity=str(_PIECES), number=_NUMBER, line=str(line))
    order = int(desk.at.url.rstrip("/").rsplit("/", 1)[1])
    desk.act(f"/work-orders/{order}/release")
    bound = reads.rows(
        "SELECT i.sku, l.number, c.quantity FROM stock_claim c JOIN work_order_component w ON w.id = c.demand_id"
        " JOIN stock_balance b ON b.id = c.balance_id JOIN lot l ON l.id = b.lot_id JOIN item i ON i.id = l.item_id"
        " WHERE c.demand_kind = 'wo_component' AND w.work_order_id = ? ORDER BY i.sku",
        order,
    )
    must(
        {row["sku"] for row in bound} >= {_CHIP, _BOARD}, f"chips and boards must be bound: {[tuple(r) for r in bound]}"
    )
    tale.report.step(
        f"{_NUMBER}: {_PIECES} control boards; bound by policy: "
        + ", ".join(f"{row['sku']} {row['number']}" for row in bound),
        ms(desk.at.seconds),
    )
    return order


def _issue(tale: Tale, order: int) -> None:
    """The feeder goes from bin to bin; a lot of another item is refused."""
    hand, reads = tale.hand("BDGPRODUCTION"), tale.reads
    hand.open("/m/issue")
    hand.scan(_NUMBER)
    hand.wants("bin")
    brought, sentence = 0, ""
    while (code := shown_bin(hand)) and hand.at.step in ("bin", "goods"):
        if hand.at.step == "bin":
            hand.scan(f"B:{code}")
            hand.wants("goods")
        row = reads.row(
            "SELECT i.sku, l.number, t.quantity FROM task t JOIN lot l ON l.id = t.lot_id JOIN item i ON i.id = l.item_id"
            " JOIN bin b ON b.id = t.source_bin_id WHERE t.kind = 'issue' AND t.document_id = ? AND b.code = ?"
            " AND t.state IN ('open', 'taken') ORDER BY t.sequence, t.id LIMIT 1",
            order, code,
        )  # fmt: skip
        if row is None:
            break
        if brought == 0:
            before = reads.ledger()
            hand.scan(write_own_lot(Sku("BK-SALT"), LotNumber("S-19"), None))
            sentence = hand.refused("goods")
            tale.is_unchanged(before, "a lot that the order has no use for")
        hand.scan(write_own_lot(Sku(row["sku"]), LotNumber(row["number"]), None))
        hand.wants("quantity")
        hand.scan(f"{row['quantity'] / 1_000_000:g}")
        brought += 1
    must(
        brought >= 2,
        f"chips and boards must be brought to the line; {brought} were, at {hand.at.step}: {hand.at.sentence}",
    )
    tale.report.step(f"issued to the line by scan, {brought} stops", ms(hand.at.seconds))
    tale.report.said(sentence)


def _report(tale: Tale, order: int) -> int:
    desk, reads = tale.desk("production"), tale.reads
    desk.open(f"/work-orders/{order}/report")
    form = desk.form(f"/work-orders/{order}/reports")
    of_line = [name for name in form.names if name.startswith("used.")]
    must(of_line, "the form must offer what stands at the line")
    desk.act(f"/work-orders/{order}/reports", made=str(_PIECES), **{"parameter.Reflow peak": "244"})
    row = reads.row(
        "SELECT o.lot_id, l.number, r.number AS report FROM report_output o JOIN production_report r ON r.id = o.report_id"
        " JOIN lot l ON l.id = o.lot_id WHERE r.work_order_id = ?",
        order,
    )
    if row is None:
        fail(f"the report must have made a lot: {desk.said}")
    links = reads.rows(
        "SELECT i.sku, s.number, k.source_quantity FROM lot_link k JOIN lot s ON s.id = k.source_lot_id"
        " JOIN item i ON i.id = s.item_id WHERE k.target_lot_id = ? AND k.voided_seq IS NULL ORDER BY i.sku",
        row["lot_id"],
    )
    same({link["sku"] for link in links}, {"EA-CAP", _CHIP, _BOARD}, "what the boards were made of")
    tale.report.step(
        f"report {row['report']}: lot {row['number']}, capacitors back-flushed from the open reel; made of "
        + ", ".join(link["number"] for link in links),
        ms(desk.at.seconds),
    )
    return int(row["lot_id"])


def _trace(tale: Tale, lot: int) -> None:
    """A chip is traced forward to the boards, the boards back to their supplier; the command prints the same."""
    desk, reads = tale.desk("quality"), tale.reads
    number = reads.value("SELECT number FROM lot WHERE id = ?", lot)
    desk.open("/trace?q=MCU-88A&kind=lot&direction=forward")
    must(number in desk.at.page.text, f"the trace of the chip must reach lot {number}")
    told = json.loads(tale.stage.run("trace", number, "--item", _SKU, "--backward", "--json"))
    found = json.dumps(told)
    must("MCU-88A" in found and "CHIPWAY" in found, "the trace back must name the chip's lot and who brought it")
    tale.report.step("traced forward from a chip, back from a board: page and command agree", ms(desk.at.seconds))
