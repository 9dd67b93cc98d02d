"""Sampling beyond the master tables: exact plans, switching, skip-lot, keeping, standing, and what results say."""

from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from math import comb
from typing import Any

import pytest

from wms.core.errors import FieldErrors
from wms.inspection.rules import plans, skip_lot, standing, switching, verdict
from wms.inspection.rules.plans import Request
from wms.inspection.rules.skip_lot import Ladder
from wms.inspection.rules.switching import Came, Memory
from wms.inspection.rules.verdict import Characteristic, Found


def decide(lot_size: int, sampling: str = "iso_2859_1", **more: Any) -> plans.Decision:
    return plans.decide(Request(lot_size=lot_size, sampling=sampling, **more))


def by_class(decision: plans.Decision) -> dict[str, tuple[int, int]]:
    return {c.defect_class: (c.size, c.accept) for c in decision.classes}


# -- plans ------------------------------------------------------------------------------------------------------------
def test_each_class_has_its_own_plan_and_one_without_an_aql_accepts_none() -> None:
    found = decide(1000, aqls={"major": "1.0", "minor": "4.0"})
    assert by_class(found) == {"critical": (80, 0), "major": (80, 2), "minor": (80, 7)}
    assert [r.code for r in found.reasons] == ["letter", "plan", "plan", "class_without_aql"]
    assert found.reasons[0].values == {"lot_size": 1000, "level": "II", "letter": "J"}


def test_an_arrow_leads_to_another_letter_and_is_told() -> None:
    found = decide(1000, aqls={"major": "0.25"})
    assert by_class(found)["major"] == (50, 0)
    assert [r.code for r in found.reasons[:3]] == ["letter", "arrow", "plan"]


def test_a_sample_as_large_as_the_lot_is_every_unit() -> None:
    found = decide(60, aqls={"major": "0.10"})
    assert by_class(found)["major"] == (60, 0)
    assert "sample_is_lot" in [r.code for r in found.reasons]


def test_a_single_unit_is_looked_at_whatever_the_plan_says() -> None:
    for sampling in ("iso_2859_1", "iso_2859_2", "zero", "square_root", "fixed", "all"):
        found = decide(1, sampling, aqls={"major": "1.0"}, limiting_quality="5", fixed_size=3)
        assert found.size == 1


def exactly(lot_size: int, bad: int, size: int, accept: int) -> Fraction:
    ways = sum(comb(bad, d) * comb(lot_size - bad, size - d) for d in range(accept + 1) if size >= d)
    return Fraction(ways, comb(lot_size, size))


@pytest.mark.parametrize(
    ("lot_size", "quality"), [(30, "20"), (100, "5.0"), (200, "8"), (1000, "5"), (1000, "8"), (3000, "3.15")]
)
def test_an_isolated_lot_at_the_limiting_quality_is_accepted_in_a_tenth_of_cases_at_most(
    lot_size: int, quality: str
) -> None:
    plan = next(
        c for c in decide(lot_size, "iso_2859_2", limiting_quality=quality).classes if c.defect_class == "major"
    )
    bad = plans.bad_units(lot_size, quality)
    assert exactly(lot_size, bad, plan.size, plan.accept) <= Fraction(1, 10)
    if plan.size > plan.accept + 1:
        assert exactly(lot_size, bad, plan.size - 1, plan.accept) > Fraction(1, 10), "the smallest such sample"


def test_an_isolated_lot_of_1000_at_8_percent_is_the_standards_own_plan() -> None:
    assert by_class(decide(1000, "iso_2859_2", limiting_quality="8.0"))["major"] == (80, 3)


def test_c_0_by_limiting_quality_and_by_aql_hold_the_consumers_risk() -> None:
    by_quality = decide(500, "zero", limiting_quality="5")
    size = by_quality.size
    assert exactly(500, 25, size, 0) <= Fraction(1, 10) < exactly(500, 25, size - 1, 0)
    by_aql = by_class(decide(1000, "zero", aqls={"major": "1.0", "minor": "4.0"}))
    assert by_aql["major"][1] == by_aql["minor"][1] == 0
    assert by_aql["minor"][0] < by_aql["major"][0] < 80


def test_the_root_the_fixed_number_and_all_are_plain() -> None:
    assert [decide(n, "square_root").size for n in (4, 5, 100, 101, 2)] == [3, 4, 11, 12, 2]
    assert [decide(n, "fixed", fixed_size=5).size for n in (100, 3)] == [5, 3]
    assert decide(77, "all").size == 77
    assert plans.lot_units(1_234_500_000, 25_000_000) == 50, "a begun bag counts as one"


def test_large_lots_are_reckoned_at_once() -> None:
    assert decide(3_000_000, "iso_2859_2", limiting_quality="0.65").size <= 1250


# -- switching --------------------------------------------------------------------------------------------------------
def run(marks: str, memory: Memory = Memory(), *, allowed: bool = False, gain: int = 2) -> tuple[Memory, list[str]]:
    """Send lots through: + accepted, - not accepted; the changes by their name."""
    changes = []
    for mark in marks:
        came = Came(is_accepted=mark == "+", gain=gain if mark == "+" else 0)
        memory, change = switching.after_lot(memory, came, is_reduced_allowed=allowed)
        changes.append(change)
    return memory, changes


def test_two_of_five_lots_not_accepted_tighten_and_two_of_six_do_not() -> None:
    assert run("-+++-")[0].severity == "tightened"
    assert run("-++++-")[0].severity == "normal"
    assert run("--")[1] == ["", "to_tightened"]


def test_five_in_a_row_accepted_under_tightened_go_back_to_normal() -> None:
    tightened = Memory(severity="tightened")
    assert run("++++", tightened)[0].severity == "tightened"
    assert run("+++++", tightened)[1][-1] == "to_normal"
    assert run("++++-++++", tightened)[0].severity == "tightened"


def test_five_failures_in_all_under_tightened_stop_the_supplier() -> None:
    tightened = Memory(severity="tightened")
    memory, changes = run("-++-+-++-+-", tightened)
    assert memory.severity == "stopped" and changes[-1] == "stopped" and changes.count("stopped") == 1
    assert run("+++++", memory)[0].severity == "stopped", "lots alone do not lift it"
    assert switching.after_lift(memory) == Memory(severity="tightened")


def test_reduced_needs_score_30_and_permission_and_one_failure_ends_it() -> None:
    assert run("+" * 15, gain=2)[0].score == 30
    assert run("+" * 15, gain=2)[0].severity == "normal"
    memory, changes = run("+" * 15, gain=2, allowed=True)
    assert memory.severity == "reduced" and changes.index("to_reduced") == 14
    assert run("+" * 10, gain=3, allowed=True)[0].severity == "reduced"
    assert run("-", memory, allowed=True)[0].severity == "normal"
    waiting = run("+" * 15, gain=2)[0]
    assert switching.after_permission(waiting, is_reduced_allowed=True)[1] == "to_reduced"
    assert switching.after_permission(memory, is_reduced_allowed=False)[1] == "to_normal"


def test_a_lot_that_would_fail_one_step_tighter_sets_the_score_back() -> None:
    assert switching.score_gain(accept=2, found=2, would_pass_tighter=False) == 0
    assert switching.score_gain(accept=2, found=1, would_pass_tighter=True) == 3
    assert switching.score_gain(accept=1, found=1, would_pass_tighter=False) == 2
    assert switching.score_gain(accept=1, found=2, would_pass_tighter=False) == 0
    memory = run("++++")[0]
    assert switching.after_lot(memory, Came(is_accepted=True, gain=0), is_reduced_allowed=True)[0].score == 0


def test_the_memory_is_kept_as_plain_data() -> None:
    memory = run("+-+++")[0]
    assert Memory.of(memory.severity, memory.as_data()) == memory


# -- skip-lot ---------------------------------------------------------------------------------------------------------
def look(ladder: Ladder, *scores: int, settled: bool = True) -> tuple[Ladder, list[str]]:
    changes = []
    for score in scores:
        ladder, change = skip_lot.after_look(ladder, is_accepted=score >= 0, score=max(score, 0), is_settled=settled)
        changes.append(change)
    return ladder, changes


@pytest.mark.parametrize(("scores", "frequency"), [([5] * 10, 4), ([5] * 6 + [3] * 7, 3), ([3] * 17, 2)])
def test_a_product_qualifies_by_ten_lots_and_a_score_of_50(scores: list[int], frequency: int) -> None:
    ladder, changes = look(Ladder(seed="s"), *scores)
    assert changes[-1] == "skip_qualified" and not any(changes[:-1])
    assert (ladder.stage, ladder.frequency) == ("skipping", frequency)


def test_a_lot_not_accepted_or_without_a_score_begins_the_count_anew() -> None:
    assert look(Ladder(), *[5] * 9, -1)[0].lots == 0
    assert look(Ladder(), *[5] * 9, 0)[0].lots == 0
    assert look(Ladder(), *[5] * 12, settled=False)[0].stage == "qualifying"


def test_one_lot_of_each_group_is_drawn_and_the_seed_draws_it_again() -> None:
    for frequency in (2, 3, 4, 5):

        def drawn(seed: str, frequency: int = frequency) -> list[bool]:
            ladders = [
                Ladder(stage="skipping", frequency=frequency, number=n, seed=seed) for n in range(frequency * 50)
            ]
            return [skip_lot.is_drawn(one) for one in ladders]

        marks = drawn("one")
        groups = [marks[n : n + frequency] for n in range(0, len(marks), frequency)]
        assert all(sum(group) == 1 for group in groups)
        assert marks == drawn("one") and marks != drawn("other")
        assert len({group.index(True) for group in groups}) == frequency, "any place of the group may be drawn"


def test_a_failure_interrupts_and_four_good_lots_resume_one_step_harder() -> None:
    skipping = Ladder(stage="skipping", frequency=4, seed="s")
    interrupted, changes = look(skipping, -1)
    assert changes == ["skip_interrupted"] and skip_lot.is_drawn(interrupted)
    resumed, changes = look(interrupted, 5, 5, 5, 5)
    assert changes[-1] == "skip_resumed" and (resumed.stage, resumed.frequency) == ("skipping", 3)
    lost, changes = look(interrupted, 5, -1)
    assert changes[-1] == "skip_lost" and lost.stage == "qualifying"


def test_ten_more_good_lots_lead_from_one_in_four_to_one_in_five() -> None:
    ladder, changes = look(Ladder(stage="skipping", frequency=4, seed="s"), *[5] * 10)
    assert changes[-1] == "skip_rarer" and ladder.frequency == 5
    assert Ladder.of(ladder.as_data()) == ladder


# -- results ----------------------------------------------------------------------------------------------------------
LOOKS = Characteristic(sequence=1, kind="visual", defect_class="major")
WIDTH = Characteristic(
    sequence=2, kind="measure", defect_class="major", minimum=Decimal("9.8"), maximum=Decimal("10.2")
)
COLOUR = Characteristic(
    sequence=3,
    kind="choice",
    defect_class="minor",
    choices=("clear", "pale", "dark"),
    accepted_choices=("clear", "pale"),
)
PAPER = Characteristic(sequence=4, kind="certificate", defect_class="critical")
PLANS = [
    {"class": "critical", "size": 5, "accept": 0},
    {"class": "major", "size": 5, "accept": 1},
    {"class": "minor", "size": 3, "accept": 1},
]


def test_a_figure_is_judged_by_its_limits_exactly() -> None:
    assert [verdict.read_value(WIDTH, text) for text in ("9.8", "10.2", "9.79", "10,21", "-1")] == [
        ("9.8", True), ("10.2", True), ("9.79", False), ("10.21", False), ("-1", False),
    ]  # fmt: skip
    for text in ("", "1e3", "NaN", "ten", "1.2.3"):
        with pytest.raises(FieldErrors):
            verdict.read_value(WIDTH, text)
    assert verdict.read_value(COLOUR, "dark") == ("dark", False)
    with pytest.raises(FieldErrors):
        verdict.read_value(COLOUR, "blue")
    with pytest.raises(FieldErrors):
        verdict.read_value(LOOKS, "maybe")


def found(*rows: tuple[int, int, int, bool]) -> list[Found]:
    return [Found(characteristic=c, first=a, last=b, is_conforming=good) for c, a, b, good in rows]


def test_a_unit_with_two_major_defects_counts_once() -> None:
    results = found((1, 1, 5, True), (2, 1, 1, False), (1, 2, 2, False), (2, 2, 2, False))
    said = verdict.suggest([LOOKS, WIDTH], results, plans=PLANS)
    assert {c.defect_class: c.found for c in said.classes} == {"major": 2}
    assert said.verdict == "rejected" and said.reasons[0][0] == "too_many"


def test_nothing_is_accepted_before_all_is_looked_at_but_enough_bad_units_reject_at_once() -> None:
    assert verdict.suggest([LOOKS], found((1, 1, 4, True)), plans=PLANS).verdict == "incomplete"
    assert verdict.suggest([LOOKS], found((1, 1, 4, True)), plans=PLANS).missing == 1
    assert verdict.suggest([LOOKS], found((1, 1, 2, False)), plans=PLANS).verdict == "rejected"
    assert verdict.suggest([LOOKS], found((1, 1, 1, False), (1, 2, 5, True)), plans=PLANS).verdict == "accepted"


def test_a_missing_certificate_waits_and_a_wrong_one_rejects() -> None:
    good = found((1, 1, 5, True))
    assert verdict.suggest([LOOKS, PAPER], good, plans=PLANS).verdict == "incomplete"
    assert verdict.suggest([LOOKS, PAPER], good + found((4, 1, 1, False)), plans=PLANS).verdict == "rejected"
    assert verdict.suggest([LOOKS, PAPER], good + found((4, 1, 1, True)), plans=PLANS).verdict == "accepted"


def test_a_lot_sorted_whole_is_sorted_and_tells_its_bad_units() -> None:
    results = found((1, 1, 1, False), (1, 2, 5, True), (3, 1, 2, False), (3, 3, 3, True))
    said = verdict.suggest([LOOKS, COLOUR], results, plans=PLANS, is_sorted_whole=True)
    assert (said.verdict, said.bad_units) == ("sorted", 2)
    clean = verdict.suggest([LOOKS], found((1, 1, 5, True)), plans=PLANS, is_sorted_whole=True)
    assert clean.verdict == "accepted"


def test_nothing_of_a_stopped_supplier_is_accepted() -> None:
    assert verdict.suggest([LOOKS], found((1, 1, 5, True)), plans=PLANS, is_stopped=True).verdict == "stopped"


# -- standing ---------------------------------------------------------------------------------------------------------
def counts(**more: Any) -> standing.Counts:
    given: dict[str, Any] = {
        "lots_inspected": 20,
        "lots_accepted": 19,
        "units_inspected": 1000,
        "defects": {"major": 5},
    }
    return standing.Counts(**(given | more))


def test_a_rating_is_the_formula_on_the_page() -> None:
    # 70 x 19/20 + 30 x (1 - 15/1000) = 66.5 + 29.55 = 96.05, half up.
    assert standing.rating(counts()) == Decimal("96.1")
    assert standing.rating(counts(stops=1)) == Decimal("86.1")
    assert standing.rating(counts(defects={"critical": 200})) == Decimal("66.5")
    assert standing.rating(standing.Counts()) is None


@pytest.mark.parametrize(
    ("more", "trust"),
    [({}, "high"), ({"lots_accepted": 16}, "normal"), ({"lots_accepted": 10}, "low"), ({"stops": 1}, "stopped"),
     ({"lots_inspected": 4, "lots_accepted": 4}, "new")],
)  # fmt: skip
def test_trust_follows_from_the_rating(more: dict[str, int], trust: str) -> None:
    assert standing.trust(counts(**more)).value == trust


def test_a_worse_supplier_never_rates_higher() -> None:
    ratings = [standing.rating(counts(lots_accepted=n)) for n in range(21)]
    assert all(a is not None and b is not None and a <= b for a, b in pairwise(ratings))
