"""The settings: one frozen Config, read from WMS_* environment variables; a wrong set is reported whole."""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


class BadConfig(Exception):
    """One or more settings are wrong; the message names each."""


@dataclass(frozen=True, kw_only=True)
class Config:
    """What an installation may set; see docs/settings.md."""

    database_url: str = "sqlite:///var/wms.db"
    secret_key: str = field(default="", repr=False)
    data_dir: Path = Path("var")
    host: str = "127.0.0.1"
    port: int = 8420
    is_demo: bool = False
    is_https: bool = False
    tls_cert: str = ""
    tls_key: str = ""
    hsts_days: int = 0
    proxies: int = 0
    session_hours: int = 12
    file_mb_max: int = 15
    argon2_is_fast: bool = False
    gateway_url: str = "http://127.0.0.1:8420"
    gateway_token: str = field(default="", repr=False)
    gateway_ca: str = ""
    gateway_spool: Path = Path("var/gateway.db")
    emulator_port: int = 5084
    log_level: str = "INFO"
    log_format: str = "text"
    metrics_allow: str = "loopback"
    sqlite_wait_seconds: int = 30
    api_per_minute: int = 600
    passport_per_minute: int = 60
    passport_url: str = ""
    currency: str = "CNY"
    backup_dir: str = ""
    backup_keep: int = 14
    backup_warn_days: int = 3
    pg_bin: str = ""
    label_checks: int = 10
    smtp_host: str = ""
    smtp_port: int = 587
    smtp_security: str = "starttls"
    smtp_user: str = ""
    smtp_password: str = field(default="", repr=False)
    smtp_ca: str = ""
    smtp_wait_seconds: int = 20
    mail_from: str = ""
    mail_from_name: str = ""
    mail_reply_to: str = ""
    mail_tries: int = 8
    recall_truck_hours: int = 72
    keep_outbox_days: int = 90
    keep_idempotency_days: int = 30
    keep_episode_days: int = 90
    keep_job_run_days: int = 30
    anchor_file: str = ""

    @property
    def anchor_path(self) -> Path:
        """Where the anchor of the seals lies: WMS_ANCHOR_FILE, else a file of the data folder."""
        return Path(self.anchor_file) if self.anchor_file else self.data_dir / "anchor.jsonl"

    @classmethod
    def from_env(cls, env: Mapping[str, str] = os.environ) -> Config:
        """Read WMS_* variables; BadConfig names every wrong one at once."""
        faults: list[str] = []
        values: dict[str, object] = {}
        known = {f"WMS_{name.upper()}": name for name in cls.__dataclass_fields__}
        for key, text in env.items():
            if not key.startswith("WMS_") or key.startswith(("WMS_TEST_", "WMS_INIT_")):
                continue
            if key not in known:
                faults.append(f"{key} is not a setting")
                continue
            name = known[key]
            kind = cls.__dataclass_fields__[name].type
            try:
                values[name] = _read(text, str(kind))
            except ValueError as wrong:
                faults.append(f"{key}: {wrong}")
        url = str(values.get("database_url", cls.database_url))
        if not url.startswith(("sqlite:///", "postgresql://", "postgresql+psycopg://")):
            faults.append("WMS_DATABASE_URL: must start with sqlite:/// or postgresql://")
        key_text = str(values.get("secret_key", ""))
        if key_text and len(key_text) < 32:
            faults.append("WMS_SECRET_KEY: must have at least 32 characters")
        port = values.get("port", 1)
        if isinstance(port, int) and not 0 < port < 65536:
            faults.append("WMS_PORT: must lie between 1 and 65535")
        if str(values.get("log_level", "INFO")) not in {"DEBUG", "INFO", "WARNING", "ERROR"}:
            faults.append("WMS_LOG_LEVEL: must be DEBUG, INFO, WARNING or ERROR")
        if not 1 <= int(str(values.get("file_mb_max", 1))) <= 100:
            faults.append("WMS_FILE_MB_MAX: must lie between 1 and 100")
        if not 1 <= int(str(values.get("recall_truck_hours", 1))) <= 2160:
            faults.append("WMS_RECALL_TRUCK_HOURS: must lie between 1 and 2160")
        if values.get("backup_keep", 1) == 0:
            faults.append("WMS_BACKUP_KEEP: must be at least 1")
        if bool(values.get("tls_cert")) != bool(values.get("tls_key")):
            faults.append("WMS_TLS_CERT and WMS_TLS_KEY: set both or none of them")
        if values.get("tls_cert"):
            values["is_https"] = True
        if int(str(values.get("proxies", 0))) > 9:
            faults.append("WMS_PROXIES: must lie between 0 and 9")
        if values.get("hsts_days") and not values.get("is_https"):
            faults.append("WMS_HSTS_DAYS: needs HTTPS, by WMS_TLS_CERT or WMS_IS_HTTPS")
        if str(values.get("log_format", "text")) not in {"text", "json"}:
            faults.append("WMS_LOG_FORMAT: must be text or json")
        if str(values.get("metrics_allow", "loopback")) not in {"loopback", "key"}:
            faults.append("WMS_METRICS_ALLOW: must be loopback or key")
        if not _is_web_address(str(values.get("passport_url", ""))):
            faults.append("WMS_PASSPORT_URL: must be blank or a web address such as https://lots.example.com")
        currency = str(values.get("currency", "CNY"))
        if not (len(currency) == 3 and currency.isascii() and currency.isalpha() and currency.isupper()):
            faults.append("WMS_CURRENCY: must be three capital letters, such as CNY")
        faults += _mail_faults(values)
        if faults:
            raise BadConfig("; ".join(sorted(faults)))
        config = cls(**values)  # type: ignore[arg-type]
        return config if config.secret_key else config._with_kept_secret()

    def _with_kept_secret(self) -> Config:
        """Without WMS_SECRET_KEY, keep one of our own making in the data folder, so that sessions outlive a restart."""
        from dataclasses import replace

        path = self.data_dir / "secret_key"
        if not path.exists():
            self.data_dir.mkdir(parents=True, exist_ok=True)
            try:
                handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            except FileExistsError:
                return self._with_kept_secret()
            with os.fdopen(handle, "w") as file:
                file.write(secrets.token_hex(32))
        return replace(self, secret_key=path.read_text().strip())


def _is_web_address(text: str) -> bool:
    """Say whether this is blank or scheme, host and perhaps a path, as it may stand in a code on a label."""
    return not text or re.fullmatch(r"https?://[A-Za-z0-9.-]+(:\d{1,5})?(/[A-Za-z0-9._~/-]*)?", text) is not None


def _mail_faults(values: Mapping[str, object]) -> list[str]:
    """What is wrong with the settings of outgoing e-mail; a password never leaves over a line that anybody can read."""
    faults = []
    said = {name: str(values.get(name, "")) for name in ("smtp_host", "smtp_user", "smtp_password", "smtp_security")}
    security = said["smtp_security"] or Config.smtp_security
    if security not in {"starttls", "tls", "plain"}:
        faults.append("WMS_SMTP_SECURITY: must be starttls, tls or plain")
    if said["smtp_host"] and not values.get("mail_from"):
        faults.append("WMS_MAIL_FROM: needed with WMS_SMTP_HOST, the address that messages come from")
    for name in ("mail_from", "mail_reply_to"):
        if values.get(name) and not re.fullmatch(r"[!-?A-~]+@[A-Za-z0-9.-]+", str(values[name])):
            faults.append(f"WMS_{name.upper()}: must be an e-mail address")
    if not str(values.get("mail_from_name", "")).isprintable():
        faults.append("WMS_MAIL_FROM_NAME: must be one line")
    if bool(said["smtp_user"]) != bool(said["smtp_password"]):
        faults.append("WMS_SMTP_USER and WMS_SMTP_PASSWORD: set both or none of them")
    if said["smtp_user"] and security == "plain" and said["smtp_host"] not in {"127.0.0.1", "::1", "localhost"}:
        faults.append("WMS_SMTP_SECURITY: plain would send the password unencrypted; use starttls or tls")
    for name, low, high in (("smtp_port", 1, 65535), ("smtp_wait_seconds", 1, 300), ("mail_tries", 1, 30)):
        if not low <= int(str(values.get(name, low))) <= high:
            faults.append(f"WMS_{name.upper()}: must lie between {low} and {high}")
    return faults


def _read(text: str, kind: str) -> object:
    if kind == "int":
        if not text.strip().isascii() or not text.strip().isdigit():
            raise ValueError("must be a whole number")
        return int(text)
    if kind == "bool":
        if text.lower() not in {"0", "1", "true", "false", "yes", "no"}:
            raise ValueError("must be 1 or 0")
        return text.lower() in {"1", "true", "yes"}
    return Path(text) if kind == "Path" else text
