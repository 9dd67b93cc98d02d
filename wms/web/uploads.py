"""Views that take files: how much they may be sent, and in how many parts. Every other page keeps the bound of all.

@bp.post("/attachments/...")
@requires("file.attach")
@takes_files
def attach(): ...
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeVar

from flask import current_app, request

View = TypeVar("View", bound=Callable[..., Any])
FILES_MAX: Final = 10
#: The other fields of a form, and what stands around the parts.
_AROUND_BYTES: Final = 64 * 1024
_PARTS_MAX: Final = FILES_MAX + 20


def takes_files(view: View) -> View:
    """Mark a view that takes files: its bound follows the setting WMS_FILE_MB_MAX."""
    view.wms_takes_files = True  # type: ignore[attr-defined]
    return view


def bound(view: Any, *, is_api: bool) -> bool:
    """Set the bounds of this request when its view takes files; False when it takes none."""
    if not getattr(view, "wms_takes_files", False):
        return False
    bytes_max = current_app.config["WMS"].file_mb_max * 1024 * 1024
    # By the API a file comes as base64, four signs for three bytes.
    request.max_content_length = (-(-bytes_max // 3) * 4 if is_api else bytes_max) + _AROUND_BYTES
    request.max_form_parts = _PARTS_MAX
    request.max_form_memory_size = _AROUND_BYTES
    return True
