"""Giving a file out: as what it is, as a file to save, in a box without script. A photo alone is shown in the browser."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from flask import Response, current_app, send_file

from wms.core.errors import AttachmentChanged
from wms.files.models import StoredFile
from wms.files.rules import IMAGES
from wms.files.service import is_unchanged, path_of

#: Whatever a browser makes of the bytes, it may load nothing, run nothing, and is of no origin.
_BOX: Final = "default-src 'none'; img-src 'self'; style-src 'unsafe-inline'; sandbox"


def give(file: StoredFile) -> Response:
    """Give the bytes of a file. Raises AttachmentChanged when they are not those that were attached."""
    path = place_of(file)
    if not is_unchanged(path, file.sha256):
        raise AttachmentChanged(name=file.name or str(file.id), sha256=file.sha256[:16])
    is_shown = file.content_type in IMAGES
    response = send_file(
        path, mimetype=file.content_type, as_attachment=not is_shown, download_name=file.name or f"{file.id}"
    )
    response.headers["Content-Security-Policy"] = _BOX
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    return response


def place_of(file: StoredFile) -> Path:
    """Say where a file lies on this machine."""
    return path_of(file.sha256, data_dir=Path(current_app.config["WMS"].data_dir)).absolute()
