"""What the jobs find: near expiry, past expiry by the site's own date, long in quarantine, silent machines."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select

from tests import given
from wms.alerts.models import Alert, AlertKind, AlertState
from wms.core.clock import local_day
from wms.core.ids import SYSTEM_USER
from wms.db import run_in_transaction
from wms.jobs import service
from wms.rfid.models import Gateway, Reader
from wms.stock.ledger import Quality


def open_alerts(db: Any, kind: AlertKind) -> dict[str, Alert]:
    rows = db.session.execute(select(Alert).where(Alert.kind == kind, Alert.state == AlertState.OPEN)).scalars()
    found = {row.data.get("lot") or row.data.get("code"): row for row in rows}
    db.session.commit()
    return found


def run(verb: Any, site: given.Site, at: datetime = given.NOW) -> Any:
    on = local_day(at, site.warehouse.timezone)
    return run_in_transaction(verb, warehouse=site.id, on=on, actor=SYSTEM_USER, at=at)


def test_each_item_warns_by_its_own_days_with_what_stands_in_this_warehouse(db: Any) -> None:
    site, other = given.warehouse(), given.warehouse()
    early, late = given.item(expiry_warning_days=60), given.item(expiry_warning_days=5)
    near = given.lot(early, "NEAR", expires_in=50)
    given.stock(near, site, "A-01", 7)
    given.stock(near, site, "A-02", 5)
    given.stock(near, other, "A-01", 100)
    given.stock(given.lot(late, "FAR", expires_in=6), site)
    given.stock(given.lot(early, "PAST", expires_in=-1), site)
    given.lot(early, "GONE", expires_in=3)
    assert run(service.warn_of_expiry, site) == {"lots": 1, "settled": 0}
    found = open_alerts(db, AlertKind.EXPIRY_NEAR)
    assert set(found) == {"NEAR"}
    assert (found["NEAR"].data["quantity"], found["NEAR"].subject_id) == ("12", near.id)


def test_a_warning_ends_when_the_goods_are_gone(db: Any) -> None:
    from wms.stock import ledger
    from wms.stock.ledger import Move, Place, Reason

    site = given.warehouse()
    lot = given.lot(given.item(expiry_warning_days=30), "NEAR", expires_in=3)
    key = given.stock(lot, site)
    run(service.warn_of_expiry, site)
    out = Move(quantity=given.q(10), source=key, target=key.at(Place(bin=site["SCRAP"])))
    run_in_transaction(ledger.post, [out], key="out", reason=Reason.SCRAP, actor=SYSTEM_USER, at=given.NOW)
    assert run(service.warn_of_expiry, site) == {"lots": 0, "settled": 1}
    assert not open_alerts(db, AlertKind.EXPIRY_NEAR)


def test_what_expired_is_held_by_the_date_of_its_own_site(db: Any) -> None:
    """At 18:00 UTC on the last good day it is past midnight in Shanghai and still that day in Rotterdam."""
    east, west = given.warehouse(timezone="Asia/Shanghai"), given.warehouse(timezone="Europe/Amsterdam")
    lot = given.lot(given.item(), "TODAY", expires_in=0)
    given.stock(lot, east)
    given.stock(lot, west)
    at = datetime(2026, 11, 22, 18, 0, tzinfo=UTC)
    assert run(service.hold_expired, east, at) == {"held": 1}
    assert run(service.hold_expired, west, at) == {"held": 0}
    assert given.on_hand(lot, bin_id=east["A-01"], free_only=True) == given.q(0)
    assert given.on_hand(lot, bin_id=west["A-01"], free_only=True) == given.q(10)
    assert set(open_alerts(db, AlertKind.EXPIRED_HELD)) == {"TODAY"}
    assert run(service.hold_expired, east, at) == {"held": 0}


def test_goods_long_on_hold_or_pending_are_told_of(db: Any) -> None:
    from wms.quality.service import PlaceHold, place_hold
    from wms.stock.models import HoldReason, HoldScope

    site = given.warehouse()
    item = given.item()
    old, fresh, held = (given.lot(item, number) for number in ("OLD", "FRESH", "HELD"))
    given.stock(old, site, quality=Quality.PENDING, at=given.NOW - timedelta(days=9))
    given.stock(fresh, site, quality=Quality.PENDING, at=given.NOW - timedelta(days=2))
    given.stock(held, site, at=given.NOW - timedelta(days=20))
    cmd = PlaceHold(key="h", scope=HoldScope.LOT, lot=held.id, reason=HoldReason.SUSPECT)
    run_in_transaction(place_hold, cmd, actor=SYSTEM_USER, at=given.NOW - timedelta(days=8))
    assert run(service.warn_of_old_quarantine, site) == {"lots": 2, "settled": 0}
    found = open_alerts(db, AlertKind.QUARANTINE_OLD)
    assert {name: alert.data["days"] for name, alert in found.items()} == {"OLD": 9, "HELD": 8}


def test_a_silent_gateway_is_told_of_and_heard_again_settles_it(db: Any) -> None:
    site = given.warehouse()
    heard, gone = given.NOW - timedelta(seconds=10), given.NOW - timedelta(seconds=500)
    first, second, third = (
        Gateway(id=n, code=f"GW{n}", warehouse_id=site.id, last_seen_at=seen)
        for n, seen in ((1, heard), (2, gone), (3, None))
    )
    given.keep(first, second, third)
    given.keep(
        Reader(id=1, code="QUIET", gateway_id=1, host="x", last_message_at=gone),
        Reader(id=2, code="BEHIND", gateway_id=2, host="x", last_message_at=gone),
        Reader(id=3, code="FINE", gateway_id=1, host="x", last_message_at=heard),
    )
    look = {"actor": SYSTEM_USER, "at": given.NOW}
    assert run_in_transaction(service.warn_of_silent_readers, **look) == {"silent": 2, "settled": 0}
    assert set(open_alerts(db, AlertKind.READER_SILENT)) == {"GW2", "QUIET"}

    def hear() -> None:
        db.session.get_one(Gateway, 2).last_seen_at = heard
        db.session.get_one(Reader, 2).last_message_at = heard

    run_in_transaction(hear)
    assert run_in_transaction(service.warn_of_silent_readers, **look) == {"silent": 1, "settled": 1}


def test_the_audit_of_the_ledger_tells_of_a_fault_and_of_its_end(db: Any) -> None:
    assert service.look_at_ledger() == []
    db.session.commit()
    look = {"actor": SYSTEM_USER, "at": given.NOW}
    run_in_transaction(service.audit_ledger, found=["I2a: a balance is not the sum of its moves"], **look)
    alert = db.session.execute(select(Alert).where(Alert.kind == AlertKind.LEDGER_BROKEN)).scalar_one()
    assert alert.data["faults"] == 1
    db.session.commit()
    run_in_transaction(service.audit_ledger, found=[], **look)
    db.session.refresh(alert)
    assert alert.state is AlertState.RESOLVED
