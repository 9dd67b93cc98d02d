"""What does not agree when a work order is closed."""

from typing import Any

import pytest

from wms.core.quantity import Quantity
from wms.production.rules.closing import LeftOver, Used, Why, differences, is_within


def q(units: int) -> Quantity:
    return Quantity.of(units)


def used(**more: Any) -> Used:
    told = {"sku": "FLOUR", "unit": "kg", "issued": q(100), "returned": q(5), "consumed": q(90), "scrapped": q(5)}
    return Used(**(told | more))


@pytest.mark.parametrize(
    ("consumed", "percent", "agrees"),
    [(90, 0, True), (89, 0, False), (91, 0, False), (89, 2, True), (88, 2, False), (92, 3, True), (0, 100, True)],
)
def test_consumption_agrees_within_its_tolerance(consumed: int, percent: int, agrees: bool) -> None:
    assert is_within(used(consumed=q(consumed), tolerance_percent=percent)) is agrees


def test_what_backflush_takes_is_not_compared() -> None:
    assert is_within(used(consumed=q(1), is_backflushed=True))
    assert is_within(used(consumed=q(1), backflushed=q(1)))


def test_every_kind_of_difference_is_listed_and_tolerated_leftovers_are_not() -> None:
    salt = used(sku="SALT", consumed=q(89), tolerance_percent=5)
    left = [LeftOver(sku=sku, lot="L-1", unit="kg", quantity=q(1)) for sku in ("FLOUR", "SALT")]
    found = differences(
        [used(consumed=q(88)), salt], left, without_input=[("DOUGH", "D-1")], without_source=[("FLOUR", "F-9")]
    )
    assert [one.why for one in found] == [
        Why.CONSUMED_DIFFERS, Why.GOODS_AT_LINE, Why.OUTPUT_WITHOUT_INPUT, Why.INPUT_WITHOUT_SOURCE,
    ]  # fmt: skip
    assert [one.text for one in found] == ["FLOUR 88 ≠ 90 kg", "FLOUR L-1 1 kg", "DOUGH D-1", "FLOUR F-9"]
    assert found[0].plain()["expected"] == "90" and found[2].plain()["found"] is None
