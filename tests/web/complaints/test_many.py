"""Pages of complaints and corrective actions ask the database no more often for a hundred rows than for ten."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from tests import given
from tests.given import NOW
from tests.web.api.saying import selects
from tests.web.desk_client import Desk
from wms.complaints.models import Capa, CapaAction, CapaCheck, Complaint, ComplaintLink
from wms.complaints.rules.states import ActionKind, CapaState, Channel, ComplaintState, LinkKind, Severity
from wms.core.ids import CapaId, ComplaintId, new_id
from wms.stock import queries as stock

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
PAGES = (
    "/complaints", "/complaints?state=all", "/complaints?state=late", "/complaints.csv", "/complaints.xlsx", "/complaints/new?goods=L-0",
    "/capas", "/capas.csv",
)  # fmt: skip


def _keep(site: given.Site, item: Any, people: list[Any], count: int, *, often: Any) -> int:
    """So many complaints of as many customers, half of them about one lot, each with a corrective action; the last of them."""
    rows: list[Any] = []
    paper = ComplaintId(0)
    for n in range(count):
        lot = often if n % 2 else given.lot(item, f"L-{n}-{count}")
        customer = given.partner()
        paper, capa = ComplaintId(new_id()), CapaId(new_id())
        owner = people[n % len(people)]
        rows += [
            Complaint(
                id=paper, number=f"CMP-{paper}", key=f"k{paper}", warehouse_id=site.id, state=ComplaintState.ANSWERED,
                customer_id=customer.id, language="en", channel=Channel.PHONE, received_at=NOW, told=lot.number,
                lot_id=lot.id, what="Mould", severity=Severity.MAJOR, due_at=NOW, warn_at=NOW, owner_id=owner,
                answered_at=NOW + timedelta(hours=1), answered_by=owner, recorded_by=owner, recorded_at=NOW,
            ),
            Capa(
                id=capa, number=f"CAPA-{capa}", key=f"k{capa}", warehouse_id=site.id, state=CapaState.OPEN,
                origin_kind="complaint", origin_id=paper, origin_number=f"CMP-{paper}", problem="Seals", owner_id=owner,
                due_on=given.day(9), opened_by=owner, opened_at=NOW,
            ),
        ]  # fmt: skip
        rows += [
            CapaAction(id=new_id(), capa_id=capa, line=line, round=1, kind=ActionKind.CORRECTIVE, what="heat",
                       owner_id=people[(n + line) % len(people)], due_on=given.day(5))
            for line in (1, 2)
        ]  # fmt: skip
        rows += [
            CapaCheck(id=new_id(), capa_id=capa, round=1, criterion="none open", due_on=given.day(8), checker_id=people[0]),
            ComplaintLink(id=new_id(), complaint_id=paper, kind=LinkKind.CAPA, target_id=capa, made_by=owner, made_at=NOW),
        ]  # fmt: skip
    given.keep(*rows)
    return int(paper)


def test_pages_cost_no_statement_a_row(app: Flask) -> None:
    with app.app_context():
        site, item = given.warehouse(), given.item()
        people = [given.user(f"quinn{n}" if n else "quinn", "quality", "supervisor", site=site) for n in range(5)]
        often = given.lot(item, "L-0")
        page = f"/complaints/{_keep(site, item, people, 10, often=often)}"
        often_id = often.id
    desk = Desk.of(app, "quinn")

    def asked() -> dict[str, int]:
        return {at: selects(app, lambda at=at: desk.client.get(at, buffered=True)) for at in (*PAGES, page)}

    asked()  # what is read once for a process is read
    few = asked()
    with app.app_context():
        _keep(site, item, people, 100, often=stock.get_lot(often_id))
    assert asked() == few
