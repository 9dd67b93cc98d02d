"""Whole pallets by one SSCC: what stands on it comes in as announced, plate upon plate, after a look at part of it.

How much is looked at: the supplier's setting, else its standing, else all of it (rules.checks). Which plates: a draw by the
receipt's seed. One difference and the whole of this pallet is looked at; what differs is written down and not taken in.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import select

from wms.catalog.models import Item
from wms.core.errors import BadInput, CheckNeeded, MissingField, NotFound, QuestionNeeded, WrongState
from wms.core.ids import AsnId, ItemId, LpnId, PalletCheckId, ReceiptId, UserId, WarehouseId, new_id
from wms.core.quantity import ZERO, Quantity
from wms.core.states import step
from wms.db import db
from wms.gs1.codes import LotNumber
from wms.gs1.sscc import Sscc
from wms.receiving.models import (
    AsnLine,
    AsnLpn,
    CheckState,
    DifferenceKind,
    PalletCheck,
    PalletCheckUnit,
    Receipt,
    ReceiptDifference,
    UnitState,
)
from wms.receiving.queries import checks as check_queries
from wms.receiving.queries import intake as intake_queries
from wms.receiving.queries.intake import AnnouncedPallet
from wms.receiving.rules import checks, states, tree
from wms.receiving.rules.commands import NoteDifference, ReceiveLine, ReceiveLpn, ScanUnit
from wms.receiving.service.intake import (
    Facts,
    Judged,
    Received,
    expected_on,
    facts_for,
    judge_line,
    plate_of,
    repeat_of,
    take_in,
)
from wms.receiving.service.locks import lock_asn, lock_receipt
from wms.stock import service as stock_service
from wms.stock.models import Capture, Lpn


@dataclass(frozen=True, kw_only=True)
class Looked:
    """What came of a scan while a pallet is looked at: how many are left to scan, or what was taken in with the last one."""

    check: PalletCheckId
    left: int
    received: Received | None = None


# -- taking in --------------------------------------------------------------------------------------------------------
def receive_lpn(cmd: ReceiveLpn, *, actor: UserId, at: datetime) -> Received:
    """Take a whole pallet in as its ASN announces it, with every plate upon it. Once for each `key`.

    Raises NotFound (the SSCC is not on the ASN), CheckNeeded (part of it must be scanned first: open_check, scan_unit),
    MissingField (lot or expiry not announced: scan the goods instead), WrongState (received before), QuestionNeeded
    (children_received_before), and what rules.intake.judge raises.
    """
    receipt = lock_receipt(cmd.receipt, warehouse=cmd.warehouse)
    if before := intake_queries.lines_by_key(cmd.key):
        return repeat_of(before, cmd.key)
    step(states.RECEIPT, receipt.state.value, "receive", subject=receipt.number)
    pallet = _announced(receipt, str(cmd.sscc))
    check = check_queries.find_check(receipt.id, pallet.sscc)
    if check is None:
        _demand_no_check(receipt, pallet)
        return _take(receipt, pallet, cmd, units=None, actor=actor, at=at)
    units = check_queries.units_of(check.id)
    _demand_all_scanned(pallet.sscc, units)
    return _finish(receipt, pallet, check, units, cmd, actor=actor, at=at)


def share_of(receipt: Receipt) -> int:
    """How many percent of a pallet of this receipt's supplier are looked at."""
    supplier = intake_queries.find_partner(receipt.supplier_id)
    if supplier is not None and supplier.check_share_percent is not None:
        return supplier.check_share_percent
    if supplier is None:
        return checks.WHOLE
    return check_queries.share_by_standing(supplier.id)


def _announced(receipt: Receipt, sscc: str) -> AnnouncedPallet:
    pallet = intake_queries.announced_pallet(receipt.asn_id, sscc) if receipt.asn_id is not None else None
    if pallet is None or not pallet.lines:
        raise NotFound(kind="sscc", text=sscc)
    if all(is_done for _, _, is_done in pallet.lines):
        raise WrongState(subject=f"SSCC {sscc}", state="received", event="receive", needed=["expected"])
    return pallet


def open_units(pallet: AnnouncedPallet) -> list[tuple[str, list[AsnLine]]]:
    """The parts of a pallet that are still to come."""
    done = {line.id for line, _, is_done in pallet.lines if is_done}
    return [(code, lines) for code, lines in pallet.units if not all(line.id in done for line in lines)]


def _asked(receipt: Receipt, pallet: AnnouncedPallet, share: int) -> frozenset[str]:
    codes = [code for code, _ in open_units(pallet)]
    if not checks.is_needed(codes, pallet=pallet.sscc, share_percent=share):
        return frozenset()
    return checks.draw(codes, share_percent=share, seed=receipt.check_seed, pallet=pallet.sscc)


def _demand_no_check(receipt: Receipt, pallet: AnnouncedPallet) -> None:
    asked = _asked(receipt, pallet, share_of(receipt))
    if asked:
        raise CheckNeeded(sscc=pallet.sscc, count=len(asked), first=min(asked))


def _demand_all_scanned(sscc: str, units: Sequence[PalletCheckUnit]) -> None:
    waiting = _waiting(units)
    if waiting:
        raise CheckNeeded(sscc=sscc, count=len(waiting), first=waiting[0].code)


def _waiting(units: Sequence[PalletCheckUnit]) -> list[PalletCheckUnit]:
    return [unit for unit in units if unit.is_asked and unit.state is UnitState.WAITING]


def _take(
    receipt: Receipt, pallet: AnnouncedPallet, cmd: ReceiveLpn, *, units: Sequence[PalletCheckUnit] | None, actor: UserId,
    at: datetime,
) -> Received:  # fmt: skip
    """Judge every line that comes in, make the plates as they stand on one another, post all of it at once."""
    wanted = _wanted(pallet, units)
    if not wanted:
        raise WrongState(subject=f"SSCC {pallet.sscc}", state="missing", event="receive", needed=["expected"])
    _ask_about_children(pallet, cmd.answers)
    facts = facts_for(receipt, [item for _, item, _ in wanted])
    judged = _judge_all(facts, wanted, cmd, actor=actor, at=at)
    plates = _make_plates(pallet, {line.sscc or pallet.sscc for line, _, _ in wanted}, facts, cmd, actor=actor, at=at)
    root = plates[pallet.sscc]
    _move_in(units or (), root, receipt)
    placed = [
        replace(one, lpn=plates[line.sscc or pallet.sscc], carried_on=root)
        for one, (line, _, _) in zip(judged, wanted, strict=True)
    ]
    return take_in(placed, facts, key=cmd.key, actor=actor, at=at)


def _wanted(pallet: AnnouncedPallet, units: Sequence[PalletCheckUnit] | None) -> list[tuple[AsnLine, Item, Quantity]]:
    """The lines that come in, each with how much: what is missing or differs stays out, what was counted counts."""
    of_unit = {line.id: code for code, lines in pallet.units for line in lines}
    known = {unit.code: unit for unit in units or ()}
    found = []
    for line, item, is_done in pallet.lines:
        unit = known.get(of_unit[line.id])
        if is_done or (unit is not None and unit.state in (UnitState.MISSING, UnitState.DIFFERS)):
            continue
        counted = unit.found_quantity if unit is not None else None
        found.append((line, item, line.quantity if counted is None else counted))
    return found


def _judge_all(
    facts: Facts, wanted: Sequence[tuple[AsnLine, Item, Quantity]], cmd: ReceiveLpn, *, actor: UserId, at: datetime
) -> list[Judged]:
    capture = Capture.RFID if cmd.by_rfid else Capture.SCAN
    expected = expected_on(facts.receipt)
    judged = []
    for line, item, quantity in wanted:
        goes_by_best_before = item.date_basis.value == "best_before"
        as_scanned = ReceiveLine(
            warehouse=cmd.warehouse,
            receipt=cmd.receipt,
            item=item.id,
            quantity=quantity,
            key=cmd.key,
            lot=LotNumber.parse(line.lot_number) if line.lot_number else None,
            expires_on=None if goes_by_best_before else line.expires_on,
            best_before_on=line.expires_on if goes_by_best_before else None,
            manufactured_on=line.manufactured_on,
            raw_scan=cmd.raw_scan,
            answers=cmd.answers,
        )
        judged.append(judge_line(facts, item, as_scanned, capture, expected, actor=actor, at=at, asn_line=line.id))
        expected = [replace(e, received=e.received + quantity) if e.line_id == line.id else e for e in expected or ()]
    return judged


def _ask_about_children(pallet: AnnouncedPallet, answers: frozenset[str]) -> None:
    """Plates of this pallet that came in before by themselves are put onto it on a yes only."""
    done = sorted(
        {line.sscc for line, _, is_done in pallet.lines if is_done and line.sscc and line.sscc != pallet.sscc}
    )
    if done and "children_received_before" not in answers:
        raise QuestionNeeded(question="children_received_before", sscc=pallet.sscc, first=done[0], count=len(done))


def _make_plates(
    pallet: AnnouncedPallet, with_goods: set[str], facts: Facts, cmd: ReceiveLpn, *, actor: UserId, at: datetime
) -> dict[str, LpnId]:
    """Make each plate that goods stand on and those it stands upon, ground first; a plate that is here is put in its place."""
    upwards = {node.sscc: node.parent for node in pallet.nodes}
    needed = {pallet.sscc}
    for sscc in with_goods:
        while sscc and sscc not in needed:
            needed.add(sscc)
            sscc = upwards.get(sscc, "") if sscc != pallet.sscc else ""
    ids: dict[str, LpnId] = {}
    for node in pallet.nodes:
        known = stock_service.find_open_lpn(node.sscc)
        if node.sscc not in needed and known is None:
            continue
        parent = ids.get(node.parent) if node.sscc != pallet.sscc else _standing_parent(pallet, facts.receipt)
        ids[node.sscc] = plate_of(node.sscc, facts, answers=cmd.answers, actor=actor, at=at, parent=parent)
        if known is not None and parent is not None:
            known.parent_id = parent
    return ids


def _standing_parent(pallet: AnnouncedPallet, receipt: Receipt) -> LpnId | None:
    """The plate under the scanned one, when that one is here already: a case comes after its pallet."""
    under = pallet.nodes[0].parent
    found = stock_service.find_open_lpn(under) if under else None
    if found is None or not intake_queries.is_lpn_of_receipt(found.id, receipt.id):
        return None
    return None if intake_queries.lpn_stands_elsewhere(found.id, receipt.dock_bin_id) else found.id


def _move_in(units: Iterable[PalletCheckUnit], root: LpnId, receipt: Receipt) -> None:
    """Put plates that were found on this pallet, and had come in before, onto it."""
    for unit in units:
        if unit.state is not UnitState.MOVED_IN:
            continue
        plate = stock_service.find_open_lpn(unit.code)
        if plate is not None and plate.id != root:
            plate.parent_id = root


# -- looking at it ----------------------------------------------------------------------------------------------------
def open_check(receipt: ReceiptId, sscc: str, *, warehouse: WarehouseId, actor: UserId, at: datetime) -> PalletCheckId:
    """Begin to look at a pallet, or go on with it: its parts are listed and those to scan are drawn by the receipt's seed.

    Raises NotFound, WrongState (received before, closed).
    """
    row = lock_receipt(receipt, warehouse=warehouse)
    step(states.RECEIPT, row.state.value, "receive", subject=row.number)
    pallet = _announced(row, sscc)
    known = check_queries.find_check(row.id, sscc)
    if known is not None:
        return known.id
    share = share_of(row)
    asked = _asked(row, pallet, share)
    identity = PalletCheckId(new_id())
    db.session.add(
        PalletCheck(
            id=identity, receipt_id=row.id, sscc=sscc, share_percent=share, state=CheckState.OPEN, opened_by=actor,
            opened_at=at,
        )
    )  # fmt: skip
    db.session.flush()
    for place, (code, lines) in enumerate(open_units(pallet)):
        _add_unit(identity, place, code, lines, is_asked=code in asked)
    db.session.flush()
    return identity


def scan_unit(cmd: ScanUnit, *, actor: UserId, at: datetime) -> Looked:
    """A plate (or a goods label) of the pallet was scanned. With the last one that is asked, the pallet is taken in.

    Raises NotFound, CheckNeeded (the pallet itself was scanned and parts wait), WrongState, QuestionNeeded: extra_child,
    child_elsewhere, other_lot_on_pallet, and what receive_lpn raises with the last one.
    """
    receipt, check, pallet, repeated = _at_work(cmd.check, cmd.warehouse, cmd.key)
    if repeated is not None:
        return repeated
    units = check_queries.units_of(check.id)
    if cmd.sscc is not None and str(cmd.sscc) == pallet.sscc:
        _demand_all_scanned(pallet.sscc, units)
    elif cmd.sscc is not None:
        _scan_plate(str(cmd.sscc), receipt, check, pallet, units, cmd, actor=actor, at=at)
    elif cmd.item is not None:
        _scan_goods(cmd.item, cmd.lot, receipt, check, pallet, units, cmd, actor=actor, at=at)
    else:
        raise BadInput()
    return _go_on(receipt, check, cmd.key, cmd.raw_scan, cmd.answers, actor=actor, at=at)


def note_difference(cmd: NoteDifference, *, actor: UserId, at: datetime) -> Looked:
    """A part of the pallet is missing, is another lot, or another quantity: written down, and all of the pallet is looked at.

    A part with another quantity comes in as counted; a missing one or another lot stays out, and what really stands there is
    scanned onto its plate. Raises NotFound, BadInput, MissingField (quantity), WrongState.
    """
    receipt, check, pallet, repeated = _at_work(cmd.check, cmd.warehouse, cmd.key)
    if repeated is not None:
        return repeated
    units = check_queries.units_of(check.id)
    unit = next((one for one in units if one.code == cmd.code), None)
    lines = dict(pallet.units).get(cmd.code, [])
    if unit is None or not lines:
        raise NotFound(kind="lpn", text=cmd.code)
    kind = DifferenceKind(cmd.kind)
    if kind is DifferenceKind.OTHER_QUANTITY:
        if cmd.quantity is None or cmd.quantity <= ZERO or len(lines) > 1:
            raise MissingField(field="quantity")
        unit.found_quantity, unit.state = cmd.quantity, UnitState.FOUND
    elif kind is DifferenceKind.MISSING:
        unit.state = UnitState.MISSING
    elif kind is DifferenceKind.OTHER_LOT:
        unit.state = UnitState.DIFFERS
    else:
        raise BadInput()
    unit.found_by, unit.found_at = actor, at
    for line in lines:
        _note(receipt, check, kind, cmd.code, line, actor=actor, at=at, lot=cmd.lot, quantity=cmd.quantity)
    _raise_share(check, units)
    return _go_on(receipt, check, cmd.key, "", cmd.answers, actor=actor, at=at)


def _at_work(
    check: PalletCheckId, warehouse: WarehouseId, key: str
) -> tuple[Receipt, PalletCheck, AnnouncedPallet, Looked | None]:
    """Lock the receipt, then look at the check: what the last scan took in is answered again to its repeat."""
    found = check_queries.get_check(check, warehouse=warehouse)
    receipt = lock_receipt(found.receipt_id, warehouse=warehouse)
    row = check_queries.get_check(check, warehouse=warehouse)
    before = intake_queries.lines_by_key(key)
    repeated = Looked(check=row.id, left=0, received=repeat_of(before, key)) if before else None
    if repeated is None:
        step(states.RECEIPT, receipt.state.value, "receive", subject=receipt.number)
        if row.state is CheckState.DONE:
            raise WrongState(subject=f"SSCC {row.sscc}", state="received", event="receive", needed=["expected"])
    pallet = intake_queries.announced_pallet(receipt.asn_id, row.sscc) if receipt.asn_id is not None else None
    if pallet is None:
        raise NotFound(kind="sscc", text=row.sscc)
    return receipt, row, pallet, repeated


def _scan_plate(sscc: str, receipt: Receipt, check: PalletCheck, pallet: AnnouncedPallet, units: Sequence[PalletCheckUnit],
                cmd: ScanUnit, *, actor: UserId, at: datetime) -> None:  # fmt: skip
    unit = next((one for one in units if one.code == sscc), None)
    if unit is not None:
        if unit.state in (UnitState.WAITING, UnitState.MISSING):
            unit.state = UnitState.FOUND
            unit.found_by, unit.found_at = actor, at
        return
    if sscc in {node.sscc for node in pallet.nodes}:  # a case whose inners are asked: it is no part by itself
        _demand_all_scanned(pallet.sscc, units)
        return
    if receipt.asn_id is not None and _move_announced(sscc, receipt, check, pallet, cmd, actor=actor, at=at):
        return
    standing = stock_service.find_open_lpn(sscc)
    if standing is not None:
        _move_standing(standing, receipt, check, units, cmd, actor=actor, at=at)
        return
    if "extra_child" not in cmd.answers:
        raise QuestionNeeded(question="extra_child", scanned=sscc, needed=pallet.sscc)
    _add_found(check, units, sscc, UnitState.EXTRA, actor=actor, at=at)
    _note(receipt, check, DifferenceKind.EXTRA_LPN, sscc, None, actor=actor, at=at)
    _raise_share(check, check_queries.units_of(check.id))


def _move_announced(sscc: str, receipt: Receipt, check: PalletCheck, pallet: AnnouncedPallet, cmd: ScanUnit, *,
                    actor: UserId, at: datetime) -> bool:  # fmt: skip
    """A plate that the notice puts elsewhere is put onto this pallet, on a yes; False when it is not on the notice."""
    asn = lock_asn(AsnId(receipt.asn_id or 0))
    nodes = intake_queries.nodes_of_asn(asn.id)
    node = next((one for one in nodes if one.sscc == sscc), None)
    other = intake_queries.announced_pallet(asn.id, sscc) if node is not None else None
    if node is None or other is None or all(is_done for _, _, is_done in other.lines):
        return False
    if "child_elsewhere" not in cmd.answers:
        raise QuestionNeeded(
            question="child_elsewhere", scanned=sscc, known=node.parent or "–", needed=pallet.sscc
        )  # fmt: skip
    if tree.would_turn(nodes, sscc=sscc, onto=pallet.sscc):
        raise WrongState(subject=f"SSCC {sscc}", state="under_it", event="receive", needed=["expected"])
    _put_under(asn.id, nodes, sscc, pallet.sscc)
    start = len(check_queries.units_of(check.id))
    for place, (code, lines) in enumerate(open_units(other)):
        unit = _add_unit(check.id, start + place, code, lines, is_asked=True)
        unit.state = UnitState.FOUND if code == sscc else UnitState.WAITING
        unit.found_by, unit.found_at = actor, at
    _note(receipt, check, DifferenceKind.MOVED_LPN, sscc, None, actor=actor, at=at)
    db.session.flush()
    _raise_share(check, check_queries.units_of(check.id))
    return True


def _put_under(asn: AsnId, nodes: Sequence[tree.Node], sscc: str, root: str) -> None:
    """Hang a plate of the notice, with all upon it, under another; the walk is told anew, so that it stays one."""
    plates = [tree.Plate(sscc=node.sscc, parent=root if node.sscc == sscc else node.parent) for node in nodes]
    rows = {row.sscc: row for row in db.session.execute(select(AsnLpn).where(AsnLpn.asn_id == asn)).scalars()}
    for place, node in enumerate(tree.grow(plates)):
        row = rows[node.sscc]
        row.position, row.depth = place, node.depth
        row.parent_id = rows[node.parent].id if node.parent else None
    db.session.flush()


def _move_standing(plate: Lpn, receipt: Receipt, check: PalletCheck, units: Sequence[PalletCheckUnit], cmd: ScanUnit, *,
                   actor: UserId, at: datetime) -> None:  # fmt: skip
    """A plate that came in before, and stands at this dock, is put onto this pallet, on a yes."""
    ours = intake_queries.is_lpn_of_receipt(plate.id, receipt.id)
    if not ours or intake_queries.lpn_stands_elsewhere(plate.id, receipt.dock_bin_id):
        raise WrongState(subject=f"LPN {plate.code}", state="in_stock", event="receive", needed=["expected"])
    if "child_elsewhere" not in cmd.answers:
        under = db.session.get(Lpn, plate.parent_id) if plate.parent_id is not None else None
        raise QuestionNeeded(
            question="child_elsewhere", scanned=plate.code, known=under.code if under else "–", needed=check.sscc
        )
    _add_found(check, units, plate.code, UnitState.MOVED_IN, actor=actor, at=at)
    _note(receipt, check, DifferenceKind.MOVED_LPN, plate.code, None, actor=actor, at=at)
    _raise_share(check, check_queries.units_of(check.id))


def _scan_goods(item: ItemId, lot: LotNumber | None, receipt: Receipt, check: PalletCheck, pallet: AnnouncedPallet,
                units: Sequence[PalletCheckUnit], cmd: ScanUnit, *, actor: UserId, at: datetime) -> None:  # fmt: skip
    """A label of goods: the line it names is found; another lot of the item is a difference, on a yes."""
    lines = {code: group[0] for code, group in pallet.units if len(group) == 1}
    open_ = [(unit, lines[unit.code]) for unit in units if unit.code in lines and unit.state is UnitState.WAITING]
    of_item = [(unit, line) for unit, line in open_ if line.item_id == item]
    if not of_item:
        known = {line.item_id for group in dict(pallet.units).values() for line in group}
        if item in known:
            _demand_all_scanned(pallet.sscc, units)
            return
        raise NotFound(kind="item", text=str(cmd.raw_scan)[:40])
    same = next(((unit, line) for unit, line in of_item if not line.lot_number or line.lot_number == str(lot)), None)
    if same is not None:
        unit = same[0]
        unit.state = UnitState.FOUND
    else:
        unit, line = of_item[0]
        if "other_lot_on_pallet" not in cmd.answers:
            raise QuestionNeeded(question="other_lot_on_pallet", needed=line.lot_number, scanned=str(lot or "–"))
        unit.state = UnitState.DIFFERS
        _note(receipt, check, DifferenceKind.OTHER_LOT, unit.code, line, actor=actor, at=at, lot=lot)
        _raise_share(check, units)
    unit.found_by, unit.found_at = actor, at


def _go_on(receipt: Receipt, check: PalletCheck, key: str, raw_scan: str, answers: frozenset[str], *, actor: UserId,
           at: datetime) -> Looked:  # fmt: skip
    """Say how many are left, or take the pallet in with the last one."""
    db.session.flush()
    units = check_queries.units_of(check.id)
    left = len(_waiting(units))
    if left:
        return Looked(check=check.id, left=left)
    pallet = _announced(receipt, check.sscc)
    cmd = ReceiveLpn(
        warehouse=receipt.warehouse_id, receipt=ReceiptId(receipt.id), sscc=Sscc.parse(check.sscc), key=key,
        raw_scan=raw_scan, answers=answers,
    )  # fmt: skip
    received = _finish(receipt, pallet, check, units, cmd, actor=actor, at=at)
    return Looked(check=check.id, left=0, received=received)


def _finish(receipt: Receipt, pallet: AnnouncedPallet, check: PalletCheck, units: Sequence[PalletCheckUnit],
            cmd: ReceiveLpn, *, actor: UserId, at: datetime) -> Received:  # fmt: skip
    received = _take(receipt, pallet, cmd, units=units, actor=actor, at=at)
    check.state, check.closed_at = CheckState.DONE, at
    return received


# -- small ones -------------------------------------------------------------------------------------------------------
def _add_unit(
    check: PalletCheckId, place: int, code: str, lines: Sequence[AsnLine], *, is_asked: bool
) -> PalletCheckUnit:
    unit = PalletCheckUnit(
        id=new_id(), check_id=check, position=place, code=code, asn_line_id=lines[0].id if len(lines) == 1 else None,
        is_asked=is_asked, state=UnitState.WAITING,
    )  # fmt: skip
    db.session.add(unit)
    return unit


def _add_found(
    check: PalletCheck, units: Sequence[PalletCheckUnit], code: str, state: UnitState, *, actor: UserId, at: datetime
) -> None:
    unit = _add_unit(check.id, len(units), code, (), is_asked=True)
    unit.state, unit.found_by, unit.found_at = state, actor, at
    db.session.flush()


def _raise_share(check: PalletCheck, units: Sequence[PalletCheckUnit]) -> None:
    """One difference, and all of this pallet is looked at."""
    check.is_raised = True
    for unit in units:
        unit.is_asked = True


def _note(receipt: Receipt, check: PalletCheck, kind: DifferenceKind, code: str, line: AsnLine | None, *, actor: UserId,
          at: datetime, lot: LotNumber | None = None, quantity: Quantity | None = None) -> None:  # fmt: skip
    db.session.add(
        ReceiptDifference(
            id=new_id(), receipt_id=receipt.id, kind=kind, sscc=check.sscc, code=code,
            item_id=line.item_id if line is not None else None, announced_lot=line.lot_number if line is not None else "",
            found_lot=str(lot) if lot is not None else "", announced_quantity=line.quantity if line is not None else None,
            found_quantity=quantity, noted_by=actor, noted_at=at,
        )
    )  # fmt: skip
