"""Imports for machines: a file is sent, judged, asked about and applied; who may not is told so."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from flask import Flask

from tests import given
from tests.fakes.sheets import csv
from tests.web.machine import Machine

OPENING = csv(
    ["SKU", "Lot", "Expiry", "Bin", "Quantity"],
    ["A1", "0012", "2027-06", "A-01", "2 case"],
    ["A1", "12", "2027-06", "A-01", "5"],
)
sqlite_only = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def _body(content: bytes, name: str = "opening.csv", kind: str = "lots") -> dict[str, Any]:
    return {"kind": kind, "file_name": name, "content": base64.b64encode(content).decode()}


def test_a_file_is_sent_judged_answered_and_applied_once(app: Flask) -> None:
    with app.app_context():
        site = given.warehouse("MAIN")
        given.item("A1")
    erp = Machine.of(app, "supervisor", site=site)
    sent = erp.post("/imports", _body(OPENING))
    assert sent.status_code == 201, sent.text
    run = sent.json
    assert (run["state"], run["columns"], run["charset"]) == (
        "mapping",
        ["sku", "lot", "expires_on", "bin", "quantity"],
        "utf-8",
    )
    path = f"/imports/{run['id']}"
    judged = erp.post(f"{path}/judge").json
    assert (judged["state"], judged["counts"]) == ("judged", {"accept": 1, "refuse": 0, "ask": 1, "applied": 0})
    (question,) = erp.get(f"{path}/rows?verdict=ask").json["items"]
    assert (question["row"], question["reason"]) == (3, "lot_near") and "looks the same" in question["text"]
    assert question["values"]["quantity"] == "5"
    refused = erp.post(f"{path}/apply", {"is_whole": True})
    assert refused.status_code == 409 and refused.json["code"] == "wrong_state"
    assert erp.post(f"{path}/answer", {"question": "lot_near", "choice": "yes"}).json["counts"]["accept"] == 2
    key = "once"
    first = erp.post(f"{path}/apply", {"is_whole": True}, key=key)
    assert first.status_code == 200 and (first.json["state"], first.json["counts"]["applied"]) == ("done", 2)
    assert erp.post(f"{path}/apply", {"is_whole": True}, key=key).json == first.json
    stock = {row["lot_number"]: row["on_hand_quantity"] for row in erp.get("/stock").json["items"]}
    assert stock == {"0012": "24", "12": "5"}
    again = erp.post("/imports", _body(OPENING)).json["id"]
    erp.post(f"/imports/{again}/judge")
    assert {row["reason"] for row in erp.get(f"/imports/{again}/rows").json["items"]} == {"same"}
    with app.app_context():
        given.ledger_is_whole()


@sqlite_only
def test_what_may_not_come_in_is_refused(app: Flask) -> None:
    with app.app_context():
        site, other = given.warehouse("MAIN"), given.warehouse("OTHER")
        given.item("A1")
    erp, there = Machine.of(app, "supervisor", site=site), Machine.of(app, "supervisor", site=other)
    assert Machine.of(app, "picker", site=site).post("/imports", _body(OPENING)).status_code == 403
    assert erp.post("/imports", _body(OPENING, kind="bins")).status_code == 403
    bad = erp.post("/imports", _body(OPENING, name="opening.xlsx"))
    assert (bad.status_code, bad.json["code"]) == (422, "sheet_refused")
    run = erp.post("/imports", _body(OPENING)).json["id"]
    assert there.get(f"/imports/{run}").status_code == 404
    assert there.post(f"/imports/{run}/judge").status_code == 404
    assert erp.post(f"/imports/{run}/columns", {"columns": ["sku", "sku"]}).status_code == 409
    assert erp.post(f"/imports/{run}/columns", {"columns": ["", "lot"]}).json["code"] == "missing_field"
    assert erp.post(f"/imports/{run}/read", {"charset": "gb18030"}).json["charset"] == "gb18030"
    assert erp.post(f"/imports/{run}/drop").status_code == 204
    assert erp.get(f"/imports/{run}").status_code == 404 and erp.get("/imports").json["items"] == []
