"""Retest (复验): what is due is held until it was looked at again; a passed retest carries the days on, signed.

What was found stands on a higher floor, which hands over its reader (`read_findings_with`): an extension asks it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select

from wms.catalog.models import Item
from wms.core.clock import local_day
from wms.core.errors import RetestNotPassed, WrongState
from wms.core.ids import SYSTEM_USER, HoldId, LotId, SignatureId, UserId, WarehouseId, new_id
from wms.core.quantity import Quantity
from wms.db import db
from wms.db.paging import Page, SortKey, after, page_of
from wms.quality.laying import lay, take_off
from wms.quality.queries import plan_reaches
from wms.quality.rules.retest import check_extension
from wms.quality.service import hold_id_of
from wms.signing.queries import signatures_of
from wms.signing.rules import Meaning
from wms.signing.service import sign
from wms.sites.models import Warehouse
from wms.stock import ledger, lots
from wms.stock import queries as stock
from wms.stock.ledger import Document
from wms.stock.ledger import reads as books
from wms.stock.models import Hold, HoldReason, HoldScope, Lot

#: The kind under which extensions are signed; the subject is the lot.
EXTENSION = "lot_retest"


@dataclass(frozen=True, kw_only=True)
class Finding:
    """A retest of a lot: its number, when it was closed (None: it is still open), and whether the lot passed."""

    number: str
    closed_on: date | None
    is_passed: bool


FindingsReader = Callable[[LotId], Sequence[Finding]]
_findings: list[FindingsReader] = []


def read_findings_with(reader: FindingsReader) -> None:
    """Hand over the reader of retests: those of a lot, the newest first."""
    _findings[:] = [reader]


# -- what is due ------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, kw_only=True)
class RetestRow:
    """A lot that is to be tested again, with what stands of it in a warehouse and how much of that is held for it."""

    lot: LotId
    number: str
    item: int
    sku: str
    name_en: str
    name_zh: str
    base_unit: str
    retest_on: date
    expires_on: date | None
    may_extend_expiry: bool
    retest_days: int | None
    retest_months: int | None
    on_hand: Quantity
    is_held: bool


def page_of_retests(
    warehouse: WarehouseId, *, until: date, cursor: str | None = None, size: int = 50
) -> Page[RetestRow]:
    """The lots that stand in a warehouse and are to be tested again by a day, the longest due first."""
    balance = books.balance
    held = select(Hold.id).where(
        Hold.lot_id == Lot.id, Hold.reason == HoldReason.RETEST, Hold.lifted_at.is_(None)
    ).correlate(Lot)  # fmt: skip
    there = (
        select(balance.c.lot_id, func.sum(balance.c.on_hand).label("on_hand"))
        .where(balance.c.warehouse_id == warehouse, balance.c.on_hand > Quantity(0))
        .where(balance.c.lot_id.in_(select(Lot.id).where(Lot.retest_on <= until)))
        .group_by(balance.c.lot_id)
        .subquery()
    )
    statement: Any = (
        select(
            Lot.id.label("lot"), Lot.number, Item.id.label("item"), Item.sku, Item.name_en, Item.name_zh, Item.base_unit,
            Lot.retest_on, Lot.expires_on, Item.retest_extends_expiry.label("may_extend_expiry"), Item.retest_days,
            Item.retest_months, there.c.on_hand, held.exists().label("is_held"),
        )
        .join(there, there.c.lot_id == Lot.id)
        .join(Item, Item.id == Lot.item_id)
        .where(Lot.retest_on <= until)
    )  # fmt: skip
    keys = [SortKey(Lot.retest_on.expression), SortKey(Lot.id.expression)]
    rows = [
        RetestRow(**{**row._mapping, "on_hand": _amount(row.on_hand), "is_held": bool(row.is_held)})
        for row in db.session.execute(after(statement, keys, cursor, size=size))
    ]
    return page_of(rows, size=size, values=lambda row: (row.retest_on, row.lot))


def get_retest(lot: LotId) -> Sequence[Finding]:
    """What retests of a lot found, the newest first; none where nobody reads them."""
    return list(_findings[0](lot)) if _findings else []


def _amount(value: Any) -> Quantity:
    return value if isinstance(value, Quantity) else Quantity(int(value))


# -- held until it was looked at ------------------------------------------------------------------------------------------
@dataclass(frozen=True, kw_only=True)
class HeldForRetest:
    """A lot that is held now because its retest is due."""

    hold: HoldId
    lot: LotId
    retest_on: date
    quantity: Quantity


def hold_due_retests(
    warehouse: WarehouseId, on: date, *, at: datetime, actor: UserId = SYSTEM_USER
) -> list[HeldForRetest]:
    """Hold every lot in the warehouse whose retest is due on `on`, in one posting; the new holds.

    Once for each lot, warehouse and due day: a hold that a person lifted without new days does not come back the next night.
    """
    found = db.session.execute(
        select(Lot.id, Lot.retest_on)
        .where(
            Lot.retest_on <= on,
            Lot.id.in_(
                select(books.balance.c.lot_id).where(
                    books.balance.c.warehouse_id == warehouse, books.balance.c.on_hand > Quantity(0)
                )
            ),
        )
        .order_by(Lot.id)
    ).all()
    due = {row.id: (row.retest_on, hold_id_of(f"retest:{row.id}:{warehouse}:{row.retest_on}")) for row in found}
    known = set(db.session.execute(select(Hold.id).where(Hold.id.in_([h for _d, h in due.values()]))).scalars())
    fresh = {lot: (day, hold) for lot, (day, hold) in due.items() if hold not in known}
    if not fresh:
        return []
    ledger.lock_lots(fresh, exclusive=True)
    reaches = plan_reaches(stock.find_balances(lots=list(fresh), warehouse=warehouse))
    holds = [
        (
            Hold(
                id=hold, scope=HoldScope.LOT, lot_id=lot, warehouse_id=warehouse, bin_id=None, lpn_id=None, quantity=None,
                reason=HoldReason.RETEST, note="", placed_by=actor, placed_at=at,
            ),
            [reach for reach in reaches if reach.row.lot == lot],
        )
        for lot, (_day, hold) in fresh.items()
    ]  # fmt: skip
    laid = lay(
        holds, key=f"retests:{warehouse}:{new_id()}", document=Document(kind="hold", id=holds[0][0].id),
        reason=HoldReason.RETEST, note="", actor=actor, at=at,
    )  # fmt: skip
    return [
        HeldForRetest(hold=hold, lot=lot, retest_on=day, quantity=laid.quantities[hold])
        for lot, (day, hold) in fresh.items()
    ]


# -- carried on -----------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, kw_only=True)
class ExtendDates:
    """A retest was passed: the next one is due on `retest_on`; `expires_on` only where the item lets a retest extend it."""

    lot: LotId
    warehouse: WarehouseId
    retest_on: date
    reason: str
    expires_on: date | None = None


@dataclass(frozen=True, kw_only=True)
class Extended:
    """What came of an extension: the signature under it, and the retest holds it lifted."""

    signature: SignatureId
    lifted: tuple[HoldId, ...]
    quantity: Quantity


def extend_dates(cmd: ExtendDates, *, actor: UserId, at: datetime) -> Extended:
    """Carry the days of a lot on and lift its retest holds, signed; the password was entered again at the edge.

    The deciding day follows in every warehouse at once. Raises FieldErrors (a day that may not be given), RetestNotPassed
    (a retest is open, the last one failed or carried the days on already), WrongState (the lot has no retest day), NotFound.
    """
    known = stock.get_lot(cmd.lot)
    ledger.lock_lots([cmd.lot], exclusive=True)
    lot = db.session.get_one(Lot, known.id, populate_existing=True)
    if lot.retest_on is None:
        raise WrongState(subject="lot", state="no_retest", event="extend", needed=["retest"])
    passed = _check_passed(lot)
    zone = db.session.execute(select(Warehouse.timezone).where(Warehouse.id == cmd.warehouse)).scalar_one()
    check_extension(
        on=local_day(at, zone), retest_on=cmd.retest_on, known_retest_on=lot.retest_on, expires_on=cmd.expires_on,
        known_expires_on=lot.expires_on, may_extend_expiry=known.item.retest_extends_expiry,
    )  # fmt: skip
    before = {"retest_on": lot.retest_on, "expires_on": lot.expires_on}
    values: dict[str, Any] = {"retest_on": cmd.retest_on}
    if cmd.expires_on is not None:
        values["expires_on"] = cmd.expires_on
    lots.correct(lots.CorrectLot(lot=cmd.lot, values=values, reason=cmd.reason), actor=actor, at=at)
    signature = sign(
        subject_kind=EXTENSION, subject_id=lot.id, meaning=Meaning.EXTENDED, actor=actor, at=at, reason=cmd.reason,
        warehouse=cmd.warehouse, record=record_of(lot, before=before, retest=passed),
    )  # fmt: skip
    holds = list(
        db.session.execute(
            select(Hold).where(
                Hold.lot_id == lot.id, Hold.reason == HoldReason.RETEST, Hold.lifted_at.is_(None)
            )
        ).scalars()
    )  # fmt: skip
    quantities = (
        take_off(
            holds, key=f"extend:{signature}", document=Document(kind="lot", id=lot.id), reason=cmd.reason, actor=actor,
            at=at,
        )
        if holds
        else {}
    )  # fmt: skip
    total = Quantity(sum(quantity.millionths for quantity in quantities.values()))
    return Extended(signature=signature, lifted=tuple(h.id for h in holds), quantity=total)


def record_of(lot: Lot, *, before: dict[str, Any], retest: str) -> dict[str, Any]:
    """What stands under the signature of an extension: the lot, the retest it passed, its days as they were and are now."""
    return {
        "lot": lot.number, "lot_id": str(lot.id), "retest": retest, "before": before,
        "after": {"retest_on": lot.retest_on, "expires_on": lot.expires_on},
    }  # fmt: skip


def _check_passed(lot: Lot) -> str:
    """Give the retest that carries the days on, once; "" where none was ever opened (no plan): the reason is what there is."""
    found = get_retest(lot.id)
    if not found:
        return ""
    last = found[0]
    if last.closed_on is None or not last.is_passed:
        state = "open" if last.closed_on is None else "failed"
        raise RetestNotPassed(lot=lot.number, inspection=last.number, state=state)
    if any(json.loads(row.content)["record"].get("retest") == last.number for row in signatures_of(EXTENSION, lot.id)):
        raise RetestNotPassed(lot=lot.number, inspection=last.number, state="consumed")
    return last.number
