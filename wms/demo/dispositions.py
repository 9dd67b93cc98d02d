"""What quality has in hand: a non-conformance that waits for its approvals, a destruction done before a witness.

Lots that wait for a release, some without their certificate, come with the stock.
"""

from __future__ import annotations

from datetime import timedelta

from wms.core.ids import DestructionId
from wms.demo.papers import Day
from wms.demo.sites import Site
from wms.demo.stock import LotPlan
from wms.disposition import service
from wms.disposition.rules.states import DefectClass, Disposition
from wms.stock import queries as stock
from wms.stock.ledger import Quality
from wms.stock.models import HoldScope


def decide(plans: list[LotPlan], site: Site, day: Day) -> str:
    """Record, review and propose; order, approve, carry out and witness. Says what it made."""
    made = [_wait_for_approval(plans, site, day), _destroy(plans, site, day)]
    return "; ".join(text for text in made if text)


def _wait_for_approval(plans: list[LotPlan], site: Site, day: Day) -> str:
    """Some of a released lot has broken seals; quality wants it back with the supplier, and two are to say yes."""
    for plan in plans:
        if plan.site is not site or plan.quality is not Quality.RELEASED or plan.lot.supplier_id is None:
            continue
        rows = [
            row
            for row in stock.find_balances(lot=plan.lot.id, warehouse=site.id)
            if row.lpn and not row.is_held and not row.allocated and row.bin_kind.value == "storage"
        ]
        if rows:
            break
    else:
        return ""
    paper = service.record_nonconformance(
        service.RecordNonconformance(
            key="demo", warehouse=site.id, lot=plan.lot.id, scope=HoldScope.LPN, lpn=rows[0].lpn,
            what="Tamper seals broken on the top layer 顶层防拆封条破损", defect_class=DefectClass.MAJOR,
        ),
        actor=day.people["supervisor"], at=day.at - timedelta(hours=30),
    )  # fmt: skip
    service.review(
        service.Review(
            nonconformance=paper, warehouse=site.id, defect_class=DefectClass.CRITICAL,
            finding="12 of 40 cartons opened, contents complete 40箱中12箱被拆，内容物完整",
        ),
        actor=day.people["quality"], at=day.at - timedelta(hours=26),
    )  # fmt: skip
    service.propose(
        service.Propose(
            nonconformance=paper, warehouse=site.id, disposition=Disposition.DESTROY,
            reason="Opened packs cannot be sold 已拆包装不可销售",
        ),
        actor=day.people["quality"], at=day.at - timedelta(hours=25),
    )  # fmt: skip
    return "1 non-conformance waits for approval"


def _destroy(plans: list[LotPlan], site: Site, day: Day) -> str:
    """A part of a rejected lot was burnt last week; who burnt it and who saw it have signed."""
    for plan in plans:
        if plan.site is not site:
            continue
        rows = [
            row for row in stock.find_balances(lot=plan.lot.id, warehouse=site.id, quality=Quality.REJECTED)
            if row.unpromised and not row.is_held
        ]  # fmt: skip
        if rows:
            break
    else:
        return ""
    at = day.at - timedelta(hours=18)
    order: DestructionId = service.order_destruction(
        service.OrderDestruction(
            key="demo", warehouse=site.id, reason="Outside specification 不合格，检验不符合标准",
            lines=(service.DestroyLine(balance=rows[0].id, quantity=rows[0].unpromised),),
        ),
        actor=day.people["supervisor"], at=at,
    )  # fmt: skip
    for hours, login in ((1, "quality"), (2, "quality2")):
        service.approve_destruction(
            order, warehouse=site.id, reason="Seen 已核对", actor=day.people[login], at=at + timedelta(hours=hours)
        )
    service.carry_out(
        service.CarryOut(
            destruction=order, warehouse=site.id, method="Incinerated 焚烧", place="Longgang plant 龙岗处置中心",
            contractor="Certificate GZ-2026-118",
        ),
        actor=day.people["quality"], at=at + timedelta(hours=5),
    )  # fmt: skip
    service.witness(
        order, warehouse=site.id, reason="Saw all of it burn 全程见证", actor=day.people["receiver"],
        at=at + timedelta(hours=6),
    )  # fmt: skip
    return "1 destruction before a witness"
