"""Codes of our own making, which no standard checks: lot number, bin code, LPN code, SKU.

They are kept as they came: outer blanks are cut and nothing else is changed, so `0012`, `12` and `a/12` stay three.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar, Self

from wms.core.errors import BadCode


@dataclass(frozen=True, slots=True, order=True)
class _Code:
    """Printable text of bounded length; make one by `parse`."""

    value: str
    kind: ClassVar[str] = "code"
    longest: ClassVar[int] = 40
    pattern: ClassVar[re.Pattern[str] | None] = None

    def __post_init__(self) -> None:
        text = self.value
        plain = 0 < len(text) <= self.longest and text.isprintable() and text == text.strip()
        if not plain or (self.pattern is not None and not self.pattern.fullmatch(text)):
            raise BadCode(kind=self.kind, text=text[:80])

    @classmethod
    def parse(cls, text: str) -> Self:
        """Take the text without its outer blanks; BadCode when empty, too long or not printable."""
        return cls(text.strip())

    def __str__(self) -> str:
        return self.value


class LotNumber(_Code):
    """A lot number of 1 to 40 printable characters, byte for byte as given.

    >>> LotNumber.parse("  a/12 ").value
    'a/12'
    """

    __slots__ = ()
    kind = "lot"


class BinCode(_Code):
    """A bin address of 1 to 32 letters, digits and - . _ / (any script), no blanks.

    >>> BinCode.parse("A区-01-02").value
    'A区-01-02'
    """

    __slots__ = ()
    kind = "bin"
    longest = 32
    pattern = re.compile(r"\w[\w./-]*")


class LpnCode(_Code):
    """The code of a pallet, tote or case plate that is no SSCC: 1 to 30 ASCII letters, digits and - . _ /."""

    __slots__ = ()
    kind = "lpn"
    longest = 30
    pattern = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]*")


class Sku(_Code):
    """An item code of 1 to 60 printable characters."""

    __slots__ = ()
    kind = "sku"
    longest = 60
