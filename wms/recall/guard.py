"""The holds of an open recall stand, and what it stopped does not leave: quality and shipping ask here (docs/decisions/0040)."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from wms.alerts.models import AlertKind
from wms.core.errors import HeldByRecall, ShipmentBlocked
from wms.core.ids import LotId
from wms.recall.queries import recalls, scope
from wms.stock.models import Hold, HoldReason


def check_lift(holds: Sequence[Hold]) -> None:
    """Raise HeldByRecall for a hold of an open recall whose lot is in the scope in force."""
    for case in sorted({h.case_id for h in holds if h.case_id is not None and h.reason is HoldReason.RECALL}):
        recall = recalls.open_recall_of_case(case)
        if recall is None:
            continue
        inside = recalls.scope_lots(recall.id)
        for hold in holds:
            if hold.case_id == case and hold.lot_id in inside:
                raise HeldByRecall(lot=hold.lot.number, recall=recall.number)


def check_departure(shipment: str, lots: Collection[LotId]) -> None:
    """Raise ShipmentBlocked for goods that a recall has stopped and does not hold yet: also when they were picked afterwards."""
    for recall in recalls.stopping():
        version = recalls.current_version(recall.id)
        if version is not None and version.placed_at is not None:
            continue  # they are held, and what comes later is held as it comes
        asked = scope.asked_from(recall.asked)
        inside = recalls.lots_of(version.id) if version else scope.suspects_of(asked) if asked.lots else set()
        if not inside.isdisjoint(lots):
            raise ShipmentBlocked(shipment=shipment, alert=AlertKind.RECALL_STOP)
