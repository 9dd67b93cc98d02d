"""Which of several rules (or suppliers' patterns) holds: the one that is tied most closely to the case at hand.

A rule names any of item, supplier, item class, warehouse, and holds where all it names agree. Of those that hold, one that
names the item stands before one that does not; then the supplier, then the class, then the warehouse decide.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, TypeVar


class Trigger(StrEnum):
    """The moment at which a lot gets its number by rule."""

    RECEIPT = "receipt"
    PRODUCTION = "production"
    INSPECTION_PASS = "inspection_pass"


@dataclass(frozen=True, kw_only=True)
class Scope:
    """What a rule is tied to, or what a case is: ids and the item's class by their values; None is anything."""

    item: int | None = None
    supplier: int | None = None
    item_class: str | None = None
    warehouse: int | None = None

    @property
    def closeness(self) -> tuple[bool, bool, bool, bool]:
        """The larger, the more closely a rule is tied."""
        return (
            self.item is not None,
            self.supplier is not None,
            self.item_class is not None,
            self.warehouse is not None,
        )  # fmt: skip

    def holds_for(self, case: Scope) -> bool:
        """Say whether all that is named agrees with the case."""
        pairs = (
            (self.item, case.item),
            (self.supplier, case.supplier),
            (self.item_class, case.item_class),
            (self.warehouse, case.warehouse),
        )
        return all(named is None or named == came for named, came in pairs)


class Scoped(Protocol):
    """Anything with a scope."""

    @property
    def scope(self) -> Scope:
        """What it is tied to."""


Kind = TypeVar("Kind", bound=Scoped)


def closest(rules: Iterable[Kind], case: Scope) -> Kind | None:
    """Choose the rule for a case; None when none holds."""
    fitting = [rule for rule in rules if rule.scope.holds_for(case)]
    return max(fitting, key=lambda rule: rule.scope.closeness, default=None)


def all_closest(rules: Iterable[Kind], case: Scope) -> list[Kind]:
    """Choose all rules of the closest kind for a case, in the order given."""
    fitting = [rule for rule in rules if rule.scope.holds_for(case)]
    best = max((rule.scope.closeness for rule in fitting), default=None)
    return [rule for rule in fitting if rule.scope.closeness == best]
