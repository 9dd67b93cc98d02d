"""Verbs of bills of materials: a new version, a change of one nobody used, taken out of use."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from wms.catalog.models import Item
from wms.core.errors import BackflushForbidden, BomUsed, FieldErrors, MissingField, NotFound
from wms.core.ids import BomId, ItemId, UserId, new_id
from wms.core.quantity import ZERO, Quantity
from wms.db import db
from wms.production.models import (
    Bom,
    BomAlternate,
    BomLine,
    BomOperation,
    BomOutput,
    OutputKind,
    ProductionRule,
)
from wms.production.queries import master as queries
from wms.production.rules.needs import WHOLE_BASIS_POINTS


@dataclass(frozen=True, kw_only=True)
class Alternate:
    """Another item that may stand in, so many of its base units for one of the component's; in the order of priority."""

    item: ItemId
    factor: Quantity


@dataclass(frozen=True, kw_only=True)
class Part:
    """One component, for the BOM's output quantity, before scrap."""

    item: ItemId
    quantity: Quantity
    scrap_basis_points: int = 0
    operation_sequence: int | None = None
    is_backflushed: bool = False
    weight: Quantity | None = None
    alternates: tuple[Alternate, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Step:
    """One operation, in sequence, with the parameters its reports must give: {"name", "unit", "min", "max"}."""

    sequence: int
    code: str
    name_en: str
    name_zh: str = ""
    output_item: ItemId | None = None
    output_quantity: Quantity | None = None
    parameters: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True, kw_only=True)
class Beside:
    """A co-product or by-product."""

    item: ItemId
    kind: OutputKind
    quantity: Quantity | None = None
    weight: Quantity | None = None


@dataclass(frozen=True, kw_only=True)
class BomPlan:
    """What `output_quantity` of an item is made of, and how."""

    item: ItemId
    output_quantity: Quantity
    parts: tuple[Part, ...]
    steps: tuple[Step, ...] = field(default=())
    outputs: tuple[Beside, ...] = field(default=())
    name: str = ""
    output_weight: Quantity | None = None


def make_bom(plan: BomPlan, *, actor: UserId, at: datetime) -> BomId:
    """Make the next version of an item's bill of materials; the versions before stay as they are, and stay in use.

    Raises NotFound (an item), MissingField (no component), FieldErrors, BackflushForbidden (by the component's rule).
    """
    _check(plan)
    # Who makes versions of one item waits here for the other, so that no two get one number.
    db.session.execute(select(Item.id).where(Item.id == plan.item).with_for_update())
    last = db.session.execute(select(func.max(Bom.version)).where(Bom.item_id == plan.item)).scalar()
    bom = Bom(
        id=BomId(new_id()), item_id=plan.item, version=(last or 0) + 1, name=plan.name,
        output_quantity=plan.output_quantity, output_weight=plan.output_weight, is_active=True, created_by=actor,
        created_at=at,
    )  # fmt: skip
    db.session.add(bom)
    db.session.flush()
    _write(bom.id, plan)
    return bom.id


def change_bom(bom_id: BomId, plan: BomPlan) -> None:
    """Change a version that no work order was made by. Raises BomUsed (make a new version), and what make_bom raises."""
    bom = _locked(bom_id)
    if bom.item_id != plan.item:
        raise NotFound(kind="bom", text=str(bom_id))
    if queries.is_used(bom.id):
        raise BomUsed(sku=bom.item.sku, version=bom.version)
    _check(plan)
    # Row by row, so that the trail keeps what stood there.
    for parts in ([a for line in bom.lines for a in line.alternates], [*bom.lines, *bom.operations, *bom.outputs]):
        for part in parts:
            db.session.delete(part)
        db.session.flush()
    bom.name, bom.output_quantity, bom.output_weight = plan.name, plan.output_quantity, plan.output_weight
    db.session.flush()
    db.session.expire(bom)
    _write(bom.id, plan)


def use_bom(bom_id: BomId, *, is_active: bool) -> None:
    """Take a version out of use, or back into it; orders that were made by it go on. Raises NotFound."""
    _locked(bom_id).is_active = is_active
    db.session.flush()


def _locked(bom_id: BomId) -> Bom:
    db.session.execute(select(Bom.id).where(Bom.id == bom_id).with_for_update())
    return queries.get_bom(bom_id)


# -- inside -----------------------------------------------------------------------------------------------------------
def _check(plan: BomPlan) -> None:
    if not plan.parts:
        raise MissingField(field="lines")
    wanted = {plan.item, *(p.item for p in plan.parts), *(a.item for p in plan.parts for a in p.alternates)}
    wanted |= {s.output_item for s in plan.steps if s.output_item is not None} | {o.item for o in plan.outputs}
    known = {
        row.id: row.sku
        for row in db.session.execute(select(Item.id, Item.sku).where(Item.id.in_(wanted), Item.is_active))
    }
    for item in sorted(wanted - known.keys()):
        raise NotFound(kind="item", text=str(item))
    sequences = [s.sequence for s in plan.steps]
    faults: dict[str, list[str]] = {}
    if plan.output_quantity <= ZERO or any(p.quantity <= ZERO for p in plan.parts):
        faults["quantity"] = ["not_positive"]
    if len(set(sequences)) != len(sequences):
        faults["operations"] = ["in_use"]
    if any(p.operation_sequence is not None and p.operation_sequence not in sequences for p in plan.parts):
        faults["operation_sequence"] = ["not_found"]
    if any(not 0 <= p.scrap_basis_points < WHOLE_BASIS_POINTS for p in plan.parts):
        faults["scrap"] = ["out_of_range"]
    if any(p.item == plan.item for p in plan.parts) or any(
        len({p.item, *(a.item for a in p.alternates)}) != 1 + len(p.alternates) for p in plan.parts
    ):
        faults["item"] = ["of_itself"]
    if faults:
        raise FieldErrors(errors=faults)
    _check_backflush(plan, known)


def _check_backflush(plan: BomPlan, skus: dict[ItemId, str]) -> None:
    flushed = {p.item for p in plan.parts if p.is_backflushed}
    rules = select(ProductionRule.item_id).where(ProductionRule.item_id.in_(flushed), ProductionRule.may_backflush)
    allowed = set(db.session.execute(rules).scalars()) if flushed else set()
    for item in sorted(flushed - allowed):
        raise BackflushForbidden(sku=skus[item])


def _write(bom: BomId, plan: BomPlan) -> None:
    for n, part in enumerate(plan.parts, start=1):
        line = BomLine(
            id=new_id(), bom_id=bom, line=n, item_id=part.item, quantity=part.quantity,
            scrap_basis_points=part.scrap_basis_points, operation_sequence=part.operation_sequence,
            is_backflushed=part.is_backflushed, weight=part.weight,
        )  # fmt: skip
        db.session.add(line)
        db.session.flush()
        db.session.add_all(
            BomAlternate(id=new_id(), bom_line_id=line.id, priority=k, item_id=one.item, factor=one.factor)
            for k, one in enumerate(part.alternates, start=1)
        )
    db.session.add_all(
        BomOperation(
            id=new_id(), bom_id=bom, sequence=one.sequence, code=one.code, name_en=one.name_en, name_zh=one.name_zh,
            output_item_id=one.output_item, output_quantity=one.output_quantity, parameters=list(one.parameters),
        )
        for one in plan.steps
    )  # fmt: skip
    db.session.add_all(
        BomOutput(
            id=new_id(), bom_id=bom, line=n, item_id=one.item, kind=one.kind, quantity=one.quantity, weight=one.weight
        )
        for n, one in enumerate(plan.outputs, start=1)
    )
    db.session.flush()
