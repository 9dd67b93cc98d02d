"""What the ledger says came into lots and left them: the moves over the wall, summed; one statement a question.

A posting that was reversed and its reversal cancel each other and are both left out. Within one posting what a lot gives and
takes back by the same outside bin is netted: a merge of lots into one of themselves is no way in or out for that one.
"""

from __future__ import annotations

import gc
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import ARRAY, BigInteger, String, bindparam, cast, func, select, text

from wms.core.ids import LotId, PostingSeq, WarehouseId
from wms.db import db
from wms.db.types import UtcDateTime
from wms.sites.models import BinKind
from wms.stock.ledger import Reason

#: The document of an import run: what it brings in is the stock there was at the start.
IMPORT_RUN: Final = "import_run"

#: Many ids as one bound value, in the words of each engine.
MANY: Final = {
    "sqlite": "SELECT value FROM json_each(:lots)",
    "postgresql": "SELECT unnest(CAST(:lots AS bigint[]))",
}


@contextmanager
def no_collecting() -> Iterator[None]:
    """Keep the collector of cyclic garbage away: a trace or a thousand balances make many objects and no cycles, and each of its full rounds looks
    at all that the process holds, which takes longer than they do.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def engine_name() -> str:
    """The engine the session speaks to: "sqlite" or "postgresql"."""
    return db.session().get_bind().dialect.name


def many_value(ids: Collection[int]) -> str:
    """The ids as the value that MANY of the engine takes: no statement grows with the graph.

    It is text on both engines: a driver takes far longer over a list of ten thousand numbers than the engine over their text.
    """
    listed = ",".join(map(str, ids))
    return f"[{listed}]" if engine_name() == "sqlite" else f"{{{listed}}}"


def these(ids: Collection[int]) -> Any:
    """The ids as a subquery for `column.in_(...)`: one bound value, however many they are."""
    if engine_name() == "sqlite":
        each = func.json_each(bindparam("many", many_value(ids), unique=True, type_=String)).table_valued("value")
        return select(each.c.value)
    array = cast(bindparam("many", many_value(ids), unique=True, type_=String), ARRAY(BigInteger))
    return select(func.unnest(array, type_=BigInteger))


class Crossing(NamedTuple):
    """So much of a lot came in (`came`) or went out (`went`) over the wall, for one reason, by bins of one outside kind."""

    lot: LotId
    reason: Reason
    kind: BinKind
    is_import: bool
    has_note: bool
    came: int
    went: int


class Crossed(NamedTuple):
    """One posting's crossing of one lot: `net` > 0 came in, < 0 went out."""

    lot: LotId
    posting: PostingSeq
    reason: Reason
    kind: BinKind
    is_import: bool
    has_note: bool
    document_kind: str
    document_id: int | None
    warehouse: WarehouseId
    net: int


# Goods cross the wall where one end is outside and the other is not; there are few outside bins and many moves.
_CROSSING: Final = """
    SELECT m.lot_id, m.posting_seq, m.quantity, m.source_bin_id, m.target_bin_id, m.warehouse_id, p.reason,
           p.document_kind, p.document_id, p.note <> '', p.reverses_seq
      FROM stock_move m {posting}
     WHERE m.lot_id IN ({many})
       AND (m.source_bin_id IN ({outside})) <> (m.target_bin_id IN ({outside})) {used} {until}
     ORDER BY m.posting_seq
"""
# Each posting by its number: PostgreSQL would read all there are where it takes the moves for many (OFFSET 0 forbids it).
_POSTING: Final = {
    "sqlite": "JOIN stock_posting p ON p.seq = m.posting_seq",
    "postgresql": "CROSS JOIN LATERAL (SELECT * FROM stock_posting q WHERE q.seq = m.posting_seq OFFSET 0) p",
}
# What production used goes out alone: no lot comes in by a posting of that reason, so that none of its sums is cut in two.
_NOT_USED: Final = f"AND (p.reason <> '{Reason.CONSUME}' OR m.target_bin_id NOT IN ({{outside}}))"
_OUTSIDE: Final = "SELECT id, kind FROM bin WHERE is_outside"

# What stands inside, by every move there was; reversed ones too, so that it is counted another way than the crossings.
_INSIDE: Final = """
    SELECT x.lot_id, x.kind, CAST(SUM(x.quantity) AS bigint) AS quantity FROM (
        SELECT m.lot_id, t.kind, m.quantity FROM stock_move m JOIN bin t ON t.id = m.target_bin_id {posting}
         WHERE m.lot_id IN ({many}) AND NOT t.is_outside {until}
        UNION ALL
        SELECT m.lot_id, s.kind, -m.quantity FROM stock_move m JOIN bin s ON s.id = m.source_bin_id {posting}
         WHERE m.lot_id IN ({many}) AND NOT s.is_outside {until}
    ) x GROUP BY x.lot_id, x.kind
"""

_REASONS: Final = {one.value: one for one in Reason}
_KINDS: Final = {one.value: one for one in BinKind}
AsOf = PostingSeq | int | datetime | None
#: So many rows are taken from the driver together.
_AT_ONCE: Final = 5000


def fetch(sql: str, values: Mapping[str, Any], *binds: Any) -> Iterator[tuple[Any, ...]]:
    """Run a statement and give the driver's own rows, with no object made for each and few of them in memory at once."""
    result: Any = db.session.execute(text(sql).bindparams(*binds), values)
    while rows := result.cursor.fetchmany(_AT_ONCE):
        yield from rows
    result.close()


def _until(as_of: AsOf, *, posting: str) -> tuple[str, dict[str, Any], tuple[Any, ...]]:
    if isinstance(as_of, datetime):
        return f"AND {posting}.recorded_at <= :until", {"until": as_of}, (bindparam("until", type_=UtcDateTime()),)
    return ("", {}, ()) if as_of is None else ("AND m.posting_seq <= :until", {"until": as_of}, ())


def crossings(lots: Collection[LotId], *, as_of: AsOf = None) -> dict[LotId, list[Crossing]]:
    """What came into each of these lots and left it, summed by reason and outside kind."""
    sums: dict[tuple[LotId, Reason, BinKind, bool, bool], list[int]] = defaultdict(lambda: [0, 0])
    for one in crossings_in_order(lots, as_of=as_of):
        line = sums[(one.lot, one.reason, one.kind, one.is_import, one.has_note)]
        line[one.net < 0] += abs(one.net)
    found: dict[LotId, list[Crossing]] = defaultdict(list)
    for (lot, reason, kind, is_import, has_note), (came, went) in sums.items():
        found[lot].append(Crossing(lot, reason, kind, is_import, has_note, came, went))
    return found


def crossings_in_order(lots: Collection[LotId], *, as_of: AsOf = None, with_used: bool = True) -> list[Crossed]:
    """The same posting by posting, in the order of the ledger.

    Without `with_used` what production used is left out: links tell of it, and it is most of what goes out of a plant's lots.
    """
    if not lots:
        return []
    kinds: dict[int, BinKind] = {bin_: _KINDS[kind] for bin_, kind in fetch(_OUTSIDE, {})}
    until, values, binds = _until(as_of, posting="p")
    engine = engine_name()
    outside = "SELECT id FROM bin WHERE is_outside"
    used = "" if with_used else _NOT_USED.format(outside=outside)
    sql = _CROSSING.format(many=MANY[engine], posting=_POSTING[engine], outside=outside, used=used, until=until)
    rows = list(fetch(sql, {"lots": many_value(lots), **values}, *binds))
    # A reversal moves the same lots, so that it stands among the rows.
    undone = {row[-1] for row in rows if row[-1] is not None}
    nets: dict[tuple[LotId, PostingSeq, BinKind], list[Any]] = {}
    for row in rows:
        lot, seq, quantity, source, target = row[:5]
        if row[-1] is not None or seq in undone:
            continue
        kind = kinds.get(source)
        key = (lot, seq, kind or kinds[target])
        net = nets.get(key)
        if net is None:
            nets[key] = [quantity if kind else -quantity, row]
        else:
            net[0] += quantity if kind else -quantity
    return [
        Crossed(
            lot, seq, _REASONS[row[6]], kind, row[7] == IMPORT_RUN, bool(row[9]), row[7], row[8], row[5], net
        )
        for (lot, seq, kind), (net, row) in nets.items()
        if net
    ]  # fmt: skip


def inside_by_kind(lots: Collection[LotId], *, as_of: AsOf = None) -> dict[LotId, dict[BinKind, int]]:
    """How much of each lot stood in bins of each inside kind, by replaying its moves."""
    found: dict[LotId, dict[BinKind, int]] = defaultdict(dict)
    if not lots:
        return found
    until, values, binds = _until(as_of, posting="p")
    posting = "JOIN stock_posting p ON p.seq = m.posting_seq" if binds else ""
    sql = _INSIDE.format(many=MANY[engine_name()], until=until, posting=posting)
    for lot, kind, quantity in fetch(sql, {"lots": many_value(lots), **values}, *binds):
        if quantity:
            found[lot][_KINDS[kind]] = int(quantity)
    return found
