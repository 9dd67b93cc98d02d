"""The dock as the tour plays it: tags walk by the emulator's control port, over real LLRP to the real gateway."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import requests

from wms.gs1.epc import encode_sscc96
from wms.gs1.sscc import Sscc
from wms.tour.report import Wrong


def tag_of(sscc: str) -> str:
    """The EPC an RFID label of this SSCC carries (SSCC-96, filter 6: unit load); prefixes of ours have seven digits."""
    return encode_sscc96(Sscc.parse(sscc), company_prefix_length=7, filter_value=6)


@dataclass(frozen=True)
class Dock:
    """The control port of the emulator. Doors are numbered from 1."""

    control: str

    def _post(self, verb: str, **body: Any) -> dict[str, Any]:
        answer = requests.post(f"{self.control}/{verb}", json=body, timeout=10)
        if answer.status_code != 200:
            raise Wrong(f"the emulator answered {answer.status_code} to {verb}: {answer.text}")
        return dict(answer.json())

    def walk(self, *epcs: str, walk: str, door: int, seconds: float = 4.0, lane_m: float = 0.0) -> None:
        """Let tags walk through a door, now; `walk` is in or out."""
        self._post("walk", tags=list(epcs), walk=walk, door=door, seconds=seconds, lane_m=lane_m)

    def drop(self, reader: str) -> None:
        """Cut a reader's connection."""
        self._post("flap", reader=reader, act="drop")

    def readers(self) -> dict[str, dict[str, Any]]:
        """What each reader says of itself."""
        state = requests.get(f"{self.control}/state", timeout=10).json()
        return {reader["name"]: reader for reader in state["readers"]}

    def gpo(self, reader: str) -> dict[str, Any]:
        """What the outputs of a reader show, and every write with its time."""
        return dict(requests.get(f"{self.control}/gpo", timeout=10).json()[reader])
