"""Changes of a filled schema that both engines take, for migrations: a longer list of words, a column that points elsewhere,
a table whose rows nobody changes any more.

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


# -- rows that nobody changes -----------------------------------------------------------------------------------------
def append_only(
    table: str, *, set_once: Sequence[str] = (), filled_once: Sequence[str] = (), taken_twice: Sequence[str] = ()
) -> None:
    """Refuse UPDATE, DELETE, TRUNCATE and every way to put a row in the place of another.

    `set_once`: columns that may go from NULL to a value, by itself, once; `filled_once`: from a blank text to a text (on
    PostgreSQL after `let_blanks_be_filled`). `taken_twice`: the unique columns named in an ON CONFLICT DO NOTHING by which
    the table is written; a row that has their values again is passed over, not refused.
    Drop the fence (`changeable`) before a later migration adds or drops a column, and put it up again.
    """
    free = [*set_once, *filled_once]
    verb = f"refuse_change_but({_quoted(free)})" if free else "refuse_change()"
    _fence(table, f"NOT ({' AND '.join(_only_set(table, set_once, filled_once))})" if free else "", verb)
    refuse_replacement(table, taken_twice=taken_twice)


def closed_for_good(table: str, column: str) -> None:
    """Refuse every change of a row once `column` has a value, and to take any row away or put another in its place."""
    _fence(table, f"OLD.{column} IS NOT NULL", f"refuse_change_when({_quoted([column])})")
    refuse_replacement(table)


def keep_columns(table: str, columns: Sequence[str]) -> None:
    """Refuse to change these columns of a row, and to take any row away or put another in its place."""
    kept = " AND ".join(f"OLD.{column} IS NEW.{column}" for column in columns)
    _fence(table, f"NOT ({kept})", f"refuse_change_of({_quoted(columns)})")
    refuse_replacement(table)


def _fence(table: str, refused_when: str, function: str) -> None:
    """The triggers of a fence: on SQLite with the condition, on PostgreSQL with the function for UPDATE and DELETE."""
    if op.get_bind().dialect.name == "sqlite":
        when = f" WHEN {refused_when}" if refused_when else ""
        op.execute(f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table}{when} BEGIN {_refusal(table)}; END")
        op.execute(f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} BEGIN {_refusal(table)}; END")
        return
    op.execute(
        f"CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION {function}"
    )
    op.execute(
        f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table}"
        " FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )


def _quoted(names: Sequence[str]) -> str:
    return ", ".join(repr(str(name)) for name in names)


def changeable(table: str) -> None:
    """Take the fence of `append_only` down."""
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("update", "delete", "replace"):
            op.execute(f"DROP TRIGGER IF EXISTS {table}_no_{verb}")
        return
    for verb in ("change", "truncate"):
        op.execute(f"DROP TRIGGER IF EXISTS {table}_no_{verb} ON {table}")


def refuse_replacement(table: str, *, taken_twice: Sequence[str] = ()) -> None:
    """Refuse INSERT OR REPLACE on SQLite, whatever the connection says of recursive triggers; PostgreSQL has none.

    REPLACE deletes what is in its way without asking the DELETE trigger of a connection that did not set the pragma. So
    a row is refused before it goes in, when one with its key or another unique value is there already.
    """
    connection = op.get_bind()
    if connection.dialect.name != "sqlite":
        return
    uniques = [
        [
            row[1]
            for row in sorted(connection.execute(text(f"PRAGMA table_info({table})")), key=lambda r: r[5])
            if row[5]
        ]
    ]
    for index in connection.execute(text(f"PRAGMA index_list({table})")).all():
        if index[2] and not index[4]:
            columns = [row[2] for row in connection.execute(text(f"PRAGMA index_info({index[1]})"))]
            if columns not in uniques:
                uniques.append(columns)
    # The key itself refuses; then what may come twice is passed over; then every other unique value refuses.
    uniques[1:] = sorted(uniques[1:], key=lambda columns: columns != list(taken_twice))
    cases = []
    for columns in uniques:
        same = " AND ".join(f"{column} = NEW.{column}" for column in columns)
        answer = "RAISE(IGNORE)" if columns == list(taken_twice) else f"RAISE(ABORT, '{table} is append-only')"
        cases.append(f"SELECT {answer} WHERE EXISTS (SELECT 1 FROM {table} WHERE {same})")
    op.execute(f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} BEGIN {'; '.join(cases)}; END")


def add_refusal_but() -> None:
    """Make PostgreSQL's trigger function for `set_once`: the columns in its arguments may go from NULL to a value."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE FUNCTION refuse_change_but() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            " IF TG_OP = 'UPDATE' AND to_jsonb(OLD) - TG_ARGV = to_jsonb(NEW) - TG_ARGV AND NOT EXISTS"
            " (SELECT 1 FROM unnest(TG_ARGV) AS c(name) WHERE to_jsonb(OLD) -> c.name <> 'null'::jsonb"
            " AND to_jsonb(OLD) -> c.name <> to_jsonb(NEW) -> c.name) THEN RETURN NEW; END IF;"
            " RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$"
        )


def drop_refusal_but() -> None:
    """Take the function of `add_refusal_but` away, when no fence uses it any more."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION refuse_change_but()")


#: PostgreSQL's functions for fences that let some changes through: the condition under which an UPDATE passes.
_PASSES = {
    "refuse_change_but": "to_jsonb(OLD) - TG_ARGV = to_jsonb(NEW) - TG_ARGV AND NOT EXISTS"
    " (SELECT 1 FROM unnest(TG_ARGV) AS c(name) WHERE to_jsonb(OLD) -> c.name NOT IN ('null'::jsonb, '\"\"'::jsonb)"
    " AND to_jsonb(OLD) -> c.name <> to_jsonb(NEW) -> c.name)",
    "refuse_change_when": "to_jsonb(OLD) -> TG_ARGV[0] = 'null'::jsonb",
    "refuse_change_of": "NOT EXISTS (SELECT 1 FROM unnest(TG_ARGV) AS c(name)"
    " WHERE to_jsonb(OLD) -> c.name <> to_jsonb(NEW) -> c.name)",
}


def let_blanks_be_filled() -> None:
    """Let PostgreSQL's fences take `filled_once`, and make the functions of `closed_for_good` and `keep_columns`."""
    if op.get_bind().dialect.name == "postgresql":
        for name, passes in _PASSES.items():
            op.execute(
                f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
                f" IF TG_OP = 'UPDATE' AND {passes} THEN RETURN NEW; END IF;"
                " RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$"
            )


def drop_blanks_filled() -> None:
    """Take back what `let_blanks_be_filled` made, when no fence uses it any more."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION refuse_change_when()")
        op.execute("DROP FUNCTION refuse_change_of()")


def _refusal(table: str) -> str:
    return f"SELECT RAISE(ABORT, '{table} is append-only')"


def _only_set(table: str, set_once: Sequence[str], filled_once: Sequence[str]) -> list[str]:
    """What an UPDATE on SQLite must fulfil: the rest as it was, and no value that stood already changed."""
    if op.get_bind().dialect.name != "sqlite":
        return []
    columns = [row[1] for row in op.get_bind().execute(text(f"PRAGMA table_info({table})"))]
    kept = [f"OLD.{column} IS NEW.{column}" for column in columns if column not in {*set_once, *filled_once}]
    kept += [f"(OLD.{column} IS NULL OR OLD.{column} IS NEW.{column})" for column in set_once]
    return kept + [f"(OLD.{column} = '' OR OLD.{column} IS NEW.{column})" for column in filled_once]


def _check(column: str, words: Sequence[str]) -> str:
    return f"{column} IN ({', '.join(repr(str(word)) for word in words)})"
