"""Tables of lot-number rules with their counters, and of suppliers' lot-code patterns."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from wms.catalog.models import Item, ItemClass, Partner
from wms.core.ids import ItemId, PartnerId, WarehouseId, new_id
from wms.db import Base
from wms.db.types import enum_column
from wms.numbering.rules.choice import Scope, Trigger
from wms.numbering.rules.elements import Element
from wms.numbering.rules.reading import Life, Meaning
from wms.sites.models import Warehouse


class LotNumberRule(Base):
    """How lots get their numbers: elements in order, from which moment on, for which goods.

    A `gapless` rule keeps its counter in the posting's transaction, whose row stays locked to the commit.
    """

    __tablename__ = "lot_number_rule"
    __table_args__ = (Index("ix_lot_number_rule_trigger", "trigger"),)

    id: Mapped[int] = mapped_column(primary_key=True, default=new_id, autoincrement=False)
    name: Mapped[str] = mapped_column(String(80), unique=True)
    trigger: Mapped[Trigger] = mapped_column(enum_column(Trigger, name="trigger"))
    item_id: Mapped[ItemId | None] = mapped_column(ForeignKey("item.id"))
    supplier_id: Mapped[PartnerId | None] = mapped_column(ForeignKey("partner.id"))
    item_class: Mapped[ItemClass | None] = mapped_column(enum_column(ItemClass, name="item_class"))
    warehouse_id: Mapped[WarehouseId | None] = mapped_column(ForeignKey("warehouse.id"))
    #: Elements as wms/numbering/rules/elements.py keeps them.
    elements: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    is_gapless: Mapped[bool] = mapped_column(default=False)
    is_active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]

    item: Mapped[Item | None] = relationship()
    supplier: Mapped[Partner | None] = relationship()
    warehouse: Mapped[Warehouse | None] = relationship()

    @property
    def scope(self) -> Scope:
        """What the rule is tied to."""
        return Scope(
            item=self.item_id,
            supplier=self.supplier_id,
            item_class=self.item_class.value if self.item_class else None,
            warehouse=self.warehouse_id,
        )

    @property
    def parts(self) -> list[Element]:
        """The elements."""
        return [Element.of_plain(kept) for kept in self.elements]

    def __repr__(self) -> str:
        return f"<LotNumberRule {self.name}>"


class LotNumberCounter(Base):
    """The last sequence a rule gave in one scope: a day, a month, a year, a beginning of the number, or all of it.

    Written by one statement in wms/numbering/service.py, never through the ORM.
    """

    __tablename__ = "lot_number_counter"
    __table_args__ = (CheckConstraint("last > 0", name="last_positive"),)

    rule_id: Mapped[int] = mapped_column(ForeignKey("lot_number_rule.id"), primary_key=True, autoincrement=False)
    scope: Mapped[str] = mapped_column(String(60), primary_key=True)
    last: Mapped[int]


class SupplierLotPattern(Base):
    """How a supplier writes its lot codes, for all its goods or one item; several may stand beside each other."""

    __tablename__ = "supplier_lot_pattern"
    __table_args__ = (Index("ix_supplier_lot_pattern_supplier_id", "supplier_id"),)

    id: Mapped[int] = mapped_column(primary_key=True, default=new_id, autoincrement=False)
    supplier_id: Mapped[PartnerId] = mapped_column(ForeignKey("partner.id"))
    item_id: Mapped[ItemId | None] = mapped_column(ForeignKey("item.id"))
    template: Mapped[str] = mapped_column(String(200))
    meaning: Mapped[Meaning] = mapped_column(enum_column(Meaning, name="meaning"), default=Meaning.MANUFACTURED)
    #: From the day of making; where neither is said the item's own shelf life is taken.
    shelf_life_months: Mapped[int | None]
    shelf_life_days: Mapped[int | None]
    note: Mapped[str] = mapped_column(String(200), default="")
    is_active: Mapped[bool] = mapped_column(default=True)

    supplier: Mapped[Partner] = relationship()
    item: Mapped[Item | None] = relationship()

    @property
    def scope(self) -> Scope:
        """What the pattern is tied to."""
        return Scope(item=self.item_id, supplier=self.supplier_id)

    @property
    def life(self) -> Life | None:
        """The shelf life of its own, if any."""
        if self.shelf_life_months is None and self.shelf_life_days is None:
            return None
        return Life(months=self.shelf_life_months, days=self.shelf_life_days)

    def __repr__(self) -> str:
        return f"<SupplierLotPattern {self.template}>"
