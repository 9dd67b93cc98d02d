"""The database edge: the `db` extension, the model base, and `run_in_transaction`, the only place that commits.

SQLite is driven by hand (docs/decisions/0005): BEGIN IMMEDIATE for a verb, plain BEGIN for reads, WAL, foreign keys on,
synchronous FULL. PostgreSQL runs at READ COMMITTED with guarded updates and one lock order (docs/decisions/0007).
"""

import random
import sqlite3
import time
from collections import Counter
from collections.abc import Callable
from datetime import date, datetime
from typing import Any, ParamSpec, TypeVar

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import BigInteger, Date, Engine, MetaData, event
from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError
from sqlalchemy.orm import DeclarativeBase, Session, registry
from sqlalchemy.pool import QueuePool

from wms.core.errors import OutcomeUnknown, ProgrammingError
from wms.core.ids import ID_TYPES
from wms.core.quantity import Quantity
from wms.db import outage
from wms.db.types import QuantityType, UtcDateTime

P = ParamSpec("P")
R = TypeVar("R")

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """The base of every model. Ids are BIGINT, `*_at` aware UTC, quantities exact."""

    registry = registry(
        metadata=MetaData(naming_convention=NAMING),
        type_annotation_map={
            **{kind: BigInteger for kind in ID_TYPES},
            int: BigInteger,
            Quantity: QuantityType,
            datetime: UtcDateTime,
            date: Date,
        },
    )


db = SQLAlchemy(
    model_class=Base,
    session_options={"expire_on_commit": False, "autoflush": True},
    disable_autonaming=True,
)

WRITE = "wms_write"
_COUNTS = "wms_counts"
_COMMITTED = "wms_committed"
_TRIES = 5
_RETRYABLE_STATES = {"40001", "40P01"}  # serialization failure, deadlock
_UNIQUE_VIOLATION = "23505"  # of PostgreSQL; SQLite has one writer, which nobody outruns
#: A locked SQLite file that was waited for this long has had its wait (`sqlite_wait_seconds`): it is not tried again.
_BUSY_AT_ONCE_SECONDS = 0.5
#: libpq's names. A server that vanished without a word is given up after half a minute and not after two hours.
_POSTGRES_PATIENCE = {
    "connect_timeout": 5,
    "keepalives_idle": 15,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}


def engine_options(url: str, *, sqlite_wait_seconds: int = 30) -> dict[str, Any]:
    """Say how to open the engine for this database URL: pool, patience, and the driver left to us on SQLite.

    Values of statements stay out of error messages, and so out of the log: passwords' hashes are among them.
    """
    if url.startswith("sqlite"):
        return {
            "poolclass": QueuePool,
            "pool_size": 20,
            "max_overflow": 20,
            "pool_timeout": 10,
            "hide_parameters": True,
            "connect_args": {"timeout": sqlite_wait_seconds, "check_same_thread": False, "isolation_level": None},
        }
    return {
        "pool_size": 10,
        "max_overflow": 20,
        "pool_pre_ping": True,
        "pool_timeout": 10,
        "hide_parameters": True,
        "connect_args": {name: value for name, value in _POSTGRES_PATIENCE.items() if f"{name}=" not in url},
    }


@event.listens_for(Engine, "connect")
def _prepare_connection(connection: Any, _record: Any) -> None:
    if isinstance(connection, sqlite3.Connection):
        connection.isolation_level = None
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            "recursive_triggers=ON",
            "mmap_size=0",
        ):
            connection.execute(f"PRAGMA {pragma}")


@event.listens_for(Engine, "begin")
def _begin(connection: Any) -> None:
    if connection.dialect.name == "sqlite":
        write = connection.get_execution_options().get(WRITE)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")


def end_read() -> None:
    """End the read transaction that the edge left open (loading the user opens one); refuse over unsaved changes."""
    session = db.session()
    if session.new or session.dirty or session.deleted:
        raise ProgrammingError(what="unsaved changes before a transaction")
    session.commit()
    session.info.pop(WRITE, None)


def in_write_transaction(session: Session) -> bool:
    """Say whether `session` stands inside run_in_transaction."""
    return bool(session.info.get(WRITE))


def let_go() -> None:
    """Give up what this request's session holds; a dead connection is thrown away without a word to it."""
    session = db.session()
    try:
        session.rollback()
    except SQLAlchemyError:
        session.invalidate()


def has_committed() -> bool:
    """Say whether this request (or run) has committed anything: then "nothing was changed" would not be true."""
    return bool(db.session().info.get(_COMMITTED))


_counter: list[Callable[[str, str, int], None]] = []


def count_with(counter: Callable[[str, str, int], None]) -> None:
    """Hand over who counts: called with the name of what happened, its kind, and how often."""
    _counter[:] = [counter]


def count_when_done(name: str, kind: str = "") -> None:
    """Count something once the present transaction is committed; what is rolled back never happened."""
    db.session().info.setdefault(_COUNTS, Counter())[name, kind] += 1


def _tell_counts(counts: Counter[tuple[str, str]]) -> None:
    for counter in _counter:
        for (name, kind), times in counts.items():
            counter(name, kind, times)


def run_in_transaction(verb: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Run one verb, commit once; roll back on any error; run it again on a deadlock or serialization failure.

    Once more also when another transaction was first with a key or code that this one looked for and did not find: looked
    at again, the verb says so in its own words.

    Called by an edge only: a route, an API view, a scheduled run, a CLI verb. The verb has no effect but in the
    database, so running it again is safe. Raises Unavailable when the database cannot be reached or its disk is full,
    OutcomeUnknown when the connection broke during the commit itself.
    """
    session = db.session()
    if in_write_transaction(session):
        raise ProgrammingError(what="a transaction inside a transaction")
    try:
        end_read()
    except DBAPIError as failed:
        let_go()
        if (unavailable := outage.unavailable_from(failed)) is None:
            raise
        raise unavailable from failed
    for attempt in range(1, _TRIES + 1):
        began = time.monotonic()
        is_committing = False
        try:
            session.info[WRITE] = True
            session.connection(execution_options={WRITE: True})
            result = verb(*args, **kwargs)
            is_committing = True
            session.commit()
        except BaseException as failed:
            let_go()
            session.info.pop(_COUNTS, None)
            if not isinstance(failed, SQLAlchemyError):
                raise
            was_outrun = attempt == 1 and _state_of(failed) == _UNIQUE_VIOLATION
            if was_outrun or (attempt < _TRIES and _is_retryable(failed, after_seconds=time.monotonic() - began)):
                _tell_counts(Counter({("retry", ""): 1}))
                time.sleep(random.uniform(0.01, 0.05) * 2**attempt)
                continue
            unavailable = outage.unavailable_from(failed)
            if unavailable is None:
                raise
            if is_committing and isinstance(failed, DBAPIError) and failed.connection_invalidated:
                raise OutcomeUnknown(**unavailable.data) from failed
            raise unavailable from failed
        else:
            session.info[_COMMITTED] = True
            _tell_counts(session.info.pop(_COUNTS, Counter()))
            return result
        finally:
            session.info.pop(WRITE, None)
    raise AssertionError("unreachable")


def _state_of(failed: SQLAlchemyError) -> str | None:
    """The SQLSTATE of a failure; None where there is none."""
    state: str | None = getattr(failed.orig, "sqlstate", None) if isinstance(failed, DBAPIError) else None
    return state


def _is_retryable(failed: SQLAlchemyError, *, after_seconds: float) -> bool:
    """A deadlock, a serialization failure, a busy SQLite file, or two random ids that met (see core/ids.py)."""
    if not isinstance(failed, DBAPIError):
        return False
    if _state_of(failed) in _RETRYABLE_STATES:
        return True
    text = str(failed.orig)
    if isinstance(failed, IntegrityError):
        return "pk_" in text
    return "database is locked" in text and after_seconds < _BUSY_AT_ONCE_SECONDS
