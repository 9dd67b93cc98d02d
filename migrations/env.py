"""Alembic's entry: the metadata of every package, on the engine that `sqlalchemy.url` or an open connection names."""

from alembic import context
from sqlalchemy import create_engine, pool

import wms.db.types as types
from wms.app import load_models
from wms.db import WRITE, Base

load_models()


def _render(kind: str, thing: object, autogen_context: object) -> str | bool:
    """Keep our column types out of migrations: they write what the database sees."""
    if kind == "type" and isinstance(thing, types.QuantityType):
        return "sa.BigInteger()"
    if kind == "type" and isinstance(thing, types.UtcDateTime):
        return "sa.DateTime(timezone=True)"
    return False


def _run() -> None:
    url = context.config.get_main_option("sqlalchemy.url") or ""
    patience = {"timeout": 30} if url.startswith("sqlite") else {}
    engine = create_engine(url, poolclass=pool.NullPool, connect_args=patience)
    with engine.connect().execution_options(**{WRITE: True}) as connection:
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            render_as_batch=True,
            render_item=_render,
            transactional_ddl=True,
        )
        with context.begin_transaction():
            context.run_migrations()


_run()
