"""The sender: a thread of the jobs process that gives waiting labels to their printers, each printer on a line of its own.

Any number of job processes may run it: a printer is leased by a row. A printer that is off holds up no other.
"""

from __future__ import annotations

import logging
import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from flask import Flask

from wms.core.clock import now
from wms.core.errors import Unavailable
from wms.core.ids import PrinterId
from wms.db import db, let_go, outage, run_in_transaction
from wms.printing import queries, service
from wms.printing.rules import Status, read_status
from wms.printing.service import Taken

log = logging.getLogger(__name__)
T = TypeVar("T")

LOOK_SECONDS = 1.0
CONNECT_SECONDS = 4.0
TALK_SECONDS = 15.0
#: How long a printer may take to say that it is done; after that it only took the label.
DONE_SECONDS = 30.0
LINES = 4


@dataclass(frozen=True)
class Outcome:
    """What came of a try: an event of rules.JOB, and the word for what was wrong."""

    event: str
    fault: str = ""


def send(taken: Taken) -> Outcome:
    """Give one job to its printer. Refused: no byte of it left us. Broken: some did, and the end is not known."""
    try:
        line = socket.create_connection((taken.host, taken.port), timeout=CONNECT_SECONDS)
    except OSError:
        return Outcome("refused", "not_reached")
    with line:
        line.settimeout(TALK_SECONDS)
        if taken.answers_status:
            try:
                status = _ask(line)
            except OSError:
                return Outcome("refused", "no_answer")
            if status is None or status.fault:
                return Outcome("refused", status.fault if status else "no_answer")
        try:
            line.sendall(taken.body.encode("utf-8"))
            if not taken.answers_status:
                line.shutdown(socket.SHUT_WR)
                return Outcome("taken")
        except OSError:
            return Outcome("broken", "broken_off")
        return _wait_until_done(line)


def _wait_until_done(line: socket.socket) -> Outcome:
    """Ask until the printer has nothing left: printed. A fault on the way, or silence, leaves it uncertain."""
    end = time.monotonic() + DONE_SECONDS
    while time.monotonic() < end:
        try:
            status = _ask(line)
        except OSError:
            return Outcome("broken", "broken_off")
        if status is None:
            return Outcome("broken", "no_answer")
        if status.fault:
            return Outcome("broken", status.fault)
        if status.is_idle:
            return Outcome("confirmed")
        time.sleep(0.2)
    return Outcome("taken")


def _ask(line: socket.socket) -> Status | None:
    """Ask for the host status; None when what comes back is none."""
    line.sendall(b"~HS\r\n")
    answer = b""
    while (status := read_status(answer)) is None and len(answer) < 1024:
        part = line.recv(1024)
        if not part:
            break
        answer += part
    return status


def serve_printer(printer: PrinterId) -> int:
    """Send what is due for a printer until nothing is, or it cannot; how many jobs left."""
    done = 0
    while (taken := run_in_transaction(service.take_next, printer, at=now())) is not None:
        outcome = send(taken)
        run_in_transaction(service.settle, taken, outcome.event, fault=outcome.fault, at=now())
        log.info("print job %s: %s %s", taken.job, outcome.event, outcome.fault)
        if outcome.event in ("refused", "broken"):
            break
        done += 1
    return done


def run_forever(app: Flask, ending: threading.Event) -> None:
    """Look every second which printers have work, and serve each on a line of its own until `ending`."""
    lines: dict[PrinterId, Future[None]] = {}
    with ThreadPoolExecutor(LINES, thread_name_prefix="printer") as pool:
        while not ending.wait(LOOK_SECONDS):
            for printer in _guarded(app, lambda: queries.printers_with_work(now())) or ():
                busy = lines.get(printer)
                if busy is None or busy.done():
                    lines[printer] = pool.submit(_serve, app, printer)


def _serve(app: Flask, printer: PrinterId) -> None:
    _guarded(app, lambda: serve_printer(printer))


def _guarded(app: Flask, work: Callable[[], T]) -> T | None:
    """Do work in a context of its own; what fails is told and tried again at the next look."""
    with app.app_context():
        try:
            return work()
        except Exception as failed:
            is_outage = isinstance(failed, Unavailable) or outage.is_outage(failed)
            log.error("printing: %s", failed, exc_info=None if is_outage else failed)
            let_go()
            return None
        finally:
            db.session.remove()
