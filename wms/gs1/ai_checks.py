"""What the data of an application identifier must be, beyond its pattern; the rule of each AI is a row of a table.

Source: GS1 General Specifications 3 (data content of each AI) and 7.9 (check digits), ISO 3166, ISO 4217, ISO 5218,
ISO 13616. Each check takes the value and raises ValueError with one word that says what is wrong.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from wms.gs1.checksums import check_pair, has_valid_check_digit, is_digits
from wms.gs1.countries import ALPHA2, CURRENCIES, NUMERIC
from wms.gs1.dates import check_time, read_day

Check = Callable[[str, int], None]


def _refuse_if(wrong: bool, why: str) -> None:
    if wrong:
        raise ValueError(why)


def _digit_over(length: int) -> Check:
    """The first `length` digits end in their check digit."""
    return lambda value, year: _refuse_if(not has_valid_check_digit(value[:length]), "check_digit")


def _day(value: str, year: int) -> None:
    try:
        read_day(value[:6], year)
    except ValueError:
        raise ValueError("date") from None


def _exact_day(value: str, year: int) -> None:
    try:
        read_day(value[:6], year, month_only=False)
    except ValueError:
        raise ValueError("date") from None


def _day_range(value: str, year: int) -> None:
    _exact_day(value[:6], year)
    if value[6:]:
        _exact_day(value[6:], year)


def _time_after_day(value: str, year: int) -> None:
    if value[6:] == "9999":  # "no particular time"
        return
    try:
        check_time(value[6:])
    except ValueError:
        raise ValueError("time") from None


def _day_and_time(value: str, year: int) -> None:
    _day(value, year)
    _time_after_day(value, year)


def _exact_day_and_time(value: str, year: int) -> None:
    _exact_day(value, year)
    _time_after_day(value, year)


def _birth_day(value: str, year: int) -> None:
    month, day = int(value[4:6]), int(value[6:8])
    _refuse_if(not (1 <= month <= 12 and day <= 31), "date")
    if day:
        _exact_day("00" + value[4:8] if value[4:8] == "0229" else value[2:8], year)
    _time_after_day("000101" + value[8:], year)


def _piece_of_total(value: str, year: int) -> None:
    piece, total = int(value[14:16]), int(value[16:18])
    _refuse_if(not 1 <= piece <= total, "piece_of_total")


def _company_prefix(value: str, year: int) -> None:
    _refuse_if(not is_digits(value[:4]) or len(value) < 4, "company_prefix")


def _country(value: str, year: int) -> None:
    _refuse_if(value[:3] not in NUMERIC, "country")


def _country_or_any(value: str, year: int) -> None:
    _refuse_if(value[:3] not in NUMERIC and value[:3] != "999", "country")


def _countries(value: str, year: int) -> None:
    _refuse_if(any(value[at : at + 3] not in NUMERIC for at in range(0, len(value), 3)), "country")


def _iban(value: str, year: int) -> None:
    shaped = re.fullmatch(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}", value) and value[:2] in ALPHA2 | {"XK"}
    _refuse_if(not shaped, "iban")
    _refuse_if(int("".join(str(int(sign, 36)) for sign in value[4:] + value[:4])) % 97 != 1, "iban")


def _dimensions(value: str, year: int) -> None:
    zero = any(int(part) == 0 for part in (value[:4], value[4:9], value[9:12]))
    _refuse_if(zero or value[12] not in "019", "dimensions")


def _place(value: str, year: int) -> None:
    _refuse_if(int(value[:10]) > 1_800_000_000 or int(value[10:]) > 3_600_000_000, "latitude_longitude")


def _model_number(value: str, year: int) -> None:
    _company_prefix(value, year)
    _refuse_if(check_pair(value[:-2]) != value[-2:], "check_pair")


def _escapes(value: str, year: int) -> None:
    _refuse_if(re.search(r"%(?![0-9A-Fa-f]{2})", value) is not None, "percent_sequence")


def _matching(pattern: str, why: str) -> Check:
    whole = re.compile(pattern, re.ASCII)
    return lambda value, year: _refuse_if(not whole.fullmatch(value), why)


def _coupon(value: str, year: int) -> None:
    raise ValueError("coupon")


def _position(value: str, year: int) -> None:
    _refuse_if(not 1 <= int(value[0]) <= int(value[2]), "position")


_TABLE: tuple[tuple[str, Check], ...] = (
    ("00 402 8017 8018", lambda value, year: _refuse_if(not has_valid_check_digit(value), "check_digit")),
    ("01 02 03", _digit_over(14)),
    ("253 255 410 411 412 413 414 415 416 417", _digit_over(13)),
    ("8003 8006 8026", _digit_over(14)),
    ("8006 8026", _piece_of_total),
    ("11 12 13 15 16 17", _day),
    ("4324 4325", _day_and_time),
    ("4326 7006", _exact_day),
    ("7003 7011 8008", _exact_day_and_time),
    ("7007", _day_range),
    ("7250 7251", _birth_day),
    ("401 7023 8004 8010", _company_prefix),
    ("8013", _model_number),
    ("421 422 424 426", _country),
    ("423 425", _countries),
    ("7030 7031 7032 7033 7034 7035 7036 7037 7038 7039", _country_or_any),
    ("4307 4317", lambda value, year: _refuse_if(value not in ALPHA2, "country")),
    ("8007", _iban),
    ("8001", _dimensions),
    ("4309", _place),
    ("7040", _matching(r"\d..[-0-9A-Za-z_]", "importer_index")),
    ("7241", _matching(r"0[1-9]|10|[89]\d", "media_type")),
    ("7252", _matching("[0129]", "sex_code")),
    ("7258", _position),
    ("8011", _matching("0|[1-9].*", "leading_zero")),
    ("4300 4301 4302 4303 4304 4305 4306 4310 4311 4312 4313 4314 4315 4316 4320 7253 7254 7255 7256 7257", _escapes),
    ("7259", _escapes),
    ("8110 8112", _coupon),
)

CHECKS: dict[str, tuple[Check, ...]] = {}
for _ais, _check in _TABLE:
    for _ai in _ais.split():
        CHECKS[_ai] = (*CHECKS.get(_ai, ()), _check)


def check_value(ai: str, value: str, year: int) -> None:
    """Check one element's data; ValueError with one word of what is wrong."""
    if ai[:3] in ("391", "393") and value[:3] not in CURRENCIES:
        raise ValueError("currency")
    for check in CHECKS.get(ai, ()):
        check(value, year)
