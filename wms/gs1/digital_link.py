"""GS1 Digital Link URIs, uncompressed (GS1 Digital Link Standard: URI Syntax 1.5).

The path holds a primary key and its qualifiers in their order, the query the rest. Shortened GTINs (8, 12, 13 digits)
are filled up, as older links have them. Not read: word aliases such as /gtin/ (withdrawn from the standard),
compressed links, unknown numeric keys of the query.
"""

from __future__ import annotations

import re
from urllib.parse import unquote

from wms.core.errors import BadScan
from wms.gs1.ai import Element, make_element
from wms.gs1.ai_pairs import find_contradiction

_URI = re.compile(
    r"(?:https?|HTTPS?)://(?:[A-Za-z0-9._~-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?"
    r"(?P<path>/[^?#]*)?(?:\?(?P<query>[^#]*))?(?:#.*)?",
    re.ASCII,
)
_LEGAL = re.compile(r"(?:[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=]|%[0-9A-Fa-f]{2})+", re.ASCII)

#: Primary key -> sequences of qualifiers it may carry, each in its order.
_KEYS: dict[str, tuple[tuple[str, ...], ...]] = {
    "00": ((),), "01": (("22", "10", "21"), ("235",)), "253": ((),), "255": ((),), "401": ((),), "402": ((),),
    "414": (("254",), ("7040",)), "415": (("8020",),), "417": (("7040",),), "8003": ((),), "8004": (("7040",),),
    "8006": (("22", "10", "21"),), "8010": (("8011",),), "8013": ((),), "8017": (("8019",),), "8018": (("8019",),),
}  # fmt: skip


def is_web_address(text: str) -> bool:
    """Say whether the text begins as a web address does, in any case of letters."""
    return text[:8].lower().startswith(("http://", "https://"))


def parse_digital_link(text: str, *, year: int | None = None) -> tuple[Element, ...] | None:
    """Read a Digital Link into elements; None when it is a web address of another kind; BadScan when a part is wrong.

    >>> [e.pair for e in parse_digital_link("https://id.gs1.org/01/09506000134352/10/AB?17=270131") or ()]
    [('01', '09506000134352'), ('10', 'AB'), ('17', '270131')]
    """
    shaped = _URI.fullmatch(text)
    if shaped is None:
        return None
    found = _find_key(shaped["path"] or "")
    if found is None:
        return None
    if not _LEGAL.fullmatch(text):
        raise BadScan(text=text, why="uri_characters")
    key, pairs = found
    elements = [_element(ai, _decode(value, text), text, year) for ai, value in pairs]
    _check_order(key, [ai for ai, _ in pairs[1:]], text)
    elements += _read_query(shaped["query"] or "", key, {ai for ai, _ in pairs}, text, year)
    clash = find_contradiction([element.pair for element in elements])
    if clash is not None:
        raise BadScan(text=text, why=f"contradiction {clash}")
    return tuple(elements)


def _find_key(path: str) -> tuple[str, list[tuple[str, str]]] | None:
    """Find the rightmost primary key; what follows it is read as pairs."""
    segments = path.split("/")[1:]
    for at in range(len(segments) - 2, -1, -1):
        key = segments[at]
        if key in _KEYS and (len(segments) - at) % 2 == 0:
            return key, list(zip(segments[at::2], segments[at + 1 :: 2], strict=True))
    return None


def _decode(value: str, text: str) -> str:
    try:
        return unquote(value, errors="strict")
    except UnicodeDecodeError:
        raise BadScan(text=text, why="uri_characters") from None


def _element(ai: str, value: str, text: str, year: int | None) -> Element:
    if ai in ("01", "02") and len(value) in (8, 12, 13):
        value = value.zfill(14)
    return make_element(ai, value, text=text, year=year)


def _check_order(key: str, qualifiers: list[str], text: str) -> None:
    for allowed in _KEYS[key]:
        places = [allowed.index(ai) for ai in qualifiers if ai in allowed]
        if len(places) == len(qualifiers) and places == sorted(set(places)):
            return
    raise BadScan(text=text, why="digital_link_path")


def _read_query(query: str, key: str, taken: set[str], text: str, year: int | None) -> list[Element]:
    """Read the AIs of the query; words that are no AI belong to the site and are passed over."""
    elements: list[Element] = []
    in_path_only = {ai for sequence in _KEYS[key] for ai in sequence}
    for part in re.split("[&;]", query):
        name, equals, value = part.partition("=")
        if not (name.isascii() and name.isdigit() and equals):
            continue
        if name in taken or name in in_path_only:
            raise BadScan(text=text, why=f"digital_link_path ({name})")
        taken.add(name)
        elements.append(_element(name, _decode(value.replace("+", " "), text), text, year))
    return elements
