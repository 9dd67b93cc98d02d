"""The bundled fonts: which of the two draws a character, and how wide a text is."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from fontTools.ttLib import TTFont  # type: ignore[import-untyped]
from PIL import ImageFont

FONTS = Path(__file__).parent / "fonts"
SIMPLIFIED, TRADITIONAL = FONTS / "noto-sans-sc-400.ttf", FONTS / "noto-sans-tc-400.ttf"

#: Both fonts have it; the white square that is usual elsewhere is in neither.
MISSING = "〓"


@cache
def _characters(path: Path) -> frozenset[int]:
    with TTFont(path, lazy=True) as font:
        return frozenset(font.getBestCmap())


@cache
def _known() -> frozenset[int]:
    return _characters(SIMPLIFIED) | _characters(TRADITIONAL)


@cache
def _font(path: Path, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(path), size)


def printable(text: str) -> str:
    """Put a blank for controls, and the printers' mark for a missing sign (〓) where neither font has one: never nothing."""
    known = _known()
    return "".join(sign if ord(sign) in known else MISSING if sign.isprintable() else " " for sign in text)


def font_runs(text: str, size: int, *, traditional: bool = False) -> list[tuple[str, ImageFont.FreeTypeFont]]:
    """Split a text into runs of one font each, the reader's own script first."""
    first, second = (TRADITIONAL, SIMPLIFIED) if traditional else (SIMPLIFIED, TRADITIONAL)
    runs: list[tuple[str, Path]] = []
    for sign in printable(text):
        path = first if ord(sign) in _characters(first) else second
        if runs and runs[-1][1] == path:
            runs[-1] = (runs[-1][0] + sign, path)
        else:
            runs.append((sign, path))
    return [(run, _font(path, size)) for run, path in runs]


def text_width(text: str, size: int) -> float:
    """The width of a text at a size, in the unit of the size."""
    return sum(font.getlength(run) for run, font in font_runs(text, 100)) * size / 100


def fit(text: str, size: float, room: float, *, smallest: float = 0.6) -> tuple[str, float]:
    """Shrink a text to its room, down to a share of its size, then cut it with an ellipsis."""
    text = printable(text)
    width = text_width(text, 100) * size / 100
    if width <= room:
        return text, size
    if width * smallest <= room:
        return text, size * room / width
    while text and text_width(text + "…", 100) * size * smallest / 100 > room:
        text = text[:-1]
    return text + "…", size * smallest
