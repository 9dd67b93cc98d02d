"""What templates may call: quantity, day, days left, local time, local name, links that keep the other filters.

All are plain functions on values; the macros in templates/macros/ dress them.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import Flask, request, url_for
from flask_babel import format_date, format_datetime, gettext

from wms.core.clock import local_day, now
from wms.core.quantity import Quantity
from wms.web import auth, i18n, sentences, units


def init_app(app: Flask) -> None:
    """Register filters and globals."""
    app.jinja_env.filters.update(
        quantity=quantity,
        day=day,
        long_day=long_day,
        days_left=days_left,
        local_time=local_time,
        local_name=i18n.local_name,
        word=sentences.word,
        unit=units.unit_word,
    )
    app.jinja_env.globals.update(chip_of=chip_of, link_with=link_with, permitted=auth.permitted, days_until=days_until)
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True


@dataclass(frozen=True)
class Look:
    """The colour and the shape of a state; its word stands in web/sentences.WORDS."""

    colour: str
    sign: str


_LOOKS = {
    **dict.fromkeys(
        ("available", "released", "done", "arrived", "ok", "active", "connected", "printed"), Look("available", "●")
    ),
    **dict.fromkeys(
        (
            "quarantine",
            "pending",
            "held",
            "on_hold",
            "blocked",
            "acknowledged",
            "provisional",
            "short",
            "unknown",
            "uncertain",
            "reviewed",
            "proposed",
            "ordered",
            "carried_out",
            "waived",
        ),
        Look("quarantine", "◆"),
    ),
    **dict.fromkeys(
        (
            "rejected",
            "expired",
            "recalled",
            "alarm",
            "failed",
            "locked",
            "lost",
            "silent",
            "critical",
            "stopped",
            "missing",
        ),
        Look("rejected", "✖"),
    ),
    **dict.fromkeys(
        (
            "allocated",
            "open",
            "new",
            "picking",
            "taken",
            "claimed",
            "expected",
            "receiving",
            "picked",
            "loading",
            "decided",
            "approved",
        ),
        Look("allocated", "▲"),
    ),
    **dict.fromkeys(("in_transit", "shipped", "transit", "noted", "sent", "sending"), Look("transit", "➤")),
}


def chip_of(state: Any) -> Look:
    """Give the look of a state's chip; grey for what is closed and for what has no look of its own."""
    return _LOOKS.get(str(state), Look("closed", "■"))


def quantity(value: Quantity | None, unit: str = "") -> str:
    """Write a quantity without trailing zeros, its unit beside it; a dash for none."""
    if value is None:
        return "–"
    text = str(value)
    whole, dot, part = text.partition(".")
    sign, digits = ("-", whole[1:]) if whole.startswith("-") else ("", whole)
    grouped = f"{int(digits):,}".replace(",", "\u202f") if len(digits) > 4 else digits
    return f"{sign}{grouped}{dot}{part}" + (f"\u00a0{units.unit_word(unit)}" if unit else "")


def day(value: date | None) -> str:
    """Write a calendar day as on a label: 2026-11-22."""
    return value.isoformat() if value else "–"


def long_day(value: date | None) -> str:
    """Write a calendar day as in a sentence, in the reader's language."""
    return str(format_date(value, "long")) if value else "–"


def days_until(value: date, on: date | None = None) -> int:
    """Count the days from `on` (by default today in the current warehouse) to `value`; negative when it has passed."""
    return (value - (on or _today())).days


def days_left(value: date | None, on: date | None = None) -> str:
    """Write the days left to a day: "12 d", "today", "3 d ago"."""
    if value is None:
        return ""
    left = days_until(value, on)
    if left == 0:
        return gettext("last day")
    return gettext("%(count)s d", count=left) if left > 0 else gettext("%(count)s d ago", count=-left)


def local_time(value: datetime | None, style: str = "short") -> str:
    """Write an instant in the warehouse's time: 2026-11-22 14:05, `zone` with its zone for paper, `long` as in a sentence."""
    if value is None:
        return "–"
    if style == "long":
        return str(format_datetime(value, "long"))
    local = value.astimezone(ZoneInfo(_timezone()))
    zone = local.strftime("%z")
    return local.strftime("%Y-%m-%d %H:%M") + (f" UTC{zone[:3]}:{zone[3:]}" if style == "zone" else "")


def local_date(value: datetime) -> date:
    """Give the day of an instant by the calendar of the warehouse."""
    return local_day(value, _timezone())


def link_with(**changes: Any) -> str:
    """Give this page's URL with some query values changed; None takes one away. A new filter starts at page one."""
    values: dict[str, Any] = {name: request.args.getlist(name) for name in request.args if name != "cursor"}
    values |= changes
    path_values = request.view_args or {}
    kept = {name: value for name, value in values.items() if value not in (None, "", [])}
    return url_for(request.endpoint or "web.start", **path_values, **kept)


def _timezone() -> str:
    return auth.current_site().timezone if auth.permitted_sites() else "UTC"


def _today() -> date:
    return local_day(now(), _timezone())
