"""Spreadsheets for the tests: rows into XLSX or CSV."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

from openpyxl import Workbook


def xlsx(*rows: Sequence[Any], title: str = "Sheet", before: Sequence[str] = (), merged: Sequence[str] = ()) -> bytes:
    """A workbook; `before` are names of sheets that stand first and hold a note, `merged` are ranges."""
    book = Workbook()
    sheet = book.active
    if before:
        sheet.title = before[0]
        sheet.append(["说明：请填写"])
        for name in before[1:]:
            book.create_sheet(name).append(["x"])
        sheet = book.create_sheet(title)
    else:
        sheet.title = title
    for row in rows:
        sheet.append(list(row))
    for area in merged:
        sheet.merge_cells(area)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def csv(*rows: Sequence[Any], charset: str = "utf-8", delimiter: str = ",") -> bytes:
    """A CSV file."""
    lines = [delimiter.join("" if cell is None else str(cell) for cell in row) for row in rows]
    return ("\r\n".join(lines) + "\r\n").encode(charset)
