"""Pages of outgoing e-mail: the list with what needs a person, one message with its history, send again, call back, test."""

from typing import Any

from flask import Blueprint, current_app, flash, redirect, render_template, url_for
from flask_babel import get_locale, gettext

from wms.core.clock import now
from wms.core.ids import MailId
from wms.db import run_in_transaction
from wms.mail import queries, schemas, service, where, words
from wms.mail.models import RecipientState
from wms.web.auth import actor_id, current_site, current_warehouse, requires
from wms.web.forms import parse_form, parse_query

bp = Blueprint("mail", __name__, url_prefix="/setup/mail")


@bp.context_processor
def _words() -> dict[str, Any]:
    return {
        "mail_words": words.STATES, "mail_look": words.LOOKS.get, "outcome_words": words.OUTCOMES,
        "about_words": words.SUBJECTS, "is_set_up": bool(current_app.config["WMS"].smtp_host),
    }  # fmt: skip


@bp.get("")
@requires(*where.VIEWS)
def messages() -> Any:
    """List the messages of this warehouse, the newest first."""
    wanted = parse_query(schemas.MessagesIn())
    page = queries.page_of_mail(
        current_warehouse(), kinds=where.kinds(), state=wanted["state"], cursor=wanted["cursor"] or None
    )
    return render_template(
        "mail/messages.html", page=page, states=list(RecipientState), waiting=queries.count_waiting(current_warehouse())
    )


@bp.get("/<int:mail_id>")
@requires(*where.VIEWS)
def message(mail_id: int) -> Any:
    """Show one message: its words, to whom, how it stands with each, what was tried."""
    row = where.message(mail_id)
    return render_template("mail/message.html", row=row, mail=row.mail, tries=queries.tries_of(row.mail.id))


@bp.post("/<int:mail_id>/again")
@requires(*where.VIEWS)
def send_again(mail_id: int) -> Any:
    """Try again for whom it was given up, at another address where that was wrong."""
    found, values = where.message(mail_id).mail.id, parse_form(schemas.AgainIn())
    run_in_transaction(service.send_again, found, address=values["email"], actor=actor_id(), at=now())
    return redirect(url_for("mail.message", mail_id=mail_id))


@bp.post("/<int:mail_id>/cancel")
@requires(*where.VIEWS)
def cancel(mail_id: int) -> Any:
    """Call back what has not left."""
    found = where.message(mail_id).mail.id
    run_in_transaction(service.cancel, MailId(found), actor=actor_id(), at=now())
    return redirect(url_for("mail.message", mail_id=mail_id))


@bp.post("/test")
@requires("settings.edit")
def send_test() -> Any:
    """Write a message to an address, to see that it arrives."""
    values = parse_form(schemas.TestIn())
    made = run_in_transaction(queue_test, values["email"])
    return redirect(url_for("mail.message", mail_id=made))


def queue_test(address: str) -> MailId:
    """Write the test message, in the language of who asks."""
    if not current_app.config["WMS"].smtp_host:
        flash(gettext("No mail server is set up: the message waits."), "warning")
    return service.queue_mail(
        address, gettext("Test message of %(site)s", site=current_site().code),
        gettext("If you read this, outgoing e-mail works."), subject_kind="test", subject_id=None,
        language=str(get_locale() or "en"), actor=actor_id(), at=now(), warehouse=current_warehouse(),
    )  # fmt: skip
