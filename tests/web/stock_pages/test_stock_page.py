"""The stock page: filters, sort, paging by key, a constant number of statements, labels that decode."""

import io
import re
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
import zxingcpp
from flask import Flask
from PIL import Image

from tests import given
from tests.given import q
from tests.web.desk_client import Desk
from wms.core.clock import now
from wms.core.ids import SYSTEM_USER
from wms.db import run_in_transaction
from wms.quality import service
from wms.stock.ledger import Quality
from wms.stock.models import HoldReason, HoldScope


@pytest.fixture(autouse=True)
def noon() -> Iterator[None]:
    """The builders count their days from given.TODAY: so does the clock that the pages ask."""
    with time_machine.travel(given.NOW, tick=True):
        yield


@pytest.fixture
def site(app: Flask) -> given.Site:
    with app.app_context():
        site = given.warehouse("HZ")
        given.user("wang", "quality")
        return site


@pytest.fixture
def desk(app: Flask, site: given.Site) -> Desk:
    return Desk.of(app, "wang")


def lots_on(desk: Desk) -> list[str]:
    return re.findall(r'/lots/\d+">([^<]+)</a>', desk.text)


def test_each_filter_finds_its_stock_and_stands_in_the_url(app: Flask, site: given.Site, desk: Desk) -> None:
    with app.app_context():
        milk, drug = given.item("MILK-1", name_en="Whole milk", name_zh="全脂牛奶"), given.item("DRUG-1")
        plate = given.lpn(site)
        given.stock(given.lot(milk, "FRESH", expires_in=50), site, "A-01", 5)
        given.stock(given.lot(milk, "OLD", expires_in=-40), site, "A-02", 5)
        given.stock(given.lot(milk, "WAITS"), site, "QUAR", 5, quality=Quality.PENDING)
        given.stock(given.lot(drug, "BAD"), site, "CAGE", 5, quality=Quality.REJECTED)
        held = given.lot(drug, "STOPPED")
        given.stock(held, site, "A-03", 5, on=plate.id)
        cmd = service.PlaceHold(key="h", scope=HoldScope.LOT, lot=held.id, reason=HoldReason.DAMAGE)
        run_in_transaction(service.place_hold, cmd, actor=SYSTEM_USER, at=now())
        code = plate.code
    for query, expected in {
        "q=milk": {"FRESH", "OLD", "WAITS"},
        "q=牛奶": {"FRESH", "OLD", "WAITS"},
        "q=fre": {"FRESH"},
        "q=A-0": {"FRESH", "OLD", "STOPPED"},
        f"lpn={code}": {"STOPPED"},
        "sku=DRUG-1": {"BAD", "STOPPED"},
        "lot=OLD": {"OLD"},
        "bin=A-01": {"FRESH"},
        "zone=A": {"FRESH", "OLD", "WAITS", "BAD", "STOPPED"},
        "state=available": {"FRESH"},
        "state=expired": {"OLD"},
        "state=pending": {"WAITS"},
        "state=rejected": {"BAD"},
        "state=held": {"STOPPED"},
        "state=allocated": set(),
        "before=2026-11-01": {"OLD"},
        "q=100%25": set(),
        "sku=nothing": set(),
    }.items():
        desk.get(f"/stock?{query}")
        assert (desk.status, set(lots_on(desk))) == (200, expected), query
    desk.get("/stock?state=held")
    assert "held: Damage" in desk.words


def test_pages_by_key_show_every_row_once_in_order(app: Flask, site: given.Site, desk: Desk) -> None:
    with app.app_context():
        for n in range(3):
            item = given.item(f"SKU-{n}")
            for m in range(4):
                lot = given.lot(item, f"L{n}{m}", expires_in=10 * m)
                for code in ("A-01", "A-02", "A-03", "A-04", "FACE"):
                    given.stock(lot, site, code, 1)
    for sort in ("expiry", "-expiry", "item", "-item", "bin", "-bin"):
        walk(desk, sort)


def walk(desk: Desk, sort: str) -> None:
    """Turn every page of 60 rows and compare the order."""
    seen: list[tuple[str, ...]] = []
    link: Any = f"/stock?sort={sort}"
    counts = set()
    while link:
        desk.get(link)
        counts.add(len(desk.statements))
        seen += re.findall(
            r'title="Only this item">([^<]+)<.*?/lots/\d+">([^<]+)</a>.*?title="Only this bin">([^<]+)<',
            desk.text,
            re.S,
        )
        found = re.search(r'rel="next" href="([^"]+)"', desk.text)
        link = found[1].replace("&amp;", "&") if found else None
    assert len(seen) == len(set(seen)) == 60
    expiry = {row[1]: int(row[1][2]) for row in seen}
    column = {"expiry": lambda r: expiry[r[1]], "item": lambda r: r[0], "bin": lambda r: r[2]}[sort.lstrip("-")]
    assert [column(r) for r in seen] == sorted((column(r) for r in seen), reverse=sort.startswith("-"))
    assert len(counts) == 1 and counts.pop() <= 10, desk.statements


def test_a_filter_that_cannot_be_read_is_refused_in_words(desk: Desk) -> None:
    for query in (
        "state=nonsense", "sort=quantity", "before=yesterday", "cursor=%%%", "cursor=WzFd", "cursor=WyJ4IiwieSJd",
        "what=1", "q=" + "x" * 101,
    ):  # fmt: skip
        desk.get(f"/stock?{query}")
        assert (desk.status, "Something needs another value" in desk.words) == (422, True), query


def test_stock_of_another_warehouse_is_not_shown(app: Flask, site: given.Site, desk: Desk) -> None:
    with app.app_context():
        other = given.warehouse("SZ")
        given.stock(given.lot(given.item(), "THERE"), other, "A-01", 5)
    desk.get("/stock")
    assert lots_on(desk) == []


def test_a_label_on_screen_and_on_the_sheet_says_what_it_is(app: Flask, site: given.Site, desk: Desk) -> None:
    with app.app_context():
        lot = given.lot(given.item(), "LOT7", expires_in=30)
        given.stock(lot, site, "A-01", 5)
        plate = given.lpn(site)
        given.stock(lot, site, "A-01", 5, on=plate.id)
        lot_id, bin_id, lpn_id, sscc = lot.id, site["A-01"], plate.id, plate.code
    found = {}
    for name, path in {"lot": f"/lots/{lot_id}", "bin": f"/bins/{bin_id}", "lpn": f"/lpns/{lpn_id}"}.items():
        answer = desk.client.get(f"{path}/label.png")
        assert answer.mimetype == "image/png"
        found[name] = {code.text for code in zxingcpp.read_barcodes(Image.open(io.BytesIO(answer.data)))}
        assert desk.client.get(f"{path}/label.svg").data.startswith(b"<svg")
    assert any("LOT7" in text for text in found["lot"])
    assert any("A-01" in text for text in found["bin"])
    assert any(sscc in text for text in found["lpn"])
    sheet = desk.client.get(f"/labels.pdf?lot={lot_id}&lpn={lpn_id}&zone=A&copies=2")
    assert (sheet.mimetype, sheet.data[:4]) == ("application/pdf", b"%PDF")
    assert desk.client.get("/labels.pdf").status_code == 404
    desk.get("/setup/labels")
    assert desk.status == 200


def test_the_balance_shown_is_what_the_ledger_says(app: Flask, site: given.Site, desk: Desk) -> None:
    with app.app_context():
        given.stock(given.lot(given.item(), "BULK"), site, "A-01", "12.5")
        assert q("12.5")
    desk.get("/stock")
    assert "12.5 ea" in desk.words.replace("\u00a0", " ")
