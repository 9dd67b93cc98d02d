"""The chapters in order, and the end of the tour, good or bad: every process is stopped, whatever happened."""

from __future__ import annotations

import signal
import traceback
from collections.abc import Callable
from typing import Any, Final

from wms.tour.chapters import (
    afterwards,
    arrive,
    begin,
    case,
    door,
    erp,
    evidence,
    faults,
    floor,
    hold,
    inspect,
    jobs,
    make,
    numbers,
    operations,
    order,
    own_site,
    pallets,
    pick,
    pieces,
    printer,
    recall,
    receive,
    sheets,
    staff,
)
from wms.tour.processes import Stage
from wms.tour.report import Report, Wrong
from wms.tour.tale import Tale

CHAPTERS: Final[tuple[tuple[str, Callable[[Tale], None]], ...]] = (
    ("A fresh database, the demo warehouse, every process", begin.play),
    ("A truck at the door: its pallet walks in", arrive.play),
    ("Receive by scan", receive.play),
    ("Quality releases, the goods are put away", receive.put_away),
    ("An order is allocated: first expired, first out", order.play),
    ("The picker walks the list", pick.play),
    ("Quality stops the lot in the middle of the pick", hold.play),
    ("The held pallet walks out of the dock door", door.play_alarm),
    ("The hold is lifted by a second person", hold.lift),
    ("An override and a short pick, both kept", pick.override_and_short),
    ("Loaded through the door, shipped", door.ship),
    ("The gateway dies, the server is away, a reader drops", faults.play),
    ("Lot numbers by rule, a supplier's own code, a certificate", numbers.play),
    ("A nested pallet, a refusal, a mistake taken back, a stray pallet", pallets.play),
    ("On the floor: a problem, a typed lot, a wrong label", floor.play),
    ("An inspection: one tranche accepted, the rest rejected", inspect.play),
    ("Released on a checklist, signed; and edited afterwards", inspect.release),
    ("Destroyed before a witness", inspect.destroy),
    ("A hold by query, and a retest", case.play),
    ("Devices by serial: in, picked, shipped", pieces.play),
    ("A work order: lots bound, issued by scan, reported, traced", make.play),
    ("A complaint, a recall, every piece accounted for", recall.play),
    ("A messy spreadsheet, and a hostile one", sheets.play),
    ("A printer without paper; found by pinyin", printer.play),
    ("An ERP works by the API", erp.play),
    ("A newcomer, a handheld; a lost handheld, a leaver", staff.play),
    ("Scheduled jobs and alerts", jobs.play),
    ("Labels, languages", afterwards.labels_and_languages),
    ("A full disk, a backup, the figures", operations.play),
    ("Records sealed, a forgery named; an inspector looks around", evidence.play),
    ("The books", afterwards.audit),
    ("A site of your own", own_site.play),
    ("Everything stops, the demo is thrown away", afterwards.stop),
)


def play(make_app: Any, *, is_kept: bool = False) -> int:
    """Play all chapters; 0 when all was right, 1 with a line that says what was not, 130 on Ctrl-C."""
    report = Report()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _leave)
    stage = Stage()
    tale = Tale(stage=stage, report=report, make_app=make_app)
    code = 0
    try:
        for title, chapter in CHAPTERS:
            report.begin(title)
            chapter(tale)
        report.end(f"\nThe tour is whole: {report.steps} steps in {report.clock.seconds:.0f} s, all as they must be.")
    except Wrong as wrong:
        code = 1
        report.end(f"\nWRONG in chapter {report.chapter}, after “{report.standing}”: {wrong}")
    except KeyboardInterrupt:
        code = 130
        report.end("\nThe tour was broken off.")
    except Exception as wrong:  # whatever it is, the tour ends with a line and stops its processes
        code = 1
        report.end(f"\nWRONG in chapter {report.chapter}, after “{report.standing}”: {type(wrong).__name__}: {wrong}")
        report.end(traceback.format_exc(limit=-4))
    finally:
        if code == 1:
            _show_logs(stage, report)
        stage.close(is_kept=is_kept)
        if tale.own is not None:
            tale.own.close(is_kept=is_kept)
        if is_kept:
            report.end(f"The folder is kept: {stage.folder}")
    return code


def _leave(*_: object) -> None:
    raise KeyboardInterrupt


def _show_logs(stage: Stage, report: Report) -> None:
    """Show where each process stood when it went wrong."""
    for role in ("web", "rfid-gateway", "emulator", "jobs", "jobs#2"):
        if said := stage.tail(role, 12).strip():
            report.end(f"\n-- the last lines of {role}\n{said}")
