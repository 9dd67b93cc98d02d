"""The setup page of own fields: what a site wants to know of its records beyond what every site does."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext

from wms.audit import queries as audit
from wms.db import run_in_transaction
from wms.fields import queries, schemas, service, words
from wms.fields.rules.values import FieldType
from wms.web.auth import requires
from wms.web.forms import parse_form, parse_query

bp = Blueprint("fields", __name__)

#: Empty lines below the choices of the form; more come by saving it.
_MORE_CHOICES = 4


@bp.get("/setup/own-fields")
@requires("field.edit", everywhere=True)
def fields() -> Any:
    """List the own fields by kind of record."""
    found = queries.all_fields()
    return render_template(
        "fields/fields.html",
        by_kind={kind: [one for one in found if one.record_kind == kind] for kind in words.RECORDS},
        counts=queries.count_values([one.id for one in found]),
        words=words,
    )


@bp.get("/setup/own-fields/new")
@requires("field.edit", everywhere=True)
def new_field() -> Any:
    """Show the form for a new field."""
    kind = parse_query(schemas.NewOwnFieldQuery())["record_kind"]
    return render_template("fields/edit_field.html", record_kind=kind, **_form_values(None))


@bp.post("/setup/own-fields/new")
@requires("field.edit", everywhere=True)
def create_field() -> Any:
    """Define a field."""
    run_in_transaction(service.define, schemas.of_form(parse_form(schemas.NewOwnFieldIn())))
    flash(gettext("The field is defined."))
    return redirect(url_for("fields.fields"))


@bp.get("/setup/own-fields/<int:field_id>")
@requires("field.edit", everywhere=True)
def edit_field(field_id: int) -> Any:
    """Show the form of a field, with what became of it."""
    found = queries.get_field(field_id)
    return render_template("fields/edit_field.html", record_kind=found.record_kind, **_form_values(found))


@bp.post("/setup/own-fields/<int:field_id>")
@requires("field.edit", everywhere=True)
def change_field(field_id: int) -> Any:
    """Change a field."""
    run_in_transaction(service.change, field_id, schemas.of_form(parse_form(schemas.OwnFieldIn())))
    flash(gettext("The field is changed."))
    return redirect(url_for("fields.fields"))


def _form_values(found: Any) -> dict[str, Any]:
    return {
        "field": found,
        "count": queries.count_values([found.id]).get(found.id, 0) if found else 0,
        "changes": audit.history("own_field", found.id, limit=20) if found else [],
        "types": [(kind.value, said) for kind, said in words.TYPES.items()],
        "choice_type": FieldType.CHOICE,
        "more_choices": _MORE_CHOICES,
        "words": words,
    }
