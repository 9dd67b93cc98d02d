"""Which lots a recall stops in the stock room: from its stop on all that is suspect, until its hold lies on it or its end."""

from __future__ import annotations

from wms.core.ids import LotId
from wms.recall.models import Recall
from wms.recall.queries import recalls, scope
from wms.recall.rules.steps import RecallState, RecallStep
from wms.stock import ledger
from wms.stock.stops import stop_lots

#: So often what is suspect is looked up again with its lots locked, when more was made of it meanwhile.
_ROUNDS = 5


def set_stops(recall: Recall) -> set[LotId]:
    """Stop in the stock room what this recall stops now, and let go what it does not any more; what it stops.

    A drill stops nothing.
    """
    lots = _wanted(recall)
    for _ in range(_ROUNDS):
        if not lots:
            break
        ledger.lock_lots(lots, exclusive=True)  # nothing more is made of them from here on
        grown = _wanted(recall) - lots
        if not grown:
            break
        lots |= grown
    stop_lots(recall.number, lots)
    return lots


def _wanted(recall: Recall) -> set[LotId]:
    """Before a version all that may be in the scope; after, its lots that are not held, and what was made of them since."""
    if recall.is_mock or recall.state is not RecallState.OPEN or RecallStep.STOP not in recalls.done_steps(recall.id):
        return set()
    version = recalls.current_version(recall.id)
    if version is None:
        asked = scope.asked_from(recall.asked)
        return scope.suspects_of(asked) if asked.lots else set()
    return (recalls.lots_of(version.id) | set(scope.grown_since(version))) - recalls.held_lots(recall.id)


__all__ = ["set_stops"]
