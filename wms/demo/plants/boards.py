"""The board assembler: capacitors of an alternate maker, back-flushed from the reel that is open; a lot each report, some to rework."""

from __future__ import annotations

from dataclasses import dataclass

from wms.catalog.models import ItemClass
from wms.core.ids import LotId, ProductionLineId, WorkOrderId
from wms.core.quantity import Quantity
from wms.demo.plants.floor import Floor
from wms.production.models import OutputLotAt
from wms.production.service import boms, line_stock, master
from wms.production.service.boms import Alternate, BomPlan, Part, Step
from wms.production.service.reporting import Defect, InputLine, OutputLine

_LINE_BIN = "SMT"
BOARD, PCB, CHIP, CAPACITOR, OTHER_CAPACITOR = "EA-CTRL", "EA-PCB", "EA-MCU", "EA-CAP", "EA-CAP2"


@dataclass(frozen=True)
class Boards:
    """What the assembler left: its order and the lots of its reports."""

    order: WorkOrderId
    lots: tuple[LotId, ...]


def run(floor: Floor) -> Boards:
    """Set the assembler up, and report two batches of one order, each a lot of its own."""
    line = _set_up(floor)
    site = floor.site.id
    boards = floor.bring(PCB, "PCB-31", "500", "CHIPWAY")
    chips = floor.bring(CHIP, "MCU-88A", "500", "CHIPWAY", life=700)
    reel = floor.bring(CAPACITOR, "CAP-5", "4000", "PARTSHUB")
    floor.bring(OTHER_CAPACITOR, "CAP-Z1", "4000", "PARTSHUB")
    machine = master.make_machine(
        master.MachinePlan(code="SMT-1", name_en="Pick and place 1", name_zh="一号贴片机", line=line), warehouse=site
    )
    order = floor.order(f"WO-E{floor.day.on:%y%m%d}1", BOARD, 300, line)
    floor.issue_all(order.id)
    floor.carry(reel, [_LINE_BIN])
    line_stock.open_lot(
        line, floor.items[CAPACITOR], reel, warehouse=site, actor=floor.day.people["production"], at=floor.day.at
    )
    lots = []
    for n, quantity in enumerate((120, 80)):
        done = floor.report(
            order.id, 10,
            [InputLine(lot=boards, quantity=Quantity.of(quantity)), InputLine(lot=chips, quantity=Quantity.of(quantity))],
            [OutputLine(quantity=Quantity.of(quantity))], hours=9 - 4 * n, machine=machine,
            parameters={"Reflow peak": "243"},
            defects=(Defect(code="solder bridge 连锡", quantity=Quantity.of(3)),) if n else (),
        )  # fmt: skip
        lots.append(done.lots[0][0])
    return Boards(order.id, tuple(lots))


def _set_up(floor: Floor) -> ProductionLineId:
    kind = ItemClass.ELECTRONICS
    floor.item(PCB, "Printed board", "印制板", kind, "pc")
    floor.item(CHIP, "Controller chip", "主控芯片", kind, "pc", life=700)
    floor.item(CAPACITOR, "Capacitor 10 uF", "电容 10 uF", kind, "pc")
    floor.item(OTHER_CAPACITOR, "Capacitor 10 uF, second source", "电容 10 uF（第二来源）", kind, "pc")
    floor.item(BOARD, "Control board", "控制板", kind, "pc", sold=True, specification="CB-7")
    master.set_rule(floor.items[CAPACITOR], master.RulePlan(may_backflush=True, tolerance_percent=1))
    master.set_rule(floor.items[BOARD], master.RulePlan(output_lot_at=OutputLotAt.EACH_REPORT))
    boms.make_bom(
        BomPlan(
            item=floor.items[BOARD], output_quantity=Quantity.of(1),
            parts=(
                Part(item=floor.items[PCB], quantity=Quantity.of(1)), Part(item=floor.items[CHIP], quantity=Quantity.of(1)),
                Part(
                    item=floor.items[CAPACITOR], quantity=Quantity.of(8), is_backflushed=True,
                    alternates=(Alternate(item=floor.items[OTHER_CAPACITOR], factor=Quantity.of(1)),),
                ),
            ),
            steps=(
                Step(
                    sequence=10, code="SMT", name_en="Place and reflow", name_zh="贴片回流焊",
                    parameters=({"name": "Reflow peak", "unit": "°C", "min": "235", "max": "250"},),
                ),
            ),
        ),
        actor=floor.day.people["supervisor"], at=floor.day.at,
    )  # fmt: skip
    return master.make_line(
        master.LinePlan(code="SMT", name_en="Board line", name_zh="贴片线"), warehouse=floor.site.id
    )
