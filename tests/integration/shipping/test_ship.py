"""From staging to the truck: the door's verdicts, loading, ship confirm and its refusals, on both engines."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, select

from tests import given
from tests.given import NOW, TODAY, q
from wms.alerts.models import AlertKind, Severity
from wms.alerts.service import raise_alert, resolve_subject
from wms.core.errors import LotExpired, LotOnHold, ShipmentBlocked, ShipmentIncomplete, WrongState
from wms.core.ids import LpnId, PortalId, ShipmentId
from wms.db import run_in_transaction
from wms.picking.models import Order, OrderState
from wms.quality.service import PlaceHold, place_hold
from wms.shipping import queries, service
from wms.shipping.models import LoadLine
from wms.shipping.rules import Verdict
from wms.stock import ledger
from wms.stock import queries as stock
from wms.stock.ledger import Move, Reason
from wms.stock.models import HoldReason, HoldScope, Lpn

DOOR, OTHER_DOOR = PortalId(501), PortalId(502)


def _picked(site: given.Site, lines: list[Any], **fields: Any) -> tuple[Any, LpnId, ShipmentId]:
    """An order picked as far as it goes, with its shipment at DOOR."""
    return given.picked(site, lines, portal=DOOR, **fields)


def _hold(lot: Any, reason: HoldReason = HoldReason.SUSPECT) -> None:
    cmd = PlaceHold(key=f"hold-{lot.id}", scope=HoldScope.LOT, lot=lot.id, reason=reason)
    run_in_transaction(place_hold, cmd, actor=given.user(None, "quality"), at=NOW)


def test_shipping_posts_all_staged_goods_out_closes_the_plate_and_is_done_once(db: Any) -> None:
    site, item, other = given.warehouse(), given.item(), given.item()
    lot, second = given.lot(item), given.lot(other)
    given.stock(lot, site, "A-01", 6)
    given.stock(second, site, "A-02", 6)
    order, lpn, shipment = _picked(site, [(item, 5), (other, 2)])

    once = run_in_transaction(service.ship, shipment, key="ship-1", actor=1, at=NOW, papers={"plate": "沪A12345"})
    twice = run_in_transaction(service.ship, shipment, key="ship-1", actor=1, at=NOW)

    assert (once.is_repeat, twice.is_repeat, once.posting) == (False, True, twice.posting)
    with pytest.raises(WrongState):
        run_in_transaction(service.ship, shipment, key="ship-2", actor=1, at=NOW)
    assert (given.on_hand(lot), given.on_hand(second)) == (q(1), q(4))
    assert db.session.get(Order, order, populate_existing=True).state == OrderState.SHIPPED
    assert not db.session.get(Lpn, lpn, populate_existing=True).is_open
    db.session.commit()
    given.ledger_is_whole()


def test_a_plate_with_more_on_it_than_was_promised_does_not_pass_the_door(db: Any) -> None:
    site, item = given.warehouse(), given.item()
    lot = given.lot(item)
    given.stock(lot, site, "A-01", 8)
    order, lpn, _shipment = _picked(site, [(item, 6)])
    assert service.check_load(lpn, portal=DOOR, on=TODAY).may_pass
    staged = queries.staged_of(order)[0].key
    shelf = next(row for row in stock.find_balances(lot=lot.id) if row.lpn != lpn)
    db.session.rollback()

    more = Move(quantity=q(1), source=shelf.key, target=staged)
    run_in_transaction(ledger.post, [more], key="more", reason=Reason.MOVE, actor=given.user(None, "picker"), at=NOW)

    assert service.check_load(lpn, portal=DOOR, on=TODAY).verdict is Verdict.NOT_ALLOCATED
    db.session.rollback()


def test_lines_with_different_shelf_life_terms_ship_together(db: Any) -> None:
    site, item, other = given.warehouse(), given.item(), given.item(shelf_life_days=None)
    customer = given.partner(shelf_life_percent_min=10)
    given.stock(given.lot(item), site, "A-01", 6)
    given.stock(given.lot(other), site, "A-02", 6)
    _, _, shipment = _picked(site, [(item, 5), (other, 2)], customer=customer)
    run_in_transaction(service.ship, shipment, key="ship-1", actor=1, at=NOW)
    assert run_in_transaction(service.ship, shipment, key="ship-1", actor=1, at=NOW).is_repeat
    given.ledger_is_whole()


def test_an_incomplete_order_ships_only_with_a_permitted_yes_and_gives_the_rest_back(db: Any) -> None:
    site, item = given.warehouse(), given.item()
    lot = given.lot(item)
    given.stock(lot, site, "A-01", 3)
    order, _, shipment = _picked(site, [(item, 5)])
    with pytest.raises(ShipmentIncomplete) as refused:
        run_in_transaction(service.ship, shipment, key="ship-1", actor=1, at=NOW)
    assert refused.value.data["missing"] == [f"{item.sku} 2 ea"]
    run_in_transaction(service.ship, shipment, key="ship-1", actor=1, at=NOW, may_ship_short=True)
    assert given.on_hand(lot) == q(0)
    given.ledger_is_whole()


def test_held_goods_on_the_plate_stop_the_shipment_even_when_held_after_packing(db: Any) -> None:
    site, item = given.warehouse(), given.item()
    lot = given.lot(item, "BAD")
    given.stock(lot, site, "A-01", 6)
    _, _, shipment = _picked(site, [(item, 5)])
    _hold(lot)
    for may in (False, True):
        with pytest.raises(LotOnHold):
            run_in_transaction(service.ship, shipment, key="ship-1", actor=1, at=NOW, may_ship_short=may)
    assert given.on_hand(lot, bin_id=site["STAGE"]) == q(5)


def test_goods_that_expired_in_staging_are_refused_by_the_posting_itself(db: Any) -> None:
    site, item = given.warehouse(), given.item()
    given.stock(given.lot(item, expires_in=3), site, "A-01", 6)
    _, _, shipment = _picked(site, [(item, 5)])
    with pytest.raises(LotExpired):
        run_in_transaction(service.ship, shipment, key="ship-1", actor=1, at=NOW + timedelta(days=4))


def test_an_open_alert_blocks_its_shipment_until_it_is_settled(db: Any) -> None:
    site, item = given.warehouse(), given.item()
    given.stock(given.lot(item), site, "A-01", 6)
    _, _, shipment = _picked(site, [(item, 5)])
    run_in_transaction(
        raise_alert, kind=AlertKind.DOOR_ALARM, severity=Severity.CRITICAL, warehouse=site.id, subject_key="door:1",
        data={}, blocks_shipment=shipment, at=NOW,
    )  # fmt: skip
    with pytest.raises(ShipmentBlocked):
        run_in_transaction(service.ship, shipment, key="ship-1", actor=1, at=NOW)
    run_in_transaction(resolve_subject, "door:1", actor=1, at=NOW)
    run_in_transaction(service.ship, shipment, key="ship-1", actor=1, at=NOW)


def _verdict(lpn: LpnId | None, portal: PortalId = DOOR, days: int = 0) -> Verdict:
    return service.check_load(lpn, portal=portal, on=given.day(days)).verdict


def test_the_door_knows_what_may_pass_and_why_not(db: Any) -> None:
    site, item = given.warehouse(), given.item()
    lot = given.lot(item, "LOT-1", expires_in=20)
    given.stock(lot, site, "A-01", 6)
    _, lpn, shipment = _picked(site, [(item, 5)])
    stored, empty = given.lpn(site), given.lpn(site)
    given.stock(given.lot(item), site, "A-02", 6, on=stored.id)
    assert _verdict(lpn) == Verdict.EXPECTED
    assert _verdict(lpn, OTHER_DOOR) == Verdict.OTHER_SHIPMENT
    assert _verdict(lpn, days=21) == Verdict.EXPIRED
    assert _verdict(stored.id) == Verdict.NOT_ALLOCATED
    assert _verdict(empty.id) == Verdict.EMPTY
    assert _verdict(LpnId(987654321)) == _verdict(None) == Verdict.UNKNOWN
    db.session.commit()
    assert service.check_lot(lot.id, portal=DOOR, on=TODAY).verdict == Verdict.EXPECTED
    assert service.check_lot(lot.id, portal=OTHER_DOOR, on=TODAY).verdict == Verdict.NOT_ALLOCATED
    db.session.commit()
    _hold(lot, HoldReason.RECALL)
    told = service.check_load(lpn, portal=DOOR, on=TODAY)
    assert (told.verdict, told.lots, told.shipment) == (Verdict.RECALLED, ("LOT-1",), shipment)


def test_the_door_judges_in_one_statement(db: Any) -> None:
    site, item = given.warehouse(), given.item()
    given.stock(given.lot(item), site, "A-01", 6)
    _, lpn, _ = _picked(site, [(item, 5)])
    seen: list[str] = []

    def count(_c: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        seen.append(statement)

    db.session.commit()
    db.session.connection()
    event.listen(db.engine, "before_cursor_execute", count)
    try:
        service.check_load(lpn, portal=DOOR, on=TODAY)
    finally:
        event.remove(db.engine, "before_cursor_execute", count)
    assert len(seen) == 1


def test_a_passage_loads_the_plate_once(db: Any) -> None:
    site, item = given.warehouse(), given.item()
    given.stock(given.lot(item), site, "A-01", 6)
    _, lpn, shipment = _picked(site, [(item, 5)])
    for _ in range(2):
        told = run_in_transaction(
            service.confirm_load, lpn=lpn, portal=DOOR, actor=None, at=NOW, on=TODAY, passage=None
        )
        assert told.may_pass and told.shipment == shipment
    wrong = run_in_transaction(service.confirm_load, lpn=lpn, portal=OTHER_DOOR, actor=None, at=NOW, on=TODAY)
    assert not wrong.may_pass
    assert len(db.session.execute(select(LoadLine)).all()) == 1
