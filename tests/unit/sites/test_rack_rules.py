"""The generator of bins: how aisles are written, how racks are walked, what is too much."""

import pytest

from wms.core.errors import FieldErrors
from wms.gs1.codes import BinCode
from wms.sites import rules
from wms.sites.rules import RackPlan


def racks(**more: object) -> RackPlan:
    return RackPlan(**{"aisles": ("A", "B"), "last_bay": 3, "levels": 2, "positions": 2} | more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "aisles"),
    [
        ("A", ("A",)),
        (" A - C ", ("A", "B", "C")),
        ("A,C，E、G", ("A", "C", "E", "G")),
        ("1-3", ("1", "2", "3")),
        ("98-101", ("98", "99", "100", "101")),
        ("冷1-冷1", None),
        ("冷区", ("冷区",)),
        ("R09-R11", ("R09", "R10", "R11")),
        ("A-C,B", None),
        ("C-A", None),
        ("", None),
        (",", None),
        ("A/B", None),
        ("A-01-2", None),
        ("1-501", None),
        ("x" * 13, None),
    ],
)
def test_aisles_are_read_as_people_write_them(text: str, aisles: tuple[str, ...] | None) -> None:
    if aisles is None:
        with pytest.raises(FieldErrors):
            rules.read_aisles(text)
    else:
        assert rules.read_aisles(text) == aisles


@pytest.mark.parametrize("text", ["0", "5-3", "1000", "a", "", "1-2-3", "-4"])
def test_bays_that_cannot_be_are_refused(text: str) -> None:
    with pytest.raises(FieldErrors):
        rules.read_bays(text)


def test_the_walk_goes_up_one_aisle_and_down_the_next() -> None:
    bins = list(rules.lay_out(racks(), first_walk=1000))
    assert len(bins) == racks().count == 24
    assert [b.walk_sequence for b in bins] == list(range(1000, 1240, 10))
    bays = [b.code[:4] for b in bins][::4]
    assert bays == ["A-01", "A-02", "A-03", "B-03", "B-02", "B-01"]
    plain = [b.code[:4] for b in rules.lay_out(racks(is_serpentine=False), first_walk=0)][::4]
    assert plain == ["A-01", "A-02", "A-03", "B-01", "B-02", "B-03"]
    assert {b.kind for b in bins if b.code.split("-")[2] == "1"} == {"pick_face"}
    assert {b.kind for b in bins if b.code.split("-")[2] == "2"} == {"storage"}


def test_codes_are_unique_sort_as_they_stand_and_can_be_printed() -> None:
    bins = list(rules.lay_out(racks(first_bay=95, last_bay=105, levels=11, positions=10), first_walk=0))
    codes = [b.code for b in bins]
    assert len(set(codes)) == len(codes)
    assert codes[0] == "A-095-01-01" and "A-105-11-10" in codes
    assert all(BinCode.parse(code).value == code for code in codes)
    assert [c for c in codes if c.startswith("A")] == sorted(c for c in codes if c.startswith("A"))


@pytest.mark.parametrize(
    "wrong",
    [{"levels": 0}, {"positions": 100}, {"face_levels": 3}, {"last_bay": 999, "levels": 26}, {"aisles": ("仓" * 32,)}],
)
def test_too_much_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(FieldErrors):
        rules.check_racks(racks(**wrong))
    rules.check_racks(racks(last_bay=500, levels=50, positions=1))


def test_a_warehouse_stands_on_every_kind_of_bin_that_work_needs() -> None:
    kinds = [b.kind for b in rules.standing_bins(3)]
    assert kinds.count("dock") == kinds.count("staging") == 3
    assert {"reject_cage", "shipping", "transit", "supplier", "customer", "scrap", "adjustment", "consumed"} < set(
        kinds
    )
    assert rules.quarantine_bin("COLD", 10).code == "QUAR-COLD"
