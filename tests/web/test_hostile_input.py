"""Hostile input at every route and every handheld task: never a 500, a sentence for every no, and a no changes nothing.

The walk is over the url map itself, so a route that is added is attacked without a word here. A second connection to the
database sees whether a request wrote anything at all, into whichever table.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule

from tests import given
from tests.given import NOW
from tests.web.hostile import COUNTED, PASSWORD, ROLES, House, Watch, house, log_in, words_of
from wms.db import db

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

_ARGUMENT = re.compile(r"<(?:[^:>]*(?:\([^)]*\))?:)?([a-z_]+)>")
#: They end the session the walk needs, or give files that are no pages.
_LEFT_OUT = {"static", "accounts.log_out", "mobile.switch"}
_IDS = ("0", "-1", "1", str(2**63 - 1), str(2**63), "9" * 5000, "text", "%00", "%F0%9F%98%80", "1.5", "..%2f..%2fetc")
_QUERIES = (
    "q=%00", "q=%ed%a0%80%ff", "lang=%ff", "_scheme=x", "_external=1", "endpoint=x", "order_id=1", "q[]=1", "q=a&q=b",
    "cursor=WyIyMDI2LTExLTIyIiwgMTAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwXQ", "cursor=WyJcdWQ4MDAiLCAxXQ", "cursor=%F0%9F%98%80",
    "cursor=W10", "q=" + "x" * 5000, "sort=;drop", "state={{7777*7777}}", "before=9999-12-31", "due=0000-00-00",
    "scope=lpn&lot=%(lot)s", "lot=%(lot)s&scope=quantity&quantity=1e400", "lot=1e400&lpn=-1&bin=" + "9" * 25,
    "next=//evil.example", "back=%0d%0aX:1", "copies=99999999999999999999", "kind=%00",
)  # fmt: skip
_FORMS: tuple[dict[str, Any], ...] = (
    {},
    {"unknown": "1"},
    {"\x00": "1"},
    {"lot": "\x00"},
    {"name": ["a", "b"], "sku": ["", "x", "<script>alert(1)</script>"], "quantity": ["NaN", "-1", "1e400"]},
    {"key": "k" * 5000, "lot": str(10**30), "scope": "lpn", "reason": "damage", "quantity": "0"},
    {"key": "k-1", "lot": "%(lot)s", "scope": "lpn", "reason": "damage"},
    {"key": "k-2", "lot": "1", "scope": "quantity", "bin": "%(bin)s", "quantity": "1e400", "reason": "nonsense"},
    {"name": "d", "warehouse_id": "1"},
    {"name": "t", "scopes": "rfid.gateway", "warehouse_id": "1"},
    {"name": "t", "scopes": "hold.lift"},
    {"number": "\u202e\x1b[2J", "supplier": "1", "customer": "-1", "ship_on": "0000-00-00", "sku": "' OR 1=1 --"},
    {"number": "A", "customer": "1", "ship_on": "9999-12-31", "sku": "TEA-AA", "quantity": str(10**30)},
    {"note": "\ud800".encode("utf-8", "surrogatepass"), "reason": "\x07", "password": "x" * 300},
    {"code": "../..", "name_en": "{{7777*7777}}", "use": "sideways", "bin_id": "1", "reads_min": "1e9"},
    {"code": "R", "gateway_id": "1", "host": "a b", "port": "99999", "antenna_1": "1:above"},
    {"roles": ["boss", "picker:999999999999999999"], "language": "../../x", "next": "//evil.example"},
    {"lpn": "\u0663", "portal": "1", "shipment_id": "1", "back": "9" * 30},
)
_HEADERS = ({"HX-Request": "true"}, {"Range": "bytes=9-1"}, {"Referer": "http://[x"}, {"Cookie": "wms_language=%00"})
_ODD_BODIES: tuple[dict[str, Any], ...] = (
    {"data": b"\xff\xfe{", "content_type": "application/json"},
    {"data": b"[" * 3000, "content_type": "application/json"},
    {"data": b"x", "content_type": "multipart/form-data; boundary=a"},
    {"data": b"a=%ed%a0%80&%ff=1", "content_type": "application/x-www-form-urlencoded; charset=utf-7"},
    {"data": b"\x00\x01", "content_type": "text/plain"},
)


@dataclass
class Scene:
    """Two full warehouses; `root` may everything everywhere, `anna` everything in A alone, `nobody` nothing."""

    app: Flask
    a: House
    b: House
    watch: Watch

    def enter(self, login: str) -> tuple[FlaskClient, str]:
        """Log in; what the login wrote counts for nothing."""
        client, token = log_in(self.app, login)
        self.watch.changes()
        return client, token

    def rules(self) -> list[Rule]:
        """The pages to attack; operations open to keys only, and tests/web/api attacks them."""
        found = [
            rule
            for rule in self.app.url_map.iter_rules()
            if rule.endpoint not in _LEFT_OUT and not rule.rule.startswith("/api/")
        ]
        return sorted(found, key=lambda rule: rule.rule)

    def demand_plain(self, answer: Any, what: str) -> None:
        """A plain answer: below 500; a no has a sentence (problem+json at the API) and changed nothing."""
        status, changed = answer.status_code, self.watch.changes()
        assert status < 500, f"{status} {what}: {answer.text[:300]}"
        if status >= 400:
            assert not changed - COUNTED, f"{status} {what} changed {sorted(changed)}"
            if answer.request.path.startswith("/api/"):
                assert answer.mimetype == "application/problem+json" and answer.json["detail"], what
            else:
                assert len(words_of(answer.text)) > 40, f"{status} {what} says too little: {answer.text[:200]}"
        answer.close()


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the first test built, for the others: the two houses and the file they stand in."""
    return {"path": tmp_path_factory.mktemp("houses") / "wms.db"}


@pytest.fixture
def scene(app: Flask, database: Any, kept: dict[str, Any]) -> Iterator[Scene]:
    file = database.url.removeprefix("sqlite:///")
    with time_machine.travel(NOW, tick=False):
        if "houses" not in kept:
            with app.app_context():
                kept["houses"] = house(app, "AA"), house(app, "BB")
                given.user("root", *ROLES)
                given.user("anna", *ROLES, site=kept["houses"][0].docks.site)
                given.user("nobody")
                db.session.remove()
            with closing(sqlite3.connect(file)) as now, closing(sqlite3.connect(kept["path"])) as copy:
                now.backup(copy)
        else:
            with closing(sqlite3.connect(kept["path"])) as copy, closing(sqlite3.connect(file)) as now:
                copy.backup(now)
        watch = Watch(database.url)
        yield Scene(app, kept["houses"][0], kept["houses"][1], watch)
        watch.close()


def path_of(rule: Rule, ids: dict[str, Any], **over: str) -> str:
    """Fill a route's parameters in from the ids of a warehouse."""
    values = {name: str(ids.get(name, 1)) for name in rule.arguments}
    if rule.endpoint.startswith("receiving.") and "order_id" in values:
        values["order_id"] = str(ids["purchase_order"])
    if rule.endpoint.startswith("production") and "order_id" in values:
        values["order_id"] = str(ids["reported_order"])
    values |= {"severity": "major", "form": "svg" if "label" in rule.rule else "csv"} | over
    return _ARGUMENT.sub(lambda found: values[found[1]], rule.rule)


def some(corpus: Sequence[Any], turn: int) -> Sequence[Any]:
    """An eighth of the corpus, another one at each turn: every value meets many routes, and the walk stays short."""
    return corpus[turn % 8 :: 8]


# -- pages ------------------------------------------------------------------------------------------------------------
def test_no_address_and_no_query_breaks_a_page(scene: Scene) -> None:
    client, _ = scene.enter("root")
    for turn, rule in enumerate(rule for rule in scene.rules() if "GET" in (rule.methods or ())):
        good = path_of(rule, scene.a.ids)
        for name in rule.arguments - {"form"}:
            for bad in some(_IDS, turn):
                path = path_of(rule, scene.a.ids, **{name: bad})
                scene.demand_plain(client.get(path), f"GET {path[:120]}")
        for query in some(_QUERIES, turn):
            path = f"{good}?{query.replace('%(lot)s', str(scene.a.ids['lot_id']))}"
            scene.demand_plain(client.get(path), f"GET {path[:160]}")
        for headers in some(_HEADERS, turn):
            scene.demand_plain(client.get(good, headers=headers), f"GET {good} {headers}")
        scene.demand_plain(client.put(good), f"PUT {good}")


def test_no_form_and_no_body_breaks_a_page_or_changes_anything_by_a_refusal(scene: Scene) -> None:
    client, token = scene.enter("root")
    fill = {"%(lot)s": str(scene.a.ids["lot_id"]), "%(bin)s": str(scene.a.ids["bin_id"])}
    for turn, rule in enumerate(rule for rule in scene.rules() if "POST" in (rule.methods or ())):
        if rule.endpoint in {"accounts.choose_warehouse", "accounts.change_password"}:
            continue
        good = path_of(rule, scene.a.ids)
        is_api = good.startswith("/api/")
        scene.demand_plain(client.post(good, data={}), f"POST {good} without a token")
        forged = client.post(good, data={"csrf_token": token}, headers={"Origin": "http://[x"})
        assert forged.status_code in {400, 401, 403}, good
        scene.demand_plain(forged, f"POST {good} from elsewhere")
        for name in rule.arguments:
            for bad in ("0", *some(_IDS, turn)):
                path = path_of(rule, scene.a.ids, **{name: bad})
                scene.demand_plain(client.post(path, data={"csrf_token": token}), f"POST {path[:120]}")
        for form in some(_FORMS, turn) if not is_api else ():
            sent = {
                k: [fill.get(p, p) for p in v] if isinstance(v, list) else fill.get(v, v) if isinstance(v, str) else v
                for k, v in form.items()
            }
            scene.demand_plain(client.post(good, data={"csrf_token": token, **sent}), f"POST {good} {form}")
        for body in some(_ODD_BODIES, turn):
            scene.demand_plain(client.post(good, headers={"X-CSRFToken": token}, **body), f"POST {good} {body}")


def test_faults_found_once_stay_mended(scene: Scene) -> None:
    client, token = scene.enter("root")
    lot = scene.a.ids["lot_id"]
    for path, status in (
        (f"/quality/holds/new?lot={lot}&scope=lpn", 422),
        (f"/quality/holds/new?lot={lot}&scope=quantity&quantity=3", 422),
        ("/stock?cursor=WyIyMDI2LTExLTIyIiwgMTAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMF0", 422),
    ):
        answer = client.get(path)
        assert answer.status_code == status, path
        scene.demand_plain(answer, path)
    for path, form in (
        ("/receiving/orders/0/receive", {}),
        ("/setup/devices", {"name": "d", "warehouse_id": "1"}),
        ("/setup/tokens", {"name": "t", "scopes": "rfid.gateway", "days": "5", "warehouse_id": "1"}),
    ):
        answer = client.post(path, data={"csrf_token": token, **form})
        assert answer.status_code == 404, path
        scene.demand_plain(answer, path)


def test_a_body_beyond_all_measure_is_refused_in_words(scene: Scene) -> None:
    client, token = scene.enter("root")
    large = client.post("/m/receive", data=b"scan=" + bytes(17 * 1024 * 1024), headers={"X-CSRFToken": token})
    assert large.status_code == 413
    scene.demand_plain(large, "a scan of a megabyte")
    wide = client.post("/orders/new", data={"csrf_token": token, **{f"f{n}": "1" for n in range(1500)}})
    assert wide.status_code in {413, 422}
    scene.demand_plain(wide, "1500 fields")


def test_a_gateway_that_lies_is_refused_as_a_problem(scene: Scene) -> None:
    client, docks = scene.app.test_client(), scene.a.docks
    headers = {"Authorization": f"Bearer {docks.token}"}
    good = docks.episode("3" * 24, ended_at=NOW)
    corpus: dict[str, list[Any]] = {
        "epc": ["", "xyz", "0" * 200, 5, None, "'; DROP TABLE tag;--", "<script>"],
        "portal": ["-1", "x", str(2**64), scene.b.docks.doors["OUT"], [1], True],
        "reads": [-1, 1e400, "NaN", 2**63, None],
        "peak_rssi_dbm": [float("nan"), float("inf"), "x", [], {}],
        "started_at": ["0000-00-00", "9999-12-31T23:59:59+00:00", 5, "2026-11-22", "x" * 5000],
        "antennas": [{}, "x", [{}], [[]], [{"reader": "x"}] * 100],
        "verdict": ["sideways", None, [], "\ud800"],
        "sequence": [0, -1, 2**60, "x", 1.5, True],
    }
    for fault in [{name: value} for name, values in corpus.items() for value in values]:
        scene.demand_plain(
            client.post("/api/v1/rfid/batches", json={"batch": [good | fault]}, headers=headers), str(fault)[:100]
        )
    for body in (
        b"",
        b"null",
        b"[]",
        b"5",
        b'{"batch": 5}',
        b'{"batch": [[]]}',
        b'{"a":' * 5000,
        b'{"batch":["\\u0000"]}',
    ):
        answer = client.post("/api/v1/rfid/batches", data=body, content_type="application/json", headers=headers)
        assert answer.status_code == 422, body[:40]
        scene.demand_plain(answer, str(body[:40]))
    for headers in (
        {},
        {"Authorization": "Bearer "},
        {"Authorization": "Bearer \u20ac"},
        {"Authorization": "x" * 9000},
    ):
        answer = client.post("/api/v1/rfid/batches", json={"batch": []}, headers=headers)
        assert answer.status_code in {400, 401}
        scene.demand_plain(answer, f"{headers}"[:60])


# -- rights -----------------------------------------------------------------------------------------------------------
#: What belongs to no warehouse: items, partners, lots by their number, users. Rights in one warehouse show them.
_SHARED = {
    "catalog.item", "catalog.edit_item", "catalog.partner", "catalog.edit_partner", "desk.lot", "stock.lot_label",
    "disposition.verdict", "inspection.plan", "inspection.edit_plan", "inspection.supplier", "stock.correct_form",
    "stock.edit_lot_fields", "stock.merge_form", "stock.relabel_form", "stock.split_form", "units.name_units",
    "trace.lot_history", "trace.history_file", "passport.passport", "passport.label",
    "inspector.lot", "inspector.balance_csv", "inspector.deliveries_csv",
}  # fmt: skip


#: Plans of inspection and the record of a lot belong to the company, as items do: who may edit them in one warehouse
#: edits them for all. Its goods are another matter: they are moved where one has the right.
_COMPANY_WIDE = {
    "inspection.activate",
    "inspection.retire",
    "inspection.new_version",
    "stock.set_lot_fields",
    "passport.make_passport",
    "passport.revoke",
}


def test_who_has_rights_in_one_warehouse_reads_and_changes_nothing_of_another(scene: Scene) -> None:
    client, token = scene.enter("anna")
    theirs = scene.b
    faults: list[str] = []
    for rule in (rule for rule in scene.rules() if rule.arguments - {"form", "secret"}):
        path = path_of(rule, theirs.ids)
        if "GET" in (rule.methods or ()):
            answer = client.get(path)
            told = [text for text in ("SO-BB", "ASN-BB", "PO-BB", theirs.codes["lpn"]) if text in answer.text]
            assert not told, f"{path} tells {told}"
            own_form = rule.endpoint in {"rfid.portal_form", "rfid.reader_form"} and path.endswith("/new")
            if answer.status_code not in {403, 404} and rule.endpoint not in _SHARED and not own_form:
                faults.append(f"{rule.endpoint} {answer.status_code}")
            scene.demand_plain(answer, path)
        if "POST" in (rule.methods or ()):
            answer = client.post(path, data={"csrf_token": token})
            if answer.status_code not in {400, 403, 404, 422} and rule.endpoint not in _COMPANY_WIDE:
                faults.append(f"{rule.endpoint} {answer.status_code}")
            scene.demand_plain(answer, path)
    assert not faults, "; ".join(sorted(set(faults)))


def test_no_form_reaches_into_another_warehouse(scene: Scene) -> None:
    client, token = scene.enter("anna")
    own, theirs, hold = scene.a.ids, scene.b.ids, {"lot": scene.b.ids["lot_id"], "reason": "damage"}
    reader = {"code": "ZR", "host": "h"}
    for path, form in (
        ("/warehouse", {"warehouse_id": theirs["warehouse"]}),
        ("/quality/holds", hold | {"key": "k-1", "scope": "lpn", "lpn": theirs["lpn_id"]}),
        ("/quality/holds", hold | {"key": "k-2", "scope": "bin", "bin": theirs["bin_id"]}),
        ("/quality/holds", hold | {"key": "k-3", "scope": "lot", "everywhere": "1"}),
        (f"/quality/holds/{theirs['hold_id']}/lift", {"reason": "x", "password": PASSWORD}),
        (f"/quality/pending/{theirs['pending']}", {"key": "k-4", "to": "released", "reason": "x", "password": PASSWORD}),
        (f"/doors/tags/{own['tag_id']}/lpn", {"lpn": scene.b.codes["lpn"]}),
        (f"/doors/{own['portal_id']}/shipment", {"shipment_id": theirs["shipment_id"]}),
        (f"/doors/{theirs['portal_id']}/shipment", {"shipment_id": own["shipment_id"]}),
        (f"/doors/passages/{theirs['passage_id']}/settle", {"note": "x"}),
        (f"/shipments/{own['shipment_id']}/door", {"portal": theirs["portal_id"]}),
        (f"/shipments/{theirs['shipment_id']}/ship", {"key": "k-5"}),
        ("/setup/portals/new", {"code": "ZZ", "use": "both", "bin_id": theirs["bin_id"]}),
        (f"/setup/portals/{theirs['portal_id']}", {"code": "ZZ", "use": "both"}),
        ("/setup/readers/new", reader | {"gateway_id": theirs["gateway_id"]}),
        ("/setup/readers/new", reader | {"gateway_id": own["gateway_id"], "antenna_1": f"{theirs['portal_id']}:inside"}),
        (f"/setup/readers/{theirs['reader_id']}", reader | {"gateway_id": own["gateway_id"]}),
        (f"/setup/gateways/{theirs['gateway_id']}", {"code": "ZG"}),
        (f"/setup/gateways/{own['gateway_id']}", {"code": "ZG", "api_token_id": theirs["token_id"]}),
        (f"/setup/bins/{theirs['bin_id']}/block", {"reason": "x"}),
        (f"/alerts/{theirs['alert_id']}/resolve", {"note": "x"}),
        (f"/work-orders/{theirs['reported_order']}/reports", {"key": "k-6", "made": "1"}),
        (f"/work-orders/{own['reported_order']}/reports", {"key": "k-7", "made": "1", "into": theirs["vessel_id"]}),
        (f"/work-orders/{own['reported_order']}/reports", {
            "key": "k-8", "made": "1", f"vessel.{theirs['vessel_id']}": "1",
        }),
        (f"/work-orders/{own['reported_order']}/reports", {"key": "k-9", "made": "1", f"used.{theirs['used_lot']}": "1"}),
        (f"/production/reports/{theirs['report_id']}/correct", {"key": "k-10", "reason": "x"}),
        (f"/production/reports/{theirs['report_id']}/take-back", {"key": "k-11", "reason": "x"}),
        (f"/production/vessels/{theirs['empty_vessel']}/clean", {"key": "k-12", "method": "x"}),
        ("/receiving/asns", {
            "number": "Z", "supplier": own["partner_id"], "sku": "TEA-AA", "quantity": "1",
            "purchase_order": theirs["purchase_order"],
        }),
    ):  # fmt: skip
        answer = client.post(path, data={"csrf_token": token, **{k: str(v) for k, v in form.items()}})
        assert answer.status_code in {403, 404, 409, 422}, f"{path} {form}: {answer.status_code}"
        scene.demand_plain(answer, f"{path} {form}")
    for query in (f"scope=lpn&lpn={theirs['lpn_id']}", f"scope=bin&bin={theirs['bin_id']}"):
        assert client.get(f"/quality/holds/new?lot={theirs['lot_id']}&{query}").status_code == 404
    assert client.get(f"/labels.pdf?lpn={theirs['lpn_id']}").status_code == 404


def test_who_has_no_role_gets_a_sentence_on_every_page(scene: Scene) -> None:
    client, token = scene.enter("nobody")
    for rule in scene.rules():
        for method in sorted((rule.methods or set()) & {"GET", "POST"}):
            form: dict[str, Any] = {"data": {"csrf_token": token}} if method == "POST" else {}
            answer = client.open(path_of(rule, scene.a.ids), method=method, **form)
            assert answer.status_code != 401 and not (answer.status_code == 200 and method == "POST"), rule.rule
            scene.demand_plain(answer, f"{method} {rule.rule}")


def test_a_link_leads_no_login_elsewhere(scene: Scene) -> None:
    client, token = scene.enter("root")
    for target in (
        "//evil.example",
        "/\\evil.example",
        "/\t/evil.example",
        "\\/evil",
        "https:evil",
        "/%09//evil",
        "/\n/evil",
        "/;//x",
    ):
        answer = client.post("/language", data={"csrf_token": token, "language": "en", "next": target})
        location = answer.headers.get("Location", "/")
        assert answer.status_code in {302, 422} and location.startswith("/") and not location.startswith("//"), location


# -- the handheld -----------------------------------------------------------------------------------------------------
TASKS = {
    "receive": ("choose", "scan", "lot", "lot_again", "photo", "expiry", "quantity", "question", "finish"),
    "putaway": ("choose", "bin", "part", "question"),
    "pick": ("list", "bin", "goods", "which", "override", "short", "short_goods"),
    "move": ("source", "goods", "which", "quantity", "target"),
    "count": ("bin", "quantity", "why"),
    "inquiry": ("scan", "which", "reason", "sure"),
    "labels": ("bin", "label", "differs"),
    "problem": ("kind", "words", "bin", "goods", "label", "which", "quantity", "photo", "done"),
}
_SCANS = (
    "", "x" * 500, "\x1d\x1d", "\u202e\u0000"[:1], "😀", "<b>L</b>", "'\"--", "{{7777*7777}}", "NaN", "-5", "0", "1e400", "9999999",
    "(01)06901234000010(10)L1", "(01)09506000134352(17)261301(10)L1", "(01)09506000134352(10)<b>'\"", "]C10109506000134353",
    "]d2\x1d17991332", "(00)123", "(00)069012340000000000", "https://id.gs1.org/01/09506000134352/10/%3Cb%3E", "B:", "B:A-01",
    "B:STAGE", "B:SCRAP", "LOT-AA", "LOT-BB", "SO-AA", "SO-BB", "TEA-AA", "ASN-AA", "ASN-BB", "CMD-BACK", "CMD-YES", "CMD-",
    "3" * 24, "30" * 62, "2026-13-01", "0000-00-00", "damage",
)  # fmt: skip
_EVENTS = ("back", "next", "leave", "short", "yes", "no", "hold", "again", "other", "part", "each", "finish", "close",
           "blind", "photo", "nonsense", "problem", "resume", "typed:other", "typed:x", "none", "unreadable", "gone")  # fmt: skip


def _forged(scene: Scene) -> list[dict[str, str]]:
    """States as a browser would send them that carries another warehouse's ids, or nonsense."""
    b, a = scene.b.ids, scene.a.ids
    return [
        {},
        {name: "x" for name in ("receipt", "task", "list", "bin", "balance", "lpn", "lot", "id", "item", "quantity")},
        {"receipt": b["receipt_id"], "item": b["item_id"], "quantity": "5", "lot": "L1", "expires": "2027-10-10"},
        {"task": b["putaway"], "bin": b["bin_id"], "quantity": "1", "asks": "another_bin"},
        {"list": b["pick_list"], "task": b["putaway"], "bin": "A-01", "quantity": "1", "lot": b["lot_id"], "grade": "reason"},
        {"bin": b["bin_id"], "bin_code": "A-01", "balance": b["lot_id"], "quantity": "1", "lpn": b["lpn_id"]},
        {"task": b["count"], "bin_id": b["bin_id"], "bin": "A-01", "counted": "1"},
        {"kind": "lpn", "id": b["lpn_id"], "code": "<b>", "reason": "damage"},
        {"kind": "bin", "id": b["bin_id"], "code": "{{7777*7777}}", "reason": "nonsense"},
        {"id": a["lot_id"], "code": "x", "bin": a["bin_id"], "reason": "damage"},
        {"receipt": a["receipt_id"], "item": a["item_id"], "quantity": "1e400", "factor": "0", "expires": "0001-01-01"},
        {"receipt": a["receipt_id"], "item": "1", "lot": "<b>", "precision": "week", "answers": "a,b", "each": "1"},
        {"task": a["count"], "bin_id": a["bin_id"], "bin": "A-01", "counted": "-5"},
        {"task": str(2**63), "list": str(2**63), "balance": "9" * 300, "id": "0", "receipt": str(10**18)},
    ]  # fmt: skip


@pytest.mark.parametrize("task", sorted(TASKS))
def test_no_scan_and_no_forged_page_breaks_a_task_or_touches_another_warehouse(scene: Scene, task: str) -> None:
    client, token = scene.enter("anna")
    path = f"/m/{task}"
    there = stock_of(scene, scene.b)
    states = _forged(scene)
    for at, step in enumerate((*TASKS[task], "nonsense")):
        for number, state in enumerate(states):
            base = {"csrf_token": token, "step": step} | {f"s_{name}": str(value) for name, value in state.items()}
            scans = some(_SCANS, at) if number == 0 else _SCANS[number + at :: 3 * len(states)]
            for sent in [{"scan": text} for text in scans] + [
                {"event": e, "scan": ""} for e in _EVENTS[(number + at) % 6 :: 6]
            ]:
                answer = client.post(path, data=base | sent | {"key": str(uuid4())})
                scene.demand_plain(answer, f"{path} {step} {sent} {state}")
                assert "<b>L</b>" not in answer.text and ">49<" not in answer.text
    for key in ("", "k", "x" * 500, "\u202e" * 10, "--;drop"):
        scene.demand_plain(
            client.post(path, data={"csrf_token": token, "scan": "A-01", "key": key}), f"{path} key {key}"
        )
    assert stock_of(scene, scene.b) == there
    with scene.app.app_context():
        given.ledger_is_whole()
        db.session.remove()


def stock_of(scene: Scene, of: House) -> Any:
    """What stands in a warehouse, and its open tasks and lists."""
    from sqlalchemy import text

    with scene.app.app_context():
        where = {"w": of.ids["warehouse"]}
        found = [
            db.session.execute(text(f"SELECT * FROM {table} WHERE warehouse_id = :w ORDER BY id"), where).all()
            for table in ("stock_balance", "task", "pick_list", "hold", "receipt")
        ]
        db.session.remove()
        return found


# -- text that would be code --------------------------------------------------------------------------------------------
_EVIL = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>{{7777*7777}}"


def test_text_that_would_be_code_comes_out_as_text_on_every_page(scene: Scene) -> None:
    from sqlalchemy import update

    from wms.catalog.models import Item, Partner
    from wms.receiving.models import Receipt
    from wms.sites.models import Bin
    from wms.stock.models import Hold, Lot

    ids = scene.a.ids
    with scene.app.app_context():
        for model, values, key in (
            (Item, {"name_en": _EVIL, "name_zh": _EVIL, "allergen": _EVIL[:100]}, "item_id"),
            (Lot, {"number": "<b>'\"&{{7777*7777}}"}, "lot_id"),
            (Partner, {"name_en": _EVIL, "name_zh": _EVIL, "address": _EVIL}, "partner_id"),
            (Hold, {"note": _EVIL}, "hold_id"),
            (Bin, {"blocked_reason": _EVIL, "is_blocked": True}, "bin_id"),
            (Receipt, {"driver": _EVIL[:60], "delivery_note": _EVIL[:60]}, "receipt_id"),
        ):
            db.session.execute(update(model).where(model.id == ids[key]).values(**values))
        db.session.commit()
        db.session.remove()
    scene.watch.changes()
    client, _ = scene.enter("anna")
    seen = 0
    for rule in scene.rules():
        if "GET" not in (rule.methods or ()) or rule.endpoint.startswith("reports."):
            continue
        answer = client.get(path_of(rule, ids))
        if answer.mimetype in {"text/html", "image/svg+xml"}:
            for raw in ("<script>alert", "<img src=x", "<b>'", "60481729"):
                assert raw not in answer.text, f"{rule.rule} lets {raw} through"
            seen += "&lt;script&gt;" in answer.text
        scene.demand_plain(answer, rule.rule)
    assert seen >= 8, "the text was hardly shown anywhere"
