"""A letter on paper: whom it is from and to, facts, tables, paragraphs; A4, the bundled Chinese fonts, page x of y."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from wms.labels.type import SIMPLIFIED, TRADITIONAL, printable

if TYPE_CHECKING:
    from fpdf import FPDF

_LINE = 5.5


@dataclass(frozen=True)
class LetterTable:
    """A table inside a letter: its heading, its rows, the shares of the width."""

    heading: Sequence[str]
    rows: Sequence[Sequence[str]]
    widths: Sequence[int]


@dataclass(frozen=True, kw_only=True)
class Letter:
    """All that stands in a letter, in one language already. `page_of` has {page} and {pages} in it."""

    language: str
    company: str
    to: Sequence[str]
    title: str
    place_and_day: str
    facts: Sequence[tuple[str, str]] = ()
    paragraphs: Sequence[str] = ()
    table: LetterTable | None = None
    #: Comes behind the table, such as a form to fill in.
    after: Sequence[str] = ()
    #: A band over the title, such as URGENT.
    banner: str = ""
    page_of: str = "{page} / {pages}"
    is_landscape: bool = False
    #: Where the sender is reached, under the company's name.
    sender: Sequence[str] = ()


def packed(letter: Letter) -> str:
    """Give all that stands in a letter as text, for who draws it later."""
    return json.dumps(asdict(letter), ensure_ascii=False)


def unpacked(text: str) -> Letter:
    """Give the letter of a text made by `packed`; ValueError or TypeError when it is none.

    >>> unpacked(packed(Letter(language="en", company="A", to=["B"], title="C", place_and_day="D"))).title
    'C'
    """
    told = json.loads(text)
    table = told.pop("table")
    return Letter(**told, table=LetterTable(**table) if table is not None else None)


def draw_letter(letter: Letter) -> bytes:
    """Draw a letter as PDF."""
    from fpdf import FPDF

    class Paper(FPDF):
        """Every page ends with its number and the number of them."""

        def footer(self) -> None:
            self.set_y(-12)
            self.set_font_size(8)
            text = letter.page_of.replace("{page}", str(self.page_no())).replace("{pages}", "{nb}")
            self.cell(w=0, h=5, text=printable(text), align="C")

    pdf = Paper(format="A4", orientation="landscape" if letter.is_landscape else "portrait")
    pdf.alias_nb_pages("{nb}")
    pdf.set_margins(18, 16, 18)
    pdf.set_auto_page_break(True, margin=18)
    first, second = ("tc", "sc") if "Hant" in letter.language else ("sc", "tc")
    for name, path in (("sc", SIMPLIFIED), ("tc", TRADITIONAL)):
        pdf.add_font(name, fname=path)
    pdf.set_font(first, size=11)
    pdf.set_fallback_fonts([second])
    pdf.set_lang({"en": "en", "zh_Hans_CN": "zh-Hans", "zh_Hant_TW": "zh-Hant"}.get(letter.language, "en"))
    pdf.set_title(printable(letter.title))
    pdf.add_page()
    _line(pdf, letter.company, size=12)
    for text in letter.sender:
        _line(pdf, text, size=9, height=4.5)
    pdf.ln(5)
    for text in letter.to:
        _line(pdf, text)
    pdf.ln(2)
    pdf.set_font_size(11)
    pdf.cell(w=0, h=_LINE, text=printable(letter.place_and_day), align="R", new_x="LMARGIN", new_y="NEXT")
    pdf.ln(3)
    if letter.banner:
        pdf.set_fill_color(180, 20, 20)
        pdf.set_text_color(255, 255, 255)
        pdf.set_font_size(13)
        pdf.cell(w=0, h=9, text=printable(letter.banner), align="C", fill=True, new_x="LMARGIN", new_y="NEXT")
        pdf.set_text_color(0, 0, 0)
        pdf.set_fill_color(255, 255, 255)  # tables fill their cells with what was set last
        pdf.ln(3)
    _line(pdf, letter.title, size=15, height=8)
    pdf.ln(2)
    _facts(pdf, letter.facts)
    _paragraphs(pdf, letter.paragraphs)
    if letter.table is not None:
        _table(pdf, letter.table)
    if letter.after:
        pdf.ln(4)
        _paragraphs(pdf, letter.after)
    return bytes(pdf.output())


def _line(pdf: FPDF, text: str, *, size: int = 11, height: float = _LINE) -> None:
    pdf.set_font_size(size)
    pdf.multi_cell(w=0, h=height, text=printable(text), new_x="LMARGIN", new_y="NEXT")


def _facts(pdf: FPDF, facts: Sequence[tuple[str, str]]) -> None:
    pdf.set_font_size(10.5)
    for name, value in facts:
        pdf.cell(w=42, h=_LINE, text=printable(name))
        pdf.multi_cell(w=0, h=_LINE, text=printable(value), new_x="LMARGIN", new_y="NEXT")
    if facts:
        pdf.ln(3)


def _paragraphs(pdf: FPDF, paragraphs: Sequence[str]) -> None:
    pdf.set_font_size(11)
    for text in paragraphs:
        if text.strip():
            pdf.multi_cell(w=0, h=_LINE + 0.5, text=printable(text), align="L", new_x="LMARGIN", new_y="NEXT")
        else:
            pdf.ln(_LINE / 2)


def _table(pdf: FPDF, wanted: LetterTable) -> None:
    from fpdf.fonts import FontFace

    pdf.ln(3)
    pdf.set_font_size(9)
    with pdf.table(
        col_widths=tuple(wanted.widths), first_row_as_headings=True, line_height=5, repeat_headings=1,
        text_align="LEFT", v_align="T", headings_style=FontFace(emphasis="", fill_color=(232, 232, 232)),
    ) as table:  # fmt: skip
        for cells in (wanted.heading, *wanted.rows):
            row = table.row()
            for cell in cells:
                row.cell(printable(cell))
