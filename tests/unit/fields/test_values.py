"""What a value of an own field must be, and what is said when it is not."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from wms.core.errors import (
    FieldErrors,
    OwnFieldMissing,
    OwnFieldNotChoice,
    OwnFieldOutOfRange,
    OwnFieldUnknown,
    OwnFieldWrongForm,
    OwnFieldWrongKind,
)
from wms.fields.rules.values import (
    Choice,
    Field,
    FieldType,
    Given,
    Kept,
    check,
    condition,
    plain,
    read,
    read_all,
)


def _field(kind: FieldType, **more: Any) -> Field:
    return Field(id=1, record_kind="lot", code="it", name_en="It", type=kind, **more)


COLOUR = _field(
    FieldType.CHOICE, choices=(Choice(code="red", name_en="Red"), Choice(code="old", name_en="Old", is_active=False))
)


@pytest.mark.parametrize(
    ("kind", "text", "kept", "json"),
    [
        (FieldType.TEXT, "  Halal 12 ", Kept(text="Halal 12"), "Halal 12"),
        (FieldType.WHOLE, "-12", Kept(number=-12_000_000), -12),
        (FieldType.DECIMAL, "-18.50", Kept(number=-18_500_000), "-18.5"),
        (FieldType.DECIMAL, "100", Kept(number=100_000_000), "100"),
        (FieldType.DATE, "2026-11-22", Kept(day=date(2026, 11, 22)), "2026-11-22"),
        (FieldType.YES_NO, "no", Kept(flag=False), False),
        (
            FieldType.LINK,
            "https://example.org/a?b=1",
            Kept(text="https://example.org/a?b=1"),
            "https://example.org/a?b=1",
        ),
    ],
)
def test_a_value_is_read_kept_and_said_again(kind: FieldType, text: str, kept: Kept, json: Any) -> None:
    one = _field(kind)
    assert read(one, text, is_json=False) == kept
    assert plain(one, kept) == json
    assert read(one, json, is_json=True) == kept


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (FieldType.WHOLE, "1.5"), (FieldType.WHOLE, "1e3"), (FieldType.WHOLE, "9" * 13), (FieldType.WHOLE, "٣"),
        (FieldType.DECIMAL, "1,5"), (FieldType.DECIMAL, "NaN"), (FieldType.DECIMAL, "0.1234567"),
        (FieldType.DATE, "22.11.2026"), (FieldType.DATE, "2026-02-30"), (FieldType.DATE, "20261122"),
        (FieldType.YES_NO, "perhaps"), (FieldType.TEXT, "a" * 201), (FieldType.TEXT, "a\x07"),
        (FieldType.LINK, "javascript:alert(1)"), (FieldType.LINK, "//example.org"), (FieldType.LINK, "https://u:p@x.org"),
        (FieldType.LINK, "https://"), (FieldType.LINK, "https://a b"), (FieldType.LINK, "http://["),
        (FieldType.LINK, "https://x.org/" + "a" * 300),
    ],
)  # fmt: skip
def test_a_value_of_another_kind_is_refused(kind: FieldType, text: str) -> None:
    with pytest.raises(OwnFieldWrongKind):
        read(_field(kind), text, is_json=False)


@pytest.mark.parametrize(
    ("kind", "came"),
    [(FieldType.WHOLE, "12"), (FieldType.WHOLE, True), (FieldType.DECIMAL, 1.5), (FieldType.YES_NO, "yes"),
     (FieldType.YES_NO, 1), (FieldType.TEXT, 5), (FieldType.DATE, 20261122)],
)  # fmt: skip
def test_json_says_each_value_in_its_own_kind(kind: FieldType, came: Any) -> None:
    with pytest.raises(OwnFieldWrongKind):
        read(_field(kind), came, is_json=True)


def test_a_range_holds_its_ends_and_says_them() -> None:
    one = _field(FieldType.DECIMAL, minimum="2", maximum="8", unit="°C")
    assert read(one, "2", is_json=False) and read(one, "8.0", is_json=False)
    with pytest.raises(OwnFieldOutOfRange) as refused:
        read(one, "8.1", is_json=False)
    assert (refused.value.data["least"], refused.value.data["most"], refused.value.data["came"]) == ("2", "8", "8.1")
    days = _field(FieldType.DATE, minimum="2026-01-01")
    with pytest.raises(OwnFieldOutOfRange):
        read(days, "2025-12-31", is_json=False)


def test_text_has_the_form_of_the_pattern() -> None:
    one = _field(FieldType.TEXT, pattern="[A-Z]{2}[0-9]{4}")
    assert read(one, "AB0001", is_json=False) == Kept(text="AB0001")
    with pytest.raises(OwnFieldWrongForm):
        read(one, "ab0001", is_json=False)


def test_a_choice_out_of_use_stays_where_it_is_and_is_taken_nowhere_else() -> None:
    assert read(COLOUR, "red", is_json=False) == Kept(text="red")
    assert read(COLOUR, "old", is_json=False, present=Kept(text="old")) == Kept(text="old")
    for text in ("old", "blue", "Red"):
        with pytest.raises(OwnFieldNotChoice):
            read(COLOUR, text, is_json=False)


def test_a_form_says_all_fields_and_a_call_those_it_names() -> None:
    needed = replace(COLOUR, is_required=True)
    note = replace(_field(FieldType.TEXT), id=2, code="note")
    gone = replace(_field(FieldType.TEXT), id=3, code="gone", is_active=False)
    fields = [needed, note, gone]

    def of(given: Given) -> dict[str, Kept | None]:
        return read_all(fields, given, present={}, record_kind="lot")

    assert of(Given(values={"it": "red"}, is_whole=True)) == {"it": Kept(text="red"), "note": None}
    assert of(Given(values={"note": "x"}, is_json=True)) == {"note": Kept(text="x")}
    assert of(Given(values={"note": None}, is_json=True)) == {"note": None}
    for values, is_whole in (({}, True), ({"it": " "}, True), ({"it": None}, False)):
        with pytest.raises(OwnFieldMissing):
            of(Given(values=values, is_whole=is_whole))
    for code in ("gone", "colour"):
        with pytest.raises(OwnFieldUnknown) as refused:
            of(Given(values={code: "x"}))
        assert refused.value.data["field"] == code and refused.value.data["known"] == ["it", "note"]


@pytest.mark.parametrize(
    ("more", "name"),
    [
        ({"code": "Big"}, "code"), ({"code": "1st"}, "code"), ({"record_kind": "truck"}, "record_kind"),
        ({"type": FieldType.TEXT, "unit": "kg"}, "unit"), ({"type": FieldType.DATE, "pattern": "a"}, "pattern"),
        ({"type": FieldType.TEXT, "pattern": "(a"}, "pattern"), ({"type": FieldType.TEXT, "minimum": "1"}, "minimum"),
        ({"type": FieldType.WHOLE, "maximum": "1.5"}, "maximum"),
        ({"type": FieldType.WHOLE, "minimum": "9", "maximum": "1"}, "maximum"),
        ({"type": FieldType.CHOICE}, "choices"),
        ({"type": FieldType.TEXT, "choices": (Choice(code="a", name_en="A"),)}, "choices"),
        ({"type": FieldType.CHOICE, "choices": (Choice(code="a", name_en="A"), Choice(code="a", name_en="B"))}, "choices"),
        ({"type": FieldType.CHOICE, "choices": (Choice(code="a b", name_en="A"),)}, "choices"),
        ({"type": FieldType.CHOICE, "choices": (Choice(code="a", name_en=""),)}, "choices"),
    ],
)  # fmt: skip
def test_a_definition_that_contradicts_itself_is_refused_by_its_field(more: dict[str, Any], name: str) -> None:
    with pytest.raises(FieldErrors) as refused:
        check(replace(_field(FieldType.TEXT), **more))
    assert set(refused.value.data["errors"]) == {name}


def test_filters_read_what_people_type() -> None:
    number = _field(FieldType.DECIMAL)
    assert condition(number, "2..8").least == 2_000_000 and condition(number, "2..8").most == 8_000_000
    assert condition(number, "..8").least is None and condition(number, "5").most == 5_000_000
    assert condition(_field(FieldType.DATE), "2026-01-01..").least == date(2026, 1, 1)
    assert condition(_field(FieldType.TEXT), "Ha").begins == "Ha"
    assert condition(COLOUR, "old").text == "old"
    assert condition(_field(FieldType.YES_NO), "no").flag is False
    for one, text in ((number, "a..b"), (number, ".."), (_field(FieldType.YES_NO), "x")):
        with pytest.raises(OwnFieldWrongKind):
            condition(one, text)
    with pytest.raises(OwnFieldNotChoice):
        condition(COLOUR, "blue")
