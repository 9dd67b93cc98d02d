"""How Chinese names are found by their sound. Pure."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import islice, product
from typing import Final

SOUND_LENGTH: Final = 400
WAYS: Final = 8
_HAN: Final = re.compile(r"[㐀-鿿豈-﫿]")
_TYPED: Final = re.compile(r"[a-z0-9]{2,40}")


@lru_cache(maxsize=4096)
def sound_of(name: str) -> str:
    """Write a name by its sound: syllables without tones, then their initials; blank where there is no Hanzi.

    A character of several readings stands in that of its phrase first, then in its others, as far as there is room for
    eight ways: phrases in Traditional signs are little known to the tables.

    >>> sound_of("茶叶"), sound_of("Amoxicillin"), "chongqing" in sound_of("重慶") and "zq" in sound_of("重慶")
    ('chaye cy', '', True)
    """
    if not _HAN.search(name):
        return ""
    from pypinyin import Style, lazy_pinyin, pinyin  # its tables take a tenth of a second to load

    best = lazy_pinyin(name)
    others = pinyin(name, style=Style.NORMAL, heteronym=True)
    single = [pinyin(part, style=Style.NORMAL, heteronym=True)[0] if _HAN.fullmatch(part) else [part] for part in name]
    if len(single) == len(best):  # one syllable a sign: the readings of each sign by itself count as well
        others = [list(dict.fromkeys((first, *by_phrase, *alone)))[:2]
                  for first, by_phrase, alone in zip(best, others, single, strict=True)]  # fmt: skip
    ways = [best, *(list(way) for way in islice(product(*others), WAYS))]
    said = dict.fromkeys(f"{_squeeze(''.join(way))} {_squeeze(''.join(sign[:1] for sign in way))}" for way in ways)
    return " ".join(list(said)[:WAYS])[:SOUND_LENGTH]


def typed_sound(text: str) -> str | None:
    """Say what a typed text is as a sound, or None when it can be none: two letters at least, blanks and ' left out.

    >>> typed_sound("A mo xi'lin"), typed_sound("a"), typed_sound("胶囊")
    ('amoxilin', None, None)
    """
    squeezed = text.lower().replace(" ", "").replace("'", "").replace("ü", "v")
    return squeezed if _TYPED.fullmatch(squeezed) and not squeezed.isdigit() else None


def _squeeze(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text.lower().replace("ü", "v"))
