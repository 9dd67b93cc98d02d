"""Receiving on the handheld, scan by scan; every refusal is one sentence and changes nothing."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import event, func, select

from tests import given
from tests.web.receiving.hand import Hand
from wms.catalog.models import TypedLotPolicy
from wms.core.ids import SYSTEM_USER
from wms.db import db as database_extension
from wms.db import run_in_transaction
from wms.files.models import StoredFile
from wms.gs1.sscc import Sscc
from wms.receiving import service
from wms.receiving.models import Asn, Receipt, ReceiptLine
from wms.receiving.rules.commands import AnnouncedLine, CreateAsn
from wms.stock import queries as stock_queries
from wms.stock.models import Capture, Lot

#: Pages here ask what the services have answered on both engines; one is enough.
pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

NOW = datetime.now(UTC)
GOOD = NOW.date() + timedelta(days=200)
WHY = "typed:no_label"
PLATE = Sscc.make("6901234", 0, 77)


def yymmdd(day: date) -> str:
    return day.strftime("%y%m%d")


@pytest.fixture
def dock(app: Flask) -> SimpleNamespace:
    """A warehouse with an ASN: 48 milk in lot M-1 on a pallet, 120 tea in any lot; and a receiver."""
    with app.app_context():
        site, supplier = given.warehouse(), given.partner()
        milk, tea = given.item("MILK"), given.item("TEA", over_receipt_percent=10)
        other = given.item("SALT")
        photo = given.item("WINE", typed_lot_policy=TypedLotPolicy.PHOTO)
        lines = (
            AnnouncedLine(item=milk.id, quantity=given.q(48), lot_number="M-1", expires_on=GOOD, sscc=PLATE),
            AnnouncedLine(item=tea.id, quantity=given.q(120)),
            AnnouncedLine(item=photo.id, quantity=given.q(10)),
        )
        cmd = CreateAsn(warehouse=site.id, supplier=supplier.id, lines=lines, number="ASN-1")
        run_in_transaction(service.create_asn, cmd, actor=SYSTEM_USER, at=NOW)
        given.user("rita", "receiver", site=site)
        given.user("dora", "dock", site=site)
        gtins = {item.sku: {unit.code: unit.gtin for unit in item.pack_units} for item in (milk, tea, other, photo)}
        ids = {item.sku: item.id for item in (milk, tea, other, photo)}
        database_extension.session.rollback()
        return SimpleNamespace(site=site, gtins=gtins, ids=ids, warehouse=site.id)


@pytest.fixture
def hand(client: FlaskClient, dock: SimpleNamespace) -> Hand:
    """A receiver who has opened the ASN."""
    hand = Hand.of(client, "rita", "/m/receive").scan("ASN-1")
    assert hand.step == "scan", hand.text
    return hand


def label(gtin: str, lot: str = "", expires: date | None = GOOD, count: int = 0) -> str:
    text = f"(01){gtin}"
    text += f"(17){yymmdd(expires)}" if expires else ""
    text += f"(10){lot}" if lot else ""
    return text + (f"(30){count}" if count else "")


@contextmanager
def looking(app: Flask) -> Iterator[Any]:
    with app.app_context():
        yield database_extension.session


def stock_of(app: Flask, dock: SimpleNamespace) -> dict[str, str]:
    with looking(app):
        return {b.lot_number: str(b.on_hand) for b in stock_queries.find_balances(warehouse=dock.warehouse)}


def nothing_came(app: Flask) -> bool:
    with looking(app) as session:
        return not session.execute(select(func.count()).select_from(ReceiptLine)).scalar_one()


def test_one_scan_that_says_all_is_received_in_one_request(app: Flask, hand: Hand, dock: Any) -> None:
    hand.scan(label(dock.gtins["TEA"]["ea"], "T-1", count=24))
    assert (hand.status, hand.step, hand.tone) == (200, "scan", "yes")
    assert "24" in hand.message and "T-1" in hand.message
    assert stock_of(app, dock) == {"T-1": "24"}
    with looking(app) as session:
        line = session.execute(select(ReceiptLine)).scalar_one()
        assert line.raw_scan.startswith("(01)") and line.capture is Capture.SCAN


def test_an_announced_pallet_is_received_whole(app: Flask, hand: Hand, dock: Any) -> None:
    hand.scan(f"(00){PLATE}")
    assert (hand.step, hand.tone) == ("scan", "yes"), hand.text
    assert stock_of(app, dock) == {"M-1": "48"}
    hand.scan(f"(00){PLATE}")
    assert (hand.status, hand.tone) == (409, "no")
    assert "received" in hand.message
    assert stock_of(app, dock) == {"M-1": "48"}


def test_a_label_without_an_amount_asks_how_many_in_the_unit_that_was_scanned(
    app: Flask, hand: Hand, dock: Any
) -> None:
    hand.scan(label(dock.gtins["TEA"]["case"], "T-1"))
    assert hand.step == "quantity" and "120" in hand.text
    assert 'value="case" checked' in hand.html
    hand.scan("2", unit="case")
    assert (hand.step, hand.tone) == ("scan", "yes")
    assert stock_of(app, dock) == {"T-1": "24"}


def test_scan_by_scan_each_label_counts_one_pack(app: Flask, hand: Hand, dock: Any) -> None:
    hand.press("each")
    for _ in range(3):
        hand.scan(label(dock.gtins["TEA"]["case"], "T-1"))
        assert hand.tone == "yes", hand.text
    assert stock_of(app, dock) == {"T-1": "36"}


def test_an_ean_alone_asks_lot_twice_expiry_and_amount(app: Flask, hand: Hand, dock: Any) -> None:
    hand.scan(dock.gtins["TEA"]["ea"][1:])
    assert hand.step == "lot"
    hand.scan("20251101A")
    assert hand.step == "_typed" and "Say why" in hand.message
    hand.press("typed:other")
    assert hand.step == "_typed" and "needs words" in hand.message, "another reason needs words"
    hand.press("typed:label_damaged")
    assert hand.step == "lot_again" and "20251101A" not in hand.text
    hand.scan("20251101A")
    assert hand.step == "expiry"
    hand.scan(GOOD.strftime("%Y%m%d"))
    assert hand.step == "quantity"
    hand.scan("5", unit="ea")
    assert hand.tone == "yes", hand.text
    with looking(app) as session:
        line, lot = session.execute(select(ReceiptLine)).scalar_one(), session.execute(select(Lot)).scalar_one()
        assert line.capture is Capture.TYPED_TWICE
        assert (lot.number, lot.expires_on) == ("20251101A", GOOD)


def test_a_month_is_taken_as_its_last_day(app: Flask, hand: Hand, dock: Any) -> None:
    hand.scan(dock.gtins["TEA"]["ea"]).scan("A1").press(WHY).scan("A1")
    hand.scan(f"{NOW.year + 1}-02").scan("5", unit="ea")
    with looking(app) as session:
        lot = session.execute(select(Lot)).scalar_one()
        assert (lot.expires_on.month, lot.expiry_precision.value) == (2, "month")
        assert lot.expires_on.day in {28, 29}


def test_two_typings_that_differ_are_refused(app: Flask, hand: Hand, dock: Any) -> None:
    hand.scan(dock.gtins["TEA"]["ea"]).scan("A1").press(WHY).scan("a1")
    assert (hand.step, hand.status) == ("lot_again", 409)
    assert "A1" in hand.message and "a1" in hand.message
    assert nothing_came(app)


def test_the_lot_may_stand_on_a_second_label(app: Flask, hand: Hand, dock: Any) -> None:
    hand.scan(dock.gtins["TEA"]["ea"]).scan(f"(17){yymmdd(GOOD)}(10)T-7")
    assert hand.step == "quantity", hand.text
    hand.scan("1", unit="ea")
    with looking(app) as session:
        line = session.execute(select(ReceiptLine)).scalar_one()
        assert line.capture is Capture.SCAN and "(10)T-7" in line.raw_scan


def photo(kind: str = "JPEG") -> io.BytesIO:
    file = io.BytesIO()
    Image.new("RGB", (40, 30), "red").save(file, kind)
    return io.BytesIO(file.getvalue())


def test_a_lot_may_be_photographed_instead(app: Flask, hand: Hand, dock: Any) -> None:
    hand.scan(dock.gtins["WINE"]["ea"]).scan("W1").press(WHY)
    assert hand.step == "photo"
    hand.press("photo")
    assert (hand.status, hand.step) == (422, "photo")
    hand.press("photo", photo=(io.BytesIO(b"<svg onload=alert(1)>"), "label.jpg"))
    assert (hand.status, hand.step) == (422, "photo") and "not a photo" in hand.message
    hand.press("photo", photo=(photo(), "label.jpg"))
    assert hand.step == "expiry", hand.text
    hand.scan(GOOD.isoformat()).scan("2", unit="ea")
    assert hand.tone == "yes", hand.text
    with looking(app) as session:
        line, file = session.execute(select(ReceiptLine)).scalar_one(), session.execute(select(StoredFile)).scalar_one()
        assert line.capture is Capture.PHOTO
        assert (file.subject_kind, file.subject_id, file.content_type) == ("receipt_line", line.id, "image/jpeg")
    data_dir = app.config["WMS"].data_dir
    assert (data_dir / "files" / file.sha256[:2] / file.sha256).read_bytes() == photo().getvalue()


def test_typing_a_lot_needs_the_right(app: Flask, client: FlaskClient, dock: Any) -> None:
    hand = Hand.of(client, "dora", "/m/receive").scan("ASN-1")
    hand.scan(dock.gtins["TEA"]["ea"]).scan("A1")
    assert (hand.status, hand.step) == (403, "lot")
    # A right is not to be had by saying that the lot was scanned.
    forged = hand.scan("x", s_lot="A1", s_again="A1", s_quantity="1", s_expires=GOOD.isoformat(), step="expiry")
    forged.scan(GOOD.isoformat(), step="expiry")
    assert forged.status in {403, 422} and nothing_came(app)


REFUSED = [
    ("another item", lambda d: [label(d.gtins["SALT"]["ea"], "S1")], 409, "no", ["MILK", "TEA", "SALT"]),
    ("expired goods", lambda d: [label(d.gtins["TEA"]["ea"], "T1", NOW.date() - timedelta(days=3))], 409, "alarm", ["T1"]),
    ("more than expected", lambda d: [label(d.gtins["TEA"]["ea"], "T1", count=133)], 409, "no", ["120", "133", "10%"]),
    ("a GTIN nobody knows", lambda d: [label("09506000134352", "T1")], 404, "no", ["09506000134352"]),
    ("a bin", lambda d: ["B:A-01"], 422, "no", ["A-01", "bin"]),
    ("a broken label", lambda d: ["(01)0950600013435X"], 422, "no", ["(01)0950600013435X"]),
    ("an empty scan", lambda d: [""], 422, "no", []),
    ("no date at the date", lambda d: [d.gtins["TEA"]["ea"], "A1", WHY, "A1", "soon"], 422, "no", ["soon"]),
    ("no such day", lambda d: [d.gtins["TEA"]["ea"], "A1", WHY, "A1", "2027-02-30"], 422, "no", ["2027-02-30"]),
    ("no amount", lambda d: [label(d.gtins["TEA"]["ea"], "T1"), "many"], 422, "no", ["many"]),
    ("nothing of it", lambda d: [label(d.gtins["TEA"]["ea"], "T1"), "0"], 422, "no", ["0"]),
    ("too many signs", lambda d: ["9" * 600], 404, "no", ["999"]),
    ("a lot label of another item", lambda d: [d.gtins["TEA"]["ea"], label(d.gtins["SALT"]["ea"], "S1")], 409, "no", ["TEA"]),
]  # fmt: skip


def test_every_refusal_is_one_sentence_and_changes_nothing(app: Flask, hand: Hand, dock: Any) -> None:
    for case, scans, status, tone, words in REFUSED:
        hand.open().scan("ASN-1")
        for text in scans(dock):
            hand.press(text) if text == WHY else hand.scan(text)
        assert (hand.status, hand.tone) == (status, tone), (case, hand.text)
        assert all(word in hand.message for word in words), (case, hand.message)
        assert hand.message.endswith((".", "?")), (case, hand.message)
    assert nothing_came(app)


def test_a_short_lived_lot_says_until_when_it_should_last(app: Flask, hand: Hand, dock: Any) -> None:
    with looking(app) as session:
        from wms.catalog.models import Item

        session.get(Item, dock.ids["TEA"]).receipt_life_days_min = 250
        session.commit()
    hand.scan(label(dock.gtins["TEA"]["ea"], "T1"))
    assert hand.status == 409 and GOOD.isoformat() in hand.message
    assert (NOW.date() + timedelta(days=250)).isoformat()[:7] in hand.message


def test_a_known_lot_with_another_expiry_is_refused(app: Flask, hand: Hand, dock: Any) -> None:
    hand.scan(label(dock.gtins["TEA"]["ea"], "T1", count=1))
    hand.scan(label(dock.gtins["TEA"]["ea"], "T1", GOOD + timedelta(days=1), count=1))
    assert hand.status == 409 and GOOD.isoformat() in hand.message
    assert stock_of(app, dock) == {"T1": "1"}


def test_a_lot_that_looks_like_a_known_one_is_asked(app: Flask, hand: Hand, dock: Any) -> None:
    hand.scan(label(dock.gtins["TEA"]["ea"], "T01", count=1))
    hand.scan(label(dock.gtins["TEA"]["ea"], "t01", count=2))
    assert (hand.status, hand.step, hand.tone) == (200, "question", "ask")
    assert "T01" in hand.message and "t01" in hand.message
    assert stock_of(app, dock) == {"T01": "1"}
    hand.press("yes")
    assert hand.tone == "yes", hand.text
    assert stock_of(app, dock) == {"T01": "1", "t01": "2"}


def test_a_no_leads_back_to_the_next_scan(app: Flask, hand: Hand, dock: Any) -> None:
    hand.scan(label(dock.gtins["MILK"]["ea"], "M-2", count=2))
    assert hand.step == "question" and "M-1" in hand.message
    hand.press("no")
    assert hand.step == "scan" and nothing_came(app)


def test_a_scan_instead_of_an_answer_is_the_next_scan(app: Flask, hand: Hand, dock: Any) -> None:
    hand.scan(label(dock.gtins["MILK"]["ea"], "M-2", count=2))
    hand.scan(label(dock.gtins["TEA"]["ea"], "T1", count=1))
    assert hand.tone == "yes" and stock_of(app, dock) == {"T1": "1"}


def test_a_lost_separator_is_asked(app: Flask, hand: Hand, dock: Any) -> None:
    hand.scan(f"]C101{dock.gtins['TEA']['ea']}10T117{yymmdd(GOOD)}")
    assert hand.step == "question" and f"T117{yymmdd(GOOD)}" in hand.message


def test_an_unannounced_pallet_is_asked_then_filled_by_scan(app: Flask, hand: Hand, dock: Any) -> None:
    other = Sscc.make("6901234", 0, 78)
    hand.scan(f"(00){other}")
    assert hand.step == "question" and str(other) in hand.message
    hand.press("yes")
    assert hand.step == "scan" and str(other) in hand.text
    hand.scan(label(dock.gtins["TEA"]["ea"], "T1", count=10))
    assert hand.tone == "yes", hand.text
    with looking(app):
        (balance,) = stock_queries.find_balances(warehouse=dock.warehouse)
        assert balance.lpn_code == str(other)


def test_the_same_key_twice_is_received_once(app: Flask, hand: Hand, dock: Any) -> None:
    before = hand.html
    text = label(dock.gtins["TEA"]["ea"], "T1", count=10)
    hand.scan(text, key="a-key-of-the-device")
    hand.html = before
    hand.scan(text, key="a-key-of-the-device")
    assert hand.tone == "yes" and stock_of(app, dock) == {"T1": "10"}


def test_without_a_notice_anything_known_comes_in(app: Flask, client: FlaskClient, dock: Any) -> None:
    hand = Hand.of(client, "rita", "/m/receive").press("blind")
    hand.scan(label(dock.gtins["SALT"]["ea"], "S1", count=3))
    assert hand.tone == "yes" and stock_of(app, dock) == {"S1": "3"}


def test_closing_shows_what_is_missing_and_ends_the_asn(app: Flask, hand: Hand, dock: Any) -> None:
    hand.scan(f"(00){PLATE}").press("finish")
    assert hand.step == "finish" and "TEA" in hand.text and "0 / 120" in hand.text and "M-1" not in hand.text
    hand.press("close")
    assert (hand.step, hand.tone) == ("choose", "yes")
    with looking(app) as session:
        assert session.execute(select(Asn.state)).scalar_one().value == "received"
        assert session.execute(select(Receipt.state)).scalar_one().value == "closed"


TAMPERED = [
    {"s_receipt": "x"}, {"s_receipt": "99999999999999999999"}, {"s_receipt": "12345"}, {"s_item": "-1"},
    {"s_expires": "2027-13-01"}, {"s_factor": "1e3"}, {"s_sscc": "1"}, {"s_precision": "year"}, {"s_lot": "\u0007"},
    {"s_photo": "../../etc/passwd", "s_lot": "A"}, {"step": "nowhere"}, {"key": "x"}, {"event": "fly"},
    {"s_scans": "x" * 400}, {"s_quantity": "-1"}, {"s_asks": "x", "step": "question", "event": "yes"},
]  # fmt: skip


def test_what_comes_back_from_the_browser_is_checked(app: Flask, hand: Hand, dock: Any) -> None:
    for values in TAMPERED:
        sent = hand.hidden | {"scan": label(dock.gtins["TEA"]["ea"], "T1"), "key": "key-000001"} | values
        answer = hand.client.post(hand.path, data=sent)
        assert answer.status_code in {200, 404, 409, 422}, (values, answer.text)
    assert nothing_came(app)


def test_one_received_scan_keeps_its_number_of_statements(app: Flask, hand: Hand, dock: Any) -> None:
    """From BEGIN to COMMIT of the verb, for a further scan of a lot that is known, on an ASN; the limit only falls."""
    text = label(dock.gtins["TEA"]["ea"], "T1", count=1)
    hand.scan(text)
    seen: list[str] = []
    with app.app_context():
        engine = database_extension.engine

    def note(_c: Any, _k: Any, statement: str, *_more: Any) -> None:
        seen.append(" ".join(statement.split())[:90])

    event.listen(engine, "before_cursor_execute", note)
    try:
        hand.scan(text)
    finally:
        event.remove(engine, "before_cursor_execute", note)
    assert hand.tone == "yes"
    first = next(n for n, s in enumerate(seen) if "FOR UPDATE" in s or s.startswith("SELECT receipt.id"))
    last = max(n for n, s in enumerate(seen) if s.startswith(("INSERT", "UPDATE")))
    assert last - first + 1 <= 20, "\n".join(seen[first : last + 1])
    assert len(seen) <= 28, "\n".join(seen)
