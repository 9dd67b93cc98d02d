"""Changes of a filled schema that both engines take, for migrations: a longer list of words, a column that points elsewhere.

SQLite cannot alter a constraint, and rebuilding a table that others point to would ask for foreign keys to be off. A CHECK
changes nothing on disk, so its text is changed in the schema itself, as its makers describe
(https://sqlite.org/lang_altertable.html, 7: "making other kinds of table schema changes").
"""

from __future__ import annotations

from collections.abc import Sequence

from alembic import op
from sqlalchemy import text


def widen_words(table: str, column: str, before: Sequence[str], after: Sequence[str]) -> None:
    """Let the enum column take the words `after` in place of `before`, in its CHECK named ck_<table>_<column>.

    Raises ValueError when the schema does not say what it should say before.
    """
    change_check(table, f"ck_{table}_{column}", _check(column, before), _check(column, after))


def change_check(table: str, name: str, said: str, says: str) -> None:
    """Let the CHECK `name` of a table say something else; what the rows hold must agree with it already.

    Raises ValueError when the schema does not say what it should say before.
    """
    if op.get_bind().dialect.name != "sqlite":
        op.drop_constraint(op.f(name), table, type_="check")
        op.create_check_constraint(op.f(name), table, says)
        return
    connection = op.get_bind()
    whole = connection.execute(
        text("SELECT sql FROM sqlite_schema WHERE type = 'table' AND name = :table"), {"table": table}
    ).scalar_one()
    if whole.count(f"CHECK ({said})") != 1:
        raise ValueError(f"{table}: no CHECK ({said})")
    version = connection.execute(text("PRAGMA schema_version")).scalar_one()
    connection.execute(text("PRAGMA writable_schema = ON"))
    connection.execute(
        text("UPDATE sqlite_schema SET sql = :sql WHERE type = 'table' AND name = :table"),
        {"sql": whole.replace(f"CHECK ({said})", f"CHECK ({says})"), "table": table},
    )
    connection.execute(text(f"PRAGMA schema_version = {int(version) + 1}"))
    connection.execute(text("PRAGMA writable_schema = RESET"))


def add_reference(table: str, column: str, target: str) -> None:
    """Add a column that points to `target`.id and may be empty."""
    name = op.f(f"fk_{table}_{column}_{target}")
    op.execute(f"ALTER TABLE {table} ADD COLUMN {column} BIGINT CONSTRAINT {name} REFERENCES {target} (id)")


def add_words(table: str, column: str, words: Sequence[str], *, default: str | None) -> None:
    """Add an enum column (24 signs, checked) with a word for the rows that are there; None: it may be empty."""
    rule = "" if default is None else f" NOT NULL DEFAULT '{default}'"
    check = f"CONSTRAINT ck_{table}_{column} CHECK ({_check(column, words)})"
    op.execute(f"ALTER TABLE {table} ADD COLUMN {column} VARCHAR(24){rule} {check}")


def _check(column: str, words: Sequence[str]) -> str:
    return f"{column} IN ({', '.join(repr(str(word)) for word in words)})"
