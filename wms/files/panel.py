"""What the panel of attachments on a record's page shows: macros/attachments.html draws it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import current_app

from wms.files import queries, subjects, words
from wms.files.models import FileKind
from wms.files.queries import Attachment
from wms.files.rules import MB
from wms.files.subjects import Whereabouts


@dataclass(frozen=True)
class Panel:
    """The files of one record, and whether this person may attach more."""

    subject_kind: str
    subject_id: int
    rows: Sequence[Attachment]
    may_attach: bool
    mb_max: int
    kinds: Mapping[FileKind, Any]
    choices: Sequence[tuple[str, Any]]

    @property
    def bytes_max(self) -> int:
        """The bound of one file, for the browser."""
        return self.mb_max * MB


def panel(subject_kind: str, subject_id: int, *, known: Whereabouts | None = None) -> Panel:
    """Give the panel of a record that this person may see; the kind must have been told of (subjects.tell_of).

    A page that has read the record says where it stands by `known`, so that it is not read again.
    """
    where = subjects.see(subject_kind, subject_id, known=known)
    return Panel(
        subject_kind=subject_kind,
        subject_id=subject_id,
        rows=queries.attachments_of(subject_kind, subject_id),
        may_attach=subjects.may_attach(subject_kind, where),
        mb_max=current_app.config["WMS"].file_mb_max,
        kinds=words.KINDS,
        choices=words.choices(),
    )
