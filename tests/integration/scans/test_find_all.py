"""What any text names among our records: one answer, or the question, by one statement."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import event

from tests import given
from wms.core.errors import BadScan
from wms.db import db as database
from wms.scans.queries import find_all
from wms.stock.queries import gtin_of


def _kinds(text: str, site: given.Site) -> list[tuple[str, str]]:
    return [(one.kind, one.code) for one in find_all(text, site.id).found]


def test_a_text_that_is_a_bin_and_a_lot_is_asked_and_a_prefix_decides(db: Any) -> None:
    site, milk = given.warehouse(), given.item("MILK")
    given.lot(milk, "A-01")
    answer = find_all("A-01", site.id)
    assert (answer.question, answer.question_about, answer.one) == ("several_kinds", "bin lot", None)
    assert _kinds("B:A-01", site) == [("bin", "A-01")] and find_all("B:A-01", site.id).question is None
    assert _kinds("LOT:MILK/A-01/", site) == [("lot", "A-01")]


def test_lots_that_share_a_number_are_asked_and_the_label_decides(db: Any) -> None:
    site, milk, tea = given.warehouse(), given.item("MILK"), given.item("TEA")
    given.lot(milk, "0012"), given.lot(tea, "0012"), given.lot(tea, "12")
    assert find_all("0012", site.id).question == "several_lots"
    assert _kinds("12", site) == [("lot", "12")], "byte for byte"
    assert _kinds("LOT:TEA/0012/", site) == [("lot", "0012")]


def test_letters_are_kept_and_a_lot_that_differs_in_capitals_is_asked(db: Any) -> None:
    site, tea = given.warehouse(), given.item("TEA")
    given.lot(tea, "A/12")
    found = find_all("a/12", site.id)
    assert (found.question, found.one.code) == ("other_capitals", "A/12")
    given.lot(tea, "a/12")
    assert (find_all("a/12", site.id).question, find_all("a/12", site.id).one.code) == (None, "a/12")


def test_a_plain_lot_is_never_an_application_identifier(db: Any) -> None:
    site, milk = given.warehouse(), given.item("MILK")
    for number in ("10D9T", "17270131", "0112", "21A"):
        given.lot(milk, number)
        answer = find_all(number, site.id)
        assert (answer.one.kind, answer.one.code, answer.scan.how) == ("lot", number, "plain")


def test_a_label_says_what_it_is_and_its_item_besides_is_no_second_meaning(db: Any) -> None:
    site, milk = given.warehouse(), given.item("MILK")
    lot, gtin = given.lot(milk, "M-1"), gtin_of(milk.id)
    assert find_all(f"(01){gtin}(10)M-1", site.id).one.id == lot.id
    new = find_all(f"(01){gtin}(10)M-2", site.id)
    assert (new.question, new.one.id, new.one.item.sku) == ("lot_not_known", None, "MILK")
    assert _kinds(str(gtin), site) == [("item", "MILK")]


def test_a_pallet_label_with_its_content_may_mean_the_plate_or_the_lot(db: Any) -> None:
    site, milk = given.warehouse(), given.item("MILK")
    plate, gtin = given.lpn(site), gtin_of(milk.id)
    given.lot(milk, "M-1")
    assert _kinds(f"(00){plate.code}", site) == [("lpn", plate.code)]
    answer = find_all(f"(00){plate.code}(02){gtin}(37)4(10)M-1", site.id)
    assert answer.question == "several_kinds" and {one.kind for one in answer.found} == {"lpn", "lot"}


def test_orders_and_nothing_at_all(db: Any) -> None:
    site, milk = given.warehouse(), given.item("MILK")
    given.order(site, [(milk, 3)], number="SO-77")
    assert _kinds("so-77", site) == [("order", "SO-77")]
    assert (find_all("NOPE", site.id).found, find_all("NOPE", site.id).question) == ((), None)
    assert _kinds("SO-77", given.warehouse()) == [], "an order stands in its own warehouse"
    with pytest.raises(BadScan):
        find_all("(01)09506000134353", site.id)


def test_one_question_is_one_statement(db: Any) -> None:
    site = given.warehouse()
    said: list[str] = []
    event.listen(database.engine, "before_cursor_execute", lambda *a: said.append(a[2]))
    find_all("96385074", site.id)
    assert len([text for text in said if text.lstrip().upper().startswith(("SELECT", "WITH"))]) == 1
