"""Tables of items, pack units, partners and what a customer asks of an item."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column, relationship, validates

from wms.catalog.rules import SOUND_LENGTH, sound_of
from wms.core.ids import ItemId, PartnerId, new_id
from wms.core.quantity import Quantity
from wms.db import Base
from wms.db.types import MoneyType, enum_column
from wms.fields.models import OwnFieldValue, values_of_record
from wms.sites.models import StorageClass


class ItemClass(StrEnum):
    """The trade an item belongs to."""

    FOOD = "food"
    DRUG = "drug"
    DEVICE = "device"
    ELECTRONICS = "electronics"


class FoodTraceability(StrEnum):
    """Whether a food is on the Food Traceability List (21 CFR 1.1305): nobody said yet, it is, it is not."""

    UNSTATED = "unstated"
    LISTED = "listed"
    NOT_LISTED = "not_listed"


class PolicyName(StrEnum):
    """How stock is chosen for demand."""

    FEFO = "fefo"
    FIFO = "fifo"
    LIFO = "lifo"


class FefoGrade(StrEnum):
    """What happens when another lot than the policy's is scanned."""

    ALLOW = "allow"
    REASON = "reason"
    SUPERVISOR = "supervisor"
    FORBID = "forbid"


class TypedLotPolicy(StrEnum):
    """What is asked when a lot number is typed and not scanned."""

    TWICE = "twice"
    PHOTO = "photo"
    FREE = "free"


class LotNumberBy(StrEnum):
    """How a lot of an item gets its number."""

    #: It is the maker's; a clash asks, and a rule gives another.
    MAKER_LOT = "maker_lot"
    #: Made by rule, one number for each maker lot.
    RULE = "rule"
    #: Made by rule, a new number for each receipt, though the maker lot came before.
    RECEIPT = "receipt"


class DateBasis(StrEnum):
    """Which date of a lot decides."""

    EXPIRY = "expiry"
    BEST_BEFORE = "best_before"
    NONE = "none"


def _sound(context: Any) -> str:
    """The sound of the Chinese name that goes in with it, where rows are made many at a time."""
    return sound_of(context.get_current_parameters().get("name_zh") or "")


class Partner(Base):
    """A company we deal with: supplier, maker, customer, any of the three."""

    __tablename__ = "partner"

    id: Mapped[PartnerId] = mapped_column(primary_key=True, default=new_id, autoincrement=False)
    code: Mapped[str] = mapped_column(String(30), unique=True)
    name_en: Mapped[str] = mapped_column(String(160))
    name_zh: Mapped[str] = mapped_column(String(160), default="")
    #: How the Chinese name sounds, for the search (rules.sound_of).
    sound: Mapped[str] = mapped_column(String(SOUND_LENGTH), default=_sound, server_default="")
    is_supplier: Mapped[bool] = mapped_column(default=False)
    is_maker: Mapped[bool] = mapped_column(default=False)
    is_customer: Mapped[bool] = mapped_column(default=False)
    gln: Mapped[str] = mapped_column(String(13), default="")
    address: Mapped[str] = mapped_column(String(300), default="")
    phone: Mapped[str] = mapped_column(String(40), default="")
    licence_number: Mapped[str] = mapped_column(String(60), default="")
    licence_scope: Mapped[str] = mapped_column(String(300), default="")
    licence_expires_on: Mapped[date | None]
    #: The classes of items the licence covers, as "drug,device"; blank: not limited.
    licensed_classes: Mapped[str] = mapped_column(String(80), default="")
    #: Where letters go that must arrive, such as the notice of a recall; blank: by phone and post alone.
    email: Mapped[str] = mapped_column(String(254), default="", server_default="")
    #: Of what we write to them: en, zh_Hans_CN, zh_Hant_TW; blank: the language of whoever writes.
    language: Mapped[str] = mapped_column(String(12), default="", server_default="")
    recall_contact: Mapped[str] = mapped_column(String(160), default="")
    recall_contact_verified_on: Mapped[date | None]
    #: Where a customer sells or uses what we ship, as "CN" or "EU": goods released for some markets only go no further.
    market: Mapped[str] = mapped_column(String(12), default="", server_default="")
    #: What a customer asks of every item, at the ship date; an ItemRule may ask otherwise.
    shelf_life_days_min: Mapped[int | None]
    shelf_life_percent_min: Mapped[int | None]
    allocation_policy: Mapped[PolicyName | None] = mapped_column(enum_column(PolicyName, name="allocation_policy"))
    #: What a supplier's deliveries are taken in by; a SupplierRule may say otherwise, NULL falls back to the item.
    over_receipt_percent: Mapped[int | None]
    under_receipt_percent: Mapped[int | None]
    receipt_life_days_min: Mapped[int | None]
    receipt_life_percent_min: Mapped[int | None]
    #: How much of a pallet a receiver scans before it is taken in by its SSCC; NULL: as the supplier's standing says.
    check_share_percent: Mapped[int | None]
    is_active: Mapped[bool] = mapped_column(default=True)

    @validates("name_zh")
    def _hear(self, _name: str, value: str) -> str:
        self.sound = sound_of(value or "")
        return value

    def __repr__(self) -> str:
        return f"<Partner {self.code}>"


class Item(Base):
    """The thing sold or used. All its stock is counted in `base_unit`."""

    __tablename__ = "item"
    __table_args__ = (Index("ix_item_name_zh", "name_zh"), Index("ix_item_name_en", "name_en"))

    id: Mapped[ItemId] = mapped_column(primary_key=True, default=new_id, autoincrement=False)
    sku: Mapped[str] = mapped_column(String(40), unique=True)
    name_en: Mapped[str] = mapped_column(String(160))
    name_zh: Mapped[str] = mapped_column(String(160), default="")
    #: How the Chinese name sounds, for the search (rules.sound_of).
    sound: Mapped[str] = mapped_column(String(SOUND_LENGTH), default=_sound, server_default="")
    specification: Mapped[str] = mapped_column(String(160), default="")
    item_class: Mapped[ItemClass] = mapped_column(enum_column(ItemClass, name="item_class"))
    base_unit: Mapped[str] = mapped_column(String(12))
    storage_class: Mapped[StorageClass] = mapped_column(enum_column(StorageClass, name="storage_class"))
    is_lot_tracked: Mapped[bool] = mapped_column(default=True)
    date_basis: Mapped[DateBasis] = mapped_column(enum_column(DateBasis, name="date_basis"), default=DateBasis.EXPIRY)
    shelf_life_days: Mapped[int | None]
    #: Where the maker says it in months; stands before the days.
    shelf_life_months: Mapped[int | None]
    lot_number_by: Mapped[LotNumberBy] = mapped_column(
        enum_column(LotNumberBy, name="lot_number_by"), default=LotNumberBy.MAKER_LOT
    )
    #: The least remaining life we take in, in days or percent of the shelf life, at the day of receipt.
    receipt_life_days_min: Mapped[int | None]
    receipt_life_percent_min: Mapped[int | None]
    usable_on_expiry_day: Mapped[bool] = mapped_column(default=True)
    expiry_warning_days: Mapped[int] = mapped_column(default=30)
    allocation_policy: Mapped[PolicyName] = mapped_column(
        enum_column(PolicyName, name="allocation_policy"), default=PolicyName.FEFO
    )
    fefo_grade: Mapped[FefoGrade] = mapped_column(
        enum_column(FefoGrade, name="fefo_grade"), default=FefoGrade.SUPERVISOR
    )
    #: The plan of the item: True and its receipts stand pending until quality releases them.
    is_inspected_at_receipt: Mapped[bool] = mapped_column(default=False)
    #: Each piece carries a code of its own (serial, drug trace code, UDI): it is scanned in, out and back (wms.units).
    has_unit_ids: Mapped[bool] = mapped_column(default=False, server_default=false())
    typed_lot_policy: Mapped[TypedLotPolicy] = mapped_column(
        enum_column(TypedLotPolicy, name="typed_lot_policy"), default=TypedLotPolicy.TWICE
    )
    over_receipt_percent: Mapped[int] = mapped_column(default=0)
    #: Every so many days, or months when given, goods are to be tested again (复验), counted from making or receipt.
    retest_days: Mapped[int | None]
    retest_months: Mapped[int | None]
    #: A passed retest may carry the last good day on as well.
    retest_extends_expiry: Mapped[bool] = mapped_column(default=False)
    #: What a base unit is worth to us, in the currency of the installation; for what a hold or a loss comes to.
    standard_cost: Mapped[Decimal | None] = mapped_column(MoneyType)
    #: So much less than announced still counts as all of it.
    under_receipt_percent: Mapped[int] = mapped_column(default=0)
    #: Its receipts stand pending until a second person accepts them (验收).
    needs_second_acceptor: Mapped[bool] = mapped_column(default=False)
    maker_id: Mapped[PartnerId | None] = mapped_column(ForeignKey("partner.id"))
    registrant: Mapped[str] = mapped_column(String(160), default="")
    approval_number: Mapped[str] = mapped_column(String(60), default="")
    approval_valid_until: Mapped[date | None]
    allergen: Mapped[str] = mapped_column(String(120), default="")
    hazard: Mapped[str] = mapped_column(String(120), default="")
    food_traceability: Mapped[FoodTraceability] = mapped_column(
        enum_column(FoodTraceability, name="food_traceability"),
        default=FoodTraceability.UNSTATED,
        server_default="unstated",
    )
    #: In the list's own words: "Cheeses, other than hard cheeses", "Shell eggs".
    food_traceability_category: Mapped[str] = mapped_column(String(120), default="", server_default="")
    country: Mapped[str] = mapped_column(String(2), default="")
    is_active: Mapped[bool] = mapped_column(default=True)

    maker: Mapped[Partner | None] = relationship()
    pack_units: Mapped[list[PackUnit]] = relationship(back_populates="item", order_by="PackUnit.factor")
    own_values: Mapped[list[OwnFieldValue]] = values_of_record("item", "Item")

    @validates("name_zh")
    def _hear(self, _name: str, value: str) -> str:
        self.sound = sound_of(value or "")
        return value

    def __repr__(self) -> str:
        return f"<Item {self.sku}>"


class PackUnit(Base):
    """A unit an item comes in, with its GTIN: `factor` base units each. The base unit itself has factor 1."""

    __tablename__ = "pack_unit"
    __table_args__ = (UniqueConstraint("item_id", "code"), CheckConstraint("factor > 0", name="factor_positive"))

    id: Mapped[int] = mapped_column(primary_key=True, default=new_id, autoincrement=False)
    item_id: Mapped[ItemId] = mapped_column(ForeignKey("item.id"))
    code: Mapped[str] = mapped_column(String(12))
    factor: Mapped[Quantity]
    #: GTIN-14, zero-padded; NULL where this unit has none.
    gtin: Mapped[str | None] = mapped_column(String(14), unique=True)

    item: Mapped[Item] = relationship(back_populates="pack_units")

    def __repr__(self) -> str:
        return f"<PackUnit {self.code}>"


class ItemRule(Base):
    """What one customer asks of one item; each field left NULL falls back to the customer's own, then the item's."""

    __tablename__ = "item_rule"
    __table_args__ = (UniqueConstraint("customer_id", "item_id"),)

    id: Mapped[int] = mapped_column(primary_key=True, default=new_id, autoincrement=False)
    customer_id: Mapped[PartnerId] = mapped_column(ForeignKey("partner.id"))
    item_id: Mapped[ItemId] = mapped_column(ForeignKey("item.id"))
    shelf_life_days_min: Mapped[int | None]
    shelf_life_percent_min: Mapped[int | None]
    allocation_policy: Mapped[PolicyName | None] = mapped_column(enum_column(PolicyName, name="allocation_policy"))

    def __repr__(self) -> str:
        return f"<ItemRule {self.customer_id} {self.item_id}>"


class SupplierRule(Base):
    """What one item is taken in by from one supplier; each field left NULL falls back to the supplier's own, then the item's."""

    __tablename__ = "supplier_rule"
    __table_args__ = (UniqueConstraint("supplier_id", "item_id"),)

    id: Mapped[int] = mapped_column(primary_key=True, default=new_id, autoincrement=False)
    supplier_id: Mapped[PartnerId] = mapped_column(ForeignKey("partner.id"))
    item_id: Mapped[ItemId] = mapped_column(ForeignKey("item.id"))
    over_receipt_percent: Mapped[int | None]
    under_receipt_percent: Mapped[int | None]
    receipt_life_days_min: Mapped[int | None]
    receipt_life_percent_min: Mapped[int | None]

    def __repr__(self) -> str:
        return f"<SupplierRule {self.supplier_id} {self.item_id}>"
