"""What a lot's history is told of its passports."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select

from wms.core.ids import LotId
from wms.passport.models import LotPassport
from wms.trace.history import paper


def papers(lot: LotId) -> list[Select[Any]]:
    """Passports made and revoked; never a key."""
    return [
        paper("passport_made", at=LotPassport.made_at, id=LotPassport.id, person=LotPassport.made_by).where(
            LotPassport.lot_id == lot
        ),
        paper(
            "passport_revoked", at=LotPassport.revoked_at, id=LotPassport.id, person=LotPassport.revoked_by,
            note=LotPassport.revoke_reason,
        ).where(LotPassport.lot_id == lot, LotPassport.revoked_at.is_not(None)),
    ]  # fmt: skip
