"""May another lot be taken than the policy's, or than the one that is bound? By the item's grade. Pure."""

from __future__ import annotations

from wms.core.errors import FefoBroken, NotAllowed, WrongLotScanned


def check_override(
    *, grade: str, needed: str, scanned: str, skipped: list[str], reason: str, is_permitted: bool
) -> None:
    """May another lot be taken than the needed one? By the item's grade.

    allow: by anyone; reason: by anyone who gives one; supervisor: by a permitted person with a reason; forbid: never.
    Raises FefoBroken (a better lot is skipped) or WrongLotScanned (none is), NotAllowed.
    """
    if grade == "allow":
        return
    if grade == "forbid" or not reason.strip():
        if skipped:
            raise FefoBroken(needed=needed, scanned=scanned, skipped=skipped, grade=grade)
        raise WrongLotScanned(needed=needed, scanned=scanned, grade=grade)
    if grade == "supervisor" and not is_permitted:
        raise NotAllowed(permission="pick.override")
