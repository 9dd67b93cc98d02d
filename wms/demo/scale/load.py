"""Load it: plan, write day by day, make the indexes anew, tell the planners; one transaction, the progress told."""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from datetime import time as time_of_day
from typing import Any
from zoneinfo import ZoneInfo

import click
from sqlalchemy import Engine, select, text

from config import Config
from wms.accounts.service import register_device
from wms.audit.context import acting
from wms.core.clock import local_day, now
from wms.core.errors import Unavailable
from wms.core.ids import SYSTEM_USER
from wms.db import db, run_in_transaction
from wms.demo import everything as demo
from wms.demo import sites
from wms.demo.scale import ground, lots, papers
from wms.demo.scale.bulk import Bulk
from wms.demo.scale.history import History, first_id
from wms.demo.scale.sizes import Size
from wms.sites.models import Warehouse
from wms.sites.service import set_up

Tell = Callable[[str], Any]
_BULKY = (
    "bin", "lot", "lpn", "receipt", "receipt_line", "stock_posting", "stock_move", "stock_balance", "stock_claim", "task",
    "customer_order", "order_line", "pick_list", "shipment", "load_line", "tag", "passage", "alert",
)  # fmt: skip
#: Shares of the work, as the bar shows it.
_HISTORY, _PAPERS, _INDEXES = 0.55, 0.65, 0.92


def load_scale(
    config: Config, *, rows: int, number: int = demo.NUMBER, on: date | None = None, tell: Tell = print
) -> bool:
    """Load a warehouse of so many stock rows into an empty database; False when there are warehouses already."""
    if db.session.execute(select(Warehouse.id).limit(1)).first() is not None:
        db.session.rollback()
        return False
    size = Size(rows=rows, number=number, on=on or local_day(now(), sites.PLANS[0].timezone))
    began = time.monotonic()
    tell(f"Loading {size.rows} stock rows and {size.moves} moves (seed {number}, day {size.on}) ...")
    with _bulk_connection(db.engine), acting(SYSTEM_USER, reason="demo data"), _progress(tell) as show:
        secrets, written = run_in_transaction(_load, size, first_port=config.emulator_port, show=show)
        _tell_planners(db.engine)
        show(1.0)
    demo._keep(config, secrets)
    seconds = time.monotonic() - began
    tell(f"  {written} rows in {seconds:.0f} s")
    return True


def _load(size: Size, *, first_port: int, show: Callable[[float], None]) -> tuple[demo.Secrets, int]:
    rng = random.Random(size.number)
    at = datetime.combine(size.on, time_of_day(), ZoneInfo(sites.PLANS[0].timezone))
    set_up(company_name=demo.COMPANY, at=at, is_demo=True)
    bulk, base = Bulk(db.session()), first_id(size)
    with bulk.set_aside(_BULKY, tell=lambda part: show(_PAPERS + part * (_INDEXES - _PAPERS))):
        made = ground.lay(size, bulk, base=base, first_port=first_port, at=at, rng=rng)
        plan = lots.think_up(size, made, rng)
        history = History(size, made, plan, bulk, base=base, rng=rng)
        history.run(lambda part: show(part * _HISTORY))
        papers.write(history)
        history.write_balances()
        show(_PAPERS)
    bulk.restart("stock_posting", "seq", history.seq)
    _device, secret = register_device(
        name=demo.DEVICE, warehouse_id=made.houses[0].site.id, actor=made.staff["admin"], at=at
    )
    return demo.Secrets(gateway_token=made.gateway_token, device_secret=secret), bulk.written


# -- the connection -----------------------------------------------------------------------------------------------------
@contextmanager
def _bulk_connection(engine: Engine) -> Iterator[None]:
    """On SQLite, keys off and a rollback journal while loading: new pages are then written once, and still all or none."""
    if engine.dialect.name != "sqlite":
        yield
        return
    db.session.remove()
    engine.dispose()
    _pragmas(engine, "journal_mode=DELETE", "foreign_keys=OFF", "cache_size=-262144", "temp_store=FILE", "threads=2")
    try:
        yield
    finally:
        db.session.remove()
        engine.dispose()


def _pragmas(engine: Engine, *settings: str) -> None:
    """Set the one connection that the pool holds; the session will get this very one."""
    connection = engine.raw_connection()
    try:
        for setting in settings:
            said = connection.cursor().execute(f"PRAGMA {setting}").fetchone()
            if setting.startswith("journal_mode") and said[0] != "delete":
                raise Unavailable(what="the database file is in use; stop what works on it and try again")
    finally:
        connection.close()


def _tell_planners(engine: Engine) -> None:
    """Let both planners count what stands there now; on PostgreSQL mark the pages as seen by all, too."""
    if engine.dialect.name == "postgresql":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM (ANALYZE)"))
        return
    raw = engine.raw_connection()  # a connection of the engine would stand in a transaction, and lose it
    try:
        raw.cursor().execute("ANALYZE")
    finally:
        raw.close()


# -- progress -------------------------------------------------------------------------------------------------------------
@contextmanager
def _progress(tell: Tell) -> Iterator[Callable[[float], None]]:
    """A bar on a terminal; elsewhere a line every tenth of the way."""
    done = 0
    if sys.stdout.isatty():
        with click.progressbar(length=1000, label="  loading") as bar:

            def move(part: float) -> None:
                nonlocal done
                bar.update(int(part * 1000) - done)
                done = int(part * 1000)

            yield move
        return

    def say(part: float) -> None:
        nonlocal done
        if int(part * 10) > done:
            done = int(part * 10)
            tell(f"  {done * 10} %")

    yield say
