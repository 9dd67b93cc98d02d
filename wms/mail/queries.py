"""Reads of messages: the list, one with its history, those about a record, those a person must look after."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import exists, func, or_, select
from sqlalchemy.orm import selectinload

from wms.core.errors import NotFound
from wms.core.ids import MailId, WarehouseId
from wms.db import Base, db
from wms.db.paging import Page, SortKey, after, page_of
from wms.mail.models import Mail, MailRecipient, MailTry, RecipientState

PAGE_SIZE = 50


@dataclass(frozen=True, kw_only=True)
class MailRow:
    """A message with whoever wrote it, and how it stands as a whole."""

    mail: Mail
    queued_by: str | None

    @property
    def state(self) -> str:
        """What needs a person first: failed, waiting, sent, cancelled."""
        return self.mail.state


@dataclass(frozen=True)
class TryRow:
    """One try, with the person where one had a say."""

    tried: MailTry
    by: str | None


@dataclass(frozen=True)
class Undelivered:
    """An address that was given up, or waits too long."""

    recipient: int
    address: str
    error: str
    subject: str
    mail: MailId
    warehouse: WarehouseId | None


def page_of_mail(
    warehouse: WarehouseId,
    *,
    kinds: Collection[str] | None,
    state: RecipientState | None = None,
    cursor: str | None = None,
    size: int = PAGE_SIZE,
) -> Page[MailRow]:
    """One page of the messages of a warehouse, the newest first; `kinds` bounds what they are about, None does not."""
    statement = _rows(warehouse, kinds)
    if state is not None:
        statement = statement.where(
            exists().where(MailRecipient.mail_id == Mail.id, MailRecipient.state == state).correlate(Mail)
        )
    keys = [SortKey(Mail.id.expression, descending=True)]
    found = db.session.execute(after(statement, keys, cursor, size=size))
    rows = [MailRow(mail=mail, queued_by=by) for mail, by in found]
    return page_of(rows, size=size, values=lambda row: (row.mail.id,))


def get_mail(mail: MailId, *, warehouse: WarehouseId, kinds: Collection[str] | None) -> MailRow:
    """Give a message of this warehouse that is about one of `kinds`; NotFound otherwise."""
    statement = _rows(warehouse, kinds).where(Mail.id == mail).execution_options(populate_existing=True)
    found = db.session.execute(statement).first()
    if found is None:
        raise NotFound(kind="mail", text=str(mail))
    return MailRow(mail=found[0], queued_by=found[1])


def tries_of(mail: MailId, *, limit: int = 200) -> list[TryRow]:
    """List what was tried for a message and what people did, the newest first."""
    people = Base.metadata.tables["user_account"]
    statement = (
        select(MailTry, people.c.full_name)
        .outerjoin(people, people.c.id == MailTry.actor_id)
        .where(MailTry.mail_id == mail)
        .order_by(MailTry.id.desc())
        .limit(limit)
    )
    return [TryRow(*row) for row in db.session.execute(statement)]


def mail_about(subject_kind: str, subject_ids: Collection[int]) -> dict[int, list[Mail]]:
    """Give the messages about records of one kind, by record, oldest first, with their recipients."""
    if not subject_ids:
        return {}
    found: dict[int, list[Mail]] = {}
    statement = (
        select(Mail)
        .where(Mail.subject_kind == subject_kind, Mail.subject_id.in_(subject_ids))
        .options(selectinload(Mail.recipients))
        .order_by(Mail.id)
    )
    for mail in db.session.execute(statement).scalars():
        if mail.subject_id is not None:
            found.setdefault(mail.subject_id, []).append(mail)
    return found


def given_up(*, limit: int = 200) -> list[Undelivered]:
    """List the addresses that were given up and that nobody has looked after since, oldest first."""
    return _undelivered(MailRecipient.state == RecipientState.FAILED, limit=limit)


def late(*, since: datetime) -> tuple[int, Undelivered | None]:
    """Count the addresses that wait since before `since` though their message was tried, and give the oldest."""
    waits = (MailRecipient.state == RecipientState.WAITING, Mail.queued_at < since, MailRecipient.tries > 0)
    first = _undelivered(*waits, limit=1)
    count = db.session.execute(
        select(func.count()).select_from(MailRecipient).join(Mail, Mail.id == MailRecipient.mail_id).where(*waits)
    ).scalar_one()
    return int(count), first[0] if first else None


def count_waiting(warehouse: WarehouseId) -> int:
    """Count the addresses of this warehouse's messages that wait."""
    statement = (
        select(func.count())
        .select_from(MailRecipient)
        .join(Mail, Mail.id == MailRecipient.mail_id)
        .where(MailRecipient.state == RecipientState.WAITING, _here(warehouse))
    )
    return int(db.session.execute(statement).scalar_one())


def _undelivered(*conditions: Any, limit: int) -> list[Undelivered]:
    statement = (
        select(
            MailRecipient.id, MailRecipient.address, MailRecipient.last_error, Mail.subject, Mail.id, Mail.warehouse_id
        )
        .join(Mail, Mail.id == MailRecipient.mail_id)
        .where(*conditions)
        .order_by(MailRecipient.id)
        .limit(limit)
    )
    return [Undelivered(*row) for row in db.session.execute(statement)]


def _here(warehouse: WarehouseId) -> Any:
    return or_(Mail.warehouse_id == warehouse, Mail.warehouse_id.is_(None))


def _rows(warehouse: WarehouseId, kinds: Collection[str] | None) -> Any:
    people = Base.metadata.tables["user_account"]
    statement = (
        select(Mail, people.c.full_name)
        .outerjoin(people, people.c.id == Mail.queued_by)
        .where(_here(warehouse))
        .options(selectinload(Mail.recipients), selectinload(Mail.attachments))
    )
    return statement if kinds is None else statement.where(Mail.subject_kind.in_(kinds))
