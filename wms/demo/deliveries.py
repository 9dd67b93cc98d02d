"""What a dock has on a day: a pallet nested three deep, a delivery of nobody known, goods turned away, goods that go back.

Each is made by the verb a person would use. A supplier with a long good record is looked at less: its partner says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from wms.catalog.models import Partner, SupplierRule
from wms.core.ids import ItemId, PartnerId, new_id
from wms.core.quantity import Quantity
from wms.db import db
from wms.demo.goods import company_prefix
from wms.demo.papers import Day
from wms.demo.sites import Site
from wms.demo.stock import Article, LotPlan
from wms.gs1.sscc import Sscc
from wms.receiving import service as receiving
from wms.receiving.models import Receipt, Refusal
from wms.receiving.rules.commands import AnnouncedLine, AnnouncedLpn, Arrival, CreateAsn, OpenReceipt, Refuse
from wms.returns import service as returns
from wms.returns.models import ReturnReason, SupplierReturn
from wms.stock import queries as stock
from wms.stock.ledger import Quality

_SERIAL = 800_000


def bring(articles: Sequence[Article], plans: Sequence[LotPlan], site: Site, day: Day) -> str:
    """Make one of each at the first site; a line that says so."""
    article = next(a for a in articles if a.good.family.kind == "food" and (a.good.family.life or 0) > 60)
    _agree_terms(article)
    asn = _nest(article, site, day)
    _provisional(site, day)
    refusal = _refuse(article, site, day)
    paper = _return(plans, site, day)
    return f"a pallet nested three deep ({asn}), one delivery of nobody known, {refusal} refused, {paper} going back"


def _agree_terms(article: Article) -> None:
    """This supplier's word is taken for most of a pallet; of this item five percent more or less are all of it."""
    supplier = db.session.get_one(Partner, article.maker)
    supplier.check_share_percent = 30
    db.session.add(
        SupplierRule(
            id=new_id(),
            supplier_id=supplier.id,
            item_id=article.item.id,
            over_receipt_percent=5,
            under_receipt_percent=5,
        )
    )
    db.session.flush()


def _nest(article: Article, site: Site, day: Day) -> str:
    """A pallet of four cases, the last of which holds two inners of a lot of its own."""
    family = article.good.family
    prefix = company_prefix(family.maker)
    plates = [Sscc.make(prefix, 2, _SERIAL + n) for n in range(7)]
    made = day.on - timedelta(days=10)
    last = made + timedelta(days=family.life) if family.life else None

    def line(plate: Sscc, lot: str) -> AnnouncedLine:
        return AnnouncedLine(
            item=ItemId(article.item.id), quantity=Quantity.of(family.case_of), lot_number=lot, expires_on=last,
            manufactured_on=made, sscc=plate,
        )  # fmt: skip

    first, second = f"{made:%Y%m%d}P1", f"{made:%Y%m%d}P2"
    number = f"ASN-{day.on:%y%m%d}-P"
    receiving.create_asn(
        CreateAsn(
            warehouse=site.id, supplier=article.maker, number=number,
            expected_at=datetime.combine(day.on, time(13), ZoneInfo(site.plan.timezone)),
            lines=(*(line(plate, first) for plate in plates[1:4]), *(line(plate, second) for plate in plates[5:7])),
            lpns=(
                AnnouncedLpn(sscc=plates[0]), *(AnnouncedLpn(sscc=plate, parent=plates[0]) for plate in plates[1:5]),
                *(AnnouncedLpn(sscc=plate, parent=plates[4]) for plate in plates[5:7]),
            ),
        ),
        actor=day.people["supervisor"], at=day.at - timedelta(hours=20),
    )  # fmt: skip
    return number


def _provisional(site: Site, day: Day) -> None:
    """A pallet that stood at the dock in the morning, and nobody knows from whom."""
    plate = Sscc.make(company_prefix(3), 3, _SERIAL + 50)
    receipt = receiving.open_provisional(sscc=str(plate), warehouse=site.id, actor=day.people["receiver"], at=day.at)
    _name(Receipt, receipt, f"R{day.on:%y%m%d}-PROV", seed=1)


def _refuse(article: Article, site: Site, day: Day) -> str:
    """Crushed cartons of a truck whose seal was broken, waiting by the door to be fetched."""
    receipt = receiving.open_receipt(
        OpenReceipt(
            warehouse=site.id, supplier=PartnerId(article.maker),
            arrival=Arrival(
                delivery_note=f"DN-{day.on:%y%m%d}-7", plate="DEMO 7", driver="Demo driver 演示司机", seal="S-40127",
                seal_is_intact=False, carrier="Demo Logistics 演示物流", temperature_decidegrees=214,
                departure_temperature_decidegrees=198,
            ),
        ),
        actor=day.people["supervisor"], at=day.at,  # not the receiver: a first blind receipt is a fresh one
    )  # fmt: skip
    _name(Receipt, receipt, f"R{day.on:%y%m%d}-TRUCK", seed=2)
    refusal = receiving.refuse(
        Refuse(
            warehouse=site.id, receipt=receipt, item=ItemId(article.item.id), lot_number=f"{day.on:%Y%m%d}X",
            quantity=Quantity.of(article.good.family.case_of * 3), reason="damaged", key="demo:refusal",
            note="three cartons crushed 三箱压坏", place="left of door 1 一号门左侧",
        ),
        actor=day.people["receiver"], at=day.at,
    )  # fmt: skip
    _name(Refusal, refusal, f"RF{day.on:%y%m%d}-1")
    return "three cartons"


def _return(plans: Sequence[LotPlan], site: Site, day: Day) -> str:
    """Rejected goods that go back to the one who sent them."""
    lots = {plan.lot.id: plan for plan in plans if plan.site is site and plan.lot.supplier_id is not None}
    rows = stock.find_balances(lots=list(lots), warehouse=site.id, quality=Quality.REJECTED)
    row = next((one for one in rows if not one.is_held and one.unpromised), None)
    if row is None:
        return "nothing"
    supplier = lots[row.lot].lot.supplier_id
    assert supplier is not None
    paper = returns.open_return(
        returns.OpenReturn(
            key="demo:return", warehouse=site.id, supplier=supplier, reason=ReturnReason.REJECTED, reference="RMA-2041",
            note="outside specification 不合规格",
            lines=(returns.GoingBack(balance=row.id, quantity=row.unpromised),),
        ),
        actor=day.people["quality"], at=day.at,
    )  # fmt: skip
    _name(SupplierReturn, paper, f"RTS{day.on:%y%m%d}-1")
    return f"one lot of {row.sku}"


def _name(model: Any, identity: int, number: str, *, seed: int | None = None) -> None:
    """Give a paper a number that is the same at each loading, and a receipt its draw too."""
    row = db.session.get_one(model, identity)
    row.number = number
    if seed is not None:
        row.check_seed = seed
    db.session.flush()
