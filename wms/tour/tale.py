"""What the chapters share: the stage, the people, and the goods the story is about."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from config import Config
from wms.demo.people import PASSWORD, PIN
from wms.demo.sites import PLANS
from wms.tour.dock import Dock
from wms.tour.machine import Machine
from wms.tour.people import Desk, Hand
from wms.tour.processes import Stage
from wms.tour.reads import MILLION, Reads
from wms.tour.report import Report, fail, same

if TYPE_CHECKING:
    from flask import Flask

#: The customer of the story: takes food with at least half of its life left.
CUSTOMER = "FRESHMART"


@dataclass
class Goods:
    """The item of the story, and its lots: the one that travels, a later one beside it, those that stood there before."""

    item: int
    sku: str
    unit: str
    case_of: int
    case_gtin: str
    life_days: int
    maker: int
    prefix: str
    travels: str = ""
    travels_until: date = date.min
    later: str = ""
    later_until: date = date.min
    earliest_before: date = date.min
    travels_id: int = 0
    later_id: int = 0
    bin: str = ""

    def label(self, lot: str, expires_on: date, *, quantity: int | None = None, gtin: str = "") -> str:
        """What a scanner reads from the case: GS1-128 with GTIN, expiry, lot and, when it says so, how many."""
        many = f"\x1d30{quantity}" if quantity is not None else ""
        return f"]C101{gtin or self.case_gtin}17{expires_on:%y%m%d}10{lot}{many}"


@dataclass
class Tale:
    """Everything a chapter may need."""

    stage: Stage
    report: Report
    make_app: Callable[[Any], Flask]
    reads: Reads = field(init=False)
    dock: Dock = field(init=False)
    goods: Goods = field(init=False)
    receiver: Hand = field(init=False)
    picker: Hand = field(init=False)
    machine: Machine = field(init=False)
    #: The stage of the site of one's own, once there is one.
    own: Stage | None = None
    #: What loading the demo printed: the ways in.
    printed: str = ""
    desks: dict[str, Desk] = field(default_factory=dict)
    site: int = 0
    today: date = date.min
    customer: int = 0
    pallet: str = ""
    asn: int = 0
    asn_number: str = ""
    orders: dict[str, tuple[int, str]] = field(default_factory=dict)
    plates: dict[str, str] = field(default_factory=dict)
    hold: int = 0
    shipment: int = 0
    erp_order: str = ""
    before_hold: list[tuple[str, str, str, str, int]] = field(default_factory=list)

    @property
    def config(self) -> Config:
        """The settings of the stage, for the little that is done beside HTTP."""
        return Config.from_env(self.stage.settings())

    def desk(self, login: str) -> Desk:
        """The desk of a person, who logs in when first asked."""
        if login not in self.desks:
            desk = Desk(self.stage.url)
            desk.log_in(login, PASSWORD)
            self.desks[login] = desk
        return self.desks[login]

    def hand(self, badge: str) -> Hand:
        """A registered handheld with a person logged in by badge and PIN."""
        hand = Hand(self.stage.url)
        hand.register(self.stage.demo["device_secret"])
        hand.log_in(badge, PIN)
        return hand

    def is_unchanged(self, before: tuple[int, int, int], what: str) -> None:
        """End the tour when the ledger moved."""
        same(self.reads.ledger(), before, f"{what} must change nothing in the ledger (postings, moves, promised)")

    # -- choosing the goods -----------------------------------------------------------------------------------------------
    def look_around(self) -> None:
        """Find the site, the customer and goods fit for the story in what the demo loaded."""
        site = self.reads.row("SELECT id, timezone FROM warehouse WHERE code = ?", PLANS[0].code)
        if site is None:
            fail(f"the demo has no site {PLANS[0].code}")
        self.site = site["id"]
        self.today = datetime.now(ZoneInfo(site["timezone"])).date()
        self.customer = self.reads.value("SELECT id FROM partner WHERE code = ?", CUSTOMER)
        self.goods = self._choose_goods()

    def _choose_goods(self) -> Goods:
        """Inspected food of long life, of which no usable lot ends soon: so a lot that ends sooner goes first."""
        for row in self.reads.rows(
            "SELECT i.id, i.sku, i.base_unit, i.shelf_life_days, i.maker_id, u.factor, u.gtin FROM item i"
            " JOIN pack_unit u ON u.item_id = i.id AND u.code = 'case'"
            " WHERE i.is_inspected_at_receipt AND i.item_class = 'food' AND i.date_basis = 'expiry'"
            " AND i.shelf_life_days >= 365 AND i.storage_class = 'ambient' AND i.is_active ORDER BY i.sku"
        ):
            needed = self.today + timedelta(days=-(-row["shelf_life_days"] * 50 // 100))
            usable = self.usable_lots(row["id"], needed)
            if len(usable) < 2 or (usable[0][1] - needed).days < 8 or not 4 <= row["factor"] // MILLION <= 48:
                continue
            return Goods(
                item=row["id"], sku=row["sku"], unit=row["base_unit"], case_of=row["factor"] // MILLION,
                case_gtin=row["gtin"], life_days=row["shelf_life_days"], maker=row["maker_id"], prefix=row["gtin"][1:8],
                travels=f"T{self.today:%y%m%d}A", travels_until=needed + timedelta(days=4),
                later=f"T{self.today:%y%m%d}B", later_until=usable[0][1] + timedelta(days=30),
                earliest_before=usable[0][1],
            )  # fmt: skip
        fail("the demo has no goods fit for the story")

    def usable_lots(self, item: int, until: date) -> list[tuple[str, date]]:
        """Lots of an item that stand free in the site and are good until a day, by their last good day."""
        rows = self.reads.rows(
            "SELECT lot.number, b.fefo_on FROM stock_balance b JOIN lot ON lot.id = b.lot_id"
            " JOIN bin ON bin.id = b.bin_id WHERE b.item_id = ? AND b.warehouse_id = ? AND b.quality = 'released'"
            " AND b.hold_set_id = 0 AND b.on_hand > b.allocated AND b.fefo_on >= ? AND bin.kind IN"
            " ('storage', 'pick_face') AND NOT bin.is_blocked GROUP BY 1, 2 ORDER BY 2",
            item, self.site, until.isoformat(),
        )  # fmt: skip
        return [(row[0], date.fromisoformat(row[1])) for row in rows]
