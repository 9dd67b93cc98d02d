"""Outgoing e-mail for machines: how messages stand, send again, call back, test."""

from dataclasses import dataclass
from typing import Any

from wms.core.clock import now
from wms.core.ids import MailId
from wms.db.paging import Page
from wms.mail import queries, schemas, service, where
from wms.mail.queries import MailRow, TryRow
from wms.web import api
from wms.web.api import reads, writes
from wms.web.auth import actor_id, current_site, current_warehouse, requires

bp = api.blueprint("mail_api", __name__)


@dataclass(frozen=True)
class _View:
    row: MailRow
    tries: list[TryRow]


def _view(mail: MailId) -> _View:
    return _View(where.message(mail), queries.tries_of(mail))


@bp.get("/mail-messages")
@requires(*where.VIEWS)
@reads(query=schemas.MessagesQuery(), answer=schemas.MessageOut(), paged=True)
def messages(query: dict[str, Any]) -> Page[MailRow]:
    """List outgoing messages of a warehouse, the newest first: with settings.edit all, else those about one's own matters."""
    return queries.page_of_mail(
        current_warehouse(), kinds=where.kinds(), state=query["state"], cursor=query["cursor"], size=query["limit"]
    )


@bp.get("/mail-messages/<int:mail_id>")
@requires(*where.VIEWS)
@reads(answer=schemas.MessageViewOut())
def message(mail_id: int) -> _View:
    """Show one message: its words, how it stands with each address, and what was tried."""
    return _view(where.message(mail_id).mail.id)


@bp.post("/mail-messages/<int:mail_id>/send-again")
@requires(*where.VIEWS)
@writes(body=schemas.AgainIn(), answer=schemas.MessageViewOut(), offers=("mail.send_again",))
def send_again(mail_id: int, values: dict[str, Any]) -> _View:
    """Try again for each address that was given up; with `email`, at that address in place of the one that failed.

    It keeps its Message-ID. Refused: `wrong_state` when nothing of it has failed, `field_errors` for an address that is none.
    """
    found = where.message(mail_id).mail.id
    service.send_again(found, address=values["email"], actor=actor_id(), at=now())
    return _view(found)


@bp.post("/mail-messages/<int:mail_id>/cancel")
@requires(*where.VIEWS)
@writes(answer=schemas.MessageViewOut(), offers=("mail.cancel",))
def cancel(mail_id: int) -> _View:
    """Call back what of a message has not left. Refused with `wrong_state` when all of it has."""
    found = where.message(mail_id).mail.id
    service.cancel(found, actor=actor_id(), at=now())
    return _view(found)


@bp.post("/mail-messages/test")
@requires("settings.edit")
@writes(body=schemas.TestIn(), answer=schemas.MessageViewOut(), status=201, offers=("mail.send_test",))
def send_test(values: dict[str, Any]) -> _View:
    """Write a message to an address, to see that it arrives. Refused with `field_errors` for an address that is none."""
    made = service.queue_mail(
        values["email"], f"Test message of {current_site().code}", "If you read this, outgoing e-mail works.",
        subject_kind="test", subject_id=None, language="en", actor=actor_id(), at=now(), warehouse=current_warehouse(),
        key=api.call_key(),
    )  # fmt: skip
    return _view(made)
