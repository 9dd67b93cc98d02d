"""The command line: processes (web, jobs, rfid-gateway, emulator, all) and verbs (migrate, seed, user, epc ...).

Each module here holds the verbs of one matter and is imported at the end of this one, which registers them. Heavy parts are imported inside the verbs, so that `run.py epc` starts at once. A wrong set of WMS_* settings is told
whole and ends with code 2; a refusal is told in one sentence and ends with code 1.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from config import BadConfig, Config

if TYPE_CHECKING:
    from flask import Flask

    from wms.core.ids import WarehouseId

MakeApp = Callable[[Config | None], "Flask"]


def main(make_app: MakeApp, arguments: Sequence[str] | None = None) -> int:
    """Run one verb (web when none is named) and give the exit code; `make_app` builds the application when needed."""
    words = list(sys.argv[1:] if arguments is None else arguments) or ["web"]
    try:
        code = verbs.main(words, prog_name="run.py", standalone_mode=False, obj=make_app)
        return code if isinstance(code, int) else 0
    except BadConfig as wrong:
        click.echo("The settings cannot be used:", err=True)
        for fault in str(wrong).split("; "):
            click.echo(f"  {fault}", err=True)
        return 2
    except click.exceptions.Exit as ended:
        return ended.exit_code
    except click.ClickException as wrong:
        wrong.show()
        return wrong.exit_code
    except (click.Abort, KeyboardInterrupt):
        return 130


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def verbs() -> None:
    """Warehouse management with the lot as the unit of control."""


@contextmanager
def application(config: Config | None = None) -> Iterator[Flask]:
    """Stand inside the application; a refusal becomes one sentence."""
    from wms.core.errors import WmsError

    app = click.get_current_context().find_root().obj(config)
    with app.app_context():
        try:
            yield app
        except WmsError as refused:
            from wms.web.sentences import sentence

            raise click.ClickException(sentence(refused)) from refused


def migrate_database(config: Config) -> None:
    """Bring the database of `config` to the newest schema."""
    from wms.db.migrate import upgrade

    app = click.get_current_context().find_root().obj(config)
    upgrade(app.config["SQLALCHEMY_DATABASE_URI"])


def warehouse_id(code: str) -> WarehouseId:
    """Give the id of the warehouse with this code; NotFound when there is none."""
    from wms.core.errors import NotFound
    from wms.sites import queries

    found = queries.find_warehouse(code)
    if found is None:
        raise NotFound(kind="warehouse", text=code)
    return found.id


# The verbs register themselves on `verbs`.
from wms.cli import (  # noqa: E402, F401
    api,
    backup,
    cert,
    codes,
    evidence,
    files,
    imports,
    installation,
    people,
    processes,
    signing,
    site,
    trace,
)
