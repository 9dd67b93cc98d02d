"""The program that reads one spreadsheet, in a process of its own: `python -m wms.imports.reader`, asked on standard input.

It bounds its own memory and time before it opens the file, and writes lines of JSON: what the file is, its rows, an end. What
it cannot take it refuses with a code. What happens to it (killed, out of memory) is a refusal too, told by its parent.
No formula is evaluated, no link followed, no entity expanded: values are what the file keeps.
"""

from __future__ import annotations

import csv
import io
import json
import re
import sys
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

from wms.imports.charset import Undecodable, decode
from wms.imports.limits import Limits
from wms.imports.rules.table import HEADING_ROWS, Row, fill_merged, find_heading
from wms.imports.rules.values import is_blank

DELIMITERS: Final = (",", ";", "\t", "|")
_OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


class Refused(Exception):
    """The file is not taken: a code, what was found, what is needed."""

    def __init__(self, why: str, found: Any = "", needed: Any = "") -> None:
        self.why, self.found, self.needed = why, str(found), str(needed)
        super().__init__(why)


@dataclass(frozen=True)
class Wanted:
    """What is asked: which file under which name, for which kind; a sheet, charset and delimiter where a person chose."""

    path: Path
    name: str
    kind: str
    limits: Limits
    sheet: str = ""
    charset: str = ""
    delimiter: str = ""


@dataclass
class Sheet:
    """One sheet: its name, its rows."""

    name: str
    rows: list[Row]


def main() -> int:
    """Read what standard input asks for and write it to standard output."""
    asked = json.load(sys.stdin)
    limits = Limits(**asked.pop("limits"))
    _bound(limits)
    wanted = Wanted(path=Path(asked.pop("path")), limits=limits, **asked)
    out = io.TextIOWrapper(sys.stdout.buffer, encoding="utf-8", write_through=False)
    try:
        source, rows = read(wanted)
        out.write(json.dumps({"source": source}, ensure_ascii=False) + "\n")
        for row in rows:
            out.write(json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n")
        out.write('{"end":true}\n')
    except Refused as no:
        out.write(json.dumps({"refused": no.why, "found": no.found, "needed": no.needed}, ensure_ascii=False) + "\n")
    except (MemoryError, RecursionError):
        out.write('{"refused":"sheet_memory","found":"","needed":""}\n')
    out.flush()
    return 0


def _bound(limits: Limits) -> None:
    """Let the system end this process when it takes more than its share (not on Windows, which has no such limits)."""
    try:
        import resource
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_AS, (limits.memory_bytes, limits.memory_bytes))
    resource.setrlimit(resource.RLIMIT_CPU, (limits.cpu_seconds, limits.cpu_seconds + 1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


# -- which kind of file -----------------------------------------------------------------------------------------------
def read(wanted: Wanted) -> tuple[dict[str, Any], Iterable[Row]]:
    """Give what the file is and its rows. Raises Refused."""
    size = wanted.path.stat().st_size
    if size > wanted.limits.file_bytes:
        raise Refused("sheet_bytes", _mb(size), _mb(wanted.limits.file_bytes))
    if size == 0:
        raise Refused("sheet_empty")
    content = wanted.path.read_bytes()
    form = _form_of(content)
    suffix = Path(wanted.name).suffix.lower().lstrip(".")
    if suffix in {"xlsm", "xltm", "xlam", "xlsb"}:
        raise Refused("sheet_macros" if suffix != "xlsb" else "sheet_form", suffix, "xlsx")
    if suffix not in {"xlsx", "xls", "csv", "txt", "tsv"}:
        raise Refused("sheet_form", suffix or "–", "xlsx, xls, csv")
    if form != {"txt": "csv", "tsv": "csv"}.get(suffix, suffix):
        raise Refused("sheet_name", form, suffix)
    if form == "csv":
        return _read_csv(content, wanted)
    if form == "xlsx":
        _look_into(content, wanted.limits)
    elif "_VBA_PROJECT".encode("utf-16-le") in content:
        raise Refused("sheet_macros", "xls", "xlsx")
    return _read_book(content, wanted, form)


def _form_of(content: bytes) -> str:
    head = content[:4096]
    if head.startswith(b"PK\x03\x04"):
        try:
            names = zipfile.ZipFile(io.BytesIO(content)).namelist()
        except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError, EOFError):
            raise Refused("sheet_broken", "zip") from None
        if "xl/workbook.xml" in names:
            return "xlsx"
        raise Refused("sheet_form", "ods" if "content.xml" in names else "zip", "xlsx, xls, csv")
    if head.startswith(_OLE):
        if "EncryptedPackage".encode("utf-16-le") in content:
            raise Refused("sheet_locked")
        return "xls"
    if head.startswith((b"PK", b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"\x1f\x8b", b"Rar!", b"7z\xbc\xaf", b"MZ", b"\x7fELF")):  # fmt: skip
        raise Refused("sheet_form", "–", "xlsx, xls, csv")
    if head.lstrip()[:64].lower().startswith((b"<html", b"<!doctype", b"<?xml", b"<table", b"<script")):
        raise Refused("sheet_name", "html", "xlsx, xls, csv")
    return "csv"


# -- XLSX: looked over before it is opened ----------------------------------------------------------------------------
_REFERENCE = re.compile(rb'<(?:\w+:)?c\b[^>]*?\br="([A-Z]{1,4})([0-9]{1,9})"')
_CELL = re.compile(rb"<(?:\w+:)?c\b([^>]*?)(?:/>|>(.*?)</(?:\w+:)?c>)", re.S)
_ROW = re.compile(rb"<(?:\w+:)?row\b")


def _look_into(content: bytes, limits: Limits) -> None:
    """Judge the packed file by its directory and then by what really unpacks, part by part."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = archive.infolist()
        if len(parts) > limits.entries:
            raise Refused("sheet_parts", len(parts), limits.entries)
        if sum(part.file_size for part in parts) > limits.unpacked_bytes:
            raise Refused("sheet_unpacked", _mb(sum(p.file_size for p in parts)), _mb(limits.unpacked_bytes))
        if len({part.filename for part in parts}) != len(parts):
            raise Refused("sheet_broken", "zip")
        for part in parts:
            if part.flag_bits & 1:
                raise Refused("sheet_locked")
            if part.filename.lower().endswith("vbaproject.bin"):
                raise Refused("sheet_macros", "xlsm", "xlsx")
            if part.file_size > 1024 * 1024 and part.file_size > limits.ratio * max(part.compress_size, 1):
                ratio = part.file_size // max(part.compress_size, 1)
                raise Refused("sheet_ratio", ratio, limits.ratio)
        try:
            for part in parts:
                if part.filename.lower().endswith((".xml", ".rels", ".vml")):
                    _look_at_part(archive.read(part), part.filename, limits)
        except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError, EOFError):
            raise Refused("sheet_broken", "zip") from None


def _look_at_part(text: bytes, name: str, limits: Limits) -> None:
    if text.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\x00" in text[:64]:
        raise Refused("sheet_broken", name[:60])
    if b"<!DOCTYPE" in text or b"<!ENTITY" in text:
        raise Refused("sheet_entities", name[:60])
    if not name.startswith("xl/worksheets/"):
        return
    rows = sum(1 for _ in _ROW.finditer(text))
    if rows > limits.rows:
        raise Refused("sheet_rows", rows, limits.rows)
    widest = last = 0
    for letters, digits in set(_REFERENCE.findall(text)) if len(text) < 1024 * 1024 else _REFERENCE.findall(text):
        widest, last = max(widest, _column(letters)), max(last, int(digits))
    if widest > limits.columns:
        raise Refused("sheet_columns", widest, limits.columns)
    if last > limits.rows:
        raise Refused("sheet_rows", last, limits.rows)
    if last * widest > limits.cells:
        raise Refused("sheet_cells", last * widest, limits.cells)


def _column(letters: bytes) -> int:
    number = 0
    for sign in letters:
        number = number * 26 + sign - 64
    return number


def _marked_cells(content: bytes, name: str) -> dict[tuple[int, int], list[str]]:
    """Cells of a sheet whose value is an error, and formulas that nobody has computed: (row, column) -> cell."""
    found: dict[tuple[int, int], list[str]] = {}
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        part = _part_of(archive, name)
        text = archive.read(part) if part else b""
    if b"<f" not in text and b't="e"' not in text and b":f" not in text:
        return found
    for cell in _CELL.finditer(text):
        head, body = cell[1], cell[2] or b""
        place = re.search(rb'\br="([A-Z]{1,4})([0-9]{1,9})"', head)
        if place is None:
            continue
        value = re.search(rb"<(?:\w+:)?v\b[^>]*>([^<]*)</", body)
        key = (int(place[2]), _column(place[1]) - 1)
        if b't="e"' in head:
            found[key] = ["e", (value[1] if value else b"").decode("ascii", "replace")]
        elif re.search(rb"<(?:\w+:)?f\b", body) and (value is None or not value[1]):
            found[key] = ["f", ""]
    return found


def _part_of(archive: zipfile.ZipFile, name: str) -> str:
    """The part that holds a sheet, by the workbook and its relations."""
    from xml.etree import ElementTree

    def tree(part: str) -> Any:
        return ElementTree.fromstring(archive.read(part))  # no entities: every part was looked over

    try:
        relations = {one.get("Id"): one.get("Target", "") for one in tree("xl/_rels/workbook.xml.rels")}
        for element in tree("xl/workbook.xml").iter():
            if element.tag.endswith("}sheet") and element.get("name") == name:
                mark = next((v for k, v in element.attrib.items() if k.endswith("}id")), "")
                target = relations.get(mark, "").lstrip("/")
                return target if target.startswith("xl/") else f"xl/{target}"
    except (KeyError, ElementTree.ParseError):
        pass
    return ""


# -- XLSX and XLS by calamine -----------------------------------------------------------------------------------------
def _read_book(content: bytes, wanted: Wanted, form: str) -> tuple[dict[str, Any], Iterable[Row]]:
    import python_calamine as calamine

    try:
        book = calamine.CalamineWorkbook.from_filelike(io.BytesIO(content))
        sheets = [
            one for one in book.sheets_metadata
            if one.typ == calamine.SheetTypeEnum.WorkSheet and one.visible == calamine.SheetVisibleEnum.Visible
        ]  # fmt: skip
        names = [one.name for one in sheets]
        if not names:
            raise Refused("sheet_empty")
        if wanted.sheet and wanted.sheet not in names:
            raise Refused("sheet_missing", wanted.sheet, ", ".join(names)[:200])
        read = {name: _rows_of(book.get_sheet_by_name(name), wanted.limits) for name in names}
        chosen = wanted.sheet or _likeliest(read, wanted.kind)
        merged = book.get_sheet_by_name(chosen).merged_cell_ranges if form == "xlsx" else None
    except calamine.PasswordError:
        raise Refused("sheet_locked") from None
    except (calamine.CalamineError, calamine.ZipError, calamine.XmlError, OSError, ValueError) as broken:
        if "password" in str(broken).lower():
            raise Refused("sheet_locked") from None
        raise Refused("sheet_broken", str(broken)[:120]) from None
    rows = read[chosen]
    if form == "xlsx" and (marked := _marked_cells(content, chosen)):
        by_number = dict(rows)
        for (number, place), cell in marked.items():
            if number in by_number:
                cells = by_number[number]
                cells += [None] * (place + 1 - len(cells))
                cells[place] = cell
    if merged:
        rows = list(fill_merged(rows, [(a, b, c, d) for (a, b), (c, d) in merged]))
    left = [{"name": name, "rows": len(read[name])} for name in names if name != chosen]
    return {"form": form, "charset": "", "delimiter": "", "sheet": chosen, "left": left}, rows


def _rows_of(sheet: Any, limits: Limits) -> list[Row]:
    """The rows of a sheet that hold something, with their numbers."""
    if (sheet.total_height or 0) > limits.rows:
        raise Refused("sheet_rows", sheet.total_height, limits.rows)
    if (sheet.total_width or 0) > limits.columns:
        raise Refused("sheet_columns", sheet.total_width, limits.columns)
    made: list[Row] = []
    length = 0
    for number, values in enumerate(sheet.to_python(skip_empty_area=False), start=1):
        cells = [_cell(value, limits) for value in values]
        length += sum(len(cell) for cell in cells if isinstance(cell, str))
        if length > limits.text_length:
            raise Refused("sheet_text", f"> {limits.text_length}", limits.text_length)
        while cells and cells[-1] is None:
            cells.pop()
        if cells:
            made.append((number, cells))
    return made


def _cell(value: Any, limits: Limits) -> Any:
    if value is None or value == "":
        return None
    if isinstance(value, str):
        return value[: limits.cell_length + 1]
    if isinstance(value, bool):
        return ["b", "1" if value else "0"]
    if isinstance(value, (int, float)):
        return ["n", repr(value)] if value == value and abs(value) < 1e300 else ["e", "#NUM!"]
    if isinstance(value, datetime):
        is_day = (value.hour, value.minute, value.second) == (0, 0, 0)
        return ["d", value.date().isoformat()] if is_day else ["t", value.isoformat(timespec="seconds")]
    if isinstance(value, date):
        return ["d", value.isoformat()]
    return str(value)


def _likeliest(sheets: dict[str, list[Row]], kind: str) -> str:
    """The sheet whose heading names the most fields; of like ones the first that has rows."""
    scores = {name: (find_heading(rows, kind).score, bool(rows)) for name, rows in sheets.items()}
    best = max(scores.values())
    return next(name for name, score in scores.items() if score == best)


# -- CSV --------------------------------------------------------------------------------------------------------------
def _read_csv(content: bytes, wanted: Wanted) -> tuple[dict[str, Any], Iterable[Row]]:
    lines = content.count(b"\n")
    if lines > 4 * wanted.limits.rows:  # blank ones too
        raise Refused("sheet_rows", lines, wanted.limits.rows)
    longest = _longest_line(content)
    if longest > wanted.limits.line_bytes:
        raise Refused("sheet_line", f"{longest} B", f"{wanted.limits.line_bytes} B")
    try:
        text, charset = decode(content, wanted.charset)
    except Undecodable as broken:
        raise Refused("sheet_charset", broken.line or "–", "UTF-8, GB18030, Big5, Windows-1252, UTF-16") from None
    if "\x00" in text or sum(1 for sign in text[:2000] if ord(sign) < 32 and sign not in "\t\r\n\f") > 8:
        raise Refused("sheet_binary")
    csv.field_size_limit(wanted.limits.line_bytes)
    said = re.match(r"sep=(.)\r?\n", text, re.I)
    delimiter = wanted.delimiter or (said[1] if said else _delimiter_of(text, wanted))
    source: dict[str, Any] = {"form": "csv", "charset": charset, "delimiter": delimiter, "sheet": "", "left": []}
    return source, list(_csv_rows(text, delimiter, wanted.limits, skip=1 if said else 0))


def _longest_line(content: bytes) -> int:
    longest = start = 0
    while start < len(content):
        end = content.find(b"\n", start)
        if end < 0:
            end = content.find(b"\r", start) if b"\r" in content[start : start + 70_000] else len(content)
            end = len(content) if end < 0 else end
        longest = max(longest, end - start)
        start = end + 1
    return longest


def _delimiter_of(text: str, wanted: Wanted) -> str:
    """The delimiter under which the heading names the most fields; of like ones, the one with the steadiest width."""
    head = "\n".join(text.splitlines()[: HEADING_ROWS + 20])
    best, best_score = ",", (-1, -1)
    for delimiter in DELIMITERS:
        try:
            rows = list(_csv_rows(head, delimiter, wanted.limits))
        except Refused:
            continue
        widths = [len(cells) for _, cells in rows]
        steady = max((widths.count(width) for width in set(widths) if width > 1), default=0)
        score = (find_heading(rows, wanted.kind).score, steady)
        if score > best_score:
            best, best_score = delimiter, score
    return best


def _csv_rows(text: str, delimiter: str, limits: Limits, *, skip: int = 0) -> Iterator[Row]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    count, before = 0, 0
    try:
        for values in reader:
            number, before = before + 1, reader.line_num
            if number <= skip:
                continue
            if len(values) > limits.columns:
                raise Refused("sheet_columns", len(values), limits.columns)
            cells: list[Any] = [value[: limits.cell_length + 1] if value.strip() else None for value in values]
            if all(is_blank(cell) for cell in cells):
                continue
            count += 1
            if count > limits.rows:
                raise Refused("sheet_rows", f"> {limits.rows}", limits.rows)
            yield number, cells
    except csv.Error as broken:
        raise Refused("sheet_quotes", reader.line_num, str(broken)[:80]) from None


def _mb(size: int) -> str:
    return f"{size / 1024 / 1024:.1f} MB" if size >= 100_000 else f"{size} B"


if __name__ == "__main__":
    sys.exit(main())
