"""The bench of trace in its smallest form: it fills a plant, measures all it names and says so in lines of one form."""

from __future__ import annotations

import re
from typing import Any

LINE = re.compile(
    r"RESULT measure=(\w+) size=600 engine=(sqlite|postgresql) ratio=\d+\.\d\d aim=\d\.\d\d (ok|short) reached=\d+ ms=\S+ .+"
)


def test_each_measure_is_told_in_a_line_of_the_form(db: Any) -> None:
    from scripts.bench.trace import fill, measure

    lines = measure(fill(600), times=1)
    told = [LINE.fullmatch(line) for line in lines]
    assert all(told), lines
    assert [one[1] for one in told if one] == ["closure", "closure_back", "shares", "trace", "balance", "streamed"]
