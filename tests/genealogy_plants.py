"""Plants by chance with known truth: lots received, made over several levels, split, merged, reworked in circles, blended,
shipped, returned, counted, thrown away, taken back by counter-entry.

A plant is a list of steps. Nothing here knows the product's code: what is where is told by moving marked goods from heap to
heap (`truth`), slowly and plainly, in fractions. The same steps can be done in a real ledger (tests/integration/trace).
"""

from __future__ import annotations

import random
from collections import defaultdict
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any


@dataclass(frozen=True)
class Step:
    """One thing that happened. `out` and `into` are (lot, amount); a link (source, target, taken, given) joins them."""

    seq: int
    kind: str
    out: tuple[tuple[int, int], ...] = ()
    into: tuple[tuple[int, int], ...] = ()
    #: For a report: the weights by which it is shared; by position of out and into.
    weights: tuple[tuple[int, ...], tuple[int, ...]] = ((), ())
    #: For a return: the step by which it left.
    of: int = 0
    #: Taken back by the step after it.
    is_undone: bool = False

    @property
    def links(self) -> list[tuple[int, int, Fraction, Fraction]]:
        """Which part of what went out became which part of what came in."""
        if self.kind not in {"report", "split", "merge", "relabel"} or self.is_undone:
            return []
        win, wout = self.weights
        return [
            (source, target, Fraction(q * wo, sum(wout)), Fraction(r * wi, sum(win)))
            for (source, q), wi in zip(self.out, win, strict=True)
            for (target, r), wo in zip(self.into, wout, strict=True)
        ]


@dataclass
class Plant:
    """What happened in one plant, and what stands there now."""

    steps: list[Step] = field(default_factory=list)
    stands: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    ways: dict[int, set[int]] = field(default_factory=lambda: defaultdict(set))
    #: Level of each lot: 0 is bought.
    level: dict[int, int] = field(default_factory=dict)

    @property
    def lots(self) -> list[int]:
        return sorted(self.level)

    def links(self) -> list[tuple[int, int, int, Fraction, Fraction]]:
        """Every link that counts: (step, source, target, taken, given)."""
        return [(step.seq, *link) for step in self.steps for link in step.links]

    def came(self, lot: int) -> int:
        """All that ever came to be of a lot; what customers sent back is not counted again."""
        return sum(
            amount
            for step in self.steps
            if step.kind != "return" and not step.is_undone
            for into, amount in step.into
            if into == lot
        )


def grow(seed: int, *, steps: int = 24, with_cycles: bool = True, unit: int = 1) -> Plant:
    """Make a plant of this seed. `unit` scales the quantities (1: whole millionths, so that splits are seldom round)."""
    chance = random.Random(seed)
    plant = Plant()
    shipped: dict[int, tuple[int, int]] = {}

    def do(kind: str, **more: Any) -> None:
        step = Step(seq=len(plant.steps) + 1, kind=kind, **more)
        plant.steps.append(step)
        if step.is_undone:
            return
        for lot, amount in step.out:
            plant.stands[lot] -= amount
            assert plant.stands[lot] >= 0
        for lot, amount in step.into:
            plant.stands[lot] += amount
        for source, target, _, _ in step.links:
            plant.ways[source].add(target)
        if kind == "ship":
            shipped[step.seq] = step.out[0]

    def new(level: int) -> int:
        lot = len(plant.level) + 1
        plant.level[lot] = level
        return lot

    def receive() -> None:
        bought = [lot for lot, level in plant.level.items() if level == 0]
        lot = chance.choice(bought) if bought and chance.random() < 0.3 else new(0)
        do("receive", into=((lot, chance.randint(5, 60) * unit),))

    def some(lot: int, most: float = 0.8) -> int:
        there = plant.stands[lot]
        return there if chance.random() < 0.2 else max(1, min(there, int(there * most * chance.random())))

    for _ in range(chance.randint(2, 4)):
        receive()
    for _ in range(steps):
        there = [lot for lot in plant.lots if plant.stands[lot] > 0]
        what = chance.choices(
            [
                "receive",
                "report",
                "split",
                "merge",
                "relabel",
                "ship",
                "return",
                "gain",
                "lose",
                "destroy",
                "supplier",
                "sample",
            ],
            [2, 9, 2, 2, 1, 4, 2, 1, 1, 1, 1, 1],
        )[0]
        if what == "receive" or not there:
            receive()
        elif what == "report":
            sources = chance.sample(there, min(len(there), chance.choice([1, 1, 2, 2, 3])))
            top = 1 + max(plant.level[lot] for lot in sources)
            targets: list[int] = []
            for _ in range(chance.choice([1, 1, 1, 2, 3])):
                # Rework: back into a lot that is there, which may be one that these came of.
                old = [
                    lot
                    for lot in plant.lots
                    if lot not in sources and lot not in targets and (with_cycles or not _leads(plant, lot, sources))
                ]
                reworks = chance.random() < 0.35
                targets.append(chance.choice(old) if old and reworks else new(top))
            out = tuple((lot, some(lot)) for lot in sources)
            into = tuple((lot, chance.randint(1, 40) * unit) for lot in targets)
            if chance.random() < 0.4:
                weights = (
                    tuple(chance.randint(1, 9) for _ in out), tuple(chance.randint(1, 9) for _ in into)
                )  # fmt: skip
            else:
                weights = (tuple(a for _, a in out), tuple(a for _, a in into))
            do("report", out=out, into=into, weights=weights, is_undone=chance.random() < 0.1)
        elif what == "split":
            source = chance.choice(there)
            amount = some(source, 0.5)
            do("split", out=((source, amount),), into=((new(plant.level[source]), amount),), weights=((1,), (1,)))
        elif what == "merge" and len(there) > 1:
            sources = chance.sample(there, 2)
            out = tuple((lot, some(lot)) for lot in sources)
            whole = sum(amount for _, amount in out)
            target = new(max(plant.level[lot] for lot in sources))
            do("merge", out=out, into=((target, whole),), weights=(tuple(a for _, a in out), (1,)))
        elif what == "relabel":
            source = chance.choice(there)
            amount = plant.stands[source]
            do("relabel", out=((source, amount),), into=((new(plant.level[source]), amount),), weights=((1,), (1,)))
        elif what == "return" and shipped:
            of = chance.choice(sorted(shipped))
            lot, amount = shipped[of]
            back = chance.randint(1, amount)
            shipped[of] = (lot, amount - back)
            if amount == back:
                del shipped[of]
            do("return", into=((lot, back),), of=of)
        elif what == "gain":
            do("gain", into=((chance.choice(plant.lots), chance.randint(1, 5) * unit),))
        else:
            kind = {"ship": "ship", "lose": "lose", "destroy": "destroy", "supplier": "supplier"}.get(what, "sample")
            lot = chance.choice(there)
            do(kind, out=((lot, some(lot)),))
    return plant


def _leads(plant: Plant, lot: int, to: list[int]) -> bool:
    """Whether a way leads from the lot to one of these."""
    seen, ahead = {lot}, [lot]
    while ahead:
        for further in plant.ways[ahead.pop()] - seen:
            seen.add(further)
            ahead.append(further)
    return bool(seen & set(to))


# -- the truth ----------------------------------------------------------------------------------------------------------
@dataclass
class Truth:
    """What of the start went where: by lot what stands there, by step what left, in units of the start and of the lot."""

    total: Fraction
    stands: dict[int, tuple[Fraction, Fraction]]
    left: dict[tuple[int, int], tuple[Fraction, Fraction]]
    cycles: list[set[int]]


def cycles(plant: Plant) -> list[set[int]]:
    """Lots that lead to each other, from the first to the last: by trying every way."""
    ways = plant.ways
    reach: dict[int, set[int]] = {}
    for lot in plant.lots:
        seen: set[int] = set()
        ahead = list(ways[lot])
        while ahead:
            here = ahead.pop()
            if here not in seen:
                seen.add(here)
                ahead.extend(ways[here])
        reach[lot] = seen
    groups: list[set[int]] = []
    for lot in plant.lots:
        if any(lot in group for group in groups):
            continue
        groups.append({lot} | {other for other in reach[lot] if lot in reach[other]})
    ordered: list[set[int]] = []
    while groups:
        free = next(g for g in groups if not any(reach[a] & g for other in groups if other is not g for a in other))
        ordered.append(free)
        groups.remove(free)
    return ordered


def truth(plant: Plant, starts: set[int]) -> Truth:
    """Move marked goods from heap to heap. Every heap is well mixed; a lot on no way back to itself is filled before
    anything is taken from it, a lot on such a way as it happened.
    """
    heap = dict.fromkeys(plant.lots, Fraction(0))
    marked = dict.fromkeys(plant.lots, Fraction(0))  # the lot's own units that came of the start
    goods = dict.fromkeys(plant.lots, Fraction(0))  # how much of the start that is
    under_way: dict[tuple[int, int, int], tuple[Fraction, Fraction]] = {}
    left: dict[tuple[int, int], tuple[Fraction, Fraction]] = {}
    total = Fraction(0)
    groups = cycles(plant)
    counting = [step for step in plant.steps if not step.is_undone]

    def mix(lot: int) -> tuple[Fraction, Fraction]:
        return (marked[lot] / heap[lot], goods[lot] / heap[lot]) if heap[lot] else (Fraction(0), Fraction(0))

    def put(lot: int, amount: Fraction, share: Fraction, of_start: Fraction) -> None:
        nonlocal total
        if lot in starts:
            total += amount * (1 - share)
            of_start += amount * (1 - share)
            share = Fraction(1)
        heap[lot] += amount
        marked[lot] += amount * share
        goods[lot] += of_start

    def take(lot: int, amount: Fraction, mixed: tuple[Fraction, Fraction]) -> tuple[Fraction, Fraction]:
        heap[lot] -= amount
        marked[lot] -= amount * mixed[0]
        goods[lot] -= amount * mixed[1]
        return mixed[0], amount * mixed[1]

    def fill(step: Step, group: set[int]) -> None:
        for lot, amount in step.into:
            if lot not in group:
                continue
            if step.kind == "return":
                (source, out), of = plant.steps[step.of - 1].out[0], step.of
                share, of_start = left[(of, source)]
                part = Fraction(amount, out)
                heap[lot] += amount
                marked[lot] += amount * share
                goods[lot] += back.setdefault((of, source), of_start) * part
                left[(of, source)] = (share, left[(of, source)][1] - back[(of, source)] * part)
            elif step.links:
                for source, target, _, given in step.links:
                    if target == lot:
                        share, of_start = under_way[(step.seq, source, target)]
                        put(lot, given, share, of_start)
            else:
                put(lot, Fraction(amount), Fraction(0), Fraction(0))

    def drain(step: Step, group: set[int]) -> None:
        mixes = {lot: mix(lot) for lot, _ in step.out if lot in group}
        for lot, amount in step.out:
            if lot not in group:
                continue
            if step.links:
                for source, target, taken, _ in step.links:
                    if source == lot:
                        under_way[(step.seq, source, target)] = take(lot, taken, mixes[lot])
            else:
                left[(step.seq, lot)] = take(lot, Fraction(amount), mixes[lot])

    back: dict[tuple[int, int], Fraction] = {}
    for group in groups:
        if len(group) == 1:
            for step in counting:
                if step.kind != "return":
                    fill(step, group)
            for step in counting:
                drain(step, group)
                if step.kind == "return":
                    fill(step, group)
        else:
            for step in counting:
                drain(step, group)
                fill(step, group)
    return Truth(
        total=total, left=left, cycles=groups,
        stands={lot: (mix(lot)[0], goods[lot]) for lot in plant.lots},
    )  # fmt: skip
