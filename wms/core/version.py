"""Which version of the product this is, and whether two hosts run the very same code."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path
from typing import Final

VERSION: Final = "0.1.0"
_ROOT: Final = Path(__file__).resolve().parents[2]
_COUNTED: Final = (".py", ".html", ".js", ".css", ".po")


@lru_cache(maxsize=1)
def build() -> str:
    """Name this build by its own files: twelve digits of a hash over them, the same wherever they are the same."""
    digest = hashlib.sha256()
    for folder in ("wms", "mobile_templates", "migrations"):
        for path in sorted((_ROOT / folder).rglob("*")):
            if path.suffix in _COUNTED and path.is_file():
                digest.update(path.relative_to(_ROOT).as_posix().encode() + b"\0")
                digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:12]
