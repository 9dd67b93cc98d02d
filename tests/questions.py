"""The questions people and jobs ask of a large warehouse (wms.demo.scale), each as one call: for plans and for benchmarks.

A question is a page, a handheld step, a verb or a job, with the case of it that is hardest: the commonest item, the
largest zone, the middle of the list. What it writes is rolled back or undone.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from flask import Flask
from sqlalchemy import Engine, text

from tests.web.desk_client import Desk
from wms.core.clock import local_day, now

#: The pages go by the real day, so the warehouse is loaded for it.
AT = now()
DAY = local_day(AT, "Asia/Shanghai")


@dataclass
class Place:
    """A loaded warehouse: the application on it, who is logged in, and what is asked for."""

    app: Flask
    samples: dict[str, Any]
    desks: dict[str, Desk] = field(default_factory=dict)
    engine: Engine = None  # type: ignore[assignment]
    #: What the database was asked for each question, once that has been seen.
    asked: dict[str, list[Any]] = field(default_factory=dict)

    @classmethod
    def of(cls, app: Flask) -> Place:
        """Look for the samples and log the people in."""
        from wms.db import db

        with app.app_context():
            engine = db.engine
            samples = find_samples(db)
            db.session.remove()
        place = cls(app, samples, engine=engine)
        for login in ("supervisor", "picker", "receiver", "inspector"):
            place.desks[login] = log_in(app, login)
        return place

    def get(self, path: str, *, login: str = "supervisor") -> None:
        """Open a page; it must come."""
        desk = self.desks[login]
        answer = desk.client.get(path)
        assert answer.status_code in (200, 302), (path, answer.status_code, answer.text[:400])

    def run(self, verb: Callable[[], Any]) -> Any:
        """Run a reading or a verb inside the application; what it wrote is rolled back."""
        from wms.db import db

        with self.app.app_context():
            try:
                return verb()
            finally:
                db.session.rollback()
                db.session.remove()


def log_in(app: Flask, login: str) -> Desk:
    """Log one of the demo's people in."""
    from wms.demo.people import PASSWORD

    desk = Desk(app, app.test_client())
    desk.get("/login")
    desk.post("/login", login=login, password=PASSWORD, next="")
    assert desk.status == 302, desk.text[:500]
    return desk


def cursor(*values: Any) -> str:
    """The cursor behind these values of the sort keys."""
    return (
        base64.urlsafe_b64encode(json.dumps([str(v) if isinstance(v, date) else v for v in values]).encode())
        .decode()
        .rstrip("=")
    )


def find_samples(db: Any) -> dict[str, Any]:
    """Ids and codes the questions are asked with."""

    def one(sql: str, **values: Any) -> Any:
        return db.session.execute(text(sql), values).first()

    found: dict[str, Any] = {}
    site = found["warehouse"] = one("SELECT id FROM warehouse WHERE code = 'CNSZ1'").id
    stands = "b.on_hand > 0 AND b.warehouse_id = :site"
    item = one(
        f"SELECT b.item_id, i.sku, count(*) AS n FROM stock_balance b JOIN item i ON i.id = b.item_id WHERE {stands}"
        " AND b.fefo_on < '9999-01-01' GROUP BY b.item_id, i.sku ORDER BY n DESC, i.sku LIMIT 1", site=site,
    )  # fmt: skip
    found |= {"item": item.item_id, "sku": item.sku, "item_rows": item.n}
    rows = one(f"SELECT count(*) AS n FROM stock_balance b WHERE {stands}", site=site).n
    middle = one(
        "SELECT b.fefo_on, i.sku, bin.code, lot.number, lpn.code AS plate, b.lpn_id, b.lot_id, b.bin_id, b.id FROM stock_balance b"
        " JOIN item i ON i.id = b.item_id JOIN bin ON bin.id = b.bin_id JOIN lot ON lot.id = b.lot_id"
        f" JOIN lpn ON lpn.id = b.lpn_id WHERE {stands} AND b.lpn_id <> 0 AND b.fefo_on >= :day ORDER BY b.fefo_on, b.id"
        f" LIMIT 1 OFFSET {rows // 5}", site=site, day=DAY.isoformat() if db.engine.dialect.name == "sqlite" else DAY,
    )  # fmt: skip
    found |= {"fefo_on": str(middle.fefo_on), "middle_sku": middle.sku, "bin": middle.code, "bin_id": middle.bin_id,
              "lot": middle.number, "lot_id": middle.lot_id, "plate": middle.plate, "plate_id": middle.lpn_id}  # fmt: skip
    busy = one("SELECT lot_id, count(*) AS n FROM stock_move GROUP BY lot_id ORDER BY n DESC, lot_id LIMIT 1")
    found["busy_lot"] = busy.lot_id
    found["order"] = one("SELECT number FROM customer_order WHERE state = 'picking' AND warehouse_id = :site"
                         " ORDER BY id LIMIT 1", site=site).number  # fmt: skip
    new = "SELECT o.id FROM customer_order o WHERE o.state = 'new' AND o.warehouse_id = :site"
    found["new_order"] = one(f"{new} ORDER BY (SELECT count(*) FROM order_line l WHERE l.order_id = o.id) = 10 DESC, o.id LIMIT 1",
                             site=site).id  # fmt: skip
    found["shown_order"] = one("SELECT id FROM customer_order WHERE state = 'allocated' AND warehouse_id = :site"
                               " ORDER BY id LIMIT 1", site=site).id  # fmt: skip
    found["shipped_order"] = one("SELECT id FROM customer_order WHERE state = 'shipped' AND warehouse_id = :site"
                                 " ORDER BY id DESC LIMIT 1", site=site).id  # fmt: skip
    found["portal"] = one("SELECT id FROM portal WHERE code = 'DOOR-1'").id
    found["portal_out"] = one("SELECT id FROM portal WHERE code = 'DOOR-2'").id
    found["tag"] = one("SELECT epc FROM tag ORDER BY id LIMIT 1").epc
    found["receiver"] = one("SELECT id FROM user_account WHERE login = 'receiver'").id
    found["picker"] = one("SELECT id FROM user_account WHERE login = 'picker'").id
    task = one("SELECT id, source_lpn_id, lot_id FROM task WHERE kind = 'putaway' AND state = 'open' AND warehouse_id = :site"
               " ORDER BY source_lpn_id DESC, id LIMIT 1", site=site)  # fmt: skip
    found |= {"putaway": task.id, "putaway_lpn": task.source_lpn_id}
    pick = one("SELECT id, document_id FROM task WHERE kind = 'pick' AND state = 'open' AND warehouse_id = :site ORDER BY id"
               " LIMIT 1", site=site)  # fmt: skip
    found |= {"pick": pick.id, "pick_list": pick.document_id}
    found["receipt"] = one("SELECT id FROM receipt WHERE warehouse_id = :site ORDER BY id DESC LIMIT 1", site=site).id
    found["gtin"] = one(
        "SELECT gtin FROM pack_unit WHERE item_id = :item ORDER BY factor LIMIT 1", item=item.item_id
    ).gtin
    found["hold"] = one("SELECT id FROM hold WHERE lifted_at IS NULL ORDER BY placed_at LIMIT 1").id
    found["shipment"] = one("SELECT id FROM shipment WHERE state = 'open' ORDER BY id LIMIT 1").id
    middle_ship = one("SELECT ship_on FROM customer_order WHERE warehouse_id = :site AND state = 'shipped' ORDER BY id LIMIT 1"
                      " OFFSET 20", site=site)  # fmt: skip
    found["shipped_on"] = str(middle_ship.ship_on)
    passed = one("SELECT ended_at FROM passage ORDER BY id LIMIT 1 OFFSET 200")
    found["passed_at"] = str(passed.ended_at).replace(" ", "T") + ("" if "+" in str(passed.ended_at) else "+00:00")
    db.session.rollback()
    return found


# -- the questions ----------------------------------------------------------------------------------------------------
Ask = Callable[[Place], Any]


def questions() -> dict[str, Ask]:
    """Every question by its name."""
    return _stock() | _pages() | _handheld() | _verbs() | _jobs()


def _page(path: str, *, login: str = "supervisor") -> Ask:
    """A page; names in braces stand for samples."""
    return lambda place: place.get(path.format(**place.samples), login=login)


def _stock() -> dict[str, Ask]:
    found: dict[str, Ask] = {}
    for sort in ("expiry", "-expiry", "item", "-item", "bin", "-bin"):
        found[f"stock {sort}"] = _page(f"/stock?sort={sort}")
        found[f"stock {sort} deep"] = _deep(sort)
    narrow = {"sku": "{sku}", "lot": "{lot}", "bin": "{bin}", "lpn": "{plate}", "zone": "AMB"}
    for name, value in narrow.items():
        found[f"stock by {name}"] = _page(f"/stock?{name}={value}")
    found["stock by zone, by bin"] = _page("/stock?zone=COOL&sort=bin")
    found["stock before"] = _page("/stock?before={fefo_on}")
    found["stock before, by bin"] = _page("/stock?before={fefo_on}&sort=bin")
    found["stock by sku, by bin"] = _page("/stock?sku={sku}&sort=bin")
    for state in ("available", "allocated", "held", "pending", "rejected", "expired"):
        for sort in ("expiry", "bin", "item"):
            found[f"stock {state}, by {sort}"] = _page(f"/stock?state={state}&sort={sort}")
        found[f"stock {state} of a sku"] = _page(f"/stock?state={state}&sku={{sku}}")
    found["stock text: lot"] = _page("/stock?q={lot}")
    found["stock text: sku"] = _page("/stock?q={sku}")
    found["stock text: bin"] = _page("/stock?q={bin}")
    found["stock text: plate"] = _page("/stock?q={plate}")
    found["stock text: word"] = _page("/stock?q=rice")
    found["stock text: letter"] = _page("/stock?q=L")
    found["stock text: word, by bin"] = _page("/stock?q=rice&sort=bin")
    found["stock text: nothing"] = _page("/stock?q=nothing-like-it")
    return found


def _deep(sort: str) -> Ask:
    def ask(place: Place) -> None:
        s = place.samples
        values = {"expiry": (s["fefo_on"], 0), "item": (s["middle_sku"], s["fefo_on"], 0), "bin": (s["bin"], 0)}
        place.get(f"/stock?sort={sort}&cursor={cursor(*values[sort.lstrip('-')])}")

    return ask


def _pages() -> dict[str, Ask]:
    found = {
        "today": "/today",
        "lot": "/lots/{busy_lot}",
        "lot, next": "/lots/{lot_id}",
        "search lot": "/search?q={lot}",
        "search bin": "/search?q={bin}",
        "search plate": "/search?q={plate}",
        "search tag": "/search?q={tag}",
        "search order": "/search?q={order}",
        "search gtin": "/search?q={gtin}",
        "search beginning": "/search?q=L26",
        "search word": "/search?q=rice",
        "search last digits": "/search?q=123456",
        "search nothing": "/search?q=zzzz9",
        "items": "/items",
        "items by text": "/items?q=rice",
        "item": "/items/{item}",
        "bins": "/setup/bins",
        "bins by text": "/setup/bins?q=A001",
        "bins blocked": "/setup/bins?blocked=1",
        "bin": "/setup/bins/{bin_id}",
        "warehouses": "/setup/warehouses",
        "orders": "/orders",
        "orders shipped": "/orders?state=shipped&sort=-ship",
        "orders all": "/orders?state=&sort=number",
        "orders by text": "/orders?q=000123&state=",
        "order": "/orders/{shown_order}",
        "order shipped": "/orders/{shipped_order}",
        "alerts": "/alerts",
        "alerts resolved": "/alerts?state=resolved",
        "alerts of a kind": "/alerts?kind=expiry_near",
        "quality": "/quality",
        "pending": "/quality/pending",
        "holds": "/quality/holds",
        "holds lifted": "/quality/holds?state=lifted",
        "holds of a reason": "/quality/holds?reason=expired",
        "hold": "/quality/holds/{hold}",
        "hold, before": "/quality/holds/new?lot={busy_lot}",
        "doors": "/doors",
        "door": "/doors/{portal}",
        "door poll": "/doors/{portal}/wall",
        "door poll, out": "/doors/{portal_out}/wall",
        "passages": "/doors/passages",
        "passages unsettled": "/doors/passages?unsettled=1",
        "passages of a door": "/doors/passages?door=DOOR-3&decision=alarm",
        "passages of a plate": "/doors/passages?q={plate}",
        "tags": "/doors/tags",
        "receiving": "/receiving",
        "receipt": "/receiving/receipts/{receipt}",
        "shipments": "/shipments",
        "shipment": "/shipments/{shipment}",
        "reports": "/reports",
        "goods apart": "/quality/apart",
        "near expiry": "/quality/near-expiry",
        "retests": "/quality/retests",
        "release queue": "/release",
        "inspections": "/inspections",
        "suppliers": "/inspections/suppliers",
        "samples": "/inspections/samples",
        "units": "/units",
        "print jobs": "/print-jobs",
        "typed lots": "/typed-lots",
        "refusals": "/receiving/refusals",
        "returns": "/receiving/returns",
        "gaps": "/reports/gaps",
        "work orders": "/work-orders",
        "recalls": "/quality/recalls",
        "complaints": "/complaints",
        "history": "/lots/{busy_lot}/history",
        "trace": "/trace?lot={busy_lot}&direction=forward",
    }
    inspected = {
        "inspector": "/inspector",
        "inspector, a lot": "/inspector/lots/{busy_lot}",
        "inspector, people": "/inspector/people",
    }
    return {name: _page(path) for name, path in found.items()} | {
        name: _page(path, login="inspector") for name, path in inspected.items()
    }


def _handheld() -> dict[str, Ask]:
    def resolve(sample: str, *kinds: str) -> Ask:
        def ask(place: Place) -> None:
            from wms.mobile.resolve import resolve as look

            place.run(lambda: look(place.samples[sample], kinds, place.samples["warehouse"]))

        return ask

    def next_stop(place: Place) -> Any:
        from wms.picking import queries

        return place.run(lambda: queries.next_stop(place.samples["pick_list"], at=AT))

    def find_putaway(place: Place) -> Any:
        from wms.receiving.queries import putaway

        s = place.samples
        return place.run(lambda: putaway.find_putaway(s["warehouse"], actor=s["receiver"], lpn=s["putaway_lpn"]))

    def on_plate(place: Place) -> Any:
        from wms.shipping.queries import facts_on_lpn

        return place.run(lambda: facts_on_lpn(place.samples["plate_id"]))

    return {
        "scan a lot": resolve("lot", "lot"),
        "scan a bin": resolve("bin", "bin"),
        "scan a plate": resolve("plate", "lpn"),
        "scan an item": resolve("gtin", "item"),
        "scan an order": resolve("order", "order"),
        "scan anything": resolve("lot", "bin", "lpn", "lot", "item"),
        "pick lists": _page("/m/pick", login="picker"),
        "next stop": next_stop,
        "putaways": _page("/m/putaway", login="receiver"),
        "find a putaway": find_putaway,
        "judge a plate at a door": on_plate,
        "menu": _page("/m/", login="picker"),
    }


def _verbs() -> dict[str, Ask]:
    """What a verb costs, rolled back afterwards."""

    def verb(call: Callable[[Place], Any]) -> Ask:
        def ask(place: Place) -> None:
            from wms.db import run_in_transaction

            class _Undo(Exception):
                pass

            def work() -> None:
                call(place)
                raise _Undo

            def outer() -> None:
                try:
                    run_in_transaction(work)
                except _Undo:
                    pass

            place.run(outer)

        return ask

    def allocate(place: Place) -> None:
        from wms.picking.service import allocate_order

        allocate_order(place.samples["new_order"], actor=place.samples["picker"], at=AT)

    def suggest(place: Place) -> None:
        from wms.receiving.service.putaway import start_putaway

        s = place.samples
        start_putaway(s["putaway"], warehouse=s["warehouse"], actor=s["receiver"], at=AT)

    return {"allocate an order": verb(allocate), "suggest a bin": verb(suggest)}


def _jobs() -> dict[str, Ask]:
    """The readings of the scheduled work."""

    def reading(call: Callable[[Any, Any], Any]) -> Ask:
        def ask(place: Place) -> Any:
            from wms.jobs import queries

            return place.run(lambda: call(queries, place.samples["warehouse"]))

        return ask

    from datetime import timedelta

    return {
        "job: near expiry": reading(lambda q, w: q.lots_near_expiry(w, on=DAY)),
        "job: expired": reading(lambda q, w: q.lots_expired(w, on=DAY)),
        "job: quarantine": reading(lambda q, w: q.lots_in_quarantine(w, since=AT - timedelta(days=7))),
        "job: silent": reading(lambda q, _w: q.silent_machines(since=AT)),
    }
