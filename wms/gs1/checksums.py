"""Check digits and check characters of GS1 keys (General Specifications 7.9)."""

_CSET82 = "!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"
_CSET32 = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
_PRIMES = (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83)


def is_digits(text: str) -> bool:
    """Say whether the text is ASCII digits only; other scripts' digits are not."""
    return text.isascii() and text.isdigit()


def check_digit(payload: str) -> str:
    """Compute the mod-10 check digit of a key without its last digit.

    >>> check_digit("952012345678812345")
    '7'
    """
    total = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(payload)))
    return str(-total % 10)


def has_valid_check_digit(code: str) -> bool:
    """Say whether the last digit of an all-digit code is its check digit."""
    return len(code) > 1 and is_digits(code) and check_digit(code[:-1]) == code[-1]


def check_pair(payload: str) -> str:
    """Compute the two check characters of a Global Model Number (7.9.5).

    >>> check_pair("1987654Ad4X4bL5ttr2310c")
    '2K'
    """
    total = sum(_CSET82.index(sign) * prime for sign, prime in zip(reversed(payload), _PRIMES, strict=False)) % 1021
    return _CSET32[total >> 5] + _CSET32[total & 31]


def is_cset82(text: str) -> bool:
    """Say whether every sign is in GS1's alphanumeric set 82, the only ones an element string may carry."""
    return all(sign in _CSET82 for sign in text)
