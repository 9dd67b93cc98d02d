"""An inspection with its sample, its results and what they say, as the page and the API show it; and where a place is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from wms.catalog.models import Partner
from wms.core.errors import NotFound
from wms.core.ids import BinId, InspectionId, LpnId, PartnerId
from wms.core.quantity import ZERO, Quantity
from wms.inspection import queries, words
from wms.inspection.models import Inspection, InspectionResult, Verdict
from wms.inspection.queries import InspectionRow, Standing
from wms.inspection.rules.verdict import ClassCount, Suggestion
from wms.quality.queries import find_place
from wms.sites.models import BinKind
from wms.stock import queries as stock
from wms.stock.ledger import Quality
from wms.web import auth

#: Who may look at inspections, plans, samples and suppliers.
READERS: Final = ("inspect", "plan.edit", "hold.place", "audit.view")


@dataclass(frozen=True)
class Said:
    """One step of an explanation."""

    code: str
    text: str


@dataclass(frozen=True, kw_only=True)
class InspectionView:
    """An inspection with all that belongs to it."""

    inspection: Inspection
    inspector: str | None
    closer: str | None
    suggestion: Suggestion
    results: Sequence[InspectionResult]
    tranche_ids: list[InspectionId]

    @property
    def plan_id(self) -> int | None:
        """The version of the plan it goes by."""
        return self.inspection.plan_id

    @property
    def plan_code(self) -> str:
        """The code of its plan."""
        return str(self.inspection.plan["code"])

    @property
    def plan_version(self) -> int:
        """The version of its plan."""
        return int(self.inspection.plan["version"])

    @property
    def characteristics(self) -> list[dict[str, Any]]:
        """What is to be found out, as the plan said when it was opened."""
        return list(self.inspection.plan["characteristics"])

    @property
    def classes(self) -> tuple[ClassCount, ...]:
        """What was found, class by class."""
        return self.suggestion.classes

    @property
    def reasons(self) -> list[Said]:
        """How the sample came about."""
        steps = self.inspection.sample["reasons"]
        return [Said(step[0], text) for step, text in zip(steps, words.explain(steps), strict=True)]

    @property
    def suggested_verdict(self) -> str:
        """What the numbers say."""
        return self.suggestion.verdict

    @property
    def suggested_because(self) -> list[Said]:
        """Why they say so."""
        steps = self.suggestion.reasons
        return [Said(step[0], text) for step, text in zip(steps, words.why(steps), strict=True)]

    @property
    def missing_results(self) -> int:
        """How many results are still to be entered."""
        return self.suggestion.missing


def view(inspection: InspectionId) -> InspectionView:
    """Read an inspection of this warehouse whole; NotFound."""
    row = get_row(inspection)
    results = queries.results_of(inspection)
    return InspectionView(
        inspection=row.inspection, inspector=row.inspector, closer=row.closer,
        suggestion=queries.suggested_verdict(row.inspection, results), results=results,
        tranche_ids=[InspectionId(one.id) for one in queries.tranches_of(inspection)],
    )  # fmt: skip


def get_row(inspection: InspectionId) -> InspectionRow:
    """Give an inspection of this warehouse; NotFound."""
    return queries.get_inspection(inspection, warehouse=auth.current_warehouse())


def place_of(bin_code: str | None, lpn_code: str | None) -> tuple[BinId | None, LpnId | None]:
    """Find bin and LPN of this warehouse by their codes; NotFound."""
    return find_place(auth.current_warehouse(), bin_code=bin_code or None, lpn_code=lpn_code or None)


def get_supplier(supplier: int) -> Partner:
    """Give a supplier; NotFound for any other partner."""
    found = queries.get_supplier(PartnerId(supplier))
    if found is None:
        raise NotFound(kind="supplier", text=str(supplier))
    return found


@dataclass(frozen=True, kw_only=True)
class NextStep:
    """What is left to decide over the goods of a closed inspection: how much is to be released, how much rejected, where.

    `bin` and `lpn` lead to the one place where they stand; without them the decision's page asks for the place.
    """

    pending: Quantity
    good: Quantity
    bad: Quantity
    bin: BinId | None
    lpn: LpnId | None


def next_step(one: Inspection) -> NextStep | None:
    """Say what the verdict of an inspection leaves to decide; None while it is open, or when no goods of it are pending.

    An inspection moves nothing: releasing and rejecting are decisions of their own, with a checklist and a signature.
    """
    if one.verdict is None:
        return None
    rows = stock.find_balances(
        lot=one.lot_id, warehouse=one.warehouse_id, bin=one.bin_id, lpn=one.lpn_id, quality=Quality.PENDING
    )
    if not rows:
        return None
    pending = sum((row.on_hand for row in rows), ZERO)
    bad = one.rejected_quantity or ZERO
    good = max(ZERO, one.quantity - bad)
    if one.verdict is Verdict.SORTED and good != bad:  # one of the two may be decided already
        good, bad = (ZERO if pending == bad else good), (ZERO if pending == good else bad)
    stored = [row for row in rows if row.bin_kind is not BinKind.SAMPLE]
    place = stored[0] if one.verdict is Verdict.SORTED and len(stored) == 1 and not stored[0].lpn else None
    there = place.on_hand if place else pending
    return NextStep(
        pending=pending,
        good=min(good, there),
        bad=min(bad, there),
        bin=one.bin_id or (place.bin if place else None),
        lpn=one.lpn_id,
    )


@dataclass(frozen=True)
class SupplierStanding:
    """A standing with whom and what it is of."""

    supplier_id: int
    item_id: int | None
    standing: Standing

    def __getattr__(self, name: str) -> Any:
        return getattr(self.standing, name)
