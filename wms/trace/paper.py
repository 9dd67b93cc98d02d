"""Traces and histories on paper: PDF with both Chinese fonts, page x of y, and tables of any length."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

from flask_babel import gettext
from fpdf import FPDF

from wms.labels.type import SIMPLIFIED, TRADITIONAL, text_width
from wms.labels.type import printable as _drawable

_LINE_MM: Final = 3.9
_SIZE_PT: Final = 7.5
_MM_OF_PT: Final = 25.4 / 72
_LINES_MAX: Final = 12
_PAGE_MM: Final = 277.0
_HEADING_MM: Final = 7.0
#: What stays free beside the text of a cell.
_GAP_MM: Final = 2.2


def printable(text: str) -> str:
    """As the fonts can draw it; neither has an arrow."""
    return _drawable(text.replace("→", "->"))


@dataclass(frozen=True, kw_only=True)
class Column:
    """A column of a table: its heading, how wide it is beside the others, at least (mm), and whether it holds figures."""

    heading: str
    width: float
    is_figure: bool = False
    least: float = 0.0


class _Paper(FPDF):
    """A4 lying, with what it is and the page's number at the foot of each page."""

    def __init__(self, footing: str) -> None:
        super().__init__(orientation="landscape", format="A4")
        self._footing = footing
        self.set_margins(10, 10, 10)
        self.set_auto_page_break(False)
        for name, path in (("sc", SIMPLIFIED), ("tc", TRADITIONAL)):
            self.add_font(name, fname=path)

    def footer(self) -> None:
        self.set_y(-9)
        self.set_font_size(7.5)
        self.cell(w=200, h=5, text=printable(self._footing)[:160])
        where = gettext("page %(page)s of %(pages)s", page=self.page_no(), pages="{nb}")
        self.cell(w=0, h=5, text=where, align="R")


class Document:
    """A paper that is written from top to bottom."""

    def __init__(self, title: str, subtitle: str, *, traditional: bool) -> None:
        self._pdf = _Paper(f"{title} · {subtitle}")
        self._heading = ""
        fonts = ("tc", "sc") if traditional else ("sc", "tc")
        self._pdf.set_font(fonts[0], size=15)
        self._pdf.set_fallback_fonts([fonts[1]])
        self._pdf.add_page()
        self._line(title, size=15, high=8)
        self._line(subtitle, size=10, high=6)
        self._pdf.ln(2)

    def facts(self, facts: Iterable[tuple[str, str]]) -> None:
        """Write names and values, one below the other."""
        self._begin(5)
        for name, value in facts:
            for place, line in enumerate(_wrapped(printable(value) or "–", 215, 9)):
                self._room(5)
                self._pdf.set_font_size(9)
                self._pdf.cell(w=55, h=5, text=printable(name) if place == 0 else "")
                self._pdf.cell(w=0, h=5, text=line, new_x="LMARGIN", new_y="NEXT")
        self._pdf.ln(3)

    def heading(self, text: str) -> None:
        """Give the heading of a part; it is written with what comes next, so that it never ends a page alone."""
        self._heading = text

    def _begin(self, high: float) -> None:
        """Make room for so much and, over it, the heading that waits."""
        self._room(high + (_HEADING_MM if self._heading else 0))
        if self._heading:
            self._line(self._heading, size=11, high=_HEADING_MM)
            self._heading = ""

    def note(self, text: str) -> None:
        """Write a sentence."""
        self._begin(5)
        for line in _wrapped(printable(text), 270, 9):
            self._room(5)
            self._line(line, size=9, high=5)

    def table(self, columns: Sequence[Column], rows: Iterable[Sequence[str]]) -> None:
        """Write a table; its heading stands on every page again. A cell of more than twelve lines is cut, with dots."""
        widths = _widths(columns)
        pdf = self._pdf
        is_begun = False
        for row in rows:
            cells = [
                _wrapped(printable(text), width - 2, _SIZE_PT)[:_LINES_MAX]
                for text, width in zip(row, widths, strict=True)
            ]
            high = max(map(len, cells)) * _LINE_MM + 1
            if not is_begun:
                is_begun = True
                self._begin(high + self._heads_high(columns, widths))
                self._heads(columns, widths)
            elif pdf.get_y() + high > pdf.h - 12:
                pdf.add_page()
                self._heads(columns, widths)
            top = pdf.get_y()
            left = pdf.l_margin
            pdf.set_font_size(_SIZE_PT)
            for column, lines, width in zip(columns, cells, widths, strict=True):
                for place, line in enumerate(lines):
                    if line:
                        pdf.set_xy(left, top + 0.5 + place * _LINE_MM)
                        pdf.cell(w=width, h=_LINE_MM, text=line, align="R" if column.is_figure else "L")
                left += width
            pdf.set_draw_color(190)
            pdf.line(pdf.l_margin, top + high, pdf.l_margin + 277, top + high)
            pdf.set_xy(pdf.l_margin, top + high)
        if not is_begun:
            self._begin(self._heads_high(columns, widths))
            self._heads(columns, widths)
        pdf.ln(3)

    def finish(self) -> bytes:
        """Give the PDF."""
        return bytes(self._pdf.output())

    def _heads_high(self, columns: Sequence[Column], widths: Sequence[float]) -> float:
        lines = [
            len(_wrapped(printable(column.heading), width - 2, _SIZE_PT))
            for column, width in zip(columns, widths, strict=True)
        ]
        return max(lines) * _LINE_MM + 1.4

    def _heads(self, columns: Sequence[Column], widths: Sequence[float]) -> None:
        pdf = self._pdf
        pdf.set_font_size(_SIZE_PT)
        cells = [
            _wrapped(printable(column.heading), width - 2, _SIZE_PT)
            for column, width in zip(columns, widths, strict=True)
        ]
        high = self._heads_high(columns, widths)
        top, left = pdf.get_y(), pdf.l_margin
        pdf.set_fill_color(232)
        pdf.rect(left, top, 277, high, style="F")
        for column, lines, width in zip(columns, cells, widths, strict=True):
            for place, line in enumerate(lines):
                pdf.set_xy(left, top + 0.7 + place * _LINE_MM)
                pdf.cell(w=width, h=_LINE_MM, text=line, align="R" if column.is_figure else "L")
            left += width
        pdf.set_xy(pdf.l_margin, top + high)

    def _line(self, text: str, *, size: float, high: float) -> None:
        self._pdf.set_font_size(size)
        self._pdf.cell(h=high, text=printable(text), new_x="LMARGIN", new_y="NEXT")

    def _room(self, high: float) -> None:
        if self._pdf.get_y() + high > self._pdf.h - 12:
            self._pdf.add_page()


def least_of(heading: str, cells: Iterable[str]) -> float:
    """How many millimetres a column needs at least, so that no figure and no word of usual length is broken."""
    longest = max((_width(word) for cell in cells for word in printable(cell).split()), default=0.0)
    head = max((_width(word) for word in printable(heading).split()), default=0.0)
    return max(min(longest, 22.0), min(head, 14.0)) + _GAP_MM


def _widths(columns: Sequence[Column]) -> list[float]:
    """Share the page out: by what each asks for, and to none less than it needs, where the page has room for that."""
    if sum(column.least for column in columns) > _PAGE_MM:
        columns = [Column(heading=one.heading, width=one.width, is_figure=one.is_figure) for one in columns]
    fixed: dict[int, float] = {}
    while True:
        free = [place for place in range(len(columns)) if place not in fixed]
        asked = sum(columns[place].width for place in free)
        left = _PAGE_MM - sum(fixed.values())
        short = {place for place in free if columns[place].width * left / asked < columns[place].least}
        if not short:
            return [fixed.get(place, column.width * left / (asked or 1)) for place, column in enumerate(columns)]
        fixed |= {place: columns[place].least for place in short}


def _width(text: str) -> float:
    return sum(map(_sign_width, text)) * _SIZE_PT


@cache
def _sign_width(sign: str) -> float:
    """The width of one sign at one point, in millimetres."""
    return text_width(sign, 100) / 100 * _MM_OF_PT


def _wrapped(text: str, room: float, size: float) -> list[str]:
    """Break a text into lines of this room: at blanks where there are some, else anywhere, as Chinese and codes ask."""
    lines: list[str] = []
    start, width, blank = 0, 0.0, -1
    for place, sign in enumerate(text):
        width += _sign_width(sign) * size
        if sign == " ":
            blank = place
        while width > room and place > start:  # what stands behind the blank may be too long itself
            end = blank if blank > start else place
            lines.append(text[start:end])
            start = end + 1 if end == blank else end
            width = sum(_sign_width(one) for one in text[start : place + 1]) * size
            blank = -1
            if len(lines) >= _LINES_MAX:
                lines[-1] += "…"
                return lines
    return [*lines, text[start:]]
