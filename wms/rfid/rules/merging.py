"""Episodes of one tag at one door that lie closer than two seconds are one trip: joined whole, whatever their order.

A gateway killed while a tag is in sight tells it in two pieces, and each piece alone looks like a stray (its strongest
moment lies at an end). What the pieces say together is judged here; a crossing that can only be guessed is for review.
Times are seconds since 1970 in UTC.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from wms.rfid.rules.passage import Episode, PassageParameters, Verdict, judge

JOIN_SECONDS = 2.0


@dataclass(frozen=True, kw_only=True)
class Trip:
    """One trip of one tag through one door, and what it is taken for."""

    started_at: float
    ended_at: float
    reads: int
    peak_rssi_dbm: float
    door_share: float
    prominence_db: float
    direction_seconds: float | None
    is_parked: bool
    pieces: int
    verdict: Verdict

    @property
    def features(self) -> dict[str, float | int | bool | None]:
        """What the judgement stands on, to be kept beside it."""
        return {
            "door_share": round(self.door_share, 4),
            "prominence_db": round(self.prominence_db, 2),
            "direction_seconds": None if self.direction_seconds is None else round(self.direction_seconds, 3),
            "is_parked": self.is_parked,
            "pieces": self.pieces,
        }


def join(pieces: Sequence[Episode], parameters: PassageParameters, *, is_expected: bool = False) -> Trip:
    """Join the episodes of one trip and judge it; `is_expected` lowers the bar for what was announced at this door."""
    reads = sum(piece.reads for piece in pieces)
    later = _direction(pieces)
    return Trip(
        started_at=min(piece.started_at for piece in pieces),
        ended_at=max(piece.ended_at for piece in pieces),
        reads=reads,
        peak_rssi_dbm=max(piece.peak_rssi_dbm for piece in pieces),
        door_share=sum(piece.door_share * piece.reads for piece in pieces) / reads if reads else 0.0,
        prominence_db=max(piece.prominence_db for piece in pieces),
        direction_seconds=later,
        is_parked=any(piece.is_parked for piece in pieces),
        pieces=len(pieces),
        verdict=_verdict(pieces, parameters, later, is_expected=is_expected),
    )


def _verdict(
    pieces: Sequence[Episode], parameters: PassageParameters, later: float | None, *, is_expected: bool
) -> Verdict:
    verdicts = {judge(piece, parameters, is_expected=is_expected) for piece in pieces}
    crossings = verdicts & {Verdict.IN, Verdict.OUT}
    if len(crossings) == 1:
        return crossings.pop()
    if crossings or Verdict.REVIEW in verdicts:
        return Verdict.REVIEW
    changed_sides = later is not None and abs(later) > parameters.direction_from_seconds
    return Verdict.REVIEW if len(pieces) > 1 and changed_sides and _leans(pieces) else Verdict.STRAY


def _leans(pieces: Sequence[Episode]) -> bool:
    """Whether one piece was seen mostly from inside and another mostly from outside: cut in mid-passage."""
    stronger = set()
    for piece in pieces:
        reads = _reads_by_side(piece)
        if reads["inside"] != reads["outside"]:
            stronger.add("inside" if reads["inside"] > reads["outside"] else "outside")
    return len(stronger) == 2


def _direction(pieces: Sequence[Episode]) -> float | None:
    """Seconds the outside saw it later: as measured for one piece, from the pieces' middles and reads for several."""
    if len(pieces) == 1:
        return pieces[0].direction_seconds
    weight = {"inside": 0.0, "outside": 0.0}
    moment = {"inside": 0.0, "outside": 0.0}
    start = min(piece.started_at for piece in pieces)
    for piece in pieces:
        middle = (piece.started_at + piece.ended_at) / 2 - start
        half = (piece.direction_seconds or 0.0) / 2
        for side, reads in _reads_by_side(piece).items():
            weight[side] += reads
            moment[side] += reads * (middle + (half if side == "outside" else -half))
    if not weight["inside"] or not weight["outside"]:
        return None
    return moment["outside"] / weight["outside"] - moment["inside"] / weight["inside"]


def _reads_by_side(piece: Episode) -> Mapping[str, int]:
    reads = {"inside": 0, "outside": 0}
    for antenna in piece.antennas:
        reads[antenna.side] += antenna.reads
    return reads
