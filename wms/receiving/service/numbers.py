"""Which lot goods at the dock are, and what number a new one gets: the maker's, or one made by rule.

By item (`lot_number_by`): the number is the maker's lot, unless a lot from another supplier has it; or is made by rule, one
for each maker lot, or a new one for each receipt. The maker's lot stays beside it, byte for byte.
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import and_, case, exists, or_, select

from wms.catalog.models import Item, LotNumberBy, Partner
from wms.core.errors import DuplicateValue
from wms.core.ids import ItemId
from wms.db import db
from wms.numbering import queries as numbering
from wms.numbering import service as numbers
from wms.numbering.rules.choice import Trigger
from wms.receiving.models import Receipt, ReceiptLine
from wms.receiving.rules.codes import OTHER_LOT, Code, Taken
from wms.receiving.rules.commands import ReceiveLine
from wms.stock.models import Hold, HoldScope, Lot

_HELD = exists().where(Hold.lot_id == Lot.id, Hold.scope == HoldScope.LOT, Hold.lifted_at.is_(None))


def find_known(item: Item, text: str, *, receipt: Receipt) -> tuple[Lot | None, bool]:
    """The lot that a code at the dock names, and whether an open hold lies on all of it.

    A lot with this maker lot and of the same maker (where none is known: from the same supplier) stands before one whose own
    number it is. For an item numbered by receipt only lots of this receipt count.
    """
    origin = (
        Lot.maker_id == item.maker_id if item.maker_id is not None else Lot.supplier_id == receipt.supplier_id
    )  # fmt: skip
    of_maker = and_(Lot.maker_lot == text, origin)
    statement = select(Lot, _HELD).where(Lot.item_id == item.id, or_(of_maker, Lot.number == text))
    if item.lot_number_by is LotNumberBy.RECEIPT:
        statement = statement.where(
            exists().where(ReceiptLine.lot_id == Lot.id, ReceiptLine.receipt_id == receipt.id)
        )  # fmt: skip
    row = db.session.execute(
        statement.order_by(case((of_maker, 0), else_=1), case((Lot.number == text, 0), else_=1), Lot.id.desc())
        .limit(1)
        .execution_options(populate_existing=True)
    ).first()
    return (row[0], bool(row[1])) if row else (None, False)


def taken_by_another(item: Item, lot: Lot | None, text: str, *, receipt: Receipt, at: datetime) -> Taken | None:
    """Say whose lot it is, when the number is known from another supplier and no maker tells the two apart."""
    is_plain = item.lot_number_by is LotNumberBy.MAKER_LOT and item.is_lot_tracked
    if lot is None or not is_plain or item.maker_id is not None or lot.number != text:
        return None
    if None in (lot.supplier_id, receipt.supplier_id) or lot.supplier_id == receipt.supplier_id:
        return None
    code = db.session.execute(select(Partner.code).where(Partner.id == lot.supplier_id)).scalar() or ""
    return Taken(number=text, supplier=code, proposed=_proposed(item, receipt, at=at))


def code_of(item: Item, cmd: ReceiveLine, lot: Lot | None, *, receipt: Receipt, on: date) -> Code:
    """How the supplier's patterns read the code; of a lot that is known nothing is asked any more."""
    is_new = lot is None or OTHER_LOT in cmd.answers
    if cmd.lot is None or not item.is_lot_tracked or not is_new:
        return Code()
    readings = numbering.read_lot_code(item=item.id, supplier=receipt.supplier_id, text=str(cmd.lot), on=on)
    return Code(readings=tuple(readings))


def number_of_new_lot(
    item: Item, maker_lot: str, *, receipt: Receipt, is_another: bool, made_on: date | None, expires_on: date | None, at: datetime,
) -> str:  # fmt: skip
    """The number a new lot gets. Raises what numbering.service.number_for raises; DuplicateValue where a clash has no rule."""
    if not item.is_lot_tracked or (item.lot_number_by is LotNumberBy.MAKER_LOT and not is_another):
        return maker_lot
    facts = {
        "maker_lot": maker_lot,
        "manufactured_on": made_on.isoformat() if made_on else "",
        "expires_on": expires_on.isoformat() if expires_on else "",
    }
    made = numbers.number_for(
        trigger=Trigger.RECEIPT, item=ItemId(item.id), warehouse=receipt.warehouse_id, supplier=receipt.supplier_id, at=at,
        facts=facts,
    )  # fmt: skip
    if made is None and numbering.taken_numbers(item.id, [maker_lot]):
        raise DuplicateValue(field="lot", value=maker_lot)
    return made or maker_lot


def _proposed(item: Item, receipt: Receipt, *, at: datetime) -> str:
    """The number a rule would give next; it is taken only on a yes."""
    rule = numbering.find_rule(
        trigger=Trigger.RECEIPT, item=item, warehouse=receipt.warehouse_id, supplier=receipt.supplier_id
    )
    if rule is None:
        return ""
    found = numbers.preview(
        numbers.values_of(rule), rule=rule.id, warehouse=receipt.warehouse_id, at=at, count=1, item=item,
        supplier=receipt.supplier_id,
    )  # fmt: skip
    return found[0] if found else ""
