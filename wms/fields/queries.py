"""Reads of own fields: the definitions of a kind of record, the values of some records, and who matches a filter."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Select, and_, func, or_, select

from wms.audit.models import AuditEntry
from wms.audit.queries import Change
from wms.core.errors import NotFound, OwnFieldUnknown
from wms.db import Base, db
from wms.fields.models import OwnField, OwnFieldValue
from wms.fields.rules.values import Choice, Condition, Field, Kept, condition, plain

#: The values of so many records are read by one statement.
_MANY = 500


# -- definitions ------------------------------------------------------------------------------------------------------
def fields_of(kind: str, *, with_inactive: bool = False) -> list[Field]:
    """List the own fields of a kind of record, in the order of the form."""
    statement = select(OwnField).where(OwnField.record_kind == kind).order_by(OwnField.position, OwnField.code)
    if not with_inactive:
        statement = statement.where(OwnField.is_active)
    return [field_of(row) for row in db.session.execute(statement).scalars()]


def all_fields() -> list[Field]:
    """List every own field: by kind of record, then in the order of the form."""
    order = (OwnField.record_kind, OwnField.position, OwnField.code)
    return [field_of(row) for row in db.session.execute(select(OwnField).order_by(*order)).scalars()]


def get_row(field_id: int) -> OwnField:
    """Give the row of a definition; NotFound otherwise."""
    found = db.session.get(OwnField, field_id)
    if found is None:
        raise NotFound(kind="own_field", text=str(field_id))
    return found


def get_field(field_id: int) -> Field:
    """Give a definition; NotFound otherwise."""
    return field_of(get_row(field_id))


def field_of(row: OwnField) -> Field:
    """A row as the rules know it."""
    return Field(
        id=row.id, record_kind=row.record_kind, code=row.code, name_en=row.name_en, name_zh=row.name_zh, type=row.type,
        unit=row.unit, is_required=row.is_required, minimum=row.minimum, maximum=row.maximum, pattern=row.pattern,
        choices=tuple(Choice(**one) for one in row.choices), position=row.position, is_active=row.is_active,
    )  # fmt: skip


def count_values(field_ids: Collection[int]) -> Mapping[int, int]:
    """Count the records that have a value, by field."""
    statement = (
        select(OwnFieldValue.field_id, func.count())
        .where(OwnFieldValue.field_id.in_(field_ids), _holds_something())
        .group_by(OwnFieldValue.field_id)
    )
    return {row[0]: row[1] for row in db.session.execute(statement)}


def used_choices(field_id: int) -> set[str]:
    """Name the choices of a field that records have."""
    statement = select(OwnFieldValue.text).where(OwnFieldValue.field_id == field_id, OwnFieldValue.text.is_not(None))
    return {str(text) for text in db.session.execute(statement.distinct()).scalars()}


def _holds_something() -> Any:
    columns = (OwnFieldValue.text, OwnFieldValue.number, OwnFieldValue.day, OwnFieldValue.flag)
    return or_(*(column.is_not(None) for column in columns))


# -- values -----------------------------------------------------------------------------------------------------------
def rows_of(kind: str, record: int) -> dict[int, OwnFieldValue]:
    """The rows of one record by field, those of a value that was taken away too."""
    statement = select(OwnFieldValue).where(OwnFieldValue.record_kind == kind, OwnFieldValue.record_id == record)
    return {row.field_id: row for row in db.session.execute(statement).scalars()}


def kept_of(row: OwnFieldValue) -> Kept | None:
    """What a row holds."""
    if row.text is None and row.number is None and row.day is None and row.flag is None:
        return None
    return Kept(text=row.text, number=row.number, day=row.day, flag=row.flag)


def values_of(kind: str, records: Iterable[int]) -> dict[int, dict[str, Any]]:
    """The values of some records: by record, then by code, as JSON says them. Records and fields without one are left out.

    One statement for every 500 records; fields that are not active are left out.
    """
    wanted = list(dict.fromkeys(records))
    found: dict[int, dict[str, Any]] = {}
    for start in range(0, len(wanted), _MANY):
        statement = (
            select(OwnFieldValue)
            .join(OwnField, OwnField.id == OwnFieldValue.field_id)
            .where(
                OwnFieldValue.record_kind == kind,
                OwnFieldValue.record_id.in_(wanted[start : start + _MANY]),
                OwnField.is_active,
            )
        )
        for row in db.session.execute(statement).scalars():
            value = plain(field_of(row.field), kept_of(row))
            if value is not None:
                found.setdefault(row.record_id, {})[row.field.code] = value
    return found


def plain_values(rows: Iterable[OwnFieldValue]) -> dict[str, Any]:
    """The values of a record that were loaded with it (`own_values`), by code, as JSON says them."""
    ordered = sorted((row for row in rows if row.field.is_active), key=lambda row: (row.field.position, row.field.code))
    values = {row.field.code: plain(field_of(row.field), kept_of(row)) for row in ordered}
    return {code: value for code, value in values.items() if value is not None}


# -- filters ----------------------------------------------------------------------------------------------------------
def conditions_of(kind: str, asked: Mapping[str, str]) -> tuple[Condition, ...]:
    """Read the filters ?f.code=value of a list, blank ones left out; a code that is not known is refused by name."""
    asked = {code: text for code, text in asked.items() if text.strip()}
    if not asked:
        return ()
    known = {one.code: one for one in fields_of(kind)}
    for code in asked:
        if code not in known:
            raise OwnFieldUnknown(field=code[:40], kind=kind, known=sorted(known) or None)
    return tuple(condition(known[code], text) for code, text in asked.items())


def matching(asked: Condition) -> Select[Any]:
    """The ids of the records that match a filter: for `Item.id.in_(matching(...))`."""
    given: list[Any] = [OwnFieldValue.field_id == asked.field_id]
    if asked.begins is not None:
        given.append(_begins(asked.begins))
    if asked.text is not None:
        given.append(OwnFieldValue.text == asked.text)
    if asked.flag is not None:
        given.append(OwnFieldValue.flag.is_(asked.flag))
    if asked.column:
        column = OwnFieldValue.day if asked.column == "day" else OwnFieldValue.number
        if asked.least is not None:
            given.append(column >= asked.least)
        if asked.most is not None:
            given.append(column <= asked.most)
    return select(OwnFieldValue.record_id).where(*given)


def _begins(typed: str) -> Any:
    """Text that begins as typed, or so in capitals: ranges an index can walk on both engines."""
    ways = dict.fromkeys((typed, typed.upper()))
    return or_(*(and_(OwnFieldValue.text >= way, OwnFieldValue.text < way + "\U0010ffff") for way in ways))


# -- history ----------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class _Entry:
    """An entry of the audit as the page of the record shows it: under the field's name."""

    seq: int
    at: Any
    actor_id: Any
    reason: str
    changes: dict[str, Any]
    action: str = "changed"
    entity: str = field(default="own_field_value")


def with_history(kind: str, record: int, changes: Sequence[Change], *, limit: int = 20) -> list[Change]:
    """Put the changes of a record's own fields among those of the record itself, the newest first."""
    people = Base.metadata.tables["user_account"]
    statement = (
        select(AuditEntry, OwnField, people.c.full_name)
        .join(OwnFieldValue, OwnFieldValue.id == AuditEntry.entity_id)
        .join(OwnField, OwnField.id == OwnFieldValue.field_id)
        .outerjoin(people, people.c.id == AuditEntry.actor_id)
        .where(
            AuditEntry.entity == OwnFieldValue.__tablename__,
            OwnFieldValue.record_kind == kind,
            OwnFieldValue.record_id == record,
        )
        .order_by(AuditEntry.seq.desc())
        .limit(limit)
    )
    mine: list[Change] = []
    for entry, own, name in db.session.execute(statement):
        pairs = [pair for column, pair in entry.changes.items() if column in {"text", "number", "day", "flag"}]
        if pairs:
            said = [_said(own, next((pair[side] for pair in pairs if pair[side] is not None), None)) for side in (0, 1)]
            mine.append(
                Change(
                    _Entry(seq=entry.seq, at=entry.at, actor_id=entry.actor_id, reason=entry.reason, changes={own.code: said}),  # type: ignore[arg-type]
                    name,
                )
            )  # fmt: skip
    return sorted([*changes, *mine], key=lambda change: change.entry.seq, reverse=True)[:limit]


def _said(own: OwnField, value: Any) -> Any:
    if own.type.value in ("whole", "decimal") and value is not None:
        return plain(field_of(own), Kept(number=int(value)))
    return value
