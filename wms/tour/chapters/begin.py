"""A fresh database, the demo, the processes."""

from __future__ import annotations

from wms.db import db
from wms.demo.everything import settle_ports
from wms.tour.dock import Dock
from wms.tour.reads import Reads
from wms.tour.report import Clock, wait_for
from wms.tour.tale import Tale


def play(tale: Tale) -> None:
    """Load the demo by its verb and start every process; the readers must be up over LLRP."""
    stage, report = tale.stage, tale.report
    clock = Clock()
    tale.printed = stage.run("seed")
    tale.reads = reads = Reads(stage.database)
    counts = {name: reads.value(f"SELECT count(*) FROM {name}") for name in ("item", "lot", "bin", "stock_move")}
    report.step(
        "schema and demo warehouse loaded: {item:,} items, {lot:,} lots, {bin:,} bins, {stock_move:,} moves".format(
            **counts
        ),
        clock,
    )
    _settle_ports(tale)
    clock = Clock()
    stage.start("web")
    stage.start("emulator")
    tale.dock = Dock(stage.wait_for_emulator())
    stage.wait_for_web()
    stage.start("rfid-gateway")
    stage.start("jobs")
    stage.start("jobs#2")
    tale.look_around()
    up = wait_for(lambda: _all_up(tale), "every reader to be up", seconds=180)
    _wait_for_jobs(tale)
    report.step(f"web, two job processes, RFID gateway, emulator: {up} readers up over LLRP", clock)


def _settle_ports(tale: Tale) -> None:
    """The demo's printers go to free ports where somebody on this machine has theirs, as under `make run`."""
    with tale.make_app(tale.config).app_context():
        settle_ports(tell=lambda _line: None)
        db.engine.dispose()


def _wait_for_jobs(tale: Tale) -> None:
    """What fell due is done: from here on nobody posts but the people of the story."""
    wait_for(
        lambda: tale.reads.value("SELECT count(*) FROM job_run WHERE job = 'hold_expired' AND state = 'done'"),
        "the job that holds what expired",
        seconds=180,
    )


def _all_up(tale: Tale) -> int:
    tale.stage.check()
    row = tale.reads.row("SELECT sum(state = 'up'), count(*) FROM reader WHERE is_active")
    return int(row[0]) if row and row[0] == row[1] else 0
