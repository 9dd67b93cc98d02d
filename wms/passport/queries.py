"""Reads of passports: the page behind a key, the passport of a lot, the policies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import aliased, joinedload

from wms.accounts.models import User
from wms.catalog.models import Item, ItemClass, PackUnit, Partner
from wms.core.clock import local_day
from wms.core.ids import LotId
from wms.core.quantity import ZERO
from wms.db import db
from wms.files import queries as files
from wms.files.models import StoredFile
from wms.passport import rules
from wms.passport.models import LotPassport, PassportPolicy
from wms.passport.rules import PublicState, Shown
from wms.sites.models import Warehouse
from wms.stock import queries as stock
from wms.stock.ledger import reads as ledger
from wms.stock.models import Hold, HoldReason, HoldScope, Lot, LotLink

_SUPPLIERS_MAX = 50


@dataclass(frozen=True)
class Names:
    """A name in both languages."""

    name_en: str
    name_zh: str


@dataclass(frozen=True, kw_only=True)
class PublicView:
    """What a passport shows. What the policy does not allow is None here already, and no template can show it."""

    item: Names | None = None
    specification: str | None = None
    lot_number: str | None = None
    manufactured_on: date | None = None
    best_before_on: date | None = None
    expires_on: date | None = None
    state: PublicState | None = None
    maker: Names | None = None
    country: str | None = None
    has_certificate: bool | None = None
    certificates: Sequence[StoredFile] = ()
    origins: Sequence[Names] | None = None
    is_recalled: bool = False
    shows: frozenset[Shown] = frozenset()


def find_lot(key: str, *, gtin: str | None = None, lot_number: str | None = None) -> Lot | None:
    """The lot behind a key that is open; None for every other text. With a GTIN and lot number, they must be its own.

    A text that is no key costs the same one statement as one that is.
    """
    row = db.session.execute(
        select(Lot)
        .join(LotPassport, LotPassport.lot_id == Lot.id)
        .where(LotPassport.key_hash == rules.hash_of(key), LotPassport.revoked_at.is_(None))
        .options(joinedload(Lot.item).joinedload(Item.maker), joinedload(Lot.maker), joinedload(Lot.supplier))
    ).first()
    if row is None:
        return None
    lot: Lot = row[0]
    if lot_number is not None and lot.number != lot_number:
        return None
    if gtin is not None and gtin not in _gtins_of(lot):
        return None
    return lot


def _gtins_of(lot: Lot) -> set[str]:
    found = select(PackUnit.gtin).where(PackUnit.item_id == lot.item_id, PackUnit.gtin.is_not(None))
    return {str(gtin) for gtin in db.session.execute(found).scalars()}


def view_of(lot: Lot, *, on: date) -> PublicView:
    """What the public is shown of a lot today: the policy of its class of items, else the company's."""
    shows = shown_of(lot.item.item_class)
    held = open_holds_of(lot.id)
    is_recalled = HoldReason.RECALL in held
    certificates = files.certificates_of(lot.id, on=on) if Shown.CERTIFICATE in shows else []
    maker = lot.maker or lot.item.maker
    is_dated = Shown.DATES in shows
    return PublicView(
        shows=shows,
        item=Names(lot.item.name_en, lot.item.name_zh) if Shown.ITEM in shows else None,
        specification=lot.item.specification if Shown.ITEM in shows else None,
        lot_number=lot.number if Shown.LOT in shows else None,
        manufactured_on=lot.manufactured_on if is_dated else None,
        best_before_on=lot.best_before_on if is_dated else None,
        expires_on=lot.expires_on if is_dated else None,
        state=_state(lot, held, on=on) if Shown.STATE in shows else None,
        maker=Names(maker.name_en, maker.name_zh) if maker is not None and Shown.MAKER in shows else None,
        country=(lot.country or lot.item.country) if Shown.COUNTRY in shows else None,
        has_certificate=bool(certificates) if Shown.CERTIFICATE in shows else None,
        certificates=certificates,
        origins=origins_of(lot.id) if Shown.ORIGIN in shows else None,
        is_recalled=is_recalled and Shown.RECALL in shows,
    )


def day_of(lot: LotId, *, at: datetime) -> date:
    """Which day it is where the lot stands; in several places the latest of them, so that none calls expired goods good.

    Nothing of it left: where it was moved last. Never moved: the latest day of all warehouses.
    """
    balance, move = ledger.balance, ledger.move
    standing = (
        select(Warehouse.timezone)
        .join(balance, balance.c.warehouse_id == Warehouse.id)
        .where(balance.c.lot_id == lot, balance.c.on_hand > ZERO)
        .distinct()
    )
    moved = (
        select(Warehouse.timezone)
        .join(move, move.c.warehouse_id == Warehouse.id)
        .where(move.c.lot_id == lot)
        .order_by(move.c.posting_seq.desc())
        .limit(1)
    )
    for statement in (standing, moved, select(Warehouse.timezone).distinct()):
        if zones := list(db.session.execute(statement).scalars()):
            return max(local_day(at, zone) for zone in zones)
    return local_day(at, "UTC")


def open_holds_of(lot: LotId) -> set[HoldReason]:
    """Why holds lie on the lot now, wherever it is: those on the whole lot, and every recall."""
    rows = db.session.execute(
        select(Hold.reason, Hold.scope).where(Hold.lot_id == lot, Hold.lifted_at.is_(None))
    )  # fmt: skip
    return {row.reason for row in rows if row.scope is HoldScope.LOT or row.reason is HoldReason.RECALL}


def _state(lot: Lot, held: set[HoldReason], *, on: date) -> PublicState:
    last = lot.expires_on or lot.best_before_on
    return rules.state_of(
        is_recalled=HoldReason.RECALL in held, is_held=bool(held),
        qualities=(row.quality.value for row in stock.find_balances(lot=lot.id)), last_good_on=last, on=on,
    )  # fmt: skip


def origins_of(lot: LotId) -> list[Names]:
    """The suppliers of a lot and of every lot it was made of, by name; one statement, at most 50."""
    first = select(Lot.id.label("lot")).where(Lot.id == lot).cte(recursive=True)
    sources = first.union(
        select(LotLink.source_lot_id).where(LotLink.target_lot_id == first.c.lot, LotLink.voided_seq.is_(None))
    )
    rows = db.session.execute(
        select(Partner.name_en, Partner.name_zh)
        .join(Lot, Lot.supplier_id == Partner.id)
        .join(sources, sources.c.lot == Lot.id)
        .distinct()
        .order_by(Partner.name_en)
        .limit(_SUPPLIERS_MAX)
    )
    return [Names(row.name_en, row.name_zh) for row in rows]


# -- the passports of a lot -------------------------------------------------------------------------------------------
@dataclass(frozen=True, kw_only=True)
class PassportRow:
    """A passport with the names of who made and who revoked it."""

    passport: LotPassport
    made_by: str
    revoked_by: str | None

    @property
    def is_open(self) -> bool:
        """Whether its page opens."""
        return self.passport.revoked_at is None


def passports_of(lot: LotId, *, limit: int = 50) -> list[PassportRow]:
    """The passports of a lot, the newest first; one statement."""
    maker, ender = aliased(User), aliased(User)
    rows = db.session.execute(
        select(LotPassport, maker.full_name, ender.full_name)
        .join(maker, maker.id == LotPassport.made_by)
        .outerjoin(ender, ender.id == LotPassport.revoked_by)
        .where(LotPassport.lot_id == lot)
        .order_by(LotPassport.id.desc())
        .limit(limit)
    )
    return [PassportRow(passport=row[0], made_by=row[1], revoked_by=row[2]) for row in rows]


def open_passport(lot: LotId) -> LotPassport | None:
    """The passport of a lot that is open."""
    statement = select(LotPassport).where(LotPassport.lot_id == lot, LotPassport.revoked_at.is_(None))
    return db.session.execute(statement).scalar_one_or_none()


# -- policies ---------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, kw_only=True)
class PolicyRow:
    """What passports of a class of items show; blank for the company's own."""

    item_class: str
    shown: frozenset[Shown]
    #: Written down for this class itself; else it follows the company's.
    is_own: bool
    changed_by: str | None
    changed_at: datetime | None


def shown_of(item_class: ItemClass) -> frozenset[Shown]:
    """What passports of this class show."""
    known = {policy.item_class: policy for policy in _policies()}
    found = known.get(item_class.value) or known.get("")
    return _shown(found.shown) if found is not None else rules.DEFAULT


def policies() -> list[PolicyRow]:
    """The policy of the company, and of each class of items."""
    names: Mapping[int, str] = {
        row.id: row.full_name
        for row in db.session.execute(
            select(User.id, User.full_name).where(User.id.in_(select(PassportPolicy.changed_by)))
        )
    }
    known = {policy.item_class: policy for policy in _policies()}
    company = known.get("")
    fallback = _shown(company.shown) if company is not None else rules.DEFAULT
    rows = []
    for item_class in ("", *(one.value for one in ItemClass)):
        own = known.get(item_class)
        rows.append(
            PolicyRow(
                item_class=item_class, shown=_shown(own.shown) if own is not None else fallback, is_own=own is not None,
                changed_by=names.get(own.changed_by) if own is not None else None,
                changed_at=own.changed_at if own is not None else None,
            )
        )  # fmt: skip
    return rows


def get_policy(item_class: str) -> PolicyRow:
    """The policy of one class of items, blank for the company's."""
    return next(row for row in policies() if row.item_class == item_class)


def find_policy(item_class: str) -> PassportPolicy | None:
    """The policy that was written down for exactly this class."""
    statement = select(PassportPolicy).where(PassportPolicy.item_class == item_class)
    return db.session.execute(statement).scalar_one_or_none()


def _policies() -> list[PassportPolicy]:
    return list(db.session.execute(select(PassportPolicy)).scalars())


def _shown(values: Sequence[str]) -> frozenset[Shown]:
    known = {one.value for one in Shown}
    return frozenset(Shown(value) for value in values if value in known)
