"""What a backup holds and what an archive may do to us. Pure.

An archive is believed part by part: names of our own making only, sizes and hashes as the manifest says, and no more
unpacked than a backup can come to.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

FORMAT: Final = 1
MANIFEST: Final = "manifest.json"
MANIFEST_BYTES_MAX: Final = 128 * 1024 * 1024
SQLITE_MEMBER: Final = "database.sqlite"
POSTGRESQL_MEMBER: Final = "database.dump"
#: The anchor of the seals, which lies outside the database.
ANCHOR_MEMBER: Final = "anchor.jsonl"
MEMBERS: Final = {"sqlite": SQLITE_MEMBER, "postgresql": POSTGRESQL_MEMBER}
#: What of the data folder is secret, and comes along only when asked for.
SECRETS: Final = (
    "secret_key", "signing_key", "gateway_token", "certs/ca.crt", "certs/ca.key", "certs/server.crt", "certs/server.key",
)  # fmt: skip
#: Up to this size anything may unpack; beyond it, at most so many times what was packed.
FREE_BYTES: Final = 1024**3
RATIO_MAX: Final = 200

_NAME: Final = re.compile(
    r"database\.(?:sqlite|dump)|anchor\.jsonl|files/([0-9a-f]{2})/(\1[0-9a-f]{62})|secrets/(?:"
    + "|".join(re.escape(name) for name in SECRETS)
    + ")"
)
_HASH: Final = re.compile(r"[0-9a-f]{64}")
_SCHEDULED: Final = re.compile(r"wms-\d{8}T\d{6}Z\.zip")


class BadManifest(Exception):
    """The manifest cannot be read, or says what no backup of ours says."""


@dataclass(frozen=True, kw_only=True)
class Member:
    """One file of the archive."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """What a copy of the database holds: rows of each table, its migrations, the hashes of the attachments it names."""

    counts: Mapping[str, int]
    migration: tuple[str, ...]
    files: tuple[str, ...]
    engine_version: str
    schema: str


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """What the archive says of itself. `missing` are attachments that the database names and the disk did not give."""

    format: int
    version: str
    build: str
    migration: str
    engine: str
    engine_version: str
    schema: str
    made_at: datetime
    has_secrets: bool
    counts: Mapping[str, int]
    missing: Sequence[str]
    members: Sequence[Member]

    @property
    def database(self) -> str:
        """The member that holds the database."""
        return MEMBERS[self.engine]

    @property
    def files(self) -> list[Member]:
        """The attachments."""
        return [member for member in self.members if member.name.startswith("files/")]

    @property
    def secrets(self) -> list[Member]:
        """The secrets, none unless they were asked for."""
        return [member for member in self.members if member.name.startswith("secrets/")]

    @property
    def size(self) -> int:
        """What all of it comes to, unpacked."""
        return sum(member.size for member in self.members)


def is_member_name(name: str) -> bool:
    """Say whether a name is one that we make; none of them leads out of a folder."""
    return _NAME.fullmatch(name) is not None


def hash_in_name(name: str) -> str | None:
    """Give the hash that an attachment's name promises, None for what is no attachment."""
    found = _NAME.fullmatch(name)
    return found[2] if found else None


def unpacks_too_large(*, unpacked: int, packed: int) -> bool:
    """Say whether an archive would unpack to what no backup comes to."""
    return unpacked > FREE_BYTES and unpacked > packed * RATIO_MAX


def write_manifest(manifest: Manifest) -> bytes:
    """Write the manifest as JSON."""
    values = asdict(manifest) | {"made_at": manifest.made_at.isoformat()}
    return json.dumps(values, ensure_ascii=False, indent=1).encode()


def read_manifest(content: bytes) -> Manifest:
    """Read a manifest; BadManifest unless every part is there, of its kind, and within bounds."""
    try:
        values = json.loads(content)
        members = [Member(**one) for one in values.pop("members")]
        manifest = Manifest(**values | {"made_at": datetime.fromisoformat(values["made_at"]), "members": members})
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as wrong:
        raise BadManifest(str(wrong)) from wrong
    if fault := _fault_of(manifest):
        raise BadManifest(fault)
    return manifest


def _fault_of(manifest: Manifest) -> str:
    texts: Mapping[str, Any] = {
        name: getattr(manifest, name)
        for name in ("version", "build", "migration", "engine", "engine_version", "schema")
    }  # fmt: skip
    if manifest.format != FORMAT or manifest.engine not in MEMBERS:
        return "an unknown format or engine"
    if any(not isinstance(text, str) or len(text) > 200 for text in texts.values()):
        return "a text is none"
    if manifest.made_at.tzinfo is None:
        return "its time has no zone"
    counts = manifest.counts
    if not isinstance(counts, dict) or any(not _is_count(count) for count in counts.values()):
        return "a count is none"
    for member in manifest.members:
        if not isinstance(member.name, str) or not is_member_name(member.name):
            return "a name that is not ours"
        if not _is_count(member.size) or not isinstance(member.sha256, str) or not _HASH.fullmatch(member.sha256):
            return "a size or hash that is none"
        if hash_in_name(member.name) not in (None, member.sha256):
            return "an attachment under another name than its hash"
    names = [member.name for member in manifest.members]
    if len(set(names)) != len(names) or manifest.database not in names:
        return "a member twice, or no database"
    if set(MEMBERS.values()) & set(names) != {manifest.database}:
        return "databases of two engines"
    return ""


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**63


def name_at(at: datetime) -> str:
    """Name a backup by the instant it was made, in UTC: names sort as the backups do."""
    return f"wms-{at:%Y%m%dT%H%M%SZ}.zip"


def too_many(names: Iterable[str], *, keep: int) -> list[str]:
    """Say which of a folder's files are backups beyond the last `keep`; what we did not name is never among them."""
    ours = sorted(name for name in names if _SCHEDULED.fullmatch(name))
    return ours[: max(0, len(ours) - keep)]


def holds_data(counts: Mapping[str, int]) -> bool:
    """Say whether a database holds more than a fresh migration puts there: a warehouse, a posting, a person."""
    standing = {"user_account": 1}  # the system's own
    return any(
        counts.get(table, 0) > standing.get(table, 0) for table in ("warehouse", "stock_posting", "user_account")
    )


def lost_rows(before: Mapping[str, int], after: Mapping[str, int]) -> list[str]:
    """Say which tables do not hold what the manifest promised."""
    return [
        f"{table}: {count} rows in the manifest, {after.get(table, 0)} found"
        for table, count in sorted(before.items())
        if after.get(table, 0) != count
    ]


def major_of(version: str) -> int:
    """Give the major number in what PostgreSQL says of its version: "pg_dump (PostgreSQL) 18.1" -> 18; 0 for none."""
    found = re.search(r"(\d+)(?:\.\d+)?", version.replace("PostgreSQL", ""))
    return int(found[1]) if found else 0


@dataclass(frozen=True, kw_only=True)
class Tool:
    """One pg_dump or pg_restore that was found: its path and major version."""

    path: str
    major: int


def best_tool(tools: Sequence[Tool], *, needed: int) -> Tool | None:
    """Choose among programs: of the needed version, else the nearest newer one; an older one will not do."""
    fit = [tool for tool in tools if tool.major >= needed]
    return min(fit, key=lambda tool: tool.major) if fit else None
