"""Codes on the command line: what tags and scans say."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator

import click

from wms.cli import verbs


@verbs.command()
@click.argument("codes", nargs=-1)
def epc(codes: tuple[str, ...]) -> None:
    """Say what tags are: one line of JSON for each HEX, or for each line of standard input."""
    from wms.gs1.epc import epc_json_line

    _print_lines(codes or _input_lines(), epc_json_line)


@verbs.command()
def scan() -> None:
    """Say what scans are: one line of JSON for each line of standard input."""
    from wms.gs1.scan import scan_json_line

    _print_lines(_input_lines(), scan_json_line)


def _input_lines() -> Iterator[str]:
    for line in sys.stdin.buffer:
        yield line.decode("utf-8", errors="replace").rstrip("\r\n")


def _print_lines(lines: Iterable[str], say: Callable[[str], str]) -> None:
    for line in lines:
        sys.stdout.write(say(line) + "\n")
    sys.stdout.flush()
