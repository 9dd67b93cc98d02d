"""The migrations: from nothing to head equals the models on both engines; numbers and head agree; down leaves nothing."""

import re
from pathlib import Path
from typing import Any

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, create_engine, inspect

from tests import schema
from tests.conftest import Database
from wms.app import MODELS, load_models
from wms.db import Base

load_models()
VERSIONS = Path(__file__).resolve().parents[2] / "migrations" / "versions"


def _engine(database: Database) -> Engine:
    return create_engine(schema.driver_url(database.url))


def _ours(_object: Any, name: str | None, kind: str, _reflected: bool, _compare_to: Any) -> bool:
    return not (kind == "table" and name == "alembic_version")


def test_up_from_nothing_equals_the_models(empty_database: Database) -> None:
    schema.make_schema(empty_database.url)
    engine = _engine(empty_database)
    try:
        with engine.connect() as connection:
            settings = {"compare_type": True, "compare_server_default": False, "include_object": _ours}
            found = compare_metadata(MigrationContext.configure(connection, opts=settings), Base.metadata)
    finally:
        engine.dispose()
    assert not found, "\n".join(str(one) for one in found)


def test_check_constraints_of_the_models_stand_in_the_database(empty_database: Database) -> None:
    # Alembic's comparison does not look at them.
    schema.make_schema(empty_database.url)
    engine = _engine(empty_database)
    try:
        there = inspect(engine)
        missing = []
        for table in Base.metadata.sorted_tables:
            wanted = {
                str(one.name)
                for one in table.constraints
                if one.__visit_name__.endswith("check_constraint") and one.name
            }
            missing += [
                f"{table.name}: {name}"
                for name in wanted - {one["name"] for one in there.get_check_constraints(table.name)}
            ]
    finally:
        engine.dispose()
    assert not missing


def test_up_again_changes_nothing(empty_database: Database) -> None:
    schema.make_schema(empty_database.url)
    schema.make_schema(empty_database.url)


def test_files_are_numbered_without_a_gap_and_the_last_is_the_one_head() -> None:
    numbers = sorted(int(path.name[:4]) for path in VERSIONS.glob("*.py"))
    assert all(re.fullmatch(r"\d{4}_[a-z0-9_]+\.py", path.name) for path in VERSIONS.glob("*.py"))
    assert numbers == list(range(1, len(numbers) + 1))
    scripts = ScriptDirectory.from_config(schema.alembic_config("sqlite://"))
    assert [int(head) for head in scripts.get_heads()] == numbers[-1:]


def test_every_migration_after_the_first_can_be_taken_back(empty_database: Database) -> None:
    schema.make_schema(empty_database.url)
    command.downgrade(schema.alembic_config(empty_database.url), "0001")
    schema.make_schema(empty_database.url)


def test_every_module_with_tables_is_loaded_before_the_models_are_compared() -> None:
    wms = Path(__file__).resolve().parents[2] / "wms"
    declaring = {
        ".".join(("wms", *path.relative_to(wms).with_suffix("").parts))
        for path in wms.rglob("*.py")
        if re.search(r"^    __tablename__ = |= Table\($", path.read_text(encoding="utf-8"), re.M)
    }
    assert declaring == set(MODELS)
