"""What roles may do, when a login is locked, what a password and a PIN must be."""

from datetime import UTC, datetime, timedelta

import pytest

from wms.accounts import rules
from wms.accounts.rules import ROLES, Role

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)


def test_every_role_has_only_permissions_that_exist() -> None:
    assert set(ROLES) == set(Role)
    assert all(held <= rules.PERMISSIONS for held in ROLES.values())


def test_every_permission_is_somebodys_or_a_machines() -> None:
    assert frozenset().union(*ROLES.values()) | {"rfid.gateway"} == rules.PERMISSIONS


def test_the_administrator_has_no_stock_and_no_quality_right() -> None:
    held = ROLES[Role.ADMINISTRATOR]
    assert {"user.edit", "settings.edit"} <= held
    touching_goods = {"receive", "putaway", "pick", "pick.override", "ship", "count", "quality.release", "order.edit"}
    assert not [p for p in held if p.startswith(("stock.", "hold.")) or p in touching_goods]


def test_the_auditor_sees_and_exports_and_changes_nothing() -> None:
    assert all(p.endswith((".view", ".export")) for p in ROLES[Role.AUDITOR])


def test_only_quality_lifts_holds_and_releases() -> None:
    for permission in ("hold.lift", "quality.release"):
        assert [role for role, held in ROLES.items() if permission in held] == [Role.QUALITY]


def test_a_role_that_no_longer_exists_gives_nothing() -> None:
    assert rules.permissions_of("emperor") == frozenset()


@pytest.mark.parametrize(("failed", "minutes"), [(4, None), (5, 15), (6, 30), (7, 60), (12, 24 * 60), (500, 24 * 60)])
def test_the_lock_starts_at_the_fifth_wrong_try_and_grows(failed: int, minutes: int | None) -> None:
    expected = None if minutes is None else NOW + timedelta(minutes=minutes)
    assert rules.lock_until(failed_count=failed, at=NOW) == expected


@pytest.mark.parametrize(
    ("password", "fault"),
    [
        ("short", "password_short"),
        ("aaaaaaaaaaaaaaa", "password_common"),
        ("Password1234", "password_common"),
        ("i-am-wang.li-here", "password_like_login"),
        ("correct horse battery", None),
        ("仓库里有很多纸箱和托盘还有叉车", None),
    ],
)
def test_a_password_is_long_and_not_easy(password: str, fault: str | None) -> None:
    assert rules.password_fault(password, login="wang.li") == fault


@pytest.mark.parametrize(
    ("pin", "fault"),
    [
        ("12345", "pin_form"),
        ("12345a", "pin_form"),
        ("１２３４５６", "pin_form"),
        ("111111", "pin_easy"),
        ("123456", "pin_easy"),
        ("987654", "pin_easy"),
        ("890123", "pin_easy"),
        ("204917", None),
    ],
)
def test_a_pin_has_six_digits_and_is_no_plain_run(pin: str, fault: str | None) -> None:
    assert rules.pin_fault(pin) == fault


@pytest.mark.parametrize("login", ["W", "Wang", "a b", "-ab", "a" * 41, "王丽", "a\n", ""])
def test_a_login_of_other_signs_is_refused(login: str) -> None:
    assert rules.login_fault(login) == "login_form"
