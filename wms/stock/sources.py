"""Where a lot came from: whether the books know any origin of it. One condition, for pages, closing and the daily report."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import ColumnElement, exists, select

from wms.sites.models import Bin, BinKind
from wms.stock.ledger import reads
from wms.stock.models import ImportedEvent, LotLink, PastKind

#: The kinds of outside bin that goods come out of with a paper that says from whom, or of what they were made.
_COMES_FROM: Final = (BinKind.SUPPLIER, BinKind.CUSTOMER, BinKind.CONSUMED)
#: The document of opening stock and of what a file took over.
_IMPORTED: Final = "import_run"


def has_source(lot_id: Any) -> ColumnElement[bool]:
    """The condition that a lot has an origin: received or come back, made, taken over from a file, or another lot's part.

    Goods that a count or a report of found goods brought into the books have none.
    """
    move, posting = reads.move, reads.posting
    came = (
        select(move.c.posting_seq)
        .join(Bin, Bin.id == move.c.source_bin_id)
        .where(move.c.lot_id == lot_id, Bin.kind.in_(_COMES_FROM))
    )
    opening = (
        select(move.c.posting_seq)
        .join(posting, posting.c.seq == move.c.posting_seq)
        .where(move.c.lot_id == lot_id, posting.c.document_kind == _IMPORTED)
    )
    linked = select(LotLink.id).where(LotLink.target_lot_id == lot_id, LotLink.voided_seq.is_(None))
    past = select(ImportedEvent.id).where((ImportedEvent.lot_id == lot_id) & (ImportedEvent.kind == PastKind.RECEIPT))
    return exists(came) | exists(opening) | exists(linked) | exists(past)
