"""What an inspector asks for in a large warehouse: each page of the one menu, and the FSMA 204 sheet of everything.

    python scripts/bench/inspected.py              # a million stock rows on both engines
    QUICK=1 python scripts/bench/inspected.py      # ten thousand
    ROWS=200000 ENGINE=sqlite FOLDER=/var/tmp python scripts/bench/inspected.py

    RESULT measure=inspector page=/inspector/kept size=1000000 engine=sqlite ratio=0.02 aim=1.00 ok ms=180 aim_ms=10000
    RESULT measure=fsma204 size=1000000 engine=sqlite ratio=0.61 aim=1.00 ok ms=36600 aim_ms=60000 events=412345

ratio is the time by that of the aim. A page is asked for three times, the least counts; the sheet once.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from config import Config
from tests.questions import DAY, Place, log_in

AIM_PAGE_MS, AIM_SHEET_MS = 10_000.0, 60_000.0


def main() -> int:
    """Load and measure on each engine."""
    is_quick = os.environ.get("QUICK", "") not in ("", "0")
    rows = int(os.environ.get("ROWS", "10000" if is_quick else "1000000"))
    for engine in os.environ.get("ENGINE", "sqlite postgresql").split():
        run(engine, rows)
    return 0


def run(engine: str, rows: int) -> list[str]:
    """Load so many stock rows into an engine, and ask; the lines, printed as they come."""
    from scripts.bench.scale import _database
    from wms.app import create_app
    from wms.demo.scale.load import load_scale

    folder = Path(tempfile.mkdtemp(prefix="wms-bench-", dir=os.environ.get("FOLDER")))
    try:
        with _database(engine, folder) as url:
            app = create_app(
                Config(database_url=url, secret_key="0" * 32, data_dir=folder / "data", gateway_spool=folder / "spool.db",
                       argon2_is_fast=True)
            )  # fmt: skip
            app.testing = True
            with app.app_context():
                load_scale(app.config["WMS"], rows=rows, on=DAY, tell=lambda line: print(f"# {line}", flush=True))
            place = Place.of(app)
            place.desks["inspector"] = log_in(app, "inspector")
            lines = measure(place, engine=engine, rows=rows)
            place.engine.dispose()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return lines


def measure(place: Place, *, engine: str, rows: int) -> list[str]:
    """Time each page of the menu and the sheet."""
    lot = place.samples["lot_id"]
    pages = (
        "/inspector", f"/inspector/lots/{lot}", "/inspector/kept", "/inspector/people", "/inspector/backups", "/stock/as-of",
        "/evidence", "/evidence/audit", f"/lots/{lot}", f"/lots/{lot}/history", f"/trace?lot={lot}&direction=forward",
        f"/trace?lot={lot}&direction=backward", "/work-orders", "/quality/recalls", "/complaints", "/reports/gaps",
    )  # fmt: skip
    lines = []
    for path in pages:
        spent = min(_ms(lambda path=path: place.get(path, login="inspector")) for _ in range(3))  # type: ignore[misc]
        lines.append(_told(f"inspector page={path.replace(str(lot), 'LOT')}", rows, engine, spent, AIM_PAGE_MS))
    count = 0

    def sheet() -> None:
        nonlocal count
        answer = place.desks["inspector"].client.get(
            f"/reports/fsma204/sheet.csv?since=2000-01-01&until={DAY}&is_all_classes=1".replace(
                "2000", str(DAY.year - 8)
            )
        )
        assert answer.status_code == 200, answer.status_code
        count = sum(part.count(b"\r\n") for part in answer.iter_encoded()) - 1

    spent = _ms(sheet)
    lines.append(_told("fsma204", rows, engine, spent, AIM_SHEET_MS, events=count))
    return lines


def _ms(ask: Callable[[], object]) -> float:
    began = time.perf_counter()
    ask()
    return (time.perf_counter() - began) * 1000


def _told(name: str, rows: int, engine: str, spent: float, aim: float, **more: int) -> str:
    ratio = spent / aim
    beside = "".join(f" {key}={value}" for key, value in more.items())
    line = (
        f"RESULT measure={name} size={rows} engine={engine} ratio={ratio:.2f} aim=1.00 {'ok' if ratio <= 1 else 'short'}"
        f" ms={spent:.0f} aim_ms={aim:.0f}{beside}"
    )
    print(line, flush=True)
    return line


if __name__ == "__main__":
    sys.exit(main())
