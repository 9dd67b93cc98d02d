"""What state stock is in, and where goods in a state may be carried by hand."""

from datetime import date

import pytest

from wms.stock.rules.state import StockState, kinds_for, states_of

ON = date(2026, 11, 22)


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({}, ("available",)),
        ({"has_promised": True}, ("available", "allocated")),
        ({"has_promised": True, "has_free": False}, ("allocated",)),
        ({"quality": "pending"}, ("pending",)),
        ({"quality": "pending", "is_held": True}, ("held", "pending")),
        ({"quality": "rejected", "last_good_on": date(2026, 11, 21)}, ("rejected", "expired")),
        ({"last_good_on": ON}, ("available",)),
        ({"last_good_on": ON, "usable_on_last_day": False}, ("expired",)),
    ],
)
def test_the_states_of_stock_are_named_worst_first(facts: dict[str, object], expected: tuple[str, ...]) -> None:
    whole = {"quality": "released", "is_held": False, "last_good_on": date(2027, 1, 1), "on": ON, **facts}
    assert states_of(**whole) == expected  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("state", "kinds"),
    [
        (StockState.AVAILABLE, {"storage", "pick_face", "dock", "quarantine"}),
        (StockState.PENDING, {"storage", "dock", "quarantine"}),
        (StockState.HELD, {"storage", "dock", "quarantine", "reject_cage"}),
        (StockState.EXPIRED, {"reject_cage", "quarantine", "dock"}),
        (StockState.REJECTED, {"reject_cage", "quarantine", "dock"}),
    ],
)
def test_a_state_may_stand_only_where_it_does_no_harm(state: StockState, kinds: set[str]) -> None:
    assert kinds_for((state,), source_kind="storage") == kinds


def test_picked_goods_move_between_staging_and_shipping_and_held_ones_do_not() -> None:
    assert "shipping" in kinds_for((StockState.AVAILABLE,), source_kind="staging")
    assert "shipping" in kinds_for((StockState.ALLOCATED,), source_kind="staging")
    assert "shipping" not in kinds_for((StockState.HELD, StockState.ALLOCATED), source_kind="staging")
    assert "staging" not in kinds_for((StockState.AVAILABLE,), source_kind="storage")
