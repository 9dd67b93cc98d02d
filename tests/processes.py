"""Work in real processes: races between them, and the web server as it is started for real."""

import dataclasses
import multiprocessing
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from config import Config

ROOT = Path(__file__).resolve().parent.parent


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What one process came to: a value, or the code (of a refusal) or class name of the error that ended it."""

    value: Any = None
    error: str | None = None
    text: str = ""


def run_at_once(
    work: Callable[..., Any], arguments: Sequence[tuple[Any, ...]], *, config: Config, timeout_seconds: float = 90
) -> list[Outcome]:
    """Run `work(*arguments[i])` in one real process each, all let go at the same instant; give the outcomes in order.

    `work` is a function at the top of its module. It runs inside an app context of an application of its own on
    `config`; what it returns must be picklable.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["wms.app"])
    gate = context.Barrier(len(arguments))
    results = context.Queue()
    children = [
        context.Process(target=_child, args=(place, work, given, config, gate, results), daemon=True)
        for place, given in enumerate(arguments)
    ]
    for child in children:
        child.start()
    outcomes: dict[int, Outcome] = {}
    deadline = time.monotonic() + timeout_seconds
    try:
        while len(outcomes) < len(children):
            place, outcome = results.get(timeout=max(0.1, deadline - time.monotonic()))
            outcomes[place] = outcome
        for child in children:
            child.join(10)
    finally:
        for child in children:
            if child.is_alive():
                child.kill()
                child.join()
            child.close()
        results.close()
        results.join_thread()
    return [outcomes[place] for place in range(len(children))]


def _child(
    place: int, work: Callable[..., Any], given: tuple[Any, ...], config: Config, gate: Any, results: Any
) -> None:
    try:
        from wms.app import create_app

        app = create_app(config)
        with app.app_context():
            gate.wait(60)
            outcome = Outcome(value=work(*given))
    except BaseException as failed:
        outcome = Outcome(error=getattr(failed, "code", None) or type(failed).__name__, text=repr(failed))
    results.put((place, outcome))


def free_port() -> int:
    """Find a TCP port on loopback that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


class LiveServer:
    """The web process as `run.py web` starts it, on a port and a database of its own."""

    def __init__(self, config: Config, log: Path) -> None:
        self.config = config
        self.url = f"http://127.0.0.1:{config.port}"
        self._log = log
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                [sys.executable, "run.py", "web"],
                cwd=ROOT,
                env=environment(config),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def wait_until_ready(self, seconds: float = 30) -> None:
        """Return when the server answers a page; raise with its log when it does not in time."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                urllib.request.urlopen(self.url + "/", timeout=5).close()
                return
            except urllib.error.HTTPError as answered:
                answered.close()
                if answered.code < 500:
                    return
                if answered.code == 500:
                    break
            except OSError:
                pass
            time.sleep(0.05)
        self.stop()
        raise RuntimeError(f"the web process did not answer:\n{self._log.read_text(errors='replace')[-3000:]}")

    def stop(self) -> None:
        """End the process as Ctrl-C or a service manager would."""
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def environment(config: Config) -> dict[str, str]:
    """Say `config` as WMS_* variables beside the rest of this process's environment."""
    env = {key: value for key, value in os.environ.items() if not key.startswith("WMS_")}
    for part in dataclasses.fields(config):
        value = getattr(config, part.name)
        env[f"WMS_{part.name.upper()}"] = str(int(value)) if isinstance(value, bool) else str(value)
    return {key: value for key, value in env.items() if value != ""}
