"""What a text is as a unit id, what is in a pack, and rings that no pack may be."""

import pytest

from wms.core.errors import BadCode, UnitOfOtherItem, UnitOfOtherLot
from wms.gs1.scan import read
from wms.units import rules

GTIN = "09506000134352"


@pytest.mark.parametrize(
    ("text", "scheme", "code", "lot"),
    [
        (f"(01){GTIN}(17)270131(10)L7(21)A1", "gs1", f"{GTIN}.A1", "L7"),
        (f"]d201{GTIN}21A1\x1d10L7", "gs1", f"{GTIN}.A1", "L7"),
        ("81234567890123456789", "drug_trace", "81234567890123456789", ""),
        ("SN-00017/b", "serial", "SN-00017/b", ""),
        ("00017", "serial", "00017", ""),
    ],
)
def test_serials_udi_and_drug_trace_codes_are_told_apart(text: str, scheme: str, code: str, lot: str) -> None:
    unit = rules.read_unit(read(text))
    assert (unit.scheme, unit.code, unit.lot) == (scheme, code, lot)


@pytest.mark.parametrize("text", [f"(01){GTIN}(10)L7", "二维码", "x" * 61])
def test_a_label_without_a_serial_is_no_unit(text: str) -> None:
    with pytest.raises((BadCode, Exception)) as refused:
        rules.read_unit(read(text))
    assert type(refused.value).__name__ in {"BadCode", "BadScan"}


def test_a_unit_of_another_item_or_lot_is_refused_by_what_its_label_says() -> None:
    unit = rules.read_unit(read(f"(01){GTIN}(10)L7(21)A1"))
    rules.check_label(unit, lot_number="L7", gtins=[GTIN], sku="DEV-1")
    with pytest.raises(UnitOfOtherLot) as lot:
        rules.check_label(unit, lot_number="L8", gtins=[GTIN], sku="DEV-1")
    assert lot.value.data == {"unit": f"{GTIN}.A1", "needed": "L8", "came": "L7"}
    with pytest.raises(UnitOfOtherItem):
        rules.check_label(unit, lot_number="L7", gtins=["04012345000009"], sku="DEV-1")


def test_packs_of_any_depth_name_their_pieces_and_a_ring_is_refused() -> None:
    children = {"case": ["box1", "box2"], "box1": ["a", "b"], "box2": ["c"]}
    assert sorted(rules.pieces_under("case", children)) == ["a", "b", "c"]
    assert rules.pieces_under("a", children) == ["a"]
    with pytest.raises(BadCode):
        rules.pieces_under("x", {"x": ["y"], "y": ["x"]})
    assert rules.levels_of({"a": "box", "b": "box", "box": "case"}) == {"a": 0, "b": 0, "box": 1, "case": 2}
    for ring in ({"x": "y", "y": "x"}, {"x": "x"}):
        with pytest.raises(BadCode):
            rules.levels_of(ring)


def test_the_sscc_of_a_pallet_is_the_code_of_a_pack() -> None:
    unit = rules.read_unit(read("(00)095060001343520000"))
    assert unit.is_pack and unit.code == "095060001343520000"


def test_lines_of_a_file_name_code_pack_and_outer_pack() -> None:
    lines = [["p1", "box1", "case"], ["p2", "box1", "case"], [""], ["p3"]]
    assert rules.codes_of_lines(lines) == [("p1", "box1"), ("box1", "case"), ("p2", "box1"), ("p3", "")]
    with pytest.raises(BadCode):
        rules.codes_of_lines([["p1", "", "case"]])
