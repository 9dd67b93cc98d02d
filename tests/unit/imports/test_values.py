"""What cells say: days, numbers, codes, in all the forms people write; a doubt is a question."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from wms.imports.rules.values import (
    Style,
    read_amount,
    read_code,
    read_day,
    read_gtin,
    read_life,
    read_percent,
    style_of,
)

PLAIN = Style()


@pytest.mark.parametrize(
    "cell",
    [
        "2026-03-05", "2026/3/5", "2026.03.05", "05.03.2026", "05.03.26", "2026年3月5日", "2026 年 3 月 5 日", "20260305",
        "5 Mar 2026", "Mar 5, 2026", "5. März 2026", "2026-03-05 00:00:00", "２０２６-０３-０５", "46086", ["n", "46086.0"],
        ["n", "20260305.0"], ["d", "2026-03-05"], ["t", "2026-03-05T10:01:00"],
    ],
    ids=str,
)  # fmt: skip
def test_a_day_is_read_in_every_written_form(cell: Any) -> None:
    made = read_day(cell, form="day", style=PLAIN)
    assert (made.fault, made.asks) == ("", []) and made.value.on == date(2026, 3, 5) and not made.value.is_month


@pytest.mark.parametrize(
    "text", ["2027-06", "2027/06", "2027年6月", "06/2027", "06.2027", "202706", "Jun 2027", "2027.6"]
)
def test_a_month_alone_is_its_last_day_for_an_expiry_and_its_first_for_a_making(text: str) -> None:
    last, first = read_day(text, form="last_day"), read_day(text, form="first_day")
    assert last.value.on == date(2027, 6, 30) and last.value.is_month
    assert first.value.on == date(2027, 6, 1)
    assert read_day(text, form="day").fault == "cell_month"


@pytest.mark.parametrize("text", ["2026-02-30", "31.04.2026", "soon", "民国115年", "13/13/2026", "0", "1899-01-01"])
def test_what_is_no_day_is_refused(text: str) -> None:
    assert read_day(text, form="day").fault == "cell_day"


def test_a_day_that_could_be_two_is_asked_about_unless_its_column_tells() -> None:
    (question, facts), *_ = read_day("05/03/2026", form="day").asks
    assert question == "day_two_ways" and (facts["first"], facts["second"]) == ("2026-03-05", "2026-05-03")
    european = style_of(["05/03/2026", "25/03/2026"], form="day")
    american = style_of(["05/03/2026", "03/25/2026"], form="day")
    assert read_day("05/03/2026", form="day", style=european).value.on == date(2026, 3, 5)
    assert read_day("05/03/2026", form="day", style=american).value.on == date(2026, 5, 3)


@pytest.mark.parametrize(
    ("text", "number", "unit"),
    [
        ("12 箱", "12", "箱"), ("１２箱", "12", "箱"), ("1.234,56", "1234.56", ""), ("1,234.5", "1234.5", ""),
        ("1 234,5", "1234.5", ""), ("1'234.50 Stk", "1234.50", "Stk"), ("0,5", "0.5", ""), ("12,5 kg", "12.5", "kg"),
        ("1.234.567", "1234567", ""), ("0.500", "0.500", ""), (".5", "0.5", ""),
    ],
)  # fmt: skip
def test_a_quantity_is_read_with_its_marks_and_its_unit(text: str, number: str, unit: str) -> None:
    made = read_amount(text, style=PLAIN)
    assert (made.fault, made.asks, made.value) == ("", [], (Decimal(number), unit))


def test_a_number_with_one_mark_and_three_digits_is_asked_about_unless_its_column_tells() -> None:
    assert read_amount("1.234", style=PLAIN).asks[0][0] == "number_two_ways"
    german = style_of(["1.234", "2,5"], form="quantity")
    assert read_amount("1.234", style=german).value[0] == 1234
    assert read_amount("1,234", style=style_of(["1,234", "2.5"], form="quantity")).value[0] == 1234
    assert read_amount("1,234", style=style_of(["1,234"], form="quantity", delimiter=";")).value[0] == Decimal("1.234")


@pytest.mark.parametrize(("text", "fault"), [("-3", "cell_negative"), ("12..3", "cell_number"), ("viel", "cell_number"), ("1.0000001", "cell_number")])  # fmt: skip
def test_what_is_no_quantity_is_refused(text: str, fault: str) -> None:
    assert read_amount(text, style=PLAIN).fault == fault


def test_a_number_of_the_spreadsheet_loses_the_dust_of_binary_fractions() -> None:
    assert read_amount(["n", "0.30000000000000004"], style=PLAIN).value[0] == Decimal("0.3")


def test_a_lot_is_kept_byte_for_byte_and_what_a_spreadsheet_may_have_spoilt_is_asked_about() -> None:
    assert read_code(" 0012 ", most=40, is_new=True).value == "0012"
    assert read_code("a/12", most=40, is_new=True).value == "a/12"
    assert read_code(["n", "12.0"], most=40, is_new=True).asks[0][0] == "code_is_number"
    assert read_code(["n", "1230000000000.0"], most=40, is_new=True).asks[0][0] == "code_cut"
    assert read_code("1.23E+12", most=40, is_new=True).asks[0][0] == "code_cut"
    assert read_code(["d", "2026-03-05"], most=40, is_new=True).fault == "code_became_date"
    assert read_code(["e", "#REF!"], most=40).fault == "cell_error"
    assert read_code(["f", ""], most=40).fault == "cell_formula"
    assert read_code("=1+1", most=40).value == "=1+1"


def test_numbers_of_one_length_in_a_column_have_lost_no_zeros() -> None:
    even = style_of([["n", "250101.0"], ["n", "250102.0"]], form="lot")
    assert not read_code(["n", "250101.0"], most=40, style=even, is_new=True).asks
    mixed = style_of([["n", "250101.0"], ["n", "1.0"]], form="lot")
    assert read_code(["n", "250101.0"], most=40, style=mixed, is_new=True).asks


def test_spans_shares_and_gtins() -> None:
    assert read_life("24个月", style=PLAIN).value == 730 and read_life("2 Jahre", style=PLAIN).value == 730
    assert read_percent(["n", "0.3"], style=PLAIN).value == 30 and read_percent("30 %", style=PLAIN).value == 30
    assert read_gtin(["n", "6901234567892.0"]).value == "06901234567892"
    assert read_gtin("6901234567890").fault == "cell_gtin"
