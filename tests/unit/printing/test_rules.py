"""What a printer's answer means, which addresses are a printer's, what may become of a job."""

import pytest

from wms.core.errors import WrongState
from wms.core.states import step
from wms.printing import rules


def status(paper: int = 0, pause: int = 0, waiting: int = 0, head: int = 0, ribbon: int = 0, left: int = 0) -> bytes:
    return (
        f"\x02030,{paper},{pause},1245,{waiting:03},0,0,0,000,0,0,0\x03\r\n"
        f"\x02000,0,{head},{ribbon},0,2,4,0,{left:08},1,000\x03\r\n\x021234,0\x03\r\n"
    ).encode()


@pytest.mark.parametrize(
    ("answer", "fault", "is_idle"),
    [
        (status(), "", True),
        (status(waiting=3), "", False),
        (status(left=2), "", False),
        (status(paper=1), "paper_out", True),
        (status(head=1), "head_open", True),
        (status(ribbon=1), "ribbon_out", True),
        (status(pause=1, waiting=1), "paused", False),
    ],
)
def test_a_host_status_says_what_is_wrong_and_whether_all_is_printed(answer: bytes, fault: str, is_idle: bool) -> None:
    read = rules.read_status(answer)
    assert read is not None and (read.fault, read.is_idle) == (fault, is_idle)


@pytest.mark.parametrize(
    "answer", [b"", status()[:40], b"HTTP/1.1 400", b"\x02a,b\x03\x02c\x03", status().replace(b"0", b"x")]
)
def test_what_is_no_host_status_is_not_read_as_one(answer: bytes) -> None:
    assert rules.read_status(answer) is None


def test_addresses_that_are_no_printers_are_refused() -> None:
    for good in ("10.1.2.3", "192.168.0.20", "printer-3", "zt411.site.example", "fd00::12", "127.0.0.1"):
        assert rules.is_host(good), good
    for bad in ("169.254.169.254", "fe80::1", "224.0.0.1", "0.0.0.0", "a b", "-x", "a..b", "http://x", "x" * 254, ""):
        assert not rules.is_host(bad), bad


def test_a_label_that_is_with_the_printer_can_be_neither_cancelled_nor_sent_again() -> None:
    for event in ("cancel", "again", "say_printed"):
        with pytest.raises(WrongState):
            step(rules.JOB, "sending", event, subject="LPN 1")
    assert step(rules.JOB, "uncertain", "say_printed", subject="LPN 1") == "printed"


def test_a_printer_that_is_off_is_tried_for_a_day_at_most_every_five_minutes() -> None:
    rests = [rules.rest_after(n).total_seconds() for n in range(1, rules.TRIES_MAX + 1)]
    assert rests[0] == 2 and max(rests) == 300
    assert 23 * 3600 < sum(rests) < 25 * 3600
