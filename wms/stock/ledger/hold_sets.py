"""Hold sets: which holds lie together on some stock. A set is found by its content or made; it is never changed."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from sqlalchemy import bindparam, or_, select, text
from sqlalchemy.orm import Session

from wms.core.ids import NO_HOLDS, HoldId, HoldSetId, LotId, WarehouseId, new_id
from wms.stock.models import Hold, HoldScope, HoldSet, HoldSetMember


def open_lot_holds(session: Session, lot: LotId, warehouse: WarehouseId) -> list[HoldId]:
    """The open holds that lie on the whole lot, everywhere or in this warehouse, and so on whatever of it comes in."""
    return open_holds_of_lots(session, [lot], warehouse).get(lot, [])


def open_holds_of_lots(session: Session, lots: Iterable[LotId], warehouse: WarehouseId) -> dict[LotId, list[HoldId]]:
    """The same of many lots, by one statement; a lot without holds is left out."""
    found: dict[LotId, list[HoldId]] = {}
    for row in session.execute(_OPEN_LOT_HOLDS, {"lots": sorted(lots), "warehouse": warehouse}):
        found.setdefault(row.lot_id, []).append(row.id)
    return found


_OPEN_LOT_HOLDS = select(Hold.id, Hold.lot_id).where(
    Hold.lot_id.in_(bindparam("lots", expanding=True)),
    Hold.scope == HoldScope.LOT,
    Hold.lifted_at.is_(None),
    or_(Hold.warehouse_id.is_(None), Hold.warehouse_id == bindparam("warehouse")),
)


def members_of(session: Session, hold_set: HoldSetId) -> frozenset[HoldId]:
    """The holds of a set."""
    if hold_set == NO_HOLDS:
        return frozenset()
    rows = session.execute(select(HoldSetMember.hold_id).where(HoldSetMember.hold_set_id == hold_set))
    return frozenset(rows.scalars())


def reason_of(session: Session, hold_set: HoldSetId) -> str:
    """Why the goods under a set are held: the reason of its first hold, "" of none."""
    reason = session.execute(
        select(Hold.reason)
        .join(HoldSetMember, HoldSetMember.hold_id == Hold.id)
        .where(HoldSetMember.hold_set_id == hold_set)
        .order_by(Hold.placed_at, Hold.id)
        .limit(1)
    ).scalar()
    return reason.value if reason else ""


def members_of_many(session: Session, hold_sets: Collection[HoldSetId]) -> dict[HoldSetId, frozenset[HoldId]]:
    """The holds of each of these sets, by one statement a few thousand of them."""
    wanted = sorted(set(hold_sets) - {NO_HOLDS})
    found: dict[HoldSetId, set[HoldId]] = {HoldSetId(s): set() for s in hold_sets}
    for part in _parts(wanted):
        rows = session.execute(
            select(HoldSetMember.hold_set_id, HoldSetMember.hold_id).where(HoldSetMember.hold_set_id.in_(part))
        )
        for row in rows:
            found[row.hold_set_id].add(row.hold_id)
    return {hold_set: frozenset(holds) for hold_set, holds in found.items()}


def find_or_make_many(session: Session, contents: Iterable[frozenset[HoldId]]) -> dict[frozenset[HoldId], HoldSetId]:
    """Find or make the set of each of these contents: four statements for a few thousand, however many are new."""
    found: dict[frozenset[HoldId], HoldSetId] = {frozenset(): NO_HOLDS}
    by_key = {_key_of(holds): holds for holds in contents if holds}
    found |= _known(session, by_key)
    missing = {key: holds for key, holds in by_key.items() if holds not in found}
    if not missing:
        return found
    fresh = {HoldSetId(new_id()): key for key in sorted(missing)}
    session.execute(_ADD_SET, [{"id": identity, "key": key} for identity, key in fresh.items()])
    found |= _known(session, missing)
    members = [
        {"set": identity, "hold": hold}
        for holds in missing.values()
        if (identity := found[holds]) in fresh  # else another transaction made it, with its members
        for hold in sorted(holds)
    ]
    if members:
        session.execute(_ADD_MEMBER, members)
    return found


_ADD_SET = text("INSERT INTO hold_set (id, members_key) VALUES (:id, :key) ON CONFLICT (members_key) DO NOTHING")
_ADD_MEMBER = text("INSERT INTO hold_set_member (hold_set_id, hold_id) VALUES (:set, :hold)")
#: So many values are named in one statement: SQLite takes 32,766.
_PART = 5_000


def _parts(values: list[HoldSetId]) -> Iterable[list[HoldSetId]]:
    return (values[start : start + _PART] for start in range(0, len(values), _PART))


def _known(session: Session, by_key: dict[str, frozenset[HoldId]]) -> dict[frozenset[HoldId], HoldSetId]:
    keys = sorted(by_key)
    found: dict[frozenset[HoldId], HoldSetId] = {}
    for start in range(0, len(keys), _PART):
        rows = session.execute(
            select(HoldSet.id, HoldSet.members_key).where(HoldSet.members_key.in_(keys[start : start + _PART]))
        )
        found |= {by_key[row.members_key]: HoldSetId(row.id) for row in rows}
    return found


def _key_of(holds: frozenset[HoldId]) -> str:
    return ",".join(str(h) for h in sorted(holds))


def union_with(session: Session, hold_set: HoldSetId, holds: Iterable[HoldId]) -> HoldSetId:
    """The set that holds all of `hold_set` and `holds`."""
    return find_or_make(session, members_of(session, hold_set) | frozenset(holds))


def without(session: Session, hold_set: HoldSetId, hold: HoldId) -> HoldSetId:
    """The set that is left of `hold_set` when one hold is lifted."""
    return find_or_make(session, members_of(session, hold_set) - {hold})


def find_or_make(session: Session, holds: frozenset[HoldId]) -> HoldSetId:
    """Find the set of just these holds, or make it; safe when two transactions make it at once."""
    if not holds:
        return NO_HOLDS
    key = _key_of(holds)
    find = text("SELECT id FROM hold_set WHERE members_key = :key")
    found = session.execute(find, {"key": key}).scalar()
    if found is None:
        made = session.execute(
            text(
                "INSERT INTO hold_set (id, members_key) VALUES (:id, :key)"
                " ON CONFLICT (members_key) DO NOTHING RETURNING id"
            ),
            {"id": new_id(), "key": key},
        ).scalar()
        if made is None:  # another transaction made it and committed meanwhile
            return HoldSetId(session.execute(find, {"key": key}).scalar_one())
        session.execute(
            text("INSERT INTO hold_set_member (hold_set_id, hold_id) VALUES (:set, :hold)").bindparams(
                bindparam("set"), bindparam("hold")
            ),
            [{"set": made, "hold": h} for h in sorted(holds)],
        )
        found = made
    return HoldSetId(found)
