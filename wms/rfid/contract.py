"""What gateway and server say to each other in JSON: the configuration read, the items written. See docs/rfid-gateway.md.

Ids are the server's and are handed back as they came. Times are ISO 8601 in UTC.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any

from wms.rfid.contract_number import CONTRACT
from wms.rfid.reader import ReaderSettings, ReaderState
from wms.rfid.rules.passage import Episode, PassageParameters, Portal, Verdict

log = logging.getLogger(__name__)

#: Settings of a reader the server may give; the rest of ReaderSettings has its own key or is not the server's to say.
READER_SETTINGS = {
    "tx_power_dbm", "session", "tag_population", "report_every_n_tags", "report_timeout_ms", "keepalive_seconds",
}  # fmt: skip


@dataclass(frozen=True)
class DoorPlan:
    """The configuration of one gateway: readers, portals, the EPCs announced, the version of all that, the server's contract."""

    version: int
    readers: tuple[ReaderSettings, ...]
    portals: tuple[Portal, ...]
    expected: frozenset[str] = frozenset()
    contract: int = CONTRACT


def read_plan(body: Mapping[str, Any]) -> DoorPlan:
    """Read the server's configuration; KeyError, TypeError or ValueError when it cannot be one."""
    antennas: dict[Any, set[int]] = {}
    portals = []
    for portal in body["portals"]:
        sides = {}
        for antenna in portal["antennas"]:
            if antenna["side"] not in ("inside", "outside"):
                raise ValueError(f"side of an antenna is {antenna['side']!r}")
            sides[antenna["reader"], int(antenna["antenna"])] = str(antenna["side"])
            antennas.setdefault(antenna["reader"], set()).add(int(antenna["antenna"]))
        portals.append(Portal(portal["id"], sides, _parameters(portal.get("parameters") or {})))
    readers = tuple(_reader(one, antennas.get(one["id"], set())) for one in body["readers"])
    expected = frozenset(str(epc).upper() for epc in body.get("expected") or ())
    return DoorPlan(int(body["config_version"]), readers, tuple(portals), expected, int(body.get("contract", 1)))


def _reader(body: Mapping[str, Any], antennas: set[int]) -> ReaderSettings:
    settings = dict(body.get("settings") or {})
    for name in sorted(set(settings) - READER_SETTINGS):
        log.warning("reader %s: setting %s is not known here and is left", body["id"], name)
        del settings[name]
    power = settings.get("tx_power_dbm")
    if isinstance(power, Mapping):
        by_antenna = {int(number): float(value) for number, value in power.items()}
        settings["tx_power_dbm"] = by_antenna if antennas and antennas <= set(by_antenna) else None
    return ReaderSettings(
        id=body["id"],
        host=str(body["host"]),
        port=int(body.get("port", 5084)),
        antennas=tuple(sorted(antennas)) or (1,),
        **settings,
    )


def _parameters(body: Mapping[str, Any]) -> PassageParameters:
    known = {field.name for field in fields(PassageParameters)}
    for name in sorted(set(body) - known):
        log.warning("portal parameter %s is not known here and is left", name)
    return PassageParameters(**{name: type(getattr(PassageParameters, name))(body[name]) for name in known & set(body)})


def iso(seconds: float) -> str:
    """Spell a time."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="microseconds")


def episode_item(episode: Episode, verdict: Verdict, *, is_late: bool) -> dict[str, Any]:
    """Spell an episode; `is_late` says it came from a reader's backlog and is no news for a live screen."""
    later = episode.direction_seconds
    return {
        "kind": "episode",
        "epc": episode.epc,
        "portal": episode.portal,
        "reader": episode.reader,
        "started_at": iso(episode.started_at),
        "ended_at": iso(episode.ended_at),
        "reads": episode.reads,
        "antennas": [
            {
                "reader": a.reader,
                "antenna": a.antenna,
                "side": a.side,
                "reads": a.reads,
                "peak_rssi_dbm": a.peak_rssi_dbm,
            }
            for a in episode.antennas
        ],
        "peak_rssi_dbm": round(episode.peak_rssi_dbm, 1),
        "door_share": round(episode.door_share, 4),
        "prominence_db": round(episode.prominence_db, 2),
        "direction_seconds": None if later is None else round(later, 3),
        "verdict": str(verdict),
        "is_parked": episode.is_parked,
        "is_late": is_late,
    }


def state_item(state: ReaderState) -> dict[str, Any]:
    """Spell a change of a reader's state."""
    offset = state.clock_offset_seconds
    return {
        "kind": "reader_state",
        "reader": state.reader,
        "state": state.state,
        "at": iso(state.at),
        "reason": state.reason,
        "clock_offset_seconds": None if offset is None else round(offset, 3),
    }
