"""Sscc: a Serial Shipping Container Code, the standard's own name of a pallet or case."""

from __future__ import annotations

from dataclasses import dataclass

from wms.core.errors import BadCode
from wms.gs1.checksums import check_digit, has_valid_check_digit, is_digits


@dataclass(frozen=True, slots=True, order=True)
class Sscc:
    """Eighteen digits with a right check digit; make one by `parse` or `make`."""

    value: str

    def __post_init__(self) -> None:
        if len(self.value) != 18 or not has_valid_check_digit(self.value):
            raise BadCode(kind="sscc", text=self.value[:80])

    @classmethod
    def parse(cls, text: str) -> Sscc:
        """Read 18 digits, bare or behind "(00)" or "00"; BadCode otherwise.

        >>> Sscc.parse("(00)095201234567891235").value
        '095201234567891235'
        """
        text = text.strip()
        bare = text.removeprefix("(00)")
        if len(bare) == 20:
            bare = bare.removeprefix("00")
        return cls(bare)

    @classmethod
    def make(cls, company_prefix: str, extension: int, serial: int) -> Sscc:
        """Make the SSCC of a company prefix (4..12 digits), extension digit (0..9) and serial; BadCode if too long.

        >>> Sscc.make("952012", 0, 3456789123).value
        '095201234567891235'
        """
        width = 16 - len(company_prefix)
        sayable = is_digits(company_prefix) and 4 <= len(company_prefix) <= 12 and 0 <= extension <= 9
        if not sayable or not 0 <= serial < 10**width:
            raise BadCode(kind="sscc", text=f"{company_prefix} {extension} {serial}"[:80])
        payload = f"{extension}{company_prefix}{serial:0{width}d}"
        return cls(payload + check_digit(payload))

    def __str__(self) -> str:
        return self.value
