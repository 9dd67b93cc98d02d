"""What any scanned or typed text is, and how that is known. `read` is the only door; it refuses only with BadScan.

A text is read as GS1 only with evidence: a symbology identifier (]C1 ]d2 ]Q3 ]J1 ]e0 ...), an FNC1 (0x1D, or as a
scanner may write it: U+241D, {GS}, <GS>, [GS], {FNC1}, \\x1d, the two characters ^]), a caret before two digits (FNC1 in the
notation of GS1's own papers; no element may hold a caret), brackets, a Digital Link, or the exact structure 01 + GTIN or
00 + SSCC with a right check digit of which the whole text parses. So "10D9T" is a plain code. What only a database can
tell (is this a bin, a lot, an item code?) comes back as Unknown.

Our own labels: lots as element string (01)(17)(10), or "LOT:sku/lot/expiry" (percent-encoded) where GS1 cannot say it;
LPNs as (00) or "LPN:code"; bins as "B:code".

Left out, with the reason (docs/decisions/0028): an empty symbol (nothing to say: refused); coupons 8110 and 8112 (no goods:
refused); word aliases such as /gtin/ in Digital Links (withdrawn from the standard: asked, not_digital_link); AIs and
numeric keys of Digital Links that are not in the standard's dictionary (no length, so what follows could not be read:
refused). Shortened GTINs in Digital Links are taken.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from urllib.parse import quote, unquote

from wms.core.errors import BadCode, BadScan
from wms.core.quantity import Quantity
from wms.gs1.ai import GS, Element, has_brackets, parse_bracketed, parse_element_string
from wms.gs1.ai_pairs import find_missing
from wms.gs1.checksums import has_valid_check_digit, is_digits
from wms.gs1.codes import BinCode, LotNumber, LpnCode, Sku
from wms.gs1.dates import this_year
from wms.gs1.digital_link import is_web_address, parse_digital_link
from wms.gs1.epc import Epc, decode, decode_uri
from wms.gs1.gtin import Gtin
from wms.gs1.sscc import Sscc

LONGEST = 1024
BIN_PREFIX, LPN_PREFIX, LOT_PREFIX = "B:", "LPN:", "LOT:"

_AIM = re.compile(r"\]([A-Za-z])([0-9A-Za-z])", re.ASCII)
_AIM_KINDS = frozenset("ABCDEFGHIJKLMNOPQRSTUVXYZcdehmopqsz")
_AIM_GS1 = frozenset(("C1", "d2", "Q3", "J1", "e0", "e1", "e2"))
_AIM_RETAIL = {"E0": (13, 12), "E3": (13, 12), "E4": (8,)}
#: From 20 digits: a code of the "+" schemes without its padding is shorter than a tag's memory.
_EPC_HEX = re.compile(r"[0-9A-Fa-f]{20,128}", re.ASCII)
_GS_FORMS = re.compile(r"␝|\{(?:GS|FNC1)\}|<(?:GS|FNC1)>|\[(?:GS|FNC1)\]|\^\]|\\x1d", re.IGNORECASE)
#: FNC1 as a caret, as GS1 writes it: in front of an element string, where the two digits of an AI follow.
_CARET_START = re.compile(r"\^\d\d", re.ASCII)
_SWALLOWED = re.compile(r".+(11|13|15|17)\d\d(0[1-9]|1[0-2])([0-2]\d|3[01])", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class Scan:
    """One text read. `text` is what came, outer blanks cut; `how` is the evidence it was read by:
    symbology, fnc1, brackets, digital_link, structure, check_digit, prefix, hex, urn or plain.

    `question` asks a person or the database where the reading is not certain: incomplete_label (an element lacks its
    companion, which may stand in another symbol), lot_may_hold_date (a separator seems lost), gtin8_or_code,
    not_digital_link. `question_about` says on what.
    """

    text: str
    how: str
    elements: tuple[Element, ...] = ()
    question: str | None = None
    question_about: str = ""
    gtin: Gtin | None = None
    sku: Sku | None = None
    lot: LotNumber | None = None
    serial: str | None = None
    sscc: Sscc | None = None
    expires_on: date | None = None
    best_before_on: date | None = None
    manufactured_on: date | None = None
    packed_on: date | None = None
    quantity: Quantity | None = None
    net_weight_kg: Quantity | None = None


@dataclass(frozen=True, kw_only=True)
class ItemScan(Scan):
    """An item by its GTIN, without a lot. `how` is check_digit for a bare number, which might yet be a lot code."""

    gtin: Gtin


@dataclass(frozen=True, kw_only=True)
class LotScan(Scan):
    """A lot: with `gtin` from a GS1 label, with `sku` from ours, with neither when the label names the lot alone."""

    lot: LotNumber


@dataclass(frozen=True, kw_only=True)
class BinScan(Scan):
    """A bin, by our own label."""

    code: BinCode


@dataclass(frozen=True, kw_only=True)
class LpnScan(Scan):
    """A pallet, tote or case plate: by `sscc`, or by `code` from our own label (one of the two is there).

    What an SSCC label says of its contents (GTIN of AI 02, count, dates) stands in the same fields as everywhere.
    """

    code: LpnCode | None = None

    @property
    def lpn(self) -> str:
        """The plate's code as stored: the SSCC's digits or our code."""
        return str(self.sscc or self.code)


@dataclass(frozen=True, kw_only=True)
class EpcScan(Scan):
    """An RFID tag's code, as hex or URN."""

    epc: Epc


@dataclass(frozen=True, kw_only=True)
class Unknown(Scan):
    """A text no standard explains: a bin, lot, item code or nothing of ours; or elements that name no goods."""


def read(text: str, *, year: int | None = None) -> Scan:
    """Say what a text is; BadScan(text, why) when it claims to be something and is not, or is no text at all.

    `year` is the middle of the century window of two-digit years, the present by default.

    >>> read("10D9T").how, read("(01)09506000134352(10)a/12").lot
    ('plain', LotNumber(value='a/12'))
    """
    if len(text) > LONGEST:
        raise BadScan(text=_shown(text), why="too_long")
    if any("\ud800" <= sign <= "\udfff" for sign in text):
        raise BadScan(text=_shown(text), why="not_utf8")
    text = text.strip(" \t\r\n\u3000\ufeff")
    if not text:
        raise BadScan(text="", why="empty")
    if not text.replace(GS, "").isprintable():
        raise BadScan(text=_shown(text), why="control_character")
    try:
        return _read_symbol(text, year) if text.startswith("]") else _read_text(text, text, year)
    except BadScan as refused:
        raise BadScan(text=_shown(text), why=refused.data["why"]) from None
    except BadCode as refused:
        raise BadScan(text=_shown(text), why=f"bad_{refused.data['kind']}") from None


def _shown(text: str) -> str:
    """The text as it may stand in a message: printable, and not endless."""
    return "".join(sign if sign.isprintable() else "␝" if sign == GS else "�" for sign in text[:80])


def _read_symbol(text: str, year: int | None) -> Scan:
    """Read a text that begins with an AIM symbology identifier (ISO/IEC 15424)."""
    aim = _AIM.match(text)
    if aim is None or aim[1] not in _AIM_KINDS:
        raise BadScan(text=text, why="symbology")
    data = text[3:]
    if not data:
        raise BadScan(text=text, why="empty")
    if aim[0][1:] in _AIM_GS1:
        return _read_gs1(text, _with_carets(data), "symbology", year)
    if aim[0][1:] in _AIM_RETAIL:
        return _read_retail(text, data, _AIM_RETAIL[aim[0][1:]], year)
    return _read_text(text, data, year)


def _read_retail(text: str, data: str, lengths: tuple[int, ...], year: int | None) -> Scan:
    """Read EAN and UPC symbols, with the composite component a scanner may send behind them."""
    number, composite, more = data.partition("|]e0")
    if len(number) not in lengths:
        raise BadScan(text=text, why="gtin")
    gtin = Gtin.parse(number)
    if composite:
        return _read_gs1(text, f"01{gtin}{_with_carets(more)}", "symbology", year)
    return ItemScan(text=text, how="symbology", gtin=gtin)


def _with_gs(data: str) -> str:
    """Turn every way a scanner writes FNC1 inside data into GS."""
    return _GS_FORMS.sub(GS, data)


def _with_carets(data: str) -> str:
    """The same where the data is GS1 by evidence: there a bare caret can be nothing else."""
    return _with_gs(data).replace("^", GS)


def _read_text(text: str, data: str, year: int | None) -> Scan:
    """Read a text without GS1 symbology, by the strongest evidence first."""
    own = _read_own_label(text, data)
    if own is not None:
        return own
    if has_brackets(data):
        return _from_elements(text, parse_bracketed(data, year=year), "brackets", year)
    if is_web_address(data):
        elements = parse_digital_link(data, year=year)
        if elements is None:
            return Unknown(text=data, how="plain", question="not_digital_link", question_about=data)
        return _from_elements(text, elements, "digital_link", year)
    if GS in (marked := _with_gs(data)) or _CARET_START.match(data):
        return _read_gs1(text, _with_carets(marked), "fnc1", year)
    if data.lower().startswith("urn:epc:"):
        return EpcScan(text=data, how="urn", epc=decode_uri(data))
    return _read_by_structure(data, year) or _read_number(data) or _read_epc(data) or Unknown(text=data, how="plain")


def _read_own_label(text: str, data: str) -> Scan | None:
    if data.startswith(BIN_PREFIX):
        return BinScan(text=text, how="prefix", code=BinCode.parse(data[len(BIN_PREFIX) :]))
    if data.startswith(LPN_PREFIX):
        return LpnScan(text=text, how="prefix", code=LpnCode.parse(data[len(LPN_PREFIX) :]))
    if data.startswith(LOT_PREFIX):
        return _read_own_lot(text, data[len(LOT_PREFIX) :])
    return None


def write_own_lot(sku: Sku, lot: LotNumber, expires_on: date | None) -> str:
    """Write a lot where GS1 cannot: no GTIN, or signs and lengths that AI 10 does not allow."""
    return f"{LOT_PREFIX}{quote(sku.value, safe='')}/{quote(lot.value, safe='')}/{expires_on or ''}"


def _read_own_lot(text: str, data: str) -> Scan:
    parts = data.split("/")
    if len(parts) != 3:
        raise BadScan(text=text, why="own_lot_label")
    try:
        sku, lot = (unquote(part, errors="strict") for part in parts[:2])
        expires_on = date.fromisoformat(parts[2]) if parts[2] else None
    except ValueError:
        raise BadScan(text=text, why="own_lot_label") from None
    return LotScan(text=text, how="prefix", sku=Sku.parse(sku), lot=LotNumber.parse(lot), expires_on=expires_on)


def _read_gs1(text: str, data: str, how: str, year: int | None) -> Scan:
    """Read data that is GS1 by evidence, as a symbol carries it or as people write it."""
    if has_brackets(data):
        return _from_elements(text, parse_bracketed(data, year=year), how, year)
    scan = _from_elements(text, parse_element_string(data, text=text, year=year), how, year)
    swallowed = scan.lot is not None and GS not in data.removeprefix(GS) and _SWALLOWED.fullmatch(scan.lot.value)
    if swallowed and scan.question is None:
        return replace(scan, question="lot_may_hold_date", question_about=str(scan.lot))
    return scan


def _read_by_structure(data: str, year: int | None) -> Scan | None:
    """Read 01 + GTIN or 00 + SSCC without any mark, if the check digit is right and the whole text parses."""
    head = {"01": 16, "00": 20}.get(data[:2], 0)
    if not head or len(data) < head or not has_valid_check_digit(data[2:head]):
        return None
    try:
        return _read_gs1(data, _with_carets(data), "structure", year)
    except BadScan:
        return None


def _read_number(data: str) -> Scan | None:
    """Read a bare number by its check digit. Eight digits are too often a date or a lot: those are only asked."""
    if not is_digits(data) or not has_valid_check_digit(data):
        return None
    if len(data) in (12, 13, 14):
        return ItemScan(text=data, how="check_digit", gtin=Gtin.parse(data))
    if len(data) == 18:
        return LpnScan(text=data, how="check_digit", sscc=Sscc(data))
    if len(data) == 8:
        gtin = Gtin.parse(data)
        return Unknown(text=data, how="plain", gtin=gtin, question="gtin8_or_code", question_about=str(gtin))
    return None


def _read_epc(data: str) -> Scan | None:
    if not _EPC_HEX.fullmatch(data):
        return None
    try:
        return EpcScan(text=data, how="hex", epc=decode(data))
    except BadCode:
        return None


def _from_elements(text: str, elements: tuple[Element, ...], how: str, year: int | None) -> Scan:
    """Make the scan that a set of elements is: a lot before an LPN before an item."""
    facts = _facts(elements, year or this_year())
    missing = find_missing([element.pair for element in elements])
    if missing is not None:
        facts |= {"question": "incomplete_label", "question_about": missing}
    facts |= {"text": text, "how": how, "elements": elements}
    kind = LotScan if "lot" in facts else LpnScan if "sscc" in facts else ItemScan if "gtin" in facts else Unknown
    return kind(**facts)


def _facts(elements: tuple[Element, ...], year: int) -> dict[str, Any]:
    """Take what a warehouse asks for out of the elements; an absent one is left out."""
    by_ai = {element.ai: element for element in elements}
    facts: dict[str, Any] = {}
    for ai, name, make in (
        ("02", "gtin", Gtin.parse), ("01", "gtin", Gtin.parse), ("00", "sscc", Sscc.parse),
        ("10", "lot", LotNumber.parse), ("21", "serial", str),
    ):  # fmt: skip
        if ai in by_ai:
            facts[name] = make(by_ai[ai].value)
    days = {
        "7003": "expires_on",
        "17": "expires_on",
        "15": "best_before_on",
        "11": "manufactured_on",
        "13": "packed_on",
    }
    for ai, name in days.items():
        if ai in by_ai:
            facts[name] = by_ai[ai].day(year)
    for ai, name in (("30", "quantity"), ("37", "quantity")):
        if ai in by_ai:
            facts[name] = by_ai[ai].measure
    weight = next((element for element in elements if len(element.ai) == 4 and element.ai.startswith("310")), None)
    if weight is not None:
        facts["net_weight_kg"] = weight.measure
    return facts


_KIND_NAMES = {ItemScan: "item", LotScan: "lot", BinScan: "bin", LpnScan: "lpn", EpcScan: "epc", Unknown: "unknown"}


def kind_of(scan: Scan) -> str:
    """Name a scan's kind in one word: item, lot, bin, lpn, epc, unknown."""
    return _KIND_NAMES[type(scan)]


def scan_json_line(text: str) -> str:
    """Say what one text is as one line of JSON: kind, elements, gtin, lot, expiry ... or error; no exception."""
    try:
        scan = read(text)
    except BadScan as refused:
        return json.dumps({"error": "bad_scan", "why": refused.data["why"], "text": refused.data["text"]})
    said: dict[str, Any] = {
        "kind": kind_of(scan),
        "how": scan.how,
        "text": scan.text,
        "elements": [list(element.pair) for element in scan.elements],
        "gtin": _said(scan.gtin),
        "sku": _said(scan.sku),
        "lot": _said(scan.lot),
        "expiry": _said(scan.expires_on),
        "best_before": _said(scan.best_before_on),
        "manufactured": _said(scan.manufactured_on),
        "quantity": _said(scan.quantity),
        "net_weight_kg": _said(scan.net_weight_kg),
        "sscc": _said(scan.sscc),
        "serial": scan.serial,
        "question": f"{scan.question}: {scan.question_about}" if scan.question else None,
    }
    if isinstance(scan, BinScan | LpnScan):
        said["code"] = _said(scan.code)
    if isinstance(scan, EpcScan):
        said |= {"hex": scan.epc.hex, "scheme": scan.epc.scheme, "uri": scan.epc.uri}
        said |= {"digital_link": scan.epc.digital_link, "fields": dict(scan.epc.fields)}
        said |= {"gtin": _said(scan.epc.gtin), "sscc": _said(scan.epc.sscc), "serial": scan.epc.serial}
    return json.dumps(said)


def _said(value: object | None) -> str | None:
    return None if value is None else str(value)
