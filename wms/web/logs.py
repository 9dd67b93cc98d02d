"""Log lines: one JSON object each for machines, or readable text for people; the same for web, jobs and gateway.

All code logs through the standard `logging`; structlog only renders. What every line of a request has in common (its id,
who, where) is asked of the source that the web edge hands over, never of the database. Secrets are masked and no value
can begin a line of its own. This module needs nothing but structlog, since the gateway on another machine has it too.
"""

from __future__ import annotations

import logging
import re
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from typing import Any, Final, TextIO

import structlog

Event = MutableMapping[str, Any]

#: Libraries that tell more than anybody wants to know, unless somebody asks for DEBUG.
_TALKATIVE: Final = ("apscheduler", "alembic", "fontTools", "PIL", "sllurp", "sqlalchemy", "urllib3", "waitress.queue")
_FIRST: Final = ("time", "level", "logger", "message", "request_id", "method", "path", "status", "ms")
_HIDDEN: Final = "***"
_SECRET_NAMES: Final = (
    r"password|passwd|pin|secret|secret_key|token|api_key|badge|csrf_token|x-csrftoken|gateway_token|device_secret"
)
_MASKS: Final = (
    (re.compile(r"(?i)\b(authorization|cookie|set-cookie)([\"']?\s*[:=]\s*)[^\n]*"), rf"\1\2{_HIDDEN}"),
    (re.compile(r"(?i)\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{8,}"), rf"\1 {_HIDDEN}"),
    (
        re.compile(rf"(?i)\b({_SECRET_NAMES})([\"']?\s*[:=]\s*)(\"[^\"\n]*\"|'[^'\n]*'|[^\s\"',;&)}}\]]+)"),
        rf"\1\2{_HIDDEN}",
    ),
    (re.compile(r"(?i)([a-z][a-z0-9+]*://[^/\s:@]*):[^/\s@]*@"), rf"\1:{_HIDDEN}@"),
    (re.compile(r"\bwms_[A-Za-z0-9_-]{30,}"), f"wms_{_HIDDEN}"),
    (re.compile(r"([/=])[A-Za-z0-9_-]{32,}(?![A-Za-z0-9_./-])"), rf"\1{_HIDDEN}"),  # the value of a set-up link
)
_SECRET_KEY: Final = re.compile(rf"(?i)(?:{_SECRET_NAMES}|authorization|cookie)")
#: What could end a line or hide in one: control characters, the separators of Unicode, halves of characters.
_UNPRINTABLE: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")

_source: list[Callable[[], Mapping[str, Any]]] = []


def ask_with(source: Callable[[], Mapping[str, Any]]) -> None:
    """Hand over who tells the fields of the present request: a function that looks nothing up."""
    _source[:] = [source]


@contextmanager
def fields(**values: Any) -> Iterator[None]:
    """Put these fields on every line of the block: the job that runs, say."""
    with structlog.contextvars.bound_contextvars(**values):
        yield


def set_up(*, level: str = "INFO", form: str = "text", stream: TextIO | None = None) -> None:
    """Let this process log to `stream` (by default the standard error), as "text" or "json"; once, at its start."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(formatter(form))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.NOTSET if level == "DEBUG" else logging.WARNING)
    for name in ("gunicorn.error", "gunicorn.access"):  # gunicorn brings handlers of its own
        logging.getLogger(name).handlers[:] = []
        logging.getLogger(name).propagate = name == "gunicorn.error"
    logging.captureWarnings(True)
    sys.excepthook = _tell_end
    threading.excepthook = _tell_thread_end


def formatter(form: str) -> logging.Formatter:
    """Give the formatter for "text" or "json"."""
    last = structlog.processors.JSONRenderer(ensure_ascii=False, default=str) if form == "json" else _as_text
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[
            structlog.stdlib.add_log_level,
            structlog.stdlib.add_logger_name,
            structlog.stdlib.ExtraAdder(),
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
        ],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.contextvars.merge_contextvars,
            _add_request,
            structlog.processors.format_exc_info,
            structlog.processors.EventRenamer("message"),
            _mask,
            _in_order,
            last,
            *([_on_one_line] if form == "json" else []),
        ],
    )


# -- what a line goes through -----------------------------------------------------------------------------------------
def _add_request(_logger: Any, _name: str, event: Event) -> Event:
    for source in _source:
        for name, value in source().items():
            event.setdefault(name, value)
    return event


def _mask(_logger: Any, _name: str, event: Event) -> Event:
    for name, value in event.items():
        if _SECRET_KEY.fullmatch(name):
            event[name] = _HIDDEN
        elif not isinstance(value, (bool, int, float, type(None))):
            event[name] = mask(str(value))
    return event


def mask(text: str) -> str:
    """Take secrets out of a text: passwords, keys, cookies, log-ins in addresses, values of set-up links."""
    for pattern, instead in _MASKS:
        text = pattern.sub(instead, text)
    return text


def _in_order(_logger: Any, _name: str, event: Event) -> Event:
    return {name: event[name] for name in _FIRST if name in event} | {
        name: value for name, value in event.items() if name not in _FIRST
    }


def _on_one_line(_logger: Any, _name: str, line: Any) -> str:
    """Escape what JSON leaves as it is and some reader of lines would break at."""
    return _UNPRINTABLE.sub(lambda found: f"\\u{ord(found[0]):04x}", str(line))


def _as_text(_logger: Any, _name: str, event: Event) -> str:
    """`time LEVEL logger message  name=value …`, and a trace below it, each of its lines set in."""
    trace = str(event.pop("exception", "") or "")
    head = [str(event.pop(name, "")) for name in ("time", "level", "logger", "message")]
    line = f"{head[0][:19].replace('T', ' ')}Z {head[1].upper():7} {head[2]}: {_visible(head[3])}"
    if event:
        line += "  " + " ".join(f"{name}={_visible(str(value))}" for name, value in event.items())
    return "\n".join([line, *(f"    | {_visible(part)}" for part in trace.split("\n") if trace)])


def _visible(text: str) -> str:
    return _UNPRINTABLE.sub(lambda found: ascii(found[0])[1:-1], text)


# -- the end ----------------------------------------------------------------------------------------------------------
def _tell_end(kind: type[BaseException], error: BaseException, trace: Any) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
    else:
        logging.getLogger("wms").critical("the process ends: %s", kind.__name__, exc_info=(kind, error, trace))


def _tell_thread_end(ended: threading.ExceptHookArgs) -> None:
    if ended.exc_value is not None and not issubclass(ended.exc_type, SystemExit):
        logging.getLogger("wms").critical(
            "a thread ended: %s",
            ended.exc_type.__name__,
            exc_info=(ended.exc_type, ended.exc_value, ended.exc_traceback),
        )
