"""Who may bring in what: the right to import, and beside it the right that the form of the same matter asks for."""

from typing import Final

RUN: Final = "import.run"
#: What a kind asks for beside RUN.
KIND_RIGHTS: Final[dict[str, tuple[str, ...]]] = {
    "items": ("catalog.edit",),
    "partners": ("catalog.edit",),
    "bins": ("settings.edit",),
    "lots": ("count", "lot.type"),
    "orders": ("order.edit",),
    "history": ("lot.type",),
}
