"""Shares of a report: exact, and rounded so that nothing is lost."""

from datetime import date
from fractions import Fraction

from hypothesis import given as of
from hypothesis import strategies as st

from wms.production.rules import draws, expiry
from wms.production.rules.shares import Portion, largest_remainder, links, weight_of

_AMOUNTS = st.integers(min_value=1, max_value=9_000_000_000_000)
_WEIGHTS = st.one_of(st.none(), st.integers(min_value=1, max_value=10_000_000_000))


def _portions(first: int) -> st.SearchStrategy[list[Portion]]:
    one = st.builds(Portion, lot=st.integers(first, first + 5), quantity=_AMOUNTS, weight=_WEIGHTS)
    return st.lists(one, min_size=1, max_size=8)


@of(_portions(1), _portions(100))
def test_links_carry_exactly_what_went_in_and_what_came_out(inputs: list[Portion], outputs: list[Portion]) -> None:
    made = links(inputs, outputs)
    for lot in {p.lot for p in inputs}:
        total = sum(p.quantity for p in inputs if p.lot == lot)
        ours = [link for link in made if link.source == lot]
        assert sum(link.source_quantity for link in ours) == total
        exact = [Fraction(link.source_total * link.source_part, link.source_parts) for link in ours]
        assert sum(exact) == total
        assert all(abs(link.source_quantity - e) < 1 for link, e in zip(ours, exact, strict=True))
    for lot in {p.lot for p in outputs}:
        total = sum(p.quantity for p in outputs if p.lot == lot)
        ours = [link for link in made if link.target == lot]
        assert sum(link.target_quantity for link in ours) == total
        exact = [Fraction(link.target_total * link.target_part, link.target_parts) for link in ours]
        assert sum(exact) == total
        assert all(abs(link.target_quantity - e) < 1 for link, e in zip(ours, exact, strict=True))
    assert len(made) == len({p.lot for p in inputs}) * len({p.lot for p in outputs})


def test_kilograms_decide_where_all_state_them_and_base_quantities_where_one_does_not() -> None:
    cake = Portion(lot=10, quantity=100, weight=30)
    crumbs = Portion(lot=11, quantity=10, weight=70)
    [first, second] = links([Portion(lot=1, quantity=1000)], [cake, crumbs])
    assert (first.source_quantity, second.source_quantity) == (300, 700)
    [first, second] = links([Portion(lot=1, quantity=1100)], [cake, Portion(lot=11, quantity=10)])
    assert (first.source_quantity, second.source_quantity) == (1000, 100)


@of(st.integers(0, 10**15), st.lists(st.integers(0, 10**12), min_size=1, max_size=9).filter(any))
def test_a_split_by_largest_remainder_sums_and_stays_within_one(total: int, weights: list[int]) -> None:
    parts = largest_remainder(total, weights)
    assert sum(parts) == total
    assert all(abs(part - Fraction(total * w, sum(weights))) < 1 for part, w in zip(parts, weights, strict=True))


_CONTENTS = st.lists(st.builds(draws.Content, lot=st.integers(1, 6), quantity=st.integers(0, 10**12)), max_size=8)


@of(_CONTENTS, st.integers(1, 10**12), st.sets(st.integers(1, 9)))
def test_a_draw_takes_just_what_is_asked_and_no_more_of_a_lot_than_is_there(contents: list[draws.Content],
                                                                            quantity: int, before: set[int]) -> None:  # fmt: skip
    taken = draws.draw(contents, quantity, stood_before=before)
    if quantity > sum(c.quantity for c in contents):
        assert taken is None
        return
    assert taken is not None
    assert sum(amount for _, amount in taken.parts) == quantity
    assert all(0 < amount <= content.quantity for content, amount in taken.parts)
    drawn = {content.lot for content, _ in taken.parts}
    assert drawn.isdisjoint(taken.residue)
    assert drawn | set(taken.residue) == {c.lot for c in contents if c.quantity} | before


def test_the_shares_in_a_vessel_are_exact() -> None:
    contents = [draws.Content(lot=1, quantity=1), draws.Content(lot=2, quantity=1), draws.Content(lot=1, quantity=1)]
    assert draws.shares_of(contents) == {1: Fraction(2, 3), 2: Fraction(1, 3)}


def test_a_weight_is_rounded_half_up_and_is_never_nothing() -> None:
    assert weight_of(3_000_000, 500_000) == 1_500_000
    assert weight_of(1, 1) == 1


def test_the_last_good_day_is_the_own_the_shortest_or_the_earlier() -> None:
    own, early, late = date(2027, 1, 1), date(2026, 12, 1), date(2028, 1, 1)
    day = expiry.last_good_day
    assert day("own_life", own=own, components=[early]) == own
    assert day("shortest_component", own=own, components=[late, None]) == late
    assert day("strictest", own=own, components=[late]) == own
    assert day("strictest", own=own, components=[early, late]) == early
    assert day("strictest", own=None, components=[late]) == late
    assert day("shortest_component", own=own, components=[None]) == own
    assert day("own_life", own=None, components=[early]) is None
