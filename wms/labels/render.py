"""Labels as PNG, SVG and PDF sheets. One layout in millimetres, three ways to draw it."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from PIL import Image, ImageDraw

from wms.labels.content import BinLabel, Captions, Label, LotLabel, gs1_pairs, heading, lines, qr_text, readable_code
from wms.labels.symbols import Symbol, data_matrix, gs1_128, qr
from wms.labels.type import SIMPLIFIED, TRADITIONAL, fit, font_runs

if TYPE_CHECKING:
    from fpdf import FPDF

WIDTH, HEIGHT = 100, 50
#: An A4 sheet holds two columns of five.
COLUMNS, ROWS = 2, 5
_LEFT, _TOP = 5.0, 23.5
LONGEST_SHEET = 2000


@dataclass(frozen=True, slots=True)
class Text:
    """A line of text: left edge and baseline, size and text as they fit, in millimetres."""

    x: float
    y: float
    size: float
    text: str


@dataclass(frozen=True, slots=True)
class Code:
    """A symbol in its field, in millimetres."""

    x: float
    y: float
    width: float
    height: float
    symbol: Symbol


def lay_out(label: Label, captions: Captions | None = None) -> list[Text | Code]:
    """Place a label's words and codes on 100 by 50 mm."""
    captions = captions or Captions()
    if isinstance(label, BinLabel):
        return _lay_out_bin(label, captions)
    return _lay_out_lot(label, captions) if isinstance(label, LotLabel) else _lay_out_lpn(label, captions)


def _line(x: float, y: float, size: float, text: str, room: float) -> Text:
    text, size = fit(text, size, room)
    return Text(x, y, size, text)


def _lay_out_bin(label: BinLabel, captions: Captions) -> list[Text | Code]:
    found: list[Text | Code] = [Code(2, 4, 42, 42, qr(qr_text(label)))]
    found.append(_line(46, 28, 13, heading(label, captions), 52))
    found += [_line(46, 40, 6, line, 52) for line in lines(label, captions)]
    return found


def _lay_out_lot(label: LotLabel, captions: Captions) -> list[Text | Code]:
    pairs = gs1_pairs(label)
    found: list[Text | Code] = [Code(68, 1, 30, 30, qr(qr_text(label)))]
    if pairs is not None:
        found.append(Code(76, 31, 14, 14, data_matrix(pairs)))
    found.append(_line(3, 9, 6, heading(label, captions), 64))
    for place, line in enumerate(lines(label, captions)[:5]):
        found.append(_line(3, 17 + 6.5 * place, 6 if place == 0 else 4.6, line, 64))
    found.append(_line(3, 48.5, 2.8, readable_code(label), 94))
    return found


def _lay_out_lpn(label: Label, captions: Captions) -> list[Text | Code]:
    pairs = gs1_pairs(label)
    found: list[Text | Code] = [Code(74, 1, 24, 24, qr(qr_text(label)))]
    if pairs is not None:
        found.append(Code(3, 26, 94, 18, gs1_128(pairs)))
    found.append(_line(3, 8, 5.5, heading(label, captions), 70))
    shown = lines(label, captions)[: 3 if pairs is not None else 6]
    found += [_line(3, 14 + 5.2 * place, 4.2, line, 70) for place, line in enumerate(shown)]
    found.append(_line(22, 48.5, 3.6, readable_code(label), 75))
    return found


def to_png(label: Label, *, captions: Captions | None = None, dots_per_mm: int = 8, traditional: bool = False) -> bytes:
    """Draw a label as PNG; 8 dots a millimetre is a 203 dpi printer, 12 is 300 dpi."""
    picture = Image.new("L", (WIDTH * dots_per_mm, HEIGHT * dots_per_mm), 255)
    pen = ImageDraw.Draw(picture)
    for part in lay_out(label, captions):
        if isinstance(part, Code):
            drawn = part.symbol.image(round(part.width * dots_per_mm), round(part.height * dots_per_mm))
            picture.paste(drawn, (round(part.x * dots_per_mm), round(part.y * dots_per_mm)))
            continue
        x, size = part.x * dots_per_mm, max(1, round(part.size * dots_per_mm))
        for run, font in font_runs(part.text, size, traditional=traditional):
            pen.text((x, part.y * dots_per_mm), run, fill=0, font=font, anchor="ls")
            x += font.getlength(run)
    out = io.BytesIO()
    picture.save(out, "PNG", optimize=True)
    return out.getvalue()


def to_svg(label: Label, *, captions: Captions | None = None) -> str:
    """Draw a label as SVG, without scripts, styles or anything from outside."""
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}mm" height="{HEIGHT}mm" viewBox="0 0 {WIDTH} {HEIGHT}">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
    ]
    for part in lay_out(label, captions):
        if isinstance(part, Code):
            parts.append(_svg_code(part))
        else:
            said = escape(part.text)
            parts.append(
                f'<text x="{part.x:g}" y="{part.y:g}" font-size="{part.size:.2f}" xml:space="preserve" '
                f'font-family="Noto Sans SC, Noto Sans TC, sans-serif">{said}</text>'
            )
    return "".join((*parts, "</svg>"))


def _svg_code(part: Code) -> str:
    symbol = part.symbol
    across = part.width / symbol.width
    if symbol.is_linear:
        place, scale = (part.x, part.y), (across, part.height)
    else:
        across = min(across, part.height / len(symbol.rows))
        drawn = symbol.width * across, len(symbol.rows) * across
        place, scale = (part.x + (part.width - drawn[0]) / 2, part.y + (part.height - drawn[1]) / 2), (across, across)
    path = "".join(f"M{column} {row}h{length}v1h-{length}z" for column, row, length in symbol.runs())
    return (
        f'<path transform="translate({place[0]:g} {place[1]:g}) scale({scale[0]:.5g} {scale[1]:.5g})" d="{path}" '
        'fill="#000" shape-rendering="crispEdges"/>'
    )


def to_pdf(labels: Sequence[Label], *, captions: Captions | None = None, traditional: bool = False) -> bytes:
    """Draw labels on A4 sheets, two columns of five, with both Chinese fonts embedded as far as used.

    At most 2,000 labels go into one document; ValueError above.
    """
    from fpdf import FPDF

    if len(labels) > LONGEST_SHEET:
        raise ValueError(f"{len(labels)} labels, at most {LONGEST_SHEET}")
    pdf = FPDF(format="A4")
    pdf.set_auto_page_break(False)
    fonts = ("tc", "sc") if traditional else ("sc", "tc")
    for name, path in (("sc", SIMPLIFIED), ("tc", TRADITIONAL)):
        pdf.add_font(name, fname=path)
    pdf.set_font(fonts[0], size=10)
    pdf.set_fallback_fonts([fonts[1]])
    pdf.set_margins(0, 0, 0)
    pdf.c_margin = 0
    for place, label in enumerate(labels or ()):
        cell = place % (COLUMNS * ROWS)
        if cell == 0:
            pdf.add_page()
        _draw_in_pdf(pdf, label, captions, _LEFT + cell % COLUMNS * WIDTH, _TOP + cell // COLUMNS * HEIGHT)
    if not labels:
        pdf.add_page()
    return bytes(pdf.output())


def _draw_in_pdf(pdf: FPDF, label: Label, captions: Captions | None, left: float, top: float) -> None:
    for part in lay_out(label, captions):
        if isinstance(part, Code):
            picture = part.symbol.image(round(part.width * 24), round(part.height * 24)).convert("L")
            pdf.image(picture, x=left + part.x, y=top + part.y, w=part.width, h=part.height)
        else:
            pdf.set_font_size(part.size * 72 / 25.4)
            pdf.set_xy(left + part.x, top + part.y - part.size * 0.88)
            pdf.cell(text=part.text, h=part.size)
