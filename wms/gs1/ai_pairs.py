"""Which element strings may stand together, and which need another beside them (General Specifications 4.13, 4.14).

A contradiction refuses the scan. A missing companion does not: the standard judges it over all symbols on the item, and
many pallets carry two of them; so it comes back as what is missing.
"""

from __future__ import annotations

from collections.abc import Sequence

_EXCLUDES = {
    "01": "02 37 255 8006", "02": "255 8026", "21": "235", "255": "415 8006 8020 8026", "37": "8006",
    "390n": "391n 394n 8111", "392n": "393n 395n", "393n": "395n", "394n": "8111", "395n": "8005", "420": "421",
    "421": "4307", "422": "426", "423": "426", "424": "426", "425": "426", "4330": "4331", "4332": "4333",
    "8006": "8026", "8017": "8018",
}  # fmt: skip

#: Measures of which one label carries one: two of the same first three digits contradict each other.
_FAMILIES = ("31", "32", "33", "34", "35", "36", "39")

_ITEM = "01 02 03 8006 8026"
_GOODS = "01 02"
_LOADED = "00 01"
_MEASURE = "30 31n 32n 35n 36n"

#: AI -> groups of which each must be met; a group is met by any of its words, a word "01+21" by both together.
_NEEDS: dict[str, tuple[str, ...]] = {
    "02": ("37",), "37": ("00", "02 8026"), "12": ("8020",), "17": ("01 02 03 255 8006 8026",), "21": ("01 03 8006",),
    "22": ("01",), "235": ("01",), "243": ("01",), "250": ("01 8006", "21"), "251": ("01 8006",), "254": ("414",),
    "30": (_GOODS,), "390n": ("255 8020",), "391n": ("8020",), "392n": ("01", _MEASURE), "393n": (_MEASURE,),
    "394n": ("255",), "395n": (_MEASURE,), "403": ("00",), "415": ("8020",), "427": (_GOODS, "422"), "4303": ("4302",),
    "4313": ("4312",), "7004": ("01", "10"), "7020": ("01 8006", "416"), "7021": ("01 8006",), "7022": ("7021",),
    "7241": ("8017 8018",), "7242": ("8017 8018",), "8001": ("01",), "8007": ("415",), "8009": (_LOADED,),
    "8011": ("8010",), "8012": ("01 8006",), "8019": ("8017 8018",), "8020": ("415",), "8026": ("37",),
    "8030": ("00 01+21 253 255 8003 8004 8006+21 8010+8011 8017 8018",), "8111": ("255",), "8200": ("01",),
    "337n": ("01",),
}  # fmt: skip
for _ai in "10 11 13 15 16 20 240 241 242 422 7001".split():
    _NEEDS[_ai] = (_ITEM,)
for _ai in "423 424 425 426 7002 7003 7005 7006 7007 7008 7009 7010 7011 8005 8008".split():
    _NEEDS[_ai] = (_GOODS,)
for _ai in (*(f"703{n}" for n in range(10)),):
    _NEEDS[_ai] = (_GOODS,)
for _ai in "710 711 712 713 714 715 716 717 7240".split():
    _NEEDS[_ai] = ("01",)
for _ai in (*(f"723{n}" for n in range(10)),):
    _NEEDS[_ai] = ("01 8004",)
for _n in (*range(4300, 4303), *range(4304, 4313), *range(4314, 4334)):
    _NEEDS[str(_n)] = ("00",)
for _three in "310 311 312 313 314 315 316 320 321 322 323 324 325 326 327 328 329 350 351 352 356 357 360".split():
    _NEEDS[f"{_three}n"] = (_GOODS,)
for _three in "361 364 365 366".split():
    _NEEDS[f"{_three}n"] = (_GOODS,)
for _n in (*range(330, 337), *range(340, 350), 353, 354, 355, 362, 363, 367, 368, 369):
    _NEEDS[f"{_n}n"] = (_LOADED,)


def _names(ai: str) -> tuple[str, ...]:
    """The names a four-digit measure goes by in the tables: 3103 is also 310n and 31n."""
    return (ai, f"{ai[:3]}n", f"{ai[:2]}n") if len(ai) == 4 and ai[:2] in _FAMILIES else (ai,)


def find_contradiction(pairs: Sequence[tuple[str, str]]) -> str | None:
    """Say which two elements cannot both be true, as "(01) (02)"; None when all may stand together."""
    seen: dict[str, str] = {}
    for ai, value in pairs:
        if seen.setdefault(ai, value) != value:
            return f"({ai}) ({ai})"
    present = list(seen)
    for place, one in enumerate(present):
        for other in present[place + 1 :]:
            same_family = one[:2] in _FAMILIES and len(one) == 4 == len(other) and one[:3] == other[:3]
            if same_family or _excludes(one, other) or _excludes(other, one):
                return f"({one}) ({other})"
    signed = "8030" in seen
    if signed and any(len(seen.get(ai, "")) == length for ai, length in (("253", 13), ("255", 13), ("8003", 14))):
        return "(8030) without a serial"
    return None


def _excludes(one: str, other: str) -> bool:
    return any(name in _EXCLUDES.get(mine, "").split() for mine in _names(one) for name in _names(other))


def find_missing(pairs: Sequence[tuple[str, str]]) -> str | None:
    """Say what an element lacks beside it, as "(37): (00)"; None when the label is complete."""
    present = {name for ai, _ in pairs for name in _names(ai)}
    for ai, _ in pairs:
        groups = next((_NEEDS[name] for name in _names(ai) if name in _NEEDS), ())
        for group in groups:
            words = group.split()
            if not any(all(part in present for part in word.split("+")) for word in words):
                return f"({ai}): " + " ".join(f"({word})" for word in words)
    return None
