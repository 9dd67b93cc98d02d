"""A site of one's own: set it up, and throw the demo away."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from config import Config
from wms.cli import application, migrate_database, verbs

if TYPE_CHECKING:
    from wms.core.ids import WarehouseId
    from wms.sites.rules import RackPlan
    from wms.sites.service import WarehousePlan, ZonePlan

_RACKS = re.compile(r"([^:]+):([^:]+):([0-9 -]+)x([0-9]+)x([0-9]+)(?::([0-9]+))?")


@dataclass
class _Answers:
    """What the person, or the options, said."""

    company: str
    login: str
    full_name: str
    password: str
    warehouse: WarehousePlan
    docks: int
    zones: list[ZonePlan]
    racks: list[tuple[str, RackPlan]]


@verbs.command()
@click.option("--company", help="Whose site it is.")
@click.option("--admin", "login", help="Login of the first administrator.")
@click.option("--admin-name", "full_name", help="Their name.")
@click.option("--password-stdin", is_flag=True, help="Read their password from the first line of standard input.")
@click.option("--warehouse", "code", help="Code of the first warehouse.")
@click.option("--name", "name_en", help="Its English name.")
@click.option("--name-zh", help="Its Chinese name; may be empty.")
@click.option("--time-zone", help="Its time zone, such as Asia/Shanghai.")
@click.option("--company-prefix", help="GS1 company prefix for the SSCCs of your own pallets; may be empty.")
@click.option("--gln", help="GLN of the warehouse; may be empty.")
@click.option("--docks", type=click.IntRange(1, 99), help="How many docks it has.")
@click.option(
    "--zone",
    "zones",
    multiple=True,
    metavar="CODE:CLASS:NAME[:CHINESE NAME]",
    help="A zone; CLASS is ambient, cool, cold or frozen. May be given many times.",
)
@click.option(
    "--racks",
    multiple=True,
    metavar="ZONE:AISLES:BAYSxLEVELSxPOSITIONS[:PICKED]",
    help="Racks in a zone, such as AMB:A-D:12x4x2; the lowest PICKED levels (1) are picked from. May be given "
    "many times.",
)
@click.option(
    "--labels",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE.pdf",
    help="Write the label sheets of the bins.",
)
@click.option("--no-input", is_flag=True, help="Ask nothing: take the defaults, refuse what has none.")
def init(password_stdin: bool, labels: Path | None, no_input: bool, **said: Any) -> None:
    """Set up a site of your own in an empty database: company, administrator, warehouse, bins.

    Asks for what no option gives. The password comes from the prompt, from standard input (--password-stdin) or from the
    environment (WMS_INIT_PASSWORD), and never from an option.
    """  # fmt: skip
    config = Config.from_env()
    with application(config):
        _refuse_what_is_there()
        answers = _Asking(is_silent=no_input).all(said, is_password_on_stdin=password_stdin)
    migrate_database(config)
    with application(config):
        from wms.audit.context import acting
        from wms.core.ids import SYSTEM_USER
        from wms.db import run_in_transaction

        with acting(SYSTEM_USER, reason="run.py init"):
            warehouse, bins = run_in_transaction(_make, answers)
        click.echo(f"Made: {answers.company}, administrator {answers.login}.")
        click.echo(
            f"Made: warehouse {answers.warehouse.code} ({answers.warehouse.timezone}), "
            f"{len(answers.zones)} zones, {bins} bins."
        )
        if labels is not None:
            for path in _write_labels(warehouse, labels):
                click.echo(f"Written: {path}")
    click.echo(_next_steps(config, answers.login))


def _refuse_what_is_there() -> None:
    """A database that somebody set up, or began to use, is not set up again."""
    from sqlalchemy import text
    from sqlalchemy.exc import SQLAlchemyError

    from wms.db import db
    from wms.demo import guard

    if guard.is_demo_database():
        raise click.ClickException(
            "this database holds the demo; throw it away with `run.py demo-drop`, or name another in WMS_DATABASE_URL"
        )
    try:
        with db.engine.connect() as connection:
            people = connection.execute(text("SELECT count(*) FROM user_account WHERE login <> 'system'")).scalar_one()
            codes = list(connection.execute(text("SELECT code FROM warehouse ORDER BY code")).scalars())
    except SQLAlchemyError:
        return  # no tables yet, or no database: what is wrong with it is told when it is migrated
    finally:
        db.engine.dispose()
    if people or codes:
        raise click.ClickException(
            f"this database is set up already ({', '.join(codes) or 'no warehouse'}, {people} people); go on with the pages: "
            "/setup/warehouses for warehouses and zones, /setup/bins for bins, /setup/users for people"
        )


# -- asking -----------------------------------------------------------------------------------------------------------
class _Asking:
    """Takes what the options say and asks for the rest."""

    def __init__(self, *, is_silent: bool) -> None:
        self.is_silent = is_silent

    def all(self, said: dict[str, Any], *, is_password_on_stdin: bool) -> _Answers:
        """Give every answer, each of them judged."""
        from wms.sites.service import WarehousePlan

        piped = sys.stdin.readline().rstrip("\r\n") if is_password_on_stdin else ""
        company = self.one(said["company"], "Company", option="--company")
        login = self.one(said["login"], "Login of the administrator", option="--admin", default="admin", judge=_login)
        full_name = self.one(said["full_name"], "Their name", option="--admin-name")
        password = self.password(login, piped, is_password_on_stdin)
        warehouse = WarehousePlan(
            code=self.one(said["code"], "Code of the warehouse", option="--warehouse", default="MAIN"),
            name_en=self.one(said["name_en"], "Its English name", option="--name"),
            name_zh=self.one(said["name_zh"], "Its Chinese name (may be empty)", option="--name-zh", default=""),
            timezone=self.one(
                said["time_zone"], "Its time zone", option="--time-zone", default=_zone_of_machine(), judge=_time_zone
            ),
            company_prefix=self.one(
                said["company_prefix"], "GS1 company prefix (may be empty)", option="--company-prefix", default=""
            ),
            gln=self.one(said["gln"], "Its GLN (may be empty)", option="--gln", default=""),
        )
        docks = int(self.one(said["docks"], "How many docks", option="--docks", default="2", judge=_docks))
        zones, racks = [_zone(text) for text in said["zones"]], [_racks(text) for text in said["racks"]]
        if not zones:
            self._ask_zones(zones, racks)
        unknown = [code for code, _plan in racks if code not in {zone.code for zone in zones}]
        if unknown:
            raise click.BadParameter(f"there is no zone {unknown[0]}; name it with --zone", param_hint="--racks")
        return _Answers(company, login, full_name, password, warehouse, docks, zones, racks)

    def one(
        self, given: Any, question: str, *, option: str, default: str | None = None,
        judge: Callable[[str], str] | None = None,
    ) -> str:  # fmt: skip
        """Give one answer: the option's, or the person's, or the default."""
        if given is None and self.is_silent:
            if default is None:
                raise click.UsageError(f"{option} is missing")
            given = default
        if given is not None:
            text = str(given).strip()
            if not text and default != "":
                raise click.UsageError(f"{option} is empty")
            try:
                return judge(text) if judge else text
            except click.BadParameter as wrong:
                raise click.BadParameter(wrong.message, param_hint=option) from None
        return str(click.prompt(question, default=default, value_proc=judge, show_default=bool(default))).strip()

    def password(self, login: str, piped: str, is_piped: bool) -> str:
        """Give the password: piped, from the environment, or typed twice."""
        import os

        def judge(text: str) -> str:
            from wms.accounts import rules
            from wms.web.sentences import FAULTS

            fault = rules.password_fault(text, login=login)
            if fault:
                raise click.BadParameter(str(FAULTS[fault]))
            return text

        text = piped if is_piped else os.environ.get("WMS_INIT_PASSWORD", "")
        if text or is_piped or self.is_silent:
            if not text:
                raise click.UsageError("the password is missing: give it by --password-stdin or WMS_INIT_PASSWORD")
            return judge(text)
        return str(
            click.prompt("Their password (12 characters and more)", hide_input=True, confirmation_prompt=True,
                         value_proc=judge)
        )  # fmt: skip

    def _ask_zones(self, zones: list[ZonePlan], racks: list[tuple[str, RackPlan]]) -> None:
        """Ask for zones with their racks until the person has no more; silently, one ambient zone and no racks beside --racks."""
        if self.is_silent:
            zones.append(_zone("AMB:ambient:Ambient:常温区"))
            return
        more = True
        while more:
            code = self.one(None, "Code of a zone", option="--zone", default="AMB" if not zones else None)
            kind = click.prompt("  Its temperature", type=click.Choice(_classes()), default=_classes()[0])
            name = click.prompt("  Its English name", default=kind.capitalize())
            chinese = click.prompt("  Its Chinese name (may be empty)", default="", show_default=False)
            zones.append(_zone(f"{code}:{kind}:{name}:{chinese}"))
            while not any(known == code for known, _plan in racks) and click.confirm("  Racks in it?", default=True):
                racks.append(self._ask_racks(code))
            more = click.confirm("Another zone?", default=False)

    @staticmethod
    def _ask_racks(zone: str) -> tuple[str, RackPlan]:
        def judge(said: str) -> str:
            _racks(f"{zone}:{said}")
            return said

        said = click.prompt("  AISLES:BAYSxLEVELSxPOSITIONS", default="A-D:10x4x2", value_proc=judge)
        return _racks(f"{zone}:{said}")


def _classes() -> list[str]:
    from wms.sites.models import StorageClass

    return [kind.value for kind in StorageClass]


def _zone(text: str) -> ZonePlan:
    from wms.sites.models import StorageClass
    from wms.sites.service import ZonePlan

    parts = [part.strip() for part in text.split(":")]
    if len(parts) not in (3, 4) or parts[1] not in _classes():
        raise click.BadParameter(
            f"“{text}” is not CODE:CLASS:NAME with a class of {', '.join(_classes())}", param_hint="--zone"
        )
    return ZonePlan(
        code=parts[0], storage_class=StorageClass(parts[1]), name_en=parts[2], name_zh=parts[3] if parts[3:] else ""
    )


def _racks(text: str) -> tuple[str, RackPlan]:
    from wms.core.errors import FieldErrors
    from wms.sites import rules
    from wms.web.sentences import sentence

    found = _RACKS.fullmatch(text.strip())
    if found is None:
        raise click.BadParameter(
            f"“{text}” is not ZONE:AISLES:BAYSxLEVELSxPOSITIONS, such as AMB:A-D:12x4x2", param_hint="--racks"
        )
    try:
        first, last = rules.read_bays(found[3])
        plan = rules.RackPlan(
            aisles=rules.read_aisles(found[2]), first_bay=first, last_bay=last, levels=int(found[4]),
            positions=int(found[5]), face_levels=int(found[6] or 1),
        )  # fmt: skip
        rules.check_racks(plan)
    except FieldErrors as wrong:
        raise click.BadParameter(sentence(wrong), param_hint="--racks") from None
    return found[1].strip(), plan


def _login(text: str) -> str:
    from wms.accounts import rules
    from wms.web.sentences import FAULTS

    login = text.strip().lower()
    if fault := rules.login_fault(login):
        raise click.BadParameter(str(FAULTS[fault]))
    return login


def _time_zone(text: str) -> str:
    from zoneinfo import available_timezones

    if text.strip() not in available_timezones():
        raise click.BadParameter(f"“{text}” is not a time zone; take one such as Asia/Shanghai or Europe/Amsterdam")
    return text.strip()


def _docks(text: str) -> str:
    if not text.isdigit() or not 1 <= int(text) <= 99:
        raise click.BadParameter("type a number from 1 to 99")
    return text


def _zone_of_machine() -> str | None:
    """The time zone this machine stands in, where it says so."""
    from zoneinfo import available_timezones

    name = str(Path("/etc/localtime").resolve()).partition("zoneinfo/")[2]
    return name if name in available_timezones() and "/" in name and not name.startswith("Etc/") else None


# -- making -----------------------------------------------------------------------------------------------------------
def _make(answers: _Answers) -> tuple[WarehouseId, int]:
    """Make all of it; the warehouse, and how many bins it has."""
    from wms.accounts import rules, service
    from wms.core.clock import now
    from wms.sites import queries
    from wms.sites import service as sites

    at = now()
    sites.set_up(company_name=answers.company, at=at)
    user = service.create_user(login=answers.login, full_name=answers.full_name, password=answers.password, at=at)
    administrator = service.RoleGrant(role=rules.Role.ADMINISTRATOR, warehouse_id=None)
    service.grant_roles(user.id, [administrator], actor=None)
    made = sites.make_warehouse(answers.warehouse, answers.zones[0], docks=answers.docks)
    for zone in answers.zones[1:]:
        sites.add_zone(made.id, zone)
    ids = {zone.code: zone.id for zone in queries.list_zones(made.id)}
    for code, plan in answers.racks:
        sites.make_racks(made.id, ids[code], plan)
    return made.id, sum(count for kind, count in queries.count_bins_by_kind(made.id).items())


def _write_labels(warehouse: WarehouseId, target: Path) -> list[Path]:
    """Write the labels of every bin inside the walls; more than one file when they are more than a sheet file holds."""
    from wms.gs1.codes import BinCode
    from wms.labels.content import BinLabel
    from wms.labels.render import LONGEST_SHEET, to_pdf
    from wms.sites import queries

    written: list[Path] = []
    while rows := queries.labels_of(warehouse, offset=len(written) * LONGEST_SHEET, limit=LONGEST_SHEET):
        part = len(written) + 1
        path = target if part == 1 else target.with_name(f"{target.stem}-{part}{target.suffix}")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(to_pdf([BinLabel(code=BinCode.parse(code), zone=zone) for code, zone in rows]))
        written.append(path)
    return written


def _next_steps(config: Config, login: str) -> str:
    scheme = "https" if config.is_https else "http"
    host = "127.0.0.1" if config.host in ("0.0.0.0", "::", "") else config.host
    return f"""
Next, as docs/first-day.md tells in full:
  1. python run.py web      then open {scheme}://{host}:{config.port}/ and log in as {login}
     python run.py jobs     in a second window: warnings, holds of what expires, the nightly check
  2. /setup/users           people with their roles; a supervisor first: the administrator has no right to goods
  3. /setup/devices         handhelds: each by a QR code
  4. /setup/bins            more bins, and their label sheets"""


# -- the demo ---------------------------------------------------------------------------------------------------------
@verbs.command("demo-drop")
@click.option("--yes", is_flag=True, help="Do not ask.")
def demo_drop(yes: bool) -> None:
    """Throw the demo away, database and files; refuses on anything that is not marked as a demo."""
    config = Config.from_env()
    with application(config):
        from wms.demo import dropping

        try:
            name = dropping.demand_demo(config)
            if not yes:
                click.confirm(f"Throw away the demo in {name}, with everything that was entered since?", abort=True)
            for gone in dropping.drop(config):
                click.echo(f"gone: {gone}")
        except dropping.NotDropped as refused:
            raise click.ClickException(str(refused)) from refused
    click.echo("The demo is gone. Set up your own site with `run.py init`.")
