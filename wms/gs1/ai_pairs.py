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


def _need(ais: str, *groups: str) -> None:
    for ai in ais.split():
        _NEEDS[ai] = groups


_need("10 11 13 15 16 20 240 241 242 422 7001", _ITEM)
_need("423 424 425 426 7002 7003 7005 7006 7007 7008 7009 7010 7011 8005 8008", _GOODS)
_need("7030 7031 7032 7033 7034 7035 7036 7037 7038 7039", _GOODS)
_need("710 711 712 713 714 715 716 717 7240", "01")
_need("7230 7231 7232 7233 7234 7235 7236 7237 7238 7239", "01 8004")
_need("310n 311n 312n 313n 314n 315n 316n 320n 321n 322n 323n 324n 325n 326n 327n 328n 329n", _GOODS)
_need("350n 351n 352n 356n 357n 360n 361n 364n 365n 366n", _GOODS)
_need("330n 331n 332n 333n 334n 335n 336n 340n 341n 342n 343n 344n 345n 346n 347n 348n 349n", _LOADED)
_need("353n 354n 355n 362n 363n 367n 368n 369n", _LOADED)
_need("4300 4301 4302 4304 4305 4306 4307 4308 4309 4310 4311 4312 4314 4315 4316 4317 4318 4319 4320", "00")
_need("4321 4322 4323 4324 4325 4326 4330 4331 4332 4333", "00")


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
