"""Complaints and corrective actions as spreadsheets, streamed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from flask import Response, stream_with_context
from flask_babel import gettext
from werkzeug.wsgi import FileWrapper

from wms.complaints import queries, words
from wms.complaints.queries import ComplaintFilter
from wms.core.clock import now
from wms.web import auth, i18n
from wms.web.sheets import Cell, to_csv, to_xlsx

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def complaints(wanted: ComplaintFilter, form: str) -> Response:
    """The complaints under a filter (客诉台账)."""
    heading = [
        gettext("Number"), gettext("State"), gettext("Severity"), gettext("Received on"), gettext("Channel"),
        gettext("Customer"), gettext("Item"), gettext("Name"), gettext("Lot"), gettext("Goods as told"),
        gettext("Quantity"), gettext("Unit"), gettext("What is wrong"), gettext("Owner"), gettext("Answer by"),
        gettext("Answered"), gettext("Justified"), gettext("Finding"), gettext("Answer"), gettext("Closed"),
        gettext("About this lot"),
    ]  # fmt: skip
    yes_no = {True: gettext("yes"), False: gettext("no"), None: ""}

    def rows() -> Iterator[Sequence[Cell]]:
        for row in queries.all_complaints(auth.current_warehouse(), wanted):
            one = row.complaint
            item: Any = one.lot.item if one.lot else None
            yield (
                one.number, str(words.STATES[one.state]), str(words.SHORT_SEVERITIES[one.severity]), one.received_at,
                str(words.CHANNELS[one.channel]),
                i18n.local_name(one.customer) if one.customer else one.customer_told,
                item.sku if item else "", i18n.local_name(item) if item else "", one.lot.number if one.lot else "",
                one.told, one.quantity, item.base_unit if item else "", one.what, one.owner.full_name, one.due_at,
                one.answered_at, yes_no[one.is_justified], one.finding, one.answer, one.closed_at, row.on_lot,
            )  # fmt: skip

    return _answer("complaints", gettext("Complaints"), form, heading, rows())


def capas(form: str) -> Response:
    """The corrective actions of this warehouse, a line for each step."""
    heading = [
        gettext("Number"), gettext("State"), gettext("Comes from"), gettext("Problem"), gettext("Owner"), gettext("Due"),
        gettext("Root cause"), gettext("Step"), gettext("What is done"), gettext("Owner of the step"), gettext("Step due"),
        gettext("Done"), gettext("Evidence"), gettext("Closed"),
    ]  # fmt: skip

    def rows() -> Iterator[Sequence[Cell]]:
        for row in queries.all_capas(auth.current_warehouse()):
            one = row.capa
            head = (
                one.number, str(words.CAPA_STATES[one.state]), one.origin_number, one.problem, one.owner.full_name,
                one.due_on, one.cause,
            )  # fmt: skip
            if not one.actions:
                yield (*head, None, "", "", None, None, "", one.closed_at)
            for step in one.actions:
                yield (
                    *head, step.line, step.what, step.owner.full_name, step.due_on, step.done_at, step.evidence,
                    one.closed_at,
                )  # fmt: skip

    return _answer("capas", gettext("Corrective actions"), form, heading, rows())


def _answer(name: str, title: str, form: str, heading: Sequence[str], rows: Iterator[Sequence[Cell]]) -> Response:
    file_name = f"{name}-{auth.current_site().code}-{now():%Y%m%d}.{form}"
    headers = {"Content-Disposition": f'attachment; filename="{file_name}"', "X-Accel-Buffering": "no"}
    if form == "csv":
        return Response(stream_with_context(to_csv(heading, rows)), mimetype="text/csv", headers=headers)
    file = to_xlsx(title, heading, rows)
    response = Response(FileWrapper(file), mimetype=_XLSX, headers=headers, direct_passthrough=True)
    response.call_on_close(file.close)
    return response
