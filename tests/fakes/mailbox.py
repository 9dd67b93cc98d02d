"""A real mail server on a port of this machine: takes messages over SMTP, and has bad days on demand."""

from __future__ import annotations

import logging
import os
import signal
import ssl
from collections import defaultdict, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

from tests.processes import free_port
from wms.certificates.authority import make_authority, make_server
from wms.certificates.names import read_name
from wms.core.clock import now

USER, PASSWORD = "wms", "the mail password"
#: The server talks of every connection on a thread of its own, also when the test is over and its output closed.
logging.getLogger("mail.log").setLevel(logging.CRITICAL)


@dataclass(frozen=True)
class Taken:
    """One message as the server has it: from whom and to whom over the line, and its words."""

    sender: str
    to: tuple[str, ...]
    message: EmailMessage


@dataclass
class Mailbox:
    """What the server took, and how it behaves: `answers` says what an address is told, one after the other."""

    port: int = 0
    ca: str = ""
    taken: list[Taken] = field(default_factory=list)
    answers: dict[str, deque[str]] = field(default_factory=lambda: defaultdict(deque))
    at_data: deque[Callable[[Any], str]] = field(default_factory=deque)

    # the names are those that aiosmtpd calls
    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        waiting = self.answers[address]
        if waiting:
            return waiting.popleft()
        envelope.rcpt_tos.append(address)
        return "250 taken"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        is_kept = True
        answer = "250 kept"
        if self.at_data:
            answer = self.at_data.popleft()(server)
            is_kept = answer.startswith("2")
        if is_kept:
            read = message_from_bytes(envelope.content, _class=EmailMessage, policy=default)
            self.taken.append(Taken(envelope.mail_from, tuple(envelope.rcpt_tos), read))
        return answer

    def dies(self, server: Any) -> str:
        """Break the line when all the words are there and no answer was given."""
        server.transport.abort()
        return "451 gone"

    def kills(self, child: Callable[[], int]) -> Callable[[Any], str]:
        """Take the message, and end the process that brought it before it can hear so."""

        def do(_server: Any) -> str:
            os.kill(child(), signal.SIGKILL)
            return "250 kept"

        return do


@contextmanager
def mail_server(folder: Path, *, security: str = "plain", needs_login: bool = False) -> Iterator[Mailbox]:
    """Start a server, with STARTTLS, TLS from the first byte or none, and with a log-in or without."""
    box = Mailbox(port=free_port())
    context = _certificates(folder, box) if security != "plain" else None
    more: dict[str, Any] = {}
    if needs_login:
        more = {
            "authenticator": lambda *a: AuthResult(
                success=a[4] == LoginPassword(USER.encode(), PASSWORD.encode()), handled=False
            ),
            "auth_required": True,
        }
    controller = Controller(
        box, hostname="127.0.0.1", port=box.port, ready_timeout=30,
        tls_context=context if security == "starttls" else None, require_starttls=security == "starttls",
        ssl_context=context if security == "tls" else None,
        auth_require_tls=security == "starttls", **more,
    )  # fmt: skip
    controller.start()
    try:
        yield box
    finally:
        controller.stop()


def _certificates(folder: Path, box: Mailbox) -> ssl.SSLContext:
    """A certificate of our own for this machine; `ca` is the file of who signed it."""
    authority = make_authority(machine="mail", at=now())
    pair = make_server(authority, [read_name("127.0.0.1")], at=now())
    folder.mkdir(parents=True, exist_ok=True)
    files = {name: folder / f"mail-{name}.pem" for name in ("ca", "certificate", "key")}
    files["ca"].write_bytes(authority.certificate_pem)
    files["certificate"].write_bytes(pair.certificate_pem)
    files["key"].write_bytes(pair.key_pem)
    box.ca = str(files["ca"])
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files["certificate"], files["key"])
    return context
