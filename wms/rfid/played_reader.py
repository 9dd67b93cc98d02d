"""One LLRP reader on a TCP port, played: llrpkit's emulator, made to do what LLRP says where it does not.

Its reads follow from where the tags of the scene are (walks.py). What a test may do to it: drop the connection, fall
silent with the connection open, switch off and on, put raw bytes on the wire. It keeps every write to an output.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from llrpkit.emulator import LLRPEmulator
from llrpkit.protocol import BitStr, LLRPMessage, enums, messages, params

from wms.rfid.walks import Antenna, Walk, sample

TICK_SECONDS = 0.02


@dataclass(frozen=True, kw_only=True)
class PlayedReader:
    """One reader to play: `antennas` maps its antenna number to (door, "inside" or "outside")."""

    name: str
    port: int
    antennas: Mapping[int, tuple[int, str]]

    @classmethod
    def at_door(cls, name: str, port: int, door: int) -> PlayedReader:
        """A reader with four antennas at one door: 1 and 2 look inside, 3 and 4 outside."""
        return cls(
            name=name,
            port=port,
            antennas={number: (door, "inside" if number < 3 else "outside") for number in (1, 2, 3, 4)},
        )


class Scene:
    """The tags that are about: shared by all readers of the dock; its clock is seconds since it began."""

    def __init__(self, seed: int) -> None:
        self.began = time.monotonic()
        self.walks: list[Walk] = []
        self._rng = random.Random(seed)

    def elapsed(self) -> float:
        """Say the seconds since the scene began."""
        return time.monotonic() - self.began

    def add(self, walk: Walk) -> Walk:
        """Let a tag walk; a new walk of the same tag ends the one before."""
        seeded = replace(walk, seed=walk.seed or self._rng.randrange(1, 1000))
        self.walks = [w for w in self.walks if w.epc != walk.epc or w.at + w.seconds < seeded.at] + [seeded]
        return seeded

    def present(self) -> list[Walk]:
        """Give the walks under way, and forget those that are over."""
        now = self.elapsed()
        if any(w.at + w.seconds < now for w in self.walks):
            self.walks = [w for w in self.walks if w.at + w.seconds >= now]
        return [w for w in self.walks if w.at <= now]


@dataclass
class GpoWrite:
    """One write to an output, as the reader took it."""

    at: float
    port: int
    on: bool


@dataclass
class _ReportPlan:
    """What the active ROSpec asks for: how many reads a report, how long to wait, which fields."""

    every: int
    wait_seconds: float
    fields: params.TagReportContentSelector
    antennas: list[int] = field(default_factory=list)


class ReaderEmulator(LLRPEmulator):
    """llrpkit's reader with tags that move, and the three places put right at which a client keeping to LLRP fails.

    ENABLE_EVENTS_AND_REPORTS has no reply (LLRP 1.1, 15.1.9); ROSpec 0 means all; an immediate start trigger starts.
    """

    def __init__(self, played: PlayedReader, scene: Scene, *, host: str, reads_per_second: float, seed: int) -> None:
        super().__init__(
            host=host,
            port=played.port,
            tags=[],
            reads_per_sec=reads_per_second,
            seed=seed,
            antenna_count=max(played.antennas),
        )
        self.name = played.name
        self.gpo_writes: list[GpoWrite] = []
        self.reads_sent = 0
        self.connections = 0
        self.is_silent = False
        self.is_on = False
        self._scene = scene
        self._antennas = {
            number: Antenna(door, side, post=number % 2) for number, (door, side) in played.antennas.items()
        }

    # -- what a test may do to it -------------------------------------------------------------------------------------
    async def drop(self) -> None:
        """Cut the connection as a pulled plug on a switch does: a reset, no farewell."""
        if self._writer is not None:
            self._writer.transport.abort()

    async def silence(self, seconds: float) -> None:
        """Say nothing and answer nothing for a while, with the connection left open: a reader without power."""
        self.is_silent = True
        asyncio.get_running_loop().call_later(seconds, lambda: setattr(self, "is_silent", False))

    async def power(self, is_on: bool) -> None:
        """Switch the reader: off closes its port."""
        if is_on != self.is_on:
            await (self.start() if is_on else self.stop())
            self.is_on = is_on

    async def send_raw(self, data: bytes) -> None:
        """Put bytes on the wire as they are."""
        if self._writer is not None:
            self._writer.write(data)
            await self._writer.drain()

    def gpo(self) -> dict[str, Any]:
        """Say what the outputs show and every write so far."""
        return {
            "state": {str(k): v for k, v in self._gpo_states.items()},
            "writes": [asdict(w) for w in self.gpo_writes],
        }

    def status(self) -> dict[str, Any]:
        """Say all that is known of this reader."""
        return {
            "name": self.name, "port": self.port, "on": self.is_on, "connected": self._writer is not None,
            "reading": bool(self._report_task), "silent": self.is_silent, "reads_sent": self.reads_sent,
            "connections": self.connections, "keepalive_acks": self.keepalive_acks, "gpo": self.gpo()["state"],
        }  # fmt: skip

    # -- LLRP put right -----------------------------------------------------------------------------------------------
    async def _send(self, msg: LLRPMessage, *, message_id: int = 0) -> None:
        if not self.is_silent:
            await super()._send(msg, message_id=message_id)

    async def _send_connection_event(self, writer: asyncio.StreamWriter, status: int) -> None:
        self.connections += 1
        if not self.is_silent:
            await super()._send_connection_event(writer, status)

    async def _handle_message(self, msg: LLRPMessage) -> None:
        if self.is_silent or isinstance(msg, messages.ENABLE_EVENTS_AND_REPORTS):
            return
        if isinstance(msg, messages.SET_READER_CONFIG):
            for write in msg.gpo_write_datas:
                self.gpo_writes.append(GpoWrite(time.time(), write.gpo_port_number, bool(write.gpo_data)))
        if isinstance(msg, messages.DELETE_ROSPEC) and msg.ro_spec_id == 0:
            self._rospecs.clear()
            self._sync_reporting()
            await self._send(messages.DELETE_ROSPEC_RESPONSE(llrp_status=self._status_ok()), message_id=msg.message_id)
            return
        await super()._handle_message(msg)
        if isinstance(msg, messages.ENABLE_ROSPEC):
            for number, (spec, state) in list(self._rospecs.items()):
                trigger = int(spec.ro_boundary_spec.ro_spec_start_trigger.ro_spec_start_trigger_type)
                if state == "Enabled" and trigger == int(enums.ROSpecStartTriggerType.Immediate):
                    self._rospecs[number] = (spec, "Active")
            self._sync_reporting()

    # -- reads --------------------------------------------------------------------------------------------------------
    def _plan(self) -> _ReportPlan | None:
        """Read the active ROSpec; an endless AISpec without a count reports nothing, as on many real readers."""
        for spec, state in self._rospecs.values():
            if state != "Active" or spec.ro_report_spec is None:
                continue
            every, wait, antennas = spec.ro_report_spec.n, 0, set()
            for part in spec.spec_parameters:
                if isinstance(part, params.AISpec):
                    antennas |= set(part.antenna_ids)
                    stop = part.ai_spec_stop_trigger.tag_observation_trigger
                    if stop is not None:
                        every, wait = stop.number_of_tags, stop.timeout
            if 0 in antennas:
                antennas = set(self._antennas)
            live = sorted((antennas & set(self._antennas)) - self._disconnected)
            return _ReportPlan(every, wait / 1000, spec.ro_report_spec.tag_report_content_selector, live)
        return None

    async def _report_loop(self) -> None:
        pending: list[params.TagReportData] = []
        tries, turn, last, oldest = 0.0, 0, time.monotonic(), 0.0
        while True:
            await asyncio.sleep(TICK_SECONDS)
            now = time.monotonic()
            tries = min(tries + (now - last) * self.reads_per_sec, 4 * TICK_SECONDS * self.reads_per_sec)
            last = now
            plan, present = self._plan(), self._scene.present()
            if plan is None or not plan.every or not plan.antennas or not present:
                tries = 0.0
            else:
                for _ in range(int(tries)):
                    turn += 1
                    number = plan.antennas[turn % len(plan.antennas)]
                    walk = present[self._rng.randrange(len(present))]
                    power = sample(walk, self._antennas[number], self._scene.elapsed(), self._rng)
                    if power is not None:
                        oldest = oldest if pending else now
                        pending.append(self._read(walk, number, power, plan.fields))
                tries -= int(tries)
            while plan and pending and (len(pending) >= plan.every or now - oldest >= plan.wait_seconds):
                report, pending = pending[: plan.every], pending[plan.every :]
                self.reads_sent += len(report)
                await self._send(messages.RO_ACCESS_REPORT(tag_report_datas=report))

    def _read(
        self, walk: Walk, number: int, power: float, fields: params.TagReportContentSelector
    ) -> params.TagReportData:
        epc, now = bytes.fromhex(walk.epc), self._now_us()
        read = params.TagReportData(
            epc_parameter=params.EPC_96(epc=epc) if len(epc) == 12 else params.EPCData(epc=BitStr.from_bytes(epc))
        )
        if fields.enable_antenna_id:
            read.antenna_id = params.AntennaID(antenna_id=number)
        if fields.enable_peak_rssi:
            read.peak_rssi = params.PeakRSSI(peak_rssi=max(-128, min(127, round(power))))
        if fields.enable_first_seen_timestamp:
            read.first_seen_timestamp_utc = params.FirstSeenTimestampUTC(microseconds=now)
        if fields.enable_last_seen_timestamp:
            read.last_seen_timestamp_utc = params.LastSeenTimestampUTC(microseconds=now)
        if fields.enable_tag_seen_count:
            read.tag_seen_count = params.TagSeenCount(tag_count=1)
        return read
