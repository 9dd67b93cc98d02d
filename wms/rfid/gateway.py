"""The gateway: hold the readers, turn reads into episodes, keep them on disk, tell the server, switch the lights.

Three kinds of threads: one a reader (reader.py), one that smooths and spools, and the caller's, which talks to the
server. Nothing crosses but a bounded queue and the spool. The server away, reads go on and the spool grows; the spool's
sequence numbers let the server take each item once. It runs without the rest of the product (requirements-gateway.txt).
"""

from __future__ import annotations

import json
import logging
import queue
import random
import secrets
import signal
import sqlite3
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from wms.rfid.contract import DoorPlan, episode_item, iso, read_plan, state_item
from wms.rfid.contract_number import CONTRACT
from wms.rfid.reader import Heard, Reader, ReaderState, ReadReport
from wms.rfid.rules.passage import PassageParameters, Portal, Verdict, describe, judge, timing_of
from wms.rfid.rules.smoothing import Smoother, Track
from wms.rfid.spool import Spool

log = logging.getLogger(__name__)

BATCH_MAX = 500
QUEUE_MAX = 20_000
SWEEP_SECONDS = 0.05
LATE_SECONDS = 10.0
ANSWER_SECONDS = 5.0


@dataclass(frozen=True, kw_only=True)
class GatewayConfig:
    """Where the server is, the token that names this gateway, and the spool file; times in seconds.

    `authority` is the file of the certificate authority that signed the server's certificate; blank for a public one.
    """

    url: str
    token: str
    spool: Path
    authority: str = ""
    heartbeat_seconds: float = 1.0
    back_off_seconds: tuple[float, float] = (1.0, 15.0)


class ServerAway(Exception):
    """The server did not answer, or not with an answer."""


class BatchRefused(Exception):
    """The server answered that it will not have this batch, ever."""


class DoorWatch:
    """The smoothing thread: from the readers' queue to the spool."""

    def __init__(self, heard: queue.Queue[Heard | DoorPlan], spool: Spool, wake: threading.Event) -> None:
        self.heard = heard
        self.episodes = 0
        self.too_thin = 0
        self.unspooled: list[dict[str, Any]] = []
        self._spool = spool
        self._wake = wake
        self._plan = DoorPlan(0, (), ())
        self._portals: dict[Any, Portal] = {}
        self._smoother = Smoother({}, timing_of(()))
        self._states: dict[Any, tuple[str, str]] = {}
        self._retry_at = 0.0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="door-watch", daemon=True)

    def start(self) -> None:
        """Begin to listen."""
        self._thread.start()

    def stop(self) -> None:
        """Close what is open, keep it, end."""
        self._stop.set()
        self._thread.join(5)

    def status(self) -> dict[str, int]:
        """Say how many tags are in sight and what was left aside."""
        smoother = self._smoother
        return {
            "tags_in_sight": len(smoother),
            "reads_without_portal": smoother.unknown_reads,
            "reads_refused": smoother.refused_reads,
            "episodes_too_thin": self.too_thin,
        }

    def _run(self) -> None:
        swept = 0.0
        while not self._stop.is_set():
            try:
                self._take(self.heard.get(timeout=SWEEP_SECONDS))
            except queue.Empty:
                pass
            except Exception:
                log.exception("an item of the readers could not be taken")
            if time.monotonic() - swept >= SWEEP_SECONDS:
                swept = time.monotonic()
                self._close(self._smoother.sweep(time.time()))
        self._close(self._smoother.sweep(float("inf")))

    def _take(self, item: Heard | DoorPlan) -> None:
        if isinstance(item, ReadReport):
            self._close(self._smoother.add(item.reads))
        elif isinstance(item, ReaderState):
            if item.state != "connecting" and self._states.get(item.reader) != (item.state, item.reason):
                self._states[item.reader] = (item.state, item.reason)
                self._keep([state_item(item)])
        else:
            self._adopt(item)

    def _adopt(self, plan: DoorPlan) -> None:
        """Take a new configuration; only other doors end the tracks that are open."""
        if plan.portals != self._plan.portals:
            self._close(self._smoother.sweep(float("inf")))
            self._portals = {portal.id: portal for portal in plan.portals}
            known = {key: portal.id for portal in plan.portals for key in portal.sides}
            self._smoother = Smoother(known, timing_of(plan.portals), self._is_crossing)
        self._plan = plan

    def _is_crossing(self, track: Track) -> bool:
        episode = describe(track, self._plan.portals)
        return episode is not None and judge(episode, self._rules(episode.portal)) in (Verdict.IN, Verdict.OUT)

    def _rules(self, portal: Any) -> PassageParameters:
        return self._portals[portal].parameters

    def _close(self, tracks: list[Track]) -> None:
        """Judge the closed tracks and keep the episodes: at once, in one commit."""
        items = []
        for track in tracks:
            episode = describe(track, self._plan.portals)
            if episode is None or episode.reads < self._rules(episode.portal).reads_min:
                self.too_thin += 1
                continue
            verdict = judge(episode, self._rules(episode.portal), is_expected=episode.epc in self._plan.expected)
            if track.times_told > 1 and verdict == Verdict.STRAY:
                continue  # it was told when it parked, and has only stood since
            items.append(episode_item(episode, verdict, is_late=time.time() - episode.ended_at > LATE_SECONDS))
        self.episodes += len(items)
        if items or (self.unspooled and time.monotonic() >= self._retry_at):
            self._keep(items)

    def _keep(self, items: list[dict[str, Any]]) -> None:
        """Write to the spool; a full disk keeps them here and tries again with the next."""
        waiting = self.unspooled + items
        try:
            self._spool.add(waiting)
            self.unspooled = []
            self._wake.set()
        except sqlite3.Error as fault:
            self.unspooled = waiting[-QUEUE_MAX:]
            self._retry_at = time.monotonic() + 1.0
            log.error("the spool does not take %d items: %s", len(waiting), fault)


class Server:
    """The server, as the gateway sees it: two calls."""

    def __init__(self, config: GatewayConfig) -> None:
        self._base = config.url.rstrip("/")
        self._session = requests.Session()
        self._session.trust_env = False  # a .netrc must not replace our token
        if config.authority:
            self._session.verify = config.authority
        self._session.headers["Authorization"] = f"Bearer {config.token}"

    def plan(self) -> dict[str, Any]:
        """GET the configuration."""
        return self._call("GET", "/api/v1/rfid/gateway/config", None)

    def batch(self, body: dict[str, Any]) -> dict[str, Any]:
        """POST a batch; BatchRefused on an answer that will not change by waiting."""
        return self._call("POST", "/api/v1/rfid/batches", body)

    def _call(self, method: str, path: str, body: dict[str, Any] | None) -> dict[str, Any]:
        try:
            answer = self._session.request(
                method, self._base + path, json=body, timeout=ANSWER_SECONDS, allow_redirects=False
            )
            content = answer.json() if answer.status_code == 200 else {}
        except (requests.RequestException, ValueError) as fault:
            raise ServerAway(f"{type(fault).__name__}: {fault}") from fault
        if answer.status_code in (400, 409, 413, 415, 422):
            raise BatchRefused(f"{answer.status_code}: {answer.text[:500]}")
        if answer.status_code != 200 or not isinstance(content, dict):
            number = answer.headers.get("X-Request-Id", "")
            raise ServerAway(f"the server answers {answer.status_code}{number and f' (request {number})'}")
        return content


class Gateway:
    """All of it; `run` returns after `stop`."""

    def __init__(self, config: GatewayConfig) -> None:
        self.config = config
        self.boot = secrets.token_hex(8)
        self.spool = Spool(config.spool)
        self.readers: dict[Any, Reader] = {}
        self._heard: queue.Queue[Any] = queue.Queue(QUEUE_MAX)
        self._wake = threading.Event()
        self._stopped = threading.Event()
        self._watch = DoorWatch(self._heard, self.spool, self._wake)
        self._server = Server(config)
        self._plan: DoorPlan | None = None
        self._limit = BATCH_MAX

    def stop(self) -> None:
        """Ask `run` to end."""
        self._stopped.set()
        self._wake.set()

    def run(self) -> None:
        """Begin with the configuration kept from last time if the server is away; go on until stopped."""
        self._watch.start()
        self._adopt_kept()
        failures = 0
        while not self._stopped.is_set():
            try:
                is_more = self._turn()
                failures = 0
            except (ServerAway, sqlite3.Error) as fault:
                failures += 1
                shortest, longest = self.config.back_off_seconds
                wait = min(longest, shortest * 2 ** min(failures - 1, 10)) * random.uniform(0.75, 1.25)
                log.warning("%s; %d items wait; next try in %.1f s", fault, self.spool.count(), wait)
                self._stopped.wait(wait)
                continue
            if not is_more:
                self._wake.wait(self.config.heartbeat_seconds)
            self._wake.clear()
        self._end()

    def _adopt_kept(self) -> None:
        kept = self.spool.note("config")
        if kept is None:
            return
        try:
            self._adopt(json.loads(kept), is_new=False)
        except (ServerAway, ValueError) as fault:
            log.warning("the configuration kept from last time is of no use: %s", fault)

    def _turn(self) -> bool:
        """Fetch the configuration when it is wanted, send one batch, obey the answer; True when more waits."""
        if self._plan is None or self._plan.contract < CONTRACT:
            self._adopt(self._fetch(), is_new=True)
        self._wait_for_the_contract()
        items = self.spool.next(self._limit)
        try:
            answer = self._server.batch({**self._status(), "batch": items})
        except BatchRefused as fault:
            return self._narrow(items, str(fault))
        stored = answer.get("stored")
        if isinstance(stored, int):
            self.spool.forget(stored)
        self._limit = min(BATCH_MAX, self._limit * 2)
        self._switch(answer.get("gpo") or [])
        version = answer.get("config_version")
        if version is not None and (self._plan is None or version != self._plan.version):
            self._adopt(self._fetch(), is_new=True)
        return bool(items) and self.spool.count() > 0

    def _wait_for_the_contract(self) -> None:
        """Send nothing to a server that is older than this gateway: it would refuse what it does not know."""
        spoken = self._plan.contract if self._plan is not None else 1
        if spoken < CONTRACT:
            raise ServerAway(f"the server speaks contract {spoken}, this gateway {CONTRACT}: upgrade the server first")

    def _narrow(self, items: list[dict[str, Any]], why: str) -> bool:
        """A batch was refused: send smaller ones until the faulty item stands alone, and set that aside."""
        if not items:
            raise ServerAway(f"a heartbeat was refused: {why}")
        if len(items) > 1:
            self._limit = max(1, len(items) // 2)
        else:
            log.error("item %s set aside: %s", items[0]["sequence"], why)
            self.spool.set_aside(items[0]["sequence"], why)
        return True

    def _fetch(self) -> dict[str, Any]:
        try:
            return self._server.plan()
        except BatchRefused as fault:
            raise ServerAway(str(fault)) from fault

    def _adopt(self, body: dict[str, Any], *, is_new: bool) -> None:
        """Start, restart and stop readers as the configuration says."""
        try:
            plan = read_plan(body)
        except (KeyError, TypeError, ValueError) as fault:
            raise ServerAway(f"the configuration cannot be read: {type(fault).__name__} {fault}") from fault
        if is_new:
            self.spool.keep("config", json.dumps(body))
        self._heard.put(plan)
        wanted = {settings.id: settings for settings in plan.readers}
        for key, reader in list(self.readers.items()):
            if wanted.get(key) != reader.settings:
                reader.stop()
                del self.readers[key]
        for key, settings in wanted.items():
            if key not in self.readers:
                self.readers[key] = Reader(settings, self._heard)
                self.readers[key].start()
        # A kept configuration serves until the server gives one: the versions are compared at the first answer.
        self._plan = plan

    def _switch(self, orders: list[dict[str, Any]]) -> None:
        for order in orders:
            reader = self.readers.get(order.get("reader"))
            if reader is None:
                log.warning("an order for reader %s, which is not ours", order.get("reader"))
                continue
            seconds = order.get("seconds")
            reader.set_gpo(int(order["port"]), bool(order.get("on", True)), None if seconds is None else float(seconds))

    def _status(self) -> dict[str, Any]:
        return {
            "gateway_boot": self.boot,
            "sent_at": iso(time.time()),
            "waiting": self.spool.count(),
            "counts": self._watch.status(),
            "readers": [
                {
                    "reader": key,
                    "state": reader.state.state,
                    "since": iso(reader.state.at),
                    "reason": reader.state.reason,
                    "last_message_at": None if reader.last_message_at is None else iso(reader.last_message_at),
                    "reads": reader.reads,
                    "reads_lost": reader.reads_lost,
                }
                for key, reader in self.readers.items()
            ],
        }

    def _end(self) -> None:
        for reader in self.readers.values():
            reader.stop()
        self._watch.stop()
        try:
            self._turn()
        except (ServerAway, sqlite3.Error) as fault:
            log.warning("%s; %d items stay in the spool", fault, self.spool.count())
        self.spool.close()


def run_gateway(config: GatewayConfig) -> None:
    """Run the gateway until SIGINT or SIGTERM."""
    gateway = Gateway(config)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: gateway.stop())
    gateway.run()
