"""The picker at the stops: wrong bin, later lot, right lot; a repeat; an override by a supervisor; a short pick."""

from __future__ import annotations

from wms.demo.people import PIN
from wms.gs1.codes import LotNumber, Sku
from wms.gs1.scan import write_own_lot
from wms.tour import counted
from wms.tour.chapters.order import newest_plate, promise_and_release, promised_lots, take_order
from wms.tour.people import Hand
from wms.tour.reads import plain
from wms.tour.report import ms, must, same
from wms.tour.tale import Tale

#: The most statements a pick may take from BEGIN to COMMIT.
PICK_STATEMENTS = 14


def begin_list(tale: Tale, name: str) -> Hand:
    """Take the list of an order at the handheld; the screen stands at its first bin."""
    if not hasattr(tale, "picker"):
        tale.picker = tale.hand("BDGPICKER")
    hand = tale.picker
    hand.open("/m/pick")
    hand.scan(tale.orders[name][1])
    hand.wants("bin")
    return hand


def shown_bin(hand: Hand) -> str:
    """The bin the screen sends the picker to."""
    where = hand.at.page.first("div", class_="where")
    return where.text if where else ""


def play(tale: Tale) -> None:
    """Half of the stop is picked; the rest is left for the hold."""
    goods, reads, report = tale.goods, tale.reads, tale.report
    hand = begin_list(tale, "A")
    same(shown_bin(hand), goods.bin, "the bin of the stop")
    report.step("picker takes the list", ms(hand.at.seconds))
    other = reads.value(
        "SELECT code FROM bin WHERE warehouse_id = ? AND kind = 'storage' AND code <> ? ORDER BY code LIMIT 1",
        tale.site, goods.bin,
    )  # fmt: skip
    before = reads.ledger()
    hand.scan(f"B:{other}")
    sentence = hand.refused("bin")
    must(goods.bin in sentence and other in sentence, f"the sentence must name both bins: {sentence}")
    report.step("refused: the wrong bin", ms(hand.at.seconds))
    report.said(sentence)
    hand.scan(f"B:{goods.bin}")
    hand.wants("goods")
    hand.scan(goods.label(goods.later, goods.later_until))
    sentence = hand.wants("override").sentence
    must(goods.later in sentence and goods.travels in sentence, f"the sentence must name both lots: {sentence}")
    tale.is_unchanged(before, "a wrong bin and a later lot")
    report.step("refused: a later lot from the same bin (FEFO)", ms(hand.at.seconds))
    report.said(sentence)
    hand.press("back")
    hand.wants("goods")
    hand.scan(goods.label(goods.travels, goods.travels_until), quantity=str(goods.case_of))
    hand.wants("goods", "yes")
    same(reads.on_hand(goods.travels_id, kind="staging"), float(goods.case_of), "staged of the lot")
    report.step("right lot, one case: one request, and the answer is the next step", ms(hand.at.seconds))
    report.said(hand.at.sentence)
    before = reads.ledger()
    hand.again()
    tale.is_unchanged(before, "the same submit sent again")
    report.step("the same submit sent again changes nothing", ms(hand.at.seconds))
    hand.open("/m/pick")
    hand.wants("bin")
    hand.scan(f"B:{goods.bin}")
    _counted_pick(tale, hand)


def _counted_pick(tale: Tale, hand: Hand) -> None:
    """The next case is picked with its statements counted."""
    goods = tale.goods
    cost = counted.scan(tale, hand, goods.label(goods.travels, goods.travels_until), quantity=str(goods.case_of))
    must(cost.answer.tone == "yes", f"the pick must be taken: {cost.answer.sentence}")
    same(tale.reads.on_hand(goods.travels_id, kind="staging"), 2.0 * goods.case_of, "staged of the lot")
    same(len(cost.written), 1, "commits of one pick")
    must(cost.written[0] <= PICK_STATEMENTS, f"one pick takes {cost.written[0]} statements, at most {PICK_STATEMENTS}")
    tale.report.step("one more case, counted from BEGIN to COMMIT, one commit", f"{cost.written[0]} statements")
    hand.open("/m/pick")
    hand.scan(f"B:{goods.bin}")
    hand.wants("goods")


def override_and_short(tale: Tale) -> None:
    """A later lot by a supervisor's badge and reason; nothing found at a stop: other stock, and a count is left."""
    goods, reads, report = tale.goods, tale.reads, tale.report
    take_order(tale, "B", [(goods.sku, goods.case_of)])
    promise_and_release(tale, "B")
    order, _ = tale.orders["B"]
    same([lot for lot, _ in promised_lots(tale, order)], [goods.travels], "the lot promised to order B")
    hand = begin_list(tale, "B")
    hand.scan(f"B:{goods.bin}")
    hand.scan(goods.label(goods.later, goods.later_until))
    hand.wants("override")
    before = reads.ledger()
    hand.scan("customer asks for the newer print", supervisor="BDGSUPERVISOR", secret="000000")
    sentence = hand.refused("override")
    tale.is_unchanged(before, "a wrong PIN of the supervisor")
    report.step("refused: an override with a wrong PIN of the supervisor", ms(hand.at.seconds))
    report.said(sentence)
    hand.scan("customer asks for the newer print", supervisor="BDGSUPERVISOR", secret=PIN)
    hand.wants("list", "yes")
    row = reads.row(
        "SELECT o.skipped, o.reason, p.login AS picker, a.login AS approver, lot.number FROM fefo_override o"
        " JOIN order_line ol ON ol.id = o.order_line_id JOIN user_account p ON p.id = o.picked_by"
        " JOIN user_account a ON a.id = o.approved_by JOIN lot ON lot.id = o.lot_id WHERE ol.order_id = ?",
        order,
    )
    assert row is not None
    skipped = [one["number"] for one in plain(row["skipped"])]
    same(
        (row["picker"], row["approver"], row["number"]),
        ("picker", "supervisor", goods.later),
        "who and what of the override",
    )
    must(
        goods.travels in skipped and row["reason"], f"the override must keep the lots skipped and the reason: {skipped}"
    )
    report.step(
        f"override by the supervisor's badge: {goods.later} picked, reason kept, skipped {', '.join(skipped)}",
        ms(hand.at.seconds),
    )
    _short(tale)


def _short(tale: Tale) -> None:
    goods, reads, report = tale.goods, tale.reads, tale.report
    take_order(tale, "C", [(goods.sku, goods.case_of)])
    promise_and_release(tale, "C")
    order, _ = tale.orders["C"]
    hand = begin_list(tale, "C")
    bin_ = shown_bin(hand)
    hand.scan(f"B:{bin_}")
    hand.press("short")
    hand.wants("short")
    hand.choose("0")
    hand.wants("bin", "yes")
    sentence = hand.at.sentence
    lots = promised_lots(tale, order)
    must(lots and all(lot != goods.travels for lot, _ in lots), f"other stock must be promised at once: {lots}")
    count = reads.row(
        "SELECT bin.code, lot.number FROM task t JOIN bin ON bin.id = t.source_bin_id JOIN lot ON lot.id = t.lot_id"
        " WHERE t.kind = 'count' AND t.state = 'open' ORDER BY t.id DESC LIMIT 1"
    )
    same(tuple(count or ()), (bin_, goods.travels), "the count that was left")
    report.step(
        f"short pick: nothing found in {bin_}; lot {lots[0][0]} is promised instead, a count is left",
        ms(hand.at.seconds),
    )
    report.said(sentence)
    finish(tale, hand)
    same(reads.value("SELECT state FROM customer_order WHERE id = ?", order), "picked", "the state of order C")
    report.step("the walk goes on at the new stop to its end", ms(hand.at.seconds))


def finish(tale: Tale, hand: Hand) -> int:
    """Pick every stop that is left, as the screen asks; how many scans of goods that took."""
    done = 0
    while hand.at.step in ("bin", "goods"):
        if hand.at.step == "bin":
            hand.scan(f"B:{shown_bin(hand)}")
            hand.wants("goods")
        form = hand.form_here()
        task = tale.reads.row(
            "SELECT lot.number, lot.expires_on, t.quantity, lpn.code, t.source_lpn_id FROM task t"
            " JOIN lot ON lot.id = t.lot_id JOIN lpn ON lpn.id = t.source_lpn_id WHERE t.id = ?",
            int(form.values["s_task"]),
        )
        assert task is not None
        hand.scan(_lot_label(tale, task["number"]) if task["source_lpn_id"] == 0 else task["code"])
        must(hand.at.tone == "yes", f"the pick must be taken: {hand.at.sentence}")
        done += 1
    return done


def _lot_label(tale: Tale, number: str) -> str:
    """Our own label of a lot of the story's item."""
    return write_own_lot(Sku(tale.goods.sku), LotNumber(number), None)


__all__ = ["begin_list", "finish", "newest_plate", "override_and_short", "play", "shown_bin"]
