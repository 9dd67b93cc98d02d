"""The demo's day: orders in every state, purchase orders, ASNs due today, and the trouble a real warehouse has.

Each paper is made by the verb that a person would use, so what stands here could have been made by hand.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from wms.catalog.models import ItemRule
from wms.core.ids import BinId, ItemId, OrderId, PartnerId, PortalId, ShipmentId, UserId, new_id
from wms.core.quantity import Quantity
from wms.db import db
from wms.demo.goods import company_prefix
from wms.demo.partners import CUSTOMERS, CustomerPlan
from wms.demo.sites import Site
from wms.demo.stock import Article, LotPlan
from wms.gs1.sscc import Sscc
from wms.picking import queries as picking_queries
from wms.picking import service as picking
from wms.picking.rules.check_pick import Scanned
from wms.quality import service as quality
from wms.receiving import service as receiving
from wms.receiving.rules.commands import AnnouncedLine, CreateAsn, CreatePurchaseOrder, OrderedLine
from wms.shipping.models import Shipment, ShipmentState
from wms.stock.ledger import Quality
from wms.stock.models import HoldReason, HoldScope

_HOLDS = (
    (HoldReason.COMPLAINT, "customer complaint, samples at the lab", "客户投诉，样品送检"),
    (HoldReason.TEMPERATURE, "logger showed 12 degrees on the way", "运输温度记录超标"),
    (HoldReason.DOCUMENTS, "certificate of analysis missing", "缺少检验报告"),
    (HoldReason.DAMAGE, "cartons crushed by a fork", "纸箱被叉车压坏"),
    (HoldReason.SUSPECT, "label print differs from the master", "标签与样本不符"),
)
_BLOCKED = (("AMB", "rack leg bent"), ("AMB", "floor under repair"), ("COOL", "shelf wet"), ("AMB", "lamp out"))


@dataclass
class Day:
    """What every paper needs: the day, its first moment at the first site, the people, and the dice."""

    on: date
    at: datetime
    people: dict[str, UserId]
    partners: dict[str, PartnerId]
    rng: random.Random


# -- trouble ----------------------------------------------------------------------------------------------------------
def make_trouble(plans: list[LotPlan], sites: list[Site], day: Day) -> dict[str, int]:
    """Hold some lots for everyday reasons, hold some of the expired, reject some pending, block some bins."""
    good = [p for p in plans if p.quality is Quality.RELEASED and (p.lot.fefo_on - day.on).days > 20]
    held = [_hold(plan, number, day) for number, plan in enumerate(day.rng.sample(good, 24))]
    expired = [p for p in plans if p.lot.fefo_on < day.on]
    for plan in expired[: len(expired) // 2]:
        cmd = quality.PlaceHold(
            key=f"expired:{plan.lot.id}:{plan.site.id}", scope=HoldScope.LOT, lot=plan.lot.id, warehouse=plan.site.id,
            reason=HoldReason.EXPIRED,
        )  # fmt: skip
        quality.place_hold(cmd, actor=day.people["quality"], at=day.at - timedelta(days=1))
    pending = [p for p in plans if p.quality is Quality.PENDING]
    for plan in pending[:6]:
        quality.decide_quality(
            quality.DecideQuality(
                key=f"demo:{plan.lot.id}", lot=plan.lot.id, warehouse=plan.site.id, to=Quality.REJECTED,
                reason="outside specification",
            ),
            actor=day.people["quality2"], at=day.at - timedelta(hours=20),
        )  # fmt: skip
    for place, (zone, why) in enumerate(_BLOCKED):
        _block(sites[place % 2], zone, why, day)
    db.session.flush()
    return {"held": len(held) + len(expired) // 2, "expired": len(expired), "pending": len(pending) - 6}


def _hold(plan: LotPlan, number: int, day: Day) -> Quantity:
    reason, note, note_zh = _HOLDS[number % len(_HOLDS)]
    came = datetime.combine(plan.day, time(12), ZoneInfo(plan.site.plan.timezone))
    at = max(came, day.at - timedelta(days=day.rng.randrange(0, 14), hours=3))
    cmd = quality.PlaceHold(
        key=f"demo:{plan.lot.id}", scope=HoldScope.LOT, lot=plan.lot.id, reason=reason, note=f"{note} {note_zh}"
    )
    return quality.place_hold(cmd, actor=day.people["quality" if number % 2 else "quality2"], at=at).quantity


def _block(site: Site, zone: str, why: str, day: Day) -> None:
    """Block a bin that nothing stands in need of: a high one at the end of an aisle."""
    storage = next(z.storage for z in site.plan.zones if z.code == zone)
    bin_ = day.rng.choice([b for b in site.storage[storage] if "-4-" in b.code])
    bin_.is_blocked, bin_.blocked_reason = True, why


# -- demand -----------------------------------------------------------------------------------------------------------
def take_orders(articles: list[Article], plans: list[LotPlan], sites: list[Site], day: Day) -> list[OrderId]:
    """Take some sixty orders; every second is allocated, some are released to picking, two stand picked at a door."""
    _agree_terms(articles, day)
    orders = []
    for number in range(60):
        customer = CUSTOMERS[number % len(CUSTOMERS)]
        site = next(s for s in sites if s.plan.code == customer.site)
        orders.append(_take_order(number, customer, site, articles, plans, day))
    for number, order in enumerate(orders):
        actor = day.people["supervisor"]
        if number % 2 == 0:
            came_to = picking.allocate_order(order, actor=actor, at=day.at)
            if number % 8 == 0 and came_to.claimed:
                picking.release_order(order, actor=actor, at=day.at)
    return orders


def _take_order(number: int, customer: CustomerPlan, site: Site, articles: list[Article], plans: list[LotPlan],
                day: Day) -> OrderId:  # fmt: skip
    there = {p.article.item.id for p in plans if p.site is site and p.quality is Quality.RELEASED}
    wanted = [a for a in articles if a.good.family.kind in customer.kinds.split() and a.item.id in there]
    picked = day.rng.sample(wanted, min(len(wanted), day.rng.choice((1, 2, 3, 4, 5, 6, 8))))
    lines = tuple(picking.NewLine(item=ItemId(a.item.id), quantity=_ordered(a, day.rng)) for a in picked)
    return picking.create_order(
        picking.CreateOrder(
            warehouse=site.id, customer=day.partners[customer.code], ship_on=day.on + timedelta(days=(0, 0, 1, 1, 2, 4)[number % 6]),
            lines=lines, number=f"SO-{day.on:%y%m%d}-{number + 1:03d}", priority=1 if number % 11 == 0 else 5,
        ),
        actor=day.people["supervisor"], at=day.at - timedelta(hours=30 - number % 24),
    )  # fmt: skip


def _ordered(article: Article, rng: random.Random) -> Quantity:
    case = article.good.family.case_of
    cases = rng.randrange(1, 7)
    return Quantity.of(case * cases + (rng.randrange(1, case) if case > 1 and rng.random() < 0.2 else 0))


def _agree_terms(articles: list[Article], day: Day) -> None:
    """What some customers ask of some items, beyond what they ask of all."""
    for code, sku, days in (
        ("CORNER", "FRMK-01", 7), ("CORNER", "YOGU-01", 10), ("FRESHMART", "MILK-04", 90),
        ("HOSP1", "VACF-02", 120), ("HOSP2", "INSU-01", 240), ("MAASZIEK", "REAG-01", 180),
    ):  # fmt: skip
        item = next(a.item for a in articles if a.good.sku == sku)
        db.session.add(ItemRule(id=new_id(), customer_id=day.partners[code], item_id=item.id, shelf_life_days_min=days))
    db.session.flush()


def stage_loads(orders: list[OrderId], sites: list[Site], portal: PortalId, day: Day) -> int:
    """Pick two released orders of the first site to the end and open their shipments at the door going out."""
    staged = 0
    for order in orders:
        row = picking_queries.find_order(order)
        if row.warehouse_id != sites[0].id or row.state.value != "picking" or staged == 2:
            continue
        pick_all(order, day)
        staged += 1
        db.session.add(
            Shipment(
                id=ShipmentId(new_id()), number=f"SH-{row.number[3:]}", warehouse_id=row.warehouse_id, order_id=order,
                state=ShipmentState.OPEN, portal_id=portal, carrier="Demo Logistics 演示物流", plate="DEMO 100",
                opened_at=day.at,
            )
        )  # fmt: skip
        db.session.flush()
    return staged


def pick_all(order: OrderId, day: Day) -> None:
    from sqlalchemy import select

    from wms.picking.models import PickList

    pick_list = db.session.execute(select(PickList.id).where(PickList.order_id == order)).scalar_one()
    actor = day.people["picker"]
    picking.take_list(pick_list, actor=actor, at=day.at)
    stop = picking_queries.next_stop(pick_list, at=day.at)
    while stop is not None:
        cmd = picking.ConfirmPick(
            task=stop.task, key=f"demo:{stop.task}", quantity=stop.left, lot=stop.key.lot,
            scanned=Scanned(
                bin_code=stop.facts.bin_code, lot_number=stop.facts.lot_number, lpn_code=stop.facts.lpn_code or None
            ),
        )  # fmt: skip
        stop = picking.confirm_pick(cmd, actor=actor, at=day.at).next


# -- supply -----------------------------------------------------------------------------------------------------------
def announce(articles: list[Article], sites: list[Site], day: Day) -> int:
    """Order from suppliers, and announce some trucks: five due today at the first site, two at the other, three later."""
    trucks = [(sites[0], 0, hour) for hour in (8, 10, 11, 14, 16)] + [(sites[1], 0, 10), (sites[1], 0, 15)]
    trucks += [(sites[0], 1, 9), (sites[0], 2, 9), (sites[1], 1, 9)]
    for number, (site, days, hour) in enumerate(trucks, start=1):
        _announce_one(number, site, day.on + timedelta(days=days), hour, articles, day)
    return len(trucks)


def _announce_one(number: int, site: Site, on: date, hour: int, articles: list[Article], day: Day) -> None:
    first = day.rng.choice(articles)
    same = [a for a in articles if a.good.family.maker == first.good.family.maker]
    lines = day.rng.sample(same, min(len(same), day.rng.randrange(2, 5)))
    supplier, actor = first.maker, day.people["supervisor"]
    pallets = [(a, number * 100 + n) for n, a in enumerate(lines)]
    order = receiving.create_purchase_order(
        CreatePurchaseOrder(
            warehouse=site.id, supplier=supplier, expected_on=on, number=f"PO-{day.on:%y%m}-{number:03d}",
            lines=tuple(OrderedLine(item=ItemId(a.item.id), quantity=Quantity.of(a.good.pallet_of * 2)) for a in lines),
        ),
        actor=actor, at=day.at - timedelta(days=9),
    )  # fmt: skip
    receiving.create_asn(
        CreateAsn(
            warehouse=site.id, supplier=supplier, purchase_order=order, number=f"ASN-{day.on:%y%m%d}-{number:02d}",
            expected_at=datetime.combine(on, time(hour), ZoneInfo(site.plan.timezone)),
            lines=tuple(_pallet(a, serial, day) for a, serial in pallets),
        ),
        actor=actor, at=day.at - timedelta(days=1),
    )  # fmt: skip


def _pallet(article: Article, serial: int, day: Day) -> AnnouncedLine:
    """One announced pallet: a fresh lot on its own SSCC."""
    family = article.good.family
    made = day.on - timedelta(days=2 if (family.life or 365) < 30 else 12)
    prefix = company_prefix(family.maker)
    return AnnouncedLine(
        item=ItemId(article.item.id), quantity=Quantity.of(article.good.pallet_of), lot_number=f"{made:%Y%m%d}N{serial}",
        expires_on=made + timedelta(days=family.life) if family.life else None, manufactured_on=made,
        sscc=Sscc.make(prefix, 1, 700_000 + serial),
    )  # fmt: skip


def dock_bins(site: Site) -> tuple[BinId, BinId]:
    """The bins just inside the doors: where goods come in, where they wait to go out."""
    return site.bin("DOCK-1"), site.bin("STAGE-1")
