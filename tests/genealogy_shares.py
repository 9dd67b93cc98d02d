"""What the rule of shares says of a plant by chance, given all that it may know."""

from __future__ import annotations

from tests import genealogy_plants as plants
from wms.core.ids import LotId
from wms.trace.rules.graph import Direction
from wms.trace.rules.shares import Back, Flow, Passing, Shares, cycles_of, work_out


def shares(plant: plants.Plant, direction: Direction, starts: dict[int, int | None]) -> Shares:
    """What the rule says of a plant, given all it may know."""
    flows = [
        Flow(LotId(s), LotId(t), taken.as_integer_ratio(), given.as_integer_ratio(), seq)
        for seq, s, t, taken, given in plant.links()
    ]
    inside = cycles_of(flows)
    passings, backs = [], []
    for step in plant.steps:
        if step.is_undone or step.links:
            continue
        passings += [Passing(LotId(lot), step.seq, -amount) for lot, amount in step.out if lot in inside]
        passings += [Passing(LotId(lot), step.seq, amount) for lot, amount in step.into if lot in inside]
        if step.kind == "return" and step.into[0][0] in inside:
            backs.append(Back(LotId(step.into[0][0]), step.of, step.seq, step.into[0][1]))
    came = {LotId(lot): plant.came(lot) for lot in plant.lots}
    return work_out(
        direction, {LotId(lot): some for lot, some in starts.items()}, flows, came, passings=passings, backs=backs
    )
