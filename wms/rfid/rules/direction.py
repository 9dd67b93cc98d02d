"""What the power curve of a track at one door says: how far it stands out, and which side saw the tag later.

A tag carried through a door is weak, strong, weak; a tag parked beside it is as strong at the ends as in the middle.
The power-weighted mean time of the inside antennas against that of the outside ones tells the direction. Power is in
dBm outside and in mW while it is summed.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from wms.rfid.rules.smoothing import AntennaKey, Bins

LONE_READS = 3


def prominence_db(bins: Bins, door: set[AntennaKey]) -> float:
    """Say by how many dB the strongest bin stands above the stronger end; 0 when the peak lies at an end.

    An end is the mean power of its first (last) bin. A bin of fewer than three reads cannot be the peak
    unless all are so thin: one lucky echo is not a passage.
    """
    totals: list[tuple[int, float, int]] = []
    for number in sorted(bins):
        cells = [cell for key, cell in bins[number].items() if key in door]
        count = sum(cell.count for cell in cells)
        if count:
            totals.append((number, sum(cell.power for cell in cells), count))
    if len(totals) < 3:
        return 0.0
    thick = [t for t in totals if t[2] >= LONE_READS] or totals
    peak = max(power / count for _, power, count in thick)
    end = max(power / count for _, power, count in (totals[0], totals[-1]))
    return max(0.0, 10.0 * math.log10(peak / end))


def direction_seconds(bins: Bins, sides: Mapping[AntennaKey, str]) -> float | None:
    """Say how many seconds later the outside saw the tag than the inside did; None when only one side saw it.

    Positive means it went out, negative that it came in. `sides` maps the door's antennas to "inside" or "outside".
    """
    power = {"inside": 0.0, "outside": 0.0}
    power_time = {"inside": 0.0, "outside": 0.0}
    for cells in bins.values():
        for key, cell in cells.items():
            side = sides.get(key)
            if side is not None:
                power[side] += cell.power
                power_time[side] += cell.power_time
    if not power["inside"] or not power["outside"]:
        return None
    return power_time["outside"] / power["outside"] - power_time["inside"] / power["inside"]
