"""Desk pages of attachments: attach, read, look whether the bytes are unchanged, withdraw. Whose they are, `subjects` knows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from flask import Blueprint, Response, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext

from wms.core.clock import now
from wms.core.errors import BadAttachment
from wms.core.ids import FileId
from wms.db import run_in_transaction
from wms.files import queries, schemas, service, serving, subjects, words
from wms.files.rules import MB
from wms.web.auth import actor_id, requires
from wms.web.forms import parse_form
from wms.web.uploads import FILES_MAX, takes_files

bp = Blueprint("files", __name__)


@bp.post("/attachments/<string(maxlength=24):subject_kind>/<int:subject_id>")
@requires("file.attach", anywhere=True)
@takes_files
def attach(subject_kind: str, subject_id: int) -> Any:
    """Attach files to a record."""
    where = subjects.demand_attach(subject_kind, subject_id)
    values = parse_form(schemas.AttachIn())
    mb = current_app.config["WMS"].file_mb_max
    sent = [one for one in request.files.getlist("file") if one.filename]
    if not sent or len(sent) > FILES_MAX:
        raise BadAttachment(name=gettext("Files"), why="file_count", mb=mb)
    kept = [
        service.keep_file(
            one.stream.read(), name=one.filename or "", data_dir=Path(current_app.config["WMS"].data_dir),
            bytes_max=mb * MB,
        )
        for one in sent
    ]  # fmt: skip
    run_in_transaction(
        service.attach_all, kept, subject_kind=subject_kind, subject_id=subject_id, kind=values["kind"],
        expires_on=values["expires_on"], actor=actor_id(), at=now(),
    )  # fmt: skip
    flash(gettext("The file is attached."))
    return redirect(where.page)


@bp.get("/attachments/<int:file_id>")
@requires("stock.view", "catalog.view", "receive", anywhere=True)
def attachment(file_id: int) -> Any:
    """Show one attachment: what it is, its hash, and whether the bytes on disk are still those that were attached."""
    found = queries.get_attachment(FileId(file_id))
    where = subjects.see_file(found.file)
    return render_template(
        "files/attachment.html",
        row=found,
        file=found.file,
        where=where,
        found_sha256=service.hash_of(serving.place_of(found.file)),
        kinds=words.KINDS,
        may_withdraw=subjects.may_attach(found.file.subject_kind, where),
    )


@bp.get("/attachments/<int:file_id>/content")
@requires("stock.view", "catalog.view", "receive", anywhere=True)
def content(file_id: int) -> Response:
    """Give the bytes: a photo to look at, anything else to save."""
    found = queries.get_attachment(FileId(file_id)).file
    subjects.see_file(found)
    return serving.give(found)


@bp.post("/attachments/<int:file_id>/withdraw")
@requires("file.attach", anywhere=True)
def withdraw(file_id: int) -> Any:
    """Let an attachment count no more."""
    found = queries.get_attachment(FileId(file_id)).file
    subjects.see_file(found)
    subjects.demand_attach(found.subject_kind, found.subject_id)
    values = parse_form(schemas.WithdrawIn())
    run_in_transaction(service.withdraw, found.id, reason=values["reason"], actor=actor_id(), at=now())
    flash(gettext("The file is withdrawn."))
    return redirect(url_for("files.attachment", file_id=file_id))
