"""What applying rows needs: who, when, for which run; and the marks that keep a row from coming in twice."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, update

from wms.core.ids import UserId, new_id
from wms.core.quantity import Quantity
from wms.db import db
from wms.imports.models import ImportMark


@dataclass(frozen=True, kw_only=True)
class Applying:
    """Who applies the rows of which run, when, and the hash of its file."""

    run: int
    sha256: str
    actor: UserId
    at: datetime


def identity_of(*parts: Any) -> str:
    """Name what tells one row from another by its hash."""
    return hashlib.sha256(json.dumps(parts, ensure_ascii=False, default=str).encode()).hexdigest()


def mark(kind: str, rows: Iterable[tuple[str, Quantity, int]], applying: Applying) -> None:
    """Keep (identity, quantity, row) of what came in."""
    made = [
        {"id": new_id(), "kind": kind, "identity": i, "quantity": q, "run_id": applying.run, "row": row}
        for i, q, row in rows
    ]
    if made:
        db.session.execute(insert(ImportMark.__table__), made)  # type: ignore[arg-type]


def mark_anew(known: ImportMark, quantity: Quantity, row: int, applying: Applying) -> None:
    """Keep another quantity under a mark that is there."""
    db.session.execute(
        update(ImportMark)
        .where(ImportMark.id == known.id)
        .values(quantity=quantity, run_id=applying.run, row=row)
        .execution_options(synchronize_session=False)
    )
