"""The certificates of an installation without a public name: an authority of its own, and the server's certificate."""

from __future__ import annotations

import click

from config import Config
from wms.cli import verbs


@verbs.command()
@click.option(
    "--host",
    "hosts",
    multiple=True,
    metavar="NAME",
    help="A host name or address that devices open; may be given many times.",
)
@click.option("--new-authority", is_flag=True, help="Begin anew: each device must then trust the new authority.")
def cert(hosts: tuple[str, ...], new_authority: bool) -> None:
    """Make a certificate for HTTPS, signed by an authority of our own; again: renew it.

    The authority is made once and kept in the data folder. Without --host the names of the present certificate are kept;
    for the first one they are this machine's own.
    """
    from wms.certificates import store
    from wms.certificates.authority import fingerprint, names_of
    from wms.certificates.names import CertificateFault
    from wms.core.clock import now

    config = Config.from_env()
    folder = (config.data_dir / store.FOLDER).absolute()
    try:
        made = store.renew(folder, hosts, at=now(), is_new_authority=new_authority)
    except CertificateFault as fault:
        raise click.ClickException(str(fault)) from fault
    except OSError as fault:
        raise click.ClickException(f"{folder} cannot be written: {fault.strerror or fault}") from fault
    authority, server = made.authority.certificate, made.server.certificate
    click.echo(f"""\
authority    {folder / store.AUTHORITY}, {"made now" if made.is_new_authority else "kept"}, good until {authority.not_valid_after_utc:%Y-%m-%d}
             SHA-256 {fingerprint(authority)}
             its key, {store.AUTHORITY_KEY}, signs for every device that trusts it: nobody else may read it
certificate  {folder / store.SERVER}, good until {server.not_valid_after_utc:%Y-%m-%d}; renew it with the same command
             for {", ".join(names_of(server))}""")
    if made.was_open:
        click.echo(
            f"{folder / store.AUTHORITY_KEY} could be read by others; it is closed now, but think who may have read it",
            err=True,
        )
    _tell_what_to_do(config, folder / store.SERVER, folder / store.SERVER_KEY, store.public_name(server))


def _tell_what_to_do(config: Config, certificate: object, key: object, host: str) -> None:
    if config.tls_cert == str(certificate):
        click.echo("\nThe web process uses it from the next connection on.")
    else:
        click.echo(
            f"\nSet these two, and start the web process again:\n  WMS_TLS_CERT={certificate}\n  WMS_TLS_KEY={key}"
        )
    if config.host in ("127.0.0.1", "::1", "localhost"):
        click.echo(f"WMS_HOST is {config.host}: only this machine reaches it; 0.0.0.0 lets the network in")
    click.echo(
        f"\nThen open this on each device; it tells how to trust the authority:\n  https://{host or 'localhost'}:{config.port}/trust"
    )
