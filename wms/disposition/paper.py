"""The record of a destruction (销毁记录) on paper: one PDF with Chinese fonts, its signatures as 21 CFR 11.50 wants them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from flask_babel import gettext
from fpdf import FPDF

from wms.core.ids import LOOSE
from wms.disposition.queries import PaperView
from wms.labels.type import SIMPLIFIED, TRADITIONAL, printable
from wms.signing import words
from wms.web import i18n
from wms.web.units import unit_word
from wms.web.views import local_time


def destruction_record(view: PaperView, *, site: str, printed_at: datetime) -> bytes:
    """Draw the record: what, how much, why, how, where, who carried it out, who saw it, and the state of each signature."""
    paper = view.paper
    pdf = _document(i18n.with_chinese(gettext("Record of destruction"), "销毁记录"), f"{paper.number} · {site}")
    _facts(
        pdf,
        [
            (gettext("Reason"), paper.reason),
            (gettext("Method"), paper.method or "–"),
            (gettext("Place"), paper.place or "–"),
            (gettext("Contractor, certificate"), paper.contractor or "–"),
            (gettext("Ordered"), f"{paper.orderer.full_name}, {local_time(paper.ordered_at)}"),
            (gettext("Carried out"), _who(paper.executor, paper.executed_at)),
            (gettext("Witnessed"), _who(paper.witness, paper.witnessed_at)),
            (gettext("Posting"), str(paper.posting_seq or "–")),
        ],
    )
    _table(
        pdf,
        [gettext("Line"), gettext("Item"), gettext("Lot"), gettext("Bin"), gettext("LPN"), gettext("Quantity")],
        [
            [
                str(line.line), f"{line.lot.item.sku} {i18n.local_name(line.lot.item)}", line.lot.number, line.bin.code,
                line.lpn.code if line.lpn_id != LOOSE else "–", f"{line.quantity} {unit_word(line.lot.item.base_unit)}",
            ]
            for line in paper.lines
        ],
        widths=(10, 55, 40, 25, 30, 30),
    )  # fmt: skip
    pdf.ln(4)
    pdf.set_font_size(12)
    pdf.cell(text=printable(gettext("Signatures")), h=7, new_x="LMARGIN", new_y="NEXT")
    _table(
        pdf,
        [gettext("Full name"), gettext("Meaning"), gettext("When"), gettext("Reason"), gettext("State")],
        [
            [
                f"{one.row.full_name} ({one.row.login})", words.meaning(one.row.meaning), one.row.signed_on,
                one.row.reason, _state(one.row.is_genuine, one.changed),
            ]
            for one in view.signatures
        ],
        widths=(40, 25, 50, 40, 35),
    )  # fmt: skip
    pdf.set_font_size(8)
    pdf.ln(3)
    pdf.cell(text=printable(gettext("Printed %(at)s", at=local_time(printed_at))), h=5)
    return bytes(pdf.output())


def _who(person: object, at: datetime | None) -> str:
    return f"{getattr(person, 'full_name', '–')}, {local_time(at)}" if person is not None else "–"


def _state(is_genuine: bool, changed: Sequence[str]) -> str:
    if not is_genuine:
        return gettext("Signature not genuine")
    return gettext("Changed after signing") + ": " + ", ".join(changed) if changed else gettext("Genuine")


def _document(title: str, subtitle: str) -> FPDF:
    pdf = FPDF(format="A4")
    pdf.set_margins(10, 12, 10)
    pdf.set_auto_page_break(True, margin=12)
    for name, path in (("sc", SIMPLIFIED), ("tc", TRADITIONAL)):
        pdf.add_font(name, fname=path)
    pdf.set_font("sc", size=16)
    pdf.set_fallback_fonts(["tc"])
    pdf.add_page()
    pdf.cell(text=printable(title), h=9, new_x="LMARGIN", new_y="NEXT")
    pdf.set_font_size(11)
    pdf.cell(text=printable(subtitle), h=7, new_x="LMARGIN", new_y="NEXT")
    pdf.ln(2)
    return pdf


def _facts(pdf: FPDF, facts: Sequence[tuple[str, str]]) -> None:
    pdf.set_font_size(10)
    for name, value in facts:
        pdf.cell(w=45, text=printable(name), h=6)
        pdf.multi_cell(w=0, text=printable(value), h=6, new_x="LMARGIN", new_y="NEXT")
    pdf.ln(3)


def _table(pdf: FPDF, heading: Sequence[str], rows: Sequence[Sequence[str]], *, widths: Sequence[int]) -> None:
    pdf.set_font_size(9)
    with pdf.table(col_widths=tuple(widths), first_row_as_headings=False, line_height=5) as table:
        for cells in (heading, *rows):
            row = table.row()
            for cell in cells:
                row.cell(printable(cell))
