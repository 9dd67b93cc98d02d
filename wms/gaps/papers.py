"""What a lot's history is told of gaps in its chain: found, accepted with a reason, mended."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select

from wms.core.ids import LotId
from wms.gaps.models import Gap
from wms.trace.history import paper


def papers(lot: LotId) -> list[Select[Any]]:
    """Gaps about the lot; nobody finds or mends them, the daily look does."""
    said: dict[str, Any] = {
        "id": Gap.id, "warehouse": Gap.warehouse_id, "number": Gap.name, "document_kind": "gap", "document_id": Gap.id,
    }  # fmt: skip
    return [
        paper("gap", at=Gap.first_seen_at, code="found", note=Gap.kind, **said).where(Gap.lot_id == lot),
        paper("gap", at=Gap.accepted_at, person=Gap.accepted_by, code="accepted", note=Gap.accept_reason, **said).where(
            Gap.lot_id == lot, Gap.accepted_at.is_not(None)
        ),
        paper("gap", at=Gap.mended_at, code="mended", note=Gap.kind, **said).where(
            Gap.lot_id == lot, Gap.mended_at.is_not(None)
        ),
    ]  # fmt: skip
