"""Each kind of gap is found, kept, owned, told of once, and gone when it was mended; on both engines."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from tests import given
from tests.given import NOW, TODAY, q
from wms.alerts.models import Alert, AlertKind, AlertState
from wms.core.errors import MissingField, NotFound, WrongState
from wms.core.ids import SYSTEM_USER, new_id
from wms.db import run_in_transaction
from wms.gaps import service
from wms.gaps.models import Gap, GapState
from wms.gaps.queries import finding, lists
from wms.gaps.rules.kinds import GapKind
from wms.production.models import InputSource, ProductionReport, ReportInput, ReportOutput, WorkOrder, WorkOrderState
from wms.receiving.models import Receipt
from wms.stock import ledger
from wms.stock.ledger import Document, Move, Place, Reason
from wms.stock.models import ImportedEvent, LinkKind, Lot, LotLink, PastKind
from wms.units.models import Unit, UnitScheme


def _found(kind: GapKind, site: given.Site) -> list[Any]:
    rows = finding.find_kind(kind, site.id)
    finding.db.session.commit()
    return rows


def _names(kind: GapKind, site: given.Site) -> list[str]:
    return [one.name.split(" ")[-1] for one in _found(kind, site)]


def _change(table: Any, identity: int, **values: Any) -> None:
    run_in_transaction(lambda: finding.db.session.execute(update(table).where(table.id == identity).values(**values)))


def _counted_in(lot: Lot, site: given.Site, bin_code: str = "A-01", quantity: int = 5, **more: Any) -> None:
    """Goods that a count brought into the books: nobody received them."""
    key = given.key(lot, site, bin_code)
    move = Move(quantity=q(quantity), source=key.at(Place(bin=site["ADJUST"])), target=key)
    run_in_transaction(
        ledger.post, [move], key=f"count-{new_id()}", reason=Reason.COUNT, actor=SYSTEM_USER, at=NOW, **more
    )


def _past_receipt(lot: Lot, site: given.Site) -> None:
    given.keep(
        ImportedEvent(
            id=new_id(), kind=PastKind.RECEIPT, lot_id=lot.id, partner_id=given.partner(is_supplier=True).id,
            warehouse_id=site.id, quantity=q(5), happened_on=TODAY, source_sha256="0" * 64, source_row=1,
            made_by=SYSTEM_USER, made_at=NOW,
        )
    )  # fmt: skip


def _look(site: given.Site, *, days: int = 0) -> dict[str, int]:
    found = {site.id: finding.find_gaps(site.id)}
    finding.db.session.commit()
    return run_in_transaction(
        service.settle, warehouse=site.id, on=given.day(days), found=found, actor=SYSTEM_USER,
        at=NOW + timedelta(days=days),
    )  # fmt: skip


# -- receiving and stock ------------------------------------------------------------------------------------------------
def test_stock_without_a_source_is_found_until_its_past_is_imported(db: Any) -> None:
    site, item = given.warehouse(), given.item()
    known, orphan = given.lot(item, "KNOWN"), given.lot(item, "ORPHAN")
    opened = given.lot(item, "OPENED")
    given.stock(known, site)
    _counted_in(orphan, site)
    _counted_in(opened, site, document=Document(kind="import_run", id=1))
    assert _names(GapKind.STOCK_WITHOUT_SOURCE, site) == ["ORPHAN"]
    _past_receipt(orphan, site)
    assert _names(GapKind.STOCK_WITHOUT_SOURCE, site) == []


def test_a_part_of_another_lot_has_a_source_while_its_link_counts(db: Any) -> None:
    site, item = given.warehouse(), given.item()
    whole, part = given.lot(item, "WHOLE"), given.lot(item, "PART")
    given.stock(whole, site)
    _counted_in(part, site)
    link = LotLink(
        id=new_id(), kind=LinkKind.SPLIT, source_lot_id=whole.id, target_lot_id=part.id, source_quantity=q(1),
        target_quantity=q(1), made_by=SYSTEM_USER, made_at=NOW,
    )  # fmt: skip
    given.keep(link)
    assert _names(GapKind.STOCK_WITHOUT_SOURCE, site) == []


def test_one_maker_lot_under_two_numbers_is_found_and_parts_are_not(db: Any) -> None:
    site, item = given.warehouse(), given.item()
    one, two = (given.lot(item, n, maker_lot="M-7") for n in ("N-1", "N-2"))
    for lot in (one, two):
        given.stock(lot, site)
    (found,) = _found(GapKind.LOT_TWICE, site)
    assert (found.data["maker_lot"], found.data["count"], found.data["other"]) == ("M-7", "2", "N-1")
    _change(Lot, two.id, maker_lot="M-8")
    assert _found(GapKind.LOT_TWICE, site) == []


def test_numbers_that_look_the_same_are_found_while_both_are_in_use(db: Any) -> None:
    site, item = given.warehouse(), given.item()
    for number in ("0A12", "a 12", "B12"):
        given.stock(given.lot(item, number), site)
    (found,) = _found(GapKind.LOT_NEARLY_TWICE, site)
    assert {found.name.split(" ", 1)[1], found.data["other"]} == {"0A12", "a 12"}


def test_a_lot_without_the_date_that_decides_is_found(db: Any) -> None:
    site = given.warehouse()
    lot = given.lot(given.item(), "DATED", expires_in=None)
    given.stock(lot, site)
    assert _names(GapKind.LOT_WITHOUT_DATE, site) == ["DATED"]
    _change(Lot, lot.id, expires_on=given.day(9), fefo_on=given.day(9))
    assert _names(GapKind.LOT_WITHOUT_DATE, site) == []


def test_a_receipt_without_paper_and_a_lot_without_its_makers_number_are_found(db: Any) -> None:
    site, item = given.warehouse(), given.item()
    given.received(site, item, "R-1", 5, supplier=given.partner(is_supplier=True), delivery_note="")
    lot = db.session.execute(select(Lot).where(Lot.number == "R-1")).scalar_one()
    receipt = db.session.execute(select(Receipt)).scalar_one()
    db.session.commit()
    (found,) = _found(GapKind.RECEIPT_WITHOUT_PAPER, site)
    assert (found.subject_id, found.data["missing"]) == (receipt.id, "document")
    _change(Receipt, receipt.id, delivery_note="DN-1", supplier_id=None)
    assert _found(GapKind.RECEIPT_WITHOUT_PAPER, site)[0].data["missing"] == "supplier"
    _change(Receipt, receipt.id, supplier_id=given.partner(is_supplier=True).id)
    assert _found(GapKind.RECEIPT_WITHOUT_PAPER, site) == []
    _change(Lot, lot.id, maker_lot="")
    assert _names(GapKind.LOT_WITHOUT_MAKER_LOT, site) == ["R-1"]
    _change(Lot, lot.id, maker_lot="R-1")
    assert _names(GapKind.LOT_WITHOUT_MAKER_LOT, site) == []


def test_a_plate_in_two_bins_and_a_unit_where_no_goods_are_are_found(db: Any) -> None:
    site, item = given.warehouse(), given.item()
    lot, plate = given.lot(item, "U-1"), given.lpn(site)
    given.stock(lot, site, "A-01", 5, on=plate.id)
    given.stock(lot, site, "A-02", 5, on=plate.id)
    (found,) = _found(GapKind.PLATE_IN_TWO_BINS, site)
    assert (found.name, found.data) == (plate.code, {"bin": "A-01", "other": "A-02"})
    unit = Unit(
        id=new_id(), item_id=item.id, lot_id=lot.id, code="SN-1", scheme=UnitScheme.SERIAL, warehouse_id=site.id,
        bin_id=site["A-03"], lpn_id=plate.id, created_at=NOW,
    )  # fmt: skip
    given.keep(unit)
    assert _names(GapKind.UNIT_WITHOUT_PLACE, site) == ["SN-1"]
    _change(Unit, unit.id, bin_id=site["A-02"])
    assert _names(GapKind.UNIT_WITHOUT_PLACE, site) == []


# -- production ---------------------------------------------------------------------------------------------------------
def _report(order: WorkOrder, made: Lot, used: Lot, *, quantity: int = 10) -> ProductionReport:
    """Rows of a report as a fault or an old program would leave them: no link ties the made lot to anything."""
    report = ProductionReport(
        id=new_id(), number=f"PR-{new_id()}", key=f"report-{new_id()}", warehouse_id=order.warehouse_id,
        work_order_id=order.id, operation_sequence=10, line_id=order.line_id, operator_id=SYSTEM_USER, started_at=NOW,
        ended_at=NOW, reported_by=SYSTEM_USER, reported_at=NOW,
    )  # fmt: skip
    given.keep(report)
    given.keep(
        ReportInput(
            id=new_id(), report_id=report.id, line=1, component_id=order.components[0].id, item_id=used.item_id,
            lot_id=used.id, quantity=q(quantity), source=InputSource.LINE, bin_id=order.line.bin_id,
        ),
        ReportOutput(
            id=new_id(), report_id=report.id, line=1, kind="main", item_id=made.item_id, lot_id=made.id, quantity=q(5),
            bin_id=order.line.output_bin_id, lpn_id=0,
        ),
    )  # fmt: skip
    return report


def test_what_production_leaves_open_is_found(db: Any) -> None:
    site, flour, dough = given.warehouse(), given.item(), given.item()
    used, made = given.lot(flour, "F-1"), given.lot(dough, "D-1")
    _counted_in(used, site, quantity=20)
    given.bom(dough, [(flour, 2)])
    order = given.work_order(site, dough, 5, given.line(site))
    report = _report(order, made, used)
    assert _names(GapKind.OUTPUT_WITHOUT_INPUT, site) == ["D-1"]
    assert _names(GapKind.INPUT_WITHOUT_SOURCE, site) == ["F-1"]
    assert _found(GapKind.CONSUMPTION_DIFFERS, site) == [], "nobody said yet that it is complete"
    _change(WorkOrder, order.id, state=WorkOrderState.COMPLETED)
    (differs,) = _found(GapKind.CONSUMPTION_DIFFERS, site)
    assert (differs.subject_kind, differs.subject_id, differs.data["item"]) == ("work_order", order.id, flour.sku)
    _past_receipt(used, site)
    link = LotLink(
        id=new_id(), kind=LinkKind.PRODUCTION, source_lot_id=used.id, target_lot_id=made.id, source_quantity=q(10),
        target_quantity=q(5), made_by=SYSTEM_USER, made_at=NOW,
    )  # fmt: skip
    given.keep(link)
    _change(ProductionReport, report.id, reversed_at=NOW)
    for kind in (GapKind.OUTPUT_WITHOUT_INPUT, GapKind.INPUT_WITHOUT_SOURCE, GapKind.CONSUMPTION_DIFFERS):
        assert _found(kind, site) == []


# -- shipping -----------------------------------------------------------------------------------------------------------
def test_what_left_for_nobody_or_from_nowhere_is_found(db: Any) -> None:
    site, item = given.warehouse(), given.item()
    known, orphan = given.lot(item, "KNOWN"), given.lot(item, "ORPHAN")
    given.stock(known, site)
    _counted_in(orphan, site)
    seqs = []
    for lot in (known, orphan):
        key = given.key(lot, site)
        move = Move(quantity=q(5), source=key, target=key.at(Place(bin=site["CUSTOMER"])))
        posted = run_in_transaction(
            ledger.post, [move], key=f"ship-{lot.number}", reason=Reason.SHIP, actor=SYSTEM_USER, at=NOW
        )
        seqs.append(posted.seq)
    assert [one.subject_id for one in _found(GapKind.SHIPPED_WITHOUT_DEMAND, site)] == seqs
    assert _names(GapKind.SHIPPED_WITHOUT_SOURCE, site) == ["ORPHAN"]
    run_in_transaction(ledger.reverse, seqs[1], key="back", actor=SYSTEM_USER, at=NOW)
    assert len(_found(GapKind.SHIPPED_WITHOUT_DEMAND, site)) == 1
    assert _names(GapKind.SHIPPED_WITHOUT_SOURCE, site) == []


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_goods_that_went_the_right_way_leave_no_gap(db: Any) -> None:
    site, item = given.warehouse(), given.item()
    given.received(site, item, "R-1", 20, supplier=given.partner(is_supplier=True), delivery_note="DN-1")
    assert _look(site)["found"] == 0
    assert given.claims_of(1) == []


# -- kept ---------------------------------------------------------------------------------------------------------------
def _alerts(db: Any) -> list[tuple[str, AlertState, Any]]:
    rows = db.session.execute(select(Alert).where(Alert.kind == AlertKind.GAP_FOUND).order_by(Alert.id)).scalars()
    found = [(a.data["stage"], a.state, a.data["count"]) for a in rows]
    db.session.commit()
    return found


def test_gaps_are_kept_told_of_once_a_stage_and_gone_when_mended(db: Any) -> None:
    site, item = given.warehouse(), given.item()
    one, two = given.lot(item, "G-1"), given.lot(item, "G-2")
    for lot in (one, two):
        _counted_in(lot, site)
    assert _look(site) == {"found": 2, "new": 2, "mended": 0}
    assert _alerts(db) == [("stock", AlertState.OPEN, 2)]
    assert _look(site, days=1) == {"found": 2, "new": 0, "mended": 0}
    gap = db.session.execute(select(Gap).where(Gap.lot_id == one.id)).scalar_one()
    assert (gap.first_seen_at, gap.last_seen_at, gap.owner_role) == (NOW, NOW + timedelta(days=1), "supervisor")
    db.session.commit()
    _past_receipt(one, site)
    assert _look(site, days=2) == {"found": 1, "new": 0, "mended": 1}
    assert _alerts(db) == [("stock", AlertState.OPEN, 2)]
    _past_receipt(two, site)
    _look(site, days=3)
    assert _alerts(db) == [("stock", AlertState.RESOLVED, 2)]
    states = db.session.execute(select(Gap.state)).scalars().all()
    assert states == [GapState.MENDED, GapState.MENDED]
    db.session.commit()


def test_a_gap_is_owned_accepted_with_a_reason_and_opened_again(db: Any) -> None:
    site, person = given.warehouse(), given.user(None, "supervisor")
    _counted_in(given.lot(given.item(), "G-1"), site)
    _look(site)
    gap = lists.page_of_gaps(site.id, lists.GapFilter(), cursor=None).rows[0].id
    db.session.commit()
    more: dict[str, Any] = {"warehouse": site.id, "actor": person, "at": NOW}
    run_in_transaction(service.name_owner, gap, person, **more)
    stranger = given.user(None, "supervisor", site=given.warehouse())
    for nobody in (17, stranger):
        with pytest.raises(NotFound):
            run_in_transaction(service.name_owner, gap, nobody, **more)
    with pytest.raises(MissingField):
        run_in_transaction(service.accept, gap, reason=" ", **more)
    run_in_transaction(service.accept, gap, reason="Old stock of the shop", **more)
    assert _alerts(db)[0][1] is AlertState.RESOLVED
    assert _look(site, days=1) == {"found": 1, "new": 0, "mended": 0}, "accepted is not new again"
    with pytest.raises(WrongState):
        run_in_transaction(service.accept, gap, reason="again", **more)
    run_in_transaction(service.reopen, gap, **more)
    found = lists.get_gap(gap, warehouse=site.id)
    assert (found.state, found.accept_reason, found.owner_id) == (GapState.OPEN, "", person)
    db.session.commit()
    with pytest.raises(NotFound):
        run_in_transaction(service.accept, gap, reason="x", **(more | {"warehouse": given.warehouse().id}))


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_the_daily_job_looks_through_every_site(db: Any) -> None:
    from wms.jobs import runner
    from wms.jobs.schedule import JOBS

    site = given.warehouse()
    _counted_in(given.lot(given.item(), "G-1"), site)
    outcome = runner.run_now(next(job for job in JOBS if job.name == "gaps"))
    assert (outcome.state, outcome.result["new"]) == ("done", 1), outcome.error
