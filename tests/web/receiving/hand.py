"""A handheld in the tests: it keeps the frame it was answered with, and sends what a person scans or presses."""

import re
from html import unescape
from typing import Any
from uuid import uuid4

from flask.testing import FlaskClient

PASSWORD = "correct horse 1"


class Hand:
    """One person at one task. `text` is the frame as words, `state` what travels on, `status` the last answer's."""

    def __init__(self, client: FlaskClient, path: str) -> None:
        self.client = client
        self.path = path
        self.html = ""
        self.status = 0

    @classmethod
    def of(cls, client: FlaskClient, login: str, path: str) -> "Hand":
        """Log in and open the task."""
        log_in(client, login)
        hand = cls(client, path)
        return hand.open()

    def open(self) -> "Hand":
        """Load the task's first step."""
        return self._keep(self.client.get(self.path))

    def scan(self, text: str, *, key: str = "", **fields: str) -> "Hand":
        """Send a scan or typed text with the frame's values."""
        return self._post({"scan": text, **fields}, key)

    def press(self, event: str, *, key: str = "", **fields: Any) -> "Hand":
        """Press a button."""
        return self._post({"scan": "", "event": event, **fields}, key)

    @property
    def hidden(self) -> dict[str, str]:
        """The hidden values of the form."""
        found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', self.html)
        return {name: unescape(value) for name, value in found}

    @property
    def step(self) -> str:
        """The step that is shown."""
        found = re.search(r'data-step="([a-z_]*)"', self.html)
        return found[1] if found else ""

    @property
    def tone(self) -> str:
        """yes, no, alarm, ask, or nothing."""
        found = re.search(r'data-tone="([a-z]*)"', self.html)
        return found[1] if found else ""

    @property
    def message(self) -> str:
        """The sentence of the message."""
        found = re.search(r'<span class="words">(.*?)</span>', self.html, re.DOTALL)
        return unescape(found[1]) if found else ""

    @property
    def text(self) -> str:
        """The frame as words."""
        return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", self.html)))

    def _post(self, fields: dict[str, Any], key: str) -> "Hand":
        values = self.hidden | {"key": key or str(uuid4())} | fields
        many = any(isinstance(v, tuple) for v in values.values())
        return self._keep(
            self.client.post(
                self.path, data=values, headers={"X-Hand": "1"}, content_type="multipart/form-data" if many else None
            )
        )

    def _keep(self, answer: Any) -> "Hand":
        self.status, self.html = answer.status_code, answer.text
        return self


def log_in(client: FlaskClient, login: str) -> None:
    """Log a person in by password."""
    page = client.get("/login").text
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert token, page[:300]
    answer = client.post("/login", data={"csrf_token": token[1], "login": login, "password": PASSWORD})
    assert answer.status_code == 302, answer.text
