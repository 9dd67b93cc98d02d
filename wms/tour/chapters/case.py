"""A hold by query with its preview stops a pick; a second person lifts it with a signature; a retest carries a lot on."""

from __future__ import annotations

from datetime import date, timedelta

from wms.demo.people import PASSWORD
from wms.gs1.codes import LotNumber, Sku
from wms.gs1.scan import write_own_lot
from wms.tour.chapters.order import promise_and_release
from wms.tour.chapters.pick import begin_list, shown_bin
from wms.tour.report import fail, ms, must, same
from wms.tour.tale import Tale

_SUPPLIER, _LOT = "TAIHU", "28-8801"


def play(tale: Tale) -> None:
    """What the chapter on pallets took in is put away, ordered, held, freed."""
    sku = _put_away(tale)
    before = _order(tale, sku)
    case = _hold(tale)
    _lift(tale, case, before)
    _retest(tale)


def _lot_row(tale: Tale) -> tuple[int, str]:
    row = tale.reads.row("SELECT lot.id, i.sku FROM lot JOIN item i ON i.id = lot.item_id WHERE lot.number = ?", _LOT)
    return (row[0], row[1]) if row else fail(f"lot {_LOT} must have come in")


def _put_away(tale: Tale) -> str:
    lot, sku = _lot_row(tale)
    hand = tale.receiver
    hand.open("/m/putaway")
    hand.scan(write_own_lot(Sku(sku), LotNumber(_LOT), None))
    hand.wants("bin")
    where = hand.at.page.first("div", class_="where")
    hand.scan(f"B:{where.text if where else ''}")
    hand.wants("choose", "yes")
    must(tale.reads.on_hand(lot, kind="dock") == 0, "nothing of the lot may be left at the dock")
    return sku


def _order(tale: Tale, sku: str) -> list[tuple[str, str, str, str, int]]:
    """An order that names the lot, on its way to the picker."""
    desk = tale.desk("supervisor")
    desk.open("/orders/new")
    number = "SO-TOUR-E"
    desk.act(
        "/orders/new", customer=str(tale.customer), ship_on=tale.today.isoformat(), number=number,
        sku=[sku], quantity=["1"], lot=[_LOT],
    )  # fmt: skip
    tale.orders["E"] = (int(desk.at.url.rstrip("/").rsplit("/", 1)[1]), number)
    promise_and_release(tale, "E")
    hand = begin_list(tale, "E")
    hand.scan(f"B:{shown_bin(hand)}")
    hand.wants("goods")
    return tale.reads.stock(_lot_row(tale)[0])


def _hold(tale: Tale) -> int:
    """Supplier and days: shown first with orders, customers, value; placed in one posting; the picker is stopped."""
    reads, desk = tale.reads, tale.desk("quality")
    lot, sku = _lot_row(tale)
    today = tale.today.isoformat()
    desk.open("/quality/cases/new")
    desk.act("/quality/cases/new", scope="query", supplier_code=_SUPPLIER, received_from=today, received_until=today)
    seen = next((e for e in desk.at.page.all("section") if e.get("aria-labelledby") == "seen"), None)
    must(seen and "SO-TOUR-E" in seen.text, f"the preview must name the order that stops: {desk.at.page.text[:500]}")
    assert seen is not None
    heading = seen.first("h2")
    worth = next((p.text for p in seen.all("p") if "standard cost" in p.text), "")
    stops = [li.text for li in seen.all("li")]
    same(reads.on_hand(lot, is_held=True), 0.0, "held by the preview")
    postings = reads.ledger()[0]
    tale.report.step(
        f"hold by query, first only looked at: {_SUPPLIER}, received today: {heading.text if heading else ''}",
        ms(desk.at.seconds),
    )
    tale.report.said("; ".join(stops[:3]))
    tale.report.said(worth)
    desk.act("/quality/cases", reason="foreign_body", note="glass in one jar")
    case = int(desk.at.url.rstrip("/").rsplit("/", 1)[1])
    same(reads.ledger()[0], postings + 1, "postings of the case")
    holds = reads.value("SELECT count(*) FROM hold WHERE case_id = ?", case)
    before = reads.ledger()
    tale.picker.scan(write_own_lot(Sku(sku), LotNumber(_LOT), None), quantity="1")
    sentence = tale.picker.refused("goods")
    must(_LOT in sentence, f"the picker must be told the lot: {sentence}")
    tale.is_unchanged(before, "a pick of a lot of the case")
    tale.report.step(
        f"placed: {holds} lots by one posting; the picker in the middle of a pick is stopped", ms(desk.at.seconds)
    )
    tale.report.said(sentence)
    return case


def _lift(tale: Tale, case: int, before: list[tuple[str, str, str, str, int]]) -> None:
    """Not by who placed it; by another, with password and reason, signed; the stray pallet stays held for what it is."""
    reads, path = tale.reads, f"/quality/cases/{case}"
    placer, second = tale.desk("quality"), tale.desk("quality2")
    placer.open(path)
    answer = placer.post(f"{path}/lift", which="all", reason="fine", password=PASSWORD)
    must(answer.status == 403, f"who placed the case must not lift it, but was answered {answer.status}")
    said = placer.said
    second.open(path)
    second.act(f"{path}/lift", which="all", reason="the jar was broken in the yard", password=PASSWORD)
    lot, _ = _lot_row(tale)
    same(reads.stock(lot), before, "the lot after the case was lifted, place by place")
    stray = reads.value("SELECT id FROM lot WHERE number = 'STRAY-1'")
    same({row[3] for row in reads.stock(stray)}, {"held"}, "what nobody announced, which another hold stops")
    row = reads.row("SELECT full_name, meaning FROM signature ORDER BY id DESC LIMIT 1")
    same(row["meaning"] if row else "", "lifted", "what was signed")
    tale.report.step(
        f"lifted and signed by {row['full_name'] if row else ''}; what another hold stops stays stopped",
        ms(second.at.seconds),
    )
    tale.report.said(said)


def _retest(tale: Tale) -> None:
    """A lot whose day of retest has come is held; the passed retest is signed and carries it on."""
    reads, desk = tale.reads, tale.desk("quality2")
    row = reads.row(
        "SELECT h.lot_id, lot.number, lot.retest_on FROM hold h JOIN lot ON lot.id = h.lot_id WHERE h.reason = 'retest'"
        " AND h.lifted_at IS NULL AND h.warehouse_id = ? AND lot.retest_on <= ? AND NOT EXISTS (SELECT 1 FROM inspection n"
        " WHERE n.lot_id = lot.id AND n.stage = 'retest') ORDER BY h.id LIMIT 1",
        tale.site, tale.today.isoformat(),
    ) or fail("the demo must have a lot that is held for its retest")  # fmt: skip
    later = date.fromisoformat(row["retest_on"]) + timedelta(days=365)
    path = f"/quality/retests/{row['lot_id']}"
    desk.open(path)
    desk.act(path, retest_on=later.isoformat(), reason="report 4471: within limits", password=PASSWORD)
    kept = reads.value("SELECT retest_on FROM lot WHERE id = ?", row["lot_id"])
    same(kept, later.isoformat(), "the next retest")
    held = reads.value(
        "SELECT count(*) FROM hold WHERE lot_id = ? AND reason = 'retest' AND lifted_at IS NULL", row["lot_id"]
    )
    same(held, 0, "holds for the retest")
    same(reads.value("SELECT meaning FROM signature ORDER BY id DESC LIMIT 1"), "extended", "what was signed")
    tale.report.step(
        f"retest of lot {row['number']} passed and signed: next by {later}, its hold is gone", ms(desk.at.seconds)
    )
