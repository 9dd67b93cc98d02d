"""The "+" and "++" EPC schemes of TDS 2.x: keys as digits of four bits, no company prefix, variable serials.

Source: GS1 EPC Tag Data Standard 2.3, clauses 14.5 (encoding methods) and 14.6 (schemes), table B for hostnames. A "++"
tag carries the hostname of its Digital Link as well. Where the +AIDC bit is set, further elements follow the EPC: lot,
serial and dates are read, what comes after the first other AI is left in `fields["aidc_rest"]` as bits.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

_BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
_CODE40 = "\0ABCDEFGHIJKLMNOPQRSTUVWXYZ-.:0123456789"
_DATE_AIS = ("11", "13", "15", "16", "17", "7006", "7007")

#: Short forms in hostnames: signs that a hostname never holds stand for common parts.
_HOST_PARTS = {
    0x1E: "qr.", 0x1F: "www.", 0x20: "id.", 0x5B: ".com", 0x5C: ".org", 0x5D: ".net", 0x5E: ".int", 0x60: ".edu",
    0x7B: ".gov", 0x7C: ".mil", 0x7D: ".biz", 0x7E: ".eco", 0x7F: ".med",
}  # fmt: skip
_ENDINGS = (
    "ac ad ae af ag ai al am ao aq ar as at au aw ax az ba bb bd be bf bg bh bi bj bm bn bo bq br bs bt bw by bz ca cc "
    "cd cf cg ch ci ck cl cm cn co cr cu cv cw cx cy cz de dj dk dm do dz ec ee eg eh er es et eu fi fj fk fm fo fr ga "
    "gd ge gf gg gh gi gl gm gn gp gq gr gs gt gu gw gy hk hm hn hr ht hu id ie il im in io iq ir is it je jm jo jp ke "
    "kg kh ki km kn kp kr kw ky kz la lb lc li",
    "lk lr ls lt lu lv ly ma mc md me mg mh mk ml mm mn mo mp mq mr ms mt mu mv mw mx my mz na nc ne nf ng ni nl no np "
    "nr nu nz om pa pe pf pg ph pk pl pm pn pr ps pt pw py qa re ro rs ru rw sa sb sc sd se sg sh si sk sl sm sn sr ss "
    "st su sv sx sy sz tc td tf tg th tj tk tl tm tn to tr tt tv tw tz ua ug us uy uz va vc ve vg vi vn vu wf ws ye yt "
    "za zm zw",
    "com.au net.au org.au co.at com.bd co.bd com.br net.br co.nz com.ng com.pk co.in com.in co.il co.jp co.za co.kr "
    "com.es com.lk co.th co.tt com.tt com.tr biz.tr com.ua co.uk co.zm com.zm com.cn org.cn net.cn gov.cn",
    "tech",
)


@dataclass(slots=True)
class Bits:
    """A reader over bits; ValueError when they run out."""

    text: str
    at: int = 0

    def take(self, count: int) -> str:
        """Take the next `count` bits as text."""
        piece = self.text[self.at : self.at + count]
        if len(piece) < count:
            raise ValueError("cut short")
        self.at += count
        return piece

    def number(self, count: int) -> int:
        """Take the next `count` bits as a number."""
        return int(self.take(count), 2) if count else 0

    def digits(self, count: int) -> str:
        """Take `count` decimal digits of four bits each (14.5.4)."""
        found = [self.number(4) for _ in range(count)]
        if max(found) > 9:
            raise ValueError("not a digit")
        return "".join(map(str, found))

    @property
    def rest(self) -> str:
        """The bits not yet taken."""
        return self.text[self.at :]


def _digit_bits(digits: int) -> int:
    """Bits that hold a number of so many decimal digits: 5 digits take 17."""
    return int(10**digits - 1).bit_length()


def _read_number(bits: Bits, length_bits: int, longest: int) -> str:
    """Variable-length number: length indicator, then the number; leading zeros are kept (14.5.6.1)."""
    length = bits.number(length_bits)
    if length > longest:
        raise ValueError("too long")
    value = bits.number(_digit_bits(length)) if length else 0
    if length and value >= 10**length:
        raise ValueError("too large a number")
    return f"{value:0{length}d}" if length else ""


def read_text(bits: Bits, longest: int) -> str:
    """Variable-length text: encoding (3 bits), length (5 bits), then signs in that encoding (14.5.6)."""
    encoding = bits.number(3)
    if encoding == 0:
        return _read_number(bits, 5, longest)
    length = bits.number(5)
    if length > longest:
        raise ValueError("too long")
    if encoding in (1, 2):
        signs = "".join(f"{bits.number(4):x}" for _ in range(length))
        return signs.upper() if encoding == 1 else signs
    if encoding == 3:
        return "".join(_BASE64[bits.number(6)] for _ in range(length))
    if encoding == 4:
        return "".join(chr(bits.number(7)) for _ in range(length))
    if encoding == 5:
        return _read_code40(bits, length)
    raise ValueError("reserved encoding")


def _read_code40(bits: Bits, length: int) -> str:
    """URN Code 40: three signs in sixteen bits."""
    signs = ""
    for _ in range(-(-length // 3)):
        packed = bits.number(16) - 1
        if not 0 <= packed < 64000:
            raise ValueError("not URN Code 40")
        signs += _CODE40[packed // 1600] + _CODE40[packed // 40 % 40] + _CODE40[packed % 40]
    if "\0" in signs[:length] or signs[length:].strip("\0"):
        raise ValueError("not URN Code 40")
    return signs[:length]


def _read_terminated(bits: Bits, longest: int) -> str:
    """Digits up to 1111 (end) or 1110 (text follows), for keys whose company prefix has no fixed length (14.5.5)."""
    digits = ""
    while (nibble := bits.number(4)) < 10:
        digits += str(nibble)
    if nibble == 15:
        value = digits
    elif nibble == 14:
        value = digits + read_text(bits, longest)
    else:
        raise ValueError("not a digit")
    if not 4 <= len(value) <= longest:
        raise ValueError("length")
    return value


def _read_day(bits: Bits) -> str:
    """Six-digit date in sixteen bits: year 7, month 4, day 5 (14.5.8); day 0 is a month only."""
    year, month, day = bits.number(7), bits.number(4), bits.number(5)
    if year > 99:
        raise ValueError("date")
    date(2000 + year, month, day or 1)
    return f"{year:02d}{month:02d}{day:02d}"


def read_hostname(bits: Bits) -> str:
    """The hostname of a "++" tag: one bit of encoding, six of length, then URN Code 40 or seven-bit short forms."""
    short_forms, length = bits.number(1), bits.number(6)
    if not short_forms:
        return _read_code40(bits, length).lower()
    host = ""
    codes = [bits.number(7) for _ in range(length)]
    while codes:
        code = codes.pop(0)
        if code < len(_ENDINGS):
            endings = _ENDINGS[code].split()
            if not codes or codes[0] >= len(endings):
                raise ValueError("hostname")
            host += "." + endings[codes.pop(0)]
        else:
            host += _HOST_PARTS.get(code, chr(code))
    if not host or not all(sign.isalnum() or sign in ".-_:" for sign in host):
        raise ValueError("hostname")
    return host


#: Header -> scheme and the steps that read its key: (AI, method, argument).
_Steps = tuple[tuple[str, str, int], ...]
_SERIAL: _Steps = (("21", "text", 20),)
_KEYS: dict[str, _Steps] = {
    "SGTIN": (("01", "digits", 14), *_SERIAL),
    "DSGTIN": (("", "dated", 0), ("01", "digits", 14), *_SERIAL),
    "SSCC": (("00", "digits", 18),),
    "SGLN": (("414", "digits", 13), ("254", "text", 20)),
    "GRAI": (("8003", "digits", 14), ("8003", "text", 16)),
    "GIAI": (("8004", "terminated", 30),),
    "GSRN": (("8018", "digits", 18),),
    "GSRNP": (("8017", "digits", 18),),
    "GDTI": (("253", "digits", 13), ("253", "text", 17)),
    "SGCN": (("255", "digits", 13), ("255", "number", 12)),
    "ITIP": (("8006", "digits", 18), *_SERIAL),
    "CPI": (("8010", "terminated", 30), ("8011", "number", 12)),
}
HEADERS: dict[int, str] = {
    0xF0: "CPI+", 0xF1: "GRAI+", 0xF2: "SGLN+", 0xF3: "ITIP+", 0xF4: "GSRN+", 0xF5: "GSRNP+", 0xF6: "GDTI+",
    0xF7: "SGTIN+", 0xF8: "SGCN+", 0xF9: "SSCC+", 0xFA: "GIAI+", 0xFB: "DSGTIN+", 0xFC: "DSGTIN++", 0xFD: "SGTIN++",
    0xE6: "CPI++", 0xE7: "GSRN++", 0xE8: "GSRNP++", 0xE9: "SGLN++", 0xEA: "GDTI++", 0xEB: "GRAI++", 0xEC: "SGCN++",
    0xED: "ITIP++", 0xEE: "GIAI++", 0xEF: "SSCC++",
}  # fmt: skip


def decode_plus(scheme: str, bits: Bits) -> tuple[dict[str, str], dict[str, str]]:
    """Read a "+" or "++" tag behind its header into (elements by AI, other fields); ValueError when it is wrong."""
    has_more, filter_value = bits.number(1), bits.number(3)
    fields: dict[str, str] = {"filter": str(filter_value)}
    elements: dict[str, str] = {}
    attributes: dict[str, str] = {}
    for ai, method, size in _KEYS[scheme.rstrip("+")]:
        if method == "dated":
            kind = bits.number(4)
            if kind >= len(_DATE_AIS):
                raise ValueError("reserved date type")
            attributes[_DATE_AIS[kind]] = _read_day(bits)
        else:
            elements[ai] = elements.get(ai, "") + _read(bits, method, size)
    if elements.get("254") in ("0", ""):  # "no extension"
        del elements["254"]
    if scheme.endswith("++"):
        fields["hostname"] = read_hostname(bits)
    if has_more:
        attributes |= _read_attached(bits, fields)
    elif "1" in bits.rest:
        raise ValueError("bits after the end")
    return elements | {ai: value for ai, value in attributes.items() if ai not in elements}, fields


def _read(bits: Bits, method: str, size: int) -> str:
    if method == "digits":
        return bits.digits(size)
    if method == "text":
        return read_text(bits, size)
    if method == "number":
        return _read_number(bits, 4, size)
    return _read_terminated(bits, size)


def _read_attached(bits: Bits, fields: dict[str, str]) -> dict[str, str]:
    """Read the elements behind the EPC: an AI of two digits in eight bits, then its data (15.3)."""
    found: dict[str, str] = {}
    while "1" in bits.rest:
        start = bits.at
        try:
            ai = bits.digits(2)
            if ai in ("10", "21"):
                found[ai] = read_text(bits, 20)
            elif ai in ("11", "12", "13", "15", "16", "17"):
                found[ai] = _read_day(bits)
            else:
                raise ValueError(ai)
        except ValueError:
            fields["aidc_rest"] = bits.text[start:].rstrip("0")
            return found
    return found
