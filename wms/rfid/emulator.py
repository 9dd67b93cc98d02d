"""A dock of played readers: real LLRP servers, the tags that walk there, a script, and a control port.

The control port on the loopback speaks HTTP and JSON (see `_Control`), so that a demonstration or a test can say: carry
this tag out through door 1, cut the connection, fall silent, what does the stack light show? One process plays several
readers of one dock.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import signal
import threading
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from wms.rfid.played_reader import PlayedReader, ReaderEmulator, Scene
from wms.rfid.walks import Walk

log = logging.getLogger(__name__)

ACTS = ("drop", "silence", "power_off", "power_on")


@dataclass(frozen=True, kw_only=True)
class Flap:
    """A fault in the script: at `at` seconds the reader drops, falls silent for `seconds`, or goes off or on."""

    reader: str
    act: str
    at: float = 0.0
    seconds: float = 5.0

    def __post_init__(self) -> None:
        if self.act not in ACTS:
            raise ValueError(f"act must be one of {', '.join(ACTS)}")


@dataclass(frozen=True, kw_only=True)
class EmulatorConfig:
    """What to play. A `control_port` of 0 picks a free one, as does a reader's port of 0."""

    readers: tuple[PlayedReader, ...]
    host: str = "127.0.0.1"
    control_port: int = 0
    reads_per_second: float = 200.0
    seed: int = 1
    script: tuple[Walk | Flap, ...] = ()

    @classmethod
    def from_json(cls, body: Mapping[str, Any]) -> EmulatorConfig:
        """Read a script file: {"readers": [{"name", "port", "door"} or {..., "antennas": {"1": [1, "inside"]}}], "script": [...]}."""
        readers = []
        for one in body["readers"]:
            if "antennas" in one:
                sides = {int(key): (int(door), str(side)) for key, (door, side) in one["antennas"].items()}
                readers.append(PlayedReader(name=one["name"], port=int(one["port"]), antennas=sides))
            else:
                readers.append(PlayedReader.at_door(one["name"], int(one["port"]), int(one["door"])))
        script = tuple(Flap(**line) if "act" in line else Walk.from_json(line) for line in body.get("script", ()))
        rest = {k: body[k] for k in ("host", "control_port", "reads_per_second", "seed") if k in body}
        return cls(readers=tuple(readers), script=script, **rest)


class Emulator:
    """A dock with its readers and the control port; `start` returns once all ports are open, `stop` ends all."""

    def __init__(self, config: EmulatorConfig) -> None:
        self.config = config
        self.scene = Scene(config.seed)
        self.readers: dict[str, ReaderEmulator] = {}
        self.control_port = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="emulator", daemon=True)
        self._http: ThreadingHTTPServer | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self) -> Emulator:
        """Open the readers' ports and the control port, and begin the script."""
        self._thread.start()
        for index, played in enumerate(self.config.readers):
            reader = ReaderEmulator(
                played, self.scene, host=self.config.host, seed=self.config.seed + index,
                reads_per_second=self.config.reads_per_second,
            )  # fmt: skip
            self.readers[played.name] = reader
            self.call(reader.power(True))
        control = type("Control", (_Control,), {"emulator": self})
        self._http = ThreadingHTTPServer(("127.0.0.1", self.config.control_port), control)
        self._http.daemon_threads = True
        self.control_port = self._http.server_address[1]
        threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        for line in self.config.script:
            if isinstance(line, Walk):
                self.scene.add(line)
            else:
                self._loop.call_soon_threadsafe(self._loop.call_later, line.at, self._flap, line)
        return self

    def stop(self) -> None:
        """Close everything."""
        if self._http is not None:
            self._http.shutdown()
            self._http.server_close()
        for reader in self.readers.values():
            with contextlib.suppress(Exception):
                self.call(reader.power(False))
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(3)
        if not self._thread.is_alive():
            self._loop.close()

    def call(self, work: Coroutine[Any, Any, Any]) -> Any:
        """Run something on the emulator's own loop and wait for it."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(5)

    def _flap(self, flap: Flap) -> None:
        task = self._loop.create_task(self.act(flap))
        self._tasks.add(task)
        task.add_done_callback(self._flap_done)

    def _flap_done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if task.exception() is not None:
            log.error("script: %s", task.exception())

    async def act(self, flap: Flap) -> None:
        """Do one fault now."""
        reader = self.readers[flap.reader]
        if flap.act == "drop":
            await reader.drop()
        elif flap.act == "silence":
            await reader.silence(flap.seconds)
        else:
            await reader.power(flap.act == "power_on")

    def walk(self, body: dict[str, Any]) -> list[Walk]:
        """Let one tag or a list of tags walk, `at` seconds from now."""
        tags = body.pop("tags", None) or [body.pop("tag", "")]
        start = self.scene.elapsed() + float(body.pop("at", 0.0))
        walks = [Walk.from_json({**body, "tag": tag, "at": start}) for tag in tags]
        return [self.scene.add(walk) for walk in walks]


class _Control(BaseHTTPRequestHandler):
    """GET /state, /gpo; POST /walk, /leave, /flap, /antenna, /gpi, /raw with a JSON body. A fault is answered 400 or 404."""

    emulator: Emulator
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._answer({"/state": self._state, "/gpo": self._gpo})

    def do_POST(self) -> None:
        self._answer(
            {"/walk": self._walk, "/leave": self._leave, "/flap": self._flap, "/antenna": self._antenna,
             "/gpi": self._gpi, "/raw": self._raw}
        )  # fmt: skip

    def _answer(self, verbs: Mapping[str, Callable[[dict[str, Any]], Any]]) -> None:
        try:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length)) if length else {}
            verb = verbs.get(self.path.split("?")[0])
            status, answer = (404, {"error": "no such verb"}) if verb is None else (200, verb(body))
        except (KeyError, TypeError, ValueError) as wrong:
            status, answer = 400, {"error": str(wrong)}
        data = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: Any) -> None:
        log.debug(format, *args)

    def _state(self, _: dict[str, Any]) -> Any:
        present = [{"tag": w.epc, "walk": w.kind, "door": w.door} for w in self.emulator.scene.present()]
        return {"readers": [r.status() for r in self.emulator.readers.values()], "tags": present}

    def _gpo(self, _: dict[str, Any]) -> Any:
        return {name: reader.gpo() for name, reader in self.emulator.readers.items()}

    def _walk(self, body: dict[str, Any]) -> Any:
        walks = self.emulator.walk(body)
        return {
            "walks": len(walks),
            "until_seconds": max(w.at + w.seconds for w in walks) - self.emulator.scene.elapsed(),
        }

    def _leave(self, body: dict[str, Any]) -> Any:
        gone = {str(tag).upper() for tag in body.get("tags", [])}
        scene = self.emulator.scene
        scene.walks = [w for w in scene.walks if gone and w.epc not in gone]
        return {"ok": True}

    def _flap(self, body: dict[str, Any]) -> Any:
        self.emulator.call(self.emulator.act(Flap(**body)))
        return {"ok": True}

    def _antenna(self, body: dict[str, Any]) -> Any:
        reader = self.emulator.readers[body["reader"]]
        self.emulator.call(reader.set_antenna_connected(int(body["antenna"]), bool(body["connected"])))
        return {"ok": True}

    def _gpi(self, body: dict[str, Any]) -> Any:
        self.emulator.call(self.emulator.readers[body["reader"]].set_gpi(int(body["port"]), bool(body["high"])))
        return {"ok": True}

    def _raw(self, body: dict[str, Any]) -> Any:
        self.emulator.call(self.emulator.readers[body["reader"]].send_raw(bytes.fromhex(body["hex"])))
        return {"ok": True}


def run_emulator(config: EmulatorConfig | Path) -> None:
    """Play the readers until SIGINT or SIGTERM; a path names a JSON script."""
    if isinstance(config, Path):
        config = EmulatorConfig.from_json(json.loads(config.read_text(encoding="utf-8")))
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    emulator = Emulator(config).start()
    for reader in emulator.readers.values():
        print(f"reader {reader.name} on {config.host}:{reader.port}", flush=True)
    print(f"control on http://127.0.0.1:{emulator.control_port}", flush=True)
    ended.wait()
    emulator.stop()
