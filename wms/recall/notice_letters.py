"""Notices of a recall in words: the letter with its reply form, the e-mail, in the language of whom it goes to; and the list.

Written whole with the request, so that what is said is what stood then; a job draws the letters (notice_drawing.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask_babel import force_locale, gettext
from sqlalchemy import select

from wms.catalog.models import Item
from wms.core.errors import NotFound
from wms.db import db
from wms.labels.letter import Letter, LetterTable, draw_letter, packed
from wms.mail.rules import is_address
from wms.recall import notice_queries
from wms.recall.models import Recall
from wms.recall.notice_models import NoticeWay
from wms.recall.notice_queries import PartyView
from wms.recall.notices import Draft, SendNotices, Whom
from wms.recall.queries import recalls
from wms.recall.queries.outside import DeliveryRow
from wms.recall.rules.classes import RecallClass
from wms.sites.models import Warehouse
from wms.web import i18n
from wms.web.sheets import Cell
from wms.web.units import unit_word
from wms.web.views import local_date, local_time

#: Where a class has no clock for telling, an answer is asked within a day.
REPLY_HOURS = 24


def drafts_for(cmd: SendNotices, *, at: datetime, answer_to: str = "") -> list[Draft]:
    """Write the notices that an order to tell customers asks for; none when nobody is left to tell.

    `answer_to`: the e-mail address that answers go to, printed beside address and telephone.

    Raises NotFound for a party that got nothing of the scope in force.
    """
    recall = recalls.find_recall(cmd.recall)
    views = notice_queries.parties_of(recall.id)
    chosen = views
    if cmd.who is Whom.UNTOLD:
        chosen = [one for one in views if not one.is_written]
    elif cmd.who is Whom.UNANSWERED:
        chosen = [one for one in views if one.is_told and one.reply is None]
    elif cmd.who is Whom.CHOSEN:
        by_id = {one.party.id: one for one in views}
        if missing := [one for one in cmd.parties if one not in by_id]:
            raise NotFound(kind="recall_party", text=str(missing[0]))
        chosen = [by_id[party] for party in dict.fromkeys(cmd.parties)]
    frame = _frame(recall, at, chosen, answer_to)
    return [draft(frame, one, language=cmd.language, instructions=cmd.instructions) for one in chosen]


@dataclass(frozen=True, kw_only=True)
class Frame:
    """What all letters of one sending have in common; read once."""

    recall: Recall
    chosen: RecallClass
    site: Warehouse
    at: datetime
    #: The items of what is recalled, by SKU.
    items: Mapping[str, Item]
    #: Where answers go by e-mail; blank where none is set up.
    answer_to: str = ""

    @property
    def due(self) -> datetime:
        """By when an answer is asked."""
        return self.at + timedelta(hours=self.chosen.notify_hours or REPLY_HOURS)


def _frame(recall: Recall, at: datetime, views: Sequence[PartyView], answer_to: str) -> Frame:
    skus = {row.sku for view in views for row in view.deliveries}
    found = db.session.execute(select(Item).where(Item.sku.in_(skus))).scalars()
    return Frame(
        recall=recall, chosen=recalls.classes()[recall.class_code], at=at, items={item.sku: item for item in found},
        site=db.session.get_one(Warehouse, recall.warehouse_id), answer_to=answer_to,
    )  # fmt: skip


def way_to(view: PartyView) -> NoticeWay:
    """By e-mail where an address is known to which one can write, else by a letter for the post."""
    return NoticeWay.EMAIL if is_address(view.party.email) else NoticeWay.LETTER


def draft(frame: Frame, view: PartyView, *, language: str = "", instructions: str = "") -> Draft:
    """Write the notice to one party: e-mail and letter, whole but not drawn. `language` blank: the party's own."""
    chosen = _language(view, language)
    with force_locale(chosen):
        subject = gettext("URGENT: recall %(number)s, stop using these goods", number=frame.recall.number)
        words = _words(frame, view, instructions=instructions)
        body = "\n".join([
            view.party.contact or _name(view), "", *words, "",
            *(f"- {_line(frame, row)}" for row in view.deliveries), "",
            gettext("The letter with the reply form is attached. Please fill it in and send it back."), "",
            i18n.local_name(frame.site), *_reached(frame),
        ])  # fmt: skip
        letter = letter_of(frame, view, language=chosen, subject=subject, words=words)
    return Draft(
        party=view.party.id, way=way_to(view), language=chosen, subject=subject, body=body, letter=packed(letter),
        reply_by_at=frame.due,
    )  # fmt: skip


def preview(
    recall: Recall, view: PartyView, *, language: str, instructions: str, at: datetime, answer_to: str = ""
) -> bytes:
    """Draw the letter as it would go out now; nothing is kept."""
    chosen, frame = _language(view, language), _frame(recall, at, [view], answer_to)
    with force_locale(chosen):
        subject = gettext("URGENT: recall %(number)s, stop using these goods", number=recall.number)
        words = _words(frame, view, instructions=instructions)
        letter = letter_of(frame, view, language=chosen, subject=subject, words=words)
    return draw_letter(letter)


def _language(view: PartyView, wanted: str) -> str:
    chosen = wanted or view.party.language
    return chosen if chosen in i18n.LANGUAGES else i18n.ENGLISH


def letter_of(frame: Frame, view: PartyView, *, language: str, subject: str, words: Sequence[str]) -> Letter:
    """Write the letter: what is recalled and why, each lot with its papers, what to do, the reply form."""
    recall = frame.recall
    rows = [
        [
            row.lot_number,
            _item(frame, row),
            f"{row.quantity} {unit_word(row.unit)}",
            _days(row),
            row.document,
            row.order_number,
            _shipped(row),
        ]
        for row in view.deliveries
    ]
    lots = dict.fromkeys((row.lot_number, unit_word(row.unit)) for row in view.deliveries)
    blank = "__________"
    lot, on_hand, used, destroyed = gettext("Lot"), gettext("on hand"), gettext("used"), gettext("destroyed")
    to_return, name, day, signature = (
        gettext("to be returned"),
        gettext("Full name"),
        gettext("Date"),
        gettext("Signature"),
    )
    form = [
        gettext("REPLY FORM: please send it back, also when nothing is left"),
        "",
        *(
            line
            for number, unit in lots
            for line in (
                f"{lot} {number} ({unit})",
                f"    {on_hand} {blank}  {used} {blank}  {destroyed} {blank}  {to_return} {blank}",
            )
        ),
        "",
        gettext("We have told our own customers to whom these goods went:  yes [ ]  no [ ]  none [ ]"),
        f"{name} {blank}{blank}  {day} {blank}  {signature} {blank}{blank}",
    ]
    return Letter(
        language=language, company=i18n.local_name(frame.site), sender=_reached(frame),
        to=[one for one in (_name(view), view.party.address, view.party.contact) if one],
        title=subject, place_and_day=local_time(frame.at, "zone"), banner=gettext("RECALL"),
        facts=[
            (gettext("Recall"), recall.number),
            (gettext("Class"), (frame.chosen.name_zh if language.startswith("zh") else "") or frame.chosen.name_en),
            (gettext("Reason"), recall.reason),
            (gettext("Reply by"), local_time(frame.due, "zone")),
        ],
        paragraphs=words,
        table=LetterTable(
            [
                gettext("Lot"), gettext("Item"), gettext("Quantity"), gettext("Made, last good day"), gettext("Shipment"),
                gettext("Order"), gettext("Shipped"),
            ],
            rows, (24, 34, 19, 21, 25, 21, 21),
        ),
        after=form, page_of=gettext("Page %(page)s of %(pages)s", page="{page}", pages="{pages}"),
    )  # fmt: skip


def _words(frame: Frame, view: PartyView, *, instructions: str) -> list[str]:
    """What to do, in the language that stands."""
    said = [
        gettext("We recall the goods listed here. According to our records they were delivered to you."),
        gettext("Reason: %(reason)s", reason=frame.recall.reason),
        gettext("1. Stop using, selling and shipping these lots at once."),
        gettext("2. Set them apart and mark them, so that nobody takes them."),
        gettext("3. If you have passed them on, tell those who got them, today."),
        gettext("4. Do not destroy or return anything before you have agreed with us how."),
        gettext("5. Reply by %(due)s, also when nothing is left.", due=local_time(frame.due, "zone")),
    ]
    if view.notices and view.reply is None:
        said.insert(0, gettext("REMINDER: we have no answer to our earlier notice."))
    return said + ([instructions] if instructions else [])


def _name(view: PartyView) -> str:
    return i18n.local_name(view.party)


def _reached(frame: Frame) -> list[str]:
    """Where the answer goes: address and telephone of the warehouse that recalls, and the e-mail address for answers."""
    return [one for one in (frame.site.address, frame.site.phone, frame.answer_to) if one]


def _days(row: DeliveryRow) -> str:
    """The day of making and the last good day, as a customer looks for them on the pack."""
    days = [day.isoformat() if day else "–" for day in (row.manufactured_on, row.last_good_on)]
    return " / ".join(days) if row.manufactured_on or row.last_good_on else "–"


def _item(frame: Frame, row: DeliveryRow) -> str:
    """The goods as a customer knows them: code, name, specification."""
    item = frame.items.get(row.sku)
    return " ".join(one for one in (row.sku, i18n.local_name(item), item.specification) if one) if item else row.sku


def _line(frame: Frame, row: DeliveryRow) -> str:
    lot, made, good = gettext("Lot"), gettext("Made on"), gettext("Last good day")
    parts = [f"{lot} {row.lot_number}", _item(frame, row), f"{row.quantity} {unit_word(row.unit)}"]
    if row.manufactured_on:
        parts.append(f"{made} {row.manufactured_on.isoformat()}")
    if row.last_good_on:
        parts.append(f"{good} {row.last_good_on.isoformat()}")
    return ", ".join([*parts, f"{row.document} {_shipped(row)}"])


def _shipped(row: DeliveryRow) -> str:
    day = row.shipped_on or (local_date(row.shipped_at) if row.shipped_at else None)
    return day.isoformat() if day else "–"


def _company(recall: Recall) -> str:
    return i18n.local_name(db.session.get_one(Warehouse, recall.warehouse_id))


# -- the list ---------------------------------------------------------------------------------------------------------
def heading() -> list[str]:
    """The columns of the list of customers."""
    return [
        gettext("Customer"), gettext("Name"), gettext("Contact"), gettext("E-mail"), gettext("Phone"), gettext("Address"),
        gettext("Lot"), gettext("Item"), gettext("Quantity"), gettext("Unit"), gettext("Shipment"), gettext("Order"),
        gettext("Shipped"), gettext("Told"), gettext("Answered"),
    ]  # fmt: skip


def rows(recall: Recall) -> list[list[Cell]]:
    """The list of customers, a line for each delivery."""
    return [
        [
            view.party.partner.code if view.party.partner else "", _name(view), view.party.contact, view.party.email, view.party.phone,
            view.party.address, row.lot_number, row.sku, row.quantity, row.unit, row.document, row.order_number,
            _shipped(row), view.notices[-1].made_at if view.notices else None,
            view.reply.received_at if view.reply else None,
        ]
        for view in notice_queries.parties_of(recall.id)
        for row in view.deliveries
    ]  # fmt: skip


def list_pdf(recall: Recall, *, at: datetime) -> bytes:
    """Draw the list of customers with lots, quantities, shipments and contacts."""
    chosen = recalls.classes()[recall.class_code]
    drill = gettext("DRILL, nothing of this is real") if recall.is_mock else ""
    lines = [
        [
            _name(view), " ".join(one for one in (view.party.contact, view.party.phone, view.party.email) if one)
            or gettext("not known"),
            row.lot_number, row.sku, f"{row.quantity} {unit_word(row.unit)}", row.document, _shipped(row),
            local_time(view.notices[-1].made_at) if view.notices else "–",
        ]
        for view in notice_queries.parties_of(recall.id)
        for row in view.deliveries
    ]  # fmt: skip
    language = i18n.choose_language()
    return draw_letter(
        Letter(
            language=language, company=_company(recall), to=[], banner=drill, is_landscape=True,
            title=gettext("Recall %(number)s: who got the goods", number=recall.number), place_and_day=local_time(at, "zone"),
            facts=[
                (gettext("Class"), (chosen.name_zh if language.startswith("zh") else "") or chosen.name_en),
                (gettext("Reason"), recall.reason),
            ],
            table=LetterTable(
                [
                    gettext("Customer"), gettext("Contact"), gettext("Lot"), gettext("Item"), gettext("Quantity"),
                    gettext("Shipment"), gettext("Shipped"), gettext("Told"),
                ],
                lines, (45, 55, 28, 28, 25, 32, 24, 30),
            ),
            page_of=gettext("Page %(page)s of %(pages)s", page="{page}", pages="{pages}"),
        )
    )  # fmt: skip
