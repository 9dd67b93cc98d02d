"""Recalls by the API: each operation once as it should be, in the other warehouse refused, and said once under one key."""

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
import time_machine
from flask import Flask

from tests.given import NOW
from tests.web.api.calls import Scene, scene_of

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture
def scene(app: Flask, database: Any, tmp_path_factory: Any) -> Iterator[Scene]:
    with time_machine.travel(NOW, tick=False):
        yield scene_of(app, database.url, {}, tmp_path_factory.mktemp("houses"))


def test_each_operation_of_recalls_answers_as_the_document_says_and_none_reaches_another_warehouse(
    scene: Scene,
) -> None:
    schema = schemathesis.openapi.from_dict(scene.document)
    faults = []
    mine = [one for one in scene.operations.values() if one.id.startswith("recall.")]
    assert len(mine) > 25
    for operation in mine:
        scene.restore()
        scene.prepare(operation, scene.root)
        answer = scene.send(operation, scene.root)
        if answer.status_code >= 300:
            faults.append(f"{operation.id}: {answer.status_code} {answer.get_data()[:300]!r}")
            continue
        try:
            schema[operation.path][operation.method].validate_response(answer)
        except BaseExceptionGroup as group:
            faults += [f"{operation.id}: {one}" for one in group.exceptions]
        if "recall_id" in operation.path:
            other = scene.send(operation, scene.own, house=scene.b)
            if other.status_code not in (403, 404):
                faults.append(f"{operation.id} in another warehouse: {other.status_code} {other.get_data()[:200]!r}")
    assert not faults, "\n".join(faults)
