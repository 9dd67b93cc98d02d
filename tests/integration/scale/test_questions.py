"""Nothing a person or a job asks of a large warehouse reads the whole of it: statements counted, plans and work looked at.

The planners are told of a million rows (conftest.py), so a plan here is the plan there. On SQLite all is asked twice: with
those statistics, and without any, as in an installation where nobody ever ran ANALYZE.
"""

from __future__ import annotations

import pytest

from tests import plans
from tests.integration.scale.conftest import ROWS
from tests.plans import Asked, Plan
from tests.questions import Ask, Place, questions

#: Tables that grow with the trade. None of them is ever read from end to end.
GROWING = {
    "stock_balance", "stock_move", "stock_posting", "lot", "lpn", "order_line", "customer_order", "pick_list", "shipment",
    "load_line", "task", "receipt", "receipt_line", "passage", "tag", "audit_entry",
}  # fmt: skip
#: Walks that a LIMIT ends: the newest or the first few in the order of the index, or any few of many.
ENDED_BY_LIMIT = {
    "passages": {"ix_passage_ended_at"}, "tags": {"ix_tag_untied"}, "orders all": {"uq_customer_order_number"},
    "shipments": {"pk_shipment", "sqlite_autoindex_shipment_1"}, "stock text: letter": {"lot"},
    "search beginning": {"lot"}, "allocate an order": {"pk_stock_posting"},
    "suggest a bin": {"ix_task_coming"}, "trace": {"pk_stock_posting"},
}  # fmt: skip
#: Partial indexes that hold a handful: read from end to end they are still small.
SMALL = {
    "ix_lot_stopped",
    "ix_stock_balance_hold_set_id",
    "ix_task_coming",
    "ix_passage_unsettled",
    "ix_stock_posting_typed",
    "ix_tag_lot_id",  # no tag of this warehouse stands for a lot
}
#: What one statement may cost: rows read on PostgreSQL, machine steps on SQLite. A table read whole costs more than either.
MOST = {"postgresql": 4_000, "sqlite": 70_000}
#: So many statements at most, for each beginning of a name; the longest beginning counts.
STATEMENTS = {
    "stock": 9, "today": 12, "lot": 25, "search": 6, "items": 8, "item": 13, "bins": 6, "bin": 7, "warehouses": 6,
    "orders": 4, "order": 13, "alerts": 6, "quality": 6, "pending": 18, "holds": 6, "hold": 11, "doors": 6, "door": 5,
    "passages": 7, "tags": 4, "receiving": 4, "receipt": 18, "shipments": 5, "shipment": 16, "reports": 3, "scan": 1,
    "pick lists": 4, "next stop": 1, "putaways": 3, "find a putaway": 1, "judge a plate": 1, "menu": 2,
    "allocate an order": 34, "suggest a bin": 12, "job": 2,
    "goods apart": 8, "near expiry": 8, "retests": 8, "inspections": 8, "suppliers": 10, "samples": 8, "units": 6,
    "print jobs": 6, "typed lots": 5, "refusals": 6, "returns": 6, "release queue": 18, "hold case": 12,
    "gaps": 8, "work orders": 7, "recalls": 6, "complaints": 6, "history": 16, "trace": 24, "inspector": 7,
    "inspector, a lot": 20, "inspector, people": 9,
}  # fmt: skip
#: The index each question is meant to be answered by, whatever else it uses.
MEANT = {
    "stock expiry": "ix_stock_balance_page", "stock -expiry deep": "ix_stock_balance_page",
    "stock item": "ix_stock_balance_item", "stock -item deep": "ix_stock_balance_item",
    "stock bin": "ix_stock_balance_bin_id", "stock -bin deep": "ix_stock_balance_bin_id",
    "stock by lot": "ix_lot_number", "stock by bin": "ix_stock_balance_bin_id", "stock by lpn": "ix_stock_balance_lpn_id",
    "stock by zone": "ix_bin_zone", "stock before": "ix_stock_balance_page",
    "stock available, by bin": "ix_stock_balance_bin_id", "stock pending, by expiry": "ix_stock_balance_quality",
    "stock pending, by bin": "ix_stock_balance_waiting", "lot": "ix_stock_move_lot_id",
    "search last digits": "ix_lpn_tail", "search lot": "ix_lot_number", "today": "ix_task_open",
    "orders": "ix_customer_order_open", "order shipped": "ix_stock_move_demand", "pending": "ix_stock_balance_waiting",
    "holds": "ix_stock_balance_hold_set_id", "door poll": "ix_passage_shown", "tags": "ix_tag_untied",
    "passages of a plate": "ix_passage_lpn_id", "scan a lot": "ix_lot_number", "scan a plate": "ix_lpn_code",
    "pick lists": "ix_pick_list_state", "next stop": "ix_task_document", "putaways": "ix_task_open",
    "judge a plate at a door": "ix_pick_list_lpn_id", "allocate an order": "ix_stock_balance_fefo",
    "suggest a bin": "ix_task_coming", "job: expired": "ix_stock_balance_page",
}  # fmt: skip


def statements_of(place: Place, ask: Ask) -> list[Asked]:
    """Ask, and give what the database was asked."""
    with plans.watch(place.engine) as asked:
        ask(place)
    return asked


def faults_of(place: Place, name: str, asked: list[Asked], explained: dict[tuple[str, str], Plan]) -> list[str]:
    """Say what is wrong with how a question was answered; what every page asks is explained once."""
    for statement in asked:
        key = (statement.statement, str(statement.parameters))
        if key not in explained:
            explained[key] = plans.explain(place.engine, statement)
    found = [(s, explained[s.statement, str(s.parameters)]) for s in asked]
    faults = []
    if len(asked) > _statements(name):
        faults.append(f"{name}: {len(asked)} statements, {_statements(name)} at most")
    if place.engine.dialect.name in (meant := _meant(name)) and not any(
        step.index == meant[place.engine.dialect.name] for _, plan in found for step in plan.steps
    ):
        faults.append(f"{name}: {MEANT[name]} is not used")
    for statement, plan in found:
        faults += _faults_of_plan(place, name, statement, plan)
    return faults


def _statements(name: str) -> int:
    return next(STATEMENTS[start] for start in sorted(STATEMENTS, key=len, reverse=True) if name.startswith(start))


def _meant(name: str) -> dict[str, str]:
    return dict.fromkeys(("sqlite", "postgresql"), MEANT[name]) if name in MEANT else {}


def _faults_of_plan(place: Place, name: str, statement: Asked, plan: Plan) -> list[str]:
    allowed = ENDED_BY_LIMIT.get(name, set()) | SMALL
    whole = [step for step in plan.steps if step.is_whole and step.table in GROWING]
    faults = [f"{name}: reads {step.table} from end to end {step.index}" for step in whole
              if step.index not in allowed and step.table not in allowed]  # fmt: skip
    if plan.work > MOST[place.engine.dialect.name]:
        faults.append(f"{name}: costs {plan.work}")
    return [f"{fault}\n{statement.statement}\n{plan.text}\n" for fault in faults]


def all_faults(place: Place) -> list[str]:
    """Every fault of every question; the statements are kept for who wants them explained once more."""
    explained: dict[tuple[str, str], Plan] = {}
    faults = []
    for name, ask in questions().items():
        if name not in place.asked:
            place.asked[name] = statements_of(place, ask)
        faults += faults_of(place, name, place.asked[name], explained)
    return faults


@pytest.mark.slow
def test_every_question_reads_what_it_shows_and_no_more(large: Place) -> None:
    faults = all_faults(large)
    assert not faults, "\n".join(faults)


@pytest.mark.slow
@pytest.mark.parametrize("large", ["sqlite"], indirect=True)
def test_so_it_does_where_nobody_ever_counted_the_rows(large: Place) -> None:
    raw = large.engine.raw_connection()
    kept = raw.cursor().execute("SELECT tbl, idx, stat FROM sqlite_stat1").fetchall()
    raw.cursor().execute("DELETE FROM sqlite_stat1")
    raw.close()
    large.engine.dispose()
    try:
        faults = all_faults(large)
    finally:
        raw = large.engine.raw_connection()
        raw.cursor().executemany("INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES (?, ?, ?)", kept)
        raw.close()
        large.engine.dispose()
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize(
    ("index", "name"),
    [("ix_stock_balance_page", "stock expiry"), ("ix_passage_shown", "door poll"), ("ix_stock_move_lot_id", "lot")],
)
def test_a_missing_index_is_seen(large: Place, index: str, name: str) -> None:
    raw = large.engine.raw_connection()
    cursor = raw.cursor()
    if large.engine.dialect.name == "sqlite":
        cursor.execute("SELECT sql FROM sqlite_master WHERE name = ?", (index,))
    else:
        cursor.execute("SELECT indexdef FROM pg_indexes WHERE indexname = %s", (index,))
    (made_by,) = cursor.fetchone()
    cursor.execute(f"DROP INDEX {index}")
    raw.commit()
    try:
        assert faults_of(large, name, statements_of(large, questions()[name]), {})
    finally:
        cursor.execute(made_by)
        raw.commit()
        raw.close()


def test_the_loaded_warehouse_is_whole_and_as_large_as_asked(large: Place) -> None:
    from sqlalchemy import text

    from tests import given
    from wms.db import db

    with large.app.app_context():
        given.ledger_is_whole()
        count = lambda sql: db.session.execute(text(sql)).scalar_one()  # noqa: E731
        assert 0 <= count("SELECT count(*) FROM stock_balance WHERE on_hand > 0") - ROWS < ROWS // 50
        assert 0 <= 5 * ROWS - count("SELECT count(*) FROM stock_move") < ROWS // 20
        states = set(db.session.execute(text("SELECT DISTINCT state FROM customer_order")).scalars())
        assert states == {"new", "allocated", "picking", "picked", "shipped"}
        assert count("SELECT count(*) FROM stock_claim") > 100
        assert count("SELECT count(*) FROM hold WHERE lifted_at IS NULL") > 10
        assert count("SELECT count(*) FROM alert WHERE state = 'open'") > 50
        assert count("SELECT count(*) FROM passage") > 1000
        assert count("SELECT count(DISTINCT fefo_on) FROM lot") > 300
        db.session.remove()
