"""Every way over the wall has its line in the mass balance, and returns are taken off what left."""

from __future__ import annotations

from itertools import product

from wms.sites.models import OUTSIDE_KINDS
from wms.stock.ledger import Reason
from wms.trace.balance import LINES_IN, LINES_OUT
from wms.trace.rules.balance import line_in, line_out
from wms.trace.rules.returns import CameBack, Left, settle


def test_every_reason_over_every_part_of_the_wall_has_a_line_each_way() -> None:
    for reason, kind in product(Reason, OUTSIDE_KINDS):
        assert line_in(reason, kind, is_import=False) in LINES_IN
        assert line_in(reason, kind, is_import=True) in LINES_IN
        assert line_out(reason, kind) in LINES_OUT


def test_what_an_import_brought_is_opening_stock_and_what_lots_became_is_no_production() -> None:
    assert line_in("count", "adjustment", is_import=True) == "opening"
    assert line_in("count", "adjustment", is_import=False) == "count_gains"
    assert [line_in(r, "consumed", is_import=False) for r in ("output", "merge", "split", "relabel")] == [
        "produced", "merged_in", "split_in", "relabelled_in",
    ]  # fmt: skip
    assert [line_out(r, "consumed") for r in ("consume", "merge", "split", "relabel", "sample")] == [
        "consumed", "merged_out", "split_out", "relabelled_out", "sampled",
    ]  # fmt: skip
    assert [line_out(r, "scrap") for r in ("scrap", "sample")] == ["destroyed", "sampled"]


def test_a_return_is_taken_off_the_shipment_it_names_then_off_the_newest_before_it() -> None:
    left = [Left(1, 10, ("shipment", 7), 0), Left(3, 10, ("shipment", 8), 1), Left(9, 10, ("shipment", 9), 2)]
    named = settle(left, [CameBack(5, 4, ("shipment", 7))])
    assert named == ([(0, 5, 4)], [])
    bare = settle(left, [CameBack(5, 14, ("", None))])
    assert bare == ([(1, 5, 10), (0, 5, 4)], [])
    # More than left before it: what left after it, then what never left.
    much = settle(left, [CameBack(5, 33, ("", None))])
    assert much == ([(1, 5, 10), (0, 5, 10), (2, 5, 10)], [(5, 3)])
    twice = settle(left, [CameBack(6, 3, ("shipment", 8)), CameBack(5, 8, ("shipment", 8))])
    assert twice == ([(1, 5, 8), (1, 6, 2), (0, 6, 1)], [])
