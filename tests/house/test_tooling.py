"""The test floor itself: both engines are real, processes are real."""

import sqlite3

import psycopg

from tests.conftest import Database


def test_a_test_database_is_real_and_has_the_schema(database: Database) -> None:
    if database.engine == "sqlite":
        with sqlite3.connect(database.url.removeprefix("sqlite:///")) as connection:
            assert connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] > 10
        connection.close()
        return
    with psycopg.connect(database.url) as connection:
        row = connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone()
        assert row is not None and row[0] > 5
        assert connection.execute("SHOW server_version_num").fetchone() >= ("150000",)
