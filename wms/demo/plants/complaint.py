"""What a customer found in the bakery's toast: a complaint with its clock, a corrective action, and a drill that traced the flour."""

from __future__ import annotations

from datetime import timedelta

from wms.complaints.models import ActionKind, CauseMethod, Channel, Severity
from wms.complaints.service import capas, complaints
from wms.core.quantity import Quantity
from wms.demo.papers import Day
from wms.demo.plants.bakery import MILL_LOTS, Bakery
from wms.demo.sites import Site
from wms.recall.service import opening, scoping, stopping


def find(baked: Bakery, site: Site, day: Day) -> str:
    """Record the complaint and what was done of it so far; a line that says so."""
    complaint = _complain(baked, site, day)
    drill = _drill(site, day)
    return f"one complaint ({complaint}), a corrective action, a recall drill with {drill} lots in scope"


def _complain(baked: Bakery, site: Site, day: Day) -> str:
    quality, boss = day.people["quality"], day.people["supervisor"]
    paper = complaints.record(
        complaints.RecordComplaint(
            key="demo:complaint", warehouse=site.id, customer=day.partners["CORNER"], contact_name="Qian Yun 钱云",
            contact_email="quality@corner.example", language="zh_Hans_CN", channel=Channel.PHONE,
            received_at=day.at - timedelta(hours=3), lot=baked.toast, quantity=Quantity.of(2),
            what="a blue plastic shred in two loaves 两袋吐司内有蓝色塑料碎片", severity=Severity.MAJOR, owner=quality,
        ),
        actor=boss, at=day.at,
    )  # fmt: skip
    complaints.investigate(
        complaints.Investigate(
            complaint=paper, warehouse=site.id,
            finding="the colour is that of the lining of the flour bags 颜色与面粉袋内衬一致", is_justified=True,
        ),
        actor=quality, at=day.at,
    )  # fmt: skip
    capa = capas.open_capa(
        capas.OpenCapa(
            key="demo:capa", warehouse=site.id, problem="bag lining gets into the silo 面粉袋内衬落入粉仓", owner=boss,
            due_on=day.on + timedelta(days=30), origin_kind="complaint", origin_id=paper,
        ),
        actor=quality, at=day.at,
    )  # fmt: skip
    capas.find_cause(
        capas.FindCause(
            capa=capa, warehouse=site.id, cause="no sieve between tipping and silo 倒袋口与粉仓之间没有筛网",
            method=CauseMethod.FIVE_WHYS,
        ),
        actor=boss, at=day.at,
    )  # fmt: skip
    for kind, what, days in (
        (ActionKind.CORRECTION, "sieve what is in the silo by hand 仓内面粉人工过筛", 1),
        (ActionKind.CORRECTIVE, "fit a 1 mm sieve with a magnet 加装 1 mm 磁性筛网", 14),
    ):
        capas.plan_action(
            capas.PlanAction(
                capa=capa, warehouse=site.id, kind=kind, what=what, owner=day.people["production"],
                due_on=day.on + timedelta(days=days),
            ),
            actor=boss, at=day.at,
        )  # fmt: skip
    return "CORNER"


def _drill(site: Site, day: Day) -> int:
    """A drill begun at one of the mills' lots: its scope is frozen, nothing is held."""
    recall = opening.open_recall(
        opening.OpenRecall(
            key="demo:drill", warehouse=site.id, class_code="food", reason="yearly drill 年度模拟召回", is_mock=True,
            start_kind="lot", start_text=MILL_LOTS[0], start_item="BK-FLOUR",
        ),
        actor=day.people["quality"], at=day.at,
    )  # fmt: skip
    stopping.stop_shipping(recall, actor=day.people["quality"], at=day.at)
    frozen = scoping.freeze_scope(
        scoping.FreezeScope(recall=recall, reason="all that the silo held 粉仓内全部批次"), actor=day.people["quality"],
        at=day.at,
    )  # fmt: skip
    return frozen.lots
