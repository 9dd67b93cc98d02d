"""Shares against plants with known truth, on thousands of seeds; and what must hold of them whatever happened."""

from __future__ import annotations

from fractions import Fraction

import pytest

from tests import genealogy_plants as plants
from tests.genealogy_shares import shares
from wms.core.ids import LotId
from wms.trace.rules.graph import Direction, percent, rounded
from wms.trace.rules.shares import Flow, Passing, work_out

F, B = Direction.FORWARD, Direction.BACKWARD


def returned(plant: plants.Plant, step: int) -> int:
    return sum(one.into[0][1] for one in plant.steps if one.kind == "return" and one.of == step)


SEEDS = range(1000)


@pytest.mark.parametrize("with_cycles", [True, False], ids=["with rework in circles", "without"])
def test_what_stands_and_what_left_has_of_the_start_what_marked_goods_say(with_cycles: bool) -> None:
    for seed in SEEDS:
        plant = plants.grow(seed, steps=14 + seed % 12, with_cycles=with_cycles)
        starts = {plant.lots[seed % len(plant.lots)], plant.lots[(seed * 7) % len(plant.lots)]}
        known = plants.truth(plant, starts)
        found = shares(plant, F, dict.fromkeys(starts))
        assert found.total == known.total, seed
        whole = Fraction(0)
        for lot in plant.lots:
            amount = plant.stands[lot]
            share, part = found.line(LotId(lot), amount)
            assert share * found.total == known.stands[lot][1], (seed, lot)
            if amount:
                assert part == known.stands[lot][0], (seed, lot)
            whole += share
        for (step, lot), (part, goods) in known.left.items():
            out = dict(plant.steps[step - 1].out)[lot]
            if plant.steps[step - 1].kind == "ship":
                out -= returned(plant, step)
            share, found_part = found.line(LotId(lot), out, step)
            assert share * found.total == goods, (seed, step, lot)
            assert found_part == part, (seed, step, lot)
            whole += share
        assert whole == (known.total > 0), seed  # nothing of the start is lost, and nothing is counted twice


def test_backward_is_forward_seen_from_the_other_end() -> None:
    for seed in range(500):
        plant = plants.grow(seed, steps=12 + seed % 8)
        in_circles = {lot for group in plants.cycles(plant) if len(group) > 1 for lot in group}
        end = plant.lots[(seed * 5) % len(plant.lots)]
        if end in in_circles or not plant.came(end):
            continue
        back = shares(plant, B, {end: None})
        for lot in plant.lots:
            if lot in in_circles:
                continue
            ahead = shares(plant, F, {lot: None})
            assert back.share(LotId(lot)) == ahead.part(LotId(end)), (seed, lot)
            assert back.part(LotId(lot)) == ahead.share(LotId(end)), (seed, lot)


def test_backward_all_of_the_end_came_in_somewhere() -> None:
    for seed in range(600):
        plant = plants.grow(seed, steps=14 + seed % 12)
        ends = {plant.lots[seed % len(plant.lots)], plant.lots[(seed * 3) % len(plant.lots)]}
        found = shares(plant, B, dict.fromkeys(ends))
        came_in = [
            found.line(LotId(lot), amount, step.seq)[0]
            for step in plant.steps
            if not step.is_undone and not step.links and step.kind != "return"
            for lot, amount in step.into
        ]
        assert sum(came_in) == (found.total > 0), seed


def test_every_share_and_part_lies_from_0_to_1_and_a_part_start_is_a_part_of_the_whole() -> None:
    for seed in range(200):
        plant = plants.grow(seed)
        lot = plant.lots[seed % len(plant.lots)]
        whole_lot = plant.came(lot)
        for direction in Direction:
            whole, half = shares(plant, direction, {lot: None}), shares(plant, direction, {lot: whole_lot // 2 or 1})
            for other in plant.lots:
                for found in (whole, half):
                    assert 0 <= found.share(LotId(other)) <= 1, (seed, other)
                    assert 0 <= found.part(LotId(other)) <= 1, (seed, other)
                assert half.part(LotId(other)) <= whole.part(LotId(other)), (seed, other)


# -- by hand ------------------------------------------------------------------------------------------------------------
def flow(source: int, target: int, taken: int | Fraction, given: int | Fraction, order: int) -> Flow:
    return Flow(LotId(source), LotId(target), taken.as_integer_ratio(), given.as_integer_ratio(), order)


def test_flour_goes_into_bread_by_what_was_used_of_all_there_was() -> None:
    """100 kg of flour (1); 60 became 200 of 250 loaves (2), the other 50 loaves of rye (3)."""
    found = work_out(
        F, {LotId(1): None}, [flow(1, 2, 60, 200, 5), flow(3, 2, 15, 50, 5)], {LotId(1): 100, LotId(2): 250}
    )
    assert (found.share(LotId(2)), found.part(LotId(2))) == (Fraction(3, 5), Fraction(4, 5))
    assert found.line(LotId(2), 25) == (Fraction(3, 50), Fraction(4, 5))
    back = work_out(
        B, {LotId(2): None}, [flow(1, 2, 60, 200, 5), flow(3, 2, 15, 50, 5)], {LotId(1): 100, LotId(2): 250}
    )
    assert (back.share(LotId(1)), back.part(LotId(1))) == (Fraction(4, 5), Fraction(3, 5))


def test_goods_reworked_back_into_their_own_lot_are_not_counted_twice() -> None:
    """100 of lot 1; 50 go to be mended (2) and come back; then 40 are shipped."""
    flows = [flow(1, 2, 50, 50, 2), flow(2, 1, 50, 50, 3)]
    passings = [Passing(LotId(1), 1, 100), Passing(LotId(1), 4, -40)]
    found = work_out(F, {LotId(1): None}, flows, {LotId(1): 150, LotId(2): 50}, passings=passings)
    assert found.total == 100
    assert found.line(LotId(1), 40, 4) == (Fraction(2, 5), 1)
    assert found.line(LotId(1), 60) == (Fraction(3, 5), 1)
    mended = work_out(F, {LotId(2): None}, flows, {LotId(1): 150, LotId(2): 50}, passings=passings)
    assert mended.line(LotId(1), 40, 4) == (Fraction(2, 5), Fraction(1, 2))


def test_what_left_before_the_rework_has_nothing_of_it() -> None:
    flows = [flow(1, 2, 50, 50, 3), flow(2, 1, 50, 50, 5)]
    passings = [
        Passing(LotId(1), 1, 100), Passing(LotId(1), 2, -20), Passing(LotId(2), 4, 10), Passing(LotId(1), 6, -30)
    ]  # fmt: skip
    found = work_out(F, {LotId(2): None}, flows, {LotId(1): 150, LotId(2): 60}, passings=passings)
    assert found.line(LotId(1), 20, 2) == (0, 0)
    assert found.line(LotId(1), 30, 6)[1] == Fraction(50, 80)


def test_a_residue_reaches_with_a_share_of_nothing() -> None:
    found = work_out(F, {LotId(1): None}, [flow(1, 2, 0, 0, 3)], {LotId(1): 10, LotId(2): 10})
    assert (found.share(LotId(2)), found.part(LotId(2))) == (0, 0)


def test_links_of_a_file_that_take_more_than_there_was_give_no_share_above_1() -> None:
    found = work_out(F, {LotId(1): None}, [flow(1, 2, 80, 8, -2), flow(1, 3, 80, 8, -1)], {LotId(1): 100})
    assert found.share(LotId(2)) + found.share(LotId(3)) == 1


def test_a_long_chain_asks_for_no_recursion() -> None:
    flows = [flow(n, n + 1, 1, 1, n) for n in range(1, 20_000)]
    assert (
        work_out(F, {LotId(1): None}, flows, dict.fromkeys((LotId(n) for n in range(1, 20_001)), 1)).share(
            LotId(20_000)
        )
        == 1
    )


def test_what_is_more_than_nothing_never_reads_as_nothing() -> None:
    assert [percent(Fraction(n, d)) for n, d in ((0, 1), (1, 3), (1, 1), (1, 10**9), (10**9 - 1, 10**9))] == [
        "0", "33.33", "100", "<0.01", ">99.99",
    ]  # fmt: skip
    assert percent(None) == ""
    assert str(rounded(Fraction(2, 3))) == "0.666667"
