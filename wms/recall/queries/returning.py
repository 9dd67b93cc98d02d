"""Reads for taking goods back: which recall a label, a paper or a lot belongs to, and who may have sent the goods."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, or_, select

from wms.catalog.models import Item, Partner
from wms.core.errors import LotNotRecalled, NotFound
from wms.core.ids import LotId, RecallId, WarehouseId
from wms.core.quantity import ZERO, Quantity
from wms.db import db
from wms.recall.models import Recall, RecallClock, RecallDelivery, RecallLot, RecallParty, RecallVersion
from wms.recall.queries import outside
from wms.recall.queries.recalls import scope_lots
from wms.recall.rules.steps import RecallState, RecallStep
from wms.stock.models import Lot


@dataclass(frozen=True, kw_only=True)
class RecallTaking:
    """A recall that takes goods back: in earnest, open, and its scope is held."""

    id: RecallId
    number: str
    reason: str
    opened_at: datetime
    #: Who had the goods of the paper it was found by; None when it was found otherwise, or they had several.
    party: int | None = None


def taking_back(warehouses: Collection[WarehouseId], *, limit: int = 50) -> list[RecallTaking]:
    """The recalls of these sites that take goods back, the newest first. One statement."""
    return [_taking(row) for row in db.session.execute(_open(warehouses).limit(limit))]


def find_taking(text: str, warehouses: Collection[WarehouseId], *, lot: LotId | None = None) -> list[RecallTaking]:
    """The recalls of these sites that a text names: their number, a shipment or order of what left; or that have the `lot`.

    The first of these ways that finds any decides. At most three statements.
    """
    named = [_taking(row) for row in db.session.execute(_open(warehouses).where(Recall.number == text.upper()))]
    if named:
        return named
    found: dict[RecallId, RecallTaking] = {}
    rows = db.session.execute(
        _open(warehouses)
        .add_columns(RecallDelivery.party_id)
        .join(RecallDelivery, RecallDelivery.recall_id == Recall.id)
        .where(or_(RecallDelivery.document == text, RecallDelivery.order_number == text), text != "")
        .distinct()
    )
    for row in rows:
        party = row.party_id if row.id not in found else None
        found[row.id] = _taking(row, party=party)
    if found or lot is None:
        return list(found.values())
    version = _current_number()
    rows = db.session.execute(
        _open(warehouses)
        .join(RecallVersion, RecallVersion.recall_id == Recall.id)
        .join(RecallLot, RecallLot.version_id == RecallVersion.id)
        .where(RecallLot.lot_id == lot, RecallVersion.number == version)
    )
    return [_taking(row) for row in rows]


def _current_number() -> Any:
    """The number of the version in force of the recall of the statement around it."""
    return (
        select(func.max(RecallVersion.number))
        .where(RecallVersion.recall_id == Recall.id)
        .correlate(Recall)
        .scalar_subquery()
    )


def _open(warehouses: Collection[WarehouseId]) -> Any:
    return (
        select(Recall.id, Recall.number, Recall.reason, Recall.opened_at)
        .join(RecallClock, RecallClock.recall_id == Recall.id)
        .where(
            Recall.warehouse_id.in_(warehouses), Recall.state == RecallState.OPEN, Recall.is_mock.is_(False),
            RecallClock.step == RecallStep.HOLD, RecallClock.done_at.is_not(None),
        )
        .order_by(Recall.id.desc())
    )  # fmt: skip


def _taking(row: Any, *, party: int | None = None) -> RecallTaking:
    return RecallTaking(id=row.id, number=row.number, reason=row.reason, opened_at=row.opened_at, party=party)


@dataclass(frozen=True, kw_only=True)
class Sender:
    """A customer that had goods of one lot: how much is outstanding at him of it."""

    party: int
    name_en: str
    name_zh: str
    code: str
    shipped: Quantity
    outstanding: Quantity


def senders_of(recall: RecallId, lot: LotId) -> list[Sender]:
    """Who had goods of a lot of the scope, those with the most outstanding first. Raises LotNotRecalled."""
    if lot not in scope_lots(recall):
        number = db.session.execute(select(Lot.number).where(Lot.id == lot)).scalar()
        raise LotNotRecalled(
            lot=number or str(lot),
            recall=db.session.execute(select(Recall.number).where(Recall.id == recall)).scalar_one(),
        )
    lines = {line.party: line.sums for line in outside.outside_lines(recall, [lot])}
    rows = db.session.execute(
        select(RecallParty.id, RecallParty.name_en, RecallParty.name_zh, Partner.code)
        .outerjoin(Partner, Partner.id == RecallParty.partner_id)
        .where(RecallParty.id.in_(lines))
    )
    found = [
        Sender(
            party=row.id, name_en=row.name_en, name_zh=row.name_zh, code=row.code or "", shipped=lines[row.id].shipped,
            outstanding=lines[row.id].outstanding,
        )
        for row in rows
        if lines[row.id].shipped > ZERO
    ]  # fmt: skip
    return sorted(found, key=lambda one: (-one.outstanding.millionths, one.name_en, one.party))


def find_sender(recall: RecallId, lot: LotId, text: str, senders: Collection[Sender]) -> Sender:
    """Which of them is meant: by id, code, name, or a shipment or order of theirs that had the lot. Raises NotFound."""
    small = text.casefold()
    for one in senders:
        if text == str(one.party) or small in (one.code.casefold(), one.name_en.casefold(), one.name_zh.casefold()):
            return one
    parties = set(
        db.session.execute(
            select(RecallDelivery.party_id).where(
                RecallDelivery.recall_id == recall, RecallDelivery.lot_id == lot,
                or_(RecallDelivery.document == text, RecallDelivery.order_number == text),
            )
        ).scalars()
    )  # fmt: skip
    named = [one for one in senders if one.party in parties]
    if len(named) != 1:
        raise NotFound(kind="recall_party", text=text[:60])
    return named[0]


@dataclass(frozen=True, kw_only=True)
class LotBack:
    """The lot that came back, as a screen shows it."""

    id: LotId
    number: str
    sku: str
    name_en: str
    name_zh: str
    unit: str


def lot_back(lot: LotId) -> LotBack:
    """A lot by its id. Raises NotFound."""
    row = db.session.execute(
        select(Lot.id, Lot.number, Item.sku, Item.name_en, Item.name_zh, Item.base_unit.label("unit"))
        .join(Item, Item.id == Lot.item_id)
        .where(Lot.id == lot)
    ).first()
    if row is None:
        raise NotFound(kind="lot", text=str(lot))
    return LotBack(**row._mapping)
