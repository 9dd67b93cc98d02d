"""Pages of a recall's notices: who got what, tell them, set a contact right, letters, the list, what they answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import uuid4

from flask import Blueprint, Response, current_app, flash, redirect, render_template, url_for
from flask.blueprints import BlueprintSetupState
from flask_babel import gettext, lazy_gettext, ngettext
from werkzeug.wsgi import FileWrapper

from wms.core.clock import now
from wms.core.errors import BadQuantity, FieldErrors, NotFound
from wms.core.ids import LotId
from wms.core.quantity import ZERO, Quantity
from wms.db import run_in_transaction
from wms.files import subjects
from wms.files.panel import panel
from wms.recall import edge, notice_letters, notice_queries, notice_schemas, notices
from wms.recall.models import Recall
from wms.recall.notice_models import NoticeWay
from wms.recall.notice_queries import PartyView
from wms.recall.notices import RecordReply, ReplyLine
from wms.recall.queries import recalls
from wms.web import i18n
from wms.web.auth import actor_id, requires
from wms.web.forms import parse_form, parse_query
from wms.web.sheets import to_xlsx

bp = Blueprint("recall_notices", __name__, url_prefix="/quality/recalls")
_ = lazy_gettext
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
WAYS: Final[Mapping[NoticeWay, Any]] = {
    NoticeWay.EMAIL: _("E-mail"),
    NoticeWay.LETTER: _("Letter"),
    NoticeWay.PHONE: _("Phone"),
    NoticeWay.VISIT: _("Visit"),
}


@bp.record_once
def _tell(state: BlueprintSetupState) -> None:
    """Letters are kept with their notice; the page of the recall asks for the section by itself."""

    def _notice(notice: int) -> subjects.Whereabouts:
        recall = recalls.find_recall(notice_queries.recall_of_notice(notice))
        page = url_for("recall_notices.notices_page", recall_id=recall.id)
        return subjects.Whereabouts(warehouse=recall.warehouse_id, page=page)

    seen = subjects.Subject(views=("recall.view",), find=_notice, attaches=("recall.edit",))
    subjects.tell_of("recall_notice", seen)
    state.app.jinja_env.globals.update(recall_parties=notice_queries.parties_of, notice_ways=WAYS)


def _recall(recall_id: int) -> Recall:
    return edge.find(recall_id)


def party_of(recall: Recall, party_id: int) -> PartyView:
    """Give a customer of a recall who got goods of the version in force."""
    for view in notice_queries.parties_of(recall.id):
        if view.party.id == party_id:
            return view
    raise NotFound(kind="recall_party", text=str(party_id))


@bp.get("/<int:recall_id>/notices")
@requires("recall.view")
def notices_page(recall_id: int) -> Any:
    """Show who got goods of the scope, how each was told, and what each answered."""
    recall = _recall(recall_id)
    return render_template(
        "recall/notices.html", recall=recall, is_set_up=bool(current_app.config["WMS"].smtp_host),
        languages=i18n.LANGUAGES,
    )  # fmt: skip


@bp.post("/<int:recall_id>/notices")
@requires("recall.edit")
def send(recall_id: int) -> Any:
    """Tell customers: those ticked, all who were not told, or again all who have not answered."""
    recall, values = edge.find(recall_id, "recall.edit"), parse_form(notice_schemas.SendForm())
    edge.demand_reach(recalls.scope_lots(recall.id))
    views = notice_queries.parties_of(recall.id)
    if values["who"] == "untold":
        chosen = [one for one in views if not one.is_told]
    elif values["who"] == "unanswered":
        chosen = [one for one in views if one.is_told and one.reply is None]
    else:
        chosen = [one for one in views if one.party.id in set(values["parties"])]
    if not chosen:
        raise FieldErrors(errors={"parties": ["required"]})
    done = tell(recall, chosen, language=values["language"], instructions=values["instructions"])
    flash(ngettext("%(num)s notice written.", "%(num)s notices written.", done), "success")
    return redirect(url_for("recall_notices.notices_page", recall_id=recall_id))


def tell(recall: Recall, views: Sequence[PartyView], *, language: str, instructions: str) -> int:
    """Draw the letters, then send them in one transaction; how many. Without an address it is a letter for the post."""
    at = now()
    notices.demand_ready(recall)
    drafts = [
        notice_letters.draft(
            recall, one, way=NoticeWay.EMAIL if one.party.email else NoticeWay.LETTER, language=language,
            instructions=instructions, at=at,
        )
        for one in views
    ]  # fmt: skip
    return len(run_in_transaction(notices.send_notices, recall.id, drafts, actor=actor_id(), at=at))


@bp.get("/<int:recall_id>/notices.<any(xlsx, pdf):form>")
@requires("recall.view")
def list_file(recall_id: int, form: str) -> Response:
    """The list of customers with lots, quantities, shipments and contacts, as a file."""
    recall = _recall(recall_id)
    name = f"recall-{recall.number}-customers.{form}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    if form == "pdf":
        return Response(notice_letters.list_pdf(recall, at=now()), mimetype="application/pdf", headers=headers)
    file = to_xlsx(gettext("Customers"), notice_letters.heading(), notice_letters.rows(recall))
    response = Response(FileWrapper(file), mimetype=_XLSX, headers=headers, direct_passthrough=True)
    response.call_on_close(file.close)
    return response


@bp.get("/<int:recall_id>/notices/<int:party_id>")
@requires("recall.view")
def party(recall_id: int, party_id: int) -> Any:
    """Show one customer: what it got, its contact, its notices with their letters, its answer."""
    recall = _recall(recall_id)
    view = party_of(recall, party_id)
    return render_template(
        "recall/notice_party.html", recall=recall, view=view, languages=i18n.LANGUAGES, key=str(uuid4()),
        letters={one.id: panel("recall_notice", int(one.id)).rows for one in view.notices},
    )  # fmt: skip


@bp.post("/<int:recall_id>/notices/<int:party_id>/contact")
@requires("recall.edit")
def set_contact(recall_id: int, party_id: int) -> Any:
    """Set right where a customer is reached in this recall."""
    recall, values = edge.find(recall_id, "recall.edit"), parse_form(notice_schemas.ContactForm())
    edge.demand_reach(recalls.scope_lots(recall.id))
    run_in_transaction(notices.set_contact, recall.id, party_id, **values, actor=actor_id(), at=now())
    return redirect(url_for("recall_notices.party", recall_id=recall_id, party_id=party_id))


@bp.get("/<int:recall_id>/notices/<int:party_id>/letter.pdf")
@requires("recall.edit")
def preview(recall_id: int, party_id: int) -> Response:
    """Show the letter as it would go out now; nothing is kept or sent."""
    recall, values = _recall(recall_id), parse_query(notice_schemas.LetterQuery())
    content = notice_letters.preview(
        recall, party_of(recall, party_id), language=values["language"], instructions="", at=now()
    )
    return Response(
        content, mimetype="application/pdf", headers={"Content-Disposition": 'inline; filename="notice.pdf"'}
    )


@bp.post("/<int:recall_id>/replies")
@requires("recall.edit")
def reply(recall_id: int) -> Any:
    """Write down what a customer answered."""
    recall, values = edge.find(recall_id, "recall.edit"), parse_form(notice_schemas.ReplyForm())
    edge.demand_reach(recalls.scope_lots(recall.id))
    at = now()
    cmd = RecordReply(
        key=values["key"], recall=recall.id, party=values["party"], way=values["way"], contact=values["contact"],
        note=values["note"], received_at=at, lines=_lines(values),
    )  # fmt: skip
    run_in_transaction(notices.record_reply, cmd, actor=actor_id(), at=at)
    return redirect(url_for("recall_notices.party", recall_id=recall_id, party_id=values["party"]))


def _lines(values: dict[str, Any]) -> tuple[ReplyLine, ...]:
    """Quantities by lot, as the form has them; a blank is nothing."""
    names = ("on_hand", "used", "destroyed", "to_return")
    found: dict[int, dict[str, Quantity]] = {}
    for name in names:
        for lot, text in values[name].items():
            if not (lot.isascii() and lot.isdigit() and len(lot) <= 19):
                raise FieldErrors(errors={name: ["bad_id"]})
            try:
                amount = Quantity.parse(text.strip()) if text.strip() else ZERO
            except BadQuantity:
                raise FieldErrors(errors={name: ["bad_quantity"]}) from None
            found.setdefault(int(lot), {})[name] = amount
    return tuple(ReplyLine(lot=LotId(lot), **amounts) for lot, amounts in found.items())
