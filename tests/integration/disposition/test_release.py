"""Releases on both engines: the checklist, waivers, tranches, markets, and what a second person is for."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from tests import given
from wms.catalog.models import Item, ItemClass, Partner
from wms.core.errors import (
    InsufficientStock,
    NotReleasedFor,
    OtherPersonNeeded,
    ReleaseIncomplete,
    ScopeUnclear,
    WrongState,
)
from wms.core.ids import LotId, UserId, WarehouseId, new_id
from wms.db import run_in_transaction
from wms.disposition import arrivals, queries, service
from wms.disposition.models import ReleaseVerdict
from wms.disposition.rules.checklist import Asked, ItemState, Point
from wms.disposition.service import DecideRelease, WaivePoint
from wms.files.models import FileKind, StoredFile
from wms.gs1.codes import LotNumber
from wms.picking.service.allocation import allocate_order
from wms.quality.service import PlaceHold, place_hold
from wms.sites.models import StorageClass
from wms.stock.ledger import Quality
from wms.stock.models import HoldReason, HoldScope, Lot
from wms.stock.rules.scope import Entry


class Case:
    """A pending lot of 10 at the dock of a site, and two people of quality."""

    def __init__(self, **item: Any) -> None:
        self.site = given.warehouse()
        self.item = given.item(**{"item_class": ItemClass.FOOD, **item})
        self.supplier = given.partner("SUP")
        self.lot = given.lot(self.item, "L-1", supplier=self.supplier.id)
        given.stock(self.lot, self.site, "A-01", 10, quality=Quality.PENDING)
        self.first = given.user("li", "quality", site=self.site)
        self.second = given.user("wang", "quality", site=self.site)

    @property
    def here(self) -> WarehouseId:
        return self.site.id

    def cmd(self, **more: Any) -> DecideRelease:
        values = {
            "key": f"k{new_id()}", "lot": self.lot.id, "warehouse": self.here, "verdict": ReleaseVerdict.RELEASED,
            "reason": "all well",
        }  # fmt: skip
        return DecideRelease(**(values | more))

    def decide(self, *, by: UserId | None = None, **more: Any) -> service.Decided:
        return run_in_transaction(service.decide_release, self.cmd(**more), actor=by or self.first, at=given.NOW)

    def check(self, **more: Any) -> dict[Point, ItemState]:
        tranche = queries.Tranche(lot=self.lot.id, warehouse=self.here)
        return {i.point: i.state for i in queries.check_tranche(tranche, on=given.TODAY, **more).items}

    def quality(self, lot: LotId | None = None) -> dict[str, str]:
        from wms.stock import queries as stock

        rows = stock.find_balances(lot=lot or self.lot.id)
        sums: dict[str, int] = {}
        for row in rows:
            sums[row.quality.value] = sums.get(row.quality.value, 0) + row.on_hand.millionths
        return {name: str(given.q(amount // 1_000_000)) for name, amount in sums.items()}


def _certificate(lot: Lot, *, by: UserId) -> None:
    given.keep(
        StoredFile(
            id=new_id(), sha256="a" * 64, content_type="application/pdf", size_bytes=10, name="coa.pdf",
            subject_kind="lot", subject_id=lot.id, kind=FileKind.CERTIFICATE, created_by=by, created_at=given.NOW,
        )
    )  # fmt: skip


def test_a_release_is_signed_over_what_it_decided_and_an_edit_afterwards_shows(db: Any) -> None:
    case = Case()
    case.decide()
    assert case.quality() == {"released": "10"}
    (view,) = queries.decisions_of(case.lot.id)
    (seen,) = view.signatures
    assert seen.row.meaning == "released" and seen.row.is_genuine and seen.is_unchanged
    assert seen.row.signed_on.endswith("+08:00 Asia/Shanghai")
    run_in_transaction(
        lambda: db.session.execute(update(Lot).where(Lot.id == case.lot.id).values(expires_on=given.day(300)))
    )
    db.session.expire_all()
    (seen,) = queries.decisions_of(case.lot.id)[0].signatures
    assert not seen.is_unchanged and seen.changed == ("expires_on",) and seen.row.is_genuine
    given.ledger_is_whole()


def test_a_missing_certificate_refuses_by_name_until_a_second_person_waives_it(db: Any) -> None:
    case = Case(item_class=ItemClass.DRUG, approval_number="H2026", approval_valid_until=given.day(30))
    with pytest.raises(ReleaseIncomplete) as refused:
        case.decide()
    assert refused.value.data["missing"] == ["point_certificate"] and refused.value.data["lot"] == "L-1"
    assert case.quality() == {"pending": "10"}
    waive = WaivePoint(lot=case.lot.id, warehouse=case.here, point=Point.CERTIFICATE, reason="comes on Monday")
    run_in_transaction(service.waive_point, waive, actor=case.second, at=given.NOW)
    assert case.check()[Point.CERTIFICATE] is ItemState.WAIVED
    with pytest.raises(OtherPersonNeeded) as same:
        case.decide(by=case.second)
    assert same.value.data["name"] == "Wang" and same.value.data["part"] == "who_waived"
    case.decide(by=case.first)
    assert case.quality() == {"released": "10"}
    assert not queries.open_waivers([case.lot.id], case.here)


def test_what_may_not_be_waived_is_not(db: Any) -> None:
    case = Case(item_class=ItemClass.DRUG)
    waive = WaivePoint(lot=case.lot.id, warehouse=case.here, point=Point.REGISTRATION, reason="please")
    with pytest.raises(WrongState):
        run_in_transaction(service.waive_point, waive, actor=case.second, at=given.NOW)
    with pytest.raises(WrongState):
        run_in_transaction(service.waive_point, replace(waive, point=Point.HOLDS), actor=case.second, at=given.NOW)


def test_certificate_registration_and_licence_count_on_the_day(db: Any) -> None:
    case = Case(item_class=ItemClass.DRUG, approval_number="H2026", approval_valid_until=given.day(-1))
    _certificate(case.lot, by=case.first)
    found = case.check()
    assert found[Point.CERTIFICATE] is ItemState.OK and found[Point.REGISTRATION] is ItemState.MISSING
    run_in_transaction(
        lambda: db.session.execute(update(Item).where(Item.id == case.item.id).values(approval_valid_until=given.TODAY))
    )
    db.session.expire_all()
    assert case.check()[Point.REGISTRATION] is ItemState.OK
    ended = update(Partner).where(Partner.id == case.supplier.id).values(licence_expires_on=given.day(-1))
    run_in_transaction(lambda: db.session.execute(ended))
    db.session.expire_all()
    with pytest.raises(ReleaseIncomplete) as refused:
        case.decide()
    assert refused.value.data["missing"] == ["point_licences"]
    assert refused.value.data["details"] == [f"SUP {given.day(-1)}"]


@pytest.mark.parametrize(
    ("read", "state"),
    [((50,), ItemState.OK), ((50, 91), ItemState.MISSING), ((None,), ItemState.MISSING), ((), ItemState.OK)],
)
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_cold_goods_must_have_arrived_cold(
    db: Any, read: tuple[int | None, ...], state: ItemState, monkeypatch: Any
) -> None:
    case = Case(storage_class=StorageClass.COLD, item_class=ItemClass.DEVICE)
    monkeypatch.setattr(arrivals, "_told", [lambda lots, _: dict.fromkeys(lots, read)])
    assert case.check()[Point.TEMPERATURE] is state


def test_an_open_hold_stops_a_release_of_its_goods_and_not_of_the_others(db: Any) -> None:
    case = Case()
    given.stock(case.lot, case.site, "A-02", 5, quality=Quality.PENDING)
    hold = PlaceHold(
        key="h", scope=HoldScope.BIN, lot=case.lot.id, bin=case.site["A-02"], reason=HoldReason.SUSPECT,
    )  # fmt: skip
    run_in_transaction(place_hold, hold, actor=case.second, at=given.NOW)
    with pytest.raises(ReleaseIncomplete) as refused:
        case.decide()
    assert refused.value.data["missing"] == ["point_holds"] and refused.value.data["details"] == ["suspect"]
    case.decide(bin=case.site["A-01"])
    assert case.quality() == {"released": "10", "pending": "5"}


def test_a_part_quantity_is_released_and_the_rest_waits(db: Any) -> None:
    case = Case()
    done = case.decide(bin=case.site["A-01"], quantity=given.q(4), key="part")
    assert str(done.quantity) == "4" and case.quality() == {"released": "4", "pending": "6"}
    assert case.decide(bin=case.site["A-01"], quantity=given.q(4), key="part").is_repeat
    with pytest.raises(InsufficientStock):
        case.decide(bin=case.site["A-01"], quantity=given.q(7))
    case.decide(verdict=ReleaseVerdict.REJECTED)
    assert case.quality() == {"released": "4", "rejected": "6"}
    given.ledger_is_whole()


def test_a_tranche_is_released_by_its_own_verdict_and_never_the_rest_by_it(db: Any) -> None:
    from wms.inspection.models import Inspection, InspectionState, Stage, Verdict

    case = Case()
    plate = given.lpn(case.site)
    given.stock(case.lot, case.site, "A-02", 4, on=plate.id, quality=Quality.PENDING)

    def inspection(number: str, quantity: int, verdict: Verdict, **more: Any) -> Inspection:
        return Inspection(
            id=new_id(), number=number, warehouse_id=case.here, stage=Stage.RECEIPT, state=InspectionState.DONE,
            item_id=case.item.id, lot_id=case.lot.id, quantity=given.q(quantity), plan={}, sample={}, due_at=given.NOW,
            opened_by=case.second, opened_at=given.NOW, inspector_id=case.first, verdict=verdict, defects={}, **more,
        )  # fmt: skip

    whole = inspection("INS-1", 7, Verdict.REJECTED)
    given.keep(whole)
    given.keep(inspection("INS-2", 4, Verdict.ACCEPTED, parent_id=whole.id, lpn_id=plate.id))
    given.keep(inspection("INS-3", 3, Verdict.ACCEPTED, parent_id=whole.id, bin_id=case.site["A-01"]))
    for more in ({}, {"bin": case.site["A-01"]}, {"bin": case.site["A-01"], "quantity": given.q(5)}):
        with pytest.raises(ReleaseIncomplete) as refused:
            case.decide(**more)
        assert refused.value.data["details"] == ["INS-1"], more
    case.decide(lpn=plate.id)
    case.decide(bin=case.site["A-01"], quantity=given.q(2))
    with pytest.raises(ReleaseIncomplete):
        case.decide(bin=case.site["A-01"], quantity=given.q(2))  # one of the three is left to it
    case.decide(bin=case.site["A-01"], quantity=given.q(1))
    with pytest.raises(ReleaseIncomplete):
        case.decide(bin=case.site["A-01"], quantity=given.q(1))
    case.decide(verdict=ReleaseVerdict.REJECTED)
    assert case.quality() == {"released": "7", "rejected": "7"}


def test_a_lot_released_for_one_market_goes_to_no_other(db: Any) -> None:
    case = Case()
    case.decide(scope=(Entry(market="CN"),))
    china, europe = given.partner("CHINA", market="CN"), given.partner("EURO", market="EU")
    abroad = given.order(case.site, [(case.item, 3)], customer=europe)
    got = run_in_transaction(allocate_order, abroad, actor=case.first, at=given.NOW)
    assert str(got.claimed) == "0"
    from wms.picking.models import AllocationDecision

    why = db.session.execute(select(AllocationDecision.candidates)).scalars().all()[-1][0]
    assert (why["why"], why["data"]["released_for"], why["data"]["buyer"]) == ("not_released_for", "CN", "EURO (EU)")
    db.session.rollback()
    home = given.order(case.site, [(case.item, 3)], customer=china)
    assert str(run_in_transaction(allocate_order, home, actor=case.first, at=given.NOW).claimed) == "3"
    run_in_transaction(
        service.widen_scope, case.lot.id, (Entry(customer=europe.id, code="EURO", until=given.day(1)),),
        warehouse=case.here, reason="they agreed", for_all=False, actor=case.first, at=given.NOW,
    )  # fmt: skip
    assert str(run_in_transaction(allocate_order, abroad, actor=case.first, at=given.NOW).claimed) == "3"


def test_the_posting_asks_for_whom_as_well(db: Any) -> None:
    from wms.stock import ledger
    from wms.stock.ledger import Move, Place, Reason, StockKey
    from wms.stock.rules.scope import Buyer

    case = Case()
    case.decide(scope=(Entry(market="CN"),))
    key = StockKey(lot=case.lot.id, place=Place(bin=case.site["A-01"]))
    move = Move(quantity=given.q(1), source=key, target=key.at(Place(bin=case.site["CUSTOMER"])))
    abroad = Buyer(customer=1, code="EURO", market="EU")
    with pytest.raises(NotReleasedFor):
        run_in_transaction(
            ledger.post, [move], key="s", reason=Reason.SHIP, buyer=abroad, actor=case.first, at=given.NOW
        )
    home = Buyer(customer=2, code="CHINA", market="CN")
    run_in_transaction(ledger.post, [move], key="s", reason=Reason.SHIP, buyer=home, actor=case.first, at=given.NOW)


def test_one_lot_has_one_scope(db: Any) -> None:
    case = Case()
    case.decide(bin=case.site["A-01"], quantity=given.q(4))
    with pytest.raises(ScopeUnclear):
        case.decide(scope=(Entry(market="CN"),))
    other = Case.__new__(Case)
    other.__dict__.update(case.__dict__)
    other.lot = given.lot(case.item, "L-2")
    given.stock(other.lot, case.site, "A-03", 6, quality=Quality.PENDING)
    other.decide(bin=case.site["A-03"], quantity=given.q(2), scope=(Entry(market="CN"),))
    with pytest.raises(ScopeUnclear):
        other.decide()
    with pytest.raises(ScopeUnclear):
        other.decide(scope=(Entry(market="US"),))  # the two that are released were never looked at for US
    other.decide(for_all=True)
    assert not queries.open_scopes([other.lot.id])


def test_a_market_may_ask_for_more(db: Any) -> None:
    case = Case()

    def set_policy() -> None:
        service.set_release_policy(
            item_class=ItemClass.FOOD, item=None, market="EU", points={Point.CERTIFICATE: Asked.ASKED}, needs_two=False
        )
        service.set_release_policy(
            item_class=None, item=case.item.id, market="", points={Point.LABEL_CHECK: Asked.ASKED}, needs_two=False
        )

    run_in_transaction(set_policy)
    assert case.check()[Point.CERTIFICATE] is ItemState.NOT_ASKED
    assert case.check(markets=["EU"])[Point.CERTIFICATE] is ItemState.MISSING
    with pytest.raises(ReleaseIncomplete) as refused:
        case.decide(scope=(Entry(market="EU"),))
    assert refused.value.data["missing"] == ["point_certificate", "point_label_check"]
    case.decide(scope=(Entry(market="CN"),), is_label_checked=True)


def test_who_alone_inspected_does_not_release_alone(db: Any) -> None:
    from wms.inspection.models import Inspection, InspectionState, Stage, Verdict

    case = Case(item_class=ItemClass.DEVICE, approval_number="R1", approval_valid_until=given.day(30))

    def inspection(number: str, state: InspectionState, verdict: Verdict | None) -> Inspection:
        return Inspection(
            id=new_id(), number=number, warehouse_id=case.here, stage=Stage.RECEIPT, state=state, item_id=case.item.id,
            lot_id=case.lot.id, quantity=given.q(10), plan={}, sample={}, due_at=given.NOW, opened_by=case.second,
            opened_at=given.NOW, inspector_id=case.first, verdict=verdict, defects={},
        )  # fmt: skip

    row = inspection("INS-1", InspectionState.IN_WORK, None)
    given.keep(row)
    with pytest.raises(ReleaseIncomplete) as refused:
        case.decide(by=case.second)
    assert refused.value.data["missing"] == ["point_inspection"] and refused.value.data["details"] == ["INS-1"]
    run_in_transaction(
        lambda: db.session.execute(
            update(Inspection).where(Inspection.id == row.id).values(state="done", verdict="accepted")
        )
    )
    db.session.expire_all()
    with pytest.raises(OtherPersonNeeded) as same:
        case.decide(by=case.first)
    assert same.value.data["part"] == "who_inspected"
    case.decide(by=case.second)
    assert case.quality() == {"released": "10"}


def test_a_rule_gives_the_goods_their_number_when_they_pass(db: Any, monkeypatch: Any) -> None:
    from wms.disposition.service import release

    monkeypatch.setattr(release, "number_for", lambda **_: "OK-2026-1")
    case = Case()
    done = case.decide()
    assert done.lot_number == "OK-2026-1" and done.lot != case.lot.id
    assert case.quality(done.lot) == {"released": "10"} and case.quality() == {}
    given.ledger_is_whole()


def test_the_queue_asks_no_more_for_many_lots_than_for_one(db: Any) -> None:
    from sqlalchemy import event

    case = Case(item_class=ItemClass.DRUG)
    counts = []
    for n in range(2):
        statements: list[str] = []
        note = lambda *args, seen=statements: seen.append(args[2])  # noqa: E731
        event.listen(db.engine, "before_cursor_execute", note)
        rows = queries.queue(case.here, on=given.TODAY)
        event.remove(db.engine, "before_cursor_execute", note)
        db.session.commit()
        counts.append(len(statements))
        if n == 0:
            for number in range(5):
                lot = given.lot(case.item, f"MORE-{number}")
                given.stock(lot, case.site, "A-02", 2, quality=Quality.PENDING)
    assert counts[0] == counts[1] <= 14 and len(rows) == 6
    assert all(not row.is_ready for row in rows)


def test_goods_leave_no_inspection_behind_with_their_number(db: Any) -> None:
    from wms.inspection.models import Inspection, InspectionState, Stage, Verdict
    from wms.stock import lots
    from wms.stock import queries as stock

    case = Case()

    def inspect(lot: LotId, number: str, **more: Any) -> None:
        values = {
            "number": number, "warehouse_id": case.here, "stage": Stage.RECEIPT, "state": InspectionState.DONE,
            "item_id": case.item.id, "lot_id": lot, "quantity": given.q(10), "plan": {}, "sample": {},
            "due_at": given.NOW, "opened_by": case.second, "opened_at": given.NOW, "inspector_id": case.first,
            "verdict": Verdict.REJECTED, "defects": {},
        }  # fmt: skip
        given.keep(Inspection(id=new_id(), **(values | more)))

    inspect(case.lot.id, "INS-1")
    (row,) = stock.find_balances(lot=case.lot.id)
    half = lots.SplitLot(
        key="s",
        lot=case.lot.id,
        warehouse=case.here,
        parts=(lots.Part(balance=row.id, quantity=given.q(4)),),
        reason="x",
    )
    became = run_in_transaction(lots.split, half, actor=case.first, at=given.NOW)
    other = lots.RelabelLot(key="r", lot=became.lot, warehouse=case.here, number=LotNumber.parse("CLEAN"), reason="x")
    clean = run_in_transaction(lots.relabel, other, actor=case.first, at=given.NOW)
    # What comes in later under the old number says nothing of what has left it.
    inspect(case.lot.id, "INS-2", opened_at=given.NOW + timedelta(days=1))
    with pytest.raises(ReleaseIncomplete) as refused:
        case.decide(lot=clean.lot)
    assert refused.value.data["missing"] == ["point_inspection"] and refused.value.data["details"] == ["INS-1"]
    assert queries.looked_at([clean.lot], case.here) == {case.first: "who_inspected"}
    assert case.quality(clean.lot) == {"pending": "4"}
