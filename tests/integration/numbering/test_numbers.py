"""Lot numbers on a database: the rule for a case, skipped numbers, previews, and eight processes at once."""

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from config import Config
from tests import given
from tests.given import NOW, TODAY
from tests.processes import run_at_once
from wms.catalog.models import Item, ItemClass, LotNumberBy
from wms.core.errors import DuplicateValue, FieldErrors, MissingField, NumbersUsedUp, Refused
from wms.core.ids import SYSTEM_USER, ItemId, WarehouseId
from wms.db import run_in_transaction
from wms.numbering import queries, service
from wms.numbering.rules.choice import Trigger
from wms.numbering.rules.elements import Element, ElementKind, Reset
from wms.numbering.rules.reading import Meaning
from wms.numbering.service import PatternValues, RuleValues

DATE = Element(kind=ElementKind.DATE, value="YYMMDD")


def sequence(width: int = 3, reset: Reset = Reset.DAY) -> Element:
    return Element(kind=ElementKind.SEQUENCE, width=width, reset=reset)


def rule(name: str = "R", *elements: Element, **more: Any) -> int:
    values = RuleValues(
        **{"name": name, "trigger": Trigger.RECEIPT, "elements": elements or (DATE, sequence()), **more}
    )
    return run_in_transaction(service.create_rule, values, at=NOW).id


def number(item: Item, site: given.Site, *, supplier: Any = None, days: int = 0, **facts: str) -> str | None:
    return run_in_transaction(
        service.number_for, trigger=Trigger.RECEIPT, item=item.id, warehouse=site.id,
        supplier=supplier.id if supplier else None, at=NOW + timedelta(days=days), facts=facts,
    )  # fmt: skip


def test_the_closest_rule_numbers_and_its_count_begins_again_each_day(db: Any) -> None:
    site, item, other = given.warehouse("WX"), given.item(), given.item(item_class=ItemClass.DRUG)
    assert number(item, site) is None
    rule("all")
    rule("drugs", Element(kind=ElementKind.WAREHOUSE), DATE, sequence(2), item_class=ItemClass.DRUG)
    assert [number(item, site), number(item, site), number(item, site, days=1)] == [
        "261122001",
        "261122002",
        "261123001",
    ]
    assert number(other, site) == "WX26112201"


def test_a_rule_made_in_the_same_transaction_gives_its_numbers_without_waiting_for_itself(db: Any) -> None:
    site, item = given.warehouse(), given.item()

    def make_and_take() -> list[str | None]:
        service.create_rule(
            RuleValues(name="N", trigger=Trigger.RECEIPT, item=item.id, elements=(DATE, sequence())), at=NOW
        )
        asked: dict[str, Any] = {
            "trigger": Trigger.RECEIPT, "item": item.id, "warehouse": site.id, "supplier": None, "at": NOW, "facts": {},
        }  # fmt: skip
        return [service.number_for(**asked) for _ in range(3)]

    assert run_in_transaction(make_and_take) == ["261122001", "261122002", "261122003"]
    assert number(item, site) == "261122004"


def test_a_number_that_is_a_lot_already_is_passed_over(db: Any) -> None:
    site, item, other = given.warehouse(), given.item(), given.item()
    rule()
    given.lot(item, "261122001")
    given.lot(item, "261122002")
    given.lot(other, "261122003")
    assert number(item, site) == "261122003"


def test_told_facts_and_days_stand_in_the_number_and_a_missing_one_is_refused(db: Any) -> None:
    site, item, supplier = given.warehouse(), given.item(), given.partner("ACME")
    made = Element(kind=ElementKind.DATE, value="YYDDD", of=service.DateOf.MANUFACTURED)
    rule(
        "R",
        Element(kind=ElementKind.SUPPLIER, width=3),
        made,
        Element(kind=ElementKind.LINE),
        sequence(1, Reset.PREFIX),
    )
    facts = {"line": "7", "manufactured_on": "2026-01-02"}
    assert number(item, site, supplier=supplier, **facts) == "ACM2600271"
    assert number(item, site, supplier=supplier, **facts | {"line": "8"}) == "ACM2600281"
    with pytest.raises(MissingField):
        number(item, site, supplier=supplier, line="7")
    for _ in range(8):
        number(item, site, supplier=supplier, **facts)
    with pytest.raises(NumbersUsedUp):
        number(item, site, supplier=supplier, **facts)


def test_two_rules_may_not_be_tied_to_just_the_same(db: Any) -> None:
    first = rule("one")
    with pytest.raises(DuplicateValue):
        rule("two")
    with pytest.raises(DuplicateValue):
        rule("one", trigger=Trigger.PRODUCTION)
    with pytest.raises(FieldErrors):
        rule("three", DATE, trigger=Trigger.PRODUCTION)
    off = RuleValues(name="one", trigger=Trigger.RECEIPT, elements=(DATE, sequence(4)), is_active=False)
    run_in_transaction(service.change_rule, first, off)
    rule("two")


def test_a_preview_takes_no_number(db: Any) -> None:
    site, item = given.warehouse("WX"), given.item()
    values = RuleValues(name="R", trigger=Trigger.RECEIPT, elements=(DATE, sequence()), item=item.id)
    kept = rule("R", item=item.id)
    number(item, site)
    given.lot(item, "261122003")

    def look() -> list[str]:
        return service.preview(values, rule=kept, warehouse=site.id, at=NOW)

    assert look() == look() == ["261122002", "261122004", "261122005", "261122006", "261122007"]
    assert number(item, site) == "261122002"


def test_a_suppliers_code_is_read_by_the_closest_pattern_and_the_items_shelf_life(db: Any) -> None:
    item = given.item(shelf_life_days=None, shelf_life_months=24)
    supplier, other = given.partner(), given.partner()

    def pattern(template: str, **more: Any) -> None:
        run_in_transaction(service.create_pattern, PatternValues(supplier=supplier.id, template=template, **more))

    pattern("{YYMMDD}{LINE:1}")
    pattern("{Y1}{DDD}{SHIFT:1}", shelf_life_days=30)
    [good, bad] = queries.read_lot_code(item=item.id, supplier=supplier.id, text="261101A", on=TODAY)
    assert good.fits and str(good.expires_on) == "2028-10-31" and good.line == "A"
    assert not bad.fits
    assert queries.read_lot_code(item=item.id, supplier=other.id, text="261101A", on=TODAY) == []
    pattern("X{YYMM}", item=item.id, meaning=Meaning.EXPIRY)
    [only] = queries.read_lot_code(item=item.id, supplier=supplier.id, text="X2801", on=TODAY)
    assert str(only.expires_on) == "2028-01-31"
    with pytest.raises(DuplicateValue):
        pattern("X{YYMM}", item=item.id)
    with pytest.raises(FieldErrors):
        pattern("X{YYM")


def _take(item: int, warehouse: int, count: int, breaks: bool) -> list[str]:
    """Make lots by rule, each in a transaction of its own; every third is rolled back at its end when `breaks`."""
    from wms.stock.service import create_lot

    made = []

    def make(n: int) -> str:
        told = service.number_for(
            trigger=Trigger.RECEIPT, item=ItemId(item), warehouse=WarehouseId(warehouse), supplier=None, at=NOW, facts={}
        )  # fmt: skip
        assert told is not None
        create_lot(item=ItemId(item), number=told, at=NOW, actor=SYSTEM_USER, expires_on=TODAY)
        if breaks and n % 3 == 2:
            raise Refused()
        return told

    for n in range(count):
        try:
            made.append(run_in_transaction(make, n))
        except Refused:
            continue
    return made


@pytest.mark.parametrize("is_gapless", [True, False])
def test_eight_processes_never_get_a_number_twice_and_a_gapless_rule_leaves_none_out(
    config: Config, app: Any, is_gapless: bool
) -> None:
    with app.app_context():
        site, item = given.warehouse(), given.item()
        rule("R", DATE, sequence(4), is_gapless=is_gapless)
    outcomes = run_at_once(_take, [(item.id, site.id, 15, True)] * 8, config=config)
    assert [outcome.error for outcome in outcomes] == [None] * 8
    numbers = [made for outcome in outcomes for made in outcome.value]
    assert max(Counter(numbers).values()) == 1 and len(numbers) == 80
    if is_gapless:
        assert sorted(numbers) == [f"261122{n:04d}" for n in range(1, 81)]


def test_an_item_says_how_its_lots_get_their_numbers(db: Any) -> None:
    assert given.item().lot_number_by is LotNumberBy.MAKER_LOT
