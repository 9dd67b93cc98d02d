"""Notices of recalls for machines: who got what and was told, tell them, contacts, what they answer."""

from __future__ import annotations

from typing import Any

from flask import request

from wms.core.clock import now
from wms.core.errors import NotFound
from wms.core.ids import LotId
from wms.db.paging import Page
from wms.recall import edge, notice_letters, notice_queries, notice_schemas, notices
from wms.recall.models import Recall
from wms.recall.notice_models import NoticeWay
from wms.recall.notice_queries import PartyView
from wms.recall.notices import Draft, RecordReply, ReplyLine
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


def _draw(values: dict[str, Any]) -> list[Draft]:
    """Draw the letters, before the transaction."""
    recall = edge.find(int((request.view_args or {})["recall_id"]), "recall.edit")
    edge.demand_reach(recalls.scope_lots(recall.id))
    notices.demand_ready(recall)
    views = {one.party.id: one for one in notice_queries.parties_of(recall.id)}
    if missing := [one for one in values["party_ids"] if one not in views]:
        raise NotFound(kind="recall_party", text=str(missing[0]))
    return [
        notice_letters.draft(
            recall, views[party], way=NoticeWay.EMAIL if views[party].party.email else NoticeWay.LETTER,
            language=values["language"], instructions=values["instructions"], at=now(),
        )
        for party in dict.fromkeys(values["party_ids"])
    ]  # fmt: skip


@bp.post("/recalls/<int:recall_id>/notices")
@requires("recall.edit")
@writes(
    body=notice_schemas.SendNoticesIn(),
    answer=notice_schemas.SentNoticesOut(),
    offers=("recall_notices.send",),
    prepares=_draw,
)
def send_notices(recall_id: int, values: list[Draft]) -> dict[str, Any]:
    """Tell customers: a letter is kept for each and, where an e-mail address is known, leaves after the commit.

    A customer told before gets a reminder. When all were told, the step `notify` of the clock is done. Refused:
    `recall_is_drill` (nothing is sent for a drill), `wrong_state` before the goods are stopped and held, `not_found` for a
    party that got nothing of the scope in force.
    """
    recall = edge.find(recall_id, "recall.edit")
    edge.demand_reach(recalls.scope_lots(recall.id))
    made = set(notices.send_notices(recall.id, values, actor=actor_id(), at=now()))
    return {"notices": [one for one in notice_queries.notices_of(recall.id) if one.id in made]}


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
        note=values["note"], received_at=values["received_at"] or at,
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
