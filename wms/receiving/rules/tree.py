"""The plates of a notice as a tree: pallet, case, inner, to any depth. Pure, and never recursive: a file may nest as it likes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from wms.core.errors import BadLpnTree


@dataclass(frozen=True, kw_only=True)
class Plate:
    """A plate as announced; `parent` is the SSCC it stands on, blank for one that stands by itself."""

    sscc: str
    parent: str = ""


@dataclass(frozen=True, kw_only=True)
class Node:
    """A plate in its place: each stands before what stands on it."""

    sscc: str
    parent: str
    depth: int


def grow(plates: Sequence[Plate], *, line_ssccs: Iterable[str] = ()) -> list[Node]:
    """Order the plates as a walk through the tree; plates that only lines name stand by themselves.

    Raises BadLpnTree: twice (one SSCC announced twice), unknown_parent, cycle.
    """
    parents: dict[str, str] = {}
    for plate in plates:
        if plate.sscc in parents:
            raise BadLpnTree(why="twice", sscc=plate.sscc)
        parents[plate.sscc] = plate.parent
    for sscc in line_ssccs:
        parents.setdefault(sscc, "")
    children: dict[str, list[str]] = {}
    for sscc, parent in parents.items():
        if parent and parent not in parents:
            raise BadLpnTree(why="unknown_parent", sscc=parent)
        children.setdefault(parent, []).append(sscc)
    found: list[Node] = []
    waiting = [(sscc, 0) for sscc in reversed(children.get("", []))]
    while waiting:
        sscc, depth = waiting.pop()
        found.append(Node(sscc=sscc, parent=parents[sscc], depth=depth))
        waiting += [(child, depth + 1) for child in reversed(children.get(sscc, []))]
    if len(found) < len(parents):
        # What the walk from the ground does not reach stands on itself, somewhere.
        reached = {node.sscc for node in found}
        raise BadLpnTree(why="cycle", sscc=min(set(parents) - reached))
    return found


def below(nodes: Sequence[Node], root: str) -> list[Node]:
    """The plate `root` and all that stands on it, in the order of the walk."""
    inside = {root}
    found = []
    for node in nodes:
        if node.sscc == root or node.parent in inside:
            inside.add(node.sscc)
            found.append(node)
    return found


def would_turn(nodes: Sequence[Node], *, sscc: str, onto: str) -> bool:
    """Say whether putting plate `sscc` onto `onto` would make a cycle."""
    return onto in {node.sscc for node in below(nodes, sscc)}
