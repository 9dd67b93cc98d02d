"""One LLRP reader, held by one thread of its own: the only file that imports sllurp.

sllurp makes the frames and runs the LLRP dialogue; the socket loop here is ours. So select has a time limit, a silent
reader is noticed, all sending is done by one thread, each link begins with a fresh client and an empty buffer, and a
frame has a largest size. What the reader says goes into a bounded queue; nothing else is done in this thread.

Faults of sllurp 3.0.5 worked round: GPITriggerValue has the wrong type number (180 for 181); GPO writes are encoded
empty; a cut frame spoils the next session; a decoding fault kills the thread in silence; a refused session is only
logged; replies are waited for without end; the frequency list is read under two spellings.
"""

from __future__ import annotations

import contextlib
import logging
import queue
import random
import select
import socket
import struct
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sllurp.llrp import LLRPMessage, LLRPReaderClient, LLRPReaderConfig, LLRPReaderState
from sllurp.llrp_errors import LLRPError, ReaderConfigurationError
from sllurp.llrp_proto import Param_struct

from wms.rfid.rules.smoothing import ReaderKey, TagRead

log = logging.getLogger(__name__)
logging.getLogger("sllurp").setLevel(logging.WARNING)

Param_struct["GPITriggerValue"]["type"] = 181  # LLRP 1.1, 17.2.4.1.1.1.2; 180 is PeriodicTriggerValue

HEADER_BYTES = 10
FRAME_BYTES_MAX = 1024 * 1024
FAULTY_FRAMES_MAX = 20
TURN_SECONDS = 0.25


class LinkLost(Exception):
    """The session with the reader is over; the text says why."""


@dataclass(frozen=True, kw_only=True)
class ReaderSettings:
    """How to reach and run one reader. Power in dBm, one or by antenna (None: the reader's greatest); times as their names say."""

    id: ReaderKey
    host: str
    port: int = 5084
    antennas: tuple[int, ...] = (1, 2, 3, 4)
    tx_power_dbm: float | Mapping[int, float] | None = None
    session: int = 0
    tag_population: int = 32
    report_every_n_tags: int = 10
    report_timeout_ms: int = 100
    keepalive_seconds: float = 10.0
    connect_seconds: float = 5.0
    setup_seconds: float = 10.0
    back_off_seconds: tuple[float, float] = (1.0, 30.0)

    @property
    def silence_seconds(self) -> float:
        """After three keepalives have been missed the reader counts as gone."""
        return 3 * self.keepalive_seconds

    def to_sllurp(self) -> LLRPReaderConfig:
        """Spell the settings as sllurp wants them; its defaults leave out antenna, power and time."""
        power = self.tx_power_dbm
        if power is not None:
            by_antenna = power if isinstance(power, Mapping) else dict.fromkeys(self.antennas, power)
            power = {antenna: float(by_antenna[antenna]) for antenna in self.antennas}
        return LLRPReaderConfig(
            {
                "antennas": list(self.antennas),
                "tx_power": 0,
                "tx_power_dbm": power,
                "session": self.session,
                "tag_population": self.tag_population,
                "report_every_n_tags": self.report_every_n_tags,
                "report_timeout_ms": self.report_timeout_ms,
                "tag_content_selector": {
                    "EnableROSpecID": False,
                    "EnableSpecIndex": False,
                    "EnableInventoryParameterSpecID": False,
                    "EnableAntennaID": True,
                    "EnableChannelIndex": False,
                    "EnablePeakRSSI": True,
                    "EnableFirstSeenTimestamp": True,
                    "EnableLastSeenTimestamp": True,
                    "EnableTagSeenCount": True,
                    "EnableAccessSpecID": False,
                },
                "event_selector": {"AntennaEvent": True, "ReaderExceptionEvent": True, "ReportBufferFillWarning": True},
                "frequencies": {"HopTableId": 1, "Channelist": [1], "ChannelList": [1], "Automatic": False},
                "keepalive_interval": int(self.keepalive_seconds * 1000),
                "reconnect": False,
                "reset_on_connect": True,
                "start_inventory": True,
            }
        )


@dataclass(frozen=True, kw_only=True)
class ReaderState:
    """What a reader is at the moment: connecting, up or down, since when (seconds since 1970), and why."""

    reader: ReaderKey
    state: str
    at: float
    reason: str = ""
    clock_offset_seconds: float | None = None


@dataclass(frozen=True)
class ReadReport:
    """The reads of one report."""

    reads: list[TagRead]


Heard = ReaderState | ReadReport


def gpo_frame(port: int, is_on: bool, message_id: int) -> bytes:
    """Make SET_READER_CONFIG with one GPOWriteData (LLRP 1.1, 17.2.6.3, parameter 219): sllurp cannot."""
    parameter = struct.pack("!HHHB", 219, 7, port, 0x80 if is_on else 0)
    return struct.pack("!HIIB", (1 << 10) | 3, HEADER_BYTES + 1 + len(parameter), message_id, 0) + parameter


def split_frames(buffer: bytearray) -> list[bytes]:
    """Take the whole frames out of `buffer`; LinkLost when a length or version cannot be, so that nothing is hoarded."""
    frames = []
    while len(buffer) >= HEADER_BYTES:
        kind, length = struct.unpack_from("!HI", buffer)
        if not HEADER_BYTES <= length <= FRAME_BYTES_MAX:
            raise LinkLost(f"a frame of {length} bytes")
        if (kind >> 10) & 0x07 not in (1, 2):
            raise LinkLost(f"a frame of LLRP version {(kind >> 10) & 0x07}")
        if len(buffer) < length:
            break
        frames.append(bytes(buffer[:length]))
        del buffer[:length]
    return frames


@dataclass
class _GpoOrder:
    port: int
    is_on: bool
    due: float
    expires: float


@dataclass
class _Link:
    """One session: sllurp's client, the unfinished frame, and what the watch needs."""

    client: LLRPReaderClient
    begun: float
    heard: float
    buffer: bytearray = field(default_factory=bytearray)
    faults: int = 0
    is_up: bool = False
    antenna_events: dict[int, str] = field(default_factory=dict)


class Reader:
    """Hold the session with one reader for ever: `start`, then `stop`; `set_gpo` from any thread."""

    def __init__(
        self, settings: ReaderSettings, heard: queue.Queue[Heard], *, clock: Callable[[], float] = time.time
    ) -> None:
        self.settings = settings
        self.state = ReaderState(reader=settings.id, state="down", at=clock(), reason="not started")
        self.last_message_at: float | None = None
        self.reads_lost = 0
        self.reads = 0
        self.sessions = 0
        self._heard = heard
        self._clock = clock
        self._offset = 0.0
        self._orders: list[_GpoOrder] = []
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._nudge_in, self._nudge_out = socket.socketpair()
        self._thread = threading.Thread(target=self._run, name=f"reader-{settings.id}", daemon=True)

    # -- from other threads -------------------------------------------------------------------------------------------
    def start(self) -> None:
        """Begin to connect."""
        self._thread.start()

    def stop(self, timeout_seconds: float = 3.0) -> None:
        """Close the session and end the thread."""
        self._stop.set()
        self._nudge()
        if self._thread.ident is not None:
            self._thread.join(timeout_seconds)
        if not self._thread.is_alive():
            self._nudge_in.close()
            self._nudge_out.close()

    def set_gpo(self, port: int, is_on: bool, seconds: float | None = None) -> None:
        """Switch an output (a stack light) now, and back after `seconds`; a reader that is away is told when it returns."""
        now = time.monotonic()
        end = now + (seconds if seconds is not None else 30.0)
        with self._lock:
            self._orders = [order for order in self._orders if order.port != port]
            self._orders.append(_GpoOrder(port, is_on, now, end))
            if seconds is not None:
                self._orders.append(_GpoOrder(port, not is_on, end, float("inf")))
        self._nudge()

    def _nudge(self) -> None:
        with contextlib.suppress(OSError):
            self._nudge_in.send(b"!")

    # -- the owner thread ---------------------------------------------------------------------------------------------
    def _run(self) -> None:
        shortest, longest = self.settings.back_off_seconds
        failures = 0
        while not self._stop.is_set():
            began = time.monotonic()
            reason, was_up = self._session()
            self._say("down", reason)
            # Only a session that held is a success: a reader that accepts and drops at once must not be hammered.
            failures = 0 if was_up and time.monotonic() - began > longest else failures + 1
            wait = min(longest, shortest * 2 ** max(0, min(failures, 10) - 1))
            self._stop.wait(wait * random.uniform(0.75, 1.25))

    def _session(self) -> tuple[str, bool]:
        """Connect, listen until it ends; answer why, and whether the reader had been reading."""
        self._say("connecting", "")
        client = LLRPReaderClient(
            self.settings.host, self.settings.port, self.settings.to_sllurp(), timeout=self.settings.connect_seconds
        )
        now = time.monotonic()
        link = _Link(client, now, now)
        try:
            client.connect(start_main_loop=False)
            self.sessions += 1
            while not self._stop.is_set():
                self._turn(link)
            self._say_goodbye(client)
            return "stopped", link.is_up
        except LinkLost as lost:
            return str(lost), link.is_up
        except OSError as refused:
            return f"{type(refused).__name__}: {refused}", link.is_up
        except ReaderConfigurationError as wrong:
            return f"the reader does not take the settings: {wrong}", link.is_up
        except Exception as fault:  # a fault of sllurp or ours must not end the thread
            log.exception("reader %s: session ended by a fault", self.settings.id)
            return f"{type(fault).__name__}: {fault}", link.is_up
        finally:
            with contextlib.suppress(Exception):
                client.hard_disconnect()

    def _turn(self, link: _Link) -> None:
        """Wait a moment for bytes or orders, do what there is, look at the clock."""
        sock = link.client._socket
        ready, _, _ = select.select([sock, self._nudge_out], [], [], self._wait_seconds())
        if self._nudge_out in ready:
            self._nudge_out.recv(4096)
        if sock in ready:
            data = sock.recv(65536)
            if not data:
                raise LinkLost("the reader closed the connection")
            link.buffer += data
            for frame in split_frames(link.buffer):
                self._take(link, frame)
        now = time.monotonic()
        if now - link.heard > self.settings.silence_seconds:
            raise LinkLost(f"nothing heard for {now - link.heard:.1f} s")
        if not link.is_up and now - link.begun > self.settings.setup_seconds:
            raise LinkLost(f"not reading {self.settings.setup_seconds:g} s after connecting")
        if link.is_up:
            self._send_orders(link)

    def _wait_seconds(self) -> float:
        turn = min(TURN_SECONDS, self.settings.keepalive_seconds / 4)
        with self._lock:
            due = min((order.due for order in self._orders), default=None)
        return turn if due is None else min(turn, max(0.0, due - time.monotonic()) or 0.01)

    def _take(self, link: _Link, frame: bytes) -> None:
        """Decode one frame, hand its content on, let sllurp answer."""
        try:
            message = LLRPMessage(msgbytes=frame)
            name = message.getName()
            body = message.msgdict[name]
        except Exception as fault:  # sllurp lets struct.error, KeyError and others through
            link.faults += 1
            log.warning("reader %s: frame not understood (%s), %d so far", self.settings.id, fault, link.faults)
            if link.faults > FAULTY_FRAMES_MAX:
                raise LinkLost("too many frames not understood") from fault
            return
        # Only a frame that is understood counts as a sign of life.
        link.heard = time.monotonic()
        self.last_message_at = self._clock()
        if name == "RO_ACCESS_REPORT":
            self._report(body.get("TagReportData") or [])
        elif name == "READER_EVENT_NOTIFICATION":
            self._event(link, body.get("ReaderEventNotificationData") or {})
        elif name == "SET_READER_CONFIG_RESPONSE" and link.is_up:  # the answer to an order of ours
            if not message.isSuccess():
                log.warning("reader %s refused an output: %s", self.settings.id, body.get("LLRPStatus"))
            return
        try:
            link.client.llrp.handleMessage(message)
        except LLRPError as fault:
            raise LinkLost(f"{name}: {fault}") from fault
        if not link.is_up and link.client.llrp.state == LLRPReaderState.STATE_INVENTORYING:
            link.is_up = True
            self._say("up", "")

    def _event(self, link: _Link, event: dict[str, Any]) -> None:
        attempt = event.get("ConnectionAttemptEvent")
        if attempt is not None:
            if attempt.get("Status") != "Success":
                raise LinkLost(f"the reader refused the session: {attempt.get('Status')}")
            stamp = event.get("UTCTimestamp", {}).get("Microseconds")
            self._offset = self._clock() - stamp / 1e6 if stamp else 0.0
        if "ConnectionCloseEvent" in event:
            raise LinkLost("the reader ended the session")
        if "AntennaEvent" in event:
            antenna = event["AntennaEvent"]
            link.antenna_events[int(antenna.get("AntennaID", 0))] = str(antenna.get("EventType"))

    def _report(self, tags: list[dict[str, Any]]) -> None:
        """Turn a report into reads; the reader's own time counts, set right by the offset seen when it connected."""
        now = self._clock()
        reads = []
        newest = 0.0
        for tag in tags:
            stamp = tag.get("LastSeenTimestampUTC") or tag.get("FirstSeenTimestampUTC")
            epc, antenna, power = tag.get("EPC"), tag.get("AntennaID"), tag.get("PeakRSSI")
            if not epc or antenna is None or power is None:
                continue
            seen = stamp / 1e6 + self._offset if stamp else now
            newest = max(newest, seen)
            reads.append(TagRead(epc.decode("ascii").upper(), self.settings.id, antenna, float(power), seen, now))
        if newest > now + 0.5:  # the reader's clock was put forward in mid-session
            self._offset -= newest - now
            reads = [read._replace(seen_at=read.seen_at - (newest - now)) for read in reads]
        self.reads += len(reads)
        if reads:
            self._put(ReadReport(reads), len(reads))

    def _put(self, item: Heard, reads: int = 0) -> None:
        try:
            self._heard.put_nowait(item)
        except queue.Full:
            self.reads_lost += reads

    def _say(self, state: str, reason: str) -> None:
        offset = self._offset if state == "up" else None
        self.state = ReaderState(
            reader=self.settings.id, state=state, at=self._clock(), reason=reason[:200], clock_offset_seconds=offset
        )
        log.info("reader %s: %s %s", self.settings.id, state, reason)
        try:
            self._heard.put(self.state, timeout=1.0)
        except queue.Full:
            log.error("reader %s: the queue is full, a change of state is lost", self.settings.id)

    def _send_orders(self, link: _Link) -> None:
        now = time.monotonic()
        with self._lock:
            ready = [order for order in self._orders if order.due <= now]
            self._orders = [order for order in self._orders if order.due > now]
        for order in ready:
            if order.expires > now:
                link.client.llrp.last_msg_id += 1
                link.client.send_data(gpo_frame(order.port, order.is_on, link.client.llrp.last_msg_id))

    def _say_goodbye(self, client: LLRPReaderClient) -> None:
        with contextlib.suppress(Exception):
            client.send_data(struct.pack("!HII", (1 << 10) | 14, HEADER_BYTES, 1))  # CLOSE_CONNECTION
