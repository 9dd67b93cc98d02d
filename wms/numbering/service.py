"""Verbs of lot numbers: take the next one by rule, preview it, make and change rules and suppliers' patterns.

A counter is moved by one guarded statement, so two takers never get one number. A gapless rule's counter stands in the
caller's transaction: its row is locked to the commit, and a posting that is rolled back gives its number back. Any other
rule takes its number in a transaction of its own where the engine has room for one (PostgreSQL), so postings do not wait
for each other; on SQLite the whole file is the caller's and both ways are one (docs/decisions/0025).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import Connection, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from wms.catalog import queries as catalog
from wms.catalog.models import Item, ItemClass, Partner
from wms.core.clock import local_day
from wms.core.errors import BadCode, DuplicateValue, FieldErrors, NotFound, NumbersUsedUp, ProgrammingError
from wms.core.ids import ItemId, PartnerId, WarehouseId, new_id
from wms.db import db, in_write_transaction
from wms.numbering import queries
from wms.numbering.models import LotNumberRule, SupplierLotPattern
from wms.numbering.rules.choice import Trigger
from wms.numbering.rules.elements import (
    DateOf,
    Element,
    Facts,
    check_elements,
    compose,
    scope_of,
)
from wms.numbering.rules.reading import CodeReading, Life, Meaning, parse_template, read
from wms.sites.models import Warehouse

#: So many numbers that are lots already are passed over before the rule is said to be used up.
_SKIPPED_MAX: Final = 1000
_LOOK_AHEAD: Final = 50
#: What a preview says where the case will say it.
SAMPLES: Final[Mapping[str, str]] = {
    "line": "L1", "operation": "OP1", "vessel": "V1", "team": "A", "order": "4711", "maker_lot": "MAKER1", "supplier": "SUP",
    "warehouse": "WH", "sku": "SKU", "item_class": "food", "country": "CN", "storage_class": "ambient",
    "specification": "500G", "approval_number": "A1",
}  # fmt: skip

#: Where a session keeps the transaction it is in and the rules that were made in it.
_MADE_HERE: Final = "wms_rules_made_here"

_NEXT = text(
    "INSERT INTO lot_number_counter (rule_id, scope, last) VALUES (:rule, :scope, 1)"
    " ON CONFLICT (rule_id, scope) DO UPDATE SET last = lot_number_counter.last + 1 RETURNING last"
)


# -- take a number ----------------------------------------------------------------------------------------------------
def number_for(
    *,
    trigger: Trigger,
    item: ItemId,
    warehouse: WarehouseId,
    supplier: PartnerId | None,
    at: datetime,
    facts: Mapping[str, str],
) -> str | None:
    """Take the next lot number by rule, in the caller's transaction; None when no rule applies.

    `facts` are told texts by name: line, operation, vessel, team, order, maker_lot; and the days manufactured_on and
    expires_on as YYYY-MM-DD. A number that is a lot of the item already is passed over. Raises MissingField (the rule needs
    a text nobody told), NumbersUsedUp, BadCode (too long for a lot number).
    """
    session = db.session()
    if not in_write_transaction(session):
        raise ProgrammingError(what="a number outside a transaction")
    row = db.session.get(Item, item)
    if row is None:
        raise NotFound(kind="item", text=str(item))
    rule = queries.find_rule(trigger=trigger, item=row, warehouse=warehouse, supplier=supplier)
    if rule is None:
        return None
    whole = _facts(row, warehouse, supplier, at=at, told=facts)
    return _take(session, rule, whole, item)


def _take(session: Session, rule: LotNumberRule, facts: Facts, item: ItemId) -> str:
    elements = rule.parts
    scope = scope_of(elements, facts)
    for _ in range(_SKIPPED_MAX):
        number = compose(elements, facts, _next(session, rule, scope))
        if not queries.taken_numbers(item, [number]):
            return number
    raise NumbersUsedUp(width=0, last=number)


def _next(session: Session, rule: LotNumberRule, scope: str) -> int:
    values = {"rule": rule.id, "scope": scope}
    whole = session.get_transaction()
    made_in, mine = session.info.get(_MADE_HERE, (None, frozenset()))
    is_mine = made_in is whole and rule.id in mine
    if rule.is_gapless or is_mine or session.get_bind().dialect.name == "sqlite":
        return int(session.execute(_NEXT, values).scalar_one())
    try:
        with db.engine.connect() as apart, apart.begin():
            return _next_apart(apart, values)
    except IntegrityError:
        # The rule itself was made in this transaction, and nobody else can see it yet. From here on its counter is a row of
        # this transaction: a number taken apart would wait for ourselves.
        session.info[_MADE_HERE] = (whole, (mine if made_in is whole else frozenset()) | {rule.id})
        return int(session.execute(_NEXT, values).scalar_one())


def _next_apart(connection: Connection, values: Mapping[str, Any]) -> int:
    return int(connection.execute(_NEXT, values).scalar_one())


def _facts(
    item: Item, warehouse: WarehouseId, supplier: PartnerId | None, *, at: datetime, told: Mapping[str, str]
) -> Facts:
    site = db.session.execute(select(Warehouse.code, Warehouse.timezone).where(Warehouse.id == warehouse)).one()
    code = db.session.execute(select(Partner.code).where(Partner.id == supplier)).scalar() if supplier else ""
    days = {
        DateOf.MANUFACTURED: _day_of(told.get("manufactured_on", "")),
        DateOf.EXPIRY: _day_of(told.get("expires_on", "")),
    }
    return Facts(
        on=local_day(at, site.timezone),
        days=days,
        told={**_fields_of(item), **told, "warehouse": site.code, "supplier": code or ""},
    )


def _fields_of(item: Item) -> dict[str, str]:
    return {
        "sku": item.sku, "item_class": item.item_class.value, "country": item.country,
        "storage_class": item.storage_class.value, "specification": item.specification,
        "approval_number": item.approval_number,
    }  # fmt: skip


def _day_of(text_: str) -> date | None:
    return date.fromisoformat(text_) if text_ else None


# -- rules ------------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, kw_only=True)
class RuleValues:
    """A rule as it shall be."""

    name: str
    trigger: Trigger
    elements: tuple[Element, ...]
    item: ItemId | None = None
    supplier: PartnerId | None = None
    item_class: ItemClass | None = None
    warehouse: WarehouseId | None = None
    is_gapless: bool = False
    is_active: bool = True


def preview(
    values: RuleValues, *, rule: int | None, warehouse: WarehouseId, at: datetime, count: int = 5,
    item: Item | None = None, supplier: PartnerId | None = None,
) -> list[str]:  # fmt: skip
    """Say the next numbers of a rule as it is written now, kept or not; takes none. `rule` is the one being changed.

    What only the case will tell (line, order …) stands as an example, unless `item` and `supplier` tell it. Numbers that are
    lots already are passed over. Raises FieldErrors when the elements make no rule.
    """
    check_elements(values.elements)
    item = item or (db.session.get(Item, values.item) if values.item else None)
    site = values.warehouse or warehouse
    facts = _facts_of_sample(item, site, supplier or values.supplier, at=at)
    last = queries.last_sequence(rule, scope_of(values.elements, facts)) if rule else 0
    made: list[str] = []
    try:
        while len(made) < count:
            batch = [compose(values.elements, facts, last + n) for n in range(1, _LOOK_AHEAD + 1)]
            last += _LOOK_AHEAD
            taken = queries.taken_numbers(item.id, batch) if item else set()
            made += [number for number in batch if number not in taken]
    except NumbersUsedUp:
        pass
    return made[:count]


def _facts_of_sample(item: Item | None, warehouse: WarehouseId, supplier: PartnerId | None, *, at: datetime) -> Facts:
    site = db.session.execute(select(Warehouse.code, Warehouse.timezone).where(Warehouse.id == warehouse)).one()
    code = db.session.execute(select(Partner.code).where(Partner.id == supplier)).scalar() if supplier else ""
    on = local_day(at, site.timezone)
    known = {name: said for name, said in (_fields_of(item) if item else {}).items() if said}
    told = {**SAMPLES, **known, "warehouse": site.code} | ({"supplier": code} if code else {})
    return Facts(on=on, days={DateOf.MANUFACTURED: on, DateOf.EXPIRY: on}, told=told)


def create_rule(values: RuleValues, *, at: datetime) -> LotNumberRule:
    """Make a rule. Raises FieldErrors (elements), DuplicateValue (name; another rule is tied to just the same)."""
    _check_rule(values, but=None)
    rule = LotNumberRule(id=new_id(), created_at=at, **_columns(values))
    db.session.add(rule)
    db.session.flush()
    return rule


def change_rule(rule: int, values: RuleValues) -> None:
    """Change a rule; its counters go on. Raises as create_rule, and NotFound."""
    row = queries.get_rule(rule)
    _check_rule(values, but=rule)
    for name, value in _columns(values).items():
        if getattr(row, name) != value:
            setattr(row, name, value)
    db.session.flush()


def _columns(values: RuleValues) -> dict[str, Any]:
    return {
        "name": values.name, "trigger": values.trigger, "item_id": values.item, "supplier_id": values.supplier,
        "item_class": values.item_class, "warehouse_id": values.warehouse,
        "elements": [element.plain for element in values.elements], "is_gapless": values.is_gapless,
        "is_active": values.is_active,
    }  # fmt: skip


def _check_rule(values: RuleValues, *, but: int | None) -> None:
    check_elements(values.elements)
    _check_partner(values.supplier)
    others = [rule for rule in queries.rules() if rule.id != but]
    if any(rule.name == values.name for rule in others):
        raise DuplicateValue(field="name", value=values.name)
    tied = (values.trigger, values.item, values.supplier, values.item_class, values.warehouse)
    for rule in others:
        same = (rule.trigger, rule.item_id, rule.supplier_id, rule.item_class, rule.warehouse_id) == tied
        if same and rule.is_active and values.is_active:
            raise DuplicateValue(field="rule_scope", value=rule.name)


# -- suppliers' patterns ----------------------------------------------------------------------------------------------
@dataclass(frozen=True, kw_only=True)
class PatternValues:
    """A supplier's pattern as it shall be."""

    supplier: PartnerId
    template: str
    item: ItemId | None = None
    meaning: Meaning = Meaning.MANUFACTURED
    shelf_life_months: int | None = None
    shelf_life_days: int | None = None
    note: str = ""
    is_active: bool = True


def create_pattern(values: PatternValues) -> SupplierLotPattern:
    """Make a supplier's pattern. Raises FieldErrors (template, supplier), DuplicateValue (it has this one already)."""
    _check_pattern(values, but=None)
    pattern = SupplierLotPattern(id=new_id(), **_pattern_columns(values))
    db.session.add(pattern)
    db.session.flush()
    return pattern


def change_pattern(pattern: int, values: PatternValues) -> None:
    """Change a supplier's pattern. Raises as create_pattern, and NotFound."""
    row = queries.get_pattern(pattern)
    _check_pattern(values, but=pattern)
    for name, value in _pattern_columns(values).items():
        if getattr(row, name) != value:
            setattr(row, name, value)
    db.session.flush()


def _pattern_columns(values: PatternValues) -> dict[str, Any]:
    return {
        "supplier_id": values.supplier, "item_id": values.item, "template": values.template,
        "meaning": values.meaning, "shelf_life_months": values.shelf_life_months,
        "shelf_life_days": values.shelf_life_days, "note": values.note, "is_active": values.is_active,
    }  # fmt: skip


def _check_pattern(values: PatternValues, *, but: int | None) -> None:
    try:
        parse_template(values.template)
    except BadCode:
        raise FieldErrors(errors={"template": ["lot_template"]}) from None
    _check_partner(values.supplier)
    for other in queries.patterns(supplier=values.supplier):
        if other.id != but and (other.item_id, other.template) == (values.item, values.template):
            raise DuplicateValue(field="template", value=values.template)


def _check_partner(supplier: PartnerId | None) -> None:
    if supplier is None:
        return
    found = db.session.get(Partner, supplier)
    if found is None or not found.is_supplier:
        raise FieldErrors(errors={"supplier": ["not_a_choice"]})


# -- read on the bench ------------------------------------------------------------------------------------------------
def try_template(asked: Mapping[str, Any], sample: str, *, on: date) -> CodeReading:
    """Read a sample by a template that nobody kept: template, meaning, shelf_life_months, shelf_life_days. FieldErrors."""
    try:
        template = parse_template(asked["template"])
    except BadCode:
        raise FieldErrors(errors={"template": ["lot_template"]}) from None
    life = Life(months=asked["shelf_life_months"], days=asked["shelf_life_days"])
    return read(template, sample, on=on, text=asked["template"], meaning=asked["meaning"], life=life)


def read_by_codes(sample: str, *, supplier_code: str, sku: str, on: date) -> list[CodeReading]:
    """Read a sample by a supplier's patterns, for an item or (sku blank) by those for all its goods. FieldErrors (not_found)."""
    supplier = queries.find_supplier(supplier_code)
    if supplier is None:
        raise FieldErrors(errors={"supplier_code": ["not_found"]})
    item = catalog.find_item(sku) if sku else None
    if sku and item is None:
        raise FieldErrors(errors={"sku": ["not_found"]})
    return queries.read_lot_code(item=item.id if item else ItemId(0), supplier=supplier, text=sample, on=on)


def values_of(rule: LotNumberRule) -> RuleValues:
    """Give a kept rule as values, for a preview."""
    return RuleValues(
        name=rule.name, trigger=rule.trigger, elements=tuple(rule.parts), item=rule.item_id, supplier=rule.supplier_id,
        item_class=rule.item_class, warehouse=rule.warehouse_id, is_gapless=rule.is_gapless, is_active=rule.is_active,
    )  # fmt: skip
