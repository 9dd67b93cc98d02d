"""A stage: a temporary folder with a database, and the product's real processes on free ports, each stopped for sure."""

from __future__ import annotations

import atexit
import json
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import requests

from wms.tour.report import Wrong, wait_for

Done = subprocess.CompletedProcess[str]
ROOT = Path(__file__).resolve().parents[2]
_STOP_SECONDS = 60.0


def free_port() -> int:
    """Find a TCP port on the loopback that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def free_ports_in_a_row(count: int) -> int:
    """Find the first of `count` neighbouring free ports."""
    for _ in range(200):
        first = free_port()
        try:
            for port in range(first, first + count):
                with socket.socket() as listener:
                    listener.bind(("127.0.0.1", port))
            return first
        except (OSError, OverflowError):
            continue
    raise Wrong(f"no {count} free ports in a row")


class Stage:
    """The product on a temporary SQLite database. `start` and `stop` name a role; two of one role are jobs and jobs#2.

    Not `is_demo`: what a site of one's own has at first, an empty folder and no setting but where it is.
    """

    def __init__(self, *, is_demo: bool = True) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="wms-tour-"))
        self.database = self.folder / "wms.db"
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        self.control = ""
        self.authority = ""
        self._environment = {k: v for k, v in os.environ.items() if not k.startswith("WMS_")} | {
            "PYTHONUNBUFFERED": "1",
            "WMS_DATABASE_URL": f"sqlite:///{self.database}",
            "WMS_DATA_DIR": str(self.folder),
            "WMS_PORT": str(self.port),
            "WMS_GATEWAY_SPOOL": str(self.folder / "gateway.db"),
        }
        if is_demo:
            self._environment |= {
                "WMS_SECRET_KEY": secrets.token_hex(32),
                "WMS_IS_DEMO": "1",
                "WMS_GATEWAY_URL": self.url,
                "WMS_EMULATOR_PORT": str(free_ports_in_a_row(3)),
            }
        atexit.register(self.close)

    # -- verbs of the command line ------------------------------------------------------------------------------------
    def run(self, *words: str, typed: str = "", seconds: float = 600.0) -> str:
        """Run a verb of run.py to its end and give what it printed; anything but code 0 ends the tour."""
        done = self._run(words, self._environment, typed, seconds)
        if done.returncode:
            raise Wrong(f"run.py {' '.join(words)} ended with code {done.returncode}:\n{done.stdout}{done.stderr}")
        return done.stdout

    def printed(self, *words: str, code: int, seconds: float = 300.0) -> str:
        """Run a verb of run.py that must end with a code, and give what it printed."""
        done = self._run(words, self._environment, "", seconds)
        if done.returncode != code:
            raise Wrong(
                f"run.py {' '.join(words)} must end with code {code}, it ended with {done.returncode}:\n"
                f"{done.stdout}{done.stderr}"
            )
        return done.stdout

    def refused(self, *words: str, code: int, without: str = "", seconds: float = 300.0) -> str:
        """Run a verb of run.py that must refuse with a code, and give its sentence; `without` takes a setting away."""
        done = self._run(words, {k: v for k, v in self._environment.items() if k != without}, "", seconds)
        if done.returncode != code:
            raise Wrong(
                f"run.py {' '.join(words)} must end with code {code}, it ended with {done.returncode}:\n"
                f"{done.stdout}{done.stderr}"
            )
        return done.stderr.strip().rpartition("Error: ")[2]

    @staticmethod
    def _run(words: Sequence[str], environment: dict[str, str], typed: str, seconds: float) -> Done:
        return subprocess.run(
            [sys.executable, "run.py", *words], cwd=ROOT, env=environment, input=typed, capture_output=True, text=True,
            timeout=seconds, check=False,
        )  # fmt: skip

    def set(self, **settings: str) -> None:
        """Set WMS_* settings for what starts from now on."""
        self._environment |= settings

    @property
    def demo(self) -> dict[str, str]:
        """What the demo data left for the person who tries: the handheld's secret."""
        return dict(json.loads((self.folder / "demo.json").read_text()))

    def settings(self) -> dict[str, str]:
        """The WMS_* settings of this stage."""
        return {k: v for k, v in self._environment.items() if k.startswith("WMS_")}

    # -- processes ----------------------------------------------------------------------------------------------------
    def start(self, role: str, *more: str) -> None:
        """Start a process of the product; its lines go to <role>.log in the folder."""
        with self.log(role).open("ab") as output:
            self.running[role] = subprocess.Popen(
                [sys.executable, "run.py", role.partition("#")[0], *more], cwd=ROOT, env=self._environment,
                stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
            )  # fmt: skip

    def log(self, role: str) -> Path:
        """Where the lines of a process are kept."""
        return self.folder / f"{role.replace('#', '-')}.log"

    def wait_for_web(self) -> None:
        """Return when the web process answers."""
        wait_for(self._is_answering, "the web process to answer", seconds=180)

    def _is_answering(self) -> bool:
        self.check()
        try:
            return requests.get(f"{self.url}/healthz", timeout=5, verify=self.authority or True).status_code == 200
        except requests.RequestException:
            return False

    def wait_for_emulator(self) -> str:
        """Return the address of the emulator's control port when it is open."""
        found = wait_for(self._control_address, "the emulator", seconds=180)
        self.control = found
        return found

    def _control_address(self) -> str:
        self.check()
        said = re.search(r"control on (http://\S+)", self.log("emulator").read_text(errors="replace"))
        return said[1] if said else ""

    def check(self) -> None:
        """End the tour when a process ended by itself."""
        for role, process in self.running.items():
            if process.poll() is not None:
                raise Wrong(f"{role} ended by itself with code {process.returncode}:\n{self.tail(role)}")

    def tail(self, role: str, lines: int = 15) -> str:
        """The last lines of a process."""
        log = self.log(role)
        return "\n".join(log.read_text(errors="replace").splitlines()[-lines:]) if log.exists() else ""

    def kill(self, role: str) -> None:
        """End a process at once, as a power cut does."""
        process = self.running.pop(role)
        process.send_signal(signal.SIGKILL)
        process.wait(5)

    def stop(self, *roles: str) -> dict[str, int]:
        """Ask processes to end, as a service manager does; their exit codes. One that does not end is killed: code -9."""
        leaving = {role: self.running.pop(role) for role in roles if role in self.running}
        for process in leaving.values():
            process.terminate()
        deadline = time.monotonic() + _STOP_SECONDS
        codes = {}
        for role, process in leaving.items():
            try:
                codes[role] = process.wait(max(0.05, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                codes[role] = process.wait()
        return codes

    def close(self, *, is_kept: bool = False) -> None:
        """End whatever still runs, at once, and remove the folder unless it is to be looked at."""
        for process in self.running.values():
            if process.poll() is None:
                process.kill()
                process.wait()
        self.running.clear()
        atexit.unregister(self.close)
        if not is_kept:
            shutil.rmtree(self.folder, ignore_errors=True)
