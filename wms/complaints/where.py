"""Where a person may decide, whom they may name, where a complaint leads; the same for the page and for the API."""

from __future__ import annotations

from typing import Any

from flask import current_app, url_for

from wms.complaints import queries
from wms.complaints.models import Complaint
from wms.complaints.rules.states import LinkKind
from wms.core.ids import CapaId, ComplaintId, PartnerId, UserId
from wms.files import subjects
from wms.web import auth, i18n

#: Who may see complaints and corrective actions.
VIEWS = ("complaint.edit", "recall.view")


def complaint(complaint_id: int) -> ComplaintId:
    """Give the id of a complaint of this warehouse."""
    return queries.get_complaint(ComplaintId(complaint_id), warehouse=auth.current_warehouse()).id


def capa(capa_id: int) -> CapaId:
    """Give the id of a corrective action of this warehouse."""
    return queries.get_capa(CapaId(capa_id), warehouse=auth.current_warehouse()).id


def person(login: str) -> UserId:
    """Give the person of a login who works here; blank is the one who asks."""
    return queries.find_person(login, auth.current_warehouse()).id if login else auth.actor_id()


def people(*, but: UserId | None = None) -> list[tuple[str, str]]:
    """The people who work here, for a list to choose from: login and full name."""
    found = queries.people_here(auth.current_warehouse())
    return [(one.login, one.full_name or one.login) for one in found if one.id != but]


def customers() -> list[tuple[str, str]]:
    """The customers, for a list to choose from: code, and code with name."""
    return [(one.code, f"{one.code} · {i18n.local_name(one)}") for one in queries.customers()]


def customer(code: str) -> PartnerId | None:
    """Give the customer of a code; blank is none."""
    return queries.find_customer(code).id if code else None


def tell_of_papers() -> None:
    """Let photos, letters and evidence be attached."""

    def _complaint(paper: int) -> subjects.Whereabouts:
        found = queries.find_complaint(paper)
        page = url_for("complaints.complaint", complaint_id=found.id)
        return subjects.Whereabouts(warehouse=found.warehouse_id, page=page)

    def _capa(paper: int) -> subjects.Whereabouts:
        return subjects.Whereabouts(
            warehouse=queries.warehouse_of_capa(paper), page=url_for("complaints.capa", capa_id=paper)
        )

    attaches = ("complaint.edit",)
    subjects.tell_of("complaint", subjects.Subject(views=VIEWS, find=_complaint, attaches=attaches))
    subjects.tell_of("capa", subjects.Subject(views=VIEWS, find=_capa, attaches=attaches))


def trace_link(paper: Complaint) -> str | None:
    """The page that traces the goods of a complaint, for one who may open it; None while there is no lot."""
    if paper.lot is None:
        return None
    return _link("trace.trace", "trace.view", lot=paper.lot_id)


def recall_link(paper: Complaint) -> str | None:
    """The page where a recall is opened from a complaint, for one who may."""
    return _link(
        "recall.new", "recall.edit", origin="complaint", origin_kind="complaint", origin_id=paper.id, lot=paper.lot_id,
        reason=f"{paper.number}: {paper.what}"[:500],
    )  # fmt: skip


def _link(endpoint: str, right: str, **values: Any) -> str | None:
    """A page of another floor, if it is there and the reader may open it."""
    if endpoint not in current_app.view_functions or not auth.permitted(right):
        return None
    return url_for(endpoint, **{name: value for name, value in values.items() if value is not None})


_PAGES = {
    LinkKind.HOLD: ("quality.hold", "hold_id"),
    LinkKind.HOLD_CASE: ("holds.case", "case_id"),
    LinkKind.NONCONFORMANCE: ("disposition.nonconformance", "paper_id"),
    LinkKind.RECALL: ("recall.recall", "recall_id"),
    LinkKind.CAPA: ("complaints.capa", "capa_id"),
}


def link_page(kind: LinkKind, target: int) -> str | None:
    """The page of what came of a complaint, None where this reader has none."""
    endpoint, name = _PAGES[kind]
    view = current_app.view_functions.get(endpoint)
    mark = auth.mark_of(view) if view is not None else None
    values: dict[str, Any] = {name: target}
    return url_for(endpoint, **values) if mark is not None and auth.satisfies(mark) else None


def origin_page(kind: str, target: int | None) -> str | None:
    """The page of the record that a corrective action came from."""
    pages = {"complaint": ("complaints.complaint", "complaint_id")} | {
        one.value: page for one, page in _PAGES.items() if one in (LinkKind.NONCONFORMANCE, LinkKind.RECALL)
    }
    if kind not in pages or target is None:
        return None
    endpoint, name = pages[kind]
    values: dict[str, Any] = {name: target}
    return url_for(endpoint, **values) if endpoint in current_app.view_functions else None
