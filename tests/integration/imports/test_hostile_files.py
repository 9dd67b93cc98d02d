"""Files that were made to hurt are refused, each for its reason; and what is honest is read whatever its charset."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.fakes import hostile_files
from tests.fakes.sheets import csv, xlsx
from wms.core.errors import SheetRefused
from wms.imports.limits import LIMITS, MB
from wms.imports.reading import read_sheet

SMALL = replace(
    LIMITS, file_bytes=1 * MB, unpacked_bytes=4 * MB, rows=2000, memory_bytes=200 * MB, text_length=500_000, cpu_seconds=5
)  # fmt: skip
WHY = {
    "bomb.xlsx": "sheet_unpacked", "ratio.xlsx": "sheet_ratio", "entities.xlsx": "sheet_entities",
    "empty_rows.xlsx": "sheet_rows", "columns.xlsx": "sheet_columns", "corner.xlsx": "sheet_columns",
    "shared_text.xlsx": "sheet_memory", "macros.xlsx": "sheet_macros", "macros.xlsm": "sheet_macros",
    "locked.xlsx": "sheet_locked", "broken.xls": "sheet_broken", "cut_off.xlsx": "sheet_broken",
    "named_csv.csv": "sheet_name", "page.xls": "sheet_name", "long_line.csv": "sheet_line",
    "blank_lines.csv": "sheet_rows", "many_rows.csv": "sheet_rows", "zeros.csv": "sheet_binary",
    "no_text.csv": "sheet_charset", "open_quote.csv": "sheet_quotes", "half_utf_8.csv": "sheet_charset",
    "picture.csv": "sheet_form", "nothing.csv": "sheet_empty",
}  # fmt: skip


def test_each_hostile_file_is_refused_for_its_reason(tmp_path: Path) -> None:
    found = {}
    for name, content in hostile_files.all_of_them(scale=110):
        path = tmp_path / "file"
        path.write_bytes(content)
        with pytest.raises(SheetRefused) as no:
            read_sheet(path, name=name, kind="lots", limits=SMALL)
        found[name] = no.value.data["why"]
    assert found == WHY


def test_a_reader_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(hostile_files.plain())
    with pytest.raises(SheetRefused) as late:
        read_sheet(path, name="a.xlsx", kind="lots", limits=replace(LIMITS, wall_seconds=0.001))
    assert late.value.data["why"] == "sheet_time"


@pytest.mark.parametrize("charset", ["utf-8", "utf-8-sig", "gbk", "gb18030", "big5", "utf-16", "utf-16-le"])
def test_chinese_is_read_in_every_charset(tmp_path: Path, charset: str) -> None:
    path = tmp_path / "file"
    path.write_bytes(
        csv(["料號", "批號", "數量", "單位"], ["茶葉一號", "0012", "3", "箱"], charset=charset, delimiter="\t")
    )
    read = read_sheet(path, name="a.csv", kind="lots")
    assert read.rows == [(1, ["料號", "批號", "數量", "單位"]), (2, ["茶葉一號", "0012", "3", "箱"])]


def test_a_formula_is_never_computed(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(xlsx(["SKU", "Lot", "Quantity"], ["A1", "L1", "=1+1"], ["A1", "=HYPERLINK(1)", 2]))
    read = read_sheet(path, name="a.xlsx", kind="lots")
    assert read.rows[1:] == [(2, ["A1", "L1", ["f", ""]]), (3, ["A1", ["f", ""], ["n", "2.0"]])]
    path.write_bytes(csv(["SKU", "Lot", "Quantity"], ["A1", "=1+1", "2"]))
    assert read_sheet(path, name="a.csv", kind="lots").rows[1] == (2, ["A1", "=1+1", "2"])
