"""Pallets by one SSCC: plates upon plates, the look at part of them, and what differs, on both engines."""

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select

from tests import given
from tests.integration.receiving.test_receive import GOOD, do, one, sscc
from wms.core.errors import BadLpnTree, CheckNeeded, DuplicateValue, NotFound, QuestionNeeded, WrongState
from wms.core.ids import WarehouseId
from wms.db import db as database
from wms.receiving import service
from wms.receiving.models import Asn, PalletCheck, ReceiptDifference, ReceiptLine
from wms.receiving.queries import checks, intake
from wms.receiving.queries import lines as line_queries
from wms.receiving.rules.checks import draw
from wms.receiving.rules.commands import (
    AnnouncedLine,
    AnnouncedLpn,
    ConfirmPutaway,
    CreateAsn,
    NoteDifference,
    OpenReceipt,
    ReceiveLpn,
    ScanUnit,
)
from wms.stock import queries as stock
from wms.stock.models import Lpn
from wms.tasks.models import Task

pytestmark = pytest.mark.usefixtures("db")
on_sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
PALLET, OTHER = sscc(900), sscc(950)
CASES = [sscc(901 + n) for n in range(4)]
INNERS = [sscc(911), sscc(912)]


class Truck:
    """A notice of one pallet: four cases of six on it, the last case holding two inners of three; and a second pallet."""

    def __init__(self, *, share: int | None = 0) -> None:
        self.site = given.warehouse()
        self.supplier = given.partner(check_share_percent=share)
        self.item = given.item()
        lpns = [AnnouncedLpn(sscc=PALLET), AnnouncedLpn(sscc=OTHER)]
        lpns += [AnnouncedLpn(sscc=case, parent=PALLET) for case in CASES]
        lpns += [AnnouncedLpn(sscc=inner, parent=CASES[3]) for inner in INNERS]
        plates = [*CASES[:3], *INNERS, sscc(951)]
        lpns.append(AnnouncedLpn(sscc=sscc(951), parent=OTHER))
        lines = tuple(
            AnnouncedLine(item=self.item.id, quantity=given.q(6 if n < 3 or n == 5 else 3), lot_number=f"L-{n}", expires_on=GOOD,
                          sscc=plate)
            for n, plate in enumerate(plates)
        )  # fmt: skip
        cmd = CreateAsn(warehouse=self.site.id, supplier=self.supplier.id, lines=lines, lpns=tuple(reversed(lpns)))
        self.asn = do(service.create_asn, cmd)
        self.receipt = do(service.open_receipt, OpenReceipt(warehouse=self.site.id, asn=self.asn))

    @property
    def where(self) -> dict[str, WarehouseId]:
        return {"warehouse": self.site.id}

    def pallet(self, key: str = "pallet-1", **more: Any) -> ReceiveLpn:
        return ReceiveLpn(warehouse=self.site.id, receipt=self.receipt, sscc=PALLET, key=key, **more)

    def look(self) -> Any:
        check = do(service.open_check, self.receipt, str(PALLET), **self.where)
        return checks.view_of(check, **self.where)

    def scan(self, check: int, plate: Any, key: str, *answers: str) -> Any:
        cmd = ScanUnit(warehouse=self.site.id, check=check, key=key, sscc=plate, answers=frozenset(answers))
        return do(service.scan_unit, cmd)


def plates() -> dict[str, str]:
    """Each open plate with the one it stands on."""
    rows = database.session.execute(select(Lpn).where(Lpn.id != 0, Lpn.is_open)).scalars().all()
    names = {row.id: row.code for row in rows}
    found = {row.code: names.get(row.parent_id or 0, "") for row in rows}
    database.session.rollback()
    return found


def test_a_trusted_suppliers_pallet_comes_in_by_one_scan_with_every_plate_upon_it() -> None:
    truck = Truck(share=0)
    received = do(service.receive_lpn, truck.pallet())
    assert received.quantity == given.q(24) and len(received.lines) == 5
    assert plates() == {
        str(PALLET): "", **{str(case): str(PALLET) for case in CASES}, **{str(inner): str(CASES[3]) for inner in INNERS},
    }  # fmt: skip
    task = one(Task)
    assert (task.source_lpn.code, task.quantity) == (str(PALLET), given.q(24))
    database.session.rollback()
    cmd = ConfirmPutaway(warehouse=truck.site.id, task=task.id, bin=truck.site["A-01"], key="put-1")
    assert do(service.confirm_putaway, cmd).quantity == given.q(24)
    assert {row.bin_code for row in stock.find_balances(warehouse=truck.site.id)} == {"A-01"}
    assert len({row.lpn_code for row in stock.find_balances(warehouse=truck.site.id)}) == 5
    database.session.rollback()
    assert do(service.receive_lpn, truck.pallet()).is_repeat
    with pytest.raises(WrongState):
        do(service.receive_lpn, truck.pallet("pallet-2"))
    given.ledger_is_whole()


def test_of_a_new_supplier_all_is_looked_at_and_the_last_scan_takes_the_pallet_in() -> None:
    truck = Truck(share=None)
    with pytest.raises(CheckNeeded) as needed:
        do(service.receive_lpn, truck.pallet())
    assert needed.value.data["count"] == 5
    view = truck.look()
    units = [unit.code for unit in view.waiting]
    assert units == [str(CASES[0]), str(CASES[1]), str(CASES[2]), *map(str, INNERS)]
    database.session.rollback()
    for n, plate in enumerate([*CASES[:3], INNERS[0]]):
        assert truck.scan(view.check.id, plate, f"unit-{n}").received is None
    assert truck.scan(view.check.id, INNERS[0], "unit-again").left == 1
    with pytest.raises(CheckNeeded):
        truck.scan(view.check.id, PALLET, "unit-pallet")
    last = truck.scan(view.check.id, INNERS[1], "unit-last")
    assert last.left == 0 and last.received.quantity == given.q(24)
    again = truck.scan(view.check.id, INNERS[1], "unit-last")
    assert again.received.is_repeat and again.received.lines == last.received.lines
    assert one(PalletCheck).state.value == "done"


@on_sqlite
def test_the_plates_that_are_asked_are_drawn_by_the_seed_of_the_receipt() -> None:
    truck = Truck(share=40)
    view = truck.look()
    asked = {unit.code for unit in view.units if unit.is_asked}
    assert len(asked) == 2
    assert asked == draw([u.code for u in view.units], share_percent=40, seed=view.seed, pallet=str(PALLET))
    database.session.rollback()
    first, second = sorted(asked)
    by_code = {str(plate): plate for plate in [*CASES, *INNERS]}
    assert truck.scan(view.check.id, by_code[first], "unit-1").left == 1
    assert truck.scan(view.check.id, by_code[second], "unit-2").received.quantity == given.q(24)


def test_one_difference_and_all_of_the_pallet_is_looked_at() -> None:
    truck = Truck(share=20)
    view = truck.look()
    (asked,) = view.waiting
    database.session.rollback()
    looked = do(
        service.note_difference,
        NoteDifference(warehouse=truck.site.id, check=view.check.id, code=asked.code, kind="missing", key="diff-1"),
    )
    assert looked.left == 4
    waiting = [unit.code for unit in checks.view_of(view.check.id, **truck.where).waiting]
    database.session.rollback()
    counted = do(
        service.note_difference,
        NoteDifference(
            warehouse=truck.site.id,
            check=view.check.id,
            code=waiting[0],
            kind="other_quantity",
            key="diff-2",
            quantity=given.q(2),
        ),
    )
    assert counted.left == 3
    by_code = {str(plate): plate for plate in [*CASES, *INNERS]}
    for n, code in enumerate(waiting[1:]):
        looked = truck.scan(view.check.id, by_code[code], f"unit-{n}")
    sizes = {str(c): 6 for c in CASES[:3]} | {str(i): 3 for i in INNERS}
    assert looked.received.quantity == given.q(24 - sizes[asked.code] - sizes[waiting[0]] + 2)
    noted = [row.difference.kind.value for row in checks.noted_differences(truck.receipt)]
    assert noted == ["missing", "other_quantity"]
    assert asked.code not in plates()
    kinds = [d.kind for d in line_queries.differences_of_asn(truck.asn) if d.kind != "same"]
    assert sorted(kinds) == ["missing", "missing", "missing"]  # the two noted here, and the other pallet
    given.ledger_is_whole()


@on_sqlite
def test_a_plate_of_another_pallet_is_put_here_on_a_question_and_one_too_many_is_noted() -> None:
    truck = Truck(share=100)
    view = truck.look()
    database.session.rollback()
    with pytest.raises(QuestionNeeded) as asked:
        truck.scan(view.check.id, sscc(951), "unit-1")
    assert (asked.value.data["question"], asked.value.data["known"]) == ("child_elsewhere", str(OTHER))
    truck.scan(view.check.id, sscc(951), "unit-1", "child_elsewhere")
    with pytest.raises(QuestionNeeded) as asked:
        truck.scan(view.check.id, sscc(999), "unit-2")
    assert asked.value.data["question"] == "extra_child"
    truck.scan(view.check.id, sscc(999), "unit-2", "extra_child")
    for n, plate in enumerate([*CASES[:3], *INNERS]):
        looked = truck.scan(view.check.id, plate, f"more-{n}")
    assert looked.received.quantity == given.q(30)
    assert plates()[str(sscc(951))] == str(PALLET) and str(sscc(999)) not in plates()
    kinds = database.session.execute(select(ReceiptDifference.kind).order_by(ReceiptDifference.id)).scalars()
    assert [kind.value for kind in kinds] == ["moved_lpn", "extra_lpn"]


@on_sqlite
def test_a_case_that_came_before_its_pallet_is_put_onto_it_on_a_yes() -> None:
    truck = Truck(share=0)
    do(service.receive_lpn, replace(truck.pallet("case-1"), sscc=CASES[0]))
    assert plates() == {str(CASES[0]): ""}
    with pytest.raises(QuestionNeeded) as asked:
        do(service.receive_lpn, truck.pallet())
    assert asked.value.data["question"] == "children_received_before"
    received = do(service.receive_lpn, truck.pallet(answers=frozenset({"children_received_before"})))
    assert received.quantity == given.q(18)
    assert plates()[str(CASES[0])] == str(PALLET)


@on_sqlite
def test_a_flat_pallet_of_several_lots_is_looked_at_by_its_labels() -> None:
    site, supplier, item = given.warehouse(), given.partner(), given.item()
    lines = tuple(
        AnnouncedLine(item=item.id, quantity=given.q(5), lot_number=f"L-{n}", expires_on=GOOD, sscc=PALLET)
        for n in (1, 2)
    )
    asn = do(service.create_asn, CreateAsn(warehouse=site.id, supplier=supplier.id, lines=lines))
    receipt = do(service.open_receipt, OpenReceipt(warehouse=site.id, asn=asn))
    check = do(service.open_check, receipt, str(PALLET), warehouse=site.id)
    from wms.gs1.codes import LotNumber

    scan = ScanUnit(warehouse=site.id, check=check, key="unit-1", item=item.id, lot=LotNumber.parse("L-2"))
    assert do(service.scan_unit, scan).left == 1
    other = replace(scan, key="unit-2", lot=LotNumber.parse("X-9"))
    with pytest.raises(QuestionNeeded):
        do(service.scan_unit, other)
    looked = do(service.scan_unit, replace(other, answers=frozenset({"other_lot_on_pallet"})))
    assert looked.received.quantity == given.q(5)
    row = one(ReceiptDifference)
    assert (row.kind.value, row.announced_lot, row.found_lot) == ("other_lot", "L-1", "X-9")


def test_a_tree_is_read_without_bound_and_without_recursion_and_a_cycle_is_refused() -> None:
    site, supplier, item = given.warehouse(), given.partner(check_share_percent=0), given.item()
    deep = [sscc(10_000 + n) for n in range(400)]
    lpns = tuple(
        AnnouncedLpn(sscc=plate, parent=deep[n - 1] if n else None) for n, plate in reversed(list(enumerate(deep)))
    )
    line = AnnouncedLine(item=item.id, quantity=given.q(1), lot_number="D-1", expires_on=GOOD, sscc=deep[-1])
    cmd = CreateAsn(warehouse=site.id, supplier=supplier.id, lines=(line,), lpns=lpns)
    for wrong, why in (
        ((*lpns, AnnouncedLpn(sscc=deep[0])), "twice"),
        ((*lpns[:-1], AnnouncedLpn(sscc=deep[0], parent=deep[-1])), "cycle"),
        ((*lpns, AnnouncedLpn(sscc=sscc(1), parent=sscc(2))), "unknown_parent"),
    ):
        with pytest.raises(BadLpnTree) as broken:
            do(service.create_asn, replace(cmd, lpns=wrong))
        assert broken.value.data["why"] == why
    asn = do(service.create_asn, cmd)
    pallet = intake.announced_pallet(asn, str(deep[0]))
    assert pallet is not None and len(pallet.nodes) == 400 and pallet.nodes[-1].depth == 399
    database.session.rollback()
    with pytest.raises(DuplicateValue):
        do(service.create_asn, replace(cmd, lines=(replace(line, sscc=None),), lpns=(AnnouncedLpn(sscc=deep[7]),)))
    assert do(service.confirm_arrival, passage=5, sscc=str(deep[3])) == asn
    assert one(Asn).state.value == "arrived"
    assert [row.arrived_at for row in line_queries.asn_lines(asn)] == [given.NOW]


@on_sqlite
def test_a_plate_that_nobody_announced_is_not_found() -> None:
    truck = Truck()
    with pytest.raises(NotFound):
        do(service.receive_lpn, replace(truck.pallet(), sscc=sscc(77)))
    assert not database.session.execute(select(ReceiptLine)).first()
