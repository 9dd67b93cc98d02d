"""The gate before every pick, as tables."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from wms.catalog.models import FefoGrade
from wms.core.errors import (
    FefoBroken,
    LifeTooShort,
    LotExpired,
    LotOnHold,
    MissingField,
    NotAllowed,
    NotReleased,
    PickedTooMuch,
    PickStopped,
    QuestionNeeded,
    WrongBinScanned,
    WrongItemScanned,
    WrongLotScanned,
    WrongLpnScanned,
    WrongState,
)
from wms.core.quantity import Quantity
from wms.picking.models import OrderState, PickListState
from wms.picking.rules.check_pick import Scanned, StopFacts, check_pick
from wms.picking.rules.states import LIST_STEPS, ORDER_STEPS
from wms.picking.rules.terms import Terms
from wms.stock.rules.availability import StockFacts
from wms.stock.rules.overrides import check_override

TODAY = date(2026, 11, 22)
STOCK = StockFacts(lot_number="L1", quality="released", is_held=False, last_good_on=TODAY + timedelta(days=9))
STOP = StopFacts(
    state="open", bin_code="A-01", sku="TEA", lot_number="L1", quantity=Quantity.of(6), stock=STOCK, on=TODAY
)
PLATE = replace(STOP, lpn_code="P1")
LOT = {"lot_number": "L1"}


def _check(stop: StopFacts, scanned: dict[str, Any], quantity: int = 6) -> Any:
    return check_pick(stop, Scanned(**({"bin_code": "A-01"} | scanned)), Quantity.of(quantity))


@pytest.mark.parametrize(
    ("stop", "scanned"),
    [
        (STOP, LOT),
        (STOP, {"lot_number": "L1", "sku": "TEA"}),
        (STOP, {"sku": "TEA"}),
        (PLATE, {"lpn_code": "P1"}),
        (PLATE, LOT),
        (replace(PLATE, lots_on_lpn=2), {"lpn_code": "P1", "lot_number": "L1"}),
        (replace(STOP, state="taken"), LOT),
        (replace(STOP, stock=replace(STOCK, last_good_on=TODAY)), LOT),
        (replace(STOP, needed_until=STOCK.last_good_on), LOT),
    ],
)
def test_what_names_the_goods_well_enough_is_taken(stop: StopFacts, scanned: dict[str, Any]) -> None:
    assert _check(stop, scanned, 4).left == Quantity.of(2)


@pytest.mark.parametrize(
    ("stop", "scanned", "quantity", "refusal", "data"),
    [
        (replace(STOP, state="stopped", why_stopped="damage"), LOT, 6, PickStopped, {"lot": "L1", "reason": "damage"}),
        (replace(STOP, state="done"), LOT, 6, WrongState, {}),
        (STOP, {"bin_code": "A-02", **LOT}, 6, WrongBinScanned, {"needed": "A-01", "scanned": "A-02"}),
        (STOP, {"sku": "SALT", **LOT}, 6, WrongItemScanned, {"needed": "TEA", "scanned": "SALT"}),
        (STOP, {"lot_number": "L2"}, 6, WrongLotScanned, {"needed": "L1", "scanned": "L2"}),
        (STOP, {"lot_number": "l1"}, 6, WrongLotScanned, {"needed": "L1", "scanned": "l1"}),
        (STOP, {"lpn_code": "P9"}, 6, WrongLpnScanned, {"scanned": "P9"}),
        (PLATE, {"lpn_code": "P9"}, 6, WrongLpnScanned, {"needed": "P1", "scanned": "P9"}),
        (replace(PLATE, places_of_lot=2), LOT, 6, WrongLpnScanned, {"needed": "P1"}),
        (replace(STOP, lots_in_bin=2), {"sku": "TEA"}, 6, QuestionNeeded, {"question": "which_lot"}),
        (replace(PLATE, lots_on_lpn=2), {"lpn_code": "P1"}, 6, QuestionNeeded, {"question": "which_lot"}),
        (STOP, {}, 6, MissingField, {}),
        (replace(STOP, stock=replace(STOCK, is_held=True)), LOT, 6, LotOnHold, {"lot": "L1"}),
        (replace(STOP, stock=replace(STOCK, quality="pending")), LOT, 6, NotReleased, {"quality": "pending"}),
        (replace(STOP, on=TODAY + timedelta(days=10)), LOT, 6, LotExpired, {"on": "2026-12-02"}),
        (
            replace(STOP, stock=replace(STOCK, last_good_on=TODAY, usable_on_last_day=False)),
            LOT, 6, LotExpired, {"lot": "L1"},
        ),
        (replace(STOP, needed_until=TODAY + timedelta(days=10)), LOT, 6, LifeTooShort, {"needed_on": "2026-12-02"}),
        (STOP, LOT, 7, PickedTooMuch, {"needed": "6", "scanned": "7"}),
        (STOP, LOT, 0, MissingField, {"field": "quantity"}),
    ],
)  # fmt: skip
def test_everything_else_is_refused_with_what_was_needed_and_what_came(
    stop: StopFacts, scanned: dict[str, Any], quantity: int, refusal: type[Exception], data: dict[str, str]
) -> None:
    with pytest.raises(refusal) as refused:
        _check(stop, scanned, quantity)
    assert data.items() <= refused.value.data.items()  # type: ignore[attr-defined]


ASK, NO = (FefoBroken, WrongLotScanned), (NotAllowed, NotAllowed)


@pytest.mark.parametrize(
    ("grade", "reason", "is_permitted", "refusals"),
    [
        ("allow", "", False, None),
        ("reason", "", True, ASK),
        ("reason", " ", True, ASK),
        ("reason", "torn", False, None),
        ("supervisor", "torn", False, NO),
        ("supervisor", "", True, ASK),
        ("supervisor", "torn", True, None),
        ("forbid", "torn", True, ASK),
    ],
)
def test_an_override_is_as_hard_as_the_items_grade(
    grade: str, reason: str, is_permitted: bool, refusals: tuple[type[Exception], type[Exception]] | None
) -> None:
    for n, skipped in enumerate((["L0"], [])):
        values: dict[str, Any] = {
            "grade": grade, "needed": "L1", "scanned": "L9", "skipped": skipped, "reason": reason,
            "is_permitted": is_permitted,
        }  # fmt: skip
        if refusals is None:
            check_override(**values)
        else:
            with pytest.raises(refusals[n]):
                check_override(**values)
    assert {g.value for g in FefoGrade} == {"allow", "reason", "supervisor", "forbid"}


def test_terms_fall_back_field_by_field() -> None:
    terms = Terms(item_policy="fefo", customer_days_min=30, rule_percent_min=50, shelf_life_days=100)
    assert terms.needed_until(TODAY) == TODAY + timedelta(days=50), "the stricter of 30 days and half of 100"
    assert replace(terms, rule_days_min=0, rule_percent_min=0).needed_until(TODAY) == TODAY
    assert Terms(item_policy="fefo").needed_until(TODAY) is None
    assert replace(terms, customer_policy="fifo").policy == "fifo"
    assert replace(terms, customer_policy="fifo", rule_policy="lifo").policy == "lifo"
    assert replace(terms, rule_policy="lifo", order_policy="fefo").policy == "fefo"


def test_the_tables_of_states_name_only_states_there_are() -> None:
    for table, states in ((ORDER_STEPS, OrderState), (LIST_STEPS, PickListState)):
        assert {s for s, _ in table} | set(table.values()) <= {s.value for s in states}
