"""Where the table stands in a sheet: its heading below titles and blanks, its columns, and the rows that are no data."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from wms.imports.rules.values import is_blank, text_of
from wms.imports.rules.words import EITHER, KINDS, field_named, in_brackets, is_note, is_total, squeezed

#: The heading is looked for in so many rows.
HEADING_ROWS: Final = 30
#: So many merged cells are filled; a sheet with more of them is no table.
MERGED_CELLS: Final = 100_000
Row = tuple[int, list[Any]]


@dataclass(frozen=True)
class Heading:
    """The row of the heading (its number in the sheet, 0 for none), the words of each column, and how sure that is."""

    row: int
    words: list[str]
    score: int = 0


@dataclass
class Skipped:
    """A row that is no data: why (blank, total, note, heading_again), and what stands there."""

    row: int
    why: str
    text: str


@dataclass
class Table:
    """The rows of a sheet told apart."""

    data: list[Row] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)


def find_heading(rows: Sequence[Row], kind: str) -> Heading:
    """Find the row that names the most fields of the kind; a column named only in the row above takes that name."""
    best, last = Heading(row=0, words=[]), None
    for number, cells in rows[:HEADING_ROWS]:
        words = [text_of(cell) if isinstance(cell, str) else "" for cell in cells]
        fields = {found for word in words if word and (found := field_named(kind, word))}
        if len(fields) > best.score:
            best = Heading(number, _filled(words, last, kind), len(fields))
        last = words
    if best.score >= 2 or (best.score and len(KINDS[kind]) and best.row and _is_lone(best)):
        return best
    for number, cells in rows[:HEADING_ROWS]:  # nothing is known: the first row with two words, for a person to map
        words = [text_of(cell) if isinstance(cell, str) else "" for cell in cells]
        if sum(1 for word in words if word) >= 2:
            return Heading(number, words, best.score)
    return best


def _is_lone(heading: Heading) -> bool:
    """A table of one column, such as bins."""
    return sum(1 for word in heading.words if word) == 1


def _filled(words: list[str], above: list[str] | None, kind: str) -> list[str]:
    if above is None:
        return words
    wide = words + [""] * (len(above) - len(words))
    return [
        word or (above[place] if place < len(above) and field_named(kind, above[place]) else "")
        for place, word in enumerate(wide)
    ]


def map_columns(words: Sequence[str], kind: str) -> list[str]:
    """Name the field of each column; the first of two columns with one field has it."""
    taken: set[str] = set()
    columns = []
    for word in words:
        found = field_named(kind, word) if word else ""
        if found in taken:
            found = ""
        taken.add(found)
        columns.append(found)
    return columns


def missing_fields(columns: Sequence[str], kind: str) -> list[str]:
    """List the needed fields that no column gives; where one of several will do, the first stands for them."""
    missing = [f.name for f in KINDS[kind] if f.is_required and f.name not in columns]
    for group in EITHER.get(kind, ()):
        if any(name in columns for name in group):
            missing = [name for name in missing if name not in group]
        elif not any(name in missing for name in group):
            missing.append(group[0])
    return missing


def unit_hints(words: Sequence[str], columns: Sequence[str]) -> dict[str, str]:
    """What stands in brackets behind the headings, by field: the unit of 数量（箱）."""
    pairs = zip(columns, words, strict=False)
    return {name: hint for name, word in pairs if name and (hint := in_brackets(word))}


def signature_of(words: Sequence[str]) -> str:
    """Name a heading by its words, so that its mapping can be remembered."""
    text = "\x1f".join(squeezed(word) for word in words).rstrip("\x1f")
    return hashlib.sha256(text.encode()).hexdigest()


def tell_apart(rows: Sequence[Row], heading: Heading, columns: Sequence[str], kind: str) -> Table:
    """Tell data from blanks, sums, notes and headings that are printed again."""
    needed = _needed_places(columns, kind)
    head = [squeezed(word) for word in heading.words]
    table = Table()
    for number, cells in rows:
        if number <= heading.row:
            continue
        filled = [place for place, cell in enumerate(cells) if not is_blank(cell)]
        if not filled:
            continue
        why = _why_no_data(filled, cells, needed, head)
        if why:
            told = " ".join(text_of(cells[place]) for place in filled)
            table.skipped.append(Skipped(number, why, told[:120]))
        else:
            table.data.append((number, cells))
    return table


def _needed_places(columns: Sequence[str], kind: str) -> list[list[int]]:
    """The columns of each needed field, or of the fields of which one will do."""
    groups = [list(group) for group in EITHER.get(kind, ())]
    grouped = {name for group in groups for name in group}
    groups += [[f.name] for f in KINDS[kind] if f.is_required and f.name not in grouped]
    return [[place for place, name in enumerate(columns) if name in group] for group in groups]


def _why_no_data(
    filled: Sequence[int], cells: Sequence[Any], needed: Sequence[Sequence[int]], head: Sequence[str]
) -> str:  # fmt: skip
    first = cells[filled[0]]
    is_like_head = isinstance(first, str) and filled[0] < len(head) and head[filled[0]] == squeezed(first)
    if (
        len(filled) > 1
        and is_like_head
        and all(p < len(head) and head[p] == squeezed(text_of(cells[p])) for p in filled)
    ):
        return "heading_again"
    there = set(filled)
    lacking = sum(1 for places in needed if there.isdisjoint(places))
    marked = {place for place in filled if isinstance(cells[place], str) and is_total(cells[place].strip())}
    if marked:
        # 合计 may stand in the place of a code: then what else is needed is not there.
        bare = sum(1 for places in needed if (there - marked).isdisjoint(places))
        if bare and (len(needed) > 1 or len(filled) > 1 or lacking):
            return "total"
    if lacking and is_note(text_of(first)):
        return "note"
    if len(needed) > 1 and len(filled) == 1 and lacking:
        return "note"
    return ""


def fill_merged(rows: Sequence[Row], ranges: Sequence[Sequence[int]]) -> Iterator[Row]:
    """Give the rows with cells that were merged downwards filled: what stands in the first stands in all of them.

    Ranges count from 0. What is merged sidewards (a title, 合计) has one value and keeps it.
    """
    firsts: dict[tuple[int, int], int] = {}
    for top, left, bottom, right in ranges:
        if left == right and len(firsts) < MERGED_CELLS:
            firsts |= {(row, left): top for row in range(top + 1, min(bottom, top + MERGED_CELLS) + 1)}
    by_number = dict(rows) if firsts else {}
    for number, cells in rows:
        made = cells
        for place in range(len(cells)) if firsts else ():
            top_row = firsts.get((number - 1, place))
            if top_row is not None and is_blank(cells[place]):
                above = by_number.get(top_row + 1, [])
                made = list(made) if made is cells else made
                made[place] = above[place] if place < len(above) else None
        yield number, made
