"""How long reach, shares, a trace and mass balances take in a plant of twelve tiers, beside the bare recursive statement.

    python scripts/bench/trace.py                 # 10,000, 100,000 and a million lots on both engines
    QUICK=1 python scripts/bench/trace.py         # ten thousand, within a minute
    SIZES="10000 100000" ENGINE=sqlite FOLDER=/var/tmp python scripts/bench/trace.py

Each line says `ok`, or `short` where it misses its aim; ratio is the time by that of the bare statement in the same run
(closure), or by the time allowed (all others: so much for so many lots reached, and as much less for fewer).

    RESULT measure=closure size=1000000 engine=postgresql ratio=1.08 aim=1.50 ok reached=10423 ms=14.1 raw_ms=13.0
    RESULT measure=shares size=1000000 engine=postgresql ratio=0.41 aim=1.00 ok reached=10423 ms=214.2 aim_ms=521.2 cpu_ms=209.9
    RESULT measure=trace ...        the whole answer: lots, links, shares, stock, shipments, customers; 1 s for 10,000 lots
    RESULT measure=streamed ...     300,000 lots one by one; 2 s
    RESULT measure=balance ...      mass balances of the lots reached; 1 s for 10,000

A lot is made of about three of the tier before, each near its own place there, so that one bought lot reaches some ten
thousand; quantities are whole kilograms, shares of reports exact.
"""

from __future__ import annotations

import gc
import os
import random
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from config import Config

TIERS = 12
#: How far from its own place in the tier a lot is made of others: with it goes how many lots one reaches.
NEAR = 240
AIM_CLOSURE, AIM_SHARES_MS, AIM_TRACE_MS, AIM_STREAM_MS, AIM_BALANCE_MS = 1.5, 500.0, 1000.0, 2000.0, 1000.0
STREAMED = 300_000
UNIT = 1_000_000
AT = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)


def main() -> int:
    """Fill and measure each size on each engine."""
    from scripts.bench.scale import _database
    from wms.app import create_app
    from wms.db import db

    is_quick = os.environ.get("QUICK", "") not in ("", "0")
    sizes = [int(n) for n in os.environ.get("SIZES", "10000" if is_quick else "10000 100000 1000000").split()]
    folder = Path(tempfile.mkdtemp(prefix="wms-bench-", dir=os.environ.get("FOLDER")))
    try:
        for engine in os.environ.get("ENGINE", "sqlite postgresql").split():
            for size in sizes:
                place = folder / f"{engine}-{size}"
                place.mkdir()
                with _database(engine, place) as url:
                    app = create_app(Config(database_url=url, secret_key="x" * 40, data_dir=place / "data"))
                    with app.app_context():
                        plant = fill(size)
                        measure(plant, times=5 if is_quick else 9)
                        engines = list(db.engines.values())
                        db.session.remove()
                    for one in engines:
                        one.dispose()
                shutil.rmtree(place, ignore_errors=True)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if "SIZES" not in os.environ:  # the other figures of evidence, in the same form
        _beside(is_quick=is_quick)
    return 0


def _beside(*, is_quick: bool) -> None:
    """An inspector's pages and the FSMA 204 sheet at a million moves, and verify of 500,000 records."""
    from scripts.bench import inspected, verify

    for engine in os.environ.get("ENGINE", "sqlite" if is_quick else "sqlite postgresql").split():
        inspected.run(engine, 2000 if is_quick else 300_000)
    if is_quick:
        os.environ["ENGINE"] = os.environ.get("ENGINE", "sqlite")
    verify.main()


# -- what is measured -----------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Plant:
    """What was filled in: the first lot of each tier and how many a tier has."""

    size: int
    first: int
    width: int
    #: A lot of the first tier that something was made of, from its middle.
    bought: int

    def lots(self, tier: int, count: int) -> list[Any]:
        """So many lots from the middle of a tier."""
        begin = self.first + tier * self.width + max(0, self.width // 2 - count // 2)
        return list(range(begin, begin + min(count, self.width)))


def measure(plant: Plant, *, times: int = 9) -> list[str]:
    """Measure in the application we stand in; the lines, printed as they come."""
    from wms.trace.balance import mass_balances
    from wms.trace.queries import closure, stream_closure, trace
    from wms.trace.rules.graph import Direction
    from wms.trace.starts import start_of

    lines: list[str] = []
    #: One lot reaches enough but in the smallest plants.
    few = 1 if plant.width > 500 else 20
    bought: list[Any] = [plant.bought] if few == 1 else plant.lots(0, few)

    def tell(measure: str, ratio: float, aim: float, **figures: float) -> None:
        said = " ".join(f"{k}={v if isinstance(v, int) else format(v, '.1f')}" for k, v in figures.items())
        verdict = "ok" if ratio <= aim else "short"
        lines.append(
            f"RESULT measure={measure} size={plant.size} engine={_engine()} ratio={ratio:.2f} aim={aim:.2f} {verdict} {said}"
        )
        print(lines[-1], flush=True)

    def allowed(name: str, reached: int, took: tuple[float, float], aim: float, per: int = 10_000) -> None:
        most = aim * max(reached, 1000) / per
        tell(name, took[0] / most, 1.0, reached=reached, ms=took[0], aim_ms=most, cpu_ms=took[1])

    for name, direction, start in (
        ("closure", Direction.FORWARD, bought),
        ("closure_back", Direction.BACKWARD, plant.lots(TIERS - 1, few)),
    ):
        reached = closure(start, direction)
        assert set(_raw(start, direction)) == reached
        ours, bare = _interleaved(lambda: closure(start, direction), lambda: _raw(start, direction), times)  # noqa: B023
        tell(name, ours / bare, AIM_CLOSURE, reached=len(reached), ms=ours, raw_ms=bare)
    start = start_of(bought)
    found = trace(start, Direction.FORWARD)
    assert found.shipments and found.stock and found.customers and not found.why_no_shares
    allowed("shares", len(found.nodes), _median(_shares_of(found), times), AIM_SHARES_MS)
    allowed("trace", len(found.nodes), _median(lambda: trace(start, Direction.FORWARD), times), AIM_TRACE_MS)
    allowed("balance", len(found.nodes), _median(lambda: mass_balances(found.lots), times), AIM_BALANCE_MS)
    assert all(one.is_balanced for one in mass_balances(found.lots).values())
    wide = plant.lots(0, plant.width * 3 // 10)
    count = sum(1 for _ in stream_closure(wide, Direction.FORWARD))
    allowed("streamed", count, _median(lambda: _drain(wide), min(times, 3)), AIM_STREAM_MS, per=STREAMED)
    _session().rollback()
    return lines


def _drain(lots: list[Any]) -> None:
    from wms.trace.queries import stream_closure
    from wms.trace.rules.graph import Direction

    for _ in stream_closure(lots, Direction.FORWARD):
        pass


def _shares_of(found: Any) -> Callable[[], Any]:
    from wms.trace.rules.graph import Direction
    from wms.trace.rules.shares import Flow, groups_of, work_out

    flows = [Flow(e.source, e.target, e.taken, e.given, e.posting) for e in found.edges]
    came = {node.lot: node.came.millionths for node in found.nodes}

    def run() -> None:
        groups = groups_of(flows)
        shares = work_out(Direction.FORWARD, dict.fromkeys(found.start.ids), flows, came, groups=groups)
        for node in found.nodes:
            shares.share(node.lot)

    return run


def _raw(lots: list[int], direction: Any) -> list[int]:
    """The bare recursive statement by the driver alone."""
    near, far = ("source", "target") if direction.value == "forward" else ("target", "source")
    mark = "?" if _engine() == "sqlite" else "%s"
    start = " UNION ALL ".join(f"SELECT CAST({mark} AS bigint)" for _ in lots)
    connection = _session().connection().connection.driver_connection
    cursor = connection.cursor()
    cursor.execute(
        f"WITH RECURSIVE r(lot) AS ({start} UNION SELECT l.{far}_lot_id FROM r JOIN lot_link l ON l.{near}_lot_id = r.lot"
        " AND l.voided_seq IS NULL) SELECT lot FROM r",
        tuple(lots),
    )
    return [row[0] for row in cursor.fetchall()]


def _interleaved(ours: Callable[[], Any], bare: Callable[[], Any], times: int) -> tuple[float, float]:
    """The medians of both, called in turn, so that what else the machine does falls on both."""
    taken: tuple[list[float], list[float]] = ([], [])
    for _ in range(2):
        ours(), bare()
    for _ in range(max(times, 9)):
        for run, into in ((ours, taken[0]), (bare, taken[1])):
            began = time.perf_counter()
            run()
            into.append((time.perf_counter() - began) * 1000)
    return statistics.median(taken[0]), statistics.median(taken[1])


def _median(run: Callable[[], Any], times: int) -> tuple[float, float]:
    """The median on the clock, and the least of what this process worked: on a shared machine the second tells more."""
    taken, worked = [], []
    gc.collect()
    for _ in range(max(times, 3)):
        began, before = time.perf_counter(), time.process_time()
        run()
        taken.append((time.perf_counter() - began) * 1000)
        worked.append((time.process_time() - before) * 1000)
    return statistics.median(taken), min(worked)


def _session() -> Any:
    from wms.db import db

    return db.session()


def _engine() -> str:
    return str(_session().get_bind().dialect.name)


# -- the plant ------------------------------------------------------------------------------------------------------------
def fill(size: int, *, seed: int = 1) -> Plant:
    """Twelve tiers of lots with their links, postings and moves; of the last tier half stands in store, half has left."""
    from tests import given
    from wms.sites.models import Bin, BinKind

    chance = random.Random(seed)
    site, item = given.warehouse(), given.item("LOT", base_unit="kg")
    consumed = Bin(
        id=given.new_id(),
        warehouse_id=site.id,
        code="CONSUMED",
        kind=BinKind.CONSUMED,
        is_outside=True,
        walk_sequence=99,
    )
    given.keep(consumed)
    width, first = size // TIERS, 1_000_000
    made = _links(chance, first, width)
    came = _came(made, first, width)
    shipments = _shipments(site, max(1, width // 400))
    last = first + (TIERS - 1) * width
    bins = {"in": site["SUPPLIER"], "made": consumed.id, "out": site["CUSTOMER"], "store": site["A-01"]}
    _insert("lot", _LOT, _lots(item.id, first, width))
    _insert("stock_posting", _POSTING, _postings(first, width, last, shipments))
    _insert("stock_move", _MOVE, _moves(site.id, bins, made, came, first, width, last))
    _insert("lot_link", _LINK, _link_rows(made, came, first))
    _insert(
        "stock_balance", _BALANCE,
        (
            (lot, site.id, lot, item.id, 1, bins["store"], 0, "released", 0, came[lot - first], 0, True, _DAY, _DAY)
            for lot in range(last, last + width) if lot % 2
        ),
    )  # fmt: skip
    if _engine() == "postgresql":
        _session().connection().exec_driver_sql("ANALYZE")
        _session().commit()
    middle = first + width // 2
    bought = min({lot for sources in made[:width] for lot, _ in sources}, key=lambda lot: (abs(lot - middle), lot))
    return Plant(size, first, width, bought)


_DAY = date(2027, 2, 1)
_LOT = "id item_id number maker_lot traceability_lot_code traceability_lot_source fefo_on expiry_text expiry_precision country captured_by created_at"
_POSTING = "seq key fingerprint reason document_kind document_id actor_id note occurred_at recorded_at"
_MOVE = (
    "posting_seq line warehouse_id lot_id owner_id quantity source_bin_id source_lpn_id source_quality source_hold_set_id"
    " target_bin_id target_lpn_id target_quality target_hold_set_id demand_kind"
)
_LINK = (
    "id kind source_lot_id target_lot_id source_quantity target_quantity target_total target_part target_parts posting_seq"
    " document_kind document_id reason made_by made_at"
)
_BALANCE = "id warehouse_id lot_id item_id owner_id bin_id lpn_id quality hold_set_id on_hand allocated is_open fefo_on received_on"


def _links(chance: random.Random, first: int, width: int) -> list[list[tuple[int, int]]]:
    """For each lot past the first tier its sources and how many kilograms of each."""
    made: list[list[tuple[int, int]]] = []
    near = min(NEAR, max(2, width // 4))
    for tier in range(1, TIERS):
        before = first + (tier - 1) * width
        for place in range(width):
            count = chance.choice((2, 3, 3, 4))
            picked = {min(width - 1, max(0, place + chance.randint(-near, near))) for _ in range(count)}
            made.append([(before + at, chance.randint(1, 20)) for at in picked])
    return made


def _came(made: list[list[tuple[int, int]]], first: int, width: int) -> list[int]:
    """All that came to be of each lot, in millionths: what its targets took, and a rest (nothing where all was used)."""
    came = [0] * (width * TIERS)
    for sources in made:
        for lot, amount in sources:
            came[lot - first] += amount * UNIT
    return [amount or 25 * UNIT for amount in came]


def _lots(item: int, first: int, width: int) -> Iterator[tuple[Any, ...]]:
    for lot in range(first, first + width * TIERS):
        yield lot, item, f"L{lot}", "", "", "", _DAY, "", "day", "", "scan", AT


def _shipments(site: Any, count: int) -> list[int]:
    """Shipments to some customers, already gone."""
    from tests import given
    from wms.core.ids import SYSTEM_USER
    from wms.shipping.models import Shipment, ShipmentState

    customers = [given.partner(is_customer=True) for _ in range(min(count, 20))]
    orders = [given.order(site, [], customer=customers[n % len(customers)]) for n in range(count)]
    rows = [
        Shipment(
            id=given.new_id(), number=f"S-{n}", warehouse_id=site.id, order_id=order, state=ShipmentState.SHIPPED, opened_at=AT,
            shipped_at=AT, shipped_by=SYSTEM_USER,
        )
        for n, order in enumerate(orders)
    ]  # fmt: skip
    given.keep(*rows)
    return [row.id for row in rows]


def _came_at(lot: int) -> int:
    """The posting of a lot's coming, of which its links are too; the one before it is of what was used for it."""
    return 2 * lot + 1


def _left_at(lot: int) -> int:
    return 2 * lot + 10_000_000


def _postings(first: int, width: int, last: int, shipments: list[int]) -> Iterator[tuple[Any, ...]]:
    """As a report posts them: one for what was used, one for what came of it; behind them one for each that left."""

    def posting(seq: int, reason: str, document: str, id_: int) -> tuple[Any, ...]:
        return seq, f"b{seq}", "f", reason, document, id_, 1, "", AT, AT

    for lot in range(first, first + width):
        yield posting(_came_at(lot), "receive", "receipt", lot)
    for lot in range(first + width, first + width * TIERS):
        yield posting(_came_at(lot) - 1, "consume", "production_report", lot)
        yield posting(_came_at(lot), "output", "production_report", lot)
    for lot in range(first, last):  # of what nobody here used
        yield posting(_left_at(lot), "consume", "production_report", lot)
    for n, lot in enumerate(lot for lot in range(last, last + width) if lot % 2 == 0):
        yield posting(_left_at(lot), "ship", "shipment", shipments[n * len(shipments) // width])


def _moves(
    site: int, bins: dict[str, Any], made: list[list[tuple[int, int]]], came: list[int], first: int, width: int, last: int
) -> Iterator[tuple[Any, ...]]:  # fmt: skip
    def move(seq: int, line: int, lot: int, amount: int, source: int, target: int) -> tuple[Any, ...]:
        return seq, line, site, lot, 1, amount, source, 0, "released", 0, target, 0, "released", 0, ""

    used = set()
    for n in range(width * TIERS):
        lot = first + n
        yield move(_came_at(lot), 1, lot, came[n], bins["in"] if n < width else bins["made"], bins["store"])
        for line, (source, amount) in enumerate(made[n - width] if n >= width else (), start=1):
            used.add(source)
            yield move(_came_at(lot) - 1, line, source, amount * UNIT, bins["store"], bins["made"])
    for lot in range(first, last):
        if lot not in used:
            yield move(_left_at(lot), 1, lot, came[lot - first], bins["store"], bins["made"])
    for lot in range(last, last + width):
        if lot % 2 == 0:
            yield move(_left_at(lot), 1, lot, came[lot - first], bins["store"], bins["out"])


def _link_rows(made: list[list[tuple[int, int]]], came: list[int], first: int) -> Iterator[tuple[Any, ...]]:
    identity = 0
    before = len(came) - len(made)
    for n, sources in enumerate(made):
        lot, whole = first + before + n, sum(amount for _, amount in sources)
        total = came[before + n]
        for source, amount in sources:
            identity += 1
            yield (
                identity, "production", source, lot, amount * UNIT, total * amount // whole, total, amount, whole,
                _came_at(lot), "production_report", lot, "", 1, AT,
            )  # fmt: skip


def _insert(table: str, columns: str, rows: Iterator[tuple[Any, ...]]) -> None:
    """Many rows at once, by the driver: COPY, or executemany."""
    names = columns.split()
    connection = _session().connection()
    raw = connection.connection.driver_connection
    if _engine() == "postgresql":
        connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
        with raw.cursor() as cursor, cursor.copy(f"COPY {table} ({', '.join(names)}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
    else:
        flat = (tuple(_flat(cell) for cell in row) for row in rows)
        raw.executemany(f"INSERT INTO {table} ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})", flat)
    _session().commit()


def _flat(cell: Any) -> Any:
    if isinstance(cell, datetime):
        return cell.strftime("%Y-%m-%d %H:%M:%S.%f")
    return cell.isoformat() if isinstance(cell, date) else cell


if __name__ == "__main__":
    sys.exit(main())
