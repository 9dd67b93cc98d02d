"""People and machines that may come in: users, handhelds, API tokens."""

from __future__ import annotations

from collections.abc import Iterable

import click

from config import Config
from wms.cli import application, verbs, warehouse_id


@verbs.group()
def user() -> None:
    """People who may log in."""


@user.command("add")
@click.argument("login")
@click.argument("full_name")
@click.option("--role", "roles", multiple=True, metavar="ROLE[:WAREHOUSE]", help="May be given many times.")
@click.password_option(help="Asked for when not given.")
def add_user(login: str, full_name: str, roles: tuple[str, ...], password: str) -> None:
    """Make a user with roles."""
    with application(Config.from_env()):
        from wms.db import run_in_transaction

        run_in_transaction(_add_user, login, full_name, password, roles)
        click.echo(f"user {login} is there")


def _add_user(login: str, full_name: str, password: str, roles: Iterable[str]) -> None:
    from wms.accounts import service
    from wms.core.clock import now

    made = service.create_user(login=login, full_name=full_name, password=password, at=now())
    grants = []
    for text in roles:
        role, _, code = text.partition(":")
        grants.append(service.RoleGrant(role=role, warehouse_id=warehouse_id(code) if code else None))
    service.grant_roles(made.id, grants, actor=None)


@user.command("password")
@click.argument("login")
@click.password_option(help="Asked for when not given.")
def set_password(login: str, password: str) -> None:
    """Set a new password; every session of the user ends."""
    with application(Config.from_env()):
        from wms.accounts import queries, service
        from wms.core.errors import NotFound
        from wms.db import run_in_transaction

        found = queries.find_by_login(login)
        if found is None:
            raise NotFound(kind="user", text=login)
        run_in_transaction(service.change_password, found.id, password)
        click.echo(f"user {found.login} has a new password")


@user.command("list")
def list_users() -> None:
    """List the users and their roles."""
    with application(Config.from_env()):
        from wms.accounts import queries

        for row in queries.list_users():
            roles = ", ".join(f"{role}:{code}" if code else role for role, code in row.roles)
            click.echo(f"{row.user.login:20} {'' if row.user.is_active else '(closed) '}{row.user.full_name}  {roles}")


@verbs.command()
@click.argument("name")
@click.option("--warehouse", required=True, help="Code of the warehouse it works in.")
def device(name: str, warehouse: str) -> None:
    """Register a handheld and print its secret, once."""
    with application(Config.from_env()):
        from wms.accounts import service
        from wms.core.clock import now
        from wms.core.ids import SYSTEM_USER
        from wms.db import run_in_transaction

        _made, secret = run_in_transaction(
            service.register_device, name=name, warehouse_id=warehouse_id(warehouse), actor=SYSTEM_USER, at=now()
        )
        click.echo(secret)


@verbs.command()
@click.argument("name")
@click.option("--scope", "scopes", multiple=True, help="A permission; may be given many times. All of them without.")
@click.option(
    "--by", "login", required=True, help="Login of the person who makes it; it acts for them without --machine."
)
@click.option(
    "--machine", "roles", multiple=True, metavar="ROLE", help="Give it a user of its own, called NAME, with this role."
)
@click.option("--warehouse", help="Code of the one warehouse it is good in.")
@click.option("--days", default=365, show_default=True, help="For how long it is good.")
def token(
    name: str, scopes: tuple[str, ...], login: str, roles: tuple[str, ...], warehouse: str | None, days: int
) -> None:
    """Make an API key and print it, once."""
    from datetime import timedelta

    with application(Config.from_env()):
        from wms.accounts import queries, service
        from wms.core.clock import now
        from wms.core.errors import NotFound
        from wms.db import run_in_transaction

        maker = queries.find_by_login(login)
        if maker is None:
            raise NotFound(kind="user", text=login)
        at = now()
        place = warehouse_id(warehouse) if warehouse else None

        def make() -> str:
            acts_for = maker.id
            if roles:
                acts_for = service.create_machine(login=name, full_name=name, at=at).id
                grants = [service.RoleGrant(role=role, warehouse_id=place) for role in roles]
                service.grant_roles(acts_for, grants, actor=maker.id)
            wanted = scopes or frozenset().union(*queries.rights_of_user(acts_for).values())
            _made, value = service.create_api_token(
                name=name, scopes=wanted, actor=maker.id, at=at, acts_for=acts_for, warehouse_id=place,
                expires_at=at + timedelta(days=days),
            )  # fmt: skip
            return value

        click.echo(run_in_transaction(make))
