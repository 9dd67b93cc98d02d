"""Where the table stands: its heading, its columns in three languages, and the rows that are no data."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from wms.imports.rules import table
from wms.imports.rules.words import KINDS, LANGUAGES, field_named, squeezed, template_fields, unit_code

ROOT = Path(__file__).resolve().parents[3]


def _rows(*rows: list[Any]) -> list[table.Row]:
    return [(number, list(cells)) for number, cells in enumerate(rows, 1) if any(cells)]


MESSY = _rows(
    ["东方药业有限公司 期初库存表", None, None, None],
    ["制表日期：2026-11-01", None, None, None],
    [],
    ["物料编码", " 批 号 ", "数量（箱）", "有效期至"],
    ["A1", "0012", ["n", "3"], "2027-06"],
    ["物料编码", "批号", "数量（箱）", "有效期至"],
    ["A2", "12", ["n", "4"], "2027-06"],
    ["小计", None, ["n", "7"], None],
    ["A2", "合计", ["n", "4"], None],
    ["合 计：", None, ["n", "11"], None],
    ["备注：含样品", None, None, None],
    ["制表人：张三", None, "审核：李四", None],
)


def test_the_heading_is_found_below_titles_and_blanks() -> None:
    heading = table.find_heading(MESSY, "lots")
    assert heading.row == 4
    assert table.map_columns(heading.words, "lots") == ["sku", "lot", "quantity", "expires_on"]
    assert table.unit_hints(heading.words, ["sku", "lot", "quantity", "expires_on"]) == {"quantity": "箱"}


def test_sums_notes_and_headings_printed_again_are_no_data() -> None:
    heading = table.find_heading(MESSY, "lots")
    told = table.tell_apart(MESSY, heading, table.map_columns(heading.words, "lots"), "lots")
    assert [number for number, _ in told.data] == [5, 7]
    assert {one.row: one.why for one in told.skipped} == {
        6: "heading_again", 8: "total", 9: "total", 10: "total", 11: "note", 12: "note",
    }  # fmt: skip


def test_a_heading_of_two_rows_is_one() -> None:
    rows = _rows(["料号", "批次信息", None], [None, "批号", "数量"], ["A1", "L1", "3"])
    heading = table.find_heading(rows, "lots")
    assert table.map_columns(heading.words, "lots") == ["sku", "lot", "quantity"]


@pytest.mark.parametrize(
    ("kind", "words", "fields"),
    [
        ("lots", ["料號", "批號", "儲位", "數量", "效期"], ["sku", "lot", "bin", "quantity", "expires_on"]),
        ("lots", ["Artikel-Nr.", "Charge", "Lagerplatz", "Menge", "MHD"], ["sku", "lot", "bin", "quantity", "best_before_on"]),
        ("lots", ["ITEM CODE", "Batch No.", "Location", "Qty (ea)", "Exp. Date"], ["sku", "lot", "bin", "quantity", "expires_on"]),
        ("orders", ["订单号", "客户名称", "交货日期", "货号", "订单数量"], ["number", "customer", "ship_on", "sku", "quantity"]),
        ("history", ["日期", "业务类型", "单号", "物料编码", "批号", "数量", "成品批号"],
         ["happened_on", "event", "document", "sku", "lot", "quantity", "output_lot"]),
        ("items", ["ＳＫＵ", "品名", "单位", "保质期（天）"], ["sku", "name_zh", "base_unit", "shelf_life_days"]),
    ],
    ids=str,
)  # fmt: skip
def test_columns_are_recognised_in_chinese_english_and_german(kind: str, words: list[str], fields: list[str]) -> None:
    assert table.map_columns(words, kind) == fields


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_template_is_understood_as_it_is_given(kind: str, language: str) -> None:
    wanted = template_fields(kind)
    assert table.map_columns([field.heading(language) for field in wanted], kind) == [field.name for field in wanted]


def test_a_merged_cell_holds_for_all_its_rows() -> None:
    rows = [(2, ["A1", "L1"]), (3, [None, "L2"]), (4, [None, "L3"]), (5, [None, "L4"])]
    filled = dict(table.fill_merged(rows, [(1, 0, 3, 0)]))
    assert [filled[number][0] for number in (2, 3, 4, 5)] == ["A1", "A1", "A1", None]


def test_the_document_shows_the_table_of_words_as_it_is() -> None:
    text = (ROOT / "docs" / "import.md").read_text(encoding="utf-8")
    missing = [
        (kind, field.name)
        for kind, fields in KINDS.items()
        for field in fields
        if f"| `{field.name}` |" not in text or any(word not in text for words in field.words for word in words)
    ]
    assert not missing


def test_units_are_known_by_their_words() -> None:
    assert [unit_code(word) for word in ("箱", "Stück", "kg", "盒", "棧板", "XYZ", "？")] == [
        "case",
        "ea",
        "kg",
        "box",
        "pallet",
        "XYZ",
        "",
    ]
    assert squeezed("Ｌｏｔ Ｎｏ．") == "lotno" and field_named("lots", "Lot No.") == "lot"
