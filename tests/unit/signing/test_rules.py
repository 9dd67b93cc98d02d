"""The one spelling of a record, and what has none."""

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from itertools import permutations

import pytest

from wms.core.quantity import Quantity
from wms.signing import rules
from wms.signing.rules import Meaning


def test_a_record_has_one_spelling_whatever_the_order_of_its_names() -> None:
    fields = {"lot": "0012", "quantity": Quantity.parse("12.50"), "day": date(2026, 11, 22)}
    spelled = {rules.canonical(dict(order)) for order in permutations(fields.items())}
    assert spelled == {b'{"record":{"day":"2026-11-22","lot":"0012","quantity":"12.5"},"v":"wms-record-1"}'}


def test_one_instant_has_one_spelling_in_every_zone() -> None:
    utc = datetime(2026, 11, 22, 4, tzinfo=UTC)
    shanghai = utc.astimezone(timezone(timedelta(hours=8)))
    assert rules.canonical({"at": utc}) == rules.canonical({"at": shanghai})
    assert b"2026-11-22T04:00:00.000000Z" in rules.canonical({"at": utc})


def test_texts_stay_byte_for_byte_and_numbers_are_exact() -> None:
    assert "批次 a/12".encode() in rules.canonical({"lot": "批次 a/12"})
    assert rules.canonical({"lot": "12"}) != rules.canonical({"lot": "0012"}) != rules.canonical({"lot": 12})
    assert rules.canonical({"value": Decimal("5.10")}) == rules.canonical({"value": Decimal("5.1")})
    assert rules.canonical({"lines": [{"b": 1, "a": None}]}) == (
        b'{"record":{"lines":[{"a":null,"b":1}]},"v":"wms-record-1"}'
    )
    assert b'"released"' in rules.canonical({"meaning": Meaning.RELEASED})


@pytest.mark.parametrize("value", [0.1, {1, 2}, datetime(2026, 1, 1), b"x", object()])
def test_what_has_no_single_spelling_is_not_signed(value: object) -> None:
    with pytest.raises(TypeError):
        rules.canonical({"value": value})


def test_the_fields_edited_after_signing_are_named() -> None:
    signed = rules.canonical({"temperature": Decimal("5.0"), "lot": "A1", "note": "x"})
    assert rules.changed_fields(signed, {"temperature": Decimal("5"), "lot": "A1", "note": "x"}) == []
    assert rules.changed_fields(signed, {"temperature": Decimal("9"), "lot": "A1"}) == ["note", "temperature"]


def test_an_instant_is_shown_with_its_zone() -> None:
    shown = rules.in_zone(datetime(2026, 11, 22, 11, 18, 27, tzinfo=UTC), "Asia/Shanghai")
    assert shown == "2026-11-22 19:18:27 +08:00 Asia/Shanghai"
