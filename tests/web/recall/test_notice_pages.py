"""The page of notices: what is pressed is written at once, the page tells how far the letters are, and gives them when drawn."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
from flask import Flask

from config import Config
from tests.integration.recall.test_notices import Bench
from tests.web.desk_client import Desk
from wms.accounts.models import User
from wms.db import db
from wms.recall import notice_drawing

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def test_the_page_tells_how_far_the_letters_are_and_gives_them_when_drawn(app: Flask, config: Config) -> None:
    with app.app_context():
        bench = Bench()
        login = db.session.get_one(User, bench.person).login
        page = f"/quality/recalls/{bench.recall}/notices"
        db.session.rollback()
    shelf = Path(config.data_dir) / "files"
    desk = Desk.of(app, login)
    desk.get(page)
    form = {"key": "k", "who": "untold", "language": "", "instructions": ""}
    desk.post(page, **form)
    assert desk.status == 302
    desk.post(page, **form)
    assert desk.status == 302, "a second press is a repeat"
    assert "0 of 2 letters drawn" in desk.get(page)
    assert "0 of 2 letters drawn" in desk.get(f"{page}/drawing")
    shelf.parent.mkdir(parents=True, exist_ok=True)
    shelf.write_text("a file stands where the folder should")
    with app.app_context():
        assert notice_drawing.draw_due(config=config) == {"drawn": 0, "failed": 2}
    assert "FileExistsError" in desk.get(page) or "NotADirectoryError" in desk.text
    assert "Try again" in desk.text and "Letters ZIP" not in desk.text
    shelf.unlink()
    desk.post(f"{page}/draw-again")
    with app.app_context():
        assert notice_drawing.draw_due(config=config) == {"drawn": 2, "failed": 0}
    assert desk.client.get(f"{page}/drawing").headers["HX-Redirect"] == page
    assert "2 of 2 told" in desk.get(page) and "ZIP" in desk.text
    answer = desk.client.get(page.replace("/notices", "/letters.zip"), buffered=True)
    with zipfile.ZipFile(io.BytesIO(answer.data)) as letters:
        assert len(letters.namelist()) == 2
        assert all(letters.read(name).startswith(b"%PDF-") for name in letters.namelist())
