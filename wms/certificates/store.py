"""The folder of certificates: what stands in it, how it is renewed, and whether a pair may be served with."""

from __future__ import annotations

import os
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from wms.certificates.authority import Pair, make_authority, make_server, names_of
from wms.certificates.names import CertificateFault, own_names, read_name, read_names

FOLDER: Final = "certs"
AUTHORITY: Final = "ca.crt"
AUTHORITY_KEY: Final = "ca.key"
SERVER: Final = "server.crt"
SERVER_KEY: Final = "server.key"
#: From so many days before the end on, the start of the web process says that it is time to renew.
RENEW_DAYS: Final = 30


@dataclass(frozen=True)
class Renewed:
    """What a run made: the pairs, their folder, whether the authority is new, whether a loose key was closed."""

    folder: Path
    authority: Pair
    server: Pair
    is_new_authority: bool
    was_open: bool


def renew(folder: Path, hosts: Sequence[str], *, at: datetime, is_new_authority: bool = False) -> Renewed:
    """Make the authority when there is none or a new one is asked for, and sign a server certificate for `hosts`.

    Without hosts, the names of the certificate that is there are kept; without one, this machine's own are taken. All is
    judged before anything is written.
    """
    present = read_certificate(folder / SERVER)
    texts = hosts or (names_of(present) if present is not None else own_names())
    names = read_names(texts)
    authority = None if is_new_authority else _read_authority(folder)
    made = authority or make_authority(machine=socket.gethostname(), at=at)
    server = make_server(made, names, at=at)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if authority is None:
        _put_aside(folder, at)
        _write(folder / AUTHORITY_KEY, made.key_pem, 0o600)
        _write(folder / AUTHORITY, made.certificate_pem, 0o644)
    was_open = _close(folder / AUTHORITY_KEY)
    _write(folder / SERVER_KEY, server.key_pem, 0o600)
    _write(folder / SERVER, server.certificate_pem, 0o644)
    return Renewed(folder, made, server, authority is None, was_open)


def _read_authority(folder: Path) -> Pair | None:
    """Give the authority that stands in the folder; None when there is neither certificate nor key."""
    path, key_path = folder / AUTHORITY, folder / AUTHORITY_KEY
    if not path.exists() and not key_path.exists():
        return None
    for needed in (path, key_path):
        if not needed.exists():
            raise CertificateFault(
                f"{needed} is missing; put it back to renew, or make a new authority with --new-authority, which each "
                "device must then trust anew"
            )
    certificate = _load_certificate(path)
    key = _load_key(key_path)
    if not isinstance(key, ec.EllipticCurvePrivateKey) or not _belong(certificate, key):
        raise CertificateFault(f"{key_path} does not belong to {path}; put back the right one")
    return Pair(certificate, key)


def _put_aside(folder: Path, at: datetime) -> None:
    """Keep the old authority's files under a name of their own: devices that trust it may have to be told."""
    for name in (AUTHORITY, AUTHORITY_KEY):
        if (folder / name).exists():
            os.replace(folder / name, folder / f"old-{at:%Y%m%dT%H%M%S}-{name}")


def _write(path: Path, content: bytes, mode: int) -> None:
    """Put a file in place whole, with its rights from the first byte on."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    fresh.unlink(missing_ok=True)
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(handle, "wb") as file:
        os.fchmod(file.fileno(), mode)
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    os.replace(fresh, path)


def _close(key: Path) -> bool:
    """Take the rights of others from a key; True when they had any."""
    if not key.stat().st_mode & 0o077:
        return False
    key.chmod(0o600)
    return True


# -- reading ----------------------------------------------------------------------------------------------------------
def read_certificate(path: Path) -> x509.Certificate | None:
    """Read the first certificate of a file; None when there is no such file or no certificate in it."""
    try:
        return x509.load_pem_x509_certificates(path.read_bytes())[0]
    except (OSError, ValueError):
        return None


def read_authority(data_dir: Path) -> x509.Certificate | None:
    """Read the certificate of the authority that an installation keeps."""
    return read_certificate(data_dir / FOLDER / AUTHORITY)


def check_pair(certificate: str, key: str, *, at: datetime) -> x509.Certificate:
    """Judge the files of WMS_TLS_CERT and WMS_TLS_KEY before serving with them; CertificateFault in one sentence."""
    found = _load_certificate(Path(certificate), "WMS_TLS_CERT: ")
    private = _load_key(Path(key), "WMS_TLS_KEY: ")
    if not _belong(found, private):
        raise CertificateFault(f"WMS_TLS_KEY: {key} does not belong to the certificate {certificate}")
    if found.not_valid_after_utc <= at:
        raise CertificateFault(
            f"WMS_TLS_CERT: {certificate} ended on {found.not_valid_after_utc:%Y-%m-%d}; renew it with run.py cert"
        )
    if found.not_valid_before_utc > at:
        raise CertificateFault(
            f"WMS_TLS_CERT: {certificate} begins on {found.not_valid_before_utc:%Y-%m-%d} only; look at this machine's clock"
        )
    return found


def days_left(certificate: x509.Certificate, at: datetime) -> int:
    """Count the whole days a certificate is still good."""
    return (certificate.not_valid_after_utc - at).days


def public_name(certificate: x509.Certificate) -> str:
    """Give the first name of a server certificate that other machines can reach it by, for a URL; blank when there is none."""
    for text in names_of(certificate):
        try:
            name = read_name(text)
        except CertificateFault:
            continue  # a name for many, from elsewhere
        if not name.is_local:
            return name.in_url
    return ""


def _load_certificate(path: Path, said: str = "") -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificates(_read(path, said))[0]
    except ValueError as bad:
        raise CertificateFault(f"{said}{path} holds no certificate (PEM)") from bad


def _load_key(path: Path, said: str = "") -> object:
    try:
        return load_pem_private_key(_read(path, said), password=None)
    except TypeError as locked:
        raise CertificateFault(f"{said}{path} has a password; the server needs a key without one") from locked
    except Exception as bad:  # ValueError, or UnsupportedAlgorithm
        if isinstance(bad, CertificateFault):
            raise
        raise CertificateFault(f"{said}{path} holds no private key (PEM)") from bad


def _read(path: Path, said: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as gone:
        raise CertificateFault(f"{said}{path} cannot be read: {gone.strerror}") from gone


def _belong(certificate: x509.Certificate, key: object) -> bool:
    def spelled(public: object) -> bytes:
        return public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)  # type: ignore[attr-defined]

    return spelled(certificate.public_key()) == spelled(key.public_key())  # type: ignore[attr-defined]
