"""Verbs of messages: queue one beside the change that it tells of; take one to deliver, note what came of it; send again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from wms.core.ids import MailId, UserId, WarehouseId


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
    all, more than 100 of them, or attachments of more than 20 MB.
    """
    raise NotImplementedError
