"""The bakery: flour of two mills runs together in a silo, dough becomes toast, crumbs come beside it; one yeast was recorded wrongly.

What it baked went to three customers, so that a complaint and a recall have something to find.
"""

from __future__ import annotations

from dataclasses import dataclass

from wms.catalog.models import ItemClass
from wms.core.ids import LotId, OrderId, ProductionLineId, ProductionReportId, ShipmentId, VesselId, WorkOrderId
from wms.core.quantity import Quantity
from wms.db import db
from wms.demo.plants.floor import Floor
from wms.production.models import ExpiryBy, OutputKind, ProductionReport
from wms.production.service import boms, corrections, master, planning, vessels
from wms.production.service.boms import Beside, BomPlan, Part, Step
from wms.production.service.reporting import Defect, InputLine, OutputLine, Stop
from wms.stock import queries as stock

TOAST, DOUGH, CRUMBS = "BK-TOAST", "BK-DOUGH", "BK-CRUMB"
FLOUR, YEAST, SALT = "BK-FLOUR", "BK-YEAST", "BK-SALT"
#: The mills' lots that ran together, the yeast that was recorded, and the one that was really used.
MILL_LOTS, WRONG_YEAST, RIGHT_YEAST = ("MF-0711", "MF-0718"), "Y-2207", "Y-2208"


@dataclass(frozen=True)
class Bakery:
    """What the bakery left: the flour lots, the toast, its orders and shipments."""

    flour: tuple[LotId, ...]
    toast: LotId
    second_toast: LotId
    orders: tuple[WorkOrderId, ...]
    shipments: tuple[ShipmentId, ...]
    pegged_order: OrderId


def run(floor: Floor) -> Bakery:
    """Set the bakery up, bake twice, correct one report, ship to three customers."""
    line = _set_up(floor)
    site = floor.site.id
    flour = tuple(floor.bring(FLOUR, lot, "600", "JNX-GRAIN", life=270) for lot in MILL_LOTS)
    wrong = floor.bring(YEAST, WRONG_YEAST, "20", "EASTFOOD", life=60)
    right = floor.bring(YEAST, RIGHT_YEAST, "20", "EASTFOOD", life=60)
    salt = floor.bring(SALT, "S-19", "50", "EASTFOOD")
    silo = master.make_vessel(
        master.VesselPlan(code="SILO-1", name_en="Flour silo 1", name_zh="一号面粉仓", capacity=Quantity.of(2000)), warehouse=site
    )  # fmt: skip
    for n, lot in enumerate(flour):
        _fill(floor, silo, lot, f"demo:fill:{n}")
    machines = {
        code: master.make_machine(master.MachinePlan(code=code, name_en=en, name_zh=zh, line=line), warehouse=site)
        for code, en, zh in (("MIX-1", "Dough mixer 1", "一号和面机"), ("OVEN-2", "Tunnel oven 2", "二号隧道炉"))
    }
    team = master.make_team(master.Named(code="B-DAY", name_en="Bakery day shift", name_zh="烘焙早班"), warehouse=site)
    pegged_order, pegged_line = floor.sell(f"SO-{floor.day.on:%y%m%d}-B3", TOAST, 200, "CANTEEN")
    pegged = planning.Pegged(kind="order_line", id=pegged_line)
    made = []
    orders = []
    for n, (number, quantity, pegged_to) in enumerate(
        ((f"WO-B{floor.day.on:%y%m%d}1", 1000, None), (f"WO-B{floor.day.on:%y%m%d}2", 200, pegged))
    ):
        order = floor.order(number, TOAST, quantity, line, team=team, pegged=pegged_to)
        orders.append(order.id)
        floor.issue_all(order.id)
        kilos = quantity * 4 // 10
        hours = 30.0 - 12 * n
        mixed = floor.report(
            order.id, 10,
            [
                InputLine(vessel=silo, quantity=Quantity.of(kilos)),
                InputLine(lot=wrong, quantity=Quantity.parse(f"{quantity * 0.008:.3f}")),
                InputLine(lot=salt, quantity=Quantity.parse(f"{quantity * 0.008:.3f}")),
            ],
            [OutputLine(quantity=Quantity.of(quantity * 6 // 10))],
            hours=hours, team=team, machine=machines["MIX-1"], parameters={"Dough temperature": "25.5", "Mixing time": "14"},
        )  # fmt: skip
        dough = mixed.lots[0][0]
        baked = floor.report(
            order.id, 20, [InputLine(lot=dough, quantity=Quantity.of(quantity * 6 // 10))],
            [
                OutputLine(quantity=Quantity.of(quantity - 10 * (1 - n))),
                OutputLine(quantity=Quantity.parse("4.5"), kind=OutputKind.BY_PRODUCT, item=floor.items[CRUMBS]),
            ],
            hours=hours - 2, team=team, machine=machines["OVEN-2"], parameters={"Oven temperature": "218"},
            defects=(Defect(code="misshapen 变形", quantity=Quantity.of(10)),) if n == 0 else (),
            stops=(Stop(reason="slicer jammed 切片机卡住", minutes=12),) if n == 0 else (),
        )  # fmt: skip
        made.append((mixed, baked.lots[0][0]))
    floor.carry(right, ["LINE-1"], quantity="8.5")
    _correct_yeast(floor, made[0][0].report, right)
    for lot in (made[0][1], made[1][1]):
        floor.release(lot, "tasted and measured 感官与净重合格")
    floor.carry(made[0][1], ["A-01-1-1", "A-02-1-1"])
    floor.carry(made[1][1], ["A-03-1-1"])
    sold = [
        floor.sell(f"SO-{floor.day.on:%y%m%d}-B{n}", TOAST, quantity, customer)[0]
        for n, (quantity, customer) in enumerate(((400, "FRESHMART"), (300, "CORNER")), start=1)
    ]
    shipments = tuple(floor.send(order) for order in (*sold, pegged_order))
    return Bakery(flour, made[0][1], made[1][1], tuple(orders), shipments, pegged_order)


def _set_up(floor: Floor) -> ProductionLineId:
    """The items, the line, and the bill of materials with its two operations."""
    food = ItemClass.FOOD
    floor.item(FLOUR, "Bread flour", "高筋面粉", food, "kg", life=270, allergen="gluten")
    floor.item(YEAST, "Fresh yeast", "鲜酵母", food, "kg", life=60)
    floor.item(SALT, "Salt", "食盐", food, "kg")
    floor.item(DOUGH, "Toast dough", "吐司面团", food, "kg")
    floor.item(TOAST, "Sliced toast", "切片吐司", food, "pc", life=20, sold=True, specification="450 g")
    floor.item(CRUMBS, "Bread crumbs", "面包糠", food, "kg", life=90)
    for sku, rule in (
        (TOAST, master.RulePlan(expiry_by=ExpiryBy.STRICTEST, yield_percent_min=98)),
        (DOUGH, master.RulePlan(is_output_pending=False)),
        (CRUMBS, master.RulePlan(is_output_pending=False)),
        (FLOUR, master.RulePlan(tolerance_percent=1)),
    ):
        master.set_rule(floor.items[sku], rule)
    kilos = Quantity.of(1)
    boms.make_bom(
        BomPlan(
            item=floor.items[TOAST], output_quantity=Quantity.of(100), output_weight=Quantity.parse("0.45"), name="450 g",
            parts=(
                Part(item=floor.items[FLOUR], quantity=Quantity.of(40), weight=kilos, operation_sequence=10),
                Part(item=floor.items[YEAST], quantity=Quantity.parse("0.8"), weight=kilos, operation_sequence=10, scrap_basis_points=200),
                Part(item=floor.items[SALT], quantity=Quantity.parse("0.8"), weight=kilos, operation_sequence=10),
            ),
            steps=(
                Step(
                    sequence=10, code="MIX", name_en="Mix", name_zh="和面", output_item=floor.items[DOUGH],
                    output_quantity=Quantity.of(60),
                    parameters=(
                        {"name": "Dough temperature", "unit": "°C", "min": "22", "max": "28"},
                        {"name": "Mixing time", "unit": "min", "min": "10", "max": "18"},
                    ),
                ),
                Step(
                    sequence=20, code="BAKE", name_en="Bake", name_zh="烘烤",
                    parameters=({"name": "Oven temperature", "unit": "°C", "min": "205", "max": "230"},),
                ),
            ),
            outputs=(Beside(item=floor.items[CRUMBS], kind=OutputKind.BY_PRODUCT, weight=kilos),),
        ),
        actor=floor.day.people["supervisor"], at=floor.day.at,
    )  # fmt: skip
    return master.make_line(
        master.LinePlan(code="BAKE", name_en="Bakery", name_zh="烘焙线", bin_code="LINE-1"), warehouse=floor.site.id
    )


def _fill(floor: Floor, silo: VesselId, lot: LotId, key: str) -> None:
    for row in stock.find_balances(lot=lot, warehouse=floor.site.id):
        cmd = vessels.FillVessel(
            key=f"{key}:{row.id}", warehouse=floor.site.id, vessel=silo, lot=lot, bin=row.bin, quantity=row.on_hand,
            lpn=row.lpn or None,
        )  # fmt: skip
        vessels.fill(cmd, actor=floor.day.people["production"], at=floor.day.at)


def _correct_yeast(floor: Floor, report: ProductionReportId, right: LotId) -> None:
    """The mixer had the yeast of the newer box: the report is taken back by counter-entry and written anew."""
    wrong = db.session.get_one(ProductionReport, report)
    inputs: list[InputLine] = []
    of_silo = 0
    for line in wrong.inputs:
        if line.vessel_id is not None:
            of_silo += line.quantity.millionths
        else:
            lot = right if line.item_id == floor.items[YEAST] else line.lot_id
            inputs.append(InputLine(lot=lot, quantity=line.quantity))
    silo = next(line.vessel_id for line in wrong.inputs if line.vessel_id is not None)
    inputs.insert(0, InputLine(vessel=silo, quantity=Quantity(of_silo)))
    with floor.numbering():
        corrections.correct_inputs(
            corrections.CorrectReport(
                key="demo:yeast", warehouse=floor.site.id, report=wrong.id, reason="box of the newer lot stood at the mixer 实际用了新批酵母",
                inputs=tuple(inputs),
            ),
            actor=floor.day.people["quality"], at=floor.day.at,
        )  # fmt: skip
