"""A truck is announced; its pallet walks through the inbound door and is logged as arrived against its ASN."""

from __future__ import annotations

import sqlite3
from datetime import datetime

from wms.gs1.sscc import Sscc
from wms.tour.dock import tag_of
from wms.tour.report import ms, must, same, wait_for
from wms.tour.tale import Tale

SILENCE_SECONDS = 2.0
PALLET_CASES = 10
LOOSE_CASES = 10


def play(tale: Tale) -> None:
    """Announce, log in at the handheld, let the pallet walk in."""
    announce(tale)
    tale.receiver = tale.hand("BDGRECEIVER")
    tale.report.step("receiver logs in by badge and PIN on a registered handheld", ms(tale.receiver.at.seconds))
    epc = tag_of(tale.pallet)
    tale.dock.walk(epc, walk="in", door=1)
    passage = wait_for(lambda: tale.reads.passages(epc), "the pallet's passage at DOOR-1")[0]
    same((passage["door"], passage["direction"], passage["decision"]), ("DOOR-1", "in", "arrived"), "the passage")
    same(passage["asn_id"], tale.asn, "the ASN of the passage")
    same(tale.reads.value("SELECT state FROM asn WHERE id = ?", tale.asn), "arrived", "the ASN's state")
    line = tale.reads.row(
        "SELECT arrived_passage_id FROM asn_line WHERE asn_id = ? AND sscc = ?", tale.asn, tale.pallet
    )
    must(line and line[0] == passage["id"], "the ASN's line must name the passage")
    tale.report.step(
        f"pallet {tale.pallet} walks in through DOOR-1: {passage['reads']} reads, logged as arrived against"
        f" {tale.asn_number}", after_close(passage),
    )  # fmt: skip


def after_close(passage: sqlite3.Row) -> str:
    """How long after its episode closed (the tag was silent for two seconds) a passage was recorded."""
    ended = _time(passage["ended_at"])
    recorded = _time(passage["recorded_at"])
    seconds = (recorded - ended).total_seconds() - SILENCE_SECONDS
    must(seconds < 20.0, f"a passage must be told soon after its episode's close, this one took {seconds:.2f} s")
    return ms(max(seconds, 0.0))


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)


def announce(tale: Tale) -> None:
    """Announce a truck with two lots of one item: one on a pallet with a tag, one loose."""
    goods, desk = tale.goods, tale.desk("supervisor")
    tale.pallet, tale.asn_number = Sscc.make(goods.prefix, 1, 990_001).value, f"ASN-TOUR-{tale.today:%y%m%d}"
    amount = str(goods.case_of * PALLET_CASES)
    desk.open("/receiving/asns/new")
    desk.act(
        "/receiving/asns", supplier=str(goods.maker), number=tale.asn_number, expected_on=tale.today.isoformat(),
        sku=[goods.sku, goods.sku], quantity=[amount, amount], lot=[goods.travels, goods.later],
        expires_on=[goods.travels_until.isoformat(), goods.later_until.isoformat()], sscc=[tale.pallet, ""],
    )  # fmt: skip
    tale.asn = int(desk.at.url.rstrip("/").rsplit("/", 1)[1])
    same(tale.reads.value("SELECT count(*) FROM asn_line WHERE asn_id = ?", tale.asn), 2, "the lines of the ASN")
    tale.report.step(
        f"{tale.asn_number} is written down: two lots of {goods.sku}, one pallet with a tag", ms(desk.at.seconds)
    )
