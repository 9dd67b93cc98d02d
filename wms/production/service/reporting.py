"""The production report (报工): what was really used, and what came of it; ties every output to every input.

The work order's row is locked first, then its vessels, items, lots, then what the ledger locks. Inputs leave the line's bin
for the bin of consumed goods (Reason.CONSUME), what was lost there for the bin of scrap (Reason.SCRAP), and outputs come out
of the bin of consumed goods (Reason.OUTPUT); all three name the report as their document (docs/decisions/0037).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import select

from wms.accounts.models import User
from wms.core.clock import local_day
from wms.core.errors import (
    DuplicateValue,
    FieldErrors,
    InsufficientStock,
    KeyReused,
    LotMakesItself,
    MissingField,
    NotFound,
    OperationTooEarly,
    OutputNeeded,
    OutputNotMadeHere,
    VesselFull,
    VesselHoldsOther,
    VesselShort,
    WrongItemScanned,
    WrongLotScanned,
    WrongState,
    YieldTooHigh,
)
from wms.core.ids import (
    LOOSE,
    BinId,
    ItemId,
    LotId,
    LpnId,
    MachineId,
    PostingSeq,
    ProductionReportId,
    TeamId,
    UserId,
    VesselId,
    WarehouseId,
    WorkOrderComponentId,
    WorkOrderId,
    new_id,
)
from wms.core.quantity import ZERO, Quantity
from wms.db import db
from wms.events.catalog import LotsLinked
from wms.events.outbox import emit
from wms.gs1.codes import LotNumber
from wms.inspection.models import Stage
from wms.inspection.queries import find_plan
from wms.inspection.service.opening import make_number, open_for_output
from wms.production.models import (
    InputSource,
    Machine,
    OutputKind,
    ProductionReport,
    ReportDefect,
    ReportInput,
    ReportOutput,
    ReportStop,
    Team,
    Vessel,
    WorkOrder,
    WorkOrderComponent,
    WorkOrderKind,
    WorkOrderOperation,
)
from wms.production.queries import reports as queries
from wms.production.queries.orders import ORDER, get_order, is_for_rework, purpose_of, rule_of
from wms.production.queries.reports import REPORT
from wms.production.rules import shares
from wms.production.rules.draws import Content, draw
from wms.production.rules.states import OPEN_STATES
from wms.production.service.line_stock import at_line, backflush, lock_open_lots, standing_parts
from wms.production.service.orders import keep_demand, note_started, peg_output
from wms.production.service.outputs import Making, output_lot, settle_expiry
from wms.production.service.pieces import Pieces, share_out
from wms.sites.models import Bin, BinKind, Warehouse
from wms.stock import ledger
from wms.stock import queries as stock
from wms.stock.ledger import ClaimUse, Document, Move, Place, Quality, Reason, StockKey
from wms.stock.models import LinkKind, Lot, LotLink
from wms.stock.queries import BalanceRow
from wms.stock.rules.availability import Purpose, why_not
from wms.stock.service import find_open_lpn, make_lpn

#: A report may be of work that ends a moment after the server's clock: clocks differ.
_CLOCKS_DIFFER: Final = timedelta(minutes=10)
_NUMBER: Final = re.compile(r"-?[0-9]{1,9}(\.[0-9]{1,6})?")
_PARAMETER_LENGTH: Final = 80
#: What weighs a kilogram by its own unit, in millionths.
_UNIT_WEIGHTS: Final[Mapping[str, int]] = {"kg": 1_000_000, "g": 1_000}


# -- the command ------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, kw_only=True)
class InputLine:
    """So much of a lot used from the line (`lot`) or drawn from a vessel (`vessel`); or lost there: SCRAP, with its reason.

    `component` None: the one of the lot's item. `weight` is the whole weight in kilograms where it was weighed.
    """

    quantity: Quantity
    lot: LotId | None = None
    vessel: VesselId | None = None
    component: WorkOrderComponentId | None = None
    source: InputSource = InputSource.LINE
    reason: str = ""
    weight: Quantity | None = None
    #: Ids of its pieces, where they are told line by line; else those named for the whole report (service/pieces.py).
    units: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class OutputLine:
    """So much that came of it. `item` None: what the operation makes.

    Into the line's bin of outputs (semi-finished goods: the line's bin, for the next operation) or into a `vessel`; on the
    plate `lpn_code` where one is given, a new one where it is not known; `number` names the lot by hand.
    """

    quantity: Quantity
    kind: OutputKind = OutputKind.MAIN
    item: ItemId | None = None
    vessel: VesselId | None = None
    lpn_code: str = ""
    number: LotNumber | None = None
    weight: Quantity | None = None
    units: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Defect:
    """So many with one defect."""

    code: str
    quantity: Quantity
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Stop:
    """The line stood still so many minutes."""

    reason: str
    minutes: int


@dataclass(frozen=True, kw_only=True)
class ReportProduction:
    """One report of one operation. `operation` None: the only one. People, machine and times default to who reports, now."""

    key: str
    warehouse: WarehouseId
    work_order: WorkOrderId
    operation: int | None = None
    inputs: tuple[InputLine, ...] = ()
    outputs: tuple[OutputLine, ...] = ()
    parameters: Mapping[str, str] = field(default_factory=dict)
    defects: tuple[Defect, ...] = ()
    stops: tuple[Stop, ...] = ()
    operator: UserId | None = None
    team: TeamId | None = None
    machine: MachineId | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Reported:
    """What came of it: the report, and the lots it made."""

    report: ProductionReportId
    number: str
    lots: tuple[tuple[LotId, str], ...]
    is_repeat: bool = False


@dataclass(frozen=True, kw_only=True)
class Used:
    """So much of a lot as it leaves the books: from which stock key, on which promise. Residue has no key and no quantity."""

    lot: LotId
    item: ItemId
    quantity: Quantity
    source: InputSource
    bin: BinId
    component: WorkOrderComponent | None
    key: StockKey | None = None
    claim: ClaimUse | None = None
    vessel: VesselId | None = None
    reason: str = ""
    #: In millionths of a kilogram.
    weight: int | None = None


@dataclass(frozen=True, kw_only=True)
class Made:
    """So much of a lot as it comes into the books."""

    lot: Lot
    kind: OutputKind
    quantity: Quantity
    place: Place
    quality: Quality
    weight: int | None = None


# -- report -----------------------------------------------------------------------------------------------------------
def report(cmd: ReportProduction, *, actor: UserId, at: datetime) -> Reported:
    """Post what an operation used and made, and tie them; once for each `key`.

    The first report starts the order. A lot that the order has is added to, unless the item's rule makes one each report.
    Raises NotFound, WrongState (order not released or started), ClearanceNeeded, OperationTooEarly, MissingField (a
    parameter), FieldErrors, WrongItemScanned, InsufficientStock, LotOnHold, LotExpired, NotReleased, VesselShort, VesselFull,
    VesselHoldsOther, OutputNeeded, OutputNotMadeHere, YieldTooHigh, LotMakesItself, BackflushNotAllowed, NoOpenLot,
    BackflushShort, DuplicateValue (lot number), UnitsNeeded, KeyReused.
    """
    if before := _done_before(cmd):
        return before
    order = get_order(cmd.work_order, warehouse=cmd.warehouse, is_locked=True)
    if before := _done_before(cmd):  # it was under way while we waited for the order
        return before
    operation = queries.operation_of(order, cmd.operation)
    if order.state.value not in OPEN_STATES:
        raise WrongState(
            subject=order.number, of=ORDER, state=order.state.value, event="report", needed=sorted(OPEN_STATES)
        )  # fmt: skip
    _check_sequence(order, operation)
    keep_demand(order)
    row = _begin(cmd, order, operation, actor=actor, at=at)
    note_started(order.id, actor=actor, at=at)
    used = find_inputs(order, operation, cmd.inputs, at=at)
    used += _backflushed(order, operation, cmd, at=at)
    made = _outputs(order, operation, cmd.outputs, used, row, actor=actor, at=at)
    check_loops(used, made, order)
    db.session.add(row)
    db.session.flush()
    named = pieces_of(order, cmd.inputs, used, made=[one.lot.item_id for one in made], outputs=cmd.outputs)
    with named.naming(named.used):
        consume(row, order, used, key=cmd.key, actor=actor, at=at)
    with named.naming(named.lost):
        lost = scrap(row, order, operation, cmd.inputs, key=cmd.key, actor=actor, at=at)
    with named.naming(named.made):
        row.output_seq = _post_outputs(row, order, made, key=cmd.key, actor=actor, at=at)
    keep_inputs(row, [*used, *lost])
    _keep_outputs(row, made)
    db.session.flush()
    fresh = {one.lot.id for one in made if not queries.sources_of(one.lot.id)}
    link(row, order, used, actor=actor, at=at)
    for one in made:
        if one.kind is OutputKind.MAIN:
            peg_output(order, one.lot.id, actor=actor, at=at)
        settle_expiry(one.lot.id, reason=row.number, actor=actor, at=at, may_lengthen=one.lot.id in fresh)
        _inspect(order, one, actor=actor, at=at)
    return _reported(row, made)


def pieces_of(
    order: WorkOrder, inputs: Iterable[InputLine], used: Iterable[Used], *, made: Collection[ItemId] = (),
    outputs: Iterable[OutputLine] = (),
) -> Pieces:  # fmt: skip
    """Say which of the unit ids named for a report are of what was used, of what was lost there, of what was made."""
    lines = list(inputs)
    lost = [line for line in lines if line.source is InputSource.SCRAP]
    return share_out(
        used=[code for line in lines if line.source is not InputSource.SCRAP for code in line.units],
        lost=[code for line in lost for code in line.units], made=[code for line in outputs for code in line.units],
        lots={one.lot for one in used} | {line.lot for line in lost if line.lot is not None}, outputs=made,
        is_rework=order.kind is WorkOrderKind.REWORK,
    )  # fmt: skip


def _done_before(cmd: ReportProduction) -> Reported | None:
    """What this key did before; KeyReused when it asked for something else then."""
    known = queries.find_by_key(cmd.key)
    if known is None:
        return None
    made = sorted(one.quantity.millionths for one in known.outputs)
    same = (
        known.work_order_id == cmd.work_order
        and cmd.operation in (None, known.operation_sequence)
        and same_inputs(known, cmd.inputs)
        and made == sorted(line.quantity.millionths for line in cmd.outputs)
    )
    if not same:
        raise KeyReused(key=cmd.key)
    lots = {one.lot_id: one.lot.number for one in known.outputs}
    return Reported(report=known.id, number=known.number, lots=tuple(lots.items()), is_repeat=True)


def same_inputs(known: ProductionReport, lines: Iterable[InputLine]) -> bool:
    """Say whether a report used what these lines say: each lot and each vessel with its sum. Back-flushed goods are not named."""
    used: dict[Any, int] = {}
    for one in known.inputs:
        if one.source in (InputSource.LINE, InputSource.SCRAP):
            used[one.lot_id, one.source] = used.get((one.lot_id, one.source), 0) + one.quantity.millionths
        elif one.source is InputSource.VESSEL:
            used[one.vessel_id, one.source] = used.get((one.vessel_id, one.source), 0) + one.quantity.millionths
    asked: dict[Any, int] = {}
    for line in lines:
        what = (line.vessel, InputSource.VESSEL) if line.vessel is not None else (line.lot, line.source)
        asked[what] = asked.get(what, 0) + line.quantity.millionths
    return used == asked


def _reported(row: ProductionReport, made: Iterable[Made]) -> Reported:
    return Reported(
        report=row.id, number=row.number, lots=tuple({one.lot.id: one.lot.number for one in made}.items())
    )  # fmt: skip


def _check_sequence(order: WorkOrder, operation: WorkOrderOperation) -> None:
    before = queries.semi_finished_before(order, operation)
    done = queries.have_output(order.id) if before else set()
    for one in before:
        if one.sequence not in done:
            raise OperationTooEarly(
                operation=f"{operation.sequence} {operation.code}", needed=f"{one.sequence} {one.code}"
            )  # fmt: skip


# -- who, where, when -------------------------------------------------------------------------------------------------
def _begin(
    cmd: ReportProduction, order: WorkOrder, operation: WorkOrderOperation, *, actor: UserId, at: datetime
) -> ProductionReport:
    ended = cmd.ended_at or at
    started = cmd.started_at or min(queries.ended_last(order.id) or ended, ended)
    if ended > at + _CLOCKS_DIFFER:
        raise FieldErrors(errors={"ended_at": ["in_future"]})
    if started > ended:
        raise FieldErrors(errors={"started_at": ["after_its_end"]})
    _check_people(cmd, order)
    identity = ProductionReportId(new_id())
    row = ProductionReport(
        id=identity, number=make_number("PR", identity, at), key=cmd.key, warehouse_id=order.warehouse_id,
        work_order_id=order.id, operation_sequence=operation.sequence, line_id=order.line_id,
        team_id=cmd.team or order.team_id, machine_id=cmd.machine, operator_id=cmd.operator or actor,
        started_at=started, ended_at=ended, parameters=_parameters(operation, cmd.parameters), note=cmd.note,
        reported_by=actor, reported_at=at,
    )  # fmt: skip
    for n, defect in enumerate(cmd.defects, start=1):
        db.session.add(
            ReportDefect(
                id=new_id(), report=row, line=n, code=defect.code, quantity=defect.quantity, note=defect.note
            )
        )  # fmt: skip
    for n, stop in enumerate(cmd.stops, start=1):
        db.session.add(ReportStop(id=new_id(), report=row, line=n, reason=stop.reason, minutes=stop.minutes))
    return row


def _check_people(cmd: ReportProduction, order: WorkOrder) -> None:
    team = db.session.get(Team, cmd.team) if cmd.team is not None else None
    if cmd.team is not None and (team is None or team.warehouse_id != order.warehouse_id or not team.is_active):
        raise NotFound(kind="team", text=team.code if team else str(cmd.team))
    machine = db.session.get(Machine, cmd.machine) if cmd.machine is not None else None
    is_ours = machine is not None and machine.warehouse_id == order.warehouse_id and machine.is_active
    if cmd.machine is not None and (machine is None or not is_ours or machine.line_id not in (None, order.line_id)):
        raise NotFound(kind="machine", text=machine.code if machine else str(cmd.machine))
    if cmd.operator is not None:
        person = db.session.get(User, cmd.operator)
        if person is None or not person.is_active:
            raise NotFound(kind="user", text=str(cmd.operator))


def _parameters(operation: WorkOrderOperation, given: Mapping[str, str]) -> list[dict[str, Any]]:
    """What the operation asks, each with its value and whether it is within its limits; all of it, and nothing else."""
    asked = {str(one["name"]): one for one in operation.parameters}
    if any(name not in asked for name in given):
        raise FieldErrors(errors={"parameters": ["not_a_choice"]})
    told: list[dict[str, Any]] = []
    for name, one in asked.items():
        value = given.get(name, "").strip()
        if not value:
            raise MissingField(field=name)
        least, most = one.get("min"), one.get("max")
        is_within: bool | None = None
        if least not in (None, "") or most not in (None, ""):
            if not _NUMBER.fullmatch(value):
                raise FieldErrors(errors={"parameters": ["bad_quantity"]})
            number = Decimal(value)
            is_within = (least in (None, "") or number >= Decimal(str(least))) and (
                most in (None, "") or number <= Decimal(str(most))
            )
        if len(value) > _PARAMETER_LENGTH:
            raise FieldErrors(errors={"parameters": ["too_long"]})
        told.append(
            {"name": name, "value": value, "unit": str(one.get("unit") or ""), "min": least, "max": most,
             "is_within": is_within}
        )  # fmt: skip
    return told


# -- what was used ----------------------------------------------------------------------------------------------------
def find_inputs(
    order: WorkOrder, operation: WorkOrderOperation, lines: Sequence[InputLine], *, at: datetime
) -> list[Used]:
    """Say from where each input is taken: off the line's bin with the order's promises first, or out of a vessel by share.

    What was lost is found later, by `scrap`: of what is left.
    """
    found: list[Used] = []
    for line in _gathered(lines):
        if line.vessel is not None:
            found += _draw(order, operation, line, at=at)
        elif line.source is not InputSource.SCRAP:
            found += _from_line(order, operation, line, at=at)
    return found


def _gathered(lines: Iterable[InputLine]) -> list[InputLine]:
    """Two lines of one lot, or of one vessel, for one thing are one line: together they must be there."""
    gathered: dict[Any, InputLine] = {}
    for line in lines:
        what = (line.lot, line.vessel, line.component, line.source, line.reason.strip())
        known = gathered.get(what)
        if known is None:
            gathered[what] = line
            continue
        has_weight = known.weight is not None and line.weight is not None
        gathered[what] = replace(
            known, quantity=known.quantity + line.quantity,
            weight=(known.weight or ZERO) + (line.weight or ZERO) if has_weight else None,
        )  # fmt: skip
    return list(gathered.values())


def _from_line(order: WorkOrder, operation: WorkOrderOperation, line: InputLine, *, at: datetime) -> list[Used]:
    if line.lot is None:
        raise MissingField(field="lot")
    if line.source not in (InputSource.LINE, InputSource.SCRAP):
        raise FieldErrors(errors={"source": ["not_a_choice"]})
    is_scrap = line.source is InputSource.SCRAP
    if is_scrap and not line.reason.strip():
        raise MissingField(field="reason")
    lot = stock.get_lot(line.lot)
    component = _component_for(order, operation, lot, line.component)
    if component is None or is_scrap:
        parts = _off_the_line(order, lot, line.quantity, component, is_scrap=is_scrap)
    else:
        parts = [(one.key, one.quantity, one.claim) for one in at_line(order, component, lot.id, line.quantity, at=at)]
    if not is_scrap:
        _check_rework(order, lot, [key for key, _, _ in parts], at=at)
    weights = _weights(component, lot.item.base_unit, line.weight, [amount for _, amount, _ in parts])
    return [
        Used(
            lot=lot.id, item=lot.item_id, quantity=amount, source=line.source, bin=order.line.bin_id,
            component=component, key=key, claim=claim, reason=line.reason.strip(), weight=weight,
        )
        for (key, amount, claim), weight in zip(parts, weights, strict=True)
    ]  # fmt: skip


def _component_for(
    order: WorkOrder, operation: WorkOrderOperation, lot: Lot, named: WorkOrderComponentId | None
) -> WorkOrderComponent | None:
    """The component that a lot is used for; None for a semi-finished lot of an earlier operation."""
    if named is not None:
        component = next((c for c in order.components if c.id == named), None)
        if component is None:
            raise NotFound(kind="component", text=str(named))
        if component.item_id != lot.item_id:
            raise WrongItemScanned(needed=component.item.sku, scanned=lot.item.sku)
        if component.lot_id is not None and component.lot_id != lot.id:
            component = next((c for c in order.components if c.lot_id == lot.id), component)
        return component
    here = {c.id for c in queries.components_at(order, operation)}
    fits = [c for c in order.components if c.item_id == lot.item_id and c.lot_id in (None, lot.id)]
    if fits:
        return min(fits, key=lambda c: (c.lot_id != lot.id, c.id not in here, c.line))
    if any(o.output_item_id == lot.item_id for o in queries.semi_finished_before(order, operation)):
        return None
    mended = {c.lot.number for c in order.components if c.item_id == lot.item_id and c.lot is not None}
    if mended:
        raise WrongLotScanned(needed=", ".join(sorted(mended)), scanned=lot.number)
    items = {c.item.sku for c in order.components if c.id in here}
    raise WrongItemScanned(needed=", ".join(sorted(items)), scanned=lot.item.sku)


def _off_the_line(
    order: WorkOrder, lot: Lot, quantity: Quantity, component: WorkOrderComponent | None, *, is_scrap: bool
) -> list[tuple[StockKey, Quantity, ClaimUse | None]]:
    """Take goods of a lot at the line that are no component's: what nobody is promised. Scrap may be held, and promised to it."""
    if component is not None:
        own = standing_parts(order, component, lot.id, quantity)
        parts = [(one.row.key, one.quantity, one.use) for one in own if one.quantity > ZERO]
    else:
        parts, left = [], quantity
        rows = stock.find_balances(lot=lot.id, bin=order.line.bin_id)
        for row in sorted(rows, key=lambda row: (row.is_held, row.quality is not Quality.RELEASED, row.id)):
            amount = min(row.unpromised, left)
            if row.owner == order.owner_id and amount > ZERO:
                parts.append((row.key, amount, None))
                left = left - amount
    there = sum((amount for _, amount, _ in parts), ZERO)
    if there < quantity:
        raise InsufficientStock(
            lot=lot.number, bin=order.line.bin.code, needed=str(quantity), available=str(there)
        )  # fmt: skip
    return parts


def _check_rework(order: WorkOrder, lot: Lot, keys: Collection[StockKey], *, at: datetime) -> None:
    """A rework takes the lot it mends as it is decided; anything else must be as good as for any order."""
    if order.kind is not WorkOrderKind.REWORK:
        return
    for key in keys:
        if not is_for_rework(order, lot=lot.id, hold_set=key.hold_set):
            rows = stock.find_balances(lot=lot.id, bin=key.place.bin)
            for row in rows:
                refusal = why_not(row.facts, Purpose.ISSUE, on=today_of(order, at)) if row.key == key else None
                if refusal is not None:
                    raise refusal


def today_of(order: WorkOrder, at: datetime) -> Any:
    """The warehouse's day at an instant."""
    return local_day(at, db.session.get_one(Warehouse, order.warehouse_id).timezone)


def _draw(order: WorkOrder, operation: WorkOrderOperation, line: InputLine, *, at: datetime) -> list[Used]:
    """Take of every lot in a vessel by its share; what stood in it before and is gone goes along without a quantity."""
    assert line.vessel is not None
    vessel = queries.get_vessel(line.vessel, warehouse=order.warehouse_id, is_locked=True)
    rows = {int(row.id): row for row in queries.balances_in(vessel, owner=order.owner_id)}
    ledger.lock_lots({row.lot for row in rows.values()}, exclusive=False)
    taken = draw(
        [Content(lot=row.lot, quantity=row.on_hand.millionths, mark=identity) for identity, row in rows.items()],
        line.quantity.millionths, stood_before=queries.stood_in(vessel),
    )  # fmt: skip
    if taken is None:
        there = sum((row.on_hand for row in rows.values()), ZERO)
        raise VesselShort(vessel=vessel.code, needed=str(line.quantity), available=str(there))
    on = today_of(order, at)
    for row in rows.values():  # all of it runs together: one held lot stops the draw
        refusal = why_not(row.facts, Purpose.ISSUE, on=on)
        if refusal is not None and not is_for_rework(order, lot=row.lot, hold_set=row.hold_set):
            raise refusal
    found: list[Used] = []
    amounts = [Quantity(amount) for _, amount in taken.parts]
    first = rows[taken.parts[0][0].mark]
    component = _component_for(order, operation, stock.get_lot(first.lot), line.component)
    weights = _weights(component, first.base_unit, line.weight, amounts)
    for (content, _), amount, weight in zip(taken.parts, amounts, weights, strict=True):
        row = rows[content.mark]
        total = amount.millionths
        for portion, claim in split_promises(row, amount, order):
            found.append(
                Used(
                    lot=row.lot, item=row.item, quantity=portion, source=InputSource.VESSEL, bin=vessel.bin_id,
                    component=component, key=row.key, claim=claim, vessel=vessel.id,
                    weight=None if weight is None else max(1, weight * portion.millionths // total),
                )
            )  # fmt: skip
    residue = {lot: stock.get_lot(LotId(lot)) for lot in taken.residue}
    found += [
        Used(
            lot=lot.id, item=lot.item_id, quantity=ZERO, source=InputSource.RESIDUE, bin=vessel.bin_id,
            component=None, vessel=vessel.id,
        )
        for lot in residue.values()
    ]  # fmt: skip
    return found


def split_promises(
    row: BalanceRow, amount: Quantity, order: WorkOrder | None
) -> list[tuple[Quantity, ClaimUse | None]]:
    """Part an amount of a balance into what is promised to the order's components and what is nobody's; the rest is another's.

    What neither covers is taken as nobody's, and the ledger refuses it.
    """
    ours = {c.id for c in order.components} if order is not None else set()
    parts: list[tuple[Quantity, ClaimUse | None]] = []
    left = amount
    if row.allocated > ZERO:
        for claim in stock.claims_on([row.id]):
            if claim.demand_kind == "wo_component" and claim.demand_id in ours and left > ZERO:
                portion = min(claim.quantity, left)
                use = ClaimUse(claim=claim.id, demand_kind=claim.demand_kind, demand_id=claim.demand_id)
                parts.append((portion, use))
                left = left - portion
    if left > ZERO:
        parts.append((left, None))
    return parts


def _backflushed(order: WorkOrder, operation: WorkOrderOperation, cmd: ReportProduction, *, at: datetime) -> list[Used]:
    """What the recipe takes for what was made, of the components that nobody named a lot for."""
    makes = queries.makes(order, operation)
    planned = operation.output_quantity if operation.output_item_id is not None else order.quantity
    if makes is None or planned is None or planned <= ZERO:
        return []
    made = sum((line.quantity for line in cmd.outputs if (line.item or makes[0]) == makes[0]), ZERO)
    named = {line.component for line in cmd.inputs if line.component is not None}
    items = {stock.get_lot(line.lot).item_id for line in cmd.inputs if line.lot is not None}
    wanted = [
        one for one in queries.components_at(order, operation)
        if one.is_backflushed and one.id not in named and one.item_id not in items and one.quantity > ZERO and made > ZERO
    ]  # fmt: skip
    lock_open_lots(order.line_id, {one.item_id for one in wanted})
    found: list[Used] = []
    for component in wanted:
        above = component.quantity.millionths * made.millionths
        needed = Quantity(-(-above // planned.millionths))
        parts = backflush(order, component, needed, at=at)
        weights = _weights(component, component.item.base_unit, None, [part.quantity for part in parts])
        found += [
            Used(
                lot=part.lot, item=component.item_id, quantity=part.quantity, source=InputSource.BACKFLUSH,
                bin=order.line.bin_id, component=component, key=part.key, claim=part.claim, weight=weight,
            )
            for part, weight in zip(parts, weights, strict=True)
        ]  # fmt: skip
    return found


def _weights(
    component: WorkOrderComponent | None, unit: str, whole: Quantity | None, amounts: Sequence[Quantity]
) -> list[int | None]:
    """The weights of the parts of an input, in millionths of a kilogram: as weighed, by the recipe, by the unit, or unknown."""
    if whole is not None:
        return list(shares.largest_remainder(whole.millionths, [amount.millionths for amount in amounts]))
    each = component.weight.millionths if component is not None and component.weight else _UNIT_WEIGHTS.get(unit)
    return [shares.weight_of(amount.millionths, each) if each else None for amount in amounts]


# -- what came of it --------------------------------------------------------------------------------------------------
def _outputs(
    order: WorkOrder, operation: WorkOrderOperation, lines: Sequence[OutputLine], used: Sequence[Used],
    row: ProductionReport, *, actor: UserId, at: datetime,
) -> list[Made]:  # fmt: skip
    """Settle for each output its item, lot, place and quality."""
    consumed = [one for one in used if one.source is not InputSource.SCRAP]
    if not lines:
        if consumed:
            maker = queries.maker_after(order, operation)
            raise OutputNeeded(
                operation=f"{operation.sequence} {operation.code}", needed=f"{maker.sequence} {maker.code}"
            )  # fmt: skip
        return []
    kinds = [_kind_of(order, operation, line) for line in lines]
    _check_yield(order, lines, kinds)
    lots = {lot.id: lot for lot in (stock.get_lot(one.lot) for one in consumed if one.quantity > ZERO)}
    team = db.session.get(Team, row.team_id) if row.team_id is not None else None
    made: list[Made] = []
    for line, (item, kind) in sorted(zip(lines, kinds, strict=True), key=lambda pair: pair[1][0]):
        vessel = _vessel_for(order, line, item, made) if line.vessel is not None else None
        making = Making(
            operation=operation.code, vessel=vessel.code if vessel else "", team=team.code if team else ""
        )  # fmt: skip
        known = next((one.lot for one in made if one.lot.item_id == item and line.number is None), None)
        lot = known or output_lot(
            order, item, making, components=lots.values(), number=line.number, actor=actor, at=at
        )  # fmt: skip
        made.append(
            Made(
                lot=lot, kind=kind, quantity=line.quantity, place=_place_of(order, kind, line, vessel, at=at),
                quality=_quality_of(item, kind), weight=_weight_made(order, line, lot, kind),
            )
        )  # fmt: skip
    return made


def _kind_of(order: WorkOrder, operation: WorkOrderOperation, line: OutputLine) -> tuple[ItemId, OutputKind]:
    """What an output is: what the operation makes, or a co- or by-product of the bill of materials."""
    makes = queries.makes(order, operation)
    beside = {one.item_id: one for one in order.bom.outputs} if order.bom is not None else {}
    if line.item is None or (makes is not None and line.item == makes[0]):
        if makes is not None and line.kind in (OutputKind.MAIN, OutputKind.SEMI_FINISHED):
            return makes
    elif line.item in beside and line.kind in (OutputKind.MAIN, beside[line.item].kind):
        return line.item, beside[line.item].kind
    names = queries.items_of({*beside, *([makes[0]] if makes else []), *([line.item] if line.item else [])})
    needed = [names[one].sku for one in ([makes[0]] if makes else []) + sorted(beside)]
    if line.item is not None and line.item not in names:
        raise NotFound(kind="item", text=str(line.item))
    came = names[line.item].sku if line.item is not None else line.kind.value
    raise OutputNotMadeHere(item=came, needed=", ".join(needed) or "–")


def _check_yield(order: WorkOrder, lines: Sequence[OutputLine], kinds: Sequence[tuple[ItemId, OutputKind]]) -> None:
    """No more of the product than planned, and what its rule allows beyond."""
    came = sum(
        (line.quantity for line, kind in zip(lines, kinds, strict=True) if kind[1] is OutputKind.MAIN), ZERO
    )  # fmt: skip
    if came <= ZERO:
        return
    percent = 100 + rule_of(order.item_id).over_yield_percent
    most = Quantity(order.quantity.millionths * percent // 100)
    whole = queries.made_of(order.id, order.item_id) + came
    if whole > most:
        raise YieldTooHigh(order=order.number, most=str(most), came=str(whole))


def _vessel_for(order: WorkOrder, line: OutputLine, item: ItemId, made: Sequence[Made]) -> Vessel:
    assert line.vessel is not None
    vessel = queries.get_vessel(line.vessel, warehouse=order.warehouse_id, is_locked=True)
    coming = sum((one.quantity for one in made if one.place.bin == vessel.bin_id), ZERO)
    check_room(vessel, item, line.quantity + coming)
    return vessel


def check_room(vessel: Vessel, item: ItemId, quantity: Quantity) -> None:
    """Refuse what may not go into a vessel: another item than is in it, more than it takes, a vessel out of use."""
    if not vessel.is_active:
        raise NotFound(kind="vessel", text=vessel.code)
    rows = queries.balances_in(vessel)
    other = next((row for row in rows if row.item != item), None)
    if other is not None:
        came = queries.items_of([item])[item].sku
        raise VesselHoldsOther(vessel=vessel.code, needed=other.sku, came=came)
    whole = sum((row.on_hand for row in rows), ZERO) + quantity
    if vessel.capacity is not None and whole > vessel.capacity:
        raise VesselFull(vessel=vessel.code, capacity=str(vessel.capacity), came=str(whole))


def _place_of(order: WorkOrder, kind: OutputKind, line: OutputLine, vessel: Vessel | None, *, at: datetime) -> Place:
    if vessel is not None:
        return Place(bin=vessel.bin_id)
    bin_ = order.line.bin_id if kind is OutputKind.SEMI_FINISHED else order.line.output_bin_id
    return Place(bin=bin_, lpn=_plate(order, line.lpn_code, bin_, at=at) if line.lpn_code else LOOSE)


def _plate(order: WorkOrder, code: str, bin_: BinId, *, at: datetime) -> LpnId:
    """The plate of a code, which must stand in the bin of outputs or nowhere; a new one for an SSCC nobody knows."""
    known = find_open_lpn(code)
    if known is None:
        if not (code.isdigit() and len(code) == 18):
            raise NotFound(kind="lpn", text=code)
        return make_lpn(warehouse=order.warehouse_id, at=at, sscc=code).id
    if known.warehouse_id not in (None, order.warehouse_id):
        raise NotFound(kind="lpn", text=code)
    if any(row.bin != bin_ for row in stock.find_balances(lpn=known.id)):
        raise DuplicateValue(field="lpn", value=code)
    return known.id


def _quality_of(item: ItemId, kind: OutputKind) -> Quality:
    """Pending where the item's rule or an inspection plan of its stage says so; a semi-finished item has no rule of itself."""
    rule = rule_of(item)
    is_pending = rule.is_output_pending and (kind is not OutputKind.SEMI_FINISHED or rule.id is not None)
    if not is_pending:
        plan = find_plan(item, None, _stage_of(kind))
        is_pending = plan is not None and plan.item_id is not None
    return Quality.PENDING if is_pending else Quality.RELEASED


def _stage_of(kind: OutputKind) -> Stage:
    return Stage.IN_PROCESS if kind is OutputKind.SEMI_FINISHED else Stage.FINAL


def _weight_made(order: WorkOrder, line: OutputLine, lot: Lot, kind: OutputKind) -> int | None:
    if line.weight is not None:
        return line.weight.millionths
    each: Quantity | None = None
    if order.bom is not None and kind is OutputKind.MAIN:
        each = order.bom.output_weight
    elif order.bom is not None:
        each = next((one.weight for one in order.bom.outputs if one.item_id == lot.item_id), None)
    per_unit = each.millionths if each else _UNIT_WEIGHTS.get(lot.item.base_unit)
    return shares.weight_of(line.quantity.millionths, per_unit) if per_unit else None


def check_loops(used: Iterable[Used], made: Iterable[Made], order: WorkOrder) -> None:
    """A lot is not made of itself: not in one report, and not through the order's own lot."""
    outputs = {one.lot.id: one.lot.number for one in made}
    for one in used:
        if one.source is InputSource.RESIDUE:
            continue
        if one.lot in outputs or (one.source is not InputSource.SCRAP and one.lot == order.lot_id):
            raise LotMakesItself(lot=outputs.get(one.lot) or stock.get_lot(one.lot).number)


# -- post and keep ----------------------------------------------------------------------------------------------------
def outside_bin(warehouse: WarehouseId, kind: BinKind) -> BinId:
    """The bin outside the walls for used-up or scrapped goods; an older warehouse gets one now."""
    found = db.session.execute(
        select(Bin.id).where(Bin.warehouse_id == warehouse, Bin.kind == kind).order_by(Bin.id).limit(1)
    ).scalar()
    if found is not None:
        return BinId(found)
    bin_ = Bin(id=BinId(new_id()), warehouse_id=warehouse, code=kind.value.upper(), kind=kind, is_outside=True)
    db.session.add(bin_)
    db.session.flush()
    return bin_.id


def consume(
    row: ProductionReport, order: WorkOrder, used: Sequence[Used], *, key: str, actor: UserId, at: datetime
) -> None:
    """Take what was used off the books, to the consumed goods."""
    outside = Place(bin=outside_bin(WarehouseId(order.warehouse_id), BinKind.CONSUMED))
    moves = [
        Move(quantity=one.quantity, source=one.key, target=one.key.at(outside), claim=one.claim)
        for one in used
        if one.key is not None
    ]
    if moves:
        row.consume_seq = ledger.post(
            moves, key=f"report-use:{key}"[:100], reason=Reason.CONSUME, document=Document(kind=REPORT, id=row.id),
            actor=actor, at=at, occurred_at=row.ended_at, note=row.number, purpose=purpose_of(order),
        ).seq  # fmt: skip


def scrap(
    row: ProductionReport, order: WorkOrder, operation: WorkOrderOperation, lines: Iterable[InputLine], *, key: str,
    actor: UserId, at: datetime,
) -> list[Used]:  # fmt: skip
    """Take what was lost at the line off the books, to the scrap; of what the report did not use."""
    lost: list[Used] = []
    for line in _gathered(line for line in lines if line.source is InputSource.SCRAP):
        if line.vessel is not None:
            raise FieldErrors(errors={"source": ["not_a_choice"]})
        lost += _from_line(order, operation, line, at=at)
    if lost:
        outside = Place(bin=outside_bin(WarehouseId(order.warehouse_id), BinKind.SCRAP))
        moves = [
            Move(quantity=one.quantity, source=one.key, target=one.key.at(outside), claim=one.claim)
            for one in lost
            if one.key is not None
        ]
        ledger.post(
            moves, key=f"report-scrap:{key}"[:100], reason=Reason.SCRAP, document=Document(kind=REPORT, id=row.id),
            actor=actor, at=at, occurred_at=row.ended_at, note=f"{row.number}: {lost[0].reason}"[:500],
        )  # fmt: skip
    return lost


def _post_outputs(
    row: ProductionReport, order: WorkOrder, made: Sequence[Made], *, key: str, actor: UserId, at: datetime
) -> PostingSeq | None:
    if not made:
        return None
    outside = Place(bin=outside_bin(WarehouseId(order.warehouse_id), BinKind.CONSUMED))
    moves = []
    for one in made:
        target = StockKey(lot=one.lot.id, owner=order.owner_id, place=one.place, quality=one.quality)
        moves.append(Move(quantity=one.quantity, source=target.at(outside), target=target))
    return ledger.post(
        moves, key=f"report-made:{key}"[:100], reason=Reason.OUTPUT, document=Document(kind=REPORT, id=row.id),
        actor=actor, at=at, occurred_at=row.ended_at, note=row.number,
    ).seq  # fmt: skip


def keep_inputs(row: ProductionReport, used: Sequence[Used]) -> None:
    """Write the inputs of a report, a line for each."""
    for n, one in enumerate(used, start=1):
        db.session.add(
            ReportInput(
                id=new_id(), report_id=row.id, line=n, component_id=one.component.id if one.component else None,
                item_id=one.item, lot_id=one.lot, quantity=one.quantity,
                weight=Quantity(one.weight) if one.weight is not None else None, source=one.source, bin_id=one.bin,
                vessel_id=one.vessel, reason=one.reason[:200],
            )
        )  # fmt: skip


def _keep_outputs(row: ProductionReport, made: Sequence[Made]) -> None:
    for n, one in enumerate(made, start=1):
        db.session.add(
            ReportOutput(
                id=new_id(), report_id=row.id, line=n, kind=one.kind, item_id=one.lot.item_id, lot_id=one.lot.id,
                quantity=one.quantity, weight=Quantity(one.weight) if one.weight is not None else None,
                bin_id=one.place.bin, lpn_id=one.place.lpn,
            )
        )  # fmt: skip


def link(row: ProductionReport, order: WorkOrder, used: Sequence[Used], *, actor: UserId, at: datetime) -> None:
    """Tie every output lot of a report to every lot used, with exact shares; and to what clung to a vessel, without a quantity."""
    outputs = list(
        db.session.execute(select(ReportOutput).where(ReportOutput.report_id == row.id).order_by(ReportOutput.line))
        .scalars()
    )  # fmt: skip
    targets = [
        shares.Portion(
            lot=o.lot_id, quantity=o.quantity.millionths, weight=o.weight.millionths if o.weight is not None else None
        )
        for o in outputs
    ]
    sources = [
        shares.Portion(lot=one.lot, quantity=one.quantity.millionths, weight=one.weight)
        for one in used
        if one.source not in (InputSource.SCRAP, InputSource.RESIDUE)
    ]
    kind = LinkKind.REWORK if order.kind is WorkOrderKind.REWORK else LinkKind.PRODUCTION
    seq = row.consume_seq or row.output_seq
    common = {
        "posting_seq": seq, "document_kind": REPORT, "document_id": row.id, "reason": order.number, "made_by": actor,
        "made_at": at,
    }  # fmt: skip
    for one in shares.links(sources, targets):
        db.session.add(
            LotLink(
                id=new_id(), kind=kind, source_lot_id=one.source, target_lot_id=one.target,
                source_quantity=Quantity(one.source_quantity), target_quantity=Quantity(one.target_quantity),
                source_total=Quantity(one.source_total), source_part=one.source_part, source_parts=one.source_parts,
                target_total=Quantity(one.target_total), target_part=one.target_part, target_parts=one.target_parts,
                **common,
            )
        )  # fmt: skip
    linked = {one.lot for one in sources}
    residue = {one.lot for one in used if one.source is InputSource.RESIDUE} - linked
    for lot in sorted(residue):
        for target in sorted({one.lot for one in targets} - {lot}):
            db.session.add(
                LotLink(
                    id=new_id(), kind=LinkKind.RESIDUE, source_lot_id=lot, target_lot_id=target, source_quantity=ZERO,
                    target_quantity=ZERO, **common,
                )
            )  # fmt: skip
    db.session.flush()
    if seq is None or not linked:
        return
    for target, amount in _sums(targets).items():
        emit(
            LotsLinked(
                kind=kind.value, sources=tuple(sorted(LotId(lot) for lot in linked | residue)), target=LotId(target),
                quantity=Quantity(amount), warehouse=WarehouseId(order.warehouse_id), posting=seq,
            ),
            actor=actor,
            at=at,
        )  # fmt: skip


def _sums(portions: Iterable[shares.Portion]) -> dict[int, int]:
    sums: dict[int, int] = {}
    for one in portions:
        sums[one.lot] = sums.get(one.lot, 0) + one.quantity
    return sums


def _inspect(order: WorkOrder, made: Made, *, actor: UserId, at: datetime) -> None:
    """Open the inspection of what was made, where a plan of its stage asks for one."""
    open_for_output(
        warehouse=WarehouseId(order.warehouse_id), stage=_stage_of(made.kind), item=ItemId(made.lot.item_id),
        lot=made.lot.id, quantity=made.quantity, is_pending=made.quality is Quality.PENDING, actor=actor, at=at,
    )  # fmt: skip
