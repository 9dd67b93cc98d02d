"""A hold on part of a loose quantity must be set apart before the next pick there; quality knows where one waits."""

from __future__ import annotations

from wms.core.errors import HeldPartNotApart
from wms.core.ids import LOOSE
from wms.picking.queries import Stop
from wms.quality.queries import unseparated_hold


def refuse_unseparated(stop: Stop) -> None:
    """Refuse to pick loose goods of a lot where held ones lie among them, not told apart yet. Raises HeldPartNotApart."""
    if stop.key.place.lpn != LOOSE:
        return
    hold = unseparated_hold(stop.key.place.bin, stop.key.lot)
    if hold is not None:
        raise HeldPartNotApart(
            lot=stop.facts.lot_number, bin=stop.facts.bin_code, quantity=str(hold.quantity), reason=hold.reason.value
        )
