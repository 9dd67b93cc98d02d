"""A wrong report is corrected by counter-entry: its postings are reversed, its links voided, and it is written anew.

Nothing is overwritten: the wrong report stays with what it said, who took it back and why; the new one names it. Where the
inputs alone were wrong, the outputs and their posting stay as they are, also where the goods have moved on or left: then
only what is said of their making changes. What the error touched is told by production.queries.reports.impact_of.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from wms.core.errors import (
    GoodsMovedOn,
    InsufficientStock,
    KeyReused,
    LotMakesItself,
    MissingField,
    OutputNeeded,
    ReportCorrected,
    WrongState,
)
from wms.core.ids import ItemId, LotId, PostingSeq, ProductionReportId, UserId, WarehouseId, new_id
from wms.db import db
from wms.inspection.models import Stage
from wms.inspection.service.opening import make_number, withdraw_output
from wms.production.models import (
    InputSource,
    OutputKind,
    ProductionReport,
    ReportDefect,
    ReportOutput,
    ReportStop,
    WorkOrder,
)
from wms.production.queries import reports as queries
from wms.production.queries.orders import ORDER, get_order
from wms.production.queries.reports import REPORT
from wms.production.service.orders import give_back_output
from wms.production.service.outputs import settle_expiry
from wms.production.service.reporting import (
    InputLine,
    Reported,
    Used,
    consume,
    find_inputs,
    keep_inputs,
    link,
    pieces_of,
    same_inputs,
    scrap,
)
from wms.stock import demands, ledger
from wms.stock import queries as stock
from wms.stock.ledger import Reason
from wms.stock.models import LotLink

#: An order that is closed or cancelled has been accounted for: it is opened again first (service/reopening.py).
_CORRECTABLE = frozenset({"released", "started", "completed"})


@dataclass(frozen=True, kw_only=True)
class CorrectReport:
    """What was really used, in place of what a report says: all of its inputs, with what was lost. Outputs stay as they are."""

    key: str
    warehouse: WarehouseId
    report: ProductionReportId
    reason: str
    inputs: tuple[InputLine, ...]


@dataclass(frozen=True, kw_only=True)
class TakeBack:
    """A report that was not so at all, or whose outputs are wrong: to be taken back whole, and reported again if need be."""

    key: str
    warehouse: WarehouseId
    report: ProductionReportId
    reason: str


def correct_inputs(cmd: CorrectReport, *, actor: UserId, at: datetime) -> Reported:
    """Give back what a report says was used, and use what really was; the outputs stay, wherever they are by now.

    The wrong goods stand at the line again, the right ones must stand there. Links are voided and written anew. Once for
    each `key`. Raises NotFound, ReportCorrected, WrongState (order closed), MissingField (reason), OutputNeeded, and what
    `report` raises over inputs.
    """
    known = queries.find_by_key(cmd.key)
    if known is not None:
        if known.corrects_id != cmd.report or known.warehouse_id != cmd.warehouse or not same_inputs(known, cmd.inputs):
            raise KeyReused(key=cmd.key)
        return _told(known, is_repeat=True)
    order, wrong = _open(cmd.report, cmd.warehouse, cmd.reason)
    operation = queries.operation_of(order, wrong.operation_sequence)
    is_used = any(line.source is not InputSource.SCRAP for line in cmd.inputs)
    if is_used and not wrong.outputs:
        maker = queries.maker_after(order, operation)
        raise OutputNeeded(
            operation=f"{operation.sequence} {operation.code}", needed=f"{maker.sequence} {maker.code}"
        )  # fmt: skip
    undone = _give_back(wrong, key=cmd.key, reason=cmd.reason, actor=actor, at=at)
    identity = ProductionReportId(new_id())
    row = ProductionReport(
        id=identity, number=make_number("PR", identity, at), key=cmd.key, warehouse_id=wrong.warehouse_id,
        work_order_id=wrong.work_order_id, operation_sequence=wrong.operation_sequence, line_id=wrong.line_id,
        team_id=wrong.team_id, machine_id=wrong.machine_id, operator_id=wrong.operator_id, started_at=wrong.started_at,
        ended_at=wrong.ended_at, parameters=wrong.parameters, note=wrong.note, output_seq=wrong.output_seq,
        reported_by=actor, reported_at=at, corrects_id=wrong.id,
    )  # fmt: skip
    db.session.add(row)
    db.session.flush()
    _copy(wrong, row)
    used = find_inputs(order, operation, cmd.inputs, at=at)
    _check_not_own(used, wrong)
    named = pieces_of(order, cmd.inputs, used)
    with named.naming(named.used):
        consume(row, order, used, key=cmd.key, actor=actor, at=at)
    with named.naming(named.lost):
        lost = scrap(row, order, operation, cmd.inputs, key=cmd.key, actor=actor, at=at)
    keep_inputs(row, [*used, *lost])
    _void_links(wrong, undone or row.consume_seq or row.output_seq)
    link(row, order, used, actor=actor, at=at)
    _mark(wrong, cmd.reason, actor=actor, at=at)
    for lot in {output.lot_id for output in wrong.outputs}:
        settle_expiry(lot, reason=f"{row.number}: {cmd.reason}"[:500], actor=actor, at=at, may_lengthen=True)
    return _told(queries.get_report(row.id))


def take_back(cmd: TakeBack, *, actor: UserId, at: datetime) -> None:
    """Take a report back whole: outputs go out of the books, inputs stand at the line again. Only while all of it is there.

    Raises NotFound, ReportCorrected, WrongState, MissingField (reason), GoodsMovedOn (some of the output is elsewhere by now
    or promised: then correct its inputs only).
    """
    order, wrong = _open(cmd.report, cmd.warehouse, cmd.reason, may_be_done=cmd.key)
    if wrong.reversed_at is not None:
        return
    undone: PostingSeq | None = None
    if wrong.output_seq is not None:
        give_back_output(order, [output.lot_id for output in wrong.outputs], actor=actor, at=at)
        try:
            undone = ledger.reverse(
                wrong.output_seq,
                key=f"report-unmake:{cmd.key}"[:100],
                actor=actor,
                at=at,
                note=_note(wrong, cmd.reason),
            ).seq
        except InsufficientStock as moved:
            raise GoodsMovedOn(lot=moved.data["lot"], quantity=str(moved.data.get("needed", ""))) from None
        demands.promise_kept({LotId(output.lot_id) for output in wrong.outputs}, actor=actor, at=at)
    used = _give_back(wrong, key=cmd.key, reason=cmd.reason, actor=actor, at=at)
    _void_links(wrong, used or undone)
    _mark(wrong, cmd.reason, actor=actor, at=at)
    for output in wrong.outputs:
        stage = Stage.IN_PROCESS if output.kind is OutputKind.SEMI_FINISHED else Stage.FINAL
        withdraw_output(
            warehouse=WarehouseId(order.warehouse_id), stage=stage, lot=LotId(output.lot_id), quantity=output.quantity,
            actor=actor, at=at,
        )  # fmt: skip
        settle_expiry(output.lot_id, reason=_note(wrong, cmd.reason), actor=actor, at=at, may_lengthen=True)


# -- inside -----------------------------------------------------------------------------------------------------------
def _open(
    report: ProductionReportId, warehouse: WarehouseId, reason: str, *, may_be_done: str = ""
) -> tuple[WorkOrder, ProductionReport]:
    """Lock the order, then the report; refuse one that was taken back, or whose order is closed."""
    if not reason.strip():
        raise MissingField(field="reason")
    found = queries.get_report(report, warehouse=warehouse)
    order = get_order(found.work_order_id, warehouse=warehouse, is_locked=True)
    wrong = queries.get_report(report, warehouse=warehouse, is_locked=True)
    if wrong.reversed_at is not None:
        done = stock.find_posting(f"report-unmake:{may_be_done}"[:100]) or stock.find_posting(
            f"report-unuse:{may_be_done}"[:100]
        )
        if not may_be_done or done is None or done.reverses_seq not in (wrong.output_seq, wrong.consume_seq):
            raise ReportCorrected(number=wrong.number)
    elif order.state.value not in _CORRECTABLE:
        raise WrongState(
            subject=order.number, of=ORDER, state=order.state.value, event="correct", needed=sorted(_CORRECTABLE)
        )  # fmt: skip
    return order, wrong


def _note(wrong: ProductionReport, reason: str) -> str:
    return f"{wrong.number}: {reason}"[:500]


def _give_back(wrong: ProductionReport, *, key: str, reason: str, actor: UserId, at: datetime) -> PostingSeq | None:
    """Reverse what took the inputs off the books, and what was lost; the counter-entry of the use, if there was one."""
    standing = stock.standing_postings_of(REPORT, wrong.id)
    undone: PostingSeq | None = None
    for of, prefix in ((Reason.CONSUME, "report-unuse"), (Reason.SCRAP, "report-unscrap")):
        if of in standing:
            seq = ledger.reverse(
                standing[of], key=f"{prefix}:{key}"[:100], actor=actor, at=at, note=_note(wrong, reason)
            ).seq  # fmt: skip
            undone = undone or seq
    return undone


def _void_links(wrong: ProductionReport, seq: PostingSeq | None) -> None:
    links = db.session.execute(
        select(LotLink).where(
            LotLink.document_kind == REPORT, LotLink.document_id == wrong.id, LotLink.voided_seq.is_(None)
        )
    ).scalars()  # fmt: skip
    for one in links:
        one.voided_seq = seq
    db.session.flush()


def _mark(wrong: ProductionReport, reason: str, *, actor: UserId, at: datetime) -> None:
    wrong.reversed_by, wrong.reversed_at, wrong.reverse_reason = actor, at, reason.strip()[:500]
    db.session.flush()


def _copy(wrong: ProductionReport, row: ProductionReport) -> None:
    """The new report says of outputs, defects and stops what the wrong one did: they are as they were."""
    for out in wrong.outputs:
        db.session.add(
            ReportOutput(
                id=new_id(), report_id=row.id, line=out.line, kind=out.kind, item_id=ItemId(out.item_id),
                lot_id=out.lot_id, quantity=out.quantity, weight=out.weight, bin_id=out.bin_id, lpn_id=out.lpn_id,
            )
        )  # fmt: skip
    for defect in wrong.defects:
        db.session.add(
            ReportDefect(
                id=new_id(), report_id=row.id, line=defect.line, code=defect.code, quantity=defect.quantity,
                note=defect.note,
            )
        )  # fmt: skip
    for stop in wrong.stops:
        db.session.add(
            ReportStop(id=new_id(), report_id=row.id, line=stop.line, reason=stop.reason, minutes=stop.minutes)
        )  # fmt: skip
    db.session.flush()


def _check_not_own(used: Iterable[Used], wrong: ProductionReport) -> None:
    made = {out.lot_id: out.lot.number for out in wrong.outputs}
    for one in used:
        if one.lot in made and one.source is not InputSource.RESIDUE:
            raise LotMakesItself(lot=made[one.lot])


def _told(row: ProductionReport, *, is_repeat: bool = False) -> Reported:
    lots = {out.lot_id: out.lot.number for out in row.outputs}
    return Reported(report=row.id, number=row.number, lots=tuple(lots.items()), is_repeat=is_repeat)
