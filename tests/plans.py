"""What a request asks the database, how the database means to answer, and how much it had to read for it.

    with watch(engine) as asked:
        client.get("/stock")
    for statement in asked:
        steps = explain(engine, statement)

The measure of work is no clock: on PostgreSQL the rows that the plan's scans touched, on SQLite the steps its machine
took. Both are the same each time on the same data.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Engine, event

_NOT_ASKED = ("BEGIN", "COMMIT", "ROLLBACK", "PRAGMA", "SAVEPOINT", "RELEASE")


@dataclass
class Asked:
    """One statement with its values, and how long it took."""

    statement: str
    parameters: Any
    seconds: float = 0.0
    began: float = field(default=0.0, repr=False)


@contextmanager
def watch(engine: Engine) -> Iterator[list[Asked]]:
    """Collect the statements that this engine is asked."""
    asked: list[Asked] = []

    def before(_c: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, many: bool) -> None:
        if not statement.startswith(_NOT_ASKED):
            first = parameters[0] if many and parameters else parameters
            asked.append(Asked(statement, first, began=time.perf_counter()))

    def after(_c: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if asked and asked[-1].statement == statement:
            asked[-1].seconds = time.perf_counter() - asked[-1].began

    event.listen(engine, "before_cursor_execute", before)
    event.listen(engine, "after_cursor_execute", after)
    try:
        yield asked
    finally:
        event.remove(engine, "before_cursor_execute", before)
        event.remove(engine, "after_cursor_execute", after)


@dataclass(frozen=True)
class Step:
    """How one table is read: by which index, or the whole of it. `rows` is what PostgreSQL really read, None elsewhere."""

    table: str
    index: str
    is_whole: bool
    rows: int | None = None


@dataclass(frozen=True)
class Plan:
    """How a statement is answered, and what it cost: rows read on PostgreSQL, machine steps on SQLite."""

    steps: tuple[Step, ...]
    work: int
    text: str


def explain(engine: Engine, asked: Asked) -> Plan:
    """Explain a statement; one that reads only is also run, to see what it cost, and leaves nothing behind."""
    reads = asked.statement.lstrip().upper().startswith(("SELECT", "WITH")) and "FOR UPDATE" not in asked.statement
    with engine.connect() as connection:
        try:
            if engine.dialect.name == "sqlite":
                return _explain_sqlite(connection, asked, reads=reads)
            return _explain_postgresql(connection, asked, reads=reads)
        finally:
            connection.rollback()


# -- SQLite -----------------------------------------------------------------------------------------------------------
_STEP_EVERY = 50


def _explain_sqlite(connection: Any, asked: Asked, *, reads: bool) -> Plan:
    raw = connection.connection.driver_connection
    details = [row[3] for row in raw.execute("EXPLAIN QUERY PLAN " + asked.statement, asked.parameters)]
    names = {alias: table for table, alias in re.findall(r'"?(\w+)"? AS "?(\w+)"?', asked.statement)}
    steps = []
    for detail in details:
        if found := re.match(
            r"(SCAN|SEARCH) (\S+)(?: USING (?:COVERING )?INDEX (\S+)| USING (INTEGER PRIMARY KEY))?", detail
        ):
            how, name, index, rowid = found.groups()
            table = names.get(name, name)
            if name.startswith(("anon_", "(")) or name in ("CONSTANT", "warehouse_id"):
                continue  # a part of the statement, not a table
            if how == "SCAN" and "INDEX" in detail and "rowid" in detail:
                how = "SEARCH"
            steps.append(Step(table, index or rowid or "", is_whole=how == "SCAN"))
    return Plan(tuple(steps), _count_steps(raw, asked) if reads else 0, "\n".join(details))


def _count_steps(raw: Any, asked: Asked) -> int:
    count = 0

    def note() -> int:
        nonlocal count
        count += 1
        return 0

    raw.set_progress_handler(note, _STEP_EVERY)
    try:
        raw.execute(asked.statement, asked.parameters).fetchall()
    finally:
        raw.set_progress_handler(None, 0)
    return count * _STEP_EVERY


# -- PostgreSQL -------------------------------------------------------------------------------------------------------
def _explain_postgresql(connection: Any, asked: Asked, *, reads: bool) -> Plan:
    options = "(FORMAT JSON, ANALYZE, TIMING OFF)" if reads else "(FORMAT JSON)"
    said = connection.exec_driver_sql(f"EXPLAIN {options} {asked.statement}", asked.parameters).scalar()
    root = said[0]["Plan"]
    steps = [step for node in _nodes(root) if (step := _step(node)) is not None]
    return Plan(tuple(steps), sum(step.rows or 0 for step in steps), _outline(root))


def _nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for child in node.get("Plans", ()):
        yield from _nodes(child)


def _step(node: dict[str, Any]) -> Step | None:
    kind = node["Node Type"]
    if kind == "Bitmap Index Scan":
        return Step("", node["Index Name"], is_whole="Index Cond" not in node, rows=_rows(node))
    if "Relation Name" not in node or kind == "ModifyTable":
        return None
    if kind == "Bitmap Heap Scan":
        return Step(node["Relation Name"], "", is_whole=False, rows=None)
    whole = kind == "Seq Scan" or (kind.startswith("Index") and "Index Cond" not in node)
    return Step(node["Relation Name"], node.get("Index Name", ""), is_whole=whole, rows=_rows(node))


def _rows(node: dict[str, Any]) -> int | None:
    """Rows given and rows looked at in vain."""
    if "Actual Rows" not in node:
        return None
    vain = node.get("Rows Removed by Filter", 0) + node.get("Rows Removed by Index Recheck", 0)
    return round((node["Actual Rows"] + vain) * node["Actual Loops"])


def _outline(node: dict[str, Any], depth: int = 0) -> str:
    parts = [node["Node Type"], node.get("Relation Name", ""), node.get("Index Name", "")]
    conditions = [str(node[key]) for key in ("Index Cond", "Filter", "Join Filter") if key in node]
    line = (
        "  " * depth
        + " ".join(p for p in parts if p)
        + f" rows={_rows(node)}/{node.get('Plan Rows')} "
        + "; ".join(conditions)
    )
    return "\n".join([line, *(_outline(child, depth + 1) for child in node.get("Plans", ()))])
