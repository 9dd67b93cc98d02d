"""The demo's lot numbers: two rules of its own, and how one supplier writes its lot codes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from wms.catalog.models import ItemClass
from wms.core.ids import PartnerId
from wms.numbering import service
from wms.numbering.rules.choice import Trigger
from wms.numbering.rules.elements import Element, ElementKind, Reset
from wms.numbering.service import PatternValues, RuleValues

#: Whose codes begin with the last digit of the year and the day of the year.
SUPPLIER = "PARTSHUB"
TEMPLATE = "{Y1}{DDD}{LINE:1}{SHIFT:1}{SEQ:3}{CHECK:mod10}"


def set_up_numbers(known: Mapping[str, PartnerId], *, at: datetime) -> None:
    """Make the rules and the pattern."""
    date = Element(kind=ElementKind.DATE, value="YYMMDD")
    service.create_rule(
        RuleValues(
            name="Drugs, each receipt", trigger=Trigger.RECEIPT, item_class=ItemClass.DRUG, is_gapless=True,
            elements=(
                Element(kind=ElementKind.LITERAL, value="R"), date,
                Element(kind=ElementKind.SEQUENCE, width=3, reset=Reset.DAY),
                Element(kind=ElementKind.CHECK, value="mod36"),
            ),
        ),
        at=at,
    )  # fmt: skip
    service.create_rule(
        RuleValues(
            name="Food from our lines", trigger=Trigger.PRODUCTION, item_class=ItemClass.FOOD,
            elements=(
                Element(kind=ElementKind.WAREHOUSE, width=4), Element(kind=ElementKind.DATE, value="Y1DDD"),
                Element(kind=ElementKind.LINE, width=2), Element(kind=ElementKind.SEQUENCE, width=3, reset=Reset.PREFIX),
            ),
        ),
        at=at,
    )  # fmt: skip
    service.create_pattern(
        PatternValues(supplier=known[SUPPLIER], template=TEMPLATE, shelf_life_months=36, note="Their sheet of 2024")
    )
