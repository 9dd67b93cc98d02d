"""Typed ids and how they are made.

An id is 63 bits: 41 bits of milliseconds since 2024 and 22 random bits, so ids sort by time, need no counter shared
between sites (docs/decisions/0015) and fit BIGINT. Two ids made in one millisecond by two processes meet once in four
million; the primary key then refuses and the transaction is run again.
"""

import secrets
import threading
import time
from typing import NewType

AlertId = NewType("AlertId", int)
AsnId = NewType("AsnId", int)
AsnLineId = NewType("AsnLineId", int)
AsnLpnId = NewType("AsnLpnId", int)
BalanceId = NewType("BalanceId", int)
BinId = NewType("BinId", int)
BomId = NewType("BomId", int)
CapaId = NewType("CapaId", int)
CharacteristicId = NewType("CharacteristicId", int)
ClaimId = NewType("ClaimId", int)
ComplaintId = NewType("ComplaintId", int)
DestructionId = NewType("DestructionId", int)
DeviceId = NewType("DeviceId", int)
FileId = NewType("FileId", int)
GapId = NewType("GapId", int)
GatewayId = NewType("GatewayId", int)
HoldCaseId = NewType("HoldCaseId", int)
HoldId = NewType("HoldId", int)
HoldSetId = NewType("HoldSetId", int)
InspectionId = NewType("InspectionId", int)
InspectionPlanId = NewType("InspectionPlanId", int)
ItemId = NewType("ItemId", int)
LabelCheckId = NewType("LabelCheckId", int)
LabelDrawId = NewType("LabelDrawId", int)
LotId = NewType("LotId", int)
LpnId = NewType("LpnId", int)
MachineId = NewType("MachineId", int)
MailId = NewType("MailId", int)
NonconformanceId = NewType("NonconformanceId", int)
NoticeId = NewType("NoticeId", int)
OrderId = NewType("OrderId", int)
OrderLineId = NewType("OrderLineId", int)
OwnerId = NewType("OwnerId", int)
PalletCheckId = NewType("PalletCheckId", int)
PartnerId = NewType("PartnerId", int)
PassageId = NewType("PassageId", int)
PassportId = NewType("PassportId", int)
PickListId = NewType("PickListId", int)
PortalId = NewType("PortalId", int)
PostingSeq = NewType("PostingSeq", int)
PrintJobId = NewType("PrintJobId", int)
PrinterId = NewType("PrinterId", int)
ProblemId = NewType("ProblemId", int)
ProductionLineId = NewType("ProductionLineId", int)
ProductionReportId = NewType("ProductionReportId", int)
PurchaseOrderId = NewType("PurchaseOrderId", int)
PurchaseOrderLineId = NewType("PurchaseOrderLineId", int)
ReaderId = NewType("ReaderId", int)
RecallId = NewType("RecallId", int)
RecallVersionId = NewType("RecallVersionId", int)
ReceiptId = NewType("ReceiptId", int)
ReceiptLineId = NewType("ReceiptLineId", int)
RefusalId = NewType("RefusalId", int)
ReleaseId = NewType("ReleaseId", int)
SampleId = NewType("SampleId", int)
SealId = NewType("SealId", int)
ShipmentId = NewType("ShipmentId", int)
SignatureId = NewType("SignatureId", int)
SupplierReturnId = NewType("SupplierReturnId", int)
SupplierReturnLineId = NewType("SupplierReturnLineId", int)
TagId = NewType("TagId", int)
TaskId = NewType("TaskId", int)
TeamId = NewType("TeamId", int)
UnitId = NewType("UnitId", int)
UserId = NewType("UserId", int)
VesselId = NewType("VesselId", int)
WarehouseId = NewType("WarehouseId", int)
WorkOrderComponentId = NewType("WorkOrderComponentId", int)
WorkOrderId = NewType("WorkOrderId", int)
ZoneId = NewType("ZoneId", int)

#: Every id type, once; the database edge maps each of them to BIGINT.
ID_TYPES = (
    AlertId, AsnId, AsnLineId, AsnLpnId, BalanceId, BinId, CharacteristicId, ClaimId, DestructionId, DeviceId, FileId,
    GatewayId, HoldCaseId, HoldId, HoldSetId, InspectionId, InspectionPlanId, ItemId, LabelCheckId, LabelDrawId,
    LotId, LpnId, NonconformanceId, OrderId, OrderLineId,
    OwnerId, PalletCheckId, PartnerId, PassageId, PickListId, PortalId, PostingSeq, PrintJobId, PrinterId, ProblemId, PurchaseOrderId,
    PurchaseOrderLineId, ReaderId, ReceiptId, ReceiptLineId, RefusalId, ReleaseId, SampleId, ShipmentId, SignatureId,
    SupplierReturnId, SupplierReturnLineId, TagId, TaskId, UnitId, UserId, WarehouseId, ZoneId,
    BomId, CapaId, ComplaintId, GapId, MachineId, MailId, NoticeId, PassportId, ProductionLineId,
    ProductionReportId, RecallId, RecallVersionId, SealId, TeamId, VesselId, WorkOrderComponentId, WorkOrderId,
)  # fmt: skip

#: The standing rows that stand for "none", so that no key holds a NULL.
LOOSE = LpnId(0)
NO_HOLDS = HoldSetId(0)
OURSELVES = OwnerId(1)
#: The actor of what no person does: jobs, doors. It cannot log in.
SYSTEM_USER = UserId(1)

_EPOCH_MS = 1_704_067_200_000  # 2024-01-01T00:00:00Z
_lock = threading.Lock()
_last = 0


def new_id() -> int:
    """Make a new 63-bit id, larger than every id this process made before."""
    global _last
    fresh = ((time.time_ns() // 1_000_000 - _EPOCH_MS) << 22) | secrets.randbits(22)
    with _lock:
        _last = fresh if fresh > _last else _last + 1 + secrets.randbits(8)
        return _last
