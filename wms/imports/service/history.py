"""Rows of what happened before this system: past receipts, consumption and shipments, as genealogy without moves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from wms.core.ids import ItemId, PartnerId
from wms.core.quantity import Quantity
from wms.imports.models import ImportMark
from wms.imports.service.applying import Applying, identity_of, mark, mark_anew
from wms.imports.service.drafts import Draft, Frame, Refuse, base_quantity
from wms.imports.service.known import Items, KnownItem, Lots, Partners, marks_of
from wms.imports.service.lots import LotPlan, make_lots, plan_lot
from wms.stock.models import PastKind
from wms.stock.past import PastEvent, record_past
from wms.stock.service import NewLot

_PARTNER_FIELD = {PastKind.RECEIPT: "supplier", PastKind.SHIPMENT: "customer"}


@dataclass
class PastPlan:
    """What a row does: its lots, made known where they are new, and the event."""

    kind: PastKind
    lot: LotPlan
    output: LotPlan | None
    partner: PartnerId | None
    quantity: Quantity
    output_quantity: Quantity | None
    identity: str
    known: ImportMark | None = None


class _Ground:
    def __init__(self, frame: Frame, drafts: Sequence[Draft]) -> None:
        self.frame = frame
        self.items = Items(drafts, "sku", "output_sku")
        self.partners = Partners(drafts, "partner", "supplier", "customer")
        wanted = []
        for draft in drafts:
            for lot, sku in (("lot", "sku"), ("output_lot", "output_sku")):
                item = _quietly(self.items, draft, sku if draft.get(sku) or sku == "sku" else "sku")
                if draft.get(lot) and item is not None:
                    wanted.append((item.id, str(draft.get(lot))))
        self.lots = Lots(wanted)
        self.made: dict[tuple[ItemId, str], tuple[int, NewLot]] = {}
        self.looks: dict[tuple[ItemId, str], tuple[int, str]] = {}
        self.seen: Counter[str] = Counter()
        self.first_rows: dict[str, int] = {}
        counted: Counter[str] = Counter()
        identities = []
        for draft in drafts:
            key = _key(draft)
            counted[key] += 1
            identities.append(identity_of(key, counted[key]))
        self.marks: dict[str, ImportMark] = marks_of("history", identities)


def _quietly(items: Items, draft: Draft, field_name: str) -> KnownItem | None:
    try:
        return items.of(draft, field_name)
    except Refuse:
        return None


def _key(draft: Draft) -> str:
    """What tells a row: document, day, item, lot, and where it went or came from."""
    names = (
        "event",
        "document",
        "sku",
        "item_name",
        "lot",
        "output_sku",
        "output_lot",
        "partner",
        "supplier",
        "customer",
    )
    on = draft.get("happened_on")
    return identity_of(*(draft.get(name) or "" for name in names), on.on.isoformat() if on else "")


def judge_history(frame: Frame, drafts: Sequence[Draft]) -> None:
    """Judge rows of the past against items, lots and partners that are known, and against one another."""
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
    key = _key(draft)
    ground.seen[key] += 1
    identity = identity_of(key, ground.seen[key])
    if ground.seen[key] > 1 and identity not in ground.marks:
        draft.ask("twice_in_file_too", row=ground.first_rows[key])
    ground.first_rows.setdefault(key, draft.row)
    kind = _kind_of(draft)
    draft.said["event"] = kind.value
    if draft.get("happened_on").on > ground.frame.today:
        raise Refuse("day_to_come", on=draft.get("happened_on").on.isoformat())
    item = ground.items.of(draft)
    quantity = base_quantity(
        draft, draft.get("quantity"), draft.get("unit"), ground.frame.hints.get("quantity", ""), item
    )
    if not quantity:
        raise Refuse("cell_zero", field="quantity")
    draft.said |= {"sku": item.sku, "quantity": str(quantity), "unit": item.base_unit}
    partner = _partner(draft, kind, ground)
    lot = plan_lot(draft, item, ground.lots, ground.partners, ground.made, ground.looks, needs_day=False)
    output, output_quantity = _output(draft, kind, item, ground)
    if output is not None and (output.item, output.number) == (lot.item, lot.number):
        raise Refuse("made_of_itself", lot=lot.number)
    known = ground.marks.get(identity)
    if known is not None and known.quantity == quantity:
        draft.reason = "same"
        return
    if known is not None:  # what was is never changed: more of it is kept beside it
        if quantity < known.quantity:
            raise Refuse("past_differs", known=str(known.quantity), came=str(quantity), unit=item.base_unit)
        draft.ask("other_quantity", known=str(known.quantity), came=str(quantity), unit=item.base_unit)
        draft.reason = "quantity_changed"
        draft.plan = PastPlan(kind, lot, output, partner, quantity - known.quantity, None, identity, known)
        return
    draft.reason = "new"
    draft.plan = PastPlan(kind, lot, output, partner, quantity, output_quantity, identity)


def _kind_of(draft: Draft) -> PastKind:
    """What the file says; else what the row itself shows."""
    if draft.get("event"):
        return PastKind(draft.get("event"))
    shown = {
        PastKind.CONSUMPTION: draft.get("output_lot"),
        PastKind.SHIPMENT: draft.get("customer"),
        PastKind.RECEIPT: draft.get("supplier"),
    }
    found = [kind for kind, value in shown.items() if value]
    if len(found) != 1:
        raise Refuse("event_missing")
    return found[0]


def _partner(draft: Draft, kind: PastKind, ground: _Ground) -> PartnerId | None:
    own = _PARTNER_FIELD.get(kind)
    if own is None:
        return None
    field_name = own if draft.get(own) else "partner"
    found = ground.partners.of(draft, field_name, role=own)
    if found is None:
        raise Refuse("field_missing", field=own)
    draft.said[field_name] = found.code
    return found.id


def _output(
    draft: Draft, kind: PastKind, item: KnownItem, ground: _Ground
) -> tuple[LotPlan | None, Quantity | None]:  # fmt: skip
    if kind is not PastKind.CONSUMPTION:
        return None, None
    if not draft.get("output_lot"):
        raise Refuse("field_missing", field="output_lot")
    made = ground.items.of(draft, "output_sku") if draft.get("output_sku") else item
    bare = Draft(draft.row, draft.cells, draft.answers, values={"output_lot": draft.get("output_lot")}, open=draft.open)
    plan = plan_lot(
        bare, made, ground.lots, ground.partners, ground.made, ground.looks, needs_day=False, field_name="output_lot"
    )  # fmt: skip
    if draft.get("output_quantity") is None:
        return plan, None
    quantity = base_quantity(
        draft, draft.get("output_quantity"), draft.get("output_unit"), ground.frame.hints.get("output_quantity", ""), made,
        field_name="output_quantity",
    )  # fmt: skip
    draft.said["output_quantity"] = str(quantity)
    return plan, quantity or None


def apply_history(frame: Frame, drafts: Sequence[Draft], applying: Applying) -> None:
    """Keep what the accepted rows say; nothing moves."""
    plans = [(d, d.plan) for d in drafts if d.plan is not None]
    lots = [part for _, plan in plans for part in (plan.lot, plan.output) if part is not None]
    ids = make_lots(lots, applying)
    events = [
        PastEvent(
            kind=plan.kind, lot=ids[plan.lot.item, plan.lot.number], quantity=plan.quantity,
            on=draft.get("happened_on").on, row=draft.row, document=draft.get("document") or "", partner=plan.partner,
            warehouse=frame.warehouse,
            output_lot=ids[plan.output.item, plan.output.number] if plan.output is not None else None,
            output_quantity=plan.output_quantity,
        )
        for draft, plan in plans
    ]  # fmt: skip
    record_past(events, source_sha256=applying.sha256, run=applying.run, actor=applying.actor, at=applying.at)
    mark("history", [(plan.identity, plan.quantity, d.row) for d, plan in plans if plan.known is None], applying)
    for draft, plan in plans:
        if plan.known is not None:
            mark_anew(plan.known, plan.known.quantity + plan.quantity, draft.row, applying)
