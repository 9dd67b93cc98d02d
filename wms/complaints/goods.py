"""Which goods a complaint is about: what was told or scanned, read by the one resolver of scans.

That resolver stands on a higher floor and is handed over when the application starts. What it does not know is kept as told.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import select

from wms.complaints import queries
from wms.core.errors import BadScan
from wms.core.ids import LotId, LpnId, OrderId, ShipmentId, UnitId, WarehouseId
from wms.db import db
from wms.units.models import Unit

_finder: Final[list[Callable[[str, WarehouseId], Any]]] = []


def read_with(find: Callable[[str, WarehouseId], Any]) -> None:
    """Hand over the resolver: text and warehouse to records with `kind` and `id`."""
    _finder[:] = [find]


@dataclass(frozen=True, kw_only=True)
class Goods:
    """What a text names. `lots` has more than one entry where a person must say which lot is meant."""

    told: str = ""
    lot: LotId | None = None
    unit: UnitId | None = None
    lpn: LpnId | None = None
    order: OrderId | None = None
    shipment: ShipmentId | None = None
    lots: tuple[LotId, ...] = ()

    @property
    def is_known(self) -> bool:
        """Whether it names anything of ours."""
        return any(one is not None for one in (self.lot, self.unit, self.lpn, self.order, self.shipment)) or bool(
            self.lots
        )


def read(text: str, warehouse: WarehouseId) -> Goods:
    """Read what was told of the goods: a lot, a unit id, an LPN, an order or a shipment; blank or unknown gives as told."""
    told = text.strip("\r\n")[:512]
    if not told.strip() or not _finder:
        return Goods(told=told)
    try:
        answer = _finder[0](told, warehouse)
    except BadScan:
        return Goods(told=told)
    found: dict[str, list[int]] = {}
    for one in answer.found:
        if one.id is not None:
            found.setdefault(one.kind, []).append(int(one.id))
    return _narrowed(told, found)


def _narrowed(told: str, found: dict[str, list[int]]) -> Goods:
    """The narrowest thing first: a unit, a lot, a plate, then the papers; with the lot that follows from it."""
    if len(units := found.get("unit", [])) == 1:
        lot = db.session.execute(select(Unit.lot_id).where(Unit.id == units[0])).scalar()
        return Goods(told=told, unit=UnitId(units[0]), lot=lot, lots=(lot,) if lot else ())
    if lots := found.get("lot"):
        return Goods(told=told, lot=LotId(lots[0]) if len(lots) == 1 else None, lots=tuple(LotId(i) for i in lots))
    if len(plates := found.get("lpn", [])) == 1:
        return _with_lots(Goods(told=told, lpn=LpnId(plates[0])), queries.lots_on_plate(LpnId(plates[0])))
    if len(orders := found.get("order", [])) == 1:
        return _with_lots(Goods(told=told, order=OrderId(orders[0])), queries.lots_of_order(OrderId(orders[0])))
    if len(shipments := found.get("shipment", [])) == 1:
        shipment = ShipmentId(shipments[0])
        order = queries.order_of_shipment(shipment)
        named = Goods(told=told, shipment=shipment, order=order)
        return _with_lots(named, queries.lots_of_order(order))
    return Goods(told=told)


def _with_lots(goods: Goods, lots: list[LotId]) -> Goods:
    values = {name: getattr(goods, name) for name in goods.__dataclass_fields__}
    return Goods(**values | {"lot": lots[0] if len(lots) == 1 else None, "lots": tuple(lots)})
