"""A machine that calls the API, for the tests: a user of its own with roles, a key, and the headers that are asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests import given
from wms.accounts import service
from wms.core.clock import now
from wms.core.ids import WarehouseId
from wms.db import run_in_transaction


@dataclass
class Machine:
    """One key; `get`, `post`, `put` and `delete` give the answers."""

    app: Flask
    client: FlaskClient
    key: str

    @classmethod
    def of(cls, app: Flask, *roles: str, site: given.Site | None = None, scopes: tuple[str, ...] = ()) -> Machine:
        """Make a machine's user with `roles` (in `site`, or everywhere) and a key with all their rights, or `scopes`."""
        from wms.accounts.rules import permissions_of

        def make() -> str:
            user = service.create_machine(login=f"machine.{uuid4().hex[:8]}", full_name="A machine", at=now())
            where = WarehouseId(site.id) if site else None
            service.grant_roles(user.id, [service.RoleGrant(role=r, warehouse_id=where) for r in roles], actor=None)
            held = frozenset().union(*(permissions_of(role) for role in roles))
            _row, value = service.create_api_token(
                name="test", scopes=scopes or held, actor=user.id, at=now(), warehouse_id=where
            )
            return value

        with app.app_context():
            return cls(app, app.test_client(), run_in_transaction(make))

    def get(self, path: str, **more: Any) -> TestResponse:
        """Read; `path` without /api/v1."""
        return self._send("GET", path, **more)

    def post(self, path: str, body: Any = None, *, key: str | None = None, **more: Any) -> TestResponse:
        """Do; with a fresh Idempotency-Key unless `key` is given ("" sends none)."""
        return self._send("POST", path, body, key=str(uuid4()) if key is None else key, **more)

    def put(self, path: str, body: Any, *, etag: str | None = None, **more: Any) -> TestResponse:
        """Change, on the ETag that is read just before unless one is given."""
        seen = self.get(path).headers["ETag"] if etag is None else etag
        return self._send("PUT", path, body, headers={"If-Match": seen} if seen else {}, **more)

    def delete(self, path: str, *, etag: str | None = None, **more: Any) -> TestResponse:
        """Take away."""
        return self._send("DELETE", path, headers={"If-Match": etag} if etag else {}, **more)

    def _send(
        self, method: str, path: str, body: Any = None, *, key: str = "", headers: dict[str, str] | None = None,
        **more: Any,
    ) -> TestResponse:  # fmt: skip
        said = {"Authorization": f"Bearer {self.key}"} | (headers or {})
        if key:
            said["Idempotency-Key"] = key
        if body is not None:
            more["json"] = body
        return self.client.open(f"/api/v1{path}", method=method, headers=said, **more)
