"""What is open today: orders with their claims, picks and loads, goods at the dock, ASNs, holds, alerts, and the doors."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import insert

from wms.core.ids import OURSELVES, SYSTEM_USER
from wms.core.quantity import SCALE, Quantity
from wms.db import Base, db
from wms.demo.goods import company_prefix
from wms.demo.scale.ground import House
from wms.demo.scale.history import History
from wms.demo.scale.lots import day_of
from wms.demo.scale.sizes import DAYS
from wms.gs1.epc import encode_sscc96
from wms.gs1.sscc import Sscc
from wms.stock.models import HoldReason, HoldScope

#: Reasons of the holds people placed, by the number a held lot was given.
HOLDS = (HoldReason.COMPLAINT, HoldReason.TEMPERATURE, HoldReason.DOCUMENTS, HoldReason.DAMAGE, HoldReason.SUSPECT)
_ALERT = (
    "id kind severity state warehouse_id subject_key subject_kind subject_id blocks_shipment_id data raised_at"
    " last_seen_at acknowledged_by acknowledged_at resolved_by resolved_at resolution"
)
_STATES = ("new", "new", "allocated", "allocated", "allocated", "allocated", "picking", "picking", "picking", "picked")


def write(history: History) -> None:
    """Write all papers; the history has been run, the balances not yet written."""
    history.begin(DAYS)
    history.bulk.flush()  # holds and ASNs go in by themselves, and name lots
    _put_open_putaways(history)
    _write_holds(history)
    shelf = Shelf(history)
    for number in range(history.size.open_orders):
        _take_order(history, shelf, number)
    _announce(history)
    _write_alerts(history)
    _write_passages(history)


# -- demand -----------------------------------------------------------------------------------------------------------
class Shelf:
    """What may be promised, by house and item in FEFO order; hands it out from the front."""

    def __init__(self, history: History) -> None:
        self._history = history
        plan, b, today = history.plan, history.balances, history.size.on.isoformat()
        self._units: dict[tuple[int, int], list[int]] = {}
        for unit, balance in enumerate(history.at):
            lot = plan.lot[unit]
            if (
                b.on_hand[balance] > 0 and b.quality[balance] == 1 and b.hold_set[balance] == 0 and plan.ends[lot] > today
                and history.base <= b.bin[balance] < history.base + 4_000_000
            ):  # fmt: skip
                self._units.setdefault((plan.house[lot], plan.article[lot]), []).append(unit)
        self._keys = ([k for k in self._units if k[0] == 0], [k for k in self._units if k[0] == 1])
        self._is_sorted: set[tuple[int, int]] = set()

    def items(self, house: int, count: int, rng: random.Random) -> list[tuple[int, int]]:
        """Some of what stands in a house."""
        return rng.sample(self._keys[house], min(count, len(self._keys[house])))

    def take(self, key: tuple[int, int], wanted: int) -> Iterator[tuple[int, int]]:
        """(unit, amount) until so much is found or nothing is left; the caller claims or moves it before the next."""
        plan, b, units = self._history.plan, self._history.balances, self._units[key]
        if key not in self._is_sorted:
            units.sort(
                key=lambda u: (plan.ends[plan.lot[u]], plan.came[plan.lot[u]], self._history.at[u]), reverse=True
            )
            self._is_sorted.add(key)
        while units and wanted > 0:
            balance = self._history.at[units[-1]]
            free = b.on_hand[balance] - b.allocated[balance]
            if free <= 0:
                units.pop()
                continue
            amount = min(free, wanted)
            wanted -= amount
            yield units[-1], amount


def _take_order(history: History, shelf: Shelf, number: int) -> None:
    rng, state = history.rng, _STATES[number % len(_STATES)]
    place = 0 if number % 5 or history.size.open_orders < 10 else 1
    house = history.ground.houses[place]
    keys = shelf.items(place, rng.randrange(1, 21), rng)
    ship_on = (history.size.on + timedelta(days=(0, 0, 1, 1, 2, 4, -1)[number % 7])).isoformat()
    if state == "picked":
        taken = [t for key in keys[:6] for t in list(shelf.take(key, _wanted(history, key, rng)))[:1]]
        history.order(house, taken, state=state)
        return
    at = history.now()
    order, pick_list = history.new_order(house, state, at, ship_on=ship_on, priority=1 if number % 11 == 0 else 5)
    stops = []
    for line, key in enumerate(keys, start=1):
        article, wanted = history.ground.articles[key[1]], _wanted(history, key, rng)
        line_id = history.ids["order_line"]()
        history.put("order_line", line_id, order, line, article.id, wanted, None)
        if state != "new":
            for unit, amount in shelf.take(key, wanted):
                stops.append((unit, amount, line_id, history.claim(history.at[unit], amount, line_id, at)))
    if state == "picking":
        _release(history, house, order, pick_list, stops, number, at)


def _wanted(history: History, key: tuple[int, int], rng: random.Random) -> int:
    """A few cases; one line in five is large."""
    case = history.ground.articles[key[1]].good.family.case_of
    return case * (rng.randrange(20, 80) if rng.random() < 0.2 else rng.randrange(1, 7)) * SCALE


def _release(history: History, house: House, order: int, pick_list: int, stops: list[tuple[int, int, int, int]],
             number: int, at: str) -> None:  # fmt: skip
    is_taken = number % 3 == 0
    picker = history.ground.staff["picker" if house is history.ground.houses[0] else "picker.rtm"]
    plate = history._make_plate(house.site.plan.company_prefix, "0", house, at, is_open=1)
    staging, b, base = house.bin("STAGE-1"), history.balances, history.base
    history.put(
        "pick_list", pick_list, f"SO-{order - base:07d}-P1", house.id, order, "taken" if is_taken else "open", staging,
        plate, picker if is_taken else None, at if is_taken else None, at,
    )  # fmt: skip
    stops.sort(key=lambda stop: b.bin[history.at[stop[0]]])  # ids of rack bins follow the walk
    for place, (unit, amount, line, claim) in enumerate(stops, start=1):
        balance, lot = history.at[unit], history.plan.lot[unit]
        history.put(
            "task", history.ids["task"](), "pick", "open", house.id, "pick_list", pick_list, "order_line", line, place * 10,
            history.article_of(lot).id, base + lot, OURSELVES, b.bin[balance], b.lpn[balance], staging, plate, claim,
            amount, 0, "", "", history.ground.staff["supervisor"], at, None, None, None, None,
        )  # fmt: skip


# -- supply -----------------------------------------------------------------------------------------------------------
def _put_open_putaways(history: History) -> None:
    """Tasks for what yesterday's last trucks left at the dock."""
    seen: set[int] = set()
    b = history.balances
    for lot in history.at_dock:
        house, article = history.house_of(lot), history.article_of(lot)
        actor = history.ground.staff["receiver" if history.plan.house[lot] == 0 else "receiver.rtm"]
        at = history.now()
        for unit in history.plan.units(lot):
            balance = history.at[unit]
            if balance in seen or b.on_hand[balance] <= 0:
                continue
            seen.add(balance)
            history.put(
                "task", history.ids["task"](), "putaway", "open", house.id, "receipt", None, "", None, len(seen),
                article.id, history.base + lot, OURSELVES, b.bin[balance], b.lpn[balance], None, None, None,
                b.on_hand[balance], 0, "", "", actor, at, None, None, None, None,
            )  # fmt: skip


def _announce(history: History) -> None:
    """ASNs of today and the next days, a few pallets each."""
    size, base, rng = history.size, history.base, history.rng
    asns, lines = [], []
    serial = 0
    for number in range(size.announced):
        house = history.ground.houses[0 if number % 5 else 1]
        article = rng.choice(history.ground.articles)
        day = size.on + timedelta(days=(0, 0, 0, 1, 2)[number % 5])
        asns.append(
            {
                "id": base + number, "number": f"ASN-{number:05d}", "warehouse_id": house.id, "supplier_id": article.maker,
                "owner_id": OURSELVES, "state": "expected", "created_at": _instant(size.on - timedelta(days=1)),
                "expected_at": datetime.combine(day, time(8 + number % 9), ZoneInfo(house.site.plan.timezone)),
            }
        )  # fmt: skip
        for line in range(1, 5):
            serial += 1
            family = article.good.family
            made = size.on - timedelta(days=2)
            lines.append(
                {
                    "id": base + serial, "asn_id": base + number, "line": line, "item_id": article.id,
                    "quantity": Quantity.of(article.good.pallet_of), "lot_number": f"{made:%Y%m%d}N{serial}",
                    "expires_on": made + timedelta(days=family.life) if family.life else None, "manufactured_on": made,
                    "sscc": Sscc.make(company_prefix(family.maker), 1, 700_000_000 + serial).value,
                }
            )  # fmt: skip
    _insert("asn", asns)
    _insert("asn_line", lines)


# -- trouble ----------------------------------------------------------------------------------------------------------
def _write_holds(history: History) -> None:
    """The holds that stand, each with its set; three lifted ones for each of them."""
    plan, staff, holds, sets, members = history.plan, history.ground.staff, [], [], []
    lots = sorted(plan.held)
    held_on = {lot: day for day, those in enumerate(plan.holding) for lot in those}
    for lot in lots:
        reason, hold = plan.held[lot], history.hold_id(lot)
        placed = held_on[lot]
        holds.append(
            _hold(
                hold, history.base + lot, HoldReason.EXPIRED if reason < 0 else HOLDS[reason],
                by=SYSTEM_USER if reason < 0 else staff["quality"], at=_instant(day_of(history.size, placed), 15),
                warehouse=history.house_of(lot).id if reason < 0 else None,
            )
        )  # fmt: skip
        sets.append({"id": history.base + lot, "members_key": str(hold)})
        members.append({"hold_set_id": history.base + lot, "hold_id": hold})
    for number in range(3 * len(lots)):
        lot = history.rng.randrange(len(plan.ends))
        at = _instant(day_of(history.size, max(plan.came[lot], 1)), 15)
        holds.append(
            _hold(history.base + len(plan.ends) + number, history.base + lot, HOLDS[number % len(HOLDS)], by=staff["quality"],
                  at=at)
            | {"lifted_by": staff["quality2"], "lifted_at": at + timedelta(hours=20), "lift_reason": "in order"}
        )  # fmt: skip
    _insert("hold", holds)
    _insert("hold_set", sets)
    _insert("hold_set_member", members)


def _hold(
    identity: int, lot: int, reason: HoldReason, *, by: int, at: datetime, warehouse: int | None = None
) -> dict[str, Any]:
    return {
        "id": identity, "scope": HoldScope.LOT, "lot_id": lot, "warehouse_id": warehouse, "reason": reason, "note": "",
        "placed_by": by, "placed_at": at, "lifted_by": None, "lifted_at": None, "lift_reason": "",
    }  # fmt: skip


def _write_alerts(history: History) -> None:
    """A warning for each lot near its end, a note for each that expired, and the settled ones of the past."""
    plan, b, on = history.plan, history.balances, history.size.on
    rows = history.bulk.table("alert", _ALERT)
    standing: dict[int, int] = {}
    for unit, balance in enumerate(history.at):
        if b.on_hand[balance] > 0:
            standing[plan.lot[unit]] = standing.get(plan.lot[unit], 0) + b.on_hand[balance]
    quality, at = history.ground.staff["quality"], history.now()
    for _ in range(history.size.rows // 20):
        lot = history.rng.randrange(len(plan.ends))
        raised = f"{day_of(history.size, plan.came[lot])} 07:00:00.000000"
        past = _alert(history, lot, "expiry_near", "info", "resolved", raised, 0, key="past")
        rows.append((*past[:-6], raised, None, None, quality, raised, "moved on"))
    for lot, amount in standing.items():
        left = (date.fromisoformat(plan.ends[lot]) - on).days
        if left < 0 and lot in plan.held:
            rows.append(_alert(history, lot, "expired_held", "warning", "open", at, amount, key="expired"))
        elif 0 <= left <= history.article_of(lot).warning_days:
            state = "acknowledged" if lot % 5 == 0 else "open"
            row = _alert(
                history, lot, "expiry_near", "warning" if left <= 7 else "info", state, at, amount, key="expiry"
            )
            rows.append(row if state == "open" else (*row[:-5], quality, at, None, None, ""))


def _alert(
    history: History, lot: int, kind: str, severity: str, state: str, at: str, amount: int, *, key: str
) -> tuple[Any, ...]:
    article, house, base = history.article_of(lot), history.house_of(lot).id, history.base
    identity = history.ids["alert"]()
    ends = history.plan.ends[lot]
    data = {
        "lot": f"{lot:06d}", "sku": article.sku, "item_en": article.name_en, "item_zh": article.name_zh,
        "expires_on": ends, "quantity": str(amount // SCALE), "unit": article.good.family.unit,
    }  # fmt: skip
    subject = f"{key}:{house}:{base + lot}" if key != "past" else f"past:{identity}"
    return (
        identity, kind, severity, state, house, subject, "lot", base + lot, None, json.dumps(data, ensure_ascii=False), at,
        at, None, None, None, None, "",
    )  # fmt: skip


def _write_passages(history: History) -> None:
    """A busy last hour at the doors: strays without end, a few that wait for a person."""
    portals = history.ground.portals
    at = history.now()
    for number in range(max(40, min(3_000, history.size.rows // 50))):
        code = Sscc.make("9521200", 2, number + 1)
        tag, portal = history.ids["tag"](), portals[("DOOR-1", "DOOR-2", "DOOR-3")[number % 3]]
        epc = encode_sscc96(code, company_prefix_length=7, filter_value=6)
        history.put("tag", tag, str(epc).upper(), "sscc-96", f"/00/{code.value}", None, None, at, at)
        waits = number % 200 == 7
        history.put(
            "passage", history.ids["passage"](), portal, tag, "review" if waits else "stray", "review" if waits else "logged",
            "" if waits else "stray", at, at, at, 3, -70.0, f'{{"code": "{code.value}"}}', None, None, None, None, None, None, "",
        )  # fmt: skip


# -- parts ------------------------------------------------------------------------------------------------------------
def _insert(table: str, rows: list[dict[str, Any]]) -> None:
    """A few rows with typed values, by the table's own columns."""
    if rows:
        db.session.execute(insert(Base.metadata.tables[table]), rows)


def _instant(day: date, hour: int = 6) -> datetime:
    return datetime.combine(day, time(hour), ZoneInfo("UTC"))
