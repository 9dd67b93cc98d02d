"""What a trip means, for every verdict, door and kind of tag; and that its pieces may come in any order."""

from dataclasses import replace
from itertools import permutations, product

import pytest

from wms.rfid.rules.decision import GOODS_STOPPED, Kind, Outcome, Standing, decide
from wms.rfid.rules.merging import join
from wms.rfid.rules.passage import AntennaSum, Episode, PassageParameters, Verdict

PIECE = Episode(
    epc="30", portal=1, reader=1, started_at=100.0, ended_at=103.0, reads=60, peak_rssi_dbm=-45.0, door_share=0.95,
    antennas=(
        AntennaSum(reader=1, antenna=1, side="inside", reads=30, peak_rssi_dbm=-45.0),
        AntennaSum(reader=1, antenna=3, side="outside", reads=30, peak_rssi_dbm=-46.0),
    ),
    prominence_db=14.0, direction_seconds=0.8,
)  # fmt: skip


def test_nothing_stopped_is_ever_loaded_and_nothing_expected_ever_rings() -> None:
    stops = ("", "other_shipment", "not_allocated", "unexpected", *GOODS_STOPPED)
    for verdict, use, kind, stop, flag in product(Verdict, ("inbound", "outbound", "both"), Kind, stops, (False, True)):
        made = decide(verdict, use, Standing(kind=kind, stop=stop, is_announced=flag))
        if made.outcome is Outcome.LOADED:
            assert (verdict, kind, stop) == (Verdict.OUT, Kind.LPN, "") and use != "inbound"
        if made.outcome is Outcome.ALARM:
            assert verdict is Verdict.OUT and made.why
        if made.outcome is Outcome.ARRIVED:
            assert verdict is Verdict.IN and flag and use != "outbound"
        if verdict is Verdict.OUT and stop in GOODS_STOPPED and kind in (Kind.LPN, Kind.LOT, Kind.ITEM):
            assert (made.outcome, made.why) == (Outcome.ALARM, stop)


@pytest.mark.parametrize("use", ["inbound", "outbound", "both"])
def test_what_only_stands_near_the_door_is_merely_logged(use: str) -> None:
    made = decide(Verdict.STRAY, use, Standing(kind=Kind.LPN, stop="held"))
    assert (made.outcome, made.why) == (Outcome.LOGGED, "stray")


def test_pieces_make_the_same_trip_in_any_order() -> None:
    pieces = [
        PIECE,
        replace(PIECE, started_at=104.0, ended_at=106.0, prominence_db=1.0, direction_seconds=None, reads=7),
        replace(PIECE, started_at=107.5, ended_at=109.0, prominence_db=6.0, direction_seconds=0.5, reads=9),
    ]
    trips = {join(order, PassageParameters()) for order in permutations(pieces)}
    assert len({replace(t, direction_seconds=0, door_share=0) for t in trips}) == 1
    trip = trips.pop()
    assert (trip.started_at, trip.ended_at, trip.reads, trip.verdict) == (100.0, 109.0, 76, Verdict.OUT)


def test_out_and_in_within_one_trip_is_for_review() -> None:
    back = replace(PIECE, started_at=104.0, ended_at=106.0, direction_seconds=-0.8)
    assert join([PIECE, back], PassageParameters()).verdict is Verdict.REVIEW
