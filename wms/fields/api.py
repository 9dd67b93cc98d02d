"""Own fields for machines: their definitions. The values stand with their records, as `fields`."""

from __future__ import annotations

from typing import Any

from wms.fields import queries, schemas, service
from wms.fields.models import OwnField
from wms.fields.rules.values import Field
from wms.web import api
from wms.web.api import reads, writes
from wms.web.auth import requires

bp = api.blueprint("fields_api", __name__)


@bp.get("/own-fields")
@requires("field.edit", "catalog.view", "stock.view", anywhere=True)
@reads(query=schemas.OwnFieldsQuery(), answer=schemas.OwnFieldsOut())
def fields(query: dict[str, Any]) -> dict[str, Any]:
    """List the own fields of a kind of record, or of all, those out of use too."""
    kind = query["record_kind"]
    return {"items": queries.fields_of(kind, with_inactive=True) if kind else queries.all_fields()}


@bp.get("/own-fields/<int:field_id>")
@requires("field.edit", "catalog.view", "stock.view", anywhere=True)
@reads(answer=schemas.OwnFieldOut(), etag=True)
def field(field_id: int) -> Field:
    """Give an own field."""
    return queries.get_field(field_id)


@bp.post("/own-fields")
@requires("field.edit", everywhere=True)
@writes(body=schemas.OwnFieldPost(), answer=schemas.OwnFieldOut(), status=201, offers=("fields.create_field",))
def create_field(values: dict[str, Any]) -> Field:
    """Define an own field of items, lots, receipts or inspections.

    Kind of record and code are kept for good. `minimum` and `maximum` are for numbers and dates, `unit` for numbers,
    `pattern` for text (classes, groups, alternatives and counts; the whole text must match), `choices` for a choice.
    """
    return service.define(schemas.of_call(values))


@bp.put("/own-fields/<int:field_id>")
@requires("field.edit", everywhere=True)
@writes(
    body=schemas.OwnFieldPut(), answer=schemas.OwnFieldOut(), edits=field, locks=OwnField,
    offers=("fields.change_field",),
)  # fmt: skip
def change_field(field_id: int, values: dict[str, Any]) -> Field:
    """Change an own field: send the whole of what may be changed.

    A field is never deleted; `is_active` false takes it off forms and answers, and its values stay. Refused with
    `own_field_in_use`: another type while records have values, or to drop a choice that records have.
    """
    return service.change(field_id, schemas.of_call(values))
