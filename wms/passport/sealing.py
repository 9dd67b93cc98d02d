"""A passport's key under the site's secret: only this site, with its own secret, can print the label again."""

from __future__ import annotations

import base64
import hashlib
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE_BYTES = 12


def seal(key: str, *, secret: str, about: int) -> str:
    """Seal a key; `about` is the passport's id, so that a sealed key moved to another row opens nothing."""
    nonce = os.urandom(_NONCE_BYTES)
    sealed = AESGCM(_cipher_key(secret)).encrypt(nonce, key.encode(), str(about).encode())
    return base64.urlsafe_b64encode(nonce + sealed).decode()


def unseal(sealed: str, *, secret: str, about: int) -> str | None:
    """Open a sealed key; None when the site's secret is another one now."""
    try:
        content = base64.urlsafe_b64decode(sealed)
        opened = AESGCM(_cipher_key(secret)).decrypt(
            content[:_NONCE_BYTES], content[_NONCE_BYTES:], str(about).encode()
        )
        return opened.decode()
    except (ValueError, InvalidTag):
        return None


def _cipher_key(secret: str) -> bytes:
    return hashlib.sha256(f"lot passport key:{secret}".encode()).digest()
