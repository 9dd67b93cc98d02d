"""Notices of recalls for machines: who got what and was told, tell them, contacts, what they answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import request

from wms.core.clock import now
from wms.core.errors import NotFound
from wms.core.ids import LotId
from wms.db.paging import Page
from wms.recall import edge, notice_letters, notice_queries, notice_schemas, notices
from wms.recall.models import Recall
from wms.recall.notice_models import RecallNotice
from wms.recall.notice_queries import Drawing, PartyView
from wms.recall.notices import Draft, RecordReply, ReplyLine, SendNotices
from wms.recall.queries import recalls
from wms.web import api
from wms.web.api import reads, writes
from wms.web.auth import actor_id, requires

bp = api.blueprint("recall_notices_api", __name__)


def _recall(recall_id: int) -> Recall:
    return edge.find(recall_id)


def _view(recall: Recall, party: int) -> PartyView:
    for view in notice_queries.parties_of(recall.id):
        if view.party.id == party:
            return view
    raise NotFound(kind="recall_party", text=str(party))


@bp.get("/recalls/<int:recall_id>/notices")
@requires("recall.view")
@reads(answer=notice_schemas.PartyNoticesOut(), paged=True)
def list_notices(recall_id: int, query: dict[str, Any]) -> Page[PartyView]:
    """List every customer who got goods of the scope in force: what, the notices to it, its last answer. There is one page.

    `lacks_contact` marks those of whom neither an e-mail address nor a phone number is known.
    """
    return Page(notice_queries.parties_of(_recall(recall_id).id), None)


@dataclass(frozen=True)
class _Order:
    cmd: SendNotices
    drafts: list[Draft]


def _write(values: dict[str, Any]) -> _Order:
    """Write the words, before the transaction."""
    recall = edge.find(int((request.view_args or {})["recall_id"]), "recall.edit")
    edge.demand_reach(recalls.scope_lots(recall.id))
    notices.demand_ready(recall)
    cmd = SendNotices(
        key=api.call_key(), recall=recall.id, parties=tuple(values["party_ids"]), language=values["language"],
        instructions=values["instructions"],
    )  # fmt: skip
    return _Order(cmd, notice_letters.drafts_for(cmd, at=now(), answer_to=edge.answer_to()))


@dataclass(frozen=True)
class _Sent:
    notices: list[RecallNotice]
    drawing: Drawing


@bp.post("/recalls/<int:recall_id>/notices")
@requires("recall.edit")
@writes(
    body=notice_schemas.SendNoticesIn(),
    answer=notice_schemas.SentNoticesOut(),
    offers=("recall_notices.send",),
    prepares=_write,
)
def send_notices(recall_id: int, values: _Order) -> _Sent:
    """Tell customers, as many as there are: one notice each is written at once, its letter is drawn by a job soon after.

    Each notice stands as `waiting` until then; ask `GET /recalls/{id}/notices/drawing` how far it is. With its letter
    the e-mail leaves, where an address is known. A customer told before gets a reminder. When every letter is drawn, the
    step `notify` of the clock is done. Refused: `recall_is_drill` (nothing is sent for a drill), `wrong_state` before the
    goods are stopped and held, `not_found` for a party that got nothing of the scope in force.
    """
    recall = edge.find(recall_id, "recall.edit")
    edge.demand_reach(recalls.scope_lots(recall.id))
    made = set(notices.send_notices(values.cmd, values.drafts, actor=actor_id(), at=now()))
    there = [one for one in notice_queries.notices_of(recall.id) if one.id in made]
    return _Sent(there, notice_queries.drawing_of(recall.id))


@bp.get("/recalls/<int:recall_id>/notices/drawing")
@requires("recall.view")
@reads(answer=notice_schemas.DrawingOut())
def drawing(recall_id: int) -> Drawing:
    """Say how far the letters of a recall are; when none waits, they are all in the hands of the post or the mail server."""
    return notice_queries.drawing_of(_recall(recall_id).id)


@bp.post("/recalls/<int:recall_id>/notices/draw-again")
@requires("recall.edit")
@writes(body=notice_schemas.DrawAgainIn(), answer=notice_schemas.DrawingOut(), offers=("recall_notices.draw_again",))
def draw_again(recall_id: int, values: dict[str, Any]) -> Drawing:
    """Draw letters again that could not be drawn, all of the recall or those named; the job takes them up.

    Refused: `wrong_state` when none of them has failed, `not_found` for a notice of another recall.
    """
    recall = edge.find(recall_id, "recall.edit")
    edge.demand_reach(recalls.scope_lots(recall.id))
    notices.draw_again(recall.id, values["notice_ids"], actor=actor_id(), at=now())
    return notice_queries.drawing_of(recall.id)


@bp.post("/recalls/<int:recall_id>/parties/<int:party_id>/contact")
@requires("recall.edit")
@writes(
    body=notice_schemas.ContactIn(), answer=notice_schemas.PartyNoticesOut(), offers=("recall_notices.set_contact",)
)
def set_contact(recall_id: int, party_id: int, values: dict[str, Any]) -> PartyView:
    """Set right where a customer is reached in this recall; the partner's own record stays as it is."""
    recall = edge.find(recall_id, "recall.edit")
    edge.demand_reach(recalls.scope_lots(recall.id))
    notices.set_contact(recall.id, party_id, **values, actor=actor_id(), at=now())
    return _view(recall, party_id)


@bp.post("/recalls/<int:recall_id>/replies")
@requires("recall.edit")
@writes(
    body=notice_schemas.ReplyIn(), answer=notice_schemas.PartyNoticesOut(), status=201, offers=("recall_notices.reply",)
)
def record_reply(recall_id: int, values: dict[str, Any]) -> PartyView:
    """Write down what a customer answered, lot by lot; used and destroyed count as accounted for at once.

    Refused: `not_shipped_to`, `field_errors` for more than is outstanding there, `recall_is_drill`.
    """
    recall, at = edge.find(recall_id, "recall.edit"), now()
    edge.demand_reach(recalls.scope_lots(recall.id))
    cmd = RecordReply(
        key=api.call_key(), recall=recall.id, party=values["party_id"], way=values["way"], contact=values["contact"],
        note=values["note"], received_at=values["received_at"],
        lines=tuple(
            ReplyLine(
                lot=LotId(line["lot_id"]), on_hand=line["on_hand"], used=line["used"], destroyed=line["destroyed"],
                to_return=line["to_return"],
            )
            for line in values["lines"]
        ),
    )  # fmt: skip
    notices.record_reply(cmd, actor=actor_id(), at=at)
    return _view(recall, values["party_id"])
