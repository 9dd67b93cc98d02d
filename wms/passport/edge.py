"""What pages and API share of passports: the address in the code, the secret, the label."""

from __future__ import annotations

from dataclasses import replace

from flask import current_app, request

from wms.core.ids import LotId
from wms.labels.content import LotLabel
from wms.passport import queries, rules, sealing
from wms.passport.models import LotPassport
from wms.passport.rules import Shown
from wms.stock import labels
from wms.stock import queries as stock
from wms.stock.models import Lot


def secret() -> str:
    """The site's secret, under which keys are kept."""
    return str(current_app.config["SECRET_KEY"])


def key_of(passport: LotPassport) -> str | None:
    """The key of an open passport, for its label; None when the site's secret was changed since."""
    return sealing.unseal(passport.key_sealed, secret=secret(), about=passport.id)


def address_of(lot: Lot, key: str) -> str:
    """The address that stands in the code: the set one, else where this page was opened."""
    base = current_app.config["WMS"].passport_url or request.url_root
    return rules.address(
        base, key, gtin=stock.gtin_of(lot.item_id), lot_number=lot.number,
        names_lot=Shown.LOT in queries.shown_of(lot.item.item_class),
    )  # fmt: skip


def label_of(lot: LotId, link: str) -> LotLabel:
    """The lot's label, whose QR code carries the link of its passport."""
    return replace(labels.lot_label(lot), link=link)
