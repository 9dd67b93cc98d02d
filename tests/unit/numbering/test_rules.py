"""Lot numbers both ways: elements, check characters, resets, and suppliers' codes read back; pure."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wms.core.errors import BadCode, FieldErrors, MissingField, NumbersUsedUp
from wms.gs1.dates import last_day_of_life
from wms.numbering.rules.checks import CHECKS, mod10, mod11, mod36, mod97
from wms.numbering.rules.choice import Scope, all_closest, closest
from wms.numbering.rules.dates import parse_date_pattern, write_date
from wms.numbering.rules.elements import DateOf, Element, ElementKind, Facts, Reset, check_elements, compose, scope_of
from wms.numbering.rules.reading import Life, Meaning, check_against, parse_template, read

ON = date(2026, 11, 22)
days = st.dates(date(2000, 1, 1), date(2099, 12, 31))


def literal(text: str) -> Element:
    return Element(kind=ElementKind.LITERAL, value=text)


def day(pattern: str, of: DateOf = DateOf.TODAY) -> Element:
    return Element(kind=ElementKind.DATE, value=pattern, of=of)


def sequence(width: int, reset: Reset = Reset.NEVER) -> Element:
    return Element(kind=ElementKind.SEQUENCE, width=width, reset=reset)


def check(kind: str) -> Element:
    return Element(kind=ElementKind.CHECK, value=kind)


# -- check characters -------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("make", "text", "right"),
    [
        (mod10, "629104150021", "3"),  # GS1 General Specifications 7.9
        (mod10, "37610425002123456", "9"),  # an SSCC of GS1
        (mod11, "000000021825009", "7"),  # ORCID
        (mod11, "11010519491231002", "X"),  # GB 11643
        (mod36, "A12425GABC1234002", "M"),  # a GRid
        (mod97, "WEST12345698765432GB", "82"),  # IBAN
        (mod97, "5493001KJTIIGC8Y1R", "12"),  # LEI
    ],
)
def test_check_characters_are_those_of_the_standards(make: object, text: str, right: str) -> None:
    assert make(text) == right  # type: ignore[operator]


@settings(max_examples=60)
@given(kind=st.sampled_from(["mod11", "mod36", "mod97"]), text=st.text("0123456789ABCXYZ", min_size=2, max_size=14),
       place=st.integers(0, 13), other=st.sampled_from("0123456789"))  # fmt: skip
def test_one_wrong_digit_is_seen(kind: str, text: str, place: int, other: str) -> None:
    place %= len(text)
    wrong = text[:place] + other + text[place + 1 :]
    if text[place].isdigit() and wrong != text:
        assert CHECKS[kind](wrong) != CHECKS[kind](text)


# -- elements ---------------------------------------------------------------------------------------------------------
def test_a_number_is_composed_of_every_kind_of_element() -> None:
    elements = (
        literal("L"), day("YYMMDD"), Element(kind=ElementKind.WAREHOUSE, width=2),
        Element(kind=ElementKind.LINE, width=3), Element(kind=ElementKind.ITEM_FIELD, value="country"), sequence(3), check("mod10"),
    )  # fmt: skip
    facts = Facts(on=ON, told={"warehouse": "SHA", "line": "7", "country": "CN"})
    check_elements(elements)
    body = "L261122SH007CN042"
    assert compose(elements, facts, 42) == body + mod10(body)
    assert [Element.of_plain(element.plain) for element in elements] == list(elements)


@pytest.mark.parametrize(
    ("pattern", "written"),
    [
        ("YYYY-MM-DD", "2026-11-22"), ("Y1DDD", "6326"), ("YYDDD", "26326"), ("GGGG/WW.WD", "2026/47.7"),
        ("YL:2010-IOQ", "T"), ("ML", "K"), ("M1D1", "BM"), ("M1:OND", "N"), ("GGWW", "2647"),
    ],
)  # fmt: skip
def test_date_patterns_are_written(pattern: str, written: str) -> None:
    assert write_date(parse_date_pattern(pattern), ON) == written


@pytest.mark.parametrize("pattern", ["", "-", "YYYYX", "yy", "DDD:4", "YL:20", "M1:AB", "{YY}"])
def test_what_is_no_date_pattern_is_refused(pattern: str) -> None:
    with pytest.raises(BadCode):
        parse_date_pattern(pattern)


@pytest.mark.parametrize(
    ("elements", "fault"),
    [
        ((literal("A"),), "elements"),
        ((sequence(3), sequence(3)), "elements"),
        ((check("mod10"), sequence(3)), "elements"),
        ((literal("A"), sequence(3, Reset.DAY)), "reset 2"),
        ((day("YYMM"), sequence(3, Reset.DAY)), "reset 2"),
        ((day("MM"), sequence(3, Reset.MONTH)), "reset 2"),
        ((day("YYDDD", DateOf.EXPIRY), sequence(3, Reset.DAY)), "reset 2"),
        ((day("nope"), sequence(3)), "value 1"),
        ((literal(""), sequence(3)), "value 1"),
        ((sequence(13),), "width 1"),
        ((sequence(3), check("mod7")), "value 2"),
        ((Element(kind=ElementKind.ITEM_FIELD, value="price"), sequence(1)), "value 1"),
        ((literal("A" * 38), sequence(3)), "elements"),
    ],
)
def test_a_rule_that_could_not_number_every_day_is_refused(elements: tuple[Element, ...], fault: str) -> None:
    with pytest.raises(FieldErrors) as refused:
        check_elements(elements)
    assert fault in refused.value.data["errors"]


def test_a_missing_text_and_a_full_sequence_are_refused() -> None:
    with pytest.raises(MissingField):
        compose((Element(kind=ElementKind.TEAM), sequence(2)), Facts(on=ON), 1)
    with pytest.raises(NumbersUsedUp):
        compose((sequence(2),), Facts(on=ON), 100)


def _numbers(elements: tuple[Element, ...], dates: list[date], lines: list[str]) -> list[str]:
    """Number as the service does: one count for each scope."""
    counts: dict[str, int] = {}
    made = []
    for on, line in zip(dates, lines, strict=True):
        facts = Facts(on=on, told={"line": line})
        scope = scope_of(elements, facts)
        counts[scope] = counts.get(scope, 0) + 1
        made.append(compose(elements, facts, counts[scope]))
    return made


@settings(max_examples=60)
@given(
    reset=st.sampled_from(list(Reset)),
    dates=st.lists(st.dates(date(2026, 1, 1), date(2027, 12, 31)), min_size=2, max_size=40),
    lines=st.lists(st.sampled_from(["A", "B"]), min_size=40, max_size=40),
)
def test_a_rule_never_gives_a_number_twice_whatever_its_reset(
    reset: Reset, dates: list[date], lines: list[str]
) -> None:
    elements = (day("YYMMDD"), Element(kind=ElementKind.LINE), sequence(3, reset))
    check_elements(elements)
    made = _numbers(elements, dates, lines[: len(dates)])
    assert len(set(made)) == len(made)


def test_a_sequence_begins_again_where_its_reset_says() -> None:
    dates = [date(2026, 11, 30), date(2026, 11, 30), date(2026, 12, 1), date(2027, 1, 1)]

    def ends(reset: Reset) -> list[str]:
        elements = (day("YYMMDD"), sequence(2, reset))
        return [number[-2:] for number in _numbers(elements, dates, ["A"] * 4)]

    assert ends(Reset.NEVER) == ["01", "02", "03", "04"]
    assert ends(Reset.DAY) == ["01", "02", "01", "01"]
    assert ends(Reset.MONTH) == ["01", "02", "01", "01"]
    assert ends(Reset.YEAR) == ["01", "02", "03", "01"]
    assert ends(Reset.PREFIX) == ["01", "02", "01", "01"]


# -- which rule -------------------------------------------------------------------------------------------------------
class _Rule:
    def __init__(self, name: str, **scope: object) -> None:
        self.name, self.scope = name, Scope(**scope)  # type: ignore[arg-type]


def test_the_rule_tied_most_closely_holds() -> None:
    rules = [
        _Rule("all"), _Rule("site", warehouse=1), _Rule("class", item_class="food"), _Rule("class+site", item_class="food", warehouse=1),
        _Rule("supplier", supplier=5), _Rule("item", item=9),
    ]  # fmt: skip
    case = Scope(item=9, supplier=5, item_class="food", warehouse=1)
    for expected in ("item", "supplier", "class+site", "class", "site", "all"):
        found = closest(rules, case)
        assert found is not None and found.name == expected
        rules.remove(found)
    assert closest(rules, case) is None
    assert [r.name for r in all_closest([_Rule("a", supplier=5), _Rule("b", supplier=5), _Rule("c")], case)] == [
        "a",
        "b",
    ]


# -- suppliers' codes -------------------------------------------------------------------------------------------------
EXAMPLE = "{Y1}{DDD}{LINE:1}{SHIFT:1}{SEQ:3}{CHECK:mod10}"


def test_a_suppliers_code_gives_day_line_and_shift() -> None:
    body = "6320AB017"
    reading = read(parse_template(EXAMPLE), body + mod10(body), on=ON, life=Life(months=24))
    assert reading.fits and (reading.line, reading.shift) == ("A", "B")
    assert (reading.manufactured_on, reading.expires_on) == (date(2026, 11, 16), date(2028, 11, 15))


@pytest.mark.parametrize(
    ("template", "code", "made"),
    [
        ("{Y1}{DDD}", "7340", date(2017, 12, 6)),  # the nearest seven not after today
        ("{Y1}{DDD}", "6340", date(2016, 12, 5)),  # this year's has not come yet
        ("{YL:2010-IOQ}{ML}{DD}", "TK22", ON),
        ("{YL:2010-IOQ}{ML}{DD}", "TL01", date(2003, 12, 1)),
        ("{YYWW}-{PLANT:2}", "2647-NL", date(2026, 11, 16)),
        ("{GGWWWD}", "26477", ON),
        ("L{YYMM}/{ANY:1-4}", "L2611/a 1", date(2026, 11, 1)),
        ("{YYMMDD}", "261100", date(2026, 11, 1)),
        ("{Y1}{MM}{DD}", "40229", date(2024, 2, 29)),
    ],
)
def test_codes_are_read(template: str, code: str, made: date) -> None:
    reading = read(parse_template(template), code, on=ON)
    assert (reading.why, reading.manufactured_on) == ("", made)


@pytest.mark.parametrize(
    ("code", "why", "needed", "came"),
    [
        ("6320AB0179", "check_wrong", "0", "9"),
        ("6320AB01", "does_not_fit", "{SEQ:3}", "01"),
        ("6400AB017", "does_not_fit", "{CHECK:mod10}", ""),
        ("X320AB017", "does_not_fit", "{Y1}", "X320AB017"),
        ("6320AB01700", "does_not_fit", "", "0"),
    ],
)
def test_what_does_not_fit_says_where(code: str, why: str, needed: str, came: str) -> None:
    reading = read(parse_template(EXAMPLE), code, on=ON)
    assert reading.why == why and reading.came == came
    assert reading.needed == (mod10("6320AB017") if why == "check_wrong" else needed)


def test_no_such_day_and_a_day_to_come_are_told() -> None:
    assert read(parse_template("{Y1}{DDD}"), "6367", on=ON).why == "no_such_day"
    assert read(parse_template("{YYMMDD}"), "270101", on=ON).why == "in_future"
    assert read(parse_template("{YYMMDD}"), "270101", on=ON, meaning=Meaning.EXPIRY).expires_on == date(2027, 1, 1)
    assert read(parse_template("{YYMM}"), "2702", on=ON, meaning=Meaning.EXPIRY).expires_on == date(2027, 2, 28)
    assert read(parse_template("{Y1}{MM}"), "711", on=ON, meaning=Meaning.EXPIRY).expires_on == date(2027, 11, 30)


@pytest.mark.parametrize(
    "template",
    ["", "{}", "{Y1", "{FOO:1}", "{LINE}", "{LINE:0}", "{SEQ:5-3}", "{CHECK:mod10}{SEQ:1}", "{CHECK:x}", "{YY}{YY}", "}",
     "{ANY:1-9}{SEQ:1-2}{LINE:1-2}{TEAM:1-2}"],
)  # fmt: skip
def test_what_is_no_template_is_refused(template: str) -> None:
    with pytest.raises(BadCode):
        parse_template(template)


@settings(max_examples=150)
@given(
    made=days,
    age=st.integers(0, 300),
    dated=st.sampled_from(["Y1DDD", "YYMMDD", "YYYYDDD", "YYMLD1", "Y1M1DD", "GGWWWD", "YYYY-MM-DD"]),
    kind=st.sampled_from(sorted(CHECKS)),
    number=st.integers(1, 999),
)
def test_what_we_generate_is_read_back(made: date, age: int, dated: str, kind: str, number: int) -> None:
    elements = (literal("P"), day(dated), Element(kind=ElementKind.LINE, width=2), sequence(3), check(kind))
    code = compose(elements, Facts(on=made, told={"line": "A7"}), number)
    template = parse_template(f"P{{{dated}}}{{LINE:2}}{{SEQ:3}}{{CHECK:{kind}}}")
    reading = read(template, code, on=made + timedelta(days=age))
    assert (reading.why, reading.manufactured_on, reading.line) == ("", made, "A7")
    assert dict(reading.parts)["SEQ"] == f"{number:03d}"


@settings(max_examples=100)
@given(code=st.text(max_size=12))
def test_no_code_whatever_breaks_the_reader(code: str) -> None:
    for template in (EXAMPLE, "{YL:2010-IOQ}{ML}{ANY:1-3}{SEQ:1-3}", "{GGWW}{ANY:1-12}"):
        reading = read(parse_template(template), code, on=ON)
        assert reading.fits or reading.why


# -- a label against its code -----------------------------------------------------------------------------------------
def test_a_date_that_contradicts_the_code_is_seen() -> None:
    readings = [read(parse_template("{YYMMDD}"), "261101", on=ON, life=Life(months=12))]
    assert check_against(readings, code="261101", expires_on=date(2027, 10, 31)) is None
    assert check_against(readings, code="261101", manufactured_on=date(2026, 11, 1)) is None
    assert check_against(readings, code="261101") is None
    wrong = check_against(readings, code="261101", expires_on=date(2028, 10, 31))
    assert wrong is not None and (wrong.what, wrong.says, wrong.came) == ("expires_on", "2027-10-31", "2028-10-31")
    wrong = check_against(readings, code="261101", manufactured_on=date(2026, 1, 11))
    assert wrong is not None and wrong.what == "manufactured_on"
    assert check_against(readings, code="261101", expires_on=date(2027, 10, 15), precision="month") is None


def test_a_code_no_pattern_reads_is_seen_and_one_of_several_is_enough() -> None:
    first, second = parse_template("{YYMMDD}"), parse_template("K{SEQ:4}")
    unread = [read(first, "K12", on=ON, text="{YYMMDD}"), read(second, "K12", on=ON)]
    wrong = check_against(unread, code="K12")
    assert wrong is not None and (wrong.what, wrong.says) == ("code", "{YYMMDD}")
    assert check_against([read(first, "K0012", on=ON), read(second, "K0012", on=ON)], code="K0012") is None
    assert check_against([], code="anything") is None


# -- how long goods keep ----------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("made", "life", "last"),
    [
        (date(2023, 5, 15), {"months": 24}, date(2025, 5, 14)),
        (date(2026, 1, 31), {"months": 1}, date(2026, 2, 28)),
        (date(2024, 1, 31), {"months": 1}, date(2024, 2, 29)),
        (date(2026, 3, 31), {"months": 1}, date(2026, 4, 30)),
        (date(2026, 3, 1), {"months": 12}, date(2027, 2, 28)),
        (date(2024, 2, 29), {"years": 1}, date(2025, 2, 28)),
        (date(2024, 2, 29), {"years": 4}, date(2028, 2, 28)),
        (date(2025, 12, 1), {"months": 3}, date(2026, 2, 28)),
        (date(2026, 11, 22), {"days": 1}, date(2026, 11, 22)),
        (date(2026, 11, 22), {"days": 30}, date(2026, 12, 21)),
        (date(2026, 11, 22), {"months": 1, "days": 2}, date(2026, 12, 23)),
        (date(2199, 1, 1), {"years": 9000}, date.max),
    ],
)
def test_a_span_ends_as_the_law_counts_it(made: date, life: dict[str, int], last: date) -> None:
    assert last_day_of_life(made, **life) == last


@settings(max_examples=100)
@given(made=days, months=st.integers(1, 240))
def test_a_span_in_months_ends_a_day_before_its_day_or_at_the_end_of_a_short_month(made: date, months: int) -> None:
    last = last_day_of_life(made, months=months)
    after = last + timedelta(days=1)
    assert (after.day == made.day) or (after.day == 1 and made.day > last.day)
    assert last_day_of_life(made, months=months) <= last_day_of_life(made + timedelta(days=1), months=months)
