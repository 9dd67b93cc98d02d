"""What happened to lots before this system, as files tell it: genealogy and partners, and no moves.

Trace and recall read it beside the ledger, so that both work from the first day.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import insert, or_, select
from sqlalchemy.orm import joinedload

from wms.core.errors import ProgrammingError
from wms.core.ids import LotId, PartnerId, UserId, WarehouseId, new_id
from wms.core.quantity import Quantity
from wms.db import db, in_write_transaction
from wms.stock.models import ImportedEvent, LinkKind, Lot, LotLink, PastKind


@dataclass(frozen=True, kw_only=True)
class PastEvent:
    """One thing that happened to a lot; a consumption names the lot it went into. `row` is where the file says so."""

    kind: PastKind
    lot: LotId
    quantity: Quantity
    on: date
    row: int
    document: str = ""
    partner: PartnerId | None = None
    warehouse: WarehouseId | None = None
    output_lot: LotId | None = None
    output_quantity: Quantity | None = None


def record_past(
    events: Sequence[PastEvent], *, source_sha256: str, run: int, actor: UserId, at: datetime
) -> list[int]:  # fmt: skip
    """Keep what happened, by the file it stands in; a consumption ties its lots together too. Gives their ids."""
    session = db.session()
    if not in_write_transaction(session):
        raise ProgrammingError(what="a past outside a transaction")
    session.flush()
    links: list[dict[str, Any]] = []
    rows: list[dict[str, Any]] = []
    for event in events:
        link = None
        if event.kind is PastKind.CONSUMPTION:
            if event.output_lot is None or event.output_lot == event.lot:
                raise ProgrammingError(what="a consumption goes into another lot")
            link = new_id()
            links.append(_link(link, event, run=run, actor=actor, at=at))
        rows.append(
            {
                "id": new_id(), "kind": event.kind, "lot_id": event.lot, "output_lot_id": event.output_lot,
                "output_quantity": event.output_quantity, "partner_id": event.partner,
                "warehouse_id": event.warehouse, "document": event.document, "quantity": event.quantity,
                "happened_on": event.on, "lot_link_id": link, "source_sha256": source_sha256, "source_row": event.row,
                "made_by": actor, "made_at": at,
            }
        )  # fmt: skip
    if links:
        session.execute(insert(LotLink.__table__), links)  # type: ignore[arg-type]
    if rows:
        session.execute(insert(ImportedEvent.__table__), rows)  # type: ignore[arg-type]
    return [row["id"] for row in rows]


def _link(link: int, event: PastEvent, *, run: int, actor: UserId, at: datetime) -> dict[str, Any]:
    """Where the file does not say how much was made, what was used stands for it, and the link says so."""
    said = "" if event.output_quantity is not None else "output quantity not stated"
    return {
        "id": link, "kind": LinkKind.IMPORTED, "source_lot_id": event.lot, "target_lot_id": event.output_lot,
        "source_quantity": event.quantity, "target_quantity": event.output_quantity or event.quantity,
        "posting_seq": None, "document_kind": "import_run", "document_id": run,
        "reason": " · ".join(part for part in (event.document, event.on.isoformat(), said) if part),
        "made_by": actor, "made_at": at,
    }  # fmt: skip


def past_of(lots: Collection[LotId], *, limit: int = 500) -> list[ImportedEvent]:
    """What happened to these lots before this system, and what they were made of; oldest first, with lots and partners."""
    statement = (
        select(ImportedEvent)
        .where(or_(ImportedEvent.lot_id.in_(lots), ImportedEvent.output_lot_id.in_(lots)))
        .options(
            joinedload(ImportedEvent.lot).joinedload(Lot.item),
            joinedload(ImportedEvent.output_lot).joinedload(Lot.item),
            joinedload(ImportedEvent.partner),
        )
        .order_by(ImportedEvent.happened_on, ImportedEvent.id)
        .limit(limit)
    )
    return list(db.session.execute(statement).scalars())
