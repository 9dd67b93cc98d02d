"""The database edge: the `db` extension, the model base, and `run_in_transaction`, the only place that commits.

SQLite is driven by hand (docs/decisions/0005): BEGIN IMMEDIATE for a verb, plain BEGIN for reads, WAL, foreign keys on,
synchronous FULL. PostgreSQL runs at READ COMMITTED with guarded updates and one lock order (docs/decisions/0007).
"""

import random
import sqlite3
import time
from collections.abc import Callable
from datetime import date, datetime
from typing import Any, ParamSpec, TypeVar

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import BigInteger, Date, Engine, MetaData, event
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlalchemy.orm import DeclarativeBase, Session, registry
from sqlalchemy.pool import QueuePool

from wms.core.errors import ProgrammingError, Unavailable
from wms.core.ids import ID_TYPES
from wms.core.quantity import Quantity
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
_TRIES = 5
_RETRYABLE_STATES = {"40001", "40P01"}  # serialization failure, deadlock


def engine_options(url: str) -> dict[str, Any]:
    """Say how to open the engine for this database URL: pool, and the driver left to us on SQLite."""
    if url.startswith("sqlite"):
        return {
            "poolclass": QueuePool,
            "pool_size": 20,
            "max_overflow": 20,
            "connect_args": {"timeout": 30, "check_same_thread": False, "isolation_level": None},
        }
    return {"pool_size": 10, "max_overflow": 20, "pool_pre_ping": True, "pool_timeout": 10}


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
            "busy_timeout=30000",
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


def run_in_transaction(verb: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Run one verb, commit once; roll back on any error; run it again on a deadlock or serialization failure.

    Called by an edge only: a route, an API view, a scheduled run, a CLI verb. The verb has no effect but in the
    database, so running it again is safe. Raises Unavailable when the database cannot be reached or its disk is full.
    """
    session = db.session()
    if in_write_transaction(session):
        raise ProgrammingError(what="a transaction inside a transaction")
    end_read()
    for attempt in range(1, _TRIES + 1):
        try:
            session.info[WRITE] = True
            session.connection(execution_options={WRITE: True})
            result = verb(*args, **kwargs)
            session.commit()
            return result
        except DBAPIError as failed:
            session.rollback()
            if attempt == _TRIES or not _is_retryable(failed):
                if isinstance(failed, OperationalError):
                    raise Unavailable(what=str(failed.orig)[:200]) from failed
                raise
            time.sleep(random.uniform(0.01, 0.05) * 2**attempt)
        except BaseException:
            session.rollback()
            raise
        finally:
            session.info.pop(WRITE, None)
    raise AssertionError("unreachable")


def _is_retryable(failed: DBAPIError) -> bool:
    """A deadlock, a serialization failure, a busy SQLite file, or two random ids that met (see core/ids.py)."""
    state = getattr(failed.orig, "sqlstate", None)
    if state in _RETRYABLE_STATES:
        return True
    text = str(failed.orig)
    if isinstance(failed, IntegrityError):
        return "pk_" in text or "unique_race" in text
    return "database is locked" in text
