"""Which unit ids a report means by which of its postings: pieces that were used, that were lost, that were made.

An edge names the ids of a report together (wms/stock/followers.py), and a report posts three times. A line that names its
pieces is taken at its word; of the rest, what is known as a piece of a lot that was used was used, and all else was made.
Which piece went into which report is kept by the units' own events, which name the report as their document.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import select

from wms.catalog.models import Item
from wms.core.errors import BadCode, BadScan, UnitUnknown
from wms.core.ids import ItemId, LotId
from wms.db import db
from wms.gs1.scan import read
from wms.stock import followers
from wms.stock.models import Lot
from wms.units import queries as units
from wms.units.rules import read_unit

#: A piece that is mended leaves one lot and comes into another: nobody is asked whether it comes back.
_COMES_BACK = "unit_came_back"


@dataclass(frozen=True, kw_only=True)
class Pieces:
    """The codes of one report by what they are named for, as scanned, and the questions about them answered with yes."""

    used: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    made: tuple[str, ...] = ()
    answers: frozenset[str] = frozenset()

    @contextmanager
    def naming(self, codes: Sequence[str]) -> Iterator[None]:
        """Name these for what is posted in the block, and no others."""
        with followers.naming(codes, answers=self.answers):
            yield


def share_out(
    *, used: Collection[str], lost: Collection[str], made: Collection[str], lots: Collection[LotId],
    outputs: Collection[ItemId], is_rework: bool = False,
) -> Pieces:  # fmt: skip
    """Say which named code is meant for what. `lots` were used, `outputs` are the items made.

    A rework whose pieces are named once means those it mends, before and after. Raises UnitUnknown for a code that is no piece
    of a used lot where nothing that is made has ids, BadCode for a text that can be none.
    """
    told = followers.named()
    items = _items_with_ids(lots, outputs)
    if not (told.codes or used or lost or made) or not items:
        return Pieces(used=tuple(told.codes), answers=told.answers)
    spoken = {*used, *lost, *made}
    rest = [code for code in told.codes if code not in spoken]
    known = _pieces_of(items, lots, rest) if rest else set()
    for_made = [code for code in rest if code not in known]
    if is_rework and items & set(outputs) and not made and not for_made:
        for_made = [code for code in rest if code in known]
    answers = told.answers | ({_COMES_BACK} if is_rework else set())
    if for_made and not made and not (items & set(outputs)):
        raise UnitUnknown(unit=for_made[0], lot=", ".join(_numbers(lots)))
    return Pieces(
        used=(*used, *(code for code in rest if code in known)),
        lost=tuple(lost),
        made=(*made, *for_made),
        answers=answers,
    )


def _items_with_ids(lots: Collection[LotId], outputs: Collection[ItemId]) -> set[ItemId]:
    of_lots = select(Lot.item_id).where(Lot.id.in_(list(lots)))
    rows = db.session.execute(
        select(Item.id).where(Item.has_unit_ids, Item.id.in_(of_lots) | Item.id.in_(list(outputs)))
    )
    return {ItemId(one) for one in rows.scalars()}


def _pieces_of(items: Collection[ItemId], lots: Collection[LotId], codes: Sequence[str]) -> set[str]:
    """Those of the codes that are pieces of the lots, or packs of them."""
    read_as: dict[str, str] = {}
    for text in codes:
        try:
            read_as[text] = read_unit(read(text)).code
        except BadScan:
            raise BadCode(kind="unit", text=text[:60]) from None
    known: set[str] = set()
    for item in sorted(items):
        found = units.find_units(item, list(read_as.values()))
        known |= {code for code, unit in found.items() if unit.lot_id in lots}
    return {text for text, code in read_as.items() if code in known}


def _numbers(lots: Collection[LotId]) -> list[str]:
    rows = db.session.execute(select(Lot.number).where(Lot.id.in_(list(lots))).order_by(Lot.number))
    return list(rows.scalars())
