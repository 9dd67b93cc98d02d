"""Evidence on the command line: seal, verify, export."""

from __future__ import annotations

from pathlib import Path

import click

from config import Config
from wms.cli import application, verbs


@verbs.command("seal")
@click.option(
    "--restored", metavar="WHY", default="", help="First note in the anchor that this database was restored, and why."
)
def seal(restored: str) -> None:
    """Seal the records that wait, as the job does every five minutes."""
    with application(Config.from_env()):
        from wms.audit.context import acting
        from wms.core.clock import now
        from wms.core.ids import SYSTEM_USER
        from wms.db import db, run_in_transaction
        from wms.evidence import queries, service

        with acting(SYSTEM_USER, reason="seal"):
            if restored.strip():
                seq = run_in_transaction(service.note_restore, restored, actor=SYSTEM_USER, at=now())
                click.echo(f"noted in the anchor: restored, the chain goes on from block {seq}")
            found = queries.late_records(now())
            db.session.commit()
            records = 0
            while any(
                (step := run_in_transaction(service.seal_next, actor=SYSTEM_USER, at=now(), found=found)).values()
            ):
                records += step["records"]
        head = queries.last_block()
        click.echo(
            f"{records} records sealed; the head is {f'block {head.block.seq} {head.hash}' if head else 'none yet'}"
        )


@verbs.command("verify")
@click.option("--quick", is_flag=True, help="The chain, the last two days and one part in 28, as the daily job does.")
@click.pass_context
def verify(context: click.Context, quick: bool) -> None:
    """Hold the records against their seals and the anchor; ends with 1 and the first broken record when any is."""
    with application(Config.from_env()):
        from wms.core.clock import now
        from wms.evidence import anchor, verifying

        found = verifying.verify(at=now(), is_full=not quick)
        for fault in found.faults:
            click.echo(f"BROKEN {fault.text}")
        click.echo(
            f"{'whole' if found.is_whole else 'broken'}: {found.records} records in {found.blocks} blocks,"
            f" {found.waiting} wait for the next block, {found.seconds:.1f} s"
        )
        click.echo(f"the last block: {found.head} {found.head_hash}")
        for key, first in found.keys.items():
            click.echo(f"signed from block {first} on by key {key}")
        click.echo(f"anchor: {anchor.path()}")
    if not found.is_whole:
        context.exit(1)


@verbs.command("evidence-export")
@click.argument("folder", type=click.Path(path_type=Path))
def evidence_export(folder: Path) -> None:
    """Write all sealed records, the chain and the anchor into FOLDER, with the script that checks them anywhere."""
    with application(Config.from_env()):
        from wms.evidence.export import SCRIPT, export

        blocks, records = export(folder)
        click.echo(
            f"{records} records in {blocks} blocks; check them anywhere: python3 {folder / SCRIPT.name} {folder}"
        )
