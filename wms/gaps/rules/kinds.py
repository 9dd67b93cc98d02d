"""The kinds of gap, the stage each belongs to, and the role that owns a stage. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final


class Stage(StrEnum):
    """Where in the walk of goods a gap lies; each stage has an owner."""

    RECEIVING = "receiving"
    STOCK = "stock"
    PRODUCTION = "production"
    SHIPPING = "shipping"


class GapKind(StrEnum):
    """What is missing, or stands twice."""

    RECEIPT_WITHOUT_PAPER = "receipt_without_paper"
    LOT_WITHOUT_MAKER_LOT = "lot_without_maker_lot"
    LOT_WITHOUT_DATE = "lot_without_date"
    LOT_TWICE = "lot_twice"
    LOT_NEARLY_TWICE = "lot_nearly_twice"
    STOCK_WITHOUT_SOURCE = "stock_without_source"
    PLATE_IN_TWO_BINS = "plate_in_two_bins"
    UNIT_WITHOUT_PLACE = "unit_without_place"
    CONSUMPTION_DIFFERS = "consumption_differs"
    OUTPUT_WITHOUT_INPUT = "output_without_input"
    INPUT_WITHOUT_SOURCE = "input_without_source"
    SHIPPED_WITHOUT_DEMAND = "shipped_without_demand"
    SHIPPED_WITHOUT_SOURCE = "shipped_without_source"


STAGE_OF: Final[Mapping[GapKind, Stage]] = {
    GapKind.RECEIPT_WITHOUT_PAPER: Stage.RECEIVING,
    GapKind.LOT_WITHOUT_MAKER_LOT: Stage.RECEIVING,
    GapKind.LOT_WITHOUT_DATE: Stage.RECEIVING,
    GapKind.LOT_TWICE: Stage.RECEIVING,
    GapKind.LOT_NEARLY_TWICE: Stage.RECEIVING,
    GapKind.STOCK_WITHOUT_SOURCE: Stage.STOCK,
    GapKind.PLATE_IN_TWO_BINS: Stage.STOCK,
    GapKind.UNIT_WITHOUT_PLACE: Stage.STOCK,
    GapKind.CONSUMPTION_DIFFERS: Stage.PRODUCTION,
    GapKind.OUTPUT_WITHOUT_INPUT: Stage.PRODUCTION,
    GapKind.INPUT_WITHOUT_SOURCE: Stage.PRODUCTION,
    GapKind.SHIPPED_WITHOUT_DEMAND: Stage.SHIPPING,
    GapKind.SHIPPED_WITHOUT_SOURCE: Stage.SHIPPING,
}

#: The role that owns the gaps of a stage until a person is named.
OWNER_OF: Final[Mapping[Stage, str]] = {
    Stage.RECEIVING: "receiver",
    Stage.STOCK: "supervisor",
    Stage.PRODUCTION: "production",
    Stage.SHIPPING: "shipping",
}

#: So many gaps of one kind are kept at a site; more than that is one piece of work, not many.
MOST_OF_A_KIND: Final = 5_000


@dataclass(frozen=True, kw_only=True)
class Found:
    """One gap as a look found it: its subject, and what a sentence about it says."""

    kind: GapKind
    subject_kind: str
    subject_id: int
    #: What people call the subject: a lot's item and number, a paper's number, a plate.
    name: str
    lot_id: int | None = None
    data: Mapping[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> tuple[str, str, int]:
        """What tells one gap of a site from another."""
        return (self.kind.value, self.subject_kind, self.subject_id)
