"""The tour's scraper reads what Prometheus would."""

import pytest

from wms.tour import machine
from wms.tour.machine import figures, total

PAGE = """# HELP wms_requests_total Requests.
# TYPE wms_requests_total counter
wms_requests_total{method="GET",route="/m/<task>",status="200"} 3.0
wms_requests_total{method="POST",route="/m/<task>",status="503"} 1.0
wms_database_up 1.0
python_info{version="3.11"} 1.0
"""


class _Came:
    status_code, text = 200, PAGE


def test_figures_are_told_apart_by_their_labels_and_summed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine.requests, "get", lambda *_a, **_k: _Came)
    found = figures("http://here")
    assert len(found) == 3 and found["wms_database_up"] == 1.0
    assert total(found, "wms_requests_total") == 4.0
    assert total(found, "wms_requests_total", 'status="503"') == 1.0
    assert total(found, "wms_requests") == 0.0
