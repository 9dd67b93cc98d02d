"""Two job processes ran since the start: each tick once, what expired is held, alerts stand on their page."""

from __future__ import annotations

import json

from wms.tour.page import forms
from wms.tour.report import ms, must, same, wait_for
from wms.tour.tale import Tale


def play(tale: Tale) -> None:
    """Look at the runs, at what they did, and at the alerts page."""
    reads, report = tale.reads, tale.report
    wait_for(
        lambda: not reads.value("SELECT count(*) FROM job_run WHERE state = 'running'"), "every run to end", seconds=180
    )
    runs = reads.rows("SELECT job, due_at, runner, state, error, result FROM job_run ORDER BY started_at")
    bad = [f"{r['job']}: {r['error']}" for r in runs if r["state"] != "done"]
    must(not bad, f"every run must be done: {bad}")
    same(len({(r["job"], r["due_at"]) for r in runs}), len(runs), "ticks and runs")
    names = {r["job"] for r in runs}
    must(
        {"expiry_warnings", "hold_expired", "quarantine_old", "ledger_audit"} <= names,
        f"jobs that ran: {sorted(names)}",
    )
    shared = [sum(1 for r in runs if r["runner"] == runner) for runner in sorted({r["runner"] for r in runs})]
    report.step(
        f"two job processes since the start: {len(runs)} ticks due, {len(runs)} runs ({' + '.join(map(str, shared))}), none twice"
    )
    _what_expired(tale, next(json.loads(r["result"]) for r in runs if r["job"] == "hold_expired"))
    _alerts(tale)


def _what_expired(tale: Tale, result: dict[str, int]) -> None:
    """Every lot past its last good day is held, once, by the day of its own warehouse."""
    reads = tale.reads
    free = reads.value(
        "SELECT count(*) FROM stock_balance b JOIN warehouse w ON w.id = b.warehouse_id WHERE b.on_hand > 0"
        " AND b.hold_set_id = 0 AND b.fefo_on < ?"
        " AND NOT EXISTS (SELECT 1 FROM hold WHERE hold.lot_id = b.lot_id AND hold.lifted_at IS NOT NULL)",
        tale.today.isoformat(),
    )
    same(free, 0, "places with expired goods that are not held")
    twice = reads.value(
        "SELECT count(*) FROM (SELECT lot_id, warehouse_id FROM hold WHERE reason = 'expired' GROUP BY 1, 2 HAVING count(*) > 1)"
    )
    same(twice, 0, "expired lots held twice")
    must(result.get("held"), f"the demo must leave some expired lots to the job: {result}")
    tale.report.step("what expired is held, by the warehouse's own day, with an alert each", f"{result['held']} lots")


def _alerts(tale: Tale) -> None:
    reads = tale.reads
    counts = {
        row[0]: row[1]
        for row in reads.rows(
            "SELECT kind, count(*) FROM alert WHERE state = 'open' AND (warehouse_id = ? OR warehouse_id IS NULL) GROUP BY 1",
            tale.site,
        )
    }
    must({"expiry_near", "expired_held", "quarantine_old"} <= set(counts), f"open alerts: {counts}")
    doubled = reads.value(
        "SELECT count(*) FROM (SELECT subject_key FROM alert WHERE state <> 'resolved' GROUP BY 1 HAVING count(*) > 1)"
    )
    same(doubled, 0, "facts with two alerts")
    desk = tale.desk("quality")
    desk.open("/alerts?kind=expiry_near")
    seconds = desk.at.seconds
    row = reads.row(
        "SELECT id, data FROM alert WHERE state = 'open' AND kind = 'expiry_near' AND warehouse_id = ? ORDER BY raised_at DESC, id DESC",
        tale.site,
    )
    assert row is not None
    actions = [f.action for f in forms(desk.at.page) if f.action.endswith("/acknowledge")]
    must(actions, "the alerts page must offer to acknowledge")
    alert = int(actions[0].rstrip("/").split("/")[-2])
    lot = json.loads(reads.value("SELECT data FROM alert WHERE id = ?", alert))["lot"]
    must(lot in desk.at.page.text, f"the alerts page must name lot {lot}")
    desk.act(actions[0])
    same(reads.value("SELECT state FROM alert WHERE id = ?", alert), "acknowledged", "the alert")
    bell = desk.at.page.first("a", class_="bell")
    must(bell and bell.first("b"), "the header must show the number of open alerts")
    words = ", ".join(f"{kind} {count}" for kind, count in sorted(counts.items()))
    tale.report.step(f"the alerts page shows them; one is acknowledged. Open: {words}", ms(seconds))
