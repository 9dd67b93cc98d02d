"""What operations see: ready or not, a full disk that empties again, a backup beside people at work, figures."""

from __future__ import annotations

import re
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from typing import Any

import requests

from wms.tour.machine import Reply, figures, total
from wms.tour.report import Clock, fail, ms, must, same, wait_for
from wms.tour.tale import CUSTOMER, Tale

_ROOM = 64 * 1024


def play(tale: Tale) -> None:
    """Figures are read before and after."""
    before = figures(tale.stage.url)
    _readiness(tale)
    _full_disk(tale)
    _backup(tale)
    _figures(tale, before)


def _readiness(tale: Tale) -> None:
    """A database of another version under a running server: alive, but not ready."""
    same(_status(tale, "/readyz"), 200, "/readyz")
    current = tale.reads.value("SELECT version_num FROM alembic_version")
    with closing(sqlite3.connect(tale.stage.database, timeout=60, isolation_level=None)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '0000_older'")
        try:
            said = requests.get(f"{tale.stage.url}/readyz", timeout=60)
            alive = _status(tale, "/healthz")
        finally:
            connection.execute("UPDATE alembic_version SET version_num = ?", (current,))
    same((said.status_code, alive), (503, 200), "/readyz and /healthz over a database at another migration")
    same(_status(tale, "/readyz"), 200, "/readyz afterwards")
    tale.report.step(
        f"/readyz 200; 503 ({said.json()['why']}) while the database stands at another migration; /healthz 200",
        ms(said.elapsed.total_seconds()),
    )


def _status(tale: Tale, path: str) -> int:
    return requests.get(tale.stage.url + path, timeout=60).status_code


# -- a full disk ------------------------------------------------------------------------------------------------------
@contextmanager
def _no_room(pid: int) -> Iterator[None]:
    """Let no file of a process grow, as on a full disk: its database and write-ahead log are larger than the bound."""
    import resource

    if not hasattr(resource, "prlimit"):
        yield
        return
    former = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (_ROOM, former[1]))
    try:
        yield
    finally:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, former)


def _full_disk(tale: Tale) -> None:
    """Orders come in until there is no room; the one that was refused comes again with its key, and is there once."""
    machine, goods = tale.machine, tale.goods
    order: dict[str, Any] = {
        "customer_code": CUSTOMER, "ship_on": (tale.today + timedelta(days=1)).isoformat(),
        "lines": [{"sku": goods.sku, "quantity": "1"}],
    }  # fmt: skip
    taken = 0
    with _no_room(tale.stage.running["web"].pid):
        for number in range(200):
            sent = order | {"number": f"SO-TOUR-FULL-{number}"}
            reply = machine.ask("POST", "/orders", sent, key=sent["number"])
            if reply.status >= 400:
                break
            taken += 1
        else:
            tale.report.step("no disk can be made full on this system: that step is left out")
            return
        same((reply.status, reply.code), (503, "unavailable"), f"what is written on a full disk: {reply.body}")
        must(reply.headers.get("Retry-After"), "the answer must say when to come back")
        same(machine.do("GET", "/orders", q="SO-TOUR-ERP").body["items"][0]["id"], tale.erp_order, "what is only read")
        same(tale.desk("supervisor").open("/stock").status, 200, "the stock page on a full disk")
    tale.report.step("the disk is full: what is written is refused in words, reading goes on", ms(reply.seconds))
    tale.report.said(f"{reply.status} {reply.code}: {reply.sentence}")
    again = wait_for(lambda: _done(machine.ask("POST", "/orders", sent, key=sent["number"])), "room on the disk")
    known = "SELECT count(*) FROM customer_order WHERE number LIKE 'SO-TOUR-FULL-%'"
    assert again is not None
    same(tale.reads.value(known), taken + 1, "orders that came while the disk ran full")
    same(tale.reads.value("PRAGMA integrity_check"), "ok", "the database file")
    tale.report.step(
        "there is room again: the same call with the same key is done, once, and nothing was restarted",
        ms(again.seconds),
    )


def _done(reply: Reply) -> Reply | None:
    return reply if reply.status < 400 else None


# -- backup -----------------------------------------------------------------------------------------------------------
def _backup(tale: Tale) -> None:
    """Goods are carried to and fro while the backup is written; it is restored into a scratch place and audited."""
    file = tale.stage.folder / "tour.zip"
    here, there = _two_bins(tale)
    clock = Clock()
    tale.stage.start("backup", str(file))
    process = tale.stage.running["backup"]
    carried = 0
    while process.poll() is None or carried < 2:
        _carry(tale, *((here, there) if carried % 2 == 0 else (there, here)))
        carried += 1
        time.sleep(0.05)
    if carried % 2:
        _carry(tale, there, here)
        carried += 1
    del tale.stage.running["backup"]
    same(process.wait(), 0, f"the exit code of run.py backup:\n{tale.stage.tail('backup')}")
    said = re.search(r": ([0-9.]+ MB), .*?(\d+) rows", tale.stage.tail("backup"))
    must(said, tale.stage.tail("backup"))
    must(file.stat().st_mode & 0o077 == 0, "a backup must be readable by its owner alone")
    assert said
    tale.report.step(
        f"run.py backup: {int(said[2]):,} rows in {said[1]}, while goods were carried {carried} times", clock
    )
    clock = Clock()
    proof = tale.stage.run("backup", "--verify", str(file))
    must("the ledger is whole" in proof, proof)
    tale.report.step("run.py backup --verify: restored into a scratch place, ledger audit: whole", clock)


def _two_bins(tale: Tale) -> tuple[str, str]:
    """Where the later lot stands loose, and another bin of the same zone that takes it."""
    row = tale.reads.row(
        "SELECT bin.code, bin.zone_id FROM stock_balance b JOIN bin ON bin.id = b.bin_id JOIN lpn ON lpn.id = b.lpn_id"
        " WHERE b.lot_id = ? AND b.on_hand - b.allocated >= 1000000 AND b.lpn_id = 0 AND bin.kind IN ('storage', 'pick_face')",
        tale.goods.later_id,
    )
    if row is None:
        fail("the later lot must stand loose in a bin")
    other = tale.reads.value(
        "SELECT code FROM bin WHERE zone_id = ? AND code <> ? AND kind IN ('storage', 'pick_face') AND NOT is_blocked"
        " AND takes_mixed_lots ORDER BY walk_sequence LIMIT 1",
        row[1], row[0],
    )  # fmt: skip
    return row[0], other or fail("the zone must have a bin that takes several lots")


def _carry(tale: Tale, source: str, target: str) -> None:
    balance = tale.reads.value(
        "SELECT b.id FROM stock_balance b JOIN bin ON bin.id = b.bin_id WHERE b.lot_id = ? AND bin.code = ?"
        " AND b.warehouse_id = ? AND b.on_hand - b.allocated >= 1000000 AND b.lpn_id = 0",
        tale.goods.later_id, source, tale.site,
    )  # fmt: skip
    tale.machine.do("POST", f"/stock/{balance}/move", {"quantity": "1", "target_bin_code": target})


# -- figures ----------------------------------------------------------------------------------------------------------
def _figures(tale: Tale, before: dict[str, float]) -> None:
    after = figures(tale.stage.url)
    grown = {
        words: total(after, name, label) - total(before, name, label)
        for words, name, label in (
            ("requests", "wms_requests_total", ""),
            ("postings", "wms_postings_total", ""),
            ("unavailable", "wms_refusals_total", 'code="unavailable"'),
        )
    }
    must(grown["requests"] > grown["postings"] >= 2, f"figures must grow with what was done: {grown}")
    same(after.get("wms_database_up"), 1.0, "wms_database_up")
    same(total(after, "wms_refusals_total", 'code="fault"'), 0.0, "faults")
    told = ", ".join(f"{words} +{count:g}" for words, count in grown.items())
    tale.report.step(f"/metrics since the chapter began: {told}; faults 0", f"{len(after)} figures")
    proxied = requests.get(f"{tale.stage.url}/metrics", headers={"X-Forwarded-For": "192.0.2.7"}, timeout=30)
    same(proxied.status_code, 401, "/metrics through a proxy without a key")
    tale.report.step("refused: /metrics through a proxy and without a key", ms(proxied.elapsed.total_seconds()))
