"""A scan and the kinds allowed at a step -> one record, by one query.

What the label says of itself is read by gs1.scan without a database, and looked up by wms.scans. A wrong kind ("this is a
bin, scan the lot") is answered at once where the label shows it; a plain code is looked up among the allowed kinds only,
and, when nothing is found, once more among all, to say what it was instead.
"""

from collections.abc import Sequence
from typing import Any

from wms.core.errors import BadScan, NotFound, WrongKindScanned
from wms.core.ids import ItemId, WarehouseId
from wms.gs1 import scan as gs1
from wms.scans.kinds import EPC, FOUND_KINDS, ITEM, LOT, LPN
from wms.scans.queries import (
    Found,
    FoundBin,
    FoundItem,
    FoundLot,
    FoundLpn,
    FoundOrder,
    look_up,
    shown,
)

__all__ = ["Found", "FoundBin", "FoundItem", "FoundLot", "FoundLpn", "FoundOrder", "resolve"]


def resolve(
    text: str,
    kinds: Sequence[str],
    warehouse_id: WarehouseId,
    *,
    new_kinds: Sequence[str] = (),
    item_id: ItemId | None = None,
) -> Any:
    """Find the one record that `text` names among `kinds`. Gives a FoundBin, FoundItem, FoundLot, FoundLpn or FoundOrder.

    `new_kinds` may be unknown to us yet (a lot or LPN at receipt). `item_id` narrows a bare lot number to one item.
    Raises BadScan, WrongKindScanned, NotFound; BadScan(why="several") when a bare lot number belongs to several items.
    """
    scan = gs1.read(text)
    rows = look_up(scan, kinds, warehouse_id, item=item_id)
    if not rows:
        _refuse(scan, kinds, warehouse_id, new_kinds)
        if isinstance(scan, gs1.LpnScan):
            return FoundLpn(kind=LPN, code=scan.lpn, scan=scan, id=None, is_open=False)
        raise NotFound(kind=kinds[0], text=shown(scan))
    best = min(kinds.index(row.kind) for row in rows)
    rows = [row for row in rows if kinds.index(row.kind) == best]
    if len(rows) > 1:
        raise BadScan(text=shown(scan), why="several")
    found = rows[0]
    if isinstance(found, FoundLot) and found.id is None and LOT not in new_kinds:
        raise NotFound(kind=LOT, text=found.number)
    return found


def _refuse(scan: gs1.Scan, kinds: Sequence[str], warehouse_id: WarehouseId, new_kinds: Sequence[str]) -> None:
    """Say why nothing was found: another kind of label, a code of another kind, or a code nobody knows."""
    kind = gs1.kind_of(scan)
    if kind == LPN and LPN in new_kinds:
        return
    if kind == LOT and (LOT in kinds or ITEM in kinds) and scan.gtin is not None:
        raise NotFound(kind="gtin", text=str(scan.gtin))
    if kind == ITEM and ITEM in kinds:
        raise NotFound(kind="gtin", text=str(scan.gtin))
    if kind in kinds:
        raise NotFound(kind=kind, text=shown(scan))
    others = tuple(one for one in FOUND_KINDS if one not in kinds and one != EPC)
    rows = look_up(scan, others, warehouse_id)
    if rows or kind != "unknown":
        scanned = rows[0].kind if rows else kind
        raise WrongKindScanned(needed=list(kinds), scanned=scanned, text=shown(scan))
    raise NotFound(kind=kinds[0], text=shown(scan))
