"""What the tour prints: one line a step with its figure, and the sentence of each refusal under it; and how a step fails."""

from __future__ import annotations

import sys
import time
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NoReturn, TypeVar

T = TypeVar("T")

WIDTH = 118
_FIGURE = 16


class Wrong(Exception):
    """A step did not come out as it must; the message says what was wanted and what came."""


def fail(what: str) -> NoReturn:
    """End the tour."""
    raise Wrong(what)


def must(is_so: Any, what: str) -> None:
    """End the tour unless `is_so`; `what` says what was wanted and what came."""
    if not is_so:
        raise Wrong(what)


def same(came: T, wanted: T, what: str) -> T:
    """End the tour unless what came is what was wanted; give it back."""
    if came != wanted:
        raise Wrong(f"{what}: wanted {wanted!r}, came {came!r}")
    return came


def ms(seconds: float) -> str:
    """Spell a duration in milliseconds, or in seconds from ten on."""
    return f"{seconds:.1f} s" if seconds >= 10 else f"{seconds * 1000:,.0f} ms"


class Clock:
    """Seconds since it was made."""

    def __init__(self) -> None:
        self.began = time.perf_counter()

    @property
    def seconds(self) -> float:
        """The seconds so far."""
        return time.perf_counter() - self.began

    def __str__(self) -> str:
        return ms(self.seconds)


class Report:
    """Prints as the tour goes; counts steps and remembers where it stands."""

    def __init__(self, write: Callable[[str], Any] = sys.stdout.write) -> None:
        self._write = write
        self.clock = Clock()
        self.chapter = 0
        self.steps = 0
        self.standing = ""

    def begin(self, title: str) -> None:
        """Open the next chapter."""
        self.chapter += 1
        self.standing = title
        self._line(f"{self.chapter:>2}  {title}")

    def step(self, what: str, figure: object = "") -> None:
        """Tell a step that came out right, and its figure."""
        self.steps += 1
        self.standing = what
        room = WIDTH - 6 - _FIGURE
        first, *more = _wrapped(what, room)
        self._line(f"      {first}{' ' * (room - _columns(first))}{figure!s:>{_FIGURE}}")
        for line in more:
            self._line(f"      {line}")

    def said(self, sentence: str) -> None:
        """Show a sentence the product said, under its step."""
        for number, line in enumerate(_wrapped(sentence, WIDTH - 12)):
            self._line(f"        {'» ' if not number else '  '}{line}")

    def end(self, what: str) -> None:
        """Tell the end."""
        self._line(what)

    @contextmanager
    def trying(self, what: str) -> Iterator[None]:
        """Name what is being done, for the line of a failure."""
        self.standing = what
        yield

    def _line(self, text: str) -> None:
        self._write(text.rstrip() + "\n")
        sys.stdout.flush()


def _columns(text: str) -> int:
    """How many columns of a terminal a text takes: Chinese signs take two."""
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text)


def _wrapped(text: str, width: int) -> list[str]:
    lines = [""]
    for word in text.split():
        if _columns(lines[-1]) + _columns(word) + 1 > width and lines[-1]:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines


def wait_for(look: Callable[[], T], what: str, *, seconds: float = 60.0, every: float = 0.05) -> T:
    """Ask again and again until the answer is truthy, and give it; the tour ends when that takes too long."""
    deadline = time.perf_counter() + seconds
    while True:
        found = look()
        if found:
            return found
        if time.perf_counter() > deadline:
            raise Wrong(f"waited {seconds:.0f} s for: {what}")
        time.sleep(every)
