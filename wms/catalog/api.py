"""Items and partners for machines: an ERP keeps them in step."""

from typing import Any

from wms.catalog import queries, schemas, service
from wms.catalog.models import Item, Partner
from wms.core.ids import ItemId, PartnerId
from wms.db import db
from wms.db.paging import Page
from wms.fields.forms import given_by_call
from wms.fields.queries import conditions_of
from wms.web import api
from wms.web.api import reads, writes
from wms.web.auth import requires

bp = api.blueprint("catalog_api", __name__)


# -- items ------------------------------------------------------------------------------------------------------------
@bp.get("/items")
@requires("catalog.view", anywhere=True)
@reads(query=schemas.ItemsQuery(), answer=schemas.ItemOut(), paged=True)
def items(query: dict[str, Any]) -> Page[Item]:
    """List items by SKU, with their units and own fields.

    ?f.code=value filters by an own field: text begins so, numbers and dates may be `a..b`, all filters hold at once.
    """
    wanted = queries.ItemFilter(
        search=query["q"], item_class=query["item_class"], is_active=query["is_active"],
        own=conditions_of("item", query["f"]),
    )  # fmt: skip
    return queries.list_items(wanted, cursor=query["cursor"], size=query["limit"], with_own=True)


@bp.get("/items/<int:item_id>")
@requires("catalog.view", anywhere=True)
@reads(answer=schemas.ItemOut(), etag=True)
def item(item_id: int) -> Item:
    """Give an item with its units."""
    return queries.get_item(ItemId(item_id))


@bp.post("/items")
@requires("catalog.edit", anywhere=True)
@writes(body=schemas.NewItemPost(), answer=schemas.ItemOut(), status=201, offers=("catalog.create_item",))
def create_item(values: dict[str, Any]) -> Item:
    """Make an item with its base unit.

    SKU, base unit and date basis are kept for good: stock stands on them. `gtin` is that of the base unit. What is not
    said here has a default and is changed by PUT.
    """
    gtin, own = values.pop("gtin"), given_by_call(values.pop("own_fields"), is_new=True)
    return _fresh(service.create_item(values, gtin=gtin, own=own))


@bp.put("/items/<int:item_id>")
@requires("catalog.edit", anywhere=True)
@writes(
    body=schemas.ItemPut(), answer=schemas.ItemOut(), edits=item, locks=Item, offers=("catalog.change_item",)
)  # fmt: skip
def change_item(item_id: int, values: dict[str, Any]) -> Item:
    """Change an item: send the whole of what may be changed; of own fields (`fields`) those that change."""
    service.change_item(ItemId(item_id), values, own=given_by_call(values.pop("own_fields")))
    return _fresh(queries.get_item(ItemId(item_id)))


@bp.post("/items/<int:item_id>/units")
@requires("catalog.edit", anywhere=True)
@writes(body=schemas.UnitIn(), answer=schemas.ItemOut(), status=201, offers=("catalog.add_unit",))
def add_unit(item_id: int, values: dict[str, Any]) -> Item:
    """Add a unit an item comes in: `factor` base units each."""
    service.add_unit(ItemId(item_id), **values)
    return _fresh(queries.get_item(ItemId(item_id)))


def _fresh(item: Item) -> Item:
    """The item with its units as they are now: those that were loaded before are not looked up again."""
    db.session.expire(item, ["pack_units", "maker", "own_values"])
    return queries.get_item(item.id)


# -- partners ---------------------------------------------------------------------------------------------------------
@bp.get("/partners")
@requires("catalog.view", anywhere=True)
@reads(query=schemas.PartnersQuery(), answer=schemas.PartnerOut(), paged=True)
def partners(query: dict[str, Any]) -> Page[Partner]:
    """List suppliers, makers and customers by code."""
    return queries.list_partners(
        role=query["role"], search=query["q"], cursor=query["cursor"], size=query["limit"]
    )  # fmt: skip


@bp.get("/partners/<int:partner_id>")
@requires("catalog.view", anywhere=True)
@reads(answer=schemas.PartnerOut(), etag=True)
def partner(partner_id: int) -> Partner:
    """Give a partner."""
    return queries.get_partner(PartnerId(partner_id))


@bp.post("/partners")
@requires("catalog.edit", anywhere=True)
@writes(body=schemas.PartnerPost(), answer=schemas.PartnerOut(), status=201, offers=("catalog.create_partner",))
def create_partner(values: dict[str, Any]) -> Partner:
    """Make a partner; its code is kept for good."""
    return service.create_partner(values)


@bp.put("/partners/<int:partner_id>")
@requires("catalog.edit", anywhere=True)
@writes(
    body=schemas.PartnerPut(), answer=schemas.PartnerOut(), edits=partner, locks=Partner,
    offers=("catalog.change_partner",),
)  # fmt: skip
def change_partner(partner_id: int, values: dict[str, Any]) -> Partner:
    """Change a partner: send the whole of what may be changed."""
    service.change_partner(PartnerId(partner_id), values)
    return queries.get_partner(PartnerId(partner_id))


@bp.get("/partners/<int:partner_id>/rules")
@requires("catalog.view", anywhere=True)
@reads(answer=schemas.RulesOut())
def rules(partner_id: int) -> dict[str, Any]:
    """List what a customer asks of single items: remaining shelf life, policy."""
    return {"items": queries.rules_of(customer=queries.get_partner(PartnerId(partner_id)).id)}


@bp.get("/partners/<int:partner_id>/supplier-rules")
@requires("catalog.view", anywhere=True)
@reads(answer=schemas.SupplierRulesOut())
def supplier_rules(partner_id: int) -> dict[str, Any]:
    """List by what single items are taken in from a supplier: tolerances, least life at receipt."""
    return {"items": queries.supplier_rules_of(queries.get_partner(PartnerId(partner_id)).id)}


@bp.post("/partners/<int:partner_id>/supplier-rules")
@requires("catalog.edit", anywhere=True)
@writes(body=schemas.SupplierRuleIn(), answer=schemas.SupplierRulesOut(), offers=("catalog.set_supplier_rule",))
def set_supplier_rule(partner_id: int, values: dict[str, Any]) -> dict[str, Any]:
    """Say by what one item is taken in from a supplier; with nothing said its rule goes.

    Percents are of the announced quantity: so much more is taken, so much less counts as all of it. The least life at
    receipt is in days, or in percent of the item's shelf life; the two belong together.
    """
    sku = values.pop("sku")
    service.set_supplier_rule(PartnerId(partner_id), sku=sku, values=values)
    return {"items": queries.supplier_rules_of(PartnerId(partner_id))}


@bp.post("/partners/<int:partner_id>/rules")
@requires("catalog.edit", anywhere=True)
@writes(body=schemas.RuleIn(), answer=schemas.RulesOut(), offers=("catalog.set_rule",))
def set_rule(partner_id: int, values: dict[str, Any]) -> dict[str, Any]:
    """Say what a customer asks of one item; with nothing asked its rule goes."""
    sku = values.pop("sku")
    service.set_rule(PartnerId(partner_id), sku=sku, values=values)
    return {"items": queries.rules_of(customer=PartnerId(partner_id))}
