"""The processes: web, jobs, rfid-gateway, emulator, and all of them together."""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path

import click

from config import Config
from wms.cli import application, migrate_database, verbs
from wms.cli.start import demand_fit_database, demand_fit_for_people

log = logging.getLogger(__name__)


def _begin_log() -> Config:
    """Read the settings and let this process log as they say; for what runs until it is stopped."""
    from wms.web import logs

    config = Config.from_env()
    logs.set_up(level=config.log_level, form=config.log_format)
    return config


@verbs.command()
def web() -> None:
    """Serve the pages, the handheld and the API; over HTTPS when a certificate is set."""
    from wms.cli import serving

    config = _begin_log()
    if warning := serving.check_certificate(config):
        log.warning(warning)
    app = click.get_current_context().find_root().obj(config)
    demand_fit_database(app)
    demand_fit_for_people(app, config)
    serving.serve(app, config, log.info)


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
    config = Config.from_env() if once else _begin_log()
    with application(config) as app:
        demand_fit_database(app)
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

    config = _begin_log()
    token = config.gateway_token or _kept_gateway_token(config)
    if not token:
        raise click.ClickException(
            "WMS_GATEWAY_TOKEN is not set: make one on the server with `run.py token NAME --scope rfid.gateway --machine gateway`"
        )
    if config.gateway_ca and not Path(config.gateway_ca).is_file():
        raise click.ClickException(
            f"WMS_GATEWAY_CA: there is no file {config.gateway_ca}; fetch it from the server's /trust/ca.crt"
        )
    run_gateway(
        GatewayConfig(url=config.gateway_url, token=token, spool=config.gateway_spool, authority=config.gateway_ca)
    )


def _kept_gateway_token(config: Config) -> str:
    """Read the token the demo data left in the data folder."""
    path = config.data_dir / "gateway_token"
    return path.read_text().strip() if path.exists() else ""


@verbs.command()
@click.argument("script", required=False, type=click.Path(exists=True, dir_okay=False))
@click.option("--control-port", default=0, help="Port of the control on the loopback; 0 picks a free one.")
@click.option("--arrivals", is_flag=True, help="Let the announced pallets of the demo arrive by themselves.")
def emulator(script: str | None, control_port: int, arrivals: bool) -> None:
    """Play LLRP readers: those of SCRIPT (JSON), or without one those of the database that stand on this machine.

    The label printers of the database that stand on this machine are played too, without a SCRIPT.
    """
    from wms.rfid.emulator import run_emulator

    if script is not None:
        run_emulator(Path(script))
        return
    config = _begin_log()
    with application(config):
        from wms.demo import dock, printers

        plan = dock.emulator_config(control_port=control_port, arrivals=arrivals)
        ports = printers.ports()
    with printers.playing(ports, folder=config.data_dir):
        run_emulator(plan)


@verbs.command("all")
@click.option("--seed", "number", default=20261122, show_default=True, help="The number the demo data grow from.")
def everything(number: int) -> None:
    """Start web, jobs, RFID gateway and the reader emulator on demo data; Ctrl-C stops all of it."""
    from wms.demo import everything as demo

    config = demo.prepare(Config.from_env())
    migrate_database(config)
    with application(config):
        demo.load_once(config, number=number, tell=click.echo)
        demo.settle_ports(tell=click.echo)
    code = demo.run_all(config)
    sys.stdout.flush()
    os._exit(
        code
    )  # the children are gone and nothing is open: taking the interpreter down would only keep Ctrl-C waiting
