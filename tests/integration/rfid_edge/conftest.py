"""A dock with played readers, a small real server over HTTP, and a gateway as a process of its own."""

import json
import queue
import subprocess
import sys
import threading
import time
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from wms.rfid.emulator import Emulator, EmulatorConfig
from wms.rfid.played_reader import PlayedReader
from wms.rfid.reader import Reader, ReaderSettings, ReadReport

ROOT = Path(__file__).resolve().parents[3]
EPC = "3066C4409047E140075BCD15"
TOKEN = "gateway-token"


class Dock:
    """An emulator and its control port, used as anyone outside would: over HTTP."""

    def __init__(self, doors=1):
        readers = tuple(PlayedReader.at_door(f"R{door}", 0, door) for door in range(1, doors + 1))
        self.emulator = Emulator(EmulatorConfig(readers=readers)).start()

    def port(self, name="R1"):
        return self.emulator.readers[name].port

    def get(self, path):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.emulator.control_port}{path}") as answer:
            return json.load(answer)

    def post(self, path, **body):
        url = f"http://127.0.0.1:{self.emulator.control_port}{path}"
        with urllib.request.urlopen(urllib.request.Request(url, json.dumps(body).encode())) as answer:
            return json.load(answer)


@pytest.fixture
def dock():
    made = Dock(doors=2)
    yield made
    made.emulator.stop()


class Listener:
    """A reader under test and what it has said."""

    def __init__(self, port, **settings):
        self.heard = queue.Queue(1000)
        defaults = {"keepalive_seconds": 0.4, "back_off_seconds": (0.1, 0.8), "setup_seconds": 1.0}
        self.reader = Reader(ReaderSettings(id=7, host="127.0.0.1", port=port, **{**defaults, **settings}), self.heard)
        self.states, self.reads = [], []

    def pump(self):
        while True:
            try:
                item = self.heard.get_nowait()
            except queue.Empty:
                return self
            if isinstance(item, ReadReport):
                self.reads += item.reads
            else:
                self.states.append(item)

    def is_up(self):
        return self.reader.state.state == "up"

    def downs(self):
        return [state for state in self.pump().states if state.state == "down"]


@pytest.fixture
def listen():
    """Start a Listener on a port."""
    made = []

    def start(port, **settings):
        made.append(Listener(port, **settings))
        made[-1].reader.start()
        return made[-1]

    yield start
    for listener in made:
        listener.reader.stop()


class SmallServer:
    """The server's two addresses, really over HTTP: stores once by sequence, refuses a wrong token and chosen EPCs."""

    def __init__(self, readers):
        self.readers = readers
        self.version = 1
        self.contract = 1
        self.posts, self.items, self.doubles, self.gpo = [], {}, 0, []
        self.refuse_epc = None
        self.lose_answers = 0
        self._http = None
        self.port = 0

    def start(self):
        handler = type("Handler", (_Answers,), {"server_side": self})
        self._http = ThreadingHTTPServer(("127.0.0.1", self.port), handler)
        self._http.daemon_threads = True
        self.port = self._http.server_address[1]
        threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def stop(self):
        if self._http is not None:
            http, self._http = self._http, None
            http.shutdown()
            http.server_close()

    def episodes(self):
        return [item for _, item in sorted(self.items.items()) if item["kind"] == "episode"]

    def states(self):
        return [item["state"] for _, item in sorted(self.items.items()) if item["kind"] == "reader_state"]

    def config(self):
        sides = {1: "inside", 2: "inside", 3: "outside", 4: "outside"}
        return {
            "gateway": "GW1",
            "config_version": self.version,
            "contract": self.contract,
            "readers": [
                {"id": door, "code": f"R{door}", "host": "127.0.0.1", "port": port, "settings": {"keepalive_seconds": 1}}
                for door, port in self.readers.items()
            ],
            "portals": [
                {"id": 100 + door, "code": f"D{door}", "parameters": {"silence_seconds": 1.0},
                 "antennas": [{"reader": door, "antenna": n, "side": s} for n, s in sides.items()]}
                for door in self.readers
            ],
        }  # fmt: skip

    def take(self, body):
        self.posts.append((time.time(), body))
        if self.refuse_epc and any(item.get("epc") == self.refuse_epc for item in body["batch"]):
            return 422, {"code": "field_errors"}
        for item in body["batch"]:
            self.doubles += item["sequence"] in self.items
            self.items[item["sequence"]] = {**item, "came_at": time.time()}
        orders, self.gpo = self.gpo, []
        last = max((item["sequence"] for item in body["batch"]), default=None)
        if self.lose_answers and body["batch"]:
            self.lose_answers -= 1
            return 502, {}
        return 200, {"stored": last, "gpo": orders, "config_version": self.version, "stop_list_version": 0}


class _Answers(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self._answer(200, self.server_side.config())

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        is_away = self.server_side._http is None
        self._answer(*((503, {}) if is_away else self.server_side.take(body)))

    def _answer(self, status, body):
        if self.server_side._http is None:  # the process would be gone, and its open connections with it
            self.close_connection = True
            return
        if self.headers["Authorization"] != f"Bearer {TOKEN}":
            status, body = 401, {}
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *args):
        pass


@pytest.fixture
def server(dock):
    made = SmallServer({1: dock.port("R1"), 2: dock.port("R2")}).start()
    yield made
    made.stop()


PROGRAM = """
import sys, logging
from pathlib import Path
logging.basicConfig(level=logging.INFO, filename=sys.argv[3], filemode="a")
from wms.rfid.gateway import GatewayConfig, run_gateway
foreign = sorted(m for m in sys.modules if m.split(".")[0] in ("flask", "sqlalchemy", "marshmallow", "llrpkit"))
assert not foreign, foreign
run_gateway(GatewayConfig(url=sys.argv[1], token="gateway-token", spool=Path(sys.argv[2]),
                          heartbeat_seconds=0.2, back_off_seconds=(0.2, 0.5)))
"""


@pytest.fixture
def gateway(server, tmp_path):
    """Start the gateway as a process; a second start uses the same spool."""
    made = []

    def start(url=None):
        log = tmp_path / "gateway.log"
        where = url or f"http://127.0.0.1:{server.port}"
        process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, where, str(tmp_path / "spool.db"), str(log)], cwd=ROOT
        )
        made.append(process)
        return process

    yield start
    for process in made:
        if process.poll() is None:
            process.kill()
        process.wait()
