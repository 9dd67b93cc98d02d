"""Which records may have attachments: each feature tells of its own, since this floor knows none of them.

    subjects.tell_of("lot", Subject(views=("stock.view",), find=_find_lot))

`find` gives where a record stands and its page, and raises NotFound; it is asked inside a request. A person sees a file who
has one of `views` there, and attaches who has one of `attaches` as well. Then the page draws the panel:

    {% import "macros/attachments.html" as attachments with context %}
    {{ attachments.panel(attached) }}                      # attached=wms.files.panel.panel("lot", lot.id)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from wms.core.errors import NotAllowed, NotFound
from wms.core.ids import WarehouseId
from wms.files.models import StoredFile
from wms.web import auth


@dataclass(frozen=True)
class Whereabouts:
    """Where a record stands, None for one that belongs to no warehouse, and the path of its page."""

    warehouse: WarehouseId | None
    page: str


@dataclass(frozen=True)
class Subject:
    """A kind of record that may have attachments."""

    views: tuple[str, ...]
    find: Callable[[int], Whereabouts]
    attaches: tuple[str, ...] = ("file.attach",)


_subjects: Final[dict[str, Subject]] = {}


def tell_of(kind: str, subject: Subject) -> None:
    """Name a kind of record that may have attachments; said again, the last word counts."""
    _subjects[kind] = subject


def kinds() -> list[str]:
    """The kinds there are."""
    return sorted(_subjects)


def see(kind: str, record: int, *, known: Whereabouts | None = None) -> Whereabouts:
    """Give where a record stands that this person may see. NotFound, or NotAllowed without the right anywhere.

    `known` is where it stands, from a caller that has read the record already.
    """
    subject = _subjects.get(kind)
    if subject is None:
        raise NotFound(kind="attachment", text=kind[:24])
    if not any(_holds(permission, None) for permission in subject.views):
        raise NotAllowed(permission=subject.views[0])
    found = known or subject.find(record)
    if found.warehouse is not None and not any(_holds(p, found.warehouse) for p in subject.views):
        raise NotFound(kind=kind, text=str(record))
    return found


def demand_attach(kind: str, record: int) -> Whereabouts:
    """Give where a record stands to which this person may attach. NotFound, NotAllowed."""
    found = see(kind, record)
    if not may_attach(kind, found):
        raise NotAllowed(permission=_subjects[kind].attaches[0])
    return found


def may_attach(kind: str, where: Whereabouts) -> bool:
    """Say whether this person may attach to a record that stands there."""
    return any(_holds(permission, where.warehouse) for permission in _subjects[kind].attaches)


def see_file(file: StoredFile) -> Whereabouts:
    """Give where the record of a file stands, as `see`; a file that may not be seen is not found."""
    try:
        return see(file.subject_kind, file.subject_id)
    except NotFound:
        raise NotFound(kind="attachment", text=str(file.id)) from None


def _holds(permission: str, warehouse: WarehouseId | None) -> bool:
    """Whether the person holds the right there; for a record of no warehouse, anywhere."""
    person = auth.current_person()
    if person is None:
        return False
    if warehouse is not None:
        return person.may(permission, warehouse)
    return any(permission in rights for rights in person.rights.values())
