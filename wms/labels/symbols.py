"""Bar codes as grids of modules: QR by qrcode, GS1 DataMatrix and GS1-128 by zxing-cpp."""

from __future__ import annotations

from dataclasses import dataclass

import qrcode
import zxingcpp
from PIL import Image

from wms.core.errors import BadCode
from wms.gs1.ai import make_element
from wms.labels.content import Pairs


@dataclass(frozen=True, slots=True)
class Symbol:
    """Rows of modules, dark is True, quiet zone included; a linear code has one row and is drawn as high as wished."""

    rows: tuple[tuple[bool, ...], ...]

    @property
    def is_linear(self) -> bool:
        """Whether it is a bar code of one row."""
        return len(self.rows) == 1

    @property
    def width(self) -> int:
        """Modules from side to side."""
        return len(self.rows[0])

    def runs(self) -> list[tuple[int, int, int]]:
        """Dark runs as (column, row, length)."""
        found: list[tuple[int, int, int]] = []
        for row, modules in enumerate(self.rows):
            start: int | None = None
            for column, dark in enumerate((*modules, False)):
                if dark and start is None:
                    start = column
                elif not dark and start is not None:
                    found.append((start, row, column - start))
                    start = None
        return found

    def image(self, width: int, height: int) -> Image.Image:
        """Draw it in a field of so many pixels, each module a whole number of them, centred on white."""
        scale = max(1, min(width // self.width, width if self.is_linear else height // len(self.rows)))
        grid = Image.new("1", (self.width, len(self.rows)), 1)
        grid.putdata([0 if dark else 1 for row in self.rows for dark in row])
        drawn = (self.width * scale, height if self.is_linear else len(self.rows) * scale)
        field = Image.new("1", (max(width, drawn[0]), max(height, drawn[1])), 1)
        field.paste(grid.resize(drawn), ((field.width - drawn[0]) // 2, (field.height - drawn[1]) // 2))
        return field


def qr(text: str) -> Symbol:
    """Make a QR code of a text, error correction M, four modules of quiet zone."""
    code = qrcode.QRCode(error_correction=qrcode.ERROR_CORRECT_M, border=4)
    code.add_data(text)
    code.make(fit=True)
    return Symbol(tuple(tuple(bool(module) for module in row) for row in code.get_matrix()))


def data_matrix(pairs: Pairs) -> Symbol:
    """Make a GS1 DataMatrix of element strings; BadScan when one of them is none."""
    return _gs1(pairs, zxingcpp.BarcodeFormat.DataMatrix)


def gs1_128(pairs: Pairs) -> Symbol:
    """Make a GS1-128 of element strings, one row of modules; BadScan when one of them is none."""
    return Symbol(_gs1(pairs, zxingcpp.BarcodeFormat.Code128).rows[:1])


def _gs1(pairs: Pairs, kind: zxingcpp.BarcodeFormat) -> Symbol:
    for ai, value in pairs:
        make_element(ai, value, text=value)  # the writer accepts wrong check digits
    # Square brackets mark the AIs: they can be in no data, round ones can.
    text = "".join(f"[{ai}]{value}" for ai, value in pairs)
    try:
        picture = Image.fromarray(zxingcpp.create_barcode(text, kind, gs1=True).to_image(scale=1, add_quiet_zones=True))
    except ValueError as refused:
        raise BadCode(kind="label", text=text[:80]) from refused
    pixels = picture.convert("L").tobytes()
    width = picture.width
    rows = tuple(tuple(shade < 128 for shade in pixels[at : at + width]) for at in range(0, len(pixels), width))
    return Symbol(rows)
