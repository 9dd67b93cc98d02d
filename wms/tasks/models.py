"""The one table of work."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from wms.catalog.models import Item
from wms.core.ids import BinId, ClaimId, ItemId, LotId, LpnId, OwnerId, TaskId, UserId, WarehouseId, new_id
from wms.core.quantity import Quantity
from wms.db import Base
from wms.db.types import enum_column
from wms.sites.models import Bin
from wms.stock.models import Lot, Lpn

#: Goods on their way to a bin, said literally, so that both planners see that the partial index holds the answer.
COMING = "kind = 'putaway' AND state = 'taken'"


class TaskKind(StrEnum):
    """What is to do."""

    PUTAWAY = "putaway"
    PICK = "pick"
    COUNT = "count"
    REPLENISH = "replenish"
    CAGE = "cage"
    RECOVER = "recover"
    SAMPLE = "sample"
    INSPECT = "inspect"
    LABEL_CHECK = "label_check"
    SUPPLIER_RETURN = "supplier_return"
    DESTROY = "destroy"
    ISSUE = "issue"
    CALL_BACK = "call_back"


class TaskState(StrEnum):
    """Open: nobody works on it. Taken: one person does. Stopped: a hold took its goods away."""

    OPEN = "open"
    TAKEN = "taken"
    DONE = "done"
    STOPPED = "stopped"
    CANCELLED = "cancelled"


class Task(Base):
    """One piece of work. `quantity` is planned, `done_quantity` what was really done, in base units."""

    __tablename__ = "task"
    __table_args__ = (
        CheckConstraint("done_quantity >= 0", name="done_not_negative"),
        Index("ix_task_open", "warehouse_id", "kind", "state", "sequence"),
        Index("ix_task_document", "document_kind", "document_id", "state", "sequence"),
        Index("ix_task_claim_id", "claim_id"),
        Index("ix_task_lot_id", "lot_id"),
        # What is on its way to a bin: only tasks in somebody's hands, a handful beside millions done.
        Index(
            "ix_task_coming", "target_bin_id",
            sqlite_where=text(COMING), postgresql_where=text(COMING),
        ),
    )  # fmt: skip

    id: Mapped[TaskId] = mapped_column(primary_key=True, default=new_id, autoincrement=False)
    kind: Mapped[TaskKind] = mapped_column(enum_column(TaskKind, name="kind"))
    state: Mapped[TaskState] = mapped_column(enum_column(TaskState, name="state"), default=TaskState.OPEN)
    warehouse_id: Mapped[WarehouseId] = mapped_column(ForeignKey("warehouse.id"))
    #: What the task belongs to: ("pick_list", id), ("receipt", id), ("hold", id) ...
    document_kind: Mapped[str] = mapped_column(String(24), default="")
    document_id: Mapped[int | None] = mapped_column(BigInteger)
    #: The demand it serves: ("order_line", id).
    demand_kind: Mapped[str] = mapped_column(String(24), default="")
    demand_id: Mapped[int | None] = mapped_column(BigInteger)
    sequence: Mapped[int] = mapped_column(default=0)
    item_id: Mapped[ItemId | None] = mapped_column(ForeignKey("item.id"))
    lot_id: Mapped[LotId | None] = mapped_column(ForeignKey("lot.id"))
    owner_id: Mapped[OwnerId | None] = mapped_column(ForeignKey("owner.id"))
    source_bin_id: Mapped[BinId | None] = mapped_column(ForeignKey("bin.id"))
    source_lpn_id: Mapped[LpnId | None] = mapped_column(ForeignKey("lpn.id"))
    target_bin_id: Mapped[BinId | None] = mapped_column(ForeignKey("bin.id"))
    target_lpn_id: Mapped[LpnId | None] = mapped_column(ForeignKey("lpn.id"))
    #: Not a foreign key: a claim row goes when it is used up.
    claim_id: Mapped[ClaimId | None] = mapped_column(BigInteger)
    quantity: Mapped[Quantity | None]
    done_quantity: Mapped[Quantity] = mapped_column(default=Quantity(0))
    #: Why it was made or stopped: a code, with its sentence at the edge.
    why: Mapped[str] = mapped_column(String(60), default="")
    note: Mapped[str] = mapped_column(String(500), default="")
    created_by: Mapped[UserId] = mapped_column(ForeignKey("user_account.id"))
    created_at: Mapped[datetime]
    taken_by: Mapped[UserId | None] = mapped_column(ForeignKey("user_account.id"))
    taken_at: Mapped[datetime | None]
    closed_by: Mapped[UserId | None] = mapped_column(ForeignKey("user_account.id"))
    closed_at: Mapped[datetime | None]

    item: Mapped[Item | None] = relationship()
    lot: Mapped[Lot | None] = relationship()
    source_bin: Mapped[Bin | None] = relationship(foreign_keys=[source_bin_id])
    target_bin: Mapped[Bin | None] = relationship(foreign_keys=[target_bin_id])
    source_lpn: Mapped[Lpn | None] = relationship(foreign_keys=[source_lpn_id])
    target_lpn: Mapped[Lpn | None] = relationship(foreign_keys=[target_lpn_id])

    def __repr__(self) -> str:
        return f"<Task {self.kind} {self.state}>"
