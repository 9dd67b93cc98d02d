"""Verbs of messages: queue one beside the change that it tells of; take one to deliver, note what came of it; send again."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import or_, select, update

from wms.core.errors import FieldErrors, KeyReused, NotFound, ProgrammingError, WrongState
from wms.core.fingerprints import fingerprint_of
from wms.core.ids import MailId, UserId, WarehouseId, new_id
from wms.db import db, in_write_transaction
from wms.mail import rules
from wms.mail.models import Mail, MailAttachment, MailRecipient, MailTry, RecipientState, TryOutcome

#: So long a process may talk about one message before another may take it for dead.
LEASE: Final = timedelta(minutes=10)


@dataclass(frozen=True)
class Address:
    """Whom a message goes to: the address, and the name that stands beside it."""

    address: str
    name: str = ""


@dataclass(frozen=True, kw_only=True)
class Attached:
    """A kept file (wms.files) that goes with a message, under the name it shows."""

    sha256: str
    content_type: str
    size_bytes: int
    name: str


# -- write ------------------------------------------------------------------------------------------------------------
def queue_mail(
    to: str | Address | Sequence[str | Address],
    subject: str,
    body: str,
    *,
    subject_kind: str,
    subject_id: int | None,
    language: str,
    actor: UserId | None,
    at: datetime,
    warehouse: WarehouseId | None = None,
    attachments: Sequence[Attached] = (),
    key: str = "",
) -> MailId:
    """Write a message into the caller's transaction; a job delivers it after the commit, to each address by itself.

    `subject_kind` and `subject_id` name what it is about ("recall_notice", id). With a `key` a repeat gives the message
    that stands already. Raises FieldErrors: an address that is none, a subject or name with a line break, no address at
    all, more than 100 of them, or attachments of more than 20 MB; KeyReused: the key stands for a message that differs in
    anything: addresses, words, language, attachments.
    """
    if not in_write_transaction(db.session()):
        raise ProgrammingError(what="a message outside a transaction")
    people = _people(to)
    _check(subject, body, attachments)
    fingerprint = fingerprint_of(
        to=people, subject=subject, body=body, subject_kind=subject_kind, subject_id=subject_id, language=language,
        warehouse=warehouse, attachments=list(attachments),
    )  # fmt: skip
    if key and (known := db.session.execute(select(Mail).where(Mail.key == key)).scalar_one_or_none()) is not None:
        if known.fingerprint != fingerprint:
            raise KeyReused(key=key)
        return known.id
    mail = MailId(new_id())
    db.session.add(
        Mail(
            id=mail, key=key or f"mail:{mail}", fingerprint=fingerprint, message_id=f"{mail:x}.{secrets.token_hex(8)}",
            subject_kind=subject_kind, subject_id=subject_id, warehouse_id=warehouse, language=language,
            subject=subject, body=body, queued_by=actor, queued_at=at,
            recipients=[
                MailRecipient(id=new_id(), address=one.address, name=one.name[:160], next_at=at) for one in people
            ],
            attachments=[
                MailAttachment(
                    id=new_id(), line=line, sha256=one.sha256, content_type=one.content_type,
                    size_bytes=one.size_bytes, name=one.name,
                )
                for line, one in enumerate(attachments, start=1)
            ],
        )
    )  # fmt: skip
    db.session.flush()
    return mail


def _people(to: str | Address | Sequence[str | Address]) -> list[Address]:
    given = [to] if isinstance(to, str | Address) else list(to)
    people: dict[str, Address] = {}
    for one in given:
        person = one if isinstance(one, Address) else Address(one)
        if not rules.is_address(person.address):
            raise FieldErrors(errors={"email": ["bad_address"]})
        if not rules.is_one_line(person.name):
            raise FieldErrors(errors={"name": ["unprintable"]})
        people.setdefault(person.address.lower(), person)
    if not people:
        raise FieldErrors(errors={"email": ["required"]})
    if len(people) > rules.RECIPIENTS_MAX:
        raise FieldErrors(errors={"email": ["too_long"]})
    return list(people.values())


def _check(subject: str, body: str, attachments: Sequence[Attached]) -> None:
    faults: dict[str, list[str]] = {}
    if not subject.strip():
        faults["subject"] = ["required"]
    elif not rules.is_one_line(subject):
        faults["subject"] = ["unprintable"]
    elif len(subject) > rules.SUBJECT_LENGTH_MAX:
        faults["subject"] = ["too_long"]
    if not body.strip():
        faults["body"] = ["required"]
    elif "\x00" in body or re.search("[\ud800-\udfff]", body):
        faults["body"] = ["unprintable"]
    elif len(body) > rules.BODY_LENGTH_MAX:
        faults["body"] = ["too_long"]
    if sum(one.size_bytes for one in attachments) > rules.ATTACHED_BYTES_MAX:
        faults["attachments"] = ["too_long"]
    if not all(one.name and rules.is_one_line(one.name) and len(one.name) <= 160 for one in attachments):
        faults["attachments"] = ["unprintable"]
    if faults:
        raise FieldErrors(errors=faults)


# -- deliver ----------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, kw_only=True)
class Letter:
    """A message that this process has until its lease ends, with the addresses that are due."""

    mail: MailId
    message_id: str
    subject: str
    body: str
    language: str
    queued_at: datetime
    to: tuple[Address, ...]
    attachments: tuple[Attached, ...]


@dataclass(frozen=True)
class Said:
    """What came of a try for one address: taken, not now, never; and the words of the server or the fault."""

    outcome: TryOutcome
    text: str = ""


def take_next(*, domain: str, at: datetime) -> Letter | None:
    """Take the message that is due longest; None when none is. Its Message-ID is whole from the first time on."""
    for _ in range(5):
        mail = db.session.execute(
            select(Mail.id)
            .join(MailRecipient, MailRecipient.mail_id == Mail.id)
            .where(
                MailRecipient.state == RecipientState.WAITING, MailRecipient.next_at <= at,
                or_(Mail.leased_until_at.is_(None), Mail.leased_until_at <= at),
            )
            .order_by(MailRecipient.next_at, Mail.id)
            .limit(1)
        ).scalar()  # fmt: skip
        if mail is None:
            return None
        done = db.session.execute(
            update(Mail)
            .where(Mail.id == mail, or_(Mail.leased_until_at.is_(None), Mail.leased_until_at <= at))
            .values(leased_until_at=at + LEASE)
            .execution_options(synchronize_session=False)
        )
        if done.rowcount == 1:  # type: ignore[attr-defined]
            return _letter(MailId(mail), domain=domain, at=at)
    return None


def _letter(mail: MailId, *, domain: str, at: datetime) -> Letter:
    row = db.session.get_one(Mail, mail, populate_existing=True)
    if "@" not in row.message_id:
        row.message_id = f"{row.message_id}@{domain}"
        db.session.flush()
    due = [one for one in row.recipients if one.state is RecipientState.WAITING and one.next_at <= at]
    return Letter(
        mail=row.id, message_id=f"<{row.message_id}>", subject=row.subject, body=row.body, language=row.language,
        queued_at=row.queued_at, to=tuple(Address(one.address, one.name) for one in due),
        attachments=tuple(
            Attached(sha256=one.sha256, content_type=one.content_type, size_bytes=one.size_bytes, name=one.name)
            for one in row.attachments
        ),
    )  # fmt: skip


def note_tries(letter: Letter, said: Mapping[str, Said], *, tries_max: int, at: datetime) -> dict[str, int]:
    """Keep what came of a try for each address, and let go of the message; how many were sent, put off, given up."""
    row = db.session.get_one(Mail, letter.mail, populate_existing=True, with_for_update=True)
    row.leased_until_at = None
    found = {"sent": 0, "put_off": 0, "given_up": 0}
    for one in row.recipients:
        answer = said.get(one.address)
        if answer is None or one.state is not RecipientState.WAITING:
            continue
        db.session.add(_try(row.id, one.address, answer.outcome, answer.text, actor=None, at=at))
        one.tries += 1
        if answer.outcome is TryOutcome.ACCEPTED:
            one.state, one.sent_at, one.last_error = RecipientState.SENT, at, ""
            found["sent"] += 1
            continue
        one.last_error = answer.text[:500]
        if answer.outcome is TryOutcome.REFUSED or one.tries >= tries_max:
            one.state = RecipientState.FAILED
            found["given_up"] += 1
        else:
            one.next_at = at + rules.delay(one.tries)
            found["put_off"] += 1
    db.session.flush()
    return found


# -- what a person does -----------------------------------------------------------------------------------------------
def send_again(mail: MailId, *, address: str = "", actor: UserId, at: datetime) -> None:
    """Try again for every address that was given up; with an `address`, for that one in place of the one that failed.

    The history stays. Raises NotFound; WrongState when nothing of it has failed, or it is under way; FieldErrors for an
    address that is none, or when it is not clear which of several it replaces.
    """
    row = _locked(mail, event="send_again", at=at)
    failed = [one for one in row.recipients if one.state is RecipientState.FAILED]
    if not failed:
        raise WrongState(subject="mail", state=f"mail_{row.state}", event="send_again", needed=["mail_failed"])
    if address:
        if not rules.is_address(address):
            raise FieldErrors(errors={"email": ["bad_address"]})
        if len(failed) > 1 or any(
            one.address.lower() == address.lower() for one in row.recipients if one is not failed[0]
        ):
            raise FieldErrors(errors={"email": ["in_use" if len(failed) == 1 else "not_a_choice"]})
        failed[0].address = address
    for one in failed:
        one.state, one.tries, one.next_at, one.last_error = RecipientState.WAITING, 0, at, ""
        db.session.add(_try(row.id, one.address, TryOutcome.RENEWED, "", actor=actor, at=at))
    db.session.flush()


def cancel(mail: MailId, *, actor: UserId, at: datetime) -> None:
    """Call back what of a message has not left. Raises NotFound; WrongState when all of it has left, or it is under way."""
    row = _locked(mail, event="cancel", at=at)
    left = [one for one in row.recipients if one.state in (RecipientState.WAITING, RecipientState.FAILED)]
    if not left:
        raise WrongState(
            subject="mail", state=f"mail_{row.state}", event="cancel", needed=["mail_waiting", "mail_failed"]
        )
    for one in left:
        one.state = RecipientState.CANCELLED
        db.session.add(_try(row.id, one.address, TryOutcome.CANCELLED, "", actor=actor, at=at))
    db.session.flush()


def _locked(mail: MailId, *, event: str, at: datetime) -> Mail:
    row = db.session.execute(
        select(Mail).where(Mail.id == mail).with_for_update().execution_options(populate_existing=True)
    ).scalar_one_or_none()
    if row is None:
        raise NotFound(kind="mail", text=str(mail))
    if row.leased_until_at is not None and row.leased_until_at > at:
        raise WrongState(subject="mail", state="under_way", event=event, needed=["mail_waiting", "mail_failed"])
    return row


def _try(
    mail: MailId, address: str, outcome: TryOutcome, text: str, *, actor: UserId | None, at: datetime
) -> MailTry:  # fmt: skip
    return MailTry(
        id=new_id(), mail_id=mail, address=address, outcome=outcome, answer=text[:500], actor_id=actor, tried_at=at
    )
