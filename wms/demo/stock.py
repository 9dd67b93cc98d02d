"""The demo's stock: items, some fifteen hundred lots, their receipts and where they stand. All of it by the ledger.

Goods come in on delivery days of the past months, onto the dock, and are put away the same day; so every lot has a
history, FIFO has dates to go by, and the shelf holds near, expired, pending and rejected goods as a real one does.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from wms.catalog.models import DateBasis, FoodTraceability, Item, ItemClass, PackUnit
from wms.core.ids import LOOSE, OURSELVES, ItemId, LotId, LpnId, PartnerId, ReceiptId, ReceiptLineId, UserId, new_id
from wms.core.quantity import Quantity
from wms.db import db
from wms.demo.goods import Family, Good, company_prefix, goods, said_in_chinese
from wms.demo.partners import MAKERS, SUPPLIERS
from wms.demo.sites import Site
from wms.gs1.sscc import Sscc
from wms.receiving.models import Receipt, ReceiptLine, ReceiptState
from wms.sites.models import StorageClass
from wms.stock import ledger
from wms.stock.ledger import Document, Move, Place, Quality, Reason, StockKey
from wms.stock.models import Capture, Lot, Lpn
from wms.stock.service import deciding_day

_DELIVERY_EVERY_DAYS = 4
_SUFFIXES = ("", "A", "B", "C", "D")


@dataclass
class Article:
    """An item that stands in the database, with what it was made from and who brings it."""

    good: Good
    item: Item
    suppliers: tuple[PartnerId, ...]
    maker: PartnerId


@dataclass
class LotPlan:
    """A lot on its way in: how much of it, in how many places, to which site, on which day."""

    article: Article
    lot: Lot
    site: Site
    supplier: PartnerId
    day: date
    parts: list[Quantity]
    quality: Quality = Quality.RELEASED


@dataclass
class Shelf:
    """Hands out bins: of the right temperature, the next one round, so that racks fill evenly."""

    site: Site
    places: dict[StorageClass, int] = field(default_factory=dict)
    serial: int = 0

    def next(self, storage: StorageClass, rng: random.Random) -> Place:
        """Give a bin for goods of a class; warmer goods go cooler where a site lacks the class."""
        bins = self.site.storage.get(storage) or self.site.storage[StorageClass.COLD]
        at = self.places.get(storage, rng.randrange(len(bins)))
        self.places[storage] = (at + 7) % len(bins) if len(bins) % 7 else (at + 5) % len(bins)
        return Place(bin=bins[at].id)


def stock_articles(partners: dict[str, PartnerId], *, rng: random.Random) -> list[Article]:
    """Make every item with its units."""
    articles = []
    for good in goods():
        family = good.family
        maker = partners[MAKERS[family.maker][0]]
        traders = [partners[code] for code, _en, _zh, kinds in SUPPLIERS if family.kind in kinds.split()]
        item = _item(good, maker, rng)
        articles.append(Article(good=good, item=item, suppliers=(maker, *traders), maker=maker))
    db.session.add_all(a.item for a in articles)
    db.session.flush()
    db.session.add_all(unit for a in articles for unit in _units(a))
    db.session.flush()
    return articles


def _item(good: Good, maker: PartnerId, rng: random.Random) -> Item:
    family = good.family
    basis = DateBasis.NONE if family.life is None else DateBasis.EXPIRY
    if family.kind == "electronics" and family.life is not None:
        basis = DateBasis.BEST_BEFORE
    return Item(
        id=ItemId(new_id()), sku=good.sku, name_en=f"{family.name_en} {good.specification}",
        name_zh=f"{family.name_zh} {said_in_chinese(good.specification)}", specification=good.specification,
        item_class=ItemClass(family.kind), base_unit=family.unit, storage_class=StorageClass(family.storage),
        is_lot_tracked=True, date_basis=basis, shelf_life_days=family.life,
        receipt_life_percent_min=50 if family.kind == "food" and family.life else None,
        receipt_life_days_min=180 if family.kind == "drug" else None,
        expiry_warning_days=_warning_days(family.life), is_inspected_at_receipt=family.inspected,
        over_receipt_percent=rng.choice((0, 0, 0, 5, 10)), maker_id=maker,
        registrant=MAKERS[family.maker][1] if family.kind in ("drug", "device") else "",
        approval_number=_approval(good, rng) if family.kind in ("drug", "device") else "",
        allergen=family.allergen, hazard=family.hazard, country="CN", is_active=True,
        food_traceability=_listed(family), food_traceability_category=family.listed,
    )  # fmt: skip


def _listed(family: Family) -> FoodTraceability:
    if family.kind != "food":
        return FoodTraceability.UNSTATED
    return FoodTraceability.LISTED if family.listed else FoodTraceability.NOT_LISTED


def _warning_days(life: int | None) -> int:
    """A tenth of the life, between 3 and 60 days."""
    return max(3, min(60, life // 10)) if life else 30


def _approval(good: Good, rng: random.Random) -> str:
    number = rng.randrange(10**7, 10**8)
    return f"DEMO-H{number}" if good.family.kind == "drug" else f"DEMO-D{number}"


def _units(article: Article) -> Iterator[PackUnit]:
    good = article.good
    for code, factor, gtin in (
        (good.family.unit, 1, good.each),
        ("case", good.family.case_of, good.case),
        ("pallet", good.pallet_of, good.pallet),
    ):
        yield PackUnit(id=new_id(), item_id=article.item.id, code=code, factor=Quantity.of(factor), gtin=gtin)


# -- lots -------------------------------------------------------------------------------------------------------------
def plan_lots(articles: Iterable[Article], sites: list[Site], *, on: date, at: datetime,
              rng: random.Random) -> list[LotPlan]:  # fmt: skip
    """Think up the lots: five or so for each item, most in the first site, newest last."""
    plans = []
    for place, article in enumerate(articles):
        count = rng.choice((3, 4, 5, 5, 5, 6, 6, 7))
        for number in range(count):
            site = sites[0] if rng.random() < 0.68 else sites[1]
            if article.good.family.storage == "frozen":
                site = sites[0]
            plans.append(_plan_lot(article, site, place, number, count, on=on, at=at, rng=rng))
    db.session.add_all(p.lot for p in plans)
    db.session.flush()
    return plans


def _plan_lot(article: Article, site: Site, place: int, number: int, count: int, *, on: date, at: datetime,
              rng: random.Random) -> LotPlan:  # fmt: skip
    family = article.good.family
    age = _age(family.life, number, count, rng)
    day = on - timedelta(days=age - age % _DELIVERY_EVERY_DAYS)
    made = day - timedelta(days=rng.randrange(3, 6 if (family.life or 365) < 30 else 40))
    ends = made + timedelta(days=family.life) if family.life else None
    if place % 23 == 7 and number == 0 and ends:  # past its last good day, and still there
        ends = on - timedelta(days=rng.randrange(1, 20))
        made = min(made, ends - timedelta(days=5))
    if place % 9 == 4 and number == 1 and ends:  # near its end
        ends = on + timedelta(days=rng.randrange(0, max(2, article.item.expiry_warning_days)))
        made = min(made, ends - timedelta(days=5))
    basis = article.item.date_basis
    expires_on = ends if basis is DateBasis.EXPIRY else None
    best_before_on = ends if basis is DateBasis.BEST_BEFORE else None
    supplier = article.suppliers[0] if rng.random() < 0.7 else rng.choice(article.suppliers)
    text = _lot_number(family.maker, made, number, rng)
    lot = Lot(
        id=LotId(new_id()), item_id=article.item.id, number=text, maker_id=article.maker, maker_lot=text,
        supplier_id=supplier, manufactured_on=made, expires_on=expires_on, best_before_on=best_before_on,
        received_on=day, fefo_on=deciding_day(basis, expires_on=expires_on, best_before_on=best_before_on),
        expiry_text=f"{ends:%y%m%d}" if ends else "", country="CN", captured_by=Capture.SCAN,
        created_at=_moment(day, site, hour=8),
    )  # fmt: skip
    quality = Quality.RELEASED
    if article.item.is_inspected_at_receipt and number == count - 1 and age <= 8:
        quality = Quality.PENDING
    return LotPlan(article, lot, site, supplier, day, _parts(article.good, rng), quality)


def _age(life: int | None, number: int, count: int, rng: random.Random) -> int:
    """How many days ago it came: the last lot within days, the first up to two thirds of its life ago."""
    longest = min(int((life or 400) * 0.66), 320)
    newest, oldest = number / count, (number + 1) / count
    return max(1, int(longest * (1 - rng.uniform(newest, oldest)))) if number < count - 1 else rng.randrange(1, 10)


def _lot_number(maker: int, made: date, number: int, rng: random.Random) -> str:
    """As makers write them: a date and a letter, a Julian day and a line, a year letter and a serial."""
    if maker % 3 == 0:
        return f"{made:%Y%m%d}{_SUFFIXES[number % 5]}{rng.randrange(10)}{number}"
    if maker % 3 == 1:
        return f"L{made:%y}{made.timetuple().tm_yday:03d}{rng.choice('ABC')}{rng.randrange(1, 9)}{number}"
    return f"{chr(ord('A') + made.year % 26)}{made:%m%d}-{rng.randrange(100, 999)}{number}"


def _parts(good: Good, rng: random.Random) -> list[Quantity]:
    """How much stands in each place: full pallets and a broken rest, in whole cases but sometimes for an open one."""
    case = good.family.case_of
    full = [good.pallet_of] * rng.choice((0, 0, 1, 1, 2))
    rest = case * rng.randrange(1, max(2, good.family.cases_on_pallet // 2))
    if rng.random() < 0.15:
        rest += rng.randrange(1, case) if case > 1 else 0
    return [Quantity.of(n) for n in (*full, rest)]


def _moment(day: date, site: Site, *, hour: int) -> datetime:
    return datetime.combine(day, time(hour), ZoneInfo(site.plan.timezone))


# -- receipts ---------------------------------------------------------------------------------------------------------
def receive(plans: list[LotPlan], *, actors: dict[str, UserId], rng: random.Random) -> int:
    """Receive and put away every lot, one receipt for each site, day and supplier; how many moves that took.

    All receipts are written at once, then posted one by one, then all their lines at once: a flush is dear.
    """
    shelves = {p.site.plan.code: Shelf(p.site) for p in plans}
    groups: dict[tuple[date, str, int], list[LotPlan]] = {}
    for plan in sorted(plans, key=lambda p: (p.day, p.site.plan.code)):
        groups.setdefault((plan.day, plan.site.plan.code, plan.supplier), []).append(plan)
    arrivals = [
        _arrive(group, number, shelves[group[0].site.plan.code], actors=actors, rng=rng)
        for number, group in enumerate(groups.values(), start=1)
    ]
    db.session.add_all(arrival.receipt for arrival in arrivals)
    db.session.add_all(plate for arrival in arrivals for _plan, _quantity, plate in arrival.parts if plate)
    db.session.flush()
    db.session.add_all([line for arrival in arrivals for line in _post(arrival)])
    db.session.flush()
    return sum(len(arrival.came) + len(arrival.went) for arrival in arrivals)


@dataclass
class Arrival:
    """A receipt with its goods: what comes to the dock, and where it goes from there."""

    site: Site
    day: date
    actor: UserId
    receipt: Receipt
    parts: list[tuple[LotPlan, Quantity, Lpn | None]]
    came: list[Move] = field(default_factory=list)
    went: list[Move] = field(default_factory=list)


def _arrive(group: list[LotPlan], number: int, shelf: Shelf, *, actors: dict[str, UserId],
            rng: random.Random) -> Arrival:  # fmt: skip
    site, day = group[0].site, group[0].day
    actor = actors["receiver"] if site.plan.code == "CNSZ1" else actors["receiver.rtm"]
    dock = site.bin(f"DOCK-{1 + number % site.plan.docks}")
    receipt = Receipt(
        id=ReceiptId(new_id()), number=f"RC-{day:%y%m%d}-{number:04d}", warehouse_id=site.id,
        supplier_id=group[0].supplier, owner_id=OURSELVES, dock_bin_id=dock, state=ReceiptState.CLOSED,
        delivery_note=f"DN{rng.randrange(10**6):06d}", plate=f"DEMO {rng.randrange(1000):03d}", opened_by=actor,
        opened_at=_moment(day, site, hour=8), accepted_by=actor, closed_at=_moment(day, site, hour=10),
    )  # fmt: skip
    parts = [(plan, quantity, _plate(plan, quantity, shelf)) for plan in group for quantity in plan.parts]
    arrival = Arrival(site=site, day=day, actor=actor, receipt=receipt, parts=parts)
    for plan, quantity, plate in parts:
        lpn = plate.id if plate else LOOSE
        at_dock = StockKey(lot=plan.lot.id, place=Place(bin=dock, lpn=lpn), quality=plan.quality)
        target = shelf.next(plan.article.item.storage_class, rng)
        source = at_dock.at(Place(bin=site.bin("SUPPLIER"), lpn=lpn))
        arrival.came.append(Move(quantity=quantity, source=source, target=at_dock))
        arrival.went.append(Move(quantity=quantity, source=at_dock, target=at_dock.at(Place(bin=target.bin, lpn=lpn))))
    return arrival


def _post(arrival: Arrival) -> list[ReceiptLine]:
    """Post what came and where it went; the lines of the receipt."""
    site, day, actor, receipt = arrival.site, arrival.day, arrival.actor, arrival.receipt
    document = Document(kind="receipt", id=receipt.id)
    posted = ledger.post(
        arrival.came, key=f"demo:{receipt.number}:in", reason=Reason.RECEIVE, document=document, actor=actor,
        at=_moment(day, site, hour=9),
    )  # fmt: skip
    ledger.post(
        arrival.went, key=f"demo:{receipt.number}:away", reason=Reason.PUTAWAY, document=document, actor=actor,
        at=_moment(day, site, hour=10),
    )  # fmt: skip
    return [
        ReceiptLine(
            id=ReceiptLineId(new_id()), receipt_id=receipt.id, item_id=plan.article.item.id, lot_id=plan.lot.id,
            lpn_id=plate.id if plate else LOOSE, quantity=quantity, capture=Capture.SCAN,
            raw_scan=_raw_scan(plan), posting_seq=posted.seq, received_by=actor, received_at=_moment(day, site, hour=9),
        )
        for plan, quantity, plate in arrival.parts
    ]  # fmt: skip


def _plate(plan: LotPlan, quantity: Quantity, shelf: Shelf) -> Lpn | None:
    """A full pallet comes on its maker's plate."""
    if quantity != Quantity.of(plan.article.good.pallet_of):
        return None
    shelf.serial += 1
    serial = shelf.serial + (500_000 if plan.site.plan.code == "NLRTM" else 0)
    code = Sscc.make(company_prefix(plan.article.good.family.maker), 3, serial).value
    return Lpn(
        id=LpnId(new_id()), code=code, is_sscc=True, is_open=True, warehouse_id=plan.site.id,
        created_at=_moment(plan.day, plan.site, hour=9),
    )  # fmt: skip


def _raw_scan(plan: LotPlan) -> str:
    ends = plan.lot.expires_on or plan.lot.best_before_on
    middle = f"(17){ends:%y%m%d}" if plan.lot.expires_on and ends else f"(15){ends:%y%m%d}" if ends else ""
    return f"(01){plan.article.good.case}{middle}(10){plan.lot.number}"
