"""What is drawn of a graph: folded, opened, found; and figures as people read them."""

from datetime import UTC, datetime
from fractions import Fraction
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from wms.core.quantity import Quantity
from wms.trace.rules import layout
from wms.trace.rules.graph import Direction, Edge, Node, Start, StartKind, StartLot, TraceResult

AT = datetime(2026, 11, 22, tzinfo=UTC)


def node(lot: int, level: int, share: Fraction | None = None) -> Node:
    return Node(
        lot=lot, number=f"L-{lot:05}", item=1, sku="X", name_en="Thing", name_zh="物", unit="ea", level=level, share=share,  # type: ignore[arg-type]
        part=None, came=Quantity(1), expires_on=None, maker_lot="", is_start=level == 0,
    )  # fmt: skip


def edge(number: int, source: int, target: int) -> Edge:
    return Edge(
        id=number, kind="production", source=source, target=target, taken=(1_000_000, 1), given=(1_000_000, 1),  # type: ignore[arg-type]
        posting=None, document_kind="", document_id=None, reason="", at=AT,
    )  # fmt: skip


def graph(widths: list[int], direction: Direction = Direction.FORWARD) -> TraceResult:
    """A start, and so many lots on each further level, each of one lot of the level before."""
    nodes, edges, before, number = [node(1, 0, Fraction(1))], [], [1], 1
    for level, width in enumerate(widths, start=1):
        here = []
        for place in range(width):
            number += 1
            here.append(number)
            nodes.append(node(number, level, Fraction(1, place + 2)))
            ends = (before[place % len(before)], number)
            edges.append(edge(number, *(ends if direction is Direction.FORWARD else ends[::-1])))
        before = here
    start = Start(kind=StartKind.LOT, text="L-1", lots=(StartLot(lot=1, number="L-1", sku="X", unit="ea"),))  # type: ignore[arg-type]
    return TraceResult(start=start, direction=direction, nodes=tuple(nodes), edges=tuple(edges))


def test_a_small_graph_is_drawn_whole_with_its_ways() -> None:
    for direction in Direction:
        drawing = layout.draw(graph([2, 3], direction))
        assert (drawing.drawn, drawing.count, [column.folded for column in drawing.columns]) == (6, 6, [0, 0, 0])
        assert [card.nearer for column in drawing.columns for card in column.cards] == [
            (),
            (1,),
            (1,),
            (2,),
            (3,),
            (2,),
        ]


def test_of_a_wide_level_the_largest_shares_are_drawn_and_the_rest_is_counted() -> None:
    column = layout.draw(graph([47])).columns[1]
    assert (len(column.cards), column.folded) == (10, 37)
    shares = [card.node.share for card in column.cards]
    assert shares == sorted(shares, reverse=True) and shares[0] == Fraction(1, 2)
    opened = layout.draw(graph([47]), opened=[1]).columns[1]
    assert (len(opened.cards), opened.folded, opened.is_open) == (47, 0, True)


def test_what_is_found_is_drawn_with_one_way_to_the_start() -> None:
    whole = graph([40, 400, 4000])
    drawing = layout.draw(whole, search="L-04000")
    drawn = {card.node.lot: card for column in drawing.columns for card in column.cards}
    assert drawing.found == 1 and drawn[4000].is_found  # type: ignore[index]
    lot = 4000
    while lot != 1:
        (lot,) = drawn[lot].nearer  # type: ignore[index, assignment]
    assert layout.draw(whole, search="物").found == len(whole.nodes)


@settings(max_examples=60, deadline=None)
@given(
    widths=st.lists(st.integers(1, 900), min_size=1, max_size=6), opened=st.lists(st.integers(0, 9), max_size=9),
    search=st.sampled_from(["", "L", "L-0000", "nothing", "  "]),
)  # fmt: skip
def test_never_more_is_drawn_than_can_be_read(widths: list[int], opened: list[int], search: str) -> None:
    drawing = layout.draw(graph(widths), opened=opened, search=search)
    assert drawing.drawn <= layout.DRAWN_MAX
    assert sum(column.count for column in drawing.columns) == drawing.count == 1 + sum(widths)
    drawn = {card.node.lot for column in drawing.columns for card in column.cards}
    assert all(near in drawn for column in drawing.columns for card in column.cards for near in card.nearer)


@given(st.fractions(min_value=0, max_value=1))
def test_a_share_in_percent_never_lies_at_its_ends(share: Fraction) -> None:
    text = layout.percent(share)
    assert "e" not in text.lower()
    assert (text == "100") == (share == 1) and (text == "0") == (share == 0)
    if not text.startswith(">"):
        assert abs(Fraction(text) - share * 100) <= share * 100 / 200


@given(st.fractions())
def test_figures_keep_their_whole_digits(value: Fraction) -> None:
    text: Any = layout.significant(value)
    assert abs(Fraction(text) - value) <= max(abs(value) / 200, Fraction(0)) or abs(Fraction(text) - value) <= Fraction(
        1, 2
    )
