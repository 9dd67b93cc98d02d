"""A trace in JSON: every figure exact, as the command line and the API give it."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from datetime import date, datetime
from enum import Enum
from fractions import Fraction
from typing import Any

from wms.core.quantity import Quantity
from wms.trace.rules.graph import TraceResult

#: Fields that are ids: JSON readers lose digits beyond 2^53, so an id is text.
_IDS = frozenset(
    {
        "lot", "item", "partner", "receipt", "warehouse", "supplier", "work_order", "report", "bin", "lpn", "owner", "shipment",
        "order", "customer", "id", "source", "target", "posting", "document_id", "lots", "shipments", "as_of",
    }
)  # fmt: skip
#: What a record holds for reckoning, and what it is called where people and programs read it.
_SPELLED = {"taken": "source_quantity", "given": "target_quantity"}


def as_json(result: TraceResult) -> dict[str, Any]:
    """Spell a trace: fractions as {"numerator", "denominator"} in lowest terms, quantities as decimal text, ids as text.

    Nodes stand by level, item and number, the ends by lot and day, so that two traces of one moment are the same bytes
    but for `made_at` and `seconds`.
    """
    return {
        "start": _plain("start", result.start),
        "direction": result.direction.value,
        "as_of": _plain("as_of", result.as_of),
        "made_at": _plain("made_at", result.made_at),
        "seconds": round(result.seconds, 3),
        "why_no_shares": result.why_no_shares,
        "hidden": result.hidden,
        "counts": {
            "lots": len(result.nodes), "suppliers": len(result.suppliers), "work_orders": len(result.work_orders),
            "stock_lines": len(result.stock), "shipments": len(result.shipments), "customers": len(result.customers),
        },
        **{
            name: [_plain(name, one) for one in getattr(result, name)]
            for name in (
                "nodes", "edges", "suppliers", "receipts", "work_orders", "reports", "stock", "shipments", "customers",
            )
        },
    }  # fmt: skip


def _plain(name: str, value: Any) -> Any:
    if value is None or (isinstance(value, bool | str) and not isinstance(value, Enum)):
        return value
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Quantity):
        return str(value)
    if isinstance(value, Fraction):
        return {"numerator": str(value.numerator), "denominator": str(value.denominator)}
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, int):
        return str(value) if name in _IDS else value
    if names := _names_of(value):
        return {name: _plain(name, getattr(value, name)) for name in names} | _exact(value)
    if isinstance(value, tuple | list):
        return [_plain(name, one) for one in value]
    return str(value)


def _names_of(value: Any) -> list[str]:
    """The names of what a record holds, be it a dataclass or a named tuple; none of anything else."""
    if is_dataclass(value):
        return [part.name for part in fields(value)]
    return [_SPELLED.get(name, name) for name in getattr(value, "_fields", ())]


def _exact(value: Any) -> dict[str, Any]:
    """What follows from share and quantity, spelled too: nobody is to multiply fractions by hand."""
    return {
        name: _plain(name, getattr(value, name))
        for name in ("quantity", "goods", "out")
        if isinstance(getattr(type(value), name, None), property)
    }
