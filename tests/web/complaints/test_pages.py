"""Pages of complaints, corrective actions, messages and notices, as a person of quality walks them."""

from __future__ import annotations

import re
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask

from tests import given
from tests.web.desk_client import PASSWORD, Desk
from wms.core.clock import now
from wms.db import run_in_transaction
from wms.mail.models import Mail, MailRecipient, RecipientState

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture
def plant(app: Flask) -> dict[str, Any]:
    with app.app_context():
        site = given.warehouse()
        item = given.item()
        lot = given.lot(item, "L-77")
        given.stock(lot, site, "A-01", 12)
        given.partner("BUYER", email="qa@buyer.example")
        for login, role in (
            ("quinn", "quality"),
            ("ruth", "quality"),
            ("super", "supervisor"),
            ("look", "auditor"),
            ("box", "picker"),
            ("adam", "administrator"),
        ):
            given.user(login, role, site=site)
        return {"site": site.id, "lot": lot.id, "sku": item.sku}


def record(desk: Desk, **more: Any) -> str:
    """Take a complaint down by the form; the address of its page."""
    desk.get("/complaints/new?goods=L-77")
    lot = re.search(r'name="lot" value="(\d+)"', desk.text)
    said = {
        "key": str(uuid4()), "goods": "L-77", "lot": lot[1] if lot else "", "customer": "BUYER",
        "contact_email": "qa@buyer.example", "channel": "phone", "what": "Mould", "severity": "major", "language": "zh_Hans_CN",
    } | more  # fmt: skip
    desk.post("/complaints", **said)
    assert desk.status == 302, desk.words
    return desk.location


def test_a_complaint_from_the_form_to_its_letter(app: Flask, plant: dict[str, Any]) -> None:
    desk = Desk.of(app, "quinn")
    page = record(desk, received_at="2026-11-20T08:30", quantity="2")
    desk.get(page)
    assert (
        "L-77" in desk.text and "08:30" in desk.text and "Trace the lot" in desk.text and "Open a recall" in desk.text
    )
    recall = re.search(r'href="([^"]*/quality/recalls/new[^"]*)"', desk.text)
    assert recall is not None
    desk.get(recall[1].replace("&amp;", "&"))
    assert desk.status == 200, desk.words
    trace = re.search(r'href="([^"]*trace[^"]*)"[^>]*>Trace the lot', desk.get(page))
    assert trace is not None
    desk.get(trace[1].replace("&amp;", "&"))
    assert desk.status in (200, 302), desk.words

    desk.get(page)
    desk.post(f"{page}/hold")
    assert desk.status == 302
    assert "Hold on lot" in desk.get(page)
    desk.post(f"{page}/investigate", finding="Seal was cold", is_justified="yes")
    desk.get(page)
    answer = desk.client.post(f"{page}/letter.pdf", data={"csrf_token": desk.token, "text": "我们道歉。"})
    assert answer.status_code == 200 and answer.data[:5] == b"%PDF-"
    desk.post(f"{page}/answer", text="我们道歉。", email="1")
    desk.get(page)
    assert "CMP-" in desk.text and ".pdf" in desk.text and "waits" in desk.words
    message = re.search(r"/setup/mail/(\d+)", desk.text)
    assert message is not None
    assert "我们道歉。" in desk.get(f"/setup/mail/{message[1]}")
    desk.get(page)
    desk.post(f"{page}/close", closing="Seal tool mended")
    assert "Seal tool mended" in desk.get(page)
    for form in ("xlsx", "csv"):
        answer = desk.client.get(f"/complaints.{form}?state=all")
        assert answer.status_code == 200 and answer.data
    assert "CMP-" in desk.get("/complaints?state=all") and len(desk.statements) < 20
    assert "CMP-" not in desk.get("/complaints")


def test_repeats_are_shown_and_ask_before_a_minor_one(app: Flask, plant: dict[str, Any]) -> None:
    desk = Desk.of(app, "quinn")
    first = record(desk, severity="minor")
    record(desk, severity="minor")
    assert "2 complaints about this lot already" in desk.get("/complaints/new?goods=L-77")
    said = {"key": "k", "goods": "L-77", "customer": "BUYER", "channel": "web", "what": "Again", "severity": "minor"}
    desk.post("/complaints", **said)
    assert desk.status == 409 and "Is it really minor?" in desk.text
    desk.post("/complaints", **said, agreed="1")
    assert desk.status == 302
    assert "3 complaints on this lot" in desk.get(first)


def test_a_corrective_action_is_walked_by_two_people(app: Flask, plant: dict[str, Any]) -> None:
    desk, other = Desk.of(app, "quinn"), Desk.of(app, "ruth")
    complaint = record(desk)
    number = complaint.rsplit("/", 1)[-1]
    desk.get(f"/capas/new?origin=complaint&origin_id={number}&number=X")
    day = now().date().replace(year=now().year + 1).isoformat()
    desk.post("/capas", key="c", origin="complaint", origin_id=number, problem="Open seals", due_on=day)
    page = desk.location
    desk.get(page)
    desk.post(f"{page}/cause", cause="Cold jaw", method="five_whys")
    desk.post(f"{page}/actions", kind="corrective", what="Heat it", due_on=day)
    desk.post(f"{page}/actions/1/done", evidence="Photo 1")
    desk.get(page)
    assert "Plan the effectiveness check" in desk.text
    desk.post(f"{page}/check", criterion="None in 30 days", due_on=day, checker="ruth")
    desk.get(page)
    assert "another person checks" in desk.text
    desk.post(f"{page}/result", is_effective="yes", result="Fine")
    assert desk.status == 403
    other.get(page)
    other.post(f"{page}/result", is_effective="yes", result="Fine")
    other.get(page)
    other.post(f"{page}/close", closing="It held", password="wrong")
    assert other.status == 403
    other.post(f"{page}/close", closing="It held", password=PASSWORD)
    other.get(page)
    assert "Genuine" in other.text and "It held" in other.text
    assert "CAPA-" in desk.get("/capas?state=all")
    assert desk.client.get("/capas.xlsx").status_code == 200
    assert "Corrective action" in desk.get(complaint)


def test_messages_wait_without_a_server_and_are_looked_after(app: Flask, plant: dict[str, Any]) -> None:
    desk = Desk.of(app, "adam")
    desk.get("/setup/mail")
    assert "No mail server is set up" in desk.text
    desk.post("/setup/mail/test", email="not an address")
    assert desk.status == 422
    desk.post("/setup/mail/test", email="me@plant.example")
    page = desk.location
    assert "me@plant.example" in desk.get(page)
    with app.app_context():
        from wms.db import db

        def fail() -> None:
            for one in db.session.query(MailRecipient):
                one.state, one.last_error = RecipientState.FAILED, "550 <b>no</b>"

        run_in_transaction(fail)
    desk.get(page)
    assert "550 &lt;b&gt;no&lt;/b&gt;" in desk.text
    desk.post(f"{page}/again", email="you@plant.example")
    assert "you@plant.example" in desk.get(page)
    desk.post(f"{page}/cancel")
    assert "Called back" in desk.get(page)
    assert "Test message" in desk.get("/setup/mail?state=cancelled")
    clerk = Desk.of(app, "quinn")
    assert "me@plant.example" not in clerk.get("/setup/mail"), "quality sees its own matters alone"
    clerk.get(page)
    assert clerk.status == 404
    with app.app_context():
        assert db.session.query(Mail).count() == 1


def test_who_may_not_is_refused(app: Flask, plant: dict[str, Any]) -> None:
    page = record(Desk.of(app, "quinn"))
    looker, picker = Desk.of(app, "look"), Desk.of(app, "box")
    assert "CMP-" in looker.get("/complaints?state=all") and "Mould" in looker.get(page)
    looker.post(f"{page}/investigate", finding="x")
    assert looker.status == 403
    picker.get(page)
    assert picker.status == 403
    picker.get("/capas")
    assert picker.status == 403
    with app.app_context():
        given.user("far", "quality", site=given.warehouse())
    far = Desk.of(app, "far")
    far.get(page)
    assert far.status == 404
