"""Warehouses, zones and bins made on both engines: whole, in bulk, all or none, and recorded."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from tests import given
from wms.audit.models import AuditEntry
from wms.core.errors import BinsExist, DuplicateValue, FieldErrors, NotFound, WrongState
from wms.core.ids import WarehouseId, ZoneId
from wms.db import run_in_transaction
from wms.sites import queries, service
from wms.sites.models import Bin, BinKind, StorageClass
from wms.sites.rules import RackPlan

WAREHOUSE = service.WarehousePlan(code="SH1", name_en="Shanghai", timezone="Asia/Shanghai", company_prefix="6901234")
AMBIENT = service.ZonePlan(code="AMB", name_en="Ambient", name_zh="常温区", storage_class=StorageClass.AMBIENT)
COLD = service.ZonePlan(code="COLD", name_en="Cold", storage_class=StorageClass.COLD)
RACKS = RackPlan(aisles=("A", "B"), last_bay=5, levels=2, positions=2)


def made(db: Any) -> tuple[WarehouseId, ZoneId]:
    site = run_in_transaction(service.make_warehouse, WAREHOUSE, AMBIENT, docks=2)
    return site.id, queries.list_zones(site.id)[0].id


def test_a_made_warehouse_can_receive_hold_and_ship_at_once(db: Any) -> None:
    here, zone = made(db)
    counts = queries.count_bins_by_kind(here)
    assert counts[BinKind.DOCK] == counts[BinKind.STAGING] == 2
    assert all(counts[kind] == 1 for kind in set(BinKind) - {BinKind.DOCK, BinKind.STAGING} if kind in counts)
    assert set(BinKind) - set(counts) == {BinKind.STORAGE, BinKind.PICK_FACE, BinKind.PRODUCTION}
    apart = queries.first_bin(here, BinKind.QUARANTINE)
    assert (apart.code, apart.zone_id) == ("QUAR-AMB", zone)
    run_in_transaction(service.add_zone, here, COLD)
    assert queries.find_bin(here, "QUAR-COLD") is not None
    with pytest.raises(DuplicateValue):
        run_in_transaction(service.add_zone, here, COLD)
    with pytest.raises(DuplicateValue):
        run_in_transaction(service.make_warehouse, WAREHOUSE, AMBIENT, docks=1)


def test_racks_are_made_once_and_a_second_run_names_what_is_there(db: Any) -> None:
    here, zone = made(db)
    first = run_in_transaction(service.make_racks, here, zone, RACKS, capacity_lpns=2)
    assert first.count == 40
    labels = queries.labels_of(here, first=first.first_walk, last=first.last_walk, limit=100)
    assert len(labels) == 40 and labels[0] == ("A-01-1-1", "AMB") and labels[-1] == ("B-01-2-2", "AMB")
    storage = queries.find_bin(here, "A-01-2-1")
    assert storage is not None and (storage.kind, storage.capacity_lpns) == (BinKind.STORAGE, 2)
    more = RackPlan(aisles=("B", "C"), last_bay=5, levels=2, positions=2)
    with pytest.raises(BinsExist) as refused:
        run_in_transaction(service.make_racks, here, zone, more)
    assert refused.value.data["count"] == 20 and "B-01-1-1" in refused.value.data["bins"]
    assert queries.find_bin(here, "C-01-1-1") is None, "all or none"
    later = run_in_transaction(
        service.make_racks, here, zone, RackPlan(aisles=("C",), last_bay=1, levels=1, positions=1)
    )
    assert later.first_walk > first.last_walk
    noted = db.session.execute(
        select(AuditEntry.changes).where(AuditEntry.entity == "zone", AuditEntry.entity_id == zone).order_by(AuditEntry.seq)
    ).scalars().all()  # fmt: skip
    assert [entry["bins_made"][1] for entry in noted if "bins_made" in entry] == [
        "40: A-01-1-1 … B-01-2-2", "1: C-01-1-1 … C-01-1-1",
    ]  # fmt: skip


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_fifty_thousand_bins_are_one_run_and_more_are_refused(db: Any) -> None:
    here, zone = made(db)
    plan = RackPlan(aisles=tuple(f"{n:02d}" for n in range(1, 26)), last_bay=100, levels=5, positions=4)
    assert run_in_transaction(service.make_racks, here, zone, plan).count == 50_000
    with pytest.raises(FieldErrors):
        run_in_transaction(
            service.make_racks, here, zone, RackPlan(aisles=("X",), last_bay=999, levels=51, positions=1)
        )


def test_one_bin_is_made_in_a_zone_of_its_own_warehouse(db: Any) -> None:
    here, zone = made(db)
    elsewhere = given.warehouse("S1")
    foreign = queries.list_zones(elsewhere.id)[0].id
    bin_ = run_in_transaction(service.add_bin, here, service.OneBin(code="X-1", kind=BinKind.STORAGE, zone=zone))
    assert bin_.walk_sequence > 0
    for plan, refusal in (
        (service.OneBin(code="X-1", kind=BinKind.STORAGE, zone=zone), DuplicateValue),
        (service.OneBin(code="X-2", kind=BinKind.STORAGE, zone=foreign), NotFound),
        (service.OneBin(code="X-2", kind=BinKind.STORAGE), FieldErrors),
        (service.OneBin(code="X 2", kind=BinKind.DOCK), FieldErrors),
        (service.OneBin(code="X-2", kind=BinKind.SCRAP, zone=zone), FieldErrors),
    ):
        with pytest.raises(refusal):
            run_in_transaction(service.add_bin, here, plan)
    assert queries.find_bin(here, "X-2") is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"code": "S H"},
        {"timezone": "Mars/Olympus"},
        {"timezone": "../../etc/passwd"},
        {"company_prefix": "12a4"},
        {"gln": "1234567890123"},
        {"name_en": " "},
    ],
)
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_warehouse_that_cannot_be_is_refused(db: Any, wrong: dict[str, str]) -> None:
    import dataclasses

    with pytest.raises(FieldErrors):
        run_in_transaction(service.make_warehouse, dataclasses.replace(WAREHOUSE, **wrong), AMBIENT, docks=1)
    assert queries.find_warehouse("SH1") is None


def test_an_installation_is_set_up_once(db: Any) -> None:
    run_in_transaction(service.set_up, company_name="Acme", at=given.NOW)
    with pytest.raises(WrongState):
        run_in_transaction(service.set_up, company_name="Other", at=given.NOW)
    run_in_transaction(service.name_company, "Acme 2", at=given.NOW)
    found = queries.installation()
    assert found is not None and (found.company_name, found.is_demo) == ("Acme 2", False)


def make_the_same(warehouse: int, zone: int) -> int:
    return run_in_transaction(service.make_racks, WarehouseId(warehouse), ZoneId(zone), RACKS).count


def test_two_who_make_the_same_racks_at_once_make_them_once(db: Any, run_at_once: Callable[..., Any]) -> None:
    here, zone = made(db)
    db.session.commit()
    outcomes = run_at_once(make_the_same, [(here, zone)] * 2)
    assert sorted((o.value or 0, o.error or "") for o in outcomes) == [(0, "bins_exist"), (40, "")]
    assert db.session.query(Bin).filter(Bin.warehouse_id == here, Bin.kind == BinKind.STORAGE).count() == 20
