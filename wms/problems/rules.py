"""What follows from a report, and what it must say. Pure."""

from __future__ import annotations

from typing import Final

from wms.core.errors import FieldErrors

#: The goods themselves are in doubt: the part goes on hold and to a cage.
DAMAGE: Final = frozenset({"damage", "wet", "seal_open"})
#: Only the label is wrong: a new one is printed, the place is counted.
LABEL: Final = frozenset({"label_unreadable", "wrong_label"})


def check_report(kind: str, *, has_quantity: bool, note: str) -> None:
    """Refuse damage and found goods without a quantity, and "other" without words: FieldErrors by the field's name."""
    faults: dict[str, list[str]] = {}
    if (kind in DAMAGE or kind == "found") and not has_quantity:
        faults["quantity"] = ["blank"]
    if kind == "other" and not note.strip():
        faults["note"] = ["blank"]
    if faults:
        raise FieldErrors(errors=faults)
