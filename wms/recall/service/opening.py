"""Opening a recall, and its steps as they are done."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from wms.core.ids import LotId, PartnerId, RecallId, UserId, WarehouseId
from wms.recall.models import RecallOrigin
from wms.recall.rules.steps import RecallStep


@dataclass(frozen=True, kw_only=True)
class OpenRecall:
    """Open a recall or a drill. `lots` are those chosen of a trace's result; without them the first version asks the trace anew.

    `start_kind` and `start_value` are what find_start takes ("lot", id), ("work_order", number), ...; `direction` "forward"
    or "backward". `origin_kind` and `origin_id` name the record it comes from: ("complaint", id), ("alert", id).
    """

    key: str
    warehouse: WarehouseId
    class_code: str
    reason: str
    origin: RecallOrigin = RecallOrigin.HAND
    origin_kind: str = ""
    origin_id: int | None = None
    is_mock: bool = False
    start_kind: str = ""
    start_value: str = ""
    direction: str = "forward"
    lots: tuple[LotId, ...] = ()
    supplier: PartnerId | None = None
    supplier_reference: str = ""


def open_recall(cmd: OpenRecall, *, actor: UserId, at: datetime) -> RecallId:
    """Open it, set its clocks and keep what it starts from. Once for each `key`. Raises FieldErrors, NotFound, KeyReused."""
    raise NotImplementedError


def note_step(recall: RecallId, step: RecallStep, *, actor: UserId, at: datetime, note: str = "") -> None:
    """Note that a step is done; noting it twice is nothing. Raises WrongState when an earlier one is missing."""
    raise NotImplementedError
