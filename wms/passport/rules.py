"""Keys of passports, what a passport may show, and a lot's state in the few plain words that the public is given. Pure."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable
from datetime import date
from enum import StrEnum
from typing import Final
from urllib.parse import quote

from wms.gs1.checksums import is_cset82

KEY_BYTES: Final = 16
_KEY: Final = re.compile(r"[A-Za-z0-9_-]{22}", re.ASCII)
#: What is looked up in place of a text that is no key: of the same length, and the key of nothing.
_NO_KEY: Final = "-" * 22


class Shown(StrEnum):
    """One thing that a passport may show."""

    ITEM = "item"
    LOT = "lot"
    DATES = "dates"
    STATE = "state"
    MAKER = "maker"
    COUNTRY = "country"
    #: Whether there is a certificate, and its files.
    CERTIFICATE = "certificate"
    #: The names of the suppliers of the lot and of all it was made of.
    ORIGIN = "origin"
    RECALL = "recall"


#: Where no policy was written down.
DEFAULT: Final = frozenset({Shown.ITEM, Shown.LOT, Shown.DATES, Shown.STATE, Shown.RECALL})


class PublicState(StrEnum):
    """A lot's state for the public."""

    RECALLED = "recalled"
    STOPPED = "stopped"
    REJECTED = "rejected"
    EXPIRED = "expired"
    BEING_CHECKED = "being_checked"
    RELEASED = "released"


def key_text(content: bytes) -> str:
    """Write a key of 16 bytes as it stands in an address: 22 signs.

    >>> key_text(bytes(16))
    'AAAAAAAAAAAAAAAAAAAAAA'
    """
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def hash_of(key: str) -> str:
    """Give what is looked up for a key. A text that is no key gets a hash too, so that it costs the same."""
    is_key = len(key) == len(_NO_KEY) and _KEY.fullmatch(key) is not None
    return hashlib.sha256(f"passport:{key if is_key else _NO_KEY}".encode()).hexdigest()


def address(base: str, key: str, *, gtin: str | None, lot_number: str, names_lot: bool) -> str:
    """Say where a passport stands: as a GS1 Digital Link where GS1 can say the lot, else short.

    >>> address("https://a.example", "k" * 22, gtin="09506000134352", lot_number="A/1", names_lot=True)
    'https://a.example/01/09506000134352/10/A%2F1?k=kkkkkkkkkkkkkkkkkkkkkk'
    """
    base = base.rstrip("/")
    if gtin and names_lot and 0 < len(lot_number) <= 20 and is_cset82(lot_number):
        return f"{base}/01/{gtin}/10/{quote(lot_number, safe='')}?k={key}"
    return f"{base}/p/{key}"


def is_digital_link(link: str) -> bool:
    """Say whether an address is one that scanners read as GTIN and lot."""
    return "?k=" in link


def state_of(
    *, is_recalled: bool, is_held: bool, qualities: Iterable[str], last_good_on: date | None, on: date
) -> PublicState:
    """Say the one state that matters most to somebody who has the goods in hand; `qualities` of what stands here."""
    standing = frozenset(qualities)
    if is_recalled:
        return PublicState.RECALLED
    if is_held:
        return PublicState.STOPPED
    if standing and standing <= {"rejected"}:
        return PublicState.REJECTED
    if last_good_on is not None and last_good_on < on:
        return PublicState.EXPIRED
    if "pending" in standing and "released" not in standing:
        return PublicState.BEING_CHECKED
    return PublicState.RELEASED
