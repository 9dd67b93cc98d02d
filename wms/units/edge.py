"""Files of unit ids as they come in at the edges: what was pasted or sent, cut into lines."""

from __future__ import annotations

import csv
from collections.abc import Callable
from typing import Any

from flask import request

from wms.core.errors import BadInput, FieldErrors, MissingField, NotFound
from wms.core.ids import WarehouseId
from wms.units.schemas import FILE_BYTES_MAX, LINES_MAX, decode, lines_of

_papers: dict[str, Callable[[int, WarehouseId], Any]] = {}


def tell_of_paper(kind: str, find: Callable[[int, WarehouseId], Any]) -> None:
    """Hand over how to find a document that may announce unit ids; it refuses one of another warehouse."""
    _papers[kind] = find


def check_paper(kind: str, paper: int | None, warehouse: WarehouseId) -> None:
    """Refuse a document that is not there, or is of another warehouse: NotFound."""
    if paper is None:
        return
    if kind not in _papers:
        raise NotFound(kind=kind, text=str(paper))
    _papers[kind](paper, warehouse)


def lines_sent(pasted: str) -> list[list[str]]:
    """The lines of the file that was sent, else of what was pasted. Raises MissingField, FieldErrors (too large, no text)."""
    sent = request.files.get("file")
    text = pasted
    if sent is not None and sent.filename:
        content = sent.read(FILE_BYTES_MAX + 1)
        if len(content) > FILE_BYTES_MAX:
            raise FieldErrors(errors={"file": ["too_long"]})
        try:
            text = decode(content)
        except UnicodeDecodeError:
            raise FieldErrors(errors={"file": ["unprintable"]}) from None
        if "\x00" in text:
            raise FieldErrors(errors={"file": ["unprintable"]})
    if not text.strip():
        raise MissingField(field="file")
    try:
        lines = lines_of(text)
    except csv.Error:
        raise BadInput() from None
    if len(lines) > LINES_MAX:
        raise FieldErrors(errors={"file": ["line_count"]})
    if any(len(cell) > 300 for line in lines for cell in line):
        raise BadInput()
    return lines
