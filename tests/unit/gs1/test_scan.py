"""What a scanned text is: the evidence, the facts on the label, the refusals, the questions."""

import json
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wms.core.errors import BadScan
from wms.gs1.codes import BinCode, LotNumber, Sku
from wms.gs1.gtin import Gtin
from wms.gs1.scan import (
    BinScan,
    EpcScan,
    ItemScan,
    LotScan,
    LpnScan,
    Unknown,
    read,
    scan_json_line,
    write_own_lot,
)
from wms.gs1.sscc import Sscc

GTIN = "09506000134352"
GS = "\x1d"


@pytest.mark.parametrize(
    ("text", "how"),
    [
        (f"]C101{GTIN}10AB/1{GS}17270200", "symbology"),
        (f"]d2{GS}01{GTIN}10AB/1{GS}17270200", "symbology"),
        (f"]Q301{GTIN}10AB/1{{GS}}17270200", "symbology"),
        (f"]e001{GTIN}10AB/1␝17270200", "symbology"),
        (f"{GS}01{GTIN}1727020010AB/1", "fnc1"),
        (f"01{GTIN}10AB/1^]17270200", "fnc1"),
        (f"01{GTIN}10AB/1<GS>17270200\r\n", "fnc1"),
        (f"(01){GTIN}(10)AB/1(17)270200", "brackets"),
        (f"https://example.com/shop/01/{GTIN}/10/AB%2F1?17=270200&lang=zh", "digital_link"),
        (f"]Q1HTTPS://id.gs1.org/01/{GTIN}/10/AB%2F1?17=270200", "digital_link"),
        (f"01{GTIN}1727020010AB/1", "structure"),
    ],
)
def test_one_label_reads_the_same_however_it_comes(text, how):
    scan = read(text, year=2026)
    assert isinstance(scan, LotScan)
    assert (scan.gtin, scan.lot, scan.how) == (Gtin(GTIN), LotNumber("AB/1"), how)
    assert scan.expires_on == date(2027, 2, 28), "day 00 is the last day of the month"
    assert scan.question is None


@pytest.mark.parametrize(
    "text", ["10D9T", "17A", "2026-0012", "01ABC", f"01{GTIN[:-1]}310AB", "a/12", "0012", "(A)1", "x]C1"]
)
def test_a_plain_code_is_never_taken_for_element_strings(text):
    scan = read(text)
    assert isinstance(scan, Unknown)
    assert (scan.text, scan.how, scan.elements) == (text, "plain", ())


def test_a_pallet_label_gives_sscc_content_count_and_lot():
    scan = read(f"(00)095201234567891235(02){GTIN}(37)48(10)L1(15)261231(3102)001250")
    assert isinstance(scan, LotScan)
    assert (scan.sscc, scan.gtin, str(scan.quantity)) == (Sscc("095201234567891235"), Gtin(GTIN), "48")
    assert scan.best_before_on == date(2026, 12, 31)
    assert str(scan.net_weight_kg) == "12.5"


def test_our_own_labels_read_back_as_what_they_name():
    assert read("B:A区-01").code == BinCode("A区-01")
    assert read("LPN:T-7").lpn == "T-7"
    assert read("00095201234567891235").lpn == "095201234567891235"
    lot = read(write_own_lot(Sku("料/1"), LotNumber("批 0012 (a)%"), date(2027, 1, 31)))
    assert isinstance(lot, LotScan)
    assert (lot.sku, lot.lot, lot.expires_on) == (Sku("料/1"), LotNumber("批 0012 (a)%"), date(2027, 1, 31))


@pytest.mark.parametrize("text", [GTIN, GTIN[1:], "]E09506000134352", f"]C101{GTIN}"])
def test_a_gtin_alone_is_an_item(text):
    scan = read(text)
    assert isinstance(scan, ItemScan) and scan.gtin == Gtin(GTIN)


def test_eight_digits_are_asked_not_decided_since_lots_look_like_that():
    scan = read("96385074")
    assert isinstance(scan, Unknown) and scan.gtin == Gtin.parse("96385074") and scan.question == "gtin8_or_code"
    assert isinstance(read("]E496385074"), ItemScan)


def test_tags_are_read_as_hex_or_urn():
    assert read("311ba1b300ce0a6a83000000").epc.sscc == Sscc("095201234567891235")
    assert isinstance(read("urn:epc:id:sscc:952012.03456789123"), EpcScan)
    assert isinstance(read("E2801160600002054CC0C3E1"), Unknown), "a TID is no EPC"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (f"(01){GTIN[:-1]}3", "(01) check_digit"),
        ("]C100095201234567891236", "(00) check_digit"),
        ("]E09506000134353", "bad_gtin"),
        (f"(01){GTIN}(17)271301", "(17) date"),
        (f"(01){GTIN}(17)270230", "(17) date"),
        (f"(01){GTIN}(02){GTIN}", "contradiction (01) (02)"),
        (f"(01){GTIN}(10)A(10)B", "contradiction (10) (10)"),
        (f"(01){GTIN}(422)999", "(422) country"),
        (f"(01){GTIN}(10)批号", "(10) format"),
        (f"(01){GTIN}(10)", "(10) format"),
        (f"https://a.example/01/{GTIN}?10=A", "digital_link_path (10)"),
        (f"https://a.example/01/{GTIN}/21/1/10/A", "digital_link_path"),
        ("(8110)106141416543213500110000310123196000", "(8110) coupon"),
        ("]C1", "empty"),
        ("  ", "empty"),
        ("]9X", "symbology"),
        ("a\x00b", "control_character"),
        ("x" * 2000, "too_long"),
        ("B:", "bad_bin"),
        ("LOT:a", "own_lot_label"),
    ],
)
def test_what_claims_to_be_a_code_and_is_not_is_refused_with_the_reason(text, why):
    with pytest.raises(BadScan) as refused:
        read(text)
    assert refused.value.data["why"] == why
    assert refused.value.data["text"].isprintable() and len(refused.value.data["text"]) <= 80


@pytest.mark.parametrize(
    ("text", "question", "about"),
    [
        ("]C110ABC", "incomplete_label", "(10): (01) (02) (03) (8006) (8026)"),
        (f"(02){GTIN}(37)12", "incomplete_label", "(37): (00)"),
        (f"01{GTIN}10LOT17270131", "lot_may_hold_date", "LOT17270131"),
        ("https://example.com/about", "not_digital_link", "https://example.com/about"),
    ],
)
def test_what_is_uncertain_comes_as_a_question(text, question, about):
    scan = read(text)
    assert (scan.question, scan.question_about) == (question, about)


def test_years_are_read_in_the_window_around_the_present():
    assert read(f"(01){GTIN}(17)770101", year=2026).expires_on == date(1977, 1, 1)
    assert read(f"(01){GTIN}(17)760101", year=2026).expires_on == date(2076, 1, 1)


def test_an_escaped_bracket_is_part_of_the_lot():
    assert read(rf"(01){GTIN}(10)A\(11)991225").lot == LotNumber("A(11)991225")


def test_the_json_line_names_the_facts_or_the_error():
    said = json.loads(scan_json_line(f"(01){GTIN}(10)a(17)270131"))
    assert said["kind"] == "lot" and said["gtin"] == GTIN and said["lot"] == "a" and said["expiry"] == "2027-01-31"
    assert said["elements"] == [["01", GTIN], ["10", "a"], ["17", "270131"]]
    assert json.loads(scan_json_line("(01)1"))["error"] == "bad_scan"
    assert json.loads(scan_json_line("LPN:T-7"))["code"] == "T-7"
    assert isinstance(read("LPN:T-7"), LpnScan) and isinstance(read("B:A"), BinScan)


PIECES = st.sampled_from(
    ["]C1", "]d2", "]E0", "(", ")", "\\", "01", "10", "17", "37", "3103", "391", "8008", "7007", "8001", "7250", "8013",
     "https://a/", "?", "&", "=", "%", "%2", "{GS}", "␝", GS, GTIN, "B:", "LPN:", "LOT:", "/", "urn:epc:id:sgtin:",
     "|]e0", "٣", "３", "\ud800", "０", "²"]
)  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(st.one_of(st.text(max_size=60), st.lists(st.one_of(PIECES, st.text(max_size=8)), max_size=8).map("".join)))
def test_any_text_is_read_or_refused_and_never_breaks(text):
    try:
        scan = read(text)
    except BadScan:
        pass
    else:
        assert scan.how
    json.loads(scan_json_line(text))


@pytest.mark.parametrize("fnc1", [GS, "␝", "^]", "{GS}", "{gs}", "<GS>", "[GS]", "{FNC1}", "<FNC1>", "\\x1d", "^"])
def test_a_separator_is_read_however_a_scanner_writes_it(fnc1):
    for text in (
        f"]d2{fnc1}01{GTIN}10AB{fnc1}17270131",
        f"{fnc1}01{GTIN}10AB{fnc1}17270131",
        f"01{GTIN}10AB{fnc1}17270131",
    ):
        scan = read(text, year=2026)
        assert (str(scan.lot), scan.expires_on, scan.question) == ("AB", date(2027, 1, 31), None), text


@pytest.mark.parametrize("text", ["^TESTING", "A^17270131", "A^B", "^", "10^D9T"])
def test_a_caret_alone_proves_nothing(text):
    assert isinstance(read(text), Unknown)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (f"^01{GTIN[:-1]}3^10A", "(01) check_digit"),
        ("^99ABC~", "(99) format"),
        ("^01A2345678901231", "(01) format"),
        ("\udcff", "not_utf8"),
    ],
)
def test_what_begins_as_an_element_string_is_refused_when_it_is_none(text, why):
    with pytest.raises(BadScan) as refused:
        read(text)
    assert refused.value.data["why"] == why


def test_a_code_of_the_plus_schemes_is_read_without_its_padding():
    assert read("F90095201234567891235").epc.sscc == Sscc("095201234567891235")
    assert isinstance(read("A0095201234567891235"), Unknown), "hexadecimal digits alone are no EPC"
