"""One way to page lists: by key, never by offset, so page 1 and page 10,000 cost the same."""

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, Date, Select, String, and_, or_
from sqlalchemy.orm import InstrumentedAttribute

from wms.core.errors import BadCode
from wms.db.types import UtcDateTime

T = TypeVar("T")


@dataclass(frozen=True)
class Page(Generic[T]):
    """One page of a list: its rows and the cursor of the next page, None on the last."""

    rows: Sequence[T]
    next_cursor: str | None


@dataclass(frozen=True)
class SortKey:
    """One column to sort by, never NULL; the last key of a list must be unique."""

    column: ColumnElement[Any] | InstrumentedAttribute[Any]
    descending: bool = False


def after(statement: Select[Any], keys: Sequence[SortKey], cursor: str | None, *, size: int) -> Select[Any]:
    """Order `statement` by `keys`, start after `cursor`, ask for one row more than `size` (to know if more follow)."""
    statement = statement.order_by(*(k.column.desc() if k.descending else k.column.asc() for k in keys))
    if cursor:
        values = [_typed(k, v, cursor) for k, v in zip(keys, _read_cursor(cursor, len(keys)), strict=True)]
        # Said twice, for the planners: this bound lets them start inside the index, the branches below are exact.
        first = keys[0].column
        statement = statement.where(first <= values[0] if keys[0].descending else first >= values[0])
        branches = []
        for index, key in enumerate(keys):
            beyond = key.column < values[index] if key.descending else key.column > values[index]
            branches.append(and_(*(keys[i].column == values[i] for i in range(index)), beyond))
        statement = statement.where(or_(*branches))
    return statement.limit(size + 1)


def page_of(rows: Sequence[T], *, size: int, values: Any) -> Page[T]:
    """Cut the extra row off; `values(row)` gives the sort values of a row, in the order of the keys."""
    if len(rows) <= size:
        return Page(rows=rows, next_cursor=None)
    kept = rows[:size]
    text = json.dumps([v if isinstance(v, (int, str)) else str(v) for v in values(kept[-1])])
    return Page(rows=kept, next_cursor=base64.urlsafe_b64encode(text.encode()).decode().rstrip("="))


def _typed(key: SortKey, value: int | str, cursor: str) -> Any:
    """Turn a value of the cursor into what the column compares with: days and instants travel as text."""
    kind: type[date] | None = None
    if isinstance(key.column.type, Date):
        kind = date
    elif isinstance(key.column.type, UtcDateTime):
        kind = datetime
    elif isinstance(value, str) != isinstance(key.column.type, String):
        raise BadCode(kind="cursor", text=cursor[:40])
    if kind is None:
        return value
    try:
        return kind.fromisoformat(str(value))
    except ValueError as broken:
        raise BadCode(kind="cursor", text=cursor[:40]) from broken


def _read_cursor(cursor: str, count: int) -> list[Any]:
    try:
        values = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        assert isinstance(values, list) and len(values) == count
        assert all(_is_storable(v) for v in values)
    except (ValueError, AssertionError, RecursionError) as broken:
        raise BadCode(kind="cursor", text=cursor[:40]) from broken
    return values


def _is_storable(value: Any) -> bool:
    """A value that a column of ours could hold: text a database can compare with, a number within BIGINT."""
    if isinstance(value, str):
        return not any(sign == "\x00" or "\ud800" <= sign <= "\udfff" for sign in value)
    return isinstance(value, int) and not isinstance(value, bool) and -(2**63) <= value < 2**63
