"""Issue to the line, in place of a bound lot, beyond the plan; back to the store; undone; and what back-flush may draw.

Goods issued stand in the line's bin with their promise: the claim of the component goes along. Each verb locks the work
order's row first, then the ledger locks what it moves, so that two people at one order come one after the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from wms.core.ids import (
    LOOSE,
    BinId,
    DeviceId,
    ItemId,
    LotId,
    LpnId,
    PostingSeq,
    ProductionLineId,
    UserId,
    WarehouseId,
    WorkOrderComponentId,
    WorkOrderId,
)
from wms.core.quantity import Quantity
from wms.production.models import IssueKind, OpenLot, WorkOrder, WorkOrderComponent
from wms.stock.ledger import ClaimUse, StockKey


@dataclass(frozen=True, kw_only=True)
class Approval:
    """A yes to another lot: why, and by whom. `is_permitted`: that person holds pick.override here and proved it."""

    reason: str
    approved_by: UserId
    is_permitted: bool = False


@dataclass(frozen=True, kw_only=True)
class IssueGoods:
    """So much of a lot from a bin to the line of a work order. `lpn` None: loose, or the one plate that carries it there."""

    key: str
    warehouse: WarehouseId
    work_order: WorkOrderId
    component: WorkOrderComponentId
    lot: LotId
    bin: BinId
    quantity: Quantity
    lpn: LpnId | None = None
    device: DeviceId | None = None


@dataclass(frozen=True, kw_only=True)
class ReturnGoods:
    """So much of a lot from the line back to a bin, because it was not needed."""

    key: str
    warehouse: WarehouseId
    work_order: WorkOrderId
    component: WorkOrderComponentId
    lot: LotId
    bin: BinId
    quantity: Quantity
    lpn: LpnId = LOOSE
    reason: str = ""
    device: DeviceId | None = None


@dataclass(frozen=True, kw_only=True)
class UndoIssue:
    """An issue or return that was not so: its posting is reversed."""

    key: str
    warehouse: WarehouseId
    issue: int
    reason: str


@dataclass(frozen=True, kw_only=True)
class Issued:
    """What came of it: the row kept, how much of which lot, and how much of the component is still to be issued."""

    issue: int
    kind: IssueKind
    work_order: WorkOrderId
    component: WorkOrderComponentId
    lot: LotId
    lot_number: str
    quantity: Quantity
    unit: str
    left: Quantity
    seq: PostingSeq
    is_repeat: bool = False


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """So much of a lot that stands at the line, as a move takes it: from which stock key, and on which promise."""

    lot: LotId
    lot_number: str
    quantity: Quantity
    key: StockKey
    claim: ClaimUse | None = None


def issue(cmd: IssueGoods, *, actor: UserId, at: datetime) -> Issued:
    """Move goods of a bound lot to the line's bin, with their promise; the first issue starts the work order.

    Raises NotFound, WrongState (not released), WrongItemScanned, WrongLotScanned (another lot than bound, with its grade),
    PickedTooMuch (more than is bound there), LotOnHold, LotExpired, NotReleased, PickStopped, InsufficientStock,
    BinBlocked, KeyReused.
    """
    raise NotImplementedError


def exchange(
    cmd: IssueGoods, *, instead_of: LotId | None = None, approval: Approval | None, actor: UserId, at: datetime
) -> Issued:
    """Issue another lot than the bound one, with a reason: the promise goes over to it, and the bound lot is free again.

    `instead_of` names the bound lot where several are. The item's FEFO grade says who may. Raises what `issue` raises,
    FefoBroken, NotAllowed, MissingField.
    """
    raise NotImplementedError


def supplement(cmd: IssueGoods, *, reason: str, actor: UserId, at: datetime) -> Issued:
    """Issue more than was planned (补料), with the reason. Raises what `issue` raises, MissingField."""
    raise NotImplementedError


def return_(cmd: ReturnGoods, *, actor: UserId, at: datetime) -> Issued:
    """Carry unused goods from the line back to a bin (退料); lot, quality and holds stay as they are.

    Raises NotFound, WrongState, ReturnedTooMuch (more than still stands at the line for the order), BinBlocked.
    """
    raise NotImplementedError


def undo(cmd: UndoIssue, *, actor: UserId, at: datetime) -> Issued:
    """Take an issue or a return back by its counter-entry. Raises NotFound, WrongState, InsufficientStock (used already)."""
    raise NotImplementedError


def open_lot(
    line: ProductionLineId, item: ItemId, lot: LotId, *, warehouse: WarehouseId, actor: UserId, at: datetime
) -> OpenLot:
    """Declare a lot that stands at the line open: back-flush takes from it. The one open before is closed.

    Raises NotFound, LotNotAtLine, LotOnHold, LotExpired, NotReleased.
    """
    raise NotImplementedError


def close_lot(opened: int, *, warehouse: WarehouseId, actor: UserId, at: datetime) -> OpenLot:
    """Close an open lot: nothing is taken off it any more. Raises NotFound, WrongState."""
    raise NotImplementedError


def at_line(work_order: WorkOrder, component: WorkOrderComponent, lot: LotId, quantity: Quantity) -> list[Drawn]:
    """Say where `quantity` of a lot is taken at the order's line: what is promised to the component first, then what is free.

    Never what is promised to another. Posts nothing: the caller hands the parts to the ledger. Raises InsufficientStock.
    """
    raise NotImplementedError


def backflush(work_order: WorkOrder, component: WorkOrderComponent, quantity: Quantity) -> list[Drawn]:
    """Say what back-flush takes for `quantity` of a component: from the lot declared open at the line, from nothing else.

    Posts nothing: the caller hands the parts to the ledger (`Move(source=part.key, claim=part.claim)`). Raises
    BackflushNotAllowed (item or component does not say so), NoOpenLot, BackflushShort (how much is missing), LotOnHold,
    LotExpired, NotReleased.
    """
    raise NotImplementedError
