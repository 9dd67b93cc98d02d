"""A seeded population of tags at two doors with a reader each: movers, turners and parked pallets, as reads."""

from __future__ import annotations

import random
from dataclasses import dataclass

from wms.rfid.rules.passage import PassageParameters, Portal
from wms.rfid.rules.smoothing import TagRead
from wms.rfid.walks import Antenna, Walk, sample

READS_PER_SECOND = 30.0
START = 1_800_000_000.0


def two_portals(parameters: PassageParameters | None = None) -> list[Portal]:
    """Give doors 1 and 2: reader 1 and 2, antennas 1 and 2 inside, 3 and 4 outside."""
    sides = {1: "inside", 2: "inside", 3: "outside", 4: "outside"}
    return [
        Portal(door, {(door, antenna): side for antenna, side in sides.items()}, parameters or PassageParameters())
        for door in (1, 2)
    ]


ANTENNAS = {
    (door, number): Antenna(door, "inside" if number < 3 else "outside", number % 2)
    for door in (1, 2)
    for number in (1, 2, 3, 4)
}


@dataclass(frozen=True)
class Told:
    """A tag of the population and what it truly does."""

    walk: Walk
    reads: list[TagRead]


def reads_of(walk: Walk, rng: random.Random, *, start: float = START) -> list[TagRead]:
    """Read one walk: each reader goes round its antennas, at about 30 tries a second for this tag."""
    reads: list[TagRead] = []
    for reader in (1, 2):
        elapsed, turn = walk.at + rng.random() / READS_PER_SECOND, 0
        while elapsed < walk.at + walk.seconds:
            number = 1 + turn % 4
            power = sample(walk, ANTENNAS[reader, number], elapsed, rng)
            if power is not None:
                at = start + elapsed
                reads.append(TagRead(walk.epc, reader, number, round(power), at, at + 0.1))
            turn += 1
            elapsed += rng.expovariate(READS_PER_SECOND)
    reads.sort(key=lambda read: read.seen_at)
    return reads


def population(seed: int, count: int) -> list[Told]:
    """Make `count` tags: three in, three out, three parked and one that turns back in every ten."""
    rng = random.Random(seed)
    told = []
    for index in range(count):
        kind = ("in", "out", "park", "in", "out", "park", "in", "out", "park", "turn_back")[index % 10]
        walk = Walk(
            epc=f"{0x30000000 + seed:08X}{index:016X}",
            kind=kind,
            door=rng.choice((1, 2)),
            seconds=rng.uniform(6, 18) if kind == "park" else rng.uniform(3, 7),
            side=rng.choice(("inside", "outside")),
            lane_m=rng.uniform(-2.5, 2.5) if kind == "park" else rng.uniform(-0.7, 0.7),
            depth_m=rng.uniform(1.5, 5) if kind == "park" else rng.uniform(3.5, 6),
            tag_offset_db=rng.gauss(0, 2.5),
            seed=rng.randrange(1000),
        )
        told.append(Told(walk, reads_of(walk, rng)))
    return told
