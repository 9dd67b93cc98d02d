"""A person at the desk, for the tests of pages: logs in, opens pages, sends the forms the page holds."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

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


@dataclass
class Hand:
    """A handheld in somebody's hand: it sends what the shown page holds, as a browser would."""

    client: FlaskClient
    path: str
    text: str = ""
    status: int = 0
    fields: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, app: Flask, login: str, path: str) -> Hand:
        """Log `login` in and open the task at `path`."""
        hand = cls(app.test_client(), path)
        hand._keep(hand.client.get("/m/login"))
        hand._keep(hand.client.post("/m/login", data=hand.fields | {"login": login, "password": PASSWORD}))
        hand.open()
        return hand

    def open(self) -> None:
        """Start the task anew."""
        self._keep(self.client.get(self.path))

    def scan(self, text: str, **more: str) -> None:
        """Scan or type `text`."""
        self._keep(self.client.post(self.path, data=self.fields | {"key": str(uuid4()), "scan": text} | more))

    def press(self, name: str, **more: str) -> None:
        """Press a button."""
        self.scan("", event=name, **more)

    def _keep(self, answer: Any) -> None:
        self.text, self.status, self.fields = answer.text, answer.status_code, {}
        for tag in re.findall(r"<input[^>]*>", self.text):
            name, value = re.search(r'name="([^"]*)"', tag), re.search(r'value="([^"]*)"', tag)
            if name and name[1] != "scan":
                self.fields[name[1]] = value[1] if value else ""

    @property
    def step(self) -> str:
        """The step shown."""
        found = re.search(r'data-step="(\w*)"', self.text)
        return found[1] if found else ""

    @property
    def words(self) -> str:
        """The page without its tags."""
        return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", self.text)).replace("\u00a0", " ")
