"""Work in real processes: races between them, and the web server as it is started for real."""

import atexit
import contextlib
import dataclasses
import multiprocessing
import os
import queue
import random
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import pytest

from config import Config

ROOT = Path(__file__).resolve().parent.parent
#: How long a test waits for what must come. It costs nothing when it comes, and a machine may be slow.
PATIENCE_SECONDS = 60.0
#: Below the ports that systems hand out by themselves, so that no connection in passing takes one.
_PORTS = range(20000, 32000)
_claims = contextlib.ExitStack()
atexit.register(_claims.close)

Came = TypeVar("Came")


def until(
    condition: Callable[[], Came], what: str = "it", *, seconds: float = PATIENCE_SECONDS, logs: Sequence[Path] = ()
) -> Came:
    """Wait for a condition to give something true; fail by name, with the ends of the logs, when it does not come.

    An OSError counts as not yet: the other side may still be starting.
    """
    end = time.monotonic() + seconds
    fault = ""
    while True:
        try:
            if came := condition():
                return came
        except OSError as not_yet:
            fault = f" (last: {not_yet!r})"
        if time.monotonic() > end:
            break
        time.sleep(0.01)
    ends = "\n".join(f"-- {log.name}\n{log.read_text(errors='replace')[-1500:]}" for log in logs)
    pytest.fail(f"{what} did not come within {seconds} s{fault}\n{ends}")


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What one process came to: a value, or the code (of a refusal) or class name of the error that ended it."""

    value: Any = None
    error: str | None = None
    text: str = ""


def run_at_once(
    work: Callable[..., Any], arguments: Sequence[tuple[Any, ...]], *, config: Config, timeout_seconds: float = 100
) -> list[Outcome]:
    """Run `work(*arguments[i])` in one real process each, all let go at the same instant; give the outcomes in order.

    `work` is a function at the top of its module. It runs inside an app context of an application of its own on
    `config`; what it returns must be picklable.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.preloaded"])
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
            ended = [place for place, child in enumerate(children) if not child.is_alive()]
            try:
                place, outcome = results.get(timeout=1)
                outcomes[place] = outcome
            except queue.Empty:
                if silent := [place for place in ended if place not in outcomes]:
                    codes = {place: children[place].exitcode for place in silent}
                    raise RuntimeError(f"processes ended without a word, with these codes: {codes}") from None
                if time.monotonic() > deadline:
                    missing = sorted(set(range(len(children))) - set(outcomes))
                    raise RuntimeError(f"processes {missing} are not done after {timeout_seconds} s") from None
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
            gate.wait(90)
            outcome = Outcome(value=work(*given))
    except BaseException as failed:
        outcome = Outcome(error=getattr(failed, "code", None) or type(failed).__name__, text=repr(failed))
    results.put((place, outcome))


def free_port(count: int = 1) -> int:
    """Give a TCP port on loopback (the first of `count`) that nobody listens on and no other test process will be given.

    The same port number of UDP, held as long as this process lives, is the claim: two processes never get one port, even
    though the server that will listen there is not up yet.
    """
    while True:
        first = random.SystemRandom().choice(_PORTS)
        with contextlib.ExitStack() as claims:
            try:
                for port in range(first, first + count):
                    claims.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)).bind(("127.0.0.1", port))
                    with socket.socket() as listener:
                        listener.bind(("127.0.0.1", port))
            except OSError:
                continue
            _claims.push(claims.pop_all())
            return first


def end(running: Iterable[subprocess.Popen[Any]]) -> None:
    """End processes as Ctrl-C or a service manager would, and after a while by force."""
    running = list(running)
    for process in reversed(running):
        process.terminate()
    for process in running:
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout is not None:
            process.stdout.close()


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

    @property
    def pid(self) -> int:
        """The number of the process."""
        return self._process.pid

    def wait_until_ready(self, seconds: float = PATIENCE_SECONDS) -> None:
        """Return when the server answers a page; raise with its log when it does not in time."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                urllib.request.urlopen(self.url + "/", timeout=20).close()
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
        end([self._process])


def environment(config: Config) -> dict[str, str]:
    """Say `config` as WMS_* variables beside the rest of this process's environment."""
    env = {key: value for key, value in os.environ.items() if not key.startswith("WMS_")}
    for part in dataclasses.fields(config):
        value = getattr(config, part.name)
        env[f"WMS_{part.name.upper()}"] = str(int(value)) if isinstance(value, bool) else str(value)
    return {key: value for key, value in env.items() if value != ""}
