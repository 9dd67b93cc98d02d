"""Lot passports for machines: make, renew and revoke them, and what they show."""

from typing import Any

from wms.core.clock import now
from wms.core.ids import LotId
from wms.passport import edge, queries, schemas, service
from wms.stock import queries as stock
from wms.web import api
from wms.web.api import reads, writes
from wms.web.auth import actor_id, requires

bp = api.blueprint("passport_api", __name__)


@bp.get("/lots/<int:lot_id>/passports")
@requires("passport.edit")
@reads(answer=schemas.PassportsOut())
def passports(lot_id: int) -> dict[str, Any]:
    """List the passports of a lot, the newest first: at most one is open. Keys are never listed."""
    return {"passports": queries.passports_of(stock.get_lot(LotId(lot_id)).id)}


@bp.post("/lots/<int:lot_id>/passport")
@requires("passport.edit")
@writes(
    body=schemas.PassportIn(), answer=schemas.PassportMadeOut(), status=201, offers=("passport.make_passport",),
    shows_once=("url",),
)  # fmt: skip
def make(lot_id: int, values: dict[str, Any]) -> dict[str, Any]:
    """Give a lot a passport with a new random key of 128 bits, and say its address.

    A passport that the lot had is renewed: its old address opens nothing from now on. The address is a GS1 Digital Link where
    the item has a GTIN and the policy shows the lot number, else short.
    """
    made = service.make(LotId(lot_id), reason=values["reason"], secret=edge.secret(), actor=actor_id(), at=now())
    return {"id": made.passport, "url": edge.address_of(stock.get_whole_lot(LotId(lot_id)), made.key)}


@bp.post("/lots/<int:lot_id>/passport/revoke")
@requires("passport.edit")
@writes(body=schemas.PassportRevokeIn(), offers=("passport.revoke",))
def revoke(lot_id: int, values: dict[str, Any]) -> None:
    """Take a lot's passport back: its address answers as if it had never been. `not_found` where none is open."""
    service.revoke(LotId(lot_id), reason=values["reason"], actor=actor_id(), at=now())


@bp.get("/passport-policies")
@requires("passport.edit", anywhere=True)
@reads(answer=schemas.PassportPoliciesOut())
def policies() -> dict[str, Any]:
    """Show what passports show: the company's policy, and that of each class of items."""
    return {"policies": queries.policies()}


@bp.get("/passport-policies/<any(company, food, drug, device, electronics):item_class>")
@requires("passport.edit", anywhere=True)
@reads(answer=schemas.PassportPolicyOut(), etag=True)
def policy(item_class: str) -> queries.PolicyRow:
    """Show what passports of one class of items show; `company` names the company's own policy."""
    return queries.get_policy(_named(item_class))


@bp.put("/passport-policies/<any(company, food, drug, device, electronics):item_class>")
@requires("passport.edit")
@writes(
    body=schemas.PassportPolicyIn(), answer=schemas.PassportPolicyOut(), offers=("passport.set_policy",), edits=policy
)
def set_policy(item_class: str, values: dict[str, Any]) -> queries.PolicyRow:
    """Say what passports of a class show, on the ETag that was read; `shown` null lets the company's policy count."""
    named = _named(item_class)
    service.set_policy(named, values["shown"], actor=actor_id(), at=now())
    return queries.get_policy(named)


def _named(item_class: str) -> str:
    return "" if item_class == "company" else item_class
