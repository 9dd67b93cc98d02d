"""The moves of one lot with everything that stands on their postings, for its history."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import aliased

from wms.accounts.models import Device, User
from wms.core.ids import LOOSE, LotId, WarehouseId
from wms.sites.models import Bin, Warehouse
from wms.stock.ledger.tables import StockMove, StockPosting
from wms.stock.models import Lpn


@dataclass(frozen=True)
class Columns:
    """What the moves are sorted by."""

    at: Any
    seq: Any
    line: Any


def moves_of(lot: LotId, warehouses: Collection[WarehouseId]) -> tuple[Select[Any], Columns]:
    """The statement of a lot's moves in these warehouses, and the columns they are sorted by."""
    source, target, source_lpn, target_lpn = aliased(Bin), aliased(Bin), aliased(Lpn), aliased(Lpn)
    statement: Any = (
        select(
            StockPosting.recorded_at.label("at"), StockMove.posting_seq.label("id"), StockMove.line,
            StockPosting.reason, StockPosting.occurred_at, User.full_name.label("person"), User.login,
            Device.name.label("device"), Warehouse.code.label("warehouse"), StockMove.quantity,
            source.code.label("source_bin"), StockMove.source_lpn_id, source_lpn.code.label("source_lpn"),
            StockMove.source_quality, StockMove.source_hold_set_id.label("source_set"),
            target.code.label("target_bin"), StockMove.target_lpn_id, target_lpn.code.label("target_lpn"),
            StockMove.target_quality, StockMove.target_hold_set_id.label("target_set"), StockPosting.document_kind,
            StockPosting.document_id, StockPosting.capture, StockPosting.raw_scan, StockPosting.typed_reason,
            StockPosting.typed_note, StockPosting.note,
        )
        .join(StockPosting, StockPosting.seq == StockMove.posting_seq)
        .join(source, source.id == StockMove.source_bin_id)
        .join(target, target.id == StockMove.target_bin_id)
        .join(source_lpn, source_lpn.id == StockMove.source_lpn_id)
        .join(target_lpn, target_lpn.id == StockMove.target_lpn_id)
        .join(Warehouse, Warehouse.id == StockMove.warehouse_id)
        .join(User, User.id == StockPosting.actor_id)
        .outerjoin(Device, Device.id == StockPosting.device_id)
        .where(StockMove.lot_id == lot, StockMove.warehouse_id.in_(sorted(warehouses)))
    )  # fmt: skip
    return statement, Columns(StockPosting.recorded_at, StockMove.posting_seq, StockMove.line)


def plates_of(lot: LotId) -> Any:
    """The ids of the plates that goods of a lot were ever moved onto, as a select."""
    return select(StockMove.target_lpn_id).where(StockMove.lot_id == lot, StockMove.target_lpn_id != LOOSE)
