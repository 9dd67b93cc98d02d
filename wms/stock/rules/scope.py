"""For whom goods are released: by market, by customer, until a day; one word each, blank apart. Pure.

`m:CN@` is the market CN, `c:7=ACME@2027-01-31` the customer with id 7 and code ACME until that day.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, kw_only=True)
class Buyer:
    """To whom goods go: the customer and the market it stands for (blank when nobody said)."""

    customer: int
    code: str
    market: str = ""

    @property
    def name(self) -> str:
        """The buyer as a refusal names it: ACME (EU)."""
        return f"{self.code} ({self.market})" if self.market else self.code


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One scope: a market or a customer, and the last day on which goods may leave under it."""

    market: str = ""
    customer: int | None = None
    code: str = ""
    until: date | None = None

    @property
    def word(self) -> str:
        """The entry as it is stored."""
        who = f"m:{self.market}" if self.customer is None else f"c:{self.customer}={self.code}"
        return f"{who}@{self.until.isoformat() if self.until else ''}"

    def takes(self, buyer: Buyer, *, on: date) -> bool:
        """Whether goods may leave for this buyer on a day."""
        if self.until is not None and on > self.until:
            return False
        return buyer.customer == self.customer if self.customer is not None else buyer.market == self.market


def entries(scope: str) -> Iterator[Entry]:
    """Read the words of a scope."""
    for word in scope.split(" "):
        who, _, until = word.rpartition("@")
        day = date.fromisoformat(until) if until else None
        if who.startswith("m:"):
            yield Entry(market=who[2:], until=day)
        elif who.startswith("c:"):
            number, _, code = who[2:].partition("=")
            yield Entry(customer=int(number), code=code, until=day)


def is_within(scope: str, buyer: Buyer, *, on: date) -> bool:
    """Say whether goods of this scope may leave for the buyer on a day; a blank scope takes everybody."""
    return not scope or any(entry.takes(buyer, on=on) for entry in entries(scope))


def written(scope: str) -> str:
    """Write a scope for people: CN, ACME (2027-01-31)."""
    return ", ".join(
        (entry.market or entry.code) + (f" ({entry.until.isoformat()})" if entry.until else "")
        for entry in entries(scope)
    )
