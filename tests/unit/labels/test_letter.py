"""Letters: what is printed can be read, whatever the text holds."""

from __future__ import annotations

import re
import zlib

from wms.labels.letter import Letter, LetterTable, draw_letter, packed, unpacked
from wms.labels.type import MISSING, _known, printable

LETTER = Letter(
    language="zh_Hant_TW", company="倉庫", to=["李小姐"], title="緊急", place_and_day="2026-11-22", banner="回收",
    facts=[("批號", "L-1")], paragraphs=["one", "", "two"], table=LetterTable(["a", "b"], [["1", "2"]] * 3, (1, 2)),
    after=["form"],
)  # fmt: skip


def test_a_sign_that_no_font_has_leaves_a_mark_and_not_nothing() -> None:
    assert ord(MISSING) in _known()
    assert printable("鑛物質") == f"{MISSING}物質"


def test_rows_of_a_table_are_not_filled_with_the_colour_of_the_banner() -> None:
    streams = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", draw_letter(LETTER), re.DOTALL)
    drawn = b"\n".join(text for one in streams if (text := _inflated(one)).find(b" re") >= 0)
    red = re.split(rb"0\.70\d* 0\.078\d* 0\.078\d* rg", drawn)
    assert len(red) >= 2, "the banner is red"
    for part in red[1:]:
        until = re.split(rb"\d (?:rg|g)\b", part)[0]
        assert until.count(b" re") <= 1, "the banner alone"


def _inflated(stream: bytes) -> bytes:
    try:
        return zlib.decompress(stream)
    except zlib.error:
        return b""


def test_a_letter_is_the_same_after_it_was_kept_as_text() -> None:
    again = unpacked(packed(LETTER))
    assert packed(again) == packed(LETTER)
    assert len(draw_letter(again)) == len(draw_letter(LETTER))
