"""What a gateway sends becomes passages, arrivals, loads and alarms: over the API, on both engines."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from tests import given
from tests.fakes import doors
from tests.given import NOW
from wms.alerts.models import Alert, AlertState, Severity
from wms.db import db, run_in_transaction
from wms.events.models import OutboxEvent
from wms.picking import service as picking
from wms.picking.models import OrderLine
from wms.quality import service as quality
from wms.quality.service import PlaceHold
from wms.receiving.models import AsnLine, AsnState
from wms.rfid import service
from wms.rfid.models import Episode, Gateway, GpoCommand, Passage, Reader, Tag
from wms.shipping import service as shipping
from wms.shipping.models import LoadLine, Shipment
from wms.shipping.queries import blocking_alert
from wms.stock.models import HoldReason, HoldScope, Lpn


@pytest.fixture
def dock(app: Flask) -> doors.Docks:
    with app.app_context():
        return doors.docks()


@pytest.fixture(autouse=True)
def noon(monkeypatch: pytest.MonkeyPatch) -> None:
    """The server's clock stands at noon of the builders' day."""
    monkeypatch.setattr("wms.rfid.api.now", lambda: NOW)


@pytest.fixture
def send(client: FlaskClient, dock: doors.Docks) -> Any:
    """Post a batch as the gateway does; the answer's body, after a check of its status."""

    def post(*items: Any, status: int = 200, token: str | None = None, **more: Any) -> Any:
        answer = client.post(
            "/api/v1/rfid/batches",
            json={"gateway_boot": "b1", "batch": list(items)} | more,
            headers={"Authorization": f"Bearer {dock.token if token is None else token}"},
        )
        assert answer.status_code == status, answer.text
        return answer.json

    return post


@pytest.fixture
def inside(app: Flask) -> Any:
    """Run something inside an app context of its own."""

    def run(work: Any, *args: Any, **more: Any) -> Any:
        with app.app_context():
            return work(*args, **more)

    return run


def passages() -> list[tuple[str, str, str]]:
    rows = db.session.execute(select(Passage).order_by(Passage.started_at, Passage.id)).scalars()
    return [(row.direction.value, row.decision.value, row.why) for row in rows]


def count(kind: Any) -> int:
    return int(db.session.execute(select(func.count()).select_from(kind)).scalar_one())


def hold(dock: doors.Docks, pallet: doors.Loaded, reason: HoldReason = HoldReason.SUSPECT) -> None:
    cmd = PlaceHold(
        key=f"hold-{pallet.lpn}", scope=HoldScope.LOT, lot=pallet.lot.id, reason=reason, warehouse=dock.site.id
    )
    run_in_transaction(quality.place_hold, cmd, actor=given.user(None, "quality", site=dock.site), at=NOW)


def keep_for_order(dock: doors.Docks, lot: Any) -> Any:
    """Keep a lot for the line of an order that wants it; nothing of it need stand there."""
    order = given.order(dock.site, [(lot.item, 1)])
    line = db.session.execute(select(OrderLine.id).where(OrderLine.order_id == order)).scalar_one()
    db.session.rollback()
    keep = picking.LayPeg(lot=lot.id, line=line, warehouse=dock.site.id)
    run_in_transaction(picking.lay_peg, keep, actor=given.user(), at=NOW)
    return order


def alarm() -> Alert:
    return db.session.execute(
        select(Alert).where(Alert.state != AlertState.RESOLVED, Alert.kind == "door_alarm")
    ).scalar_one()


def test_an_expected_pallet_that_goes_out_is_loaded_on_its_shipment(dock: Any, send: Any, inside: Any) -> None:
    pallet = inside(doors.picked_pallet, dock)
    answer = send(dock.episode(pallet.epc))
    assert answer["gpo"] == []

    def check() -> None:
        assert passages() == [("out", "loaded", "")]
        passage = db.session.execute(select(Passage)).scalar_one()
        assert (passage.lpn_id, passage.shipment_id) == (pallet.lpn, pallet.shipment)
        assert passage.features["goods"]["lot"] == pallet.lot.number
        line = db.session.execute(select(LoadLine)).scalar_one()
        assert (line.lpn_id, line.passage_id) == (pallet.lpn, passage.id)
        assert db.session.get(Shipment, pallet.shipment).state == "loading"
        assert count(Alert) == 0
        kinds = set(db.session.execute(select(OutboxEvent.kind)).scalars())
        assert "PassageLogged" in kinds and "DoorAlarmRaised" not in kinds

    inside(check)


def test_an_announced_pallet_that_comes_in_is_logged_as_arrived_against_its_asn(
    dock: Any, send: Any, inside: Any
) -> None:
    first, _second = inside(doors.announced, dock, 2)
    send(dock.episode(doors.epc_of(first), "IN", "in"))

    def check() -> None:
        assert passages() == [("in", "arrived", "")]
        passage = db.session.execute(select(Passage)).scalar_one()
        lines = list(db.session.execute(select(AsnLine).order_by(AsnLine.line)).scalars())
        assert [line.arrived_passage_id for line in lines] == [passage.id, None]
        assert lines[0].asn.state is AsnState.ARRIVED and passage.asn_id == lines[0].asn_id
        assert passage.features["goods"]["lot"] == "ANN1"

    inside(check)


def test_the_same_batch_twice_changes_nothing_and_gets_the_same_answer(dock: Any, send: Any, inside: Any) -> None:
    pallet = inside(doors.picked_pallet, dock)
    items = [dock.episode(pallet.epc), dock.episode(doors.FOREIGN)]
    first = send(*items)
    before = inside(lambda: (count(Episode), count(Passage), count(OutboxEvent), count(LoadLine), passages()))
    assert send(*items)["stored"] == first["stored"] == items[-1]["sequence"]
    assert send(*items[:1])["stored"] == first["stored"]
    after = inside(lambda: (count(Episode), count(Passage), count(OutboxEvent), count(LoadLine), passages()))
    assert after == before and before[:2] == (2, 2)


STOPS = ("held", "recalled", "expired", "other_shipment", "not_allocated", "made_for_other", "unknown_tag")


@pytest.mark.parametrize("why", STOPS)
def test_what_must_not_leave_raises_an_alarm_blocks_the_shipment_and_switches_the_light(
    why: str, dock: Any, send: Any, inside: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    loading = inside(doors.picked_pallet, dock)

    def wrong() -> str:
        match why:
            case "held" | "recalled":
                pallet = doors.picked_pallet(dock)
                hold(dock, pallet, HoldReason.RECALL if why == "recalled" else HoldReason.SUSPECT)
                return pallet.epc
            case "expired":
                monkeypatch.setattr("wms.rfid.api.now", lambda: NOW + timedelta(days=8))
                return doors.picked_pallet(dock, expires_in=7).epc
            case "other_shipment":
                other = given.keep  # a third door, where the pallet's own shipment stands
                from wms.rfid.models import Portal, PortalUse

                door = Portal(id=given.new_id(), warehouse_id=dock.site.id, code="OUT2", use=PortalUse.OUTBOUND)
                other(door)
                dock.doors["OUT2"] = door.id
                return doors.picked_pallet(dock, door="OUT2").epc
            case "not_allocated":
                lot, plate = given.lot(given.item()), given.lpn(dock.site, doors.sscc())
                given.stock(lot, dock.site, on=plate.id)
                return doors.epc_of(plate.code)
            case "made_for_other":
                lot, plate = given.lot(given.item()), given.lpn(dock.site, doors.sscc())
                given.stock(lot, dock.site, on=plate.id)
                keep_for_order(dock, lot)
                return doors.epc_of(plate.code)
            case _:
                return doors.epc_of(doors.sscc("6901234"))

    epc = inside(wrong)
    answer = send(dock.episode(epc))
    assert answer["gpo"] == [{"reader": str(dock.readers["OUT"]), "port": 1, "on": True, "seconds": 5}]
    assert send()["gpo"] == [], "a light is handed out once"

    def check() -> None:
        assert passages() == [("out", "alarm", why)]
        raised = alarm()
        assert raised.severity is Severity.CRITICAL and raised.data["why"] == why and raised.data["door"] == "OUT"
        assert raised.blocks_shipment_id is not None
        assert blocking_alert(raised.blocks_shipment_id) == "door_alarm"
        if why in ("other_shipment", "not_allocated", "made_for_other", "unknown_tag"):
            assert raised.blocks_shipment_id == loading.shipment, "the truck at this door is the one in doubt"
        kinds = list(db.session.execute(select(OutboxEvent.kind)).scalars())
        assert kinds.count("DoorAlarmRaised") == 1 and count(LoadLine) == 0
        given.ledger_is_whole()

    inside(check)


def test_a_kept_lot_leaves_with_its_own_order_and_not_upon_a_strange_pallet(dock: Any, send: Any, inside: Any) -> None:
    """Also where it stands on a plate upon the one whose tag is read: shipping does not see it, the door does."""

    def build() -> tuple[str, str]:
        mine = doors.picked_pallet(dock)
        line = db.session.execute(select(OrderLine.id).where(OrderLine.order_id == mine.order)).scalar_one()
        db.session.rollback()
        keep = picking.LayPeg(lot=mine.lot.id, line=line, warehouse=dock.site.id)
        run_in_transaction(picking.lay_peg, keep, actor=given.user(), at=NOW)
        lot, pallet, case = given.lot(given.item()), given.lpn(dock.site, doors.sscc()), given.lpn(dock.site)
        given.stock(lot, dock.site, on=case.id)
        run_in_transaction(lambda: setattr(db.session.get(Lpn, case.id), "parent_id", pallet.id))
        keep_for_order(dock, lot)
        return mine.epc, doors.epc_of(pallet.code)

    mine, strange = inside(build)
    send(dock.episode(mine), dock.episode(strange, ended_at=NOW + timedelta(seconds=30)))
    assert inside(passages) == [("out", "loaded", ""), ("out", "alarm", "made_for_other")]


def test_a_tag_of_a_kept_lot_raises_the_alarm_too(dock: Any, send: Any, inside: Any) -> None:
    def build() -> str:
        lot = given.lot(given.item())
        given.stock(lot, dock.site)
        keep_for_order(dock, lot)
        epc = "303400000000000000000ABC"
        given.keep(Tag(id=given.new_id(), epc=epc, lot_id=lot.id, first_seen_at=NOW, last_seen_at=NOW))
        return epc

    send(dock.episode(inside(build)))
    assert inside(passages) == [("out", "alarm", "made_for_other")]


def test_an_alarm_is_settled_once_by_a_person_the_light_goes_out_and_the_shipment_may_leave(
    dock: Any, send: Any, inside: Any
) -> None:
    pallet = inside(doors.picked_pallet, dock)
    stray = inside(lambda: doors.epc_of(doors.sscc("6901234")))
    send(dock.episode(stray), dock.episode(stray, ended_at=NOW + timedelta(seconds=30)))
    clerk = inside(lambda: given.user(None, "dock", site=dock.site))

    def settle() -> int:
        passage = db.session.execute(select(Passage.id).limit(1)).scalar_one()
        db.session.commit()
        cmd = service.SettlePassage(passage=passage, warehouse=dock.site.id, note="taken back inside")
        return run_in_transaction(service.settle_passage, cmd, actor=clerk, at=NOW)

    assert inside(settle) == 2, "both passages of one alarm"
    assert [(light["on"], light["seconds"]) for light in send()["gpo"]] == [(False, None)]
    assert inside(blocking_alert, pallet.shipment) is None
    with pytest.raises(Exception, match="wrong_state"):
        inside(settle)
    with pytest.raises(Exception, match="not_found"):
        inside(
            run_in_transaction,
            service.settle_passage,
            service.SettlePassage(
                passage=inside(lambda: db.session.execute(select(Passage.id).limit(1)).scalar_one()),
                warehouse=inside(given.warehouse).id,
                note="x",
            ),
            actor=clerk,
            at=NOW,
        )


def test_two_pieces_of_one_trip_are_one_passage_in_whatever_order_they_come(dock: Any, send: Any, inside: Any) -> None:
    """A gateway killed in mid-passage tells a trip in two pieces; a third, two seconds later, is another trip."""
    pallet = inside(doors.picked_pallet, dock)
    first = dock.episode(pallet.epc, "OUT", "stray", ended_at=NOW)
    second = dock.episode(
        pallet.epc, "OUT", "out", started_at=NOW + timedelta(seconds=1.9), ended_at=NOW + timedelta(seconds=4)
    )
    third = dock.episode(
        pallet.epc, "OUT", "out", started_at=NOW + timedelta(seconds=6), ended_at=NOW + timedelta(seconds=9)
    )
    send(first)
    assert inside(passages) == [("stray", "logged", "stray")]
    send(second)
    assert inside(passages) == [("out", "loaded", "")]
    send(second | {"sequence": second["sequence"] + 10_000, "ended_at": (NOW + timedelta(seconds=3)).isoformat()})
    assert inside(passages) == [("out", "loaded", "")]
    third["sequence"] += 20_000
    send(third)

    def check() -> None:
        rows = list(db.session.execute(select(Passage).order_by(Passage.started_at)).scalars())
        assert [(r.started_at, r.ended_at) for r in rows] == [
            (NOW - timedelta(seconds=3), NOW + timedelta(seconds=4)),
            (NOW + timedelta(seconds=6), NOW + timedelta(seconds=9)),
        ]
        assert count(LoadLine) == 1
        pieces = select(Episode.passage_id, func.count()).group_by(Episode.passage_id)
        assert sorted(n for _, n in db.session.execute(pieces)) == [1, 3]

    inside(check)


def test_a_crossing_cut_in_the_middle_is_for_review_and_a_parked_pallet_stays_a_stray(
    dock: Any, send: Any, inside: Any
) -> None:
    def leaning(epc: str, inside_reads: int, outside_reads: int, **more: Any) -> Any:
        item = dock.episode(epc, "OUT", "stray", **more)
        item["antennas"][0]["reads"], item["antennas"][1]["reads"] = inside_reads, outside_reads
        return item

    later = {"started_at": NOW + timedelta(seconds=1), "ended_at": NOW + timedelta(seconds=3)}
    cut, parked = inside(lambda: [doors.epc_of(doors.sscc()) for _ in range(2)])
    send(leaning(cut, 50, 5), leaning(cut, 5, 50, **later), leaning(parked, 50, 5), leaning(parked, 40, 5, **later))
    assert sorted(inside(passages)) == [("review", "review", "unsure"), ("stray", "logged", "stray")]


def test_doubt_is_for_a_person_but_an_expected_tag_has_a_lower_bar(dock: Any, send: Any, inside: Any) -> None:
    """A crossing of 6 dB is doubtful; at the door where the pallet's shipment loads it is believed."""
    pallet, foreign = inside(doors.picked_pallet, dock), doors.FOREIGN
    announced = inside(doors.announced, dock)[0]
    send(
        dock.episode(pallet.epc, "OUT", "review", direction_seconds=0.8, ended_at=NOW),
        dock.episode(
            doors.epc_of(announced), "IN", "review", direction_seconds=-0.8, ended_at=NOW + timedelta(seconds=9)
        ),
        dock.episode(foreign, "OUT", "review", direction_seconds=0.8, ended_at=NOW + timedelta(seconds=20)),
    )
    assert inside(passages) == [("out", "loaded", ""), ("in", "arrived", ""), ("review", "review", "unsure")]


def test_the_wrong_door_and_foreign_tags_are_told_apart(dock: Any, send: Any, inside: Any) -> None:
    pallet = inside(doors.picked_pallet, dock)
    announced = inside(doors.announced, dock)[0]
    at = iter(NOW + timedelta(seconds=20 * n) for n in range(9))
    send(
        dock.episode(doors.epc_of(announced), "OUT", "in", ended_at=next(at)),
        dock.episode(pallet.epc, "IN", "out", ended_at=next(at)),
        dock.episode(doors.FOREIGN, "OUT", "out", ended_at=next(at)),
        dock.episode(pallet.epc, "OUT", "out", ended_at=next(at)),
        dock.episode(pallet.epc, "OUT", "in", ended_at=next(at)),
    )
    assert inside(passages) == [
        ("in", "review", "wrong_door"),
        ("out", "alarm", "wrong_door"),
        ("out", "unknown_tag", "unknown_tag"),
        ("out", "loaded", ""),
        ("in", "review", "came_back"),
    ]

    def check() -> None:
        tag = db.session.execute(select(Tag).where(Tag.epc == doors.FOREIGN)).scalar_one()
        assert (tag.scheme, tag.lpn_id) == ("", None), "kept and shown"

    inside(check)


def test_a_tag_tied_to_an_lpn_by_hand_stands_for_it(dock: Any, send: Any, inside: Any) -> None:
    pallet = inside(doors.picked_pallet, dock)
    send(dock.episode(doors.FOREIGN, "OUT", "stray"))
    clerk = inside(lambda: given.user(None, "dock", site=dock.site))

    def tie() -> None:
        tag = db.session.execute(select(Tag.id)).scalar_one()
        db.session.commit()
        cmd = service.AssociateTag(tag=tag, lpn=pallet.lpn, warehouse=dock.site.id)
        run_in_transaction(service.associate_tag, cmd, actor=clerk, at=NOW)

    inside(tie)
    send(dock.episode(doors.FOREIGN, ended_at=NOW + timedelta(minutes=1)))
    assert inside(passages)[-1] == ("out", "loaded", "")


def test_an_item_of_a_door_that_is_not_there_is_kept_as_rejected_and_the_rest_goes_on(
    dock: Any, send: Any, inside: Any
) -> None:
    pallet = inside(doors.picked_pallet, dock)
    bad = dock.episode(pallet.epc) | {"portal": "77"}
    good = dock.episode(pallet.epc)
    assert send(bad, good)["stored"] == good["sequence"]
    assert inside(passages) == [("out", "loaded", "")]
    kept = inside(lambda: list(db.session.execute(select(Episode.content).order_by(Episode.sequence)).scalars()))
    assert [content.get("rejected") for content in kept] == ["portal", None]


def test_an_episode_that_breaks_while_it_is_judged_is_kept_and_leaves_no_half_done_thing(
    dock: Any, send: Any, inside: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    pallet = inside(doors.picked_pallet, dock)
    real = shipping.confirm_load

    def break_once(**given_values: Any) -> Any:
        real(**given_values)
        monkeypatch.setattr(shipping, "confirm_load", real)
        raise ZeroDivisionError

    monkeypatch.setattr(shipping, "confirm_load", break_once)
    foreign = dock.episode(doors.FOREIGN)
    send(dock.episode(pallet.epc), foreign)
    assert inside(passages) == [("out", "unknown_tag", "unknown_tag")]
    assert inside(count, LoadLine) == 0 and inside(count, Episode) == 2


HOSTILE: list[tuple[str, Any]] = [
    ("epc", "30" * 63), ("epc", "3"), ("epc", "ZZ"), ("epc", ""), ("epc", None), ("epc", 12), ("epc", "３０"),
    ("sequence", 0), ("sequence", -1), ("sequence", 2**60), ("sequence", "7"), ("sequence", 1.5), ("sequence", True),
    ("kind", "posting"), ("kind", None), ("kind", ["episode"]), ("reads", -1), ("reads", 10**30),
    ("peak_rssi_dbm", "NaN"), ("peak_rssi_dbm", 1e308), ("door_share", 1.1), ("prominence_db", -3),
    ("direction_seconds", 1e9), ("verdict", "loaded"), ("started_at", "2026-11-22T04:00:00"), ("started_at", "now"),
    ("started_at", "9999-12-31T23:59:59-23:59"), ("ended_at", "2020-01-01T00:00:00+00:00"), ("portal", "1 OR 1=1"),
    ("portal", 2**70), ("reader", -5), ("antennas", [{"reader": "1"}]), ("antennas", "x"), ("extra", 1),
    ("is_late", "perhaps"),
]  # fmt: skip


def test_a_hostile_batch_is_refused_whole_and_nothing_is_stored(
    dock: Any, send: Any, inside: Any, client: FlaskClient
) -> None:
    pallet = inside(doors.picked_pallet, dock)
    for field, value in HOSTILE:
        answer = send(dock.episode(doors.FOREIGN), dock.episode(pallet.epc) | {field: value}, status=422)
        assert answer["code"] == "field_errors", (field, value)
    twice = dock.episode(pallet.epc)
    send(twice, twice, status=422)
    send(*[dock.episode(pallet.epc) for _ in range(501)], status=422)
    send("episode", status=422)
    send(unheard_of=1, status=422)
    for raw in (b"", b"[]", b"null", b'{"batch": NaN}', b'{"batch": [' + b"[" * 5000, b"\xff\xfe", b"{}"):
        answer = client.post(
            "/api/v1/rfid/batches", data=raw, content_type="application/json",
            headers={"Authorization": f"Bearer {dock.token}"},
        )  # fmt: skip
        assert answer.status_code == 422, (raw[:20], answer.status_code)
    assert inside(lambda: (count(Episode), count(Passage), count(Tag))) == (0, 0, 0)
    assert inside(lambda: db.session.get(Gateway, dock.gateway).last_sequence) == 0


def test_only_the_gateways_own_token_opens_its_addresses(
    dock: Any, send: Any, inside: Any, client: FlaskClient
) -> None:
    from wms.accounts.models import ApiToken
    from wms.accounts.service import create_api_token, revoke_api_token

    item = dock.episode(doors.FOREIGN)
    send(item, token="wms_wrong", status=401)
    send(item, token="", status=401)
    assert client.post("/api/v1/rfid/batches", json={"batch": [item]}).status_code in (400, 401, 403)
    maker = inside(lambda: given.user(None, "gateway", "auditor"))

    def make(*scopes: str) -> str:
        return run_in_transaction(create_api_token, name="x", scopes=scopes, actor=maker, at=NOW)[1]

    send(item, token=inside(make, "stock.view"), status=403)
    send(item, token=inside(make, "rfid.gateway"), status=404)
    header = {"Authorization": f"Bearer {dock.token}"}
    assert client.get("/api/v1/rfid/gateway/config", headers=header).status_code == 200

    def revoke() -> None:
        row = db.session.get(Gateway, dock.gateway)
        token = db.session.get(ApiToken, row.api_token_id).id
        db.session.commit()
        run_in_transaction(revoke_api_token, token)

    inside(revoke)
    send(item, status=401)
    assert client.get("/api/v1/rfid/gateway/config", headers=header).status_code == 401
    assert inside(count, Episode) == 0


def test_a_heartbeat_and_a_state_tell_how_the_readers_stand(dock: Any, send: Any, inside: Any) -> None:
    reader = str(dock.readers["OUT"])
    at = NOW.isoformat()
    status = {
        "reader": reader,
        "state": "up",
        "since": at,
        "reason": "",
        "last_message_at": at,
        "reads": 4,
        "reads_lost": 0,
    }
    counts = {"tags_in_sight": 0, "reads_without_portal": 0, "reads_refused": 0, "episodes_too_thin": 1}
    answer = send(readers=[status], sent_at=at, waiting=0, counts=counts)
    assert answer == {"stored": None, "gpo": [], "config_version": 1, "stop_list_version": 0}

    def state() -> Any:
        row = db.session.get(Reader, dock.readers["OUT"])
        return row.state, row.last_message_at, db.session.get(Gateway, dock.gateway).last_seen_at

    assert inside(state) == ("up", NOW, NOW)
    down = {"sequence": 5, "kind": "reader_state", "reader": reader, "state": "down", "reason": "nothing heard",
            "at": (NOW + timedelta(seconds=3)).isoformat(), "clock_offset_seconds": None}  # fmt: skip
    assert send(down)["stored"] == 5
    assert inside(state)[0] == "down"


def test_the_configuration_says_readers_antennas_and_doors_and_its_version_grows(
    dock: Any, send: Any, inside: Any, client: FlaskClient
) -> None:
    def read() -> Any:
        return client.get("/api/v1/rfid/gateway/config", headers={"Authorization": f"Bearer {dock.token}"}).json

    before = read()
    assert [r["host"] for r in before["readers"]] == ["127.0.0.1"] * 2
    sides = {(a["reader"], a["antenna"]): a["side"] for p in before["portals"] for a in p["antennas"]}
    assert sides[str(dock.readers["IN"]), 1] == "inside" and len(sides) == 8

    def change() -> None:
        cmd = service.SavePortal(
            id=dock.doors["OUT"], warehouse=dock.site.id, code="OUT", name_en="South", name_zh="南门", use="both",
            rules={"silence_seconds": 1.0},
        )  # fmt: skip
        run_in_transaction(service.save_portal, cmd)

    inside(change)
    after = read()
    assert after["config_version"] > before["config_version"] == send(status=200)["config_version"] - 1
    assert [p["parameters"] for p in after["portals"] if p["code"] == "OUT"] == [{"silence_seconds": 1.0}]


def test_old_news_raises_the_alarm_but_switches_no_light(dock: Any, send: Any, inside: Any) -> None:
    epc = inside(lambda: doors.epc_of(doors.sscc("6901234")))
    assert send(dock.episode(epc, is_late=True))["gpo"] == []
    assert inside(lambda: alarm().severity) is Severity.CRITICAL
    assert inside(count, GpoCommand) == 0
