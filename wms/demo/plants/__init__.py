"""Three small plants of the demo: a bakery, a drug packer, a board assembler. Every lot, report and link is made by its verb."""

from wms.demo.papers import Day
from wms.demo.plants import bakery, boards, packer
from wms.demo.plants.bakery import Bakery
from wms.demo.plants.floor import Floor
from wms.demo.sites import Site


def run(site: Site, day: Day) -> tuple[Bakery, str]:
    """Let all three work at the first site; what the bakery left, and a line that says so."""
    floor = Floor(site, day)
    baked = bakery.run(floor)
    packer.run(floor)
    made = boards.run(floor)
    shipped = len(baked.shipments)
    return (
        baked,
        f"a bakery, a drug packer and a board assembler: 5 work orders, {shipped} shipments, {len(made.lots)} lots of boards",
    )
