"""The anchor of the seals travels with a backup: it never knows more than the database, and never replaces another."""

from pathlib import Path

from config import Config
from tests.integration.backup.conftest import Work
from tests.integration.evidence.sealing import extend, seal
from wms.backup import making, restoring


def test_a_backup_carries_the_anchor_and_a_restore_puts_it_where_there_is_none(work: Work, elsewhere: Config) -> None:
    with work.app.app_context():
        seal()
        kept = work.config.anchor_path.read_bytes()
        made = making.make(work.config, work.folder / "anchored.zip")
        extend()
        seal()
    assert kept and work.config.anchor_path.read_bytes().startswith(kept)
    work.let_go()
    said: list[str] = []
    restoring.restore(made.path, elsewhere, tell=said.append)
    assert elsewhere.anchor_path.read_bytes() == kept
    ahead = work.config.anchor_path.read_bytes()
    restoring.restore(made.path, work.config, replace=True, tell=said.append)
    assert work.config.anchor_path.read_bytes() == ahead
    assert any("run.py seal --restored" in line for line in said)


def test_a_site_without_an_anchor_is_backed_up_as_before(work: Work) -> None:
    assert not work.config.anchor_path.exists()
    made = making.make(work.config, Path(work.folder) / "plain.zip")
    assert [member.name for member in made.manifest.members if member.name.startswith("anchor")] == []
