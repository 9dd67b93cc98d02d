"""Which errors mean that the database or a disk is away for now, and which are faults of ours.

An outage is answered with 503 and passes by itself; a fault is answered with 500 and somebody must look at it. A missing
table or wrong SQL is a fault, though SQLite's driver gives it the same class as a full disk.
"""

from __future__ import annotations

import errno
import sqlite3
from typing import Final

from sqlalchemy.exc import DBAPIError, OperationalError, PendingRollbackError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from wms.core.errors import Unavailable

#: Classes of SQLSTATE (PostgreSQL manual, appendix A): connection, resources, operator's intervention, system.
_STATE_CLASSES: Final = ("08", "53", "57", "58")
#: Deadlock and serialization failure that came back too often, a lock not got in time, a standby that does not write.
_STATES: Final = {"40001", "40P01", "55P03", "25006"}
#: Primary result codes of SQLite: busy, locked, memory, read-only, input/output, full, cannot open, locking protocol.
_SQLITE_CODES: Final = {5, 6, 7, 8, 10, 13, 14, 15}
_DISK: Final = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO, errno.EFBIG, errno.EMFILE, errno.ENFILE}
#: SQLAlchemy's code for a session that is used again after its connection broke (its other use is a fault of ours).
_LOST_AND_USED_AGAIN: Final = "8s2b"
_WHAT_LENGTH: Final = 200


def unavailable_from(error: BaseException) -> Unavailable | None:
    """Give what to answer when `error` is an outage of the database or a disk, None when it is something else."""
    if is_outage(error):
        return Unavailable(what=_words(error))
    return None


def is_outage(error: BaseException) -> bool:
    """Say whether `error` means that the database or a disk is away for now."""
    if isinstance(error, DBAPIError):
        return error.connection_invalidated or _is_of_driver(error)
    if isinstance(error, OSError):
        return error.errno in _DISK
    if isinstance(error, PendingRollbackError):
        return error.code == _LOST_AND_USED_AGAIN
    return isinstance(error, PoolTimeout)


def _is_of_driver(error: DBAPIError) -> bool:
    cause = error.orig
    if isinstance(cause, sqlite3.Error):
        return (getattr(cause, "sqlite_errorcode", None) or 0) & 0xFF in _SQLITE_CODES
    state = getattr(cause, "sqlstate", None)
    if state is None:  # no connection came about, or it broke: the server had no chance to say a state
        return isinstance(error, OperationalError)
    return state in _STATES or state.startswith(_STATE_CLASSES)


def _words(error: BaseException) -> str:
    cause = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    return " ".join(str(cause).split())[:_WHAT_LENGTH]
