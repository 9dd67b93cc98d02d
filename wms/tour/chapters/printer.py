"""A label goes to a printer on a real port that has no paper, and comes out when there is; an item is found by pinyin."""

from __future__ import annotations

from wms.printing import emulator
from wms.tour.report import Clock, fail, ms, must, same, wait_for
from wms.tour.tale import Tale


def play(tale: Tale) -> None:
    """The tour stands in for the printer alone: what is sent to it is what a Zebra would get."""
    with emulator.listening() as printer:
        printer.is_paper_out = True
        _move_to(tale, printer.port)
        _print(tale, printer)
    _search(tale)


def _move_to(tale: Tale, port: int) -> None:
    admin = tale.desk("admin")
    row = tale.reads.row("SELECT id FROM printer WHERE code = 'LABEL-1'") or fail("the demo must have a printer")
    admin.open(f"/setup/printers/{row['id']}")
    admin.act(f"/setup/printers/{row['id']}", host="127.0.0.1", port=str(port))


def _state(tale: Tale, job: int) -> tuple[str, str]:
    row = tale.reads.row("SELECT state, fault FROM print_job WHERE id = ?", job)
    return (row["state"], row["fault"] or "") if row else ("", "")


def _print(tale: Tale, printer: emulator.EmulatedPrinter) -> None:
    """The queue keeps the label and says why; with paper it comes out, and the printer's own answer says so."""
    desk, reads = tale.desk("supervisor"), tale.reads
    lot = reads.row("SELECT id, number FROM lot WHERE captured_by = 'scan' ORDER BY id DESC LIMIT 1")
    assert lot is not None
    desk.open(f"/labels/print?lot={lot['id']}")
    printer_id = str(reads.value("SELECT id FROM printer WHERE code = 'LABEL-1'"))
    desk.act("/labels/print", printer_id=printer_id, copies="1")
    job = reads.value("SELECT max(id) FROM print_job")
    clock = Clock()
    wait_for(lambda: "paper" in _state(tale, job)[1], "the queue to say that the printer has no paper", seconds=120)
    same((_state(tale, job)[0], printer.received), ("queued", []), "the job of a printer without paper")
    desk.open("/print-jobs")
    said = next(
        (" · ".join(c.text for c in r.all("td")[:5]) for r in desk.at.page.all("tr") if lot["number"] in r.text), ""
    )
    tale.report.step(
        f"a label of lot {lot['number']} waits: the printer on port {printer.port} is out of paper", str(clock)
    )
    tale.report.said(said)
    printer.is_paper_out = False
    clock = Clock()
    wait_for(lambda: _state(tale, job)[0] == "printed", "the label to come out", seconds=120)
    same(len(printer.received), 1, "labels that the printer took")
    must(lot["number"].encode() in printer.received[0], "the label must carry the lot")
    tale.report.step("paper is in: the label comes out, once, and the printer says so", f"{clock} later")


def _search(tale: Tale) -> None:
    """婴儿配方奶粉 by the first letters of its pinyin, and by its first two signs spelled out."""
    desk = tale.desk("supervisor")
    for typed in ("yepfnf", "yinger"):
        desk.open(f"/search?q={typed}")
        must(tale.goods.sku in desk.at.page.text, f"{typed} must find {tale.goods.sku}: {desk.at.page.text[:300]}")
    tale.report.step(f"{tale.goods.sku} 婴儿配方奶粉 is found by yepfnf and by yinger", ms(desk.at.seconds))
