"""The drug packer: bulk tablets, foil and leaflets become boxes on a line that is cleared between orders; material comes back.

The boxes wait for quality; the next order waits for somebody to check that its line is clear.
"""

from __future__ import annotations

from dataclasses import dataclass

from wms.catalog.models import ItemClass
from wms.core.ids import LotId, ProductionLineId, WorkOrderId
from wms.core.quantity import Quantity
from wms.demo.plants.floor import Floor
from wms.production.models import ExpiryBy, InputSource
from wms.production.queries.orders import get_order
from wms.production.service import boms, clearance, issuing, master, orders
from wms.production.service.boms import BomPlan, Part, Step
from wms.production.service.issuing import ReturnGoods
from wms.production.service.reporting import Defect, InputLine, OutputLine

BOX, TABLETS, FOIL, LEAFLET = "DP-PARA", "DP-BULK", "DP-FOIL", "DP-LEAF"


@dataclass(frozen=True)
class Packer:
    """What the packer left: the boxes that wait for quality, and the orders."""

    boxes: LotId
    first: WorkOrderId
    second: WorkOrderId


def run(floor: Floor) -> Packer:
    """Set the packer up, pack one order and send back what was left, plan the next whose line is being cleared."""
    line = _set_up(floor)
    site, boss, staff = floor.site.id, floor.day.people["supervisor"], floor.day.people
    at = floor.day.at
    bulk = floor.bring(TABLETS, "PAR-2609", "60000", "KANGHE", life=720)
    foil = floor.bring(FOIL, "AL-0450", "900", "HUALIAN", life=1000)
    leaflets = floor.bring(LEAFLET, "LF-17", "6000", "HUALIAN")
    machine = master.make_machine(
        master.MachinePlan(code="BLIS-3", name_en="Blister line 3", name_zh="三号铝塑机", line=line), warehouse=site
    )
    first = floor.order(f"WO-D{floor.day.on:%y%m%d}1", BOX, 2000, line)
    clear = clearance.ClearLine(key="demo:clear:1", order=first.id, warehouse=site, points=clearance.POINTS)
    clearance.clear_line(clear, actor=staff["production"], at=at)
    clearance.check_clearance(first.id, warehouse=site, actor=staff["quality"], at=at)
    floor.issue_all(first.id)
    done = floor.report(
        first.id, 10,
        [
            InputLine(lot=bulk, quantity=Quantity.of(39800)), InputLine(lot=foil, quantity=Quantity.parse("298.5")),
            InputLine(lot=leaflets, quantity=Quantity.of(1990)),
            InputLine(
                lot=leaflets, quantity=Quantity.of(10), source=InputSource.SCRAP, reason="torn at the folder 折叠时撕坏"
            ),
        ],
        [OutputLine(quantity=Quantity.of(1990))], hours=20, machine=machine,
        parameters={"Sealing temperature": "168", "Leak test": "0"},
        defects=(Defect(code="empty pocket 空泡", quantity=Quantity.of(6), note="caught by the camera"),),
    )  # fmt: skip
    found = get_order(first.id)
    tablets = next(one for one in found.components if one.item_id == floor.items[TABLETS])
    issuing.return_(
        ReturnGoods(
            key="demo:back:1", warehouse=site, work_order=first.id, component=tablets.id, lot=bulk,
            bin=floor.bin("A-05-2-1"), quantity=Quantity.of(200), reason="left over 余料退库",
        ),
        actor=staff["production"], at=at,
    )  # fmt: skip
    orders.complete_order(first.id, warehouse=site, actor=boss, at=at)
    second = floor.order(f"WO-D{floor.day.on:%y%m%d}2", BOX, 800, line)
    clear = clearance.ClearLine(key="demo:clear:2", order=second.id, warehouse=site, points=clearance.POINTS)
    clearance.clear_line(clear, actor=staff["production"], at=at)
    return Packer(done.lots[0][0], first.id, second.id)


def _set_up(floor: Floor) -> ProductionLineId:
    drug = ItemClass.DRUG
    floor.item(TABLETS, "Paracetamol tablets, bulk", "对乙酰氨基酚片（散装）", drug, "pc", life=720)
    floor.item(FOIL, "Blister foil", "药用铝箔", drug, "m", life=1000)
    floor.item(LEAFLET, "Leaflet", "说明书", drug, "pc")
    floor.item(
        BOX, "Paracetamol 0.5 g, 20 tablets", "对乙酰氨基酚片 0.5 g×20片", drug, "box", life=720, sold=True,
        specification="0.5 g x 20", registrant="Kanghe Pharma", approval_number="DEMO-H20269901",
    )  # fmt: skip
    master.set_rule(
        floor.items[BOX],
        master.RulePlan(
            expiry_by=ExpiryBy.SHORTEST_COMPONENT, needs_clearance=True, yield_percent_min=99, over_yield_percent=1
        ),
    )
    master.set_rule(floor.items[FOIL], master.RulePlan(tolerance_percent=2))
    boms.make_bom(
        BomPlan(
            item=floor.items[BOX], output_quantity=Quantity.of(1), name="20 tablets",
            parts=(
                Part(item=floor.items[TABLETS], quantity=Quantity.of(20)),
                Part(item=floor.items[FOIL], quantity=Quantity.parse("0.15"), scrap_basis_points=100),
                Part(item=floor.items[LEAFLET], quantity=Quantity.of(1)),
            ),
            steps=(
                Step(
                    sequence=10, code="BLISTER", name_en="Blister and box", name_zh="铝塑装盒",
                    parameters=(
                        {"name": "Sealing temperature", "unit": "°C", "min": "160", "max": "175"},
                        {"name": "Leak test", "unit": "", "min": "0", "max": "0"},
                    ),
                ),
            ),
        ),
        actor=floor.day.people["supervisor"], at=floor.day.at,
    )  # fmt: skip
    return master.make_line(
        master.LinePlan(code="PACK", name_en="Packing line", name_zh="包装线", bin_code="LINE-2", needs_clearance=True),
        warehouse=floor.site.id,
    )
