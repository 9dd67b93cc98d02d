"""Gtin: a Global Trade Item Number, always kept as 14 digits."""

from __future__ import annotations

from dataclasses import dataclass

from wms.core.errors import BadCode
from wms.gs1.checksums import has_valid_check_digit

LENGTHS = (8, 12, 13, 14)


@dataclass(frozen=True, slots=True, order=True)
class Gtin:
    """A trade item number of 14 digits with a right check digit; make one by `parse`."""

    value: str

    def __post_init__(self) -> None:
        if len(self.value) != 14 or not has_valid_check_digit(self.value):
            raise BadCode(kind="gtin", text=self.value[:80])

    @classmethod
    def parse(cls, text: str) -> Gtin:
        """Read GTIN-8, -12, -13 or -14; BadCode for another length, a non-digit or a wrong check digit.

        >>> Gtin.parse("9506000134352").value
        '09506000134352'
        """
        text = text.strip()
        if len(text) not in LENGTHS:
            raise BadCode(kind="gtin", text=text[:80])
        try:
            return cls(text.zfill(14))
        except BadCode:
            raise BadCode(kind="gtin", text=text) from None

    @property
    def short(self) -> str:
        """The form printed on a unit: 13 digits where the first is 0, else 14."""
        return self.value[1:] if self.value[0] == "0" else self.value

    def __str__(self) -> str:
        return self.value
