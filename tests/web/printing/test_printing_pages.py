"""Printers set up by the administrator, labels sent by people and machines, the queue told as it is."""

import re
from typing import Any

import pytest
from flask import Flask

from tests import given
from tests.web.desk_client import Desk
from tests.web.machine import Machine
from wms.printing import queries, sender
from wms.printing.emulator import listening

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

PRINTER = {"code": "PACK-1", "host": "127.0.0.1", "place": "Packing bench", "port": "9100"}


@pytest.fixture
def site(app: Flask) -> given.Site:
    with app.app_context():
        here = given.warehouse("N1")
        given.user("admin", "administrator", site=here)
        given.user("super", "supervisor", site=here)
        given.user("auditor", "auditor", site=here)
    return here


def test_a_label_goes_from_the_lot_to_the_printer_of_the_station(site: given.Site, app: Flask) -> None:
    with app.app_context():
        lot = given.lot(given.item("SKU-1"), "L^1~").id
    with listening() as printer:
        admin = Desk.of(app, "admin")
        admin.get("/setup/printers/new")
        admin.post("/setup/printers", **PRINTER | {"host": "169.254.169.254"})
        assert admin.status == 422 and "name or address" in admin.text
        admin.post("/setup/printers", **PRINTER | {"port": str(printer.port)})
        assert admin.status == 302
        page = admin.get("/setup/printers")
        made = re.search(r"/setup/printers/(\d+)/default", page)
        assert made is not None
        admin.post(f"/setup/printers/{made[1]}/default", device_id="")
        assert "All others of N1" in admin.get("/setup/printers")

        boss = Desk.of(app, "super")
        asked = boss.get(f"/labels/print?lot={lot}")
        assert "L^1~" in asked and f'value="{made[1]}" selected' in asked
        key = re.search(r'name="key" value="([^"]+)"', asked)
        assert key is not None
        for _ in range(2):  # a form sent twice is one label
            boss.post("/labels/print", lot=str(lot), printer_id=made[1], copies="2", reason="", key=key[1])
            assert boss.status == 302
        assert boss.get("/print-jobs").count("SKU-1 L^1~") == 1
        with app.app_context():
            assert sender.serve_printer(queries.get_printer(int(made[1])).id) == 1  # type: ignore[arg-type]
        assert printer.came.wait(5)
        sent = printer.received[0].decode()
        assert "L\\5E1\\7E" in sent and "L^1~" not in sent and "^PQ2" in sent
        assert "sent to the printer" in boss.get("/print-jobs")


def test_only_who_may_sets_printers_up_and_nobody_prints_elsewhere(site: given.Site, app: Flask) -> None:
    with app.app_context():
        other = given.warehouse("N2")
        given.user("there", "administrator", "supervisor", site=other)
    there = Desk.of(app, "there")
    there.get("/setup/printers/new")
    there.post("/setup/printers", **PRINTER)
    made = re.search(r"/setup/printers/(\d+)", there.get("/setup/printers"))
    assert made is not None
    boss = Desk.of(app, "super")
    boss.get("/setup/printers")
    for path in ("/setup/printers", f"/setup/printers/{made[1]}", "/setup/printers/stations/1/drop"):
        boss.post(path, **PRINTER)
        assert boss.status == 403
    boss.post(f"/setup/printers/{made[1]}/test")
    assert boss.status == 404
    auditor = Desk.of(app, "auditor")
    auditor.get("/print-jobs")
    assert auditor.status == 403


def test_machines_print_and_a_plate_twice_only_with_a_reason(site: given.Site, app: Flask) -> None:
    with app.app_context():
        plate = given.lpn(site).id
    admin, machine = Machine.of(app, "administrator", site=site), Machine.of(app, "supervisor", site=site)
    made = admin.post("/printers", PRINTER | {"port": 9100, "writes_tags": False, "answers_status": False})
    assert made.status_code == 201, made.text
    body: dict[str, Any] = {"lpn": [str(plate)], "printer_id": made.json["id"]}
    first = machine.post("/labels/print", body)
    assert first.status_code == 202 and first.json["items"][0]["state"] == "queued"
    again = machine.post("/labels/print", body)
    assert again.status_code == 422 and again.json["code"] == "missing_field"
    third = machine.post("/labels/print", body | {"reason": "label torn"})
    assert third.json["items"][0]["is_reprint"] is True
    job = third.json["items"][0]["id"]
    assert machine.post(f"/print-jobs/{job}/cancel").json["state"] == "cancelled"
    assert machine.post(f"/print-jobs/{job}/again").status_code == 409
