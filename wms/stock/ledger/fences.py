"""Fences around the ledger: no row of its tables through the ORM, no update or delete of what is append-only."""

from __future__ import annotations

from typing import Any

from sqlalchemy import event
from sqlalchemy.orm import Session

from wms.core.errors import ProgrammingError
from wms.stock.ledger.tables import StockBalance, StockClaim, StockMove, StockPosting

_OURS = (StockPosting, StockMove, StockBalance, StockClaim)


@event.listens_for(Session, "before_flush")
def _refuse_ledger_rows(session: Session, _context: Any, _instances: Any) -> None:
    """The ledger writes by plain statements, so a row of its tables in a flush is a mistake by definition."""
    for row in (*session.new, *session.dirty, *session.deleted):
        if isinstance(row, _OURS):
            raise ProgrammingError(what="a ledger row through the ORM", row=type(row).__name__)
