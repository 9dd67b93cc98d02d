"""What came against what was announced."""

from wms.core.quantity import Quantity
from wms.receiving.rules.differences import Amount, compare


def amount(sku: str, lot: str, units: int) -> Amount:
    return Amount(sku=sku, lot_number=lot, quantity=Quantity.of(units))


def test_each_kind_of_difference() -> None:
    said = [amount("A", "L1", 10), amount("A", "L2", 10), amount("B", "L3", 5), amount("C", "", 8)]
    came = [
        amount("A", "L1", 10),
        amount("A", "L2", 4),
        amount("B", "L3", 6),
        amount("C", "L9", 8),
        amount("D", "L4", 1),
    ]
    rows = {(r.sku, r.lot_number): r.kind for r in compare(said, came)}
    assert rows == {
        ("A", "L1"): "same",
        ("A", "L2"): "missing",
        ("B", "L3"): "over",
        ("C", ""): "same",
        ("D", "L4"): "not_announced",
    }


def test_two_lines_of_one_lot_are_one() -> None:
    rows = compare([amount("A", "L1", 4), amount("A", "L1", 6)], [amount("A", "L1", 10)])
    assert [(r.announced, r.kind) for r in rows] == [(Quantity.of(10), "same")]
