"""The audit of the ledger sees each kind of breach, planted by hand behind the ledger's back."""

from typing import Any

import pytest
from sqlalchemy import text

from tests import given
from wms.core.ids import SYSTEM_USER, new_id
from wms.stock.ledger.audit import run_checks

MOVE = (
    "INSERT INTO stock_move (posting_seq, line, warehouse_id, lot_id, owner_id, quantity, source_bin_id, source_lpn_id,"
    " source_quality, source_hold_set_id, target_bin_id, target_lpn_id, target_quality, target_hold_set_id, demand_kind)"
    " SELECT posting_seq, 9, warehouse_id, lot_id, owner_id, 1000000, {source}, 0, 'released', 0, {target}, 0, 'released', 0, ''"
    " FROM stock_move WHERE line = 1"
)
BREACHES = {
    "more on hand than was moved": ("UPDATE stock_balance SET on_hand = on_hand + 1, is_open = true", {"I2", "I4"}),
    "a balance without moves": (
        "INSERT INTO stock_balance SELECT {fresh}, warehouse_id, lot_id, item_id, owner_id, {other}, lpn_id, quality,"
        " hold_set_id, on_hand, allocated, is_open, fefo_on, received_on FROM stock_balance", {"I2", "I4"},
    ),
    "moves without a balance": ("DELETE FROM stock_balance", {"I2", "I4"}),
    "a move inside that no balance tells of": (MOVE.format(source="{bin}", target="{other}"), {"I2"}),
    "a move from one outside to another": (MOVE.format(source="{supplier}", target="{customer}"), {"I3"}),
    "promised to nobody": ("UPDATE stock_balance SET allocated = 1", {"I8a"}),
    "a posting without moves": (
        "INSERT INTO stock_posting (seq, key, fingerprint, reason, document_kind, actor_id, note, occurred_at, recorded_at)"
        " SELECT 99, 'empty', '', reason, '', {actor}, '', occurred_at, recorded_at FROM stock_posting", {"I5"},
    ),
    "another deciding day than its lot's": ("UPDATE stock_balance SET fefo_on = '2030-01-01'", {"D1"}),
}  # fmt: skip


@pytest.mark.parametrize("breach", BREACHES)
def test_a_breach_is_seen_by_its_check(db: Any, breach: str) -> None:
    site = given.warehouse()
    lot = given.lot(given.item())
    given.stock(lot, site, "A-01", 10)
    given.ledger_is_whole()
    statement, seen_by = BREACHES[breach]
    values = {
        "fresh": new_id(), "bin": site["A-01"], "other": site["A-02"], "supplier": site["SUPPLIER"],
        "customer": site["CUSTOMER"], "actor": SYSTEM_USER,
    }  # fmt: skip
    db.session.execute(text(statement.format(**values)))
    db.session.commit()
    assert {fault.check for fault in run_checks(db.session())} == seen_by
    db.session.rollback()
