"""Dates typed from labels."""

from datetime import date

import pytest

from wms.core.errors import BadDate
from wms.receiving.rules.dates import last_good_day, read_label_date

READ = [
    ("2027-03-31", date(2027, 3, 31), "day"),
    ("2027/3/1", date(2027, 3, 1), "day"),
    ("2027.03.01", date(2027, 3, 1), "day"),
    ("20270331", date(2027, 3, 31), "day"),
    ("270331", date(2027, 3, 31), "day"),
    ("280229", date(2028, 2, 29), "day"),
    ("280200", date(2028, 2, 29), "month"),
    ("20270300", date(2027, 3, 31), "month"),
    ("2027-03", date(2027, 3, 31), "month"),
    ("2027/3", date(2027, 3, 31), "month"),
    ("202702", date(2027, 2, 28), "month"),
    ("03/2027", date(2027, 3, 31), "month"),
    ("2027年3月", date(2027, 3, 31), "month"),
    ("2027年03月15日", date(2027, 3, 15), "day"),
    ("２０２７０３１５", date(2027, 3, 15), "day"),
    ("31 MAR 2027", date(2027, 3, 31), "day"),
    ("MAR2027", date(2027, 3, 31), "month"),
    (" 2026-12-31 ", date(2026, 12, 31), "day"),
]
REFUSED = [
    "", "soon", "2027", "27-03", "03/04/2027", "2027-13", "2027-02-29", "270229", "271301", "20271301", "2027-00-10",
    "1989-12-31", "2200-01-01", "2027-3-0", "12345678", "2027-03-31 10:00", "99999999", "-20270331", "2027--03",
]  # fmt: skip


@pytest.mark.parametrize(("text", "day", "precision"), READ)
def test_read(text: str, day: date, precision: str) -> None:
    found = read_label_date(text)
    assert (found.day, found.precision, found.text) == (day, precision, text.strip())


@pytest.mark.parametrize("text", REFUSED)
def test_refused(text: str) -> None:
    with pytest.raises(BadDate):
        read_label_date(text)


def test_the_day_of_making_counts_as_the_first() -> None:
    assert last_good_day(date(2026, 11, 1), 30) == date(2026, 11, 30)
