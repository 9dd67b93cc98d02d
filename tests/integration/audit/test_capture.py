"""Every change of a document or a master record leaves its trace in the same transaction."""

from typing import Any

import pytest
from sqlalchemy import select

from tests import given
from wms.audit import queries
from wms.audit.context import acting
from wms.audit.models import AuditEntry
from wms.catalog import service as catalog
from wms.catalog.models import Item
from wms.core.ids import SYSTEM_USER
from wms.db import run_in_transaction


def entries(db: Any) -> list[AuditEntry]:
    found = list(db.session.execute(select(AuditEntry).order_by(AuditEntry.seq)).scalars())
    db.session.commit()
    return found


def test_a_change_is_kept_with_before_and_after_who_and_why(db: Any) -> None:
    item = given.item("TEA", name_en="Tea")
    person = given.user("ann", "supervisor")
    with acting(person, reason="new label"):
        run_in_transaction(catalog.change_item, item.id, {"name_en": "Green tea", "over_receipt_percent": 0})
    last = queries.history("item", item.id)[0]
    assert (last.entry.action, last.entry.changes) == ("changed", {"name_en": ["Tea", "Green tea"]})
    assert (last.entry.actor_id, last.actor_name, last.entry.reason) == (person, "Ann", "new label")
    assert [(b, a) for _c, b, a in queries.field_values("item", item.id, "name_en")] == [
        ("Tea", "Green tea"),
        (None, "Tea"),
    ]


def test_what_is_rolled_back_leaves_no_trace(db: Any) -> None:
    item = given.item()
    count = len(entries(db))

    def change_and_fail() -> None:
        db.session.get_one(Item, item.id).name_en = "Other"
        db.session.flush()
        raise RuntimeError("on purpose")

    with pytest.raises(RuntimeError):
        run_in_transaction(change_and_fail)
    assert len(entries(db)) == count


def test_secrets_are_masked_and_a_pulse_alone_makes_no_entry(db: Any) -> None:
    from wms.accounts import service
    from wms.accounts.models import User

    user = given.user("bob")
    run_in_transaction(service.change_password, user, "another long password")
    changed = queries.history("user_account", user)[0].entry.changes
    assert set(changed) == {"password_hash", "session_token"}
    assert all(pair == ["•••", "•••"] for pair in changed.values())
    count = len(entries(db))

    def fail_once() -> None:
        db.session.get_one(User, user).failed_count += 1

    run_in_transaction(fail_once)
    assert len(entries(db)) == count
    assert "argon2" not in str([e.changes for e in entries(db)])


def test_the_ledger_is_its_own_history(db: Any) -> None:
    site = given.warehouse()
    lot = given.lot(given.item())
    count = len(entries(db))
    given.stock(lot, site)
    assert len(entries(db)) == count


def test_a_deleted_row_is_kept_with_what_it_held(db: Any) -> None:
    item, customer = given.item("MILK"), given.partner("SHOP")
    ask = {"shelf_life_days_min": 9, "shelf_life_percent_min": None, "allocation_policy": None}
    nothing = dict.fromkeys(ask)
    with acting(SYSTEM_USER):
        run_in_transaction(catalog.set_rule, customer.id, sku=item.sku, values=ask)
        run_in_transaction(catalog.set_rule, customer.id, sku=item.sku, values=nothing)
    last = entries(db)[-1]
    assert (last.entity, last.action, last.changes["shelf_life_days_min"]) == ("item_rule", "deleted", [9, None])
