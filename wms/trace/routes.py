"""Pages of traces and of a lot's history, and their files."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, date, datetime
from itertools import islice
from typing import Any, Final

from flask import Blueprint, Response, current_app, render_template, stream_with_context, url_for
from flask_babel import get_locale, gettext
from werkzeug.wsgi import FileWrapper

from wms.core.clock import now
from wms.core.errors import WmsError
from wms.core.ids import LotId
from wms.db.paging import Page
from wms.stock import queries as stock
from wms.trace import edge, history, paper, schemas, sheets, spelling, words
from wms.trace.rules import layout
from wms.trace.rules.graph import StartKind, TraceResult
from wms.web import auth, i18n
from wms.web.auth import requires
from wms.web.forms import parse_query
from wms.web.sentences import sentence
from wms.web.sheets import Cell, to_csv, to_workbook, to_xlsx
from wms.web.units import unit_word

bp = Blueprint("trace", __name__)

TABLE_SIZE: Final = 100
EVENTS_SIZE: Final = 100
TIMES_MAX: Final = 300
RECALL_LOTS: Final = 20
#: So many lines of a part stand on paper; files for programs hold all of them.
PAPER_ROWS: Final = 3_000
PAPER_EVENTS: Final = 5_000
_XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_STATES: Final = ("held", "rejected", "pending", "available", "shipped", "closed")


# -- a trace ----------------------------------------------------------------------------------------------------------
@bp.get("/trace")
@requires("trace.view")
def trace() -> Any:
    """Ask for a start, and show the trace of it: figures, and a graph, a table or a time line."""
    asked = parse_query(schemas.TraceForm())
    if asked["lot"] is None and not asked["q"].strip():
        return render_template("trace/start.html", asked=asked, words=words, kinds=list(StartKind), fault="")
    try:
        result = _result(asked)
    except WmsError as refusal:  # said beside the question, which stays as it was asked
        if refusal.status >= 500:
            raise
        said = render_template(
            "trace/start.html", asked=asked, words=words, kinds=list(StartKind), fault=sentence(refusal)
        )
        return said, refusal.status
    values: dict[str, Any] = {
        "asked": asked, "words": words, "kinds": list(StartKind), "result": result, "percent": layout.percent,
        "significant": layout.significant, "states": sheets.states_of(result), "again": _again(asked),
        "parts": list(schemas.PARTS), "recall_link": _recall_link(result, item=asked["item"]), "figures": _figures(result), "paper_link": paper_link,
    }  # fmt: skip
    if asked["view"] == "graph":
        values["drawing"] = layout.draw(result, opened=frozenset(asked["open"]), search=asked["find"])
    elif asked["view"] == "table":
        values["table"] = _table(result, asked)
    else:
        values["times"], values["times_cut"] = _times(result)
    return render_template("trace/trace.html", **values)


def _result(asked: dict[str, Any]) -> TraceResult:
    kind = StartKind(asked["kind"]) if asked["kind"] else None
    start = edge.start_asked(lot=asked["lot"], kind=kind, text=asked["q"], item=asked["item"])
    return edge.traced(start, asked["direction"])


def _again(asked: dict[str, Any]) -> dict[str, Any]:
    """What a link of the page carries to ask for the same trace."""
    kept = {
        "lot": asked["lot"],
        "kind": asked["kind"],
        "q": asked["q"],
        "item": asked["item"],
        "direction": asked["direction"].value,
    }
    return {name: value for name, value in kept.items() if value not in (None, "")}


def _figures(result: TraceResult) -> list[tuple[Any, int]]:
    """The figures on top: what was found, by lines and lots."""
    lots_here = {line.lot for line in result.stock}
    return [
        (gettext("Lots"), len(result.nodes)),
        (gettext("Suppliers"), len(result.suppliers)),
        (gettext("Work orders"), len(result.work_orders)),
        (gettext("Lots in the house"), len(lots_here)),
        (gettext("Lots in process"), len({line.lot for line in result.in_process})),
        (gettext("Shipments"), len({(line.shipment, line.number) for line in result.shipments})),
        (gettext("Customers"), len(result.customers)),
    ]


def _recall_link(result: TraceResult, *, item: str) -> str | None:
    """Where a recall of this trace begins, when this installation has the page.

    Lots that an address has room for are named one by one; of more, what they were asked by is.
    """
    if "recall.new" not in current_app.view_functions or not auth.permitted("recall.edit"):
        return None
    start = result.start
    if len(start.lots) > RECALL_LOTS:
        return url_for("recall.new", start_kind=start.kind.value, start_text=start.text, start_item=item or None)
    return url_for("recall.new", lot=[one.lot for one in start.lots])


def _table(result: TraceResult, asked: dict[str, Any]) -> dict[str, Any]:
    """One page of a part of the trace, sorted and filtered; of the lots also with links."""
    part = asked["part"]
    if part != "lots":
        whole = list(zip(sheets.rows(result, part), _links(result, part), strict=True))
        rows, pages = _page(whole, asked["page"])
        return {"part": part, "heading": sheets.heading(part), "rows": rows, "count": len(whole), "pages": pages}
    states = sheets.states_of(result)
    nodes = [
        node
        for node in result.nodes
        if (asked["level"] is None or node.level == asked["level"])
        and (not asked["state"] or states.get(node.lot, "closed") == asked["state"])
        and (
            not asked["find"]
            or asked["find"].casefold() in f"{node.number} {node.sku} {node.name_en} {node.name_zh}".casefold()
        )
    ]
    nodes.sort(key=_sort_key(asked["sort"].lstrip("-"), states), reverse=asked["sort"].startswith("-"))
    rows, pages = _page(nodes, asked["page"])
    return {
        "part": part, "rows": rows, "count": len(nodes), "pages": pages, "here": sheets.here_of(result),
        "out": sheets.out_of(result), "levels": len(result.levels),
        "state_choices": [(state, words.STATES[state]) for state in _STATES],
    }  # fmt: skip


def _links(result: TraceResult, part: str) -> list[dict[int, str]]:
    """Where the cells of each row of a part lead: lots and papers, by the place of their column."""

    def lot(identity: LotId) -> str:
        return url_for("desk.lot", lot_id=identity)

    found: list[dict[int, str]]
    if part == "receipts":
        found = [{2: lot(one.lot), 3: paper_link("receipt", one.receipt)} for one in result.receipts]
    elif part == "work_orders":
        found = [{0: paper_link("work_order", one.work_order)} for one in result.work_orders]
    elif part == "stock":
        found = [{2: lot(one.lot)} for one in result.stock]
    elif part == "shipments":
        found = [
            {2: lot(one.lot), 3: paper_link("shipment", one.shipment), 4: paper_link("order", one.order)}
            for one in result.shipments
        ]
    else:
        found = [{} for _ in sheets.rows(result, part)]
    return [defaultdict(str, one) for one in found]


def _page(rows: Sequence[Any], page: int) -> tuple[Sequence[Any], int]:
    pages = max(1, -(-len(rows) // TABLE_SIZE))
    at = (min(page, pages) - 1) * TABLE_SIZE
    return rows[at : at + TABLE_SIZE], pages


def _sort_key(name: str, states: dict[LotId, str]) -> Any:
    keys: dict[str, Any] = {
        "lot": lambda node: (node.number, node.sku),
        "item": lambda node: (node.sku, node.number),
        "share": lambda node: (node.share if node.share is not None else -1, node.sku, node.number),
        "part": lambda node: (node.part if node.part is not None else -1, node.sku, node.number),
        "state": lambda node: (_STATES.index(states.get(node.lot, "closed")), node.sku, node.number),
        "expires": lambda node: (node.expires_on or date.max, node.sku, node.number),
    }
    return keys.get(name, lambda node: (node.level, node.sku, node.number))


def _times(result: TraceResult) -> tuple[list[tuple[date, list[dict[str, Any]]]], int]:
    """What happened on which day, the oldest first; and how much was cut off."""
    zone = auth.current_site().timezone
    lines: list[tuple[date, str, dict[str, Any]]] = []

    def add(day: date | None, sign: str, **told: Any) -> None:
        if day is not None:
            lines.append((day, sign, told))

    names = sheets.partner_names(result)
    for line in result.receipts:
        add(
            line.on,
            "receipt",
            node=result.node(line.lot),
            number=line.number,
            id=line.receipt,
            quantity=line.quantity,
            who=names.get(line.supplier or 0, ""),
        )
    for report in result.reports:
        add(
            _local(report.ended_at, zone),
            "report",
            number=report.number,
            id=report.report,
            order=report.work_order,
            who=" · ".join(x for x in (report.line, report.machine, report.operator) if x),
        )
    for link in result.edges:
        if link.document_kind != "production_report":
            add(
                _local(link.at, zone),
                "link",
                node=result.node(link.source),
                target=result.node(link.target),
                kind=link.kind,
            )
    for gone in result.shipments:
        add(
            sheets.day_of(gone),
            "shipment",
            node=result.node(gone.lot),
            number=gone.number,
            id=gone.shipment,
            quantity=gone.out,
            who=names.get(gone.customer or 0, ""),
        )
    lines.sort(key=lambda one: (one[0], one[1], str(one[2].get("number", ""))))
    days: dict[date, list[dict[str, Any]]] = {}
    for day, sign, told in lines[:TIMES_MAX]:
        days.setdefault(day, []).append(
            {
                "sign": sign,
                "node": None,
                "target": None,
                "number": "",
                "id": None,
                "quantity": None,
                "who": "",
                "kind": "",
                **told,
            }
        )
    return list(days.items()), max(0, len(lines) - TIMES_MAX)


def _local(at: datetime, zone: str) -> date:
    from wms.core.clock import local_day

    return local_day(at, zone)


# -- a trace as a file ------------------------------------------------------------------------------------------------
@bp.get("/trace/export.<any(xlsx, csv, json, pdf):form>")
@requires("trace.view")
def export(form: str) -> Any:
    """Give the whole trace as a file: every line, however many the page draws."""
    asked = parse_query(schemas.TraceForm())
    result = _result(asked)
    name = f"trace-{_safe(result.start.text)}-{result.direction.value}"
    if form == "json":
        body = json.dumps(spelling.as_json(result), ensure_ascii=False, separators=(",", ":"))
        return _file(name, form, "application/json", body)
    if form == "csv":
        part = asked["part"]
        rows = sheets.rows(result, part)
        return _file(f"{name}-{part}", form, "text/csv", stream_with_context(to_csv(sheets.heading(part), rows)))
    if form == "xlsx":
        book = to_workbook(
            (str(words.PARTS[part]), sheets.heading(part), sheets.rows(result, part)) for part in schemas.PARTS
        )
        return _opened(name, form, book)
    return _file(name, form, "application/pdf", _trace_paper(result))


def _trace_paper(result: TraceResult) -> bytes:
    document = paper.Document(
        i18n.with_chinese(gettext("Trace"), "追溯"), f"{words.STARTS[result.start.kind]} {result.start.text} · {words.DIRECTIONS[result.direction]}",
        traditional=_is_traditional(),
    )  # fmt: skip
    document.facts(
        [
            *((str(said), str(count)) for said, count in _figures(result)),
            (gettext("As of posting"), f"{result.as_of or '–'} · {_utc(result.made_at)}"),
            (gettext("Printed by"), _reader()),
        ]
    )
    if result.hidden:
        document.note(_hidden_words(result.hidden))
    if result.why_no_shares:
        document.note(str(words.NO_SHARES[result.why_no_shares]))
    for part in schemas.PARTS:
        rows = sheets.rows(result, part)
        lines = [[_plain(cell) for cell in row] for row in islice(rows, PAPER_ROWS)]
        more = sum(1 for _ in rows)
        if not lines:
            continue
        document.heading(str(words.PARTS[part]))
        heading = sheets.heading(part)
        document.table([_column(said, place, lines) for place, said in enumerate(heading)], lines)
        if more:
            document.note(
                gettext("%(count)s more lines stand in the file for spreadsheets (XLSX) and in the JSON.", count=more)
            )
    return document.finish()


def _column(said: str, place: int, lines: Sequence[Sequence[str]]) -> paper.Column:
    """As wide as its longest words ask, between bounds."""
    cells = [line[place] for line in lines[:200]]
    longest = max(map(len, cells), default=0)
    return paper.Column(
        heading=said, width=min(max(longest, len(said) * 0.7, 5), 34), least=paper.least_of(said, cells)
    )


# -- the history of a lot ---------------------------------------------------------------------------------------------
@bp.get("/lots/<int:lot_id>/history")
@requires("stock.view")
def lot_history(lot_id: int) -> Any:
    """Show every event of a lot, the newest first, page by page."""
    asked = parse_query(schemas.HistoryForm())
    lot = stock.get_whole_lot(LotId(lot_id))
    sites = [site.id for site in auth.sites_with("stock.view")]
    page = history.page_of_events(lot.id, warehouses=sites, cursor=asked["cursor"] or None, size=EVENTS_SIZE)
    return render_template(
        "trace/history.html", lot=lot, page=Page(rows=sheets.in_words(page.rows), next_cursor=page.next_cursor),
        sheets=sheets, hides=history.has_hidden_events(lot.id, warehouses=sites),
        link=_paper_link,
    )  # fmt: skip


@bp.get("/lots/<int:lot_id>/history.<any(xlsx, csv, json, pdf):form>")
@requires("stock.view")
def history_file(lot_id: int, form: str) -> Any:
    """Give the whole history of a lot as a file; the JSON holds exactly the bytes whose SHA-256 the PDF names."""
    asked = parse_query(schemas.HistoryFileForm())
    lot = stock.get_whole_lot(LotId(lot_id))
    sites = auth.sites_with("stock.view")
    until = asked["until"] or now()
    events = history.all_events(lot.id, warehouses=[site.id for site in sites], until=until)
    name = f"history-{_safe(lot.item.sku)}-{_safe(lot.number)}"
    said = sheets.in_words(events) if form != "json" else []
    if form == "csv":
        rows = (sheets.history_row(event, unit=lot.item.base_unit) for event in said)
        return _file(name, form, "text/csv", stream_with_context(to_csv(sheets.history_heading(), rows)))
    if form == "xlsx":
        rows = (sheets.history_row(event, unit=lot.item.base_unit) for event in said)
        return _opened(name, form, to_xlsx(gettext("Lot history"), sheets.history_heading(), rows))
    content = history.canonical(lot, events, warehouses=[site.code for site in sites], until=until)
    if form == "json":
        return _file(name, form, "application/json", content)
    return _file(
        name,
        form,
        "application/pdf",
        _history_paper(lot, said, content=content, until=until, sites=[s.code for s in sites]),
    )


def _history_paper(
    lot: Any, events: Sequence[history.Event], *, content: bytes, until: datetime, sites: Sequence[str]
) -> bytes:
    document = paper.Document(
        i18n.with_chinese(gettext("Lot history"), "批次履历"),
        f"{lot.item.sku} {i18n.local_name(lot.item)} · {lot.number}",
        traditional=_is_traditional(),
    )
    document.facts(
        [
            (gettext("Item"), f"{lot.item.sku} {lot.item.name_en} {lot.item.name_zh}"),
            (gettext("Lot"), lot.number),
            (gettext("Maker's lot"), f"{i18n.local_name(lot.maker) if lot.maker else ''} {lot.maker_lot}".strip()),
            (gettext("Last good day"), str(lot.expires_on or lot.best_before_on or "–")),
            (gettext("Warehouses"), ", ".join(sites)),
            (gettext("Events"), str(len(events))),
            (gettext("Until"), _utc(until)),
            (gettext("Printed by"), _reader()),
        ]
    )
    if history.has_hidden_events(lot.id, warehouses=[site.id for site in auth.sites_with("stock.view")]):
        document.note(gettext("Events in warehouses that you may not see are left out."))
    shown = events[-PAPER_EVENTS:]
    if len(shown) < len(events):
        document.note(
            gettext(
                "The newest %(count)s events are printed; all of them stand in the other files.", count=PAPER_EVENTS
            )
        )
    heads = [
        (gettext("Recorded (UTC)"), 15), (gettext("Event"), 15), (gettext("Quantity"), 9), (gettext("From"), 18), (gettext("To"), 18),
        (gettext("Document"), 13), (gettext("Who, device"), 16), (gettext("Captured"), 14), (gettext("Changes, note"), 34),
    ]  # fmt: skip
    document.table(
        [paper.Column(heading=said, width=width, is_figure=place == 2) for place, (said, width) in enumerate(heads)],
        (_event_line(event, unit=unit_word(lot.item.base_unit)) for event in shown),
    )
    document.heading(gettext("Content"))
    document.facts(
        [
            ("SHA-256", history.hash_of(content)),
            (gettext("Bytes"), str(len(content))),
            (
                gettext("To check"),
                gettext(
                    "Ask for the JSON of this history with until=%(until)s; its SHA-256 is the one above.",
                    until=_utc(until),
                ),
            ),
        ]
    )
    return document.finish()


def _event_line(event: history.Event, *, unit: str) -> list[str]:
    what = sheets.what_of(event) if event.kind != "move" else ""
    other = f"→ {event.other_number}" if event.other_number else ""
    return [
        event.at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S"),
        f"{sheets.title_of(event)} {what}".strip(),
        f"{event.quantity} {unit}" if event.quantity is not None else "",
        f"{event.warehouse} {sheets.end_of(event.source)}".strip(),
        sheets.end_of(event.target),
        f"{sheets.document_of(event)} {other}".strip(),
        " · ".join(part for part in (event.person, event.device) if part),
        " ".join(part for part in (sheets.capture_of(event), event.raw_scan) if part),
        " · ".join(part for part in (sheets.changes_of(event), event.note) if part),
    ]


#: The page of each kind of paper: its endpoint, and the name of the id in its path.
_PAGES: Final = {
    "receipt": ("receiving.receipt", "receipt_id"),
    "order": ("picking.order", "order_id"),
    "shipment": ("shipping.shipment", "shipment_id"),
    "inspection": ("inspection.inspection", "inspection_id"),
    "hold": ("quality.hold", "hold_id"),
    "nonconformance": ("disposition.nonconformance", "paper_id"),
    "destruction": ("disposition.destruction", "paper_id"),
    "work_order": ("production.order", "order_id"),
    "production_report": ("production_reports.show", "report_id"),
    "supplier_return": ("returns.supplier_return", "return_id"),
    "problem": ("problems.problem", "problem_id"),
    "recall": ("recall.recall", "recall_id"),
    "complaint": ("complaints.complaint", "complaint_id"),
    "capa": ("complaints.capa", "capa_id"),
}


def paper_link(kind: str, identity: int | None) -> str:
    """The page of a paper, blank where there is none in this installation."""
    endpoint, name = _PAGES.get(kind, ("", ""))
    if identity is None or endpoint not in current_app.view_functions:
        return ""
    values: dict[str, Any] = {name: identity}
    return url_for(endpoint, **values)


def _paper_link(event: history.Event) -> str:
    return paper_link(event.document_kind, event.document_id)


# -- files ------------------------------------------------------------------------------------------------------------
def _file(name: str, form: str, kind: str, body: Any) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}.{form}"', "X-Accel-Buffering": "no"}
    return Response(body, mimetype=kind, headers=headers)


def _opened(name: str, form: str, file: Any) -> Response:
    response = Response(
        FileWrapper(file), mimetype=_XLSX, headers={"Content-Disposition": f'attachment; filename="{name}.{form}"'},
        direct_passthrough=True,
    )  # fmt: skip
    response.call_on_close(file.close)
    return response


def _safe(text: str) -> str:
    """What may stand in a file's name of any system."""
    return "".join(sign if sign.isascii() and (sign.isalnum() or sign in "-_.") else "_" for sign in text)[:60] or "lot"


def _plain(cell: Cell) -> str:
    return "" if cell is None else cell.isoformat() if isinstance(cell, date) else str(cell)


def _utc(at: datetime | None) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z") if at else "–"


def _reader() -> str:
    person = auth.current_person()
    return f"{person.full_name} ({person.login}), {_utc(now())}" if person else "–"


def _hidden_words(count: int) -> str:
    return gettext(
        "%(count)s lines of warehouses that you may not see are left out. The lots themselves are all here.",
        count=count,
    )


def _is_traditional() -> bool:
    return str(get_locale()) == i18n.TRADITIONAL
