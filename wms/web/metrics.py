"""What a process counts while it runs, for Prometheus: requests, refusals, log-ins, postings, transactions done again.

    metrics.count_refusal(error.code)

Every label is bounded: route templates and never paths, codes of errors and never texts. With several worker processes
each writes its figures to a folder, PROMETHEUS_MULTIPROC_DIR, and a scrape of any one sums them all; the variable is
prometheus_client's own and is read when it is imported. Figures that stand in the database are not counted here but
read at the scrape (wms/watch).
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

_FOLDER: Final = os.environ.get("PROMETHEUS_MULTIPROC_DIR", "")
if _FOLDER:
    Path(_FOLDER).mkdir(parents=True, exist_ok=True)

from prometheus_client import (  # noqa: E402  (it opens files in that folder)
    GC_COLLECTOR,
    PLATFORM_COLLECTOR,
    PROCESS_COLLECTOR,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
    multiprocess,
)

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
OTHER: Final = "other"
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

COUNTED: Final = CollectorRegistry()
_requests = Counter(
    "wms_requests", "Requests answered, by route template, method and status", ["route", "method", "status"],
    registry=COUNTED,
)  # fmt: skip
_seconds = Histogram(
    "wms_request_seconds", "Time until the answer was ready, by route template and method", ["route", "method"],
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10), registry=COUNTED,
)  # fmt: skip
_under_way = Gauge(
    "wms_requests_under_way", "Requests that are being answered now", registry=COUNTED, multiprocess_mode="livesum"
)
_refusals = Counter("wms_refusals", "Refusals and faults, by error code", ["code"], registry=COUNTED)
_login_failures = Counter(
    "wms_login_failures", "Log-ins, signatures and API keys that were refused", ["way"], registry=COUNTED
)
_retries = Counter("wms_transactions_retried", "Transactions run again after a deadlock or a lock", registry=COUNTED)
_postings = Counter("wms_postings", "Postings committed to the ledger, by reason", ["reason"], registry=COUNTED)


# -- counting ---------------------------------------------------------------------------------------------------------
def begin_request() -> None:
    """Count a request that comes in."""
    _under_way.inc()


def end_request() -> None:
    """Count a request that is over, however it ended."""
    _under_way.dec()


def count_request(*, route: str | None, method: str, status: int, seconds: float) -> None:
    """Count an answered request; `route` is the template of its rule, None when there was none."""
    known = route or OTHER
    word = method if method in _METHODS else OTHER
    _requests.labels(known, word, str(status)).inc()
    _seconds.labels(known, word).observe(seconds)


def count_refusal(code: str) -> None:
    """Count a refusal or fault by the code of its error."""
    _refusals.labels(code).inc()


def count_login_failure(way: str) -> None:
    """Count a refused log-in: at the desk, on a handheld ("hand"), by an API key ("key"), for a "signature"."""
    _login_failures.labels(way).inc()


def count_committed(name: str, kind: str, times: int) -> None:
    """Take what wms.db counts at its commits."""
    if name == "posting":
        _postings.labels(kind).inc(times)
    elif name == "retry":
        _retries.inc(times)


# -- telling ----------------------------------------------------------------------------------------------------------
def page(more: Callable[[], Any]) -> bytes:
    """Give the text of a scrape: what was counted (by all workers), and the families that `more` gives."""
    registry = CollectorRegistry()
    if _FOLDER:
        multiprocess.MultiProcessCollector(registry, path=_FOLDER)
    else:
        for collector in (PROCESS_COLLECTOR, PLATFORM_COLLECTOR, GC_COLLECTOR):
            registry.register(collector)
    read = CollectorRegistry()
    read.register(_Read(more))
    counted = b"" if _FOLDER else generate_latest(COUNTED)
    return counted + generate_latest(registry) + generate_latest(read)


class _Read:
    """A collector around a function; it has no `describe`, so that registering it reads nothing."""

    def __init__(self, collect: Callable[[], Any]) -> None:
        self.collect = collect


# -- worker processes -------------------------------------------------------------------------------------------------
def forget_worker(pid: int) -> None:
    """Take a worker that ended out of the gauges; for the server's hook (gunicorn: child_exit). Its counts stay."""
    if _FOLDER:
        multiprocess.mark_process_dead(pid, path=_FOLDER)


def forget_former() -> None:
    """Remove what processes that no longer live left in the folder; for the start of the server, before its workers."""
    for path in Path(_FOLDER).glob("*.db") if _FOLDER else ():
        owner = re.search(r"_(\d+)\.db$", path.name)
        if owner and not _lives(int(owner[1])):
            path.unlink(missing_ok=True)


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
