"""Supplier returns for machines: write one down from stock, hand its lines over, close it, print its paper."""

from typing import Any

from flask import Response

from wms.core.clock import now
from wms.core.errors import NotFound
from wms.core.ids import BalanceId, BinId, LpnId, SupplierReturnId, SupplierReturnLineId
from wms.db.paging import Page
from wms.returns import paper, queries, schemas, service
from wms.stock import queries as stock
from wms.stock import service as stock_service
from wms.web import api, auth
from wms.web.api import reads, writes
from wms.web.auth import actor_id, current_warehouse, requires
from wms.web.forms import yeses

bp = api.blueprint("returns_api", __name__)


@bp.get("/supplier-returns")
@requires("return.edit", "return.carry", "stock.view")
@reads(query=schemas.ReturnsQuery(), answer=schemas.ReturnRowOut(), paged=True)
def supplier_returns(query: dict[str, Any]) -> Page[queries.ReturnRow]:
    """List the returns to suppliers, the newest first."""
    return queries.list_returns(
        current_warehouse(), state=query["state"], search=query["q"], cursor=query["cursor"], size=query["limit"]
    )


@bp.post("/supplier-returns")
@requires("return.edit")
@writes(body=schemas.NewReturnIn(), answer=schemas.ReturnOut(), status=201, offers=("returns.create_return",))
def create_supplier_return(values: dict[str, Any]) -> queries.WholeReturn:
    """Write down that goods go back to a supplier, and leave the work of carrying them out.

    Goods of any quality may go, expired ones too. Goods on hold need the right `return.held`; the hold stays with them in the
    ledger. Refused: more than is there and not promised, or than other open returns leave. Asked about first:
    `lot_of_other_supplier`, answered with "yes".
    """
    cmd = service.OpenReturn(
        key=api.call_key(),
        warehouse=current_warehouse(),
        supplier=queries.get_supplier(values["supplier_code"]).id,
        lines=tuple(
            service.GoingBack(balance=BalanceId(line["balance_id"]), quantity=line["quantity"])
            for line in values["lines"]
        ),
        reason=values["reason"],
        reference=values["reference"],
        note=values["note"],
        may_take_held=auth.permitted("return.held"),
        answers=yeses(values["answers"]),
    )
    return _view(service.open_return(cmd, actor=actor_id(), at=now()))


@bp.get("/supplier-returns/<int:return_id>")
@requires("return.edit", "return.carry", "stock.view")
@reads(answer=schemas.ReturnOut())
def supplier_return(return_id: int) -> queries.WholeReturn:
    """Give a return with its lines: what goes, from where, what left."""
    return _view(SupplierReturnId(return_id))


@bp.post("/supplier-return-lines/<int:return_line_id>/carry")
@requires("return.edit", "return.carry")
@writes(
    body=schemas.CarryLineIn(), answer=schemas.ReturnOut(), offers=("returns.carry_line", "mobile.supplier_return")
)  # fmt: skip
def carry_return_line(return_line_id: int, values: dict[str, Any]) -> queries.WholeReturn:
    """Say that the goods of a line were handed over: they leave stock, to the supplier. The last line ends the return.

    Less than the line says stays as it is. Refused: goods that were put on hold after the return was written down, fewer goods
    than wanted where they should stand, a line that left before.
    """
    warehouse = current_warehouse()
    bin_ = BinId(stock.find_bin(values["bin_code"], warehouse=warehouse).id) if values["bin_code"] else None
    plate = stock_service.find_open_lpn(values["lpn_code"]) if values["lpn_code"] else None
    if values["lpn_code"] and plate is None:
        raise NotFound(kind="lpn", text=values["lpn_code"])
    cmd = service.CarryLine(
        warehouse=warehouse, line=SupplierReturnLineId(return_line_id), key=api.call_key(), quantity=values["quantity"],
        bin=bin_, lpn=LpnId(plate.id) if plate is not None else None,
    )  # fmt: skip
    return _view(service.carry_line(cmd, actor=actor_id(), at=now()).supplier_return)


@bp.post("/supplier-returns/<int:return_id>/close")
@requires("return.edit")
@writes(body=schemas.CloseReturnIn(), answer=schemas.ReturnOut(), offers=("returns.close_return",))
def close_supplier_return(return_id: int, values: dict[str, Any]) -> queries.WholeReturn:
    """Write down who took the goods, and end the return: what did not leave stays here. One of which nothing left is cancelled."""
    service.close_return(
        SupplierReturnId(return_id), warehouse=current_warehouse(), carrier=values["carrier"], plate=values["plate"],
        actor=actor_id(), at=now(),
    )  # fmt: skip
    return _view(SupplierReturnId(return_id))


@bp.get("/supplier-returns/<int:return_id>/paper")
@requires("return.edit", "return.carry", "stock.view")
@reads(answer=None, media="application/pdf")
def supplier_return_paper(return_id: int) -> Response:
    """Give the paper that goes with the goods, as PDF: every lot with its days and quantity."""
    return paper.answer(_view(SupplierReturnId(return_id)))


def _view(return_id: SupplierReturnId) -> queries.WholeReturn:
    return queries.get_return(return_id, warehouse=current_warehouse())
