"""Where a person may decide, and how a file attached to a paper is found: the same for the page and for the API."""

from flask import url_for

from wms.core.errors import NotFound
from wms.core.ids import BinId, LotId, LpnId
from wms.disposition import queries
from wms.disposition.models import Destruction, Nonconformance
from wms.files import subjects
from wms.stock import queries as stock
from wms.web import auth


def here(bin: int | None, lpn: int | None) -> tuple[BinId | None, LpnId | None]:
    """Give bin and LPN of a tranche; one of another warehouse is not found here."""
    if bin is not None and stock.get_bin(BinId(bin)).warehouse_id != auth.current_warehouse():
        raise NotFound(kind="bin", text=str(bin))
    if lpn and stock.get_lpn(LpnId(lpn)).warehouse_id not in (None, auth.current_warehouse()):
        raise NotFound(kind="lpn", text=str(lpn))
    return (BinId(bin) if bin is not None else None, LpnId(lpn) if lpn else None)


def nonconformance(paper: int) -> Nonconformance:
    """Give a non-conformance of this warehouse."""
    return queries.find_nonconformance(paper, warehouse=auth.current_warehouse())


def destruction(paper: int) -> Destruction:
    """Give a destruction of this warehouse."""
    return queries.find_destruction(paper, warehouse=auth.current_warehouse())


def tell_of_papers() -> None:
    """Let photos and certificates be attached to non-conformances and destructions."""

    def _nonconformance(paper: int) -> subjects.Whereabouts:
        found = queries.find_nonconformance(paper)
        page = url_for("disposition.nonconformance", paper_id=found.id)
        return subjects.Whereabouts(warehouse=found.warehouse_id, page=page)

    def _destruction(paper: int) -> subjects.Whereabouts:
        found = queries.find_destruction(paper)
        page = url_for("disposition.destruction", paper_id=found.id)
        return subjects.Whereabouts(warehouse=found.warehouse_id, page=page)

    subjects.tell_of("nonconformance", subjects.Subject(views=("stock.view",), find=_nonconformance))
    subjects.tell_of("destruction", subjects.Subject(views=("stock.view",), find=_destruction))


def lot_of(lot_id: int) -> LotId:
    """Give the id of a lot that is there."""
    return stock.get_lot(LotId(lot_id)).id
