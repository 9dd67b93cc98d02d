"""The schema in a fresh database, as an installation gets it: by the migrations, from nothing to head."""

from pathlib import Path

from alembic.config import Config as AlembicConfig

from wms.db import migrate

ROOT = Path(__file__).resolve().parent.parent


def make_schema(url: str) -> None:
    """Lay the schema in the database at `url` (as in WMS_DATABASE_URL)."""
    migrate.upgrade(driver_url(url))


def alembic_config(url: str) -> AlembicConfig:
    """Give Alembic's settings for the database at `url`."""
    settings = AlembicConfig()
    settings.set_main_option("script_location", str(ROOT / "migrations"))
    settings.set_main_option("sqlalchemy.url", driver_url(url).replace("%", "%%"))
    return settings


def driver_url(url: str) -> str:
    """Name the psycopg 3 driver in a plain PostgreSQL URL."""
    return url.replace("postgresql://", "postgresql+psycopg://", 1)
