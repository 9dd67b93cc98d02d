"""What the page, the exports and the API of a trace share: what was asked, read as a start, and the trace of it."""

from __future__ import annotations

from typing import Final

from wms.core.errors import BadCode, BadScan, FieldErrors, NotFound, StartEmpty, WmsError
from wms.core.ids import LotId, WarehouseId
from wms.gs1.scan import Scan, read
from wms.stock import queries as stock
from wms.trace import starts
from wms.trace.queries import trace
from wms.trace.rules.graph import Direction, Start, StartKind, TraceResult
from wms.web import auth

#: What a plain text is tried as, the most usual first.
_GUESSES: Final = (
    StartKind.LOT, StartKind.WORK_ORDER, StartKind.RECEIPT, StartKind.ORDER, StartKind.SHIPMENT, StartKind.LPN,
    StartKind.UNIT, StartKind.MAKER_LOT, StartKind.SUPPLIER_LOT, StartKind.CUSTOMER, StartKind.MACHINE, StartKind.TEAM,
    StartKind.OPERATOR, StartKind.TAG, StartKind.OPERATION, StartKind.HOUR, StartKind.DATES,
)  # fmt: skip


def seen_warehouses() -> list[WarehouseId]:
    """The warehouses whose stock, papers and partners the person may see in a trace."""
    return [site.id for site in auth.sites_with("trace.view")]


def start_asked(*, lot: int | None, kind: StartKind | None, text: str, item: str = "") -> Start:
    """Read what was asked: a lot by its id, a text of a kind, or a text whose kind is recognised.

    Raises NotFound, StartEmpty, StartAmbiguous, BadInput.
    """
    if lot is not None:
        return starts.start_of([stock.get_lot(LotId(lot)).id], text=stock.get_lot(LotId(lot)).number)
    if not text.strip():
        raise FieldErrors(errors={"text": ["required"]})
    if kind is not None:
        return starts.find_start(kind, text.strip(), item=item, warehouses=seen_warehouses())
    return _recognised(text.strip(), item)


def _recognised(text: str, item: str) -> Start:
    """Take a scan for what it says it is, a plain text for the first thing that has this number."""
    empty: WmsError | None = None
    for kind in _kinds_of(text):
        try:
            return starts.find_start(kind, text, item=item, warehouses=seen_warehouses())
        except StartEmpty as known:
            empty = empty or known
        except (NotFound, BadCode, BadScan, FieldErrors):
            continue
        except WmsError as refused:
            if refused.code in {"bad_input", "bad_date"}:
                continue
            raise
    raise empty or NotFound(kind="trace_start", text=text[:60])


def _kinds_of(text: str) -> tuple[StartKind, ...]:
    try:
        scan: Scan = read(text)
    except BadScan:
        return _GUESSES
    if scan.how == "plain":
        return _GUESSES
    if scan.sscc is not None:
        return (StartKind.LPN, *_GUESSES)
    if scan.serial is not None:
        return (StartKind.UNIT, StartKind.LOT, *_GUESSES)
    if scan.lot is not None:
        return (StartKind.LOT, *_GUESSES)
    return (StartKind.TAG, *_GUESSES)


def traced(start: Start, direction: Direction) -> TraceResult:
    """Trace it, and show of other warehouses what the person may see."""
    return trace(start, direction, warehouses=seen_warehouses())
