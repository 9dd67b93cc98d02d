"""The classes of recalls that come with the program, with their clocks in hours from the opening. Pure.

A site changes them, or adds its own, in the table recall_policy. Drugs in China (药品召回): tell within 24, 48 or 72 hours;
the plan and the first report to the authority on day 1, 3 or 7, and progress each 1, 3 or 7 days after.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, kw_only=True)
class RecallClass:
    """A class of recalls: hours from the opening to each step, None where no clock runs."""

    code: str
    name_en: str
    name_zh: str
    stop_hours: int | None = 1
    hold_hours: int | None = 4
    notify_hours: int | None = 24
    report_hours: int | None = 24
    progress_hours: int | None = None
    close_hours: int | None = None
    check_level: str = "a"
    is_active: bool = True


DEFAULTS: Final[tuple[RecallClass, ...]] = (
    RecallClass(
        code="food", name_en="Food, withdrawal or recall", name_zh="食品召回",
        stop_hours=1, hold_hours=4, notify_hours=24, report_hours=24, progress_hours=72, close_hours=720,
    ),
    RecallClass(
        code="cn-drug-1", name_en="Drug, class 1 (China)", name_zh="药品一级召回",
        stop_hours=1, hold_hours=4, notify_hours=24, report_hours=24, progress_hours=24, close_hours=240,
    ),
    RecallClass(
        code="cn-drug-2", name_en="Drug, class 2 (China)", name_zh="药品二级召回",
        stop_hours=2, hold_hours=8, notify_hours=48, report_hours=72, progress_hours=72, close_hours=480, check_level="b",
    ),
    RecallClass(
        code="cn-drug-3", name_en="Drug, class 3 (China)", name_zh="药品三级召回",
        stop_hours=4, hold_hours=24, notify_hours=72, report_hours=168, progress_hours=168, close_hours=720,
        check_level="c",
    ),
    RecallClass(
        code="fda-1", name_en="Class I (FDA)", name_zh="一级（FDA）",
        stop_hours=1, hold_hours=4, notify_hours=24, report_hours=24, progress_hours=336, close_hours=None,
    ),
    RecallClass(
        code="fda-2", name_en="Class II (FDA)", name_zh="二级（FDA）",
        stop_hours=2, hold_hours=8, notify_hours=48, report_hours=72, progress_hours=672, close_hours=None,
        check_level="b",
    ),
    RecallClass(
        code="fda-3", name_en="Class III (FDA)", name_zh="三级（FDA）",
        stop_hours=4, hold_hours=24, notify_hours=72, report_hours=168, progress_hours=672, close_hours=None,
        check_level="d",
    ),
)  # fmt: skip
