"""On the floor: a typed lot asks why, a problem in the middle of a pick, a label checked against the record, codes over a pipe."""

from __future__ import annotations

import json

from wms.gs1.codes import LotNumber, Sku
from wms.gs1.scan import write_own_lot
from wms.tour.chapters.order import promise_and_release, take_order
from wms.tour.chapters.pick import begin_list, shown_bin
from wms.tour.page import choices
from wms.tour.report import Clock, fail, ms, must, same
from wms.tour.tale import Tale

_CODES = ("10D9T", "(01)09506000134352(17)270131(10)AB", "(00)095201234567891236", "]d2010950600013435210CD\x1d3012")


def play(tale: Tale) -> None:
    """A pick with a problem in it and a lot typed, a wrong label found, four codes piped."""
    _pick(tale)
    _label(tale)
    _pipe(tale)


def _goods(tale: Tale) -> tuple[str, int]:
    """Food that stands loose in a storage bin, enough of it and good for long, and how much a case is."""
    row = tale.reads.row(
        "SELECT i.sku, u.factor FROM stock_balance b JOIN item i ON i.id = b.item_id JOIN bin ON bin.id = b.bin_id"
        " JOIN pack_unit u ON u.item_id = i.id AND u.code = 'case' WHERE b.warehouse_id = ? AND i.item_class = 'food'"
        " AND i.storage_class = 'ambient' AND b.quality = 'released' AND b.hold_set_id = 0 AND b.lpn_id = 0 AND i.id <> ?"
        " AND b.on_hand - b.allocated >= 3 * u.factor AND bin.kind = 'storage' AND NOT bin.is_blocked"
        " AND i.typed_lot_policy = 'twice' AND julianday(b.fefo_on) - julianday(?) >= 0.6 * i.shelf_life_days"
        " AND NOT EXISTS (SELECT 1 FROM stock_balance o WHERE o.item_id = i.id AND o.id <> b.id AND o.warehouse_id ="
        " b.warehouse_id AND o.fefo_on < b.fefo_on AND o.on_hand > 0) ORDER BY i.sku LIMIT 1",
        tale.site, tale.goods.item, tale.today.isoformat(),
    )  # fmt: skip
    if row is None:
        fail("the demo must have food that stands loose in a storage bin")
    return row["sku"], row["factor"] // 1_000_000


def _pick(tale: Tale) -> None:
    sku, case = _goods(tale)
    take_order(tale, "D", [(sku, case)])
    promise_and_release(tale, "D")
    hand, reads = begin_list(tale, "D"), tale.reads
    bin_ = shown_bin(hand)
    hand.scan(f"B:{bin_}")
    hand.wants("goods")
    task = hand.form_here().values["s_task"]
    lot = reads.value("SELECT lot.number FROM task t JOIN lot ON lot.id = t.lot_id WHERE t.id = ?", int(task))
    held = reads.value("SELECT count(*) FROM hold WHERE reason = 'damage'")
    hand.problem()
    hand.wants("kind")
    hand.choose("damage")
    hand.scan(write_own_lot(Sku(sku), LotNumber(lot), None))
    hand.scan("1")
    hand.send_photo(None)
    hand.wants("done", "yes")
    said, seconds = hand.at.sentence, hand.at.seconds
    same(reads.value("SELECT count(*) FROM hold WHERE reason = 'damage'"), held + 1, "holds for damage")
    hand.resume()
    hand.wants("goods")
    same(hand.form_here().values["s_task"], task, "the stop that was left")
    tale.report.step(
        f"⚠ Problem in the middle of a pick: 1 damaged in {bin_} is held; back at the same stop", ms(seconds)
    )
    tale.report.said(said)
    before = reads.ledger()
    hand.scan(lot, via="typed", quantity=str(case))
    sentence = hand.refused("goods")
    tale.is_unchanged(before, "a lot typed by one who may not")
    tale.report.step("refused: a picker types the lot; typing needs a right of its own", ms(hand.at.seconds))
    tale.report.said(sentence)
    hand.scan(write_own_lot(Sku(sku), LotNumber(lot), None), quantity=str(case))
    sentence = hand.refused("goods")
    tale.is_unchanged(before, "a pick beside a damaged piece")
    tale.report.step("refused: to pick before the damaged piece is set apart", ms(hand.at.seconds))
    tale.report.said(sentence)
    _set_apart(tale, sku, lot, bin_)
    hand.scan(write_own_lot(Sku(sku), LotNumber(lot), None), quantity=str(case))
    must(hand.at.tone == "yes", f"the pick must be taken: {hand.at.sentence}")


def _set_apart(tale: Tale, sku: str, lot: str, bin_: str) -> None:
    """Who may type a lot is asked why before anything is booked; the posting keeps it, a list counts it."""
    hand, reads = tale.hand("BDGSUPERVISOR"), tale.reads
    cage = reads.value(
        "SELECT code FROM bin WHERE warehouse_id = ? AND kind = 'quarantine' AND NOT is_blocked ORDER BY code LIMIT 1",
        tale.site,
    )
    hand.open("/m/move")
    hand.scan(f"B:{bin_}")
    before = reads.ledger()
    hand.scan(lot, via="typed")
    must(
        "typed:label_damaged" in choices(hand.at.page, "event"),
        f"a typed lot must be asked why: {hand.at.page.text[:200]}",
    )
    hand.press("typed:label_damaged")
    hand.wants("which")
    rows = choices(hand.at.page, "scan")
    hand.choose(next((value for value, words in rows.items() if "hold" in words), "") or fail(f"a held row: {rows}"))
    hand.wants("quantity")
    hand.scan("1")
    hand.wants("target")
    tale.is_unchanged(before, "a typed lot on its way")
    hand.scan(f"B:{cage}")
    hand.wants("source", "yes")
    row = reads.row("SELECT capture, raw_scan FROM stock_posting ORDER BY seq DESC LIMIT 1")
    same(tuple(row or ()), ("typed", lot), "how the posting was captured")
    desk = tale.desk("supervisor")
    desk.open("/typed-lots")
    must(lot in desk.at.page.text, f"the list of typed lots must name {lot}")
    tale.report.step(
        f"a supervisor carries it to {cage} and types lot {lot} of {sku}: asked why, kept with the posting",
        ms(hand.at.seconds),
    )


def _label(tale: Tale) -> None:
    """A drawn place carries the label of another lot: asked, then told by an alert."""
    reads, hand = tale.reads, tale.receiver
    find = (
        "SELECT c.id, bin.code, lot.number, c.lot_id FROM label_check c JOIN bin ON bin.id = c.bin_id"
        " JOIN lot ON lot.id = c.lot_id WHERE c.warehouse_id = ? AND c.result IS NULL ORDER BY c.id LIMIT 1"
    )
    row = reads.row(find, tale.site)
    if row is None:
        tale.stage.run("jobs", "--once", "label_checks")
        row = reads.row(find, tale.site) or fail("places must be drawn for the label check")
    other = reads.row(
        "SELECT i.sku, lot.number FROM lot JOIN item i ON i.id = lot.item_id WHERE lot.id <> ? LIMIT 1", row["lot_id"]
    )
    assert other is not None
    hand.open("/m/labels")
    hand.scan(f"B:{row['code']}")
    hand.scan(write_own_lot(Sku(other["sku"]), LotNumber(other["number"]), None))
    hand.wants("differs", "ask")
    question = hand.at.sentence
    hand.press("yes")
    alert = reads.row("SELECT kind FROM alert WHERE kind LIKE 'label%' ORDER BY id DESC LIMIT 1")
    must(alert, "a label that differs must raise an alert")
    tale.report.step(
        f"label check by lot: in {row['code']} the label is of another lot; an alert tells", ms(hand.at.seconds)
    )
    tale.report.said(question)


def _pipe(tale: Tale) -> None:
    clock = Clock()
    said = tale.stage.run("scan", typed="\n".join(_CODES) + "\n")
    lines = [json.loads(line) for line in said.splitlines()]
    same(len(lines), len(_CODES), "answers of run.py scan")
    same((lines[0].get("how"), lines[0].get("lot")), ("plain", None), "a plain lot code is no application identifier")
    same(lines[1].get("lot"), "AB", "the lot in brackets")
    must(lines[2].get("error"), f"a wrong check digit must be refused: {lines[2]}")
    same(lines[3].get("lot"), "CD", "the lot behind an AIM prefix")
    tale.report.step(f"run.py scan over a pipe: {len(lines)} codes, one JSON object each", clock)
    tale.report.said("; ".join(f"{line.get('kind', 'error')} {line.get('how', line.get('why', ''))}" for line in lines))
