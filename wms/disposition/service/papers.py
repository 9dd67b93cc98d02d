"""What the verbs share: running numbers, the people of a matter, approvals, scopes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import text

from wms.core.clock import local_day
from wms.core.ids import LotId, UserId, WarehouseId, new_id
from wms.db import db
from wms.disposition import queries
from wms.disposition.models import Approval
from wms.disposition.rules import approvals
from wms.disposition.rules.approvals import Involved, Need
from wms.signing.rules import Meaning
from wms.signing.service import sign
from wms.sites.models import Warehouse
from wms.stock.models import ReleaseScope
from wms.stock.rules.scope import Entry

_NEXT = text(
    "INSERT INTO paper_series (id, last) VALUES (:id, 1)"
    " ON CONFLICT (id) DO UPDATE SET last = paper_series.last + 1 RETURNING last"
)


def next_number(prefix: str, warehouse: WarehouseId, at: datetime) -> str:
    """Take the next number of a series, such as NC-2026-0001; the row is ours to the commit, so none is left out."""
    series = f"{prefix}-{today(warehouse, at).year}"
    last = db.session.execute(_NEXT, {"id": series}).scalar_one()
    return f"{series}-{last:04d}"


def today(warehouse: WarehouseId, at: datetime) -> Any:
    """The warehouse's day at an instant."""
    return local_day(at, db.session.get_one(Warehouse, warehouse).timezone)


def involve(people: Mapping[int | None, str] | Iterable[tuple[int | None, str]]) -> list[Involved]:
    """Name the people of a matter with their part in it; None stands for nobody."""
    pairs = list(people.items()) if isinstance(people, Mapping) else list(people)
    names = queries.names_of({user for user, _ in pairs if user is not None})
    return [Involved(user=user, name=names.get(user, ""), part=part) for user, part in pairs if user is not None]


def add_approval(
    *, kind: str, subject: int, round: int, need: Need, involved: Sequence[Involved], record: Mapping[str, Any],
    reason: str, warehouse: WarehouseId, actor: UserId, at: datetime,
) -> bool:  # fmt: skip
    """Sign and keep one person's yes; whether it was the last one needed. Raises OtherPersonNeeded, RoleNeeded."""
    given = queries.approvals_of(kind, subject, round)
    earlier = involve([(one.user_id, "who_approved") for one in given])
    approvals.check_person(actor, [*earlier, *involved], task="to_approve")
    roles = queries.roles_of(actor, warehouse)
    is_last = approvals.check_approver(
        roles, need, given=len(given), has_quality=any(one.is_of_quality for one in given)
    )
    signature = sign(
        subject_kind=kind, subject_id=subject, meaning=Meaning.APPROVED, record=record, actor=actor, at=at,
        reason=reason, warehouse=warehouse,
    )  # fmt: skip
    db.session.add(
        Approval(
            id=new_id(), subject_kind=kind, subject_id=subject, round=round, user_id=actor,
            is_of_quality=approvals.QUALITY in roles, signature_id=signature, approved_at=at,
        )
    )  # fmt: skip
    db.session.flush()
    return is_last


def add_scopes(lot: LotId, entries: Iterable[Entry], *, kind: str, document: int, actor: UserId, at: datetime) -> None:
    """From now on the lot is released for these as well; one that stands already is not written twice."""
    known = {scope.entry for scope in queries.open_scopes([lot])}
    for entry in entries:
        if entry.word not in known:
            db.session.add(
                ReleaseScope(
                    id=new_id(), lot_id=lot, market=entry.market, customer_id=entry.customer, until_on=entry.until,
                    entry=entry.word, document_kind=kind, document_id=document, made_by=actor, made_at=at,
                )
            )  # fmt: skip
    db.session.flush()


def end_scopes(lot: LotId, *, actor: UserId, at: datetime) -> None:
    """From now on the lot is free for everybody."""
    for scope in queries.open_scopes([lot]):
        scope.ended_by, scope.ended_at = actor, at
    db.session.flush()
