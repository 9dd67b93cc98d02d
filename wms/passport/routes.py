"""Desk pages of lot passports: make, renew, revoke, print the code, say what is shown."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.blueprints import BlueprintSetupState
from flask_babel import gettext

from wms.catalog import words as catalog_words
from wms.core.clock import now
from wms.core.errors import FieldErrors, NotFound
from wms.core.ids import LotId
from wms.db import run_in_transaction
from wms.labels import symbols
from wms.passport import edge, queries, rules, schemas, service, words
from wms.passport.papers import papers
from wms.passport.rules import Shown
from wms.stock import labels
from wms.stock import queries as stock
from wms.trace import history
from wms.web import auth
from wms.web.auth import requires
from wms.web.forms import parse_form

bp = Blueprint("passport", __name__)


@bp.record_once
def _tell_of_passports(_state: BlueprintSetupState) -> None:
    """A lot's history stands a floor below, and is told of passports."""
    history.tell_of("passport", papers)


@bp.get("/lots/<int:lot_id>/passport")
@requires("passport.edit")
def passport(lot_id: int) -> Any:
    """Show the passport of a lot with its code, what it shows, and those that were revoked."""
    lot = stock.get_whole_lot(LotId(lot_id))
    rows = queries.passports_of(lot.id)
    standing = next((row.passport for row in rows if row.is_open), None)
    key = edge.key_of(standing) if standing is not None else None
    link = edge.address_of(lot, key) if key else None
    return render_template(
        "passport/passport.html", lot=lot, rows=rows, standing=standing, link=link, words=words,
        symbol=symbols.qr(link) if link else None, is_digital_link=bool(link) and rules.is_digital_link(link or ""),
        shown=queries.shown_of(lot.item.item_class), every=list(Shown),
        class_word=catalog_words.ITEM_CLASSES[lot.item.item_class],
    )  # fmt: skip


@bp.post("/lots/<int:lot_id>/passport")
@requires("passport.edit")
def make_passport(lot_id: int) -> Any:
    """Give a lot a passport, or renew the one it has."""
    form = parse_form(schemas.MakeForm())
    run_in_transaction(
        service.make, LotId(lot_id), reason=form["reason"], secret=edge.secret(), actor=auth.actor_id(), at=now()
    )
    flash(gettext("The passport is open. Print its code, or let the lot's label carry it."))
    return redirect(url_for("passport.passport", lot_id=lot_id))


@bp.post("/lots/<int:lot_id>/passport/revoke")
@requires("passport.edit")
def revoke(lot_id: int) -> Any:
    """Take a lot's passport back."""
    form = parse_form(schemas.RevokeForm())
    run_in_transaction(service.revoke, LotId(lot_id), reason=form["reason"], actor=auth.actor_id(), at=now())
    flash(gettext("The passport is revoked: its code opens nothing any more."))
    return redirect(url_for("passport.passport", lot_id=lot_id))


@bp.get("/lots/<int:lot_id>/passport/label.<any(png, svg, pdf, zpl):form>")
@requires("passport.edit")
def label(lot_id: int, form: str) -> Any:
    """Draw the lot's label with the passport's link in its QR code."""
    lot = stock.get_whole_lot(LotId(lot_id))
    standing = queries.open_passport(lot.id)
    key = edge.key_of(standing) if standing is not None else None
    if key is None:
        raise NotFound(kind="passport", text=lot.number)
    return labels.draw(edge.label_of(lot.id, edge.address_of(lot, key)), form)


@bp.get("/quality/passports")
@requires("passport.edit")
def policies() -> Any:
    """Show what passports show, for the company and for each class of items."""
    return render_template(
        "passport/policies.html", rows=queries.policies(), words=words, every=list(Shown),
        classes={item_class.value: word for item_class, word in catalog_words.ITEM_CLASSES.items()},
    )  # fmt: skip


@bp.post("/quality/passports")
@requires("passport.edit")
def set_policy() -> Any:
    """Say what passports of a class show."""
    form = parse_form(schemas.PolicyForm())
    if form["is_removed"] and not form["item_class"]:
        raise FieldErrors(errors={"is_removed": ["not_a_choice"]})
    run_in_transaction(
        service.set_policy, form["item_class"], None if form["is_removed"] else form["shown"], actor=auth.actor_id(),
        at=now(),
    )  # fmt: skip
    return redirect(url_for("passport.policies"))
