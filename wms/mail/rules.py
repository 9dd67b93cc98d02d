"""What an address is, when a message is tried again, who may see what it is about. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Final

ADDRESS_LENGTH_MAX: Final = 254
RECIPIENTS_MAX: Final = 100
SUBJECT_LENGTH_MAX: Final = 200
BODY_LENGTH_MAX: Final = 100_000
ATTACHED_BYTES_MAX: Final = 20 * 1024 * 1024

#: The second try comes after a minute, each later one after twice as long, at most this.
FIRST_DELAY: Final = timedelta(minutes=1)
LONGEST_DELAY: Final = timedelta(hours=4)

#: Which rights show messages about a kind of record; who sets the site up (`settings.edit`) sees all.
SUBJECT_RIGHTS: Final[Mapping[str, tuple[str, ...]]] = {
    "complaint": ("complaint.edit",),
    "recall_notice": ("recall.edit",),
}
ALL_RIGHT: Final = "settings.edit"

_LOCAL = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_ADDRESS = re.compile(rf"({_LOCAL})@{_LABEL}(?:\.{_LABEL})+")


def is_address(text: str) -> bool:
    """Say whether a text is an e-mail address that any mail server takes: ASCII, a name, an @, a domain with a dot."""
    found = _ADDRESS.fullmatch(text)
    return found is not None and len(text) <= ADDRESS_LENGTH_MAX and len(found[1]) <= 64


def is_one_line(text: str) -> bool:
    """Say whether a text can stand in a header: no line break and no other control, so that nothing can be slipped in."""
    return all(sign.isprintable() for sign in text)


def delay(tries: int) -> timedelta:
    """Say how long to wait after so many tries that failed."""
    return min(FIRST_DELAY * (1 << min(max(tries, 1) - 1, 20)), LONGEST_DELAY)


def domain_of(address: str) -> str:
    """Give what stands behind the @."""
    return address.rpartition("@")[2]
