"""A bakery traced: flour of one supplier in bread that stands at the line, in the store and with a customer, both ways."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction
from typing import Any

import pytest

from tests import given
from tests.given import NOW, TODAY, day, q
from tests.plans import watch
from wms.core import errors
from wms.core.ids import SYSTEM_USER, LotId, LpnId, new_id
from wms.core.quantity import ZERO
from wms.db import db as database_of
from wms.db import run_in_transaction
from wms.production.models import OutputKind
from wms.production.service.reporting import InputLine, OutputLine, Reported, ReportProduction, report
from wms.stock import ledger
from wms.stock.ledger import Document, Move, Place, Quality, Reason
from wms.stock.models import LinkKind, LotLink, PastKind
from wms.stock.past import PastEvent, record_past
from wms.trace.balance import mass_balance, mass_balances, total
from wms.trace.queries import closure, stream_closure, trace
from wms.trace.rules.graph import Direction, StartKind, Where
from wms.trace.starts import find_start, start_of, start_of_amounts

pytestmark = pytest.mark.usefixtures("db")
F, B = Direction.FORWARD, Direction.BACKWARD


@dataclass
class Bakery:
    """Two lots of flour make bread in two reports of one order; some is shipped, some comes back."""

    site: given.Site
    line: Any
    mill: Any
    shop: Any
    flour: Any
    bread: Any
    first: LotId
    second: LotId
    order: Any
    loaves: LotId
    shipment: int
    machine: Any
    team: Any
    reports: list[Reported]


def post(site: given.Site, lot: Any, quantity: int | str, source: str, target: str, reason: Reason, **more: Any) -> int:
    """Move goods of a lot between two bins of the site, on no plate, released."""
    at = more.pop("at", NOW)
    quality = more.pop("quality", Quality.RELEASED)
    begins = given.key(lot, site, source, quality=quality)
    ends = given.key(lot, site, target, quality=more.pop("becomes", quality))
    return run_in_transaction(
        ledger.post, [Move(quantity=q(quantity), source=begins, target=ends)], key=f"t-{new_id()}", reason=reason,
        actor=SYSTEM_USER, at=at, **more,
    ).seq  # fmt: skip


class LotLike:
    def __init__(self, id_: LotId) -> None:
        self.id = id_


@pytest.fixture
def bakery() -> Bakery:
    site = given.warehouse()
    line = given.line(site)
    mill, shop = given.partner("MILL", is_supplier=True), given.partner("SHOP", is_customer=True, phone="555")
    flour, bread = given.item("FLOUR", base_unit="kg"), given.item("BREAD", shelf_life_days=30)
    given.bom(bread, [(flour, 1)], makes=2)
    given.production_rule(bread, is_output_pending=False)
    first, second = (given.received(site, flour, number, 100, supplier=mill) for number in ("F1", "F2"))
    for lot, amount in ((first, 80), (second, 100)):
        post(site, LotLike(lot), amount, "DOCK", line.code, Reason.ISSUE)
    order = given.work_order(site, bread, 200, line, released=True)
    machine, team = given.machine(site, "OVEN"), given.team(site, "NIGHT")
    reports = []
    for n, (inputs, loaves) in enumerate((([(first, 60), (second, 20)], 160), ([(second, 20)], 40)), start=1):
        cmd = ReportProduction(
            key=f"r{n}", warehouse=site.id, work_order=order.id,
            inputs=tuple(InputLine(lot=lot, quantity=q(amount)) for lot, amount in inputs),
            outputs=(OutputLine(quantity=q(loaves), kind=OutputKind.MAIN),), machine=machine.id if n == 1 else None,
            team=team.id if n == 1 else None, started_at=NOW + timedelta(hours=n), ended_at=NOW + timedelta(hours=n, minutes=30),
        )  # fmt: skip
        reports.append(run_in_transaction(report, cmd, actor=SYSTEM_USER, at=NOW + timedelta(hours=n, minutes=30)))
    [(loaves, _)] = reports[0].lots
    _to_store(site, line, loaves)
    shipment = given.shipped(site, [(bread, 50)], customer=shop)
    post(
        site, LotLike(loaves), 10, "CUSTOMER", "QUAR", Reason.CUSTOMER_RETURN,
        document=Document(kind="shipment", id=shipment),
    )  # fmt: skip
    return Bakery(site, line, mill, shop, flour, bread, first, second, order, loaves, shipment, machine, team, reports)


def _to_store(site: given.Site, line: Any, lot: LotId) -> None:
    from wms.stock.queries import find_balances

    rows = find_balances(lot=lot)
    target = Place(bin=site["A-01"])
    run_in_transaction(
        ledger.post, [Move(quantity=row.on_hand, source=row.key, target=row.key.at(target)) for row in rows],
        key=f"t-{new_id()}", reason=Reason.PUTAWAY, actor=SYSTEM_USER, at=NOW,
    )  # fmt: skip


def test_flour_is_found_in_the_store_at_the_line_and_with_the_customer(bakery: Bakery) -> None:
    found = trace(start_of([bakery.first]), F)
    flour, bread = found.nodes
    assert (flour.number, flour.level, flour.share, flour.part, flour.came) == ("F1", 0, 1, 1, q(100))
    # 60 of 100 kg went into the bread; of 200 loaves 120 are of it.
    assert (bread.level, bread.share, bread.part, bread.came) == (1, Fraction(3, 5), Fraction(3, 5), q(200))
    assert bread.quantity == 120
    by_bin = {(line.lot, line.bin_code): line for line in found.stock}
    assert by_bin[(bakery.first, "DOCK")].where is Where.STORE
    assert [line.bin_code for line in found.in_process] == [bakery.line.code]
    assert by_bin[(bakery.first, bakery.line.code)].share == Fraction(20, 100)
    store = by_bin[(bakery.loaves, "A-01")]
    assert (store.quantity, store.share, store.goods) == (q(150), Fraction(3, 5) * Fraction(150, 200), 90)
    [sent] = found.shipments
    assert (sent.shipped, sent.returned, sent.out) == (q(50), q(10), q(40))
    assert (sent.shipment, sent.share, sent.goods) == (bakery.shipment, Fraction(3, 5) * Fraction(40, 200), 24)
    assert sent.at is not None and sent.order_number
    [customer] = found.customers
    assert (customer.code, customer.phone, customer.lots, customer.share) == (
        "SHOP",
        "555",
        (bakery.loaves,),
        sent.share,
    )
    assert sum((line.share or Fraction(0) for line in (*found.stock, *found.shipments)), Fraction(0)) == 1
    assert [(o.number, o.sku) for o in found.work_orders] == [(bakery.order.number, "BREAD")]
    assert [(r.machine, r.team) for r in found.reports] == [("OVEN", "NIGHT")]
    assert found.as_of and found.seconds > 0


def test_bread_comes_of_two_flours_of_one_mill_by_their_receipts(bakery: Bakery) -> None:
    found = trace(start_of([bakery.loaves]), B)
    shares = {node.number: (node.share, node.part) for node in found.nodes if node.level == 1}
    assert shares == {"F1": (Fraction(3, 5), Fraction(3, 5)), "F2": (Fraction(2, 5), Fraction(2, 5))}
    assert [(line.code, line.share) for line in found.suppliers] == [("MILL", 1)]
    assert {line.lot: (line.quantity, line.share) for line in found.receipts} == {
        bakery.first: (q(100), Fraction(3, 5)), bakery.second: (q(100), Fraction(2, 5)),
    }  # fmt: skip
    assert all(line.receipt and line.number and line.on == TODAY for line in found.receipts)
    assert len(found.reports) == 2


def test_a_shipment_backward_asks_for_its_own_goods(bakery: Bakery) -> None:
    number = trace(start_of([bakery.loaves]), F).shipments[0].number
    start = find_start(StartKind.SHIPMENT, number)
    assert [(one.number, one.quantity) for one in start.lots] == [(bakery.order.number, q(50))]
    found = trace(start, B)
    assert found.node(bakery.first).share == Fraction(3, 5)
    assert found.node(bakery.first).part == Fraction(60, 100) * Fraction(50, 200)


def test_every_kind_of_start_finds_its_lots(bakery: Bakery) -> None:
    site = bakery.site
    plate = given.lpn(site, "106901234000000018")
    given.stock(given.lot(bakery.flour, "F3", maker_lot="M-7", supplier=bakery.mill.id), site, "A-02", 5, on=plate.id)
    order = trace(start_of([bakery.loaves]), F).shipments[0].order_number
    receipt = next(line.number for line in trace(start_of([bakery.first]), B).receipts)
    today = TODAY.isoformat()
    made = {bakery.order.number: q(200)}
    night = {bakery.order.number: q(160)}
    expected: dict[StartKind, list[tuple[str, dict[str, Any]]]] = {
        StartKind.LOT: [("F1", {"F1": None})],
        StartKind.MAKER_LOT: [("M-7", {"F3": None})],
        StartKind.SUPPLIER_LOT: [("M-7", {"F3": None}), ("F3", {"F3": None})],
        StartKind.WORK_ORDER: [(bakery.order.number, made)],
        StartKind.OPERATION: [(f"{bakery.order.number}/10", made)],
        StartKind.MACHINE: [("OVEN", night), (f"OVEN@{today}", night)],
        StartKind.TEAM: [("NIGHT", night)],
        StartKind.OPERATOR: [("system", made)],
        StartKind.HOUR: [
            (f"{today}T13", night),
            (f"{today}T14", {bakery.order.number: q(40)}),
            (f"{today}T13..{today}T14", made),
        ],
        StartKind.RECEIPT: [(receipt, {"F1": q(100)})],
        StartKind.ORDER: [(order, {bakery.order.number: q(50)})],
        StartKind.CUSTOMER: [("SHOP", {bakery.order.number: q(50)}), (f"SHOP@{today}", {bakery.order.number: q(50)})],
        StartKind.LPN: [("106901234000000018", {"F3": q(5)})],
    }
    for kind, asked in expected.items():
        for text, lots in asked:
            start = find_start(kind, text, warehouses=[site.id])
            assert {one.number: one.quantity for one in start.lots} == lots, (kind, text)
    dated = find_start(StartKind.DATES, today, item="BREAD")
    assert {one.number for one in dated.lots} == {bakery.order.number}


def test_what_is_unknown_is_said_and_what_means_two_things_is_asked(bakery: Bakery) -> None:
    for kind in StartKind:
        text = {"operation": "WO-X/10", "hour": "1999-01-01T05", "dates": "1999-01-01"}.get(kind.value, "no such thing")
        with pytest.raises((errors.NotFound, errors.StartEmpty)):
            find_start(kind, text)
        with pytest.raises(errors.NotFound):
            find_start(kind, "  ")
    given.lot(given.item("SUGAR"), "F1")
    with pytest.raises(errors.StartAmbiguous) as asked:
        find_start(StartKind.LOT, "F1")
    assert asked.value.data["found"] == ["FLOUR F1", "SUGAR F1"]
    assert find_start(StartKind.LOT, "F1", item="FLOUR").ids == (bakery.first,)
    for bad in ("2026-11-31", "2026-11-22..2026-11-01", "monday"):
        with pytest.raises(errors.BadDate):
            find_start(StartKind.DATES, bad)
        with pytest.raises(errors.BadDate):
            find_start(StartKind.HOUR, bad)
    with pytest.raises(errors.BadCode):
        find_start(StartKind.OPERATION, "WO-1")
    with pytest.raises(errors.NotFound):
        start_of([LotId(5)])
    given.team(given.warehouse(), "NIGHT")
    with pytest.raises(errors.StartAmbiguous):
        find_start(StartKind.TEAM, "NIGHT")


def test_of_another_warehouse_only_lots_are_seen(bakery: Bakery) -> None:
    elsewhere = given.warehouse()
    found = trace(start_of([bakery.first]), F, warehouses=[elsewhere.id])
    assert len(found.nodes) == 2 and found.edges and found.nodes[1].share == Fraction(3, 5)
    assert not (found.stock or found.shipments or found.customers or found.receipts or found.suppliers or found.reports)
    assert found.hidden == len(trace(start_of([bakery.first]), F).stock) + 4
    assert trace(start_of([bakery.first]), F, warehouses=[bakery.site.id]).hidden == 0


def test_goods_of_different_units_have_parts_and_no_shares(bakery: Bakery) -> None:
    found = trace(start_of([bakery.first, bakery.loaves]), F)
    assert found.why_no_shares == "units"
    assert found.node(bakery.loaves).part == 1
    assert all(line.share is None and line.part == 1 for line in found.stock)


def test_a_link_that_was_taken_back_leads_nowhere(bakery: Bakery) -> None:
    for link in database_of.session.query(LotLink).filter_by(source_lot_id=bakery.first):
        link.voided_seq = link.posting_seq
    database_of.session.commit()
    assert closure([bakery.first], F) == {bakery.first} == set(stream_closure([bakery.first], F))
    assert len(trace(start_of([bakery.first]), F).nodes) == 1
    assert bakery.first not in closure([bakery.loaves], B)


def test_a_residue_is_reached_with_a_share_of_nothing(bakery: Bakery) -> None:
    old = given.lot(bakery.flour, "OLD")
    given.stock(old, bakery.site, "A-03", 10)
    given.keep(
        LotLink(
            id=new_id(), kind=LinkKind.RESIDUE, source_lot_id=old.id, target_lot_id=bakery.first, source_quantity=ZERO,
            target_quantity=ZERO, posting_seq=1, made_by=SYSTEM_USER, made_at=NOW,
        )
    )  # fmt: skip
    found = trace(start_of([old.id]), F)
    assert [node.share for node in found.nodes] == [1, 0, 0]
    assert trace(start_of([bakery.loaves]), B).node(old.id).share == 0


def test_what_happened_before_this_system_counts_too(bakery: Bakery) -> None:
    grain, old = given.lot(given.item("GRAIN", base_unit="kg"), "G1"), given.lot(bakery.flour, "F0")
    past = [
        PastEvent(kind=PastKind.RECEIPT, lot=grain.id, quantity=q(50), on=day(-30), row=1, partner=bakery.mill.id),
        PastEvent(
            kind=PastKind.CONSUMPTION, lot=grain.id, quantity=q(40), on=day(-20), row=2, output_lot=old.id,
            output_quantity=q(30),
        ),
        PastEvent(
            kind=PastKind.SHIPMENT, lot=old.id, quantity=q(12), on=day(-10), row=3, partner=bakery.shop.id, document="DN-7"
        ),
    ]  # fmt: skip
    run_in_transaction(record_past, past, source_sha256="0" * 64, run=1, actor=SYSTEM_USER, at=NOW)
    document = Document(kind="import_run", id=1)
    post(bakery.site, old, 18, "ADJUST", "A-04", Reason.COUNT, document=document, note="opening stock")
    found = trace(start_of([grain.id]), F)
    assert [(n.number, n.share, n.part, n.came) for n in found.nodes] == [
        ("G1", 1, 1, q(50)), ("F0", Fraction(4, 5), 1, q(30)),
    ]  # fmt: skip
    [sent] = found.shipments
    assert (sent.is_imported, sent.number, sent.on, sent.shipped) == (True, "DN-7", day(-10), q(12))
    assert sent.share == Fraction(4, 5) * Fraction(12, 30)
    assert [line.share for line in found.stock] == [Fraction(4, 5) * Fraction(18, 30)]
    back = trace(start_of([old.id]), B)
    [receipt] = back.receipts
    assert (receipt.is_imported, receipt.share, receipt.supplier) == (True, 1, bakery.mill.id)
    balance = mass_balance(old.id)
    assert (balance.opening, balance.past_produced, balance.past_shipped) == (q(18), q(30), q(12))
    assert balance.is_balanced and not balance.unexplained
    assert find_start(StartKind.CUSTOMER, f"SHOP@{day(-10)}").lots[0].quantity == q(12)
    # 5 of them come back now, to goods whose going only a file knows.
    post(bakery.site, old, 5, "CUSTOMER", "QUAR", Reason.CUSTOMER_RETURN)
    [sent] = trace(start_of([grain.id]), F).shipments
    assert (sent.returned, sent.share) == (q(5), Fraction(4, 5) * Fraction(7, 30))


def test_goods_that_come_back_and_never_left_are_shown_and_count_as_come(bakery: Bakery) -> None:
    lot = given.lot(bakery.flour, "F9")
    post(bakery.site, lot, 5, "CUSTOMER", "QUAR", Reason.CUSTOMER_RETURN)
    found = trace(start_of([lot.id]), F)
    [line] = found.shipments
    assert (line.shipped, line.returned, line.out) == (ZERO, q(5), ZERO)
    assert (found.nodes[0].came, found.stock[0].share) == (q(5), 1)


def test_a_trace_asks_no_more_statements_of_a_larger_graph(bakery: Bakery) -> None:
    engine = database_of.engine
    start = start_of([bakery.first])
    with watch(engine) as small:
        trace(start, F)
    previous = bakery.loaves
    links = []
    for n in range(60):
        lot = given.lot(bakery.bread, f"B{n}")
        links.append(
            LotLink(
                id=new_id(), kind=LinkKind.RELABEL, source_lot_id=previous, target_lot_id=lot.id, source_quantity=q(1),
                target_quantity=q(1), posting_seq=1, made_by=SYSTEM_USER, made_at=NOW,
            )
        )  # fmt: skip
        previous = lot.id if n % 2 else previous
    given.keep(*links)
    with watch(engine) as large:
        found = trace(start, F)
    assert len(found.nodes) == 62 and len(found.levels) > 30
    assert len(large) == len(small) <= 15
    with watch(engine) as balanced:
        mass_balances(found.lots)
    assert len(balanced) <= 8
    with watch(engine) as reached:
        closure(found.lots, B)
    assert len(reached) == 1


# -- mass balance ---------------------------------------------------------------------------------------------------------
def test_the_balance_of_the_loaves_agrees_line_by_line_and_says_what_is_missing(bakery: Bakery) -> None:
    before = mass_balance(bakery.loaves)
    assert (before.produced, before.on_hand, before.shipped, before.returned) == (q(200), q(160), q(50), q(10))
    assert before.is_balanced and before.by_balances == q(160) and not before.unexplained
    loaves, site = LotLike(bakery.loaves), bakery.site
    post(site, loaves, 3, "A-01", "ADJUST", Reason.COUNT)
    post(site, loaves, 2, "A-01", "ADJUST", Reason.COUNT, note="mice")
    post(site, loaves, 4, "ADJUST", "A-01", Reason.COUNT)
    wrong = post(site, loaves, 7, "A-01", "SCRAP", Reason.SCRAP)
    post(site, loaves, 6, "A-01", "SCRAP", Reason.SCRAP)
    run_in_transaction(ledger.reverse, wrong, key="undo", actor=SYSTEM_USER, at=NOW)
    after = mass_balance(bakery.loaves)
    assert (after.count_gains, after.count_losses, after.destroyed) == (q(4), q(5), q(6))
    assert (after.unexplained_gains, after.unexplained_losses, after.unexplained) == (q(4), q(3), q(7))
    assert after.is_balanced and after.total_in == q(214) == after.total_out
    at_the_wrong_moment = mass_balance(bakery.loaves, as_of=wrong)
    assert (at_the_wrong_moment.destroyed, at_the_wrong_moment.is_balanced) == (q(7), True)
    both = total(list(mass_balances([bakery.first, bakery.second]).values()))
    assert (both.received, both.consumed, both.on_hand, both.is_balanced) == (q(200), q(100), q(100), True)
    with pytest.raises(errors.NotFound):
        mass_balance(LotId(5))


def test_less_than_the_least_yield_of_a_done_order_is_unexplained(bakery: Bakery) -> None:
    from wms.production.models import WorkOrder, WorkOrderState

    order = database_of.session.get_one(WorkOrder, bakery.order.id)
    order.quantity = q(250)
    database_of.session.commit()
    assert mass_balance(bakery.loaves).yield_shortfall == ZERO  # it is still being made
    order.state, order.completed_at = WorkOrderState.COMPLETED, NOW + timedelta(hours=5)
    database_of.session.commit()
    done = mass_balance(bakery.loaves)
    # 95 % of 250 is 237.5; 200 were made.
    assert (done.yield_shortfall, done.unexplained, done.is_balanced) == (q("37.5"), q("37.5"), True)
    assert mass_balance(bakery.loaves, as_of=NOW).yield_shortfall == ZERO
    assert mass_balance(bakery.first).yield_shortfall == ZERO


def test_a_part_of_a_lot_may_be_the_start(bakery: Bakery) -> None:
    start = start_of_amounts({bakery.first: q(25)}, kind=StartKind.MACHINE, text="OVEN")
    found = trace(start, F)
    assert found.node(bakery.first).share == 1 and found.node(bakery.first).part == Fraction(1, 4)
    assert found.node(bakery.loaves).part == Fraction(3, 5) / 4


def test_an_empty_plate_is_what_left_with_it(bakery: Bakery) -> None:
    from sqlalchemy import select

    from wms.picking.models import PickList
    from wms.stock.models import Lpn

    plate = database_of.session.execute(
        select(Lpn.code).join(PickList, PickList.lpn_id == Lpn.id).where(Lpn.id != LpnId(0))
    ).scalar_one()
    database_of.session.commit()
    assert {one.lot for one in find_start(StartKind.LPN, plate).lots} == {bakery.loaves}


# -- command line -----------------------------------------------------------------------------------------------------------
def test_the_command_line_prints_the_same(bakery: Bakery, app: Any) -> None:
    from click.testing import CliRunner

    from wms.cli import verbs
    from wms.cli.trace import KINDS

    assert set(KINDS) == {kind.value for kind in StartKind}
    made = {"obj": lambda _config=None: app}
    run = CliRunner().invoke(verbs, ["trace", "F1", "--forward", "--json"], **made)
    assert run.exit_code == 0, run.output
    said = json.loads(run.output)
    assert [node["number"] for node in said["nodes"]] == ["F1", bakery.order.number]
    assert said["nodes"][1]["share"] == {"numerator": "3", "denominator": "5"}
    table = CliRunner().invoke(verbs, ["trace", bakery.order.number, "--kind", "work_order", "--backward"], **made)
    assert table.exit_code == 0, table.output
    assert "MILL" in table.output and "backward from work_order" in table.output
    unknown = CliRunner().invoke(verbs, ["trace", "F77"], **made)
    assert unknown.exit_code == 1 and "F77" in unknown.output
