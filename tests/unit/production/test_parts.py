"""How a quantity is taken off goods at a line."""

from wms.core.quantity import Quantity
from wms.production.rules.parts import Part, Promise, Standing, take_parts

ROWS = [
    Standing(free=Quantity(5), promises=(Promise(claim=1, quantity=Quantity(3)),)),
    Standing(free=Quantity(2), promises=(Promise(claim=2, quantity=Quantity(4)),)),
]


def test_what_is_promised_goes_before_what_is_free() -> None:
    assert take_parts(ROWS, Quantity(8)) == [
        Part(row=0, quantity=Quantity(3), claim=1),
        Part(row=1, quantity=Quantity(4), claim=2),
        Part(row=0, quantity=Quantity(1)),
    ]


def test_a_part_of_a_promise_is_enough() -> None:
    assert take_parts(ROWS, Quantity(2)) == [Part(row=0, quantity=Quantity(2), claim=1)]


def test_it_goes_as_far_as_the_goods_reach() -> None:
    parts = take_parts(ROWS, Quantity(100))
    assert sum(part.quantity.millionths for part in parts) == 14 == sum(row.usable.millionths for row in ROWS)


def test_nothing_wanted_takes_nothing() -> None:
    assert take_parts(ROWS, Quantity(0)) == []
