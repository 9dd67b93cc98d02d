"""Verbs of bins: block and unblock. What stands in a blocked bin stays, and may be counted, held and cleared."""

from __future__ import annotations

from sqlalchemy import update

from wms.core.errors import WrongState
from wms.core.ids import BinId
from wms.db import db
from wms.sites import queries
from wms.sites.models import Bin


def block_bin(bin_id: BinId, *, reason: str) -> None:
    """Let nothing in or out of a bin, with the reason. Raises NotFound, WrongState (blocked already, or outside)."""
    row = _locked(bin_id)
    if row.is_outside:
        raise WrongState(subject="bin", state="outside", event="block", needed=["inside"])
    if row.is_blocked:
        raise WrongState(subject="bin", state="blocked", event="block", needed=["open"])
    row.is_blocked, row.blocked_reason = True, reason
    db.session.flush()


def unblock_bin(bin_id: BinId) -> None:
    """Open a bin again. Raises NotFound, WrongState (not blocked)."""
    row = _locked(bin_id)
    if not row.is_blocked:
        raise WrongState(subject="bin", state="open", event="unblock", needed=["blocked"])
    row.is_blocked, row.blocked_reason = False, ""
    db.session.flush()


def _locked(bin_id: BinId) -> Bin:
    """The bin as it is now, its row ours until the end."""
    queries.get_bin(bin_id)
    db.session.execute(
        update(Bin).where(Bin.id == bin_id).values(code=Bin.code).execution_options(synchronize_session=False)
    )
    return db.session.get_one(Bin, bin_id, populate_existing=True)
