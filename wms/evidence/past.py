"""What became of each field of a record, in words that people read: who, when, where, what it was, what it is, and why.

The audit trail holds values as the database does; here an id becomes the name of what it names, a choice its word, a day a
day. One statement reads the trail of a record, and one more each table whose ids stand in it.
"""

from __future__ import annotations

import enum
import importlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from typing import Any, Final

from flask_babel import format_date, gettext, lazy_gettext
from sqlalchemy import Boolean, Column, Date, Enum, String, Table, Text, cast, select

from wms.audit.capture import SECRET, identity_of
from wms.audit.models import AuditEntry
from wms.audit.queries import Change, trail
from wms.db import Base, db
from wms.db.paging import Page, SortKey, after, page_of
from wms.db.types import UtcDateTime
from wms.evidence.belonging import Where, entries_of
from wms.evidence.column_words import CHOICES, COLUMNS, OF_RECORDS
from wms.evidence.words import ENTITIES
from wms.web.field_words import FIELDS
from wms.web.sentences import word
from wms.web.views import local_time

#: So many entries of one record are read for its marks.
_MOST: Final = 300
#: How the time, the day and the person of something are said.
_PATTERNS: Final[Mapping[str, Any]] = {
    "_at": lazy_gettext("%(what)s: when"), "_on": lazy_gettext("%(what)s: on"), "_by": lazy_gettext("%(what)s: by"),
}  # fmt: skip
#: By what people know a row of a table.
_NAMED_BY: Final = ("sku", "number", "code", "full_name", "name", "login", "name_en")
#: Modules that say choices in words; the first to say a choice is heard.
_WORDS_IN: Final = (
    *(
        f"{feature}.words"
        for feature in (
            "catalog", "sites", "stock", "quality", "disposition", "inspection", "numbering", "picking", "production",
            "problems", "label_checks", "units", "mail", "complaints", "recall", "passport", "fields", "files", "signing",
            "trace", "gaps",
        )
    ),
    "alerts.sentences", "production.issue_words", "production.report_words", "recall.notice_routes",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class FieldChange:
    """One change of one field, in words; `device` and `warehouse` are blank where nothing is known of them."""

    field: str
    name: str
    at: datetime
    who: str
    device: str
    warehouse: str
    before: str
    after: str
    why: str


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One entry of the trail with its fields in words."""

    seq: int
    at: datetime
    who: str
    device: str
    warehouse: str
    entity: str
    entity_name: str
    entity_id: int
    #: By what people know the record; blank for a line of a paper and for what is gone.
    named: str
    action: str
    why: str
    fields: Sequence[FieldChange]


def past_of(entity: str, entity_id: int) -> dict[str, list[FieldChange]]:
    """Give the changes of a record by field, the newest first; what it was made with is no change."""
    return pasts_of(entity, [entity_id])[entity_id]


def pasts_of(entity: str, ids: Collection[int]) -> dict[int, dict[str, list[FieldChange]]]:
    """The same of several records at once: one statement for all, and one for each table whose ids stand in them."""
    rows = db.session.execute(
        trail()
        .where(AuditEntry.entity == entity, AuditEntry.entity_id.in_(list(ids)), AuditEntry.action == "changed")
        .order_by(AuditEntry.seq.desc())
        .limit(_MOST)
    ).all()
    return _by_record(in_words(rows, with_records=False), ids)


def pasts_in(entity: str, ids: Collection[int], rows: Iterable[Change]) -> dict[int, dict[str, list[FieldChange]]]:
    """The same, of changes that a page has read already; nothing is asked but names."""
    mine = [row for row in rows if row.entry.entity == entity and row.entry.action == "changed"]
    return _by_record(said_in_words(mine), ids)


def _by_record(entries: Iterable[Entry], ids: Collection[int]) -> dict[int, dict[str, list[FieldChange]]]:
    found: dict[int, dict[str, list[FieldChange]]] = {one: {} for one in ids}
    for entry in entries:
        for change in entry.fields:
            found.setdefault(entry.entity_id, {}).setdefault(change.field, []).append(change)
    return found


def in_words(rows: Iterable[Any], *, with_records: bool = True) -> list[Entry]:
    """Say entries of `trail` in the reader's words; `with_records` the records themselves by name too."""
    return said_in_words((_change(row) for row in rows), with_records=with_records)


def said_in_words(changes: Iterable[Change], *, with_records: bool = False) -> list[Entry]:
    """Say changes of a record in the reader's words; an own field's values are said as they are."""
    changes = list(changes)
    names = _names_in(changes, with_records=with_records)
    return [_entry(one, names) for one in changes]


def _change(row: Any) -> Change:
    return Change(row[0], row.full_name, row.device or "", row.warehouse or "")


def _entry(change: Change, names: Mapping[tuple[str, str], str]) -> Entry:
    entry = change.entry
    common: dict[str, Any] = {
        "at": entry.at,
        "who": word(change.actor_name) if change.actor_name else "",
        "device": change.device,
        "warehouse": change.warehouse,
        "why": entry.reason,
    }
    identity = getattr(entry, "entity_id", 0)
    return Entry(
        seq=entry.seq,
        entity=entry.entity,
        entity_name=entity_word(entry.entity),
        entity_id=identity,
        named=names.get((entry.entity, str(identity)), ""),
        action=entry.action,
        fields=[
            FieldChange(
                field=name, name=field_word(name, entry.entity), before=_said(entry.entity, name, pair[0], names),
                after=_said(entry.entity, name, pair[1], names), **common,
            )
            for name, pair in entry.changes.items()
        ],
        **common,
    )  # fmt: skip


def field_word(name: str, entity: str = "") -> str:
    """The word of a field: as its form has it, else of the column, else of the kind of record it points to.

    `accepted_at` is said as the time of what `accepted` is, `accepted_by` as its person.
    """
    if (said := _plain_word(name, entity)) is not None:
        return said
    column = _column(entity, name)
    for key in column.foreign_keys if column is not None else ():
        if name == f"{key.column.table.name}_id":
            return entity_word(key.column.table.name)
    for ending, pattern in _PATTERNS.items():
        if name.endswith(ending) and (said := _plain_word(name.removesuffix(ending), entity)) is not None:
            return str(pattern) % {"what": said}
    return _plain_word(name.removesuffix("_id"), entity) or name.removesuffix("_id").removeprefix("is_").replace(
        "_", " "
    )


def columns_of(entity: str) -> list[tuple[str, str]]:
    """The columns of a kind of record with their words, for the choice of one; none without a kind."""
    table = Base.metadata.tables.get(entity)
    found = [(column.name, field_word(column.name, entity)) for column in table.columns] if table is not None else []
    return sorted(((name, said) for name, said in found if name not in {"id", *SECRET}), key=lambda pair: pair[1])


def has_word(name: str, entity: str) -> bool:
    """Whether a column is said in words and not by its name."""
    return field_word(name, entity) != name.removesuffix("_id").removeprefix("is_").replace("_", " ") or any(
        name.removesuffix("_id") in words for words in (FIELDS, COLUMNS)
    )


def _plain_word(name: str, entity: str = "") -> str | None:
    if (entity, name) in OF_RECORDS:
        return str(OF_RECORDS[entity, name])
    for words in (FIELDS, COLUMNS):
        if name in words:
            return str(words[name])
    return None


def entity_word(entity: str) -> str:
    """The word of a kind of record."""
    return str(ENTITIES[entity]) if entity in ENTITIES else entity.replace("_", " ")


# -- values -----------------------------------------------------------------------------------------------------------
def _said(entity: str, field: str, value: Any, names: Mapping[tuple[str, str], str]) -> str:
    if value is None or value == "":
        return "–"
    column = _column(entity, field)
    if column is None:
        return str(value)
    for key in column.foreign_keys:
        target = key.column.table.name
        return names.get((target, str(value)), str(value))
    kind = column.type
    if isinstance(kind, Boolean):
        return gettext("yes") if value else gettext("no")
    if isinstance(kind, Enum) and kind.enum_class is not None:
        return _choice(kind.enum_class, str(value))
    try:
        if isinstance(kind, UtcDateTime):
            at = datetime.fromisoformat(str(value))
            return local_time(at if at.tzinfo else at.replace(tzinfo=UTC))
        if isinstance(kind, Date):
            return format_date(date.fromisoformat(str(value)))
    except ValueError:
        return str(value)
    return _plainly(value)


def _plainly(value: Any) -> str:
    """A list or an object without the marks of a program."""
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    if value is None or value == "":
        return "–"
    if isinstance(value, Mapping):
        return "; ".join(f"{field_word(str(name))}: {_plainly(one)}" for name, one in value.items())
    if isinstance(value, list):
        joint = " | " if any(isinstance(one, Mapping) for one in value) else ", "
        return joint.join(_plainly(one) for one in value) or "–"
    return word(value)


def _column(entity: str, field: str) -> Column[Any] | None:
    table = Base.metadata.tables.get(entity)
    return table.columns.get(field) if table is not None else None


def _choice(kind: type[enum.Enum], value: str) -> str:
    try:
        member = kind(value)
    except ValueError:
        return value
    said = _words_of().get(kind, {}).get(member)
    if said is None and value in CHOICES:
        said = CHOICES[value]
    return str(said) if said is not None else word(value)


@cache
def _words_of() -> Mapping[type[enum.Enum], Mapping[Any, Any]]:
    """The words of every choice, as the features have them."""
    found: dict[type[enum.Enum], Mapping[Any, Any]] = {}
    for name in _WORDS_IN:
        try:
            module = importlib.import_module(f"wms.{name}")
        except ModuleNotFoundError:
            continue
        for words in vars(module).values():
            if isinstance(words, Mapping) and words:
                first = next(iter(words))
                if isinstance(first, enum.Enum):
                    found.setdefault(type(first), words)
    return found


def _names_in(changes: Iterable[Change], *, with_records: bool) -> dict[tuple[str, str], str]:
    """The names of all that the ids in these entries name: one statement for each table."""
    wanted: dict[str, set[int]] = {}
    for change in changes:
        entry = change.entry
        if with_records:
            wanted.setdefault(entry.entity, set()).add(entry.entity_id)
        for field, pair in entry.changes.items():
            column = _column(entry.entity, field)
            if column is None:
                continue
            for key in column.foreign_keys:
                ids = {int(value) for value in pair if str(value).lstrip("-").isdigit()}
                wanted.setdefault(key.column.table.name, set()).update(ids)
    return names_of(wanted)


def names_of(wanted: Mapping[str, Collection[int]]) -> dict[tuple[str, str], str]:
    """By what people know these records: (table, id) to a name; one statement for each table."""
    found: dict[tuple[str, str], str] = {}
    for name, ids in wanted.items():
        if name not in Base.metadata.tables:
            continue
        table: Table = Base.metadata.tables[name]
        known_by = next((column for column in _NAMED_BY if column in table.columns), None)
        (own, *_more) = table.primary_key.columns
        if ids and isinstance(own.type, String):  # a few settings that are known by a word
            found |= {(name, str(identity_of(one))): one for one in db.session.execute(select(own)).scalars()}
        elif ids and known_by and "id" in table.columns:
            statement = select(table.c.id, table.c[known_by]).where(table.c.id.in_(ids))
            found |= {(name, str(row[0])): word(row[1]) for row in db.session.execute(statement)}
    return found


# -- the trail --------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, kw_only=True)
class TrailFilter:
    """Which entries: of a kind of record (its table), one record, a person's login, a field, a time; and whose.

    `where` None: of every warehouse and the company, for who has the right in all of them.
    """

    entity: str = ""
    record: int | None = None
    login: str = ""
    field: str = ""
    since: datetime | None = None
    until: datetime | None = None
    where: Where | None = None


def changes_of_kind(entity: str, *, size: int = 20) -> list[Entry]:
    """The last entries of a kind of record, whichever record: for a page of settings."""
    rows = db.session.execute(
        trail().where(AuditEntry.entity == entity).order_by(AuditEntry.seq.desc()).limit(size)
    ).all()
    return in_words(rows)


def list_trail(wanted: TrailFilter, *, cursor: str | None = None, size: int = 50) -> Page[Entry]:
    """List entries, the newest first, in words."""
    statement = trail().where(*_conditions(wanted))
    rows = db.session.execute(after(statement, [SortKey(AuditEntry.seq, descending=True)], cursor, size=size)).all()
    page = page_of(rows, size=size, values=lambda row: (row[0].seq,))
    return Page(rows=in_words(page.rows), next_cursor=page.next_cursor)


def stream_trail(wanted: TrailFilter) -> Iterator[Entry]:
    """Every entry that matches, some hundred at a time: for an export."""
    cursor = None
    while True:
        page = list_trail(wanted, cursor=cursor, size=500)
        yield from page.rows
        cursor = page.next_cursor
        if cursor is None:
            return


def _conditions(wanted: TrailFilter) -> list[Any]:
    found: list[Any] = []
    if wanted.entity:
        found.append(AuditEntry.entity == wanted.entity)
    if wanted.record is not None:
        found.append(AuditEntry.entity_id == wanted.record)
    if wanted.login:
        people = Base.metadata.tables["user_account"]
        found.append(AuditEntry.actor_id.in_(select(people.c.id).where(people.c.login == wanted.login)))
    if wanted.field:
        found.append(cast(AuditEntry.changes, Text).contains(f'"{wanted.field}": [', autoescape=True))
    if wanted.since is not None:
        found.append(AuditEntry.at >= wanted.since)
    if wanted.until is not None:
        found.append(AuditEntry.at <= wanted.until)
    if wanted.where is not None:
        found.append(entries_of(wanted.where, entity=wanted.entity))
    return found
