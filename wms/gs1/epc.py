"""Electronic Product Codes: the bits of an RFID tag to what they mean, and SSCC-96 and SGTIN-96 back to bits.

Source: GS1 EPC Tag Data Standard 2.3. The classic schemes are read by epcpy, save ADI-var, whose part numbers it cuts
in the wrong place; the "+" schemes are ours (epc_plus). A tag is refused, not guessed: reserved headers, a tag cut
short, and bits after the end other than zero padding.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType
from typing import Any
from urllib.parse import quote

from epcpy.epc_schemes import CPI, GDTI, GIAI, GID, GRAI, GSRN, GSRNP, ITIP, SGCN, SGLN, SGTIN, SSCC, USDOD
from epcpy.utils.common import ConvertException
from epcpy.utils.parsers import epc_pure_identity_to_scheme, tag_uri_to_tag_encodable

from wms.core.errors import BadCode
from wms.gs1.checksums import has_valid_check_digit, is_cset82
from wms.gs1.codes import LotNumber
from wms.gs1.epc_plus import HEADERS, Bits, decode_plus
from wms.gs1.gtin import Gtin
from wms.gs1.sscc import Sscc

LONGEST_HEX = 128
_HEX = re.compile(r"[0-9A-Fa-f]{1,128}", re.ASCII)
_URN = re.compile(r"urn:epc:(?:id|class|tag):[a-z0-9-]+:[!-~]{1,120}", re.ASCII)

#: Header -> scheme, bits (0 = variable), epcpy's class, bits of a text of seven-bit signs at the end (0 = none).
_CLASSIC: dict[int, tuple[str, int, Any, int]] = {
    0x2C: ("GDTI-96", 96, GDTI, 0), 0x2D: ("GSRN-96", 96, GSRN, 0), 0x2E: ("GSRNP-96", 96, GSRNP, 0),
    0x2F: ("USDOD-96", 96, USDOD, 0), 0x30: ("SGTIN-96", 96, SGTIN, 0), 0x31: ("SSCC-96", 96, SSCC, 0),
    0x32: ("SGLN-96", 96, SGLN, 0), 0x33: ("GRAI-96", 96, GRAI, 0), 0x34: ("GIAI-96", 96, GIAI, 0),
    0x35: ("GID-96", 96, GID, 0), 0x36: ("SGTIN-198", 198, SGTIN, 140), 0x37: ("GRAI-170", 170, GRAI, 112),
    0x38: ("GIAI-202", 202, GIAI, -1), 0x39: ("SGLN-195", 195, SGLN, 140), 0x3C: ("CPI-96", 96, CPI, 0),
    0x3D: ("CPI-var", 0, CPI, 0), 0x3E: ("GDTI-174", 174, GDTI, 119), 0x3F: ("SGCN-96", 96, SGCN, 0),
    0x40: ("ITIP-110", 110, ITIP, 0), 0x41: ("ITIP-212", 212, ITIP, 140),
}  # fmt: skip
_PREFIX_BITS = (40, 37, 34, 30, 27, 24, 20)
_KEY_AIS = ("00", "01", "253", "255", "414", "8003", "8004", "8006", "8010", "8017", "8018")
_QUALIFIER_AIS = ("21", "254", "8011")


@dataclass(frozen=True, slots=True)
class Epc:
    """One tag's code. `hex` is "" when it was read from a URI; `uri` is the pure identity, None for "+" schemes.

    `fields` holds the elements by AI ("01", "21", "17" ...) and beside them filter, hostname, or the parts of the
    schemes that are not GS1's (manager, object_class, cage, part, serial).
    """

    hex: str
    scheme: str
    uri: str | None
    digital_link: str | None
    fields: Mapping[str, str] = field(hash=False)

    @property
    def sscc(self) -> Sscc | None:
        """The SSCC it names, if it names one."""
        return Sscc(self.fields["00"]) if "00" in self.fields else None

    @property
    def gtin(self) -> Gtin | None:
        """The GTIN it names, if it names one."""
        return Gtin(self.fields["01"]) if "01" in self.fields else None

    @property
    def serial(self) -> str | None:
        """The serial of the item, if it has one."""
        return self.fields.get("21")

    @property
    def lot(self) -> LotNumber | None:
        """The lot number attached behind a "+" code, if there is one."""
        return LotNumber.parse(self.fields["10"]) if "10" in self.fields else None


@lru_cache(maxsize=65536)
def decode(code: str) -> Epc:
    """Decode the hex of an EPC bank (whole words or not, zero padding allowed); BadCode(kind="epc") when it is none.

    >>> decode("311BA1B300CE0A6A83000000").digital_link
    '/00/095201234567891235'
    """
    if not _HEX.fullmatch(code):
        raise BadCode(kind="epc", text=code[:80])
    code = code.upper()
    bits = f"{int(code, 16):0{len(code) * 4}b}"
    header = int(bits[:8], 2) if len(bits) >= 8 else 0
    try:
        if header in HEADERS:
            return _decode_plus(code, bits, HEADERS[header])
        if header == 0x3B:
            return _decode_adi(code, Bits(bits, 8))
        if header in _CLASSIC:
            return _decode_classic(code, bits, header)
    except (ValueError, LookupError, ConvertException, TypeError, AttributeError):
        pass  # epcpy fails in many ways on bits that are no EPC; each of them is one refusal
    raise BadCode(kind="epc", text=code[:80])


def decode_uri(uri: str) -> Epc:
    """Read urn:epc:id:..., urn:epc:class:... or urn:epc:tag:...; BadCode(kind="epc") when it is none."""
    if not _URN.fullmatch(uri):
        raise BadCode(kind="epc", text=uri[:80])
    try:
        read: Any = tag_uri_to_tag_encodable if uri.startswith("urn:epc:tag:") else epc_pure_identity_to_scheme
        scheme, identity = uri.split(":")[3], read(uri)
        return _named("", scheme.upper(), str(identity.epc_uri), {}, identity)
    except (ValueError, LookupError, ConvertException, TypeError, AttributeError, NotImplementedError):
        raise BadCode(kind="epc", text=uri[:80]) from None


def _decode_plus(code: str, bits: str, scheme: str) -> Epc:
    elements, others = decode_plus(scheme, Bits(bits, 8))
    _check_keys(elements)
    return Epc(code, scheme, None, _link(elements, others.get("hostname")), MappingProxyType(elements | others))


def _decode_classic(code: str, bits: str, header: int) -> Epc:
    scheme, size, reader, tail = _CLASSIC[header]
    if size and (len(bits) < size or "1" in bits[size:]):
        raise ValueError("length")
    if tail:
        _check_tail(bits[:size], tail if tail > 0 else size - 14 - _PREFIX_BITS[int(bits[11:14], 2)])
    identity = reader.from_binary(bits[:size] if size else bits)
    if scheme == "CPI-var":
        _check_cpi_end(bits)
    others = {} if scheme == "GID-96" else {"filter": str(int(bits[8 : 12 if scheme == "USDOD-96" else 11], 2))}
    return _named(code, scheme, str(identity.epc_uri), others, identity)


def _check_tail(bits: str, length: int) -> None:
    """A text ends at its first zero sign, and nothing but zeros follow."""
    text = bits[len(bits) - length :]
    signs = [text[at : at + 7] for at in range(0, len(text), 7)]
    ended = False
    for sign in signs:
        if ended and "1" in sign:
            raise ValueError("text after its end")
        ended = ended or "1" not in sign


def _check_cpi_end(bits: str) -> None:
    """CPI-var ends with a 40-bit serial after the part's zero sign; only padding may follow."""
    at = 14 + _PREFIX_BITS[int(bits[11:14], 2)]
    while bits[at : at + 6] != "000000":
        at += 6
        if at > len(bits):
            raise ValueError("cut short")
    if len(bits) < at + 46 or "1" in bits[at + 46 :]:
        raise ValueError("length")


def _decode_adi(code: str, bits: Bits) -> Epc:
    """ADI-var (14.6.18): filter, CAGE code or DoDAAC, part number and serial in six-bit signs ended by zero."""
    filter_value = bits.number(6)

    def sign() -> str:
        six = bits.number(6)
        return chr(six if six >= 32 else six + 64) if six else ""

    cage = "".join(sign() for _ in range(6)).strip()
    parts: list[str] = []
    for longest in (32, 30):
        part = ""
        while (one := sign()) and len(part) < longest:
            part += one
        if one:
            raise ValueError("too long")
        parts.append(part)
    readable = re.fullmatch(r"[A-Z0-9]{5,6}", cage) and all(re.fullmatch(r"#?[A-Z0-9/-]*", part) for part in parts)
    if "1" in bits.rest or not readable or not parts[1]:
        raise ValueError("ADI")
    uri = f"urn:epc:id:adi:{cage}." + ".".join(quote(part, safe="-") for part in parts)
    fields = {"cage": cage, "part": parts[0], "serial": parts[1], "filter": str(filter_value)}
    return Epc(code, "ADI-var", uri, None, MappingProxyType(fields))


def _named(code: str, scheme: str, uri: str, others: dict[str, str], identity: Any) -> Epc:
    """Make the Epc of a pure identity: its elements from epcpy's element string, its link from ours."""
    if not hasattr(identity, "gs1_element_string"):
        names = {"gid": ("manager", "object_class", "serial"), "usdod": ("cage", "serial")}
        parts = uri.split(":", 4)[4].split(".")
        fields = dict(zip(names.get(uri.split(":")[3], ("id",)), parts, strict=False)) | others
        return Epc(code, scheme, uri, None, MappingProxyType(fields))
    elements = _elements(str(identity.gs1_element_string()))
    if elements.get("254") == "0":
        del elements["254"]
    _check_keys(elements)
    return Epc(code, scheme, uri, _link(elements, None), MappingProxyType(elements | others))


def _elements(text: str) -> dict[str, str]:
    """Split "(01)...(21)..." at the AIs that EPCs have; a serial may hold brackets itself, and comes last."""
    head = re.match(r"\((\d{2,4})\)", text)
    if head is None:
        raise ValueError("element string")
    first, rest = head[1], text[head.end() :]
    for ai in (*_QUALIFIER_AIS, "10", "235"):
        key, mark, serial = rest.partition(f"({ai})")
        if mark and not (first == "8004" or first == "8003"):
            return {first: key, ai: serial}
    return {first: rest}


def _check_keys(elements: Mapping[str, str]) -> None:
    """Check digits must be right and the signs printable: a "+" tag carries its check digits."""
    lengths = {"00": 18, "01": 14, "253": 13, "255": 13, "414": 13, "8003": 14, "8006": 14, "8017": 18, "8018": 18}
    for ai, value in elements.items():
        if ai in lengths and not has_valid_check_digit(value[: lengths[ai]]):
            raise ValueError("check digit")
        if not value or not is_cset82(value.replace("#", "") if ai == "8010" else value):
            raise ValueError("signs")


def _link(elements: Mapping[str, str], hostname: str | None) -> str | None:
    """Write the Digital Link: key and qualifiers in the path, the rest in the query."""
    key = next((ai for ai in _KEY_AIS if ai in elements), None)
    if key is None:
        return None
    qualifiers = ("10", *_QUALIFIER_AIS) if key in ("01", "8006") else _QUALIFIER_AIS
    in_path = [key, *(ai for ai in qualifiers if ai in elements)]
    path = "".join(f"/{ai}/{quote(elements[ai], safe='')}" for ai in in_path)
    rest = "&".join(f"{ai}={quote(value, safe='')}" for ai, value in elements.items() if ai not in in_path)
    return (f"https://{hostname}" if hostname else "") + path + (f"?{rest}" if rest else "")


# -- writing ----------------------------------------------------------------------------------------------------------
def _partition(company_prefix_length: int, code: str) -> tuple[int, int]:
    """The partition value and the bits of a company prefix of so many digits (table 14-2)."""
    if not 6 <= company_prefix_length <= 12:
        raise BadCode(kind="epc", text=f"{code} with a company prefix of {company_prefix_length} digits")
    partition = 12 - company_prefix_length
    return partition, _PREFIX_BITS[partition]


def encode_sscc96(sscc: Sscc, *, company_prefix_length: int, filter_value: int = 0) -> str:
    """Write an SSCC as 24 hex digits; filter 0 is "all others", 2 a full case, 6 a unit load.

    >>> encode_sscc96(Sscc("095201234567891235"), company_prefix_length=6, filter_value=0)
    '311BA1B300CE0A6A83000000'
    """
    partition, prefix_bits = _partition(company_prefix_length, sscc.value)
    prefix = sscc.value[1 : 1 + company_prefix_length]
    serial = sscc.value[0] + sscc.value[1 + company_prefix_length : 17]
    packed = 0x31
    for value, width in (
        (filter_value, 3),
        (partition, 3),
        (int(prefix), prefix_bits),
        (int(serial), 58 - prefix_bits),
    ):
        packed = _append(packed, value, width, sscc.value)
    return f"{packed << 24:024X}"


def encode_sgtin96(gtin: Gtin, serial: int, *, company_prefix_length: int, filter_value: int = 1) -> str:
    """Write a GTIN with a serial below 2**38 as 24 hex digits; filter 1 is a unit for sale, 2 a full case.

    >>> encode_sgtin96(Gtin("09506000134352"), 123456789, company_prefix_length=11, filter_value=3)
    '3066C4409047E140075BCD15'
    """
    partition, prefix_bits = _partition(company_prefix_length, gtin.value)
    prefix = gtin.value[1 : 1 + company_prefix_length]
    item = gtin.value[0] + gtin.value[1 + company_prefix_length : 13]
    packed = 0x30
    widths = (
        (filter_value, 3),
        (partition, 3),
        (int(prefix), prefix_bits),
        (int(item), 44 - prefix_bits),
        (serial, 38),
    )
    for value, width in widths:
        packed = _append(packed, value, width, gtin.value)
    return f"{packed:024X}"


def _append(packed: int, value: int, width: int, code: str) -> int:
    if not 0 <= value < 1 << width:
        raise BadCode(kind="epc", text=f"{code}: {value} in {width} bits")
    return packed << width | value


def epc_json_line(code: str) -> str:
    """Say what one tag is as one line of JSON: hex, scheme, uri, digital_link, fields, or hex and error; no exception."""
    text = code.strip()
    try:
        epc = decode(text)
    except BadCode:
        return json.dumps({"hex": text[:LONGEST_HEX], "error": "bad_code"})
    said = {"hex": epc.hex, "scheme": epc.scheme, "uri": epc.uri, "digital_link": epc.digital_link}
    return json.dumps(said | {"fields": dict(epc.fields)})
