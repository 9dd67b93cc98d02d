"""The tour's browser reads forms as a browser sends them; its report names what went wrong."""

import pytest

from wms.tour.page import choices, forms, read_page
from wms.tour.report import Report, Wrong, must, same, wait_for

PAGE = """
<main id="frame" data-tone="no" data-step="goods">
  <span class="words">Wrong <b>bin</b>.</span>
  <form id="scan-form" method="post" action="/m/pick">
    <input type="hidden" name="csrf_token" value="t&amp;1"><input name="scan" value="">
    <select name="unit"><option value="tin">tin</option><option value="case" selected>case</option></select>
    <input type="checkbox" name="ticked" value="1" checked><input type="checkbox" name="empty" value="1">
    <textarea name="note">old</textarea><button name="event" value="back">Back</button>
  </form>
  <button form="scan-form" name="event" value="short">Short</button>
  <input form="scan-form" name="quantity" value="6">
  <form action="/other"><input name="q" value="x" disabled><script>no text</script></form>
</main>
"""


def test_a_form_sends_its_own_fields_and_those_tied_to_it_from_elsewhere():
    scan, other = forms(read_page(PAGE))
    assert scan.values == {
        "csrf_token": "t&1", "scan": "", "unit": "case", "ticked": "1", "note": "old", "quantity": "6",
    }  # fmt: skip
    assert "empty" in scan.names and "empty" not in scan.values
    assert set(scan.buttons) == {("event", "back"), ("event", "short")}
    assert (scan.method, scan.action) == ("post", "/m/pick")
    assert other.values == {} and other.method == "get"


def test_what_a_page_says_is_found_by_tag_class_and_attribute():
    page = read_page(PAGE)
    frame = page.first("main", id="frame")
    assert frame is not None and frame.get("data-tone") == "no"
    assert page.first("span", class_="words").text == "Wrong bin ."
    assert page.first("p") is None
    assert choices(page, "unit") == {"tin": "tin", "case": "case"}
    assert "no text" not in page.text


def test_an_element_left_open_does_not_swallow_the_rest():
    page = read_page("<div><p>one<p>two</div><form action='/x'><input name='a' value='1'></form>")
    assert forms(page)[0].values == {"a": "1"}


def test_what_is_not_as_it_must_be_ends_the_tour_with_what_was_wanted_and_what_came():
    with pytest.raises(Wrong, match="the state: wanted 'picked', came 'new'"):
        same("new", "picked", "the state")
    with pytest.raises(Wrong, match="no light"):
        must(0, "no light")
    with pytest.raises(Wrong, match="waited 0 s for: the moon"):
        wait_for(lambda: None, "the moon", seconds=0.01, every=0.001)
    assert wait_for(lambda: [7], "seven") == [7]


def test_a_report_line_keeps_its_figure_in_the_last_column():
    lines: list[str] = []
    report = Report(lines.append)
    report.begin("Receive")
    report.step("one scan", "12 ms")
    report.step("a long line " * 12, "7 ms")
    report.said("a sentence")
    assert lines[0] == " 1  Receive\n"
    assert len(lines[1]) == len(lines[2]) and lines[1].endswith("12 ms\n")
    assert lines[-1] == "        » a sentence\n" and report.steps == 2
