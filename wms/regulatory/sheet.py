"""The FSMA 204 sheet as tables: one a kind of event and one about the sheet; and all events in one for CSV.

The headings are the rule's own words and stay in English: the sheet is for the United States' Food and Drug Administration
(21 CFR 1.1455(c)(3)(ii), electronic sortable spreadsheet).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from wms.regulatory.queries import MISSING, Event, EventKind, Goods, Wanted, events, statements_of_food
from wms.web.sheets import Cell

TITLES: Final = {
    EventKind.RECEIVING: "Receiving 1.1345",
    EventKind.TRANSFORMATION: "Transformation 1.1350",
    EventKind.SHIPPING: "Shipping 1.1340",
}
_HEADINGS: Final = {
    EventKind.RECEIVING: (
        "Traceability lot code", "Quantity", "Unit of measure", "Product description", "Immediate previous source",
        "Receiving location", "Date received", "Traceability lot code source", "Reference document type",
        "Reference document number", "Lot number", "SKU",
        "Food Traceability List", "Missing key data elements",
    ),
    EventKind.TRANSFORMATION: (
        "Input or output", "Traceability lot code", "Quantity", "Unit of measure", "Product description",
        "Transformation location", "Date completed", "Traceability lot code source", "Reference document type",
        "Reference document number", "Lot number", "SKU",
        "Food Traceability List", "Missing key data elements",
    ),
    EventKind.SHIPPING: (
        "Traceability lot code", "Quantity", "Unit of measure", "Product description", "Immediate subsequent recipient",
        "Ship-from location", "Date shipped", "Traceability lot code source", "Reference document type",
        "Reference document number", "Lot number", "SKU",
        "Food Traceability List", "Missing key data elements",
    ),
}  # fmt: skip
ONE_HEADING: Final = (
    "Event", "Date", "Input or output", "Traceability lot code", "Quantity", "Unit of measure", "Product description",
    "Location", "Previous source or subsequent recipient", "Traceability lot code source", "Reference document type",
    "Reference document number", "Lot number", "SKU", "Food Traceability List", "Missing key data elements",
)  # fmt: skip


def tables(wanted: Wanted) -> Iterator[tuple[str, Sequence[str], Iterable[Sequence[Cell]]]]:
    """The tables of the workbook, each with its title and heading."""
    for kind in EventKind:
        yield TITLES[kind], _HEADINGS[kind], (_row(event) for event in events(kind, wanted))
    yield "About this sheet", ("What", "Said"), _about(wanted)


def _about(wanted: Wanted) -> Iterator[Sequence[Cell]]:
    """What the sheet holds, and what it cannot: read before it is handed over."""
    said = statements_of_food()
    yield "Goods", _GOODS[wanted.goods]
    yield "First day", wanted.since
    yield "Last day", wanted.until
    yield "Food items marked as on the Food Traceability List", said.listed
    yield "Food items marked as not on it", said.not_listed
    yield "Food items without a statement yet", said.unstated
    yield "A key data element that is not known", f"{MISSING}, and by name in the last column"
    yield (
        "Harvesting, cooling, initial packing, first land-based receiving (1.1325 to 1.1335)",
        "not recorded in this system",
    )


_GOODS: Final = {
    Goods.LISTED: "Food marked as on the Food Traceability List",
    Goods.FOOD: "All food",
    Goods.ALL: "All goods",
}


def one_table(wanted: Wanted) -> Iterator[Sequence[Cell]]:
    """All events in one table under ONE_HEADING."""
    for kind in EventKind:
        for event in events(kind, wanted):
            yield (
                event.kind.value, event.on, event.role, event.traceability_lot_code, _known(event.quantity), event.unit,
                event.product, event.location, event.other_location, *_papers(event),
            )  # fmt: skip


def _row(event: Event) -> Sequence[Cell]:
    what: tuple[Cell, ...] = (event.traceability_lot_code, _known(event.quantity), event.unit, event.product)
    if event.kind is EventKind.TRANSFORMATION:
        return (event.role, *what, event.location, event.on, *_papers(event))
    return (*what, event.other_location, event.location, event.on, *_papers(event))


def _papers(event: Event) -> tuple[Cell, ...]:
    return (
        event.lot_code_source, event.document_type, event.document_number, event.lot_number, event.sku, event.category,
        "; ".join(event.gaps),
    )  # fmt: skip


def _known(value: Cell) -> Cell:
    return MISSING if value is None else value
