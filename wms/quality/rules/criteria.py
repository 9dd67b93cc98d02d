"""What a hold case matches: criteria joined with AND, as data, and the same question asked of goods that arrive.

`matches` is the reference: placing a case asks the database (wms/quality/case_queries.py), an arrival asks this.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date
from typing import Any, Final

from wms.core.errors import FieldErrors

#: So many lots are held at once at most: beyond, the query is a mistake, or is better asked in parts.
LOTS_MAX: Final = 5_000


@dataclass(frozen=True, kw_only=True)
class Criteria:
    """What goods must be to match; blank and None are not asked. Days are inclusive, a warehouse's own.

    Supplier, received, receipt, delivery note, ASN and capture are asked of one and the same receipt of the lot.
    """

    supplier: int | None = None
    supplier_code: str = ""
    maker: int | None = None
    maker_code: str = ""
    maker_lot: str = ""
    item: int | None = None
    sku: str = ""
    item_class: str = ""
    received_from: date | None = None
    received_until: date | None = None
    expires_from: date | None = None
    expires_until: date | None = None
    receipt_number: str = ""
    delivery_note: str = ""
    asn_number: str = ""
    country: str = ""
    bin: int | None = None
    bin_code: str = ""
    zone: int | None = None
    zone_code: str = ""
    captured_by: str = ""
    words: str = ""
    #: An own field as "lot.colour" or "item.hazard_class", and the value it must have.
    own_field: str = ""
    own_value: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether nothing is asked, so that everything would match."""
        return all(getattr(self, field.name) in (None, "") for field in fields(self))

    @property
    def asks_paper(self) -> bool:
        """Whether a receipt is asked that only a paper can answer for."""
        return bool(self.receipt_number or self.delivery_note or self.asn_number)

    @property
    def has_place(self) -> bool:
        """Whether only what stands in a place is asked."""
        return bool(self.bin is not None or self.zone is not None or self.bin_code or self.zone_code)

    def as_data(self) -> dict[str, str]:
        """The criteria as text that JSON keeps, by codes, which never change; what is not asked is left out."""
        found = {field.name: getattr(self, field.name) for field in fields(self) if field.name not in _IDS}
        return {
            name: value.isoformat() if isinstance(value, date) else str(value)
            for name, value in found.items()
            if value not in (None, "")
        }


_DAYS: Final = frozenset({"received_from", "received_until", "expires_from", "expires_until"})
_IDS: Final = frozenset({"supplier", "maker", "item", "bin", "zone"})


def from_data(data: Mapping[str, str]) -> Criteria:
    """Read criteria that as_data wrote: codes without their ids, enough to ask an arrival."""
    values: dict[str, Any] = dict(data)
    for name in _DAYS & values.keys():
        values[name] = date.fromisoformat(values[name])
    return Criteria(**values)


def check_criteria(criteria: Criteria, *, is_standing: bool) -> None:
    """Raise FieldErrors for a query that asks nothing, a span that ends before it begins, or a place that should stand on."""
    errors: dict[str, list[str]] = {}
    if criteria.is_empty:
        errors["criteria"] = ["nothing_asked"]
    for first, last in (("received_from", "received_until"), ("expires_from", "expires_until")):
        begins, ends = getattr(criteria, first), getattr(criteria, last)
        if begins and ends and ends < begins:
            errors[last] = ["ends_before"]
    if is_standing and (criteria.has_place or criteria.own_field):
        errors["is_standing"] = ["place_does_not_stand"]
    if bool(criteria.own_field) != bool(criteria.own_value):
        errors["own_value" if criteria.own_field else "own_field"] = ["required"]
    if errors:
        raise FieldErrors(errors=errors)


@dataclass(frozen=True, kw_only=True)
class Arrival:
    """Goods of a lot as they come in by a receipt: what the criteria are asked of."""

    lot: int
    lot_number: str
    supplier_code: str
    maker_code: str
    maker_lot: str
    sku: str
    item_class: str
    names: tuple[str, ...]
    received_on: date
    last_good_on: date | None
    country: str
    captured_by: str
    receipt_number: str = ""
    delivery_note: str = ""
    asn_number: str = ""


def matches(asked: Criteria, came: Arrival) -> bool:
    """Say whether what arrives is what a case asks for; a place or an own field is no matter of arrivals."""
    if asked.has_place or asked.own_field or asked.is_empty:
        return False
    equal = (
        (asked.supplier_code, came.supplier_code),
        (asked.maker_code, came.maker_code),
        (asked.maker_lot, came.maker_lot),
        (asked.sku, came.sku),
        (asked.item_class, came.item_class),
        (asked.receipt_number, came.receipt_number),
        (asked.delivery_note, came.delivery_note),
        (asked.asn_number, came.asn_number),
        (asked.country, came.country),
        (asked.captured_by, came.captured_by),
    )
    if any(wanted not in (None, "") and wanted != there for wanted, there in equal):
        return False
    if not _within(came.received_on, asked.received_from, asked.received_until):
        return False
    if not _within(came.last_good_on, asked.expires_from, asked.expires_until):
        return False
    words = asked.words.lower()
    return not words or any(words in text.lower() for text in (came.lot_number, came.maker_lot, *came.names))


def _within(day: date | None, first: date | None, last: date | None) -> bool:
    if first is None and last is None:
        return True
    return day is not None and (first is None or day >= first) and (last is None or day <= last)
