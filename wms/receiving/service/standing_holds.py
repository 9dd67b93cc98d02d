"""Goods that come in and match a hold case that stands on are held as they come: quality is told before they are posted."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from wms.catalog.models import Item
from wms.core.clock import local_day
from wms.core.ids import LotId
from wms.quality.cases import catch_arrivals
from wms.quality.rules.criteria import Arrival
from wms.receiving.models import Receipt
from wms.stock.models import Lot
from wms.stock.rules.availability import NEVER


def catch(goods: Sequence[tuple[Item, Lot, str]], receipt: Receipt, *, timezone: str, at: datetime) -> frozenset[LotId]:
    """Lay a hold on each lot that a standing case asks for; the lots caught. `goods`: item, lot, how it was captured."""

    def arrivals() -> Sequence[Arrival]:
        return [
            Arrival(
                lot=lot.id, lot_number=lot.number,
                supplier_code=receipt.supplier.code if receipt.supplier else "",
                maker_code=lot.maker.code if lot.maker else "",
                maker_lot=lot.maker_lot, sku=item.sku, item_class=item.item_class.value,
                names=(item.sku, item.name_en, item.name_zh), received_on=local_day(at, timezone),
                last_good_on=None if lot.fefo_on == NEVER else lot.fefo_on, country=lot.country, captured_by=capture,
                receipt_number=receipt.number, delivery_note=receipt.delivery_note,
                asn_number=receipt.asn.number if receipt.asn else "",
            )
            for item, lot, capture in goods
        ]  # fmt: skip

    return catch_arrivals(arrivals, warehouse=receipt.warehouse_id, at=at)
