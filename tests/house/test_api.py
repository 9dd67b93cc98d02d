"""The API is whole: what a page or a handheld offers is an operation, and the document says of each what it needs."""

from typing import Any

import pytest
from flask import Flask

from wms.accounts.rules import PERMISSIONS
from wms.app import create_app
from wms.web import api, auth, errors, openapi
from wms.web.sentences import SENTENCES

#: Posts that are about the browser or the person at it, not about the warehouse; a machine has neither.
OF_THE_BROWSER = {
    "accounts.log_in": "opens a session",
    "accounts.log_out": "ends a session",
    "accounts.choose_language": "the language of pages; a call says Accept-Language",
    "accounts.choose_warehouse": "the warehouse of pages; a call says ?warehouse=",
    "accounts.change_password": "a person's own secret",
    "accounts.change_pin": "a person's own secret",
    "accounts.set_new_password": "a person's own secret",
    "mobile.set_new_secret": "a person's own secret",
    "mobile.log_in": "opens a session",
    "mobile.log_in_by_badge": "opens a session",
    "mobile.switch": "ends a session",
    "complaints.letter": "shows a letter before it leaves and keeps nothing; the answer keeps the same letter",
}


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    from config import Config

    folder = tmp_path_factory.mktemp("api")
    return create_app(
        Config(database_url=f"sqlite:///{folder}/none.db", secret_key="0" * 32, data_dir=folder, argon2_is_fast=True)
    )


@pytest.fixture(scope="module")
def document(app: Flask) -> dict[str, Any]:
    with app.test_request_context():
        return openapi.build(app)


def _operations(app: Flask) -> dict[str, api.Operation]:
    found = ((name, api.operation_of(view)) for name, view in app.view_functions.items())
    return {name: operation for name, operation in found if operation is not None}


def test_each_post_of_a_page_is_an_operation(app: Flask) -> None:
    offered = {endpoint for operation in _operations(app).values() for endpoint in operation.offers}
    pages = {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if "POST" in (rule.methods or set()) and not rule.rule.startswith("/api/")
    }
    assert sorted(pages - offered - set(OF_THE_BROWSER)) == []
    assert sorted(offered - pages) == [], "an operation names a page that is not there"
    assert sorted(set(OF_THE_BROWSER) & offered) == []
    assert sorted(set(OF_THE_BROWSER) - pages) == []


def test_each_address_of_the_api_is_in_the_document(app: Flask, document: dict[str, Any]) -> None:
    apart = {"web.openapi", "web.problems"}
    bare = {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/api/") and api.operation_of(app.view_functions[rule.endpoint]) is None
    }
    assert sorted(bare - apart) == []
    assert len(document["paths"]) > 40


def test_each_operation_has_a_mark_with_known_permissions_and_words(app: Flask, document: dict[str, Any]) -> None:
    for name in _operations(app):
        mark = auth.mark_of(app.view_functions[name])
        assert mark is not None and mark.permissions and set(mark.permissions) <= PERMISSIONS, name
    ids = [one["operationId"] for path in document["paths"].values() for one in path.values()]
    assert len(ids) == len(set(ids))
    for path, methods in document["paths"].items():
        for method, one in methods.items():
            assert one["summary"].endswith("."), (path, method, one["summary"])


def test_the_document_lists_each_problem_that_can_come(document: dict[str, Any]) -> None:
    assert set(document["x-problems"]) == set(SENTENCES) | set(errors.OF_THE_WIRE)


def test_a_float_or_a_bare_number_is_nowhere_an_id_or_a_quantity(document: dict[str, Any]) -> None:
    for name, schema in document["components"]["schemas"].items():
        for field, shape in schema.get("properties", {}).items():
            if field == "id" or field.endswith("_id") or field.endswith("quantity"):
                kinds = shape.get("type", "string")
                assert "number" not in kinds and "integer" not in kinds, (name, field)
