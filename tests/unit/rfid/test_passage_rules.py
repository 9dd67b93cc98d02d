"""Reads to verdicts, at two doors with known truth. The thresholds stand a little below what seeds 1 to 5 measured."""

import random
from collections import Counter
from dataclasses import replace

import pytest

from tests.fakes.dock import START, population, reads_of, two_portals
from wms.rfid.rules.passage import PassageParameters, Verdict, describe, judge, timing_of
from wms.rfid.rules.smoothing import Smoother, TagRead, Track
from wms.rfid.walks import Walk

PORTALS = two_portals()
KNOWN = {key: portal.id for portal in PORTALS for key in portal.sides}
EPC = "3066C4409047E140075BCD15"


def smoother(crossed=lambda _: False):
    return Smoother(KNOWN, timing_of(PORTALS), crossed)


def judged(reads):
    tracks = smoother()
    tracks.add(reads)
    episodes = [describe(track, PORTALS) for track in tracks.sweep(START + 1000)]
    return [(episode, judge(episode, PassageParameters())) for episode in episodes]


def test_both_rates_together_movers_are_told_right_and_parked_tags_are_not_called_moving():
    outcome = Counter()
    for seed in (11, 12):
        for told in population(seed, 300):
            for episode, verdict in judged(told.reads):
                is_mover = told.walk.kind in ("in", "out")
                decided = verdict in (Verdict.IN, Verdict.OUT)
                outcome[("mover" if is_mover else told.walk.kind), "all"] += 1
                outcome[("mover" if is_mover else told.walk.kind), "decided"] += decided
                if is_mover and decided:
                    outcome["mover", "right"] += verdict == told.walk.kind and episode.portal == told.walk.door
    assert outcome["mover", "all"] >= 350
    assert outcome["mover", "decided"] / outcome["mover", "all"] >= 0.80
    assert outcome["mover", "right"] / outcome["mover", "decided"] == 1
    assert outcome["park", "decided"] / outcome["park", "all"] <= 0.006
    assert outcome["turn_back", "decided"] / outcome["turn_back", "all"] <= 0.06


@pytest.mark.parametrize(
    ("kind", "verdict"), [("in", "in"), ("out", "out"), ("turn_back", "review"), ("park", "stray")]
)
def test_a_plain_walk_is_told_for_what_it_is(kind, verdict):
    walk = Walk(epc=EPC, kind=kind, door=2, seconds=6, depth_m=3 if kind == "park" else 6)
    [(episode, came)] = judged(reads_of(walk, random.Random(5)))
    assert (came, episode.portal, episode.reader) == (verdict, 2, 2)
    assert sum(a.reads for a in episode.antennas) == episode.reads > 50


def test_three_reads_are_no_passage_and_one_sided_reads_are_for_review():
    few = [TagRead(EPC, 1, 1, -50.0, START + i / 10, START) for i in range(3)]
    assert [verdict for _, verdict in judged(few)] == ["stray"]
    shape = [-68, -66, -60, -50, -45, -50, -60, -66, -68]
    lone = [
        TagRead(EPC, 1, 1, float(p), START + i * 0.4 + j / 20, START) for i, p in enumerate(shape) for j in range(4)
    ]
    [(episode, verdict)] = judged(lone)
    assert (verdict, episode.direction_seconds) == ("review", None)
    assert episode.prominence_db > 15


def test_an_expected_tag_has_a_lower_bar_and_a_shared_door_is_for_review():
    walk = Walk(epc=EPC, kind="out", seconds=6)
    [(episode, _)] = judged(reads_of(walk, random.Random(1)))
    weak = replace(episode, prominence_db=6.0)
    assert judge(weak, PassageParameters()) == "review"
    assert judge(weak, PassageParameters(), is_expected=True) == "out"
    assert judge(replace(episode, prominence_db=4.9), PassageParameters(), is_expected=True) == "stray"
    assert judge(replace(episode, door_share=0.7), PassageParameters()) == "review"
    assert judge(replace(episode, direction_seconds=0.2), PassageParameters()) == "review"
    assert judge(replace(episode, direction_seconds=-0.3), PassageParameters()) == "in"


def test_a_track_closes_after_two_seconds_of_silence_and_half_a_second_for_late_reads():
    tracks = smoother()
    tracks.add([TagRead(EPC, 1, 1, -50.0, START + i * 0.1, START + i * 0.1) for i in range(10)])
    end = START + 0.9
    assert tracks.sweep(end + 2.4) == []
    tracks.add([TagRead(EPC, 2, 3, -60.0, end + 0.2, end + 2.3)])
    assert tracks.sweep(end + 2.6) == []
    [track] = tracks.sweep(end + 2.81)
    assert (track.reads, len(tracks)) == (11, 0)


def test_a_backlog_sent_at_once_is_split_by_the_readers_own_time():
    walks = [Walk(epc=EPC, kind="out", at=0, seconds=5), Walk(epc=EPC, kind="in", at=60, seconds=5)]
    reads = [r._replace(arrived_at=START + 300) for w in walks for r in reads_of(w, random.Random(2))]
    tracks = smoother()
    closed = tracks.add(reads)
    assert len(closed) == 1
    assert tracks.sweep(START + 300.3) == [], "more of the burst may be under way"
    closed += tracks.sweep(START + 300.6)
    assert [judge(describe(t, PORTALS), PassageParameters()) for t in closed] == ["out", "in"]


def test_an_old_stay_told_late_by_another_reader_does_not_spoil_the_one_under_way():
    now = [
        r._replace(arrived_at=START + 60)
        for r in reads_of(Walk(epc=EPC, kind="out", at=55, seconds=5), random.Random(2))
    ]
    old = [
        r._replace(arrived_at=START + 60)
        for r in reads_of(Walk(epc=EPC, kind="in", door=2, seconds=5), random.Random(2))
    ]
    tracks = smoother()
    assert tracks.add(now[:40] + old + now[40:]) == []
    told = [describe(t, PORTALS) for t in tracks.sweep(START + 63)]
    assert [(e.portal, judge(e, PassageParameters())) for e in told] == [(1, "out"), (2, "in")]


def test_a_tag_that_stands_for_minutes_is_told_once_and_its_later_crossing_is_told_too():
    stand = Walk(epc=EPC, kind="park", seconds=120, depth_m=7)
    leave = Walk(epc=EPC, kind="out", at=120, seconds=5, depth_m=7)
    told = []
    tracks = smoother(lambda track: judge(describe(track, PORTALS), PassageParameters()) in ("in", "out"))
    swept = START
    for read in reads_of(stand, random.Random(3)) + reads_of(leave, random.Random(3)):
        closed = tracks.add([read])
        if read.arrived_at - swept > 0.2:
            swept = read.arrived_at
            closed += tracks.sweep(swept)
        told += [(t.is_parked, judge(describe(t, PORTALS), PassageParameters())) for t in closed]
    [last] = tracks.sweep(swept + 3)
    assert told == [(True, "stray")]
    assert len(last.bins) <= 77, "the window rolls: its size does not grow with the time a tag stands"
    assert judge(describe(last, PORTALS), PassageParameters()) == "out"


def test_reads_of_an_antenna_without_a_door_are_counted_and_left():
    tracks = smoother()
    assert tracks.add([TagRead(EPC, 9, 1, -50.0, START, START)]) == []
    assert (tracks.unknown_reads, len(tracks)) == (1, 0)


def test_a_walk_that_cannot_be_read_says_what_is_wrong():
    for body in (
        {"tag": "30", "walk": "in"},
        {"tag": "ZZZZ", "walk": "in"},
        {"tag": EPC, "walk": "fly"},
        {"walk": "in"},
    ):
        with pytest.raises(ValueError):
            Walk.from_json(body)
    with pytest.raises(ValueError, match="colour"):
        Walk.from_json({"tag": EPC, "walk": "in", "colour": 1})


def test_a_read_costs_the_same_however_many_came_before():
    track = Track(EPC, START, START, START)
    for i in range(4000):
        track.add(TagRead(EPC, 1, 1 + i % 4, -50.0, START + i * 0.001, START))
    assert len(track.bins) == 10
    assert track.reads == 4000
