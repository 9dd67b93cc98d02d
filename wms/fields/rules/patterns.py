r"""Patterns that text must match as a whole: the everyday part of regular expressions, matched without going back.

A pattern comes from a person at the setup page, and text from anybody; a matcher that tries one way after the other can be
made to run for hours by either (ReDoS). Here all ways are followed at once (Thompson, 1968): time grows with the length of
the text times the size of the pattern, and both are bounded. See docs/decisions/0026-own-fields-and-attachments.md.

There are: signs as they are, `.`, classes `[A-Z0-9_-]` and `[^…]`, `\d \w \s` (ASCII) and escapes, groups `( )`, `|`, and
`? * + {n} {n,} {n,m}`. A leading ^ and a closing $ change nothing. There are no back-references and no looking around.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

PATTERN_LENGTH_MAX: Final = 200
#: Steps of a pattern with its counts written out; `(a{90}){90}` would have 8,100.
STATES_MAX: Final = 1000
_DEPTH_MAX: Final = 20
_COUNT_MAX: Final = 500

_DIGITS: Final = ((48, 57),)
_WORD: Final = ((48, 57), (65, 90), (95, 95), (97, 122))
_BLANK: Final = ((9, 13), (32, 32))
_LETTER_CLASSES: Final = {"d": _DIGITS, "w": _WORD, "s": _BLANK}
_SPECIAL: Final = frozenset("\\^$.|?*+()[]{}-/")


class BadPattern(ValueError):
    """The pattern cannot be read, or is too large."""


@dataclass(frozen=True)
class _Signs:
    """A set of signs: ranges of code points, or all but these."""

    ranges: tuple[tuple[int, int], ...]
    is_negated: bool = False

    def __contains__(self, sign: int) -> bool:
        return any(low <= sign <= high for low, high in self.ranges) != self.is_negated


@dataclass(frozen=True)
class _All:
    parts: tuple[_Node, ...]


@dataclass(frozen=True)
class _Either:
    parts: tuple[_Node, ...]


@dataclass(frozen=True)
class _Repeat:
    part: _Node
    low: int
    high: int | None


_Node = _Signs | _All | _Either | _Repeat


@dataclass
class Pattern:
    """A pattern ready to match: from each state the steps on a sign, and the states that are reached for nothing."""

    steps: list[list[tuple[_Signs, int]]] = field(default_factory=list)
    free: list[list[int]] = field(default_factory=list)
    end: int = 0

    def matches(self, text: str) -> bool:
        """Say whether the whole text is as the pattern says."""
        here = self._with_free({0})
        for sign in map(ord, text):
            here = self._with_free({target for state in here for signs, target in self.steps[state] if sign in signs})
            if not here:
                return False
        return self.end in here

    def _with_free(self, states: set[int]) -> set[int]:
        found, waiting = set(states), list(states)
        while waiting:
            for target in self.free[waiting.pop()]:
                if target not in found:
                    found.add(target)
                    waiting.append(target)
        return found

    def _state(self) -> int:
        if len(self.steps) >= STATES_MAX:
            raise BadPattern("too large")
        self.steps.append([])
        self.free.append([])
        return len(self.steps) - 1

    def _add(self, node: _Node, start: int) -> int:
        """Add the states of a node behind `start`; give the state it ends in."""
        match node:
            case _Signs():
                end = self._state()
                self.steps[start].append((node, end))
                return end
            case _All(parts):
                for part in parts:
                    start = self._add(part, start)
                return start
            case _Either(parts):
                end = self._state()
                for part in parts:
                    begin = self._state()
                    self.free[start].append(begin)
                    self.free[self._add(part, begin)].append(end)
                return end
            case _Repeat(part, low, high):
                return self._add_repeat(part, low, high, start)

    def _add_repeat(self, part: _Node, low: int, high: int | None, start: int) -> int:
        for _time in range(low):
            start = self._add(part, start)
        end = self._state()
        self.free[start].append(end)
        if high is None:
            self.free[self._add(part, end)].append(end)
            return end
        for _time in range(high - low):
            start = self._add(part, start)
            self.free[start].append(end)
        return end


@lru_cache(maxsize=256)
def read_pattern(text: str) -> Pattern:
    """Read a pattern; BadPattern when it is none of ours, or too long or large."""
    if len(text) > PATTERN_LENGTH_MAX:
        raise BadPattern("too long")
    pattern = Pattern()
    pattern.end = pattern._add(_Reader(text).read(), pattern._state())
    return pattern


@dataclass
class _Reader:
    """Reads a pattern from left to right."""

    text: str
    at: int = 0
    depth: int = 0

    def read(self) -> _Node:
        if self.text.startswith("^"):
            self.at = 1
        node = self._either()
        if self.text[self.at :] == "$":
            self.at += 1
        if self.at != len(self.text):
            raise BadPattern(f"not understood: {self.text[self.at]}")
        return node

    def _next(self) -> str:
        return self.text[self.at] if self.at < len(self.text) else ""

    def _take(self) -> str:
        if self.at >= len(self.text):
            raise BadPattern("it ends too early")
        self.at += 1
        return self.text[self.at - 1]

    def _either(self) -> _Node:
        parts = [self._all()]
        while self._next() == "|":
            self.at += 1
            parts.append(self._all())
        return parts[0] if len(parts) == 1 else _Either(tuple(parts))

    def _all(self) -> _Node:
        return _All(tuple(self._repeats()))

    def _repeats(self) -> Iterator[_Node]:
        while self._next() and self._next() not in "|)" and self.text[self.at :] != "$":
            node = self._one()
            if self._next() and self._next() in "?*+{":
                node = self._repeat(node)
                if self._next() and self._next() in "?*+{":
                    raise BadPattern("a count behind a count")
            yield node

    def _repeat(self, node: _Node) -> _Node:
        sign = self._take()
        if sign != "{":
            return _Repeat(node, 1 if sign == "+" else 0, 1 if sign == "?" else None)
        said = ""
        while (sign := self._take()) != "}":
            said += sign
        low, comma, high = said.partition(",")
        if not _is_count(low) or (high and not _is_count(high)):
            raise BadPattern("a count is {2}, {2,} or {2,5}")
        least, most = int(low), (int(high) if high else None if comma else int(low))
        if max(least, most or 0) > _COUNT_MAX or (most is not None and most < least):
            raise BadPattern("this count is too large, or ends before it begins")
        return _Repeat(node, least, most)

    def _one(self) -> _Node:
        sign = self._take()
        if sign == "(":
            return self._group()
        if sign == "[":
            return self._class()
        if sign == ".":
            return _Signs(((10, 10), (13, 13)), is_negated=True)
        if sign == "\\":
            return self._escaped()
        if sign in "^$?*+{}])":
            raise BadPattern(f"write \\{sign} for the sign {sign}")
        return _Signs(((ord(sign), ord(sign)),))

    def _group(self) -> _Node:
        if self._next() == "?":
            raise BadPattern("groups have no options here")
        self.depth += 1
        if self.depth > _DEPTH_MAX:
            raise BadPattern("nested too deeply")
        node = self._either()
        if self._take() != ")":
            raise BadPattern("a group is not closed")
        self.depth -= 1
        return node

    def _escaped(self) -> _Signs:
        sign = self._take()
        if sign.lower() in _LETTER_CLASSES and sign.isascii():
            return _Signs(_LETTER_CLASSES[sign.lower()], is_negated=sign.isupper())
        if sign not in _SPECIAL:
            raise BadPattern(f"\\{sign} is not known")
        return _Signs(((ord(sign), ord(sign)),))

    def _class(self) -> _Signs:
        is_negated = self._next() == "^"
        if is_negated:
            self.at += 1
        ranges: list[tuple[int, int]] = []
        while (sign := self._take()) != "]":
            if sign == "[":
                raise BadPattern("write \\[ for the sign [")
            if sign == "\\":
                escaped = self._escaped()
                if escaped.is_negated:
                    raise BadPattern("a class inside a class is not turned round")
                if len(escaped.ranges) > 1 or escaped.ranges == _DIGITS:
                    ranges += escaped.ranges
                    continue
                sign = chr(escaped.ranges[0][0])
            ranges.append((ord(sign), self._end_of_range(sign)))
        if not ranges:
            raise BadPattern("a class is empty")
        return _Signs(tuple(ranges), is_negated)

    def _end_of_range(self, first: str) -> int:
        """The last sign of a range such as A-Z; a dash before the closing bracket is a dash."""
        if self._next() != "-" or self.text[self.at + 1 : self.at + 2] in ("]", ""):
            return ord(first)
        self.at += 1
        last = self._take()
        if last == "\\":
            escaped = self._escaped()
            if escaped.is_negated or len(escaped.ranges) != 1 or escaped.ranges[0][0] != escaped.ranges[0][1]:
                raise BadPattern("a range ends with one sign")
            last = chr(escaped.ranges[0][0])
        if ord(last) < ord(first):
            raise BadPattern(f"the range {first}-{last} ends before it begins")
        return ord(last)


def _is_count(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 4
