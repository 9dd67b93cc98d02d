"""Unit ids that are here already: what came in with one is held until quality knows which of the two is the true one."""

from __future__ import annotations

from wms.catalog.models import Item
from wms.stock import followers
from wms.units.queries import lots_seen_twice

__all__ = ["lots_seen_twice", "may_be_twins"]

_SEEN_TWICE = "unit_seen_twice"


def may_be_twins(item: Item) -> bool:
    """Say whether a person knowingly takes in a unit id that is here already: its lot is then locked as for a hold."""
    return item.has_unit_ids and any(answer.startswith(_SEEN_TWICE) for answer in followers.named().answers)
