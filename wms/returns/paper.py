"""The paper that goes with returned goods (退货单): to whom, why, each lot with its days and quantity, as PDF in both scripts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Final

from flask import Response
from flask_babel import get_locale, gettext

from wms.labels.type import SIMPLIFIED, TRADITIONAL, printable
from wms.web import auth
from wms.web.sentences import word

if TYPE_CHECKING:
    from fpdf import FPDF

    from wms.returns.models import SupplierReturnLine
    from wms.returns.queries import WholeReturn

_WIDTHS: Final = (10, 32, 48, 36, 24, 22, 18)


def words() -> Mapping[str, str]:
    """The words of the paper in the reader's language."""
    return {
        "title": gettext("Return to supplier"), "number": gettext("Number"), "from": gettext("From"), "to": gettext("To"),
        "reason": gettext("Reason"), "reference": gettext("Supplier's reference"), "opened": gettext("Written down"),
        "carrier": gettext("Carrier"), "note": gettext("Note"), "line": "#", "item": gettext("Item"),
        "name": gettext("Name"), "lot": gettext("Lot"), "days": gettext("Good until"), "quantity": gettext("Quantity"),
        "unit": gettext("Unit"), "handed": gettext("Handed over"), "taken": gettext("Taken over"),
    }  # fmt: skip


def answer(view: WholeReturn) -> Response:
    """The paper of a return as an answer, in the reader's language."""
    site = auth.current_site()
    content = to_pdf(
        view, site=f"{site.code} {site.name_zh or site.name_en}", words=words(),
        traditional="Hant" in str(get_locale() or ""),
    )  # fmt: skip
    shown = f'inline; filename="{view.paper.number}.pdf"'
    return Response(content, mimetype="application/pdf", headers={"Content-Disposition": shown})


def to_pdf(view: WholeReturn, *, site: str, words: Mapping[str, str], traditional: bool = False) -> bytes:
    """Draw the paper on A4; what left stands in it, and what is still to leave."""
    from fpdf import FPDF

    pdf = FPDF(format="A4")
    pdf.set_auto_page_break(True, margin=15)
    fonts = ("tc", "sc") if traditional else ("sc", "tc")
    for name, path in (("sc", SIMPLIFIED), ("tc", TRADITIONAL)):
        pdf.add_font(name, fname=path)
    pdf.set_font(fonts[0], size=16)
    pdf.set_fallback_fonts([fonts[1]])
    pdf.set_margins(12, 12, 12)
    pdf.add_page()
    pdf.cell(text=words["title"], h=9, new_x="LMARGIN", new_y="NEXT")
    pdf.set_font_size(9)
    paper = view.paper
    facts = (
        ("number", paper.number), ("from", site),
        ("to", f"{paper.supplier.code} {paper.supplier.name_zh or paper.supplier.name_en}"),
        ("reason", word(paper.reason.value)), ("reference", paper.reference), ("opened", f"{paper.opened_at:%Y-%m-%d}"),
        ("carrier", f"{paper.carrier} {paper.plate}".strip()), ("note", paper.note),
    )  # fmt: skip
    for name, value in facts:
        pdf.cell(w=45, h=5, text=printable(words[name]))
        pdf.multi_cell(w=0, h=5, text=printable(value or "–"), new_x="LMARGIN", new_y="NEXT")
    pdf.ln(4)
    _row(pdf, [words[name] for name in ("line", "item", "name", "lot", "days", "quantity", "unit")])
    for line in view.lines:
        _row(pdf, _texts(line))
    pdf.ln(14)
    pdf.cell(w=90, h=5, text=f"{words['handed']}: ______________________")
    pdf.cell(w=0, h=5, text=f"{words['taken']}: ______________________")
    return bytes(pdf.output())


def _texts(line: SupplierReturnLine) -> list[str]:
    last: date | None = line.lot.expires_on or line.lot.best_before_on
    gone = line.done_quantity if line.posting_seq is not None else line.quantity
    return [
        str(line.line), line.item.sku, line.item.name_zh or line.item.name_en, line.lot.number,
        last.isoformat() if last else "–", str(gone), line.item.base_unit,
    ]  # fmt: skip


def _row(pdf: FPDF, texts: list[str]) -> None:
    """One row; what is too long for its column is cut with dots, but a lot number is set smaller instead."""
    for place, (text, width) in enumerate(zip(texts, _WIDTHS, strict=True)):
        plain = printable(text)
        size = 9.0
        while pdf.get_string_width(plain) > width - 2 and place == 3 and size > 5:
            size -= 0.5
            pdf.set_font_size(size)
        while pdf.get_string_width(plain) > width - 2 and len(plain) > 2:
            plain = plain.rstrip("…")[:-1] + "…"
        pdf.cell(w=width, h=6, text=plain, border="B", align="R" if place == 5 else "L")
        pdf.set_font_size(9)
    pdf.ln(6)
