"""Builders for tests: given.warehouse(), given.item() ... each makes a whole, believable thing and commits.

Stock goes through the ledger, as in life. To be called inside an app context (`db` fixture, or `with app.app_context()`).
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from wms.catalog.models import DateBasis, Item, ItemClass, PackUnit, Partner
from wms.core.ids import (
    LOOSE,
    NO_HOLDS,
    OURSELVES,
    SYSTEM_USER,
    BinId,
    HoldSetId,
    LotId,
    LpnId,
    OrderId,
    OrderLineId,
    ShipmentId,
    UserId,
    WarehouseId,
    new_id,
)
from wms.core.quantity import Quantity
from wms.db import db, run_in_transaction
from wms.gs1.checksums import check_digit
from wms.sites.models import OUTSIDE_KINDS, Bin, BinKind, StorageClass, Warehouse, Zone
from wms.stock import ledger
from wms.stock.ledger import Move, Place, Quality, Reason, StockKey
from wms.stock.models import Lot, Lpn

_count = itertools.count(1)
TODAY = date(2026, 11, 22)
NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
"""Noon in Shanghai on TODAY."""


def day(days: int) -> date:
    """A day so many days after TODAY."""
    return TODAY + timedelta(days=days)


def q(units: int | str) -> Quantity:
    """A quantity in base units."""
    return Quantity.parse(str(units))


def keep(*rows: Any) -> None:
    """Store rows in one transaction."""
    run_in_transaction(lambda: db.session.add_all(rows))


@dataclass
class Site:
    """A small warehouse with a bin of each kind; `bins` by code."""

    warehouse: Warehouse
    bins: dict[str, Bin]

    @property
    def id(self) -> WarehouseId:
        return self.warehouse.id

    def __getitem__(self, code: str) -> BinId:
        return self.bins[code].id


def warehouse(code: str | None = None, *, timezone: str = "Asia/Shanghai", storage_bins: int = 4) -> Site:
    """A warehouse with DOCK, STAGE, SHIP, QUAR, CAGE, FACE, storage A-01 .. and the four outside bins."""
    code = code or f"W{next(_count)}"
    site = Warehouse(
        id=new_id(), code=code, name_en=f"Site {code}", name_zh=f"仓库{code}", timezone=timezone,
        company_prefix="6901234",
    )  # fmt: skip
    zone = Zone(
        id=new_id(), warehouse_id=site.id, code="A", name_en="Ambient", name_zh="常温区",
        storage_class=StorageClass.AMBIENT,
    )  # fmt: skip
    keep(site)
    keep(zone)
    kinds = {
        "DOCK": BinKind.DOCK,
        "STAGE": BinKind.STAGING,
        "SHIP": BinKind.SHIPPING,
        "QUAR": BinKind.QUARANTINE,
        "CAGE": BinKind.REJECT_CAGE,
        "FACE": BinKind.PICK_FACE,
        "SUPPLIER": BinKind.SUPPLIER,
        "CUSTOMER": BinKind.CUSTOMER,
        "SCRAP": BinKind.SCRAP,
        "ADJUST": BinKind.ADJUSTMENT,
        **{f"A-{n:02d}": BinKind.STORAGE for n in range(1, storage_bins + 1)},
        "SAMPLE": BinKind.SAMPLE,
    }
    bins = {
        name: Bin(
            id=new_id(),
            warehouse_id=site.id,
            zone_id=None if kind in OUTSIDE_KINDS else zone.id,
            code=name,
            kind=kind,
            is_outside=kind in OUTSIDE_KINDS,
            walk_sequence=n,
        )
        for n, (name, kind) in enumerate(kinds.items())
    }
    keep(*bins.values())
    return Site(site, bins)


def gtin() -> str:
    """A fresh GTIN-14 with a right check digit."""
    body = f"06901234{next(_count):05d}"
    return body + check_digit(body)


def item(sku: str | None = None, *, case_of: int = 12, **fields: Any) -> Item:
    """An item counted in `ea`, with a case of `case_of`; both have GTINs."""
    number = next(_count)
    row = Item(
        id=new_id(),
        **{
            "sku": sku or f"SKU-{number}",
            "name_en": f"Item {number}",
            "name_zh": f"物料{number}",
            "item_class": ItemClass.FOOD,
            "base_unit": "ea",
            "storage_class": StorageClass.AMBIENT,
            "date_basis": DateBasis.EXPIRY,
            "shelf_life_days": 365,
            **fields,
        },
    )
    each = PackUnit(id=new_id(), item_id=row.id, code="ea", factor=q(1), gtin=gtin())
    case = PackUnit(id=new_id(), item_id=row.id, code="case", factor=q(case_of), gtin=gtin())
    keep(row)
    keep(each, case)
    return row


def partner(code: str | None = None, **fields: Any) -> Partner:
    """A partner that is supplier, maker and customer at once."""
    code = code or f"P{next(_count)}"
    roles = {"is_supplier": True, "is_customer": True, "is_maker": True}
    row = Partner(id=new_id(), code=code, **{"name_en": f"Partner {code}", "name_zh": f"伙伴{code}", **roles, **fields})
    keep(row)
    return row


def lot(of: Item, number: str | None = None, *, expires_in: int | None = 100, **fields: Any) -> Lot:
    """A lot whose last good day is so many days after TODAY (None: no date)."""
    from wms.stock.service import create_lot

    expires_on = None if expires_in is None else day(expires_in)
    return run_in_transaction(
        create_lot, item=of.id, number=number or f"L{next(_count)}", expires_on=expires_on, at=NOW, actor=SYSTEM_USER,
        **fields,
    )  # fmt: skip


def lpn(site: Site, sscc: str | None = None) -> Lpn:
    """An open LPN."""
    from wms.stock.service import make_lpn

    return run_in_transaction(make_lpn, warehouse=site.id, at=NOW, sscc=sscc)


def key(
    of: Lot, site: Site, bin_code: str = "A-01", *, on: LpnId = LOOSE, quality: Quality = Quality.RELEASED,
    hold_set: HoldSetId = NO_HOLDS,
) -> StockKey:  # fmt: skip
    """The stock key of a lot in a bin."""
    return StockKey(
        lot=of.id, owner=OURSELVES, place=Place(bin=site[bin_code], lpn=on), quality=quality, hold_set=hold_set
    )


def stock(
    of: Lot, site: Site, bin_code: str = "A-01", quantity: int | str = 10, *, on: LpnId = LOOSE,
    quality: Quality = Quality.RELEASED, at: datetime = NOW,
) -> StockKey:  # fmt: skip
    """Stock received straight into a bin; its key."""
    target = key(of, site, bin_code, on=on, quality=quality)
    run_in_transaction(
        ledger.post,
        [Move(quantity=q(quantity), source=target.at(Place(bin=site["SUPPLIER"])), target=target)],
        key=f"given-{new_id()}",
        reason=Reason.RECEIVE,
        actor=SYSTEM_USER,
        at=at,
    )
    return target


def user(login: str | None = None, *roles: str, site: Site | None = None, password: str = "correct horse 1") -> UserId:
    """A person with roles (in `site`, or everywhere) and a password."""
    from wms.accounts.models import User, UserRole
    from wms.accounts.passwords import hash_password

    login = login or f"person{next(_count)}"
    row = User(
        id=new_id(),
        login=login,
        full_name=login.title(),
        password_hash=hash_password(password),
        session_token=f"token-{login}",
        created_at=NOW,
    )
    keep(row)
    keep(*(UserRole(id=new_id(), user_id=row.id, role=r, warehouse_id=site.id if site else None) for r in roles))
    return row.id


def order(site: Site, lines: list[tuple[Item, int]], *, customer: Partner | None = None, **fields: Any) -> OrderId:
    """An order that leaves on TODAY + 1, in state new."""
    from wms.picking.models import Order, OrderLine

    number = next(_count)
    row = Order(
        id=new_id(),
        **{
            "number": f"SO-{number}",
            "warehouse_id": site.id,
            "customer_id": (customer or partner()).id,
            "owner_id": OURSELVES,
            "ship_on": day(1),
            "created_by": SYSTEM_USER,
            "created_at": NOW,
            **fields,
        },
    )
    keep(row)
    keep(
        *(
            OrderLine(id=OrderLineId(new_id()), order_id=row.id, line=n, item_id=of.id, quantity=q(amount))
            for n, (of, amount) in enumerate(lines, start=1)
        )
    )
    return row.id


def received(site: Site, of: Item, number: str, quantity: int | str, *, supplier: Partner | None = None, delivery_note: str = "",
             at: datetime = NOW) -> LotId:  # fmt: skip
    """A lot that came in by a receipt without a notice, and stands released at the dock."""
    from wms.gs1.codes import LotNumber
    from wms.receiving import service as receiving
    from wms.receiving.models import Receipt, ReceiptLine
    from wms.receiving.rules.commands import OpenReceipt, ReceiveLine

    cmd = OpenReceipt(warehouse=site.id, supplier=(supplier or partner()).id)
    paper = run_in_transaction(receiving.open_receipt, cmd, actor=SYSTEM_USER, at=at)
    db.session.get_one(Receipt, paper).delivery_note = delivery_note
    db.session.commit()
    row = ReceiveLine(
        warehouse=site.id, receipt=paper, item=of.id, quantity=q(quantity), key=f"given-{new_id()}",
        lot=LotNumber.parse(number), expires_on=day(200), raw_scan=f"(10){number}",
    )  # fmt: skip
    (made,) = run_in_transaction(receiving.receive_line, row, actor=SYSTEM_USER, at=at).lines
    lot_id = db.session.get_one(ReceiptLine, made).lot_id
    db.session.commit()
    return lot_id


def picked(
    site: Site, lines: list[tuple[Item, int]], *, portal: Any = None, **fields: Any
) -> tuple[OrderId, LpnId, ShipmentId]:
    """An order picked as far as it goes, the plate it was picked onto, and its open shipment."""
    from sqlalchemy import select

    from wms.picking import queries as picking
    from wms.picking import service as pick
    from wms.picking.models import PickList
    from wms.picking.rules.check_pick import Scanned
    from wms.shipping.service import open_shipment

    of = order(site, lines, **fields)
    person = user(None, "picker", site=site)
    run_in_transaction(pick.allocate_order, of, actor=person, at=NOW)
    list_id = run_in_transaction(pick.release_order, of, actor=person, at=NOW)
    run_in_transaction(pick.take_list, list_id, actor=person, at=NOW)
    while stop := picking.next_stop(list_id, at=NOW):
        scanned = Scanned(bin_code=stop.facts.bin_code, lot_number=stop.facts.lot_number, sku=stop.facts.sku)
        cmd = pick.ConfirmPick(task=stop.task, scanned=scanned, quantity=stop.left, key=f"k-{stop.task}")
        run_in_transaction(pick.confirm_pick, cmd, actor=person, at=NOW)
    plate = db.session.execute(select(PickList.lpn_id).where(PickList.id == list_id)).scalar_one()
    db.session.commit()
    return of, plate, run_in_transaction(open_shipment, of, portal=portal, actor=person, at=NOW)


def shipped(site: Site, lines: list[tuple[Item, int]], *, at: datetime = NOW, **fields: Any) -> ShipmentId:
    """An order that left, by the shipment given."""
    from wms.shipping.service import ship

    _order, _plate, shipment = picked(site, lines, **fields)
    papers = {"plate": "A 12345"}
    run_in_transaction(ship, shipment, key=f"ship-{shipment}", actor=SYSTEM_USER, at=at, papers=papers)
    return shipment


def line(site: Site, code: str | None = None, **fields: Any) -> Any:
    """A production line with its two inside bins <code> and <code>-OUT; the site has its bin CONSUMED from now on."""
    from wms.production.models import ProductionLine

    code = code or f"LINE{next(_count)}"
    place, output = (production_bin(site, name) for name in (code, f"{code}-OUT"))
    if "CONSUMED" not in site.bins:
        site.bins["CONSUMED"] = Bin(
            id=new_id(), warehouse_id=site.id, code="CONSUMED", kind=BinKind.CONSUMED, is_outside=True,
            walk_sequence=len(site.bins),
        )  # fmt: skip
        keep(site.bins["CONSUMED"])
    row = ProductionLine(
        id=new_id(), warehouse_id=site.id, code=code, name_en=f"Line {code}", name_zh=f"产线{code}", bin_id=place.id,
        output_bin_id=output.id, **fields,
    )  # fmt: skip
    keep(row)
    return row


def production_bin(site: Site, code: str) -> Bin:
    """An inside bin of production."""
    row = Bin(
        id=new_id(), warehouse_id=site.id, zone_id=site.bins["DOCK"].zone_id, code=code, kind=BinKind.PRODUCTION,
        walk_sequence=len(site.bins),
    )  # fmt: skip
    keep(row)
    site.bins[code] = row
    return row


def team(site: Site, code: str | None = None, **fields: Any) -> Any:
    """A team."""
    from wms.production.models import Team

    code = code or f"T{next(_count)}"
    row = Team(id=new_id(), warehouse_id=site.id, code=code, name_en=f"Team {code}", name_zh=f"班组{code}", **fields)
    keep(row)
    return row


def machine(site: Site, code: str | None = None, **fields: Any) -> Any:
    """A machine of a line (`line_id`) or of none."""
    from wms.production.models import Machine

    code = code or f"M{next(_count)}"
    row = Machine(
        id=new_id(), warehouse_id=site.id, code=code, name_en=f"Machine {code}", name_zh=f"设备{code}", **fields
    )
    keep(row)
    return row


def vessel(site: Site, code: str | None = None, **fields: Any) -> Any:
    """A tank with a bin of its own."""
    from wms.production.models import Vessel

    code = code or f"TANK{next(_count)}"
    place = production_bin(site, code)
    row = Vessel(
        id=new_id(), warehouse_id=site.id, code=code, name_en=f"Tank {code}", name_zh=f"罐{code}", bin_id=place.id,
        **fields,
    )  # fmt: skip
    keep(row)
    return row


def production_rule(of: Item, **fields: Any) -> Any:
    """How an item behaves in production."""
    from wms.production.models import ProductionRule

    row = ProductionRule(id=new_id(), item_id=of.id, **fields)
    keep(row)
    return row


def bom(
    of: Item, parts: list[tuple[Item, int | str]], *, makes: int | str = 1, operations: list[dict[str, Any]] | None = None,
    outputs: list[dict[str, Any]] | None = None, version: int = 1, lines: dict[int, dict[str, Any]] | None = None,
    **fields: Any,
) -> Any:  # fmt: skip
    """A bill of materials: so much of each part for `makes` of the item. `lines` gives a line (from 1) other columns."""
    from wms.production.models import Bom, BomLine, BomOperation, BomOutput

    row = Bom(
        id=new_id(), item_id=of.id, version=version, output_quantity=q(makes), created_by=SYSTEM_USER, created_at=NOW,
        **fields,
    )  # fmt: skip
    keep(row)
    keep(
        *(
            BomLine(
                id=new_id(), bom_id=row.id, line=n, item_id=part.id, quantity=q(amount), **((lines or {}).get(n, {}))
            )
            for n, (part, amount) in enumerate(parts, start=1)
        ),
        *(
            BomOperation(id=new_id(), bom_id=row.id, **{"name_en": f"Operation {one['sequence']}", **one})
            for one in operations or [{"sequence": 10, "code": "MAKE", "name_en": "Make"}]
        ),
        *(BomOutput(id=new_id(), bom_id=row.id, line=n, **one) for n, one in enumerate(outputs or [], start=1)),
    )
    return row


def alternate(of_bom: Any, line: int, item: Item, *, factor: int | str = 1, priority: int = 1) -> Any:
    """Another item that may stand in for a line of a bill of materials."""
    from sqlalchemy import select

    from wms.production.models import BomAlternate, BomLine

    found = db.session.execute(select(BomLine.id).where(BomLine.bom_id == of_bom.id, BomLine.line == line)).scalar_one()
    db.session.commit()
    row = BomAlternate(id=new_id(), bom_line_id=found, item_id=item.id, factor=q(factor), priority=priority)
    keep(row)
    return row


def work_order(
    site: Site, of: Item, quantity: int | str, line: Any, *, released: bool = False, at: datetime = NOW, **fields: Any
) -> Any:
    """A work order by the item's newest bill of materials; `released`: its lots are bound and the feeding tasks are there.

    `fields` are those of wms.production.service.planning.PlanOrder (team, due_on, pegged, number ...). Gives the WorkOrder,
    with item, line, components and operations loaded.
    """
    from wms.production.queries.orders import get_order
    from wms.production.service.orders import release_order
    from wms.production.service.planning import PlanOrder, plan_order

    cmd = PlanOrder(
        key=f"given-{new_id()}", warehouse=site.id, item=of.id, quantity=q(quantity), line=line.id, **fields
    )
    identity = run_in_transaction(plan_order, cmd, actor=SYSTEM_USER, at=at)
    if released:
        run_in_transaction(release_order, identity, warehouse=site.id, actor=SYSTEM_USER, at=at)
    found = get_order(identity)
    db.session.commit()
    return found


def claims_of(demand: int) -> list[Any]:
    """The claims of one demand line, oldest first."""
    from sqlalchemy import select

    from wms.stock.ledger.tables import StockClaim

    rows = db.session.execute(
        select(StockClaim.id, StockClaim.balance_id, StockClaim.quantity)
        .where(StockClaim.demand_id == demand)
        .order_by(StockClaim.id)
    ).all()
    db.session.commit()
    return list(rows)


def on_hand(of: Lot | LotId, *, bin_id: BinId | None = None, free_only: bool = False) -> Quantity:
    """How much of a lot stands inside the walls (in one bin; or only what is free: released, unheld, unpromised)."""
    from sqlalchemy import func, select

    from wms.stock.ledger.tables import StockBalance

    lot_id = of if isinstance(of, int) else of.id
    amount = StockBalance.on_hand - StockBalance.allocated if free_only else StockBalance.on_hand
    statement = select(func.coalesce(func.sum(amount), 0)).where(StockBalance.lot_id == lot_id)
    if bin_id is not None:
        statement = statement.where(StockBalance.bin_id == bin_id)
    if free_only:
        statement = statement.where(StockBalance.hold_set_id == NO_HOLDS, StockBalance.quality == Quality.RELEASED)
    total = db.session.execute(statement).scalar_one()
    db.session.commit()
    return total if isinstance(total, Quantity) else Quantity(int(total))


def ledger_is_whole() -> None:
    """Assert that every check of the ledger finds nothing."""
    from wms.stock.ledger.audit import run_checks

    faults = run_checks(db.session())
    db.session.rollback()
    assert not faults, faults
