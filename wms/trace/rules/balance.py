"""Which line of a mass balance a move over the wall belongs to. Pure."""

from __future__ import annotations

from typing import Final

#: (reason, outside kind) -> line, for goods that came in; then by the outside kind alone.
_IN: Final = {
    ("split", "consumed"): "split_in",
    ("merge", "consumed"): "merged_in",
    ("relabel", "consumed"): "relabelled_in",
}
_IN_BY_KIND: Final = {
    "supplier": "received",
    "customer": "returned",
    "consumed": "produced",
    "adjustment": "count_gains",
    # Goods thrown away that were taken out of the bin again: a gain like any other that nobody counted on.
    "scrap": "count_gains",
}
_OUT: Final = {
    ("split", "consumed"): "split_out",
    ("merge", "consumed"): "merged_out",
    ("relabel", "consumed"): "relabelled_out",
    ("sample", "consumed"): "sampled",
    ("sample", "scrap"): "sampled",
}
_OUT_BY_KIND: Final = {
    "supplier": "to_supplier",
    "customer": "shipped",
    "consumed": "consumed",
    "adjustment": "count_losses",
    "scrap": "destroyed",
}


def line_in(reason: str, kind: str, *, is_import: bool) -> str:
    """The line of goods that came in: what an import put there is opening stock."""
    if is_import and kind == "adjustment":
        return "opening"
    return _IN.get((reason, kind)) or _IN_BY_KIND[kind]


def line_out(reason: str, kind: str) -> str:
    """The line of goods that went out."""
    return _OUT.get((reason, kind)) or _OUT_BY_KIND[kind]
