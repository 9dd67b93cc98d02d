"""How the web process listens: waitress over plain HTTP, gunicorn (gthread) over TLS or with several workers.

`run.py web` and deploy/gunicorn.conf.py share this page, so that both serve alike.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import signal
import socket
import ssl
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import click
from flask import Flask

from config import BadConfig, Config
from wms.core.clock import now

THREADS: Final = 16
#: A client that stops in the middle of a request, or of a handshake, holds its thread for so long and no longer.
STALLED_SECONDS: Final = 30.0
HANDSHAKE_SECONDS: Final = 5.0
#: A handheld scans every few seconds: its connection stays, so that no scan waits for a handshake.
KEEP_ALIVE_SECONDS: Final = 75
#: A device that went out of reach says nothing: after 30 s of silence it is asked, and given up 30 s later.
_PROBES: Final = (("TCP_KEEPIDLE", 30), ("TCP_KEEPINTVL", 10), ("TCP_KEEPCNT", 3))
_WORKERS_MAX: Final = 4
_TLS_HELLO: Final = b"\x16"
_PLAIN_PAGE: Final = re.compile(rb"(?:GET|HEAD) (/[!-~]*) HTTP/1\.[01]\r\n")
_PLAIN_HOST: Final = re.compile(rb"\r\nHost:[ \t]*([A-Za-z0-9.:\[\]-]{1,260})[ \t]*\r\n", re.I)


def check_certificate(config: Config) -> str:
    """Judge the files of WMS_TLS_CERT and WMS_TLS_KEY; BadConfig when they cannot serve, else a warning or blank."""
    if not config.tls_cert:
        return ""
    from wms.certificates import store
    from wms.certificates.names import CertificateFault

    try:
        certificate = store.check_pair(config.tls_cert, config.tls_key, at=now())
    except CertificateFault as fault:
        raise BadConfig(str(fault)) from fault
    left = store.days_left(certificate, now())
    return f"the certificate ends in {left} days; renew it with run.py cert" if left < store.RENEW_DAYS else ""


def serve(app: Flask, config: Config, tell: Callable[[str], Any]) -> None:
    """Serve until the process is asked to end; ClickException when the address is taken."""
    if config.tls_cert:
        _serve_tls(app, config, tell)
    else:
        _serve_plain(app, config, tell)


def _serve_plain(app: Flask, config: Config, tell: Callable[[str], Any]) -> None:
    from waitress import create_server

    try:
        # What a proxy says of the client is believed only when one is trusted (WMS_PROXIES: ProxyFix); it stays readable,
        # since /metrics must see that a proxy stands between.
        server = create_server(
            app, host=config.host, port=config.port, threads=THREADS, ident=None, clear_untrusted_proxy_headers=False
        )
    except OSError as busy:
        raise _cannot_listen(config, busy) from busy
    signal.signal(signal.SIGTERM, _end)
    tell(f"serving http://{config.host}:{config.port}")
    server.run()


def _serve_tls(app: Flask, config: Config, tell: Callable[[str], Any]) -> None:
    try:
        from gunicorn.app.base import BaseApplication
    except ImportError as none:
        raise click.ClickException(
            "gunicorn, which serves HTTPS, does not run on this system; put a reverse proxy in front instead"
        ) from none
    _try_address(config)
    settings = gunicorn_settings(config, workers=1)

    class Server(BaseApplication):
        """Gunicorn on the application that is built already."""

        def load_config(self) -> None:
            for name, value in settings.items():
                self.cfg.set(name, value)

        def load(self) -> Flask:
            return app

    tell(f"serving https://{config.host}:{config.port}")
    Server().run()


def _try_address(config: Config) -> None:
    """Refuse a taken address at once and in one sentence; gunicorn would try for five seconds first."""
    family = socket.AF_INET6 if ":" in config.host else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((config.host, config.port))
    except OSError as busy:
        raise _cannot_listen(config, busy) from busy


def _cannot_listen(config: Config, busy: OSError) -> click.ClickException:
    return click.ClickException(f"cannot listen on {config.host}:{config.port}: {busy.strerror or busy}")


def _end(*_: Any) -> None:
    raise SystemExit(0)


# -- gunicorn ---------------------------------------------------------------------------------------------------------
def gunicorn_settings(config: Config, *, workers: int | None = None) -> dict[str, Any]:
    """Give gunicorn's settings for this installation; BadConfig when its certificate cannot serve."""
    check_certificate(config)
    workers = workers or _worker_count(config)
    if workers > 1:  # read when the metrics are imported: each worker writes its figures there, a scrape sums them
        os.environ.setdefault("PROMETHEUS_MULTIPROC_DIR", str(figures_folder(config)))
    host = f"[{config.host}]" if ":" in config.host else config.host
    settings: dict[str, Any] = {
        "bind": [f"{host}:{config.port}"],
        "worker_class": "gthread",
        "workers": workers,
        "threads": THREADS,
        "keepalive": KEEP_ALIVE_SECONDS,
        "graceful_timeout": 30,
        "preload_app": True,  # a wrong setting ends the start in one sentence, and workers start at once
        "control_socket_disable": True,
        # Whom to believe about the client is said once, by WMS_PROXIES.
        "forwarded_allow_ips": "",
        "secure_scheme_headers": {},
        "on_starting": lambda _server: _begin(config),
        "when_ready": _when_ready,
        "post_fork": _post_fork,
        "child_exit": _child_exit,
        "loglevel": config.log_level.lower(),
        "accesslog": None,  # the application tells each request itself, with its id
    }
    if config.tls_cert:
        settings |= {"certfile": config.tls_cert, "keyfile": config.tls_key, "ssl_context": _tls_context}
    return settings


def figures_folder(config: Config) -> Path:
    """Say where the workers' figures lie: in memory. They are mapped files, and a full disk under one ends its process."""
    given = os.environ.get("RUNTIME_DIRECTORY", "").partition(":")[0]  # of the systemd unit
    if given:
        return Path(given) / "metrics"
    mark = hashlib.sha256(str(config.data_dir.absolute()).encode()).hexdigest()[:12]
    shared = Path("/dev/shm") / f"wms-metrics-{mark}"
    try:
        shared.mkdir(mode=0o700, exist_ok=True)
        found = shared.lstat()
    except OSError:
        return (config.data_dir / "metrics").absolute()
    is_ours = stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid() and not found.st_mode & 0o077
    return shared if is_ours else (config.data_dir / "metrics").absolute()


def _worker_count(config: Config) -> int:
    """One process writes SQLite best; PostgreSQL serves several. WEB_CONCURRENCY, gunicorn's own variable, goes first."""
    asked = os.environ.get("WEB_CONCURRENCY", "")
    if asked.isdigit() and int(asked):
        return int(asked)
    if config.database_url.startswith("sqlite"):
        return 1
    return min(_WORKERS_MAX, os.cpu_count() or 1)


class _TlsSocket(ssl.SSLSocket):
    """A connection that never waits for ever: gunicorn sets its sockets to block, which here means for a while.

    One that begins in plain HTTP (an address typed without https://) is shown to the same place over HTTPS.
    """

    def setblocking(self, flag: bool) -> None:
        self.settimeout(STALLED_SECONDS if flag else 0.0)

    def do_handshake(self, block: bool = False) -> None:
        self.settimeout(HANDSHAKE_SECONDS)
        if socket.socket.recv(self, 1, socket.MSG_PEEK) in (b"", _TLS_HELLO):
            try:
                super().do_handshake(block)
            except TimeoutError as gone:  # out of reach in the middle of it: nothing to tell anybody
                raise ConnectionResetError(errno.ECONNRESET, "the handshake was not ended") from gone
            self.settimeout(STALLED_SECONDS)
            return
        socket.socket.sendall(self, point_to_https(socket.socket.recv(self, 8192)))
        raise ConnectionResetError(errno.ECONNRESET, "plain HTTP on the port of HTTPS")


def point_to_https(request: bytes) -> bytes:
    """Answer what came in plain HTTP: a page asked for is over there; anything else is refused."""
    asked = _PLAIN_PAGE.match(request)
    host = _PLAIN_HOST.search(request)
    if asked is None or host is None:
        head, said = b"400 Bad Request", b"This port speaks HTTPS. Begin the address with https://\n"
    else:
        head, said = b"302 Found\r\nLocation: https://" + host[1] + asked[1], b""
    return (
        b"HTTP/1.1 %b\r\nContent-Type: text/plain\r\nCache-Control: no-store\r\nConnection: close\r\n"
        b"Content-Length: %d\r\n\r\n%b" % (head, len(said), said)
    )


def _tls_context(conf: Any, _default: Callable[[], ssl.SSLContext]) -> ssl.SSLContext:
    """Read the files anew for each connection: a renewed certificate serves at once, without a restart."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.sslsocket_class = _TlsSocket
    context.load_cert_chain(conf.certfile, conf.keyfile)
    return context


def _begin(config: Config) -> None:
    """Before the workers: gunicorn's own lines go where all lines go, and the figures of former workers are forgotten."""
    from wms.web import logs, metrics

    logs.set_up(level=config.log_level, form=config.log_format)
    metrics.forget_former()


def _when_ready(server: Any) -> None:
    """Let the system find out that a device went out of reach; accepted connections inherit it."""
    for listener in server.LISTENERS:
        listener.sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for name, value in _PROBES:
            if hasattr(socket, name):
                listener.sock.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)


def _post_fork(server: Any, _worker: Any) -> None:
    """Let go of database connections that came from before the fork: two processes must not share one."""
    from wms.db import db

    with server.app.wsgi().app_context():
        for engine in db.engines.values():
            engine.dispose(close=False)


def _child_exit(_server: Any, worker: Any) -> None:
    """Tell the metrics that a worker is gone, so that what it had under way is not counted for ever."""
    from wms.web import metrics

    metrics.forget_worker(worker.pid)
