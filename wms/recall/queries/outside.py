"""Reads of what is outside: parties, what was shipped to them, what came back, what they confirm; and the sums."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from fractions import Fraction
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import aliased, joinedload

from wms.catalog.models import Item
from wms.core.errors import NotFound
from wms.core.ids import DestructionId, LotId, OrderId, PartnerId, RecallId, ShipmentId, WarehouseId
from wms.core.quantity import ZERO, Quantity
from wms.db import db
from wms.disposition.models import Destruction, DestructionLine
from wms.disposition.rules.states import DestructionState
from wms.quality.laying import parts_of
from wms.recall.models import (
    DeliveryKind,
    EffectivenessCheck,
    OutsideFate,
    PartyRole,
    RecallConfirmation,
    RecallDelivery,
    RecallLot,
    RecallOutcome,
    RecallParty,
    RecallReturn,
    RecallShare,
    RecallVersion,
)
from wms.recall.queries.recalls import current_version, lots_of, scope_lots
from wms.recall.rules.figures import Outside, OutsideLine, UnitSum, share_of, sums_by_unit
from wms.shipping.models import Shipment
from wms.stock.ledger import reads as ledger
from wms.stock.models import Lot
from wms.trace.rules.graph import ShipmentFound


def find_party(recall: RecallId, party: int) -> RecallParty:
    """A party of this recall; NotFound."""
    found = db.session.get(RecallParty, party)
    if found is None or found.recall_id != recall:
        raise NotFound(kind="recall_party", text=str(party))
    return found


def party_of(recall: RecallId, partner: PartnerId | None, role: PartyRole) -> RecallParty | None:
    """The party that a partner is in a recall."""
    same = RecallParty.partner_id.is_(None) if partner is None else RecallParty.partner_id == partner
    return db.session.execute(
        select(RecallParty).where(RecallParty.recall_id == recall, RecallParty.role == role, same)
    ).scalar_one_or_none()


def outside_lines(recall: RecallId, lots: Collection[LotId] | None = None) -> list[OutsideLine]:
    """What each party had of each lot of the version in force, and what is known of it; six statements, however many."""
    version = current_version(recall)
    inside = set(lots) if lots is not None else lots_of(version.id) if version else set()
    sums: dict[tuple[int, LotId], dict[str, int]] = {}
    parts: dict[tuple[int, LotId], list[tuple[Fraction | None, Quantity]]] = {}

    def add(party: int, lot: LotId, name: str, amount: Quantity) -> None:
        if lot in inside:
            one = sums.setdefault((party, lot), {})
            one[name] = one.get(name, 0) + amount.millionths

    for row in db.session.execute(
        _with_share(
            select(RecallDelivery.party_id, RecallDelivery.lot_id, RecallDelivery.quantity), version
        ).where(RecallDelivery.recall_id == recall, *([RecallDelivery.lot_id.in_(inside)] if lots is not None else []))
    ):  # fmt: skip
        add(row.party_id, row.lot_id, "shipped", row.quantity)
        if row.lot_id in inside:
            parts.setdefault((row.party_id, row.lot_id), []).append((share_of(row.share), row.quantity))
    for back in db.session.execute(
        select(RecallReturn.party_id, RecallReturn.lot_id, func.sum(RecallReturn.quantity).label("sum"))
        .where(RecallReturn.recall_id == recall)
        .group_by(RecallReturn.party_id, RecallReturn.lot_id)
    ):
        add(back.party_id, back.lot_id, "recovered", _amount(back.sum))
    for said in db.session.execute(
        select(
            RecallConfirmation.party_id, RecallConfirmation.lot_id, RecallConfirmation.fate,
            func.sum(RecallConfirmation.quantity).label("sum"),
        )
        .where(RecallConfirmation.recall_id == recall, RecallConfirmation.voided_at.is_(None))
        .group_by(RecallConfirmation.party_id, RecallConfirmation.lot_id, RecallConfirmation.fate)
    ):  # fmt: skip
        add(said.party_id, said.lot_id, "used" if said.fate is OutsideFate.USED else "destroyed", _amount(said.sum))
    names = _names({lot for _party, lot in sums})
    return [
        OutsideLine(
            party=party, lot=lot, lot_number=names[lot][0], sku=names[lot][1], unit=names[lot][2],
            sums=Outside(**{name: Quantity(amount) for name, amount in of.items()}),
            part=part_of(parts.get((party, lot), ())),
        )
        for (party, lot), of in sorted(sums.items(), key=lambda one: (one[0][0], names[one[0][1]]))
    ]  # fmt: skip


def _with_share(statement: Any, version: RecallVersion | None) -> Any:
    """With the part that came from the start, as a version has it; as the delivery was kept where the version has none."""
    if version is None:
        return statement.add_columns(RecallDelivery.share.label("share"))
    share = aliased(RecallShare)
    return statement.outerjoin(
        share, (share.delivery_id == RecallDelivery.id) & (share.version_id == version.id)
    ).add_columns(func.coalesce(share.share, RecallDelivery.share).label("share"))


def part_of(pieces: Sequence[tuple[Fraction | None, Quantity]]) -> Fraction | None:
    """The part of several deliveries together, by their quantities; None where that of one is not known."""
    total = sum(quantity.millionths for _share, quantity in pieces)
    known = [(share, quantity) for share, quantity in pieces if share is not None]
    if not total or len(known) < len(pieces):
        return None
    return sum((share * quantity.millionths for share, quantity in known), Fraction(0)) / total


def _names(lots: Collection[LotId]) -> dict[LotId, tuple[str, str, str]]:
    if not lots:
        return {}
    rows = db.session.execute(
        select(Lot.id, Lot.number, Item.sku, Item.base_unit)
        .join(Item, Item.id == Lot.item_id)
        .where(Lot.id.in_(sorted(lots)))
    )
    return {row.id: (row.number, row.sku, row.base_unit) for row in rows}


def _amount(value: Any) -> Quantity:
    return value if isinstance(value, Quantity) else Quantity(int(value))


# -- parties as the cockpit shows them --------------------------------------------------------------------------------------
@dataclass(frozen=True, kw_only=True)
class Party:
    """A party with its sums by unit, its papers, and how often it was asked."""

    row: RecallParty
    lines: tuple[OutsideLine, ...] = ()
    sums: tuple[UnitSum, ...] = ()
    documents: tuple[str, ...] = ()
    checks: tuple[EffectivenessCheck, ...] = ()

    @property
    def checks_done(self) -> int:
        """How often it was asked."""
        return len(self.checks)

    @property
    def is_done(self) -> bool:
        """Whether nothing of it is outstanding."""
        return all(one.outstanding == ZERO for one in self.sums)


@dataclass(frozen=True, kw_only=True)
class OutsideView:
    """Everything outside: the customers that had goods of the scope, and the whole by unit."""

    parties: tuple[Party, ...]
    totals: tuple[UnitSum, ...]
    suppliers: tuple[RecallParty, ...] = field(default=())

    @property
    def outstanding(self) -> tuple[UnitSum, ...]:
        """The units of which something is outstanding."""
        return tuple(one for one in self.totals if one.outstanding > ZERO)


def outside_of(recall: RecallId) -> OutsideView:
    """The parties of a recall with their sums, by name; those of lots that left the scope stand with nothing."""
    lines = outside_lines(recall)
    papers = documents_of(recall)
    checks: dict[int, list[EffectivenessCheck]] = {}
    for check in db.session.execute(
        select(EffectivenessCheck).where(EffectivenessCheck.recall_id == recall).order_by(EffectivenessCheck.id)
    ).scalars():
        checks.setdefault(check.party_id, []).append(check)
    rows = list(
        db.session.execute(
            select(RecallParty)
            .where(RecallParty.recall_id == recall)
            .order_by(RecallParty.name_en, RecallParty.id)
            .options(joinedload(RecallParty.partner))
        ).scalars()
    )
    by_party: dict[int, list[OutsideLine]] = {}
    for line in lines:
        by_party.setdefault(line.party, []).append(line)
    return OutsideView(
        parties=tuple(
            Party(
                row=row, lines=tuple(by_party.get(row.id, ())), sums=sums_by_unit(by_party.get(row.id, ())),
                documents=tuple(papers.get(row.id, ())), checks=tuple(checks.get(row.id, ())),
            )
            for row in rows
            if row.role is PartyRole.CUSTOMER
        ),
        totals=sums_by_unit(lines),
        suppliers=tuple(row for row in rows if row.role is PartyRole.SUPPLIER),
    )  # fmt: skip


def documents_of(recall: RecallId) -> dict[int, list[str]]:
    """The papers by which goods of the version in force left, by party."""
    inside = scope_lots(recall)
    found: dict[int, list[str]] = {}
    rows = db.session.execute(
        select(RecallDelivery.party_id, RecallDelivery.document, RecallDelivery.lot_id)
        .where(RecallDelivery.recall_id == recall)
        .order_by(RecallDelivery.document)
    )
    for row in rows:
        if row.lot_id in inside and row.document not in found.setdefault(row.party_id, []):
            found[row.party_id].append(row.document)
    return found


@dataclass(frozen=True, kw_only=True)
class DeliveryRow:
    """One line of what left: to whom, by which paper, of which lot, how much, and how much of it came from the start."""

    party: int
    party_en: str
    party_zh: str
    code: str
    lot: LotId
    lot_number: str
    sku: str
    unit: str
    document: str
    order_number: str
    quantity: Quantity
    shipped_at: datetime | None
    shipped_on: date | None
    share: Fraction | None
    is_imported: bool
    #: The shipment, its order and its warehouse; None for what was imported.
    shipment: ShipmentId | None
    order: OrderId | None
    warehouse: WarehouseId | None
    #: What a customer reads on the pack, as far as it is known: the day the lot was made and its last good day.
    manufactured_on: date | None
    last_good_on: date | None


def deliveries_of(
    recall: RecallId, party: int | None = None, *, version: RecallVersion | None = None
) -> list[DeliveryRow]:
    """What left of the lots of a version (None: the one in force), by party, paper and lot; the parts are that version's.

    One statement and the scope.
    """
    version = version or current_version(recall)
    inside = lots_of(version.id) if version else set()
    statement = (
        _with_share(select(RecallDelivery, RecallParty, Lot, Shipment, Item.sku, Item.base_unit), version)
        .join(RecallParty, RecallParty.id == RecallDelivery.party_id)
        .outerjoin(
            Shipment,
            (Shipment.id == RecallDelivery.document_id) & (RecallDelivery.kind == DeliveryKind.SHIPMENT),
        )
        .join(Lot, Lot.id == RecallDelivery.lot_id)
        .join(Item, Item.id == Lot.item_id)
        .where(RecallDelivery.recall_id == recall)
        .order_by(RecallParty.name_en, RecallParty.id, RecallDelivery.document, Lot.number)
        .options(joinedload(RecallParty.partner))
    )
    if party is not None:
        statement = statement.where(RecallDelivery.party_id == party)
    return [
        DeliveryRow(
            party=to.id, party_en=to.name_en, party_zh=to.name_zh, code=to.partner.code if to.partner else "",
            lot=one.lot_id, lot_number=lot.number, sku=sku, unit=unit, document=one.document,
            order_number=one.order_number, quantity=one.quantity, shipped_at=one.shipped_at,
            shipped_on=one.shipped_on, share=share_of(share), is_imported=one.kind is DeliveryKind.IMPORTED,
            shipment=sent.id if sent else None, order=sent.order_id if sent else None,
            warehouse=sent.warehouse_id if sent else None, manufactured_on=lot.manufactured_on,
            last_good_on=lot.expires_on or lot.best_before_on,
        )
        for one, to, lot, sent, sku, unit, share in db.session.execute(statement)
        if one.lot_id in inside
    ]  # fmt: skip


def returns_of(recall: RecallId) -> list[RecallReturn]:
    """What came back, the newest first."""
    statement = (
        select(RecallReturn)
        .where(RecallReturn.recall_id == recall)
        .order_by(RecallReturn.id.desc())
        .options(joinedload(RecallReturn.lot).joinedload(Lot.item), joinedload(RecallReturn.bin))
    )
    return list(db.session.execute(statement).scalars())


def confirmations_of(recall: RecallId) -> list[RecallConfirmation]:
    """What customers confirm, the newest first."""
    statement = (
        select(RecallConfirmation)
        .where(RecallConfirmation.recall_id == recall)
        .order_by(RecallConfirmation.id.desc())
        .options(joinedload(RecallConfirmation.lot).joinedload(Lot.item))
    )
    return list(db.session.execute(statement).scalars())


def outcomes_of(recall: RecallId) -> list[RecallOutcome]:
    """What became of goods inside, in the order it was noted; what was destroyed only when its witness has signed."""
    statement = (
        select(RecallOutcome)
        .outerjoin(
            Destruction, (RecallOutcome.document_kind == "destruction") & (Destruction.id == RecallOutcome.document_id)
        )
        .where(
            RecallOutcome.recall_id == recall,
            or_(RecallOutcome.document_kind != "destruction", Destruction.posting_seq.is_not(None)),
        )
        .order_by(RecallOutcome.id)
        .options(joinedload(RecallOutcome.lot).joinedload(Lot.item))
    )
    return list(db.session.execute(statement).scalars())


def noted_of(recall: RecallId, kind: str, document: int) -> set[LotId]:
    """The lots of which an outcome stands by this paper already."""
    return set(
        db.session.execute(
            select(RecallOutcome.lot_id).where(
                RecallOutcome.recall_id == recall, RecallOutcome.document_kind == kind,
                RecallOutcome.document_id == document,
            )
        ).scalars()
    )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class DestructionWaiting:
    """A destruction of goods of a scope that was ordered and that no witness has signed yet."""

    id: DestructionId
    number: str
    state: DestructionState
    ordered_at: datetime


def destructions_waiting(recall: RecallId) -> list[DestructionWaiting]:
    """What is to be destroyed of the scope in force, and is not destroyed yet. One statement."""
    current = (
        select(RecallVersion.id)
        .where(RecallVersion.recall_id == recall)
        .order_by(RecallVersion.number.desc())
        .limit(1)
        .scalar_subquery()
    )
    rows = db.session.execute(
        select(Destruction.id, Destruction.number, Destruction.state, Destruction.ordered_at)
        .join(DestructionLine, DestructionLine.destruction_id == Destruction.id)
        .join(RecallLot, (RecallLot.lot_id == DestructionLine.lot_id) & (RecallLot.version_id == current))
        .where(Destruction.state.not_in((DestructionState.DONE, DestructionState.CANCELLED)))
        .distinct()
        .order_by(Destruction.number)
    )
    return [DestructionWaiting(**row._mapping) for row in rows]


class Earlier:
    """What came back before a recall, or by another one: it is no longer outside. Taken off shipment by shipment."""

    def __init__(self, by_shipment: dict[tuple[int, LotId], Quantity], others: dict[Any, Quantity]) -> None:
        """`by_shipment`: returns that name their shipment; `others`: of other recalls, by partner and lot."""
        self._by_shipment, self._others = by_shipment, others

    def taken(self, line: ShipmentFound) -> Quantity:
        """How much of a line came back; each return is taken off once."""
        came = min(self._by_shipment.get((line.shipment or 0, line.lot), ZERO), line.shipped)
        key = (line.customer, line.lot)
        more = min(self._others.get(key, ZERO), line.shipped - came)
        if more > ZERO:
            self._others[key] = self._others[key] - more
        return came + more


def returned_before(recall: RecallId, lots: Collection[LotId]) -> Earlier:
    """What customers sent back of these lots otherwise than by this recall. Two statements for some thousand lots."""
    move, posting = ledger.move, ledger.posting
    ours = select(RecallReturn.posting_seq).where(RecallReturn.recall_id == recall)
    by_shipment: dict[tuple[int, LotId], Quantity] = {}
    others: dict[Any, Quantity] = {}
    for part in parts_of(sorted(lots)):
        for row in db.session.execute(
            select(posting.c.document_id, move.c.lot_id, func.sum(move.c.quantity).label("sum"))
            .join(move, move.c.posting_seq == posting.c.seq)
            .where(
                move.c.lot_id.in_(part), posting.c.reason == "customer_return", posting.c.document_kind == "shipment",
                posting.c.seq.not_in(ours),
            )
            .group_by(posting.c.document_id, move.c.lot_id)
        ):  # fmt: skip
            by_shipment[int(row.document_id), row.lot_id] = _amount(row.sum)
        for row in db.session.execute(
            select(RecallParty.partner_id, RecallReturn.lot_id, func.sum(RecallReturn.quantity).label("sum"))
            .join(RecallParty, RecallParty.id == RecallReturn.party_id)
            .where(
                RecallReturn.lot_id.in_(part), RecallReturn.recall_id != recall, RecallReturn.shipment_id.is_(None),
                RecallReturn.over_reason == "",
            )
            .group_by(RecallParty.partner_id, RecallReturn.lot_id)
        ):  # fmt: skip
            others[row.partner_id, row.lot_id] = _amount(row.sum)
    return Earlier(by_shipment, others)


def returned_of(recall: RecallId, party: int, lot: LotId) -> Quantity:
    """How much of a lot came back from a party against this recall."""
    return _amount(
        db.session.execute(
            select(func.coalesce(func.sum(RecallReturn.quantity), 0)).where(
                RecallReturn.recall_id == recall, RecallReturn.party_id == party, RecallReturn.lot_id == lot
            )
        ).scalar_one()
    )
