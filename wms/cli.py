"""The command line: processes (web, jobs, rfid-gateway, emulator, all) and verbs (migrate, seed, user, epc ...).

Heavy parts are imported inside the verbs, so that `run.py epc` starts at once. A wrong set of WMS_* settings is told
whole and ends with code 2; a refusal is told in one sentence and ends with code 1.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from config import BadConfig, Config

if TYPE_CHECKING:
    from flask import Flask

MakeApp = Callable[[Config | None], "Flask"]

WEB_THREADS = 16


def main(make_app: MakeApp, arguments: Sequence[str] | None = None) -> int:
    """Run one verb (web when none is named) and give the exit code; `make_app` builds the application when needed."""
    words = list(sys.argv[1:] if arguments is None else arguments) or ["web"]
    try:
        code = verbs.main(words, prog_name="run.py", standalone_mode=False, obj=make_app)
        return code if isinstance(code, int) else 0
    except BadConfig as wrong:
        click.echo("The settings cannot be used:", err=True)
        for fault in str(wrong).split("; "):
            click.echo(f"  {fault}", err=True)
        return 2
    except click.exceptions.Exit as ended:
        return ended.exit_code
    except click.ClickException as wrong:
        wrong.show()
        return wrong.exit_code
    except (click.Abort, KeyboardInterrupt):
        return 130


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def verbs() -> None:
    """Warehouse management with the lot as the unit of control."""


@contextmanager
def _application(config: Config | None = None) -> Iterator[Flask]:
    """Stand inside the application; a refusal becomes one sentence."""
    from wms.core.errors import WmsError

    app = click.get_current_context().find_root().obj(config)
    with app.app_context():
        try:
            yield app
        except WmsError as refused:
            from wms.web.sentences import sentence

            raise click.ClickException(sentence(refused)) from refused


# -- processes --------------------------------------------------------------------------------------------------------
@verbs.command()
def web() -> None:
    """Serve the pages, the handheld and the API."""
    import signal

    from waitress import create_server

    config = Config.from_env()
    app = click.get_current_context().find_root().obj(config)
    try:
        server = create_server(app, host=config.host, port=config.port, threads=WEB_THREADS, ident=None)
    except OSError as busy:
        raise click.ClickException(f"cannot listen on {config.host}:{config.port}: {busy.strerror or busy}") from busy
    signal.signal(signal.SIGTERM, _end)
    click.echo(f"serving http://{config.host}:{config.port}")
    server.run()


@verbs.command()
@click.option("--once", metavar="NAME", help="Run this job now, once, and end.")
@click.option("--list", "is_list", is_flag=True, help="Print the table of schedules.")
def jobs(once: str | None, is_list: bool) -> None:
    """Run the scheduled work; any number of these processes run each tick once."""
    from wms.jobs import runner, schedule

    if is_list:
        for job in schedule.JOBS:
            click.echo(f"{job.name:20} {job.trigger!s:24} {job.verb}")
        return
    config = Config.from_env()
    with _application(config) as app:
        if once is None:
            runner.run_forever(app)
            return
        if once not in {job.name for job in schedule.JOBS}:
            raise click.BadParameter(f"no job {once!r}; there are: {', '.join(j.name for j in schedule.JOBS)}")
        outcome = runner.run_now(schedule.get(once))
        click.echo(f"{once}: {outcome.state} {outcome.text}")
        if outcome.state != "done":
            raise click.exceptions.Exit(1)


@verbs.command("rfid-gateway")
def rfid_gateway() -> None:
    """Watch the readers and send what passes to the server; may stand on another machine than the server."""
    from wms.rfid.gateway import GatewayConfig, run_gateway

    config = Config.from_env()
    token = config.gateway_token or _kept_gateway_token(config)
    if not token:
        raise click.ClickException("WMS_GATEWAY_TOKEN is not set: make one with `run.py token` and scope rfid.gateway")
    run_gateway(GatewayConfig(url=config.gateway_url, token=token, spool=config.gateway_spool))


def _kept_gateway_token(config: Config) -> str:
    """Read the token the demo data left in the data folder."""
    path = config.data_dir / "gateway_token"
    return path.read_text().strip() if path.exists() else ""


@verbs.command()
@click.argument("script", required=False, type=click.Path(exists=True, dir_okay=False))
@click.option("--control-port", default=0, help="Port of the control on the loopback; 0 picks a free one.")
@click.option("--arrivals", is_flag=True, help="Let the announced pallets of the demo arrive by themselves.")
def emulator(script: str | None, control_port: int, arrivals: bool) -> None:
    """Play LLRP readers: those of SCRIPT (JSON), or without one those of the database that stand on this machine."""
    from pathlib import Path

    from wms.rfid.emulator import run_emulator

    if script is not None:
        run_emulator(Path(script))
        return
    with _application(Config.from_env()):
        from wms.demo import dock

        plan = dock.emulator_config(control_port=control_port, arrivals=arrivals)
    run_emulator(plan)


@verbs.command("all")
@click.option("--seed", "number", default=20261122, show_default=True, help="The number the demo data grow from.")
def everything(number: int) -> None:
    """Start web, jobs, RFID gateway and the reader emulator on demo data; Ctrl-C stops all of it."""
    from wms.demo import everything as demo

    config = demo.prepare(Config.from_env())
    _migrate(config)
    with _application(config):
        demo.load_once(config, number=number, tell=click.echo)
        demo.settle_reader_ports(tell=click.echo)
    code = demo.run_all(config)
    sys.stdout.flush()
    os._exit(
        code
    )  # the children are gone and nothing is open: taking the interpreter down would only keep Ctrl-C waiting


# -- the installation -------------------------------------------------------------------------------------------------
@verbs.command()
def migrate() -> None:
    """Bring the database to the newest schema."""
    _migrate(Config.from_env())
    click.echo("the database stands at the newest schema")


def _migrate(config: Config) -> None:
    from wms.db.migrate import upgrade

    app = click.get_current_context().find_root().obj(config)
    upgrade(app.config["SQLALCHEMY_DATABASE_URI"])


@verbs.command()
@click.option("--seed", "number", default=20261122, show_default=True, help="The number the data grow from.")
@click.option("--day", type=click.DateTime(["%Y-%m-%d"]), help="The day all dates are counted from; today by default.")
def seed(number: int, day: Any) -> None:
    """Load the demo warehouses into an empty database: the same each time from one number and day."""
    config = Config.from_env()
    _migrate(config)
    with _application(config):
        from wms.demo import everything as demo

        if not demo.load_once(config, number=number, on=day.date() if day else None, tell=click.echo):
            raise click.ClickException("this database has warehouses already; the demo data need an empty one")
        click.echo(demo.logins_text(config))


@verbs.command()
@click.argument("arguments", nargs=-1)
def tour(arguments: tuple[str, ...]) -> None:
    """Play the whole story on a temporary database with real processes; non-zero exit if a step is wrong."""
    make_app = click.get_current_context().find_root().obj
    raise click.exceptions.Exit(int(importlib.import_module("wms.tour").main(make_app, *arguments) or 0))


@verbs.command("ledger-audit")
def ledger_audit() -> None:
    """Replay the moves against balances and claims; non-zero exit and a line for each fault."""
    with _application(Config.from_env()):
        from wms.db import db
        from wms.stock.ledger.audit import run_checks

        faults = run_checks(db.session())
        for fault in faults:
            click.echo(str(fault))
        click.echo(f"{len(faults)} faults" if faults else "the ledger is whole")
        if faults:
            raise click.exceptions.Exit(1)


# -- people and machines ----------------------------------------------------------------------------------------------
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
    with _application(Config.from_env()):
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
        grants.append(service.RoleGrant(role=role, warehouse_id=_warehouse(code) if code else None))
    service.grant_roles(made.id, grants, actor=None)


@user.command("password")
@click.argument("login")
@click.password_option(help="Asked for when not given.")
def set_password(login: str, password: str) -> None:
    """Set a new password; every session of the user ends."""
    with _application(Config.from_env()):
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
    with _application(Config.from_env()):
        from wms.accounts import queries

        for row in queries.list_users():
            roles = ", ".join(f"{role}:{code}" if code else role for role, code in row.roles)
            click.echo(f"{row.user.login:20} {'' if row.user.is_active else '(closed) '}{row.user.full_name}  {roles}")


@verbs.command()
@click.argument("name")
@click.option("--warehouse", required=True, help="Code of the warehouse it works in.")
def device(name: str, warehouse: str) -> None:
    """Register a handheld and print its secret, once."""
    with _application(Config.from_env()):
        from wms.accounts import service
        from wms.core.clock import now
        from wms.core.ids import SYSTEM_USER
        from wms.db import run_in_transaction

        _made, secret = run_in_transaction(
            service.register_device, name=name, warehouse_id=_warehouse(warehouse), actor=SYSTEM_USER, at=now()
        )
        click.echo(secret)


@verbs.command()
@click.argument("name")
@click.option("--scope", "scopes", multiple=True, required=True, help="A permission; may be given many times.")
@click.option("--by", "login", required=True, help="Login of the person the machine acts for.")
@click.option("--warehouse", help="Code of the one warehouse it is good in.")
@click.option("--days", default=365, show_default=True, help="For how long it is good.")
def token(name: str, scopes: tuple[str, ...], login: str, warehouse: str | None, days: int) -> None:
    """Make an API token and print it, once."""
    from datetime import timedelta

    with _application(Config.from_env()):
        from wms.accounts import queries, service
        from wms.core.clock import now
        from wms.core.errors import NotFound
        from wms.db import run_in_transaction

        maker = queries.find_by_login(login)
        if maker is None:
            raise NotFound(kind="user", text=login)
        at = now()
        _made, value = run_in_transaction(
            service.create_api_token,
            name=name,
            scopes=scopes,
            actor=maker.id,
            at=at,
            warehouse_id=_warehouse(warehouse) if warehouse else None,
            expires_at=at + timedelta(days=days),
        )
        click.echo(value)


def _warehouse(code: str) -> Any:
    from wms.core.errors import NotFound
    from wms.sites import queries

    found = queries.find_warehouse(code)
    if found is None:
        raise NotFound(kind="warehouse", text=code)
    return found.id


# -- codes ------------------------------------------------------------------------------------------------------------
@verbs.command()
@click.argument("codes", nargs=-1)
def epc(codes: tuple[str, ...]) -> None:
    """Say what tags are: one line of JSON for each HEX, or for each line of standard input."""
    from wms.gs1.epc import epc_json_line

    _print_lines(codes or _input_lines(), epc_json_line)


@verbs.command()
def scan() -> None:
    """Say what scans are: one line of JSON for each line of standard input."""
    from wms.gs1.scan import scan_json_line

    _print_lines(_input_lines(), scan_json_line)


def _input_lines() -> Iterator[str]:
    for line in sys.stdin.buffer:
        yield line.decode("utf-8", errors="replace").rstrip("\r\n")


def _print_lines(lines: Iterable[str], say: Callable[[str], str]) -> None:
    for line in lines:
        sys.stdout.write(say(line) + "\n")
    sys.stdout.flush()


def _end(*_: Any) -> None:
    raise SystemExit(0)
