"""The postman: gives the messages that are due to the mail server, one transaction to take each and one to note what came.

Called by a job outside its transaction, since a mail server may take its time. Any number of processes may run it: a message
is leased by its row. What a process took and did not note is taken again when the lease ends, with the same Message-ID.
"""

from __future__ import annotations

import logging
import smtplib
import time
from typing import TYPE_CHECKING, Final

from wms.core.clock import now
from wms.db import run_in_transaction
from wms.mail import rules, service, smtp
from wms.mail.models import TryOutcome
from wms.mail.service import Letter, Said

if TYPE_CHECKING:
    from config import Config

log = logging.getLogger(__name__)

#: One run ends after this; what is left is for the next.
RUN_SECONDS: Final = 50.0


def deliver_due(*, config: Config) -> dict[str, int]:
    """Deliver what is due until nothing is, the time is over, or the server cannot be reached: how many went how."""
    total = {"sent": 0, "put_off": 0, "given_up": 0}
    line: smtp.Line | None = None
    end = time.monotonic() + RUN_SECONDS
    try:
        while time.monotonic() < end:
            letter = run_in_transaction(service.take_next, domain=rules.domain_of(config.mail_from), at=now())
            if letter is None:
                break
            is_reached, fault = True, ""
            if line is None:
                try:
                    line = smtp.connect(config)
                except (OSError, smtplib.SMTPException) as failed:
                    is_reached, fault = False, smtp.fault_of(failed)
            said = _hand_over(line, letter, config=config) if line is not None else _put_off(letter, fault)
            found = run_in_transaction(service.note_tries, letter, said, tries_max=config.mail_tries, at=now())
            for name, count in found.items():
                total[name] += count
            log.info("message %s: %s", letter.message_id, ", ".join(f"{k} {v}" for k, v in found.items() if v))
            if not is_reached:
                break
            if line is not None and line.is_broken:
                line.close()
                line = None
    finally:
        if line is not None:
            line.close()
    return total


def _hand_over(line: smtp.Line, letter: Letter, *, config: Config) -> dict[str, Said]:
    try:
        content = smtp.compose(letter, config=config)
    except smtp.AttachmentGone as gone:
        return _all(letter, Said(TryOutcome.REFUSED, f"the attachment {gone} is gone or was changed"))
    return line.send(letter, content, sender=config.mail_from)


def _put_off(letter: Letter, fault: str) -> dict[str, Said]:
    return _all(letter, Said(TryOutcome.DEFERRED, fault))


def _all(letter: Letter, said: Said) -> dict[str, Said]:
    return dict.fromkeys((one.address for one in letter.to), said)
