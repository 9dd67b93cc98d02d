"""The demo's held goods beyond one lot: a case by supplier and days, a bin of which the cooling failed, lots due for retest.

Nothing here throws the dice: what the steps after it draw stays the same.
"""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from wms.core.ids import LotId
from wms.db import db
from wms.demo.papers import Day
from wms.demo.sites import Site
from wms.demo.stock import Article, LotPlan
from wms.quality import retest
from wms.quality.case_queries import Selection
from wms.quality.cases import PlaceCase, place_case
from wms.quality.rules.criteria import Criteria
from wms.sites.models import BinKind
from wms.stock import queries as stock
from wms.stock.ledger import Quality
from wms.stock.models import CaseScope, HoldReason

#: What a base unit of each kind of goods is worth; every seventh item's is not known, as in life.
_WORTH = {"food": "6.40", "drug": "18.50", "device": "95.00", "electronics": "3.20"}
_CASE_LOTS = range(3, 9)


def stop(articles: list[Article], plans: list[LotPlan], site: Site, day: Day) -> str:
    """Give items their worth and some a retest, place the two cases, hold what is due; what was done, in a line."""
    _value(articles)
    retests = _ask_retests(plans, site, day)
    cases = [_by_supplier(plans, site, day), _by_bin(plans, site, day)]
    held = retest.hold_due_retests(site.id, day.on, at=day.at, actor=day.people["quality"])
    return f"{sum(1 for case in cases if case)} hold cases, {retests} lots with a retest, {len(held)} of them due"


def _value(articles: list[Article]) -> None:
    for place, article in enumerate(articles):
        if place % 7:
            base = Decimal(_WORTH[article.good.family.kind])
            article.item.standard_cost = base * (100 + place % 40) / 100
    db.session.flush()


def _ask_retests(plans: list[LotPlan], site: Site, day: Day) -> int:
    """Electronics and reagents without a short life are tested again each year; some of their lots are due about now."""
    free = [p for p in plans if p.site is site and p.quality is Quality.RELEASED and _is_free(p.lot.id)]
    long_lived = [p for p in free if p.article.good.family.kind in ("electronics", "device")][:6]
    for place, plan in enumerate(long_lived):
        plan.article.item.retest_months = 12
        plan.article.item.retest_extends_expiry = place % 2 == 0
        plan.lot.retest_on = day.on + timedelta(days=(-1, 4, 12, 25, 40, 90)[place])
    db.session.flush()
    return len(long_lived)


def _is_free(lot: LotId) -> bool:
    return not any(row.is_held for row in stock.find_balances(lot=lot))


def _by_supplier(plans: list[LotPlan], site: Site, day: Day) -> bool:
    """Everything a supplier brought in some weeks: glass was found in one lot."""
    spans: dict[tuple[int, date], list[LotPlan]] = {}
    for plan in plans:
        if plan.site is site and plan.article.good.family.kind == "food":
            spans.setdefault((plan.supplier, plan.day.replace(day=1)), []).append(plan)
    for (supplier, first), of in sorted(spans.items(), key=lambda one: (one[0][1], one[0][0]), reverse=True):
        if len(of) in _CASE_LOTS:
            code = next(code for code, partner in day.partners.items() if partner == supplier)
            asked = Criteria(
                supplier=supplier, supplier_code=code, item_class="food", received_from=first,
                received_until=max(p.day for p in of),
            )  # fmt: skip
            cmd = PlaceCase(
                key="demo:glass", selection=Selection(scope=CaseScope.QUERY, warehouse=site.id, criteria=asked),
                reason=HoldReason.FOREIGN_BODY, note="glass found in one case, all of the delivery weeks 一箱中发现玻璃",
            )  # fmt: skip
            place_case(cmd, actor=day.people["quality"], at=day.at - timedelta(hours=5))
            return True
    return False


def _by_bin(plans: list[LotPlan], site: Site, day: Day) -> bool:
    """Everything in one bin: its shelf stood in the way of the cold air."""
    for plan in plans:
        if plan.site is not site or plan.article.good.family.storage != "cold":
            continue
        rows = [r for r in stock.find_balances(lot=plan.lot.id, warehouse=site.id) if not r.is_held and not r.allocated]
        row = next((r for r in rows if r.bin_kind in (BinKind.STORAGE, BinKind.PICK_FACE)), None)
        if row is not None:
            cmd = PlaceCase(
                key="demo:warm", selection=Selection(scope=CaseScope.BIN, warehouse=site.id, bin=row.bin),
                reason=HoldReason.TEMPERATURE, note="9 degrees for two hours 货位两小时超温",
            )  # fmt: skip
            place_case(cmd, actor=day.people["quality2"], at=day.at - timedelta(hours=3))
            return True
    return False
