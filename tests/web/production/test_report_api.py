"""Reports and vessels by the API: the same verbs, told in the same words."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from tests import given
from tests.web.machine import Machine
from tests.web.production.test_report_pages import plant


def test_a_machine_reports_corrects_and_reads_what_the_error_touched(app: Flask) -> None:
    known = plant(app)
    mes = Machine.of(app, "supervisor", site=known["site"])
    order = f"/work-orders/{known['order']}"
    stands = mes.get(f"{order}/line-stock").get_json()["items"]
    assert {one["lot_number"]: (one["quantity"], one["is_usable"]) for one in stands} == {
        "FLOUR-1": ("100", True), "FLOUR-2": ("100", True),
    }  # fmt: skip
    body: dict[str, Any] = {
        "operation": 10, "inputs": [{"lot_id": str(known["wrong"]), "quantity": "30"}],
        "outputs": [{"quantity": "30"}], "parameters": [{"name": "Oven", "value": "230"}],
    }  # fmt: skip
    first = mes.post(f"{order}/reports", body, key="a")
    assert first.status_code == 201, first.text
    assert mes.post(f"{order}/reports", body, key="a").get_json() == first.get_json()
    report = first.get_json()
    assert [one["lot_number"] for one in report["inputs"]] == ["FLOUR-1"]
    assert report["parameters"] == [{"name": "Oven", "value": "230", "unit": "C", "is_within": True}]
    fixed = mes.post(
        f"/production-reports/{report['id']}/correct",
        {"reason": "label", "inputs": [{"lot_id": str(known["right"]), "quantity": "30"}]},
    )
    assert fixed.status_code == 200, fixed.text
    assert fixed.get_json()["corrects_id"] == report["id"]
    told = mes.get(f"/production-reports/{report['id']}/impact").get_json()
    assert {(one["lot_number"], one["before"], one["after"]) for one in told["differences"]} == {
        ("FLOUR-1", "30", "0"), ("FLOUR-2", "0", "30"),
    }  # fmt: skip
    assert [one["is_hold_suggested"] for one in told["touched"]] == [True]
    lot = report["outputs"][0]["lot_id"]
    links = mes.get(f"/lots/{lot}/links").get_json()["came_from"]
    assert {(one["source_lot_number"], one["is_taken_back"]) for one in links} == {
        ("FLOUR-1", True),
        ("FLOUR-2", False),
    }
    listed = mes.get(f"/production-reports?work_order_id={known['order']}").get_json()["items"]
    assert [one["taken_back_at"] is None for one in listed] == [True, False]
    back = mes.post(f"/production-reports/{fixed.get_json()['id']}/take-back", {"reason": "never was"})
    assert back.status_code == 200, back.text
    again = mes.post(f"/production-reports/{report['id']}/take-back", {"reason": "twice"})
    assert (again.status_code, again.get_json()["code"]) == (409, "report_corrected")
    with app.app_context():
        given.ledger_is_whole()


def test_a_machine_fills_draws_and_cleans_a_vessel(app: Flask) -> None:
    known = plant(app)
    mes = Machine.of(app, "production", site=known["site"])
    tank = f"/vessels/{known['tank']}"
    body = {"lot_id": str(known["wrong"]), "bin_code": known["line"], "quantity": "60"}
    assert mes.post(f"{tank}/fill", body).status_code == 200
    inside = mes.post(f"{tank}/fill", body | {"lot_id": str(known["right"]), "quantity": "30"}).get_json()["contents"]
    assert [(one["lot_number"], one["share"], one["percent"]) for one in inside] == [
        ("FLOUR-1", "2/3", "66.67"), ("FLOUR-2", "1/3", "33.33"),
    ]  # fmt: skip
    refused = mes.post(f"{tank}/draw", {"quantity": "9", "to_bin_code": "A-02"})
    assert (refused.status_code, refused.get_json()["code"]) == (409, "vessel_mixed")
    assert mes.post(f"{tank}/clean", {"method": "CIP"}).get_json()["code"] == "vessel_not_empty"
    done = mes.post(
        f"/work-orders/{known['order']}/reports",
        {"inputs": [{"vessel_id": str(known["tank"]), "quantity": "90"}], "outputs": [{"quantity": "90"}],
         "parameters": [{"name": "Oven", "value": "230"}]},
    )  # fmt: skip
    assert done.status_code == 201, done.text
    assert {(one["lot_number"], one["quantity"], one["source"]) for one in done.get_json()["inputs"]} == {
        ("FLOUR-1", "60", "vessel"), ("FLOUR-2", "30", "vessel"),
    }  # fmt: skip
    assert len(mes.post(f"{tank}/clean", {"method": "CIP"}).get_json()["cleanings"]) == 1
    view = mes.get(f"{tank}/contents").get_json()
    assert (view["contents"], view["residue_lot_ids"]) == ([], [])
    assert len(mes.get(f"{tank}/moves").get_json()["items"]) == 4


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_machine_asks_and_another_person_signs_that_a_closed_order_is_opened_again(app: Flask) -> None:
    known = plant(app)
    with app.app_context():
        given.user("chief", "supervisor", site=known["site"])
    mes = Machine.of(app, "supervisor", site=known["site"])
    order = f"/work-orders/{known['order']}"
    told = mes.post(
        f"{order}/reports",
        {"inputs": [{"lot_id": str(known["wrong"]), "quantity": "30"}], "outputs": [{"quantity": "30"}],
         "parameters": [{"name": "Oven", "value": "230"}]},
    ).get_json()  # fmt: skip
    report = f"/production-reports/{told['id']}"
    assert mes.get(f"{report}/units").get_json() == {"items": []}
    assert mes.post(f"{report}/ask-correction", {"reason": "label"}).get_json()["code"] == "wrong_state"
    assert mes.post(f"{order}/complete", {}).status_code == 200
    chief = {"login": "chief", "password": "correct horse 1"}
    boss = {"login": "boss", "password": "correct horse 1"}
    closed = mes.post(f"{order}/close", {"reason": "off the shelf", "signature": chief})
    assert closed.status_code == 200, closed.text
    asked = mes.post(f"{report}/ask-correction", {"reason": "label"}).get_json()
    assert (asked["reason"], asked["opened_at"]) == ("label", None)
    opened = mes.post(f"{report}/open-correction", {"signature": boss})
    assert opened.status_code == 200, opened.text
    assert opened.get_json()["opened_at"] is not None
    body = {"reason": "label", "inputs": [{"lot_id": str(known["right"]), "quantity": "30"}]}
    assert mes.post(f"{report}/correct", body).status_code == 200
    assert mes.post(f"{order}/close", {"reason": "now it agrees", "signature": chief}).status_code == 200
    [one] = mes.get(f"{order}/corrections").get_json()["items"]
    assert one["report_number"] == told["number"] and one["closed_at"] is not None
    impact = mes.get(f"{report}/impact").get_json()
    assert (impact["deliveries"], impact["recalls"]) == ([], [])
