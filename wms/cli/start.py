"""Before a process starts: the database must stand where this version needs it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from config import Config

if TYPE_CHECKING:  # the gateway's machine has this file, and no Flask
    from flask import Flask


class StartRefused(SystemExit):
    """The process was not started; the message is the sentence for the person who tried.

    It ends any server that builds the application with that sentence and code 1, and without a traceback.
    """


def refuse_unfit_database(app: Flask) -> None:
    """Refuse to start (StartRefused) on a database that is empty, older, newer, broken off in a change, or not there."""
    from sqlalchemy.exc import SQLAlchemyError

    from wms.core.errors import WmsError
    from wms.db import db, migrate
    from wms.web.sentences import sentence

    with app.app_context():
        try:
            with db.engine.connect() as connection:
                migrate.demand_current(connection)
        except WmsError as refused:
            raise StartRefused(sentence(refused)) from None
        except SQLAlchemyError as away:
            said = str(getattr(away, "orig", None) or away).strip().splitlines()
            raise StartRefused(
                f"The database cannot be opened: {said[0] if said else 'no answer'}. Nothing was started; see that it "
                "runs and that WMS_DATABASE_URL names it, then start again."
            ) from None
        finally:
            db.engine.dispose()  # a server that forks must not share the connection


class NotForPeople(click.ClickException):
    """What is there is not for people at work; code 2, as for a wrong setting."""

    exit_code = 2


def demand_fit_for_people(app: Flask, config: Config) -> None:
    """Refuse to serve a demo, or with a key that others know, unless the settings say that it is for trying out."""
    from wms.demo import guard

    with app.app_context():
        why = guard.why_not_serve(config)
    if why:
        raise NotForPeople(why)


def refuse_the_demo(app: Flask, config: Config) -> None:
    """The same for a server that builds the application: the sentence on standard error, and code 2.

    Under gunicorn code 4, its own for an application that cannot be loaded: at any other it would start workers for ever.
    """
    try:
        demand_fit_for_people(app, config)
    except NotForPeople as refused:
        refused.show()
        raise SystemExit(4 if "gunicorn.arbiter" in sys.modules else refused.exit_code) from None


def demand_fit_database(app: Flask) -> None:
    """The same for a verb of the command line: one sentence, code 1. Tells of an SQLite that can damage its log."""
    import sqlite3

    from wms.jobs.system import SQLITE_SOUND

    try:
        refuse_unfit_database(app)
    except StartRefused as refused:
        raise click.ClickException(str(refused)) from None
    if app.config["WMS"].database_url.startswith("sqlite") and sqlite3.sqlite_version_info < SQLITE_SOUND:
        needed = ".".join(map(str, SQLITE_SOUND))
        click.echo(
            f"warning: SQLite {sqlite3.sqlite_version} can damage its write-ahead log (mended in {needed}); keep to one web "
            "and one jobs process, and to a nightly backup",
            err=True,
        )
