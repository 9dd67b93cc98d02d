"""People: one at a desk, one with a handheld. Each sends what a browser would send: the form as the page gave it."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin
from uuid import uuid4

import requests

from wms.tour.page import Element, Form, choices, forms, read_page
from wms.tour.report import Wrong


@dataclass
class Answer:
    """What came back: status, address, page, and how long it took."""

    status: int
    url: str
    page: Element
    seconds: float
    html: str

    @property
    def said(self) -> str:
        """What the desk says was done or refused, without its sign."""
        found = [e.text.lstrip("✔✖◆ ") for e in self.page.all("div", class_="alert")]
        return " / ".join(text for text in found if text)

    @property
    def tone(self) -> str:
        """The handheld's frame: yes, no, alarm, ask, noted, or nothing said."""
        frame = self.page.first("main", id="frame")
        return frame.get("data-tone") if frame else ""

    @property
    def step(self) -> str:
        """The handheld's step."""
        frame = self.page.first("main", id="frame")
        return frame.get("data-step") if frame else ""

    @property
    def sentence(self) -> str:
        """The handheld's message."""
        words = self.page.first("span", class_="words")
        return words.text if words else ""


class _Browser:
    """Keeps cookies and the page that stands on the screen. A fault of ours (500) ends the tour."""

    def __init__(self, url: str, *, languages: str = "en", authority: str = "") -> None:
        self.url = url
        self.session = requests.Session()
        self.session.trust_env = False  # a bundle or proxy of the machine would go before what is said here
        self.session.verify = authority or True
        self.session.headers["Accept-Language"] = languages
        self.session.headers["Accept"] = "text/html"
        self.at = Answer(0, url, read_page(""), 0.0, "")
        self.name = ""

    def open(self, path: str) -> Answer:
        """Go to a page."""
        return self._ask("GET", path)

    def download(self, path: str) -> bytes:
        """Get a file."""
        answer = self.session.get(urljoin(self.url, path), timeout=60)
        if answer.status_code != 200:
            raise Wrong(f"GET {path} answered {answer.status_code}")
        return answer.content

    def form(self, action: str) -> Form:
        """The form on the screen whose action ends so; one that changes something before one that only asks."""
        found = [f for f in forms(self.at.page) if f.action.partition("#")[0].partition("?")[0].endswith(action)]
        for form in sorted(found, key=lambda f: f.method.lower() != "post"):
            return form
        here = ", ".join(sorted({form.action for form in forms(self.at.page)}))
        raise Wrong(f"{self.name}: no form to {action} on {self.at.url}; there are: {here or 'none'}")

    def send(self, form: Form, *files: tuple[str, str, bytes], **values: str | list[str]) -> Answer:
        """Fill a form in and send it, files as (field, name, bytes); a field the form does not have ends the tour."""
        unknown = set(values) - form.names - {name for name, _ in form.buttons}
        if unknown:
            raise Wrong(f"{self.name}: the form to {form.action} has no field {', '.join(sorted(unknown))}")
        sent = {name: value for name, value in form.values.items() if name not in {field for field, _, _ in files}}
        return self._ask(form.method.upper(), form.action or self.at.url, sent | values, files)

    def _ask(
        self,
        method: str,
        path: str,
        values: Mapping[str, Any] | None = None,
        files: Sequence[tuple[str, str, bytes]] = (),
    ) -> Answer:
        began = time.perf_counter()
        address = urljoin(self.at.url, path)
        if method == "GET":
            answer = self.session.get(address, params=values, timeout=60)
        else:
            answer = self.session.request(
                method, address, data=values, timeout=60, headers={"Referer": self.at.url},
                files=[(field, (name, content)) for field, name, content in files] or None,
            )  # fmt: skip
        self.at = Answer(
            answer.status_code, answer.url, read_page(answer.text), time.perf_counter() - began, answer.text
        )
        if answer.status_code >= 500:
            raise Wrong(f"{self.name}: {method} {path} answered {answer.status_code}: {self.at.page.text[:300]}")
        return self.at


class Desk(_Browser):
    """A person at a desk."""

    def log_in(self, login: str, password: str) -> Answer:
        """Log in by the login page."""
        self.name = login
        self.open("/login")
        answer = self.send(self.form("/login"), login=login, password=password)
        if answer.status != 200 or answer.url.endswith("/login"):
            raise Wrong(f"{login} was not let in: {answer.status} at {answer.url}")
        return answer

    def act(self, action: str, *files: tuple[str, str, bytes], **values: str | list[str]) -> Answer:
        """Send the form on the screen that goes there; a refusal ends the tour."""
        answer = self.send(self.form(action), *files, **values)
        if answer.status >= 400:
            raise Wrong(f"{self.name}: {action} was refused ({answer.status}): {self.said}")
        return answer

    def refused(self, action: str, *files: tuple[str, str, bytes], **values: str | list[str]) -> str:
        """Send the form that goes there and give the sentence of the refusal; no refusal ends the tour."""
        answer = self.send(self.form(action), *files, **values)
        if answer.status < 400:
            raise Wrong(f"{self.name}: {action} was not refused but answered {answer.status} at {answer.url}")
        return self.said

    def post(self, path: str, **values: str) -> Answer:
        """Send what no form on the screen offers, with the page's own CSRF token: what a clever person might try."""
        token = self.at.page.first("meta", name="csrf-token")
        return self._ask("POST", path, {"csrf_token": token.get("content") if token else "", **values})

    @property
    def said(self) -> str:
        """The page's own words about what was done or refused."""
        return self.at.said or self.at.page.text[:200]


class Hand(_Browser):
    """A person with a handheld: scans and buttons, each one operation with a key of its own, as scan.js sends them."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.last: dict[str, str] = {}
        self.last_path = ""

    def register(self, secret: str) -> None:
        """Make this browser a registered device, by the link an administrator was given."""
        self.name = "device"
        answer = self.open(f"/m/device/{secret}")
        if [f for f in forms(answer.page) if f.action.endswith(secret)]:
            answer = self.send(self.form(secret))
        if answer.status != 200:
            raise Wrong(f"the device was not registered: {answer.status}")

    def log_in(self, badge: str, pin: str) -> Answer:
        """Log in by badge and PIN."""
        self.name = badge
        self.open("/m/login")
        answer = self.send(self.form("/login/badge"), badge=badge, pin=pin)
        if answer.status != 200 or "/login" in answer.url:
            raise Wrong(f"{badge} was not let in: {answer.status} at {answer.url}")
        return answer

    def scan(self, text: str, **fields: str) -> Answer:
        """Scan one thing at the step on the screen, or type it (`via` typed)."""
        return self._operate({"scan": text}, fields)

    def press(self, event: str, **fields: str) -> Answer:
        """Press a button of the step."""
        form = self.form_here()
        if ("event", event) not in form.buttons:
            raise Wrong(f"{self.name}: no button {event} at step {self.at.step}: {form.buttons}")
        return self._operate({"event": event, "scan": ""}, fields)

    def choose(self, value: str) -> Answer:
        """Press a big button that stands for a scan."""
        if value not in choices(self.at.page, "scan"):
            raise Wrong(f"{self.name}: no choice {value} at step {self.at.step}")
        return self._operate({"scan": value}, {})

    def send_photo(self, photo: bytes | None) -> Answer:
        """Answer a step that asks for a photo, with one or without: that page has a form of its own."""
        form = next((f for f in forms(self.at.page) if ("event", "photo") in f.buttons), None)
        if form is None:
            raise Wrong(f"{self.name}: no photo is asked for at step {self.at.step}")
        event = "photo" if photo is not None else "none"
        sent = {n: v for n, v in form.values.items() if n != "photo"} | {"key": str(uuid4()), "event": event}
        return self._ask("POST", form.action, sent, [("photo", "photo.jpg", photo)] if photo is not None else ())

    def problem(self) -> Answer:
        """Press the button that stands on every step: something is wrong here."""
        return self._ask("POST", "/m/problem", self.form_here().values | {"event": "problem"})

    def resume(self) -> Answer:
        """Go back to the task that was left for the problem, at its step."""
        form = next((f for f in forms(self.at.page) if ("event", "resume") in f.buttons), None)
        if form is None:
            raise Wrong(f"{self.name}: no task to go back to at step {self.at.step}")
        return self._ask("POST", form.action, form.values | {"event": "resume"})

    def again(self) -> Answer:
        """Send the last operation once more, unchanged, as after a lost answer."""
        return self._ask("POST", self.last_path, self.last)

    def form_here(self) -> Form:
        """The one form of the step."""
        for element in self.at.page.all("form", id="scan-form"):
            return next(f for f in forms(self.at.page) if f.action == element.get("action"))
        raise Wrong(
            f"{self.name}: no scan box on {self.at.url} (step {self.at.step or '–'}): {self.at.page.text[:200]}"
        )

    def _operate(self, what: dict[str, str], fields: dict[str, str]) -> Answer:
        form = self.form_here()
        unknown = set(fields) - form.names
        if unknown:
            raise Wrong(f"{self.name}: step {self.at.step} has no field {', '.join(sorted(unknown))}")
        self.last = form.values | fields | {"key": str(uuid4())} | what
        self.last_path = form.action
        return self._ask("POST", form.action, self.last)

    def wants(self, step: str, tone: str | None = None) -> Answer:
        """Give the screen, which must stand at a step (and say something in a tone), or end the tour."""
        if self.at.step != step or (tone is not None and self.at.tone != tone):
            raise Wrong(
                f"{self.name}: wanted step {step}{f' in tone {tone}' if tone is not None else ''}; stands at "
                f"{self.at.step or self.at.url} in tone {self.at.tone or '–'}: {self.at.sentence or self.at.page.text[:200]}"
            )
        return self.at

    def refused(self, step: str) -> str:
        """The sentence of the refusal on the screen, which must still stand at this step."""
        if self.at.tone not in ("no", "alarm") or self.at.status < 400:
            raise Wrong(
                f"{self.name}: no refusal but {self.at.tone or 'nothing'} ({self.at.status}) at {self.at.step}: {self.at.sentence}"
            )
        self.wants(step)
        return self.at.sentence
