"""The document of the API, OpenAPI 3.1, drawn from the operations themselves: what is not an operation is not in it."""

import re
from collections.abc import Iterator
from typing import Any, Final

from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin, OpenAPIConverter
from flask import Flask
from flask_babel import force_locale
from marshmallow import fields
from werkzeug.routing import Rule

from wms.core.version import VERSION
from wms.web import api, auth, errors
from wms.web.forms import ID_SHAPE, Day, Id, Instant, Prefixed, QuantityField
from wms.web.sentences import SENTENCES

PROBLEM: Final = {
    "type": "object",
    "required": ["type", "title", "status", "code", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string", "description": "Stable; see the list of problems."},
        "detail": {"type": "string", "description": "One sentence in English."},
        "detail_local": {"type": "string", "description": "The same in the language of Accept-Language."},
        "language": {"type": "string"},
        "data": {"type": "object", "description": "What was needed and what came."},
        "request_id": {"type": ["string", "null"]},
    },
}
_ABOUT: Final = """Everything a page or a handheld can do, for machines. The lot is the unit of control.

A key acts for a user and may do no more than that user. Ids, quantities and postings' numbers are text: JSON numbers
lose digits. Quantities are in the item's base unit. Days are the warehouse's own; instants are UTC. Text is
trimmed, but for lot numbers and scans, and holds no control characters. Lists come in pages: follow `next`. A POST
needs an `Idempotency-Key`: the same key and body give the same answer for 30 days. A PUT needs `If-Match` with the
ETag that was read. A key needs one of `x-permissions`, with `x-everywhere` in all warehouses. Errors are problem+json (RFC 9457) with a stable `code`."""


def build(app: Flask) -> dict[str, Any]:
    """Draw the document of every operation of `app`, as plain data in a stable order."""
    marshmallow = MarshmallowPlugin(schema_name_resolver=_name_of)
    spec = APISpec(
        title="WMS", version=VERSION, openapi_version="3.1.0", plugins=[marshmallow], info={"description": _ABOUT}
    )
    assert marshmallow.converter is not None
    _teach(marshmallow.converter)
    spec.components.security_scheme("key", {"type": "http", "scheme": "bearer"})
    spec.components.schema("Problem", component=PROBLEM)
    spec.components.response(
        "Refused",
        {
            "description": "A problem: nothing was changed.",
            "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
        },
    )
    spec.options["security"] = [{"key": []}]
    for path, method, endpoint, operation, rule in sorted(_operations(app), key=lambda one: one[:3]):
        mark = auth.mark_of(app.view_functions[endpoint])
        drawn = _draw(endpoint, method, operation, mark, rule)
        spec.path(path=path, operations={method.lower(): drawn})
    document = spec.to_dict()
    _drop_null_defaults(document)
    _speak_ecma(document)
    _demand_answers_whole(document["components"]["schemas"])
    with force_locale("en"):
        told = errors.OF_THE_WIRE | SENTENCES
        document["x-problems"] = {code: str(told[code]) for code in sorted(told)}
    return dict(document)


def _drop_null_defaults(part: Any) -> None:
    """A field that may be left out has no default worth telling."""
    for one in part.values() if isinstance(part, dict) else part if isinstance(part, list) else ():
        _drop_null_defaults(one)
    if isinstance(part, dict) and "default" in part and part["default"] is None:
        del part["default"]


def _speak_ecma(part: Any) -> None:
    """Patterns are those of ECMA-262, where only ^ and $ are anchors."""
    for one in part.values() if isinstance(part, dict) else part if isinstance(part, list) else ():
        _speak_ecma(one)
    if isinstance(part, dict) and isinstance(pattern := part.get("pattern"), str):
        part["pattern"] = re.sub(r"^\\A", "^", re.sub(r"\\Z$", "$", pattern))


def _demand_answers_whole(schemas: dict[str, Any]) -> None:
    """What goes out is always whole: each field is there, null where there is nothing to say."""
    for name, schema in schemas.items():
        if name.endswith("Out") and schema.get("properties"):
            schema["required"] = sorted(schema["properties"])


def _operations(app: Flask) -> Iterator[tuple[str, str, str, api.Operation, Rule]]:
    for rule in app.url_map.iter_rules():
        operation = api.operation_of(app.view_functions[rule.endpoint])
        if operation is None:
            continue
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            yield re.sub(r"<(?:[^:<>]+:)?([^<>]+)>", r"{\1}", rule.rule), method, rule.endpoint, operation, rule


def _draw(endpoint: str, method: str, operation: api.Operation, mark: auth.Mark | None, rule: Rule) -> dict[str, Any]:
    feature, _, name = endpoint.partition(".")
    summary, _, more = operation.summary.partition("\n")
    permissions = sorted(mark.permissions) if mark else []
    drawn: dict[str, Any] = {
        "operationId": f"{feature.removesuffix('_api')}.{name}",
        "tags": [feature.removesuffix("_api")],
        "summary": summary.strip(),
        "description": re.sub(r"\n\s+", "\n", more.strip()),
        "parameters": list(_parameters(operation, method, mark, rule)),
        "responses": dict(_responses(operation)),
    }
    if mark and mark.is_public:
        drawn["security"] = []
    if permissions:
        drawn["x-permissions"] = permissions
    if mark and mark.everywhere:
        drawn["x-everywhere"] = True
    if operation.offers:
        drawn["x-offers"] = list(operation.offers)
    if operation.body is not None or operation.is_signed:
        drawn["requestBody"] = {"required": True, "content": {"application/json": {"schema": _body(operation)}}}
    return drawn


def _body(operation: api.Operation) -> Any:
    if not operation.is_signed:
        return operation.body
    kind = type(operation.body) if operation.body is not None else api.In
    name = kind.__name__.removesuffix("In") or "Plain"
    return type(f"{name}SignedIn", (kind,), {"signature": fields.Nested(api.Signature(), required=True)})()


def _parameters(
    operation: api.Operation, method: str, mark: auth.Mark | None, rule: Rule
) -> Iterator[dict[str, Any] | Any]:
    for name in sorted(rule.arguments):
        converter = rule._converters[name]
        schema: dict[str, Any] = dict(ID_SHAPE) if type(converter).__name__ == "BoundedInteger" else {"type": "string"}
        if items := getattr(converter, "items", None):
            schema = {"type": "string", "enum": sorted(items)}
        yield {"name": name, "in": "path", "required": True, "schema": schema}
    if operation.query is not None:
        is_placed = not (mark is None or mark.everywhere or mark.anywhere or mark.is_public)
        kind = type(operation.query)
        untold = [name for name, field in operation.query.fields.items() if isinstance(field, Prefixed)]
        apart = (*untold, *(() if is_placed else ("warehouse",)))
        yield {"in": "query", "schema": kind(exclude=apart) if apart else operation.query}
    if method != "GET" and not operation.is_told_only:
        yield {
            "name": "Idempotency-Key", "in": "header", "required": operation.is_keyed,
            "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]([ -~]*[!-~])?$"},
        }  # fmt: skip
    if operation.has_etag and method != "GET":
        yield {"name": "If-Match", "in": "header", "required": True, "schema": {"type": "string"}}


def _responses(operation: api.Operation) -> Iterator[tuple[str, Any]]:
    content: dict[str, Any] = {}
    status = operation.status
    if operation.answer is not None:
        schema: Any = operation.answer
        if operation.is_paged:
            schema = {
                "type": "object",
                "required": ["items", "next"],
                "properties": {
                    "items": {"type": "array", "items": operation.answer},
                    "next": {"type": ["string", "null"], "description": "The cursor of the next page."},
                },
            }
        content = {"application/json": {"schema": schema}}
    elif operation.is_told_only:
        content = {"application/json": {"schema": {"type": "object"}}}
    elif operation.media != "application/json":
        content = {
            kind: {"schema": {"type": "string", "contentMediaType": kind}} for kind in operation.media.split(", ")
        }
    elif status == 200:
        status = 204
    yield (
        str(status),
        {"description": "Done." if status != 200 else "The answer."} | ({"content": content} if content else {}),
    )
    yield "default", {"$ref": "#/components/responses/Refused"}


def _name_of(schema: Any) -> str:
    kind = schema if isinstance(schema, type) else type(schema)
    return str(kind.__name__)


def _teach(converter: OpenAPIConverter) -> None:
    """Let our own kinds of fields say themselves what they take: `document()` gives a part of a JSON schema."""
    for kind in (Id, QuantityField, Day, Instant):
        converter.map_to_openapi_type(kind, "string", None)

    def shape_of(_self: Any, field: Any, **_more: Any) -> dict[str, Any]:
        said = getattr(field, "document", None)
        return dict(said()) if said is not None else {}

    converter.add_attribute_function(shape_of)
