"""Labels as ZPL II for label printers, 100 by 50 mm at 8 dots a millimetre, with the tag of an LPN written on the way.

Data cannot break out of its field: every byte but letters, digits and a few marks is written as hex behind ^FH, so no
^ or ~ ever reaches the printer as a command. Text that is not ASCII is sent as a picture, since few printers hold a
Chinese font.
"""

from __future__ import annotations

import re

from PIL import Image, ImageDraw

from wms.core.errors import BadCode
from wms.gs1.ai import write_raw
from wms.labels.content import BinLabel, Captions, Label, LotLabel, LpnLabel, gs1_pairs, qr_text
from wms.labels.render import HEIGHT, WIDTH, Code, lay_out
from wms.labels.type import font_runs

DOTS = 8
_SAFE = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 .:()/,-+%*=")


def escape_field(text: str) -> str:
    r"""Write field data for ^FH\ : what is not plainly harmless becomes a backslash and two hex digits, in UTF-8.

    >>> escape_field("A^XZ~JR")
    'A\\5EXZ\\7EJR'
    """
    return "".join(chr(byte) if byte in _SAFE else f"\\{byte:02X}" for byte in text.encode("utf-8", "replace"))


def field(text: str) -> str:
    """Write one escaped field: ^FH\\^FD...^FS."""
    return f"^FH\\^FD{escape_field(text)}^FS"


def to_zpl(label: Label, *, captions: Captions | None = None, copies: int = 1) -> str:
    """Write one print job; `copies` 1 to 999. An LPN with `epc_hex` is encoded into the tag's EPC bank as well."""
    if not 1 <= copies <= 999:
        raise BadCode(kind="copies", text=str(copies))
    parts = [f"^XA^CI28^PW{WIDTH * DOTS}^LL{HEIGHT * DOTS}^LH0,0"]
    if isinstance(label, LpnLabel) and label.epc_hex:
        parts.append(_tag(label.epc_hex))
    for part in lay_out(label, captions):
        if not isinstance(part, Code):
            parts.append(_text(part.x, part.y, part.size, part.text))
    parts += [*_codes(label), f"^PQ{copies}^XZ"]
    return "\n".join(parts) + "\n"


def _codes(label: Label) -> list[str]:
    """The symbols, drawn by the printer: QR, GS1 DataMatrix for lots, GS1-128 for SSCCs, where the layout has them."""
    places = [part for part in lay_out(label) if isinstance(part, Code)]
    room = places[0].width * DOTS // places[0].symbol.width
    size = max(2, min(10, int(room)))
    quiet = 4 * size
    where = f"^FO{round(places[0].x * DOTS) + quiet},{round(places[0].y * DOTS) + quiet - 10}"
    found = [f"{where}^BQN,2,{size}^FH\\^FDMA,{escape_field(qr_text(label))}^FS"]
    pairs = gs1_pairs(label)
    if pairs is None or isinstance(label, BinLabel):
        return found
    x, y = round(places[1].x * DOTS), round(places[1].y * DOTS)
    if isinstance(label, LotLabel):
        # The escape sign of ^BX is "_": _1 is FNC1, and a real one is doubled.
        data = "_1" + write_raw(pairs).replace("_", "__").replace("\x1d", "_1")
        found.append(f"^FO{x + 8},{y + 8}^BXN,4,200,0,0,6,_^FH\\^FD{escape_field(data)}^FS")
    else:
        # Code 128, subset C, with FNC1 (>8): the digits are an SSCC's and need no escape.
        found.append(f"^BY4^FO{x + 40},{y}^BCN,{round(places[1].height * DOTS)},N,N,N^FD>;>8{write_raw(pairs)}^FS")
    return found


def _tag(epc_hex: str) -> str:
    """Write the EPC to bank 1 from word 2 on; the printer voids and repeats a label whose tag fails."""
    if not re.fullmatch(r"(?:[0-9A-F]{4}){1,31}", epc_hex):
        raise BadCode(kind="epc", text=epc_hex[:80])
    return f"^RS8,,,3^RFW,H,2,{len(epc_hex) // 2},1^FD{epc_hex}^FS"


def _text(x: float, y: float, size: float, text: str) -> str:
    dots = max(10, round(size * DOTS))
    if text.isascii():
        return f"^FO{round(x * DOTS)},{round((y - size * 0.8) * DOTS)}^A0N,{dots},{round(dots * 0.9)}{field(text)}"
    return _picture(round(x * DOTS), round((y - size) * DOTS), dots, text)


def _picture(x: int, y: int, dots: int, text: str) -> str:
    """Draw a text as a one-bit graphic field (^GFA), rows of whole bytes, 1 is black."""
    runs = font_runs(text, dots)
    width = -(-round(sum(font.getlength(run) for run, font in runs)) // 8) * 8
    picture = Image.new("1", (max(8, width), round(dots * 1.3)), 0)
    pen = ImageDraw.Draw(picture)
    at = 0.0
    for run, font in runs:
        pen.text((at, dots), run, fill=1, font=font, anchor="ls")
        at += font.getlength(run)
    data = picture.tobytes()
    return f"^FO{x},{y}^GFA,{len(data)},{len(data)},{picture.width // 8},{data.hex().upper()}^FS"
