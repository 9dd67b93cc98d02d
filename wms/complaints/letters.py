"""The answer to a complaint as a letter (答复函): one PDF in the customer's language, with Chinese fonts, page x of y."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from flask import current_app
from flask_babel import force_locale, gettext

from wms.complaints import queries, service
from wms.complaints.models import Complaint
from wms.core.ids import ComplaintId
from wms.db import db
from wms.files import service as files
from wms.labels.letter import Letter, draw_letter
from wms.sites.models import Warehouse
from wms.web import auth, i18n
from wms.web.units import unit_word
from wms.web.views import local_date


def subject_of(paper: Complaint, *, language: str) -> str:
    """What the letter is about, in its language."""
    with force_locale(language):
        return gettext("Your complaint %(number)s", number=paper.number)


def answer_letter(paper: Complaint, text: str, *, company: str, on: date, sender: Sequence[str] = ()) -> bytes:
    """Draw the answer to a complaint in its language; `sender` says where we are reached."""
    with force_locale(paper.language):
        facts = [
            (gettext("Complaint"), paper.number),
            (gettext("Received on"), local_date(paper.received_at).isoformat()),
        ]
        if paper.lot is not None:
            item = paper.lot.item
            facts += [
                (gettext("Item"), f"{item.sku} {i18n.local_name(item)}"),
                (gettext("Lot"), paper.lot.number),
            ]
            if paper.quantity:
                facts.append((gettext("Quantity"), f"{paper.quantity} {unit_word(item.base_unit)}"))
        elif paper.told:
            facts.append((gettext("Goods"), paper.told[:120]))
        customer = paper.customer
        to = [
            i18n.local_name(customer) if customer is not None else paper.customer_told,
            customer.address if customer is not None else "",
            paper.contact_name,
        ]
        letter = Letter(
            language=paper.language, company=company, to=[line for line in to if line],
            title=gettext("Your complaint %(number)s", number=paper.number), place_and_day=on.isoformat(), facts=facts,
            paragraphs=text.splitlines(), page_of=gettext("Page %(page)s of %(pages)s", page="{page}", pages="{pages}"),
            sender=sender,
        )  # fmt: skip
    return draw_letter(letter)


def draw(paper: Complaint, text: str) -> bytes:
    """Draw the letter of this warehouse with today's date."""
    site = auth.current_site()
    company = site.name_zh if paper.language.startswith("zh") and site.name_zh else site.name_en
    house = db.session.get_one(Warehouse, site.id)
    sender = [line for line in (house.address, house.phone) if line]
    return answer_letter(paper, text, company=company, on=auth.today(), sender=sender)


def answer_of(complaint: ComplaintId, text: str, *, is_mailed: bool) -> service.AnswerComplaint:
    """Draw and keep the letter of an answer; slow, and so before the transaction."""
    paper = queries.get_complaint(complaint, warehouse=auth.current_warehouse())
    content = draw(paper, text)
    kept = files.keep_file(
        content, name="letter.pdf", data_dir=Path(current_app.config["WMS"].data_dir), bytes_max=len(content)
    )
    return service.AnswerComplaint(
        complaint=paper.id, warehouse=paper.warehouse_id, text=text, is_mailed=is_mailed,
        subject=subject_of(paper, language=paper.language), letter=kept, letter_name=f"{paper.number}.pdf",
    )  # fmt: skip
