"""What comes in from the pages of items and partners and from the API, and how they go out."""

import re
from decimal import Decimal
from typing import Any

from marshmallow import ValidationError, fields, validate

from wms.catalog.models import (
    DateBasis,
    FefoGrade,
    FoodTraceability,
    ItemClass,
    LotNumberBy,
    PolicyName,
    TypedLotPolicy,
)
from wms.core.errors import BadCode
from wms.fields.forms import OwnValues, OwnValuesOut, own_fields
from wms.gs1.checksums import has_valid_check_digit, is_digits
from wms.gs1.codes import Sku
from wms.gs1.gtin import Gtin
from wms.mail.rules import is_address
from wms.sites.models import StorageClass
from wms.web.api import ListQuery
from wms.web.forms import Choice, Day, Flag, Id, In, Line, Out, QuantityField, Tick, Whole
from wms.web.i18n import LANGUAGES

_code = validate.Regexp(r"\A[A-Za-z0-9][A-Za-z0-9._-]*\Z", error="code_form")


class GtinField(fields.Field[Gtin]):
    """A GTIN of 8, 12, 13 or 14 digits with a right check digit; blank is None."""

    def document(self) -> dict[str, Any]:
        """Say the digits."""
        kind = ["string", "null"] if self.allow_none else "string"
        return {"type": kind, "pattern": "^([0-9]{8}|[0-9]{12,14})?$"}

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if value == "":
            return None
        try:
            return Gtin.parse(str(value))
        except BadCode:
            raise ValidationError("bad_gtin") from None


class SkuField(Line):
    """A SKU as the labels and the codes module take it."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        try:
            return Sku.parse(text).value
        except BadCode:
            raise ValidationError("blank") from None


class Classes(fields.Field[str]):
    """Classes of items, each once, in their order; kept as "drug,device"."""

    def document(self) -> dict[str, Any]:
        """Say what may stand in the list; one alone, or none, may stand as text, as a form sends it."""
        names = [kind.value for kind in ItemClass]
        some = {
            "type": "array", "items": {"type": "string", "enum": names}, "uniqueItems": True, "maxItems": len(names),
        }  # fmt: skip
        return {"anyOf": [some, {"type": "string", "enum": ["", *names]}]}

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        chosen = [value] * bool(value) if isinstance(value, str) else value
        if not isinstance(chosen, list) or not all(isinstance(one, str) for one in chosen):
            raise ValidationError("not_a_choice")
        if not set(chosen) <= {kind.value for kind in ItemClass} or len(set(chosen)) != len(chosen):
            raise ValidationError("not_a_choice")
        return ",".join(kind.value for kind in ItemClass if kind.value in chosen)

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> list[str]:
        return [one for one in (value or "").split(",") if one]


class MoneyIn(fields.Field[Decimal]):
    """An amount of money of at most six decimals, as text; a blank form field is None."""

    _FORM = re.compile(r"[0-9]{1,10}(\.[0-9]{1,6})?")

    def document(self) -> dict[str, Any]:
        """Say the digits."""
        return {"type": ["string", "null"], "pattern": f"^({self._FORM.pattern})?$"}

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if value == "":
            return None
        if not isinstance(value, str) or not self._FORM.fullmatch(value.strip()):
            raise ValidationError("bad_money")
        return Decimal(value.strip())

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:
        return None if value is None else format(value, "f")


class ItemsIn(In):
    """Which items to list."""

    q = Line(max_length=100, load_default="")
    kind = Choice(ItemClass, load_default=None, allow_none=True)
    inactive = Tick()
    cursor = Line(max_length=400, load_default="")


class ItemIn(In):
    """What may be changed of an item."""

    name_en = Line(required=True, max_length=160)
    name_zh = Line(max_length=160, load_default="")
    specification = Line(max_length=160, load_default="")
    item_class = Choice(ItemClass, required=True)
    storage_class = Choice(StorageClass, required=True)
    shelf_life_days = Whole(1, 36500, allow_none=True, load_default=None)
    shelf_life_months = Whole(1, 1200, allow_none=True, load_default=None)
    lot_number_by = Choice(LotNumberBy, load_default=LotNumberBy.MAKER_LOT)
    receipt_life_days_min = Whole(0, 36500, allow_none=True, load_default=None)
    receipt_life_percent_min = Whole(0, 100, allow_none=True, load_default=None)
    usable_on_expiry_day = Tick()
    expiry_warning_days = Whole(0, 3650, required=True)
    allocation_policy = Choice(PolicyName, required=True)
    fefo_grade = Choice(FefoGrade, required=True)
    is_inspected_at_receipt = Tick()
    typed_lot_policy = Choice(TypedLotPolicy, required=True)
    retest_days = Whole(1, 36500, allow_none=True, load_default=None)
    retest_months = Whole(1, 600, allow_none=True, load_default=None)
    retest_extends_expiry = Tick()
    standard_cost = MoneyIn(load_default=None, allow_none=True)
    over_receipt_percent = Whole(0, 100, required=True)
    under_receipt_percent = Whole(0, 100, load_default=0)
    needs_second_acceptor = Tick()
    has_unit_ids = Tick()
    maker_id = Id(allow_none=True, load_default=None)
    registrant = Line(max_length=160, load_default="")
    approval_number = Line(max_length=60, load_default="")
    approval_valid_until = Day(allow_none=True, load_default=None)
    allergen = Line(max_length=120, load_default="")
    hazard = Line(max_length=120, load_default="")
    food_traceability = Choice(FoodTraceability, load_default=FoodTraceability.UNSTATED)
    food_traceability_category = Line(max_length=120, load_default="")
    country = Line(max_length=2, load_default="", validate=validate.Regexp(r"\A([A-Z]{2})?\Z", error="country_form"))
    is_active = Tick()


class NewItemIn(In):
    """A new item: what is kept for good, and what every item needs."""

    sku = SkuField(required=True, max_length=40)
    name_en = Line(required=True, max_length=160)
    name_zh = Line(max_length=160, load_default="")
    item_class = Choice(ItemClass, required=True)
    base_unit = Line(required=True, max_length=12, validate=_code)
    storage_class = Choice(StorageClass, required=True)
    date_basis = Choice(DateBasis, required=True)
    shelf_life_days = Whole(1, 36500, allow_none=True, load_default=None)
    shelf_life_months = Whole(1, 1200, allow_none=True, load_default=None)
    gtin = GtinField(load_default=None)


class ItemsForm(ItemsIn):
    """Which items to list on the page, own fields among the filters."""

    f = own_fields()


class ItemForm(ItemIn):
    """The form of an item, with its own fields."""

    f = own_fields()


class NewItemForm(NewItemIn):
    """The form of a new item, with its own fields."""

    f = own_fields()


class UnitIn(In):
    """A unit to add to an item."""

    code = Line(required=True, max_length=12, validate=_code)
    factor = QuantityField(required=True)
    gtin = GtinField(load_default=None)


class PartnersIn(In):
    """Which partners to list."""

    q = Line(max_length=100, load_default="")
    role = Line(load_default="", validate=validate.OneOf(["", "supplier", "maker", "customer"], error="not_a_choice"))
    cursor = Line(max_length=400, load_default="")


def _gln(text: str) -> None:
    if text and not (len(text) == 13 and is_digits(text) and has_valid_check_digit(text)):
        raise ValidationError("bad_gln")


def _market(text: str) -> None:
    if text and not re.fullmatch(r"[A-Z0-9][A-Z0-9-]{0,11}", text):
        raise ValidationError("bad_market")


def _email(text: str) -> None:
    if text and not is_address(text):
        raise ValidationError("bad_address")


def _language(text: str) -> None:
    if text and text not in LANGUAGES:
        raise ValidationError("not_a_choice")


class PartnerIn(In):
    """What may be changed of a partner."""

    name_en = Line(required=True, max_length=160)
    name_zh = Line(max_length=160, load_default="")
    is_supplier = Tick()
    is_maker = Tick()
    is_customer = Tick()
    gln = Line(max_length=13, load_default="", validate=_gln)
    address = Line(max_length=300, load_default="")
    phone = Line(max_length=40, load_default="")
    email = Line(
        max_length=254, load_default="", validate=_email,
        metadata={"description": "Where notices that must arrive are sent; empty: by post and phone alone."},
    )  # fmt: skip
    language = Line(
        max_length=12, load_default="", validate=_language,
        metadata={"description": "Of what we write to them: en, zh_Hans_CN, zh_Hant_TW; empty: that of the writer."},
    )  # fmt: skip
    licence_number = Line(max_length=60, load_default="")
    licence_scope = Line(max_length=300, load_default="")
    licence_expires_on = Day(allow_none=True, load_default=None)
    licensed_classes = Classes(load_default="")
    over_receipt_percent = Whole(0, 100, allow_none=True, load_default=None)
    under_receipt_percent = Whole(0, 100, allow_none=True, load_default=None)
    receipt_life_days_min = Whole(0, 36500, allow_none=True, load_default=None)
    receipt_life_percent_min = Whole(0, 100, allow_none=True, load_default=None)
    check_share_percent = Whole(0, 100, allow_none=True, load_default=None)
    recall_contact = Line(max_length=160, load_default="")
    recall_contact_verified_on = Day(allow_none=True, load_default=None)
    shelf_life_days_min = Whole(0, 36500, allow_none=True, load_default=None)
    shelf_life_percent_min = Whole(0, 100, allow_none=True, load_default=None)
    allocation_policy = Choice(PolicyName, allow_none=True, load_default=None)
    market = Line(
        max_length=12, load_default="", validate=_market,
        metadata={"description": "Where a customer sells or uses our goods: letters, digits and a hyphen, as CN or EU."},
    )  # fmt: skip
    is_active = Tick()


class NewPartnerIn(PartnerIn):
    """A new partner."""

    code = Line(required=True, max_length=30, validate=_code)


class RuleIn(In):
    """What a customer asks of one item; all blank takes the rule away."""

    sku = Line(required=True, max_length=40)
    shelf_life_days_min = Whole(0, 36500, allow_none=True, load_default=None)
    shelf_life_percent_min = Whole(0, 100, allow_none=True, load_default=None)
    allocation_policy = Choice(PolicyName, allow_none=True, load_default=None)


class SupplierRuleIn(In):
    """By what one item is taken in from a supplier; all blank takes the rule away."""

    sku = Line(required=True, max_length=40)
    over_receipt_percent = Whole(0, 100, allow_none=True, load_default=None)
    under_receipt_percent = Whole(0, 100, allow_none=True, load_default=None)
    receipt_life_days_min = Whole(0, 36500, allow_none=True, load_default=None)
    receipt_life_percent_min = Whole(0, 100, allow_none=True, load_default=None)


# -- the API ----------------------------------------------------------------------------------------------------------
class ItemsQuery(ListQuery):
    """Which items to list: `q` finds a SKU from its beginning, a name anywhere, a GTIN of any unit."""

    q = Line(max_length=100, load_default="")
    item_class = Choice(ItemClass, load_default=None, allow_none=False)
    is_active = fields.Boolean(load_default=True)
    f = own_fields()


class NewItemPost(NewItemIn):
    """A new item: what is kept for good, what every item needs, and the site's own fields."""

    own_fields = OwnValues()


class ItemPut(ItemIn):
    """An item as it shall be: the whole of what may be changed."""

    own_fields = OwnValues()
    usable_on_expiry_day = Flag(required=True)  # type: ignore[assignment]
    retest_extends_expiry = Flag(load_default=False)  # type: ignore[assignment]
    is_inspected_at_receipt = Flag(required=True)  # type: ignore[assignment]
    needs_second_acceptor = Flag(load_default=False)  # type: ignore[assignment]
    has_unit_ids = Flag(
        load_default=False,
        metadata={
            "description": "Each piece has an id of its own (serial, drug trace code, UDI), asked for at receipt."
        },
    )  # type: ignore[assignment]
    is_active = Flag(required=True)  # type: ignore[assignment]


class UnitOut(Out):
    """A unit an item comes in: `factor` base units each; `gtin` has 14 digits."""

    code = fields.String()
    factor = QuantityField()
    gtin = fields.String(allow_none=True)


class ItemOut(Out):
    """An item with its units."""

    id = Id()
    sku = fields.String()
    name_en = fields.String()
    name_zh = fields.String()
    specification = fields.String()
    item_class = Choice(ItemClass)
    base_unit = fields.String()
    storage_class = Choice(StorageClass)
    is_lot_tracked = fields.Boolean()
    date_basis = Choice(DateBasis)
    shelf_life_days = fields.Integer(allow_none=True)
    shelf_life_months = fields.Integer(
        allow_none=True, metadata={"description": "Stands before the days, which then follow from it."}
    )
    lot_number_by = Choice(LotNumberBy)
    receipt_life_days_min = fields.Integer(allow_none=True)
    receipt_life_percent_min = fields.Integer(allow_none=True)
    usable_on_expiry_day = fields.Boolean()
    expiry_warning_days = fields.Integer()
    allocation_policy = Choice(PolicyName)
    fefo_grade = Choice(FefoGrade)
    is_inspected_at_receipt = fields.Boolean()
    typed_lot_policy = Choice(TypedLotPolicy)
    retest_days = fields.Integer(allow_none=True)
    retest_months = fields.Integer(allow_none=True)
    retest_extends_expiry = fields.Boolean()
    standard_cost = MoneyIn(allow_none=True)
    over_receipt_percent = fields.Integer()
    under_receipt_percent = fields.Integer()
    needs_second_acceptor = fields.Boolean()
    has_unit_ids = fields.Boolean()
    maker_id = Id(allow_none=True)
    registrant = fields.String()
    approval_number = fields.String()
    approval_valid_until = Day(allow_none=True)
    allergen = fields.String()
    hazard = fields.String()
    food_traceability = Choice(
        FoodTraceability, metadata={"description": "Whether it is on the Food Traceability List (21 CFR 1.1305)."}
    )
    food_traceability_category = fields.String()
    country = fields.String()
    is_active = fields.Boolean()
    units = fields.List(fields.Nested(UnitOut()), attribute="pack_units")
    own_fields = OwnValuesOut()


class PartnersQuery(ListQuery):
    """Which partners to list: `q` finds a code from its beginning, a name anywhere."""

    q = Line(max_length=100, load_default="")
    role = fields.String(
        load_default="", validate=validate.OneOf(["", "supplier", "maker", "customer"], error="not_a_choice")
    )


class PartnerPut(PartnerIn):
    """A partner as it shall be: the whole of what may be changed."""

    is_supplier = Flag(required=True)  # type: ignore[assignment]
    is_maker = Flag(required=True)  # type: ignore[assignment]
    is_customer = Flag(required=True)  # type: ignore[assignment]
    is_active = Flag(required=True)  # type: ignore[assignment]


class PartnerPost(NewPartnerIn):
    """A new partner."""

    is_active = Flag(load_default=True)  # type: ignore[assignment]


class PartnerOut(Out):
    """A partner."""

    id = Id()
    code = fields.String()
    name_en = fields.String()
    name_zh = fields.String()
    is_supplier = fields.Boolean()
    is_maker = fields.Boolean()
    is_customer = fields.Boolean()
    gln = fields.String()
    address = fields.String()
    phone = fields.String()
    licence_number = fields.String()
    email = fields.String()
    language = fields.String()
    licence_scope = fields.String()
    licence_expires_on = Day(allow_none=True)
    licensed_classes = Classes(metadata={"description": "Classes of items the licence covers; empty: not limited."})
    over_receipt_percent = fields.Integer(allow_none=True)
    under_receipt_percent = fields.Integer(allow_none=True)
    receipt_life_days_min = fields.Integer(allow_none=True)
    receipt_life_percent_min = fields.Integer(allow_none=True)
    check_share_percent = fields.Integer(
        allow_none=True,
        metadata={"description": "How much of a pallet is scanned at receipt; null: as the supplier's standing says."},
    )
    recall_contact = fields.String()
    recall_contact_verified_on = Day(allow_none=True)
    shelf_life_days_min = fields.Integer(allow_none=True)
    shelf_life_percent_min = fields.Integer(allow_none=True)
    allocation_policy = Choice(PolicyName, allow_none=True)
    market = fields.String()
    is_active = fields.Boolean()


class RuleOut(Out):
    """What a customer asks of one item; null falls back to the customer's own, then the item's."""

    customer_id = Id(attribute="rule.customer_id")
    item_id = Id(attribute="rule.item_id")
    sku = fields.String(attribute="item.sku")
    shelf_life_days_min = fields.Integer(attribute="rule.shelf_life_days_min", allow_none=True)
    shelf_life_percent_min = fields.Integer(attribute="rule.shelf_life_percent_min", allow_none=True)
    allocation_policy = Choice(PolicyName, attribute="rule.allocation_policy", allow_none=True)


class RulesOut(Out):
    """Every rule of a customer."""

    items = fields.List(fields.Nested(RuleOut()))


class SupplierRuleOut(Out):
    """By what one item is taken in from a supplier; null falls back to the supplier's own, then the item's."""

    supplier_id = Id(attribute="rule.supplier_id")
    item_id = Id(attribute="rule.item_id")
    sku = fields.String(attribute="item.sku")
    over_receipt_percent = fields.Integer(attribute="rule.over_receipt_percent", allow_none=True)
    under_receipt_percent = fields.Integer(attribute="rule.under_receipt_percent", allow_none=True)
    receipt_life_days_min = fields.Integer(attribute="rule.receipt_life_days_min", allow_none=True)
    receipt_life_percent_min = fields.Integer(attribute="rule.receipt_life_percent_min", allow_none=True)


class SupplierRulesOut(Out):
    """Every rule of a supplier."""

    items = fields.List(fields.Nested(SupplierRuleOut()))
