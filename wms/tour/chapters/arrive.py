"""A truck is announced; its pallet walks through the inbound door and is logged as arrived against its ASN."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from wms.core.clock import now
from wms.gs1.sscc import Sscc
from wms.tour.dock import tag_of
from wms.tour.report import fail, ms, must, same, wait_for
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
    line = tale.reads.row("SELECT arrived_passage_id FROM asn_line WHERE asn_id = ? AND sscc = ?", tale.asn, tale.pallet)
    must(line and line[0] == passage["id"], "the ASN's line must name the passage")
    tale.report.step(
        f"pallet {tale.pallet} walks in through DOOR-1: {passage['reads']} reads, logged as arrived against"
        f" {tale.asn_number}", after_close(passage),
    )  # fmt: skip


def after_close(passage: object) -> str:
    """How long after its episode closed (the tag was silent for two seconds) a passage was recorded."""
    ended = _time(passage["ended_at"])  # type: ignore[index]
    recorded = _time(passage["recorded_at"])  # type: ignore[index]
    seconds = (recorded - ended).total_seconds() - SILENCE_SECONDS
    must(seconds < 1.0, f"a passage is told within a second of its episode's close, this one took {seconds:.2f} s")
    return ms(max(seconds, 0.0))


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)


def announce(tale: Tale) -> None:
    """Announce a truck with two lots of one item: one on a pallet with a tag, one loose."""
    from wms.core.ids import SYSTEM_USER, ItemId, PartnerId, WarehouseId
    from wms.core.quantity import Quantity
    from wms.db import run_in_transaction
    from wms.receiving import service
    from wms.receiving.rules.commands import AnnouncedLine, CreateAsn

    goods = tale.goods
    sscc = Sscc.make(goods.prefix, 1, 990_001)
    tale.pallet, tale.asn_number = sscc.value, f"ASN-TOUR-{tale.today:%y%m%d}"
    amount = Quantity.of(goods.case_of * PALLET_CASES)
    app = tale.make_app(tale.config)
    with app.app_context():
        tale.asn = run_in_transaction(
            service.create_asn,
            CreateAsn(
                warehouse=WarehouseId(tale.site), supplier=PartnerId(goods.maker), number=tale.asn_number,
                expected_at=datetime.combine(tale.today, datetime.min.time(), ZoneInfo("Asia/Shanghai")) + timedelta(hours=8),
                lines=(
                    AnnouncedLine(item=ItemId(goods.item), quantity=amount, lot_number=goods.travels,
                                  expires_on=goods.travels_until, sscc=sscc),
                    AnnouncedLine(item=ItemId(goods.item), quantity=amount, lot_number=goods.later,
                                  expires_on=goods.later_until),
                ),
            ),
            actor=SYSTEM_USER, at=now(),
        )  # fmt: skip
    if not tale.asn:
        fail("no ASN was made")
