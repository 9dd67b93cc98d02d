"""Files made to hurt who reads them; each is refused in seconds. `scale` makes them smaller for tests with small limits."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator

from openpyxl import Workbook
from openpyxl.utils import get_column_letter

_HEAD = b'<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
_FOOT = b"</sheetData></worksheet>"
_SHEET = "xl/worksheets/sheet1.xml"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def plain() -> bytes:
    """A small honest workbook."""
    book = Workbook()
    for row in (["SKU", "Lot", "Quantity"], ["A1", "0012", 3]):
        book.active.append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def with_parts(**parts: bytes) -> bytes:
    """The honest workbook with some parts put in the place of its own."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(plain())) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, parts.pop(name, None) or old.read(name))
        for name, content in parts.items():
            new.writestr(name, content)
    return out.getvalue()


def all_of_them(scale: int = 1) -> Iterator[tuple[str, bytes]]:
    """(name, content) of each; 1 is full size."""
    yield "bomb.xlsx", with_parts(**{"xl/media/big.xml": b"0" * (600_000_000 // scale)})
    yield "ratio.xlsx", with_parts(**{"xl/media/big.xml": b"0" * max(60_000_000 // scale, 2_000_000)})
    yield (
        "entities.xlsx",
        with_parts(**{"xl/sharedStrings.xml": b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]><sst/>'}),
    )
    rows = b"".join(b'<row r="%d"/>' % n for n in range(1, 1_000_000 // scale + 1))
    yield "empty_rows.xlsx", with_parts(**{_SHEET: _HEAD + rows + _FOOT})
    cells = b"".join(b'<c r="%s1"><v>1</v></c>' % get_column_letter(n).encode() for n in range(1, 16_385))
    yield "columns.xlsx", with_parts(**{_SHEET: _HEAD + b'<row r="1">' + cells + b"</row>" + _FOOT})
    corner = b'<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    yield "corner.xlsx", with_parts(**{_SHEET: _HEAD + corner + _FOOT})
    text = b"".join(b"%07d" % n for n in range(140_000 // scale))
    line = b"".join(b'<c r="%s%%d" t="s"><v>0</v></c>' % get_column_letter(n).encode() for n in range(1, 20))
    many = b"".join(b'<row r="%d">' % r + line.replace(b"%d", b"%d" % r) + b"</row>" for r in range(1, 2000))
    strings = (
        b'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>' + text + b"</t></si></sst>"
    )
    yield "shared_text.xlsx", with_parts(**{"xl/sharedStrings.xml": strings, _SHEET: _HEAD + many + _FOOT})
    yield "macros.xlsx", with_parts(**{"xl/vbaProject.bin": b"x"})
    yield "macros.xlsm", plain()
    yield "locked.xlsx", _OLE + b"\0" * 600 + "EncryptedPackage".encode("utf-16-le") + b"\0" * 3000
    yield "broken.xls", _OLE + b"\0" * 5000
    yield "cut_off.xlsx", plain()[:-200]
    yield "named_csv.csv", plain()
    yield "page.xls", b"<html><table><tr><td>1</td></tr></table></html>"
    yield "long_line.csv", b"a" * (100_000_000 // scale)
    yield "blank_lines.csv", b"\n" * (7_000_000 // scale)
    yield "many_rows.csv", b"A1,L1,2\n" * (900_000 // scale)
    yield "zeros.csv", b"sku,lot,quantity\n\x00\x00\x00,\x00,1\n" * 30
    yield "no_text.csv", bytes(range(256)) * 200
    yield "open_quote.csv", b'sku,lot,quantity\nA1,"0012,3\n' + (b"A1," + b"L" * 90 + b",2\n") * 1000
    yield "half_utf_8.csv", "物料编码,批号,数量,有效期至\nA1,0012,12,2027-01-01\nA2,批号".encode() + b"\xff\xfe\xe4,3\n"
    yield "picture.csv", b"\x89PNG\r\n\x1a\n" + b"\0" * 100
    yield "nothing.csv", b""
