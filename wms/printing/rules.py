"""What may become of a print job, when it is tried again, and what a printer's answer means. Pure."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

#: (state, event) -> state.
JOB: Final[Mapping[tuple[str, str], str]] = {
    ("queued", "take"): "sending",
    ("sending", "refused"): "queued",
    ("sending", "give_up"): "failed",
    ("sending", "taken"): "sent",
    ("sending", "confirmed"): "printed",
    ("sending", "broken"): "uncertain",
    ("queued", "cancel"): "cancelled",
    ("failed", "cancel"): "cancelled",
    ("uncertain", "cancel"): "cancelled",
    ("failed", "again"): "queued",
    ("uncertain", "again"): "queued",
    ("uncertain", "say_printed"): "printed",
}

#: A printer that is off for a night is tried again in the morning: every five minutes at most, for a day.
TRIES_MAX: Final = 290
_LONGEST: Final = timedelta(minutes=5)

#: A host name (RFC 1123) or an address.
_HOST: Final = re.compile(
    r"(?=.{1,253}$)[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*"
)


def is_host(text: str) -> bool:
    """Say whether a text can be a printer's address: a host name or an IP address, no metadata or group address."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return _HOST.fullmatch(text) is not None
    return not (address.is_link_local or address.is_multicast or address.is_unspecified or address.is_reserved)


def rest_after(tries: int) -> timedelta:
    """How long a job waits after its n-th failed try: 2, 4, 8 ... seconds, five minutes at most."""
    return min(timedelta(seconds=2 ** min(tries, 9)), _LONGEST)


@dataclass(frozen=True, slots=True)
class Status:
    """What a printer said to ~HS (ZPL II Programming Guide, "Host Status Return")."""

    is_paper_out: bool
    is_paused: bool
    is_head_open: bool
    is_ribbon_out: bool
    formats_waiting: int
    labels_left: int

    @property
    def fault(self) -> str:
        """The word for what keeps it from printing, blank for nothing."""
        faults = {
            "paper_out": self.is_paper_out, "head_open": self.is_head_open, "ribbon_out": self.is_ribbon_out,
            "paused": self.is_paused,
        }  # fmt: skip
        return next((word for word, is_so in faults.items() if is_so), "")

    @property
    def is_idle(self) -> bool:
        """Whether nothing is left to print."""
        return self.formats_waiting == 0 and self.labels_left == 0


_STRING: Final = re.compile(rb"\x02([0-9A-Za-z,]{1,80})\x03", re.ASCII)


def read_status(answer: bytes) -> Status | None:
    """Read the three strings of a host status; None while they are not all there or are none.

    >>> read_status(b"\\x02030,0,0,1245,000,0,0,0,000,0,0,0\\x03\\r\\n\\x02000,0,0,0,0,2,4,0,00000000,1,000\\x03\\r\\n\\x021234,0\\x03").fault
    ''
    """
    strings = [found.decode().split(",") for found in _STRING.findall(answer[:1024])]
    if len(strings) < 2 or len(strings[0]) < 5 or len(strings[1]) < 9:
        return None
    first, second = strings[0], strings[1]
    try:
        return Status(
            is_paper_out=first[1] == "1",
            is_paused=first[2] == "1",
            formats_waiting=int(first[4]),
            is_head_open=second[2] == "1",
            is_ribbon_out=second[3] == "1",
            labels_left=int(second[8]),
        )
    except ValueError:
        return None
