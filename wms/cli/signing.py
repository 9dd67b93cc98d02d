"""The site's signing keys: list them, begin a new one."""

from __future__ import annotations

import click

from config import Config
from wms.cli import application, verbs


@verbs.command("signing-key")
@click.option("--new", is_flag=True, help="Begin a new key; the old file is kept aside, old signatures stay genuine.")
def signing_key(new: bool) -> None:
    """List the public keys of this site's signatures, oldest first; the last one signs."""
    with application(Config.from_env()):
        from wms.core.clock import now
        from wms.db import run_in_transaction
        from wms.signing import keys, queries, service

        if new:
            aside = keys.rotate(now())
            click.echo(f"the old key is kept as {aside}" if aside else "this is the first key")
        run_in_transaction(service.note_key, now())
        for key in queries.list_keys():
            click.echo(f"{key.id}  since {key.made_at:%Y-%m-%d %H:%M} UTC  {key.public_key}")
