"""Tables on paper: no sign is lost where a text is broken, every line fits, and a long table goes over pages."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wms.labels.type import text_width
from wms.trace import paper


@settings(max_examples=80, deadline=None)
@given(st.text(alphabet="ab 中文批次-01·，", max_size=300), st.floats(8, 60))
def test_a_broken_text_keeps_its_signs_and_fits(text: str, room: float) -> None:
    lines = paper._wrapped(paper.printable(text), room, 7.5)
    if not lines[-1].endswith("…"):
        assert re.sub(" ", "", "".join(lines)) == re.sub(" ", "", text)
    assert all(text_width(line.rstrip("…"), 7.5) * 25.4 / 72 <= room + 0.2 for line in lines if len(line.strip()) > 1)


def test_a_long_table_goes_over_pages_and_says_which(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[tuple[int, str]] = []

    def told(text: str, **values: object) -> str:
        said.append((int(str(values["page"])), str(values["pages"])))
        return text % values

    monkeypatch.setattr(paper, "gettext", told)
    document = paper.Document("履历", "批号 甲 – Lot L1", traditional=True)
    document.facts([("Lot", "L1"), ("Blank", "")])
    rows = ([f"{number}", "移动 moved", "词 " * 60] for number in range(120))
    document.table(
        [paper.Column(heading=name, width=width) for name, width in (("No", 1), ("Event", 3), ("Note", 6))], rows
    )
    document.note("done")
    assert document.finish().startswith(b"%PDF")
    pages = [page for page, _pages in said]
    assert pages == list(range(1, len(pages) + 1)) and len(pages) > 3
    assert {many for _page, many in said} == {"{nb}"}  # put in by the writer when all pages are known


def test_an_arrow_is_written_with_signs_that_the_fonts_have() -> None:
    assert paper.printable("A → B 批") == "A -> B 批"


def test_no_figure_is_broken_beside_long_texts() -> None:
    cells = {"1000", "135"}
    columns = [paper.Column(heading="Name", width=34), paper.Column(heading="Lot", width=34)] * 3
    columns += [paper.Column(heading="数量", width=5, least=paper.least_of("数量", cells)) for _ in range(6)]
    widths = paper._widths(columns)
    assert sum(widths) == pytest.approx(277)
    for width in widths[6:]:
        assert all(len(paper._wrapped(cell, width - 2, 7.5)) == 1 for cell in cells)


def test_a_heading_never_ends_a_page_alone() -> None:
    document = paper.Document("追溯", "L1", traditional=False)
    column = [paper.Column(heading="Note", width=1)]
    row = ["词 " * 2000]  # twelve lines
    for _part in range(3):
        document.table(column, [row])
    before = document._pdf.page_no()
    while document._pdf.get_y() + 22 < document._pdf.h - 12:
        document.note("filler")
    assert document._pdf.page_no() == before
    document.heading("Part")
    document.table(column, [row])
    assert document._pdf.page_no() == before + 1
