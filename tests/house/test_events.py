"""Every event we tell the world is documented, frozen, and made of plain values."""

import dataclasses
import inspect

import pytest

from wms.events import catalog

EVENTS = [
    kind
    for _, kind in inspect.getmembers(catalog, inspect.isclass)
    if dataclasses.is_dataclass(kind) and kind.__module__ == catalog.__name__
]


def test_the_catalogue_is_not_empty() -> None:
    assert len(EVENTS) >= 5


@pytest.mark.parametrize("event", EVENTS, ids=lambda kind: kind.__name__)
def test_an_event_is_documented_frozen_and_keyword_only(event: type) -> None:
    # A dataclass without a docstring gets its signature as one.
    text = inspect.getdoc(event) or ""
    assert text and not text.startswith(event.__name__ + "("), "say in one sentence what happened"
    assert event.__dataclass_params__.frozen  # type: ignore[attr-defined]
    assert all(part.kw_only for part in dataclasses.fields(event))


def test_every_event_that_is_emitted_stands_in_the_catalogue() -> None:
    import re
    from pathlib import Path

    names = {kind.__name__ for kind in EVENTS}
    root = Path(catalog.__file__).resolve().parents[1]
    strangers = set()
    for path in root.rglob("*.py"):
        emitted = re.findall(r"\bemit\(\s*(?:\w+\.)*([A-Z]\w+)\(", path.read_text(encoding="utf-8"))
        strangers |= {f"{path.name}: {name}" for name in emitted if name not in names}
    assert not strangers
