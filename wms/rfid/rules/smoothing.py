"""Reads become tracks, tracks become closed episodes: work and memory per read do not grow with the reads before it.

A track follows one EPC over all doors at once, since only then can the strongest door be named. Readings are summed in
bins of 0.4 s per antenna. A track closes after a silence; one that never falls silent is a parked tag: it is handed out
once after `parked_seconds` and then kept as a window that rolls, so that its crossing is still seen when it comes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

BIN_SECONDS = 0.4
MAX_TRACKS = 50_000

ReaderKey = int | str
AntennaKey = tuple[ReaderKey, int]


class TagRead(NamedTuple):
    """One sighting: `epc` in upper-case hex, `rssi_dbm`, `seen_at` by the reader's clock set right, `arrived_at` by ours.

    Both times are seconds since 1970 in UTC.
    """

    epc: str
    reader: ReaderKey
    antenna: int
    rssi_dbm: float
    seen_at: float
    arrived_at: float


class Cell:
    """The sum of the reads of one antenna in one bin: count, linear power (mW), power x time, and the peak in dBm."""

    __slots__ = ("count", "peak_dbm", "power", "power_time")

    def __init__(self) -> None:
        self.count = 0
        self.power = 0.0
        self.power_time = 0.0
        self.peak_dbm = -1000.0


Bins = dict[int, dict[AntennaKey, Cell]]


@dataclass
class Track:
    """What is known of one EPC since it came into sight; times in `bins` are relative to `started_at`.

    `times_told` counts how often it was handed out, this time included: a parked tag may be handed out again.
    """

    epc: str
    started_at: float
    ended_at: float
    arrived_at: float
    reads: int = 0
    is_parked: bool = False
    next_look: float = 0.0
    times_told: int = 0
    bins: Bins = field(default_factory=dict)

    def add(self, read: TagRead) -> None:
        """Count one read into its bin."""
        seconds = read.seen_at - self.started_at
        number = int(seconds // BIN_SECONDS)
        cells = self.bins.get(number)
        if cells is None:
            cells = self.bins[number] = {}
        key = (read.reader, read.antenna)
        cell = cells.get(key)
        if cell is None:
            cell = cells[key] = Cell()
        power = 10.0 ** (read.rssi_dbm / 10.0)
        cell.count += 1
        cell.power += power
        cell.power_time += power * seconds
        if read.rssi_dbm > cell.peak_dbm:
            cell.peak_dbm = read.rssi_dbm
        self.reads += 1
        if read.seen_at > self.ended_at:
            self.ended_at = read.seen_at
        if read.arrived_at > self.arrived_at:
            self.arrived_at = read.arrived_at

    def trim(self, seconds: float) -> None:
        """Forget the bins older than the last `seconds`."""
        oldest = int((self.ended_at - self.started_at - seconds) // BIN_SECONDS)
        for number in [n for n in self.bins if n < oldest]:
            self.reads -= sum(cell.count for cell in self.bins.pop(number).values())


@dataclass(frozen=True, kw_only=True)
class Timing:
    """When a track closes, in seconds: after `silence`, plus `hold` for reads that come late over another reader."""

    silence_seconds: float = 2.0
    hold_seconds: float = 0.5
    parked_seconds: float = 20.0


class Smoother:
    """Join reads to tracks.

    `known` is the set of antennas that belong to a door; reads of others are counted in `unknown_reads` and left.
    `crossed` answers whether a track longer than `parked_seconds` is a crossing; it is asked every half of that time.
    A track handed out is to be judged before more reads are added: a parked one goes on growing.
    """

    def __init__(
        self, known: Mapping[AntennaKey, object], timing: Timing, crossed: Callable[[Track], bool] = lambda _: False
    ) -> None:
        self.timing = timing
        self.unknown_reads = 0
        self.refused_reads = 0
        self._known = known
        self._crossed = crossed
        self._tracks: dict[tuple[str, bool], Track] = {}

    def __len__(self) -> int:
        return len(self._tracks)

    def add(self, reads: Iterable[TagRead]) -> list[Track]:
        """Take reads in; answer the tracks that a gap in the reader's own time has closed (a backlog sent late)."""
        closed: list[Track] = []
        for read in reads:
            if (read.reader, read.antenna) not in self._known:
                self.unknown_reads += 1
                continue
            key = (read.epc, False)
            track = self._tracks.get(key)
            if track is not None and read.seen_at < track.started_at - self.timing.silence_seconds:
                key = (read.epc, True)  # another reader's backlog, of an earlier stay than the one under way
                track = self._tracks.get(key)
            if track is not None and read.seen_at - track.ended_at > self.timing.silence_seconds:
                track.times_told += 1
                closed.append(track)
                track = None
            if track is None:
                if len(self._tracks) >= MAX_TRACKS:
                    self.refused_reads += 1
                    continue
                track = Track(read.epc, read.seen_at, read.seen_at, read.arrived_at)
                self._tracks[key] = track
            track.add(read)
        return closed

    def sweep(self, now: float) -> list[Track]:
        """Answer the tracks that have fallen silent by `now`, and once those that have just become parked."""
        done: list[Track] = []
        quiet = self.timing.silence_seconds + self.timing.hold_seconds
        for key, track in list(self._tracks.items()):
            is_silent = now - track.ended_at >= quiet or now - track.arrived_at >= quiet
            if is_silent and now - track.arrived_at >= self.timing.hold_seconds:
                del self._tracks[key]
                track.times_told += 1
                done.append(track)
            elif track.ended_at - track.started_at > self.timing.parked_seconds and track.ended_at >= track.next_look:
                done.extend(self._look_at_long(key, track))
        return done

    def _look_at_long(self, key: tuple[str, bool], track: Track) -> list[Track]:
        """Tell a long track once; later only a crossing. After a crossing a new window begins."""
        track.is_parked = True
        track.next_look = track.ended_at + self.timing.parked_seconds / 2
        track.trim(self.timing.parked_seconds)
        is_crossing = self._crossed(track)
        if is_crossing:
            self._tracks[key] = replace(
                track, started_at=track.ended_at, reads=0, bins={}, times_told=max(1, track.times_told)
            )
        if track.times_told and not is_crossing:
            return []
        track.times_told += 1
        return [track]
