"""Where the goods will stand and what they are: two warehouses with racks, people, partners, doors, items with units."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from math import gcd

from sqlalchemy import insert, select

from wms.catalog.models import Item, PackUnit
from wms.core.ids import PortalId, UserId, new_id
from wms.core.quantity import Quantity
from wms.db import db
from wms.demo import dock, partners, people, sites, stock
from wms.demo.goods import Good, company_prefix, goods
from wms.demo.scale.bulk import Bulk
from wms.demo.scale.sizes import CLASS_SHARES, FIRST_SITE_SHARE, Size
from wms.gs1.checksums import check_digit
from wms.sites.models import Zone

_LEVELS, _POSITIONS = 4, 2
_STRIDES = (7919, 7907, 7901, 7883, 1)


@dataclass(frozen=True)
class Rack:
    """The bins of one temperature class at one site: ids that follow one another, in walk order."""

    first: int
    count: int
    stride: int

    def place(self, lot: int, turn: int) -> int:
        """The bin of a lot's so-manieth place: never the same twice until every bin was used once."""
        return self.first + (lot * 104_729 + turn * self.stride) % self.count


@dataclass(frozen=True)
class House:
    """One warehouse: its racks by temperature class, the bins goods pass through."""

    site: sites.Site
    racks: dict[str, Rack]

    @property
    def id(self) -> int:
        """Its id."""
        return self.site.id

    def bin(self, code: str) -> int:
        """The id of a bin that is not in a rack."""
        return self.site.bin(code)


@dataclass(frozen=True, slots=True)
class Article:
    """An item as the history needs it. Quantities in whole base units."""

    id: int
    good: Good
    sku: str
    name_en: str
    name_zh: str
    maker: int
    supplier: int
    basis: str
    warning_days: int
    is_inspected: bool


@dataclass(frozen=True)
class Ground:
    """All that stands before the first truck comes."""

    houses: tuple[House, ...]
    articles: list[Article]
    staff: dict[str, UserId]
    partners: dict[str, int]
    portals: dict[str, PortalId]
    gateway_token: str


def lay(size: Size, bulk: Bulk, *, base: int, first_port: int, at: datetime, rng: random.Random) -> Ground:
    """Make the ground; bins and items in bulk, the rest by the demo's own verbs."""
    built = [
        sites.build(replace(plan, zones=tuple(replace(zone, aisles="") for zone in plan.zones))) for plan in sites.PLANS
    ]
    staff = people.hire([(site.plan.code, site.id) for site in built], at=at)
    known = partners.meet(size.on)
    articles = _make_articles(size, {code: int(i) for code, i in known.items()}, base=base, rng=rng)
    houses, next_bin = [], base
    for site, share in zip(built, (FIRST_SITE_SHARE, 1 - FIRST_SITE_SHARE), strict=True):
        house, next_bin = _put_up_racks(site, int(size.bins * share), bulk, next_bin)
        houses.append(house)
    portals, token = dock.install(built[0], first_port=first_port, actor=staff["admin"], at=at)
    return Ground(tuple(houses), articles, staff, {code: int(i) for code, i in known.items()}, portals, token)


def _put_up_racks(site: sites.Site, bins: int, bulk: Bulk, next_bin: int) -> tuple[House, int]:
    """Racks of each class, so many bins in all; the id of the next bin to be made."""
    rows = bulk.table(
        "bin",
        "id warehouse_id zone_id code kind is_outside is_blocked blocked_reason walk_sequence capacity_lpns"
        " takes_mixed_lots",
    )
    zones = db.session.execute(select(Zone).where(Zone.warehouse_id == site.id).order_by(Zone.walk_sequence)).scalars()
    racks: dict[str, Rack] = {}
    bays, aisle = (60 if bins > 4_000 else 10), 0
    for zone in zones:
        count = max(40, int(bins * CLASS_SHARES[zone.storage_class.value]))
        first = next_bin
        while next_bin < first + count:
            aisle += 1
            letter = chr(ord("A") + len(racks))
            for bay, level, position in _aisle(bays, is_backwards=aisle % 2 == 0):
                if next_bin == first + count:
                    break
                rows.append(
                    (
                        next_bin, site.id, zone.id, f"{letter}{aisle:03d}-{bay:02d}-{level}-{position}",
                        "pick_face" if level == 1 else "storage", 0, 0, "",
                        aisle * 100_000 + bay * 100 + level * 10 + position, None if level == 1 else 2, 1,
                    )
                )  # fmt: skip
                next_bin += 1
        racks[zone.storage_class.value] = Rack(first, count, next(s for s in _STRIDES if gcd(s, count) == 1))
    racks.setdefault("frozen", racks["cold"])
    return House(site, racks), next_bin


def _aisle(bays: int, *, is_backwards: bool) -> Iterator[tuple[int, int, int]]:
    for step in range(bays):
        for level in range(1, _LEVELS + 1):
            for position in range(1, _POSITIONS + 1):
                yield (bays - step if is_backwards else step + 1), level, position


def _make_articles(size: Size, known: dict[str, int], *, base: int, rng: random.Random) -> list[Article]:
    """Items from the demo's catalogue; beyond its end the same goods come again as further lines of their makers."""
    catalogue = list(goods())
    articles, items, units = [], [], []
    references: dict[int, int] = {}
    for number in range(size.items):
        line, place = divmod(number, len(catalogue))
        good = catalogue[place]
        family = good.family
        references[family.maker] = references.get(family.maker, 0) + 1
        sku = good.sku if line == 0 else f"{good.sku}-{line:02d}"
        maker = known[partners.MAKERS[family.maker][0]]
        made = stock._item(good, maker, rng)  # type: ignore[arg-type]
        values = {name: value for name, value in vars(made).items() if not name.startswith("_")}
        suffix = f" {line + 1}" if line else ""
        values |= {"id": base + number, "sku": sku}
        values |= {name: values[name] + suffix for name in ("name_en", "name_zh")}
        items.append(values)
        traders = [known[c] for c, _en, _zh, kinds in partners.SUPPLIERS if family.kind in kinds.split()]
        articles.append(
            Article(
                base + number, good, sku, values["name_en"], values["name_zh"], maker, rng.choice((maker, *traders)),
                values["date_basis"].value, values["expiry_warning_days"], family.inspected,
            )
        )  # fmt: skip
        body = company_prefix(family.maker) + f"{references[family.maker]:05d}"
        for digit, (code, factor) in enumerate(
            ((family.unit, 1), ("case", family.case_of), ("pallet", good.pallet_of))
        ):
            digits = f"{digit}{body}"
            units.append(
                {"id": new_id(), "item_id": base + number, "code": code, "factor": Quantity.of(factor),
                 "gtin": digits + check_digit(digits)}
            )  # fmt: skip
    db.session.execute(insert(Item.__table__), items)  # type: ignore[arg-type]
    db.session.execute(insert(PackUnit.__table__), units)  # type: ignore[arg-type]
    return articles
