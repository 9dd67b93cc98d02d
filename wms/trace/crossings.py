"""What the ledger says came into lots and left them: the moves over the wall, summed; one statement a question.

A posting that was reversed and its reversal cancel each other and are both left out. Within one posting what a lot gives and
takes back by the same outside bin is netted: a merge of lots into one of themselves is no way in or out for that one.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ARRAY, BigInteger, String, bindparam, func, select, text

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


def engine_name() -> str:
    """The engine the session speaks to: "sqlite" or "postgresql"."""
    return db.session().get_bind().dialect.name


def many_value(ids: Collection[int]) -> Any:
    """The ids as the value that MANY of the engine takes: no statement grows with the graph."""
    return json.dumps(list(ids)) if engine_name() == "sqlite" else list(ids)


def these(ids: Collection[int]) -> Any:
    """The ids as a subquery for `column.in_(...)`: one bound value, however many they are."""
    if engine_name() == "sqlite":
        each = func.json_each(bindparam("many", many_value(ids), unique=True, type_=String)).table_valued("value")
        return select(each.c.value)
    array = bindparam("many", many_value(ids), unique=True, type_=ARRAY(BigInteger))
    return select(func.unnest(array, type_=BigInteger))


@dataclass(frozen=True, slots=True)
class Crossing:
    """So much of a lot came in (`came`) or went out (`went`) over the wall, for one reason, by bins of one outside kind."""

    lot: LotId
    reason: Reason
    kind: BinKind
    is_import: bool
    has_note: bool
    came: int
    went: int


@dataclass(frozen=True, slots=True)
class Crossed:
    """One posting's crossing of one lot: `net` > 0 came in, < 0 went out."""

    lot: LotId
    posting: PostingSeq
    reason: Reason
    kind: BinKind
    is_import: bool
    document_kind: str
    document_id: int | None
    warehouse: WarehouseId
    net: int


_NET: Final = """
    SELECT m.lot_id, m.posting_seq, p.reason, CASE WHEN s.is_outside THEN s.kind ELSE t.kind END AS kind,
           p.document_kind, p.document_id, (p.note <> '') AS has_note, MIN(m.warehouse_id) AS warehouse_id,
           CAST(SUM(CASE WHEN s.is_outside THEN m.quantity ELSE -m.quantity END) AS bigint) AS net
      FROM stock_move m
      JOIN stock_posting p ON p.seq = m.posting_seq
      JOIN bin s ON s.id = m.source_bin_id
      JOIN bin t ON t.id = m.target_bin_id
     WHERE m.lot_id IN ({many}) AND s.is_outside <> t.is_outside AND p.reverses_seq IS NULL {until}
       AND NOT EXISTS (SELECT 1 FROM stock_posting r WHERE r.reverses_seq = p.seq {until_of_reversal})
     GROUP BY m.lot_id, m.posting_seq, p.reason, CASE WHEN s.is_outside THEN s.kind ELSE t.kind END,
              p.document_kind, p.document_id, (p.note <> '')
"""

_SUMS: Final = """
    SELECT n.lot_id, n.reason, n.kind, (n.document_kind = 'import_run') AS is_import, n.has_note,
           CAST(SUM(CASE WHEN n.net > 0 THEN n.net ELSE 0 END) AS bigint) AS came,
           CAST(SUM(CASE WHEN n.net < 0 THEN -n.net ELSE 0 END) AS bigint) AS went
      FROM ({net}) n
     GROUP BY n.lot_id, n.reason, n.kind, (n.document_kind = 'import_run'), n.has_note
"""

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


def _run(statement: str, lots: Collection[LotId], as_of: AsOf, **fill: str) -> Any:
    values: dict[str, Any] = {"lots": many_value(lots)}
    until = of_reversal = posting = ""
    if isinstance(as_of, datetime):
        until, of_reversal = "AND p.recorded_at <= :until", "AND r.recorded_at <= :until"
        posting = "JOIN stock_posting p ON p.seq = m.posting_seq"
        values["until"] = as_of
    elif as_of is not None:
        until, of_reversal = "AND m.posting_seq <= :until", "AND r.seq <= :until"
        values["until"] = as_of
    sql = statement.format(
        many=MANY[engine_name()], until=until, until_of_reversal=of_reversal, posting=posting, **fill
    )
    clause = text(sql)
    if isinstance(as_of, datetime):
        clause = clause.bindparams(bindparam("until", type_=UtcDateTime()))
    return db.session.execute(clause, values)


def crossings(lots: Collection[LotId], *, as_of: AsOf = None) -> dict[LotId, list[Crossing]]:
    """What came into each of these lots and left it, summed by reason and outside kind."""
    found: dict[LotId, list[Crossing]] = defaultdict(list)
    if lots:
        statement = _SUMS.replace("{net}", _NET)
        for lot, reason, kind, is_import, has_note, came, went in _run(statement, lots, as_of):
            found[lot].append(
                Crossing(lot, _REASONS[reason], _KINDS[kind], bool(is_import), bool(has_note), int(came), int(went))
            )
    return found


def crossings_in_order(lots: Collection[LotId]) -> list[Crossed]:
    """The same posting by posting, in the order of the ledger."""
    if not lots:
        return []
    rows = _run(_NET + " ORDER BY m.posting_seq, m.lot_id", lots, None)
    return [
        Crossed(lot, seq, _REASONS[reason], _KINDS[kind], document == IMPORT_RUN, document, document_id, site, int(net))
        for lot, seq, reason, kind, document, document_id, _, site, net in rows
        if net
    ]


def inside_by_kind(lots: Collection[LotId], *, as_of: AsOf = None) -> dict[LotId, dict[BinKind, int]]:
    """How much of each lot stood in bins of each inside kind, by replaying its moves."""
    found: dict[LotId, dict[BinKind, int]] = defaultdict(dict)
    for lot, kind, quantity in _run(_INSIDE, lots, as_of) if lots else ():
        if quantity:
            found[lot][_KINDS[kind]] = int(quantity)
    return found
