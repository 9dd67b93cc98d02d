"""A machine: an ERP that calls the API with its key, and a program that scrapes the figures."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import requests

from wms.tour.report import Wrong

_FIGURE = re.compile(r"^(wms_[a-z_]+)(?:\{(.*)\})? (\S+)$", re.M)


@dataclass(frozen=True)
class Reply:
    """What came back: status, the JSON, the headers, and how long it took."""

    status: int
    body: Any
    headers: requests.structures.CaseInsensitiveDict[str]
    seconds: float

    @property
    def code(self) -> str:
        """The code of a refusal, blank for none."""
        return str(self.body.get("code", "")) if self.status >= 400 and isinstance(self.body, dict) else ""

    @property
    def sentence(self) -> str:
        """The sentence of a refusal."""
        return str(self.body.get("detail", ""))


class Machine:
    """Calls operations with one key. What is not refused on purpose must be done."""

    def __init__(self, url: str, key: str) -> None:
        self.url = f"{url}/api/v1"
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.headers["Authorization"] = f"Bearer {key}"

    def ask(self, method: str, path: str, body: Any = None, *, key: str = "", match: str = "", **query: str) -> Reply:
        """Make a call and give what came, whatever it is; a POST without a key of its own gets one."""
        headers = {"If-Match": match} if match else {}
        if method == "POST":
            headers["Idempotency-Key"] = key or str(uuid4())
        began = time.perf_counter()
        came = self.session.request(method, self.url + path, json=body, headers=headers, params=query, timeout=90)
        seconds = time.perf_counter() - began
        return Reply(came.status_code, came.json() if came.content else None, came.headers, seconds)

    def do(self, method: str, path: str, body: Any = None, *, key: str = "", match: str = "", **query: str) -> Reply:
        """Make a call that must be done."""
        reply = self.ask(method, path, body, key=key, match=match, **query)
        if reply.status >= 400:
            raise Wrong(f"{method} {path} was refused ({reply.status}): {reply.body}")
        return reply

    def refused(self, code: str, method: str, path: str, body: Any = None, *, key: str = "", match: str = "") -> Reply:
        """Make a call that must be refused with a code."""
        reply = self.ask(method, path, body, key=key, match=match)
        if reply.code != code:
            raise Wrong(f"{method} {path} must be refused with {code}; it was answered {reply.status}: {reply.body}")
        return reply


def figures(url: str) -> dict[str, float]:
    """Scrape /metrics as a program on the same host does: each figure with its labels, as `name` or `name{labels}`."""
    came = requests.get(f"{url}/metrics", timeout=30)
    if came.status_code != 200:
        raise Wrong(f"/metrics answered {came.status_code}: {came.text[:200]}")
    return {
        f"{name}{{{labels}}}" if labels else name: float(value) for name, labels, value in _FIGURE.findall(came.text)
    }


def total(found: dict[str, float], name: str, label: str = "") -> float:
    """Sum a figure over its labels, or over those that hold one."""
    return sum(value for key, value in found.items() if key.partition("{")[0] == name and label in key)
