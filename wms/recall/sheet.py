"""A recall as a workbook: figures, lots, customers, shipments, what came back and what was confirmed, the balance of each lot."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from flask import Response, send_file
from flask_babel import gettext

from wms.recall import words
from wms.recall.models import Recall
from wms.recall.queries import outside, recalls, scope, whole
from wms.trace.rules.graph import percent
from wms.web import i18n
from wms.web.sheets import Cell, to_workbook

_MIME = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def _rows(rows: Iterable[Sequence[Any]]) -> Iterator[Sequence[Cell]]:
    yield from rows


def answer(recall: Recall, *, at: datetime) -> Response:
    """The workbook as an answer."""
    version = recalls.current_version(recall.id)
    lots = scope.scope_of(version) if version else []
    view = outside.outside_of(recall.id)
    drill = [gettext("Drill")] if recall.is_mock else []
    book = to_workbook([
        (
            gettext("Steps"),
            [gettext("Recall"), gettext("Step"), gettext("Due"), gettext("Done"), gettext("Hours"), *drill],
            _rows([
                [recall.number, str(words.STEPS[one.step]), one.due_at, one.done_at, whole.hours(recall.opened_at, one.done_at)]
                for one in recalls.clocks_of(recall.id)
            ]),
        ),
        (
            gettext("Lots"),
            [gettext("Lot"), gettext("Item"), gettext("Name"), gettext("Why"), gettext("Part from the start, percent"),
             gettext("On hand"), gettext("Held"), gettext("Unit")],
            _rows([
                [one.number, one.sku, i18n.local_name(one), str(words.ROLES[one.role]), percent(one.share), one.on_hand,
                 one.held, one.unit]
                for one in lots
            ]),
        ),
        (
            gettext("Customers"),
            [gettext("Customer"), gettext("Contact"), gettext("Phone"), gettext("Address"), gettext("Lot"),
             gettext("Item"), gettext("Shipped"), gettext("Recovered"), gettext("Used"), gettext("Destroyed"),
             gettext("Outstanding"), gettext("More than shipped"), gettext("Unit")],
            _rows([
                [i18n.local_name(one.row), one.row.contact, one.row.phone, one.row.address, line.lot_number, line.sku,
                 line.sums.shipped, line.sums.recovered, line.sums.used, line.sums.destroyed, line.sums.outstanding,
                 line.sums.over, line.unit]
                for one in view.parties for line in one.lines
            ]),
        ),
        (
            gettext("Shipments"),
            [gettext("Customer"), gettext("Shipment"), gettext("Order"), gettext("Lot"), gettext("Item"),
             gettext("Quantity"), gettext("Unit"), gettext("Part from the start, percent"), gettext("Shipped at"), gettext("Day")],
            _rows([
                [one.party_en, one.document, one.order_number, one.lot_number, one.sku, one.quantity, one.unit,
                 percent(one.share), one.shipped_at, one.shipped_on]
                for one in outside.deliveries_of(recall.id)
            ]),
        ),
        (
            gettext("Balance"),
            [gettext("Lot"), gettext("Item"), gettext("In"), gettext("Out"), gettext("Unexplained"), gettext("Unit")],
            _rows([
                [one.number, one.sku, one.total_in, one.total_out, one.unexplained, one.unit]
                for one in whole.balance_of(recall.id).lots
            ]),
        ),
    ])  # fmt: skip
    name = f"{recall.number}-{at:%Y%m%d}.xlsx"
    return send_file(book, mimetype=_MIME, as_attachment=True, download_name=name)
