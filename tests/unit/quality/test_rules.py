"""What a hold takes: all of each piece, or of a quantity first the free part, then promises, newest first and whole."""

import pytest

from wms.core.errors import FieldErrors, SecondPersonNeeded, WrongState
from wms.core.quantity import Quantity
from wms.quality.rules import Piece, Promise, check_lifter, check_scope, check_verdict, plan_hold


def q(units: int) -> Quantity:
    return Quantity.of(units)


def test_without_a_quantity_everything_is_taken_and_every_promise_breaks() -> None:
    promise = Promise(claim=7, quantity=q(4))
    takes = plan_hold([Piece(balance=1, on_hand=q(10), is_held=False, promises=(promise,))], None)
    assert [(t.balance, t.quantity, t.broken) for t in takes] == [(1, q(10), (promise,))]


def test_a_quantity_takes_what_is_free_before_it_breaks_a_promise() -> None:
    pieces = [Piece(balance=1, on_hand=q(10), is_held=False, promises=(Promise(claim=7, quantity=q(6)),))]
    (take,) = plan_hold(pieces, q(4))
    assert (take.quantity, take.broken) == (q(4), ())


def test_a_quantity_beyond_the_free_part_breaks_the_newest_promise_only() -> None:
    newest, oldest = Promise(claim=9, quantity=q(3)), Promise(claim=7, quantity=q(5))
    pieces = [Piece(balance=1, on_hand=q(10), is_held=False, promises=(newest, oldest))]
    (take,) = plan_hold(pieces, q(4))
    assert (take.quantity, take.broken) == (q(4), (newest,))


def test_goods_that_are_held_already_are_counted_last() -> None:
    pieces = [Piece(balance=1, on_hand=q(5), is_held=True), Piece(balance=2, on_hand=q(5), is_held=False)]
    assert [(t.balance, t.quantity) for t in plan_hold(pieces, q(7))] == [(2, q(5)), (1, q(2))]


def test_a_quantity_that_is_not_there_is_taken_as_far_as_it_goes() -> None:
    takes = plan_hold([Piece(balance=1, on_hand=q(5), is_held=False)], q(7))
    assert sum(t.quantity.millionths for t in takes) == q(5).millionths


@pytest.mark.parametrize(("scope", "missing"), [("bin", "bin"), ("lpn", "lpn"), ("quantity", "bin")])
def test_a_scope_without_its_place_is_refused(scope: str, missing: str) -> None:
    with pytest.raises(FieldErrors) as refused:
        check_scope(scope, {"bin": None, "lpn": None, "quantity": None})
    assert refused.value.data == {"errors": {missing: ["required"]}}


def test_the_one_who_placed_a_hold_may_not_lift_it() -> None:
    check_lifter(placed_by=1, placed_by_name="Li", actor=2)
    with pytest.raises(SecondPersonNeeded) as refused:
        check_lifter(placed_by=1, placed_by_name="Li", actor=1)
    assert refused.value.data == {"placed_by": "Li"}


@pytest.mark.parametrize(
    ("source", "target"), [("released", "rejected"), ("rejected", "released"), ("pending", "pending")]
)
def test_a_verdict_is_passed_on_pending_goods_only(source: str, target: str) -> None:
    with pytest.raises(WrongState):
        check_verdict(source, target)
