"""Reads of notices: every party of a recall with what it got, how it was told, and what it answered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload, selectinload

from wms.core.errors import NotFound
from wms.core.ids import NoticeId, RecallId, RecallVersionId
from wms.db import db
from wms.mail.models import Mail
from wms.recall.models import PartyRole, RecallParty
from wms.recall.notice_models import RecallNotice, RecallReply, RecallReplyLine
from wms.recall.queries import outside, recalls
from wms.recall.queries.outside import DeliveryRow


@dataclass(frozen=True, kw_only=True)
class PartyView:
    """A customer of a recall: what it got, the notices to it with their messages, its last answer."""

    party: RecallParty
    deliveries: Sequence[DeliveryRow]
    notices: Sequence[RecallNotice]
    mails: dict[int, Mail]
    reply: RecallReply | None
    #: Whether the version in force was told.
    is_told: bool

    @property
    def lacks_contact(self) -> bool:
        """Whether nobody can be reached at once: neither an e-mail address nor a phone number is known."""
        return not self.party.email and not self.party.phone

    @property
    def last_mail(self) -> Mail | None:
        """The message of the last notice, where it went by e-mail."""
        found = [self.mails[one.mail_id] for one in self.notices if one.mail_id in self.mails]
        return found[-1] if found else None


def parties_of(recall: RecallId) -> list[PartyView]:
    """List the customers of a recall who got goods of the version in force, by name. A fixed number of statements."""
    by_party: dict[int, list[DeliveryRow]] = {}
    for row in outside.deliveries_of(recall):
        by_party.setdefault(row.party, []).append(row)
    if not by_party:
        return []
    parties = db.session.execute(
        select(RecallParty)
        .where(RecallParty.recall_id == recall, RecallParty.role == PartyRole.CUSTOMER)
        .options(joinedload(RecallParty.partner))
        .order_by(RecallParty.name_en, RecallParty.id)
        .execution_options(populate_existing=True)
    ).scalars()
    version = recalls.current_version(recall)
    notices: dict[int, list[RecallNotice]] = {}
    for notice in notices_of(recall):
        notices.setdefault(notice.party_id, []).append(notice)
    mails = _mails([one.mail_id for many in notices.values() for one in many if one.mail_id is not None])
    replies = {reply.party_id: reply for reply in replies_of(recall)}
    return [
        PartyView(
            party=party, deliveries=by_party[party.id], notices=notices.get(party.id, []), mails=mails,
            reply=replies.get(party.id),
            is_told=version is not None and any(one.version_id == version.id for one in notices.get(party.id, [])),
        )
        for party in parties
        if party.id in by_party
    ]  # fmt: skip


def notices_of(recall: RecallId) -> list[RecallNotice]:
    """List the notices of a recall, oldest first."""
    statement = (
        select(RecallNotice)
        .where(RecallNotice.recall_id == recall)
        .options(joinedload(RecallNotice.maker))
        .order_by(RecallNotice.id)
    )
    return list(db.session.execute(statement).scalars())


def find_notice(recall: RecallId, notice: int) -> RecallNotice:
    """Give a notice of a recall; NotFound otherwise."""
    found = db.session.execute(
        select(RecallNotice).where(RecallNotice.id == notice, RecallNotice.recall_id == recall)
    ).scalar_one_or_none()
    if found is None:
        raise NotFound(kind="recall_notice", text=str(notice))
    return found


def recall_of_notice(notice: int) -> RecallId:
    """Say which recall a notice belongs to; NotFound when there is none."""
    found = db.session.execute(select(RecallNotice.recall_id).where(RecallNotice.id == NoticeId(notice))).scalar()
    if found is None:
        raise NotFound(kind="recall_notice", text=str(notice))
    return found


def replies_of(recall: RecallId) -> list[RecallReply]:
    """List the answers to a recall, oldest first."""
    statement = (
        select(RecallReply)
        .where(RecallReply.recall_id == recall)
        .options(
            joinedload(RecallReply.recorder), selectinload(RecallReply.lines).joinedload(RecallReplyLine.lot)
        )
        .order_by(RecallReply.id)
    )  # fmt: skip
    return list(db.session.execute(statement).scalars())


def last_round(party: int, version: RecallVersionId) -> int:
    """Count the notices to a party about a version."""
    statement = select(func.coalesce(func.max(RecallNotice.round), 0)).where(
        RecallNotice.party_id == party, RecallNotice.version_id == version
    )
    return int(db.session.execute(statement).scalar_one())


def _mails(ids: Sequence[int]) -> dict[int, Mail]:
    if not ids:
        return {}
    statement = select(Mail).where(Mail.id.in_(ids)).options(selectinload(Mail.recipients))
    return {one.id: one for one in db.session.execute(statement).scalars()}
