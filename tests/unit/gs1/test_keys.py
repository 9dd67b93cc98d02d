"""Keys and codes: what parses, what is refused, and that nothing is changed on the way."""

import doctest

import pytest

from wms.core.errors import BadCode
from wms.gs1 import ai, checksums, codes, dates, digital_link, epc, gtin, scan, sscc
from wms.gs1.codes import BinCode, LotNumber, LpnCode, Sku
from wms.gs1.gtin import Gtin
from wms.gs1.sscc import Sscc


@pytest.mark.parametrize("module", [ai, checksums, codes, dates, digital_link, epc, gtin, scan, sscc])
def test_the_examples_in_the_docstrings_hold(module):
    assert doctest.testmod(module).failed == 0


@pytest.mark.parametrize("text", ["96385074", "614141000036", "9506000134352", "09506000134352"])
def test_every_length_of_gtin_becomes_fourteen_digits(text):
    assert Gtin.parse(text).value == text.zfill(14)


@pytest.mark.parametrize(
    "text", ["", "9506000134353", "950600013435", "95060001343529", "９５０６０００１３４３５２", "abc"]
)
def test_a_wrong_gtin_is_refused(text):
    with pytest.raises(BadCode):
        Gtin.parse(text)


def test_an_sscc_is_made_with_its_check_digit_and_a_serial_that_does_not_fit_is_refused():
    made = Sscc.make("9521141", 3, 42)
    assert made == Sscc.parse(f"(00){made}") == Sscc.parse(f"00{made}")
    with pytest.raises(BadCode):
        Sscc.make("9521141", 3, 10**9)
    with pytest.raises(BadCode):
        Sscc.parse("095201234567891236")


def test_lot_numbers_that_look_alike_stay_different():
    texts = ["0012", "12", "a/12", "A/12", "10D9T", "批号 1"]
    assert [LotNumber.parse(f"  {text}\t").value for text in texts] == texts


@pytest.mark.parametrize(
    ("kind", "text"),
    [(LotNumber, ""), (LotNumber, "x" * 41), (LotNumber, "a\x1db"), (LotNumber, "\ud800"), (BinCode, "A 01"),
     (BinCode, "-A"), (LpnCode, "托盘"), (Sku, "a\nb"), (Sku, "x" * 61)],
)  # fmt: skip
def test_codes_that_cannot_be_printed_or_are_too_long_are_refused(kind, text):
    with pytest.raises(BadCode):
        kind.parse(text)
