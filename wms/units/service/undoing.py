"""A posting is reversed: its units go back where they were."""

from __future__ import annotations

from typing import Any

from sqlalchemy import insert

from wms.core.errors import UnitElsewhere
from wms.core.ids import LOOSE, BinId, new_id
from wms.db import db
from wms.stock.followers import Journey
from wms.units import queries
from wms.units.models import Unit, UnitEvent, UnitEventKind


def undo(journey: Journey) -> None:
    """Put the units of a posting that is reversed back where they were; UnitElsewhere when one went on meanwhile.

    A piece that the posting had taken in goes back outside, and may come again as if it had never been here.
    """
    assert journey.reverses is not None
    done = list(reversed(queries.events_of_posting(journey.reverses)))
    units = {unit.id: unit for unit in queries.units_by_id({event.unit_id for event in done})}
    warehouses = queries.warehouses_of({event.from_bin_id for event in done if event.from_bin_id is not None})
    events: list[dict[str, Any]] = []
    for event in done:
        unit = units[event.unit_id]
        if (unit.bin_id, unit.lpn_id) != (event.to_bin_id, event.to_lpn_id):
            raise UnitElsewhere(unit=unit.code, known=queries.where_is(unit), needed=queries.bin_code(event.to_bin_id))
        before = (unit.lot_id, unit.bin_id, unit.lpn_id, unit.parent_id)
        if event.from_bin_id is None:
            unit.bin_id, unit.lpn_id = _outside_of(journey, unit), LOOSE
        else:
            unit.bin_id, unit.lpn_id = event.from_bin_id, event.from_lpn_id or LOOSE
            unit.lot_id, unit.parent_id = event.from_lot_id or unit.lot_id, event.from_parent_id
            unit.warehouse_id = warehouses[unit.bin_id]
        events.append(
            {
                "id": new_id(), "unit_id": unit.id, "kind": UnitEventKind.UNDONE, "posting_seq": journey.seq,
                "from_lot_id": before[0], "from_bin_id": before[1], "from_lpn_id": before[2], "from_parent_id": before[3],
                "to_bin_id": unit.bin_id, "to_lpn_id": unit.lpn_id, "document_kind": journey.document_kind,
                "document_id": journey.document_id, "raw_scan": "", "by": journey.actor, "at": journey.at,
            }
        )  # fmt: skip
    db.session.flush()
    if events:
        db.session.execute(insert(UnitEvent), events)


def _outside_of(journey: Journey, unit: Unit) -> BinId:
    """Where goods of this lot go back to by the reversal."""
    for move in journey.moves:
        if move.lot == unit.lot_id and move.is_target_outside:
            return move.target_bin
    return unit.bin_id
