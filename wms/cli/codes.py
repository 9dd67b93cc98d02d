"""Codes on the command line: what tags and scans say."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import Final

import click

from wms.cli import verbs


@verbs.command()
@click.argument("codes", nargs=-1)
def epc(codes: tuple[str, ...]) -> None:
    """Say what tags are: one line of JSON for each HEX, or for each line of standard input."""
    from wms.gs1.epc import epc_json_line

    _print_lines(codes or _input_lines(), epc_json_line)


@verbs.command()
@click.option("--site", metavar="CODE", help="Also say what each text names among the records of this warehouse.")
def scan(site: str | None) -> None:
    """Say what scans are: one line of JSON for each line of standard input, as soon as the line is read.

    kind, how (the evidence it was read by), elements ([AI, value] pairs), gtin, lot, expiry, quantity, sscc ..., and question
    where a person must still say something; or error and why. With --site also found, the records it may name. No
    database is needed without it. A line that is no text is an error like any other, and the exit code is 0.
    """
    from wms.gs1.scan import scan_json_line

    if site is None:
        _print_lines(_scan_lines(), scan_json_line)
        return
    from wms.cli import application, warehouse_id
    from wms.core.errors import BadScan
    from wms.db import db
    from wms.scans.queries import find_all
    from wms.scans.schemas import CandidateOut, candidate_of

    dump = CandidateOut().dump
    with application():
        warehouse = warehouse_id(site)

        def say(text: str) -> str:
            said = json.loads(scan_json_line(text))
            try:
                answer = find_all(text, warehouse)
            except BadScan:
                return json.dumps(said)
            finally:
                db.session.rollback()  # a long input is no long read
            said["found"] = [dump(candidate_of(one)) for one in answer.found]
            if answer.one is not None:
                said["kind"] = answer.one.kind
            said["question"] = f"{answer.question}: {answer.question_about}" if answer.question else None
            return json.dumps(said)

        _print_lines(_scan_lines(), say)


#: Longer lines are cut here, and refused as too long: no scanner sends them, and none is to fill the memory.
_LINE_BYTES: Final = 64 * 1024


def _scan_lines() -> Iterator[str]:
    """The lines of standard input, each bounded; what is no UTF-8 keeps a sign that no code may hold."""
    source = sys.stdin.buffer
    while line := source.readline(_LINE_BYTES):
        rest = line
        while len(rest) == _LINE_BYTES and not rest.endswith(b"\n"):
            rest = source.readline(_LINE_BYTES)
        yield line.decode("utf-8", errors="surrogateescape").rstrip("\r\n")


def _input_lines() -> Iterator[str]:
    for line in sys.stdin.buffer:
        yield line.decode("utf-8", errors="replace").rstrip("\r\n")


def _print_lines(lines: Iterable[str], say: Callable[[str], str]) -> None:
    """Print an answer for each line at once, so that a program can ask and wait; a reader that leaves ends it quietly."""
    try:
        for line in lines:
            sys.stdout.write(say(line) + "\n")
            sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
