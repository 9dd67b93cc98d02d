"""Who may approve a disposition or a destruction, and when enough have. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

from wms.core.errors import OtherPersonNeeded, RoleNeeded

#: Whoever else approves, one of them is of quality.
QUALITY: Final = "quality"
PEOPLE_MAX: Final = 5


@dataclass(frozen=True, kw_only=True)
class Need:
    """How many people must approve, and from which roles they may come (none named: any that may approve)."""

    people: int = 2
    roles: tuple[str, ...] = ()


#: By what is decided, where nobody said otherwise: what leaves our hands or is changed asks two.
DEFAULTS: Final[Mapping[str, Need]] = {
    "release": Need(people=2),
    "rework": Need(people=2),
    "supplier_return": Need(people=1),
    "destroy": Need(people=2),
    "concession": Need(people=2),
}


@dataclass(frozen=True, kw_only=True)
class Involved:
    """A person who had a part in the matter, and which: asked, held, sampled, inspected, ordered, approved ..."""

    user: int
    name: str
    part: str


def check_person(actor: int, involved: Collection[Involved], *, task: str) -> None:
    """Raise OtherPersonNeeded when the one who acts had a part that excludes it."""
    for one in involved:
        if one.user == actor:
            raise OtherPersonNeeded(name=one.name, part=one.part, task=task)


def check_approver(actor_roles: Collection[str], need: Need, *, given: int, has_quality: bool) -> bool:
    """Say whether this approval is the last one needed; RoleNeeded when it must come from elsewhere.

    `given` approvals stand already, `has_quality` says whether one of them came from quality.
    """
    if need.roles and not set(actor_roles) & {*need.roles, QUALITY}:
        raise RoleNeeded(of="role", needed=list(dict.fromkeys([*need.roles, QUALITY])), found=sorted(actor_roles))
    left = need.people - given - 1
    if left <= 0 and not has_quality and QUALITY not in actor_roles:
        raise RoleNeeded(of="role", needed=[QUALITY], found=sorted(actor_roles))
    return left <= 0


def check_witness(*, executor: Involved, witness: Involved, deciders: Collection[Involved]) -> None:
    """Raise OtherPersonNeeded unless two different people carry out and witness, one of them free of the decision."""
    if executor.user == witness.user:
        raise OtherPersonNeeded(name=executor.name, part="who_carried_out", task="to_witness")
    by_user = {one.user: one for one in deciders}
    if executor.user in by_user and witness.user in by_user:
        found = by_user[witness.user]
        raise OtherPersonNeeded(name=found.name, part=found.part, task="to_witness")
