"""The lot of what is made: its number by rule, its days, and which lot a later report adds to.

A number is made by the rules of lot numbers of the trigger production; where none applies, it is the work order's own. The
item is locked first, so that no two make one number.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from sqlalchemy import select

from wms.catalog.models import DateBasis, Item
from wms.core.clock import local_day
from wms.core.errors import DuplicateValue
from wms.core.ids import ItemId, LotId, UserId, WarehouseId
from wms.db import db
from wms.gs1.codes import LotNumber
from wms.numbering.queries import life_of
from wms.numbering.rules.choice import Trigger
from wms.numbering.service import number_for
from wms.production.models import OutputLotAt, WorkOrder
from wms.production.queries.orders import rule_of
from wms.production.queries.reports import lots_made, sources_of
from wms.production.rules.expiry import last_good_day
from wms.sites.models import Warehouse
from wms.stock.lots import CorrectLot, correct
from wms.stock.models import Capture, Lot
from wms.stock.rules.availability import NEVER
from wms.stock.service import create_lot, find_lot

#: So many numbers that are taken are passed over.
_TRIES: Final = 1000


@dataclass(frozen=True, kw_only=True)
class Making:
    """What the number of an output lot may be made of: codes of where and by whom it was made."""

    operation: str = ""
    vessel: str = ""
    team: str = ""


def making_of(order: WorkOrder) -> Making:
    """What is known of the making of an order's product before anybody reports: its last operation, and its team."""
    return Making(operation=order.operations[-1].code, team=order.team.code if order.team else "")


def output_lot(
    work_order: WorkOrder, item: ItemId, making: Making, *, components: Iterable[Lot], number: LotNumber | None = None,
    actor: UserId, at: datetime,
) -> Lot:  # fmt: skip
    """Give the lot that an output of the order goes into: the one it has, or a new one, as the item's rule says.

    A `number` that a person gives names a lot of this order, or a new one. Raises DuplicateValue (a lot of something else).
    """
    made = lots_made(work_order.id, item)
    if number is not None:
        known = find_lot(item, number.value)
        if known is None:
            return make_output_lot(
                work_order, item, making, components=components, number=number, actor=actor, at=at
            )  # fmt: skip
        if known.id not in {*made, work_order.lot_id}:
            raise DuplicateValue(field="lot", value=number.value)
        return known
    if rule_of(item).output_lot_at is not OutputLotAt.EACH_REPORT:
        if work_order.lot_id is not None and item == work_order.item_id:
            return db.session.get_one(Lot, work_order.lot_id)
        if made:
            return db.session.get_one(Lot, made[0])
    return make_output_lot(work_order, item, making, components=components, actor=actor, at=at)


def make_output_lot(
    work_order: WorkOrder, item: ItemId, making: Making, *, components: Iterable[Lot] = (),
    number: LotNumber | None = None, actor: UserId, at: datetime,
) -> Lot:  # fmt: skip
    """Make the lot of an output, with its days; the first of the order's product becomes the lot of the order.

    Made on the warehouse's day; good as long as the item's rule says: by its own life, its shortest component, or the
    earlier. Also for the moment of release, when only the bound lots are known. Raises NumbersUsedUp, MissingField (the rule
    needs a text nobody told).
    """
    db.session.execute(select(Item.id).where(Item.id == item).with_for_update(key_share=True))
    what = db.session.get_one(Item, item)
    site = db.session.get_one(Warehouse, work_order.warehouse_id)
    made_on = local_day(at, site.timezone)
    last = _last_good(what, made_on, components)
    text = number.value if number else _number(work_order, what, making, made_on=made_on, last=last, at=at)
    lot = create_lot(
        item=item, number=text, at=at, actor=actor, manufactured_on=made_on, received_on=made_on,
        expires_on=None if what.date_basis is DateBasis.BEST_BEFORE else last,
        best_before_on=last if what.date_basis is DateBasis.BEST_BEFORE else None, captured_by=Capture.SYSTEM,
        country=what.country, traceability_lot_code=text, traceability_lot_source=site.gln or site.name_en,
    )  # fmt: skip
    if work_order.lot_id is None and item == work_order.item_id:
        work_order.lot_id = lot.id
        db.session.flush()
    return lot


def settle_expiry(lot: LotId, *, reason: str, actor: UserId, at: datetime, may_lengthen: bool = False) -> None:
    """Let the last good day of a made lot follow what went into it, where its item says so: earlier always.

    Later only where a correction says that what shortened it was not in it (`may_lengthen`).
    """
    found = db.session.get_one(Lot, lot)
    rule = rule_of(found.item_id)
    if rule.expiry_by.value == "own_life" or found.manufactured_on is None:
        return
    field = "best_before_on" if found.item.date_basis is DateBasis.BEST_BEFORE else "expires_on"
    now: date | None = getattr(found, field)
    last = _last_good(found.item, found.manufactured_on, sources_of(lot))
    if last is None or last == now or (now is not None and last > now and not may_lengthen):
        return
    correct(
        CorrectLot(lot=lot, values={field: max(last, found.manufactured_on)}, reason=reason),
        actor=actor,
        at=found.created_at,
    )


def _last_good(item: Item, made_on: date, components: Iterable[Lot]) -> date | None:
    life = life_of(item)
    days = [lot.fefo_on if lot.fefo_on != NEVER else None for lot in components]
    return last_good_day(
        rule_of(item.id).expiry_by.value, own=life.ends(made_on) if life else None, components=days
    )  # fmt: skip


def _number(order: WorkOrder, item: Item, making: Making, *, made_on: date, last: date | None, at: datetime) -> str:
    facts = {
        "line": order.line.code, "operation": making.operation, "vessel": making.vessel, "team": making.team,
        "order": order.number, "manufactured_on": made_on.isoformat(), "expires_on": last.isoformat() if last else "",
    }  # fmt: skip
    number = number_for(
        trigger=Trigger.PRODUCTION, item=item.id, warehouse=WarehouseId(order.warehouse_id), supplier=None, at=at,
        facts={name: said for name, said in facts.items() if said},
    )  # fmt: skip
    if number is not None:
        return number
    stem = order.number[: LotNumber.longest - 4]
    tries = (order.number[: LotNumber.longest] if n == 1 else f"{stem}-{n}" for n in range(1, _TRIES))
    return next(one for one in tries if find_lot(item.id, one) is None)
