"""What the pages and the API of recalls share: rights in every warehouse reached, parties by code, signatures beside."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from flask import current_app
from sqlalchemy import select

from wms.catalog.models import Partner
from wms.core.errors import NotFound
from wms.core.ids import LotId, PartnerId, RecallId, WarehouseId
from wms.db import db
from wms.recall.models import Recall, RecallReport, RecallVersion
from wms.recall.queries import recalls, scope
from wms.recall.service.ending import level_record
from wms.recall.service.opening import record_of
from wms.recall.service.scoping import digest_of
from wms.signing import queries as signatures
from wms.signing.queries import SeenSignature
from wms.web import auth

#: Who may see a recall: those who run it, and those who carry its goods.
VIEWS = ("recall.view", "recall.edit")


def find(recall_id: int, *rights: str) -> Recall:
    """A recall that this person may see, or do one of `rights` with, at the site that runs it. NotFound, NotAllowed."""
    found = recalls.find_recall(RecallId(recall_id))
    if not any(auth.permitted(right, found.warehouse_id) for right in (*VIEWS, *rights)):
        raise NotFound(kind="recall", text=str(recall_id))
    if rights and not any(auth.permitted(right, found.warehouse_id) for right in rights):
        auth.demand(rights[0], found.warehouse_id)
    return found


def sites_with(*rights: str) -> list[WarehouseId]:
    """The warehouses where this person has one of these rights."""
    return [site.id for site in auth.permitted_sites() if any(auth.permitted(right, site.id) for right in rights)]


def truck_hours() -> int:
    """For how long a truck that left counts as under way at this site."""
    return int(current_app.config["WMS"].recall_truck_hours)


def answer_to() -> str:
    """The e-mail address that answers go to, as outgoing e-mail is set up; blank where it is not."""
    config = current_app.config["WMS"]
    return str(config.mail_reply_to or config.mail_from)


def visible_sites() -> list[WarehouseId]:
    """The warehouses whose recalls this person may see."""
    return [site.id for site in auth.permitted_sites() if auth.permitted("recall.view", site.id)]


def demand_reach(lots: Collection[LotId]) -> None:
    """Raise NotAllowed unless the person may run recalls wherever goods of these lots stand."""
    for site in sorted(scope.sites_of(lots)):
        auth.demand("recall.edit", site)


def supplier_of(code: str) -> PartnerId | None:
    """The supplier with this code, None for blank. Raises NotFound."""
    if not code:
        return None
    found = db.session.execute(select(Partner.id).where(Partner.code == code, Partner.is_supplier)).scalar_one_or_none()
    if found is None:
        raise NotFound(kind="supplier", text=code)
    return found


def report_of(recall: RecallId, number: int) -> RecallReport:
    """A report of a recall by its number. Raises NotFound."""
    found = next((one for one in recalls.reports_of(recall) if one.number == number), None)
    if found is None:
        raise NotFound(kind="report", text=str(number))
    return found


def version_of(recall: RecallId, number: int) -> RecallVersion:
    """A version of a scope by its number. Raises NotFound."""
    found = next((one for one in recalls.versions_of(recall) if one.number == number), None)
    if found is None:
        raise NotFound(kind="version", text=str(number))
    return found


def signed(recall: Recall) -> list[SeenSignature]:
    """The signatures of a recall, each beside what stands now of what it signed."""
    versions = recalls.versions_of(recall.id)
    reports = {one.signature_id: one for one in recalls.reports_of(recall.id)}
    changes = {one.signature_id: one for one in recalls.level_changes_of(recall.id)}
    narrowed = {one.signature_id: n for n, one in enumerate(versions) if one.signature_id is not None}
    found: list[SeenSignature] = []
    for row in signatures.signatures_of("recall", recall.id):
        record: dict[str, Any] = dict(record_of(recall))
        report = reports.get(row.id)
        if report is not None and report.figures.get("nil_stock"):
            record["nil_stock"] = True
        elif report is not None:
            record |= {"report": report.number, "kind": report.kind, "figures": report.figures}
        elif row.id in changes:
            record |= level_record(changes[row.id])
        elif row.id in narrowed:
            record |= _of_version(versions, narrowed[row.id])
        elif recall.state.value == "cancelled" and row.meaning.value == "closed":
            record["cancelled"] = True
        found += signatures.beside(record, [row])
    return found


def _of_version(versions: list[RecallVersion], place: int) -> Mapping[str, Any]:
    version = versions[place]
    lots = recalls.lots_of(version.id)
    return {
        "version": version.number, "left_out": scope.numbers_of(recalls.lots_of(versions[place - 1].id) - lots),
        "lots_sha256": digest_of(lots),
    }  # fmt: skip


__all__ = [
    "VIEWS",
    "demand_reach",
    "find",
    "report_of",
    "signed",
    "sites_with",
    "supplier_of",
    "truck_hours",
    "version_of",
    "visible_sites",
]
