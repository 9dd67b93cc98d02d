"""A dock for tests: a warehouse with an inbound and an outbound door, a reader at each, one gateway with its token."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from tests import given
from tests.given import NOW
from wms.core.ids import OURSELVES, SYSTEM_USER, GatewayId, LpnId, OrderId, PortalId, ReaderId, ShipmentId, new_id
from wms.db import run_in_transaction
from wms.gs1.epc import encode_sscc96
from wms.gs1.sscc import Sscc
from wms.rfid.models import Antenna, AntennaSide, Gateway, Portal, PortalUse, Reader

_sequence = itertools.count(1000)
_serial = itertools.count(1)
FOREIGN = "E2000017010B016210000002"


@dataclass
class Docks:
    """What stands there, by id; `token` opens the gateway's two addresses."""

    site: given.Site
    gateway: GatewayId
    readers: dict[str, ReaderId]
    doors: dict[str, PortalId]
    token: str

    def episode(self, epc: str, door: str = "OUT", verdict: str = "out", **more: Any) -> dict[str, Any]:
        """One item of a batch as the gateway spells it: a clean crossing, or a stray, three seconds long."""
        ended: datetime = more.pop("ended_at", NOW)
        seconds = {"out": 0.8, "in": -0.8}.get(verdict)
        reader = str(self.readers[door])
        item = {
            "sequence": next(_sequence),
            "kind": "episode",
            "epc": epc,
            "portal": str(self.doors[door]),
            "reader": reader,
            "started_at": (more.pop("started_at", None) or ended - timedelta(seconds=3)).isoformat(),
            "ended_at": ended.isoformat(),
            "reads": 80,
            "antennas": [
                {"reader": reader, "antenna": 1, "side": "inside", "reads": 40, "peak_rssi_dbm": -45.0},
                {"reader": reader, "antenna": 3, "side": "outside", "reads": 40, "peak_rssi_dbm": -46.0},
            ],
            "peak_rssi_dbm": -45.0,
            "door_share": 0.98,
            "prominence_db": 14.0 if verdict in ("in", "out") else 6.0 if verdict == "review" else 1.0,
            "direction_seconds": seconds,
            "verdict": verdict,
            "is_parked": False,
            "is_late": False,
        }
        return item | more


#: Antennas as the played readers have them: two look inside, two outside.
SIDES = {1: AntennaSide.INSIDE, 2: AntennaSide.INSIDE, 3: AntennaSide.OUTSIDE, 4: AntennaSide.OUTSIDE}


def docks(ports: Mapping[str, int] | None = None) -> Docks:
    """Make the dock: doors IN and OUT, a reader at each (`ports` by door) with an alarm light at output 1 for 5 s."""
    from wms.accounts.service import create_api_token

    site = given.warehouse()
    maker = given.user(None, "gateway")
    row, token = run_in_transaction(
        create_api_token, name="gateway", scopes=["rfid.gateway"], actor=maker, at=NOW, warehouse_id=site.id
    )
    gateway = Gateway(
        id=GatewayId(new_id()), code=f"GW-{site.warehouse.code}", warehouse_id=site.id, api_token_id=row.id,
        last_sequence=0, config_version=1,
    )  # fmt: skip
    given.keep(gateway)
    readers: dict[str, ReaderId] = {}
    doors: dict[str, PortalId] = {}
    for name, use in (("IN", PortalUse.INBOUND), ("OUT", PortalUse.OUTBOUND)):
        portal = Portal(
            id=PortalId(new_id()), warehouse_id=site.id, code=name, name_en=f"Door {name}", name_zh=f"{name}门", use=use,
            bin_id=site["DOCK" if name == "IN" else "SHIP"],
        )  # fmt: skip
        reader = Reader(
            id=ReaderId(new_id()), code=f"R-{site.warehouse.code}-{name}", gateway_id=gateway.id, host="127.0.0.1",
            port=(ports or {}).get(name, 5084), alarm_gpo_port=1, alarm_seconds=5,
        )  # fmt: skip
        given.keep(portal, reader)
        given.keep(
            *(
                Antenna(id=new_id(), reader_id=reader.id, number=number, portal_id=portal.id, side=side)
                for number, side in SIDES.items()
            )
        )
        readers[name], doors[name] = reader.id, portal.id
    return Docks(site=site, gateway=gateway.id, readers=readers, doors=doors, token=token)


def sscc(prefix: str = "6901234") -> str:
    """A fresh SSCC under a company prefix of seven digits."""
    return Sscc.make(prefix, 1, next(_serial)).value


def epc_of(code: str) -> str:
    """The tag of an SSCC under a company prefix of seven digits."""
    return encode_sscc96(Sscc(code), company_prefix_length=7, filter_value=6)


@dataclass(frozen=True)
class Loaded:
    """A picked pallet that waits at a door: its shipment, LPN, and the tag on it."""

    order: OrderId
    shipment: ShipmentId
    lpn: LpnId
    epc: str
    lot: Any


def picked_pallet(dock: Docks, *, door: str | None = "OUT", expires_in: int = 20_000, customer: Any = None) -> Loaded:
    """Pick an order of ten onto its pallet through the real services, and open its shipment at a door."""
    from wms.picking import queries as picking
    from wms.picking import service
    from wms.picking.models import PickList
    from wms.picking.rules.check_pick import Scanned
    from wms.shipping.service import open_shipment
    from wms.stock.models import Lpn

    item = given.item()
    lot = given.lot(item, expires_in=expires_in)
    given.stock(lot, dock.site, quantity=10)
    order = given.order(dock.site, [(item, 10)], customer=customer)
    picker = given.user(None, "supervisor", site=dock.site)
    run_in_transaction(service.allocate_order, order, actor=picker, at=NOW)
    pick_list = run_in_transaction(service.release_order, order, actor=picker, at=NOW)
    run_in_transaction(service.take_list, pick_list, actor=picker, at=NOW)
    stop = picking.next_stop(pick_list, at=NOW)
    assert stop is not None
    cmd = service.ConfirmPick(
        task=stop.task, quantity=stop.left, key=f"pick-{new_id()}",
        scanned=Scanned(bin_code=stop.facts.bin_code, lot_number=stop.facts.lot_number, sku=stop.facts.sku),
    )  # fmt: skip
    run_in_transaction(service.confirm_pick, cmd, actor=picker, at=NOW)
    from wms.db import db

    lpn = db.session.get(PickList, pick_list).lpn_id  # type: ignore[union-attr]
    code = db.session.get(Lpn, lpn).code  # type: ignore[union-attr]
    db.session.commit()
    shipment = run_in_transaction(
        open_shipment, order, portal=None if door is None else dock.doors[door], actor=picker, at=NOW
    )
    return Loaded(order=order, shipment=shipment, lpn=lpn, epc=epc_of(code), lot=lot)


def announced(dock: Docks, count: int = 1) -> list[str]:
    """Announce pallets by an ASN, a line each; their SSCCs."""
    from wms.receiving.models import Asn, AsnLine

    item = given.item()
    codes = [sscc("9521234") for _ in range(count)]
    asn = Asn(
        id=new_id(), number=f"ASN-{new_id()}", warehouse_id=dock.site.id, supplier_id=given.partner().id,
        owner_id=OURSELVES, created_at=NOW,
    )  # fmt: skip
    given.keep(asn)
    given.keep(
        *(
            AsnLine(
                id=new_id(), asn_id=asn.id, line=n, item_id=item.id, quantity=given.q(10), lot_number="ANN1",
                expires_on=given.day(90), sscc=code,
            )
            for n, code in enumerate(codes, start=1)
        )
    )  # fmt: skip
    return codes


__all__ = ["FOREIGN", "SYSTEM_USER", "Docks", "Loaded", "announced", "docks", "epc_of", "picked_pallet", "sscc"]
