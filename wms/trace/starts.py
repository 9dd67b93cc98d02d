"""What a trace may begin at, and the lots it stands for."""

from __future__ import annotations

from collections.abc import Collection

from wms.core.ids import LotId, WarehouseId
from wms.trace.rules.graph import Start, StartKind


def start_of(lots: Collection[LotId], *, kind: StartKind = StartKind.LOT, text: str = "") -> Start:
    """A start of lots that are known already; whole lots. Raises NotFound."""
    raise NotImplementedError


def find_start(
    kind: StartKind, text: str, *, item: str = "", warehouses: Collection[WarehouseId] | None = None
) -> Start:
    """The start that a person named. `item` is the SKU, where a lot's number needs it.

    lot, maker_lot, supplier_lot: a number, byte for byte; several items have it: StartAmbiguous, which names them.
    work_order, receipt, order, shipment: its number. operation: "WO-1/20" (work order and sequence). machine, team,
    operator: its code or log-in name, with "@2026-11-22" or "@2026-11-01..2026-11-22" behind it for some days.
    hour: "2026-11-22T14" or "2026-11-22T14..2026-11-22T16" in the warehouse's time, of all reports. customer: code.
    lpn, tag, unit: as scanned. dates: "2026-11-01..2026-11-22": lots that came in or were made on these days.

    `warehouses` narrows machines, teams and hours to those of them. Raises NotFound, StartEmpty (it is known, and no lot
    has to do with it), StartAmbiguous, BadInput.
    """
    raise NotImplementedError
