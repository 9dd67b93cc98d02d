"""Rows into XLSX and CSV, streamed; no cell of ours is ever read as a formula by a spreadsheet program.

CSV injection (OWASP): text that begins with = + - @ tab or line break, also after blanks or in full-width signs, gets
an apostrophe in CSV. In XLSX a text cell is typed as text, so a lot "-12A" stays as it is.
"""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import IO, Any

from wms.core.quantity import Quantity

Cell = str | int | Decimal | Quantity | date | datetime | None
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
#: A sheet of a workbook holds 1,048,576 rows.
SHEET_ROWS = 1_000_000
_CSV_CHUNK = 500


def is_dangerous(text: str) -> bool:
    """Say whether a spreadsheet program might read this text as a formula."""
    return text.startswith(_FORMULA_STARTS) or text.lstrip(" \u00a0\u3000\ufeff").startswith(_FORMULA_STARTS)


def to_csv(heading: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Iterator[bytes]:
    """Write CSV (RFC 4180) in UTF-8 with a byte order mark, so that Excel reads Chinese right; piece by piece."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    text.write("\ufeff")
    writer.writerow([_csv_cell(words) for words in heading])  # the name of an own field stands here too
    for count, row in enumerate(rows, start=1):
        writer.writerow([_csv_cell(cell) for cell in row])
        if count % _CSV_CHUNK == 0:
            yield _emptied(text)
    yield _emptied(text)


def _emptied(text: io.StringIO) -> bytes:
    piece = text.getvalue().encode("utf-8")
    text.seek(0)
    text.truncate()
    return piece


def _csv_cell(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, datetime | date):
        return cell.isoformat()
    if isinstance(cell, str):
        return f"'{cell}" if is_dangerous(cell) else cell
    return str(cell)


def to_xlsx(title: str, heading: Sequence[str], rows: Iterable[Sequence[Cell]]) -> IO[bytes]:
    """Write a workbook into a temporary file that is gone when closed; constant memory. More sheets when one is full."""
    return to_workbook([(title, heading, rows)])


def to_workbook(sheets: Iterable[tuple[str, Sequence[str], Iterable[Sequence[Cell]]]]) -> IO[bytes]:
    """Write several tables, each with its title and heading, into one workbook; as `to_xlsx`."""
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    for title, heading, rows in sheets:
        sheet: Any = None
        part = 0
        for count, row in enumerate(rows):
            if count % SHEET_ROWS == 0:
                part += 1
                sheet = _new_sheet(book, title, heading, part)
            sheet.append([_xlsx_cell(sheet, cell) for cell in row])
        if sheet is None:
            _new_sheet(book, title, heading, 1)
    file = tempfile.TemporaryFile()  # noqa: SIM115  (handed to the response, which closes it)
    book.save(file)
    file.seek(0)
    return file


def _new_sheet(book: Any, title: str, heading: Sequence[str], number: int) -> Any:
    from openpyxl.styles import Font

    sheet = book.create_sheet(f"{title[:24]} {number}" if number > 1 else title[:31])
    sheet.freeze_panes = "A2"
    cells = []
    for words in heading:
        cell = _text_cell(sheet, words)
        cell.font = Font(bold=True)
        cells.append(cell)
    sheet.append(cells)
    return sheet


def _xlsx_cell(sheet: Any, cell: Cell) -> Any:
    if isinstance(cell, Quantity):
        return cell.decimal
    if isinstance(cell, datetime):
        return cell.replace(tzinfo=None)
    return _text_cell(sheet, cell) if isinstance(cell, str) else cell


def _text_cell(sheet: Any, text: str) -> Any:
    """A cell that is text whatever it begins with; signs that XML cannot hold are left out."""
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

    cell = WriteOnlyCell(sheet, value=None)
    cell.value = ILLEGAL_CHARACTERS_RE.sub("", text)[:32_000]
    if cell.value:
        cell.data_type = "s"
    return cell
