"""The API against its own document: what it says of an operation, the server does, call after call.

Each operation is called once as it should be, and then as the document allows and as it forbids, with values that
Hypothesis makes and the ids of real records. WMS_TEST_API_EXAMPLES sets how many of each; a few in everyday runs.
"""

import os
from collections.abc import Iterator
from typing import Any, Final
from uuid import uuid4

import hypothesis
import jsonschema_rs
import pytest
import schemathesis
import time_machine
from flask import Flask
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.specs.openapi import checks, definitions

from tests.given import NOW
from tests.web.api.calls import GOOD, Call, Operation, Scene, scene_of

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

EXAMPLES: Final = int(os.environ.get("WMS_TEST_API_EXAMPLES", "1"))
#: Said in another way than by a call: which refusal is right depends on the records, and a call without a key is told below.
_LEFT_OUT: Final = [
    checks.positive_data_acceptance,
    checks.ignored_auth,
    checks.unsupported_method,
    checks.use_after_free,
]
#: One of a kind each: what stands in a body in place of what should.
_WRONG: Final[tuple[Any, ...]] = (
    None, True, 7, -1, 0.5, "", "x" * 12_000, [], {}, ["x"], 2**70, "2026-W01-1", " 5 ", "\u0663", [None], {"a": 1},
)  # fmt: skip


@pytest.fixture(scope="module")
def kept() -> dict[str, Any]:
    """What the first test built, for the others."""
    return {}


@pytest.fixture
def scene(app: Flask, database: Any, kept: dict[str, Any], tmp_path_factory: Any) -> Iterator[Scene]:
    with time_machine.travel(NOW, tick=False):
        yield scene_of(app, database.url, kept, tmp_path_factory.mktemp("houses"))


def test_the_document_is_openapi_3_1(scene: Scene) -> None:
    schema = schemathesis.openapi.from_dict(scene.document)
    assert len([one.ok() for one in schema.get_all_operations()]) == len(scene.operations)  # ok() raises over a fault
    definitions.OPENAPI_31_VALIDATOR.validate(scene.document)
    jsonschema_rs.meta.validate({"$defs": scene.document["components"]["schemas"]})


def test_every_operation_goes_through_and_answers_as_the_document_says(scene: Scene) -> None:
    schema = schemathesis.openapi.from_dict(scene.document)
    faults = []
    for operation in scene.operations.values():
        key = scene.key_for(operation)
        scene.restore()
        scene.prepare(operation, key)
        answer = scene.send(operation, key)
        if str(answer.status_code) not in operation.told["responses"]:
            faults.append(f"{operation.id}: {answer.status_code} {answer.get_data()[:300]!r}")
            continue
        try:
            schema[operation.path][operation.method].validate_response(answer)
        except BaseExceptionGroup as group:
            faults += [f"{operation.id}: {one}" for one in group.exceptions]
    assert not faults, "\n".join(faults)


def test_without_a_key_nothing_is_told_and_nothing_done(scene: Scene) -> None:
    watch = scene.watch()
    for operation in scene.operations.values():
        for headers in ({}, {"Authorization": "Bearer wms_0"}, {"Authorization": "Basic cm9vdDpyb290"}):
            answer = scene.client.open(
                scene.path_of(operation, scene.a), method=operation.method,
                headers=headers | {"Idempotency-Key": "k"}, json={} if operation.method != "GET" else None,
            )  # fmt: skip
            is_told = "Authorization" not in headers or headers["Authorization"].startswith("Bearer")
            assert answer.status_code == 401 or (not is_told and answer.status_code == 400), operation.id
            assert answer.content_type == "application/problem+json"
    assert not watch.changes()
    watch.close()


def test_what_the_document_forbids_in_a_body_is_refused(scene: Scene) -> None:
    """Each field of each body with a few wrong values, the others right; `_WRONG` is dealt out, so that each is met often."""
    faults, turn = [], 0
    watch = scene.watch()
    for operation in scene.operations.values():
        body = operation.told.get("requestBody")
        if body is None:
            continue
        shape = body["content"]["application/json"]["schema"]
        judge = jsonschema_rs.validator_for(
            {"$schema": "https://json-schema.org/draft/2020-12/schema", "components": scene.document["components"]}
            | shape,
            validate_formats=True,
        )
        good = GOOD.get(operation.id, Call())
        right = good.body(scene.a) if good.body else {}
        key = scene.key_for(operation)
        for bent in _bent(scene, shape, right):
            turn += 1
            if EXAMPLES < 10 and turn % 11:
                continue
            answer = scene.send(operation, key, body=bent)
            is_told = judge.is_valid(bent) or judge.is_valid(_trimmed(bent))
            if answer.status_code >= 500 or (answer.status_code < 300 and not is_told):
                faults.append(f"{operation.id} took {str(bent)[:300]}: {answer.status_code} {answer.text[:200]}")
            if watch.changes() and answer.status_code < 300:
                scene.restore()
                watch.changes()
    watch.close()
    assert not faults, "\n".join(faults)


def _trimmed(body: Any) -> Any:
    """The body as it is taken: text is trimmed first."""
    if not isinstance(body, dict):
        return body
    return {name: value.strip() if isinstance(value, str) else value for name, value in body.items()}


def _bent(scene: Scene, shape: dict[str, Any], right: dict[str, Any]) -> Iterator[Any]:
    shape = scene.resolved(shape)
    yield from ([], None, "x", right | {"unknown_field": 1})
    for name, part in shape["properties"].items():
        yield {other: value for other, value in right.items() if other != name}
        for wrong in _WRONG:
            yield right | {name: wrong}
        inner, value = scene.resolved(part), right.get(name)
        if isinstance(value, dict) and "properties" in inner:
            yield from (right | {name: bent} for bent in _bent(scene, inner, value))
        if isinstance(value, list) and value and "properties" in (inner := scene.resolved(inner["items"])):
            yield from (right | {name: [bent]} for bent in _bent(scene, inner, value[0]))


def test_calls_as_the_document_allows_and_forbids_them_are_answered_as_it_says(scene: Scene) -> None:
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", scene.app)
    watch = scene.watch()
    for one in schema.get_all_operations():
        drawn = one.ok()
        operation = scene.operations[drawn.definition.raw["operationId"]]
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            _call_often(scene, operation, drawn, mode)
        if watch.changes():
            scene.restore()
            watch.changes()
    watch.close()


def _call_often(scene: Scene, operation: Operation, drawn: Any, mode: GenerationMode) -> None:
    @hypothesis.settings(
        max_examples=EXAMPLES, deadline=None, derandomize=True, database=None, phases=[hypothesis.Phase.generate],
        suppress_health_check=list(hypothesis.HealthCheck),
    )  # fmt: skip
    @hypothesis.given(case=drawn.as_strategy(generation_mode=mode), is_real=st.integers(0, 3))
    def call(case: Case, is_real: int) -> None:
        headers = {"Authorization": f"Bearer {scene.key_for(operation)}"}
        if mode is GenerationMode.POSITIVE:
            if is_real:
                _make_real(scene, operation, case)
            headers["Idempotency-Key"] = str(uuid4())
        answer = case.call(headers=headers)
        case.validate_response(answer, excluded_checks=_LEFT_OUT)

    call()


def _make_real(scene: Scene, operation: Operation, case: Case) -> None:
    """Put the ids of real records into a call, so that it reaches the verb."""
    for name in case.path_parameters or {}:
        case.path_parameters[name] = str(scene.value_of(operation, scene.a, name))
    if case.query and "warehouse" in case.query:
        case.query["warehouse"] = scene.a.codes["warehouse"]
    good = GOOD.get(operation.id, Call())
    if isinstance(case.body, dict) and good.body is not None:
        case.body |= {name: value for name, value in good.body(scene.a).items() if name in case.body or len(name) % 2}
