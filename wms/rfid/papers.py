"""What a lot's history is told of doors: the passages of its tags, and of the plates it ever stood on."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, select

from wms.core.ids import LotId
from wms.rfid.models import Passage, Portal, Tag
from wms.trace.history import paper
from wms.trace.lot_moves import plates_of


def papers(lot: LotId) -> list[Select[Any]]:
    """Passages with the door, the direction and what was decided."""
    # Two ways, each by its index: with "or" between them both engines read every passage there is.
    of_plates = select(Passage.id).where(Passage.lpn_id.in_(plates_of(lot)))
    of_tags = select(Passage.id).join(Tag, Tag.id == Passage.tag_id).where(Tag.lot_id == lot)
    return [
        paper(
            "passage", at=Passage.recorded_at, id=Passage.id, person=Passage.settled_by, warehouse=Portal.warehouse_id,
            code=Passage.direction, note=Passage.decision, number=Portal.code, raw_scan=Tag.epc, occurred_at=Passage.ended_at,
            capture="rfid",
        )
        .join_from(Passage, Portal, Portal.id == Passage.portal_id)
        .join(Tag, Tag.id == Passage.tag_id)
        .where(Passage.id.in_(of_plates.union(of_tags)))
    ]  # fmt: skip
