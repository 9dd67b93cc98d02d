"""`run.py all` as a stranger starts it: one command, one group of processes, nothing left after Ctrl-C."""

import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
import urllib.request
from contextlib import closing
from pathlib import Path

import pytest

from tests import processes

ROOT = Path(__file__).resolve().parents[3]
READERS = 8
"""At most so many readers has the demo; each listens on a port."""


class Everything:
    """One `run.py all` in a process group of its own, its output in a file."""

    def __init__(self, folder: Path, port: int) -> None:
        self.database = folder / "wms.db"
        self.log = folder / f"all-{time.monotonic_ns()}.log"
        env = {k: v for k, v in os.environ.items() if not k.startswith("WMS_")} | {
            "WMS_DATABASE_URL": f"sqlite:///{folder / 'wms.db'}", "WMS_DATA_DIR": str(folder), "WMS_PORT": str(port),
            "WMS_GATEWAY_SPOOL": str(folder / "gateway.db"), "WMS_EMULATOR_PORT": str(processes.free_port(count=READERS)),
            "WMS_ARGON2_IS_FAST": "1",
        }  # fmt: skip
        with self.log.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "run.py", "all"], cwd=ROOT, env=env, stdin=subprocess.DEVNULL, stdout=output,
                stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip

    @property
    def text(self) -> str:
        return self.log.read_text(errors="replace")

    def wait_for(self, words: str, seconds: float = 150) -> None:
        deadline = time.monotonic() + seconds
        while words not in self.text:
            assert time.monotonic() < deadline and self.process.poll() is None, self.text[-3000:]
            time.sleep(0.05)

    def readers_up(self) -> int:
        """How many readers the gateway holds, as the database knows it."""
        with closing(sqlite3.connect(f"file:{self.database}?mode=ro", uri=True)) as file:
            return int(file.execute("SELECT count(*) FROM reader WHERE state = 'up'").fetchone()[0])

    def members(self) -> list[str]:
        """The processes of the group that live."""
        found = subprocess.run(["pgrep", "-g", str(self.process.pid)], capture_output=True, text=True)
        return found.stdout.split()

    def interrupt(self) -> float:
        """Press Ctrl-C: the signal goes to the whole group; the seconds until none of it is left."""
        began = time.monotonic()
        os.killpg(self.process.pid, signal.SIGINT)
        while self.process.poll() is None or self.members():
            if time.monotonic() - began > processes.PATIENCE_SECONDS:  # alone it takes two
                left = self.members()
                os.killpg(self.process.pid, signal.SIGKILL)
                raise AssertionError(f"processes are left a minute after Ctrl-C: {left}\n{self.text[-3000:]}")
            time.sleep(0.05)
        return time.monotonic() - began


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_one_command_starts_all_and_ctrl_c_leaves_nothing_and_the_data_stay(tmp_path: Path) -> None:
    port = processes.free_port()
    first = Everything(tmp_path, port)
    first.wait_for("Ctrl-C stops everything")
    address = re.search(r"http://127\.0\.0\.1:\d+", first.text)
    assert address and address[0] == f"http://127.0.0.1:{port}"
    with urllib.request.urlopen(address[0] + "/", timeout=30) as answer:
        assert answer.status == 200
    first.wait_for("emulator | reader")
    first.wait_for("wms.jobs.runner: jobs:")
    processes.until(lambda: first.readers_up() == 3, "the gateway at its readers", logs=[first.log])
    assert len(first.members()) == 5
    first.interrupt()
    assert first.process.returncode == 0
    assert "Traceback" not in first.text

    second = Everything(tmp_path, port)
    second.wait_for("Ctrl-C stops everything")
    second.interrupt()
    assert "Loading the demo" in first.text
    assert "Loading the demo" not in second.text
    assert "ended by itself" not in first.text + second.text


def test_a_python_without_what_the_product_needs_names_the_one_that_has_it() -> None:
    asked = [sys.executable, "-S", "run.py", "version"]  # -S: without the packages of the environment
    told = subprocess.run(asked, cwd=processes.ROOT, capture_output=True, text=True, timeout=60)
    assert told.returncode == 2 and ". .venv/bin/activate" in told.stderr and "Traceback" not in told.stderr
