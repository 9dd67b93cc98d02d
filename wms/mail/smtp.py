"""One talk with the mail server: builds a message with the standard library, and asks for each address by itself.

Nothing here knows the database. A fault of the way (no connection, a time-out, a line that breaks) puts off; an answer of
the server decides by its code: 4xx puts off, 5xx refuses.
"""

from __future__ import annotations

import hashlib
import smtplib
import socket
import ssl
from dataclasses import dataclass
from email.headerregistry import Address as HeaderAddress
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import TYPE_CHECKING

from wms.mail.models import TryOutcome
from wms.mail.service import Attached, Letter, Said

if TYPE_CHECKING:
    from config import Config


class AttachmentGone(Exception):
    """The bytes of an attachment are not those that were kept, or are gone."""


def compose(letter: Letter, *, config: Config) -> bytes:
    """Write a message as it goes over the line. The same letter gives the same Message-ID and date each time.

    Raises AttachmentGone. To whom it goes is said to the server for each address; the header names those who are due.
    """
    message = EmailMessage(policy=SMTP)
    message["From"] = _header_address(config.mail_from, config.mail_from_name)
    message["To"] = [_header_address(one.address, one.name) for one in letter.to]
    if config.mail_reply_to:
        message["Reply-To"] = _header_address(config.mail_reply_to, "")
    message["Subject"] = letter.subject
    message["Date"] = letter.queued_at
    message["Message-ID"] = letter.message_id
    message["Auto-Submitted"] = "auto-generated"
    message["Content-Language"] = letter.language.replace("_", "-")
    message.set_content(letter.body, cte="quoted-printable" if letter.body.isascii() else "base64")
    for one in letter.attachments:
        kind, _, subtype = one.content_type.partition("/")
        message.add_attachment(
            _bytes_of(one, data_dir=config.data_dir),
            maintype=kind,
            subtype=subtype or "octet-stream",
            filename=one.name,
        )
    return message.as_bytes()


def _header_address(address: str, name: str) -> HeaderAddress:
    return HeaderAddress(display_name=name, addr_spec=address)


def _bytes_of(one: Attached, *, data_dir: Path) -> bytes:
    """The kept bytes, where wms.files keeps them: by their hash."""
    try:
        content = (data_dir / "files" / one.sha256[:2] / one.sha256).read_bytes()
    except OSError as gone:
        raise AttachmentGone(one.name) from gone
    if hashlib.sha256(content).hexdigest() != one.sha256:
        raise AttachmentGone(one.name)
    return content


@dataclass
class Line:
    """A connection to the mail server, logged in; `is_broken` when nothing more may be said on it."""

    server: smtplib.SMTP
    is_broken: bool = False

    def send(self, letter: Letter, content: bytes, *, sender: str) -> dict[str, Said]:
        """Offer a message to each address, hand it over once for those that are taken; what came of each."""
        said: dict[str, Said] = {}
        taken: list[str] = []
        try:
            code, text = self.server.mail(sender, [f"size={len(content)}"] if self.server.has_extn("size") else [])
            if code != 250:
                self._forget()
                return dict.fromkeys((one.address for one in letter.to), _said(code, text))
            for one in letter.to:
                code, text = self.server.rcpt(one.address)
                if code in (250, 251):
                    taken.append(one.address)
                else:
                    said[one.address] = _said(code, text)
                    if code == 421:
                        self.is_broken = True
                        return said | dict.fromkeys(taken, said[one.address])
            if not taken:
                self._forget()
                return said
            try:
                code, text = self.server.data(content)
            except smtplib.SMTPDataError as refused:
                code, text = refused.smtp_code, _bytes(refused.smtp_error)
                self._forget()
            return said | dict.fromkeys(taken, _said(code, text, is_last=True))
        except (OSError, smtplib.SMTPException) as broken:
            self.is_broken = True
            missing = [one.address for one in letter.to if one.address not in said]
            return said | dict.fromkeys(missing, Said(TryOutcome.DEFERRED, fault_of(broken)))

    def _forget(self) -> None:
        """Take back what was begun, so that the next message begins anew."""
        try:
            self.server.rset()
        except (OSError, smtplib.SMTPException):
            self.is_broken = True

    def close(self) -> None:
        """Say good-bye; what was handed over stays handed over, whatever comes of that."""
        try:
            if not self.is_broken:
                self.server.quit()
        except (OSError, smtplib.SMTPException):
            pass
        finally:
            self.server.close()


def connect(config: Config) -> Line:
    """Open a line: encrypted as the settings say, logged in where they name a user. Raises OSError, SMTPException."""
    patience = config.smtp_wait_seconds
    host, port, name = config.smtp_host, config.smtp_port, socket.gethostname()
    if config.smtp_security == "tls":
        server: smtplib.SMTP = smtplib.SMTP_SSL(
            host, port, local_hostname=name, timeout=patience, context=_context(config)
        )
    else:
        server = smtplib.SMTP(host, port, local_hostname=name, timeout=patience)
    try:
        if config.smtp_security == "starttls":
            server.starttls(context=_context(config))
        server.ehlo_or_helo_if_needed()
        if config.smtp_user:
            server.login(config.smtp_user, config.smtp_password)
    except BaseException:
        server.close()
        raise
    return Line(server)


def _context(config: Config) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=config.smtp_ca or None)


def fault_of(broken: Exception) -> str:
    """Say what broke, in a line that a person can act on; never with a password in it."""
    if isinstance(broken, smtplib.SMTPAuthenticationError):
        return f"log-in refused: {broken.smtp_code} {_text(broken.smtp_error)}"
    if isinstance(broken, smtplib.SMTPResponseException):
        return f"{broken.smtp_code} {_text(broken.smtp_error)}"
    if isinstance(broken, TimeoutError) or str(broken).endswith("timed out"):
        return "no answer in time"
    return f"{type(broken).__name__}: {broken}"[:300]


def _said(code: int, text: bytes, *, is_last: bool = False) -> Said:
    words = f"{code} {_text(text)}"
    if is_last and 200 <= code < 300:
        return Said(TryOutcome.ACCEPTED, words)
    return Said(TryOutcome.REFUSED if 500 <= code < 600 else TryOutcome.DEFERRED, words)


def _text(answer: bytes | str) -> str:
    text = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else str(answer)
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())[:300]


def _bytes(answer: bytes | str) -> bytes:
    return answer if isinstance(answer, bytes) else answer.encode()
