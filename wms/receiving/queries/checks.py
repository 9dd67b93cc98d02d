"""Reads of pallets that are looked at before they are taken in, and of the differences that were found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from wms.accounts.models import User
from wms.core.errors import NotFound
from wms.core.ids import PalletCheckId, PartnerId, ReceiptId, WarehouseId
from wms.db import db
from wms.inspection import queries as inspection
from wms.receiving.models import PalletCheck, PalletCheckUnit, Receipt, ReceiptDifference, UnitState
from wms.receiving.rules.checks import WHOLE

#: What is looked at of a supplier, in percent, by the trust its goods earned; of a new, low or stopped one, all of it.
SHARES: Final = {"high": 10, "normal": 30}


def share_by_standing(supplier: PartnerId) -> int:
    """How many percent of a pallet are looked at, by what quality found of this supplier's goods so far."""
    standing = inspection.supplier_standing(supplier)
    return SHARES.get(standing.trust.value, WHOLE)


def find_check(receipt: ReceiptId, sscc: str) -> PalletCheck | None:
    """The look at this pallet on this receipt, or None when nobody began."""
    return db.session.execute(
        select(PalletCheck)
        .where(PalletCheck.receipt_id == receipt, PalletCheck.sscc == sscc)
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()


def get_check(check: PalletCheckId, *, warehouse: WarehouseId) -> PalletCheck:
    """Give a check of this warehouse with its receipt; NotFound otherwise."""
    found = db.session.execute(
        select(PalletCheck)
        .join(Receipt, Receipt.id == PalletCheck.receipt_id)
        .where(PalletCheck.id == check, Receipt.warehouse_id == warehouse)
        .options(joinedload(PalletCheck.receipt))
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()
    if found is None:
        raise NotFound(kind="pallet_check", text=str(check))
    return found


def units_of(check: PalletCheckId) -> list[PalletCheckUnit]:
    """The parts of a pallet, in the order they were announced."""
    statement = select(PalletCheckUnit).where(PalletCheckUnit.check_id == check).order_by(PalletCheckUnit.position)
    return list(db.session.execute(statement).scalars())


@dataclass(frozen=True, kw_only=True)
class CheckView:
    """A look at a pallet for a page: its parts, those that wait, what was found, and by which seed it was drawn."""

    check: PalletCheck
    receipt: Receipt
    units: Sequence[PalletCheckUnit]

    @property
    def waiting(self) -> list[PalletCheckUnit]:
        """The parts that are asked and not scanned yet."""
        return [unit for unit in self.units if unit.is_asked and unit.state is UnitState.WAITING]

    @property
    def asked_count(self) -> int:
        """How many are asked in all."""
        return sum(1 for unit in self.units if unit.is_asked)

    @property
    def waiting_count(self) -> int:
        """How many are left to scan."""
        return len(self.waiting)

    @property
    def seed(self) -> int:
        """The seed of the draw."""
        return self.receipt.check_seed


def view_of(check: PalletCheckId, *, warehouse: WarehouseId) -> CheckView:
    """Give a look at a pallet with its parts; NotFound otherwise."""
    found = get_check(check, warehouse=warehouse)
    return CheckView(check=found, receipt=found.receipt, units=units_of(found.id))


def views_of_receipt(receipt: Receipt) -> list[CheckView]:
    """Every pallet of a receipt that was looked at, with its parts; two statements."""
    checks = list(
        db.session.execute(
            select(PalletCheck).where(PalletCheck.receipt_id == receipt.id).order_by(PalletCheck.id)
        ).scalars()
    )
    if not checks:
        return []
    units: dict[int, list[PalletCheckUnit]] = {}
    rows = db.session.execute(
        select(PalletCheckUnit)
        .where(PalletCheckUnit.check_id.in_([check.id for check in checks]))
        .order_by(PalletCheckUnit.check_id, PalletCheckUnit.position)
    ).scalars()
    for unit in rows:
        units.setdefault(unit.check_id, []).append(unit)
    return [CheckView(check=check, receipt=receipt, units=units.get(check.id, [])) for check in checks]


@dataclass(frozen=True, kw_only=True)
class NotedDifference:
    """A difference that a person wrote down, with the person's name."""

    difference: ReceiptDifference
    noted_by: str


def noted_differences(receipt: ReceiptId) -> list[NotedDifference]:
    """What differed on the pallets of a receipt, in the order it was found."""
    rows = db.session.execute(
        select(ReceiptDifference, User.full_name)
        .join(User, User.id == ReceiptDifference.noted_by)
        .where(ReceiptDifference.receipt_id == receipt)
        .options(joinedload(ReceiptDifference.item))
        .order_by(ReceiptDifference.id)
    )
    return [NotedDifference(difference=row, noted_by=name) for row, name in rows]
