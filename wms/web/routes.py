"""Pages of nobody in particular: the start address, health, the set-up list."""

from typing import Any

from flask import Blueprint, current_app, jsonify, redirect, render_template, url_for

from wms.core.errors import NotFound, Unavailable
from wms.db import db, migrate
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
    """Say that the database answers too and stands at the migration this version needs; 503 and why when not."""
    try:
        migrate.demand_current(db.session.connection())
    except Unavailable as refused:
        return {"status": "not ready", "why": refused.code}, refused.status
    return {"status": "ready"}


@bp.get("/api/v1/openapi.json")
@public
def openapi() -> Any:
    """Give the document of the API (OpenAPI 3.1)."""
    return jsonify(_document())


@bp.get("/api/v1/problems")
@public
def problems() -> Any:
    """List every code a problem may have, with its sentence in English: what `type` of a problem points to."""
    return jsonify(_document()["x-problems"])


@bp.get("/help/api")
@public
def api_document() -> Any:
    """Show the document of the API, and let its reader try it."""
    return render_template("web/api_document.html")


def _document() -> dict[str, Any]:
    from wms.web import openapi

    kept: dict[str, dict[str, Any]] = current_app.extensions.setdefault("wms_openapi", {})
    if not kept:
        kept["document"] = openapi.build(current_app)
    return kept["document"]


@bp.get("/setup")
@signed_in
def setup() -> Any:
    """List the set-up pages this person may open."""
    if not navigation.setup_pages():
        raise NotFound(kind="page", text="/setup")
    return render_template("setup.html")
