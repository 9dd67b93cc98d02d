"""The history of one lot (履历): every event from every book, in the order the server recorded it. Reads only.

Four statements, however many events there are: the moves, the papers (one UNION of all tables that know the lot), the
audit trail of the lot itself, and that of its own fields. Each is read by key from the newest, so a page costs what a
page holds. A floor above this one adds its papers by `tell_of`.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    String,
    and_,
    cast,
    exists,
    func,
    literal,
    null,
    or_,
    select,
    type_coerce,
    union_all,
)
from sqlalchemy.orm import aliased

from wms.accounts.models import Device, User
from wms.audit.models import AuditEntry
from wms.core.errors import BadCode
from wms.core.ids import LOOSE, LotId, WarehouseId
from wms.core.quantity import Quantity
from wms.db import db
from wms.db.paging import Page
from wms.db.types import QuantityType, UtcDateTime
from wms.disposition import records
from wms.disposition.models import (
    Destruction,
    DestructionLine,
    Nonconformance,
    Release,
    ReleaseWaiver,
)
from wms.fields.models import OwnField, OwnFieldValue
from wms.files.models import StoredFile
from wms.inspection.models import Inspection, Sample
from wms.label_checks.models import LabelCheck
from wms.picking.models import FefoOverride, Order, OrderLine
from wms.printing.models import LabelKind, PrintJob
from wms.problems.models import Problem
from wms.production.models import (
    OpenLot,
    ProductionLine,
    ProductionReport,
    ReportInput,
    ReportOutput,
    Vessel,
    WorkOrder,
    WorkOrderIssue,
)
from wms.quality import cases, retest
from wms.receiving.models import Receipt
from wms.returns.models import SupplierReturn, SupplierReturnLine
from wms.shipping.models import Shipment
from wms.signing import rules as signing
from wms.signing.models import Signature
from wms.sites.models import Bin, Warehouse
from wms.stock.ledger.tables import StockMove, StockPosting
from wms.stock.models import Hold, HoldCase, ImportedEvent, Lot, LotLink, LotPeg, ReleaseScope
from wms.tasks.models import Task, TaskKind, TaskState
from wms.trace.lot_moves import moves_of
from wms.units.models import Unit, UnitEvent

#: Every kind of event. The place of a kind is its rank among events of one instant: new kinds go to the end.
KINDS: Final = (
    "created", "move", "record", "own_field", "hold_placed", "hold_lifted", "came_from", "became", "link_voided",
    "scope_made", "scope_ended", "pegged", "unpegged", "imported", "file_attached", "file_withdrawn", "label_printed",
    "units", "inspection_opened", "inspection_closed", "sample_drawn", "sample_closed", "nonconformance", "reviewed",
    "nonconformance_closed", "release_decision", "waiver", "destruction_ordered", "destruction_witnessed", "override",
    "problem", "problem_settled", "label_check", "issued", "used_by_report", "made_by_report", "report_undone",
    "signature", "passport_made", "passport_revoked", "passage", "recall", "complaint", "counted", "opened_at_line",
    "closed_at_line", "return_ordered", "passed_over", "capa", "gap",
)  # fmt: skip
_RANK: Final = {kind: place for place, kind in enumerate(KINDS)}


@dataclass(frozen=True, kw_only=True)
class Event:
    """One thing that happened to a lot. `at` is when the server recorded it; `occurred_at` what a device or person said."""

    at: datetime
    kind: str
    id: int
    line: int = 0
    #: The reason of a posting, the scope of a hold, the meaning of a signature ...: a code with words at the edge.
    code: str = ""
    occurred_at: datetime | None = None
    person: str = ""
    login: str = ""
    device: str = ""
    warehouse: str = ""
    quantity: Quantity | None = None
    source: str = ""
    target: str = ""
    document_kind: str = ""
    document_id: int | None = None
    document: str = ""
    other_lot: LotId | None = None
    other_number: str = ""
    capture: str = ""
    raw_scan: str = ""
    typed_reason: str = ""
    typed_note: str = ""
    note: str = ""
    #: (field, before, after) of a change of the record.
    changes: tuple[tuple[str, str, str], ...] = ()
    #: The entry of the audit trail behind a change of the record, to be said in words.
    entry: AuditEntry | None = None
    #: The own field that changed.
    own_field: OwnField | None = None

    @property
    def key(self) -> tuple[datetime, int, int, int]:
        """What events are sorted by."""
        return self.at, _RANK[self.kind], self.id, self.line


# -- what the floors above add ----------------------------------------------------------------------------------------
Paper = Callable[[LotId], Sequence[Select[Any]]]
_told: dict[str, Paper] = {}


def tell_of(name: str, papers: Paper) -> None:
    """Add the papers of a floor above, as selects made by `paper`; `name` so that a second telling replaces the first."""
    _told[name] = papers


def paper(
    kind: str, *, at: Any, id: Any, person: Any = None, warehouse: Any = None, code: Any = None, quantity: Any = None,
    note: Any = None, document_kind: Any = "", document_id: Any = None, number: Any = None,
    other_lot: Any = None, capture: Any = None, raw_scan: Any = None, bin: Any = None, device: Any = None,
    occurred_at: Any = None, line: Any = None,
) -> Select[Any]:  # fmt: skip
    """One kind of paper as a select with the columns that all have; add where it comes from and which lot it is about.

    >>> str(paper("problem", at=Problem.reported_at, id=Problem.id).selected_columns.keys()[0])
    'rank'
    """
    return select(
        literal(_RANK[kind]).label("rank"),
        type_coerce(at, UtcDateTime()).label("at"),
        cast(id, BigInteger).label("id"),
        _number(line if line is not None else literal(0)).label("line"),
        _number(person).label("person_id"),
        _number(warehouse).label("warehouse_id"),
        _text(code).label("code"),
        type_coerce(_number(quantity), QuantityType()).label("quantity"),
        _text(note).label("note"),
        (literal(document_kind) if isinstance(document_kind, str) else _text(document_kind)).label("document_kind"),
        _number(document_id).label("document_id"),
        _text(number).label("document"),
        _number(other_lot).label("other_lot_id"),
        _text(capture).label("capture"),
        _text(raw_scan).label("raw_scan"),
        _number(bin).label("bin_id"),
        _number(device).label("device_id"),
        (type_coerce(occurred_at, UtcDateTime()) if occurred_at is not None else cast(null(), UtcDateTime())).label(
            "occurred_at"
        ),
    )


def _number(column: Any) -> Any:
    return cast(column if column is not None else null(), BigInteger)


def _text(column: Any) -> Any:
    if column is None or isinstance(column, str):
        return literal(column or "")
    return func.coalesce(cast(column, String), "")


# -- the papers of a lot ----------------------------------------------------------------------------------------------
def _papers(lot: LotId) -> list[Select[Any]]:
    selects = [
        *_of_the_lot(lot), *_of_stock(lot), *_of_files_and_labels(lot), *_of_quality(lot), *_of_the_floor(lot),
        *_of_production(lot), *_signatures(lot),
    ]  # fmt: skip
    for tell in _told.values():
        selects += tell(lot)
    return selects


def _of_the_lot(lot: LotId) -> list[Select[Any]]:
    # A lot that the audit saw created is told by the audit, with who did it.
    told = exists().where(AuditEntry.entity == "lot", AuditEntry.entity_id == lot, AuditEntry.action == "created")
    return [
        paper("created", at=Lot.created_at, id=Lot.id, capture=Lot.captured_by, number=Lot.number).where(
            Lot.id == lot, ~told
        )
    ]


def _of_stock(lot: LotId) -> list[Select[Any]]:
    link: dict[str, Any] = {
        "at": LotLink.made_at, "id": LotLink.id, "person": LotLink.made_by, "code": LotLink.kind, "note": LotLink.reason,
        "document_kind": LotLink.document_kind, "document_id": LotLink.document_id,
    }  # fmt: skip
    return [
        paper(
            "hold_placed", at=Hold.placed_at, id=Hold.id, person=Hold.placed_by, warehouse=Hold.warehouse_id,
            code=Hold.reason, quantity=Hold.quantity, note=Hold.note, document_kind="hold", document_id=Hold.id, bin=Hold.bin_id,
        ).where(Hold.lot_id == lot),
        paper(
            "hold_lifted", at=Hold.lifted_at, id=Hold.id, person=Hold.lifted_by, warehouse=Hold.warehouse_id,
            code=Hold.reason, quantity=Hold.quantity, note=Hold.lift_reason, document_kind="hold", document_id=Hold.id,
            bin=Hold.bin_id,
        ).where(Hold.lot_id == lot, Hold.lifted_at.is_not(None)),
        paper("came_from", other_lot=LotLink.source_lot_id, quantity=LotLink.target_quantity, **link).where(
            LotLink.target_lot_id == lot
        ),
        paper("became", other_lot=LotLink.target_lot_id, quantity=LotLink.source_quantity, **link).where(
            LotLink.source_lot_id == lot
        ),
        *(
            paper("link_voided", at=StockPosting.recorded_at, id=LotLink.id, person=StockPosting.actor_id, code=LotLink.kind,
                  note=StockPosting.note, other_lot=other)
            .join_from(LotLink, StockPosting, StockPosting.seq == LotLink.voided_seq)
            .where(own == lot)
            for own, other in (
                (LotLink.target_lot_id, LotLink.source_lot_id), (LotLink.source_lot_id, LotLink.target_lot_id),
            )
        ),
        paper("scope_made", at=ReleaseScope.made_at, id=ReleaseScope.id, person=ReleaseScope.made_by,
              note=ReleaseScope.entry, document_kind=ReleaseScope.document_kind, document_id=ReleaseScope.document_id).where(
            ReleaseScope.lot_id == lot
        ),
        paper("scope_ended", at=ReleaseScope.ended_at, id=ReleaseScope.id, person=ReleaseScope.ended_by,
              note=ReleaseScope.entry).where(ReleaseScope.lot_id == lot, ReleaseScope.ended_at.is_not(None)),
        paper("pegged", at=LotPeg.made_at, id=LotPeg.id, person=LotPeg.made_by, number=LotPeg.made_for, document_kind=LotPeg.demand_kind,
              document_id=LotPeg.demand_id).where(LotPeg.lot_id == lot),
        paper("unpegged", at=LotPeg.freed_at, id=LotPeg.id, person=LotPeg.freed_by, number=LotPeg.made_for, note=LotPeg.free_reason,
              document_kind=LotPeg.demand_kind, document_id=LotPeg.demand_id).where(
            LotPeg.lot_id == lot, LotPeg.freed_at.is_not(None)
        ),
        *(
            paper("imported", at=ImportedEvent.made_at, id=ImportedEvent.id, person=ImportedEvent.made_by,
                  warehouse=ImportedEvent.warehouse_id, code=ImportedEvent.kind, quantity=quantity,
                  note=cast(ImportedEvent.happened_on, String), number=ImportedEvent.document, other_lot=other, capture="import")
            .where(own == lot)
            for own, other, quantity in (
                (ImportedEvent.lot_id, ImportedEvent.output_lot_id, ImportedEvent.quantity),
                (ImportedEvent.output_lot_id, ImportedEvent.lot_id, ImportedEvent.output_quantity),
            )
        ),
    ]  # fmt: skip


def _of_files_and_labels(lot: LotId) -> list[Select[Any]]:
    said = StoredFile.name + " · SHA-256 " + StoredFile.sha256
    of_lot = and_(StoredFile.subject_kind == "lot", StoredFile.subject_id == lot)
    return [
        paper("file_attached", at=StoredFile.created_at, id=StoredFile.id, person=StoredFile.created_by,
              code=StoredFile.kind, note=said, document_kind="file", document_id=StoredFile.id).where(of_lot),
        paper("file_withdrawn", at=StoredFile.withdrawn_at, id=StoredFile.id, person=StoredFile.withdrawn_by,
              code=StoredFile.kind, note=said, document_kind="file", document_id=StoredFile.id).where(
            of_lot, StoredFile.withdrawn_at.is_not(None)
        ),
        paper("label_printed", at=PrintJob.asked_at, id=PrintJob.id, person=PrintJob.asked_by, warehouse=PrintJob.warehouse_id,
              device=PrintJob.device_id, code=cast(PrintJob.copies, String), note=PrintJob.reason, number=PrintJob.title).where(
            PrintJob.label_kind == LabelKind.LOT, PrintJob.subject_id == lot
        ),
        # One event a posting: a lot may have as many units as pieces.
        paper("units", at=func.min(UnitEvent.at), id=func.min(UnitEvent.id), person=func.min(UnitEvent.by), code=UnitEvent.kind,
              warehouse=Bin.warehouse_id, note=func.min(Unit.code), number=cast(func.count(), String),
              document_kind=func.min(UnitEvent.document_kind), document_id=func.min(UnitEvent.document_id))
        .join_from(Unit, UnitEvent, UnitEvent.unit_id == Unit.id)
        .join(Bin, Bin.id == UnitEvent.to_bin_id)
        .where(Unit.lot_id == lot)
        .group_by(UnitEvent.posting_seq, UnitEvent.kind, Bin.warehouse_id),
    ]  # fmt: skip


def _of_quality(lot: LotId) -> list[Select[Any]]:
    inspection: dict[str, Any] = {
        "warehouse": Inspection.warehouse_id, "number": Inspection.number, "document_kind": "inspection",
        "document_id": Inspection.id,
    }  # fmt: skip
    paper_of: dict[str, Any] = {
        "warehouse": Nonconformance.warehouse_id, "number": Nonconformance.number, "document_kind": "nonconformance",
        "document_id": Nonconformance.id,
    }  # fmt: skip
    order: dict[str, Any] = {
        "warehouse": Destruction.warehouse_id, "number": Destruction.number, "document_kind": "destruction",
        "document_id": Destruction.id, "bin": DestructionLine.bin_id, "quantity": DestructionLine.quantity,
    }  # fmt: skip
    return [
        paper("inspection_opened", at=Inspection.opened_at, id=Inspection.id, person=Inspection.opened_by,
              code=Inspection.stage, quantity=Inspection.quantity, **inspection).where(Inspection.lot_id == lot),
        paper("inspection_closed", at=Inspection.closed_at, id=Inspection.id, person=Inspection.closed_by,
              code=Inspection.verdict, note=Inspection.closing_note, quantity=Inspection.rejected_quantity, **inspection).where(
            Inspection.lot_id == lot, Inspection.closed_at.is_not(None)
        ),
        paper("sample_drawn", at=Sample.drawn_at, id=Sample.id, person=Sample.drawn_by, warehouse=Sample.warehouse_id,
              code=Sample.kind, quantity=Sample.quantity, note=Sample.note, number=Sample.code, document_kind="sample",
              document_id=Sample.id, bin=Sample.bin_id).where(Sample.lot_id == lot),
        paper("sample_closed", at=Sample.closed_at, id=Sample.id, person=Sample.closed_by, warehouse=Sample.warehouse_id,
              code=Sample.state, note=Sample.closing_note, number=Sample.code, document_kind="sample",
              document_id=Sample.id).where(Sample.lot_id == lot, Sample.closed_at.is_not(None)),
        paper("nonconformance", at=Nonconformance.found_at, id=Nonconformance.id, person=Nonconformance.found_by,
              code=Nonconformance.defect_class, quantity=Nonconformance.quantity, note=Nonconformance.what, **paper_of).where(
            Nonconformance.lot_id == lot
        ),
        paper("reviewed", at=Nonconformance.reviewed_at, id=Nonconformance.id, person=Nonconformance.reviewed_by,
              note=Nonconformance.finding, **paper_of).where(
            Nonconformance.lot_id == lot, Nonconformance.reviewed_at.is_not(None)
        ),
        paper("nonconformance_closed", at=Nonconformance.closed_at, id=Nonconformance.id, person=Nonconformance.closed_by,
              code=Nonconformance.disposition, note=Nonconformance.outcome, **paper_of).where(
            Nonconformance.lot_id == lot, Nonconformance.closed_at.is_not(None)
        ),
        paper("release_decision", at=Release.decided_at, id=Release.id, person=Release.decided_by,
              warehouse=Release.warehouse_id, code=Release.verdict, quantity=Release.quantity,
              note=Release.reason, bin=Release.bin_id).where(Release.lot_id == lot),
        paper("waiver", at=ReleaseWaiver.waived_at, id=ReleaseWaiver.id, person=ReleaseWaiver.waived_by,
              warehouse=ReleaseWaiver.warehouse_id, code=ReleaseWaiver.point, note=ReleaseWaiver.reason).where(
            ReleaseWaiver.lot_id == lot
        ),
        *(
            paper(kind, at=at, id=DestructionLine.id, person=person, note=note, **order)
            .join_from(DestructionLine, Destruction, Destruction.id == DestructionLine.destruction_id)
            .where(DestructionLine.lot_id == lot, at.is_not(None))
            for kind, at, person, note in (
                ("destruction_ordered", Destruction.ordered_at, Destruction.ordered_by, Destruction.reason),
                ("destruction_witnessed", Destruction.witnessed_at, Destruction.witnessed_by, Destruction.method),
            )
        ),
    ]  # fmt: skip


def _of_the_floor(lot: LotId) -> list[Select[Any]]:
    return [
        *(
            paper(kind, at=FefoOverride.at, id=FefoOverride.id, person=FefoOverride.approved_by, note=FefoOverride.reason,
                  warehouse=Order.warehouse_id, other_lot=other, number=Order.number, document_kind="order",
                  document_id=Order.id)
            .join_from(FefoOverride, OrderLine, OrderLine.id == FefoOverride.order_line_id)
            .join(Order, Order.id == OrderLine.order_id)
            .where(own == lot)
            for kind, own, other in (
                ("override", FefoOverride.lot_id, FefoOverride.needed_lot_id),
                ("passed_over", FefoOverride.needed_lot_id, FefoOverride.lot_id),
            )
        ),
        paper("passed_over", at=WorkOrderIssue.issued_at, id=WorkOrderIssue.id, person=WorkOrderIssue.issued_by,
              warehouse=WorkOrder.warehouse_id, note=WorkOrderIssue.reason, other_lot=WorkOrderIssue.lot_id,
              number=WorkOrder.number, document_kind="work_order", document_id=WorkOrder.id)
        .join_from(WorkOrderIssue, WorkOrder, WorkOrder.id == WorkOrderIssue.work_order_id)
        .where(WorkOrderIssue.instead_of_lot_id == lot),
        # A count that found what the book said moves nothing: only its task tells of it.
        paper("counted", at=Task.closed_at, id=Task.id, person=Task.closed_by, warehouse=Task.warehouse_id,
              quantity=Task.done_quantity, note=Task.note, document_kind="task", document_id=Task.id,
              bin=Task.source_bin_id).where(
            Task.lot_id == lot, Task.kind == TaskKind.COUNT, Task.state == TaskState.DONE
        ),
        paper("return_ordered", at=SupplierReturn.opened_at, id=SupplierReturnLine.id, person=SupplierReturn.opened_by,
              warehouse=SupplierReturn.warehouse_id, code=SupplierReturn.reason, quantity=SupplierReturnLine.quantity,
              note=SupplierReturn.note, number=SupplierReturn.number, document_kind="supplier_return",
              document_id=SupplierReturn.id, bin=SupplierReturnLine.bin_id)
        .join_from(SupplierReturnLine, SupplierReturn, SupplierReturn.id == SupplierReturnLine.supplier_return_id)
        .where(SupplierReturnLine.lot_id == lot),
        paper("problem", at=Problem.reported_at, id=Problem.id, person=Problem.reported_by, warehouse=Problem.warehouse_id,
              code=Problem.kind, quantity=Problem.quantity, note=Problem.note, capture=Problem.capture,
              raw_scan=Problem.raw_scan, bin=Problem.bin_id, document_kind="problem", document_id=Problem.id).where(
            Problem.lot_id == lot
        ),
        paper("problem_settled", at=Problem.settled_at, id=Problem.id, person=Problem.settled_by, warehouse=Problem.warehouse_id,
              code=Problem.kind, note=Problem.settled_note, bin=Problem.bin_id, document_kind="problem",
              document_id=Problem.id).where(Problem.lot_id == lot, Problem.settled_at.is_not(None)),
        paper("label_check", at=LabelCheck.checked_at, id=LabelCheck.id, person=LabelCheck.checked_by,
              warehouse=LabelCheck.warehouse_id, code=LabelCheck.result, note=LabelCheck.label_said,
              raw_scan=LabelCheck.raw_scan, bin=LabelCheck.bin_id).where(
            LabelCheck.lot_id == lot, LabelCheck.checked_at.is_not(None)
        ),
    ]  # fmt: skip


def _of_production(lot: LotId) -> list[Select[Any]]:
    report: dict[str, Any] = {
        "warehouse": ProductionReport.warehouse_id, "number": ProductionReport.number, "document_kind": "production_report",
        "document_id": ProductionReport.id,
    }  # fmt: skip
    uses = [
        paper(kind, at=ProductionReport.reported_at, id=table.id, person=ProductionReport.operator_id, code=code,
              quantity=table.quantity, note=note, occurred_at=ProductionReport.ended_at, bin=table.bin_id, **report)
        .join_from(table, ProductionReport, ProductionReport.id == table.report_id)
        .where(table.lot_id == lot)
        for kind, table, code, note in (
            ("used_by_report", ReportInput, ReportInput.source, ReportInput.reason),
            ("made_by_report", ReportOutput, ReportOutput.kind, ProductionReport.note),
        )
    ]  # fmt: skip
    undone = [
        paper("report_undone", at=ProductionReport.reversed_at, id=table.id, person=ProductionReport.reversed_by,
              quantity=table.quantity, note=ProductionReport.reverse_reason, **report)
        .join_from(table, ProductionReport, ProductionReport.id == table.report_id)
        .where(table.lot_id == lot, ProductionReport.reversed_at.is_not(None))
        for table in (ReportInput, ReportOutput)
    ]  # fmt: skip
    issued = (
        paper("issued", at=WorkOrderIssue.issued_at, id=WorkOrderIssue.id, person=WorkOrderIssue.issued_by,
              warehouse=WorkOrder.warehouse_id, code=WorkOrderIssue.kind, quantity=WorkOrderIssue.quantity,
              note=WorkOrderIssue.reason, number=WorkOrder.number, document_kind="work_order", document_id=WorkOrder.id,
              other_lot=WorkOrderIssue.instead_of_lot_id, capture=WorkOrderIssue.capture, bin=WorkOrderIssue.bin_id)
        .join_from(WorkOrderIssue, WorkOrder, WorkOrder.id == WorkOrderIssue.work_order_id)
        .where(WorkOrderIssue.lot_id == lot)
    )  # fmt: skip
    at_line = [
        paper(kind, at=at, id=OpenLot.id, person=person, warehouse=ProductionLine.warehouse_id, number=ProductionLine.code,
              bin=ProductionLine.bin_id)
        .join_from(OpenLot, ProductionLine, ProductionLine.id == OpenLot.line_id)
        .where(OpenLot.lot_id == lot, at.is_not(None))
        for kind, at, person in (
            ("opened_at_line", OpenLot.opened_at, OpenLot.opened_by), ("closed_at_line", OpenLot.closed_at, OpenLot.closed_by),
        )
    ]  # fmt: skip
    return [*uses, *undone, issued, *at_line]


def _signatures(lot: LotId) -> list[Select[Any]]:
    """Signatures on the lot itself and on the papers about it."""
    subjects = (
        (("lot", retest.EXTENSION), [lot]),
        (("hold",), select(Hold.id).where(Hold.lot_id == lot)),
        ((cases.CASE,), select(Hold.case_id).where(Hold.lot_id == lot, Hold.case_id.is_not(None))),
        ((records.RELEASE,), select(Release.id).where(Release.lot_id == lot)),
        ((records.WAIVER,), select(ReleaseWaiver.id).where(ReleaseWaiver.lot_id == lot)),
        ((records.NONCONFORMANCE,), select(Nonconformance.id).where(Nonconformance.lot_id == lot)),
        ((records.DESTRUCTION,), select(DestructionLine.destruction_id).where(DestructionLine.lot_id == lot)),
        (("inspection",), select(Inspection.id).where(Inspection.lot_id == lot)),
        (("production_report",), select(ReportInput.report_id).where(ReportInput.lot_id == lot)
         .union(select(ReportOutput.report_id).where(ReportOutput.lot_id == lot))),
    )  # fmt: skip
    return [
        paper("signature", at=Signature.signed_at, id=Signature.id, person=Signature.user_id, code=Signature.meaning,
              note=Signature.reason, document_kind=Signature.subject_kind, document_id=Signature.subject_id).where(
            Signature.subject_kind.in_(kinds), Signature.subject_id.in_(ids)
        )
        for kinds, ids in subjects
    ]  # fmt: skip


# -- reading ----------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class _Place:
    """Where a page goes on: before this event."""

    at: datetime
    rank: int
    id: int
    line: int


def page_of_events(lot: LotId, *, warehouses: Collection[WarehouseId], cursor: str | None, size: int) -> Page[Event]:
    """One page of the history of a lot in these warehouses, the newest first."""
    place = _read_cursor(cursor) if cursor else None
    events = _read(lot, warehouses=warehouses, before=place, until=None, limit=size + 1)
    if len(events) <= size:
        return Page(rows=events, next_cursor=None)
    last = events[size - 1]
    text = json.dumps([last.at.isoformat(), _RANK[last.kind], last.id, last.line])
    return Page(rows=events[:size], next_cursor=base64.urlsafe_b64encode(text.encode()).decode().rstrip("="))


def all_events(lot: LotId, *, warehouses: Collection[WarehouseId], until: datetime) -> list[Event]:
    """The whole history of a lot in these warehouses up to an instant, the oldest first."""
    return list(reversed(_read(lot, warehouses=warehouses, before=None, until=until, limit=None)))


def has_hidden_events(lot: LotId, *, warehouses: Collection[WarehouseId]) -> bool:
    """Whether goods of the lot moved in a warehouse that is none of these."""
    elsewhere = exists().where(StockMove.lot_id == lot, StockMove.warehouse_id.not_in(sorted(warehouses)))
    return bool(db.session.execute(select(elsewhere)).scalar())


def _read(
    lot: LotId, *, warehouses: Collection[WarehouseId], before: _Place | None, until: datetime | None, limit: int | None
) -> list[Event]:
    found = [
        *_moves(lot, warehouses, before, until, limit), *_read_papers(lot, warehouses, before, until, limit),
        *_record_changes(lot, before, until, limit), *_own_field_changes(lot, before, until, limit),
    ]  # fmt: skip
    found.sort(key=lambda event: event.key, reverse=True)
    return _numbered(found[:limit] if limit is not None else found)


def _bounded(
    statement: Select[Any], *, rank: int | ColumnElement[int], at: Any, id: Any, line: Any, before: _Place | None,
    until: datetime | None, limit: int | None,
) -> Select[Any]:  # fmt: skip
    if until is not None:
        statement = statement.where(at <= until)
    if before is not None:
        further = and_(at == before.at, or_(id < before.id, and_(id == before.id, line < before.line)))
        if isinstance(rank, int):
            same = [at == before.at] if rank < before.rank else [further] if rank == before.rank else []
        else:
            same = [and_(at == before.at, rank < before.rank), and_(rank == before.rank, further)]
        statement = statement.where(at <= before.at, or_(at < before.at, *same))
    order = [at.desc(), id.desc(), line.desc()]
    if not isinstance(rank, int):
        order.insert(1, rank.desc())
    statement = statement.order_by(*order)
    return statement.limit(limit) if limit is not None else statement


def _moves(
    lot: LotId, warehouses: Collection[WarehouseId], before: _Place | None, until: datetime | None, limit: int | None
) -> Iterator[Event]:
    statement, columns = moves_of(lot, warehouses)
    bounded = _bounded(
        statement, rank=_RANK["move"], at=columns.at, id=columns.seq, line=columns.line, before=before,
        until=until, limit=limit,
    )  # fmt: skip
    for row in db.session.execute(bounded):
        yield Event(
            at=row.at, kind="move", id=row.id, line=row.line, code=row.reason.value, occurred_at=row.occurred_at,
            person=row.person, login=row.login, device=row.device or "", warehouse=row.warehouse, quantity=row.quantity,
            source=_end(row.source_bin, row.source_lpn_id, row.source_lpn, row.source_quality, row.source_set),
            target=_end(row.target_bin, row.target_lpn_id, row.target_lpn, row.target_quality, row.target_set),
            document_kind=row.document_kind, document_id=row.document_id, capture=row.capture.value if row.capture else "",
            raw_scan=row.raw_scan, typed_reason=row.typed_reason.value if row.typed_reason else "", typed_note=row.typed_note,
            note=row.note,
        )  # fmt: skip


def _end(bin_code: str, lpn_id: int, lpn_code: str, quality: Any, hold_set: int) -> str:
    """One end of a move: bin, plate, quality, and a mark when goods there are held."""
    parts = [bin_code, lpn_code if lpn_id != LOOSE else "", quality.value, "held" if hold_set else ""]
    return " · ".join(part for part in parts if part)


def _read_papers(
    lot: LotId, warehouses: Collection[WarehouseId], before: _Place | None, until: datetime | None, limit: int | None
) -> Iterator[Event]:
    told = union_all(*_papers(lot)).subquery()
    here = or_(told.c.warehouse_id.is_(None), told.c.warehouse_id.in_(sorted(warehouses)))
    other = aliased(Lot)
    statement = (
        select(
            told, User.full_name.label("person"), User.login, Device.name.label("device"),
            Warehouse.code.label("warehouse"), Bin.code.label("bin_code"), other.number.label("other_number"),
        )
        .outerjoin(User, User.id == told.c.person_id)
        .outerjoin(Device, Device.id == told.c.device_id)
        .outerjoin(Warehouse, Warehouse.id == told.c.warehouse_id)
        .outerjoin(Bin, Bin.id == told.c.bin_id)
        .outerjoin(other, other.id == told.c.other_lot_id)
        .where(here)
    )  # fmt: skip
    bounded = _bounded(
        statement,
        rank=told.c.rank,
        at=told.c.at,
        id=told.c.id,
        line=told.c.line,
        before=before,
        until=until,
        limit=limit,
    )
    for row in db.session.execute(bounded):
        yield Event(
            at=row.at, kind=KINDS[row.rank], id=row.id, line=row.line, code=row.code, occurred_at=row.occurred_at,
            person=row.person or "", login=row.login or "", device=row.device or "", warehouse=row.warehouse or "",
            quantity=row.quantity, source=row.bin_code or "", document_kind=row.document_kind, document_id=row.document_id,
            document=row.document, other_lot=LotId(row.other_lot_id) if row.other_lot_id else None,
            other_number=row.other_number or "", capture=row.capture, raw_scan=row.raw_scan, note=row.note,
        )  # fmt: skip


def _record_changes(lot: LotId, before: _Place | None, until: datetime | None, limit: int | None) -> Iterator[Event]:
    statement: Any = (
        select(AuditEntry, User.full_name, User.login, Device.name)
        .outerjoin(User, User.id == AuditEntry.actor_id)
        .outerjoin(Device, Device.id == AuditEntry.device_id)
        .where(AuditEntry.entity == "lot", AuditEntry.entity_id == lot)
    )
    for entry, person, login, device in db.session.execute(_by_audit(statement, "record", before, until, limit)):
        yield Event(
            at=entry.at, kind="record", id=entry.seq, code=entry.action, person=person or "", login=login or "",
            device=device or "", note=entry.reason,
            changes=tuple(_change(name, pair) for name, pair in sorted(entry.changes.items())), entry=entry,
        )  # fmt: skip


def _own_field_changes(lot: LotId, before: _Place | None, until: datetime | None, limit: int | None) -> Iterator[Event]:
    statement: Any = (
        select(AuditEntry, OwnField, User.full_name, User.login, Device.name)
        .join(OwnFieldValue, OwnFieldValue.id == AuditEntry.entity_id)
        .join(OwnField, OwnField.id == OwnFieldValue.field_id)
        .outerjoin(User, User.id == AuditEntry.actor_id)
        .outerjoin(Device, Device.id == AuditEntry.device_id)
        .where(
            AuditEntry.entity == OwnFieldValue.__tablename__, OwnFieldValue.record_kind == "lot",
            OwnFieldValue.record_id == lot,
        )
    )  # fmt: skip
    for entry, own, person, login, device in db.session.execute(
        _by_audit(statement, "own_field", before, until, limit)
    ):
        yield Event(
            at=entry.at, kind="own_field", id=entry.seq, code=entry.action, person=person or "", login=login or "",
            device=device or "", note=entry.reason,
            changes=tuple(
                _change(own.code, pair)
                for name, pair in sorted(entry.changes.items())
                if name in {"text", "number", "day", "flag"}
            ),
            own_field=own,
        )  # fmt: skip


def _by_audit(
    statement: Select[Any], kind: str, before: _Place | None, until: datetime | None, limit: int | None
) -> Select[Any]:
    return _bounded(
        statement, rank=_RANK[kind], at=AuditEntry.at, id=AuditEntry.seq, line=literal(0), before=before, until=until,
        limit=limit,
    )  # fmt: skip


def _change(name: str, pair: Any) -> tuple[str, str, str]:
    before, after = pair if isinstance(pair, list | tuple) and len(pair) == 2 else (None, pair)
    return name, "" if before is None else str(before), "" if after is None else str(after)


# -- the numbers of papers --------------------------------------------------------------------------------------------
#: Papers that postings name by id, with the column that people call them by.
_NUMBERS: Final[Mapping[str, tuple[Any, Any]]] = {
    "receipt": (Receipt.id, Receipt.number),
    "order": (Order.id, Order.number),
    "shipment": (Shipment.id, Shipment.number),
    "work_order": (WorkOrder.id, WorkOrder.number),
    "production_report": (ProductionReport.id, ProductionReport.number),
    "inspection": (Inspection.id, Inspection.number),
    "nonconformance": (Nonconformance.id, Nonconformance.number),
    "destruction": (Destruction.id, Destruction.number),
    "supplier_return": (SupplierReturn.id, SupplierReturn.number),
    "sample": (Sample.id, Sample.code),
    "hold_case": (HoldCase.id, HoldCase.number),
    "vessel": (Vessel.id, Vessel.code),
    "lot": (Lot.id, Lot.number),
}
_IDS_AT_ONCE: Final = 500


def _numbered(events: list[Event]) -> list[Event]:
    """Put the number of each paper beside its id: one statement, or one for each 500 papers of a whole export."""
    wanted: dict[str, set[int]] = {}
    for event in events:
        if event.document_id is not None and not event.document and event.document_kind in _NUMBERS:
            wanted.setdefault(event.document_kind, set()).add(event.document_id)
    if not wanted:
        return events
    known = _numbers_of(wanted)
    return [
        event
        if event.document or event.document_id is None
        else _with_number(event, known.get((event.document_kind, event.document_id), ""))
        for event in events
    ]


def _with_number(event: Event, number: str) -> Event:
    object.__setattr__(event, "document", number)
    return event


def _numbers_of(wanted: Mapping[str, Collection[int]]) -> dict[tuple[str, int], str]:
    """The numbers of papers by kind and id; one statement of all kinds."""
    parts = [
        select(literal(kind).label("kind"), id_column.label("id"), cast(number, String).label("number")).where(
            id_column.in_(sorted(ids))
        )
        for kind, ids in sorted(wanted.items())
        for id_column, number in (_NUMBERS[kind],)
    ]
    return {(row.kind, row.id): row.number for row in db.session.execute(union_all(*parts))}


def _read_cursor(cursor: str) -> _Place:
    try:
        at, rank, identity, line = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        place = _Place(datetime.fromisoformat(at), rank, identity, line)
        if place.at.tzinfo is None or any(type(one) is not int or abs(one) >= 2**63 for one in (rank, identity, line)):
            raise ValueError(cursor)
        return place
    except (ValueError, TypeError, RecursionError, OverflowError) as broken:
        raise BadCode(kind="cursor", text=cursor[:40]) from broken


# -- the canonical content --------------------------------------------------------------------------------------------
def canonical(lot: Lot, events: Sequence[Event], *, warehouses: Sequence[str], until: datetime) -> bytes:
    """The content of a history in the one spelling that is hashed: codes and no words, instants in UTC, quantities as text.

    The same lot, warehouses and instant give the same bytes whoever asks and in whichever language.
    """
    return signing.canonical(
        {
            "lot_id": lot.id,
            "lot": lot.number,
            "sku": lot.item.sku,
            "unit": lot.item.base_unit,
            "warehouses": sorted(warehouses),
            "until": until.astimezone(UTC),
            "events": [_spelled(event) for event in events],
        }
    )


def _spelled(event: Event) -> dict[str, Any]:
    told: dict[str, Any] = {
        "at": event.at, "kind": event.kind, "id": event.id, "line": event.line, "code": event.code,
        "occurred_at": event.occurred_at, "login": event.login, "device": event.device, "warehouse": event.warehouse,
        "quantity": event.quantity, "from": event.source, "to": event.target, "document_kind": event.document_kind,
        "document_id": event.document_id, "document": event.document, "other_lot": event.other_number,
        "capture": event.capture, "raw_scan": event.raw_scan, "typed_reason": event.typed_reason,
        "typed_note": event.typed_note, "note": event.note, "changes": [list(change) for change in event.changes],
    }  # fmt: skip
    # What is empty is left out: a column that is added later does not change the histories of today.
    return {name: value for name, value in told.items() if value not in (None, "", [], 0) or name in ("kind", "id")}


def hash_of(content: bytes) -> str:
    """The SHA-256 of a canonical content, in hex."""
    return signing.hash_of(content)
