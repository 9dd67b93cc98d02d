"""Pages of evidence: the seals, the audit trail with its filters, the stock as of any instant; and the marks beside fields."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from flask import Blueprint, Response, g, render_template, stream_with_context
from flask.blueprints import BlueprintSetupState
from flask_babel import gettext
from werkzeug.wsgi import FileWrapper

from wms.audit.queries import Change
from wms.core.clock import now
from wms.core.errors import AnchorFaulty
from wms.evidence import anchor, past, queries, rules, schemas, words
from wms.evidence.belonging import Where
from wms.stock import asof
from wms.stock import words as stock_words
from wms.stock.rules.availability import NEVER
from wms.trace import sheets
from wms.web import auth, i18n
from wms.web.auth import requires
from wms.web.forms import parse_query
from wms.web.sheets import Cell, to_csv, to_xlsx

bp = Blueprint("evidence", __name__)

PAGE_SIZE: Final = 50
_XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@bp.record_once
def _say_the_changes(_state: BlueprintSetupState) -> None:
    """A lot's history stands floors below, and gets the words of its changes from here."""
    sheets.say_changes_with(
        lambda entries: [
            [(one.name, one.before, one.after) for one in entry.fields]
            for entry in past.said_in_words(Change(entry, None) for entry in entries)
        ]
    )


# -- marks beside fields ----------------------------------------------------------------------------------------------
_Past = dict[str, list[past.FieldChange]]


@bp.app_template_global("past_of")
def past_of(entity: str, entity_id: int, field: str) -> list[past.FieldChange]:
    """Give the changes of a field for its mark; a page asks once for each record, whatever its number of fields.

    `field` may name several, with blanks between: a mark for all of them.
    """
    known = _known()
    if (entity, entity_id) not in known:
        known[entity, entity_id] = past.past_of(entity, entity_id)
    found = [change for one in field.split() for change in known[entity, entity_id].get(one, [])]
    return sorted(found, key=lambda change: change.at, reverse=True)


@bp.app_template_global("know_pasts")
def know_pasts(entity: str, ids: Iterable[int], changes: Iterable[Change] | None = None) -> str:
    """Read the past of many records by one statement, before their marks; by none where `changes` has it already."""
    wanted = [one for one in ids if (entity, one) not in _known()]
    if wanted:
        found = past.pasts_of(entity, wanted) if changes is None else past.pasts_in(entity, wanted, changes)
        _known().update({(entity, one): by_field for one, by_field in found.items()})
    return ""


@bp.app_template_global("changes_in_words")
def changes_in_words(changes: Iterable[Change]) -> list[past.Entry]:
    """Say the changes of a record's page in words."""
    return past.said_in_words(changes)


@bp.app_template_global("changes_of_kind")
def changes_of_kind(entity: str) -> list[past.Entry]:
    """The last changes of any record of a kind, in words."""
    return past.changes_of_kind(entity)


def _known() -> dict[tuple[str, int], _Past]:
    """The pasts that this request has read."""
    known: dict[tuple[str, int], _Past] = g.setdefault("wms_past", {})
    return known


# -- seals ------------------------------------------------------------------------------------------------------------
@bp.get("/evidence")
@requires("evidence.view")
def seals() -> Any:
    """Show the head of the chain, what is sealed, what came of the last checks, and the blocks."""
    values = parse_query(schemas.PageIn())
    head = queries.last_block()
    return render_template(
        "evidence/seals.html",
        head=head,
        anchored=_anchored(),
        checks=queries.list_checks(size=10).rows,
        page=queries.list_blocks(cursor=values["cursor"] or None, size=20),
        streams=[(words.STREAMS[stream.name], head.block.heads.get(stream.name, 0) if head else 0) for stream in rules.STREAMS],
    )  # fmt: skip


def _anchored() -> rules.AnchorLine | None:
    """The last line of the anchor; None when there is none, or it cannot be believed (a check says which)."""
    try:
        return anchor.last()
    except AnchorFaulty:
        return None


# -- the audit trail --------------------------------------------------------------------------------------------------
@bp.get("/evidence/audit")
@requires("audit.view")
def audit() -> Any:
    """List the audit trail; the filters stand in the URL."""
    values = parse_query(schemas.TrailIn())
    wanted = schemas.trail_filter(values, auth.current_site().timezone, _whose(values))
    return render_template(
        "evidence/audit.html",
        page=past.list_trail(wanted, cursor=values["cursor"] or None, size=PAGE_SIZE),
        values=values,
        entities=sorted(((name, str(said)) for name, said in words.ENTITIES.items()), key=lambda pair: pair[1]),
        action_words=words.ACTIONS,
        columns=past.columns_of(values["entity"]),
        warehouses=[
            *((site.code, f"{site.code} {i18n.local_name(site)}") for site in auth.sites_with("audit.view")),
            (schemas.COMPANY_ONLY, gettext("the company’s own")),
        ],
        filters=_filters(values),
    )


def _whose(values: dict[str, Any]) -> Where | None:
    """Whose entries the one who asks may see, and asks for."""
    person = auth.current_person()
    is_everywhere = person is not None and person.may("audit.view", None)
    return schemas.whose(values["warehouse"], auth.sites_with("audit.view"), is_everywhere=is_everywhere)


@bp.get("/evidence/audit.<any(xlsx, csv):form>")
@requires("audit.view")
def audit_sheet(form: str) -> Response:
    """Export the audit trail under the filters of its page, a line for each field."""
    values = parse_query(schemas.TrailIn())
    wanted = schemas.trail_filter(values, auth.current_site().timezone, _whose(values))
    heading = [
        gettext("Number"), gettext("When"), gettext("Who"), gettext("Device"), gettext("Warehouse"), gettext("Record"),
        gettext("Name"), gettext("Id"), gettext("What"), gettext("Field"), gettext("Before"), gettext("After"), gettext("Reason"),
    ]  # fmt: skip

    def rows() -> Iterator[Sequence[Cell]]:
        for entry in past.stream_trail(wanted):
            for change in entry.fields:
                yield (
                    entry.seq, entry.at, entry.who, entry.device, entry.warehouse, entry.entity_name,
                    entry.named, str(entry.entity_id), str(words.ACTIONS[entry.action]), change.name, change.before, change.after,
                    entry.why,
                )  # fmt: skip

    return _answer("audit", gettext("Audit trail"), form, heading, rows())


# -- stock as of ------------------------------------------------------------------------------------------------------
@bp.get("/stock/as-of")
@requires("stock.view")
def stock_as_of() -> Any:
    """Show what stood in the warehouse at a past moment; the question stands in the URL."""
    values = parse_query(schemas.AsOfIn())
    site = auth.current_site()
    wanted = schemas.as_of(values, warehouse=auth.current_warehouse(), zone=site.timezone)
    return render_template(
        "evidence/stock_as_of.html",
        page=asof.stock_as_of(wanted, cursor=values["cursor"] or None, size=PAGE_SIZE),
        wanted=wanted,
        values=values,
        on=values["on"] or auth.today(),
        never=NEVER,
        last_seq=asof.last_seq(),
        states=[("released", gettext("released")), ("pending", gettext("pending")), ("rejected", gettext("rejected")),
                ("held", gettext("on hold"))],
        filters=_filters(values),
    )  # fmt: skip


@bp.get("/stock/as-of.<any(xlsx, csv):form>")
@requires("stock.export", "evidence.view")
def stock_as_of_sheet(form: str) -> Response:
    """Export the stock as of a moment under the filters of its page."""
    values = parse_query(schemas.AsOfIn())
    wanted = schemas.as_of(values, warehouse=auth.current_warehouse(), zone=auth.current_site().timezone)
    on = values["on"] or auth.today()
    heading = [
        gettext("Item"), gettext("Name"), gettext("Lot"), gettext("Last good day"), gettext("Warehouse"), gettext("Bin"),
        gettext("LPN"), gettext("Goods’ owner"), gettext("On hand"), gettext("Unit"), gettext("State"),
    ]  # fmt: skip
    state_words = {state: str(said) for state, said in stock_words.STATES.items()}

    def rows() -> Iterator[Sequence[Cell]]:
        for row in asof.stream_as_of(wanted):
            yield (
                row.sku, i18n.local_name(row), row.lot_number, row.fefo_on if row.fefo_on != NEVER else None,
                row.warehouse_code, row.bin_code, row.lpn_code, row.owner_code, row.on_hand, row.base_unit,
                ", ".join(state_words[state] for state in row.states(on)),
            )  # fmt: skip

    return _answer("stock-as-of", gettext("Stock as of"), form, heading, rows())


def _filters(values: dict[str, Any]) -> dict[str, Any]:
    """The filters in use, as they stand in a link."""
    return {name: value for name, value in values.items() if value and name != "cursor"}


def _answer(name: str, title: str, form: str, heading: Sequence[str], rows: Iterator[Sequence[Cell]]) -> Response:
    """Stream the rows as a file whose name says what and of which day."""
    file_name = f"{name}-{auth.current_site().code}-{now():%Y%m%d}.{form}"
    headers = {"Content-Disposition": f'attachment; filename="{file_name}"', "X-Accel-Buffering": "no"}
    if form == "csv":
        return Response(stream_with_context(to_csv(heading, rows)), mimetype="text/csv", headers=headers)
    file = to_xlsx(title, heading, rows)
    response = Response(FileWrapper(file), mimetype=_XLSX, headers=headers, direct_passthrough=True)
    response.call_on_close(file.close)
    return response
