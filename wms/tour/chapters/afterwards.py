"""Labels decode back, three languages, the books are whole, everything stops."""

from __future__ import annotations

import io
import re
import socket

from wms.gs1 import scan
from wms.tour.people import Hand
from wms.tour.processes import ROOT
from wms.tour.report import Clock, fail, ms, must, same
from wms.tour.tale import Tale

#: Browser language -> the page's own language, its catalogue, and what "Pick" is called there: Taiwan has its own words.
LANGUAGES = {
    "zh-CN": ("zh-Hans", "zh_Hans_CN", "拣货"),
    "zh-TW": ("zh-Hant", "zh_Hant_TW", "揀貨"),
    "en": ("en", "", "Pick"),
}


def labels_and_languages(tale: Tale) -> None:
    """Read every symbol of three printed labels; open one page in three languages."""
    _labels(tale)
    _languages(tale)


def _labels(tale: Tale) -> None:
    goods, reads, desk = tale.goods, tale.reads, tale.desk("quality")
    plate = tale.plates["C"]
    lpn = reads.value("SELECT id FROM lpn WHERE code = ?", plate)
    bin_ = reads.value("SELECT id FROM bin WHERE warehouse_id = ? AND code = ?", tale.site, goods.bin)
    for what, path, wanted in (
        (f"lot {goods.travels}", f"/lots/{goods.travels_id}", goods.travels),
        (f"LPN {plate}", f"/lpns/{lpn}", plate),
        (f"bin {goods.bin}", f"/bins/{bin_}", goods.bin),
    ):
        clock = Clock()
        found = _symbols(desk.download(f"{path}/label.png"))
        must(found, f"the label of {what} must hold a symbol that can be read")
        for form, text in found:
            said = scan.read(text)
            codes = {str(c) for c in (getattr(said, n, None) for n in ("lot", "sscc", "code")) if c is not None}
            must(wanted in codes, f"{form} of {what} must say so, it says {text!r}")
        must(desk.download(f"{path}/label.svg").startswith(b"<"), f"the label of {what} must be drawn as SVG")
        tale.report.step(
            f"label of {what}: {', '.join(form for form, _ in found)} read back from the picture", str(clock)
        )


def _symbols(png: bytes) -> list[tuple[str, str]]:
    import zxingcpp
    from PIL import Image

    found = zxingcpp.read_barcodes(Image.open(io.BytesIO(png)), text_mode=zxingcpp.TextMode.Plain)
    return [(str(symbol.format), symbol.symbology_identifier + symbol.text) for symbol in found]


def _languages(tale: Tale) -> None:
    clock = Clock()
    seen = {}
    for browser, (language, catalogue, word) in LANGUAGES.items():
        hand = Hand(tale.stage.url)
        hand.session.headers["Accept-Language"] = browser
        hand.session.cookies.update(tale.picker.session.cookies)
        page = hand.open("/m/").page
        html = page.first("html")
        must(
            html and html.get("lang").startswith(language),
            f"{browser} must be answered in {language}: {html and html.get('lang')}",
        )
        if catalogue and not (ROOT / "wms/translations" / catalogue / "LC_MESSAGES/messages.po").exists():
            seen[browser] = "(no catalogue yet)"
            continue
        must(word in page.text, f"the menu in {browser} must say {word}: {page.text}")
        seen[browser] = word
    tale.report.step(
        "one page in three languages: " + ", ".join(f"{b} {w}" for b, w in seen.items()), ms(clock.seconds / 3)
    )


def audit(tale: Tale) -> None:
    """Replay every move against balances and claims, by the verb a person would use."""
    clock = Clock()
    said = tale.stage.run("ledger-audit")
    must("the ledger is whole" in said, said)
    moves = tale.reads.value("SELECT count(*) FROM stock_move")
    postings = tale.reads.value("SELECT count(*) FROM stock_posting")
    tale.report.step(f"run.py ledger-audit: {moves:,} moves in {postings:,} postings replayed, 0 faults", str(clock))
    said = tale.stage.run("jobs", "--once", "ledger_audit")
    must(re.search(r"done\b.*faults 0", said), f"the nightly job must find the same: {said}")
    faults = [f"{role}: {line}" for role, line in _faults_in_logs(tale)]
    must(not faults, "no process may log a fault:\n" + "\n".join(faults[:10]))
    tale.report.step("no process logged a fault, beside the outage of the full disk")


def _faults_in_logs(tale: Tale) -> list[tuple[str, str]]:
    found = []
    for role in ("web", "jobs", "jobs#2", "rfid-gateway", "emulator"):
        for line in tale.stage.tail(role, 10_000).splitlines():
            is_outage = " failed, unavailable: " in line  # the full disk of the story
            if re.search(r"\bTraceback\b|\bERROR\b|\bCRITICAL\b", line) and not is_outage:
                found.append((role, line))
    return found


def stop(tale: Tale) -> None:
    """Ask every process to end: each does, with code 0, and leaves no port open; then throw the demo away."""
    clock = Clock()
    ports = [tale.stage.port, *(r["port"] for r in tale.dock.readers().values())]
    roles = list(tale.stage.running)
    codes = tale.stage.stop(*roles)
    bad = {role: code for role, code in codes.items() if code != 0}
    if bad:
        fail(f"every process must end with code 0 when asked: {bad}")
    for port in ports:
        with socket.socket() as caller:
            must(caller.connect_ex(("127.0.0.1", port)) != 0, f"port {port} must be closed")
    same(tale.stage.running, {}, "what still runs")
    tale.reads.close()
    tale.report.step(f"{len(codes)} processes asked to end: all did, with code 0; no port is open", str(clock))
    _throw_away(tale)


def _throw_away(tale: Tale) -> None:
    clock = Clock()
    sentence = tale.stage.refused("web", code=2, without="WMS_IS_DEMO")
    tale.report.step("refused: run.py web on the demo's database, for people at work", str(clock))
    tale.report.said(sentence)
    clock = Clock()
    said = tale.stage.run("demo-drop", "--yes")
    must("The demo is gone" in said and not tale.stage.database.exists(), said)
    tale.report.step(
        f"run.py demo-drop: {said.count('gone: ')} files and folders, and nothing of it is left", str(clock)
    )
