"""Receiving in depth: a nested pallet by one SSCC, goods refused, goods taken back, a pallet that nobody announced."""

from __future__ import annotations

import io

from wms.gs1.sscc import Sscc
from wms.tour.chapters.numbers import close, label, open_blind
from wms.tour.report import ms, must, same
from wms.tour.tale import Tale

#: Two items of one maker: sauces, which wait for nothing.
_SUPPLIER = "TAIHU"
_SHARE = "50"
_CASES = 4


def play(tale: Tale) -> None:
    """By the handheld, with the papers written at the desk."""
    _pallet(tale)
    _refuse(tale)
    _take_back(tale)
    _nobodys(tale)


def _plate(tale: Tale, serial: int) -> str:
    return Sscc.make(tale.goods.prefix, 4, 770_000 + serial).value


def _items(tale: Tale) -> tuple[str, str]:
    rows = tale.reads.rows(
        "SELECT i.sku FROM item i JOIN partner p ON p.id = i.maker_id WHERE p.code = ? AND NOT i.is_inspected_at_receipt"
        " AND i.date_basis = 'expiry' AND i.lot_number_by = 'maker_lot' ORDER BY i.sku LIMIT 2",
        _SUPPLIER,
    )
    must(len(rows) == 2, f"the demo must have two items of {_SUPPLIER}")
    return rows[0][0], rows[1][0]


def _ends(tale: Tale, sku: str) -> str:
    days = tale.reads.value("SELECT shelf_life_days FROM item WHERE sku = ?", sku)
    return str(tale.reads.value("SELECT date(?, ?)", tale.today.isoformat(), f"+{days - 5} days"))


def _pallet(tale: Tale) -> None:
    """Cases on a pallet, each with its goods; half of the parts are drawn, and with the last the whole tree is in."""
    hand, reads, desk = tale.receiver, tale.reads, tale.desk("supervisor")
    supplier = reads.value("SELECT id FROM partner WHERE code = ?", _SUPPLIER)
    desk.open(f"/setup/partners/{supplier}/edit")
    desk.act(f"/setup/partners/{supplier}/edit", check_share_percent=_SHARE)
    pallet, cases = _plate(tale, 0), [_plate(tale, n) for n in range(1, _CASES + 1)]
    first, second = _items(tale)
    skus = [first, first, second, second]
    desk.open("/receiving/asns/new")
    desk.act(
        "/receiving/asns", supplier=str(supplier), number=f"ASN-TOUR-{tale.today:%y%m%d}-N",
        expected_on=tale.today.isoformat(), sku=skus, quantity=["12"] * _CASES, lot=[f"N{sku}" for sku in skus],
        expires_on=[_ends(tale, sku) for sku in skus], sscc=cases, lpn_sscc=cases, lpn_parent=[pallet] * _CASES,
    )  # fmt: skip
    asn = desk.at.url.rstrip("/").rsplit("/", 1)[1]
    hand.open("/m/receive")
    hand.scan(f"ASN-TOUR-{tale.today:%y%m%d}-N")
    before = reads.ledger()
    hand.scan(pallet)
    hand.wants("check")
    tale.is_unchanged(before, "a pallet that is to be looked at")
    asked = reads.rows(
        "SELECT u.code FROM pallet_check_unit u JOIN pallet_check c ON c.id = u.check_id WHERE c.sscc = ? AND u.is_asked",
        pallet,
    )
    same(len(asked), _CASES // 2, f"parts drawn of {_CASES} at {_SHARE} %")
    for row in asked:
        hand.scan(row[0])
    hand.wants("scan", "yes")
    inside = reads.value(
        "SELECT count(*) FROM lpn JOIN lpn up ON up.id = lpn.parent_id WHERE up.code = ? AND lpn.is_open", pallet
    )
    same(inside, _CASES, "cases that stand on the pallet")
    same(reads.ledger()[0], before[0] + 1, "postings of the whole pallet")
    tale.report.step(
        f"one SSCC: a pallet of {_CASES} cases; {len(asked)} of {_CASES} parts drawn and scanned, all in by one posting",
        ms(hand.at.seconds),
    )
    close(tale)
    same(reads.value("SELECT state FROM asn WHERE id = ?", asn), "received", "the ASN's state")


def _refuse(tale: Tale) -> None:
    """Turned away at the door with a photo: on paper, never in stock."""
    hand, reads = tale.receiver, tale.reads
    before = reads.ledger()
    hand.open("/m/receive_refuse")
    hand.scan("Two drums, bungs leaking")
    hand.scan("2")
    hand.choose("damaged")
    hand.scan("B:DOCK-1")
    hand.wants("photo")
    hand.send_photo(_photo())
    hand.wants("goods", "yes")
    tale.is_unchanged(before, "goods that are turned away")
    row = reads.row("SELECT id, number, reason FROM refusal ORDER BY id DESC LIMIT 1")
    photos = reads.value(
        "SELECT count(*) FROM stored_file WHERE subject_kind = 'refusal' AND subject_id = ?", row["id"] if row else 0
    )
    same((row["reason"] if row else "", photos), ("damaged", 1), "the refusal and its photo")
    tale.report.step("goods refused at the door, with place and photo: on paper, never in stock", ms(hand.at.seconds))
    tale.report.said(hand.at.sentence)


def _photo() -> bytes:
    from PIL import Image

    file = io.BytesIO()
    Image.new("RGB", (64, 48), (180, 60, 40)).save(file, "JPEG")
    return file.getvalue()


def _take_back(tale: Tale) -> None:
    """A lot read wrongly is taken back by a posting the other way, and comes in again under its right number."""
    hand, reads, desk = tale.receiver, tale.reads, tale.desk("supervisor")
    sku, _ = _items(tale)
    ends = reads.value("SELECT date(?)", _ends(tale, sku))
    receipt = open_blind(tale, _SUPPLIER)
    for lot in ("2B-8801", "28-8801"):
        hand.scan(label(tale, sku, lot, tale.today.fromisoformat(ends)))
        if hand.at.step == "question":
            hand.press("yes")
        hand.wants("scan", "yes")
        if lot == "2B-8801":
            line = reads.value("SELECT max(id) FROM receipt_line WHERE receipt_id = ?", receipt)
            desk.open(f"/receiving/receipts/{receipt}")
            desk.act(f"/lines/{line}/reverse", reason="read wrongly: it is 28-8801")
            seconds = desk.at.seconds
            wrong = reads.value("SELECT id FROM lot WHERE number = ?", lot)
            same(reads.on_hand(wrong, kind="dock"), 0.0, "what is left of the wrong lot")
            hand.open(f"/m/receive?receipt={receipt}")
    close(tale)
    reversed_ = reads.value("SELECT count(*) FROM stock_posting WHERE reverses_seq IS NOT NULL")
    must(reversed_, "the reversal must be a posting of its own")
    tale.report.step("a lot read wrongly is taken back by a counter-posting, and received anew", ms(seconds))


def _nobodys(tale: Tale) -> None:
    """An SSCC of nobody's notice: provisional, on hold until quality lifts it, though everything is named."""
    hand, reads = tale.receiver, tale.reads
    sku, _ = _items(tale)
    plate = _plate(tale, 90)
    hand.open("/m/receive")
    hand.scan(plate)
    hand.wants("unknown", "ask")
    question = hand.at.sentence
    hand.press("yes")
    hand.wants("scan")
    hand.scan(label(tale, sku, "STRAY-1", tale.today.fromisoformat(_ends(tale, sku))))
    hand.wants("scan", "alarm")
    said = hand.at.sentence
    lot = reads.value("SELECT id FROM lot WHERE number = 'STRAY-1'")
    same({row[3] for row in reads.stock(lot)}, {"held"}, "what nobody announced")
    same(reads.value("SELECT reason FROM hold WHERE lot_id = ?", lot), "unknown_origin", "why it is held")
    tale.report.step("an SSCC that nobody announced: a provisional receipt, its goods on hold", ms(hand.at.seconds))
    tale.report.said(question)
    tale.report.said(said)
    hand.press("more")
    hand.press("supplier")
    hand.scan(_SUPPLIER)
    hand.press("finish")
    hand.press("named")
    hand.press("close")
