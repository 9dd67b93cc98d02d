"""Reads of notices: every party of a recall with what it got, how it was told, what it answered; how far the letters are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import and_, case, func, select
from sqlalchemy.orm import joinedload, selectinload

from wms.core.errors import NotFound
from wms.core.ids import NoticeId, RecallId, RecallVersionId, WarehouseId
from wms.db import db
from wms.files.models import StoredFile
from wms.mail.models import Mail
from wms.recall.models import PartyRole, Recall, RecallParty
from wms.recall.notice_models import NoticeState, RecallNotice, RecallReply, RecallReplyLine
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
    #: Whether a notice about the version in force is written, be its letter drawn or not.
    is_written: bool
    #: Whether the version in force was told: the letter of a notice about it is drawn.
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
    now_told = {
        party: [one for one in many if version is not None and one.version_id == version.id]
        for party, many in notices.items()
    }
    return [
        PartyView(
            party=party, deliveries=by_party[party.id], notices=notices.get(party.id, []), mails=mails,
            reply=replies.get(party.id), is_written=bool(now_told.get(party.id)),
            is_told=any(one.state is NoticeState.DRAWN for one in now_told.get(party.id, [])),
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
        .execution_options(populate_existing=True)
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


def last_rounds(recall: RecallId, version: RecallVersionId) -> dict[int, int]:
    """Count the notices about a version by party; who was not told of it is left out."""
    statement = (
        select(RecallNotice.party_id, func.max(RecallNotice.round))
        .where(RecallNotice.recall_id == recall, RecallNotice.version_id == version)
        .group_by(RecallNotice.party_id)
    )
    return {row[0]: int(row[1]) for row in db.session.execute(statement)}


def rows_of_parties(recall: RecallId) -> dict[int, RecallParty]:
    """Give every party of a recall by its id."""
    statement = select(RecallParty).where(RecallParty.recall_id == recall)
    return {one.id: one for one in db.session.execute(statement.execution_options(populate_existing=True)).scalars()}


def notices_of_sending(sending: int) -> list[NoticeId]:
    """Name the notices of one order to tell customers."""
    statement = select(RecallNotice.id).where(RecallNotice.sending_id == sending).order_by(RecallNotice.id)
    return list(db.session.execute(statement).scalars())


# -- letters ----------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, kw_only=True)
class Drawing:
    """How far the letters of a recall are; `failed` those that could not be drawn."""

    total: int = 0
    drawn: int = 0
    failed: int = 0

    @property
    def waiting(self) -> int:
        """How many are still to be drawn."""
        return self.total - self.drawn - self.failed


def drawing_of(recall: RecallId) -> Drawing:
    """Count the letters of all notices of a recall; one statement."""
    is_drawn, has_failed = (
        RecallNotice.letter_sha256 != "",
        (RecallNotice.letter_sha256 == "") & (RecallNotice.fault != ""),
    )
    row = db.session.execute(
        select(
            func.count(),
            func.coalesce(func.sum(case((is_drawn, 1), else_=0)), 0),
            func.coalesce(func.sum(case((has_failed, 1), else_=0)), 0),
        ).where(RecallNotice.recall_id == recall)
    ).one()
    return Drawing(total=int(row[0]), drawn=int(row[1]), failed=int(row[2]))


def count_undrawn(recall: RecallId) -> int:
    """Count the letters of a recall that are still to be drawn."""
    statement = select(func.count()).where(
        RecallNotice.recall_id == recall, RecallNotice.letter_sha256 == "", RecallNotice.fault == ""
    )
    return int(db.session.execute(statement).scalar_one())


def failed_notices(recall: RecallId) -> list[RecallNotice]:
    """List the notices of a recall whose letter could not be drawn, oldest first."""
    statement = (
        select(RecallNotice)
        .where(RecallNotice.recall_id == recall, RecallNotice.letter_sha256 == "", RecallNotice.fault != "")
        .options(joinedload(RecallNotice.party))
        .order_by(RecallNotice.id)
        .execution_options(populate_existing=True)
    )
    return list(db.session.execute(statement).scalars())


@dataclass(frozen=True)
class Faulty:
    """A recall of which letters could not be drawn: the first of them."""

    recall: RecallId
    subject: str
    warehouse: WarehouseId
    sent_to: str
    fault: str


def recalls_with_faults() -> list[Faulty]:
    """List the recalls that have a letter which could not be drawn, each with its first one."""
    first = (
        select(func.min(RecallNotice.id))
        .where(RecallNotice.letter_sha256 == "", RecallNotice.fault != "")
        .group_by(RecallNotice.recall_id)
    )
    statement = (
        select(Recall.id, RecallNotice.subject, Recall.warehouse_id, RecallNotice.sent_to, RecallNotice.fault)
        .join(RecallNotice, RecallNotice.recall_id == Recall.id)
        .where(RecallNotice.id.in_(first))
        .order_by(Recall.id)
    )
    return [Faulty(*row) for row in db.session.execute(statement)]


def letters_of(recall: RecallId) -> list[tuple[str, str]]:
    """Name the letters that are drawn of the version in force: (name of the file, hash of its bytes), by customer."""
    version = recalls.current_version(recall)
    if version is None:
        return []
    statement = (
        select(RecallNotice.round, StoredFile.name, StoredFile.sha256)
        .join(StoredFile, and_(StoredFile.subject_kind == "recall_notice", StoredFile.subject_id == RecallNotice.id))
        .where(
            RecallNotice.recall_id == recall, RecallNotice.version_id == version.id, StoredFile.withdrawn_at.is_(None)
        )
        .order_by(StoredFile.name, RecallNotice.id, StoredFile.id)
    )
    found: dict[str, str] = {}
    for row in db.session.execute(statement):
        stem = row.name.removesuffix(".pdf")
        name = row.name if row.round == 1 else f"{stem}-{row.round}.pdf"
        while name in found:
            stem += "-b"
            name = f"{stem}.pdf"
        found[name] = row.sha256
    return list(found.items())


def _mails(ids: Sequence[int]) -> dict[int, Mail]:
    if not ids:
        return {}
    statement = select(Mail).where(Mail.id.in_(ids)).options(selectinload(Mail.recipients))
    return {one.id: one for one in db.session.execute(statement).scalars()}
