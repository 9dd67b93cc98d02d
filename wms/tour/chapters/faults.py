"""What goes wrong at a dock: a killed gateway, a server that is away, a cut connection. Nothing is lost or doubled."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Sequence

from wms.gs1.sscc import Sscc
from wms.tour.dock import tag_of
from wms.tour.report import Clock, ms, must, same, wait_for
from wms.tour.tale import Tale

_SERVER_AWAY_SECONDS = 8.0


def play(tale: Tale) -> None:
    """Kill the gateway in the middle of a passage, then take the server away while four tags walk."""
    _killed_gateway(tale)
    _server_away(tale)
    _no_item_twice(tale)


def _strangers(tale: Tale, first: int, count: int) -> list[str]:
    """Tags of supplier plates nobody announced."""
    return [tag_of(Sscc.make(tale.goods.prefix, 2, 880_000 + first + n).value) for n in range(count)]


def _killed_gateway(tale: Tale) -> None:
    (epc,) = _strangers(tale, 0, 1)
    tale.dock.walk(epc, walk="in", door=3, seconds=7.0)
    time.sleep(2.0)
    before = {name: reader["connections"] for name, reader in tale.dock.readers().items()}
    tale.stage.kill("rfid-gateway")
    clock = Clock()
    tale.stage.start("rfid-gateway")
    wait_for(lambda: _are_back(tale, before), "every reader to be connected and reading again", seconds=180)
    back = ms(clock.seconds)
    passages = wait_for(lambda: tale.reads.passages(epc), "the passage over the kill", seconds=180)
    same(len(passages), 1, "passages of the tag over the kill")
    tale.report.step(
        "gateway killed (-9) while a tag walks, started again: all readers read, one passage of the tag",
        f"after {back}",
    )


def _are_back(tale: Tale, before: dict[str, int]) -> bool:
    readers = tale.dock.readers()
    return all(readers[name]["connections"] > count and readers[name]["reading"] for name, count in before.items())


def _server_away(tale: Tale) -> None:
    """The web process is away; tags walk, a reader's connection is cut, and the gateway is killed with its spool full."""
    many, (flapped,) = _strangers(tale, 10, 3), _strangers(tale, 20, 1)
    connections = tale.dock.readers()["READER-1"]["connections"]
    same(tale.stage.stop("web"), {"web": 0}, "the exit code of the web process")
    clock = Clock()
    tale.dock.walk(*many, walk="in", door=3)
    tale.dock.walk(flapped, walk="in", door=1)
    time.sleep(1.5)
    tale.dock.drop("READER-1")
    cut = Clock()
    wait_for(lambda: _are_back(tale, {"READER-1": connections}), "READER-1 to be back")
    tale.report.step(
        "a reader's connection is cut in the middle of a passage: connected and reading again", f"after {cut}"
    )
    wait_for(lambda: {*many, flapped} <= _spooled(tale), "every tag in the spool", seconds=180)
    tale.stage.kill("rfid-gateway")
    tale.stage.start("rfid-gateway")
    time.sleep(max(0.0, _SERVER_AWAY_SECONDS - clock.seconds))
    waiting = len(_spooled(tale))
    away = ms(clock.seconds)
    tale.stage.start("web")
    tale.stage.wait_for_web()
    clock = Clock()
    wait_for(
        lambda: all(tale.reads.passages(epc) for epc in [*many, flapped]), "what was spooled to arrive", seconds=180
    )
    took = ms(clock.seconds)
    wait_for(lambda: not _spooled(tale), "the spool to be empty", seconds=180)
    for epc in [*many, flapped]:
        same(len(tale.reads.passages(epc)), 1, f"passages of tag {epc}")
    same({tale.reads.passages(epc)[0]["direction"] for epc in many}, {"in"}, "the direction of the three tags")
    must(waiting >= len(many) + 1, f"the spool must hold every tag, it held {waiting}")
    tale.report.step(
        f"server away for {away}, gateway killed with {waiting} tags spooled: all told once, after the server's return in",
        took,
    )


def _spooled(tale: Tale) -> set[str]:
    """The tags in the gateway's own file of what the server has not confirmed."""
    connection = sqlite3.connect(f"file:{tale.stage.folder / 'gateway.db'}?mode=ro", uri=True, timeout=5)
    try:
        rows: Sequence[tuple[str | None]] = connection.execute(
            "SELECT json_extract(body, '$.epc') FROM item"
        ).fetchall()
    finally:
        connection.close()
    return {row[0] for row in rows if row[0]}


def _no_item_twice(tale: Tale) -> None:
    row = tale.reads.row(
        "SELECT count(*), count(DISTINCT gateway_id || ':' || sequence), count(DISTINCT passage_id) FROM episode"
    )
    assert row is not None
    same(row[0], row[1], "episodes and their numbers")
    tale.report.step(f"{row[0]} episodes stored, no number twice; {row[2]} passages")
