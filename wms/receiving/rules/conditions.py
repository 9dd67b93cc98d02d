"""Under which conditions goods may come in: the truck's temperature, the supplier's licence (首营), its terms. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from wms.core.errors import LicenceExpired, LicenceScope

#: Tenths of a degree Celsius that goods of a storage class may have been carried at (GSP: normal 10-30, cool at most 20,
#: cold 2-8 degrees; frozen at most -18). None is no bound.
RANGES: Final[Mapping[str, tuple[int | None, int | None]]] = {
    "ambient": (100, 300),
    "cool": (None, 200),
    "cold": (20, 80),
    "frozen": (None, -180),
}


def is_outside(storage_class: str, decidegrees: int | None) -> bool:
    """Say whether goods of this class came too warm or too cold; not known is not outside."""
    if decidegrees is None:
        return False
    least, most = RANGES[storage_class]
    return (least is not None and decidegrees < least) or (most is not None and decidegrees > most)


def range_text(storage_class: str) -> str:
    """The range in words of figures: "2 … 8 °C", "≤ 20 °C"."""
    least, most = RANGES[storage_class]
    if least is None:
        return f"≤ {degrees_text(most or 0)}"
    return f"{degrees_text(least).removesuffix(' °C')} … {degrees_text(most or 0)}"


def degrees_text(decidegrees: int) -> str:
    """Tenths of a degree as people write them: "4.5 °C", "-18 °C"."""
    whole, rest = divmod(abs(decidegrees), 10)
    return f"{'-' if decidegrees < 0 else ''}{whole}{f'.{rest}' if rest else ''} °C"


@dataclass(frozen=True, kw_only=True)
class Licence:
    """What is known of a supplier's licence. `classes` blank: it is not limited to classes of items."""

    partner: str
    number: str = ""
    expires_on: date | None = None
    classes: frozenset[str] = frozenset()


def check_licence(licence: Licence, *, item: str, item_class: str, on: date) -> None:
    """Refuse goods of a supplier whose licence ran out or does not cover them; its last day is good."""
    if licence.expires_on is not None and on > licence.expires_on:
        raise LicenceExpired(
            partner=licence.partner, licence=licence.number or "–", expires_on=licence.expires_on.isoformat(),
            on=on.isoformat(),
        )  # fmt: skip
    if licence.classes and item_class not in licence.classes:
        raise LicenceScope(
            partner=licence.partner, licence=licence.number or "–", scope=sorted(licence.classes), item=item,
            item_class=item_class,
        )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Terms:
    """By what goods are taken in; None where this one says nothing."""

    over_percent: int | None = None
    under_percent: int | None = None
    life_days_min: int | None = None
    life_percent_min: int | None = None


def first_said(*terms: Terms) -> Terms:
    """The terms that hold, field by field: what the first of them says, such as rule, supplier, item.

    A least life in days and one in percent belong together: who says either, says both.
    """
    life = next((t for t in terms if t.life_days_min is not None or t.life_percent_min is not None), Terms())
    return Terms(
        over_percent=next((t.over_percent for t in terms if t.over_percent is not None), None),
        under_percent=next((t.under_percent for t in terms if t.under_percent is not None), None),
        life_days_min=life.life_days_min,
        life_percent_min=life.life_percent_min,
    )
