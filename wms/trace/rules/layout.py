"""The graph as it is drawn: levels as columns, branches folded beyond a count, matches of a search unfolded. Pure.

However large the graph is, at most `DRAWN_MAX` lots are drawn: the rest is counted and stands in the table.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Context, Decimal
from fractions import Fraction
from typing import Final

from wms.core.ids import LotId
from wms.trace.rules.graph import Direction, Edge, Node, TraceResult

FOLDED: Final = 10
OPENED: Final = 200
DRAWN_MAX: Final = 600
FOUND_MAX: Final = 50


@dataclass(frozen=True, kw_only=True)
class Card:
    """One lot as it is drawn. `nearer` are the drawn lots of it that lie towards the start."""

    node: Node
    nearer: tuple[LotId, ...]
    is_found: bool = False


@dataclass(frozen=True, kw_only=True)
class Column:
    """One level: the lots that are drawn, and how many are folded away."""

    level: int
    cards: tuple[Card, ...]
    count: int
    is_open: bool

    @property
    def folded(self) -> int:
        """How many lots of the level are not drawn."""
        return self.count - len(self.cards)


@dataclass(frozen=True, kw_only=True)
class Drawing:
    """What is drawn of a graph."""

    columns: tuple[Column, ...]
    count: int
    found: int

    @property
    def drawn(self) -> int:
        """How many lots are drawn."""
        return sum(len(column.cards) for column in self.columns)


def draw(result: TraceResult, *, opened: Collection[int] = (), search: str = "") -> Drawing:
    """Choose what is drawn: of each level the largest shares, all of the opened levels, what the search finds with its way."""
    by_lot = {node.lot: node for node in result.nodes}
    near = _nearer(result.edges, result.direction, by_lot)
    found = _matches(result.nodes, search)
    kept = _with_their_way(found[:FOUND_MAX], near, by_lot)
    chosen: list[tuple[int, list[Node], int]] = []
    left = DRAWN_MAX - len(kept)
    for level, nodes in enumerate(result.levels):
        wanted = OPENED if level in opened else FOLDED
        ranked = sorted(nodes, key=_weight)
        first = [node for node in ranked if node.lot in kept]
        others = [node for node in ranked if node.lot not in kept][: max(0, min(wanted - len(first), left))]
        left -= len(others)
        chosen.append((level, sorted([*first, *others], key=_weight), len(nodes)))
    drawn = {node.lot for _level, nodes, _count in chosen for node in nodes}
    hits = {node.lot for node in found}
    columns = tuple(
        Column(
            level=level, count=count, is_open=level in opened,
            cards=tuple(
                Card(node=node, nearer=tuple(lot for lot in near.get(node.lot, ()) if lot in drawn), is_found=node.lot in hits)
                for node in nodes
            ),
        )
        for level, nodes, count in chosen
    )  # fmt: skip
    return Drawing(columns=columns, count=len(result.nodes), found=len(found))


def _weight(node: Node) -> tuple[Fraction, str, str, int]:
    return -(node.share if node.share is not None else Fraction(0)), node.sku, node.number, node.lot


def _nearer(
    edges: Sequence[Edge], direction: Direction, by_lot: Mapping[LotId, Node]
) -> dict[LotId, tuple[LotId, ...]]:
    """Of each lot its neighbours on the way to the start."""
    found: dict[LotId, dict[LotId, None]] = {}
    for edge in edges:
        near, far = (edge.source, edge.target) if direction is Direction.FORWARD else (edge.target, edge.source)
        if near in by_lot and far in by_lot:
            found.setdefault(far, {})[near] = None
    return {far: tuple(nears) for far, nears in found.items()}


def _matches(nodes: Sequence[Node], search: str) -> list[Node]:
    wanted = search.strip().casefold()
    if not wanted:
        return []
    return [
        node
        for node in nodes
        if any(
            wanted in text.casefold() for text in (node.number, node.sku, node.name_en, node.name_zh, node.maker_lot)
        )
    ]


def _with_their_way(
    found: Sequence[Node], near: Mapping[LotId, tuple[LotId, ...]], by_lot: Mapping[LotId, Node]
) -> set[LotId]:
    """The lots found, each with one shortest way to the start, so that it does not stand there alone."""
    kept: set[LotId] = set()
    for node in found:
        here: Node | None = node
        while here is not None and here.lot not in kept:
            kept.add(here.lot)
            steps = [by_lot[lot] for lot in near.get(here.lot, ()) if by_lot[lot].level < here.level]
            here = min(steps, key=_weight, default=None)
    return kept


def significant(value: Fraction | None, digits: int = 3) -> str:
    """A figure to so many significant digits, never in powers of ten, whole digits never cut; "" for None.

    >>> significant(Fraction(1, 3)), significant(Fraction(123456, 10)), significant(Fraction(2)), significant(Fraction(0))
    ('0.333', '12346', '2', '0')
    """
    if value is None:
        return ""
    whole = len(str(abs(value.numerator) // value.denominator)) if abs(value) >= 1 else 0
    context = Context(prec=max(digits, whole))
    shown = context.divide(Decimal(value.numerator), Decimal(value.denominator))
    text = format(shown, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def percent(value: Fraction | None, digits: int = 3) -> str:
    """A share in percent to so many significant digits; less than all never reads as 100; "" for None.

    >>> percent(Fraction(1, 3)), percent(Fraction(1)), percent(Fraction(999999, 1000000)), percent(Fraction(1, 8000000))
    ('33.3', '100', '>99.9', '0.0000125')
    """
    if value is None:
        return ""
    text = significant(value * 100, digits)
    return ">99.9" if text == "100" and value < 1 else text
