"""A dock in a box: doors, antennas, tags that walk through, turn back or stand; a power for each antenna at any time.

Plain physics, seeded: round-trip loss by distance, an antenna that is weaker behind than in front, ripple from echoes,
slow fading when people and trucks pass, noise, a sensitivity. It is good enough to exercise the rules and to play a
reader; it is no evidence about a real site. Metres, seconds, dBm. Inside is y > 0, the doors stand at y = 0.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from typing import Any

DOOR_PITCH_M = 4.5
POWER_AT_1_M_DBM = -40.0
LOSS_PER_DECADE_DB = 36.0
BEHIND_LOSS_DB = 9.0
SENSITIVITY_DBM = -70.0
KINDS = ("in", "out", "turn_back", "park")
SIDES = ("inside", "outside")


@dataclass(frozen=True, kw_only=True)
class Walk:
    """What one tag does: `at` seconds after the start it begins, for `seconds`, at `door` (1, 2, ...).

    `kind` is in, out, turn_back (up to the door and back to where it came from) or park; `side` is where it turns back
    to or stands; `lane_m` is how far from the middle of the door; `depth_m` how far from the wall it starts or stands.
    """

    epc: str
    kind: str
    door: int = 1
    at: float = 0.0
    seconds: float = 4.0
    side: str = "inside"
    lane_m: float = 0.0
    depth_m: float = 7.0
    tag_offset_db: float = 0.0
    seed: int = 0

    def __post_init__(self) -> None:
        if self.kind not in KINDS or self.side not in SIDES:
            raise ValueError(f"walk must be one of {', '.join(KINDS)} and side inside or outside")
        if self.seconds <= 0 or len(self.epc) % 4 or not self.epc or bytes.fromhex(self.epc) is None:
            raise ValueError("seconds must be positive and the tag hex, a multiple of four digits")

    @classmethod
    def from_json(cls, body: dict[str, Any]) -> Walk:
        """Read one line of a script: {"at", "tag", "walk", "door", "seconds", ...}; ValueError names an unknown key."""
        names = {"tag": "epc", "walk": "kind"}
        fields = {names.get(key, key): value for key, value in body.items()}
        unknown = set(fields) - set(cls.__dataclass_fields__)
        if unknown:
            raise ValueError(f"not part of a walk: {', '.join(sorted(unknown))}")
        if "epc" not in fields or "kind" not in fields:
            raise ValueError("a walk needs a tag and a walk")
        return cls(**{**fields, "epc": str(fields["epc"]).upper()})

    def position(self, elapsed: float) -> tuple[float, float] | None:
        """Say where the tag is `elapsed` seconds after the start of the script; None before and after its walk."""
        share = (elapsed - self.at) / self.seconds
        if not 0.0 <= share <= 1.0:
            return None
        sign = 1.0 if self.side == "inside" else -1.0
        x = (self.door - 1) * DOOR_PITCH_M + self.lane_m
        if self.kind == "in":
            return x, -self.depth_m + 2 * self.depth_m * share
        if self.kind == "out":
            return x, self.depth_m - 2 * self.depth_m * share
        if self.kind == "turn_back":
            return x, sign * (self.depth_m - (self.depth_m - 0.3) * (1 - abs(2 * share - 1)))
        return x, sign * self.depth_m


@dataclass(frozen=True)
class Antenna:
    """One antenna: its door, the side it looks to, and which post of the door it hangs on (0 or 1)."""

    door: int
    side: str
    post: int = 0

    def power_dbm(self, x: float, y: float) -> float:
        """Say the mean power a tag at (x, y) comes back with."""
        facing = 1.0 if self.side == "inside" else -1.0
        dx = x - ((self.door - 1) * DOOR_PITCH_M + (1.4 if self.post else -1.4))
        dy = y - facing * 0.4
        distance = max(0.5, math.hypot(dx, dy, 0.8))
        behind = (1 - facing * dy / distance) / 2
        return POWER_AT_1_M_DBM - LOSS_PER_DECADE_DB * math.log10(distance) - BEHIND_LOSS_DB * behind


def sample(walk: Walk, antenna: Antenna, elapsed: float, rng: random.Random) -> float | None:
    """Try to read the tag once; the power in dBm, or None when it did not answer."""
    where = walk.position(elapsed)
    if where is None:
        return None
    x, y = where
    turn = walk.seed * 2.399 + antenna.post * 1.7 + antenna.door + (0.9 if antenna.side == "inside" else 0.0)
    ripple = 2.5 * math.sin(2 * math.pi * (x + y) / 0.33 + turn)
    fading = 2.0 * math.sin(2 * math.pi * elapsed / (3.1 + walk.seed % 5) + turn)
    power = antenna.power_dbm(x, y) + walk.tag_offset_db + ripple + fading + rng.gauss(0.0, 1.5)
    answers = 1 / (1 + math.exp(-(power - SENSITIVITY_DBM) / 1.5))
    return power if power > SENSITIVITY_DBM - 3 and rng.random() < answers * 0.9 else None
