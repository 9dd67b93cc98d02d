"""Rows of items and partners: new ones are made, known ones compared, and changed when a person says so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from sqlalchemy import select

from wms.catalog import service as catalog
from wms.catalog.models import DateBasis, FoodTraceability, Item, ItemClass, PackUnit, Partner
from wms.catalog.queries import count_items_by_class
from wms.catalog.service import NewItem, NewUnit
from wms.core.ids import ItemId, PartnerId
from wms.core.quantity import Quantity
from wms.db import db
from wms.gs1.checksums import has_valid_check_digit, is_digits
from wms.gs1.gtin import Gtin
from wms.imports.rules.values import Written
from wms.imports.service.applying import Applying
from wms.imports.service.drafts import Draft, Frame, Refuse, shown
from wms.imports.service.known import Items, Partners, fresh, parts
from wms.mail.rules import is_address
from wms.sites.models import StorageClass

_CHOICES: Final[dict[str, Any]] = {
    "item_class": ItemClass, "storage_class": StorageClass, "date_basis": DateBasis, "food_traceability": FoodTraceability,
}  # fmt: skip
_ITEM_PLAIN: Final = (
    "name_en", "name_zh", "specification", "item_class", "storage_class", "shelf_life_days", "receipt_life_days_min",
    "receipt_life_percent_min", "expiry_warning_days", "is_inspected_at_receipt", "has_unit_ids", "registrant",
    "approval_number", "approval_valid_until", "allergen", "hazard", "food_traceability",
    "food_traceability_category", "country", "is_active",
)  # fmt: skip
_PARTNER_PLAIN: Final = (
    "name_en", "name_zh", "is_supplier", "is_maker", "is_customer", "gln", "address", "phone", "licence_number",
    "licence_scope", "licence_expires_on", "email", "language", "recall_contact", "recall_contact_verified_on",
    "shelf_life_days_min", "shelf_life_percent_min", "is_active",
)  # fmt: skip
_ROLE_WORDS: Final = {
    "supplier": ("供应商", "供方", "供應商", "廠商", "supplier", "vendor", "lieferant"),
    "maker": ("生产商", "生产企业", "製造商", "manufacturer", "hersteller"),
    "customer": ("客户", "客戶", "customer", "kunde"),
}


@dataclass
class _ItemPlan:
    """What a row does: a new item, or changes of a known one; and units that it lacks."""

    new: NewItem | None = None
    item: ItemId | None = None
    changes: dict[str, Any] = field(default_factory=dict)
    units: list[NewUnit] = field(default_factory=list)


# -- items ------------------------------------------------------------------------------------------------------------
def judge_items(frame: Frame, drafts: Sequence[Draft]) -> None:
    """Judge rows of items against the catalogue and one another."""
    open_drafts = [d for d in drafts if not d.verdict]
    known = Items(open_drafts, "sku", with_rows=True)
    makers = Partners(open_drafts, "maker")
    gtins, usual = _gtins_in_use(open_drafts), _usual_class()
    seen: dict[str, int] = {}
    for draft in open_drafts:
        try:
            sku = draft.get("sku")
            if sku in seen:
                raise Refuse("twice_in_file", text=sku, row=seen[sku])
            seen[sku] = draft.row
            _judge_item(draft, known, makers, gtins, usual)
        except Refuse as no:
            draft.refuse(no.reason, **no.facts)
        else:
            draft.settle()


def _judge_item(
    draft: Draft, known: Items, makers: Partners, gtins: dict[str, tuple[ItemId | None, str]], usual: ItemClass
) -> None:  # fmt: skip
    values = _plain(draft, _ITEM_PLAIN)
    maker = makers.of(draft, "maker", role="maker")
    if maker is not None:
        values["maker_id"] = maker.id
    sku, base = draft.get("sku"), draft.get("base_unit")
    units = _units_of(draft, base)
    found = known.by_sku.get(sku)
    for unit in units:
        if unit.gtin is not None:
            owner = gtins.get(unit.gtin.value)
            if owner is not None and owner != (found.id if found else None, sku):
                raise Refuse("gtin_used", text=unit.gtin.short, sku=owner[1])
            gtins[unit.gtin.value] = (found.id if found else None, sku)
    if found is None:
        draft.reason = "new"
        draft.plan = _ItemPlan(new=NewItem(values=_whole(draft, values, sku, base, usual), units=tuple(units)))
        return
    if found.base_unit != base:
        raise Refuse("fixed_differs", field="base_unit", known=found.base_unit, came=base)
    basis = draft.get("date_basis")
    if basis is not None and DateBasis(basis) is not found.date_basis:
        raise Refuse("fixed_differs", field="date_basis", known=found.date_basis.value, came=basis)
    lacking = []
    for unit in units:
        if unit.code in found.units and found.units[unit.code] != unit.factor:
            raise Refuse("unit_differs", unit=unit.code, known=str(found.units[unit.code]), came=str(unit.factor))
        if unit.code not in found.units:
            lacking.append(unit)
    changes = {name: value for name, value in values.items() if getattr(found.row, name) != value}
    if changes:
        draft.ask("would_change", text=sku, changes=_told(found.row, changes))
    draft.reason = "changed" if changes or lacking else "same"
    if changes or lacking:
        draft.plan = _ItemPlan(item=found.id, changes=changes, units=lacking)


def _whole(draft: Draft, values: dict[str, Any], sku: str, base: str, usual: ItemClass) -> dict[str, Any]:
    """A new item whole: either name stands for both languages; a class that is not said is the usual one, and shown."""
    values["name_en"] = values.get("name_en") or values["name_zh"]
    values.setdefault("item_class", usual)
    values.setdefault("storage_class", StorageClass.AMBIENT)
    draft.said |= {"item_class": values["item_class"].value, "storage_class": values["storage_class"].value}
    values["date_basis"] = DateBasis(draft.get("date_basis") or "expiry")
    return values | {"sku": sku, "base_unit": base}


def _units_of(draft: Draft, base: str) -> list[NewUnit]:
    units = [NewUnit(code=base, factor=Quantity.of(1), gtin=_gtin(draft, "gtin"))]
    for name in ("pack", "pack2"):
        amount, code, gtin = draft.get(f"{name}_factor"), draft.get(f"{name}_unit"), draft.get(f"{name}_gtin")
        if amount is None:
            if code or gtin:
                raise Refuse("field_missing", field=f"{name}_factor")
            continue
        number, beside = amount
        code = code or ("case" if name == "pack" else "pallet")
        if number <= 0 or (beside and beside != base and not beside.strip()):
            raise Refuse("cell_number", field=f"{name}_factor", text=f"{number:f}")
        if code == base:
            raise Refuse("unit_is_base", unit=code)
        units.append(NewUnit(code=code, factor=Quantity.of(number), gtin=_gtin(draft, f"{name}_gtin")))
    return units


def _gtin(draft: Draft, name: str) -> Gtin | None:
    text = draft.get(name)
    return Gtin.parse(text) if text else None


def _gtins_in_use(drafts: Sequence[Draft]) -> dict[str, tuple[ItemId | None, str]]:
    wanted = [d.get(name) for d in drafts for name in ("gtin", "pack_gtin", "pack2_gtin") if d.get(name)]
    found: dict[str, tuple[ItemId | None, str]] = {}
    for part in parts(wanted):
        rows = select(PackUnit.gtin, Item.id, Item.sku).join(Item, Item.id == PackUnit.item_id)
        found |= {r.gtin: (r.id, r.sku) for r in db.session.execute(rows.where(PackUnit.gtin.in_(part))) if r.gtin}
    return found


def _usual_class() -> ItemClass:
    """The class that most items have; food where there is none yet."""
    counts = count_items_by_class()
    return max(counts, key=lambda kind: counts[kind]) if counts else ItemClass.FOOD


def apply_items(drafts: Sequence[Draft], applying: Applying) -> None:
    """Make and change the items of accepted rows."""
    plans = [d.plan for d in drafts if d.plan is not None]
    catalog.create_items([plan.new for plan in plans if plan.new is not None])
    catalog.change_items({plan.item: plan.changes for plan in plans if plan.item is not None and plan.changes})
    catalog.add_units([(plan.item, unit) for plan in plans if plan.item is not None for unit in plan.units])


# -- partners ---------------------------------------------------------------------------------------------------------
def judge_partners(frame: Frame, drafts: Sequence[Draft]) -> None:
    """Judge rows of partners against those that are known and one another."""
    open_drafts = [d for d in drafts if not d.verdict]
    known: dict[str, Partner] = {}
    for part in parts(d.get("code") for d in open_drafts):
        rows = fresh(select(Partner).where(Partner.code.in_(part)))
        known |= {row.code: row for row in rows}
    seen: dict[str, int] = {}
    role = _role_in(frame.words)
    for draft in open_drafts:
        try:
            code = draft.get("code")
            if code in seen:
                raise Refuse("twice_in_file", text=code, row=seen[code])
            seen[code] = draft.row
            _judge_partner(draft, known.get(code), role, today=frame.today)
        except Refuse as no:
            draft.refuse(no.reason, **no.facts)
        else:
            draft.settle()


def _role_in(words: Sequence[str]) -> str:
    """The one role that the heading names: 客户编码 is a column of customers."""
    text = " ".join(words).casefold()
    named = {role for role, marks in _ROLE_WORDS.items() if any(mark in text for mark in marks)}
    return named.pop() if len(named) == 1 else ""


def _judge_partner(draft: Draft, found: Partner | None, heading_role: str, *, today: date) -> None:
    code, values = draft.get("code"), _plain(draft, _PARTNER_PLAIN)
    for role in draft.get("role") or ():
        values[f"is_{role}"] = True
    gln = values.get("gln", "")
    if gln and not (len(gln) == 13 and is_digits(gln) and has_valid_check_digit(gln)):
        raise Refuse("cell_gln", field="gln", text=gln)
    if (email := values.get("email", "")) and not is_address(email):
        raise Refuse("cell_email", field="email", text=email)
    if (checked := values.get("recall_contact_verified_on")) and checked > today:
        raise Refuse("checked_to_come", field="recall_contact_verified_on", on=checked.isoformat())
    if found is None:
        if not (code.isascii() and code[0].isalnum() and all(sign.isalnum() or sign in "._-" for sign in code)):
            raise Refuse("code_form", text=code)
        values["name_en"] = values.get("name_en") or values["name_zh"]
        if not any(values.get(f"is_{role}") for role in ("supplier", "maker", "customer")):
            if heading_role:
                values[f"is_{heading_role}"] = True
            else:
                draft.ask("role_missing")
                values |= {"is_supplier": True, "is_customer": True}
        draft.reason, draft.plan = "new", (None, values | {"code": code})
        return
    changes = {name: value for name, value in values.items() if getattr(found, name) != value}
    if changes:
        draft.ask("would_change", text=code, changes=_told(found, changes))
        draft.plan = (found.id, changes)
    draft.reason = "changed" if changes else "same"


def apply_partners(drafts: Sequence[Draft], applying: Applying) -> None:
    """Make and change the partners of accepted rows."""
    plans = [d.plan for d in drafts if d.plan is not None]
    catalog.create_partners([values for partner, values in plans if partner is None])
    catalog.change_partners({PartnerId(partner): values for partner, values in plans if partner is not None})


# -- both -------------------------------------------------------------------------------------------------------------
def _plain(draft: Draft, names: Sequence[str]) -> dict[str, Any]:
    """The values a row gives, as the columns of the table take them."""
    made: dict[str, Any] = {}
    for name in names:
        value = draft.get(name)
        if value is None:
            continue
        if isinstance(value, Written):
            value = value.on
        elif name in _CHOICES:
            value = _CHOICES[name](value)
        elif value in {"yes", "no"} and name.startswith("is_"):
            value = value == "yes"
        made[name] = value
    return made


def _told(row: Any, changes: dict[str, Any]) -> list[list[str]]:
    """[field, before, after] of what would change."""
    return [[name, str(shown(_said(getattr(row, name)))), str(shown(_said(value)))] for name, value in changes.items()]


def _said(value: Any) -> Any:
    return "" if value is None else getattr(value, "value", value)
