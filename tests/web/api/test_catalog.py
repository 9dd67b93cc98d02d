"""An ERP keeps items and partners in step."""

from typing import Any

import pytest
from flask import Flask

from tests import given
from tests.web.machine import Machine

ITEM = {
    "sku": "MILK-1L", "name_en": "Milk 1 l", "name_zh": "牛奶 1 升", "item_class": "food", "base_unit": "pcs",
    "storage_class": "cool", "date_basis": "expiry", "shelf_life_days": 21, "gtin": "06901234000016",
}  # fmt: skip


@pytest.fixture
def erp(app: Flask) -> Machine:
    with app.app_context():
        site = given.warehouse("W1")
    return Machine.of(app, "supervisor", site=site)


def _gtin(text: str) -> str:
    """The same thirteen digits with a right check digit."""
    body = text[:-1].zfill(13)
    total = sum(int(sign) * (3 if place % 2 == 0 else 1) for place, sign in enumerate(body))
    return body + str(-total % 10)


def test_an_item_is_made_read_changed_and_found(erp: Machine) -> None:
    made = erp.post("/items", ITEM | {"gtin": _gtin(ITEM["gtin"])})
    assert made.status_code == 201, made.text
    item: Any = made.json
    assert item["name_zh"] == "牛奶 1 升" and item["id"].isdigit()
    assert item["units"] == [{"code": "pcs", "factor": "1", "gtin": _gtin(ITEM["gtin"])}]
    path = f"/items/{item['id']}"
    read = erp.get(path)
    assert read.json == item and read.headers["ETag"]
    assert (
        erp.client.get(
            f"/api/v1{path}", headers={"Authorization": f"Bearer {erp.key}", "If-None-Match": read.headers["ETag"]}
        ).status_code
        == 304
    )
    fixed = ("id", "sku", "base_unit", "date_basis", "is_lot_tracked", "units")
    whole = {name: value for name, value in item.items() if name not in fixed} | {"shelf_life_days": 28}
    whole |= {"food_traceability": "listed", "food_traceability_category": "Fresh soft cheeses"}
    changed = erp.put(path, whole)
    assert changed.status_code == 200 and changed.json is not None and changed.json["shelf_life_days"] == 28
    assert item["food_traceability"] == "unstated" and changed.json["food_traceability"] == "listed"
    assert changed.headers["ETag"] == erp.get(path).headers["ETag"] != read.headers["ETag"]
    unit = erp.post(f"{path}/units", {"code": "case", "factor": "12"})
    assert [one["code"] for one in unit.json["units"]] == ["pcs", "case"]  # type: ignore[index]
    found = erp.get("/items?q=milk").json
    assert found is not None and [one["sku"] for one in found["items"]] == ["MILK-1L"]


def test_a_partner_is_made_changed_and_asks_its_remaining_life(erp: Machine) -> None:
    erp.post("/items", ITEM | {"gtin": ""})
    made = erp.post("/partners", {"code": "SHOP", "name_en": "Shop", "is_customer": True})
    assert made.status_code == 201, made.text
    partner: Any = made.json
    path = f"/partners/{partner['id']}"
    whole = {name: value for name, value in partner.items() if name not in ("id", "code")} | {"phone": "123"}
    assert erp.put(path, whole).json["phone"] == "123"  # type: ignore[index]
    rules = erp.post(f"{path}/rules", {"sku": "MILK-1L", "shelf_life_days_min": 7})
    assert rules.json["items"][0]["shelf_life_days_min"] == 7  # type: ignore[index]
    assert erp.get(f"{path}/rules").json == rules.json
    assert erp.post(f"{path}/rules", {"sku": "MILK-1L"}).json == {"items": []}


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_change_on_an_old_reading_is_refused_and_changes_nothing(erp: Machine) -> None:
    partner: Any = erp.post("/partners", {"code": "SHOP", "name_en": "Shop"}).json
    path = f"/partners/{partner['id']}"
    old = erp.get(path).headers["ETag"]
    whole = {name: value for name, value in partner.items() if name not in ("id", "code")}
    assert erp.put(path, whole | {"phone": "1"}, etag=old).status_code == 200
    stale = erp.put(path, whole | {"phone": "2"}, etag=old)
    assert stale.status_code == 412 and stale.json is not None and stale.json["code"] == "record_changed"
    bare = erp.put(path, whole | {"phone": "2"}, etag="")
    assert bare.status_code == 428
    assert erp.get(path).json["phone"] == "1"  # type: ignore[index]
    assert erp.put("/partners/1", whole, etag=old).status_code == 404


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"sku": ""}, "sku"),
        ({"item_class": "toy"}, "item_class"),
        ({"shelf_life_days": 0}, "shelf_life_days"),
        ({"shelf_life_days": "many"}, "shelf_life_days"),
        ({"gtin": "06901234000011"}, "gtin"),
        ({"colour": "red"}, "colour"),
        ({"name_en": 7}, "name_en"),
    ],
)
def test_a_wrong_item_is_refused_by_its_field(erp: Machine, change: dict[str, Any], field: str) -> None:
    refused = erp.post("/items", ITEM | {"gtin": ""} | change)
    assert refused.status_code == 422 and refused.json is not None
    assert list(refused.json["data"]["errors"]) == [field]
    assert erp.get("/items").json == {"items": [], "next": None}


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_an_auditor_reads_and_changes_nothing(app: Flask, erp: Machine) -> None:
    with app.app_context():
        site = given.warehouse("W2")
    auditor = Machine.of(app, "auditor", site=site)
    erp.post("/items", ITEM | {"gtin": ""})
    assert auditor.get("/items").status_code == 200
    assert auditor.post("/items", ITEM | {"sku": "X", "gtin": ""}).status_code == 403
    twice = erp.post("/items", ITEM | {"gtin": ""})
    assert twice.status_code == 409 and twice.json is not None and twice.json["code"] == "duplicate_value"


def test_a_list_of_items_costs_the_same_however_long(app: Flask, erp: Machine) -> None:
    from sqlalchemy import event

    from wms.db import db

    counts = []
    for number in range(2):
        with app.app_context():
            for _ in range(1 + 10 * number):
                given.item()
            engine = db.engine
        said: list[str] = []

        def note(*arguments: Any, said: list[str] = said) -> None:
            said.append(arguments[2])

        event.listen(engine, "before_cursor_execute", note)
        try:
            assert erp.get("/items").status_code == 200
        finally:
            event.remove(engine, "before_cursor_execute", note)
        counts.append(len([one for one in said if one.startswith("SELECT")]))
    assert counts[0] == counts[1] <= 6, counts
