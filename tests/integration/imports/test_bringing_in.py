"""Files become items, partners, bins, lots with stock, orders and a past, on both engines; the same file once."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from tests import given
from tests.fakes.sheets import csv, xlsx
from tests.integration.imports.conftest import Hand
from wms.audit.models import AuditEntry
from wms.catalog.models import Item, PackUnit, Partner
from wms.core.clock import now
from wms.core.errors import WrongState
from wms.core.ids import SYSTEM_USER
from wms.db import db as database
from wms.db import run_in_transaction
from wms.events.models import OutboxEvent
from wms.imports import service, work
from wms.imports.models import RunState
from wms.picking.models import Order
from wms.sites.models import Bin
from wms.stock.ledger.tables import StockBalance, StockMove
from wms.stock.models import Capture, ImportedEvent, LinkKind, Lot, LotLink
from wms.stock.past import past_of

sqlite_only = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def _all(kind: Any, *conditions: Any) -> list[Any]:
    rows = list(database.session.execute(select(kind).where(*conditions).order_by(kind.id)).scalars())
    database.session.commit()
    return rows


def _opening(*rows: Any) -> bytes:
    return xlsx(
        ["某某食品有限公司期初库存"],
        [],
        ["物料编码", "品名", "批号", "有效期至", "入库日期", "库位", "数量", "单据号"],
        *rows,
        ["合计", None, None, None, None, None, "=SUM(G4:G9)", None],
        ["制表人：王五", None, None, None, None, None, None, None],
        title="库存", before=["填表说明"],
    )  # fmt: skip


def test_a_messy_chinese_sheet_becomes_lots_with_stock_once(hand: Hand) -> None:
    tea = given.item("A1", base_unit="ea", case_of=12)
    content = _opening(
        ["A1", "绿茶", "0012", "2027-06", date(2026, 3, 1), "A-01", "2 箱", "QC-1"],
        ["A1", "绿茶", "a/12", "2027年8月31日", "2026.03.05", "A-02", 30, "QC-1"],
        ["A9", "白茶", "L1", "2027-06", None, "A-01", 5, "QC-1"],
    )
    assert hand.judge("lots", "期初.xlsx", content) == [
        (4, "accept", "new"), (5, "accept", "new"), (6, "refuse", "item_unknown"),
    ]  # fmt: skip
    assert hand.facts(6)["text"] == "A9" and hand.facts(6)["name"] == "白茶"
    with pytest.raises(WrongState):
        hand.apply(is_whole=True)
    assert not _all(Lot)
    run = hand.apply(is_whole=False)
    assert (run.state, run.counts["applied"]) == (RunState.DONE, 2)
    first, second = _all(Lot)
    assert (first.number, first.expires_on, first.expiry_text) == ("0012", date(2027, 6, 30), "2027-06")
    assert (second.number, second.captured_by) == ("a/12", Capture.IMPORT)
    assert given.on_hand(first) == given.q(24) and given.on_hand(second) == given.q(30)
    balances = _all(StockBalance, StockBalance.lot_id == first.id)
    assert [one.received_on for one in balances] == [date(2026, 3, 1)]
    given.ledger_is_whole()
    # The same file again changes nothing, and the row that was refused still is.
    assert hand.judge("lots", "again.xlsx", content) == [
        (4, "accept", "same"), (5, "accept", "same"), (6, "refuse", "item_unknown"),
    ]  # fmt: skip
    hand.apply(is_whole=False)
    assert given.on_hand(first) == given.q(24) and len(_all(Lot)) == 2
    made = [row.kind for row in database.session.execute(select(OutboxEvent)).scalars()]
    trail = [
        row.reason for row in database.session.execute(select(AuditEntry).where(AuditEntry.entity == "lot")).scalars()
    ]
    assert made.count("LotCreated") == 2 and trail == ["import f.xlsx"] * 2
    assert tea.sku == "A1"


def test_another_quantity_asks_and_a_yes_posts_the_difference(hand: Hand) -> None:
    given.item("A1")
    row = ["A1", "茶", "L1", "2027-06-30", None, "A-01", 10, "QC-1"]
    hand.judge("lots", "a.xlsx", _opening(row))
    hand.apply()
    lot = _all(Lot)[0]
    fewer = _opening([*row[:6], 7, "QC-1"])
    assert hand.judge("lots", "b.xlsx", fewer) == [(4, "ask", "other_quantity")]
    assert hand.judge("lots", "b.xlsx", fewer, other_quantity="no") == [(4, "refuse", "answered_no")]
    assert hand.judge("lots", "b.xlsx", fewer, other_quantity="yes") == [(4, "accept", "quantity_changed")]
    hand.apply()
    assert given.on_hand(lot) == given.q(7)
    assert hand.judge("lots", "b.xlsx", fewer) == [(4, "accept", "same")]
    given.ledger_is_whole()


@sqlite_only
def test_what_a_file_says_of_the_food_traceability_list_is_kept(hand: Hand) -> None:
    rows = [["SKU", "Name", "Unit", "FTL", "FTL category"], ["E1", "Eggs", "ea", "yes", "Shell eggs"], ["S1", "Salt", "kg", "no", ""],
            ["T1", "Tea", "kg", "", ""]]  # fmt: skip
    assert [verdict for _row, verdict, _reason in hand.judge("items", "items.csv", csv(*rows))] == ["accept"] * 3
    hand.apply()
    said = {one.sku: (one.food_traceability.value, one.food_traceability_category) for one in _all(Item)}
    assert said == {"E1": ("listed", "Shell eggs"), "S1": ("not_listed", ""), "T1": ("unstated", "")}


@sqlite_only
def test_an_old_german_xls_is_read(hand: Hand) -> None:
    given.item("A1")
    content = (Path(__file__).parent / "old.xls").read_bytes()
    found = hand.judge("lots", "bestand.xls", content)
    # 0012 and 12 are two lots, and a person is asked.
    assert found == [(4, "accept", "new"), (5, "ask", "lot_near")]
    assert hand.judge("lots", "bestand.xls", content, lot_near="yes")[1] == (5, "accept", "new")
    hand.apply()
    assert sorted(lot.number for lot in _all(Lot)) == ["0012", "12"]


@sqlite_only
def test_a_german_csv_and_a_gbk_csv_make_items(hand: Hand) -> None:
    german = csv(
        ["Artikelnummer", "Bezeichnung", "Basiseinheit", "Haltbarkeit", "Stück pro Karton", "EAN", "Hersteller"],
        ["T-1", "Grüner Tee, süß".replace(",", ""), "Stück", "24 Monate", "12", "4006381333931", ""],
        ["T-2", "Weißer Tee", "kg", "1 Jahr", "2,5", "", "Nobody"],
        ["Summe", "", "", "", "", "", ""],
        charset="cp1252", delimiter=";",
    )  # fmt: skip
    assert hand.judge("items", "artikel.csv", german) == [(2, "accept", "new"), (3, "refuse", "partner_unknown")]
    hand.apply(is_whole=False)
    chinese = csv(
        ["料号", "品名", "单位", "储存条件", "箱装数"],
        ["T-3", "乌龙茶", "盒", "冷藏", "10箱"],
        ["T-1", "绿茶", "个", "常温", ""],
        charset="gbk",
    )
    assert hand.judge("items", "物料.csv", chinese) == [(2, "accept", "new"), (3, "ask", "would_change")]
    assert hand.facts(3)["changes"] == [["name_zh", "", "绿茶"]]
    assert hand.judge("items", "物料.csv", chinese, would_change="yes")[1] == (3, "accept", "changed")
    hand.apply()
    first, third = _all(Item)
    assert (first.sku, first.name_en, first.name_zh, first.base_unit, first.shelf_life_days) == (
        "T-1", "Grüner Tee süß", "绿茶", "ea", 730,
    )  # fmt: skip
    assert (third.name_en, third.storage_class.value) == ("乌龙茶", "cold")
    units = {(unit.item_id, unit.code): (unit.factor, unit.gtin) for unit in _all(PackUnit)}
    assert units[first.id, "ea"] == (given.q(1), "04006381333931") and units[first.id, "case"] == (given.q(12), None)
    assert units[third.id, "case"] == (given.q(10), None)
    assert hand.judge("items", "物料.csv", chinese) == [(2, "accept", "same"), (3, "accept", "same")]


@sqlite_only
def test_partners_and_bins_come_in(hand: Hand) -> None:
    partners = xlsx(
        ["客户编码", "客户名称", "类型"], ["C1", "东方商贸", None], ["C2", "西湖", "客户、供应商"], ["C 3", "坏", None]
    )
    assert hand.judge("partners", "p.xlsx", partners) == [
        (2, "accept", "new"), (3, "accept", "new"), (4, "refuse", "code_form"),
    ]  # fmt: skip
    hand.apply(is_whole=False)
    assert [(p.code, p.is_customer, p.is_supplier) for p in _all(Partner)] == [("C1", True, False), ("C2", True, True)]
    bins = xlsx(
        ["库位", "类型", "库区"],
        ["B-01", "拣货位", "A"],
        ["B-02", None, "常温区"],
        ["B-02", None, "A"],
        ["B 3", None, "A"],
        ["B-04", None, "AA"],
        ["A-01", None, None],
    )
    assert [one[1:] for one in hand.judge("bins", "b.xlsx", bins)] == [
        ("accept", "new"), ("accept", "new"), ("refuse", "twice_in_file"), ("refuse", "bin_form"),
        ("refuse", "zone_unknown"), ("accept", "same"),
    ]  # fmt: skip
    hand.apply(is_whole=False)
    assert {(b.code, b.kind.value) for b in _all(Bin, Bin.code.like("B-%"))} == {
        ("B-01", "pick_face"),
        ("B-02", "storage"),
    }


def test_where_letters_to_a_partner_go_comes_in_with_it(hand: Hand) -> None:
    content = xlsx(
        ["客户编码", "客户名称", "邮箱", "信函语言", "召回联系人", "联系人核实日期"],
        ["C1", "东方商贸", "qa@east.example", "繁體中文", "李小姐", "2026-03-05"],
        ["C2", "西湖", "not an address", "English", "", None],
        ["C3", "北方", "", "中文", "", None],
        ["C4", "南方", "", "zh-CN", "", "2199-01-01"],
    )
    assert hand.judge("partners", "p.xlsx", content) == [
        (2, "accept", "new"), (3, "refuse", "cell_email"), (4, "ask", "language_unknown"), (5, "refuse", "checked_to_come"),
    ]  # fmt: skip
    hand.apply(is_whole=False)
    (one,) = _all(Partner)
    assert (one.email, one.language, one.recall_contact, one.recall_contact_verified_on) == (
        "qa@east.example", "zh_Hant_TW", "李小姐", date(2026, 3, 5),
    )  # fmt: skip


def test_orders_come_in_whole_or_not_at_all(hand: Hand) -> None:
    given.item("A1")
    given.partner("C1", name_zh="东方商贸")
    content = xlsx(
        ["订单号", "客户名称", "交货日期", "货号", "数量", "备注"],
        ["SO-1", "东方商贸", "2026-12-01", "A1", "1 箱", "急"],
        [None, None, None, "A1", 3, None],
        ["SO-2", "C1", "2026/12/2", "A1", 4, None],
        ["SO-2", "C1", "2026/12/2", "A7", 4, None],
        merged=["A2:A3", "B2:B3", "C2:C3"],
    )
    assert hand.judge("orders", "o.xlsx", content) == [
        (2, "accept", "new"), (3, "accept", "new"), (4, "refuse", "order_incomplete"), (5, "refuse", "item_unknown"),
    ]  # fmt: skip
    hand.apply(is_whole=False)
    (order,) = _all(Order)
    assert (order.number, order.ship_on, order.note) == ("SO-1", date(2026, 12, 1), "急")
    lines = [line.quantity for line in order.lines]
    database.session.commit()
    assert lines == [given.q(12), given.q(3)]
    assert [one[2] for one in hand.judge("orders", "o.xlsx", content)[:2]] == ["same", "same"]
    more = xlsx(
        ["订单号", "客户名称", "交货日期", "货号", "数量"],
        ["SO-1", "C1", "2026-12-01", "A1", 12],
        ["SO-1", "C1", "2026-12-01", "A1", 5],
    )
    assert [one[1:] for one in hand.judge("orders", "m.xlsx", more)] == [("accept", "same"), ("ask", "other_quantity")]
    hand.judge("orders", "m.xlsx", more, other_quantity="yes")
    hand.apply()
    database.session.expire_all()
    assert [line.quantity for line in _all(Order)[0].lines] == [given.q(12), given.q(5)]


def test_the_past_comes_in_as_genealogy_without_moves(hand: Hand) -> None:
    given.item("RAW"), given.item("TEA")
    given.partner("S1")
    given.partner("C1", name_en="Shop")
    content = csv(
        [
            "Date",
            "Type",
            "Document",
            "Item",
            "Batch",
            "Quantity",
            "Partner",
            "Output item",
            "Output batch",
            "Output quantity",
        ],
        ["2025-01-05", "Receipt", "GR-1", "RAW", "R1", "100", "S1", "", "", ""],
        ["2025-02-05", "consumption", "WO-1", "RAW", "R1", "40", "", "TEA", "T1", "380"],
        ["2025-03-05", "shipment", "DN-1", "TEA", "T1", "12", "Shop", "", "", ""],
        ["2025-03-06", "shipment", "DN-2", "TEA", "T1", "12", "Shoppe", "", "", ""],
        ["2031-03-06", "shipment", "DN-3", "TEA", "T1", "12", "Shop", "", "", ""],
    )
    assert [one[1:] for one in hand.judge("history", "h.csv", content)] == [
        ("accept", "new"), ("accept", "new"), ("accept", "new"), ("refuse", "partner_unknown"), ("refuse", "day_to_come"),
    ]  # fmt: skip
    assert hand.facts(5)["like"] == ["C1"]
    hand.apply(is_whole=False)
    assert not list(database.session.execute(select(StockMove)).scalars())
    raw, tea = _all(Lot)
    (link,) = _all(LotLink)
    assert (link.kind, link.source_lot_id, link.target_lot_id) == (LinkKind.IMPORTED, raw.id, tea.id)
    assert (link.source_quantity, link.target_quantity) == (given.q(40), given.q(380))
    received, used, shipped = _all(ImportedEvent)
    assert (received.kind.value, received.partner.code, received.document) == ("receipt", "S1", "GR-1")
    assert (used.output_lot_id, used.lot_link_id, used.source_row) == (tea.id, link.id, 3)
    assert (shipped.kind.value, shipped.happened_on, len(shipped.source_sha256)) == ("shipment", date(2025, 3, 5), 64)
    assert [one.id for one in past_of([tea.id])] == [used.id, shipped.id]
    assert [one[2] for one in hand.judge("history", "h.csv", content)[:3]] == ["same"] * 3


@sqlite_only
def test_questions_are_answered_for_all_rows_or_for_one(hand: Hand) -> None:
    given.item("A1")
    content = _opening(
        ["A1", None, 12, "2027-06-30", None, "A-01", 1, "Q"], ["A1", None, 345, "2027-06-30", None, "A-02", 1, "Q"]
    )
    from wms.core.clock import now
    from wms.db import run_in_transaction
    from wms.imports import service

    assert [one[1:] for one in hand.judge("lots", "a.xlsx", content)] == [("ask", "code_is_number")] * 2
    run_in_transaction(service.answer, hand.run, question="code_is_number", choice="yes", rows=[4], at=now())
    assert [one[1] for one in hand.judge_again()] == ["accept", "ask"]
    run_in_transaction(service.answer, hand.run, question="code_is_number", choice="no", at=now())
    assert [one[1:] for one in hand.judge_again()] == [("accept", "new"), ("refuse", "answered_no")]


@sqlite_only
def test_what_stands_in_the_way_of_opening_stock_is_told(hand: Hand) -> None:
    given.item("A1")
    given.item("INSP", is_inspected_at_receipt=True)
    known = given.lot(given.item("K1"), "L1", expires_in=100)
    given.stock(known, hand.site, "A-01", 5)
    found = hand.judge(
        "lots", "a.csv",
        csv(
            ["SKU", "Lot", "Expiry", "Made on", "Bin", "Quantity", "Quality"],
            ["A1", "L1", "2027-06-30", "", "A-99", "1", ""],
            ["A1", "L2", "2027-06-30", "", "SUPPLIER", "1", ""],
            ["A1", "L3", "2027-06-30", "", "A-01", "-1", ""],
            ["A1", "L4", "2027-06-30", "", "A-01", "1 pallet", ""],
            ["A1", "L5", "", "2026-01-01", "A-01", "1", ""],
            ["A1", "L6", "", "", "A-01", "1", ""],
            ["A1", "L7", "2025-01-01", "2026-01-01", "A-01", "1", ""],
            ["K1", "L1", "2027-06-30", "", "A-02", "1", ""],
            ["K1", "L1", "", "", "A-01", "1", ""],
            ["INSP", "L1", "2027-06-30", "", "A-01", "1", "released"],
            ["A1", "L8", "2027-06-30", "", "CAGE", "1", ""],
            ["", "L9", "2027-06-30", "", "A-01", "1", ""],
        ),
    )  # fmt: skip
    assert [one[1:] for one in found] == [
        ("refuse", "bin_unknown"), ("refuse", "bin_outside"), ("refuse", "cell_negative"), ("refuse", "unit_unknown"),
        ("ask", "day_computed"), ("refuse", "no_day"), ("refuse", "days_crossed"), ("refuse", "lot_differs"),
        ("ask", "stock_there"), ("ask", "comes_in_pending"), ("ask", "bin_odd"), ("ask", "taken_from_above"),
    ]  # fmt: skip


@sqlite_only
def test_who_may_not_release_lets_nothing_in_released_that_another_brought(hand: Hand) -> None:
    item = given.item("INSP", is_inspected_at_receipt=True)
    hand.options = {"may_release": True}
    sheet = csv(
        ["SKU", "Lot", "Expiry", "Bin", "Quantity", "Quality"], ["INSP", "L1", "2027-06-30", "A-01", "1", "released"]
    )
    assert [one[1] for one in hand.judge("lots", "a.csv", sheet)] == ["accept"]
    run_in_transaction(
        service.begin, hand.run, RunState.APPLYING, actor=SYSTEM_USER, at=now(), is_whole=True, may_release=False
    )
    work.apply_now(hand.run, actor=SYSTEM_USER, is_whole=True, file_name="a.csv", data_dir=hand.folder)
    assert not _all(Lot, Lot.item_id == item.id)
    assert [one[1:] for one in hand.judge_again()] == [("ask", "comes_in_pending")]


@sqlite_only
def test_a_row_that_cannot_come_in_alone_is_left_out_and_the_others_come(hand: Hand) -> None:
    given.item("A1")
    rows = [["A1", None, f"L{n}", "2027-06-30", None, "A-01", 1, f"Q{n}"] for n in range(6)]
    hand.judge("lots", "a.xlsx", _opening(*rows))
    real = work.service.apply_part

    def someone_was_faster(run: int, frame: Any, part: Any, **more: Any) -> None:
        if any(draft.get("lot") == "L3" for draft in part):
            from wms.core.errors import DuplicateValue

            raise DuplicateValue(field="lot", value="L3")
        real(run, frame, part, **more)

    work.service.apply_part = someone_was_faster
    try:
        run = hand.apply(is_whole=False)
    finally:
        work.service.apply_part = real
    assert (run.counts["applied"], run.counts["refuse"]) == (5, 1)
    assert sorted(lot.number for lot in _all(Lot)) == ["L0", "L1", "L2", "L4", "L5"]
