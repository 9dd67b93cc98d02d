"""Pages of nobody in particular: the start address, health, the set-up list."""

from typing import Any

from flask import Blueprint, redirect, render_template, url_for
from sqlalchemy import text

from wms.core.errors import NotFound
from wms.db import db
from wms.web import auth, navigation
from wms.web.auth import public, signed_in

bp = Blueprint("web", __name__)


@bp.get("/")
@public
def start() -> Any:
    """Send a person to their first page, anybody else to the login page."""
    if auth.current_person() is None:
        return redirect(url_for("accounts.login"))
    pages = navigation.rail()
    return redirect(pages[0].path if pages else "/m/")


@bp.get("/healthz")
@public
def health() -> Any:
    """Say that the process answers."""
    return {"status": "ok"}


@bp.get("/readyz")
@public
def ready() -> Any:
    """Say that the database answers too; an error (503 or 500) when it does not."""
    db.session.execute(text("SELECT 1"))
    return {"status": "ready"}


@bp.get("/setup")
@signed_in
def setup() -> Any:
    """List the set-up pages this person may open."""
    if not navigation.setup_pages():
        raise NotFound(kind="page", text="/setup")
    return render_template("setup.html")
