"""The demo's problems from the floor: one with a hold, one with a label, one settled."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from wms.core.ids import BinId
from wms.core.quantity import Quantity
from wms.demo.papers import Day
from wms.demo.sites import Site
from wms.demo.stock import LotPlan
from wms.problems import service
from wms.problems.models import ProblemKind
from wms.problems.service import ReportProblem
from wms.sites.models import BinKind
from wms.stock import queries as stock
from wms.stock.ledger import Quality
from wms.stock.models import Capture

_REPORTS: Final = (
    (ProblemKind.DAMAGE, "Two cartons crushed at the corner / 两箱角部压坏", "picker"),
    (ProblemKind.LABEL_UNREADABLE, "Label wet, cannot be scanned / 标签受潮，扫不出", "picker"),
    (ProblemKind.OTHER, "Film of the pallet is torn / 托盘缠绕膜破损", "receiver"),
)


def report(plans: list[LotPlan], house: Site, day: Day) -> int:
    """Report some problems at a site, and settle the last of them; how many."""
    good = [
        plan
        for plan in plans
        if plan.site is house and plan.quality is Quality.RELEASED and (plan.lot.fefo_on - day.on).days > 30
    ]
    told = 0
    for plan in good:
        rows = [row for row in stock.find_balances(lot=plan.lot.id, warehouse=house.id) if not row.is_held]
        if told == len(_REPORTS):
            break
        if not rows or rows[0].bin_kind is not BinKind.STORAGE:
            continue
        kind, note, login = _REPORTS[told]
        part = Quantity.of(2) if kind is ProblemKind.DAMAGE else None
        done = service.report(
            ReportProblem(
                key=f"demo:problem:{told}", warehouse=house.id, kind=kind, bin=BinId(rows[0].bin), lot=plan.lot.id,
                lpn=rows[0].lpn, quantity=part, note=note,
                capture=Capture.TYPED if kind is ProblemKind.LABEL_UNREADABLE else Capture.SCAN,
            ),
            actor=day.people[login], at=day.at - timedelta(hours=5 - told),
        )  # fmt: skip
        if kind is ProblemKind.OTHER:
            service.settle(done.problem, note="Wrapped anew / 已重新缠绕", actor=day.people["supervisor"], at=day.at)
        told += 1
    return told
