"""The words of attachments; pages only."""

from typing import Any, Final

from flask_babel import lazy_gettext

from wms.files.models import FileKind

_ = lazy_gettext

KINDS: Final[dict[FileKind, Any]] = {
    FileKind.CERTIFICATE: _("Certificate (COA)"),
    FileKind.DELIVERY_NOTE: _("Delivery note"),
    FileKind.PHOTO: _("Photo"),
    FileKind.OTHER: _("Other document"),
}


def choices() -> list[tuple[str, Any]]:
    """Give the choices of a form: (value, words)."""
    return [(kind.value, said) for kind, said in KINDS.items()]
