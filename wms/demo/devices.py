"""A device whose pieces have ids of their own: six came with a serial each, a case of ten is announced by a file."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select

from wms.catalog import service as catalog
from wms.catalog.models import DateBasis, ItemClass, StorageClass
from wms.core.ids import ItemId
from wms.core.quantity import Quantity
from wms.db import db
from wms.demo.goods import company_prefix
from wms.demo.papers import Day
from wms.demo.sites import Site
from wms.demo.stock import Article
from wms.gs1.checksums import check_digit
from wms.gs1.codes import LotNumber
from wms.gs1.gtin import Gtin
from wms.receiving import service as receiving
from wms.receiving.models import Asn, Receipt
from wms.receiving.rules.commands import AnnouncedLine, CreateAsn, OpenReceipt, ReceiveLine
from wms.stock import followers
from wms.units import service as units

SKU = "PUMP-01"
_LOT, _NEXT_LOT = "P2026K1", "P2026K2"


def bring(articles: Sequence[Article], site: Site, day: Day) -> str:
    """Receive six infusion pumps by their labels, announce ten more in a case; a line that says so."""
    maker = next(a.maker for a in articles if a.item.item_class is ItemClass.DEVICE)
    item, gtin = _make_item()
    expires = day.on + timedelta(days=900)
    labels = [f"(01){gtin}(17){expires:%y%m%d}(10){_LOT}(21)PK{n:05}" for n in range(41, 47)]
    receipt = receiving.open_receipt(
        OpenReceipt(warehouse=site.id, supplier=maker), actor=day.people["receiver"], at=day.at
    )
    row = db.session.get_one(Receipt, receipt)
    row.number, row.check_seed = f"R{day.on:%y%m%d}-PUMP", 3
    db.session.flush()
    with followers.naming(labels):
        receiving.receive_line(
            ReceiveLine(
                warehouse=site.id, receipt=receipt, item=item, quantity=Quantity.of(len(labels)), key="demo:pumps",
                lot=LotNumber.parse(_LOT), expires_on=expires, raw_scan=labels[0], answers=frozenset({"lot_code_unread"}),
            ),
            actor=day.people["receiver"], at=day.at,
        )  # fmt: skip
    number = f"ASN-{day.on:%y%m%d}-U"
    receiving.create_asn(
        CreateAsn(
            warehouse=site.id, supplier=maker, number=number,
            expected_at=datetime.combine(day.on, time(16), ZoneInfo(site.plan.timezone)),
            lines=(AnnouncedLine(item=item, quantity=Quantity.of(10), lot_number=_NEXT_LOT, expires_on=expires),),
        ),
        actor=day.people["supervisor"], at=day.at,
    )  # fmt: skip
    asn: Any = db.session.execute(select(Asn.id).where(Asn.number == number)).scalar_one()
    codes = [(f"(01){gtin}(21)PK{n:05}", f"CASE-{n // 5:03}") for n in range(100, 110)]
    units.announce(
        units.Announce(item=item, lot_number=_NEXT_LOT, codes=codes, document_kind="asn", document_id=asn),
        actor=day.people["supervisor"], at=day.at,
    )  # fmt: skip
    return f"{len(labels)} infusion pumps with a serial each, {len(codes)} more announced by theirs ({number})"


def _make_item() -> tuple[ItemId, str]:
    body = "0" + f"{company_prefix(3)}99881"[:12].ljust(12, "0")
    gtin = Gtin.parse(body + check_digit(body))
    item = catalog.create_item(
        {
            "sku": SKU, "name_en": "Infusion pump", "name_zh": "输液泵", "item_class": ItemClass.DEVICE,
            "storage_class": StorageClass.AMBIENT, "base_unit": "pc", "date_basis": DateBasis.EXPIRY,
            "has_unit_ids": True,
        },
        gtin=gtin,
    )  # fmt: skip
    return ItemId(item.id), str(gtin)
