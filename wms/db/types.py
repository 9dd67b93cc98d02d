"""Column types: exact quantities, aware UTC instants, enums kept as checked text, JSON."""

import enum
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, DateTime, Enum
from sqlalchemy.types import TypeDecorator

from wms.core.quantity import Quantity


class QuantityType(TypeDecorator[Quantity]):
    """Integer millionths of the base unit in the database, Quantity outside; NUMERIC would be a float in SQLite."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: Quantity | int | None, dialect: Any) -> int | None:
        return value.millionths if isinstance(value, Quantity) else value

    def process_result_value(self, value: int | None, dialect: Any) -> Quantity | None:
        return None if value is None else Quantity(int(value))


class UtcDateTime(TypeDecorator[datetime]):
    """An aware instant; naive values are refused, results are UTC on both engines."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive time reached the database edge")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Any) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def enum_column(kind: type[enum.StrEnum], *, name: str) -> Enum:
    """Text with a CHECK of the enum's values; `name` names the constraint."""
    return Enum(
        kind,
        values_callable=lambda e: [m.value for m in e],
        native_enum=False,
        create_constraint=True,
        length=24,
        name=name,
        validate_strings=True,
    )


class MoneyType(TypeDecorator[Decimal]):
    """Integer millionths of the currency in the database, Decimal outside: exact on both engines."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Any) -> int | None:
        return None if value is None else int(value * 1_000_000)

    def process_result_value(self, value: int | None, dialect: Any) -> Decimal | None:
        return None if value is None else Decimal(int(value)) / 1_000_000
