"""One operation of a handheld answered in the tour's own process, so that its statements and commits can be counted.

The same application on the same database, asked with the person's own cookies and the form on the screen.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from sqlalchemy import event

from wms.db import db
from wms.tour.page import read_page
from wms.tour.people import Answer, Hand
from wms.tour.report import Clock
from wms.tour.tale import Tale


@dataclass
class Counted:
    """What one request cost: the statements between BEGIN and COMMIT of its writing transaction, and the commits of such."""

    answer: Answer
    written: list[int] = field(default_factory=list)
    all: int = 0


def scan(tale: Tale, hand: Hand, text: str, **fields: str) -> Counted:
    """Scan one thing at the step on the screen, and count."""
    app = tale.make_app(tale.config)
    client = app.test_client()
    for cookie in hand.session.cookies:
        client.set_cookie(cookie.name, cookie.value or "", domain="localhost")
    form = hand.form_here()
    counter = _Counter()
    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", counter.execute)
    event.listen(engine, "commit", counter.commit)
    event.listen(engine, "rollback", counter.rollback)
    clock = Clock()
    try:
        came = client.post(form.action, data=form.values | fields | {"key": str(uuid4()), "scan": text})
    finally:
        seconds = clock.seconds
        event.remove(engine, "before_cursor_execute", counter.execute)
        event.remove(engine, "commit", counter.commit)
        event.remove(engine, "rollback", counter.rollback)
        engine.dispose()
    answer = Answer(came.status_code, form.action, read_page(came.text), seconds, came.text)
    return Counted(answer=answer, written=counter.written, all=counter.all)


class _Counter:
    """Counts by transaction; those that wrote are kept."""

    def __init__(self) -> None:
        self.written: list[int] = []
        self.all = 0
        self._now = 0
        self._wrote = False

    def execute(self, _connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        verb = statement.lstrip()[:8].upper()
        if verb.startswith("BEGIN"):
            self._now, self._wrote = 0, False
            return
        self.all += 1
        self._now += 1
        self._wrote = self._wrote or verb.startswith(("INSERT", "UPDATE", "DELETE"))

    def commit(self, _connection: Any) -> None:
        if self._wrote:
            self.written.append(self._now)
        self._now, self._wrote = 0, False

    def rollback(self, _connection: Any) -> None:
        self._now, self._wrote = 0, False
