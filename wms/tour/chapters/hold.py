"""Quality holds the lot while it is being picked; later a second person lifts the hold."""

from __future__ import annotations

from wms.demo.people import PASSWORD
from wms.tour.chapters.door import open_shipment
from wms.tour.chapters.order import newest_plate, promised_lots
from wms.tour.chapters.pick import begin_list, finish
from wms.tour.reads import amounts
from wms.tour.report import ms, must, same
from wms.tour.tale import Tale


def play(tale: Tale) -> None:
    """From the stock page, after seeing what it stops; the picker's next scan says so, staging is reached."""
    goods, reads, report = tale.goods, tale.reads, tale.report
    tale.shipment = open_shipment(tale, "A")
    tale.before_hold = reads.stock(goods.travels_id)
    quality = tale.desk("quality")
    quality.open(f"/stock?lot={goods.travels}")
    links = [a.get("href") for a in quality.at.page.all("a") if "/quality/holds/new" in a.get("href")]
    must(links, "the stock page must offer to hold a row")
    quality.open(links[0])
    quality.send(quality.form("/quality/holds/new"), scope="lot")
    stopped = [e.text for e in quality.at.page.all("li") if "SO-TOUR-A" in e.text]
    must(stopped, f"what the hold stops must be shown before: {quality.at.page.text[:400]}")
    same(reads.on_hand(goods.travels_id, is_held=True), 0.0, "held by the preview")
    report.step("stock page, preview: whole lot, every place; stops", ms(quality.at.seconds))
    report.said(stopped[0])
    quality.act("/quality/holds", reason="suspect", note="seal of a tin broken")
    tale.hold = int(quality.at.url.rstrip("/").rsplit("/", 1)[1])
    after = reads.stock(goods.travels_id)
    same({row[3] for row in after}, {"held"}, "every part of the lot")
    same(sum(r[4] for r in after), sum(r[4] for r in tale.before_hold), "the sum of the lot")
    same(promised_lots(tale, tale.orders["A"][0]), [], "what is still promised of the lot")
    report.step(f"held in one step, staging too: {amounts(after)}", ms(quality.at.seconds))
    report.said(quality.said)
    before = reads.ledger()
    tale.picker.scan(goods.label(goods.travels, goods.travels_until), quantity=str(goods.case_of))
    sentence = tale.picker.refused("goods")
    same(tale.picker.at.tone, "alarm", "the tone of the refusal")
    must(goods.travels in sentence, f"the sentence must name the lot: {sentence}")
    tale.is_unchanged(before, "a pick of a held lot")
    report.step("the picker's next scan is refused and must be acknowledged", ms(tale.picker.at.seconds))
    report.said(sentence)


def lift(tale: Tale) -> None:
    """Not by the one who placed it, not without the password; then the goods are what they were."""
    goods, reads, report = tale.goods, tale.reads, tale.report
    path = f"/quality/holds/{tale.hold}"
    before = reads.ledger()
    placer, second = tale.desk("quality"), tale.desk("quality2")
    placer.open(path)
    answer = placer.post(f"{path}/lift", reason="looks fine to me", password=PASSWORD)
    must(answer.status == 403, f"the placer must not lift the hold, but was answered {answer.status}")
    report.step("refused: the one who placed the hold lifts it", ms(answer.seconds))
    report.said(placer.said)
    second.open(path)
    sentence = second.refused(f"{path}/lift", reason="certificate seen, tins opened", password="not-the-password")
    tale.is_unchanged(before, "two refused lifts")
    report.step("refused: a second person with a wrong password", ms(second.at.seconds))
    report.said(sentence)
    second.open(path)
    second.act(f"{path}/lift", reason="certificate seen, tins opened", password=PASSWORD)
    same(reads.stock(goods.travels_id), tale.before_hold, "the lot after the hold was lifted, place by place")
    report.step("a second person lifts it: bin, plate, quality and quantity are what they were", ms(second.at.seconds))
    report.said(second.said)
    _go_on(tale)


def _go_on(tale: Tale) -> None:
    """What was picked goes back to its bin, the order gets stock again and is picked to the end."""
    goods, reads = tale.goods, tale.reads
    hand = tale.picker
    staging = next(row[0] for row in reads.stock(goods.travels_id) if row[0] != goods.bin)
    amount = f"{reads.on_hand(goods.travels_id, kind='staging'):g}"
    hand.open("/m/move")
    hand.scan(f"B:{staging}")
    hand.scan(goods.label(goods.travels, goods.travels_until))
    hand.wants("quantity")
    hand.scan(amount)
    hand.wants("target")
    hand.scan(f"B:{goods.bin}")
    hand.wants("source", "yes")
    same(reads.on_hand(goods.travels_id, kind="staging"), 0.0, "what is left of the lot in staging")
    tale.report.step("what was picked goes back to its bin by scan", ms(hand.at.seconds))
    order, _ = tale.orders["A"]
    desk = tale.desk("supervisor")
    desk.open(f"/orders/{order}")
    desk.act(f"/orders/{order}/reallocate")
    lots = promised_lots(tale, order)
    same([lot for lot, _ in lots], [goods.travels], "what is promised again")
    tale.plates["A"] = newest_plate(tale, order)
    finish(tale, begin_list(tale, "A"))
    same(reads.value("SELECT state FROM customer_order WHERE id = ?", order), "picked", "the state of order A")
    tale.report.step(f"the order is promised again and picked onto plate {tale.plates['A']}", ms(hand.at.seconds))
