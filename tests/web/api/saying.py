"""What the tests of the API share: how often a call asks the database, what a refusal says, a warehouse by its ids."""

from collections.abc import Callable
from typing import Any

from flask import Flask
from sqlalchemy import event

from tests import given
from wms.core.ids import BinId


def selects(app: Flask, call: Callable[[], Any]) -> int:
    """Count the reading statements of a call that must succeed."""
    from wms.db import db

    with app.app_context():
        engine = db.engine
    said: list[str] = []

    def note(*arguments: Any) -> None:
        said.append(arguments[2])

    event.listen(engine, "before_cursor_execute", note)
    try:
        assert call().status_code == 200
    finally:
        event.remove(engine, "before_cursor_execute", note)
    return len([one for one in said if one.lstrip().startswith(("SELECT", "WITH"))])


def refusal(answer: Any) -> tuple[int, str]:
    """Give status and code of a refusal, which must be a problem with a sentence."""
    assert answer.content_type == "application/problem+json" and answer.json["detail"], answer.text
    return answer.status_code, answer.json["code"]


class Place:
    """A warehouse of tests.given by its ids, which outlive the session it was made in."""

    def __init__(self, site: given.Site) -> None:
        self.id = site.id
        self._bins = {code: bin_.id for code, bin_ in site.bins.items()}

    def __getitem__(self, code: str) -> BinId:
        return self._bins[code]
