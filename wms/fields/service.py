"""Verbs of own fields: define, change, set the values of a record. Each change leaves its audit entry at the flush."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

from wms.core.errors import DuplicateValue, OwnFieldInUse, OwnFieldMissing
from wms.core.ids import new_id
from wms.db import db
from wms.fields import queries
from wms.fields.models import OwnField, OwnFieldValue
from wms.fields.rules import values as rules
from wms.fields.rules.values import Field, Given, Kept


def define(values: Mapping[str, Any]) -> Field:
    """Define a field. Raises FieldErrors over what does not fit its type, DuplicateValue over its code."""
    wanted = Field(id=new_id(), **values)
    rules.check(wanted)
    if any(one.code == wanted.code for one in queries.fields_of(wanted.record_kind, with_inactive=True)):
        raise DuplicateValue(field="code", value=wanted.code)
    db.session.add(OwnField(**_columns(wanted)))
    db.session.flush()
    return wanted


def change(field_id: int, values: Mapping[str, Any]) -> Field:
    """Change a field; code and kind of record are kept.

    Raises OwnFieldInUse when its type should change though records have values, or a choice go that records have: take
    it out of use then.
    """
    row = queries.get_row(field_id)
    present = queries.field_of(row)
    wanted = replace(present, **values)
    rules.check(wanted)
    count = queries.count_values([field_id]).get(field_id, 0)
    if count and wanted.type is not present.type:
        raise OwnFieldInUse(
            field=present.names, field_code=present.code, what=f"field_{present.type.value}", count=count
        )
    gone = {one.code for one in present.choices} - {one.code for one in wanted.choices}
    if gone and (used := sorted(gone & queries.used_choices(field_id))):
        raise OwnFieldInUse(field=present.names, field_code=present.code, what=", ".join(used), count=count)
    for name, value in _columns(wanted).items():
        if getattr(row, name) != value:
            setattr(row, name, value)
    db.session.flush()
    return wanted


def set_values(kind: str, record: int, given: Given | Mapping[str, Any]) -> None:
    """Set own fields of a record, in the transaction of its verb; a mapping counts as JSON that names what changes.

    Raises OwnFieldUnknown, OwnFieldMissing and the other OwnField errors: then nothing of it is kept.
    """
    if not isinstance(given, Given):
        given = Given(values=given, is_json=True)
    fields = queries.fields_of(kind)
    if not fields and not given.values:
        return
    rows = queries.rows_of(kind, record)
    present = {one.code: kept for one in fields if one.id in rows and (kept := queries.kept_of(rows[one.id]))}
    for code, kept in rules.read_all(fields, given, present=present, record_kind=kind).items():
        one = next(field for field in fields if field.code == code)
        _keep(rows.get(one.id), one, record, kept)
    db.session.flush()


def demand_filled(kind: str, record: int) -> None:
    """Refuse to go on with a record that lacks a field which must be filled in; OwnFieldMissing names the first."""
    needed = [one for one in queries.fields_of(kind) if one.is_required]
    values = queries.values_of(kind, [record]).get(record, {}) if needed else {}
    for one in needed:
        if one.code not in values:
            raise OwnFieldMissing(field=one.names, field_code=one.code)


def _keep(row: OwnFieldValue | None, one: Field, record: int, kept: Kept | None) -> None:
    columns = asdict(kept or Kept())
    if row is None:
        if kept is not None:
            db.session.add(
                OwnFieldValue(id=new_id(), field_id=one.id, record_kind=one.record_kind, record_id=record, **columns)
            )
        return
    for name, value in columns.items():
        if getattr(row, name) != value:
            setattr(row, name, value)


def _columns(one: Field) -> dict[str, Any]:
    columns = {name: getattr(one, name) for name in Field.__dataclass_fields__}
    return columns | {"choices": [asdict(choice) for choice in one.choices]}
