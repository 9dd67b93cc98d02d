"""Own fields and attachments by the API: values beside their records, files as base64, each refused in words."""

import base64
from typing import Any

import pytest
from flask import Flask

from tests import given
from tests.unit.files.test_types_of_files import PDF
from tests.web.api.test_inspection import Scene as Inspected
from tests.web.api.test_inspection import code_of, scene
from tests.web.machine import Machine

__all__ = ["scene"]
ITEM = {
    "sku": "MILK", "name_en": "Milk", "item_class": "food", "base_unit": "pcs", "storage_class": "cool",
    "date_basis": "expiry",
}  # fmt: skip
COLOUR = {
    "record_kind": "item", "code": "colour", "name_en": "Colour", "name_zh": "颜色", "type": "choice",
    "choices": [{"code": "red", "name_en": "Red"}, {"code": "green", "name_en": "Green", "name_zh": "绿"}],
}  # fmt: skip


@pytest.fixture
def admin(app: Flask) -> Machine:
    with app.app_context():
        given.warehouse("W1")
    return Machine.of(app, "administrator")


@pytest.fixture
def erp(app: Flask, admin: Machine) -> Machine:
    return Machine.of(app, "supervisor", "quality")


def _define(admin: Machine, **more: Any) -> Any:
    made = admin.post("/own-fields", {"name_en": more["code"].title(), "record_kind": "item", "type": "text"} | more)
    assert made.status_code == 201, made.text
    return made.json


def test_a_field_is_defined_changed_and_listed(admin: Machine, erp: Machine) -> None:
    made = admin.post("/own-fields", COLOUR)
    assert made.status_code == 201, made.text
    field: Any = made.json
    assert field["choices"][1] == {"code": "green", "name_en": "Green", "name_zh": "绿", "is_active": True}
    path = f"/own-fields/{field['id']}"
    whole = {name: value for name, value in field.items() if name not in ("id", "record_kind", "code")}
    changed = admin.put(path, whole | {"is_required": True})
    assert changed.status_code == 200 and changed.json["is_required"] is True  # type: ignore[index]
    assert erp.get("/own-fields?record_kind=item").json == {"items": [changed.json]}
    assert erp.get("/own-fields?record_kind=lot").json == {"items": []}
    assert admin.post("/own-fields", COLOUR).status_code == 409
    assert erp.post("/own-fields", COLOUR | {"code": "other"}).status_code == 403
    wrong = admin.post("/own-fields", COLOUR | {"code": "other", "pattern": "a"})
    assert wrong.status_code == 422 and wrong.json["data"]["errors"] == {"pattern": ["field_no_pattern"]}  # type: ignore[index]


def test_values_go_in_and_come_out_with_their_record(admin: Machine, erp: Machine) -> None:
    admin.post("/own-fields", COLOUR | {"is_required": True})
    _define(admin, code="boxes", type="whole", minimum="1", maximum="9")
    assert erp.post("/items", ITEM).json["code"] == "own_field_missing"  # type: ignore[index]
    made: Any = erp.post("/items", ITEM | {"fields": {"colour": "red", "boxes": 3}}).json
    assert made["fields"] == {"colour": "red", "boxes": 3}
    path = f"/items/{made['id']}"
    fixed = ("id", "sku", "base_unit", "date_basis", "is_lot_tracked", "units", "fields")
    whole = {name: value for name, value in made.items() if name not in fixed}
    before = erp.get(path).headers["ETag"]
    kept: Any = erp.put(path, whole | {"name_en": "Milk 1 l"}).json
    assert kept["fields"] == made["fields"], "what is not named stays"
    changed: Any = erp.put(path, whole | {"fields": {"boxes": None}}).json
    assert changed["fields"] == {"colour": "red"} and erp.get(path).headers["ETag"] != before
    assert [one["sku"] for one in erp.get("/items?f.colour=red").json["items"]] == ["MILK"]  # type: ignore[index]
    assert erp.get("/items?f.colour=green").json["items"] == []  # type: ignore[index]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_wrong_value_is_refused_by_name_and_keeps_nothing(admin: Machine, erp: Machine) -> None:
    admin.post("/own-fields", COLOUR)
    _define(admin, code="boxes", type="whole", minimum="1", maximum="9")
    for values, code, data in (
        ({"size": "x"}, "own_field_unknown", {"field": "size", "kind": "item", "known": ["boxes", "colour"]}),
        (
            {"boxes": "3"},
            "own_field_wrong_kind",
            {"field": "Boxes", "field_code": "boxes", "needed": "field_whole", "came": "3"},
        ),
        ({"boxes": 10}, "own_field_out_of_range", {"least": "1", "most": "9", "came": "10"}),
        ({"colour": "blue"}, "own_field_not_choice", {"field": "Colour", "needed": ["Red", "Green"], "came": "blue"}),
        ({"colour": ["red"]}, "field_errors", {"errors": {"fields": ["bad_own_fields"]}}),
        ([], "field_errors", {"errors": {"fields": ["bad_own_fields"]}}),
    ):
        refused: Any = erp.post("/items", ITEM | {"fields": values}).json
        assert refused["code"] == code and data.items() <= refused["data"].items(), refused
    assert erp.get("/items?q=MILK").json["items"] == []  # type: ignore[index]
    assert erp.get("/items?f.size=x").json["code"] == "own_field_unknown"  # type: ignore[index]
    local = erp.post("/items", ITEM | {"fields": {"colour": "blue"}}).json
    assert local["detail"] == "Colour: needed one of Red, Green; came “blue”. Choose one of the list."  # type: ignore[index]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_lots_and_receipts_carry_their_own_fields(app: Flask, admin: Machine, erp: Machine) -> None:
    _define(admin, code="grade", record_kind="lot")
    _define(admin, code="dock_clean", record_kind="receipt", type="yes_no")
    with app.app_context():
        lot = given.lot(given.item("MILK"), "L-1").id
    got: Any = erp.post(f"/lots/{lot}/fields", {"fields": {"grade": "first"}}).json
    assert got["fields"] == {"grade": "first"} and got["number"] == "L-1"
    listed: Any = erp.get("/lots?f.grade=fi").json
    assert [one["fields"] for one in listed["items"]] == [{"grade": "first"}]
    assert erp.get("/stock?f.grade=fi").json == {"items": [], "next": None}
    receipt: Any = erp.post("/receipts", {}).json
    path = f"/receipts/{receipt['id']}"
    arrived = erp.post(f"{path}/arrival", {"plate": "AB-12", "fields": {"dock_clean": False}})
    assert arrived.status_code == 200, arrived.text
    assert arrived.json["fields"] == {"dock_clean": False}  # type: ignore[index]
    assert [one["id"] for one in erp.get("/receipts?f.dock_clean=no").json["items"]] == [receipt["id"]]  # type: ignore[index]
    assert erp.get("/receipts?f.dock_clean=yes").json["items"] == []  # type: ignore[index]
    assert erp.post(f"{path}/arrival", {"fields": {"grade": "x"}}).json["code"] == "own_field_unknown"  # type: ignore[index]
    assert Machine.of(app, "picker").post(f"/lots/{lot}/fields", {"fields": {}}).status_code == 403


def test_a_certificate_is_attached_read_verified_and_withdrawn(app: Flask, erp: Machine) -> None:
    with app.app_context():
        lot = given.lot(given.item("MILK"), "L-1").id
    body = {
        "subject_kind": "lot", "subject_id": str(lot), "name": "C:\\lab\\COA.pdf", "kind": "certificate",
        "expires_on": "2027-01-31", "content": base64.b64encode(PDF).decode(),
    }  # fmt: skip
    made = erp.post("/attachments", body, key="once")
    assert made.status_code == 201, made.text
    file: Any = made.json
    assert (file["name"], file["kind"], file["content_type"]) == ("COA.pdf", "certificate", "application/pdf")
    assert erp.post("/attachments", body, key="once").json == file
    assert erp.post("/attachments", body).json == file, "the same bytes hang once"
    assert erp.get(f"/attachments?subject_kind=lot&subject_id={lot}").json == {"items": [file], "next": None}
    path = f"/attachments/{file['id']}"
    assert erp.get(path).json == file and erp.get(f"{path}/content").data == PDF
    assert erp.get(f"{path}/verification").json["is_unchanged"] is True  # type: ignore[index]
    withdrawn: Any = erp.post(f"{path}/withdraw", {"reason": "wrong lot"}).json
    assert withdrawn["withdraw_reason"] == "wrong lot" and withdrawn["withdrawn_at"]
    assert erp.post(f"{path}/withdraw", {"reason": "again"}).status_code == 409


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_file_that_is_not_taken_is_refused_and_one_of_another_warehouse_is_not_there(
    app: Flask, admin: Machine
) -> None:
    with app.app_context():
        lot = given.lot(given.item("MILK"), "L-1").id
        near, far = given.warehouse("W2"), given.warehouse("W3")
    here, there = Machine.of(app, "receiver", site=near), Machine.of(app, "receiver", site=far)
    body = {"subject_kind": "lot", "subject_id": str(lot), "name": "a.pdf", "kind": "other"}
    for content, why in ((b"<html></html>", "not_as_named"), (b"", None), (b"%PDF-1.4", "broken")):
        answer: Any = here.post("/attachments", body | {"content": base64.b64encode(content).decode()})
        assert answer.status_code == 422
        assert why is None or answer.json["data"]["why"] == why
    assert here.post("/attachments", body | {"content": "no base64!"}).status_code == 422
    large = here.post("/attachments", body | {"content": "A" * (16 * 1024 * 1024 * 4 // 3)})
    assert large.status_code == 413
    receipt: Any = here.post("/receipts", {}).json
    mine = body | {"subject_kind": "receipt", "subject_id": receipt["id"], "content": base64.b64encode(PDF).decode()}
    assert there.post("/attachments", mine).status_code == 404
    file: Any = here.post("/attachments", mine).json
    for more in ("", "/content", "/verification"):
        assert there.get(f"/attachments/{file['id']}{more}").status_code == 404
        assert here.get(f"/attachments/{file['id']}{more}").status_code == 200
    assert there.get(f"/attachments?subject_kind=receipt&subject_id={receipt['id']}").status_code == 404
    assert there.post(f"/attachments/{file['id']}/withdraw", {"reason": "x"}).status_code == 404
    assert Machine.of(app, "picker", site=near).post("/attachments", mine).status_code == 403


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_an_inspection_asks_for_its_own_fields_at_the_verdict(app: Flask, scene: Inspected, admin: Machine) -> None:
    _define(admin, code="sun", record_kind="inspection", type="yes_no", is_required=True)
    scene.plan()
    path = f"/inspections/{scene.came()}"
    assert scene.machine.get(path).json["fields"] == {}  # type: ignore[index]
    assert code_of(scene.machine.post(f"{path}/conform-rest"))[0] < 500
    close = {"verdict": "rejected", "note": "dirty"}
    assert code_of(scene.machine.post(f"{path}/close", close)) == (422, "own_field_missing")
    assert code_of(scene.machine.post(f"{path}/fields", {"fields": {"sun": None}})) == (422, "own_field_missing")
    set_it: Any = scene.machine.post(f"{path}/fields", {"fields": {"sun": True}})
    assert set_it.status_code == 200 and set_it.json["fields"] == {"sun": True} and set_it.json["state"] == "in_work"
    assert scene.machine.post(f"{path}/close", close).status_code == 200
    assert code_of(scene.machine.post(f"{path}/fields", {"fields": {"sun": False}})) == (409, "wrong_state")
