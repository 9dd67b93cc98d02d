"""Attachments for machines: certificates from a laboratory's system, photos, delivery notes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from flask import Response, current_app

from wms.core.clock import now
from wms.core.ids import FileId
from wms.db.paging import Page
from wms.files import queries, schemas, service, serving, subjects
from wms.files.queries import Attachment
from wms.files.rules import MB
from wms.web import api
from wms.web.api import reads, writes
from wms.web.auth import actor_id, requires
from wms.web.uploads import takes_files

bp = api.blueprint("files_api", __name__)


@bp.get("/attachments")
@requires("stock.view", "catalog.view", "receive", anywhere=True)
@reads(query=schemas.AttachmentsQuery(), answer=schemas.AttachmentOut(), paged=True)
def attachments(query: dict[str, Any]) -> Page[Attachment]:
    """List the attachments of a record, the newest first, withdrawn ones too."""
    subjects.see(query["subject_kind"], query["subject_id"])
    return queries.page_of_attachments(
        query["subject_kind"], query["subject_id"], cursor=query["cursor"], size=query["limit"]
    )


@bp.get("/attachments/<int:attachment_id>")
@requires("stock.view", "catalog.view", "receive", anywhere=True)
@reads(answer=schemas.AttachmentOut())
def attachment(attachment_id: int) -> Attachment:
    """Give what is known of an attachment, with the SHA-256 of its bytes."""
    return _seen(attachment_id)


@bp.get("/attachments/<int:attachment_id>/content")
@requires("stock.view", "catalog.view", "receive", anywhere=True)
@reads(answer=None, media=schemas.MEDIA)
def content(attachment_id: int) -> Response:
    """Give the bytes of an attachment, as the type their content is.

    Refused with `attachment_changed` when the bytes on disk are not those that were attached.
    """
    return serving.give(_seen(attachment_id).file)


@bp.get("/attachments/<int:attachment_id>/verification")
@requires("stock.view", "catalog.view", "receive", anywhere=True)
@reads(answer=schemas.VerifiedOut())
def verification(attachment_id: int) -> dict[str, Any]:
    """Read the bytes of an attachment again and say whether they are those that were attached."""
    file = _seen(attachment_id).file
    found = service.hash_of(serving.place_of(file))
    return {"id": file.id, "sha256": file.sha256, "found_sha256": found, "is_unchanged": found == file.sha256}


def _keep(values: dict[str, Any]) -> dict[str, Any]:
    """Look at the content and keep it: slow, so before the transaction; and only for who may attach."""
    subjects.demand_attach(values["subject_kind"], values["subject_id"])
    kept = service.keep_file(
        values["content"], name=values["name"], data_dir=Path(current_app.config["WMS"].data_dir),
        bytes_max=current_app.config["WMS"].file_mb_max * MB,
    )  # fmt: skip
    return {name: value for name, value in values.items() if name not in ("content", "name")} | {"kept": kept}


@bp.post("/attachments")
@requires("file.attach", anywhere=True)
@takes_files
@writes(
    body=schemas.NewAttachmentIn(), answer=schemas.AttachmentOut(), status=201, offers=("files.attach",), prepares=_keep
)
def attach(values: dict[str, Any]) -> Attachment:
    """Attach a file, as base64, to a record.

    What it is, is judged by its content: JPEG, PNG, WebP, PDF, XLSX, DOCX (without macros), CSV or plain text in UTF-8, at
    most as large as the site allows (15 MB by default). Refused with `bad_attachment`: anything else, a damaged file, a
    name that says another kind. The same bytes of the same kind hang once on a record: sent again, the first is given.
    """
    (made,) = service.attach_all([values.pop("kept")], **values, actor=actor_id(), at=now())
    return queries.get_attachment(made)


@bp.post("/attachments/<int:attachment_id>/withdraw")
@requires("file.attach", anywhere=True)
@writes(body=schemas.WithdrawIn(), answer=schemas.AttachmentOut(), offers=("files.withdraw",))
def withdraw(attachment_id: int, values: dict[str, Any]) -> Attachment:
    """Let an attachment count no more, as one attached by mistake.

    It stays, with who withdrew it and why, and can still be read. Refused when it is withdrawn already.
    """
    found = _seen(attachment_id).file
    subjects.demand_attach(found.subject_kind, found.subject_id)
    service.withdraw(found.id, reason=values["reason"], actor=actor_id(), at=now())
    return queries.get_attachment(found.id)


def _seen(attachment_id: int) -> Attachment:
    found = queries.get_attachment(FileId(attachment_id))
    subjects.see_file(found.file)
    return found
