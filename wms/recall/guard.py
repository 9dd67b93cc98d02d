"""The holds of an open recall stand: quality asks here before it lifts (docs/decisions/0040)."""

from __future__ import annotations

from collections.abc import Sequence

from wms.core.errors import HeldByRecall
from wms.recall.queries import recalls
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
