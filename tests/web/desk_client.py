"""A person at the desk, for the tests of pages: logs in, opens pages, sends the forms the page holds."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event

from wms.db import db

PASSWORD = "correct horse 1"


@dataclass
class Desk:
    """One browser of one person."""

    app: Flask
    client: FlaskClient
    text: str = ""
    status: int = 0
    location: str = ""
    token: str = ""
    statements: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, app: Flask, login: str) -> Desk:
        """Log `login` in."""
        desk = cls(app, app.test_client())
        desk.get("/login")
        desk.post("/login", login=login, password=PASSWORD, next="")
        assert desk.status == 302, desk.text[:500]
        return desk

    def get(self, path: str, **more: Any) -> str:
        """Open a page; `text` is its words, `statements` what it asked the database."""
        with self._counted():
            self._keep(self.client.get(path, **more))
        return self.text

    def post(self, path: str, **form: Any) -> str:
        """Send a form with the page's token."""
        with self._counted():
            self._keep(self.client.post(path, data={"csrf_token": self.token, **form}))
        return self.text

    def _keep(self, answer: Any) -> None:
        self.text, self.status, self.location = answer.text, answer.status_code, answer.headers.get("Location", "")
        found = re.search(r'name="csrf-token" content="([^"]*)"', self.text) or re.search(
            r'name="csrf_token" value="([^"]*)"', self.text
        )
        if found:
            self.token = found[1]

    def _counted(self) -> Any:
        return _Counter(self)

    @property
    def words(self) -> str:
        """The page without its tags."""
        return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", self.text))


class _Counter:
    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        with desk.app.app_context():
            self.engine = db.engine

    def __enter__(self) -> None:
        self.desk.statements = []
        event.listen(self.engine, "before_cursor_execute", self._note)

    def __exit__(self, *_: Any) -> None:
        event.remove(self.engine, "before_cursor_execute", self._note)

    def _note(self, _c: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if not statement.startswith(("BEGIN", "COMMIT", "ROLLBACK", "PRAGMA")):
            self.desk.statements.append(statement)
