"""Stock for machines: what stands where, lots and LPNs, the moves of the ledger, labels.

Carrying goods is POST /stock/{id}/move and POST /lpns/{id}/move (wms/mobile/api.py), holds and verdicts are quality's.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from flask import Response

from wms.core.clock import now
from wms.core.errors import MissingField, NotFound
from wms.core.ids import BinId, LotId, LpnId, PostingSeq, WarehouseId
from wms.core.quantity import Quantity
from wms.db.paging import Page
from wms.fields.forms import given_by_call
from wms.fields.queries import conditions_of
from wms.gs1.codes import LotNumber
from wms.printing import queries as printing
from wms.printing import service as printer_queue
from wms.stock import labels, queries, schemas, service
from wms.stock import lots as becoming
from wms.stock.models import Lot, Lpn
from wms.stock.queries import BalanceRow, StockRow
from wms.web import api, auth
from wms.web.api import reads, writes
from wms.web.auth import current_warehouse, requires
from wms.web.forms import yeses

bp = api.blueprint("stock_api", __name__)

_LABEL_MEDIA: Final = ", ".join(labels.MEDIA.values())


@dataclass(frozen=True)
class LotSums:
    """A lot with how much of it stands in the warehouses the caller may see."""

    lot: Lot
    on_hand_quantity: Quantity
    allocated_quantity: Quantity
    states: Sequence[dict[str, Any]]


@dataclass(frozen=True)
class LpnStock:
    """A plate with what stands on it."""

    lpn: Lpn
    stock: Sequence[StockRow]


# -- what stands where ------------------------------------------------------------------------------------------------
@bp.get("/stock")
@requires("stock.view")
@reads(query=schemas.StockQuery(), answer=schemas.StockOut(), paged=True)
def stock(query: dict[str, Any]) -> Page[StockRow]:
    """List what stands in a warehouse, lot by lot and bin by bin.

    The filters are those of the stock page and all hold at once. Quantities are in the item's base unit. Goods that are
    held, pending, rejected or expired are listed too: `states` says so. ?f.code=value filters by an own field of the lot.
    """
    wanted = schemas.stock_query(query, warehouse=current_warehouse())
    return _dressed(
        queries.page_of_stock(wanted, on=auth.today(), cursor=query["cursor"], size=query["limit"])
    )  # fmt: skip


# -- lots -------------------------------------------------------------------------------------------------------------
@bp.get("/lots")
@requires("stock.view")
@reads(query=schemas.LotsQuery(), answer=schemas.LotOut(), paged=True)
def lots(query: dict[str, Any]) -> Page[Lot]:
    """List lots by number; with `item` and `number` the one lot that is meant, or none.

    A lot number is compared byte for byte: "0012", "12" and "a/12" are three. A lot of which nothing stands anywhere any
    more is listed too. ?f.code=value filters by an own field of lots: text begins so, numbers and dates may be `a..b`.
    """
    return queries.page_of_lots(
        sku=query["item"], number=query["number"], begins=query["q"], cursor=query["cursor"], size=query["limit"],
        own=conditions_of("lot", query["f"]),
    )  # fmt: skip


@bp.get("/lots/<int:lot_id>")
@requires("stock.view")
@reads(answer=schemas.LotWithSumsOut())
def lot(lot_id: int) -> LotSums:
    """Give a lot with its days and own fields, and how much of it stands in the warehouses the key may see, by state."""
    return _sums(LotId(lot_id))


def _sums(lot_id: LotId) -> LotSums:
    found = queries.get_whole_lot(lot_id)
    seen = set(_warehouses())
    rows = [row for row in queries.find_balances(lot=found.id) if row.warehouse in seen]
    return LotSums(
        lot=found,
        on_hand_quantity=Quantity(sum(row.on_hand.millionths for row in rows)),
        allocated_quantity=Quantity(sum(row.allocated.millionths for row in rows)),
        states=[{"state": state, "quantity": amount} for state, amount in queries.sums_by_state(rows, on=auth.today())],
    )


@bp.post("/lots/<int:lot_id>/fields")
@requires("lot.edit")
@writes(body=schemas.LotFieldsIn(), answer=schemas.LotWithSumsOut(), offers=("stock.set_lot_fields",))
def set_lot_fields(lot_id: int, values: dict[str, Any]) -> LotSums:
    """Set own fields of a lot, by code: those that are named; null takes a value away.

    Refused by name: a code that lots do not have, a value that is not of the field's type, range, pattern or choices.
    """
    service.set_own_fields(LotId(lot_id), given_by_call(values["own_fields"]))
    return _sums(LotId(lot_id))


@bp.get("/lots/<int:lot_id>/stock")
@requires("stock.view")
@reads(query=api.ListQuery(), answer=schemas.StockOut(), paged=True)
def stock_of_lot(lot_id: int, query: dict[str, Any]) -> Page[StockRow]:
    """List where a lot stands, in all warehouses the key may see."""
    found = queries.get_lot(LotId(lot_id))
    return _dressed(
        queries.page_of_lot_stock(found.id, warehouses=_warehouses(), cursor=query["cursor"], size=query["limit"])
    )


@bp.get("/lots/<int:lot_id>/moves")
@requires("stock.view")
@reads(query=schemas.MovesQuery(), answer=schemas.MoveOut(), paged=True)
def moves_of_lot(lot_id: int, query: dict[str, Any]) -> Page[queries.MoveRow]:
    """List what became of a lot, the newest first: every move of the ledger in the warehouses the key may see.

    Both ends of a move are named; supplier, customer, scrap and adjustment are bins outside the walls.
    """
    found = queries.get_lot(LotId(lot_id))
    return queries.page_of_moves(
        found.id, warehouses=_warehouses(), reason=query["reason"], cursor=query["cursor"], size=query["limit"]
    )


@bp.get("/postings/<int:seq>")
@requires("stock.view")
@reads(answer=schemas.PostingOut())
def posting(seq: int) -> queries.Posting:
    """Give one posting: the moves that were done together. Calls that move goods answer with its number."""
    return queries.get_posting(PostingSeq(seq), warehouse=current_warehouse())


@bp.get("/lots/<int:lot_id>/links")
@requires("stock.view")
@reads(answer=schemas.LinksOut())
def lot_links(lot_id: int) -> dict[str, Any]:
    """Give what a lot came of and what it became: splits, merges, relabels, production; the newest first, 200 of each at most.

    Quantities are in the base unit of each lot's own item. A link is never changed and never taken away; one that a
    counter-entry took back (`is_taken_back`) stays in the list and no longer counts.
    """
    came_from, became = queries.links_of(queries.get_lot(LotId(lot_id)).id)
    return {"came_from": came_from, "became": became}


@bp.post("/lots/<int:lot_id>/split")
@requires("lot.edit")
@writes(body=schemas.SplitIn(), answer=schemas.BecameOut(), status=201, offers=("stock.split_lot",))
def split_lot(lot_id: int, values: dict[str, Any]) -> becoming.Became:
    """Make a lot of its own out of a part of a lot, where the goods stand.

    Days, maker, codes, quality and holds go along; the genealogy keeps the quantity. Refused: more than stands there, goods
    that are promised (`goods_promised`), a number the item has (`duplicate_value`); a number that looks like a known one is
    asked about (`lot_nearly_known`).
    """
    return becoming.split(
        becoming.SplitLot(
            key=api.call_key(), lot=LotId(lot_id), warehouse=current_warehouse(), parts=schemas.parts_of_call(values),
            reason=values["reason"], number=schemas.number_of(values), answers=yeses(values["answers"]),
        ),
        actor=auth.actor_id(),
        at=now(),
    )  # fmt: skip


@bp.post("/lots/<int:lot_id>/relabel")
@requires("lot.edit")
@writes(body=schemas.RelabelIn(), answer=schemas.BecameOut(), status=201, offers=("stock.relabel_lot",))
def relabel_lot(lot_id: int, values: dict[str, Any]) -> becoming.Became:
    """Let goods of a lot go on under another number: all that stands in the warehouse, or the parts named.

    Refused as a split is.
    """
    return becoming.relabel(
        becoming.RelabelLot(
            key=api.call_key(), lot=LotId(lot_id), warehouse=current_warehouse(), parts=schemas.parts_of_call(values),
            reason=values["reason"], number=LotNumber.parse(values["number"]), answers=yeses(values["answers"]),
        ),
        actor=auth.actor_id(),
        at=now(),
    )  # fmt: skip


@bp.post("/lots/<int:lot_id>/merge")
@requires("lot.edit")
@writes(body=schemas.MergeIn(), answer=schemas.BecameOut(), status=201, offers=("stock.merge_lots",))
def merge_lots(lot_id: int, values: dict[str, Any]) -> becoming.Became:
    """Make one lot of this one and others of the same item: into this one, or into a new lot of `number`.

    All of it takes the worst quality, every hold and the earliest of each day. What the lots do not agree in is left blank
    on a new lot. Refused as a split is, and `lots_differ` for lots of another item or released for other customers.
    """
    number, others = schemas.number_of(values), tuple(LotId(other) for other in values["lot_ids"])
    return becoming.merge(
        becoming.MergeLots(
            key=api.call_key(), lots=(LotId(lot_id), *others) if number else others, warehouse=current_warehouse(),
            reason=values["reason"], into=None if number else LotId(lot_id), number=number,
            parts=schemas.parts_of_call(values), answers=yeses(values["answers"]),
        ),
        actor=auth.actor_id(),
        at=now(),
    )  # fmt: skip


@bp.post("/lots/<int:lot_id>/correct")
@requires("lot.edit")
@writes(body=schemas.CorrectIn(), answer=schemas.LotOut(), offers=("stock.correct_lot",))
def correct_lot(lot_id: int, values: dict[str, Any]) -> Lot:
    """Set days and codes of a lot right, with the reason; what is not named stays as it is. Its number is changed by relabel.

    Every balance of the lot follows its deciding day at once, in all warehouses; the audit trail keeps both values and the
    reason.
    """
    reason = values.pop("reason")
    becoming.correct(
        becoming.CorrectLot(lot=LotId(lot_id), values=values, reason=reason), actor=auth.actor_id(), at=now()
    )
    return queries.get_whole_lot(LotId(lot_id))


# -- LPNs -------------------------------------------------------------------------------------------------------------
@bp.get("/lpns")
@requires("stock.view")
@reads(query=schemas.LpnsQuery(), answer=schemas.LpnOut(), paged=True)
def lpns(query: dict[str, Any]) -> Page[Lpn]:
    """List the LPNs of a warehouse by code.

    A code is unique among open LPNs only: an SSCC may have come back after its plate was closed.
    """
    return queries.page_of_lpns(
        current_warehouse(), code=query["code"], begins=query["q"], cursor=query["cursor"], size=query["limit"]
    )


@bp.get("/lpns/<int:lpn_id>")
@requires("stock.view")
@reads(answer=schemas.LpnWithStockOut())
def lpn(lpn_id: int) -> LpnStock:
    """Give an LPN with what stands on it, and on the LPNs that stand on it."""
    found = queries.get_lpn(LpnId(lpn_id))
    if found.warehouse_id not in (None, current_warehouse()):
        raise NotFound(kind="lpn", text=str(lpn_id))
    plates = queries.lpn_with_children(found.id)
    return LpnStock(
        found, queries.with_states(queries.find_balances(lpns=plates, warehouse=current_warehouse()), on=auth.today())
    )


# -- labels -----------------------------------------------------------------------------------------------------------
@bp.get("/lots/<int:lot_id>/label.<any(png, svg, pdf, zpl):form>")
@requires("label.print")
@reads(answer=None, media=_LABEL_MEDIA)
def lot_label(lot_id: int, form: str) -> Response:
    """Draw the label of a lot, 100 by 50 mm. ZPL is for label printers, at 8 dots a millimetre."""
    return labels.draw(labels.lot_label(LotId(lot_id)), form)


@bp.get("/bins/<int:bin_id>/label.<any(png, svg, pdf, zpl):form>")
@requires("label.print")
@reads(answer=None, media=_LABEL_MEDIA)
def bin_label(bin_id: int, form: str) -> Response:
    """Draw the label of a bin, 100 by 50 mm."""
    return labels.draw(labels.bin_label(BinId(bin_id)), form)


@bp.get("/lpns/<int:lpn_id>/label.<any(png, svg, pdf, zpl):form>")
@requires("label.print")
@reads(answer=None, media=_LABEL_MEDIA)
def lpn_label(lpn_id: int, form: str) -> Response:
    """Draw the label of an LPN with what stands on it, 100 by 50 mm."""
    return labels.draw(labels.lpn_label(LpnId(lpn_id)), form)


@bp.get("/labels.pdf")
@requires("label.print")
@reads(query=schemas.LabelSheetQuery(), answer=None, media="application/pdf")
def label_sheet(query: dict[str, Any]) -> Response:
    """Draw labels on A4 sheets, two by five: at most 200 lots, 200 LPNs, and 2,000 labels in all.

    `lot`, `lpn` and `bin` are ids and may stand many times; `zone` and `prefix` choose bins by their code.
    """
    return labels.draw_sheet(labels.chosen(query))


@bp.post("/labels/print")
@requires("label.print")
@writes(
    body=schemas.PrintLabelsCall(), answer=schemas.QueuedOut(), status=202, offers=("stock.queue_labels",)
)  # fmt: skip
def print_labels(values: dict[str, Any]) -> dict[str, Any]:
    """Put labels of lots, LPNs and bins into the queue of a printer: the one named, else the caller's own.

    A plate is one thing with one label: printing it again needs a `reason`. What becomes of the jobs is GET /print-jobs.
    """
    warehouse, actor = current_warehouse(), auth.actor_id()
    if values["printer_id"] is not None:
        printer = printing.get_printer(values["printer_id"], warehouse=warehouse)
    else:
        own = printing.default_printer(warehouse, device=None, user=actor)
        if own is None:
            raise MissingField(field="printer_id")
        printer = own
    jobs = printer_queue.queue_all(
        [
            labels.to_queue(
                one, printer, copies=values["copies"], reason=values["reason"],
                key=f"{api.call_key()}:{one.kind.value}:{one.subject}",
            )
            for one in labels.wanted(values)
        ],
        actor=actor,
        at=now(),
    )  # fmt: skip
    return {"items": [printing.get_job_row(job.id) for job in jobs]}


# -- inside -----------------------------------------------------------------------------------------------------------
def _dressed(page: Page[BalanceRow]) -> Page[StockRow]:
    return Page(rows=queries.with_states(page.rows, on=auth.today()), next_cursor=page.next_cursor)


def _warehouses() -> list[WarehouseId]:
    """Every warehouse in which the caller may see stock."""
    return [site.id for site in auth.sites_with("stock.view")]
