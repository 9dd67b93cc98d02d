"""Backup, restore, and which version this is."""

from __future__ import annotations

import contextlib
from pathlib import Path

import click

from config import Config
from wms.cli import application, verbs


@verbs.command()
@click.argument("file", required=False, type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "--with-secrets", is_flag=True, help="Put the key that signs sessions in as well; keep such a file locked up."
)
@click.option("--verify", is_flag=True, help="Make none: restore FILE into a scratch place, audit it, throw that away.")
def backup(file: Path | None, with_secrets: bool, verify: bool) -> None:
    """Write the database and the attachments into one archive, FILE; people go on working meanwhile."""
    if verify and file is None:
        raise click.UsageError("--verify needs the FILE to try")
    config = Config.from_env()
    with application(config):
        from wms.backup import making
        from wms.core.clock import now

        if verify and file is not None:
            _verify(file, config)
            return
        made = making.make(
            config, file or making.default_path(config, now()), with_secrets=with_secrets, tell=click.echo
        )
        manifest = made.manifest
        _note(made)
        click.echo(
            f"{made.path}: {made.size_bytes / 1e6:.1f} MB, {manifest.engine} at migration {manifest.migration}, "
            f"{sum(manifest.counts.values())} rows, {len(manifest.files)} attachments, "
            + ("with the secrets" if manifest.has_secrets else "without the secret key (--with-secrets takes it in)")
        )
        click.echo(f"Try it with: run.py backup --verify {made.path}")
        if manifest.missing:
            raise click.exceptions.Exit(1)


def _note(made: object) -> None:
    """Record it where the system page shows it; a database of an older version has no such record yet."""
    from sqlalchemy import inspect

    from wms.backup import making, service
    from wms.backup.models import BackupRun
    from wms.core.clock import now
    from wms.db import db, run_in_transaction

    assert isinstance(made, making.Made)
    if not inspect(db.engine).has_table(BackupRun.__tablename__):
        return
    run_in_transaction(
        service.note_backup, made.path, size_bytes=made.size_bytes, made_at=made.made_at, verified="",
        host=making.host_name(), at=now(),
    )  # fmt: skip


def _verify(file: Path, config: Config) -> None:
    from wms.backup import restoring, service
    from wms.core.clock import now
    from wms.core.errors import Unavailable
    from wms.db import run_in_transaction

    manifest = restoring.verify(file, config, tell=click.echo)
    with contextlib.suppress(Unavailable):  # the backup is good whatever has become of the database
        run_in_transaction(service.note_verified, file, made_at=manifest.made_at, at=now())
    click.echo(
        f"{file}: good. Made {manifest.made_at:%Y-%m-%d %H:%M} UTC by version {manifest.version}; "
        f"{sum(manifest.counts.values())} rows, {len(manifest.files)} attachments; the ledger is whole"
    )


@verbs.command()
@click.argument("file", required=False, type=click.Path(dir_okay=False, path_type=Path))
@click.option("--replace", is_flag=True, help="Put it in the place of the data that stand there; they are kept aside.")
@click.option("--with-secrets", is_flag=True, help="Take the secrets out of the archive as well.")
@click.option("--undo", is_flag=True, help="Put back the data that a broken-off restore had set aside.")
def restore(file: Path | None, replace: bool, with_secrets: bool, undo: bool) -> None:
    """Put a backup in place, after its hashes and a ledger audit were found good. Stop web and jobs first."""
    if undo == (file is not None):
        raise click.UsageError("name the FILE to restore, or say --undo")
    config = Config.from_env()
    with application(config):
        from wms.backup import restoring

        if undo or file is None:
            found = restoring.undo(config)
            click.echo("the data from before the restore are back" if found else "there was nothing to undo")
            return
        done = restoring.restore(file, config, replace=replace, with_secrets=with_secrets, tell=click.echo)
        manifest = done.manifest
        click.echo(
            f"restored the data of {manifest.made_at:%Y-%m-%d %H:%M} UTC: {sum(manifest.counts.values())} rows, "
            f"{done.files} attachments; the ledger is whole"
        )
        if done.kept:
            click.echo(f"what stood there before is kept as {done.kept}; remove it when you are sure")
        if manifest.has_secrets and not with_secrets:
            click.echo("the secrets in the archive were left there (--with-secrets takes them out)")
        if manifest.missing:
            click.echo(f"{len(manifest.missing)} attachments were missing already when the backup was made")


@verbs.command()
def version() -> None:
    """Print which version this is and where the database stands."""
    from sqlalchemy.exc import SQLAlchemyError

    from wms.core.version import VERSION, build
    from wms.db import db, migrate

    click.echo(f"wms {VERSION}, build {build()}")
    with application(Config.from_env()):
        try:
            with db.engine.connect() as connection:
                state = migrate.state_of(connection)
        except SQLAlchemyError as away:
            raise click.ClickException(f"the database cannot be opened: {getattr(away, 'orig', away)}") from away
        words = "empty" if state.is_empty else f"at migration {state.at or 'unknown'}"
        click.echo(f"database: {db.engine.dialect.name}, {words}; needed: {state.head}")
        if state.left:
            click.echo(f"a migration or a restore broke off and left: {', '.join(state.left)}")
