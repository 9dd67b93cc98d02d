"""Hashes of secrets: argon2 for what people remember, SHA-256 for random values of 80 bits and more.

The cost may be lowered for tests only (`set_cost`); each hash carries its own cost, so old ones stay readable.
"""

import hashlib
import secrets
from typing import Final

from pwdlib import PasswordHash
from pwdlib.exceptions import PwdlibError
from pwdlib.hashers.argon2 import Argon2Hasher

SECRET_BYTES: Final = 32

# OWASP's second choice of parameters: 19 MiB, two passes, one lane.
_hasher = PasswordHash((Argon2Hasher(time_cost=2, memory_cost=19_456, parallelism=1),))
_decoy = ""


def set_cost(*, is_fast: bool) -> None:
    """Choose the cost of new hashes: `is_fast` for tests and nothing else."""
    global _hasher, _decoy
    passes, kibibytes = (1, 8) if is_fast else (2, 19_456)
    _hasher = PasswordHash((Argon2Hasher(time_cost=passes, memory_cost=kibibytes, parallelism=1),))
    _decoy = ""


def hash_password(text: str) -> str:
    """Hash a password or PIN with argon2id."""
    return _hasher.hash(text)


def is_right(text: str, hashed: str | None) -> bool:
    """Say whether `text` is the one hashed; without a hash (nobody of that name, or a machine) take the same time and say no."""
    global _decoy
    if not _decoy:
        _decoy = _hasher.hash(secrets.token_hex(16))
    try:
        return _hasher.verify(text, hashed or _decoy) and bool(hashed)
    except PwdlibError:
        return False


def hash_random(value: str) -> str:
    """Hash a random value (badge, device secret, API token), which needs no salt and no slowness."""
    return hashlib.sha256(value.encode()).hexdigest()


def new_badge() -> str:
    """Make the value of a badge: 100 random bits as 20 capital letters and digits a code reader likes, BDG in front."""
    alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
    return "BDG" + "".join(secrets.choice(alphabet) for _ in range(20))


def new_one_time_password() -> str:
    """Make a password to be used once and typed by hand: 12 letters and digits that are not mistaken for each other."""
    alphabet = "abcdefghjkmnpqrstuvwxyz23456789"
    return "-".join("".join(secrets.choice(alphabet) for _ in range(4)) for _ in range(3))


def new_one_time_pin() -> str:
    """Make a PIN to be used once: eight digits."""
    return "".join(secrets.choice("0123456789") for _ in range(8))


def new_secret() -> str:
    """Make 256 random bits as text for a URL or cookie."""
    return secrets.token_urlsafe(SECRET_BYTES)
