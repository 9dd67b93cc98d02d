"""The doors a shipment may load through, by name. Doors live on a floor above, which hands its list over."""

from collections.abc import Callable, Sequence

from wms.core.ids import PortalId, WarehouseId

_lister: list[Callable[[WarehouseId], Sequence[tuple[PortalId, str]]]] = []


def list_doors_with(lister: Callable[[WarehouseId], Sequence[tuple[PortalId, str]]]) -> None:
    """Hand over the query that lists the outbound doors of a warehouse as (id, name)."""
    _lister[:] = [lister]


def doors_of(warehouse: WarehouseId) -> Sequence[tuple[PortalId, str]]:
    """List the outbound doors of a warehouse; none where no doors are set up."""
    return _lister[0](warehouse) if _lister else []
