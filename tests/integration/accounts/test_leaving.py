"""Leavers, lost handhelds, log-outs and secrets for once, as the services keep them on both engines."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from tests import given
from tests.given import NOW
from wms.accounts import passwords, queries, rules, service, work
from wms.accounts.models import ApiToken, Device, EndedSession, User
from wms.audit.models import AuditEntry
from wms.core.errors import FieldErrors, NotAllowed, NotFound, WrongState
from wms.core.ids import LOOSE, OURSELVES, SYSTEM_USER
from wms.db import run_in_transaction
from wms.picking import service as picking
from wms.picking.models import PickList, PickListState
from wms.tasks.models import Task, TaskKind, TaskState
from wms.tasks.service import create_task, take_task

PASSWORD = "correct horse 1"


def busy_person(login: str) -> tuple[Any, Any, Any]:
    """A person who walks a pick list and has taken a task: their id, the task, the list."""
    site = given.warehouse()
    item = given.item()
    lot = given.lot(item)
    given.stock(lot, site, "A-01", 20)
    order = given.order(site, [(item, 5)])
    run_in_transaction(picking.allocate_order, order, actor=SYSTEM_USER, at=NOW)
    pick_list = run_in_transaction(picking.release_order, order, actor=SYSTEM_USER, at=NOW)
    task = run_in_transaction(
        create_task, kind=TaskKind.PUTAWAY, warehouse=site.id, item_id=item.id, lot_id=lot.id, owner_id=OURSELVES,
        source_bin_id=site["A-01"], source_lpn_id=LOOSE, quantity=given.q(3), actor=SYSTEM_USER, at=NOW,
    )  # fmt: skip
    user = given.user(login, "picker", site=site)
    run_in_transaction(take_task, task.id, actor=user, at=NOW)
    run_in_transaction(picking.take_list, pick_list, actor=user, at=NOW)
    return user, task.id, pick_list


def is_given_back(db: Any, task: Any, pick_list: Any) -> bool:
    db.session.expire_all()
    a, b = db.session.get(Task, task), db.session.get(PickList, pick_list)
    states = {(a.state, a.taken_by), (b.state, b.taken_by)}
    db.session.commit()
    return states == {(TaskState.OPEN, None), (PickListState.OPEN, None)}


def reasons_of(db: Any, entity: str, entity_id: int) -> list[tuple[Any, str, dict[str, Any]]]:
    rows = db.session.execute(
        select(AuditEntry.actor_id, AuditEntry.reason, AuditEntry.changes)
        .where(AuditEntry.entity == entity, AuditEntry.entity_id == entity_id, AuditEntry.action == "changed")
        .order_by(AuditEntry.seq)
    ).all()
    db.session.commit()
    return [tuple(row) for row in rows]


def test_a_closed_access_leaves_nothing_behind(db: Any) -> None:
    user, task, pick_list = busy_person("li")
    admin = given.user("admin", "administrator")
    badge = run_in_transaction(service.issue_badge, user)
    key = ApiToken(
        id=1, name="own", token_hash="h", token_prefix="wms_", scopes="stock.view", acts_for=user, created_by=user,
        created_at=NOW,
    )  # fmt: skip
    given.keep(key)
    assert [count for _words, count in work.in_hand(user)] == [1, 1]
    before = queries.get_user(user).session_token
    db.session.commit()

    run_in_transaction(service.deactivate, user, actor=admin)
    assert queries.load_account(user, before, None) is None
    assert queries.find_by_badge(passwords.hash_random(badge)) is None
    assert not queries.keys_acting_for(user)
    assert is_given_back(db, task, pick_list) and not work.in_hand(user)
    assert {"given_back": ["pick_list: 1, task: 1", None]} in [c for _a, _r, c in reasons_of(db, "user_account", user)]

    run_in_transaction(service.activate, user)
    assert queries.find_by_badge(passwords.hash_random(badge)) is None, "the badge stays worthless"
    assert not queries.keys_acting_for(user), "the keys stay revoked"
    with pytest.raises(NotAllowed):
        run_in_transaction(service.deactivate, admin, actor=admin)


def test_a_lost_handheld_gives_back_what_was_taken_on_it_and_says_who_and_why(db: Any) -> None:
    user, task, pick_list = busy_person("li")
    admin = given.user("admin", "administrator")
    site = given.warehouse()
    device, secret = run_in_transaction(service.register_device, name="HH-1", warehouse_id=site.id, actor=admin, at=NOW)
    attempt = service.check_password("li", PASSWORD, device_secret=secret)
    outcome = run_in_transaction(service.settle_login, attempt, at=NOW)
    assert outcome.device_id == device.id, "a password on a registered device is tied to it too"
    hashed = passwords.hash_random(secret)
    assert queries.load_account(user, outcome.session_token, device.id, device_hash=hashed) is not None

    run_in_transaction(service.revoke_device, device.id, reason="lost in the yard", actor=admin)
    assert queries.load_account(user, outcome.session_token, device.id, device_hash=hashed) is None
    assert queries.find_device(hashed) is None
    assert is_given_back(db, task, pick_list)
    assert (admin, "lost in the yard") in [(a, r) for a, r, _c in reasons_of(db, "device", device.id)]
    assert (admin, "lost in the yard") in [(a, r) for a, r, _c in reasons_of(db, "user_account", user)]

    code = run_in_transaction(service.offer_setup, device.id, at=NOW)
    fresh = run_in_transaction(service.set_up_device, code, at=NOW)
    assert queries.find_device(passwords.hash_random(fresh)) is not None
    assert queries.load_account(user, outcome.session_token, device.id, device_hash=hashed) is None, (
        "a session from before the loss does not come back with the device"
    )


def test_what_was_taken_goes_on_where_the_person_is_now(db: Any) -> None:
    user, task, pick_list = busy_person("li")
    site = given.warehouse()
    old, old_secret = run_in_transaction(service.register_device, name="HH-1", warehouse_id=site.id, actor=user, at=NOW)
    _new, new_secret = run_in_transaction(
        service.register_device, name="HH-2", warehouse_id=site.id, actor=user, at=NOW
    )
    for secret in (old_secret, new_secret):
        run_in_transaction(service.settle_login, service.check_password("li", PASSWORD, device_secret=secret), at=NOW)
    run_in_transaction(service.revoke_device, old.id, reason="broken", actor=user)
    assert not is_given_back(db, task, pick_list)


def test_a_set_up_link_works_once_and_for_a_quarter_of_an_hour(db: Any) -> None:
    admin = given.user("admin", "administrator")
    site = given.warehouse()
    device, code = run_in_transaction(service.await_device, name="HH-1", warehouse_id=site.id, actor=admin, at=NOW)
    assert code not in str(db.session.execute(select(Device.__table__)).all())
    late = NOW + rules.SETUP_TIME
    with pytest.raises(NotFound):
        run_in_transaction(service.set_up_device, code, at=late)
    later = run_in_transaction(service.offer_setup, device.id, at=late)
    with pytest.raises(NotFound):
        run_in_transaction(service.set_up_device, code, at=late)
    secret = run_in_transaction(service.set_up_device, later, at=late + timedelta(minutes=14))
    with pytest.raises(NotFound):
        run_in_transaction(service.set_up_device, later, at=late + timedelta(minutes=14))
    found = queries.find_device(passwords.hash_random(secret))
    assert found is not None and found.id == device.id


def use_link(code: str) -> str:
    return run_in_transaction(service.set_up_device, code, at=NOW)


def test_two_who_open_one_link_at_once_are_one_device(db: Any, run_at_once: Any) -> None:
    admin = given.user("admin", "administrator")
    _device, code = run_in_transaction(
        service.await_device, name="HH-1", warehouse_id=given.warehouse().id, actor=admin, at=NOW
    )
    outcomes = run_at_once(use_link, [(code,), (code,)])
    assert sorted(o.error or "" for o in outcomes) == ["", "not_found"]


def test_a_logged_out_session_is_ended_once_and_forgotten_in_time(db: Any) -> None:
    user = given.user("li")
    token = queries.get_user(user).session_token
    db.session.commit()
    day = timedelta(hours=12)
    for at in (NOW, NOW + timedelta(hours=1)):
        run_in_transaction(service.end_session, 7, user_id=user, device_id=None, at=at, kept=day)
    assert queries.load_account(user, token, None, session_id=7) is None
    assert queries.load_account(user, token, None, session_id=8) is not None
    db.session.commit()
    run_in_transaction(service.end_session, 9, user_id=user, device_id=None, at=NOW + 2 * day, kept=day)
    assert db.session.execute(select(EndedSession.id)).scalars().all() == [9]


def test_a_password_for_once_opens_a_day_and_signs_nothing(db: Any) -> None:
    admin, user = given.user("admin", "administrator"), given.user("li")
    with pytest.raises(NotAllowed):
        run_in_transaction(service.reset_password, admin, actor=admin, at=NOW)
    secret = run_in_transaction(service.reset_password, user, actor=admin, at=NOW)
    attempt = service.check_password("li", secret)
    assert run_in_transaction(service.settle_login, attempt, at=NOW + timedelta(hours=23)).is_in
    assert not run_in_transaction(service.settle_login, attempt, at=NOW, is_signature=True).is_in
    assert not run_in_transaction(service.settle_login, attempt, at=NOW + timedelta(hours=24)).is_in
    with pytest.raises(FieldErrors):
        run_in_transaction(service.change_password, user, secret)
    run_in_transaction(service.change_password, user, "a secret of my own")
    own = service.check_password("li", "a secret of my own")
    assert run_in_transaction(service.settle_login, own, at=NOW + timedelta(days=400), is_signature=True).is_in
    assert not queries.get_user(user).must_change_password


def test_a_reset_ends_sessions_and_lifts_the_lock(db: Any) -> None:
    admin, user = given.user("admin", "administrator"), given.user("li")
    token = queries.get_user(user).session_token
    db.session.commit()
    for _ in range(5):
        run_in_transaction(service.settle_login, service.check_password("li", "wrong"), at=NOW)
    pin = run_in_transaction(service.reset_pin, user, actor=admin, at=NOW)
    assert rules.pin_fault(pin) is None
    assert queries.load_account(user, token, None) is None
    assert run_in_transaction(service.settle_login, service.check_password("li", PASSWORD), at=NOW).is_in


def test_nobody_logs_in_as_a_machine(db: Any) -> None:
    admin = given.user("admin", "administrator")
    machine = run_in_transaction(service.create_machine, login="erp", full_name="ERP", at=NOW)
    for password in ("", "anything at all"):
        attempt = service.check_password("erp", password)
        assert not attempt.is_right and attempt.user_id is None
    forced = service.Attempt(user_id=machine.id, is_right=True)
    assert not run_in_transaction(service.settle_login, forced, at=NOW).is_in
    assert queries.load_account(machine.id, machine.session_token, None) is None
    db.session.commit()
    for verb in (service.issue_badge, lambda i: service.change_password(i, PASSWORD)):
        with pytest.raises(WrongState):
            run_in_transaction(verb, machine.id)
    for reset in (service.reset_password, service.reset_pin):
        with pytest.raises(WrongState):
            run_in_transaction(reset, machine.id, actor=admin, at=NOW)
    assert db.session.get(User, machine.id).password_hash == ""
