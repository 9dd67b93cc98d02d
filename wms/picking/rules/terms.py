"""Whose terms count for a line: the policy of order, customer's item, customer, item; the shelf life a customer asks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from wms.stock.rules.availability import needed_until


@dataclass(frozen=True, kw_only=True)
class Terms:
    """What everyone concerned says of one line; None where they say nothing. Life is counted at the ship date."""

    order_policy: str | None = None
    rule_policy: str | None = None
    customer_policy: str | None = None
    item_policy: str
    rule_days_min: int | None = None
    rule_percent_min: int | None = None
    customer_days_min: int | None = None
    customer_percent_min: int | None = None
    shelf_life_days: int | None = None

    @property
    def policy(self) -> str:
        """The policy that counts: order before customer's item before customer before item."""
        return self.order_policy or self.rule_policy or self.customer_policy or self.item_policy

    def needed_until(self, ship_on: date) -> date | None:
        """The least last good day taken for goods that leave on `ship_on`; each field falls back on its own."""
        days, percent = self.rule_days_min, self.rule_percent_min
        return needed_until(
            ship_on=ship_on,
            days_min=self.customer_days_min if days is None else days,
            percent_min=self.customer_percent_min if percent is None else percent,
            shelf_life_days=self.shelf_life_days,
        )
