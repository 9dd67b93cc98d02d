"""Rows of bins: new ones are made, known ones compared."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from wms.core.errors import BadCode
from wms.core.ids import ZoneId
from wms.gs1.codes import BinCode
from wms.imports.service.applying import Applying
from wms.imports.service.drafts import Draft, Frame, Likeness, Refuse
from wms.imports.service.known import Bins, zones_of
from wms.sites import service as sites
from wms.sites.models import BinKind
from wms.sites.service import OneBin

_NEEDS_ZONE = {BinKind.STORAGE, BinKind.PICK_FACE}


def judge_bins(frame: Frame, drafts: Sequence[Draft]) -> None:
    """Judge rows of bins against those of the warehouse and one another."""
    open_drafts = [d for d in drafts if not d.verdict]
    known, zones = Bins(frame.warehouse, open_drafts, "code"), zones_of(frame.warehouse)
    likeness = Likeness(zones)
    seen: dict[str, int] = {}
    for draft in open_drafts:
        try:
            code = draft.get("code")
            if code in seen:
                raise Refuse("twice_in_file", text=code, row=seen[code])
            seen[code] = draft.row
            _judge_bin(draft, known, zones, likeness)
        except Refuse as no:
            draft.refuse(no.reason, **no.facts)
        else:
            draft.settle()


def _judge_bin(draft: Draft, known: Bins, zones: dict[str, Any], likeness: Likeness) -> None:
    code = draft.get("code")
    try:
        BinCode.parse(code)
    except BadCode:
        raise Refuse("bin_form", text=code) from None
    kind = BinKind(draft.get("kind") or "storage")
    zone = None
    if draft.get("zone"):
        zone = zones.get(draft.get("zone"))
        if zone is None:
            raise Refuse("zone_unknown", text=draft.get("zone"), like=likeness.of(draft.get("zone")))
    elif kind in _NEEDS_ZONE:
        several = {row.id: row for row in zones.values()}
        if len(several) != 1:
            raise Refuse("field_missing", field="zone")
        zone = next(iter(several.values()))
    capacity = draft.get("capacity_lpns")
    if capacity is not None and not 0 < capacity < 10_000:
        raise Refuse("cell_whole", field="capacity_lpns", text=str(capacity), low=1, high=9999)
    found = known.by_code.get(code)
    if found is not None:
        given: list[tuple[str, Any, Any]] = [("kind", found.kind, kind.value if draft.get("kind") else None)]
        given += [("zone", found.zone, zone.id if draft.get("zone") and zone else None)]
        given += [("capacity_lpns", found.capacity_lpns, capacity)]
        for name, before, came in given:
            if came is not None and before != came:
                raise Refuse("bin_differs", text=code, field=name)
        draft.reason = "same"
        return
    draft.reason = "new"
    draft.plan = OneBin(
        code=code, kind=kind, zone=ZoneId(zone.id) if zone else None, walk_sequence=draft.get("walk_sequence"),
        capacity_lpns=capacity, takes_mixed_lots=draft.get("takes_mixed_lots") != "no",
    )  # fmt: skip


def apply_bins(frame: Frame, drafts: Sequence[Draft], applying: Applying) -> None:
    """Make the bins of accepted rows."""
    plans = [d.plan for d in drafts if d.plan is not None]
    if plans:
        sites.add_bins(frame.warehouse, plans)
