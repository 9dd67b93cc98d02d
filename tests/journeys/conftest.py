"""The demo warehouses behind a real web process, once for each test process, and a person who may see everything."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from config import Config
from tests import processes, schema

EVERYONE = "walker"


@dataclass
class DemoSite:
    """The demo: `.url` of the web process, `.app` on its database, the handheld's secret, the password of all."""

    url: str
    config: Config
    app: Any
    device_secret: str
    password: str
    pin: str

    def log_in(self, page: Any, login: str) -> None:
        """Log a person in on the desk."""
        page.goto(f"{self.url}/login")
        page.fill("#login, #f-login, [name=login]", login)
        page.fill("[name=password]", self.password)
        page.press("[name=password]", "Enter")
        page.wait_for_url(lambda url: "/login" not in url)

    def register(self, page: Any) -> None:
        """Make the browser of a page a registered handheld."""
        from wms.accounts.sessions import DEVICE_COOKIE

        page.context.add_cookies([{"name": DEVICE_COOKIE, "value": self.device_secret, "url": self.url}])

    def log_in_by_badge(self, page: Any, login: str) -> None:
        """Log a person in on a handheld, as the badge reader and the fingers do."""
        page.goto(f"{self.url}/m/login")
        page.keyboard.type("BDG" + login.upper())
        page.keyboard.press("Enter")
        page.keyboard.type(self.pin)
        page.keyboard.press("Enter")
        page.wait_for_url("**/m/")


@pytest.fixture(scope="session")
def demo_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoSite]:
    """Load the demo into an SQLite file and serve it."""
    folder = tmp_path_factory.mktemp("demo")
    site = make_demo(folder)
    server = processes.LiveServer(site.config, folder / "web.log")
    try:
        server.wait_until_ready()
        yield site
    finally:
        server.stop()


def make_demo(folder: Path) -> DemoSite:
    """Load the demo and a person with every role into a fresh database in `folder`."""
    from wms.accounts import rules, service
    from wms.app import create_app
    from wms.core.clock import now
    from wms.db import run_in_transaction
    from wms.demo import everything, people

    url = f"sqlite:///{folder / 'demo.db'}"
    schema.make_schema(url)
    config = Config(
        database_url=url, secret_key="0123456789abcdef0123456789abcdef", data_dir=folder / "data",
        gateway_spool=folder / "gateway.db", argon2_is_fast=True, port=processes.free_port(), is_demo=True,
        emulator_port=processes.free_port(),
    )  # fmt: skip
    app = create_app(config)

    def hire() -> None:
        made = service.create_user(
            login=EVERYONE, full_name="Walker", password=people.PASSWORD, pin=people.PIN, at=now()
        )
        service.grant_roles(made.id, [service.RoleGrant(role=r, warehouse_id=None) for r in rules.Role], actor=None)

    with app.app_context():
        everything.load_once(config, tell=lambda _: None)
        run_in_transaction(hire)
    secret = json.loads((config.data_dir / "demo.json").read_text())["device_secret"]
    return DemoSite(f"http://127.0.0.1:{config.port}", config, app, secret, people.PASSWORD, people.PIN)
