"""The passport of a lot: made at the desk, read by anybody with the key, the same nothing for everybody else."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from werkzeug.test import TestResponse

from tests import given
from tests.web.desk_client import Desk
from wms.core.clock import now
from wms.core.ids import SYSTEM_USER, LotId, new_id
from wms.db import db, run_in_transaction
from wms.files.models import FileKind, StoredFile
from wms.passport import queries, service
from wms.passport.rules import Shown
from wms.stock.models import Hold, HoldReason, HoldScope, LinkKind, Lot, LotLink

#: What differs from answer to answer by nature.
_OF_THE_CALL = {"X-Request-Id", "Date"}


@pytest.fixture(autouse=True)
def _nobody_asked_yet(app: Flask) -> None:
    """The application outlives a test, and so would its count of calls."""
    app.extensions["wms_limits"] = MovingWindowRateLimiter(MemoryStorage())


@pytest.fixture
def house(app: Flask) -> SimpleNamespace:
    """Flour L1 of a supplier went into bread B1 of a maker; B1 has a passport."""
    with app.app_context():
        site = given.warehouse("PASS")
        mill, maker = (
            given.partner(code, name_en=code.title(), name_zh=zh)
            for code, zh in (("MILL", "面粉厂"), ("BAKER", "面包房"))
        )
        flour = given.lot(given.item("FLOUR"), "L1", supplier=mill.id)
        item = given.item("BREAD", name_en="White bread", name_zh="白面包", specification="500 g")
        bread = given.lot(item, "B1", maker=maker.id, country="CN", manufactured_on=given.day(-3))
        given.stock(bread, site)
        given.keep(
            LotLink(
                id=new_id(), kind=LinkKind.PRODUCTION, source_lot_id=flour.id, target_lot_id=bread.id,
                source_quantity=given.q(1), target_quantity=given.q(1), made_by=SYSTEM_USER, made_at=now(),
            )
        )  # fmt: skip
        given.user("quinn", "quality", site=site)
        made = run_in_transaction(
            service.make, bread.id, secret=str(app.config["SECRET_KEY"]), actor=SYSTEM_USER, at=now()
        )
        gtin = {unit.code: str(unit.gtin) for unit in item.pack_units}["ea"]
        return SimpleNamespace(site=site, bread=bread.id, flour=flour.id, gtin=gtin, key=made.key, item=item.id)


def show(house: Any, *shown: Shown, item_class: str = "") -> None:
    run_in_transaction(service.set_policy, item_class, shown, actor=SYSTEM_USER, at=now())
    db.session.commit()


def said(answer: TestResponse) -> tuple[int, bytes, list[tuple[str, str]]]:
    return answer.status_code, answer.data, [pair for pair in answer.headers if pair[0] not in _OF_THE_CALL]


def test_a_right_key_opens_both_addresses_and_no_cookie_is_set(app: Flask, house: Any) -> None:
    client = app.test_client()
    for path in (
        f"/p/{house.key}",
        f"/01/{house.gtin}/10/B1?k={house.key}",
        f"/01/{house.gtin[1:]}/10/B1?k={house.key}",
    ):
        answer = client.get(path)
        assert answer.status_code == 200, path
        assert "White bread" in answer.text and "B1" in answer.text and "Checked and released" in answer.text
        assert answer.headers["X-Robots-Tag"] == "noindex, nofollow, noarchive"
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_everybody_without_a_right_key_gets_the_same_answer_byte_by_byte(app: Flask, house: Any) -> None:
    client = app.test_client()
    with app.app_context():
        renewed = run_in_transaction(
            service.make, house.bread, secret=str(app.config["SECRET_KEY"]), actor=SYSTEM_USER, at=now()
        )
    revoked, good = house.key, renewed.key
    other = "A" * 22
    paths = [
        f"/p/{other}", f"/p/{revoked}", "/p/x", "/p/x/y/z", f"/p/{good}/", f"/p/{good}/certificate/1", f"/p/{good}x",
        f"/p/{good[:-1]}", f"/p/{good}%00", f"/p/{'9' * 3000}", "/p/%ff%fe", "/p/'%20OR%201=1--", "/p/<script>",
        f"/01/{house.gtin}/10/B1", f"/01/{house.gtin}/10/B1?k=", f"/01/{house.gtin}/10/B1?k={revoked}",
        f"/01/{house.gtin}/10/B1?k={other}", f"/01/{house.gtin}/10/B2?k={good}", f"/01/09506000134352/10/B1?k={good}",
        f"/01/{house.gtin}/21/B1?k={good}", f"/01/{house.gtin}?k={good}", f"/01/{house.gtin}/10/?k={good}",
        f"/01/x/10/B1?k={good}", f"/01/{house.gtin}/10/B1%00?k={good}", f"/01/{house.gtin}/10/B1?k=%00",
        f"/p/{other}?lang=zh", f"/p/{other}?warehouse=PASS",
    ]  # fmt: skip
    answers = {path: said(client.get(path)) for path in paths}
    first = answers[paths[0]]
    assert first[0] == 404
    assert [path for path, answer in answers.items() if answer != first] == []
    assert client.get(f"/p/{good}").status_code == 200


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_one_statement_is_asked_for_any_wrong_key(app: Flask, house: Any) -> None:
    from sqlalchemy import event

    client = app.test_client()
    counts = []
    with app.app_context():
        engine = db.engine
    for path in (
        f"/p/{'A' * 22}",
        "/p/x",
        "/p/" + "9" * 2000,
        f"/01/{house.gtin}/10/B1?k=no",
        "/01/1/2",
        f"/01/{house.gtin}/10/B1",
    ):
        asked: list[str] = []

        def note(_c: Any, _cur: Any, statement: str, *_rest: Any, to: list[str] = asked) -> None:
            if statement.startswith("SELECT"):
                to.append(statement)

        event.listen(engine, "before_cursor_execute", note)
        client.get(path)
        event.remove(engine, "before_cursor_execute", note)
        counts.append(len(asked))
    assert counts == [1] * 6


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_person_who_is_logged_in_sees_what_everybody_sees(app: Flask, house: Any) -> None:
    desk = Desk.of(app, "quinn")
    for path in (f"/p/{house.key}", "/p/none"):
        assert said(desk.client.get(path)) == said(app.test_client().get(path))


def test_what_the_policy_does_not_allow_is_absent(app: Flask, house: Any) -> None:
    client = app.test_client()
    words = {
        Shown.ITEM: "White bread", Shown.LOT: "B1", Shown.DATES: given.day(-3).isoformat(), Shown.STATE: "Checked and released",
        Shown.MAKER: "Baker", Shown.COUNTRY: "Country of origin", Shown.CERTIFICATE: "Certificates", Shown.ORIGIN: "Mill",
        Shown.RECALL: "under recall",
    }  # fmt: skip
    with app.app_context():
        given.keep(
            Hold(
                id=new_id(), scope=HoldScope.LOT, lot_id=house.bread, reason=HoldReason.RECALL, placed_by=SYSTEM_USER,
                placed_at=now(),
            )
        )  # fmt: skip
    words[Shown.STATE] = "Recalled"
    for shown in Shown:
        with app.app_context():
            show(house, shown)
        text = client.get(f"/p/{house.key}").text
        assert [one for one, word in words.items() if word in text] == [shown], text
        for never in ("Mill" if shown is not Shown.ORIGIN else "A-01", "A-01", "PASS", "BREAD", "Quinn", "10 ea"):
            assert never not in text
    with app.app_context():
        show(house)
    assert not any(word in client.get(f"/p/{house.key}").text for word in words.values())


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_the_policy_of_a_class_goes_before_that_of_the_company(app: Flask, house: Any) -> None:
    client = app.test_client()
    with app.app_context():
        item_class = db.session.get(given.Item, house.item).item_class.value
        show(house, Shown.LOT)
        show(house, Shown.ITEM, item_class=item_class)
    text = client.get(f"/p/{house.key}").text
    assert "White bread" in text and "B1" not in text
    desk = Desk.of(app, "quinn")
    desk.get("/quality/passports")
    desk.post("/quality/passports", item_class=item_class, is_removed="1")
    assert desk.status == 302
    text = client.get(f"/p/{house.key}").text
    assert "White bread" not in text and "B1" in text


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_the_language_is_the_browsers_alone(app: Flask, house: Any) -> None:
    client = app.test_client()
    chinese = client.get(f"/p/{house.key}?lang=en", headers={"Accept-Language": "zh-CN,zh;q=0.9"})
    assert 'lang="zh-Hans-CN"' in chinese.text and "白面包" in chinese.text
    assert 'lang="zh-Hant-TW"' in client.get(f"/p/{house.key}", headers={"Accept-Language": "zh-TW"}).text
    assert 'lang="en"' in client.get(f"/p/{house.key}", headers={"Accept-Language": "fr"}).text
    assert "Accept-Language" in chinese.headers["Vary"]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_who_asks_too_often_waits_whatever_the_key(app: Flask, house: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(app.config, "WMS", replace(app.config["WMS"], passport_per_minute=3))
    client = app.test_client()
    statuses = [client.get(f"/p/{key}").status_code for key in (house.key, "x", "y", "z", house.key)]
    assert statuses == [200, 404, 404, 429, 429]
    refused, good = client.get("/p/zz"), client.get(f"/p/{house.key}")
    assert refused.data == good.data and int(refused.headers["Retry-After"]) > 0
    assert client.get(f"/p/{house.key}", environ_base={"REMOTE_ADDR": "10.0.0.9"}).status_code == 200


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_the_desk_makes_renews_and_revokes_with_a_reason(app: Flask, house: Any) -> None:
    desk, anybody = Desk.of(app, "quinn"), app.test_client()
    page = desk.get(f"/lots/{house.bread}/passport")
    link = re.search(r'data-copy="(http[^"]*)"', page)
    assert link is not None and f"/01/{house.gtin}/10/B1?k={house.key}" in link[1]
    assert anybody.get(link[1].removeprefix("http://localhost")).status_code == 200
    assert b"%PDF" in desk.client.get(f"/lots/{house.bread}/passport/label.pdf").data[:10]
    assert house.key in desk.client.get(f"/lots/{house.bread}/passport/label.zpl").text.replace("\\5F", "_").replace(
        "\\2D", "-"
    )

    desk.post(f"/lots/{house.bread}/passport", reason="label lost")
    assert desk.status == 302
    assert anybody.get(f"/p/{house.key}").status_code == 404
    renewed = re.search(r"k=([\w-]{22})", desk.get(f"/lots/{house.bread}/passport"))
    assert renewed is not None and renewed[1] != house.key
    assert anybody.get(f"/p/{renewed[1]}").status_code == 200

    desk.post(f"/lots/{house.bread}/passport/revoke", reason="")
    assert desk.status == 422
    assert anybody.get(f"/p/{renewed[1]}").status_code == 200
    desk.post(f"/lots/{house.bread}/passport/revoke", reason="sold under another name")
    assert anybody.get(f"/p/{renewed[1]}").status_code == 404
    page = desk.get(f"/lots/{house.bread}/passport")
    assert "label lost" in page and "sold under another name" in page and "none is open" in page
    assert desk.get(f"/lots/{house.bread}/passport/label.png") and desk.status == 404


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_the_audit_and_the_table_never_hold_the_key(app: Flask, house: Any) -> None:
    from sqlalchemy import text

    with app.app_context():
        rows = db.session.execute(text("SELECT changes FROM audit_entry WHERE entity = 'lot_passport'")).scalars().all()
        kept = db.session.execute(text("SELECT key_hash, key_sealed FROM lot_passport")).one()
    assert rows and all(house.key not in str(row) and kept[0] not in str(row) for row in rows)
    assert house.key not in kept[0] + kept[1]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_certificate_is_given_by_its_number_where_the_policy_allows_it(app: Flask, house: Any) -> None:
    import hashlib

    from wms.files.service import path_of

    content = b"%PDF-1.4 certificate"
    digest = hashlib.sha256(content).hexdigest()
    with app.app_context():
        path = path_of(digest, data_dir=app.config["WMS"].data_dir)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        given.keep(
            StoredFile(
                id=new_id(), sha256=digest, content_type="application/pdf", size_bytes=len(content), name="coa.pdf",
                subject_kind="lot", subject_id=house.bread, created_by=SYSTEM_USER, created_at=now(),
                kind=FileKind.CERTIFICATE,
            )
        )  # fmt: skip
    client = app.test_client()
    assert client.get(f"/p/{house.key}/certificate/1").status_code == 404
    with app.app_context():
        show(house, Shown.CERTIFICATE)
    answer = client.get(f"/p/{house.key}/certificate/1")
    assert (answer.status_code, answer.data) == (200, content)
    assert answer.headers["Cache-Control"] == "no-store"
    for wrong in ("2", "0", "-1", "01", "x"):
        assert client.get(f"/p/{house.key}/certificate/{wrong}").status_code == 404


@pytest.mark.parametrize(
    ("zone", "at", "is_good"),
    [
        # The last good day is the 22nd. In Shanghai it ends at 16:00 UTC, in New York at 05:00 UTC of the 23rd.
        ("Asia/Shanghai", "2026-11-22T15:59:59", True),
        ("Asia/Shanghai", "2026-11-22T16:00:00", False),
        ("America/New_York", "2026-11-23T04:59:59", True),
        ("America/New_York", "2026-11-23T05:00:00", False),
    ],
)
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_the_last_good_day_ends_at_the_midnight_of_the_place_where_the_lot_stands(
    app: Flask, zone: str, at: str, is_good: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    with app.app_context():
        given.warehouse(
            "ELSEWHERE", timezone="Pacific/Kiritimati"
        )  # where it is tomorrow already: it has none of the lot
        lot, key = _dated_lot(app, zone)
        assert queries.day_of(lot, at=_instant(at)) == date(2026, 11, 22 if is_good else 23)
    monkeypatch.setattr("wms.passport.public_routes.now", lambda: _instant(at))
    text = app.test_client().get(f"/p/{key}").text
    assert ("Its last good day has passed" in text) is not is_good and ("Checked and released" in text) is is_good


def test_of_several_places_the_furthest_day_counts_and_of_none_that_of_the_last(app: Flask) -> None:
    with app.app_context():
        lot, _key = _dated_lot(app, "America/New_York")
        night = _instant("2026-11-22T16:30:00")
        assert queries.day_of(lot, at=night) == date(2026, 11, 22)
        row = db.session.get_one(Lot, lot)
        given.stock(row, given.warehouse("EAST"), "A-01", 1)
        assert queries.day_of(lot, at=night) == date(2026, 11, 23)
        never = given.lot(given.item("NEVER")).id
        assert queries.day_of(never, at=night) == date(2026, 11, 23)


def _dated_lot(app: Flask, zone: str) -> tuple[LotId, str]:
    site = given.warehouse("HERE", timezone=zone)
    lot = given.lot(given.item("DATED"), "D1", expires_in=(date(2026, 11, 22) - given.TODAY).days)
    given.stock(lot, site)
    show(None, Shown.STATE)
    made = run_in_transaction(service.make, lot.id, secret=str(app.config["SECRET_KEY"]), actor=SYSTEM_USER, at=now())
    return lot.id, made.key


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
