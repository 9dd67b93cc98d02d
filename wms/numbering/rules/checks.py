"""Check characters over codes of letters and digits. Other signs (dashes, blanks) are passed over, small letters count as large.

mod10   one digit, weights 3 and 1 from the right: the check digit of GS1 (General Specifications 7.9)
mod11   one sign, 0 to 9 or X: ISO/IEC 7064 MOD 11-2, as in ORCID and the identity numbers of GB 11643
mod36   one sign, 0 to 9 or A to Z: ISO/IEC 7064 MOD 37,36
mod97   two digits: ISO/IEC 7064 MOD 97-10, as in IBAN and LEI

A letter has the value 10 to 35, A to Z.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

_SIGNS: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def mod10(text: str) -> str:
    """Give the check digit of GS1.

    >>> mod10("629104150021")
    '3'
    """
    total = sum(value * (3 if place % 2 == 0 else 1) for place, value in enumerate(reversed(_values(text))))
    return str(-total % 10)


def mod11(text: str) -> str:
    """Give the sign of ISO/IEC 7064 MOD 11-2.

    >>> mod11("000000021825009"), mod11("11010519491231002")
    ('7', 'X')
    """
    product = 0
    for value in _values(text):
        product = (product + value) * 2 % 11
    return "0123456789X"[(12 - product) % 11]


def mod36(text: str) -> str:
    """Give the sign of ISO/IEC 7064 MOD 37,36.

    >>> mod36("A1-2425G-ABC1234002")
    'M'
    """
    product = 36
    for value in _values(text):
        product = (product + value) % 36 or 36
        product = product * 2 % 37
    return _SIGNS[(37 - product) % 36]


def mod97(text: str) -> str:
    """Give the two digits of ISO/IEC 7064 MOD 97-10.

    >>> mod97("WEST12345698765432GB"), mod97("5493001KJTIIGC8Y1R")
    ('82', '12')
    """
    number = int("".join(str(value) for value in _values(text)) + "00" or "0")
    return f"{98 - number % 97:02d}"


#: Each kind of check: its name, and what makes it.
CHECKS: Final[Mapping[str, Callable[[str], str]]] = {"mod10": mod10, "mod11": mod11, "mod36": mod36, "mod97": mod97}
#: How many signs each takes.
WIDTHS: Final[Mapping[str, int]] = {"mod10": 1, "mod11": 1, "mod36": 1, "mod97": 2}


def _values(text: str) -> list[int]:
    return [_SIGNS.index(sign) for sign in text.upper() if sign in _SIGNS]
