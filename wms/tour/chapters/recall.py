"""A complaint leads to a recall: stopped, frozen, held in one posting, told, taken back by scan, accounted for to the last piece."""

from __future__ import annotations

from sqlite3 import Row

from wms.demo.people import PASSWORD
from wms.gs1.codes import LotNumber, Sku
from wms.gs1.scan import write_own_lot
from wms.tour.reads import plain
from wms.tour.report import Clock, fail, ms, must, same, wait_for
from wms.tour.tale import Tale

_FLOUR, _TOAST = "MF-0711", "BK-TOAST"


def play(tale: Tale) -> None:
    """The bakery's complaint becomes a recall of all that the flour went into."""
    recall = _open(tale)
    _hold(tale, recall)
    _outside(tale, recall)


def _open(tale: Tale) -> int:
    """From the complaint in one step; stopping comes first."""
    desk, reads = tale.desk("quality"), tale.reads
    complaint = reads.row("SELECT id, number FROM complaint ORDER BY id LIMIT 1")
    if complaint is None:
        fail("the demo has a complaint")
    desk.open(f"/complaints/{complaint['id']}")
    way = next((e.get("href") for e in desk.at.page.all("a") if "/quality/recalls/new" in e.get("href")), "")
    must(way, "the complaint must lead to a recall")
    desk.open(way)
    desk.act(
        "/quality/recalls", class_code="food", reason="plastic in toast 吐司内有塑料", password=PASSWORD
    )  # fmt: skip
    recall = int(desk.at.url.partition("#")[0].rstrip("/").rsplit("/", 1)[1])
    number = reads.value("SELECT number FROM recall WHERE id = ?", recall)
    tale.report.step(f"complaint {complaint['number']} leads to recall {number} of the toast", ms(desk.at.seconds))
    before = reads.ledger()
    desk.act(f"/quality/recalls/{recall}/stop")
    trucks = reads.value("SELECT count(*) FROM recall_truck WHERE recall_id = ?", recall)
    must(reads.ledger()[0] == before[0], "stopping posts nothing")
    tale.report.step(f"shipping of it stops first; {trucks} trucks to call back", ms(desk.at.seconds))
    _goes_no_further(tale)
    return recall


def _goes_no_further(tale: Tale) -> None:
    """Between the stop and the hold nobody makes anything else of it either."""
    desk, reads = tale.desk("quality"), tale.reads
    stopped = reads.row(
        "SELECT b.lot_id, l.number FROM stock_balance b JOIN lot l ON l.id = b.lot_id WHERE l.stopped_for <> ''"
        " AND b.warehouse_id = ? AND b.on_hand > 0 ORDER BY b.id LIMIT 1",
        tale.site,
    )
    if stopped is None:
        fail("some of the suspect lot must stand here")
    before = reads.ledger()
    desk.open(f"/lots/{stopped['lot_id']}/split")
    places = [one.get("value") for one in desk.at.page.all("input", name="stock_id")]
    must(places, "the lot must offer a place to split")
    sentence = desk.refused(
        "/split", stock_id=places, quantity=["1", *[""] * (len(places) - 1)], reason="another label 换标签"
    )
    tale.is_unchanged(before, "a lot that a recall has stopped")
    tale.report.step(f"refused: lot {stopped['number']} split before the hold is laid", ms(desk.at.seconds))
    tale.report.said(sentence)


def _hold(tale: Tale, recall: int) -> None:
    """The toast first; then the flour is found to be the cause, and the scope grows by all that the silo went into."""
    desk, reads = tale.desk("quality"), tale.reads
    before = reads.ledger()
    for number, ask, reason in (
        (1, "", "the lot that the customer has 客户手中的批次"),
        (
            2,
            f"?start_kind=lot&start_text={_FLOUR}&start_item=BK-FLOUR&direction=forward",
            "lining of the flour bags 面粉袋内衬",
        ),
    ):
        desk.open(f"/quality/recalls/{recall}/scope{ask}")
        seconds = desk.at.seconds
        desk.act(f"/quality/recalls/{recall}/scope", reason=reason)
        lots = reads.value(
            "SELECT count(*) FROM recall_lot l JOIN recall_version v ON v.id = l.version_id WHERE v.recall_id = ?"
            " AND v.number = ?",
            recall, number,
        )  # fmt: skip
        desk.act(f"/quality/recalls/{recall}/versions/{number}/place")
        free = reads.value(
            "SELECT coalesce(sum(b.on_hand), 0) FROM stock_balance b JOIN recall_lot l ON l.lot_id = b.lot_id"
            " JOIN recall_version v ON v.id = l.version_id WHERE v.recall_id = ? AND b.hold_set_id = 0",
            recall,
        )
        same((reads.ledger()[0] - before[0], free), (number, 0), "a posting a version holds all of it, nothing is free")
        tale.report.step(
            f"scope seen, frozen as version {number} ({lots} lots), held by one posting", ms(seconds + desk.at.seconds)
        )
    second = tale.desk("quality2")
    second.open(f"/quality/recalls/{recall}")
    second.act(f"/quality/recalls/{recall}/approve", reason="scope is right 范围无误", password=PASSWORD)
    tale.report.step("a second person approves, by signature", ms(second.at.seconds))


def _outside(tale: Tale, recall: int) -> None:
    """Customers are told; one sends goods back into the cage, one says what was eaten; the figures agree."""
    desk, reads = tale.desk("quality"), tale.reads
    desk.open(f"/quality/recalls/{recall}/notices")
    desk.act(f"/quality/recalls/{recall}/notices")
    letters = reads.value("SELECT count(*) FROM recall_notice n WHERE n.recall_id = ?", recall)
    pressed, clock = desk.at.seconds, Clock()
    wait_for(
        lambda: (
            not reads.value("SELECT count(*) FROM recall_notice WHERE recall_id = ? AND letter_sha256 = ''", recall)
        ),
        "every letter to be drawn",
        seconds=180,
    )
    mails = reads.value("SELECT count(*) FROM mail_message WHERE subject_kind LIKE 'recall%'")
    tale.report.step(f"{letters} notices in the customers' languages are written at once", ms(pressed))
    tale.report.step(f"a job draws their letters; {mails} go by e-mail, waiting for the mail server", ms(clock.seconds))
    row = reads.row(
        "SELECT p.id AS party, p.partner_id, c.code, d.lot_id, sum(d.quantity) AS quantity FROM recall_party p"
        " JOIN recall_delivery d ON d.party_id = p.id JOIN partner c ON c.id = p.partner_id JOIN lot l ON l.id = d.lot_id"
        " JOIN item i ON i.id = l.item_id WHERE p.recall_id = ? AND i.sku = ? GROUP BY p.id, d.lot_id ORDER BY c.code LIMIT 1",
        recall, _TOAST,
    )  # fmt: skip
    if row is None:
        fail("a customer must have toast of it")
    shipped = int(row["quantity"]) // 1_000_000
    cage = reads.value("SELECT code FROM bin WHERE warehouse_id = ? AND kind = 'reject_cage' LIMIT 1", tale.site)
    _take_back(tale, recall, row, shipped - 40, cage)
    held = reads.value(
        "SELECT sum(b.on_hand) FROM stock_balance b JOIN bin ON bin.id = b.bin_id WHERE b.lot_id = ? AND bin.code = ?"
        " AND b.hold_set_id <> 0",
        row["lot_id"], cage,
    )  # fmt: skip
    same(held, (shipped - 40) * 1_000_000, "what came back stands in the cage on the recall's hold")
    desk.open(f"/quality/recalls/{recall}/parties/{row['party']}")
    desk.act(
        f"/quality/recalls/{recall}/confirmations",
        lot=str(row["lot_id"]),
        quantity="25",
        fate="used",
        said_by="Qian Yun",
    )
    desk.open(f"/quality/recalls/{recall}/parties/{row['party']}")
    must("15" in desk.at.page.text, "15 pieces must be outstanding")
    tale.report.step(
        f"{row['code']}: {plain(shipped)} shipped = {plain(shipped - 40)} back in the cage + 25 used + 15 outstanding",
        ms(desk.at.seconds),
    )
    paper = desk.download(f"/quality/recalls/{recall}/report.pdf")
    must(paper.startswith(b"%PDF"), "the report is a PDF")
    tale.report.step(f"progress report as PDF, {len(paper) // 1024} KB", ms(desk.at.seconds))


def _take_back(tale: Tale, recall: int, row: Row, quantity: int, cage: str) -> None:
    """The receiver scans the label of what came back, and the cage."""
    hand, reads = tale.hand("BDGRECEIVER"), tale.reads
    number = reads.value("SELECT number FROM recall WHERE id = ?", recall)
    lot = reads.value("SELECT number FROM lot WHERE id = ?", row["lot_id"])
    hand.open("/m/recall_return")
    hand.scan(number)
    hand.wants("lot")
    hand.scan(write_own_lot(Sku(_TOAST), LotNumber(lot), None))
    if hand.at.step == "party":
        hand.scan(row["code"])
    hand.wants("quantity")
    hand.scan(str(quantity))
    hand.wants("bin")
    hand.scan(f"B:{cage}")
    hand.wants("lot", "yes")
    tale.report.step(f"what {row['code']} sends back is taken in by scan, into cage {cage}", ms(hand.at.seconds))
    tale.report.said(hand.at.sentence)
