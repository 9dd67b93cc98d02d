"""Items and partners at the desk: found, shown, changed with a trace; what is wrong gets a sentence and changes nothing."""

import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests import given
from wms.catalog import queries
from wms.core.ids import ItemId

#: Pages here ask what the services have answered on both engines; one is enough.
pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

PASSWORD = "correct horse 1"
ITEM = {
    "name_en": "Green tea 100 g", "name_zh": "绿茶", "specification": "100 g", "item_class": "food",
    "storage_class": "ambient", "shelf_life_days": "540", "receipt_life_days_min": "", "receipt_life_percent_min": "50",
    "usable_on_expiry_day": "1", "expiry_warning_days": "45", "allocation_policy": "fefo", "fefo_grade": "reason",
    "typed_lot_policy": "twice", "over_receipt_percent": "5", "maker_id": "", "registrant": "", "approval_number": "",
    "approval_valid_until": "", "allergen": "", "hazard": "", "country": "CN", "is_active": "1",
}  # fmt: skip


class Desk:
    """A person at the desk."""

    def __init__(self, app: Flask, client: FlaskClient) -> None:
        self.app, self.client = app, client
        with app.app_context():
            site = given.warehouse("N1")
            given.user("super", "supervisor", site=site)
            given.user("picker", "picker", site=site)
            self.tea = given.item("TEA-01", name_en="Tea", name_zh="茶").id
            self.maker = given.partner("MAKER").id
            self.customer = given.partner("SHOP", name_en="Corner shop").id

    def enter(self, login: str) -> "Desk":
        self.post("/login", login=login, password=PASSWORD)
        return self

    def post(self, path: str, **form: Any) -> Any:
        page = self.client.get("/items" if path != "/login" else "/login").text
        found = re.search(r'name="csrf-token" content="([^"]+)"', page)
        assert found
        return self.client.post(path, data=form | {"csrf_token": found[1]})

    def item(self, item: int | None = None) -> Any:
        with self.app.app_context():
            return queries.get_item(ItemId(item or self.tea))


@pytest.fixture
def desk(app: Flask, client: FlaskClient) -> Desk:
    return Desk(app, client)


def test_an_item_is_found_by_sku_name_chinese_name_and_gtin(desk: Desk) -> None:
    gtin = desk.item().pack_units[0].gtin
    desk.enter("picker")
    for text in ("tea", "TEA-01", "茶", gtin, gtin.lstrip("0")):
        assert "TEA-01" in desk.client.get("/items", query_string={"q": text}).text, text
    assert "TEA-01" not in desk.client.get("/items?q=100%25_").text


def test_a_change_is_saved_and_shown_with_who_made_it(desk: Desk) -> None:
    desk.enter("super")
    assert desk.post(f"/items/{desk.tea}/edit", **(ITEM | {"maker_id": str(desk.maker)})).status_code == 302
    item = desk.item()
    assert (item.name_en, item.expiry_warning_days, item.fefo_grade.value) == ("Green tea 100 g", 45, "reason")
    page = desk.client.get(f"/items/{desk.tea}").text
    assert "expiry_warning_days" in page and "Super" in page


@pytest.mark.parametrize(
    "wrong",
    [
        {"name_en": ""}, {"name_en": "x" * 161}, {"shelf_life_days": "1e3"}, {"shelf_life_days": "-1"},
        {"receipt_life_percent_min": "101"}, {"item_class": "toys"}, {"country": "cn"}, {"maker_id": "999"},
        {"approval_valid_until": "31.12.2026"}, {"sku": "OTHER"}, {"expiry_warning_days": ""}, {"name_zh": "a\x0bb"},
    ],
)  # fmt: skip
def test_a_wrong_value_gets_a_sentence_and_changes_nothing(desk: Desk, wrong: dict[str, str]) -> None:
    answer = desk.enter("super").post(f"/items/{desk.tea}/edit", **(ITEM | wrong))
    assert answer.status_code in (404, 422)
    assert desk.item().name_en == "Tea"


def test_an_item_is_made_with_its_unit_once(desk: Desk) -> None:
    desk.enter("super")
    form = {
        "sku": "NEW-1", "name_en": "New", "name_zh": "", "item_class": "drug", "base_unit": "box", "gtin": "9506000134352",
        "storage_class": "cold", "date_basis": "expiry", "shelf_life_days": "365",
    }  # fmt: skip
    made = desk.post("/items/new", **form)
    assert made.status_code == 302
    unit = desk.item(int(made.location.rsplit("/", 1)[1])).pack_units[0]
    assert (unit.code, unit.gtin) == ("box", "09506000134352")
    assert desk.post("/items/new", **form).status_code == 409
    assert desk.post("/items/new", **(form | {"sku": "NEW-2"})).status_code == 409  # the GTIN is taken
    assert desk.post("/items/new", **(form | {"sku": "NEW-3", "gtin": "9506000134353"})).status_code == 422
    assert desk.client.get("/items?q=NEW").text.count(">NEW-") == 1


def test_a_unit_is_added_and_not_twice(desk: Desk) -> None:
    desk.enter("super")
    assert desk.post(f"/items/{desk.tea}/units", code="pallet", factor="480", gtin="").status_code == 302
    assert desk.post(f"/items/{desk.tea}/units", code="pallet", factor="500", gtin="").status_code == 409
    assert desk.post(f"/items/{desk.tea}/units", code="tote", factor="0", gtin="").status_code == 422
    assert [u.code for u in desk.item().pack_units] == ["ea", "case", "pallet"]


def test_who_may_not_edit_is_refused(desk: Desk) -> None:
    desk.enter("picker")
    assert desk.client.get("/items/new").status_code == 403
    assert desk.post(f"/items/{desk.tea}/edit", **ITEM).status_code == 403
    assert desk.item().name_en == "Tea"


def test_a_partner_is_made_changed_and_its_wish_for_one_item_kept(desk: Desk) -> None:
    desk.enter("super")
    fields = {"name_en": "Shop", "name_zh": "小店", "is_customer": "1", "gln": "9521400000019", "is_active": "1"}
    bad = desk.post("/setup/partners/new", code="NEW", **(fields | {"gln": "9521400000018"}))
    good = desk.post("/setup/partners/new", code="NEW", **(fields | {"gln": ""}))
    assert (bad.status_code, good.status_code) == (422, 302)
    assert desk.post("/setup/partners/new", code="NEW", **(fields | {"gln": ""})).status_code == 409
    rules = f"/setup/partners/{desk.customer}/rules"
    assert desk.post(rules, sku="TEA-01", shelf_life_days_min="90").status_code == 302
    assert "TEA-01" in desk.client.get(f"/setup/partners/{desk.customer}").text
    assert desk.post(rules, sku="NONE", shelf_life_days_min="90").status_code == 404
    assert desk.post(rules, sku="TEA-01").status_code == 302
    assert "TEA-01" not in desk.client.get(f"/setup/partners/{desk.customer}").text.split("<h2>")[1]


@pytest.mark.parametrize("path", ["/items/1", "/items/9223372036854775808", "/setup/partners/5", "/items/new/x"])
def test_what_is_not_there_is_404(desk: Desk, path: str) -> None:
    assert desk.enter("super").client.get(path).status_code == 404


def test_chinese_names_are_found_by_their_sound_and_its_initials(desk: Desk) -> None:
    with desk.app.app_context():
        given.item("AMX-250", name_en="Amoxicillin", name_zh="阿莫西林胶囊")
        given.partner("CQ", name_en="Brewery", name_zh="重慶啤酒", is_customer=True)
    desk.enter("super")
    for typed in ("amoxilin", "A MO XI LIN", "amxljn", "jiaonang", "xi'lin"):
        assert "AMX-250" in desk.client.get(f"/items?q={typed}").text, typed
    for typed in ("chongqing", "cqpj", "pijiu"):
        assert "CQ</a>" in desk.client.get(f"/setup/partners?q={typed}").text, typed
    page = desk.client.get("/search?q=amxl").text
    assert "Nothing is called exactly" in page and "AMX-250" in page
    assert "AMX-250" not in desk.client.get("/items?q=mxlq").text
    changed = ITEM | {"name_zh": "头孢", "name_en": "Cefalexin"}
    assert desk.post(f"/items/{desk.tea}/edit", **changed).status_code == 302
    assert desk.item().sound == "toubao tb"
