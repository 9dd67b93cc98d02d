"""The gateway as a process: from played readers over LLRP to a small server over HTTP."""

import json
import os
import signal
import sqlite3
from contextlib import closing
from datetime import datetime

from tests.integration.rfid_edge.conftest import EPC
from tests.processes import PATIENCE_SECONDS, until

OTHER = "3066C4409047E140075BCD16"
FORMS = {
    "sequence", "kind", "epc", "portal", "reader", "started_at", "ended_at", "reads", "antennas", "peak_rssi_dbm",
    "door_share", "prominence_db", "direction_seconds", "verdict", "is_parked", "is_late",
}  # fmt: skip


def both_up(server):
    return server.states().count("up") >= 2


def test_tags_carried_through_two_doors_are_told_within_moments_and_the_light_goes_on(dock, server, gateway):
    process = gateway()
    until(lambda: both_up(server), what="both readers")
    dock.post("/walk", tag=EPC, walk="out", door=1, seconds=3)
    dock.post("/walk", tag=OTHER, walk="in", door=2, seconds=3)
    until(lambda: len(server.episodes()) == 2, what="the episodes")
    told = {item["epc"]: item for item in server.episodes()}
    assert {epc: (e["verdict"], e["portal"], e["reader"]) for epc, e in told.items()} == {
        EPC: ("out", 101, 1),
        OTHER: ("in", 102, 2),
    }
    for item in told.values():
        assert set(item) - {"came_at"} == FORMS
        # Silence 1.0 s and hold 0.5 s as configured; how long the rest takes is judged by nobody, but printed.
        delay = item["came_at"] - datetime.fromisoformat(item["ended_at"]).timestamp() - 1.5
        print(f"posted {delay:.2f} s after the close")
    server.gpo = [{"reader": 1, "port": 1, "on": True, "seconds": 0.3}]
    until(lambda: len(dock.get("/gpo")["R1"]["writes"]) == 2, what="the light on and off")
    process.send_signal(signal.SIGTERM)
    assert process.wait(PATIENCE_SECONDS) == 0
    assert server.doubles == 0


def kept_episodes(spool):
    """How many episodes lie in the gateway's spool."""
    with closing(sqlite3.connect(f"file:{spool}?mode=ro", uri=True)) as file:
        return sum(json.loads(body)["kind"] == "episode" for (body,) in file.execute("SELECT body FROM item"))


def test_with_the_server_away_and_the_gateway_killed_nothing_is_lost_or_stored_twice(dock, server, gateway, tmp_path):
    process = gateway()
    until(lambda: both_up(server))
    server.stop()
    dock.post("/walk", tag=EPC, walk="out", door=1, seconds=1, depth_m=4)
    until(lambda: kept_episodes(tmp_path / "spool.db"), what="the episode in the spool")
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert server.episodes() == []
    gateway()
    until(lambda: dock.get("/state")["readers"][0]["connections"] >= 2, what="readers held by the kept configuration")
    server.lose_answers = 1
    server.start()
    until(server.episodes, what="the kept episode")
    until(lambda: server.doubles, what="the repeat of the batch whose answer was lost")
    heard = len(server.posts)
    until(lambda: len(server.posts) > heard + 2, what="heartbeats")
    assert [item["epc"] for item in server.episodes()] == [EPC]
    assert server.posts[-1][1]["batch"] == [] and server.posts[-1][1]["waiting"] == 0


def test_a_faulty_item_is_set_aside_and_does_not_stop_the_rest(dock, server, gateway):
    gateway()
    until(lambda: both_up(server))
    server.refuse_epc = EPC
    dock.post("/walk", tags=[EPC, OTHER], walk="park", door=1, seconds=1, depth_m=2)
    until(server.episodes, what="the other episode")
    heard = len(server.posts)
    until(lambda: len(server.posts) > heard + 2)
    assert [item["epc"] for item in server.episodes()] == [OTHER]
    assert server.posts[-1][1]["waiting"] == 0


def test_a_lost_reader_is_told_and_a_changed_configuration_is_taken_up(dock, server, gateway):
    gateway()
    until(lambda: both_up(server))
    dock.post("/flap", reader="R2", act="power_off")
    until(lambda: server.states()[-1] == "down", what="the loss")
    del server.readers[2]
    server.version = 2
    until(lambda: [r["reader"] for r in server.posts[-1][1]["readers"]] == [1], what="the new configuration")
    status = server.posts[-1][1]["readers"][0]
    assert status["state"] == "up" and status["reads_lost"] == 0 and status["last_message_at"]


def test_a_gateway_that_is_newer_than_its_server_keeps_its_items_until_the_server_has_caught_up(
    dock, server, gateway, tmp_path
):
    server.contract = 0
    gateway()
    said = tmp_path / "gateway.log"
    until(
        lambda: said.exists() and said.read_text().count("upgrade the server first") >= 2, what="two refusals to send"
    )
    assert server.posts == []
    server.contract = 1
    until(lambda: both_up(server), what="what was kept")
