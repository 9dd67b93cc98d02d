"""A recall of two thousand lots and five hundred shipments asks the database no more often than one of twenty and five."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask

from tests import given
from tests.given import NOW, q
from tests.web.api.saying import selects
from tests.web.desk_client import Desk
from wms.core.ids import OURSELVES, SYSTEM_USER, LotId, OrderId, RecallId, ShipmentId, new_id
from wms.db import db, run_in_transaction
from wms.picking.models import Order, OrderState
from wms.recall import service
from wms.recall.queries import outside
from wms.recall.rules.steps import RecallStep
from wms.shipping.models import Shipment, ShipmentState
from wms.stock import ledger
from wms.stock.ledger import Document, Move, Place, Reason
from wms.stock.models import Lot

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def _keep(site: given.Site, item: Any, person: Any, *, lots: int, shipments: int) -> tuple[int, int, int, int]:
    """A recall of so many lots that left by so many shipments to a fifth of as many customers, run to its report.

    Gives it, one of its parties and one of its lots; and a drill of the same lots that is to be frozen yet.
    """
    at = NOW - timedelta(hours=2)
    rows = [
        Lot(id=LotId(new_id()), item_id=item.id, number=f"M-{lots}-{n}", fefo_on=given.day(90), created_at=at)
        for n in range(lots)
    ]
    customers = [given.partner(is_customer=True) for _ in range(shipments // 5)]
    orders = [
        Order(
            id=OrderId(new_id()), number=f"SO-{shipments}-{n}", warehouse_id=site.id,
            customer_id=customers[n % len(customers)].id, owner_id=OURSELVES, state=OrderState.SHIPPED,
            ship_on=given.day(0), created_by=SYSTEM_USER, created_at=at,
        )
        for n in range(shipments)
    ]  # fmt: skip
    gone = [
        Shipment(
            id=ShipmentId(new_id()), number=f"{one.number}-S1", warehouse_id=site.id, order_id=one.id,
            state=ShipmentState.SHIPPED, opened_at=at, shipped_at=at, shipped_by=SYSTEM_USER, plate="A 1",
        )
        for one in orders
    ]  # fmt: skip
    ids, out = [row.id for row in rows], [one.id for one in gone]
    given.keep(*rows)
    given.keep(*orders)
    given.keep(*gone)
    inside, from_supplier, to_customer = (Place(bin=site[code]) for code in ("A-01", "SUPPLIER", "CUSTOMER"))

    def carry() -> None:
        come = [
            Move(quantity=q(10), source=key.at(from_supplier), target=key)
            for key in (ledger.StockKey(lot=lot, place=inside) for lot in ids)
        ]
        ledger.post(come, key=f"come-{lots}", reason=Reason.RECEIVE, actor=SYSTEM_USER, at=at)
        each = lots // shipments
        for n, shipment in enumerate(out):
            keys = [ledger.StockKey(lot=lot, place=inside) for lot in ids[n * each : (n + 1) * each]]
            leave = [Move(quantity=q(4), source=key, target=key.at(to_customer)) for key in keys]
            document = Document(kind="shipment", id=shipment)
            ledger.post(leave, key=f"go-{shipment}", reason=Reason.SHIP, actor=SYSTEM_USER, at=at, document=document)

    run_in_transaction(carry)

    def do(verb: Any, *arguments: Any, **more: Any) -> Any:
        return run_in_transaction(verb, *arguments, actor=person, at=NOW, **more)

    def opened(**more: Any) -> RecallId:
        cmd = service.OpenRecall(
            key=f"{lots}-{more}", warehouse=site.id, class_code="food", reason="Glass", lots=tuple(ids), **more
        )
        recall = RecallId(do(service.open_recall, cmd))
        do(service.stop_shipping, recall)
        return recall

    drill, recall = opened(is_mock=True), opened()
    do(service.freeze_scope, service.FreezeScope(recall=recall, reason="All of it"))
    do(service.place_scope, service.PlaceScope(recall=recall, version=1))
    do(service.note_step, recall, RecallStep.NOTIFY, note="by telephone")
    line = outside.outside_lines(recall)[0]
    back = service.ReceiveReturn(
        key=f"back-{lots}", recall=recall, warehouse=site.id, party=line.party, lot=LotId(line.lot), quantity=q(1),
        bin=site["CAGE"],
    )  # fmt: skip
    db.session.rollback()
    do(service.receive_return, back)
    do(service.destroy_held, service.DestroyHeld(key=f"burn-{lots}", recall=recall, warehouse=site.id, reason="Glass"))
    do(service.report, recall, note="day one")
    db.session.rollback()
    return int(recall), line.party, line.lot, int(drill)


def test_pages_of_a_recall_ask_no_statement_a_row(app: Flask) -> None:
    with time_machine.travel(NOW, tick=False), app.app_context():
        site, item = given.warehouse(), given.item(standard_cost=2)
        person = given.user("quinn", "quality", site=site)
        few = _keep(site, item, person, lots=20, shipments=5)
        many = _keep(site, item, person, lots=2_000, shipments=500)
    with time_machine.travel(NOW, tick=False):
        desk = Desk.of(app, "quinn")

    def asked(recall: int, party: int, lot: int, drill: int) -> dict[str, int]:
        page = f"/quality/recalls/{recall}"
        addresses = {
            "the recall": page, "its scope": f"{page}/versions/1", "a customer": f"{page}/parties/{party}",
            "the look before a freeze": f"/quality/recalls/{drill}/scope", "the notices": f"{page}/notices",
            "the workbook": f"{page}/report.xlsx", "the list": "/quality/recalls",
        }  # fmt: skip
        found = {name: selects(app, lambda at=at: desk.client.get(at, buffered=True)) for name, at in addresses.items()}
        hand = {
            "step": "lot",
            "key": f"hand-{recall}",
            "s_recall": str(recall),
            "scan": f"M-{'2000' if lot == many[2] else '20'}-0",
        }
        desk.get("/m/recall_return")
        found["the handheld"] = selects(
            app, lambda: desk.client.post("/m/recall_return", data=hand | {"csrf_token": desk.token})
        )
        return found

    with time_machine.travel(NOW, tick=False):
        asked(*few)  # what is read once for a process is read
        small, large = asked(*few), asked(*many)
    assert large == small
    assert small["the recall"] <= 45 and small["the look before a freeze"] <= 45, small
