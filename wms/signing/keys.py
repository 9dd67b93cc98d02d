"""The private key of the site: a file of the data folder for its owner alone, made at first use."""

from __future__ import annotations

import os
import secrets
from datetime import datetime
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from flask import Flask, current_app

from wms.core.errors import SigningKeyFaulty

#: Its name in the data folder; a backup with the secrets carries it (wms/backup/rules.py).
FILE: Final = "signing_key"
_EXTENSION: Final = "wms_signing_folder"


def keep_in(app: Flask, folder: Path) -> None:
    """Say where the application keeps its key; called once by the factory."""
    app.extensions[_EXTENSION] = folder


def folder() -> Path:
    """Give the folder of this application's key."""
    return Path(current_app.extensions[_EXTENSION])


def private_key() -> Ed25519PrivateKey:
    """Read the site's key, or make it when there is none yet. Raises SigningKeyFaulty when the file holds no such key."""
    path = folder() / FILE
    if not path.exists():
        _write_new(path)
    try:
        key = load_pem_private_key(path.read_bytes(), password=None)
    except (ValueError, TypeError, OSError) as broken:
        raise SigningKeyFaulty(file=str(path)) from broken
    if not isinstance(key, Ed25519PrivateKey):
        raise SigningKeyFaulty(file=str(path))
    return key


def rotate(at: datetime) -> Path | None:
    """Make a new key; the old one is kept aside under a name of its own. The old file's new path, None without one."""
    path = folder() / FILE
    aside = None
    if path.exists():
        aside = path.with_name(f"old-{at:%Y%m%dT%H%M%S}-{FILE}")
        os.replace(path, aside)
    _write_new(path)
    return aside


def public_bytes(key: Ed25519PrivateKey) -> bytes:
    """Give the 32 bytes of the public half."""
    return key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def is_genuine(*, public_key: str, signature: str, statement: bytes) -> bool:
    """Say whether this key signed this statement."""
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_key)).verify(bytes.fromhex(signature), statement)
    except (InvalidSignature, ValueError):
        return False
    return True


def _write_new(path: Path) -> None:
    """Write a fresh key whole, for its owner alone; when another process was first, theirs stays."""
    path.parent.mkdir(parents=True, exist_ok=True)
    content = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(part, path)  # refuses where another has come meanwhile
    except FileExistsError:
        pass
    finally:
        part.unlink(missing_ok=True)
