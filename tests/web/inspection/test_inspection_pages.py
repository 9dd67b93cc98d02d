"""Inspection at the desk and on a tablet: the queue, one sample unit a screen, the verdict, plans, samples, the supplier's page."""

from __future__ import annotations

import csv
import io
import re
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from tests import given
from tests.given import q
from tests.web.desk_client import PASSWORD, Desk
from wms.core.clock import now
from wms.core.ids import SYSTEM_USER, new_id
from wms.db import db, run_in_transaction
from wms.inspection import service
from wms.inspection.models import Inspection, InspectionPlan, Sample, SamplingState, Severity, Verdict
from wms.signing.models import Signature
from wms.stock.ledger import Quality

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

PLAN = {
    "code": "IN-1", "name_en": "Tiles on receipt", "name_zh": "瓷砖进货检验", "sku": "TILE", "supplier": "", "stage": "receipt",
    "sampling": "fixed", "level": "II", "fixed_size": "3", "aql_major": "", "aql_minor": "", "aql_critical": "",
    "limiting_quality": "", "unit_quantity": "1", "test_quantity": "0", "retained_quantity": "2", "retained_months": "12",
    "due_hours": "24", "note": "", "is_second_person": "1",
    "c_name_en": ["Width", "Looks whole", ""], "c_name_zh": ["宽度", "", ""], "c_kind": ["measure", "visual", "visual"],
    "c_defect_class": ["major", "critical", "major"], "c_unit": ["mm", "", ""], "c_minimum": ["9,8", "", ""],
    "c_target": ["10", "", ""], "c_maximum": ["10.2", "", ""], "c_choices": ["", "", ""],
    "c_accepted_choices": ["", "", ""], "c_method": ["caliper", "", ""],
}  # fmt: skip


@pytest.fixture
def site(app: Flask) -> given.Site:
    with app.app_context():
        site = given.warehouse("HZ")
        given.item("TILE", is_inspected_at_receipt=True)
        given.partner("SUP")
        for login, role in (
            ("inspector", "quality"),
            ("dock", "receiver"),
            ("boss", "supervisor"),
            ("picker", "picker"),
        ):
            given.user(login, role)
        return site


def make_plan(app: Flask, desk: Desk, **more: Any) -> int:
    desk.get("/inspections/plans/new")
    desk.post("/inspections/plans/new", **(PLAN | more))
    assert desk.status == 302, desk.words
    plan = int(desk.location.rsplit("/", 1)[1])
    desk.get(desk.location)
    desk.post(f"/inspections/plans/{plan}/activate")
    assert desk.status == 302, desk.words
    return plan


def goods_came(app: Flask, site: given.Site, *, receiver: str = "dock", quantity: int = 100) -> int:
    """Goods of a lot come in through the dock; the id of the inspection."""
    from wms.accounts.models import User
    from wms.catalog.models import Item, Partner

    with app.app_context():
        item = db.session.execute(select(Item).where(Item.sku == "TILE")).scalar_one()
        supplier = db.session.execute(select(Partner).where(Partner.code == "SUP")).scalar_one()
        actor = db.session.execute(select(User.id).where(User.login == receiver)).scalar_one()
        item_id, supplier_id = item.id, supplier.id
        lot = given.lot(item, supplier=supplier_id, received_on=given.TODAY)
        given.stock(lot, site, "DOCK", quantity, quality=Quality.PENDING)
        made = do(
            service.open_for_receipt, warehouse=site.id, receipt=new_id(), receipt_line=new_id(), item=item_id,
            lot=lot.id, supplier=supplier_id, quantity=q(quantity), actor=actor,
        )  # fmt: skip
        assert made is not None
        return int(made)


def do(verb: Any, *args: Any, actor: Any = SYSTEM_USER, **more: Any) -> Any:
    return run_in_transaction(verb, *args, actor=actor, at=now(), **more)


def row_of(app: Flask, model: Any, identity: int | None = None) -> Any:
    with app.app_context():
        found = db.session.get(model, identity) if identity else db.session.execute(select(model)).scalar_one()
        db.session.expunge(found)
        return found


def test_an_inspectors_way_from_the_queue_to_the_verdict(app: Flask, site: given.Site) -> None:
    desk = Desk.of(app, "inspector")
    make_plan(app, desk)
    one = goods_came(app, site)
    desk.get("/inspections")
    number = row_of(app, Inspection, one).number
    assert number in desk.words and "TILE" in desk.words
    assert len(desk.statements) <= 12, desk.statements
    desk.get(f"/inspections/{one}")
    assert "The plan says 3 units of every lot" in desk.words and "Not yet" in desk.words
    desk.post(f"/inspections/{one}/start")
    assert desk.location.endswith(f"/inspections/{one}/units/1")
    for n, (width, looks) in enumerate((("10.0", "pass"), ("10,1", "pass"), ("10.3", "pass")), start=1):
        desk.get(f"/inspections/{one}/units/{n}")
        assert f"Unit {n} of 3" in desk.words and "9.8 to 10.2 mm, target 10" in desk.words
        desk.post(f"/inspections/{one}/units/{n}", v1=width, v2=looks, n1="", n2="")
    assert desk.location.endswith(f"/inspections/{one}")
    desk.get(f"/inspections/{one}")
    assert "The numbers say: Reject" in desk.words and "Major: 1 bad, rejected from 1." in desk.words
    desk.post(f"/inspections/{one}/close", verdict="accepted", note="")
    assert desk.status == 422 and "Write why" in desk.words
    desk.get(f"/inspections/{one}")
    desk.post(f"/inspections/{one}/close", verdict="rejected", note="too wide")
    desk.get(desk.location)
    assert "Rejected" in desk.words and "too wide" in desk.words
    with app.app_context():
        given.ledger_is_whole()


def test_the_receiver_is_refused_and_a_picker_sees_nothing(app: Flask, site: given.Site) -> None:
    boss = Desk.of(app, "inspector")
    make_plan(app, boss)
    one = goods_came(app, site, receiver="inspector")
    boss.get(f"/inspections/{one}")
    boss.post(f"/inspections/{one}/start")
    assert boss.status == 403 and "another person must inspect it" in boss.words
    picker = Desk.of(app, "picker")
    for path in (
        "/inspections",
        f"/inspections/{one}",
        "/inspections/plans",
        "/inspections/samples",
        "/inspections/suppliers",
    ):
        picker.get(path)
        assert picker.status == 403, path
    supervisor = Desk.of(app, "boss")
    supervisor.get(f"/inspections/{one}")
    assert supervisor.status == 200
    supervisor.post(f"/inspections/{one}/start")
    assert supervisor.status == 403


def test_the_queue_is_filtered_and_exported_with_the_same_rows(app: Flask, site: given.Site) -> None:
    desk = Desk.of(app, "inspector")
    make_plan(app, desk)
    ones = [goods_came(app, site) for _ in range(3)]
    desk.get(f"/inspections/{ones[0]}")
    desk.post(f"/inspections/{ones[0]}/start")
    for query, count in (
        ("", 3),
        ("?state=in_work", 1),
        ("?state=mine", 1),
        ("?state=late", 0),
        ("?state=done", 0),
        ("?stage=final", 0),
    ):
        desk.get(f"/inspections{query}")
        assert len(set(re.findall(r"IN\d{6}-\w{5}", desk.words))) == count, query
        answer = desk.client.get(f"/reports/inspections.csv{query}")
        rows = list(csv.reader(io.StringIO(answer.get_data(as_text=True).lstrip("\ufeff"))))
        assert len(rows) == count + 1
    desk.get("/inspections?state=nonsense")
    assert desk.status == 422


def test_a_plan_is_drafted_corrected_and_used_in_versions(app: Flask, site: given.Site) -> None:
    desk = Desk.of(app, "inspector")
    desk.get("/inspections/plans/new")
    desk.post("/inspections/plans/new", **(PLAN | {"c_minimum": ["11", "", ""]}))
    assert desk.status == 422 and "in this order" in desk.words
    desk.post("/inspections/plans/new", **(PLAN | {"sampling": "iso_2859_1"}))
    assert "Give at least one AQL" in desk.words
    desk.post("/inspections/plans/new", **(PLAN | {"sku": "NONE"}))
    assert desk.status == 404
    plan = make_plan(app, desk)
    desk.get(f"/inspections/plans/{plan}")
    assert "A lot of 3200 units" in desk.words and "Tiles on receipt" in desk.words
    desk.post(f"/inspections/plans/{plan}/edit", **{k: v for k, v in PLAN.items() if k != "code"})
    assert desk.status == 409, "what is used stays as it was"
    desk.get(f"/inspections/plans/{plan}")
    desk.post(f"/inspections/plans/{plan}/versions")
    draft = int(re.findall(r"\d+", desk.location)[-1])
    desk.get(f"/inspections/plans/{draft}/edit")
    assert 'value="9.8"' in desk.text
    changed = {k: v for k, v in PLAN.items() if k != "code"} | {"fixed_size": "5"}
    desk.post(f"/inspections/plans/{draft}/edit", **changed)
    desk.get(f"/inspections/plans/{draft}")
    desk.post(f"/inspections/plans/{draft}/activate")
    assert row_of(app, InspectionPlan, plan).state.value == "retired"
    desk.get("/inspections/plans?state=active")
    assert "IN-1 v2" in desk.words and "IN-1 v1" not in desk.words


def test_samples_are_drawn_labelled_used_and_kept(app: Flask, site: given.Site) -> None:
    desk = Desk.of(app, "inspector")
    make_plan(app, desk)
    one = goods_came(app, site)
    desk.get(f"/inspections/samples/new?inspection={one}")
    assert "Still to be drawn: Retained 2" in desk.words.replace("\xa0", " ")
    balance = re.search(r'<option value="(\d+)">DOCK', desk.text)
    assert balance is not None
    form = {"key": "k1", "balance": balance[1], "quantity": "2", "inspection": str(one), "keep_until": "", "note": ""}
    desk.post("/inspections/samples", kind="retained", **form)
    assert desk.status == 302, desk.words
    sample = row_of(app, Sample)
    desk.get(desk.location)
    assert sample.code in desk.words and "It is kept through" in desk.words
    desk.post(f"/inspections/samples/{sample.id}/destroy", key="d", note="room needed")
    assert desk.status == 409 and "is kept through" in desk.words
    for kind in ("png", "svg", "pdf", "zpl"):
        assert desk.client.get(f"/inspections/samples/{sample.id}/label.{kind}").status_code == 200
    desk.get(f"/inspections/{one}")
    assert sample.code in desk.words
    desk.get("/inspections/samples?kind=retained&state=kept")
    assert sample.code in desk.words
    desk.get("/inspections/samples?state=due")
    assert sample.code not in desk.words
    desk.get(f"/inspections/samples/{sample.id}")
    desk.post(f"/inspections/samples/{sample.id}/use", key="u", quantity="2", note="identity")
    assert row_of(app, Sample).state.value == "consumed"


def test_a_suppliers_page_shows_every_number_of_its_rating_and_a_stop_is_lifted_by_a_signature(
    app: Flask, site: given.Site
) -> None:
    desk = Desk.of(app, "inspector")
    make_plan(app, desk, sampling="iso_2859_1", aql_major="1.0", fixed_size="")
    for bad in (0, 0, 1):
        one = goods_came(app, site, quantity=500)
        with app.app_context():
            inspection = db.session.get(Inspection, one)
            assert inspection is not None
            size = inspection.sample_size
            db.session.rollback()
            entries = [
                service.Entry(characteristic=1, first=n, value="9" if n <= bad * 2 else "10")
                for n in range(1, size + 1)
            ]
            for verb, args in ((service.enter_results, (one, entries)), (service.conform_the_rest, (one,))):
                do(verb, *args)
            to = Verdict.REJECTED if bad else Verdict.ACCEPTED
            do(service.close, one, to=to)
    with app.app_context():
        state = db.session.execute(select(SamplingState)).scalar_one()
        identity, supplier = state.id, state.supplier_id
        db.session.rollback()
        run_in_transaction(_stop, identity)
    desk.get(f"/inspections/suppliers/{supplier}")
    words = desk.words.replace("\xa0", " ")
    for said in ("70 × 2 / 3", "3 × 2", "30 × (1 − 6 / 150)", "− 10 × 1", "stopped"):
        assert said in words, said
    # 70 x 2/3 + 30 x (1 - 6/150) - 10
    assert str((Decimal(140) / 3 + Decimal("28.8") - 10).quantize(Decimal("0.1"))) in words
    assert len(desk.statements) <= 25, len(desk.statements)
    desk.get("/inspections/suppliers?q=SUP")
    assert "SUP" in desk.words
    desk.post(f"/inspections/sampling/{identity}/lift", note="new mould", password="wrong password")
    assert desk.status == 403 and row_of(app, SamplingState, identity).severity is Severity.STOPPED
    desk.get(f"/inspections/suppliers/{supplier}")
    desk.post(f"/inspections/sampling/{identity}/lift", note="new mould", password=PASSWORD)
    assert desk.status == 302, desk.words
    assert row_of(app, SamplingState, identity).severity is Severity.TIGHTENED
    signature = row_of(app, Signature)
    assert (signature.meaning.value, signature.subject_kind, signature.reason) == (
        "lifted",
        "sampling_state",
        "new mould",
    )
    desk.get(f"/inspections/suppliers/{supplier}")
    desk.post(f"/inspections/sampling/{identity}/reduced", allowed="1", note="steady")
    assert row_of(app, SamplingState, identity).is_reduced_allowed


def _stop(identity: int) -> None:
    state = db.session.get(SamplingState, identity)
    assert state is not None
    state.severity = Severity.STOPPED


def test_a_tranche_and_a_whole_sorting_from_the_page(app: Flask, site: given.Site) -> None:
    desk = Desk.of(app, "inspector")
    make_plan(app, desk)
    one = goods_came(app, site, quantity=10)
    desk.get(f"/inspections/{one}")
    desk.post(f"/inspections/{one}/tranches", quantity="4", bin_code="DOCK", lpn_code="", note="")
    tranche = int(desk.location.rsplit("/", 1)[1])
    desk.get(f"/inspections/{tranche}")
    assert "Tranche of" in desk.words
    desk.post(f"/inspections/{tranche}/sort")
    desk.get(f"/inspections/{tranche}")
    assert "Every one of the 4 units is looked at" in desk.words
    desk.post(f"/inspections/{tranche}/cancel", note="goes back whole")
    assert row_of(app, Inspection, tranche).state.value == "cancelled"
    desk.get(f"/inspections/{one}/units/99")
    assert desk.status == 302
    desk.get("/inspections/new")
    assert desk.status == 200
    lot = row_of(app, Inspection, one).lot_id
    desk.get(f"/inspections/new?lot={lot}")
    desk.post("/inspections", lot_id=str(lot), stage="retest", quantity="", bin_code="", lpn_code="")
    assert desk.status == 404, "no plan for a retest"


def test_a_sorted_lot_leads_on_to_releasing_its_good_part_and_rejecting_its_bad_one(
    app: Flask, site: given.Site
) -> None:
    desk = Desk.of(app, "inspector")
    make_plan(app, desk, c_kind=["visual", "visual", "visual"])
    one = goods_came(app, site, quantity=10)
    desk.post(f"/inspections/{one}/sort")
    desk.post(f"/inspections/{one}/conform-rest")
    desk.get(f"/inspections/{one}")
    assert "What to do now" not in desk.words
    desk.post(f"/inspections/{one}/close", verdict="sorted", rejected_quantity="2", note="two cracked")
    desk.get(f"/inspections/{one}")
    assert "Reject the bad part: 2" in desk.words and "Release the good part: 8" in desk.words
    bad, good = (re.search(rf'href="([^"]*quantity={figure}&[^"]*)"', desk.text) for figure in (2, 8))
    assert bad is not None and good is not None
    desk.get(bad[1].replace("&amp;", "&"))
    hidden = dict(re.findall(r'<input type="hidden" name="(key|bin)" value="([^"]+)">', desk.text))
    assert 'name="quantity" type="text" value="2"' in desk.text and "bin" in hidden
    desk.post(bad[1].split("?")[0], quantity="2", reason="cracked", password=PASSWORD, to="rejected", **hidden)
    assert desk.status == 302, desk.words
    desk.get(f"/inspections/{one}")
    assert "Release the good part: 8" in desk.words and "Reject the bad part" not in desk.words


def test_a_sample_of_a_lot_without_an_inspection_can_be_drawn(app: Flask, site: given.Site) -> None:
    desk = Desk.of(app, "inspector")
    with app.app_context():
        lot = given.lot(given.item("BARE"), received_on=given.TODAY)
        given.stock(lot, site, "DOCK", 5)
        identity = lot.id
    desk.get(f"/inspections/samples/new?lot={identity}")
    assert desk.status == 200 and "DOCK" in desk.words


def test_inspections_of_another_warehouse_are_not_found(app: Flask, site: given.Site) -> None:
    desk = Desk.of(app, "inspector")
    make_plan(app, desk)
    one = goods_came(app, site)
    with app.app_context():
        other = given.warehouse("ZZ")
        given.user("stranger", "quality", site=other)
    stranger = Desk.of(app, "stranger")
    for path in (f"/inspections/{one}", f"/inspections/{one}/units/1", f"/inspections/samples/new?inspection={one}"):
        stranger.get(path)
        assert stranger.status == 404, path
    stranger.get("/inspections")
    stranger.post(f"/inspections/{one}/start")
    assert stranger.status == 404
    assert row_of(app, Inspection, one).due_at - now() < timedelta(hours=24)
