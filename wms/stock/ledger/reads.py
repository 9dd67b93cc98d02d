"""The ledger's tables for reading: what features join to in their own SELECTs. Never the target of a write.

A page or a scan must answer in one statement, so it joins balances and claims with tables of its own floor. The names
here are Core tables: no row of them can reach a flush.
"""

from __future__ import annotations

from typing import cast

from sqlalchemy import Table

from wms.stock.ledger.tables import StockBalance, StockClaim, StockMove, StockPosting

balance = cast(Table, StockBalance.__table__)
claim = cast(Table, StockClaim.__table__)
move = cast(Table, StockMove.__table__)
posting = cast(Table, StockPosting.__table__)

__all__ = ["balance", "claim", "move", "posting"]
