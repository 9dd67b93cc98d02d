"""Rows of lots with opening stock: lots are made known, and their goods posted into their bins through the ledger."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final

from sqlalchemy import func, select

from wms.catalog.models import DateBasis
from wms.core.errors import BadCode
from wms.core.ids import LOOSE, BinId, ItemId, LotId, LpnId
from wms.core.quantity import ZERO, Quantity
from wms.counting.queries import adjustment_bin
from wms.db import db
from wms.gs1.checksums import has_valid_check_digit, is_digits
from wms.gs1.codes import LotNumber
from wms.gs1.dates import last_day_of_life
from wms.imports.models import ImportMark
from wms.imports.rules.values import Written
from wms.imports.service.applying import Applying, identity_of, mark, mark_anew
from wms.imports.service.drafts import Draft, Frame, Refuse, base_quantity
from wms.imports.service.known import Bins, Items, KnownBin, KnownItem, Lots, Partners, marks_of, parts, squeeze_lot
from wms.stock import ledger
from wms.stock import queries as stock
from wms.stock.ledger import Document, Move, Place, Quality, Reason, StockKey
from wms.stock.models import Capture, DatePrecision, Lot, Lpn
from wms.stock.rules.availability import NEVER
from wms.stock.rules.state import kinds_for, states_of
from wms.stock.service import NewLot, create_lots, deciding_day, make_lpn

#: So many moves make one posting: locks are held and refusals told for as many together.
MOVES_AT_ONCE: Final = 500


@dataclass
class LotPlan:
    """What a row does: a lot to make known (or a known one), and a quantity to post into a place."""

    item: ItemId
    number: str
    new: NewLot | None
    bin: KnownBin | None = None
    sscc: str = ""
    quality: Quality = Quality.RELEASED
    quantity: Quantity = ZERO
    received_on: date | None = None
    identity: str = ""
    known: ImportMark | None = None
    lot: LotId | None = None


class _Ground:
    """What all rows are judged against."""

    def __init__(self, frame: Frame, drafts: Sequence[Draft]) -> None:
        self.frame = frame
        self.items = Items(drafts, "sku")
        self.partners = Partners(drafts, "supplier", "maker")
        self.bins = Bins(frame.warehouse, drafts, "bin")
        self.lots = Lots([(i.id, d.get("lot")) for d in drafts if (i := _quietly(self.items, d)) is not None])
        self.standing = _standing(self.lots, self.bins)
        self.marks = marks_of("lots", _identities(self, drafts))
        #: Lots that rows of this file make, and how they looked when first seen; and numbers that look alike.
        self.made: dict[tuple[ItemId, str], tuple[int, NewLot]] = {}
        self.looks: dict[tuple[ItemId, str], tuple[int, str]] = {}
        self.seen: Counter[str] = Counter()
        self.first_rows: dict[str, int] = {}


def _quietly(items: Items, draft: Draft, field_name: str = "sku") -> KnownItem | None:
    try:
        return items.of(draft, field_name)
    except Refuse:
        return None


def _standing(lots: Lots, bins: Bins) -> dict[tuple[LotId, BinId], Quantity]:
    """What stands of the known lots in the bins that the file names."""
    found: dict[tuple[LotId, BinId], Quantity] = {}
    named = {one.id for one in bins.by_code.values()}
    for part in parts(lot.id for lot in lots.exact.values()):
        for row in stock.find_balances(lots=part):
            if row.bin in named:
                found[row.lot, row.bin] = found.get((row.lot, row.bin), ZERO) + row.on_hand
    return found


def _key(ground: _Ground, draft: Draft, item: KnownItem | None) -> str:
    """What tells a row: document, item, lot, bin, plate, quality."""
    return identity_of(
        ground.frame.warehouse, draft.get("document") or "", item.sku if item else "", draft.get("lot"),
        draft.get("bin") or "", draft.get("lpn") or "", draft.get("quality") or "",
    )  # fmt: skip


def _identities(ground: _Ground, drafts: Sequence[Draft]) -> list[str]:
    counted: Counter[str] = Counter()
    found = []
    for draft in drafts:
        key = _key(ground, draft, _quietly(ground.items, draft))
        counted[key] += 1
        found.append(_nth(key, counted[key]))
    return found


def _nth(key: str, count: int) -> str:
    return key if count == 1 else identity_of(key, count)


# -- judging ----------------------------------------------------------------------------------------------------------
def judge_lots(frame: Frame, drafts: Sequence[Draft]) -> None:
    """Judge rows of lots against items, bins, lots and stock that are known, and against one another."""
    open_drafts = [d for d in drafts if not d.verdict]
    ground = _Ground(frame, open_drafts)
    for draft in open_drafts:
        try:
            _judge(draft, ground)
        except Refuse as no:
            draft.refuse(no.reason, **no.facts)
        else:
            draft.settle()


def _judge(draft: Draft, ground: _Ground) -> None:
    item = ground.items.of(draft)
    draft.said["sku"] = item.sku
    key = _key(ground, draft, item)
    ground.seen[key] += 1
    if ground.seen[key] > 1 and draft.get("quantity"):
        draft.ask("twice_in_file_too", row=ground.first_rows[key])
    ground.first_rows.setdefault(key, draft.row)
    plan = plan_lot(draft, item, ground.lots, ground.partners, ground.made, ground.looks)
    plan.identity = _nth(key, ground.seen[key])
    if not draft.get("quantity"):
        if draft.get("bin"):
            raise Refuse("field_missing", field="quantity")
        draft.reason, draft.plan = ("new" if plan.new else "same"), (plan if plan.new else None)
        return
    if not draft.get("bin"):
        raise Refuse("field_missing", field="bin")
    plan.quantity = base_quantity(
        draft, draft.get("quantity"), draft.get("unit"), ground.frame.hints.get("quantity", ""), item
    )
    draft.said |= {"quantity": str(plan.quantity), "unit": item.base_unit}
    plan.bin = _bin(draft, ground)
    plan.quality = _quality(draft, item, ground.frame)
    plan.received_on = draft.get("received_on").on if draft.get("received_on") else None
    plan.sscc = _sscc(draft)
    _judge_quantity(draft, plan, item, ground)


def plan_lot(
    draft: Draft, item: KnownItem, lots: Lots, partners: Partners, made: dict[tuple[ItemId, str], tuple[int, NewLot]],
    looks: dict[tuple[ItemId, str], tuple[int, str]], *, needs_day: bool = True, field_name: str = "lot",
) -> LotPlan:  # fmt: skip
    """Say which lot a row means: a known one, one that a row above makes, or a new one."""
    text = draft.get(field_name)
    try:
        number = LotNumber.parse(text).value
    except BadCode:
        raise Refuse("lot_form", text=text) from None
    known = lots.exact.get((item.id, number))
    new = _new_lot(draft, item, number, partners)
    if known is not None:
        _compare(number, new, known.expires_on, known.best_before_on, known.manufactured_on, row=0)
        return LotPlan(item.id, number, None, lot=known.id)
    above = made.get((item.id, number))
    if above is not None:
        _compare(number, new, above[1].expires_on, above[1].best_before_on, above[1].manufactured_on, row=above[0])
        return LotPlan(item.id, number, above[1])
    like = lots.looks_like(item.id, number)
    look = looks.setdefault((item.id, squeeze_lot(number)), (draft.row, number))
    if like or look[1] != number:
        draft.ask("lot_near", came=number, known=like or look[1])
    if needs_day:
        new = _with_day(draft, item, new)
    made[item.id, number] = (draft.row, new)
    return LotPlan(item.id, number, new)


def _new_lot(draft: Draft, item: KnownItem, number: str, partners: Partners) -> NewLot:
    expiry: Written | None = draft.get("expires_on")
    best: Written | None = draft.get("best_before_on")
    made: Written | None = draft.get("manufactured_on")
    received: Written | None = draft.get("received_on")
    deciding = best if item.date_basis is DateBasis.BEST_BEFORE and best else expiry or best
    supplier, maker = partners.of(draft, "supplier"), partners.of(draft, "maker")
    if made and deciding and made.on > deciding.on:
        raise Refuse("days_crossed", made=made.on.isoformat(), expires=deciding.on.isoformat())
    return NewLot(
        item=item.id, number=number, expires_on=expiry.on if expiry else None, best_before_on=best.on if best else None,
        manufactured_on=made.on if made else None, received_on=received.on if received else None,
        supplier=supplier.id if supplier else None, maker=maker.id if maker else None,
        maker_lot=draft.get("maker_lot") or "", captured_by=Capture.IMPORT, country=draft.get("country") or "",
        expiry_precision=DatePrecision.MONTH if deciding and deciding.is_month else DatePrecision.DAY,
        expiry_text=deciding.on.strftime("%Y-%m") if deciding and deciding.is_month else "",
    )  # fmt: skip


def _compare(
    number: str, came: NewLot, expires_on: date | None, best_before_on: date | None, made_on: date | None, *, row: int
) -> None:
    """Another day of a lot that is known, or stands above, is refused; a day that is not said contradicts nothing."""
    for name, known, said in (
        ("expires_on", expires_on, came.expires_on),
        ("best_before_on", best_before_on, came.best_before_on),
        ("manufactured_on", made_on, came.manufactured_on),
    ):
        if said is not None and known is not None and said != known:
            facts = {"lot": number, "field": name, "known": known.isoformat(), "came": said.isoformat()}
            raise Refuse("lot_differs_in_file" if row else "lot_differs", **facts, **({"row": row} if row else {}))


def _with_day(draft: Draft, item: KnownItem, new: NewLot) -> NewLot:
    """A lot whose item goes by a day needs one; from the day of making and the shelf life it is proposed, never taken."""
    if item.date_basis is DateBasis.NONE or new.expires_on or new.best_before_on:
        return new
    if new.manufactured_on is None or not item.shelf_life_days:
        raise Refuse("no_day", lot=new.number, basis=item.date_basis.value)
    last = last_day_of_life(new.manufactured_on, days=item.shelf_life_days)
    draft.ask(
        "day_computed", made=new.manufactured_on.isoformat(), days=item.shelf_life_days, last=last.isoformat()
    )  # fmt: skip
    if item.date_basis is DateBasis.BEST_BEFORE:
        draft.said["best_before_on"] = last.isoformat()
        return replace(new, best_before_on=last)
    draft.said["expires_on"] = last.isoformat()
    return replace(new, expires_on=last)


def _bin(draft: Draft, ground: _Ground) -> KnownBin:
    code = draft.get("bin")
    found = ground.bins.by_code.get(code)
    if found is None:
        raise Refuse("bin_unknown", text=code, like=ground.bins.like(code))
    if found.is_outside:
        raise Refuse("bin_outside", text=code)
    if found.is_blocked:
        raise Refuse("bin_is_blocked", text=code)
    return found


def _quality(draft: Draft, item: KnownItem, frame: Frame) -> Quality:
    """What the file says; goods that wait for quality come in pending unless the one who brings them may release."""
    said = draft.get("quality")
    if item.is_inspected and (said is None or (said == "released" and not frame.may_release)):
        if said == "released":
            draft.ask("comes_in_pending", text=item.sku)
        draft.said["quality"] = "pending"
        return Quality.PENDING
    draft.said["quality"] = said or "released"
    return Quality(said or "released")


def _sscc(draft: Draft) -> str:
    code = draft.get("lpn") or ""
    if code and not (len(code) == 18 and is_digits(code) and has_valid_check_digit(code)):
        raise Refuse("sscc_form", text=code)
    return str(code)


def _judge_quantity(draft: Draft, plan: LotPlan, item: KnownItem, ground: _Ground) -> None:
    known = ground.marks.get(plan.identity)
    assert plan.bin is not None
    if known is not None:
        if known.quantity == plan.quantity:
            draft.reason, draft.plan = "same", None
            return
        draft.ask("other_quantity", known=str(known.quantity), came=str(plan.quantity), unit=item.base_unit)
        plan.known, draft.reason, draft.plan = known, "quantity_changed", plan
        return
    if not plan.quantity:
        draft.reason, draft.plan = ("new" if plan.new else "same"), (plan if plan.new else None)
        return
    there = ground.standing.get((plan.lot, plan.bin.id), ZERO) if plan.lot is not None else ZERO
    if there:
        draft.ask("stock_there", known=str(there), came=str(plan.quantity), unit=item.base_unit, bin=plan.bin.code)
    last = NEVER
    if plan.new is not None:
        last = deciding_day(item.date_basis, expires_on=plan.new.expires_on, best_before_on=plan.new.best_before_on)
    states = states_of(
        quality=plan.quality.value, is_held=False, last_good_on=last, on=ground.frame.today,
        usable_on_last_day=item.usable_on_expiry_day,
    )  # fmt: skip
    if plan.bin.kind not in kinds_for(states, source_kind="dock"):
        draft.ask("bin_odd", bin=plan.bin.code, kind=plan.bin.kind, states=[state.value for state in states])
    draft.reason, draft.plan = "new", plan


# -- applying ---------------------------------------------------------------------------------------------------------
def apply_lots(frame: Frame, drafts: Sequence[Draft], applying: Applying) -> None:
    """Make the lots of accepted rows known and post their goods."""
    plans = [(d.row, d.plan) for d in drafts if d.plan is not None]
    ids = make_lots([plan for _, plan in plans], applying)
    plates = _plates(frame, [plan.sscc for _, plan in plans if plan.sscc], applying)
    outside = Place(bin=adjustment_bin(frame.warehouse))
    moves: list[Move] = []
    for _, plan in plans:
        if plan.bin is not None and (move := _move(plan, ids, plates, outside)) is not None:
            moves.append(move)
    for start in range(0, len(moves), MOVES_AT_ONCE):
        ledger.post(
            moves[start : start + MOVES_AT_ONCE], key=f"import:{applying.run}:{plans[0][0]}:{start}",
            reason=Reason.COUNT, document=Document(kind="import_run", id=applying.run), actor=applying.actor,
            at=applying.at, note="opening stock",
        )  # fmt: skip
    fresh = [(p.identity, p.quantity, row) for row, p in plans if p.bin is not None and p.known is None and p.quantity]
    mark("lots", fresh, applying)
    for row, plan in plans:
        if plan.known is not None:
            mark_anew(plan.known, plan.quantity, row, applying)


def make_lots(plans: Sequence[LotPlan], applying: Applying) -> dict[tuple[ItemId, str], LotId]:
    """Make what is new known, once each; the ids of all lots of the plans."""
    new = {(plan.item, plan.number): plan.new for plan in plans if plan.new is not None}
    known = _there(new)
    made = create_lots(
        [lot for key, lot in new.items() if key not in known], actor=applying.actor, at=applying.at
    )  # fmt: skip
    ids = {(plan.item, plan.number): plan.lot for plan in plans if plan.lot is not None}
    return known | {(lot.item_id, lot.number): lot.id for lot in made} | ids


def _there(new: dict[tuple[ItemId, str], Any]) -> dict[tuple[ItemId, str], LotId]:
    """Lots that rows of this file made before, in a chunk above."""
    found: dict[tuple[ItemId, str], LotId] = {}
    keys = list(new)
    for start in range(0, len(keys), 500):
        part = keys[start : start + 500]
        rows = select(Lot.id, Lot.item_id, Lot.number).where(
            Lot.item_id.in_({item for item, _ in part}), Lot.number.in_({number for _, number in part})
        )
        found |= {(r.item_id, r.number): r.id for r in db.session.execute(rows) if (r.item_id, r.number) in new}
    return found


def _plates(frame: Frame, ssccs: Sequence[str], applying: Applying) -> dict[str, LpnId]:
    """The open plates of these codes; what is not there is made."""
    plates: dict[str, LpnId] = {}
    for part in parts(ssccs):
        rows = select(Lpn.code, Lpn.id).where(Lpn.code.in_(part), Lpn.is_open, func.coalesce(Lpn.warehouse_id, 0) == frame.warehouse)  # fmt: skip
        plates |= {row.code: row.id for row in db.session.execute(rows)}
    for code in dict.fromkeys(ssccs):
        if code not in plates:
            plates[code] = make_lpn(warehouse=frame.warehouse, at=applying.at, sscc=code).id
    return plates


def _move(plan: LotPlan, ids: dict[tuple[ItemId, str], LotId], plates: dict[str, LpnId], outside: Place) -> Move | None:
    assert plan.bin is not None
    before = plan.known.quantity if plan.known is not None else ZERO
    if plan.quantity == before:
        return None
    place = Place(bin=plan.bin.id, lpn=plates.get(plan.sscc, LOOSE))
    key = StockKey(lot=ids[plan.item, plan.number], place=place, quality=plan.quality)
    if plan.quantity > before:
        return Move(
            quantity=plan.quantity - before, source=key.at(outside), target=key, received_on=plan.received_on
        )  # fmt: skip
    return Move(quantity=before - plan.quantity, source=key, target=key.at(outside))
