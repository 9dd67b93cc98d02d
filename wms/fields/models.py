"""Tables of own fields: their definitions, and one table of values for all kinds of records."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKeyConstraint, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from wms.core.ids import new_id
from wms.db import Base
from wms.db.types import enum_column
from wms.fields.rules.values import FieldType


class OwnField(Base):
    """A field a site defined for a kind of record. Code, kind of record and, once it has values, type are kept for good."""

    __tablename__ = "own_field"
    __table_args__ = (
        UniqueConstraint("record_kind", "code"),
        UniqueConstraint("id", "record_kind", name="uq_own_field_id_kind"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, default=new_id, autoincrement=False)
    #: One of rules.values.RECORD_KINDS.
    record_kind: Mapped[str] = mapped_column(String(24))
    code: Mapped[str] = mapped_column(String(30))
    name_en: Mapped[str] = mapped_column(String(80))
    name_zh: Mapped[str] = mapped_column(String(80), default="")
    type: Mapped[FieldType] = mapped_column(enum_column(FieldType, name="type"))
    unit: Mapped[str] = mapped_column(String(12), default="")
    is_required: Mapped[bool] = mapped_column(default=False)
    minimum: Mapped[str] = mapped_column(String(24), default="")
    maximum: Mapped[str] = mapped_column(String(24), default="")
    pattern: Mapped[str] = mapped_column(String(200), default="")
    #: [{"code", "name_en", "name_zh", "is_active"}, ...] in their order.
    choices: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    position: Mapped[int] = mapped_column(default=0)
    is_active: Mapped[bool] = mapped_column(default=True)

    def __repr__(self) -> str:
        return f"<OwnField {self.record_kind}.{self.code}>"


def _holds(column: str) -> dict[str, Any]:
    """The rows that hold a value in this column: each index is as large as its own type's values."""
    return {"sqlite_where": text(f"{column} IS NOT NULL"), "postgresql_where": text(f"{column} IS NOT NULL")}


class OwnFieldValue(Base):
    """What one record says in one field, in the column of the field's type; all NULL once the value was taken away.

    The row stays then, so that its audit entries are found with the record.
    """

    __tablename__ = "own_field_value"
    __table_args__ = (
        UniqueConstraint("field_id", "record_id"),
        ForeignKeyConstraint(
            ["field_id", "record_kind"], ["own_field.id", "own_field.record_kind"], name="fk_own_field_value_field"
        ),
        CheckConstraint(
            "(CASE WHEN text IS NULL THEN 0 ELSE 1 END) + (CASE WHEN number IS NULL THEN 0 ELSE 1 END)"
            " + (CASE WHEN day IS NULL THEN 0 ELSE 1 END) + (CASE WHEN flag IS NULL THEN 0 ELSE 1 END) <= 1",
            name="one_value",
        ),
        Index("ix_own_field_value_record", "record_kind", "record_id"),
        Index("ix_own_field_value_text", "field_id", "text", "record_id", **_holds("text")),
        Index("ix_own_field_value_number", "field_id", "number", "record_id", **_holds("number")),
        Index("ix_own_field_value_day", "field_id", "day", "record_id", **_holds("day")),
        Index("ix_own_field_value_flag", "field_id", "flag", "record_id", **_holds("flag")),
    )

    id: Mapped[int] = mapped_column(primary_key=True, default=new_id, autoincrement=False)
    field_id: Mapped[int]
    record_kind: Mapped[str] = mapped_column(String(24))
    record_id: Mapped[int]
    #: Text, a link, or the code of a choice.
    text: Mapped[str | None] = mapped_column(String(300))
    #: A number in millionths.
    number: Mapped[int | None]
    day: Mapped[date | None]
    flag: Mapped[bool | None]

    field: Mapped[OwnField] = relationship(lazy="joined", innerjoin=True)

    def __repr__(self) -> str:
        return f"<OwnFieldValue {self.field_id} {self.record_id}>"


def values_of_record(kind: str, model: str) -> Any:
    """The values of a record as a relationship of its model, to be loaded with a list: `selectinload(Item.own_values)`."""
    return relationship(
        "OwnFieldValue",
        primaryjoin=f"and_(foreign(OwnFieldValue.record_id) == {model}.id, OwnFieldValue.record_kind == '{kind}')",
        viewonly=True,
        uselist=True,
    )
