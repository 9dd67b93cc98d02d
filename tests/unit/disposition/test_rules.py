"""The checklist point by point, who may approve, and the tables of states."""

from dataclasses import replace

import pytest

from tests.given import TODAY, day
from wms.core.errors import OtherPersonNeeded, RoleNeeded, WrongState
from wms.core.states import step
from wms.disposition.rules import approvals, checklist, states
from wms.disposition.rules.approvals import Involved, Need
from wms.disposition.rules.checklist import Asked, Facts, ItemState, Licence, Point, Policy
from wms.stock.rules.scope import Buyer, Entry, entries, is_within, written

ALL = Policy(points=dict.fromkeys(Point, Asked.ASKED))
GOOD = Facts(
    on=TODAY, certificates=1, registration="R1", registration_until=TODAY, licences=(Licence(name="S", until=TODAY),),
    is_label_checked=True, has_scope=True,
)  # fmt: skip


def why(facts: Facts, policy: Policy = ALL) -> dict[Point, str]:
    return {item.point: item.why for item in checklist.check(facts, policy) if item.state is ItemState.MISSING}


def test_good_facts_have_every_point() -> None:
    assert why(GOOD) == {}
    assert [item.point for item in checklist.check(GOOD, ALL)] == list(Point)


@pytest.mark.parametrize(
    ("changes", "point", "code"),
    [
        ({"inspections_open": ("I1",)}, Point.INSPECTION, "inspection_open"),
        ({"inspections_failed": ("I1",)}, Point.INSPECTION, "inspection_failed"),
        ({"holds": ("suspect",)}, Point.HOLDS, "on_hold"),
        ({"nonconformances": ("NC-1",)}, Point.NONCONFORMANCE, "nonconformance_open"),
        ({"certificates": 0}, Point.CERTIFICATE, "no_certificate"),
        ({"temperatures": (301,)}, Point.TEMPERATURE, "temperature_outside"),
        ({"storage_class": "frozen", "temperatures": (-179,)}, Point.TEMPERATURE, "temperature_outside"),
        ({"storage_class": "cold", "temperatures": (19,)}, Point.TEMPERATURE, "temperature_outside"),
        (
            {"storage_class": "cold", "temperatures": (None,), "is_read_at_door": True},
            Point.TEMPERATURE,
            "temperature_not_read",
        ),
        ({"registration": ""}, Point.REGISTRATION, "no_registration"),
        ({"registration_until": day(-1)}, Point.REGISTRATION, "registration_ended"),
        ({"licences": (Licence(name="S", until=day(-1)),)}, Point.LICENCES, "licence_ended"),
        ({"is_label_checked": False}, Point.LABEL_CHECK, "label_not_checked"),
        ({"has_scope": False}, Point.SCOPE, "no_scope"),
    ],
)
def test_each_fault_is_one_point_with_its_reason(changes: dict[str, object], point: Point, code: str) -> None:
    bad = replace(GOOD, **changes)  # type: ignore[arg-type]
    assert why(bad) == {point: code}
    assert why(bad, Policy(points={})) == {}


def test_only_a_point_that_may_be_waived_is_waived() -> None:
    facts = replace(GOOD, certificates=0, waived={Point.CERTIFICATE: 7})
    waivable = Policy(points={Point.CERTIFICATE: Asked.WAIVABLE})
    (item,) = [one for one in checklist.check(facts, waivable) if one.point is Point.CERTIFICATE]
    assert item.state is ItemState.WAIVED and not item.stops
    assert why(facts) == {Point.CERTIFICATE: "no_certificate"}


def test_a_market_only_adds() -> None:
    base = Policy(points={Point.CERTIFICATE: Asked.ASKED, Point.LICENCES: Asked.OFF})
    market = Policy(points={Point.CERTIFICATE: Asked.OFF, Point.LICENCES: Asked.WAIVABLE}, needs_two=True)
    merged = checklist.merge(base, [market])
    assert merged.asks(Point.CERTIFICATE) is Asked.ASKED and merged.asks(Point.LICENCES) is Asked.WAIVABLE
    assert merged.needs_two


def test_the_last_approval_must_leave_one_of_quality() -> None:
    two = Need(people=2)
    assert not approvals.check_approver({"supervisor"}, two, given=0, has_quality=False)
    with pytest.raises(RoleNeeded):
        approvals.check_approver({"supervisor"}, two, given=1, has_quality=False)
    assert approvals.check_approver({"quality"}, two, given=1, has_quality=False)
    assert approvals.check_approver({"supervisor"}, two, given=1, has_quality=True)
    with pytest.raises(RoleNeeded):
        approvals.check_approver({"picker"}, Need(people=2, roles=("supervisor",)), given=0, has_quality=False)


def test_executor_and_witness_are_two_and_one_is_free_of_the_decision() -> None:
    li, wang = Involved(user=1, name="Li", part=""), Involved(user=2, name="Wang", part="")
    deciders = [Involved(user=1, name="Li", part="who_ordered"), Involved(user=2, name="Wang", part="who_approved")]
    approvals.check_witness(executor=li, witness=wang, deciders=deciders[:1])
    with pytest.raises(OtherPersonNeeded):
        approvals.check_witness(executor=li, witness=li, deciders=[])
    with pytest.raises(OtherPersonNeeded):
        approvals.check_witness(executor=li, witness=wang, deciders=deciders)


def test_no_step_leads_past_an_approval_or_a_witness() -> None:
    with pytest.raises(WrongState):
        step(states.NONCONFORMANCE, "reviewed", "finish", subject="NC")
    with pytest.raises(WrongState):
        step(states.DESTRUCTION, "ordered", "carry_out", subject="DES")
    with pytest.raises(WrongState):
        step(states.DESTRUCTION, "approved", "witness", subject="DES")
    assert not [key for key in states.DESTRUCTION if key[0] in {"done", "cancelled"}]


def test_a_scope_is_read_as_it_was_written() -> None:
    some = [Entry(market="CN"), Entry(customer=7, code="ACME", until=TODAY)]
    words = " ".join(one.word for one in some)
    assert list(entries(words)) == some and written(words) == f"CN, ACME ({TODAY})"
    assert is_within(words, Buyer(customer=7, code="ACME", market="EU"), on=TODAY)
    assert not is_within(words, Buyer(customer=7, code="ACME", market="EU"), on=day(1))
    assert is_within(words, Buyer(customer=8, code="B", market="CN"), on=day(1))
    assert not is_within(words, Buyer(customer=8, code="B"), on=TODAY)
    assert is_within("", Buyer(customer=8, code="B"), on=TODAY)
