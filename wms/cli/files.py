"""Attached files on the command line: whether each is still what was attached."""

from __future__ import annotations

import click

from wms.cli import application, verbs


@verbs.group()
def files() -> None:
    """Attached files: photos, certificates, delivery notes."""


@files.command()
def verify() -> None:
    """Read every attached file again and compare its SHA-256; the exit code is 1 when one is changed or gone."""
    from wms.files import queries
    from wms.files.service import hash_of, path_of

    with application() as app:
        data_dir = app.config["WMS"].data_dir
        seen: dict[str, str | None] = {}
        count = faults = 0
        for file in queries.all_files():
            count += 1
            if file.sha256 not in seen:
                seen[file.sha256] = hash_of(path_of(file.sha256, data_dir=data_dir))
            found = seen[file.sha256]
            if found != file.sha256:
                faults += 1
                state = "gone" if found is None else f"changed, now {found}"
                click.echo(
                    f"{file.sha256} {state}: {file.subject_kind} {file.subject_id} {file.name or file.kind.value} ({file.id})"
                )
        click.echo(f"{count} attached files, {count - faults} unchanged, {faults} changed or gone")
        if faults:
            raise click.exceptions.Exit(1)
