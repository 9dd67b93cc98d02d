"""Which charset a CSV file has: UTF-8 where it is valid, else the one of GB18030, Big5 and Windows-1252 it looks like.

Every byte string is valid in Windows-1252 and most are in GB18030, so validity alone decides nothing there. What decides is
plausibility: Chinese text is made of common characters, German text of letters with an accent among plain ones.
"""

from __future__ import annotations

import re
from typing import Final

CHARSETS: Final = ("utf-8", "utf-16", "gb18030", "big5", "cp1252")
#: So much of the file is looked at; the whole is decoded strictly afterwards.
_SAMPLE: Final = 200_000


class Undecodable(Exception):
    """No charset fits; `line` is where the likeliest one breaks."""

    def __init__(self, charset: str, line: int) -> None:
        self.charset, self.line = charset, line
        super().__init__(charset, line)


def decode(content: bytes, charset: str = "") -> tuple[str, str]:
    """Give the text and the charset it was read by; `charset` when a person said it. Raises Undecodable."""
    if content.startswith(b"\xef\xbb\xbf"):
        return _strict(content[3:], "utf-8"), "utf-8"
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return _strict(content, "utf-16"), "utf-16"
    if charset:
        return _strict(content, charset), charset
    found = guess(content)
    return _strict(content, found), found


def guess(content: bytes) -> str:
    """Name the charset of a file without a mark. Raises Undecodable."""
    if _is_utf_16(content):
        head = content[:400]
        return "utf-16-le" if head[1::2].count(0) > head[0::2].count(0) else "utf-16-be"
    try:
        content.decode("utf-8")
        return "utf-8"
    except UnicodeDecodeError as broken:
        if _is_mostly_utf_8(content):
            raise Undecodable("utf-8", content.count(b"\n", 0, broken.start) + 1) from None
    sample = content[:_SAMPLE]
    if len(content) > _SAMPLE:
        sample = sample[: sample.rfind(b"\n") + 1] or sample
    marks = {
        "gb18030": _share_of_common(sample, "gb18030"),
        "big5": _share_of_common(sample, "big5"),
        "cp1252": _share_of_letters(sample),
    }
    best = max(marks, key=lambda name: marks[name])
    if marks[best] < 0.6:
        raise Undecodable(best, 0)
    return best


def _strict(content: bytes, charset: str) -> str:
    try:
        text = content.decode(charset)
    except UnicodeDecodeError as broken:
        raise Undecodable(charset, content.count(b"\n", 0, broken.start) + 1) from None
    return text.removeprefix("\ufeff")


def _is_utf_16(content: bytes) -> bool:
    """Text without a mark where many a second byte is zero, on one side alone: digits, tabs, line ends are."""
    head = content[:400]
    low, high = sorted((head[0::2].count(0), head[1::2].count(0)))
    return len(head) >= 8 and high > 4 * low and high > len(head) // 16


def _is_mostly_utf_8(content: bytes) -> bool:
    """Many whole sequences of UTF-8 beside few broken ones: a damaged file, and no other charset."""
    text = content[:_SAMPLE].decode("utf-8", errors="replace")
    whole = sum(1 for sign in text if ord(sign) > 127 and sign != "\ufffd")
    return whole > 2 * text.count("\ufffd")


def _share_of_common(content: bytes, charset: str) -> float:
    """Of the signs beyond ASCII, how many are common Chinese characters or marks; 0 where the charset does not fit."""
    try:
        text = content.decode(charset)
    except UnicodeDecodeError:
        return 0.0
    beyond = [sign for sign in text if ord(sign) > 127]
    if not beyond:
        return 0.0
    common = sum(1 for sign in beyond if _is_common(sign))
    return common / len(beyond)


def _is_common(sign: str) -> bool:
    """A character of the first level of GB 2312 or Big5, or a mark that Chinese text has."""
    if sign in "，。、；：（）！？《》“”‘’—…·￥℃％　【】＋－～×①②③④⑤" or "０" <= sign <= "ｚ":
        return True
    for charset, first, last in (("gb2312", 0xB0, 0xD7), ("big5", 0xA4, 0xC6)):
        try:
            if first <= sign.encode(charset)[0] <= last:
                return True
        except UnicodeEncodeError:
            continue
    return False


_ACCENTED = re.compile(r"[A-Za-z]?[\u00c0-\u00ff\u0152\u0153\u0160\u0161\u017d\u017e][A-Za-z]?")


def _share_of_letters(content: bytes) -> float:
    """Of the bytes beyond ASCII, how many are accented letters beside plain ones, or the marks of a price or a measure."""
    text = content.decode("cp1252", errors="replace")
    beyond = sum(1 for sign in text if ord(sign) > 127)
    if not beyond:
        return 0.0
    likely = sum(text.count(sign) for sign in "€°µ²³½¼–—„“”’‘…·§®™×«»")
    for found in _ACCENTED.finditer(text):
        likely += 1 if len(found[0]) > 1 else 0
    return likely / beyond
