"""EPCs: classic and "+" schemes both ways, refusals, and bits of any kind."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wms.core.errors import BadCode
from wms.gs1.epc import decode, decode_uri, encode_sgtin96, encode_sscc96, epc_json_line
from wms.gs1.gtin import Gtin
from wms.gs1.sscc import Sscc

SSCC = Sscc.make("9521141", 1, 77)


def bits_of(*parts: tuple[int, int]) -> str:
    """Write (value, width) pairs as hex, filled up with zero bits to whole words."""
    bits = "".join(f"{value:0{width}b}" for value, width in parts)
    bits += "0" * (-len(bits) % 16)
    return f"{int(bits, 2):0{len(bits) // 4}X}"


def digits(text: str) -> tuple[int, int]:
    return int(text, 16), 4 * len(text)


def ascii7(text: str) -> tuple[tuple[int, int], ...]:
    return ((4, 3), (len(text), 5), *((ord(sign), 7) for sign in text))


GTIN = "09506000134352"
HEAD = (0, 1), (1, 3)
LOT_7 = ascii7("L/7")

PLUS = {
    "SSCC+": (bits_of((0xF9, 8), *HEAD, digits(SSCC.value)), f"/00/{SSCC}"),
    "SGTIN+": (bits_of((0xF7, 8), *HEAD, digits(GTIN), *ascii7("a/B")), f"/01/{GTIN}/21/a%2FB"),
    "SGTIN+ with a number": (bits_of((0xF7, 8), *HEAD, digits(GTIN), (0, 3), (4, 5), (7, 14)), f"/01/{GTIN}/21/0007"),
    "SGTIN+ in hex": (bits_of((0xF7, 8), *HEAD, digits(GTIN), (1, 3), (3, 5), (0xA0F, 12)), f"/01/{GTIN}/21/A0F"),
    "SGTIN+ in Code 40": (
        bits_of((0xF7, 8), *HEAD, digits(GTIN), (5, 3), (4, 5), (1600 + 80 + 33 + 1, 16), (27 * 1600 + 1, 16)),
        f"/01/{GTIN}/21/AB3-",
    ),
    "DSGTIN+": (
        bits_of((0xFB, 8), *HEAD, (2, 4), (27, 7), (2, 4), (0, 5), digits(GTIN), *ascii7("9")),
        f"/01/{GTIN}/21/9?15=270200",
    ),
    "SGTIN+ with lot and expiry behind it": (
        bits_of((0xF7, 8), (1, 1), (1, 3), digits(GTIN), *ascii7("9"), digits("10"), *LOT_7, digits("17"),
                (27, 7), (1, 4), (31, 5)),
        f"/01/{GTIN}/10/L%2F7/21/9?17=270131",
    ),
    "GSRNP+": (bits_of((0xF5, 8), *HEAD, digits("952114112345678906")), "/8017/952114112345678906"),
    "SSCC++": (
        bits_of((0xEF, 8), *HEAD, digits(SSCC.value), (1, 1), (4, 6), *((ord(s), 7) for s in "ab"), (0, 7), (46, 7)),
        f"https://ab.cn/00/{SSCC}",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", PLUS)
def test_a_plus_tag_reads_as_its_digital_link_and_has_no_pure_identity(name):
    code, link = PLUS[name]
    read = decode(code)
    assert (read.scheme, read.digital_link, read.uri) == (name.split()[0], link, None)


def test_a_lot_behind_a_plus_tag_is_a_lot_number():
    code, _ = PLUS["SGTIN+ with lot and expiry behind it"]
    assert str(decode(code).lot) == "L/7"
    assert decode(code).fields["17"] == "270131"


@pytest.mark.parametrize("length", range(6, 13))
def test_sscc_96_and_sgtin_96_come_back_from_the_tag_for_every_company_prefix_length(length):
    sscc = decode(encode_sscc96(SSCC, company_prefix_length=length, filter_value=6))
    assert (sscc.sscc, sscc.fields["filter"]) == (SSCC, "6")
    item = decode(encode_sgtin96(Gtin(GTIN), 2**38 - 1, company_prefix_length=length))
    assert (item.gtin, item.serial) == (Gtin(GTIN), str(2**38 - 1))


def test_a_serial_or_prefix_that_does_not_fit_is_not_written():
    with pytest.raises(BadCode):
        encode_sgtin96(Gtin(GTIN), 2**38, company_prefix_length=7)
    with pytest.raises(BadCode):
        encode_sscc96(SSCC, company_prefix_length=5)


GOOD = encode_sscc96(SSCC, company_prefix_length=7)


@pytest.mark.parametrize(
    "code",
    ["", "0" * 24, "E280" + "0" * 20, "30", GOOD[:-1], GOOD + "0001", GOOD[:2] + "7C" + GOOD[4:], "zz", "٣" * 24,
     PLUS["SSCC+"][0][:-6] + "F00000", "F7" + "0" * 100, GOOD * 10],
)  # fmt: skip
def test_what_is_no_epc_is_refused(code):
    with pytest.raises(BadCode):
        decode(code)


def test_zero_padding_is_no_fault_and_the_json_line_names_all_parts():
    said = json.loads(epc_json_line(GOOD + "0000\n"))
    assert said["scheme"] == "SSCC-96"
    assert said["uri"] == f"urn:epc:id:sscc:9521141.{SSCC.value[0]}{SSCC.value[8:17]}"
    assert said["digital_link"] == f"/00/{SSCC}"
    assert said["fields"]["00"] == str(SSCC)
    assert json.loads(epc_json_line("xyz")) == {"hex": "xyz", "error": "bad_code"}


def test_a_pure_identity_and_a_tag_uri_are_read():
    assert decode_uri(decode(GOOD).uri).sscc == SSCC
    assert decode_uri("urn:epc:class:lgtin:952012.0345678.A%2F1").fields["10"] == "A/1"
    with pytest.raises(BadCode):
        decode_uri("urn:epc:id:sgtin:1.2.3")


HEADERS = st.sampled_from([*range(0x2C, 0x42), *range(0xE6, 0xFE)])


@settings(max_examples=300, deadline=None)
@given(HEADERS, st.binary(max_size=40))
def test_any_bits_decode_or_are_refused(header, tail):
    try:
        read = decode(bytes([header, *tail]).hex())
    except BadCode:
        return
    assert read.hex and read.scheme
    json.loads(epc_json_line(read.hex))
