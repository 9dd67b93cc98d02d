"""How quickly a large warehouse answers, beside what the bare database gives for the same rows in the same minute.

    python scripts/bench/scale.py                 # a million stock rows on both engines; takes several minutes and 12 GB
    QUICK=1 python scripts/bench/scale.py         # ten thousand, within a minute
    ROWS=100000 ENGINE=sqlite FOLDER=/var/tmp python scripts/bench/scale.py

One line for each question of tests/questions.py:
    RESULT measure=… rows=… engine=… p50_ms=… p95_ms=… least_ms=… cpu_ms=… sql_ms=… statements=…
least_ms is the quickest call and sql_ms the part of the quickest that the database took: what is left of them where other work
shares the machine; cpu_ms is what this process worked (on SQLite with the database in it).
The bounds (measure=bound: …) are bare statements by index through the driver alone, taken between the questions: speeds are
ratios to them, since nothing else is comparable between two machines, or between two minutes of one.
"""

from __future__ import annotations

import os
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from config import Config
from tests import plans, postgres, schema
from tests.questions import DAY, Place, questions

#: What is measured in the quick form: one question of each kind.
QUICK = (
    "stock expiry", "stock expiry deep", "stock bin", "stock available, by bin", "stock pending, by bin", "stock text: word",
    "today", "lot", "search lot", "search last digits", "orders", "alerts", "pending", "holds", "door poll", "passages", "bins",
    "scan a lot", "scan anything", "pick lists", "next stop", "putaways", "allocate an order", "suggest a bin",
    "job: near expiry",
)  # fmt: skip


def main() -> int:
    """Load and measure on each engine."""
    is_quick = os.environ.get("QUICK", "") not in ("", "0")
    rows = int(os.environ.get("ROWS", "10000" if is_quick else "1000000"))
    engines = os.environ.get("ENGINE", "sqlite postgresql").split()
    folder = Path(tempfile.mkdtemp(prefix="wms-bench-", dir=os.environ.get("FOLDER")))
    try:
        for engine in engines:
            with _database(engine, folder) as url:
                _measure_engine(engine, url, folder, rows=rows, is_quick=is_quick)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return 0


@contextmanager
def _database(engine: str, folder: Path) -> Iterator[str]:
    """An empty database with the schema: a file, or one of the PostgreSQL that the tests use, with room to work."""
    if engine == "sqlite":
        url = f"sqlite:///{folder / 'bench.db'}"
        schema.make_schema(url)
        yield url
        return
    postgres.SETTINGS |= {"shared_buffers": "1GB", "max_wal_size": "8GB", "work_mem": "16MB"}
    postgres.memory_folder = lambda: None  # on a disk, as in life
    server = postgres.start("bench")
    try:
        name = server.clone()
        schema.make_schema(server.url_of(name))
        yield server.url_of(name)
        server.drop(name)
    finally:
        server.stop()


def _measure_engine(engine: str, url: str, folder: Path, *, rows: int, is_quick: bool) -> None:
    from wms.app import create_app
    from wms.db import db
    from wms.demo.scale.load import load_scale
    from wms.stock.ledger.audit import run_checks

    app = create_app(
        Config(database_url=url, secret_key="0" * 32, data_dir=folder / "data", gateway_spool=folder / "gateway.db",
               argon2_is_fast=True)
    )  # fmt: skip
    app.testing = True
    with app.app_context():
        began = time.perf_counter()
        load_scale(app.config["WMS"], rows=rows, on=DAY, tell=lambda line: print(f"# {line}", flush=True))
        _say("load", rows, engine, seconds=time.perf_counter() - began, megabytes=_megabytes(db, url))
        began = time.perf_counter()
        faults = run_checks(db.session())
        db.session.remove()
        _say("ledger audit", rows, engine, seconds=time.perf_counter() - began, faults=len(faults))
    place = Place.of(app)
    asked = questions()
    for number, name in enumerate(QUICK if is_quick else asked):
        if number % 10 == 0:
            _measure_bounds(place, rows, engine)
        _measure(name, asked[name], place, rows, engine)
    place.engine.dispose()


def _measure(name: str, ask: Callable[[Place], Any], place: Place, rows: int, engine: str) -> None:
    """One warm call, then as many as a time holds (two seconds, or half a one), five at least and twenty at most."""
    times, in_database, spent, count = [], [], [], 0
    ask(place)
    until = time.perf_counter() + (2 if rows > 50_000 else 0.5)
    while len(times) < 5 or (len(times) < 20 and time.perf_counter() < until):
        with plans.watch(place.engine) as asked:
            began, worked = time.perf_counter(), time.process_time()
            ask(place)
            times.append((time.perf_counter() - began) * 1000)
            spent.append((time.process_time() - worked) * 1000)
        in_database.append(sum(statement.seconds for statement in asked) * 1000)
        count = max(count, len(asked))
    _say(
        name, rows, engine, **_percentiles(times), least_ms=min(times), cpu_ms=statistics.median(spent),
        sql_ms=min(in_database), statements=count,
    )  # fmt: skip


def _measure_bounds(place: Place, rows: int, engine: str) -> None:
    """The bare database: fifty rows of a page by its index, one row by its key."""
    mark = "?" if engine == "sqlite" else "%s"
    site = place.samples["warehouse"]
    bounds = {
        "bound: a page of stock by index": (
            f"SELECT * FROM stock_balance WHERE on_hand > 0 AND warehouse_id = {mark} ORDER BY fefo_on, id LIMIT 51", (site,)
        ),
        "bound: one lot by number": (f"SELECT * FROM lot WHERE number = {mark}", (place.samples["lot"],)),
    }  # fmt: skip
    raw = place.engine.raw_connection()
    cursor = raw.cursor()
    for name, (statement, values) in bounds.items():
        times = []
        for _ in range(50):
            began = time.perf_counter()
            cursor.execute(statement, values)
            cursor.fetchall()
            times.append((time.perf_counter() - began) * 1000)
        _say(name, rows, engine, **_percentiles(times), statements=1)
    raw.rollback()
    raw.close()


def _percentiles(times: list[float]) -> dict[str, float]:
    ordered = sorted(times)
    return {"p50_ms": statistics.median(ordered), "p95_ms": ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))]}


def _megabytes(db: Any, url: str) -> float:
    if url.startswith("sqlite"):
        return Path(url.removeprefix("sqlite:///")).stat().st_size / 1e6
    with db.engine.connect() as connection:
        return float(connection.exec_driver_sql("SELECT pg_database_size(current_database())").scalar()) / 1e6


def _say(measure: str, rows: int, engine: str, **figures: float) -> None:
    parts = [f"{name}={value if isinstance(value, int) else format(value, '.2f')}" for name, value in figures.items()]
    print(f'RESULT measure="{measure}" rows={rows} engine={engine} {" ".join(parts)}', flush=True)


if __name__ == "__main__":
    sys.exit(main())
