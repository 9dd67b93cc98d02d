"""Lots get their numbers by rule, a supplier's lot codes are read, a lot has an own field and its certificate."""

from __future__ import annotations

from datetime import date, timedelta

from wms.gs1.checksums import check_digit
from wms.tour.page import Element
from wms.tour.report import fail, ms, must, same
from wms.tour.tale import Tale

#: Numbered by rule: a drug that needs no inspection. Numbered by its supplier: a part with a best-before day.
_RULED, _CODED = "COUG-01", "MCU-01"
_SUPPLIER = "PARTSHUB"
_PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj 2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


def play(tale: Tale) -> None:
    """A rule with its preview, a receipt that uses it, the bench, a contradiction at the dock, a field, a file."""
    numbers = _rule(tale)
    _receive_by_rule(tale, numbers[0])
    code, made, good_until = _bench(tale)
    lot = _contradiction(tale, code, made, good_until)
    _own_field(tale, lot, code)
    _certificate(tale, lot, code)


def _rule(tale: Tale) -> list[str]:
    """Make a rule for one item after seeing its next five; the item's lots are numbered by it from then on."""
    desk = tale.desk("supervisor")
    desk.open("/setup/lot-numbers/rules/new")
    written: dict[str, str | list[str]] = {
        "name": "Syrup, each receipt", "trigger": "receipt", "sku": _RULED, "kind": ["literal", "date", "sequence", "check"],
        "value": ["T", "Y1DDD", "", "mod36"], "width": ["", "", "3", ""], "reset": ["never", "never", "day", "never"],
        "of": ["today", "today", "today", "today"],
    }  # fmt: skip
    desk.act("/setup/lot-numbers/rules/new", do="preview", **written)
    seconds = desk.at.seconds
    preview = desk.at.page.first("section", id="preview")
    numbers = [e.text for e in preview.all("li")] if preview else []
    must(len(numbers) == 5 and len(set(numbers)) == 5, f"the preview must show five numbers: {numbers}")
    same(
        tale.reads.value("SELECT count(*) FROM lot_number_rule WHERE name = 'Syrup, each receipt'"),
        0,
        "rules kept so far",
    )
    desk.act("/setup/lot-numbers/rules/new", do="save", **written)
    item = tale.reads.value("SELECT id FROM item WHERE sku = ?", _RULED)
    desk.open(f"/items/{item}/edit")
    desk.act(f"/items/{item}/edit", lot_number_by="receipt")
    tale.report.step(f"a rule for {_RULED}, previewed before it is kept: {', '.join(numbers)}", ms(seconds))
    return numbers


def label(tale: Tale, sku: str, lot: str, ends: date | None = None, *, quantity: int = 1, ai: str = "17") -> str:
    """What a scanner reads from a case of an item: GTIN, its day, lot and how many cases."""
    gtin = tale.reads.value(
        "SELECT u.gtin FROM pack_unit u JOIN item i ON i.id = u.item_id WHERE i.sku = ? AND u.code = 'case'", sku
    )
    day = f"{ai}{ends:%y%m%d}" if ends else ""
    return f"]C101{gtin}{day}10{lot}\x1d30{quantity}"


def open_blind(tale: Tale, supplier: str) -> int:
    """Open a receipt without a notice at the handheld and name the supplier; its id."""
    hand = tale.receiver
    hand.open("/m/receive")
    hand.press("blind")
    hand.wants("scan")
    hand.press("more")
    hand.press("supplier")
    hand.scan(supplier)
    hand.wants("scan", "yes")
    return int(hand.form_here().values["s_receipt"])


def close(tale: Tale) -> None:
    """Close the receipt on the screen."""
    tale.receiver.press("finish")
    tale.receiver.press("close")


def _receive_by_rule(tale: Tale, wanted: str) -> None:
    hand, reads = tale.receiver, tale.reads
    open_blind(tale, "KANGHE")
    hand.scan(label(tale, _RULED, "KH-77/2", tale.today + timedelta(days=600)))
    hand.wants("scan", "yes")
    row = reads.row("SELECT number, maker_lot FROM lot WHERE maker_lot = 'KH-77/2'")
    same(tuple(row or ()), (wanted, "KH-77/2"), "our number and the maker's of what came")
    tale.report.step(f"received: the maker's lot KH-77/2 is our lot {wanted}, as the preview said", ms(hand.at.seconds))
    close(tale)


def _bench(tale: Tale) -> tuple[str, date, date]:
    """Read two codes of a supplier on the bench: one that fits, one with a wrong check digit. Code and its two days."""
    made = tale.today - timedelta(days=40)
    body = f"{made.year % 10}{made.timetuple().tm_yday:03d}41007"
    code = body + check_digit(body)
    wrong = code[:-1] + str((int(code[-1]) + 1) % 10)
    desk = tale.desk("supervisor")
    desk.open("/setup/lot-numbers/bench")
    desk.act("/setup/lot-numbers/bench", supplier_code=_SUPPLIER, samples=f"{code}\n{wrong}")
    rows = [[cell.text for cell in row.all("td")] for row in desk.at.page.all("tr") if row.all("td")]
    must(len(rows) == 2 and "does not fit" in rows[1][1], f"the bench must read one and refuse the other: {rows}")
    same(date.fromisoformat(rows[0][2]), made, "the day of making that the bench reads")
    tale.report.step(
        f"test bench: {_SUPPLIER}'s code {code} is read, made {rows[0][2]}, line and shift", ms(desk.at.seconds)
    )
    tale.report.said(f"{wrong}: {rows[1][1]}")
    return code, made, date.fromisoformat(rows[0][3])


def _contradiction(tale: Tale, code: str, made: date, good_until: date) -> int:
    """A label whose day is not the code's is asked about; where the label has none, the code tells it."""
    hand, reads = tale.receiver, tale.reads
    open_blind(tale, _SUPPLIER)
    before = reads.ledger()
    hand.scan(label(tale, _CODED, code, good_until - timedelta(days=100), ai="15"))
    hand.wants("question", "ask")
    tale.is_unchanged(before, "a code that contradicts its label")
    tale.report.step(f"a label that contradicts lot code {code} is a question; nothing is booked", ms(hand.at.seconds))
    tale.report.said(hand.at.sentence)
    hand.press("no")
    hand.scan(label(tale, _CODED, code))
    hand.wants("question", "ask")
    question = hand.at.sentence
    hand.press("yes")
    hand.wants("scan", "yes")
    row = reads.row("SELECT id, manufactured_on, best_before_on FROM lot WHERE number = ?", code)
    row = row or fail(f"lot {code} must be known")
    same(tuple(row)[1:], (made.isoformat(), good_until.isoformat()), "the days of the lot, read out of the code")
    tale.report.step("a label without a day: the code tells it, a person says yes", ms(hand.at.seconds))
    tale.report.said(question)
    close(tale)
    return int(row["id"])


def _own_field(tale: Tale, lot: int, number: str) -> None:
    """An administrator defines a field with a pattern; a value that does not match is refused."""
    admin, desk = tale.desk("admin"), tale.desk("supervisor")
    admin.open("/setup/own-fields/new?record_kind=lot")
    admin.act("/setup/own-fields/new", code="coc_number", name_en="Certificate of conformity", pattern="COC-[0-9]{6}")
    desk.open(f"/lots/{lot}/fields")
    sentence = desk.refused(f"/lots/{lot}/fields", **{"f.coc_number": "COC-12"})
    desk.open(f"/lots/{lot}/fields")
    desk.act(f"/lots/{lot}/fields", **{"f.coc_number": "COC-260117"})
    desk.open("/stock?f.coc_number=COC-2601")
    found = {a.text for a in desk.at.page.all("a") if f"/lots/{lot}" in a.get("href")}
    must(number in found, f"the filter of the stock page must find lot {number}: {found}")
    tale.report.step(
        f"an own field of lots with a pattern; lot {number} has it, and the stock page filters by it",
        ms(desk.at.seconds),
    )
    tale.report.said(sentence)


def _certificate(tale: Tale, lot: int, number: str) -> None:
    """A certificate hangs on the lot; a page named .pdf is judged by what it is."""
    desk = tale.desk("quality")
    page = f"/lots/{lot}"
    attach(tale, page, f"/attachments/lot/{lot}", f"COA {number}.pdf", _PDF, until=tale.today + timedelta(days=365))
    seconds = desk.at.seconds
    file = tale.reads.row("SELECT id, sha256 FROM stored_file WHERE subject_kind = 'lot' AND subject_id = ?", lot)
    must(file, "the certificate must be kept")
    desk.open(page)
    false = ("file", "COA again.pdf", b"<!doctype html><script>alert(1)</script>")
    sentence = desk.refused(f"/attachments/lot/{lot}", false, kind="certificate")
    assert file is not None
    desk.open(f"/attachments/{file['id']}")
    must(
        file["sha256"] in desk.at.page.text and _is_verified(desk.at.page),
        "verify must say that the bytes are the same",
    )
    tale.report.step(f"COA hung on lot {number}, verified: SHA-256 {file['sha256'][:12]}…", ms(seconds))
    tale.report.step("refused: a web page named COA again.pdf", ms(desk.at.seconds))
    tale.report.said(sentence)


def attach(tale: Tale, page: str, action: str, name: str, content: bytes, *, until: date | None = None) -> None:
    """Attach a certificate by the form of a page, as quality."""
    desk = tale.desk("quality")
    desk.open(page)
    more = {"expires_on": until.isoformat()} if until else {}
    desk.act(action, ("file", name, content), kind="certificate", **more)


def _is_verified(page: Element) -> bool:
    return any("success" in e.get("class") for e in page.all("div", class_="alert"))
