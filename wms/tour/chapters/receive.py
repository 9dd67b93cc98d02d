"""One scan takes the goods in; what must not come in is refused with its sentence; quality and putaway follow."""

from __future__ import annotations

from datetime import timedelta

from wms.demo.people import PASSWORD
from wms.tour.chapters.arrive import LOOSE_CASES, PALLET_CASES
from wms.tour.report import ms, must, same
from wms.tour.tale import Tale


def play(tale: Tale) -> None:
    """Four refusals, then both lots by one scan each."""
    hand, goods, reads = tale.receiver, tale.goods, tale.reads
    hand.open("/m/receive")
    hand.scan(tale.asn_number)
    hand.wants("scan")
    label = goods.label(goods.travels, goods.travels_until, quantity=PALLET_CASES)
    hand.scan(label)
    hand.wants("scan", "yes")
    goods.travels_id = reads.lot(goods.item, goods.travels) or 0
    must(goods.travels_id, f"lot {goods.travels} must be known after the scan")
    amount = float(PALLET_CASES * goods.case_of)
    same(reads.on_hand(goods.travels_id, kind="dock"), amount, f"on hand of {goods.travels} at the dock")
    must("pending" in hand.at.sentence, f"the answer must say that quality decides: {hand.at.sentence}")
    kept = reads.row("SELECT expires_on FROM lot WHERE id = ?", goods.travels_id)
    same(kept and kept[0], goods.travels_until.isoformat(), "the expiry of the lot")
    tale.report.step(
        f"one GS1-128 scan: {goods.sku}, lot {goods.travels}, good until {goods.travels_until}, {amount:g} {goods.unit}",
        ms(hand.at.seconds),
    )  # fmt: skip
    tale.report.said(hand.at.sentence)
    _refusals(tale)
    hand.scan(goods.label(goods.later, goods.later_until, quantity=LOOSE_CASES))
    hand.wants("scan", "yes")
    goods.later_id = reads.lot(goods.item, goods.later) or 0
    before = reads.ledger()
    hand.again()
    tale.is_unchanged(before, "the same submit again")
    tale.report.step(f"the second lot, {goods.later}; the same submit sent twice is booked once", ms(hand.at.seconds))
    hand.press("finish")
    hand.press("close")
    same(reads.value("SELECT state FROM asn WHERE id = ?", tale.asn), "received", "the ASN's state")
    tale.report.step("the receipt is closed without a difference", ms(hand.at.seconds))


def _refusals(tale: Tale) -> None:
    goods, today = tale.goods, tale.today
    other = tale.reads.row(
        "SELECT i.sku, u.gtin FROM item i JOIN pack_unit u ON u.item_id = i.id AND u.code = 'case'"
        " WHERE i.id <> ? AND i.is_lot_tracked ORDER BY i.sku LIMIT 1",
        goods.item,
    )
    assert other is not None
    cases = (
        ("a wrong item", goods.label("X1", goods.travels_until, quantity=1, gtin=other["gtin"]), other["sku"]),
        ("an expired lot", goods.label("X2", today - timedelta(days=1), quantity=1), "X2"),
        ("a lot of too short life", goods.label("X3", today + timedelta(days=40), quantity=1), "X3"),
        ("more than was announced", goods.label(goods.later, goods.later_until, quantity=500), ""),
        ("a known lot with another expiry", goods.label(goods.travels, goods.travels_until + timedelta(days=1), quantity=1), goods.travels),
    )  # fmt: skip
    for what, label, named in cases:
        before = tale.reads.ledger()
        sentence = tale.receiver.scan(label).sentence
        sentence = tale.receiver.refused("scan") or sentence
        must(named in sentence, f"the sentence about {what} must name {named}: {sentence}")
        tale.is_unchanged(before, what)
        tale.report.step(f"refused: {what}; nothing changed", ms(tale.receiver.at.seconds))
        tale.report.said(sentence)


def put_away(tale: Tale) -> None:
    """Quality releases both lots; the receiver follows the suggestion and confirms by scanning the bin."""
    goods, reads, report = tale.goods, tale.reads, tale.report
    quality = tale.desk("quality")
    for number, lot in ((goods.travels, goods.travels_id), (goods.later, goods.later_id)):
        quality.open(f"/quality/pending/{lot}")
        quality.act(f"/quality/pending/{lot}", to="released", reason="certificate of analysis seen", password=PASSWORD)
        same({row[2] for row in reads.stock(lot)}, {"released"}, f"the quality of {number}")
    report.step("quality releases both lots with the password entered again", ms(quality.at.seconds))
    report.said(quality.said)
    _put_one(tale, goods.travels_id, goods.label(goods.travels, goods.travels_until))
    _put_one(tale, goods.later_id, goods.label(goods.later, goods.later_until))


def _put_one(tale: Tale, lot: int, label: str) -> None:
    hand, goods, reads = tale.receiver, tale.goods, tale.reads
    hand.open("/m/putaway")
    hand.scan(label)
    hand.wants("bin")
    where, why = hand.at.page.first("div", class_="where"), hand.at.page.first("p", class_="note")
    suggested = where.text if where else ""
    must(suggested and suggested != "–" and why and why.text, "a bin must be suggested with its reason")
    assert why is not None
    if not goods.bin:
        goods.bin = suggested
    if suggested != goods.bin:  # the story wants both lots in one bin, and a person may overrule the suggestion
        before = reads.ledger()
        hand.scan(f"B:{goods.bin}")
        hand.wants("question", "ask")
        tale.is_unchanged(before, "a question")
        question = hand.at.sentence
        hand.press("yes")
        tale.report.step(f"suggested {suggested}: “{why.text}”; another bin is put to the person", ms(hand.at.seconds))
        tale.report.said(question)
    else:
        hand.scan(f"B:{goods.bin}")
        tale.report.step(f"suggested {suggested}: “{why.text}”; confirmed by scanning it", ms(hand.at.seconds))
    hand.wants("choose", "yes")
    same({row[0] for row in reads.stock(lot)}, {goods.bin}, "where the lot stands")
