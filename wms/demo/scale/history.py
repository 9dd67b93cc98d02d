"""Day by day: trucks are received and put away, verdicts fall, goods are moved about, orders are picked and shipped.

The rows are those that the verbs would have left, exhausted balances and finished tasks with them, written in the order
in which things happened: so the moves of one lot lie as far apart as they do in life.
"""

from __future__ import annotations

import random
from array import array
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from wms.core.ids import LOOSE, OURSELVES, SYSTEM_USER, LotId, WarehouseId
from wms.core.quantity import SCALE
from wms.demo.goods import company_prefix
from wms.demo.scale.bulk import PORTION, Bulk
from wms.demo.scale.ground import Article, Ground, House
from wms.demo.scale.lots import PICK_ALL, RELOCATE, Plan, day_of
from wms.demo.scale.sizes import DAYS, Size
from wms.gs1.checksums import check_digit
from wms.quality.service import hold_id_of, key_of_expired

PENDING, RELEASED, REJECTED = "pending", "released", "rejected"
_QUALITIES = (PENDING, RELEASED, REJECTED)
_LOTS_ON_TRUCK = 12
_OWN_PREFIX = "9520101"
_EPOCH_MS = 1_704_067_200_000

TASK = (
    "id kind state warehouse_id document_kind document_id demand_kind demand_id sequence item_id lot_id owner_id"
    " source_bin_id source_lpn_id target_bin_id target_lpn_id claim_id quantity done_quantity why note created_by"
    " created_at taken_by taken_at closed_by closed_at"
)
#: Seconds of a day's work, from six in the morning UTC, as text.
_CLOCK = [f" {6 + s // 3600:02d}:{s // 60 % 60:02d}:{s % 60:02d}.000000" for s in range(12 * 3600)]


def first_id(size: Size) -> int:
    """The id that all bulk rows are counted from: one that new_id would have made on the evening before the day."""
    at = datetime.fromisoformat(f"{day_of(size, DAYS - 1)}T23:00:00+00:00")
    return max(int(at.timestamp() * 1000) - _EPOCH_MS, 1) << 22


class Counter:
    """Hands out the ids of one table, one after the other."""

    def __init__(self, first: int) -> None:
        self.next = first

    def __call__(self) -> int:
        self.next += 1
        return self.next - 1


class Balances:
    """Every stock key that ever was, by its number; what stands in it now."""

    def __init__(self, base: int) -> None:
        self.base = base
        self.lot, self.bin, self.lpn = array("l"), array("q"), array("q")
        self.quality, self.hold_set = array("b"), array("q")
        self.on_hand, self.allocated = array("q"), array("q")

    def open(self, lot: int, bin_: int, lpn: int, quality: int, hold_set: int, on_hand: int) -> int:
        """A new key; its number."""
        self.lot.append(lot)
        self.bin.append(bin_)
        self.lpn.append(lpn)
        self.quality.append(quality)
        self.hold_set.append(hold_set)
        self.on_hand.append(on_hand)
        self.allocated.append(0)
        return len(self.lot) - 1


class History:
    """Writes the history of a plan. After `run`, `balances` and `at` say what stands where."""

    def __init__(self, size: Size, ground: Ground, plan: Plan, bulk: Bulk, *, base: int, rng: random.Random) -> None:
        self.size, self.ground, self.plan, self.bulk, self.base, self.rng = size, ground, plan, bulk, base, rng
        self.balances = Balances(base)
        #: By unit: its balance (its number), its plate, how often it was put somewhere.
        self.at = array("l", bytes(array("l").itemsize * len(plan.lot)))
        self.plate = array("q", bytes(8 * len(plan.lot)))
        self.turns = array("h", bytes(2 * len(plan.ends)))
        self.seq = 0
        #: Lots that came with the last trucks and still stand at the dock.
        self.at_dock: list[int] = []
        self.ids = {
            name: Counter(base)
            for name in ("lpn", "receipt", "receipt_line", "task", "customer_order", "order_line", "pick_list",
                         "shipment", "load_line", "tag", "passage", "alert", "stock_claim")
        }  # fmt: skip
        self._set = {
            name: bulk.table(name, columns)
            for name, columns in {
                "lot": "id item_id number maker_id maker_lot supplier_id traceability_lot_code traceability_lot_source"
                " manufactured_on expires_on best_before_on retest_on received_on fefo_on expiry_text expiry_precision"
                " country captured_by created_at",
                "lpn": "id code tail is_sscc is_open warehouse_id parent_id created_at",
                "receipt": "id number warehouse_id supplier_id asn_id purchase_order_id owner_id dock_bin_id state"
                " delivery_note plate driver seal carrier arrival_temperature_decidegrees opened_by opened_at"
                " accepted_by closed_at check_seed is_provisional needs_acceptance",
                "receipt_line": "id receipt_id item_id lot_id lpn_id quantity asn_line_id purchase_order_line_id capture"
                " raw_scan posting_seq received_by received_at reverse_reason",
                "stock_posting": "seq key fingerprint reason document_kind document_id actor_id device_id note"
                " occurred_at recorded_at reverses_seq",
                "stock_move": "posting_seq line warehouse_id lot_id owner_id quantity source_bin_id source_lpn_id"
                " source_quality source_hold_set_id target_bin_id target_lpn_id target_quality target_hold_set_id"
                " demand_kind demand_id",
                "stock_balance": "id warehouse_id lot_id item_id owner_id bin_id lpn_id quality hold_set_id on_hand"
                " allocated is_open fefo_on received_on",
                "task": TASK,
                "customer_order": "id number warehouse_id customer_id owner_id purpose state ship_on allocation_policy"
                " priority note created_by created_at",
                "order_line": "id order_id line item_id quantity lot_id",
                "pick_list": "id number warehouse_id order_id state staging_bin_id lpn_id taken_by taken_at created_at",
                "shipment": "id number warehouse_id order_id state portal_id carrier waybill plate driver seal"
                " departure_temperature_decidegrees opened_at shipped_by shipped_at posting_seq",
                "load_line": "id shipment_id lpn_id passage_id loaded_by loaded_at",
                "tag": "id epc scheme digital_link lpn_id lot_id first_seen_at last_seen_at",
                "passage": "id portal_id tag_id direction decision why started_at ended_at recorded_at reads"
                " peak_rssi_dbm features lpn_id asn_id shipment_id alert_id settled_by settled_at settlement",
            }.items()
        }  # fmt: skip
        self.day = ""
        self._moment = 0

    def put(self, name: str, *row: Any) -> None:
        """Write a row of a table, its columns in the order above."""
        self._set[name].append(row)

    def now(self) -> str:
        """The next moment of the day."""
        self._moment += 3
        return self.day + _CLOCK[min(self._moment, len(_CLOCK) - 1)]

    def run(self, tell: Callable[[float], Any]) -> None:
        """Write all days; `tell` hears how much of it is done, from 0 to 1."""
        for day in range(DAYS):
            self.begin(day)
            trucks = list(self._trucks(self.plan.coming[day]))
            for number, lots in enumerate(trucks):
                left = self.size.open_putaways - sum(len(self.plan.units(lot)) for lot in self.at_dock)
                if is_left := day == DAYS - 1 and left > 0:
                    self.at_dock += lots
                self._receive(number, lots, is_put_away=not is_left)
            for lot in self.plan.deciding[day]:
                self._decide(lot)
            self._walk(day)
            for lot in self.plan.holding[day]:
                self.hold(lot)
            self.bulk.flush(least=PORTION // 4)
            tell((day + 1) / DAYS)

    def begin(self, day: int) -> None:
        """Start a day; DAYS is today."""
        self.day, self._moment = day_of(self.size, day).isoformat(), 0

    def house_of(self, lot: int) -> House:
        """The warehouse a lot came to."""
        return self.ground.houses[self.plan.house[lot]]

    def article_of(self, lot: int) -> Article:
        """The item of a lot."""
        return self.ground.articles[self.plan.article[lot]]

    # -- postings -----------------------------------------------------------------------------------------------------
    def post(self, reason: str, kind: str, document: int | None, actor: int, at: str, note: str = "") -> int:
        """A posting; its sequence."""
        self.seq += 1
        seq = self.seq
        self.put(
            "stock_posting", seq, f"scale:{seq}", f"{seq:064x}", reason, kind, document, actor, None, note, at, at, None
        )
        return seq

    def shift(self, seq: int, line: int, house: int, amount: int, source: int, bin_: int, lpn: int, quality: int,
              hold_set: int, demand: int | None = None) -> int:  # fmt: skip
        """Move so much of a balance to a new key; the new balance."""
        b = self.balances
        lot = b.lot[source]
        self._set["stock_move"].append(
            (
                seq, line, house, self.base + lot, OURSELVES, amount, b.bin[source], b.lpn[source],
                _QUALITIES[b.quality[source]], b.hold_set[source], bin_, lpn, _QUALITIES[quality], hold_set,
                "order_line" if demand else "", demand,
            )
        )  # fmt: skip
        b.on_hand[source] -= amount
        return b.open(lot, bin_, lpn, quality, hold_set, amount)

    # -- in -----------------------------------------------------------------------------------------------------------
    def _trucks(self, lots: list[int]) -> Iterator[list[int]]:
        """What comes on one truck: lots for one house."""
        for house in (0, 1):
            there = [lot for lot in lots if self.plan.house[lot] == house]
            for start in range(0, len(there), _LOTS_ON_TRUCK):
                yield there[start : start + _LOTS_ON_TRUCK]

    def _receive(self, number: int, lots: list[int], *, is_put_away: bool = True) -> None:
        house = self.house_of(lots[0])
        actor = self.ground.staff["receiver" if self.plan.house[lots[0]] == 0 else "receiver.rtm"]
        dock = house.bin(f"DOCK-{1 + number % house.site.plan.docks}")
        supplier_bin, receipt, at = house.bin("SUPPLIER"), self.ids["receipt"](), self.now()
        self.put(
            "receipt", receipt, f"RC-{receipt - self.base:07d}", house.id, self.article_of(lots[0]).supplier, None, None,
            OURSELVES, dock, "closed" if is_put_away else "open", f"DN{receipt - self.base:06d}", "", "", "", "", None,
            actor, at, actor if is_put_away else None, at if is_put_away else None, 0, 0, 0,
        )  # fmt: skip
        seq = self.post("receive", "receipt", receipt, actor, at)
        b, line = self.balances, 0
        for lot in lots:
            article, quality = self.article_of(lot), 1 if self.plan.decided[lot] < 0 else 0
            self._make_lot(lot, article, at)
            loose = -1
            for unit in self.plan.units(lot):
                line += 1
                quantity = self.plan.pieces[unit] * SCALE
                lpn = int(LOOSE)
                if self.plan.is_pallet[unit]:
                    lpn = self._make_plate(company_prefix(article.good.family.maker), "3", house, at, is_open=1)
                    self._see_at_door(lpn, "in", at, house)
                self.plate[unit] = lpn
                quality_word = _QUALITIES[quality]
                self._set["stock_move"].append(
                    (
                        seq, line, house.id, self.base + lot, OURSELVES, quantity, supplier_bin, lpn, quality_word, 0,
                        dock, lpn, quality_word, 0, "", None,
                    )
                )  # fmt: skip
                if lpn != LOOSE:
                    self.at[unit] = b.open(lot, dock, lpn, quality, 0, quantity)
                elif loose < 0:
                    self.at[unit] = loose = b.open(lot, dock, lpn, quality, 0, quantity)
                else:
                    self.at[unit] = loose
                    b.on_hand[loose] += quantity
                self.put(
                    "receipt_line", self.ids["receipt_line"](), receipt, article.id, self.base + lot, lpn, quantity,
                    None, None, "scan", "", seq, actor, at, "",
                )  # fmt: skip
        for lot in lots if is_put_away else ():
            self._put_away(lot, house, receipt, actor)

    def _make_lot(self, lot: int, article: Article, at: str) -> None:
        made, ends = day_of(self.size, self.plan.made[lot]).isoformat(), self.plan.ends[lot]
        number = f"L{made[2:4]}{made[5:7]}{made[8:]}-{lot:06d}"
        is_dated = ends[0] != "9"
        self.put(
            "lot", self.base + lot, article.id, number, article.maker, number, article.supplier, "", "", made,
            ends if is_dated and article.basis == "expiry" else None,
            ends if is_dated and article.basis == "best_before" else None, None, self.day, ends,
            ends[2:].replace("-", "") if is_dated else "", "day", "CN", "scan", at,
        )  # fmt: skip

    def _make_plate(self, prefix: str, extension: str, house: House, at: str, *, is_open: int) -> int:
        lpn = self.ids["lpn"]() + 1
        body = f"{extension}{prefix}{lpn - self.base:09d}"
        code = body + check_digit(body)
        self.put("lpn", lpn, code, code[-4:], 1, is_open, house.id, None, at)
        return lpn

    def _put_away(self, lot: int, house: House, receipt: int, actor: int) -> None:
        """All units of a lot to the racks, one posting; a finished task each."""
        at = self.now()
        article, rack = self.article_of(lot), house.racks[self.article_of(lot).good.family.storage]
        seq = self.post("putaway", "receipt", receipt, actor, at)
        for line, unit in enumerate(self.plan.units(lot), start=1):
            source = self.at[unit]
            target, quantity = self._place(rack, lot), self.plan.pieces[unit] * SCALE
            lpn = self.plate[unit]
            self.put(
                "task", self.ids["task"](), "putaway", "done", house.id, "receipt", receipt, "", None, line * 10,
                article.id, self.base + lot, OURSELVES, self.balances.bin[source], lpn, target, lpn, None, quantity,
                quantity, "", "", actor, at, actor, at, actor, at,
            )  # fmt: skip
            self.at[unit] = self.shift(
                seq, line, house.id, quantity, source, target, lpn, self.balances.quality[source], 0
            )

    def _place(self, rack: Any, lot: int) -> int:
        self.turns[lot] += 1
        return int(rack.place(lot, self.turns[lot]))

    def _decide(self, lot: int) -> None:
        """Quality's verdict on all of a lot."""
        to = 2 if lot in self.plan.rejected else 1
        seq = self.post("disposition", "lot", self.base + lot, self.ground.staff["quality"], self.now())
        house, b = self.house_of(lot).id, self.balances
        for line, unit in enumerate(self.plan.units(lot), start=1):
            source = self.at[unit]
            self.at[unit] = self.shift(seq, line, house, b.on_hand[source], source, b.bin[source], b.lpn[source], to, 0)

    # -- about and out ------------------------------------------------------------------------------------------------
    def _walk(self, day: int) -> None:
        """Relocations as they come; picks gathered into orders."""
        picks: tuple[list[tuple[int, int]], ...] = ([], [])
        b = self.balances
        for unit, what in self.plan.happenings(day, self.rng):
            lot = self.plan.lot[unit]
            if what == RELOCATE:
                house, source = self.house_of(lot), self.at[unit]
                actor = self.ground.staff["receiver" if self.plan.house[lot] == 0 else "receiver.rtm"]
                seq = self.post("move", "", None, actor, self.now())
                target = self._place(house.racks[self.article_of(lot).good.family.storage], lot)
                self.at[unit] = self.shift(
                    seq, 1, house.id, b.on_hand[source], source, target, b.lpn[source], b.quality[source], 0
                )
                continue
            whole = b.on_hand[self.at[unit]]
            amount = whole if what == PICK_ALL else max(1, whole // SCALE * self.rng.randrange(1, 8) // 10) * SCALE
            picks[self.plan.house[lot]].append((unit, min(amount, whole if what == PICK_ALL else whole - SCALE)))
        for house, wanted in zip(self.ground.houses, picks, strict=True):
            start = 0
            while start < len(wanted):
                count = self.rng.randrange(4, 15)
                self.order(house, wanted[start : start + count], state="shipped")
                start += count

    def order(self, house: House, picks: list[tuple[int, int]], *, state: str) -> None:
        """An order that takes these amounts of these units: picked; loaded and gone too when it is `shipped`."""
        is_first = house is self.ground.houses[0]
        picker = self.ground.staff["picker" if is_first else "picker.rtm"]
        is_shipped, began = state == "shipped", self.now()
        order, pick_list = self.new_order(house, state, began, ship_on=self.day)
        plate = self._make_plate(_OWN_PREFIX, "0", house, began, is_open=int(not is_shipped))
        staging = house.bin("STAGE-1")
        self.put(
            "pick_list", pick_list, f"SO-{order - self.base:07d}-P1", house.id, order, "done", staging, plate, picker,
            began, began,
        )  # fmt: skip
        lines: dict[int, list[int]] = {}
        staged: dict[int, int] = {}
        b = self.balances
        for number, (unit, amount) in enumerate(picks, start=1):
            lot, source = self.plan.lot[unit], self.at[unit]
            article, at = self.article_of(lot), self.now()
            line = lines.setdefault(article.id, [self.ids["order_line"](), 0])
            line[1] += amount
            seq = self.post("pick", "pick_list", pick_list, picker, at)
            self.put(
                "task", self.ids["task"](), "pick", "done", house.id, "pick_list", pick_list, "order_line", line[0],
                number * 10, article.id, self.base + lot, OURSELVES, b.bin[source], b.lpn[source], staging, plate, None,
                amount, amount, "", "", picker, began, picker, began, picker, at,
            )  # fmt: skip
            target = self.shift(seq, 1, house.id, amount, source, staging, plate, 1, 0, line[0])
            if lot in staged:  # the same lot from two places lies in one key on the plate
                b.on_hand[staged[lot]] += amount
                b.on_hand[target] = -1
            else:
                staged[lot] = target
        for place, (item, (line_id, quantity)) in enumerate(lines.items(), start=1):
            self.put("order_line", line_id, order, place, item, quantity, None)
        portal = self.ground.portals["DOOR-2"] if is_first else None
        at, shipment = self.now(), self.ids["shipment"]()
        if not is_shipped:
            for lot, key in staged.items():
                self.claim(key, b.on_hand[key], lines[self.article_of(lot).id][0], at)
        left_by = self._ship(house, shipment, staged, lines, at) if is_shipped else None
        shipper = self.ground.staff["shipping"] if is_shipped else None
        self.put(
            "shipment", shipment, f"SH-{order - self.base:07d}", house.id, order, "shipped" if is_shipped else "open",
            portal, "Demo Logistics", "", "", "", "", None, at, shipper, at if is_shipped else None, left_by,
        )  # fmt: skip
        if is_shipped:
            passage = self._see_at_door(plate, "out", at, house, shipment=shipment)
            self.put("load_line", self.ids["load_line"](), shipment, plate, passage, shipper, at)

    def new_order(self, house: House, state: str, at: str, *, ship_on: str, priority: int = 5) -> tuple[int, int]:
        """The order's row; its id and that of the pick list it may get."""
        order = self.ids["customer_order"]()
        names = self._customers(house)
        self.put(
            "customer_order", order, f"SO-{order - self.base:07d}", house.id, names[order % len(names)], OURSELVES, "sale",
            state, ship_on, None, priority, "", self.ground.staff["supervisor"], at,
        )  # fmt: skip
        return order, self.ids["pick_list"]()

    def _customers(self, house: House) -> list[int]:
        from wms.demo.partners import CUSTOMERS

        return [self.ground.partners[c.code] for c in CUSTOMERS if c.site == house.site.plan.code]

    def _ship(self, house: House, shipment: int, staged: dict[int, int], lines: dict[int, list[int]], at: str) -> int:
        seq = self.post("ship", "shipment", shipment, self.ground.staff["shipping"], at)
        customer, b = house.bin("CUSTOMER"), self.balances
        for line, (lot, key) in enumerate(staged.items(), start=1):
            self._set["stock_move"].append(
                (
                    seq, line, house.id, self.base + lot, OURSELVES, b.on_hand[key], b.bin[key], b.lpn[key], RELEASED, 0,
                    customer, b.lpn[key], RELEASED, 0, "order_line", lines[self.article_of(lot).id][0],
                )
            )  # fmt: skip
            b.on_hand[key] = 0
        return seq

    def claim(self, balance: int, amount: int, line: int, at: str) -> int:
        """Promise a part of a balance to an order line; the claim's id."""
        claims = self.bulk.table("stock_claim", "id balance_id demand_kind demand_id quantity created_at")
        claim = self.ids["stock_claim"]()
        claims.append((claim, self.base + balance, "order_line", line, amount, at))
        self.balances.allocated[balance] += amount
        return claim

    def hold(self, lot: int) -> None:
        """All that is left of a lot under the hold that papers.py writes for it: its set has the lot's number."""
        b, seq, hold_set = self.balances, 0, self.base + lot
        at, house = self.now(), self.house_of(lot).id
        actor = int(SYSTEM_USER) if self.plan.held[lot] < 0 else self.ground.staff["quality"]
        line = 0
        for unit in self.plan.units(lot):
            source = self.at[unit]
            if b.on_hand[source] <= 0:
                continue
            seq = seq or self.post("hold", "hold", self.hold_id(lot), actor, at)
            line += 1
            self.at[unit] = self.shift(
                seq, line, house, b.on_hand[source], source, b.bin[source], b.lpn[source], b.quality[source], hold_set
            )

    def hold_id(self, lot: int) -> int:
        """The hold on a lot: for one that expired the id the nightly work would give it, so that it finds it."""
        if self.plan.held[lot] < 0:
            return hold_id_of(key_of_expired(LotId(self.base + lot), WarehouseId(self.house_of(lot).id)))
        return self.base + lot

    # -- doors --------------------------------------------------------------------------------------------------------
    def _see_at_door(self, lpn: int, way: str, at: str, house: House, *, shipment: int | None = None) -> int | None:
        """Two of three plates at the first site carry a tag; a passage each, and now and then a stray. The passage's id."""
        if house is not self.ground.houses[0] or lpn % 3 == 0:
            return None
        code = self._set["lpn"][-1][1] if way == "in" else self._plate_code(lpn)
        tag, passage = self.ids["tag"](), self.ids["passage"]()
        serial = int(code[0] + code[8:17])
        epc = (0x31 << 88) | (6 << 85) | (5 << 82) | (int(code[1:8]) << 58) | (serial << 24)
        self.put("tag", tag, f"{epc:024X}", "sscc-96", f"/00/{code}", lpn, None, at, at)
        portal = self.ground.portals["DOOR-1" if way == "in" else "DOOR-2"]
        decision = "logged" if way == "in" else "loaded"
        features = f'{{"code": "{code}"}}'
        self.put(
            "passage", passage, portal, tag, way, decision, "", at, at, at, 24, -52.5, features, lpn, None, shipment,
            None, None, None, "",
        )  # fmt: skip
        if lpn % 4 == 0:
            self.put(
                "passage", self.ids["passage"](), portal, tag, "stray", "logged", "stray", at, at, at, 3, -71.0,
                features, lpn, None, None, None, None, None, "",
            )  # fmt: skip
        return passage

    def _plate_code(self, lpn: int) -> str:
        body = f"0{_OWN_PREFIX}{lpn - self.base:09d}"
        return body + check_digit(body)

    # -- the end ------------------------------------------------------------------------------------------------------
    def write_balances(self) -> None:
        """Write every key that ever was, with what stands in it and what of that is promised."""
        b, rows, plan = self.balances, self._set["stock_balance"], self.plan
        received = [day_of(self.size, day).isoformat() for day in range(DAYS + 1)]
        houses = [house.id for house in self.ground.houses]
        items = [article.id for article in self.ground.articles]
        for n, lot in enumerate(b.lot):
            on_hand, allocated = b.on_hand[n], b.allocated[n]
            if on_hand < 0:
                continue  # came to lie in another key
            rows.append(
                (
                    self.base + n, houses[plan.house[lot]], self.base + lot, items[plan.article[lot]], OURSELVES, b.bin[n],
                    b.lpn[n], _QUALITIES[b.quality[n]], b.hold_set[n], on_hand, allocated, int(on_hand > allocated),
                    plan.ends[lot], received[plan.came[lot]],
                )
            )  # fmt: skip
            if len(rows) >= PORTION:
                self.bulk.flush(least=PORTION)
        self.bulk.flush()
