"""The figures of a whole recall: inside, outside, balance of every lot, hours of each step. What reports freeze."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Any

from sqlalchemy import func, select

from wms.core.ids import RecallId
from wms.core.quantity import ZERO, Quantity
from wms.db import db
from wms.recall.models import EffectivenessCheck, PartyRole, Recall, RecallParty
from wms.recall.queries import outside, recalls, scope, stopping
from wms.recall.queries.outside import OutsideView
from wms.recall.rules.figures import checks_needed, progress_of
from wms.trace.balance import MassBalance, mass_balances
from wms.trace.rules.graph import percent


@dataclass(frozen=True, kw_only=True)
class UnitInside:
    """How much of the scope stands inside in one base unit, and how much of that a hold stops."""

    unit: str
    on_hand: Quantity
    held: Quantity


@dataclass(frozen=True, kw_only=True)
class Balance:
    """The mass balances of the lots of a scope, and how much of what came in is explained."""

    lots: tuple[MassBalance, ...]
    #: Of the lot that is worst, since pieces and kilograms do not add.
    share: Fraction
    unexplained: tuple[MassBalance, ...]

    @property
    def is_whole(self) -> bool:
        """Whether every lot balances and nothing is unexplained."""
        return not self.unexplained

    @property
    def percent(self) -> str:
        """The explained share as people read it."""
        return percent(self.share)


def balance_of(recall: RecallId) -> Balance:
    """The balance of every lot of the scope in force, those with an unexplained line first."""
    lots = recalls.scope_lots(recall)
    found = sorted(mass_balances(lots).values(), key=lambda one: (not is_odd(one), one.sku, one.number))
    shares = [_share(one) for one in found]
    return Balance(
        lots=tuple(found),
        share=min(shares, default=Fraction(1)),
        unexplained=tuple(one for one in found if is_odd(one)),
    )


def is_odd(balance: MassBalance) -> bool:
    """Whether a lot has an unexplained line, or does not balance."""
    return not balance.is_balanced or balance.unexplained != ZERO


def _share(balance: MassBalance) -> Fraction:
    total = balance.total_in.millionths
    if not total:
        return Fraction(1)
    odd = abs(balance.unexplained.millionths) + abs(balance.total_in.millionths - balance.total_out.millionths)
    return max(Fraction(total - odd, total), Fraction(0))


def inside_sums(lots: Sequence[scope.ScopeLot]) -> tuple[UnitInside, ...]:
    """What stands inside, by base unit."""
    found: dict[str, list[int]] = {}
    for lot in lots:
        sums = found.setdefault(lot.unit, [0, 0])
        sums[0] += lot.on_hand.millionths
        sums[1] += lot.held.millionths
    return tuple(
        UnitInside(unit=unit, on_hand=Quantity(of[0]), held=Quantity(of[1])) for unit, of in sorted(found.items())
    )


def checks_missing(recall: Recall) -> int:
    """How many parties are still to be asked at the recall's level."""
    parties = int(
        db.session.execute(
            select(func.count()).where(RecallParty.recall_id == recall.id, RecallParty.role == PartyRole.CUSTOMER)
        ).scalar_one()
    )
    asked = int(
        db.session.execute(
            select(func.count(EffectivenessCheck.party_id.distinct())).where(EffectivenessCheck.recall_id == recall.id)
        ).scalar_one()
    )
    return max(checks_needed(recall.check_level.value, parties) - asked, 0)


def figures_of(recall: Recall, *, at: datetime) -> dict[str, Any]:
    """Everything a report says, as plain text and numbers: what stands under its signature."""
    version = recalls.current_version(recall.id)
    lots = scope.scope_of(version) if version else []
    view = outside.outside_of(recall.id)
    balance = balance_of(recall.id)
    return {
        "at": at.isoformat(),
        "versions": [
            {
                "number": one.number, "change": one.change.value, "reason": one.reason, "lots_sha256": one.lots_digest,
                "made_at": one.made_at.isoformat(), "placed_at": one.placed_at.isoformat() if one.placed_at else "",
            }
            for one in recalls.versions_of(recall.id)
        ],
        "lots": [
            [one.number, one.sku, one.role.value, str(one.on_hand), str(one.held), one.unit] for one in lots
        ],
        "inside": [[one.unit, str(one.on_hand), str(one.held)] for one in inside_sums(lots)],
        "outside": [_sums(one) for one in view.totals],
        "parties": [_party(view, one) for one in view.parties],
        "progress_percent": percent(progress_of(view.totals)),
        "outcomes": [
            [one.lot.number, one.fate.value, str(one.quantity), one.note] for one in outside.outcomes_of(recall.id)
        ],
        "balance_percent": balance.percent,
        "unexplained": [[one.number, one.sku, str(one.unexplained), one.unit] for one in balance.unexplained],
        "checks": {
            "level": recall.check_level.value, "done": sum(len(one.checks) for one in view.parties),
            "missing": checks_missing(recall),
        },
        "trucks": [[one.number, one.plate, one.answer] for one in stopping.trucks_of(recall.id) if one.is_under_way],
        "steps": [
            {
                "step": one.step.value, "due_at": one.due_at.isoformat() if one.due_at else "",
                "done_at": one.done_at.isoformat() if one.done_at else "",
                "hours": hours(recall.opened_at, one.done_at),
            }
            for one in recalls.clocks_of(recall.id)
        ],
        "result": {name: str(value) for name, value in recall.result.items()},
    }  # fmt: skip


def hours(since: datetime, until: datetime | None) -> str:
    """Hours from one moment to another, with two places; blank while it is not over."""
    if until is None:
        return ""
    seconds = int((until - since).total_seconds())
    return f"{seconds // 3600}.{seconds % 3600 * 100 // 3600:02d}"


def _sums(one: Any) -> dict[str, str]:
    return {
        "unit": one.unit, "shipped": str(one.shipped), "recovered": str(one.recovered), "used": str(one.used),
        "destroyed": str(one.destroyed), "outstanding": str(one.outstanding), "over": str(one.over),
        "progress_percent": percent(one.progress),
    }  # fmt: skip


def _party(view: OutsideView, one: outside.Party) -> dict[str, Any]:
    return {
        "name_en": one.row.name_en, "name_zh": one.row.name_zh, "contact": one.row.contact, "phone": one.row.phone,
        "documents": list(one.documents), "sums": [_sums(of) for of in one.sums],
        "checks": [check.result.value for check in one.checks],
    }  # fmt: skip


__all__ = [
    "Balance", "UnitInside", "balance_of", "checks_missing", "figures_of", "hours", "inside_sums", "is_odd",
]  # fmt: skip
