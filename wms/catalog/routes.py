"""Desk pages of items and partners: lists with search, one record, its changes, and simple editing."""

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.blueprints import BlueprintSetupState

from wms.audit import queries as audit
from wms.catalog import queries, schemas, service, words
from wms.core.ids import ItemId, PartnerId
from wms.db import run_in_transaction
from wms.fields import forms as own_forms
from wms.fields import queries as own_queries
from wms.files import panel, subjects
from wms.web import i18n
from wms.web.auth import requires
from wms.web.forms import parse_form, parse_query

bp = Blueprint("catalog", __name__)


@bp.record_once
def _tell_of_attachments(_state: BlueprintSetupState) -> None:
    """Items may have files; they belong to no warehouse."""
    subjects.tell_of("item", subjects.Subject(views=("catalog.view",), find=_find_item))


def _find_item(item_id: int) -> subjects.Whereabouts:
    found = queries.get_item(ItemId(item_id))
    return subjects.Whereabouts(None, url_for("catalog.item", item_id=found.id))


# -- items ------------------------------------------------------------------------------------------------------------
@bp.get("/items")
@requires("catalog.view")
def items() -> Any:
    """List the items."""
    wanted = parse_query(schemas.ItemsForm())
    filters = queries.ItemFilter(
        search=wanted["q"], item_class=wanted["kind"], is_active=not wanted["inactive"],
        own=own_queries.conditions_of("item", wanted["f"]),
    )  # fmt: skip
    counts = queries.count_items_by_class()
    return render_template(
        "catalog/items.html",
        page=queries.list_items(filters, cursor=wanted["cursor"] or None),
        kinds=[(kind.value, f"{said} {counts.get(kind, 0)}") for kind, said in words.ITEM_CLASSES.items()],
        words=words,
        own_filters=own_forms.filters("item", wanted["f"]),
    )


@bp.get("/items/new")
@requires("catalog.edit")
def new_item() -> Any:
    """Show the form for a new item."""
    return render_template("catalog/new_item.html", words=words, own=own_forms.sheet("item"))


@bp.post("/items/new")
@requires("catalog.edit")
def create_item() -> Any:
    """Make an item and show it."""
    form = parse_form(schemas.NewItemForm())
    gtin, own = form.pop("gtin"), own_forms.given_by_form(form.pop("f"))
    item = run_in_transaction(service.create_item, form, gtin=gtin, own=own)
    return redirect(url_for("catalog.item", item_id=item.id))


@bp.get("/items/<int:item_id>")
@requires("catalog.view")
def item(item_id: int) -> Any:
    """Show an item: what it is, its units and GTINs, its dates and policies, what customers ask, its changes."""
    found = queries.get_item(ItemId(item_id))
    return render_template(
        "catalog/item.html",
        item=found,
        rules=queries.rules_of(item=found.id),
        changes=own_queries.with_history("item", found.id, audit.history("item", found.id, limit=100), limit=100),
        words=words,
        own=own_forms.sheet("item", found.id),
        attached=panel.panel("item", found.id, known=subjects.Whereabouts(None, request.path)),
    )


@bp.get("/items/<int:item_id>/edit")
@requires("catalog.edit")
def edit_item(item_id: int) -> Any:
    """Show the form of an item."""
    return render_template(
        "catalog/edit_item.html",
        item=queries.get_item(ItemId(item_id)),
        makers=[(p.id, f"{p.code} · {p.name_en} {p.name_zh}") for p in queries.partners_in_role("maker")],
        words=words,
        own=own_forms.sheet("item", item_id),
    )


@bp.post("/items/<int:item_id>/edit")
@requires("catalog.edit")
def change_item(item_id: int) -> Any:
    """Change an item."""
    form = parse_form(schemas.ItemForm())
    own = own_forms.given_by_form(form.pop("f"))
    run_in_transaction(service.change_item, ItemId(item_id), form, own=own)
    return redirect(url_for("catalog.item", item_id=item_id))


@bp.post("/items/<int:item_id>/units")
@requires("catalog.edit")
def add_unit(item_id: int) -> Any:
    """Add a unit to an item."""
    form = parse_form(schemas.UnitIn())
    run_in_transaction(service.add_unit, ItemId(item_id), **form)
    return redirect(url_for("catalog.item", item_id=item_id))


# -- partners ---------------------------------------------------------------------------------------------------------
@bp.get("/setup/partners")
@requires("catalog.view")
def partners() -> Any:
    """List the partners."""
    wanted = parse_query(schemas.PartnersIn())
    return render_template(
        "catalog/partners.html",
        page=queries.list_partners(role=wanted["role"], search=wanted["q"], cursor=wanted["cursor"] or None),
        words=words,
    )


@bp.get("/setup/partners/new")
@requires("catalog.edit")
def new_partner() -> Any:
    """Show the form for a new partner."""
    return render_template("catalog/edit_partner.html", partner=None, words=words, languages=i18n.LANGUAGES)


@bp.post("/setup/partners/new")
@requires("catalog.edit")
def create_partner() -> Any:
    """Make a partner and show it."""
    made = run_in_transaction(service.create_partner, parse_form(schemas.NewPartnerIn()))
    return redirect(url_for("catalog.partner", partner_id=made.id))


@bp.get("/setup/partners/<int:partner_id>")
@requires("catalog.view")
def partner(partner_id: int) -> Any:
    """Show a partner: roles, licence, what it asks as a customer, its changes."""
    found = queries.get_partner(PartnerId(partner_id))
    return render_template(
        "catalog/partner.html",
        languages=i18n.LANGUAGES,
        partner=found,
        rules=queries.rules_of(customer=found.id),
        supplier_rules=queries.supplier_rules_of(found.id) if found.is_supplier else [],
        changes=audit.history("partner", found.id, limit=100),
        words=words,
    )


@bp.get("/setup/partners/<int:partner_id>/edit")
@requires("catalog.edit")
def edit_partner(partner_id: int) -> Any:
    """Show the form of a partner."""
    return render_template(
        "catalog/edit_partner.html",
        partner=queries.get_partner(PartnerId(partner_id)),
        words=words,
        languages=i18n.LANGUAGES,
    )


@bp.post("/setup/partners/<int:partner_id>/edit")
@requires("catalog.edit")
def change_partner(partner_id: int) -> Any:
    """Change a partner."""
    run_in_transaction(service.change_partner, PartnerId(partner_id), parse_form(schemas.PartnerIn()))
    return redirect(url_for("catalog.partner", partner_id=partner_id))


@bp.post("/setup/partners/<int:partner_id>/rules")
@requires("catalog.edit")
def set_rule(partner_id: int) -> Any:
    """Say what a customer asks of one item."""
    form = parse_form(schemas.RuleIn())
    sku = form.pop("sku")
    run_in_transaction(service.set_rule, PartnerId(partner_id), sku=sku, values=form)
    return redirect(url_for("catalog.partner", partner_id=partner_id))


@bp.post("/setup/partners/<int:partner_id>/supplier-rules")
@requires("catalog.edit")
def set_supplier_rule(partner_id: int) -> Any:
    """Say by what one item is taken in from a supplier."""
    form = parse_form(schemas.SupplierRuleIn())
    sku = form.pop("sku")
    run_in_transaction(service.set_supplier_rule, PartnerId(partner_id), sku=sku, values=form)
    return redirect(url_for("catalog.partner", partner_id=partner_id))
