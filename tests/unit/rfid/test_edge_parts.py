"""The parts of the edge that need no socket: the spool's numbers, the configuration read, the emulator's script."""

import time

import pytest

from wms.rfid.contract import read_plan
from wms.rfid.emulator import EmulatorConfig, Flap
from wms.rfid.spool import Spool
from wms.rfid.walks import Walk

EPC = "3066C4409047E140075BCD15"


def test_sequence_numbers_only_grow_over_restarts_and_even_over_a_lost_file(tmp_path):
    spool = Spool(tmp_path / "a.db")
    first = spool.add([{"n": 1}, {"n": 2}])
    spool.forget(first)
    spool.close()
    spool = Spool(tmp_path / "a.db")
    assert spool.count() == 0
    assert spool.add([{"n": 3}]) == first + 1
    spool.close()
    time.sleep(0.005)
    fresh = Spool(tmp_path / "b.db")
    assert fresh.add([{"n": 4}]) > first + 1
    fresh.close()


def test_only_what_the_server_has_stored_is_forgotten(tmp_path):
    spool = Spool(tmp_path / "a.db")
    last = spool.add({"n": n} for n in range(5))
    spool.forget(last - 2)
    assert [item["n"] for item in spool.next(10)] == [3, 4]
    spool.set_aside(last - 1, "422")
    assert [item["n"] for item in spool.next(10)] == [4]
    spool.close()


def test_items_numbered_below_what_the_server_holds_are_counted_on_and_not_lost(tmp_path):
    spool = Spool(tmp_path / "a.db")
    last = spool.add({"n": n} for n in range(3))
    ahead = last + 1_000_000
    spool.forget(ahead)
    assert [(item["sequence"], item["n"]) for item in spool.next(10)] == [
        (ahead + 1, 0),
        (ahead + 2, 1),
        (ahead + 3, 2),
    ]
    assert spool.add([{"n": 3}]) == ahead + 4
    spool.close()


PLAN = {
    "config_version": 4,
    "readers": [
        {"id": 1, "host": "10.0.0.5", "settings": {"tx_power_dbm": {"1": 30, "3": 27.5}, "session": 1, "mode": 3}}
    ],
    "portals": [
        {
            "id": 9,
            "parameters": {"silence_seconds": 1, "reads_min": 6, "colour": "red"},
            "antennas": [
                {"reader": 1, "antenna": 1, "side": "inside"},
                {"reader": 1, "antenna": 3, "side": "outside"},
            ],
        }
    ],
    "expected": [EPC.lower()],
}


def test_a_configuration_gives_readers_their_antennas_and_leaves_what_it_does_not_know():
    plan = read_plan(PLAN)
    [reader], [portal] = plan.readers, plan.portals
    assert (reader.antennas, reader.port, reader.session) == ((1, 3), 5084, 1)
    assert reader.to_sllurp().tx_power_dbm == {1: 30.0, 3: 27.5}
    assert (portal.parameters.silence_seconds, portal.parameters.reads_min) == (1.0, 6)
    assert portal.sides == {(1, 1): "inside", (1, 3): "outside"}
    assert plan.expected == {EPC}


@pytest.mark.parametrize(
    "change", [{"readers": [{"id": 1}]}, {"portals": [{"id": 1, "antennas": [{}]}]}, {"config_version": "x"}]
)
def test_a_configuration_that_cannot_be_one_is_refused(change):
    with pytest.raises((KeyError, TypeError, ValueError)):
        read_plan({**PLAN, **change})


def test_an_emulator_script_holds_walks_and_faults():
    config = EmulatorConfig.from_json(
        {
            "readers": [
                {"name": "R1", "port": 0, "door": 1},
                {"name": "R2", "port": 0, "antennas": {"1": [2, "inside"]}},
            ],
            "script": [
                {"at": 1, "tag": EPC.lower(), "walk": "in", "seconds": 4},
                {"at": 5, "reader": "R1", "act": "drop"},
            ],
        }
    )
    assert config.script == (Walk(epc=EPC, kind="in", at=1, seconds=4), Flap(reader="R1", act="drop", at=5))
    assert config.readers[1].antennas == {1: (2, "inside")}
    with pytest.raises(ValueError, match="act must be"):
        Flap(reader="R1", act="explode")
