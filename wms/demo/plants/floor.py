"""What the plants share: items that come in by a receipt and are put away, orders that are issued, reported and shipped."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from sqlalchemy import event, select

from wms.catalog import service as catalog
from wms.catalog.models import DateBasis, ItemClass, StorageClass
from wms.core.ids import (
    BinId,
    ItemId,
    LotId,
    OrderId,
    PartnerId,
    ProductionLineId,
    ShipmentId,
    TeamId,
    WorkOrderId,
    new_id,
)
from wms.core.quantity import Quantity
from wms.db import db
from wms.demo.goods import company_prefix
from wms.demo.papers import Day, pick_all
from wms.demo.sites import Site
from wms.gs1.checksums import check_digit
from wms.gs1.codes import LotNumber
from wms.gs1.gtin import Gtin
from wms.picking import service as picking
from wms.picking.models import Order, OrderLine
from wms.production.models import ProductionReport, WorkOrder
from wms.production.queries.orders import COMPONENT, get_order
from wms.production.service import issuing, planning, reporting
from wms.production.service.issuing import IssueGoods
from wms.production.service.orders import release_order
from wms.production.service.reporting import InputLine, OutputLine, Reported, ReportProduction
from wms.quality.service import DecideQuality, decide_quality
from wms.receiving import service as receiving
from wms.receiving.models import Receipt, ReceiptLine
from wms.receiving.rules.commands import Arrival, ConfirmPutaway, OpenReceipt, ReceiveLine
from wms.shipping.models import Shipment
from wms.shipping.service import ship
from wms.sites.models import Bin
from wms.stock import ledger
from wms.stock import queries as stock
from wms.stock.ledger import Move, Place, Quality, Reason
from wms.stock.models import Capture
from wms.tasks.models import Task, TaskKind, TaskState

#: GTINs of the plants' own items, under the demo group's prefix.
_MAKER = 90


@dataclass
class Floor:
    """The first site with its people; `at` is the demo's day, what was done before is told with the time it was done."""

    site: Site
    day: Day
    items: dict[str, ItemId] = field(default_factory=dict)
    _count: int = 0

    # -- goods --------------------------------------------------------------------------------------------------------
    def item(self, sku: str, en: str, zh: str, kind: ItemClass, unit: str, *, life: int | None = None, sold: bool = False, **more: Any) -> ItemId:  # fmt: skip
        """Make an item; one that is `sold` has a GTIN."""
        values = {
            "sku": sku, "name_en": en, "name_zh": zh, "item_class": kind, "storage_class": StorageClass.AMBIENT,
            "base_unit": unit, "date_basis": DateBasis.EXPIRY if life else DateBasis.NONE, "shelf_life_days": life,
            "expiry_warning_days": max(1, (life or 300) // 10), **more,
        }  # fmt: skip
        made = catalog.create_item(values, gtin=self._gtin() if sold else None)
        self.items[sku] = ItemId(made.id)
        return self.items[sku]

    def _gtin(self) -> Gtin:
        self._count += 1
        body = "0" + f"{company_prefix(_MAKER)}{self._count:05d}"
        return Gtin.parse(body + check_digit(body))

    def bring(
        self, sku: str, lot: str, quantity: str, supplier: str, *, made_on: date | None = None, life: int | None = None
    ) -> LotId:
        """A delivery of one lot, by its label, put away at once."""
        on = self.day.on
        self._count += 1
        note = f"DN-{on:%y%m%d}-{self._count}"
        paper = receiving.open_receipt(
            OpenReceipt(
                warehouse=self.site.id, supplier=self.day.partners[supplier],
                arrival=Arrival(delivery_note=note, plate=f"DEMO {self._count}", driver="Demo driver 演示司机"),
            ),
            actor=self.day.people["receiver"], at=self.day.at,
        )  # fmt: skip
        row = db.session.get_one(Receipt, paper)
        row.number, row.check_seed = f"R{on:%y%m%d}-P{self._count:02d}", self._count
        db.session.flush()
        born = made_on or on - timedelta(days=12)
        received = receiving.receive_line(
            ReceiveLine(
                warehouse=self.site.id, receipt=paper, item=self.items[sku], quantity=Quantity.parse(quantity),
                key=f"demo:plant:{self._count}", lot=LotNumber.parse(lot), manufactured_on=born,
                expires_on=born + timedelta(days=life) if life else None, raw_scan=f"(10){lot}",
                answers=frozenset({"lot_code_unread", "life_short", "lot_nearly_known"}),
            ),
            actor=self.day.people["receiver"], at=self.day.at,
        )  # fmt: skip
        found = LotId(db.session.get_one(ReceiptLine, received.lines[0]).lot_id)
        self._put_away(found)
        return found

    def _put_away(self, lot: LotId) -> None:
        tasks = db.session.execute(
            select(Task.id).where(Task.kind == TaskKind.PUTAWAY, Task.lot_id == lot, Task.state == TaskState.OPEN)
        ).scalars()
        for task in tasks.all():
            self._count += 1
            actor = self.day.people["receiver"]
            started = receiving.start_putaway(task, warehouse=self.site.id, actor=actor, at=self.day.at)
            assert started.suggestion is not None
            cmd = ConfirmPutaway(
                task=task, warehouse=self.site.id, bin=BinId(started.suggestion.bin), key=f"demo:away:{self._count}"
            )
            receiving.confirm_putaway(cmd, actor=actor, at=self.day.at)

    # -- work orders --------------------------------------------------------------------------------------------------
    def order(
        self, number: str, sku: str, quantity: int, line: ProductionLineId, *, team: TeamId | None = None,
        pegged: planning.Pegged | None = None, released: bool = True,
    ) -> WorkOrder:  # fmt: skip
        """Plan an order, and bind its lots."""
        cmd = planning.PlanOrder(
            key=f"demo:{number}", warehouse=self.site.id, item=self.items[sku], quantity=Quantity.of(quantity), line=line,
            team=team, number=number, pegged=pegged, due_on=self.day.on + timedelta(days=1),
        )  # fmt: skip
        identity = planning.plan_order(cmd, actor=self.day.people["supervisor"], at=self.day.at)
        if released:
            release_order(identity, warehouse=self.site.id, actor=self.day.people["supervisor"], at=self.day.at)
        return get_order(identity)

    def issue_all(self, order: WorkOrderId) -> None:
        """Bring every bound lot to the line."""
        found = get_order(order)
        of = {component.id: component for component in found.components}
        claims = stock.claims_of(COMPONENT, list(of))
        rows = {row.id: row for row in stock.find_balances(ids=[claim.balance for claim in claims])}
        for claim in reversed(claims):
            row = rows[claim.balance]
            self._count += 1
            issuing.issue(
                IssueGoods(
                    key=f"demo:issue:{self._count}", warehouse=self.site.id, work_order=order,
                    component=of[claim.demand_id].id, lot=row.lot, bin=row.bin, quantity=claim.quantity,  # type: ignore[index]
                    lpn=row.lpn or None,
                ),
                actor=self.day.people["production"], at=self.day.at,
            )  # fmt: skip

    def report(
        self, order: WorkOrderId, operation: int, inputs: Sequence[InputLine], outputs: Sequence[OutputLine], *, hours: float,
        parameters: Mapping[str, str] | None = None, **more: Any,
    ) -> Reported:  # fmt: skip
        """Report an operation that ended so many hours before the demo's day began, and took half an hour."""
        ended = self.day.at - timedelta(hours=hours)
        self._count += 1
        with self.numbering():
            return reporting.report(
                ReportProduction(
                    key=f"demo:report:{self._count}", warehouse=self.site.id, work_order=order, operation=operation,
                    inputs=tuple(inputs), outputs=tuple(outputs), parameters=parameters or {},
                    started_at=ended - timedelta(minutes=30), ended_at=ended, operator=self.day.people["production"], **more,
                ),
                actor=self.day.people["production"], at=self.day.at,
            )  # fmt: skip

    @contextmanager
    def numbering(self) -> Iterator[None]:
        """Number the reports made inside by count: the demo is the same each time, and what stands is never changed."""

        def name(_report: Any, _args: Any, values: dict[str, Any]) -> None:
            self._count += 1
            values["number"] = f"PR{self.day.on:%y%m%d}-{self._count:03d}"

        event.listen(ProductionReport, "init", name)
        try:
            yield
        finally:
            event.remove(ProductionReport, "init", name)

    def release(self, lot: LotId, why: str) -> None:
        """Let quality release what was made, so that it can be sold."""
        cmd = DecideQuality(
            key=f"demo:release:{lot}", lot=lot, warehouse=self.site.id, to=Quality.RELEASED, reason=why
        )  # fmt: skip
        decide_quality(cmd, actor=self.day.people["quality"], at=self.day.at)

    def bin(self, code: str) -> BinId:
        """A bin by its code, also one that came with a line."""
        if code not in self.site.bins:
            found = db.session.execute(select(Bin).where(Bin.warehouse_id == self.site.id, Bin.code == code))
            self.site.bins[code] = found.scalar_one()
        return self.site.bin(code)

    def carry(self, lot: LotId, bins: Sequence[str], *, quantity: str = "") -> None:
        """Carry a lot, or so much of it, to some bins in equal parts: what was made to the racks, a box to the line."""
        rows = stock.find_balances(lot=lot, warehouse=self.site.id)
        moves = []
        for row in rows[: 1 if quantity else None]:
            whole = Quantity.parse(quantity) if quantity else row.on_hand
            share, rest = divmod(whole.millionths, len(bins))
            for n, code in enumerate(bins):
                amount = Quantity(share + (rest if n == 0 else 0))
                moves.append(Move(quantity=amount, source=row.key, target=row.key.at(Place(bin=self.bin(code)))))
        self._count += 1
        ledger.post(
            moves, key=f"demo:carry:{self._count}", reason=Reason.MOVE, actor=self.day.people["production"],
            at=self.day.at, capture=Capture.SCAN,
        )  # fmt: skip

    # -- out ----------------------------------------------------------------------------------------------------------
    def sell(self, number: str, sku: str, quantity: int, customer: str) -> tuple[OrderId, int]:
        """Take an order; the id of its one line."""
        made = picking.create_order(
            picking.CreateOrder(
                warehouse=self.site.id, customer=PartnerId(self.day.partners[customer]), ship_on=self.day.on, number=number,
                lines=(picking.NewLine(item=self.items[sku], quantity=Quantity.of(quantity)),),
            ),
            actor=self.day.people["supervisor"], at=self.day.at,
        )  # fmt: skip
        line = db.session.execute(select(OrderLine.id).where(OrderLine.order_id == made)).scalar_one()
        return made, line

    def send(self, order: OrderId) -> ShipmentId:
        """Pick an order and let it leave."""
        boss = self.day.people["supervisor"]
        picking.allocate_order(order, actor=boss, at=self.day.at)
        picking.release_order(order, actor=boss, at=self.day.at)
        pick_all(order, self.day)
        number = db.session.get_one(Order, order).number
        shipment = ShipmentId(new_id())
        db.session.add(
            Shipment(
                id=shipment, number=f"SH-{number[3:]}", warehouse_id=self.site.id, order_id=order,
                carrier="Demo Logistics 演示物流", plate="DEMO 200", opened_at=self.day.at,
            )
        )  # fmt: skip
        db.session.flush()
        papers = {"plate": "DEMO 200", "driver": "Demo driver 演示司机", "waybill": f"WB-{number[3:]}"}
        ship(shipment, key=f"demo:{shipment}", actor=self.day.people["shipping"], at=self.day.at, papers=papers)
        return shipment
