"""Split, merge, relabel and correct lots: goods, quality, holds, days and genealogy go where they should."""

from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from config import Config
from tests import given
from tests.given import NOW, day, q
from tests.processes import run_at_once
from wms.audit.models import AuditEntry
from wms.core.errors import (
    DuplicateValue,
    FieldErrors,
    GoodsPromised,
    InsufficientStock,
    KeyReused,
    LotsDiffer,
    MissingField,
    QuestionNeeded,
    WrongState,
)
from wms.core.ids import OURSELVES, SYSTEM_USER, LotId, UserId, WarehouseId, new_id
from wms.core.quantity import ZERO
from wms.db import db as database
from wms.db import run_in_transaction
from wms.gs1.codes import LotNumber
from wms.quality import service as quality
from wms.stock import ledger, lots, queries
from wms.stock.ledger import ClaimRequest, Quality
from wms.stock.lots import Part
from wms.stock.models import HoldReason, HoldScope, LinkKind, Lot, LotLink, ReleaseScope
from wms.tasks.models import Task, TaskKind
from wms.tasks.service import create_task


def rows(lot: Any) -> list[queries.BalanceRow]:
    found = queries.find_balances(lot=lot if isinstance(lot, int) else lot.id)
    database.session.rollback()
    return found


def links() -> list[tuple[LinkKind, int, int, str]]:
    found = database.session.execute(select(LotLink).order_by(LotLink.source_lot_id)).scalars().all()
    database.session.rollback()
    return [(link.kind, link.source_lot_id, link.target_lot_id, str(link.source_quantity)) for link in found]


def split(
    lot: Lot, site: given.Site, *parts: Part, key: str = "k", number: str | None = None, **more: Any
) -> lots.Became:
    cmd = lots.SplitLot(
        key=key, lot=lot.id, warehouse=site.id, parts=parts, reason="why",
        number=LotNumber.parse(number) if number else None, **more,
    )  # fmt: skip
    return run_in_transaction(lots.split, cmd, actor=SYSTEM_USER, at=NOW)


def relabel(lot: Lot, site: given.Site, number: str, *parts: Part, key: str = "k", **more: Any) -> lots.Became:
    cmd = lots.RelabelLot(
        key=key, lot=lot.id, warehouse=site.id, parts=parts, reason="why", number=LotNumber.parse(number), **more
    )
    return run_in_transaction(lots.relabel, cmd, actor=SYSTEM_USER, at=NOW)


def merge(
    site: given.Site, *of: Lot, key: str = "k", number: str | None = None, into: Lot | None = None
) -> lots.Became:
    cmd = lots.MergeLots(
        key=key, lots=tuple(lot.id for lot in of), warehouse=site.id, reason="why", into=into.id if into else None,
        number=LotNumber.parse(number) if number else None,
    )  # fmt: skip
    return run_in_transaction(lots.merge, cmd, actor=SYSTEM_USER, at=NOW)


def hold(lot: Lot, site: given.Site, key: str = "h", scope: HoldScope = HoldScope.LOT, **more: Any) -> Any:
    cmd = quality.PlaceHold(key=key, scope=scope, lot=lot.id, warehouse=site.id, reason=HoldReason.SUSPECT, **more)
    return run_in_transaction(quality.place_hold, cmd, actor=SYSTEM_USER, at=NOW)


def test_a_part_becomes_a_lot_of_its_own_with_all_it_had(db: Any) -> None:
    site, item = given.warehouse(), given.item()
    lot = given.lot(
        item, "A1", traceability_lot_code="TLC1", traceability_lot_source="Plant", retest_on=day(30), country="CN"
    )
    given.stock(lot, site, "A-01", 10, at=NOW.replace(day=1), quality=Quality.PENDING)
    given.stock(lot, site, "A-02", 5)
    by_bin = {row.bin_code: row for row in rows(lot)}
    done = split(lot, site, Part(balance=by_bin["A-01"].id, quantity=q(4)))
    assert (done.number, str(done.quantity), done.is_repeat) == ("A1-1", "4", False)
    new = database.session.get(Lot, done.lot)
    assert new is not None
    assert (new.expires_on, new.maker_lot, new.traceability_lot_code, new.traceability_lot_source, new.retest_on, new.country) == (
        lot.expires_on, "A1", "TLC1", "Plant", day(30), "CN",
    )  # fmt: skip
    [row] = rows(done.lot)
    assert (row.bin_code, str(row.on_hand), row.quality, row.received_on) == (
        "A-01",
        "4",
        Quality.PENDING,
        date(2026, 11, 1),
    )
    assert {r.bin_code: str(r.on_hand) for r in rows(lot)} == {"A-01": "6", "A-02": "5"}
    assert links() == [(LinkKind.SPLIT, lot.id, done.lot, "4")]
    again = split(lot, site, Part(balance=by_bin["A-01"].id, quantity=q(4)))
    assert again.is_repeat and again.lot == done.lot and len(links()) == 1
    with pytest.raises(KeyReused):
        split(lot, site, Part(balance=by_bin["A-02"].id), number="ELSE")
    assert split(lot, site, Part(balance=by_bin["A-02"].id), key="k2").number == "A1-2"
    given.ledger_is_whole()


def test_more_than_there_is_and_what_is_promised_is_refused(db: Any) -> None:
    site, item = given.warehouse(), given.item()
    lot = given.lot(item, "A1")
    given.stock(lot, site, "A-01", 10)
    [row] = rows(lot)
    request = ClaimRequest(
        demand_kind="order_line", demand_id=1, item=item.id, quantity=q(6), warehouse=site.id, owner=OURSELVES,
        policy="fefo", good_until=day(0),
    )  # fmt: skip
    run_in_transaction(ledger.claim, [request], actor=SYSTEM_USER, at=NOW)
    with pytest.raises(InsufficientStock):
        split(lot, site, Part(balance=row.id, quantity=q(11)))
    with pytest.raises(GoodsPromised):
        split(lot, site, Part(balance=row.id, quantity=q(5)))
    with pytest.raises(GoodsPromised):
        relabel(lot, site, "B1")
    with pytest.raises(MissingField):
        split(lot, site)
    assert str(split(lot, site, Part(balance=row.id, quantity=q(4))).quantity) == "4"
    given.ledger_is_whole()


def test_a_number_in_use_is_refused_and_one_that_looks_like_it_is_asked_about(db: Any) -> None:
    site, item = given.warehouse(), given.item()
    lot = given.lot(item, "a/12")
    given.lot(item, "0012")
    given.stock(lot, site)
    with pytest.raises(DuplicateValue):
        relabel(lot, site, "0012")
    for near in ("A/12", "12"):
        with pytest.raises(QuestionNeeded):
            relabel(lot, site, near)
    done = relabel(lot, site, " A/12 ", answers=frozenset({"lot_nearly_known"}))
    assert done.number == "A/12" and str(given.on_hand(done.lot)) == "10" and given.on_hand(lot) == ZERO
    numbers = set(database.session.execute(select(Lot.number).where(Lot.item_id == item.id)).scalars())
    assert numbers == {"a/12", "0012", "A/12"}


def test_holds_go_along_and_one_lift_frees_both_lots(db: Any) -> None:
    site, item, lifter = given.warehouse(), given.item(), given.user("q", "quality")
    lot = given.lot(item, "A1")
    given.stock(lot, site, "A-01", 10)
    placed = hold(lot, site)
    [row] = rows(lot)
    done = split(lot, site, Part(balance=row.id, quantity=q(3)))
    assert [r.hold_set for r in rows(done.lot)] == [row.hold_set]
    given.ledger_is_whole()
    lift = quality.LiftHold(hold=placed.hold, reason="fine")
    lifted: Any = run_in_transaction(quality.lift_hold, lift, actor=lifter, at=NOW)
    assert str(getattr(lifted, "quantity", lifted)) == "10"
    assert given.on_hand(done.lot, free_only=True) == q(3)
    given.ledger_is_whole()


def test_a_merged_lot_has_the_worst_quality_every_hold_and_the_strictest_days(db: Any) -> None:
    site, item = given.warehouse(), given.item()
    a = given.lot(item, "A1", expires_in=100, manufactured_on=day(-10), maker_lot="M1", country="CN")
    b = given.lot(item, "B1", expires_in=50, manufactured_on=day(-20), retest_on=day(20), maker_lot="M2", country="CN")
    given.stock(a, site, "A-01", 10)
    given.stock(b, site, "A-01", 5, quality=Quality.PENDING)
    given.stock(a, site, "A-02", 2)
    hold(a, site)
    done = merge(site, a, b, number="M")
    new = database.session.get(Lot, done.lot)
    assert new is not None
    assert (new.expires_on, new.manufactured_on, new.retest_on, new.maker_lot, new.country) == (
        day(50), day(-20), day(20), "M", "CN",
    )  # fmt: skip
    found = rows(done.lot)
    assert {(r.bin_code, str(r.on_hand), r.quality) for r in found} == {
        ("A-01", "15", Quality.PENDING), ("A-02", "2", Quality.PENDING),
    }  # fmt: skip
    assert all(r.hold_set != 0 and r.fefo_on == day(50) for r in found)
    assert links() == [(LinkKind.MERGE, a.id, done.lot, "12"), (LinkKind.MERGE, b.id, done.lot, "5")]
    assert merge(site, a, b, number="M").is_repeat
    with pytest.raises(WrongState):
        merge(site, a, b, key="k2", number="M2")
    given.ledger_is_whole()


def test_merging_into_a_lot_changes_its_own_goods_too_and_their_days_follow(db: Any) -> None:
    site, item = given.warehouse(), given.item()
    a, b = given.lot(item, "A1", expires_in=100), given.lot(item, "B1", expires_in=50)
    elsewhere = given.warehouse()
    given.stock(a, site, "A-01", 10)
    given.stock(a, elsewhere, "A-01", 7)
    given.stock(b, site, "A-02", 5)
    hold(b, site, scope=HoldScope.BIN, bin=site["A-02"])
    done = merge(site, b, into=a)
    assert (done.lot, str(done.quantity)) == (a.id, "5")
    found = {(r.warehouse, r.bin_code): (str(r.on_hand), r.hold_set != 0, r.fefo_on) for r in rows(a)}
    assert found == {
        (site.id, "A-01"): ("10", True, day(50)),
        (site.id, "A-02"): ("5", True, day(50)),
        (elsewhere.id, "A-01"): ("7", False, day(50)),
    }
    assert given.on_hand(b) == ZERO
    with pytest.raises(LotsDiffer):
        merge(site, given.lot(given.item()), into=a, key="k2")
    given.ledger_is_whole()


def test_a_correction_is_followed_by_every_balance_and_kept_with_its_reason(db: Any) -> None:
    site, item, actor = given.warehouse(), given.item(), given.user()
    lot = given.lot(item, "A1", expires_in=100, manufactured_on=day(-10))
    given.stock(lot, site, "A-01", 10)
    given.stock(lot, site, "A-02", 5)

    def correct(why: str = "typed wrongly", **values: Any) -> Lot:
        cmd = lots.CorrectLot(lot=lot.id, values=values, reason=why)
        return run_in_transaction(lots.correct, cmd, actor=actor, at=NOW)

    correct(
        expires_on=day(60),
        maker_lot="0012",
        traceability_lot_code="T",
        traceability_lot_source="S",
        expiry_text="2027-01",
    )
    assert {r.fefo_on for r in rows(lot)} == {day(60)}
    kept = database.session.execute(
        select(AuditEntry).where(AuditEntry.entity == "lot", AuditEntry.entity_id == lot.id).order_by(AuditEntry.seq.desc())
    ).scalars().first()  # fmt: skip
    assert kept is not None and kept.reason == "typed wrongly" and kept.actor_id == actor
    assert set(kept.changes) >= {"expires_on", "maker_lot", "fefo_on"}
    database.session.rollback()
    with pytest.raises(FieldErrors):
        correct(expires_on=day(-11))
    with pytest.raises(FieldErrors):
        correct(expires_on=None)
    with pytest.raises(MissingField):
        correct(why=" ", expires_on=day(1))
    given.ledger_is_whole()


def test_work_at_the_dock_names_the_lot_the_goods_are_now(db: Any) -> None:
    site, item = given.warehouse(), given.item()
    lot = given.lot(item, "A1")
    given.stock(lot, site, "DOCK", 10)
    task = run_in_transaction(
        create_task, kind=TaskKind.PUTAWAY, warehouse=site.id, actor=SYSTEM_USER, at=NOW, item_id=item.id, lot_id=lot.id,
        source_bin_id=site["DOCK"], source_lpn_id=0, quantity=q(10), document_kind="receipt", document_id=1,
    )  # fmt: skip
    [row] = rows(lot)
    part = split(lot, site, Part(balance=row.id, quantity=q(4)))
    whole = relabel(lot, site, "B1", key="k2")
    found = database.session.execute(select(Task).order_by(Task.id)).scalars().all()
    assert [(t.lot_id, str(t.quantity)) for t in found] == [(whole.lot, "6"), (part.lot, "4")]
    assert found[0].id == task.id


def _released_for(lot: Lot, market: str) -> None:
    given.keep(
        ReleaseScope(
            id=new_id(), lot_id=lot.id, market=market, entry=f"m:{market}", document_kind="release", document_id=1,
            made_by=SYSTEM_USER, made_at=NOW,
        )
    )  # fmt: skip


def test_for_whom_goods_are_released_goes_along_and_lots_that_differ_in_it_do_not_merge(db: Any) -> None:
    site, item = given.warehouse(), given.item()
    a, b = given.lot(item, "A1"), given.lot(item, "B1")
    given.stock(a, site, "A-01", 10)
    given.stock(b, site, "A-02", 5)
    _released_for(a, "EU")
    with pytest.raises(LotsDiffer) as refused:
        merge(site, a, b, number="M")
    assert refused.value.data["what"] == "release_scope"
    done = relabel(a, site, "A2")
    scopes = (
        database.session.execute(select(ReleaseScope.market).where(ReleaseScope.lot_id == done.lot)).scalars().all()
    )
    database.session.rollback()
    assert scopes == ["EU"]
    _released_for(b, "EU")
    new = database.session.get_one(Lot, done.lot)
    assert str(merge(site, b, into=new, key="k2").quantity) == "5"
    given.ledger_is_whole()


def _relabel(lot: int, site: int, number: str) -> str:
    cmd = lots.RelabelLot(
        key=number, lot=LotId(lot), warehouse=WarehouseId(site), reason="race", number=LotNumber.parse(number)
    )
    return run_in_transaction(lots.relabel, cmd, actor=UserId(SYSTEM_USER), at=NOW).number


def test_of_several_who_relabel_a_lot_at_once_one_does(config: Config, app: Any) -> None:
    with app.app_context():
        site, item = given.warehouse(), given.item()
        lot = given.lot(item, "A1")
        given.stock(lot, site, "A-01", 10)
    outcomes = run_at_once(_relabel, [(lot.id, site.id, f"N{n}") for n in range(4)], config=config)
    assert sorted(outcome.error or "done" for outcome in outcomes) == ["done", *["wrong_state"] * 3]
    with app.app_context():
        given.ledger_is_whole()
