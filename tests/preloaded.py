"""What the fork server of tests.processes imports once, so that each racing process starts in hundredths of a second.

Its children are forked with all of it in memory. Importing the product takes a second and a half of processor time: eight
writers that each did so would race through the importing, one after the other, and hardly against each other.
"""

import gc
import importlib
import tempfile

import pytest
from sqlalchemy.orm import configure_mappers

from config import Config
from tests import given
from wms.app import create_app

create_app(Config(database_url=f"sqlite:///{tempfile.gettempdir()}/wms-never-opened.db", secret_key="0" * 32))
configure_mappers()
for name in ("psycopg", "wms.demo.everything"):
    importlib.import_module(name)
gc.collect()
gc.freeze()

__all__ = ["given", "pytest"]
