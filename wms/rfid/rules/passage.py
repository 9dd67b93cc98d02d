"""A closed track becomes an episode at one door, and an episode a verdict: in, out, stray or review.

The strongest door wins by summed linear power; the stray test comes before the direction, since it is what separates a
pallet that passes from one that stands beside the door. The episode keeps every figure the verdict rests on, so that it
can be judged again with other parameters, or with the lower bar of a tag that was expected.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from wms.rfid.rules.direction import direction_seconds, prominence_db
from wms.rfid.rules.smoothing import BIN_SECONDS, AntennaKey, ReaderKey, Timing, Track

PortalKey = int | str


class Verdict(StrEnum):
    """What an episode is taken for."""

    IN = "in"
    OUT = "out"
    STRAY = "stray"
    REVIEW = "review"


@dataclass(frozen=True, kw_only=True)
class PassageParameters:
    """The thresholds of one portal: seconds, dB, and a share between 0 and 1."""

    reads_min: int = 4
    silence_seconds: float = 2.0
    hold_seconds: float = 0.5
    parked_seconds: float = 20.0
    door_share_min: float = 0.75
    stray_below_db: float = 5.0
    moving_from_db: float = 8.0
    expected_from_db: float = 5.0
    parked_extra_db: float = 4.0
    direction_from_seconds: float = 0.25


@dataclass(frozen=True)
class Portal:
    """A dock door: the antennas that watch it, each "inside" or "outside", and its parameters."""

    id: PortalKey
    sides: Mapping[AntennaKey, str]
    parameters: PassageParameters = field(default_factory=PassageParameters)


@dataclass(frozen=True, kw_only=True)
class AntennaSum:
    """What one antenna of the winning door saw: reads, and peak power in dBm."""

    reader: ReaderKey
    antenna: int
    side: str
    reads: int
    peak_rssi_dbm: float


@dataclass(frozen=True, kw_only=True)
class Episode:
    """One stay of a tag in sight of the doors, credited to the strongest; times are seconds since 1970, UTC."""

    epc: str
    portal: PortalKey
    reader: ReaderKey
    started_at: float
    ended_at: float
    reads: int
    antennas: tuple[AntennaSum, ...]
    peak_rssi_dbm: float
    door_share: float
    prominence_db: float
    direction_seconds: float | None
    is_parked: bool = False


def timing_of(portals: Sequence[Portal]) -> Timing:
    """Give the closing times for tracks that run over all these doors: the longest of each."""
    sets = [portal.parameters for portal in portals] or [PassageParameters()]
    return Timing(
        silence_seconds=max(p.silence_seconds for p in sets),
        hold_seconds=max(p.hold_seconds for p in sets),
        parked_seconds=max(p.parked_seconds for p in sets),
    )


def describe(track: Track, portals: Sequence[Portal]) -> Episode | None:
    """Credit a track to its strongest door and measure it there; None when no door saw it."""
    sums: dict[AntennaKey, list[float]] = {}
    for cells in track.bins.values():
        for key, cell in cells.items():
            total = sums.setdefault(key, [0.0, 0.0, -1000.0])
            total[0] += cell.count
            total[1] += cell.power
            total[2] = max(total[2], cell.peak_dbm)
    power = {p.id: sum(sums[key][1] for key in p.sides if key in sums) for p in portals}
    everything = sum(power.values())
    if not everything:
        return None
    winner = max(portals, key=lambda p: power[p.id])
    antennas = tuple(
        AntennaSum(reader=key[0], antenna=key[1], side=side, reads=int(sums[key][0]), peak_rssi_dbm=sums[key][2])
        for key, side in winner.sides.items()
        if key in sums
    )
    strongest = max(antennas, key=lambda a: a.peak_rssi_dbm)
    oldest = min(track.bins)
    shift = oldest * BIN_SECONDS if track.is_parked or oldest < 0 else 0.0
    return Episode(
        epc=track.epc,
        portal=winner.id,
        reader=strongest.reader,
        started_at=track.started_at + shift,
        ended_at=track.ended_at,
        reads=sum(a.reads for a in antennas),
        antennas=antennas,
        peak_rssi_dbm=strongest.peak_rssi_dbm,
        door_share=power[winner.id] / everything,
        prominence_db=prominence_db(track.bins, set(winner.sides)),
        direction_seconds=direction_seconds(track.bins, winner.sides),
        is_parked=track.is_parked,
    )


def judge(episode: Episode, parameters: PassageParameters, *, is_expected: bool = False) -> Verdict:
    """Decide what an episode is. `is_expected` lowers the bar for a tag announced at this door; a parked tag's is higher."""
    if episode.reads < parameters.reads_min:
        return Verdict.STRAY
    bar = parameters.expected_from_db if is_expected else parameters.moving_from_db
    if episode.is_parked:
        bar += parameters.parked_extra_db
    if episode.prominence_db < min(parameters.stray_below_db, bar):
        return Verdict.STRAY
    if episode.prominence_db < bar or episode.door_share < parameters.door_share_min:
        return Verdict.REVIEW
    later = episode.direction_seconds
    if later is None or abs(later) <= parameters.direction_from_seconds:
        return Verdict.REVIEW
    return Verdict.OUT if later > 0 else Verdict.IN
