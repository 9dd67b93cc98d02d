"""Setup > Lot numbers: a rule with its preview, a supplier's pattern, the test bench; and the same by the API."""

from typing import Any
from urllib.parse import urlencode

import pytest

from tests import given
from tests.web.desk_client import PASSWORD, Desk
from tests.web.machine import Machine
from wms.db import db
from wms.numbering import queries

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

LINES = {
    "kind": ["literal", "date", "", "sequence", "check"],
    "value": ["L", "YYMMDD", "", "", "mod10"],
    "width": ["", "", "", "3", ""],
    "reset": ["never", "never", "never", "day", "never"],
    "of": ["today"] * 5,
}
RULE = {"name": "Food", "trigger": "receipt", "item_class": "food", "is_active": "1"} | LINES
JSON_RULE = {
    "name": "Food", "trigger": "receipt", "item_class": "food", "is_gapless": True,
    "elements": [
        {"kind": "literal", "value": "L"}, {"kind": "date", "value": "YYMMDD"},
        {"kind": "sequence", "width": 3, "reset": "day"},
    ],
}  # fmt: skip


@pytest.fixture
def site(app: Any) -> given.Site:
    with app.app_context():
        made = given.warehouse("W9")
        given.user("boss", "supervisor", site=made, password=PASSWORD)
        given.user("pick", "picker", site=made, password=PASSWORD)
        given.partner("ACME", name_en="Acme")
        given.item("TEA-1", shelf_life_days=None, shelf_life_months=24)
    return made


def _rules(app: Any) -> list[Any]:
    with app.app_context():
        found = queries.rules()
        db.session.expunge_all()
        db.session.rollback()
        return found


def test_a_rule_is_previewed_before_it_is_kept(app: Any, site: given.Site) -> None:
    desk = Desk.of(app, "boss")
    assert 'value="YYMMDD"' in desk.get("/setup/lot-numbers/rules/new")
    desk.post("/setup/lot-numbers/rules/new", **RULE, do="preview")
    assert desk.status == 200 and desk.text.count("<li>L") == 5 and _rules(app) == []
    assert desk.text.count('name="kind"') == 4 + 3  # the blank line is gone, three are there to be filled
    desk.post("/setup/lot-numbers/rules/new", **RULE, do="more")
    assert desk.status == 200 and 'value="Food"' in desk.text
    desk.post("/setup/lot-numbers/rules/new", **RULE, do="save")
    assert desk.status == 302
    [rule] = _rules(app)
    assert [part.kind.value for part in rule.parts] == ["literal", "date", "sequence", "check"]
    assert "Food" in desk.get("/setup/lot-numbers") and "L26" in desk.text
    desk.post(
        f"/setup/lot-numbers/rules/{rule.id}", **RULE | {"name": "All food", "kind": ["literal"] * 5}, do="preview"
    )
    assert desk.status == 422 and "one sequence" in desk.words
    desk.post(f"/setup/lot-numbers/rules/{rule.id}", **RULE | {"name": "All food"}, do="save")
    assert _rules(app)[0].name == "All food"


def test_a_wrong_line_of_a_rule_is_named(app: Any, site: given.Site) -> None:
    desk = Desk.of(app, "boss")
    desk.get("/setup/lot-numbers")
    desk.post("/setup/lot-numbers/rules/new", **RULE | {"value": ["L", "YYXX", "", "", "mod10"]}, do="save")
    assert desk.status == 422 and "Value of line 2" in desk.words
    desk.post("/setup/lot-numbers/rules/new", **RULE | {"sku": "NONE"}, do="save")
    assert desk.status == 422 and _rules(app) == []
    desk.post("/setup/lot-numbers/rules/new", **RULE | {"warehouse_code": "W8"}, do="save")
    assert desk.status == 422


def test_a_pattern_is_tried_on_the_bench_and_kept(app: Any, site: given.Site) -> None:
    desk = Desk.of(app, "boss")
    template = "{YYMMDD}{LINE:1}{CHECK:mod10}"
    asked = {
        "template": template,
        "meaning": "manufactured",
        "shelf_life_months": "12",
        "samples": "261101A3\r\nQQ\r\n261101A9",
    }
    desk.get("/setup/lot-numbers/bench?" + urlencode(asked))
    assert desk.status == 200
    assert desk.words.count("✖ does not fit") == 2 and "2027-10-31" in desk.words
    assert "Needed: {YY}. There stands: QQ." in desk.words
    desk.get("/setup/lot-numbers/bench?" + urlencode(asked | {"template": "{YYM"}))
    assert desk.status == 422
    form = {"supplier_code": "ACME", "template": template, "meaning": "manufactured", "is_active": "1"}
    desk.post("/setup/lot-numbers/patterns/new", **form)
    assert desk.status == 302
    desk.post("/setup/lot-numbers/patterns/new", **form | {"template": "{NO}"})
    assert desk.status == 422
    desk.get("/setup/lot-numbers/bench?" + urlencode({"supplier_code": "ACME", "sku": "TEA-1", "samples": "261101A3"}))
    assert "2028-10-31" in desk.words
    assert template in desk.get("/setup/lot-numbers")


def test_one_without_the_right_sees_none_of_it(app: Any, site: given.Site) -> None:
    desk = Desk.of(app, "pick")
    assert "/setup/lot-numbers" not in desk.get("/setup")
    for path in ("", "/rules/new", "/patterns/new", "/bench"):
        desk.get("/setup/lot-numbers" + path)
        assert desk.status == 403


def test_the_api_does_the_same(app: Any, site: given.Site) -> None:
    machine = Machine.of(app, "supervisor", site=site)
    shown = machine.post("/lot-number-rules/preview", JSON_RULE, key="")
    assert shown.status_code == 200 and len(shown.json["numbers"]) == 5 and shown.json["numbers"][0].endswith("001")
    made = machine.post("/lot-number-rules", JSON_RULE)
    assert made.status_code == 201 and made.json["elements"][2] == {
        "kind": "sequence", "value": "", "width": 3, "reset": "day", "of": "today",
    }  # fmt: skip
    path = f"/lot-number-rules/{made.json['id']}"
    changed = machine.put(path, JSON_RULE | {"name": "Other", "elements": made.json["elements"]})
    assert changed.status_code == 200 and changed.json["name"] == "Other"
    assert machine.put(path, JSON_RULE, etag='"old"').status_code == 412
    assert machine.post("/lot-number-rules", JSON_RULE | {"name": "N2"}).json["code"] == "duplicate_value"
    assert len(machine.get(path + "/next").json["numbers"]) == 5
    assert [rule["name"] for rule in machine.get("/lot-number-rules").json["items"]] == ["Other"]

    body = {"supplier_code": "ACME", "sku": "TEA-1", "template": "{Y1}{DDD}{SHIFT:1=ABC}"}
    pattern = machine.post("/lot-code-patterns", body)
    assert pattern.status_code == 201
    seen = machine.get("/lot-codes/read?" + urlencode({"supplier_code": "ACME", "sku": "TEA-1", "text": "5001A"}))
    [reading] = seen.json["items"]
    assert (reading["manufactured_on"], reading["expires_on"], reading["shift"]) == ("2025-01-01", "2026-12-31", "A")
    tried = machine.post("/lot-codes/read", {"template": "{Y1}{DDD}", "samples": ["5001", "x"]}, key="")
    assert [(one["text"], one["fits"]) for one in tried.json["items"]] == [("5001", True), ("x", False)]
    changed = machine.put(f"/lot-code-patterns/{pattern.json['id']}", body | {"meaning": "expiry"})
    assert changed.json["meaning"] == "expiry"
    assert machine.post("/lot-code-patterns", body | {"template": "{"}).status_code == 422
    assert Machine.of(app, "picker", site=site).post("/lot-number-rules", JSON_RULE).status_code == 403
