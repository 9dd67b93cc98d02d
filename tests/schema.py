"""The schema in a fresh database, as an installation gets it: by the migrations, from nothing to head."""

from collections.abc import Iterator
from pathlib import Path

from alembic import command
from alembic.config import Config as AlembicConfig

from wms.db import Base

ROOT = Path(__file__).resolve().parent.parent


def make_schema(url: str) -> None:
    """Lay the schema in the database at `url` (as in WMS_DATABASE_URL)."""
    import_models()
    if any((ROOT / "migrations" / "versions").glob("[0-9]*.py")):
        command.upgrade(alembic_config(url), "head")
        return
    from sqlalchemy import create_engine

    engine = create_engine(driver_url(url))
    try:
        Base.metadata.create_all(engine)
    finally:
        engine.dispose()


def alembic_config(url: str) -> AlembicConfig:
    """Give Alembic's settings for the database at `url`."""
    settings = AlembicConfig()
    settings.set_main_option("script_location", str(ROOT / "migrations"))
    settings.set_main_option("sqlalchemy.url", driver_url(url).replace("%", "%%"))
    return settings


def driver_url(url: str) -> str:
    """Name the psycopg 3 driver in a plain PostgreSQL URL."""
    return url.replace("postgresql://", "postgresql+psycopg://", 1)


def import_models() -> None:
    """Import every module that declares tables, so that the metadata is whole."""
    import importlib

    for module in model_modules():
        importlib.import_module(module)


def model_modules() -> Iterator[str]:
    """Name the modules under wms that declare tables."""
    for path in sorted((ROOT / "wms").rglob("*.py")):
        if "__tablename__" in path.read_text(encoding="utf-8") or path.name == "tables.py":
            yield ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
