"""A warehouse or two, and people who may enter."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from flask import Flask
from flask.testing import FlaskClient

from wms.accounts import service
from wms.accounts.rules import Role
from wms.accounts.service import RoleGrant
from wms.core.clock import now
from wms.core.ids import DeviceId, UserId, WarehouseId
from wms.db import run_in_transaction

PASSWORD = "correct horse battery"
PIN = "204917"


@dataclass
class People:
    """What the tests know of the warehouses, the people, and the badges."""

    app: Flask
    north: WarehouseId
    south: WarehouseId
    ids: dict[str, UserId] = field(default_factory=dict)

    def add(self, login: str, *roles: str, at: WarehouseId | None = None) -> UserId:
        """Add a user with these roles in one warehouse, or in all."""
        with self.app.app_context():
            user = run_in_transaction(
                service.create_user, login=login, full_name=login.title(), password=PASSWORD, pin=PIN, at=now()
            )
            grants = [RoleGrant(role=role, warehouse_id=at) for role in roles]
            run_in_transaction(service.grant_roles, user.id, grants, actor=None)
            self.ids[login] = user.id
        return user.id

    def badge_of(self, login: str) -> str:
        """Issue a badge."""
        with self.app.app_context():
            return run_in_transaction(service.issue_badge, self.ids[login])

    def device(self, name: str, at: WarehouseId) -> tuple[DeviceId, str]:
        """Register a device; gives its id and secret."""
        with self.app.app_context():
            device, secret = run_in_transaction(
                service.register_device, name=name, warehouse_id=at, actor=next(iter(self.ids.values())), at=now()
            )
            return device.id, secret

    def token(self, *scopes: str, at: WarehouseId | None = None) -> tuple[int, str]:
        """Make an API key that acts for a machine's user, `gateway`."""

        def make() -> tuple[int, str]:
            machine = service.create_machine(login="gateway", full_name="Gateway", at=now())
            service.grant_roles(machine.id, [service.RoleGrant(role="gateway", warehouse_id=None)], actor=None)
            self.ids["gateway"] = machine.id
            token, value = service.create_api_token(
                name="gateway", scopes=scopes, actor=machine.id, at=now(), warehouse_id=at
            )
            return token.id, value

        with self.app.app_context():
            return run_in_transaction(make)


@pytest.fixture
def people(app: Flask) -> People:
    """Two warehouses, one administrator."""
    from wms.db import db
    from wms.sites.models import Warehouse

    def add_warehouses() -> tuple[WarehouseId, WarehouseId]:
        north = Warehouse(code="N1", name_en="North", name_zh="北仓", timezone="Asia/Shanghai")
        south = Warehouse(code="S1", name_en="South", name_zh="南仓", timezone="Asia/Taipei")
        db.session.add_all([north, south])
        db.session.flush()
        return north.id, south.id

    with app.app_context():
        north, south = run_in_transaction(add_warehouses)
    known = People(app=app, north=north, south=south)
    known.add("admin", Role.ADMINISTRATOR)
    return known


def token_in(html: str) -> str:
    """Take the CSRF token out of a page."""
    found = re.search(r'name="csrf_token" value="([^"]+)"', html)
    assert found, html[:500]
    return found[1]


@pytest.fixture
def enter(client: FlaskClient) -> Callable[..., FlaskClient]:
    """Log somebody in at the desk, as a person does."""

    def log_in(login: str, password: str = PASSWORD) -> FlaskClient:
        token = token_in(client.get("/login").text)
        answer = client.post("/login", data={"csrf_token": token, "login": login, "password": password})
        assert answer.status_code == 302, answer.text
        return client

    return log_in
