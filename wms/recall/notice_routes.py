"""Pages of a recall's notices: who got what, tell them, set a contact right, letters, the list, what they answer."""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

from flask import Blueprint, Response, current_app, flash, make_response, redirect, render_template, url_for
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
from wms.files.service import path_of
from wms.recall import edge, notice_letters, notice_queries, notice_schemas, notices
from wms.recall.models import Recall
from wms.recall.notice_models import NoticeWay
from wms.recall.notice_queries import PartyView
from wms.recall.notices import RecordReply, ReplyLine, SendNotices
from wms.recall.papers import papers
from wms.recall.queries import recalls
from wms.recall.rules.steps import RecallStep, missing_before
from wms.recall.words import STEPS
from wms.trace import history
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
    history.tell_of("recall", papers)  # a lot's history stands a floor below
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
    """Show who got goods of the scope, how each was told, how far the letters are, and what each answered."""
    recall = _recall(recall_id)
    return render_template(
        "recall/notices.html", recall=recall, is_set_up=bool(current_app.config["WMS"].smtp_host), key=str(uuid4()),
        languages=i18n.LANGUAGES, drawing=notice_queries.drawing_of(recall.id),
        failed=notice_queries.failed_notices(recall.id), recall_steps=STEPS,
        waits_for=missing_before(RecallStep.NOTIFY, recalls.done_steps(recall.id)),
    )  # fmt: skip


@bp.get("/<int:recall_id>/notices/drawing")
@requires("recall.view")
def drawing(recall_id: int) -> Any:
    """Show how far the letters are; the whole page is loaded anew when none waits any more."""
    recall = _recall(recall_id)
    found = notice_queries.drawing_of(recall.id)
    if not found.waiting:
        response = make_response("")
        response.headers["HX-Redirect"] = url_for("recall_notices.notices_page", recall_id=recall.id)
        return response
    return render_template("recall/_drawing.html", recall=recall, drawing=found)


@bp.post("/<int:recall_id>/notices")
@requires("recall.edit")
def send(recall_id: int) -> Any:
    """Tell customers: those ticked, all who were not told, or again all who have not answered."""
    recall, values = edge.find(recall_id, "recall.edit"), parse_form(notice_schemas.SendForm())
    edge.demand_reach(recalls.scope_lots(recall.id))
    notices.demand_ready(recall)
    at = now()
    cmd = SendNotices(
        key=values["key"], recall=recall.id, who=values["who"], parties=tuple(values["parties"]),
        language=values["language"], instructions=values["instructions"],
    )  # fmt: skip
    drafts = notice_letters.drafts_for(cmd, at=at, answer_to=edge.answer_to())
    done = len(run_in_transaction(notices.send_notices, cmd, drafts, actor=actor_id(), at=at))
    flash(
        ngettext(
            "%(num)s notice written; its letter is drawn now.",
            "%(num)s notices written; their letters are drawn now.",
            done,
        ),
        "success",
    )
    return redirect(url_for("recall_notices.notices_page", recall_id=recall_id))


@bp.post("/<int:recall_id>/notices/draw-again")
@requires("recall.edit")
def draw_again(recall_id: int) -> Any:
    """Draw letters again that could not be drawn: one, or all of them."""
    recall, values = edge.find(recall_id, "recall.edit"), parse_form(notice_schemas.AgainForm())
    edge.demand_reach(recalls.scope_lots(recall.id))
    run_in_transaction(notices.draw_again, recall.id, values["notices"], actor=actor_id(), at=now())
    return redirect(url_for("recall_notices.notices_page", recall_id=recall_id))


@bp.get("/<int:recall_id>/letters.zip")
@requires("recall.view")
def letters(recall_id: int) -> Response:
    """All letters of the version in force that are drawn, in one file for the printer."""
    recall = _recall(recall_id)
    data_dir = Path(current_app.config["WMS"].data_dir)
    file = tempfile.TemporaryFile()  # noqa: SIM115  (handed to the response, which closes it)
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:  # a PDF is packed already
        for name, sha256 in notice_queries.letters_of(recall.id):
            path = path_of(sha256, data_dir=data_dir)
            if path.exists():
                archive.write(path, name)
    file.seek(0)
    name = f"recall-{recall.number}-letters.zip"
    response = Response(
        FileWrapper(file), mimetype="application/zip", direct_passthrough=True,
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )  # fmt: skip
    response.call_on_close(file.close)
    return response


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
        recall,
        party_of(recall, party_id),
        language=values["language"],
        instructions="",
        at=now(),
        answer_to=edge.answer_to(),
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
        note=values["note"], received_at=None, lines=_lines(values),
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
