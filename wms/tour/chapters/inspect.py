"""An inspection opens itself; one tranche is released on a signed checklist, the rest is rejected and destroyed before a witness."""

from __future__ import annotations

import re
import sqlite3
from datetime import timedelta

from wms.demo.people import PASSWORD
from wms.gs1.sscc import Sscc
from wms.tour.chapters.numbers import attach
from wms.tour.page import Element
from wms.tour.people import Desk
from wms.tour.report import fail, ms, must, same
from wms.tour.tale import Tale

_LOT = "AMX-7714"
_PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj 2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


def play(tale: Tale) -> None:
    """From the dock to two verdicts and the supplier's standing."""
    lot, plates, amount = _receive(tale)
    whole = _inspection(tale, lot)
    tranche = _tranche(tale, whole, plates[0], amount)
    _accept(tale, tranche)
    _reject(tale, whole)
    _standing(tale, whole["supplier_id"])


def release(tale: Tale) -> None:
    """What the inspection accepted is released by another person; then a field that was signed for is edited."""
    lot = _lot(tale)
    plate = tale.plates["tranche"]
    _sign_release(tale, lot, plate)
    _edit_after_signing(tale, lot)


def destroy(tale: Tale) -> None:
    """What it rejected is destroyed: ordered, approved by two, carried out, seen by a witness."""
    lot, rest = _lot(tale), tale.plates["rest"]
    _reject_goods(tale, lot, rest)
    _destroy(tale, lot)


def _lot(tale: Tale) -> int:
    return int(tale.reads.value("SELECT id FROM lot WHERE number = ?", _LOT))


# -- the inspection -----------------------------------------------------------------------------------------------------
def _receive(tale: Tale) -> tuple[int, list[str], int]:
    """A drug with a plan comes on two pallets; its supplier is sampled tightened since two lots failed."""
    hand, reads, desk = tale.receiver, tale.reads, tale.desk("supervisor")
    row = reads.row(
        "SELECT p.item_id, s.supplier_id, i.sku, u.factor / 1000000 AS case_of FROM inspection_plan p"
        " JOIN sampling_state s ON s.item_id = p.item_id AND s.severity = 'tightened' JOIN item i ON i.id = p.item_id"
        " JOIN pack_unit u ON u.item_id = i.id AND u.code = 'case' WHERE p.stage = 'receipt' LIMIT 1"
    ) or fail("the demo must have a supplier under tightened sampling")
    plates = [Sscc.make(tale.goods.prefix, 4, 771_000 + n).value for n in range(2)]
    amount = row["case_of"] * 3
    ends = (tale.today + timedelta(days=500)).isoformat()
    desk.open("/receiving/asns/new")
    number = f"ASN-TOUR-{tale.today:%y%m%d}-Q"
    desk.act(
        "/receiving/asns", supplier=str(row["supplier_id"]), number=number, expected_on=tale.today.isoformat(),
        sku=[row["sku"]] * 2, quantity=[str(amount)] * 2, lot=[_LOT] * 2, expires_on=[ends] * 2, sscc=plates,
    )  # fmt: skip
    hand.open("/m/receive")
    hand.scan(number)
    for plate in plates:
        hand.scan(plate)
        hand.wants("scan", "yes")
    hand.press("finish")
    hand.press("close")
    tale.plates |= {"tranche": plates[0], "rest": plates[1]}
    return _lot(tale), plates, amount


def _inspection(tale: Tale, lot: int) -> sqlite3.Row:
    row = tale.reads.row("SELECT * FROM inspection WHERE lot_id = ?", lot) or fail(
        "an inspection must have opened by itself"
    )
    same((row["severity"], row["state"]), ("tightened", "open"), "the inspection of what came")
    desk = tale.desk("quality")
    desk.open(f"/inspections/{row['id']}")
    steps = [e.text for ol in desk.at.page.all("ol", class_="steps") for e in ol.all("li")]
    must(steps, "the page must explain how the sample came about")
    tale.report.step(
        f"inspection {row['number']} opened by itself: lot {_LOT}, tightened, {row['sample_size']} units",
        ms(desk.at.seconds),
    )
    for step in steps[:3]:
        tale.report.said(step)
    return row


def _tranche(tale: Tale, whole: sqlite3.Row, plate: str, amount: int) -> int:
    desk = tale.desk("quality")
    desk.open(f"/inspections/{whole['id']}")
    desk.act(f"/inspections/{whole['id']}/tranches", quantity=str(amount), lpn_code=plate)
    seconds = desk.at.seconds
    row = tale.reads.row("SELECT id, sample_size FROM inspection WHERE parent_id = ?", whole["id"])
    row = row or fail("the tranche must be an inspection lot of its own")
    left = tale.reads.value("SELECT quantity FROM inspection WHERE id = ?", whole["id"]) // 1_000_000
    same(left, amount, "what is left of the inspection lot")
    tale.report.step(
        f"one pallet is taken out as a tranche: {amount} with a sample of its own, {row['sample_size']} units",
        ms(seconds),
    )
    return int(row["id"])


def _accept(tale: Tale, inspection: int) -> None:
    """The first unit and its paper are looked at, the others look good."""
    desk = tale.desk("quality")
    desk.open(f"/inspections/{inspection}")
    desk.act(f"/inspections/{inspection}/start")
    _enter(tale, inspection, 1)
    desk.open(f"/inspections/{inspection}")
    desk.act("/conform-rest")
    desk.act("/close", verdict="accepted", note="all of it good")
    row = tale.reads.row("SELECT state, verdict, suggested FROM inspection WHERE id = ?", inspection)
    same(tuple(row or ()), ("done", "accepted", "accepted"), "the tranche's verdict")
    tale.report.step("the tranche is accepted, as its numbers say", ms(desk.at.seconds))


def _enter(tale: Tale, inspection: int, unit: int, **bad: str) -> None:
    """Fill in the screen of one unit: good, beside what `bad` says."""
    desk = tale.desk("quality")
    path = f"/inspections/{inspection}/units/{unit}"
    desk.open(path)
    form = desk.form(path)
    good = {name: "pass" for name in form.names if name.startswith("v")}
    desk.act(path, **(good | bad))


def _reject(tale: Tale, whole: sqlite3.Row) -> None:
    """More bad units than may be reject the rest at once; against that nobody accepts without a note."""
    desk, reads, inspection = tale.desk("quality"), tale.reads, int(whole["id"])
    desk.open(f"/inspections/{inspection}")
    desk.act(f"/inspections/{inspection}/start")
    found = 0
    while "accept" in _numbers_say(tale, inspection) or "not" in _numbers_say(tale, inspection):
        found += 1
        must(found < 12, "so many bad units must reject the lot")
        _enter(tale, inspection, found, v1="fail", n1="corners crushed")
    desk.open(f"/inspections/{inspection}")
    sentence = desk.refused("/close", verdict="accepted")
    desk.open(f"/inspections/{inspection}")
    desk.act("/close", verdict="rejected", note="corners crushed")
    row = reads.row("SELECT state, verdict FROM inspection WHERE id = ?", inspection)
    same(tuple(row or ()), ("done", "rejected"), "the verdict on the rest")
    tale.report.step(f"{found} bad units reject the rest; to accept it without a word is refused", ms(desk.at.seconds))
    tale.report.said(sentence)


def _numbers_say(tale: Tale, inspection: int) -> str:
    desk = tale.desk("quality")
    desk.open(f"/inspections/{inspection}")
    return next((e.text.lower() for e in desk.at.page.all("div", class_="alert") if "numbers say" in e.text), "")


def _standing(tale: Tale, supplier: int) -> None:
    desk = tale.desk("quality")
    desk.open(f"/inspections/suppliers/{supplier}")
    text = desk.at.page.text
    must("Rating" in text and "first go" in text, f"the supplier's page must show how the rating is made: {text[:300]}")
    table = next(t for t in desk.at.page.all("table") if "Reckoning" in t.text)
    rows = [[cell.text for cell in row.children if isinstance(cell, Element)] for row in table.all("tr")]
    parts = [row[1:] for row in rows if len(row) == 3 and re.fullmatch(r"-?[0-9.]+", row[2])]
    *summands, rating = [float(points) for _, points in parts]
    must(abs(max(sum(summands), 0) - rating) < 0.06, f"the rating must be the sum of what stands above it: {parts}")
    tale.report.step(
        f"the supplier's standing: {rating:g} of 100, made again by hand from its page", ms(desk.at.seconds)
    )
    tale.report.said("; ".join(f"{how} = {points}" for how, points in parts[:-1]))


# -- the decisions ------------------------------------------------------------------------------------------------------
def _sign_release(tale: Tale, lot: int, plate: str) -> None:
    """Refused while the certificate is missing; then signed, by another person than the inspector."""
    desk, reads = tale.desk("quality2"), tale.reads
    lpn = reads.value("SELECT id FROM lpn WHERE code = ?", plate)
    path = f"/quality/pending/{lot}"
    values = {"to": "released", "reason": "inspection and certificate agree", "password": PASSWORD}
    desk.open(f"{path}?lpn={lpn}")
    if "is_label_checked" in desk.form(path).names:
        values["is_label_checked"] = "on"
    before = reads.ledger()
    sentence = desk.refused(path, **values)
    must("ertificate" in sentence, f"the refusal must name the missing certificate: {sentence}")
    tale.is_unchanged(before, "a release without its certificate")
    tale.report.step("refused: to release the tranche without a certificate of analysis", ms(desk.at.seconds))
    tale.report.said(sentence)
    attach(
        tale, f"/lots/{lot}", f"/attachments/lot/{lot}", f"COA {_LOT}.pdf", _PDF, until=tale.today + timedelta(days=365)
    )
    desk.open(f"{path}?lpn={lpn}")
    desk.act(path, **values)
    states = {row[2] for row in reads.stock(lot) if row[1] == plate}
    same(states, {"released"}, "the quality of the tranche")
    same({row[2] for row in reads.stock(lot) if row[1] != plate}, {"pending"}, "the quality of the rest")
    row = reads.row("SELECT full_name, meaning, sha256 FROM signature ORDER BY id DESC LIMIT 1")
    assert row is not None
    same(row["meaning"], "released", "what was signed")
    tale.report.step(
        f"released on its checklist, signed by {row['full_name']} over SHA-256 {row['sha256'][:12]}…",
        ms(desk.at.seconds),
    )


def _edit_after_signing(tale: Tale, lot: int) -> None:
    """A signature holds for what was signed: what is edited afterwards is named beside it."""
    desk = tale.desk("supervisor")
    page = f"/quality/pending/{lot}"
    must("hanged after signing" not in tale.desk("quality").open(page).page.text, "nothing was changed yet")
    desk.open(f"/lots/{lot}/correct")
    later = (tale.today + timedelta(days=490)).isoformat()
    desk.act(f"/lots/{lot}/correct", expires_on=later, reason="the maker's letter of today")
    seen = tale.desk("quality").open(page)
    must(
        "hanged after signing" in seen.page.text, f"the signature must say that it was changed: {seen.page.text[-600:]}"
    )
    tale.report.step("the expiry is corrected afterwards: the release shows “Changed after signing”", ms(seen.seconds))


def _reject_goods(tale: Tale, lot: int, plate: str) -> None:
    desk, reads = tale.desk("quality2"), tale.reads
    lpn = reads.value("SELECT id FROM lpn WHERE code = ?", plate)
    desk.open(f"/quality/pending/{lot}?lpn={lpn}")
    desk.act(f"/quality/pending/{lot}", to="rejected", reason="corners crushed", password=PASSWORD)
    same({row[2] for row in reads.stock(lot) if row[1] == plate}, {"rejected"}, "the quality of the rest")


def _refused(desk: Desk, path: str, **values: str) -> str:
    """Send what the page offers this person no more; the sentence of the refusal."""
    answer = desk.post(path, password=PASSWORD, **values)
    must(answer.status in (403, 409), f"{path} by {desk.name} must be refused, it was answered {answer.status}")
    return desk.said


def _destroy(tale: Tale, lot: int) -> None:
    reads, desk = tale.reads, tale.desk("quality")
    desk.open(f"/destructions/new?lot={lot}")
    before = reads.on_hand(lot)
    desk.act("/destructions", reason="cannot be sold, not taken back")
    paper = desk.at.url.rstrip("/").rsplit("/", 1)[1]
    path = f"/destructions/{paper}"
    desk.open(path)
    own = _refused(desk, f"{path}/approve", reason="mine")
    for login in ("quality2", "supervisor"):
        tale.desk(login).open(path)
        tale.desk(login).act(f"{path}/approve", reason="seen", password=PASSWORD)
    same(reads.value("SELECT state FROM destruction WHERE id = ?", paper), "approved", "the order after two approvals")
    tale.report.step(
        "a destruction is ordered and approved by two others; by the one who ordered it, not", ms(desk.at.seconds)
    )
    tale.report.said(own)
    hands = tale.desk("receiver")
    hands.open(path)
    hands.act(f"{path}/carry-out", method="Incinerated", place="Longgang plant", password=PASSWORD)
    hands.open(path)
    same_person = _refused(hands, f"{path}/witness", reason="saw it")
    must(reads.on_hand(lot) == before, "before the witness nothing leaves the books")
    witness = tale.desk("quality2")
    witness.open(path)
    witness.act(f"{path}/witness", reason="saw all of it burn", password=PASSWORD)
    gone = before - reads.on_hand(lot)
    must(
        gone > 0 and reads.value("SELECT state FROM destruction WHERE id = ?", paper) == "done",
        "the goods must have left",
    )
    record = witness.download(f"{path}/record.pdf")
    must(record.startswith(b"%PDF"), "the record must be a PDF")
    tale.report.step(
        f"carried out, then signed by a witness: {gone:g} left the books; the record is a PDF of {len(record) // 1000} kB",
        ms(witness.at.seconds),
    )
    tale.report.said(same_person)
