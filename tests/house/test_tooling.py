"""The test floor itself: the engines are real, the processes are real, the browser is real."""

import os
import sqlite3
from typing import Any

import psycopg
import requests
from flask import Flask

from config import Config
from tests import processes
from tests.conftest import Database


def test_a_test_database_is_real_and_has_the_schema(database: Database) -> None:
    if database.engine == "sqlite":
        connection = sqlite3.connect(database.url.removeprefix("sqlite:///"))
        assert connection.execute("SELECT count(*) FROM sqlite_master WHERE type = 'table'").fetchone()[0] > 5
        connection.close()
        return
    with psycopg.connect(database.url) as server:
        row = server.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone()
        assert row is not None and row[0] > 5


def _own_process() -> int:
    return os.getpid()


def _refuse() -> None:
    from wms.core.errors import InsufficientStock

    raise InsufficientStock(lot="L1", bin="A-01", needed="5")


def test_work_at_once_runs_in_processes_of_its_own(config: Config) -> None:
    outcomes = processes.run_at_once(_own_process, [()] * 3, config=config)
    assert len({outcome.value for outcome in outcomes} | {os.getpid()}) == 4


def test_work_at_once_tells_a_refusal_by_its_code(config: Config) -> None:
    (outcome,) = processes.run_at_once(_refuse, [()], config=config)
    assert outcome.error == "insufficient_stock"


def test_the_browser_draws_chinese_with_a_real_font(page: Any) -> None:
    # Without a font both characters are drawn as the same empty box.
    page.set_content("<canvas id=c width=80 height=40></canvas>")
    pictures = page.evaluate(
        """() => ['揀', '锁'].map(text => { const c = document.getElementById('c'), g = c.getContext('2d');
        g.clearRect(0, 0, 80, 40); g.font = '32px sans-serif'; g.fillText(text, 0, 32); return c.toDataURL(); })"""
    )
    assert pictures[0] != pictures[1]


def test_the_real_web_process_serves_on_a_database_of_its_own(
    live_server: processes.LiveServer, live_app: Flask
) -> None:
    answer = requests.get(live_server.url + "/", timeout=10)
    assert answer.status_code < 500
    assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
    assert live_app.config["WMS"] == live_server.config
