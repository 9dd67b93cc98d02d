"""What lots hand on when goods of one become another: the strictest days, what they agree in, the worst quality. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, TypeVar

Kind = TypeVar("Kind")

#: From the best to the worst.
_QUALITIES: Final = ("released", "pending", "rejected")


@dataclass(frozen=True, kw_only=True)
class LotFacts:
    """What a lot hands on; blanks and None where nothing is known."""

    manufactured_on: date | None = None
    expires_on: date | None = None
    best_before_on: date | None = None
    retest_on: date | None = None
    received_on: date | None = None
    expiry_text: str = ""
    expiry_precision: str = "day"
    maker: int | None = None
    maker_lot: str = ""
    supplier: int | None = None
    country: str = ""
    traceability_lot_code: str = ""
    traceability_lot_source: str = ""


def strictest(lots: Sequence[LotFacts]) -> LotFacts:
    """Give what a lot of all these has: of each day the earliest known, of all else what every one of them agrees in.

    The text of the label goes with the lot whose last good day was taken.
    """
    first = min(lots, key=lambda lot: lot.expires_on or lot.best_before_on or date.max)
    code = _agreed([(lot.traceability_lot_code, lot.traceability_lot_source) for lot in lots])
    return LotFacts(
        manufactured_on=_earliest([lot.manufactured_on for lot in lots]),
        expires_on=_earliest([lot.expires_on for lot in lots]),
        best_before_on=_earliest([lot.best_before_on for lot in lots]),
        retest_on=_earliest([lot.retest_on for lot in lots]),
        received_on=_earliest([lot.received_on for lot in lots]),
        expiry_text=first.expiry_text,
        expiry_precision=first.expiry_precision,
        maker=_agreed([lot.maker for lot in lots]),
        maker_lot=_agreed([lot.maker_lot for lot in lots]) or "",
        supplier=_agreed([lot.supplier for lot in lots]),
        country=_agreed([lot.country for lot in lots]) or "",
        traceability_lot_code=code[0] if code else "",
        traceability_lot_source=code[1] if code else "",
    )


def worst(qualities: Sequence[str]) -> str:
    """Give the worst quality among goods that are mixed: rejected, else pending, else released."""
    return max(qualities, key=_QUALITIES.index)


def _earliest(days: Sequence[date | None]) -> date | None:
    return min((day for day in days if day), default=None)


def _agreed(values: Sequence[Kind]) -> Kind | None:
    return values[0] if all(value == values[0] for value in values) else None
