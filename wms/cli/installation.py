"""The installation: the schema, the demo data, the tour, the audit of the ledger."""

from __future__ import annotations

import importlib
from typing import Any

import click

from config import Config
from wms.cli import application, migrate_database, verbs


@verbs.command()
def migrate() -> None:
    """Bring the database to the newest schema."""
    migrate_database(Config.from_env())
    click.echo("the database stands at the newest schema")


@verbs.command()
@click.option("--seed", "number", default=20261122, show_default=True, help="The number the data grow from.")
@click.option("--day", type=click.DateTime(["%Y-%m-%d"]), help="The day all dates are counted from; today by default.")
@click.option(
    "--scale", "rows", type=click.IntRange(1_000, 1_000_000), metavar="N",
    help="Instead of the demo, one large warehouse: N stock rows (1000 to 1000000) and five moves for each.",
)  # fmt: skip
def seed(number: int, day: Any, rows: int | None) -> None:
    """Load the demo warehouses into an empty database: the same each time from one number and day."""
    config = Config.from_env()
    migrate_database(config)
    with application(config):
        from wms.demo import everything as demo
        from wms.demo.scale.load import load_scale

        on = day.date() if day else None
        if rows is None:
            is_loaded = demo.load_once(config, number=number, on=on, tell=click.echo)
        else:
            is_loaded = load_scale(config, rows=rows, number=number, on=on, tell=click.echo)
        if not is_loaded:
            raise click.ClickException("this database has warehouses already; the demo data need an empty one")
        click.echo(demo.logins_text(config))


@verbs.command()
@click.argument("arguments", nargs=-1)
def tour(arguments: tuple[str, ...]) -> None:
    """Play the whole story on a temporary database with real processes; non-zero exit if a step is wrong."""
    make_app = click.get_current_context().find_root().obj
    raise click.exceptions.Exit(int(importlib.import_module("wms.tour").main(make_app, *arguments) or 0))


@verbs.command("ledger-audit")
def ledger_audit() -> None:
    """Replay the moves against balances and claims; non-zero exit and a line for each fault."""
    with application(Config.from_env()):
        from wms.db import db
        from wms.stock.ledger.audit import run_checks

        faults = run_checks(db.session())
        for fault in faults:
            click.echo(str(fault))
        click.echo(f"{len(faults)} faults" if faults else "the ledger is whole")
        if faults:
            raise click.exceptions.Exit(1)
