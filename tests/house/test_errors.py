"""Every refusal has a sentence, and the sentence uses nothing the refusal does not carry."""

import inspect
import re

import pytest

from wms.core import errors
from wms.web import sentences

ALL = [
    kind
    for _, kind in inspect.getmembers(errors, inspect.isclass)
    if issubclass(kind, errors.WmsError) and kind is not errors.WmsError and kind is not errors.ProgrammingError
]


def _code(kind: type[errors.WmsError]) -> str:
    return kind().code


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.__name__)
def test_every_error_has_a_sentence(kind: type[errors.WmsError]) -> None:
    assert _code(kind) in sentences.SENTENCES


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.__name__)
def test_a_sentence_names_only_what_its_error_carries(kind: type[errors.WmsError]) -> None:
    text = inspect.getdoc(kind) or ""
    if "data:" not in text:
        pytest.fail(f"{kind.__name__} does not say its data") if not kind.__subclasses__() else None
        return
    carried = set(re.findall(r"\w+", text.split("data:", 1)[1]))
    named = set(re.findall(r"%\((\w+)\)s", sentences.SENTENCES[_code(kind)]._args[0]))
    assert named <= carried | {"fields"}


def test_no_sentence_is_left_over() -> None:
    assert set(sentences.SENTENCES) <= {_code(kind) for kind in ALL} | {"wms_error", "programming_error"}
