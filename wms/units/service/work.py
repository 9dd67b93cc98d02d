"""What one posting does to units: what was named, what is known of it, and what happened, written together at its end."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import insert

from wms.core.errors import BadQuantity, UnitNamedTwice
from wms.core.ids import BinId, ItemId, LotId, LpnId, UnitId, new_id
from wms.core.quantity import Quantity
from wms.db import db
from wms.stock.followers import Carried, Journey
from wms.units import queries, rules
from wms.units.models import Unit, UnitEvent, UnitEventKind
from wms.units.rules import UnitCode


@dataclass
class Work:
    """One posting. What it must know is asked once for all codes, however many there are."""

    journey: Journey
    named: list[UnitCode]
    answers: frozenset[str] = frozenset()
    used: set[str] = field(default_factory=set)
    #: Pieces that left their lot by a conversion, to be taken up by another lot.
    loose: list[Unit] = field(default_factory=list)
    #: Pieces whose place or lot changed: their packs are settled at the end.
    touched: list[Unit] = field(default_factory=list)
    events: list[dict[str, object]] = field(default_factory=list)
    _known: dict[ItemId, dict[str, Unit]] = field(default_factory=dict)
    _pieces: dict[ItemId, Mapping[UnitId, list[Unit]]] = field(default_factory=dict)
    _gtins: dict[ItemId, Collection[str]] = field(default_factory=dict)
    _skus: dict[ItemId, str] = field(default_factory=dict)
    _lot_names: dict[LotId, Collection[str]] = field(default_factory=dict)

    @property
    def items(self) -> list[ItemId]:
        """The items carried."""
        return list(dict.fromkeys(move.item for move in self.journey.moves))

    def known(self, item: ItemId) -> dict[str, Unit]:
        """The units of an item that the named codes are."""
        if item not in self._known:
            self._known[item] = queries.find_units(item, [unit.code for unit in self.named])
        return self._known[item]

    def pieces_in(self, item: ItemId, unit: Unit) -> list[Unit]:
        """The pieces in a named pack; a piece itself."""
        if unit.level == 0:
            return [unit]
        if item not in self._pieces:
            self._pieces[item] = queries.pieces_in_packs([one for one in self.known(item).values() if one.level > 0])
        return self._pieces[item].get(unit.id, [])

    def check_label(self, code: UnitCode, move: Carried, *, also: Collection[str] = ()) -> None:
        """Refuse a code whose own label says another item or lot than the goods; the maker's lot is as good as ours."""
        if not code.gtin and not code.lot:
            return
        rules.check_label(
            code, lot_number=move.lot_number, gtins=self.gtins(move.item), sku=self.sku(move.item),
            also=[*self.lot_names(move.lot), *also],
        )  # fmt: skip

    def sku(self, item: ItemId) -> str:
        """The SKU of an item."""
        if item not in self._skus:
            self._skus[item] = queries.sku_of(item)
        return self._skus[item]

    def lot_names(self, lot: LotId) -> Collection[str]:
        """By which numbers a lot goes: ours and its maker's."""
        if lot not in self._lot_names:
            self._lot_names |= queries.lot_names([move.lot for move in self.journey.moves])
        return self._lot_names.get(lot, ())

    def gtins(self, item: ItemId) -> Collection[str]:
        """The GTINs of an item's units."""
        if item not in self._gtins:
            self._gtins[item] = frozenset(queries.gtins_of(item))
        return self._gtins[item]

    # -- what happens ---------------------------------------------------------------------------------------------------
    def put(
        self, unit: Unit, kind: UnitEventKind, move: Carried, *, lot: LotId | None = None, raw: str = ""
    ) -> None:  # fmt: skip
        """Put a unit where a move goes, and tell it."""
        self.tell(unit, kind, to=(move.target_bin, move.target_lpn), raw=raw)
        unit.bin_id, unit.lpn_id, unit.warehouse_id = move.target_bin, move.target_lpn, move.warehouse
        if lot is not None:
            unit.lot_id = lot
        self.touched.append(unit)

    def tell(
        self, unit: Unit, kind: UnitEventKind, *, to: tuple[BinId, LpnId], raw: str = "", is_new: bool = False
    ) -> None:  # fmt: skip
        """Tell what happened to a unit, with where it was before."""
        journey = self.journey
        self.events.append(
            {
                "id": new_id(), "unit_id": unit.id, "kind": kind, "posting_seq": journey.seq,
                "from_lot_id": None if is_new else unit.lot_id, "from_bin_id": None if is_new else unit.bin_id,
                "from_lpn_id": None if is_new else unit.lpn_id, "from_parent_id": None if is_new else unit.parent_id,
                "to_bin_id": to[0], "to_lpn_id": to[1], "document_kind": journey.document_kind,
                "document_id": journey.document_id, "raw_scan": raw, "by": journey.actor, "at": journey.at,
            }
        )  # fmt: skip

    def write(self) -> None:
        """Write it."""
        db.session.flush()
        if self.events:
            db.session.execute(insert(UnitEvent), self.events)


def pieces_of(quantity: Quantity) -> int:
    """How many pieces a quantity is; BadQuantity for a part of one."""
    if quantity.millionths % 1_000_000:
        raise BadQuantity(text=str(quantity))
    return quantity.millionths // 1_000_000


def check_twice(named: Iterable[UnitCode]) -> None:
    """Refuse a code that is named twice."""
    seen: set[str] = set()
    for unit in named:
        if unit.code in seen:
            raise UnitNamedTwice(unit=unit.code)
        seen.add(unit.code)


def settle_packs(work: Work) -> None:
    """A pack whose content went whole goes along; what left one of which a part stays is unpacked. From the smallest up."""
    outside = {move.target_bin for move in work.journey.moves if move.is_target_outside}
    waiting: dict[UnitId, Unit] = {}
    _await_packs(waiting, work.touched)
    while waiting:
        level = min(pack.level for pack in waiting.values())
        packs = [waiting.pop(pack.id) for pack in list(waiting.values()) if pack.level == level]
        inside = queries.children_of(packs)
        gone: list[Unit] = []
        for pack in packs:
            children = inside.get(pack.id, [])
            places = {(one.lot_id, one.bin_id, one.lpn_id) for one in children}
            here = (pack.lot_id, pack.bin_id, pack.lpn_id)
            if len(places) == 1 and here not in places:
                lot, bin, lpn = places.pop()
                kind = UnitEventKind.LEFT if bin in outside else UnitEventKind.MOVED
                work.tell(pack, kind, to=(bin, lpn))
                pack.lot_id, pack.bin_id, pack.lpn_id = lot, bin, lpn
                pack.warehouse_id = children[0].warehouse_id
                gone.append(pack)
            elif len(places) > 1:
                for one in children:
                    if (one.lot_id, one.bin_id, one.lpn_id) != here:
                        work.tell(one, UnitEventKind.UNPACKED, to=(one.bin_id, one.lpn_id))
                        one.parent_id = None
        _await_packs(waiting, gone)


def _await_packs(waiting: dict[UnitId, Unit], units: Sequence[Unit]) -> None:
    parents = {unit.parent_id for unit in units if unit.parent_id is not None} - set(waiting)
    if parents:
        waiting |= {pack.id: pack for pack in queries.units_by_id(parents)}
