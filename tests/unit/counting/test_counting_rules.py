"""On which balances a counted difference falls."""

import pytest

from wms.core.quantity import Quantity
from wms.counting.rules import Counted, spread_loss, takes_gain

q = Quantity.of
FREE, PART = (
    Counted(on_hand=q(5), allocated=q(0), is_held=False),
    Counted(on_hand=q(5), allocated=q(3), is_held=False),
)
HELD = Counted(on_hand=q(9), allocated=q(0), is_held=True)


@pytest.mark.parametrize(
    ("balances", "missing", "losses"),
    [
        ([FREE, PART], 4, [4, 0]),
        ([PART, FREE], 6, [2, 4]),
        ([PART, FREE], 8, [3, 5]),
        ([HELD, PART], 5, [0, 5]),
        ([HELD, FREE], 14, [9, 5]),
        ([HELD], 1, [1]),
    ],
)
def test_free_goods_go_first_then_promised_then_held(balances: list[Counted], missing: int, losses: list[int]) -> None:
    assert spread_loss(balances, q(missing)) == [q(loss) for loss in losses]


def test_found_goods_join_what_is_not_held() -> None:
    assert takes_gain([HELD, FREE]) == 1
    assert takes_gain([HELD]) == 0
    assert takes_gain([]) is None
