"""Reads of the genealogy: reach, levels, edges, and what stands at the ends. A few statements, however large the graph."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from wms.core.ids import LotId, WarehouseId
from wms.trace.rules.graph import Direction, Start, TraceResult


def closure(lots: Collection[LotId], direction: Direction) -> set[LotId]:
    """Every lot that these became, or came of, themselves among them: one recursive statement over lots alone."""
    raise NotImplementedError


def stream_closure(lots: Collection[LotId], direction: Direction) -> Iterator[LotId]:
    """The same, lot by lot as the database gives them, for reaches that nobody wants in memory."""
    raise NotImplementedError


def trace(
    start: Start, direction: Direction, *, warehouses: Collection[WarehouseId] | None = None, with_ends: bool = True
) -> TraceResult:
    """Trace a start forward or backward, with shares. `warehouses` are those whose lines may be seen; None: all.

    Without `with_ends` nodes, edges and shares alone (for a graph that is redrawn, or a count).
    """
    raise NotImplementedError
