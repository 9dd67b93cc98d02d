"""Records are sealed and verified; a copy with one changed figure is found out, record by record; an inspector looks around."""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from pathlib import Path

from wms.tour.report import Clock, ms, must
from wms.tour.tale import Tale


def play(tale: Tale) -> None:
    """Seal, verify, tamper with a copy, look as an inspector does."""
    clock = Clock()
    tale.stage.run("seal")
    told = tale.stage.run("verify")
    tale.report.step("every record sealed and verified: " + told.strip().splitlines()[0], clock)
    _tamper(tale)
    _inspect(tale)


def _tamper(tale: Tale) -> None:
    """Somebody with the database file makes one move of ten into a move of one."""
    clock = Clock()
    with tempfile.TemporaryDirectory() as folder:
        export = Path(folder) / "export"
        tale.stage.run("evidence-export", str(export))
        must(_check(export).returncode == 0, "the export verifies with the script that lies beside it")
        records = export / "records.txt"
        lines = records.read_text(encoding="utf-8").splitlines(keepends=True)
        at = next(n for n, line in enumerate(lines) if "\tposting\t" in line and "quantity" in line)
        lines[at] = re.sub(r'("quantity":"?)(\d)', r"\g<1>9\g<2>", lines[at], count=1)
        records.write_text("".join(lines), encoding="utf-8")
        done = _check(export)
        must(done.returncode == 1, f"the changed figure must be found: {done.stdout}{done.stderr}")
        said = (done.stdout + done.stderr).strip()
    tale.report.step("an export carries its own check; one changed figure is named", clock)
    tale.report.said(said.splitlines()[-1])


def _check(export: Path) -> subprocess.CompletedProcess[str]:
    """Run the script of the export as somebody without the product would."""
    return subprocess.run(
        [sys.executable, str(export / "verify_export.py"), str(export)], capture_output=True, text=True, check=False
    )


def _inspect(tale: Tale) -> None:
    desk = tale.desk("inspector")
    desk.open("/")
    must(desk.at.url.endswith("/inspector"), f"the inspector's first page is the menu: {desk.at.url}")
    pages = [e.get("href") for e in desk.at.page.all("a") if e.get("href").startswith("/")]
    seen = 0
    for path in dict.fromkeys(pages):
        if path.startswith(
            ("/inspector", "/evidence", "/stock/as-of", "/trace", "/work-orders", "/quality/recalls", "/reports")
        ):
            desk.open(path)
            must(desk.at.status == 200, f"{path} answered {desk.at.status}")
            seen += 1
    desk.open("/inspector/lots?q=MF-0711")
    must("balanced" in desk.at.page.text, "the lot's mass balance must agree")
    looks = tale.reads.value("SELECT count(*) FROM inspector_look")
    must(looks >= seen, "every look must be kept")
    tale.report.step(
        f"an inspector opens {seen} pages from one menu and changes nothing; {looks} looks are kept",
        ms(desk.at.seconds),
    )
